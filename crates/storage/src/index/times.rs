//! The times of the rows of one part, and their order.

#![expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "positions are those of rows of the part; times are not negative, so differences fit"
)]

use crate::database::codec::{self, Kind, Packing};
use crate::error::{Error, Result};
use crate::index::row_set::RowSet;
use crate::limits::WINDOW_ROWS;
use bincode::{BorrowDecode, Encode};
use eventscope_model::Timestamp;

/// The time of each row of a part, with the permutation that sorts them where they are not sorted
/// already: dumps arrive in any order.
#[derive(Debug)]
pub struct Times {
    first_row: u16,
    /// By position: the row less the first row.
    at: Packed,
    /// Positions, ascending by (time, row); absent when that is 0, 1, 2, ...
    order: Option<Vec<u16>>,
    /// The earliest and the latest time of every [`STRETCH_ROWS`] rows of the window.
    stretches: Vec<(i64, i64)>,
    first_stretch: usize,
}

/// Rows of a window whose earliest and latest time are kept, so that most rows before a time are
/// counted without looking at any.
const STRETCH_ROWS: usize = 512;
const STRETCH_WORDS: usize = STRETCH_ROWS / 64;

/// The layout on disk: differences between neighbours, in the largest unit that divides them all.
#[derive(Encode, BorrowDecode)]
struct Stored {
    unit: i64,
    first: i64,
    steps: Vec<i64>,
    order: Option<Vec<u16>>,
}

impl Times {
    /// The times of rows from `first_row` on.
    pub(crate) fn new(first_row: u16, nanos: &[i64]) -> Self {
        let order = (!nanos.is_sorted()).then(|| {
            let mut order: Vec<u16> = (0..nanos.len()).map(|at| at as u16).collect();
            order.sort_by_key(|at| nanos[usize::from(*at)]);
            order
        });
        Self::with_order(first_row, nanos, order)
    }

    fn with_order(first_row: u16, nanos: &[i64], order: Option<Vec<u16>>) -> Self {
        let mut stretches: Vec<(i64, i64)> = Vec::new();
        let first_stretch = usize::from(first_row) / STRETCH_ROWS;
        for (at, nanos) in nanos.iter().enumerate() {
            let stretch = (usize::from(first_row) + at) / STRETCH_ROWS - first_stretch;
            match stretches.get_mut(stretch) {
                Some((first, last)) => {
                    (*first, *last) = ((*first).min(*nanos), (*last).max(*nanos))
                }
                None => stretches.push((*nanos, *nanos)),
            }
        }
        Self { first_row, at: Packed::new(nanos), order, stretches, first_stretch }
    }

    /// The time of a row.
    ///
    /// # Panics
    /// When the row is not in this part.
    #[must_use]
    pub fn time(&self, row: u16) -> Timestamp {
        timestamp(self.at.nanos(usize::from(row - self.first_row)))
    }

    /// The earliest time.
    #[must_use]
    pub fn first(&self) -> Timestamp {
        self.timed(0)
    }

    /// The latest time.
    #[must_use]
    pub fn last(&self) -> Timestamp {
        self.timed(self.at.len().saturating_sub(1))
    }

    /// The rows from the oldest to the newest: ascending by (time, row).
    pub fn ascending(&self) -> impl DoubleEndedIterator<Item = u16> + ExactSizeIterator {
        (0..self.at.len()).map(|position| self.row(position))
    }

    /// The rows whose time lies from `first` to `last`, both included, as positions in
    /// [`Times::ascending`].
    #[must_use]
    pub fn positions(&self, first: Timestamp, last: Timestamp) -> std::ops::Range<usize> {
        let start = self.partition(|time| time < first.nanos());
        let end = self.partition(|time| time <= last.nanos());
        start..end.max(start)
    }

    /// The row at a position of [`Times::ascending`].
    ///
    /// # Panics
    /// When the position is not below the number of rows.
    #[must_use]
    pub fn row(&self, position: usize) -> u16 {
        let offset = self.order.as_ref().map_or(position as u16, |order| order[position]);
        self.first_row + offset
    }

    /// Whether the rows are in the order of time already.
    #[must_use]
    pub fn is_sorted(&self) -> bool {
        self.order.is_none()
    }

    /// How many of these rows of the part are before a time.
    #[must_use]
    pub fn count_before(&self, time: Timestamp, rows: &RowSet) -> u32 {
        let time = time.nanos();
        let mut before = 0;
        for (stretch, (first, last)) in self.stretches.iter().enumerate() {
            if *first >= time {
                continue;
            }
            let word = (self.first_stretch + stretch) * STRETCH_WORDS;
            let words = word..word + STRETCH_WORDS;
            if *last < time {
                before += rows.len_in(words);
            } else {
                rows.iter_in(words).for_each(|row| {
                    let nanos = self.at.nanos(usize::from(row - self.first_row));
                    before += u32::from(nanos < time);
                });
            }
        }
        before
    }

    /// How many rows [`Times::count_before`] looks at one by one for a time, if all are given.
    #[must_use]
    pub fn mixed_before(&self, time: Timestamp) -> usize {
        let time = time.nanos();
        let mixed = |(first, last): &&(i64, i64)| *first < time && time <= *last;
        self.stretches.iter().filter(mixed).count() * STRETCH_ROWS
    }

    /// The time at a position, in nanoseconds.
    pub(crate) fn nanos(&self, position: usize) -> i64 {
        self.at.nanos(position)
    }

    pub(crate) fn weight(&self) -> usize {
        let order = self.order.as_ref().map_or(0, |order| order.len() * 2);
        self.at.bytes() + order + self.stretches.len() * 16 + 128
    }

    fn timed(&self, position: usize) -> Timestamp {
        if self.at.len() == 0 { Timestamp::EPOCH } else { self.time(self.row(position)) }
    }

    /// The first position whose time does not satisfy `before`.
    fn partition(&self, before: impl Fn(i64) -> bool) -> usize {
        let (mut low, mut high) = (0, self.at.len());
        while low < high {
            let middle = low.midpoint(high);
            let at = usize::from(self.row(middle) - self.first_row);
            if before(self.at.nanos(at)) { low = middle + 1 } else { high = middle }
        }
        low
    }

    pub(crate) fn write(&self) -> Result<Vec<u8>> {
        let nanos: Vec<i64> = (0..self.at.len()).map(|at| self.at.nanos(at)).collect();
        let first = nanos.first().copied().unwrap_or(0);
        let steps: Vec<i64> = nanos.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let unit = steps.iter().fold(0, |unit, step| gcd(unit, step.unsigned_abs())).max(1);
        // The unit divides every step, and fits since no step exceeds the range of times.
        let unit = i64::try_from(unit).unwrap_or(1);
        let steps = steps.into_iter().map(|step| step / unit).collect();
        let stored = Stored { unit, first, steps, order: self.order.clone() };
        codec::seal_value(Kind::Section, Packing::Zstd, &stored)
    }

    pub(crate) fn read(record: &[u8], first_row: u16, rows: usize, place: &str) -> Result<Self> {
        let stored: Stored = codec::open_value(Kind::Section, record, &place)?;
        let damaged = || Error::corrupt(place, "its times do not fit together");
        let mut time = stored.first;
        let mut nanos = vec![time];
        for step in stored.steps {
            time = step
                .checked_mul(stored.unit)
                .and_then(|step| time.checked_add(step))
                .filter(|time| *time >= 0)
                .ok_or_else(damaged)?;
            nanos.push(time);
        }
        let ordered = stored.order.as_ref().is_none_or(|order| is_permutation(order, rows));
        let fits = usize::from(first_row) + rows <= WINDOW_ROWS;
        if nanos.len() != rows || !ordered || !fits || stored.first < 0 {
            return Err(damaged());
        }
        let sorted = match &stored.order {
            None => nanos.is_sorted(),
            Some(order) => order.is_sorted_by_key(|at| (nanos.get(usize::from(*at)), *at)),
        };
        if !sorted {
            return Err(damaged());
        }
        Ok(Self::with_order(first_row, &nanos, stored.order))
    }
}

/// Times as differences from the least, in their largest common unit and as few bytes as hold
/// them.
#[derive(Debug)]
struct Packed {
    least: i64,
    unit: i64,
    steps: Steps,
}

#[derive(Debug)]
enum Steps {
    Four(Vec<u32>),
    /// The upper 32 bits, and the lower ones, of which there are so many.
    Six(Vec<u32>, Vec<u16>, u32),
    Eight(Vec<i64>),
}

impl Packed {
    fn new(nanos: &[i64]) -> Self {
        let least = nanos.iter().copied().min().unwrap_or(0);
        // Times are never negative, so their differences fit.
        let steps = || nanos.iter().map(|nanos| nanos - least);
        let unit = steps().fold(0, |unit, step| gcd(unit, step.unsigned_abs())).max(1);
        let unit = i64::try_from(unit).unwrap_or(1);
        let steps = || steps().map(|step| step / unit);
        let bits = 64 - steps().max().unwrap_or(0).leading_zeros();
        let steps = match bits {
            0..=32 => Steps::Four(steps().map(|step| step as u32).collect()),
            33..=48 => {
                let low = bits - 32;
                let upper = steps().map(|step| (step >> low) as u32).collect();
                let lower = steps().map(|step| (step & ((1 << low) - 1)) as u16).collect();
                Steps::Six(upper, lower, low)
            }
            _ => Steps::Eight(steps().collect()),
        };
        Self { least, unit, steps }
    }

    fn len(&self) -> usize {
        match &self.steps {
            Steps::Four(steps) | Steps::Six(steps, ..) => steps.len(),
            Steps::Eight(steps) => steps.len(),
        }
    }

    fn nanos(&self, at: usize) -> i64 {
        let step = match &self.steps {
            Steps::Four(steps) => i64::from(steps[at]),
            Steps::Six(upper, lower, low) => i64::from(upper[at]) << low | i64::from(lower[at]),
            Steps::Eight(steps) => steps[at],
        };
        self.least + step * self.unit
    }

    fn bytes(&self) -> usize {
        self.len()
            * match self.steps {
                Steps::Four(_) => 4,
                Steps::Six(..) => 6,
                Steps::Eight(_) => 8,
            }
    }
}

fn timestamp(nanos: i64) -> Timestamp {
    Timestamp::from_nanos(nanos).unwrap_or(Timestamp::EPOCH)
}

fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn is_permutation(order: &[u16], rows: usize) -> bool {
    let mut seen = vec![false; rows];
    order.len() == rows
        && order.iter().all(|at| {
            seen.get_mut(usize::from(*at)).is_some_and(|seen| !std::mem::replace(seen, true))
        })
}

#[cfg(test)]
mod tests {
    use super::{Times, is_permutation};
    use eventscope_model::Timestamp;
    use proptest::prelude::*;

    fn at(nanos: i64) -> Timestamp {
        Timestamp::from_nanos(nanos).unwrap()
    }

    #[test]
    fn order_and_ranges_of_late_rows() {
        let times = Times::new(10, &[30, 10, 20, 20]);
        assert_eq!(times.ascending().collect::<Vec<_>>(), [11, 12, 13, 10]);
        assert_eq!(times.positions(at(20), at(20)), 1..3);
        assert_eq!(times.positions(at(31), at(99)), 4..4);
        assert_eq!(times.positions(at(25), at(15)), 3..3);
        assert_eq!((times.first(), times.last()), (at(10), at(30)));
    }

    #[test]
    fn only_a_permutation_is_an_order() {
        assert!(is_permutation(&[2, 0, 1], 3));
        assert!(!is_permutation(&[2, 0, 0], 3));
        assert!(!is_permutation(&[3, 0, 1], 3));
        assert!(!is_permutation(&[0, 1], 3));
    }

    #[test]
    fn an_order_that_is_not_that_of_time_is_noticed() {
        use super::Stored;
        use crate::database::codec::{Kind, Packing, seal_value};
        let reads = |steps: &[i64], order: Option<&[u16]>| {
            let (steps, order) = (steps.to_vec(), order.map(<[u16]>::to_vec));
            let stored = Stored { unit: 1, first: 5, steps, order };
            let record = seal_value(Kind::Section, Packing::Plain, &stored).unwrap();
            Times::read(&record, 0, 3, "it").is_ok()
        };
        assert!(reads(&[1, 0], None) && reads(&[-1, 1], Some(&[1, 0, 2])));
        assert!(!reads(&[-1, 0], None), "the times do not ascend");
        assert!(!reads(&[-1, 1], Some(&[0, 1, 2])), "the order does not sort them");
        assert!(!reads(&[-1, 1], Some(&[1, 2, 0])), "equal times are not in the order of rows");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(nanos in prop::collection::vec(0..=i64::MAX, 1..50)) {
            let times = Times::new(3, &nanos);
            let read = Times::read(&times.write().unwrap(), 3, nanos.len(), "it").unwrap();
            prop_assert!((0..nanos.len()).map(|at| read.nanos(at)).eq(nanos));
            prop_assert_eq!(read.order, times.order);
        }

        #[test]
        fn times_of_any_spread_are_packed_and_counted(
            spread in 0..63u32,
            unit in 1..4i64,
            nanos in prop::collection::vec(0..=i64::MAX, 1_000..1_200),
            first_row in 0..700u16,
            before in any::<prop::sample::Index>(),
            rows in prop::collection::btree_set(0..1_000u16, 0..300),
        ) {
            // Mostly ascending, as they come.
            let near = |(at, nanos): (usize, i64)| (nanos % (1 << spread) / 4 + at as i64) * unit;
            let nanos: Vec<i64> = nanos.into_iter().enumerate().map(near).collect();
            let times = Times::new(first_row, &nanos);
            prop_assert!((0..nanos.len()).map(|at| times.nanos(at)).eq(nanos.iter().copied()));
            let time = *before.get(&nanos);
            let set = rows.iter().map(|row| first_row + row).collect();
            let naive = rows.iter().filter(|row| nanos[usize::from(**row)] < time).count();
            prop_assert_eq!(times.count_before(at(time), &set) as usize, naive);
        }
    }
}
