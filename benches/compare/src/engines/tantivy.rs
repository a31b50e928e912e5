//! tantivy alone: texts by words, fields and labels by terms and columns, and the event as it was.

mod answer;
mod fields;
mod query;
mod splitter;

use self::answer::Way;
use self::fields::Fields;
use self::query::{Beginnings, has_beginnings, query};
use self::splitter::Splitter;
use super::{Engine, Place, bytes_of, micros};
use crate::Result;
use crate::events::{Flat, Meta};
use crate::protocol::Answer;
use crate::question::Question;
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::Instant;
use tantivy::collector::DocSetCollector;
use tantivy::query::{Query, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, Term};

/// What the writer may use.
const WRITER_BYTES: usize = 512 * 1024 * 1024;

pub(super) struct Tantivy {
    place: Place,
    open: Option<Open>,
    /// The best way of each question.
    ways: HashMap<String, Way>,
}

struct Open {
    fields: Fields,
    reader: IndexReader,
    writer: IndexWriter,
}

impl Open {
    fn new(folder: &Path, meta: &Meta) -> Result<Self> {
        let (fields, schema) = Fields::new(meta);
        let index = match Index::open_in_dir(folder) {
            Ok(index) => index,
            Err(_) => Index::create_in_dir(folder, schema)?,
        };
        index.tokenizers().register("words", Splitter::default());
        let writer = index.writer_with_num_threads(2, WRITER_BYTES)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { fields, reader, writer })
    }

    /// Puts the events in place of what they were.
    fn replace(&mut self, events: Vec<Flat>) -> Result<()> {
        for flat in events {
            self.writer.delete_term(Term::from_field_u64(self.fields.id, flat.id));
            self.writer.add_document(self.fields.document(flat)?)?;
        }
        self.writer.commit()?;
        Ok(self.reader.reload()?)
    }

    fn acknowledge(&mut self, query: &dyn Query) -> Result<u64> {
        let searcher = self.reader.searcher();
        let mut events = Vec::new();
        for place in searcher.search(query, &DocSetCollector)? {
            events.push(Flat { acknowledged: true, ..self.event(&searcher, place)? });
        }
        let total = events.len() as u64;
        self.replace(events)?;
        Ok(total)
    }
}

impl Tantivy {
    pub(super) fn new(place: Place) -> Self {
        Self { place, open: None, ways: HashMap::new() }
    }

    fn opened(&mut self) -> Result<&mut Open> {
        Ok(self.open.as_mut().ok_or("it is not open")?)
    }

    /// Tries every way twice, and keeps the one whose second answer is the quickest.
    fn best(&self, question: &Question) -> Result<Way> {
        let open = self.open.as_ref().ok_or("it is not open")?;
        let several = question.condition.as_ref().is_some_and(has_beginnings);
        let mut ways = Vec::new();
        for beginnings in [Beginnings::Terms, Beginnings::Column] {
            if several || beginnings == Beginnings::Terms {
                ways.extend([false, true].map(|windows| Way { beginnings, windows }));
            }
        }
        let mut best = None;
        for way in ways {
            open.answer(&self.place.meta, question, way)?;
            let start = Instant::now();
            open.answer(&self.place.meta, question, way)?;
            let time = start.elapsed();
            if best.is_none_or(|(least, _)| time < least) {
                best = Some((time, way));
            }
        }
        Ok(best.ok_or("no way")?.1)
    }
}

impl Engine for Tantivy {
    fn load(&mut self) -> Result<Answer> {
        fs::create_dir_all(&self.place.own)?;
        let start = Instant::now();
        let mut open = Open::new(&self.place.own, &self.place.meta)?;
        for flat in self.place.lines()? {
            open.writer.add_document(open.fields.document(flat?)?)?;
        }
        open.writer.commit()?;
        let segments: Vec<_> =
            open.reader.searcher().index().searchable_segment_ids()?.into_iter().collect();
        if segments.len() > 1 {
            open.writer.merge(&segments).wait()?;
        }
        open.writer.garbage_collect_files().wait()?;
        open.writer.wait_merging_threads()?;
        let us = micros(start);
        let bytes = bytes_of(&self.place.own)?;
        Ok(Answer { us, bytes: Some(bytes), ..Answer::default() })
    }

    fn open(&mut self) -> Result<Answer> {
        let open = Open::new(&self.place.own, &self.place.meta)?;
        let total = open.reader.searcher().num_docs();
        self.open = Some(open);
        let version = tantivy::version_string().trim_start_matches("tantivy v");
        let version = version.split(',').next().unwrap_or_default().to_owned();
        Ok(Answer { total, version, ..Answer::default() })
    }

    fn ask(&mut self, question: &Question) -> Result<Answer> {
        if !self.ways.contains_key(&question.name) {
            let way = self.best(question)?;
            self.ways.insert(question.name.clone(), way);
        }
        let way = *self.ways.get(&question.name).ok_or("no way")?;
        let open = self.open.as_ref().ok_or("it is not open")?;
        let start = Instant::now();
        let answer = open.answer(&self.place.meta, question, way)?;
        Ok(Answer { us: micros(start), ..answer })
    }

    fn insert(&mut self, event: &Flat) -> Result<Answer> {
        let open = self.opened()?;
        let start = Instant::now();
        open.replace(vec![event.clone()])?;
        Ok(Answer { us: micros(start), ..Answer::default() })
    }

    fn acknowledge(&mut self, id: u64) -> Result<Answer> {
        let open = self.opened()?;
        let start = Instant::now();
        let term = Term::from_field_u64(open.fields.id, id);
        let query = TermQuery::new(term, IndexRecordOption::Basic);
        let total = open.acknowledge(&query)?;
        Ok(Answer { us: micros(start), total, ..Answer::default() })
    }

    fn acknowledge_where(&mut self, question: &Question) -> Result<Answer> {
        let condition = question.condition.as_ref();
        let open = self.opened()?;
        let start = Instant::now();
        let query = query(condition, &open.fields, Beginnings::Terms)?;
        let total = open.acknowledge(query.as_ref())?;
        Ok(Answer { us: micros(start), total, ..Answer::default() })
    }
}
