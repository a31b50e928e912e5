//! eventscope itself, through its public interface.

use super::drafts::draft;
use super::{Engine, Place, bytes_of, micros};
use crate::Result;
use crate::events::Flat;
use crate::protocol::Answer;
use crate::question::Question;
use eventscope::{EventId, FacetKey, Page, Remark, Request, Store, Targets};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Drafts of one durable commit.
const BATCH: usize = 10_000;

#[derive(Debug)]
pub(super) struct Own {
    place: Place,
    store: Option<Store>,
}

impl Own {
    pub(super) fn new(place: Place) -> Self {
        Self { place, store: None }
    }

    fn store(&self) -> Result<&Store> {
        Ok(self.store.as_ref().ok_or("it is not open")?)
    }
}

impl Engine for Own {
    fn load(&mut self) -> Result<Answer> {
        let start = Instant::now();
        let store = Store::open(&self.place.own)?;
        let mut batch = Vec::with_capacity(BATCH);
        for flat in self.place.lines()? {
            batch.push(draft(flat?)?);
            if batch.len() == BATCH {
                store.append(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)))?;
            }
        }
        store.append(batch)?;
        store.finish_text(|_, _| {})?;
        store.close()?;
        let us = micros(start);
        Ok(Answer { us, bytes: Some(bytes_of(&self.place.own)?), ..Answer::default() })
    }

    fn open(&mut self) -> Result<Answer> {
        let store = Store::open(&self.place.own)?;
        let total = store.query(&Request::everything().newest(0))?.total;
        self.store = Some(store);
        Ok(Answer { total, version: String::from("of this tree"), ..Answer::default() })
    }

    fn anchor(&mut self, question: &Question) -> Result<Answer> {
        let page = self.store()?.query(&request(question)?.newest(question.skip))?;
        let last = page.events.last().ok_or("nothing matches")?;
        Ok(Answer { anchor: Some((last.time.nanos(), last.id.0)), ..Answer::default() })
    }

    fn ask(&mut self, question: &Question) -> Result<Answer> {
        let store = self.store()?;
        let start = Instant::now();
        let page = store.query(&request(question)?.afresh())?;
        let us = micros(start);
        let start = Instant::now();
        store.query(&request(question)?)?;
        Ok(answer(&page, us, Some(micros(start))))
    }

    fn insert(&mut self, event: &Flat) -> Result<Answer> {
        let store = self.store()?;
        let draft = draft(event.clone())?;
        let start = Instant::now();
        store.append(vec![draft])?;
        Ok(Answer { us: micros(start), ..Answer::default() })
    }

    fn acknowledge(&mut self, id: u64) -> Result<Answer> {
        let store = self.store()?;
        let start = Instant::now();
        let changed = store.acknowledge(&Targets::id(EventId(id)), &Remark::default())?;
        Ok(Answer { us: micros(start), total: changed.changed, ..Answer::default() })
    }

    fn acknowledge_where(&mut self, question: &Question) -> Result<Answer> {
        let store = self.store()?;
        let start = Instant::now();
        let changed =
            store.acknowledge(&Targets::parse(&question.expression)?, &Remark::default())?;
        Ok(Answer { us: micros(start), total: changed.matched, ..Answer::default() })
    }
}

fn request(question: &Question) -> Result<Request> {
    let mut request = Request::parse(&question.expression)?.newest(50).top(100);
    for facet in &question.facets {
        request = request.facet(facet.parse::<FacetKey>()?);
    }
    if let Some(nanos) = question.histogram {
        request = request.histogram(Duration::from_nanos(nanos.unsigned_abs()));
    }
    if let Some((_, id)) = question.before {
        request = request.before(EventId(id));
    }
    Ok(request)
}

fn answer(page: &Page, us: u64, cached_us: Option<u64>) -> Answer {
    let facets = page.facets.iter().map(|facet| {
        (facet.key.to_string(), facet.values.iter().cloned().collect::<BTreeMap<_, _>>())
    });
    Answer {
        us,
        cached_us,
        total: page.total,
        ids: page.events.iter().map(|event| event.id.0).collect(),
        facets: facets.collect(),
        histogram: page.histogram.iter().map(|(at, events)| (at.nanos(), *events)).collect(),
        ..Answer::default()
    }
}
