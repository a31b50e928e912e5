//! The index of one field in one part of the store: which value occurs in which rows.

#![expect(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "values are below `len`; where they and their rows end was checked by `read`, or made"
)]

use crate::codec::{self, Kind, Packing};
use crate::column::Column;
use crate::error::{Error, Result};
use crate::limits::{FIELD_BYTES, VALUE_BYTES};
use crate::rows::{self, Compact, RowSet, Rows};
use bincode::{BorrowDecode, Encode};
use hashbrown::HashMap;
use memchr::memmem::Finder;
use std::sync::{Arc, OnceLock};

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
#[derive(Encode, BorrowDecode)]
struct Stored<'a> {
    text: &'a str,
    text_lens: Vec<u32>,
    cardinalities: Vec<u32>,
    posting_lens: Vec<u32>,
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
        let present = self.present.get().map_or(rows::BITSET_BYTES, Compact::bytes);
        self.text.len() + self.len() * 12 + self.postings.len() + present + FIELD_BYTES
    }

    /// Its record in a segment.
    pub(crate) fn write(&self) -> Result<Vec<u8>> {
        let lens = |ends: &[u32]| (0..ends.len()).map(|at| ends[at] - start32(ends, at)).collect();
        let stored = Stored {
            text: &self.text,
            text_lens: lens(&self.text_ends),
            cardinalities: self.cardinalities.clone(),
            posting_lens: lens(&self.posting_ends),
            postings: &self.postings,
        };
        codec::seal_value(Kind::Section, Packing::Zstd, &stored)
    }

    /// Reads the record of a part with the rows from `first_row` to `last_row`, and checks that
    /// every value and every set of rows is whole: sorted values, rows of the part only, and no
    /// row with two values.
    pub(crate) fn read(record: &[u8], first_row: u16, last_row: u16, place: &str) -> Result<Self> {
        let body = codec::open(Kind::Section, record, &place)?;
        let stored: Stored<'_> = codec::decode(&body, &place)?;
        let damaged = || Error::corrupt(place, "its parts do not fit together");
        let text_ends = ends(&stored.text_lens, stored.text.len()).ok_or_else(damaged)?;
        let posting_ends = ends(&stored.posting_lens, stored.postings.len()).ok_or_else(damaged)?;
        let count = text_ends.len();
        let whole = count == posting_ends.len()
            && count == stored.cardinalities.len()
            && text_ends.iter().all(|end| stored.text.is_char_boundary(*end as usize))
            && (0..count).all(|at| {
                let body = &stored.postings[start(&posting_ends, at)..posting_ends[at] as usize];
                Rows::read(body, stored.cardinalities[at]).is_some_and(|rows| rows.is_whole())
            });
        if !whole {
            return Err(damaged());
        }
        let mut index = Self::new(stored.text.to_owned(), text_ends);
        index.cardinalities = stored.cardinalities;
        index.postings = stored.postings.to_vec();
        index.posting_ends = posting_ends;
        let sorted = (1..count).all(|at| index.value(at - 1) < index.value(at));
        let present = index.gather();
        let mut outside = present.clone();
        outside.and_not(&RowSet::span(first_row, last_row));
        let rows: u64 = index.cardinalities.iter().map(|rows| u64::from(*rows)).sum();
        if !sorted || !outside.is_empty() || rows != u64::from(present.len()) {
            return Err(damaged());
        }
        index.present = OnceLock::from(Compact::of(&present));
        Ok(index)
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
    values: HashMap<String, u32>,
    /// Value and row, in the order of rows.
    entries: Vec<(u32, u16)>,
}

impl FieldBuilder {
    /// Notes that `row` has `value`.
    pub(crate) fn add(&mut self, value: &str, row: u16) {
        let next = self.values.len() as u32;
        let id = *self.values.entry_ref(value).or_insert(next);
        self.entries.push((id, row));
    }

    /// The index of what was noted.
    pub(crate) fn finish(self) -> FieldIndex {
        let mut sorted: Vec<(String, u32)> = self.values.into_iter().collect();
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
            rows::write(&rows_by_value[first..end], &mut index.postings);
            index.posting_ends.push(index.postings.len() as u32);
            first = end;
        }
        index
    }
}

#[cfg(test)]
mod tests {
    use super::{FieldBuilder, FieldIndex};
    use crate::rows::RowSet;
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
        let index = FieldIndex::read(&index.write().unwrap(), 0, 4, "it").unwrap();
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
        use crate::codec::{Kind, Packing, seal_value};
        let check = |text: &str, lens: [u32; 2], postings: [u8; 4]| {
            let (text_lens, cardinalities) = (lens.to_vec(), vec![1, 1]);
            let posting_lens = vec![2, 2];
            let postings = postings.as_slice();
            let stored = super::Stored { text, text_lens, cardinalities, posting_lens, postings };
            let record = seal_value(Kind::Section, Packing::Plain, &stored).unwrap();
            FieldIndex::read(&record, 0, 4, "it").is_ok()
        };
        assert!(check("ab", [1, 1], [0, 0, 4, 0]));
        assert!(!check("\u{e9}", [1, 1], [0, 0, 4, 0]), "a value ends within a character");
        assert!(!check("ba", [1, 1], [0, 0, 4, 0]), "values are not sorted");
        assert!(!check("ab", [1, 1], [0, 0, 5, 0]), "a row is outside of the part");
        assert!(!check("ab", [1, 1], [4, 0, 4, 0]), "a row has two values");
        let of_two = |postings: [u8; 4]| {
            let (text_lens, cardinalities, posting_lens) = (vec![1], vec![2], vec![4]);
            let (text, postings) = ("a", postings.as_slice());
            let stored = super::Stored { text, text_lens, cardinalities, posting_lens, postings };
            let record = seal_value(Kind::Section, Packing::Plain, &stored).unwrap();
            FieldIndex::read(&record, 0, 4, "it").is_ok()
        };
        assert!(of_two([3, 0, 4, 0]));
        assert!(!of_two([4, 0, 3, 0]), "rows do not ascend");
    }
}
