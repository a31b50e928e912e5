//! Questions put to tantivy, one way or another.

use super::Open;
use super::query::{Beginnings, query};
use crate::Result;
use crate::events::{Flat, Meta};
use crate::protocol::Answer;
use crate::question::Question;
use std::ops::Bound;
use tantivy::aggregation::agg_req::Aggregations;
use tantivy::aggregation::{AggContextParams, AggregationCollector};
use tantivy::collector::sort_key::SortByStaticFastValue;
use tantivy::collector::{Collector, Count, HistogramCollector, TopDocs};
use tantivy::query::{BooleanQuery, Query, RangeQuery};
use tantivy::schema::Value;
use tantivy::{DocAddress, Searcher, TantivyDocument, Term};

const PAGE: usize = 50;
/// The stretch of time before the newest event in which the page is looked for first.
const WINDOW_NANOS: i64 = 300_000_000_000;

/// One way to answer a question.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub(super) beginnings: Beginnings,
    /// Look for the page among the newest events first, and count apart.
    pub(super) windows: bool,
}

impl Open {
    pub(super) fn event(&self, searcher: &Searcher, place: DocAddress) -> Result<Flat> {
        let document = searcher.doc::<TantivyDocument>(place)?;
        let stored = document.get_first(self.fields.stored).and_then(|value| value.as_bytes());
        Ok(serde_json::from_slice(stored.ok_or("nothing is stored")?)?)
    }

    pub(super) fn answer(&self, meta: &Meta, question: &Question, way: Way) -> Result<Answer> {
        let searcher = self.reader.searcher();
        let condition = question.condition.as_ref();
        let query = query(condition, &self.fields, way.beginnings)?;
        let query = query.as_ref();
        let mut answer = Answer::default();
        let page = if way.windows || question.before.is_some() {
            answer.total = query.count(&searcher)? as u64;
            self.page_by_windows(&searcher, meta, query, question)?
        } else {
            let (total, page) = searcher.search(query, &(Count, newest(PAGE)))?;
            answer.total = total as u64;
            page
        };
        for place in page {
            answer.ids.push(self.event(&searcher, place.1)?.id);
        }
        self.facets(&searcher, query, question, &mut answer)?;
        if let Some(nanos) = question.histogram {
            answer.histogram = histogram(&searcher, meta, query, nanos)?;
        }
        Ok(answer)
    }

    /// The page, looked for in stretches of time that grow until it is full.
    fn page_by_windows(
        &self,
        searcher: &Searcher,
        meta: &Meta,
        query: &dyn Query,
        question: &Question,
    ) -> Result<Vec<(Rank, DocAddress)>> {
        let (last, id) = question.before.unwrap_or((i64::MAX, u64::MAX));
        let time = |nanos| Term::from_field_i64(self.fields.time, nanos);
        let mut window = WINDOW_NANOS;
        loop {
            let first = last.min(meta.last_nanos) - window;
            let range = RangeQuery::new(Bound::Included(time(first)), Bound::Included(time(last)));
            let both = BooleanQuery::intersection(vec![query.box_clone(), Box::new(range)]);
            // Events of the same time as the last one may be on the page or on the one before.
            let mut page = searcher.search(&both, &newest(PAGE * 4))?;
            page.retain(|(place, _)| *place < (Some(last), Some(id)));
            page.truncate(PAGE);
            if page.len() == PAGE || first < meta.first_nanos {
                return Ok(page);
            }
            window *= 8;
        }
    }

    fn facets(
        &self,
        searcher: &Searcher,
        query: &dyn Query,
        question: &Question,
        answer: &mut Answer,
    ) -> Result<()> {
        if question.facets.is_empty() {
            return Ok(());
        }
        let whole = question.condition.is_none();
        if whole && searcher.segment_readers().iter().all(|segment| !segment.has_deletes()) {
            // The dictionaries know how many documents each term has.
            for facet in &question.facets {
                let values = answer.facets.entry(facet.clone()).or_default();
                for segment in searcher.segment_readers() {
                    let index = segment.inverted_index(self.fields.column(facet)?.0)?;
                    let mut terms = index.terms().stream()?;
                    while let Some((term, info)) = terms.next() {
                        let value = String::from_utf8_lossy(term).into_owned();
                        *values.entry(value).or_default() += u64::from(info.doc_freq);
                    }
                }
            }
            return Ok(());
        }
        let mut request = serde_json::Map::new();
        for facet in &question.facets {
            let field = self.fields.column(facet)?.1;
            let terms = serde_json::json!({"terms": {"field": field, "size": 1_000}});
            request.insert(facet.clone(), terms);
        }
        let request: Aggregations = serde_json::from_value(request.into())?;
        let collector = AggregationCollector::from_aggs(request, AggContextParams::default());
        let counted = serde_json::to_value(searcher.search(query, &collector)?)?;
        for facet in &question.facets {
            let buckets = counted.get(facet).and_then(|counted| counted.get("buckets"));
            let values = answer.facets.entry(facet.clone()).or_default();
            for bucket in buckets.and_then(|buckets| buckets.as_array()).ok_or("no buckets")? {
                let value = bucket.get("key").and_then(|key| key.as_str()).ok_or("no key")?;
                let events = bucket.get("doc_count").and_then(|count| count.as_u64());
                values.insert(value.to_owned(), events.ok_or("no count")?);
            }
        }
        Ok(())
    }
}

/// Time and id: the greater is the newer.
type Rank = (Option<i64>, Option<u64>);

fn newest(limit: usize) -> impl Collector<Fruit = Vec<(Rank, DocAddress)>> {
    TopDocs::with_limit(limit).order_by((
        SortByStaticFastValue::<i64>::for_field("time"),
        SortByStaticFastValue::<u64>::for_field("id"),
    ))
}

fn histogram(
    searcher: &Searcher,
    meta: &Meta,
    query: &dyn Query,
    nanos: i64,
) -> Result<Vec<(i64, u64)>> {
    let first = meta.first_nanos / nanos;
    let buckets = usize::try_from(meta.last_nanos / nanos - first + 1)?;
    let width = nanos.unsigned_abs();
    let collector =
        HistogramCollector::new::<i64>(String::from("time"), first * nanos, width, buckets);
    let counts = searcher.search(query, &collector)?;
    let counts = (first..).zip(counts).filter(|(_, events)| *events > 0);
    Ok(counts.map(|(bucket, events)| (bucket * nanos, events)).collect())
}
