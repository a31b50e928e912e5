//! Sets of row numbers within one window of 65,536 rows.
//!
//! A stored set ([`Rows`]) is the body of one Roaring container, read in place: a sorted array of
//! up to 4,096 numbers, a bitset of 8 KiB, or runs where they are smaller than both. A query
//! gathers such sets in a [`RowSet`], a bitset that stays in the first-level cache of a core.

use crate::limits::WINDOW_ROWS;
use std::ops::Range;

const WORDS: usize = WINDOW_ROWS / 64;
/// Bytes of a bitset container.
pub(crate) const BITSET_BYTES: usize = WORDS * 8;
/// Rows up to which an array is no larger than a bitset.
const ARRAY_ROWS_MAX: usize = BITSET_BYTES / 2;

/// A set of rows that queries compute with: one bit per row of a window, 8 KiB.
#[derive(Clone, PartialEq, Eq)]
pub struct RowSet {
    words: Box<[u64; WORDS]>,
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a row has 16 bits, so its word is one of the 1,024; ranges of words come from rows"
)]
impl RowSet {
    /// No rows.
    #[must_use]
    pub fn empty() -> Self {
        Self { words: Box::new([0; WORDS]) }
    }

    /// The rows from `first` to `last`, both included.
    #[must_use]
    pub fn span(first: u16, last: u16) -> Self {
        let mut set = Self::empty();
        set.insert_span(first, last);
        set
    }

    /// Takes all rows out.
    pub fn clear(&mut self) {
        self.words.fill(0);
    }

    /// Puts one row in.
    pub fn insert(&mut self, row: u16) {
        self.words[usize::from(row >> 6)] |= 1 << (row & 63);
    }

    /// Takes one row out.
    pub fn remove(&mut self, row: u16) {
        self.words[usize::from(row >> 6)] &= !(1 << (row & 63));
    }

    /// Puts the rows from `first` to `last` in, both included; none if `first` is the greater.
    pub fn insert_span(&mut self, first: u16, last: u16) {
        if first > last {
            return;
        }
        let (start, end) = (usize::from(first >> 6), usize::from(last >> 6));
        let (from, to) = (u64::MAX << (first & 63), u64::MAX >> (63 - (last & 63)));
        if start == end {
            self.words[start] |= from & to;
            return;
        }
        self.words[start] |= from;
        self.words[start + 1..end].fill(u64::MAX);
        self.words[end] |= to;
    }

    /// Whether a row is in.
    #[must_use]
    pub fn contains(&self, row: u16) -> bool {
        self.words[usize::from(row >> 6)] & (1 << (row & 63)) != 0
    }

    /// How many rows are in.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    /// Whether no row is in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Keeps the rows that are in `other` too.
    pub fn and(&mut self, other: &Self) {
        self.combine(other, |a, b| a & b);
    }

    /// Adds the rows of `other`.
    pub fn or(&mut self, other: &Self) {
        self.combine(other, |a, b| a | b);
    }

    /// Takes the rows of `other` out.
    pub fn and_not(&mut self, other: &Self) {
        self.combine(other, |a, b| a & !b);
    }

    /// How many rows are in both.
    #[must_use]
    pub fn intersection_len(&self, other: &Self) -> u32 {
        let pairs = self.words.iter().zip(other.words.iter());
        pairs.map(|(a, b)| (a & b).count_ones()).sum()
    }

    /// The rows, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u16> {
        self.iter_in(0..WORDS)
    }

    /// The rows in some words of the set, ascending.
    pub(crate) fn iter_in(&self, words: Range<usize>) -> impl Iterator<Item = u16> {
        let first = words.start;
        self.words[words].iter().enumerate().flat_map(move |(at, word)| {
            let base = ((first + at) as u16) << 6;
            Bits(*word).map(move |bit| base | bit)
        })
    }

    /// How many rows are in some words of the set.
    pub(crate) fn len_in(&self, words: Range<usize>) -> u32 {
        self.words[words].iter().map(|word| word.count_ones()).sum()
    }

    fn combine(&mut self, other: &Self, op: impl Fn(u64, u64) -> u64) {
        for (a, b) in self.words.iter_mut().zip(other.words.iter()) {
            *a = op(*a, *b);
        }
    }
}

impl std::fmt::Debug for RowSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RowSet({} rows)", self.len())
    }
}

impl FromIterator<u16> for RowSet {
    fn from_iter<I: IntoIterator<Item = u16>>(rows: I) -> Self {
        let mut set = Self::empty();
        rows.into_iter().for_each(|row| set.insert(row));
        set
    }
}

/// The set bits of a word, ascending.
struct Bits(u64);

impl Iterator for Bits {
    type Item = u16;

    #[expect(clippy::arithmetic_side_effects, reason = "the word is not 0")]
    fn next(&mut self) -> Option<u16> {
        if self.0 == 0 {
            return None;
        }
        let bit = self.0.trailing_zeros() as u16;
        self.0 &= self.0 - 1;
        Some(bit)
    }
}

/// A stored set of rows, read in place.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    body: Body<'a>,
    len: u32,
}

#[derive(Clone, Copy, Debug)]
enum Body<'a> {
    /// Rows as `u16`, ascending.
    Array(&'a [u8]),
    /// 1,024 words, lowest row first.
    Bitset(&'a [u8]),
    /// Pairs of `u16`: first row, and how many follow it.
    Runs(&'a [u8]),
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "an array has at most 4,096 rows, and `read` checks its length"
)]
impl<'a> Rows<'a> {
    /// No rows.
    #[must_use]
    pub fn none() -> Self {
        Self { body: Body::Array(&[]), len: 0 }
    }

    /// The set in a container body of `len` rows. Which of the three it is follows from its size:
    /// runs are written only where they are smaller than the others.
    pub(crate) fn read(body: &'a [u8], len: u32) -> Option<Self> {
        let rows = usize::try_from(len).ok()?;
        let body = if rows <= ARRAY_ROWS_MAX && body.len() == rows * 2 {
            Body::Array(body)
        } else if rows > ARRAY_ROWS_MAX && body.len() == BITSET_BYTES {
            Body::Bitset(body)
        } else if body.len().is_multiple_of(4) && body.len() < BITSET_BYTES.min(rows * 2) {
            Body::Runs(body)
        } else {
            return None;
        };
        Some(Self { body, len })
    }

    /// How many rows are in.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a stored set is never empty")]
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether they are as many as they are said to be, ascending, and each once.
    pub(crate) fn is_whole(&self) -> bool {
        match self.body {
            Body::Array(body) => numbers(body).is_sorted_by(|a, b| a < b),
            Body::Bitset(body) => words(body).map(u64::count_ones).sum::<u32>() == self.len,
            Body::Runs(body) => {
                let (mut next, mut len) = (0u32, 0);
                body.as_chunks::<4>().0.iter().all(|[a, b, c, d]| {
                    let (first, more) =
                        (u16::from_le_bytes([*a, *b]), u16::from_le_bytes([*c, *d]));
                    let first = u32::from(first);
                    let end = first.saturating_add(u32::from(more)).saturating_add(1);
                    len = u32::saturating_add(len, end.saturating_sub(first));
                    let ascends = next <= first && end <= WINDOW_ROWS as u32;
                    next = end;
                    ascends
                }) && len == self.len
            }
        }
    }

    /// The bytes that reading them touches.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self.body {
            Body::Array(body) | Body::Bitset(body) | Body::Runs(body) => body.len(),
        }
    }

    /// Whether so many rows, if scattered, are stored as a bitset and not one by one.
    #[must_use]
    pub fn are_bitset(rows: u32) -> bool {
        rows as usize > ARRAY_ROWS_MAX
    }

    /// Calls `f` with each row, ascending.
    pub fn for_each(&self, mut f: impl FnMut(u16)) {
        match self.body {
            Body::Array(body) => numbers(body).for_each(f),
            Body::Bitset(body) => {
                for (at, word) in words(body).enumerate() {
                    let base = (at as u16) << 6;
                    Bits(word).for_each(|bit| f(base | bit));
                }
            }
            Body::Runs(body) => {
                for (first, last) in runs(body) {
                    (first..=last).for_each(&mut f);
                }
            }
        }
    }

    /// Adds these rows to a set.
    pub fn or_into(&self, set: &mut RowSet) {
        match self.body {
            Body::Array(body) => numbers(body).for_each(|row| set.insert(row)),
            Body::Bitset(body) => zip(set, body, |a, b| a | b),
            Body::Runs(body) => runs(body).for_each(|(first, last)| set.insert_span(first, last)),
        }
    }

    /// Takes these rows out of a set.
    pub fn and_not_into(&self, set: &mut RowSet) {
        match self.body {
            Body::Array(body) => numbers(body).for_each(|row| set.remove(row)),
            Body::Bitset(body) => zip(set, body, |a, b| a & !b),
            Body::Runs(body) => {
                let mut out = RowSet::empty();
                runs(body).for_each(|(first, last)| out.insert_span(first, last));
                set.and_not(&out);
            }
        }
    }

    /// Keeps only these rows in a set.
    pub fn and_into(&self, set: &mut RowSet) {
        match self.body {
            Body::Array(body) => {
                let mut kept = [0; ARRAY_ROWS_MAX];
                let mut len = 0;
                for row in numbers(body) {
                    kept[len] = row;
                    len += usize::from(set.contains(row));
                }
                set.clear();
                kept[..len].iter().for_each(|row| set.insert(*row));
            }
            Body::Bitset(body) => zip(set, body, |a, b| a & b),
            Body::Runs(body) => {
                let mut kept = RowSet::empty();
                runs(body).for_each(|(first, last)| kept.insert_span(first, last));
                set.and(&kept);
            }
        }
    }

    /// How many of these rows are in a set.
    #[must_use]
    pub fn intersection_len(&self, set: &RowSet) -> u32 {
        match self.body {
            Body::Array(body) => numbers(body).map(|row| u32::from(set.contains(row))).sum(),
            Body::Bitset(body) => {
                words(body).zip(set.words.iter()).map(|(a, b)| (a & b).count_ones()).sum()
            }
            Body::Runs(body) => {
                runs(body).flat_map(|(a, b)| a..=b).map(|row| u32::from(set.contains(row))).sum()
            }
        }
    }
}

/// A set of rows of its own, in the smallest of the forms in which sets are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Compact {
    body: Box<[u8]>,
    len: u32,
}

impl Compact {
    /// The rows of a set.
    pub(crate) fn of(set: &RowSet) -> Self {
        Self::of_rows(&set.iter().collect::<Vec<u16>>())
    }

    /// Some ascending rows.
    pub(crate) fn of_rows(rows: &[u16]) -> Self {
        let mut body = Vec::new();
        write(rows, &mut body);
        Self { body: body.into_boxed_slice(), len: rows.len() as u32 }
    }

    /// The rows, read in place.
    pub(crate) fn rows(&self) -> Rows<'_> {
        Rows::read(&self.body, self.len).unwrap_or_else(Rows::none)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.body.len()
    }
}

fn numbers(body: &[u8]) -> impl Iterator<Item = u16> + '_ {
    body.as_chunks().0.iter().map(|bytes| u16::from_le_bytes(*bytes))
}

fn words(body: &[u8]) -> impl Iterator<Item = u64> + '_ {
    body.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes))
}

/// First and last row of each run.
fn runs(body: &[u8]) -> impl Iterator<Item = (u16, u16)> + '_ {
    body.as_chunks::<4>().0.iter().map(|[a, b, c, d]| {
        let (first, more) = (u16::from_le_bytes([*a, *b]), u16::from_le_bytes([*c, *d]));
        (first, first.saturating_add(more))
    })
}

fn zip(set: &mut RowSet, body: &[u8], op: impl Fn(u64, u64) -> u64) {
    for (word, other) in set.words.iter_mut().zip(words(body)) {
        *word = op(*word, other);
    }
}

/// Appends the smallest container body of some ascending rows.
#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a pair has two rows, which ascend, and there are at most 65,536"
)]
pub(crate) fn write(rows: &[u16], out: &mut Vec<u8>) {
    let breaks = rows.windows(2).filter(|pair| pair[0] + 1 != pair[1]).count();
    let run_bytes = (breaks + usize::from(!rows.is_empty())) * 4;
    if run_bytes < BITSET_BYTES.min(rows.len() * 2) {
        write_runs(rows, out);
    } else if rows.len() <= ARRAY_ROWS_MAX {
        rows.iter().for_each(|row| out.extend_from_slice(&row.to_le_bytes()));
    } else {
        let set: RowSet = rows.iter().copied().collect();
        set.words.iter().for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
    }
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "rows ascend, so what is before another one is not the greatest"
)]
fn write_runs(rows: &[u16], out: &mut Vec<u8>) {
    for run in rows.chunk_by(|a, b| a + 1 == *b) {
        let [first, more @ ..] = run else { continue };
        let more = more.len() as u16;
        out.extend_from_slice(&first.to_le_bytes());
        out.extend_from_slice(&more.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::{RowSet, Rows, write};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// Sets of all three shapes: scattered, dense, and in runs.
    fn sets() -> impl Strategy<Value = BTreeSet<u16>> {
        let spans = prop::collection::vec((any::<u16>(), 0..3_000u16), 0..8);
        let scattered = prop::collection::btree_set(any::<u16>(), 0..300);
        let dense = (1..4u16, 0..4u16).prop_map(|(step, from)| {
            (from..=u16::MAX).step_by(usize::from(step)).collect::<BTreeSet<_>>()
        });
        prop_oneof![
            spans.prop_map(|spans| {
                spans.into_iter().flat_map(|(a, n)| a..=a.saturating_add(n)).collect()
            }),
            scattered,
            dense,
        ]
    }

    fn row_set(rows: &BTreeSet<u16>) -> RowSet {
        rows.iter().copied().collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn stored_and_computed_sets_obey_set_algebra(a in sets(), b in sets()) {
            let list: Vec<u16> = a.iter().copied().collect();
            let mut body = Vec::new();
            write(&list, &mut body);
            let stored = Rows::read(&body, list.len() as u32).unwrap();

            let mut read = Vec::new();
            stored.for_each(|row| read.push(row));
            prop_assert_eq!(&read, &list);
            type Op = fn(&Rows<'_>, &mut RowSet);
            let cases: [(Op, BTreeSet<u16>); 3] = [
                (|rows, set| rows.or_into(set), &a | &b),
                (|rows, set| rows.and_into(set), &a & &b),
                (|rows, set| rows.and_not_into(set), &b - &a),
            ];
            for (op, expected) in cases {
                let mut set = row_set(&b);
                op(&stored, &mut set);
                prop_assert_eq!(set.iter().collect::<BTreeSet<_>>(), expected);
            }
            let both = (&a & &b).len() as u32;
            prop_assert_eq!(stored.intersection_len(&row_set(&b)), both);
            prop_assert_eq!(row_set(&a).intersection_len(&row_set(&b)), both);
            prop_assert_eq!(row_set(&a).len() as usize, a.len());
        }

        #[test]
        fn spans_are_what_they_say(first: u16, last: u16) {
            let set = RowSet::span(first, last);
            prop_assert!(set.iter().eq(first..=last));
        }

        #[test]
        fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..64), len in 0..70_000u32) {
            if let Some(rows) = Rows::read(&body, len) {
                let mut set = RowSet::empty();
                rows.or_into(&mut set);
                rows.and_into(&mut set);
                rows.and_not_into(&mut set);
                rows.for_each(|_| {});
            }
        }
    }
}
