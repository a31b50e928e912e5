//! Sets of rows, and the sections of a segment that are made of them.

use super::{Named, number};
use crate::change::{read_rows, write_rows};
use crate::database::codec::{self, Kind, Packing};
use crate::index::field::FieldIndex;
use crate::index::row_set::{RowSet, Rows};
use crate::index::times::Times;
use crate::index::uids::Uids;
use crate::limits::WINDOW_ROWS;
use eventscope_model::Timestamp;

/// Which set the first byte of an input stands for, less all multiples of their number.
pub(super) const SETS: [Named; 5] = [
    ("container", container),
    ("bitmap", bitmap),
    ("field", field),
    ("times", times),
    ("uids", uids),
];

/// Reads a set of rows or a section; the first byte says which.
pub fn set(input: &[u8]) {
    let Some((which, body)) = number::<1>(input) else { return };
    let (_, read) = SETS[which % SETS.len()];
    read(body);
}

/// A stored set: four bytes say of how many rows, the rest is its body.
fn container(input: &[u8]) {
    let Some((len, body)) = number::<4>(input) else { return };
    let Some(rows) = Rows::read(body, len as u32) else { return };
    let mut set = RowSet::empty();
    rows.or_into(&mut set);
    let mut read = Vec::new();
    rows.for_each(|row| read.push(row));
    assert!(read.iter().all(|row| set.contains(*row)));
    assert!(read.len() <= WINDOW_ROWS * body.len().max(1));
    if rows.is_whole() {
        assert_eq!(rows.len(), set.len());
        assert!(set.iter().eq(read));
    }
    let mut both = RowSet::span(100, 9_999);
    let common = rows.intersection_len(&both);
    rows.and_into(&mut both);
    assert!(!rows.is_whole() || common == both.len());
    rows.and_not_into(&mut both);
    assert!(both.is_empty());
}

/// A Roaring bitmap in its portable form.
fn bitmap(bytes: &[u8]) {
    if let Ok(rows) = read_rows(bytes) {
        assert_eq!(read_rows(&write_rows(&rows)).ok(), Some(rows));
    }
}

fn section(body: &[u8]) -> Vec<u8> {
    codec::seal(Kind::Section, Packing::Plain, body)
}

/// The index of a field: first and last row in two bytes each, then the body of its section.
fn field(input: &[u8]) {
    let Some((first, rest)) = number::<2>(input) else { return };
    let Some((last, body)) = number::<2>(rest) else { return };
    let read = |record: &[u8]| FieldIndex::read(record, first as u16, last as u16, &"a field");
    let Ok(index) = read(&section(body)) else { return };
    let mut present = RowSet::empty();
    for value in 0..index.len() {
        let rows = index.rows(value);
        assert!(rows.is_whole(), "value {value}");
        assert_eq!(rows.len(), index.cardinality(value));
        assert_eq!(rows.intersection_len(&present), 0);
        rows.or_into(&mut present);
        assert_eq!(index.find(index.value(value)), Some(value));
        assert!(index.containing(index.value(value)).contains(&value));
    }
    assert_eq!(index.present_len(), present.len());
    if let Some(column) = index.kept_column() {
        let mut counts = vec![0; index.len()];
        column.count(&present, &mut counts);
        assert!((0..index.len()).all(|value| counts[value] == index.cardinality(value)));
    }
    let written = index.write().expect("what was read can be written");
    let again = read(&written).expect("what was written can be read");
    assert_eq!(again.write().ok(), Some(written));
}

/// Times: the first row in two bytes, how many rows there are in two, then the body.
fn times(input: &[u8]) {
    let Some((first, rest)) = number::<2>(input) else { return };
    let Some((rows, body)) = number::<2>(rest) else { return };
    let read = |record: &[u8]| Times::read(record, first as u16, rows, "times");
    let Ok(times) = read(&section(body)) else { return };
    let order: Vec<u16> = times.ascending().collect();
    assert_eq!(order.len(), rows);
    assert!(order.is_sorted_by_key(|row| (times.time(*row), *row)), "not in the order of time");
    let all: RowSet = order.iter().copied().collect();
    assert_eq!(all.len() as usize, rows);
    let positions = times.positions(times.first(), times.last());
    assert_eq!(positions, 0..rows);
    assert_eq!(times.count_before(times.first(), &all), 0);
    let after = times.last().saturating_add(1);
    assert!(after == Timestamp::MAX || times.count_before(after, &all) as usize == rows);
    let written = times.write().expect("what was read can be written");
    let again = read(&written).expect("what was written can be read");
    assert_eq!(again.write().ok(), Some(written));
}

/// Uids: how many rows there are in two bytes, then the body.
fn uids(input: &[u8]) {
    let Some((rows, body)) = number::<2>(input) else { return };
    let Ok(uids) = Uids::read(&section(body), rows, "uids") else { return };
    for (hash, row) in uids.iter().take(64) {
        assert!(uids.find(hash).any(|found| found == row));
    }
    let written = uids.write().expect("what was read can be written");
    assert_eq!(Uids::read(&written, rows, "uids").ok(), Some(uids));
}
