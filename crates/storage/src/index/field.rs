//! The index of one field in one part of the store: which value occurs in which rows.

#![expect(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "values are below `len`; where they and their rows end was checked by `read`, or made"
)]

use crate::database::codec::{self, Kind, Packing};
use crate::error::{Error, Result};
use crate::index::column::Column;
use crate::index::row_set::{self, Compact, RowSet, Rows};
use crate::limits::{FIELD_BYTES, SMALL_FIELD_BYTES, VALUE_BYTES};
use bincode::{BorrowDecode, Encode};
use hashbrown::HashMap;
use memchr::memmem::Finder;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// Rows of a field up to which they are checked one by one: all rows of a window are 8 KiB.
const FEW_ROWS: usize = 256;

/// The code of the index of notices that an alert is over, by what the uids of that alert have in
/// common. Queries do not see it.
pub(crate) const CLOSES: u8 = 9;

/// A field that is indexed. An event has at most one value in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field<'a> {
    /// Values `0` to `7`.
    Severity,
    /// Names of types.
    Type,
    /// Sources as they are.
    Source,
    /// `resolved`, for events that came in resolved; the overlay adds the others.
    State,
    /// `true`, for events that came in acknowledged; the overlay adds and takes away.
    Acknowledged,
    /// Names as they are.
    Name,
    /// Decimal numbers, for counts above 1.
    Count,
    /// The values of a label, by its canonical key.
    Label(&'a str),
    /// The values of a tag, by its key.
    Tag(&'a str),
}

impl<'a> Field<'a> {
    /// A number and a key that stand for this field on disk.
    pub(crate) fn code(self) -> (u8, &'a str) {
        match self {
            Self::Severity => (0, ""),
            Self::Type => (1, ""),
            Self::Source => (2, ""),
            Self::State => (3, ""),
            Self::Acknowledged => (4, ""),
            Self::Name => (5, ""),
            Self::Count => (6, ""),
            Self::Label(key) => (7, key),
            Self::Tag(key) => (8, key),
        }
    }

    /// The field that a number and a key stand for.
    pub(crate) fn from_code(code: u8, key: &'a str) -> Option<Self> {
        Some(match code {
            0 => Self::Severity,
            1 => Self::Type,
            2 => Self::Source,
            3 => Self::State,
            4 => Self::Acknowledged,
            5 => Self::Name,
            6 => Self::Count,
            7 => Self::Label(key),
            8 => Self::Tag(key),
            _ => return None,
        })
    }
}

/// The values of a field in one part, sorted bytewise, each with its rows.
///
/// Values are named by their position, 0 up to [`FieldIndex::len`].
#[derive(Debug)]
pub struct FieldIndex {
    text: String,
    /// Where each value ends in `text`.
    text_ends: Vec<u32>,
    /// How many rows each value has.
    cardinalities: Vec<u32>,
    postings: Vec<u8>,
    /// Where each value's rows end in `postings`.
    posting_ends: Vec<u32>,
    present: OnceLock<Compact>,
    /// Only of a chunk: the columns of segments are in the cache.
    column: OnceLock<Option<Arc<Column>>>,
}

/// The layout of a [`FieldIndex`] on disk: lengths instead of positions.
#[derive(BorrowDecode)]
struct Stored<'a> {
    text: &'a str,
    text_lens: Vec<u32>,
    cardinalities: Vec<u32>,
    posting_lens: Vec<u32>,
    postings: &'a [u8],
}

/// The same, to be written.
#[derive(Encode)]
struct Written<'a> {
    text: &'a str,
    text_lens: &'a [u32],
    cardinalities: &'a [u32],
    posting_lens: &'a [u32],
    postings: &'a [u8],
}

impl FieldIndex {
    fn new(text: String, text_ends: Vec<u32>) -> Self {
        Self {
            text,
            text_ends,
            cardinalities: Vec::new(),
            postings: Vec::new(),
            posting_ends: Vec::new(),
            present: OnceLock::new(),
            column: OnceLock::new(),
        }
    }

    /// How many values occur.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a field without values is not indexed")]
    pub fn len(&self) -> usize {
        self.text_ends.len()
    }

    /// The text of a value.
    ///
    /// # Panics
    /// When `value` is not below [`FieldIndex::len`].
    #[must_use]
    pub fn value(&self, value: usize) -> &str {
        &self.text[start(&self.text_ends, value)..self.text_ends[value] as usize]
    }

    /// The position of a value, if it occurs.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<usize> {
        let at = self.lower_bound(text);
        (at < self.len() && self.value(at) == text).then_some(at)
    }

    /// The position of the first value that is not below `text`.
    #[must_use]
    pub fn lower_bound(&self, text: &str) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.value(middle) < text { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// How many rows a value has.
    ///
    /// # Panics
    /// When `value` is not below [`FieldIndex::len`].
    #[must_use]
    pub fn cardinality(&self, value: usize) -> u32 {
        self.cardinalities[value]
    }

    /// The rows of a value.
    ///
    /// # Panics
    /// When `value` is not below [`FieldIndex::len`].
    #[must_use]
    pub fn rows(&self, value: usize) -> Rows<'_> {
        let body =
            &self.postings[start(&self.posting_ends, value)..self.posting_ends[value] as usize];
        Rows::read(body, self.cardinalities[value]).unwrap_or_else(Rows::none)
    }

    /// The values that contain a text, ascending.
    #[must_use]
    pub fn containing(&self, part: &str) -> Vec<usize> {
        if part.is_empty() {
            return (0..self.len()).collect();
        }
        let (text, finder) = (self.text.as_bytes(), Finder::new(part));
        let (mut values, mut value, mut from) = (Vec::new(), 0, 0);
        // All values are searched as one text. What is found across the end of a value is none.
        while let Some(found) = text.get(from..).and_then(|rest| finder.find(rest)) {
            let (first, end) = (from + found, from + found + part.len());
            value += self.text_ends[value..].partition_point(|end| *end as usize <= first);
            let Some(value_end) = self.text_ends.get(value) else { break };
            let value_end = *value_end as usize;
            if end <= value_end {
                values.push(value);
                value += 1;
                from = value_end;
            } else {
                from = first + 1;
            }
        }
        values
    }

    /// The rows that have any value.
    #[must_use]
    pub fn present(&self) -> Rows<'_> {
        self.present.get_or_init(|| Compact::of(&self.gather())).rows()
    }

    fn gather(&self) -> RowSet {
        let mut set = RowSet::empty();
        (0..self.len()).for_each(|value| self.rows(value).or_into(&mut set));
        set
    }

    /// How many rows have any value.
    #[must_use]
    pub fn present_len(&self) -> u32 {
        self.present().len()
    }

    /// Its column, kept as long as the index is.
    pub(crate) fn kept_column(&self) -> Option<Arc<Column>> {
        self.column.get_or_init(|| Column::of(self).map(Arc::new)).clone()
    }

    /// The bytes it takes in memory in the index of a chunk, as long as nobody asked for it.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len() + self.len() * VALUE_BYTES + self.postings.len() + FIELD_BYTES
    }

    /// The bytes it takes in memory at most.
    pub(crate) fn weight(&self) -> usize {
        let present = self.present.get().map_or(row_set::BITSET_BYTES, Compact::bytes);
        self.text.len() + self.len() * 12 + self.postings.len() + present + FIELD_BYTES
    }

    /// Its record in a segment.
    pub(crate) fn write(&self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        self.write_body(&mut body)?;
        Ok(codec::seal(Kind::Section, Packing::Zstd, &body))
    }

    /// Appends the body of that record.
    fn write_body(&self, body: &mut Vec<u8>) -> Result<()> {
        let lens = |ends: &[u32]| -> Vec<u32> {
            (0..ends.len()).map(|at| ends[at] - start32(ends, at)).collect()
        };
        let written = Written {
            text: &self.text,
            text_lens: &lens(&self.text_ends),
            cardinalities: &self.cardinalities,
            posting_lens: &lens(&self.posting_ends),
            postings: &self.postings,
        };
        codec::encode_into(body, &written)
    }

    /// Reads such a body that was made in this process.
    pub(crate) fn of_body(body: &[u8]) -> Result<Self> {
        Self::of_stored(codec::decode(body, &"a field of the tail")?)
            .ok_or_else(|| Error::corrupt("a field of the tail", "its parts do not fit together"))
    }

    /// The index of what is stored, if the lengths in it add up.
    fn of_stored(stored: Stored<'_>) -> Option<Self> {
        let text_ends = ends(&stored.text_lens, stored.text.len())?;
        let posting_ends = ends(&stored.posting_lens, stored.postings.len())?;
        let count = text_ends.len();
        let fits = count == posting_ends.len()
            && count == stored.cardinalities.len()
            && text_ends.iter().all(|end| stored.text.is_char_boundary(*end as usize));
        if !fits {
            return None;
        }
        let mut index = Self::new(stored.text.to_owned(), text_ends);
        index.cardinalities = stored.cardinalities;
        index.postings = stored.postings.to_vec();
        index.posting_ends = posting_ends;
        Some(index)
    }

    /// Reads the record of a part with the rows from `first_row` to `last_row`, and checks that
    /// every value and every set of rows is whole: sorted values, rows of the part only, and no
    /// row with two values.
    pub(crate) fn read(
        record: &[u8],
        first_row: u16,
        last_row: u16,
        place: &dyn fmt::Display,
    ) -> Result<Self> {
        let body = codec::open(Kind::Section, record, place)?;
        let damaged = || Error::corrupt(place.to_string(), "its parts do not fit together");
        let index = Self::of_stored(codec::decode(&body, place)?).ok_or_else(damaged)?;
        let count = index.len();
        let are_whole = (0..count).all(|at| {
            let body =
                &index.postings[start(&index.posting_ends, at)..index.posting_ends[at] as usize];
            Rows::read(body, index.cardinalities[at]).is_some_and(|rows| rows.is_whole())
        });
        let are_sorted = (1..count).all(|at| index.value(at - 1) < index.value(at));
        if !are_whole || !are_sorted {
            return Err(damaged());
        }
        let present = index.checked(first_row, last_row).ok_or_else(damaged)?;
        index.present.get_or_init(|| present);
        Ok(index)
    }

    /// All its rows, if none has two values and none is outside of the part.
    fn checked(&self, first_row: u16, last_row: u16) -> Option<Compact> {
        let rows: u64 = self.cardinalities.iter().map(|rows| u64::from(*rows)).sum();
        if rows <= FEW_ROWS as u64 {
            let mut all = Vec::with_capacity(rows as usize);
            (0..self.len()).for_each(|value| self.rows(value).for_each(|row| all.push(row)));
            all.sort_unstable();
            let are_apart = all.len() as u64 == rows && all.is_sorted_by(|a, b| a < b);
            let are_within = all.first().is_none_or(|first| *first >= first_row)
                && all.last().is_none_or(|last| *last <= last_row);
            return (are_apart && are_within).then(|| Compact::of_rows(&all));
        }
        let present = self.gather();
        let mut outside = present.clone();
        outside.and_not(&RowSet::span(first_row, last_row));
        let fits = outside.is_empty() && rows == u64::from(present.len());
        fits.then(|| Compact::of(&present))
    }
}

fn start(ends: &[u32], at: usize) -> usize {
    start32(ends, at) as usize
}

fn start32(ends: &[u32], at: usize) -> u32 {
    at.checked_sub(1).map_or(0, |before| ends[before])
}

/// Running sums of some lengths, if they add up to `total`.
fn ends(lens: &[u32], total: usize) -> Option<Vec<u32>> {
    let mut end = 0u32;
    let mut ends = Vec::with_capacity(lens.len());
    for len in lens {
        end = end.checked_add(*len)?;
        ends.push(end);
    }
    (end as usize == total).then_some(ends)
}

/// Gathers the values of one field, row by row in ascending order.
#[derive(Debug, Default)]
pub(crate) struct FieldBuilder {
    /// The value that came first, whose number is 0. Most fields of very many have no other.
    first: Option<String>,
    /// The numbers of the others, from 1 on.
    others: HashMap<String, u32>,
    /// The number of the value and the row, in the order of rows.
    entries: Vec<(u32, u16)>,
}

impl FieldBuilder {
    /// Whether nothing was noted.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Notes that `row` has `value`.
    pub(crate) fn add(&mut self, value: &str, row: u16) {
        let number = match &self.first {
            None => {
                self.first = Some(value.to_owned());
                0
            }
            Some(first) if first == value => 0,
            Some(_) => {
                let next = self.others.len() as u32 + 1;
                *self.others.entry_ref(value).or_insert(next)
            }
        };
        self.entries.push((number, row));
    }

    /// The index of what was noted, if it is large; a small one is appended to `bodies`, as the
    /// body of its record.
    pub(crate) fn pack(self, bodies: &mut Vec<u8>) -> Result<Option<FieldIndex>> {
        if let (Some(text), [(_, row)]) = (&self.first, self.entries.as_slice())
            && text.len() < SMALL_FIELD_BYTES
        {
            let postings = row.to_le_bytes();
            let written = Written {
                text,
                text_lens: &[text.len() as u32],
                cardinalities: &[1],
                posting_lens: &[postings.len() as u32],
                postings: &postings,
            };
            return codec::encode_into(bodies, &written).map(|()| None);
        }
        let index = self.finish();
        if index.text.len() + index.postings.len() + index.len() * 3 < SMALL_FIELD_BYTES {
            return index.write_body(bodies).map(|()| None);
        }
        Ok(Some(index))
    }

    /// The index of what was noted.
    pub(crate) fn finish(self) -> FieldIndex {
        let first = self.first.into_iter().map(|value| (value, 0));
        let mut sorted: Vec<(String, u32)> = first.chain(self.others).collect();
        sorted.sort_unstable();
        let mut position = vec![0u32; sorted.len()];
        let mut text = String::new();
        let mut text_ends = Vec::with_capacity(sorted.len());
        for (at, (value, id)) in sorted.iter().enumerate() {
            position[*id as usize] = at as u32;
            text.push_str(value);
            text_ends.push(text.len() as u32);
        }
        let mut index = FieldIndex::new(text, text_ends);
        // A counting sort by value: rows stay ascending within each.
        let mut ends = vec![0usize; position.len()];
        self.entries.iter().for_each(|(id, _)| ends[position[*id as usize] as usize] += 1);
        index.cardinalities = ends.iter().map(|count| *count as u32).collect();
        let mut total = 0;
        for end in &mut ends {
            total += std::mem::replace(end, total);
        }
        let mut rows_by_value = vec![0u16; self.entries.len()];
        for (id, row) in &self.entries {
            let end = &mut ends[position[*id as usize] as usize];
            rows_by_value[*end] = *row;
            *end += 1;
        }
        let mut first = 0;
        for end in ends {
            row_set::write(&rows_by_value[first..end], &mut index.postings);
            index.posting_ends.push(index.postings.len() as u32);
            first = end;
        }
        index
    }
}

#[cfg(test)]
mod tests {
    use super::{FieldBuilder, FieldIndex};
    use crate::index::row_set::RowSet;
    use proptest::prelude::*;

    fn index(values: &[&str]) -> FieldIndex {
        let mut builder = FieldBuilder::default();
        for (row, value) in values.iter().enumerate() {
            if !value.is_empty() {
                builder.add(value, row as u16);
            }
        }
        builder.finish()
    }

    #[test]
    fn values_are_sorted_and_found_with_their_rows() {
        let index = index(&["web", "db", "", "web", "cache"]);
        let index = FieldIndex::read(&index.write().unwrap(), 0, 4, &"it").unwrap();
        let values: Vec<_> = (0..index.len()).map(|at| index.value(at)).collect();
        assert_eq!(values, ["cache", "db", "web"]);
        assert_eq!((index.find("db"), index.find("d"), index.find("x")), (Some(1), None, None));
        let mut rows = Vec::new();
        index.rows(2).for_each(|row| rows.push(row));
        assert_eq!((rows, index.cardinality(2)), (vec![0, 3], 2));
        let mut present = RowSet::empty();
        index.present().or_into(&mut present);
        assert_eq!(present.iter().collect::<Vec<_>>(), [0, 1, 3, 4]);
    }

    proptest! {
        #[test]
        fn values_that_contain_a_text_are_found(
            values in prop::collection::vec("[ab~]{0,4}", 1..12),
            part in "[ab~]{0,3}",
        ) {
            // A letter of two bytes.
            let wide = |text: &str| text.replace('~', "\u{e9}");
            let mut builder = FieldBuilder::default();
            for (row, value) in values.iter().enumerate() {
                builder.add(&wide(value), row as u16);
            }
            let (index, part) = (builder.finish(), wide(&part));
            let naive = (0..index.len()).filter(|at| index.value(*at).contains(&part));
            prop_assert_eq!(index.containing(&part), naive.collect::<Vec<_>>());
        }
    }

    #[test]
    fn damage_behind_a_right_checksum_is_noticed() {
        use crate::database::codec::{Kind, Packing, seal_value};
        let check = |text: &str, lens: [u32; 2], postings: [u8; 4]| {
            let (text_lens, cardinalities): (&[u32], &[u32]) = (&lens, &[1, 1]);
            let (posting_lens, postings): (&[u32], &[u8]) = (&[2, 2], &postings);
            let stored = super::Written { text, text_lens, cardinalities, posting_lens, postings };
            let record = seal_value(Kind::Section, Packing::Plain, &stored).unwrap();
            FieldIndex::read(&record, 0, 4, &"it").is_ok()
        };
        assert!(check("ab", [1, 1], [0, 0, 4, 0]));
        assert!(!check("\u{e9}", [1, 1], [0, 0, 4, 0]), "a value ends within a character");
        assert!(!check("ba", [1, 1], [0, 0, 4, 0]), "values are not sorted");
        assert!(!check("ab", [1, 1], [0, 0, 5, 0]), "a row is outside of the part");
        assert!(!check("ab", [1, 1], [4, 0, 4, 0]), "a row has two values");
        let of_two = |postings: [u8; 4]| {
            let (text_lens, cardinalities): (&[u32], &[u32]) = (&[1], &[2]);
            let (text, posting_lens, postings): (_, &[u32], &[u8]) = ("a", &[4], &postings);
            let stored = super::Written { text, text_lens, cardinalities, posting_lens, postings };
            let record = seal_value(Kind::Section, Packing::Plain, &stored).unwrap();
            FieldIndex::read(&record, 0, 4, &"it").is_ok()
        };
        assert!(of_two([3, 0, 4, 0]));
        assert!(!of_two([4, 0, 3, 0]), "rows do not ascend");
    }
}
