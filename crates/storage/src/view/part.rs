//! A part of the store: consecutive rows of one window, with their index.
//!
//! A query sees the store as a list of parts and does not care which of them are sealed segments
//! and which are chunks of the tail in memory.

use crate::error::{Error, Result};
use crate::index::bloom::Bloom;
use crate::index::column::Column;
use crate::index::field::{CLOSES, Field, FieldIndex};
use crate::index::row_set::RowSet;
use crate::index::times::Times;
use crate::index::uids::Uids;
use crate::row::{Body, Known, Row};
use crate::segment::chunk::Chunk;
use crate::segment::reader::{Reader, Uses};
use crate::segment::{Segment, Source};
use crate::view::View;
use eventscope_model::{Event, EventId, ScopeLabels, Timestamp};
use std::sync::{Arc, OnceLock};

/// Consecutive rows of one window of a [`Snapshot`](crate::Snapshot).
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    rows: Kind<'a>,
    reader: &'a Reader,
    /// The scope labels of the store. The index holds all of them, and maybe more.
    scope: &'a ScopeLabels,
}

#[derive(Clone, Copy, Debug)]
enum Kind<'a> {
    Chunk(&'a Chunk),
    Segment(&'a Segment),
}

/// Where a row of a part is kept.
#[derive(Clone, Copy, Debug)]
enum Place<'a> {
    Tail(&'a Row),
    /// At a position of a segment.
    Segment(&'a Segment, u16),
}

impl<'a> Part<'a> {
    pub(crate) fn chunk(chunk: &'a Chunk, view: &'a View) -> Self {
        Self { rows: Kind::Chunk(chunk), reader: &view.reader, scope: &view.labels }
    }

    pub(crate) fn segment(segment: &'a Segment, view: &'a View) -> Self {
        Self { rows: Kind::Segment(segment), reader: &view.reader, scope: &view.labels }
    }

    /// The scope labels of the store.
    pub(crate) fn scope(&self) -> &'a ScopeLabels {
        self.scope
    }

    /// Whether its index holds the scope labels and no others. If not, its values are no guide to
    /// what may be found by its words.
    pub(crate) fn is_indexed_by_scope(&self) -> bool {
        *self.scope
            == **match self.rows {
                Kind::Chunk(chunk) => &chunk.index.labels,
                Kind::Segment(segment) => &segment.labels,
            }
    }

    /// A number that stands for the rows of this part for ever, if it is sealed: what may be
    /// cached under it never changes. A rewritten part has another one.
    #[must_use]
    pub fn sealed(&self) -> Option<u64> {
        match self.rows {
            Kind::Chunk(_) => None,
            Kind::Segment(segment) => Some(segment.digest),
        }
    }

    /// Whether its rows say what was appended, but for those that were deleted or pruned since, and
    /// are indexed as they were in the tail.
    pub(crate) fn is_as_appended(&self) -> bool {
        match self.rows {
            Kind::Chunk(_) => true,
            Kind::Segment(segment) => segment.through == 0 && segment.source == Source::Tail,
        }
    }

    /// The id of its first event.
    #[must_use]
    pub fn first(&self) -> EventId {
        match self.rows {
            Kind::Chunk(chunk) => chunk.first,
            Kind::Segment(segment) => segment.first,
        }
    }

    /// The first id after its last event.
    #[must_use]
    pub fn end(&self) -> EventId {
        match self.rows {
            Kind::Chunk(chunk) => chunk.end(),
            Kind::Segment(segment) => segment.end(),
        }
    }

    /// The window that its rows are numbered in: ids are window * 65,536 + row.
    #[must_use]
    pub fn window(&self) -> u32 {
        self.first().window()
    }

    /// The number of its first row.
    #[must_use]
    pub fn first_row(&self) -> u16 {
        self.first().row()
    }

    /// The number of its last row.
    #[must_use]
    #[expect(clippy::arithmetic_side_effects, reason = "a part has rows")]
    pub fn last_row(&self) -> u16 {
        EventId(self.end().0 - 1).row()
    }

    /// How many rows it has, deleted ones included.
    #[must_use]
    #[expect(clippy::arithmetic_side_effects, reason = "a part ends behind its start")]
    pub fn len(&self) -> u32 {
        (self.end().0 - self.first().0) as u32
    }

    /// Never: a part has rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    /// All its rows.
    pub(crate) fn row_set(&self) -> RowSet {
        RowSet::span(self.first_row(), self.last_row())
    }

    /// The bytes that it takes: in the file if it is sealed, else those of its rows in memory.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        match self.rows {
            Kind::Chunk(chunk) => chunk.bytes as u64,
            Kind::Segment(segment) => segment.bytes,
        }
    }

    /// The id of a row.
    #[must_use]
    pub fn id(&self, row: u16) -> EventId {
        EventId::at(self.window(), row)
    }

    /// The earliest and the latest time of its rows, as they were written: right for what its index
    /// says, which leaves out amended rows. Where events are now, or when the last one of a part
    /// happened, is for [`Snapshot`](crate::Snapshot::latest_time) to tell.
    #[must_use]
    pub fn time_span(&self) -> (Timestamp, Timestamp) {
        match self.rows {
            Kind::Chunk(chunk) => (chunk.index.times.first(), chunk.index.times.last()),
            Kind::Segment(segment) => segment.span,
        }
    }

    /// The index of a field; `None` if no row has it, or if it is a label that is no scope label.
    ///
    /// # Errors
    /// When the section of a segment cannot be read or is damaged.
    pub fn field(&self, field: Field<'_>) -> Result<Option<Arc<FieldIndex>>> {
        if !self.is_in_scope(field) {
            return Ok(None);
        }
        match self.rows {
            Kind::Chunk(chunk) => {
                let (code, key) = field.code();
                chunk.index.fields.get(code, key)
            }
            Kind::Segment(segment) => self.reader.field(segment, field),
        }
    }

    /// Adds the positions of some values in the index of a field to `found`, those that occur, and
    /// gives the index; `None` if no value occurs.
    ///
    /// # Errors
    /// As [`Part::field`].
    pub fn find<'v>(
        &self,
        field: Field<'_>,
        mut values: impl Iterator<Item = &'v str> + Clone,
        found: &mut Vec<usize>,
    ) -> Result<Option<Arc<FieldIndex>>> {
        let bloom = match self.rows {
            Kind::Segment(segment) => segment.bloom(field),
            Kind::Chunk(_) => None,
        };
        if let Some(Some(bloom)) = bloom.and_then(OnceLock::get)
            && !values.clone().any(|value| bloom.may_have(value))
        {
            return Ok(None);
        }
        let Some(index) = self.field(field)? else { return Ok(None) };
        let before = found.len();
        found.extend(values.by_ref().filter_map(|value| index.find(value)));
        if found.len() > before {
            return Ok(Some(index));
        }
        if let Some(bloom) = bloom {
            bloom.get_or_init(|| Bloom::of(&index));
        }
        Ok(None)
    }

    /// Whether any row is a notice that an alert is over.
    pub(crate) fn has_notices(&self) -> bool {
        match self.rows {
            Kind::Chunk(chunk) => chunk.index.fields.has(CLOSES, ""),
            Kind::Segment(segment) => segment.has_notices,
        }
    }

    /// Adds the rows that are notices of an alert, named by what its uids have in common.
    pub(crate) fn notices_of(&self, life: &str, rows: &mut RowSet) -> Result<()> {
        let index = match self.rows {
            Kind::Chunk(chunk) => chunk.index.fields.get(CLOSES, "")?,
            Kind::Segment(segment) => self.reader.field_of(segment, CLOSES, "")?,
        };
        if let Some(index) = index
            && let Some(value) = index.find(life)
        {
            index.rows(value).or_into(rows);
        }
        Ok(())
    }

    /// The column of a field, by its index in this part, for counting many of its values; `None` if
    /// every row of a full window has a value of its own.
    ///
    /// # Errors
    /// When the part has no such field.
    pub fn column(&self, field: Field<'_>, index: &FieldIndex) -> Result<Option<Arc<Column>>> {
        match self.rows {
            Kind::Chunk(_) => Ok(index.kept_column()),
            Kind::Segment(segment) => self.reader.column(segment, field, index),
        }
    }

    /// Whether a field is anything but a label outside of the scope labels.
    fn is_in_scope(&self, field: Field<'_>) -> bool {
        !matches!(field, Field::Label(key) if !self.scope.admit(key))
    }

    /// Lends the index of each field that is wanted and that any row has, without labels that are
    /// no scope labels, sorted by what they are and by key. Of a part with very many fields nothing
    /// is kept for another use.
    ///
    /// # Errors
    /// When what a segment holds of them cannot be read or is damaged, or what `use_field` gives.
    pub fn each_field(
        &self,
        uses: Uses,
        wants: impl Fn(Field<'_>) -> bool,
        mut use_field: impl FnMut(Field<'_>, &Arc<FieldIndex>) -> Result<()>,
    ) -> Result<()> {
        let wants = |field: Field<'_>| self.is_in_scope(field) && wants(field);
        match self.rows {
            Kind::Chunk(chunk) => chunk.index.fields.names().try_for_each(|(code, key)| {
                match Field::from_code(code, key).filter(|field| wants(*field)) {
                    Some(field) => match self.field(field)? {
                        Some(index) => use_field(field, &index),
                        None => Ok(()),
                    },
                    None => Ok(()),
                }
            }),
            Kind::Segment(segment) => self.reader.each_field(segment, uses, wants, use_field),
        }
    }

    /// Lends the fields that any row has, without labels that are no scope labels, sorted by what
    /// they are and by key.
    ///
    /// # Errors
    /// When the directory of a segment cannot be read or is damaged, or what `use_field` gives.
    pub fn each_field_name(
        &self,
        mut use_field: impl FnMut(Field<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut lend = |(code, key)| match Field::from_code(code, key) {
            Some(field) if self.is_in_scope(field) => use_field(field),
            _ => Ok(()),
        };
        match self.rows {
            Kind::Chunk(chunk) => chunk.index.fields.names().try_for_each(lend),
            Kind::Segment(segment) => {
                self.reader.fields(segment)?.iter().try_for_each(|(code, key, _)| lend((code, key)))
            }
        }
    }

    /// How many fields its rows have, all labels counted.
    pub(crate) fn field_count(&self) -> usize {
        match self.rows {
            Kind::Chunk(chunk) => chunk.index.fields.len(),
            Kind::Segment(segment) => segment.field_count,
        }
    }

    /// The times of its rows.
    ///
    /// # Errors
    /// When the section of a segment cannot be read or is damaged.
    pub fn times(&self) -> Result<Arc<Times>> {
        match self.rows {
            Kind::Chunk(chunk) => Ok(Arc::clone(&chunk.index.times)),
            Kind::Segment(segment) => self.reader.times(segment),
        }
    }

    /// The rows that may bear a uid: those that do, and by rare chance another one.
    ///
    /// # Errors
    /// When the section of a segment cannot be read or is damaged.
    pub fn uid_candidates(&self, uid: &str) -> Result<Vec<u16>> {
        let uids = match self.rows {
            Kind::Chunk(chunk) => Arc::clone(&chunk.index.uids),
            Kind::Segment(segment) => self.reader.uids(segment)?,
        };
        Ok(uids.find(Uids::hash(uid)).collect())
    }

    /// The event in a row as it was written, without any later change.
    pub(crate) fn written(&self, row: u16) -> Result<Event> {
        match self.place(row)? {
            Place::Tail(whole) => whole.event(self.id(row), self.reader.shared.origin()),
            Place::Segment(segment, position) => self.reader.event(segment, position),
        }
    }

    /// The same, and which of its labels were added.
    pub(crate) fn known(&self, row: u16) -> Result<Known> {
        match self.place(row)? {
            Place::Tail(whole) => whole.known(self.id(row), self.reader.shared.origin()),
            Place::Segment(segment, position) => self.reader.known(segment, position),
        }
    }

    /// Lends the body of a row; none if the row holds no event any more.
    pub(crate) fn with_body<T>(
        &self,
        row: u16,
        use_body: impl FnOnce(Option<&Body<'_>>) -> Result<T>,
    ) -> Result<T> {
        match self.place(row)? {
            Place::Tail(whole) => use_body(whole.content()?.event()),
            Place::Segment(segment, position) => self.reader.with_body(segment, position, use_body),
        }
    }

    /// The uid of the event in a row, if that much is left of it.
    pub(crate) fn uid(&self, row: u16) -> Result<Option<String>> {
        match self.place(row)? {
            Place::Tail(whole) => whole.uid(self.id(row), self.reader.shared.origin()),
            Place::Segment(segment, position) => self.reader.uid(segment, position),
        }
    }

    /// The row itself.
    pub(crate) fn row(&self, row: u16) -> Result<Row> {
        match self.place(row)? {
            Place::Tail(whole) => Ok(whole.clone()),
            Place::Segment(segment, position) => self.reader.row(segment, position),
        }
    }

    /// Where a row is kept. Rows come from indexes and changes, so one that the part does not have
    /// is damage.
    fn place(&self, row: u16) -> Result<Place<'a>> {
        let position = row.checked_sub(self.first_row());
        let place = position.and_then(|position| match self.rows {
            Kind::Chunk(chunk) => chunk.rows.get(usize::from(position)).map(Place::Tail),
            Kind::Segment(segment) => {
                (u32::from(position) < segment.rows).then_some(Place::Segment(segment, position))
            }
        });
        place.ok_or_else(|| {
            let part = format!("the index of the rows from {}", self.first());
            Error::corrupt(part, "it names a row that is not among them")
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::{Error, Options, Storage};
    use eventscope_model::Draft;

    #[track_caller]
    fn check(storage: &Storage) {
        let snapshot = storage.snapshot();
        let part = snapshot.parts().next().unwrap();
        assert_eq!((part.first_row(), part.last_row()), (1, 2));
        for row in [1, 2] {
            assert!(part.written(row).is_ok() && part.uid(row).is_ok(), "{row}");
            assert!(part.row(row).is_ok() && part.with_body(row, |_| Ok(())).is_ok(), "{row}");
        }
        for row in [0, 3, u16::MAX] {
            let errors = [
                part.written(row).map(drop),
                part.uid(row).map(drop),
                part.row(row).map(drop),
                part.with_body(row, |_| Ok(())),
            ];
            for error in errors {
                assert!(matches!(error, Err(Error::Corrupt { .. })), "{row}: {error:?}");
            }
        }
    }

    #[test]
    fn a_row_that_is_not_of_the_part_is_damage() {
        let storage = Storage::in_memory(&Options::default()).unwrap();
        storage.append(vec![Draft::custom("one"), Draft::custom("two")]).unwrap();
        check(&storage);
        storage.seal_now().unwrap();
        assert!(storage.snapshot().parts().next().unwrap().sealed().is_some());
        check(&storage);
    }
}
