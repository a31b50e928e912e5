//! The value of each row of a window, for counting many values at once.

#![expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "there is a place for every row of a window, which are 65,536"
)]

use crate::index::field::FieldIndex;
use crate::index::row_set::RowSet;
use crate::limits::WINDOW_ROWS;

/// The position of each row's value in its [`FieldIndex`].
#[derive(Debug)]
pub struct Column(Values);

/// Positions in as few bytes as they need; the greatest number stands for no value.
#[derive(Debug)]
enum Values {
    Narrow(Vec<u8>),
    Wide(Vec<u16>),
}

impl Column {
    /// The column of an index; none if every row of a full window has a value of its own.
    pub(crate) fn of(index: &FieldIndex) -> Option<Self> {
        let values = match index.len() {
            0..=0xFF => Values::Narrow(fill(index, u8::MAX, |value| value as u8)),
            0x100..=0xFFFF => Values::Wide(fill(index, u16::MAX, |value| value as u16)),
            _ => return None,
        };
        Some(Self(values))
    }

    /// Adds 1 for each row to the count of its value.
    pub fn count(&self, rows: &RowSet, counts: &mut [u32]) {
        let mut add = |value: usize| {
            if let Some(count) = counts.get_mut(value) {
                *count += 1;
            }
        };
        match &self.0 {
            Values::Narrow(values) => {
                rows.iter().for_each(|row| add(usize::from(values[usize::from(row)])));
            }
            Values::Wide(values) => {
                rows.iter().for_each(|row| add(usize::from(values[usize::from(row)])));
            }
        }
    }

    pub(crate) fn weight(&self) -> usize {
        match &self.0 {
            Values::Narrow(values) => values.len(),
            Values::Wide(values) => values.len() * 2,
        }
    }
}

fn fill<T: Copy>(index: &FieldIndex, none: T, position: impl Fn(usize) -> T) -> Vec<T> {
    let mut values = vec![none; WINDOW_ROWS];
    for value in 0..index.len() {
        index.rows(value).for_each(|row| values[usize::from(row)] = position(value));
    }
    values
}

#[cfg(test)]
mod tests {
    use super::Column;
    use crate::index::field::FieldBuilder;
    use crate::index::row_set::RowSet;

    /// Every second row has a value, and there are so many different ones.
    fn counts(values: usize) -> Vec<u32> {
        let mut builder = FieldBuilder::default();
        for row in (0..=u16::MAX).step_by(2) {
            builder.add(&format!("{:05}", usize::from(row / 2) % values), row);
        }
        let column = Column::of(&builder.finish()).unwrap();
        let mut counts = vec![0; values];
        column.count(&RowSet::span(0, 4 * values as u16 - 1), &mut counts);
        counts
    }

    #[test]
    fn rows_are_counted_by_their_value_and_not_without_one() {
        for values in [1, 255, 256, 10_000] {
            assert_eq!(counts(values), vec![2; values]);
        }
    }

    #[test]
    fn a_value_for_every_row_is_no_column() {
        let mut builder = FieldBuilder::default();
        (0..=u16::MAX).for_each(|row| builder.add(&format!("{row:05}"), row));
        assert!(Column::of(&builder.finish()).is_none());
    }
}
