//! The times of the rows of one part, and their order.

use crate::codec::{self, Kind, Packing};
use crate::error::{Error, Result};
use bincode::{BorrowDecode, Encode};
use eventscope_model::Timestamp;

/// The time of each row of a part, with the permutation that sorts them where they are not sorted
/// already: dumps arrive in any order.
#[derive(Debug)]
pub struct Times {
    first_row: u16,
    nanos: Vec<i64>,
    /// Positions in `nanos`, ascending by (time, row); absent when that is 0, 1, 2, ...
    order: Option<Vec<u16>>,
}

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
    pub(crate) fn new(first_row: u16, nanos: Vec<i64>) -> Self {
        let order = (!nanos.is_sorted()).then(|| {
            let mut order: Vec<u16> = (0..nanos.len()).map(|at| at as u16).collect();
            order.sort_by_key(|at| nanos[usize::from(*at)]);
            order
        });
        Self { first_row, nanos, order }
    }

    /// The time of a row.
    ///
    /// # Panics
    /// When the row is not in this part.
    #[must_use]
    pub fn time(&self, row: u16) -> Timestamp {
        timestamp(self.nanos[usize::from(row - self.first_row)])
    }

    /// The earliest time.
    #[must_use]
    pub fn first(&self) -> Timestamp {
        self.at(0)
    }

    /// The latest time.
    #[must_use]
    pub fn last(&self) -> Timestamp {
        self.at(self.nanos.len().saturating_sub(1))
    }

    /// The rows from the oldest to the newest: ascending by (time, row).
    pub fn ascending(&self) -> impl DoubleEndedIterator<Item = u16> + ExactSizeIterator {
        (0..self.nanos.len()).map(|position| self.row(position))
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

    pub(crate) fn nanos(&self) -> &[i64] {
        &self.nanos
    }

    pub(crate) fn weight(&self) -> usize {
        self.nanos.len() * 8 + self.order.as_ref().map_or(0, |order| order.len() * 2) + 64
    }

    fn at(&self, position: usize) -> Timestamp {
        if self.nanos.is_empty() { Timestamp::EPOCH } else { self.time(self.row(position)) }
    }

    /// The first position whose time does not satisfy `before`.
    fn partition(&self, before: impl Fn(i64) -> bool) -> usize {
        let (mut low, mut high) = (0, self.nanos.len());
        while low < high {
            let middle = low.midpoint(high);
            let at = usize::from(self.row(middle) - self.first_row);
            if before(self.nanos[at]) { low = middle + 1 } else { high = middle }
        }
        low
    }

    pub(crate) fn write(&self) -> Result<Vec<u8>> {
        let first = self.nanos.first().copied().unwrap_or(0);
        let steps: Vec<i64> = self.nanos.windows(2).map(|pair| pair[1] - pair[0]).collect();
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
        let times = Self { first_row, nanos, order: stored.order };
        let ordered = times.order.as_ref().is_none_or(|order| is_permutation(order, rows));
        if times.nanos.len() != rows || !ordered || stored.first < 0 {
            return Err(damaged());
        }
        Ok(times)
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
        let times = Times::new(10, vec![30, 10, 20, 20]);
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

    proptest! {
        #[test]
        fn what_is_written_is_read(nanos in prop::collection::vec(0..=i64::MAX, 1..50)) {
            let times = Times::new(3, nanos.clone());
            let read = Times::read(&times.write().unwrap(), 3, nanos.len(), "it").unwrap();
            prop_assert_eq!(read.nanos(), nanos);
            prop_assert_eq!(read.order, times.order);
        }
    }
}
