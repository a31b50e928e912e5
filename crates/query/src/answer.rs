//! The rows of one part that answer a question, as its index and the changes since then have it.

use crate::work::Doubtful;
use eventscope_model::{EventId, Timestamp};
use eventscope_scope::Span;
use eventscope_storage::{
    Field, FieldIndex, Part, PhraseHits, Result, RowSet, Rows as StoredRows, Times,
};
use std::ops::Range;
use std::sync::Arc;

/// The rows of one part that answer a question.
#[derive(Debug, Default)]
pub(crate) struct Answer<'q> {
    pub(crate) rows: Rows<'q>,
    /// The values whose rows they are, for [`Rows::Values`]; for [`Rows::AllBut`], the others.
    pub(crate) values: Vec<usize>,
    /// How many rows that is, before what follows.
    pub(crate) len: u32,
    /// Rows of the window that do not answer although their index says so.
    pub(crate) removed: Option<&'q RowSet>,
    /// Rows of the window that answer although their index does not say so.
    pub(crate) added: Option<&'q RowSet>,
    pub(crate) doubt: Doubt<'q>,
}

#[derive(Debug, Default)]
pub(crate) enum Rows<'q> {
    #[default]
    Nothing,
    Everything,
    Values(Arc<FieldIndex>),
    /// Every row but those of the values: every row has one, and leaving these out is quicker than
    /// adding up those that answer.
    AllBut(Arc<FieldIndex>),
    Present(Arc<FieldIndex>),
    /// First and last.
    Span(u16, u16),
    /// Positions in the order of time.
    Times(Arc<Times>, Range<usize>),
    Phrase(PhraseHits<'q>),
}

/// Rows that only their events can decide.
#[derive(Debug, Default)]
pub(crate) enum Doubt<'q> {
    #[default]
    None,
    All,
    Rows(&'q RowSet),
    Listed(Vec<u16>),
    /// First and last of each run.
    Spans(Vec<(u16, u16)>),
}

impl Doubt<'_> {
    pub(crate) fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

/// Values of a field up to which it is weighed whether to add up those that answer or to leave out
/// the others.
const WEIGHED_VALUES_MAX: usize = 64;

/// What going through the rows of some values takes, in rows of a list: a stored set takes as long
/// as some hundred rows.
fn steps(index: &FieldIndex, values: &[usize]) -> u32 {
    const SET: u32 = 300;
    let rows = values.iter().map(|value| index.cardinality(*value));
    rows.map(|rows| if StoredRows::are_bitset(rows) { SET } else { rows }).sum()
}

impl<'q> Answer<'q> {
    /// Whether the index alone decides.
    pub(crate) fn is_plain(&self) -> bool {
        self.removed.is_none() && self.added.is_none() && self.doubt.is_none()
    }

    fn set(&mut self, rows: Rows<'q>, len: u32) {
        (self.rows, self.len) = (rows, len);
    }

    pub(crate) fn unknown(&mut self) {
        self.set(Rows::Nothing, 0);
        self.doubt = Doubt::All;
    }

    /// The rows whose value is one of these.
    pub(crate) fn listed<'a>(
        &mut self,
        part: &Part<'_>,
        field: Field<'_>,
        values: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<()> {
        self.clear();
        let Some(index) = part.find(field, values, &mut self.values)? else { return Ok(()) };
        if !self.values.is_sorted_by(|a, b| a < b) {
            self.values.sort_unstable();
            self.values.dedup();
        }
        self.finish(part, index);
        Ok(())
    }

    /// The rows whose value begins so.
    pub(crate) fn starting(
        &mut self,
        part: &Part<'_>,
        field: Field<'_>,
        start: &str,
    ) -> Result<()> {
        let Some(index) = self.begin(part, field)? else { return Ok(()) };
        let values = index.lower_bound(start)..index.len();
        self.values.extend(values.take_while(|value| index.value(*value).starts_with(start)));
        self.finish(part, index);
        Ok(())
    }

    /// The rows whose value contains this.
    pub(crate) fn containing(
        &mut self,
        part: &Part<'_>,
        field: Field<'_>,
        text: &str,
    ) -> Result<()> {
        let Some(index) = self.begin(part, field)? else { return Ok(()) };
        self.values = index.containing(text);
        self.finish(part, index);
        Ok(())
    }

    /// The rows that have a value.
    pub(crate) fn present(&mut self, part: &Part<'_>, field: Field<'_>) -> Result<()> {
        let Some(index) = self.begin(part, field)? else { return Ok(()) };
        let len = index.present_len();
        let all = len == part.len();
        self.set(if all { Rows::Everything } else { Rows::Present(index) }, len);
        Ok(())
    }

    /// The rows whose value passes.
    pub(crate) fn scanned(
        &mut self,
        part: &Part<'_>,
        field: Field<'_>,
        holds: impl Fn(&str) -> bool,
    ) -> Result<()> {
        let Some(index) = self.begin(part, field)? else { return Ok(()) };
        self.values.extend((0..index.len()).filter(|value| holds(index.value(*value))));
        self.finish(part, index);
        Ok(())
    }

    fn begin(&mut self, part: &Part<'_>, field: Field<'_>) -> Result<Option<Arc<FieldIndex>>> {
        self.clear();
        part.field(field)
    }

    fn clear(&mut self) {
        self.values.clear();
        self.set(Rows::Nothing, 0);
    }

    fn finish(&mut self, part: &Part<'_>, index: Arc<FieldIndex>) {
        let all_values = self.values.len() == index.len();
        let len = self.values.iter().map(|value| index.cardinality(*value)).sum();
        let rows = match len {
            0 => Rows::Nothing,
            _ if len == part.len() => Rows::Everything,
            _ if all_values => Rows::Present(index),
            _ if index.len() <= WEIGHED_VALUES_MAX && index.present_len() == part.len() => {
                let mut answering = self.values.iter().copied().peekable();
                let others = (0..index.len()).filter(|at| answering.next_if_eq(at).is_none());
                let others: Vec<usize> = others.collect();
                if steps(&index, &others) < steps(&index, &self.values) {
                    self.values = others;
                    Rows::AllBut(index)
                } else {
                    Rows::Values(index)
                }
            }
            _ => Rows::Values(index),
        };
        self.set(rows, len);
    }

    pub(crate) fn ids(&mut self, part: &Part<'_>, span: Span<u64>) {
        let first = span.first.max(part.first().0);
        let end = span.last.saturating_add(1).min(part.end().0);
        match end.checked_sub(first) {
            None | Some(0) => self.set(Rows::Nothing, 0),
            Some(len) if len == u64::from(part.len()) => self.set(Rows::Everything, part.len()),
            Some(len) => {
                let row = |id: u64| EventId(id).row();
                self.set(Rows::Span(row(first), row(end.saturating_sub(1))), len as u32);
            }
        }
    }

    pub(crate) fn times(&mut self, part: &Part<'_>, span: Span<Timestamp>) -> Result<()> {
        let (first, last) = part.time_span();
        if span.is_empty() || span.last < first || last < span.first {
            self.set(Rows::Nothing, 0);
        } else if span.first <= first && last <= span.last {
            self.set(Rows::Everything, part.len());
        } else {
            let times = part.times()?;
            let range = times.positions(span.first, span.last);
            let len = range.len() as u32;
            let rows = match range.end.checked_sub(1) {
                _ if len == 0 => Rows::Nothing,
                Some(last) if times.is_sorted() => {
                    Rows::Span(times.row(range.start), times.row(last))
                }
                _ => Rows::Times(times, range),
            };
            self.set(rows, len);
        }
        Ok(())
    }

    pub(crate) fn uids(&mut self, part: &Part<'_>, uids: &[String]) -> Result<()> {
        let mut candidates = Vec::new();
        for uid in uids {
            candidates.extend(part.uid_candidates(uid)?);
        }
        self.set(Rows::Nothing, 0);
        if !candidates.is_empty() {
            self.doubt = Doubt::Listed(candidates);
        }
        Ok(())
    }

    pub(crate) fn phrase(&mut self, hits: PhraseHits<'q>) {
        if !hits.unindexed().is_empty() {
            self.doubt = Doubt::Spans(hits.unindexed().to_vec());
        }
        match hits.most() {
            0 => self.set(Rows::Nothing, 0),
            most => self.set(Rows::Phrase(hits), most),
        }
    }

    /// The bytes of the index that computing the rows touches.
    pub(crate) fn bytes(&self) -> usize {
        match &self.rows {
            Rows::Nothing | Rows::Everything | Rows::Span(..) => 0,
            Rows::Phrase(hits) => hits.bytes(),
            Rows::Values(index) | Rows::AllBut(index) => {
                self.values.iter().map(|value| index.rows(*value).bytes()).sum()
            }
            Rows::Present(index) => index.present().bytes(),
            Rows::Times(_, range) => range.len().saturating_mul(size_of::<u16>()),
        }
    }

    /// Adds the rows that answer to an empty set.
    pub(crate) fn add_to(
        &self,
        set: &mut RowSet,
        doubtful: Doubtful,
        span: (u16, u16),
    ) -> Result<()> {
        self.add_indexed(set, span)?;
        if let Some(removed) = self.removed {
            set.and_not(removed);
        }
        if let Some(added) = self.added {
            set.or(added);
        }
        match (&self.doubt, doubtful) {
            (Doubt::None, _) => {}
            (Doubt::Rows(rows), Doubtful::In) => set.or(rows),
            (Doubt::Rows(rows), Doubtful::Out) => set.and_not(rows),
            (Doubt::All, Doubtful::In) => set.insert_span(span.0, span.1),
            (Doubt::Listed(rows), Doubtful::In) => rows.iter().for_each(|row| set.insert(*row)),
            (Doubt::Spans(spans), Doubtful::In) => {
                spans.iter().for_each(|(first, last)| set.insert_span(*first, *last));
            }
            // Of these the index says nothing, so they are not in.
            (Doubt::All | Doubt::Listed(_) | Doubt::Spans(_), Doubtful::Out) => {}
        }
        Ok(())
    }

    /// Adds the rows that answer as the index has it to a set.
    pub(crate) fn add_indexed(&self, set: &mut RowSet, span: (u16, u16)) -> Result<()> {
        match &self.rows {
            Rows::Nothing => {}
            Rows::Everything => set.insert_span(span.0, span.1),
            Rows::Values(index) => {
                self.values.iter().for_each(|value| index.rows(*value).or_into(set));
            }
            Rows::AllBut(index) => {
                let mut rows = RowSet::span(span.0, span.1);
                self.values.iter().for_each(|value| index.rows(*value).and_not_into(&mut rows));
                set.or(&rows);
            }
            Rows::Present(index) => index.present().or_into(set),
            Rows::Span(first, last) => set.insert_span(*first, *last),
            Rows::Times(times, range) => {
                range.clone().for_each(|position| set.insert(times.row(position)));
            }
            Rows::Phrase(hits) => hits.or_into(set)?,
        }
        Ok(())
    }
}
