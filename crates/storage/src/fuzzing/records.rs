//! Records: everything that is one value of a table.

use super::{Named, number};
use crate::change::Record;
use crate::change::folded::{Folded, open_folded};
use crate::change::overlay::{self, Overlays};
use crate::database::codec::{self, Kind, Packing};
use crate::log::backup_mark::Mark;
use crate::log::segment_catalog::Entry;
use crate::log::{self, Batch};
use crate::row::block;
use crate::row::compression::RowDecompressors;
use crate::row::{Body, Content, Encoded, Gone, Origin};
use crate::segment::scope_labels;
use crate::segment::{Directory, Segment};
use eventscope_model::{EventId, Timestamp};

/// Which record the first byte of an input stands for, less all multiples of their number.
pub(super) const RECORDS: [Named; 11] = [
    ("batch", batch),
    ("change", change),
    ("catalogue", catalogue),
    ("directory", directory),
    ("overlay", folded),
    ("identity", identity),
    ("next", next),
    ("mark", mark),
    ("labels", scope_labels),
    ("row", row),
    ("block", rows_of_block),
];

/// Reads the body of a record; the first byte says which.
pub fn record(input: &[u8]) {
    let Some((which, body)) = number::<1>(input) else { return };
    let (_, read) = RECORDS[which % RECORDS.len()];
    read(body);
}

/// Reads a value, writes it, and reads that: the same comes out. Gives whether it could be read.
macro_rules! comes_back {
    ($record:ty, $body:expr) => {{
        let value = codec::decode::<$record>($body, &"a record");
        if let Ok(value) = &value {
            let written = codec::encode(value).expect("what was read can be written");
            let read = codec::decode::<$record>(&written, &"a record");
            let again = codec::encode(&read.expect("what was written can be read"));
            assert_eq!(again.expect("it can be written again"), written);
        }
        value.ok()
    }};
}

fn framed(kind: Kind, body: &[u8]) -> Vec<u8> {
    codec::seal(kind, Packing::Plain, body)
}

fn batch(body: &[u8]) {
    let _ = comes_back!(Batch<'_>, body);
    for row in log::read_batch(&framed(Kind::Batch, body), "a batch").into_iter().flatten() {
        self::row(&row.body);
    }
}

fn change(body: &[u8]) {
    let Some(change) = comes_back!(Record, body) else { return };
    lay_over(&[change]);
}

/// Applies changes as an open does.
fn lay_over(changes: &[Record]) {
    let _ = overlay::undone(changes.iter());
    let mut overlays = Overlays::new();
    for change in changes {
        let _ = overlay::apply(&mut overlays, change);
        for effect in &change.effects {
            let history = [0, 1, u16::MAX].map(|row| change.history_of(effect.window, row));
            assert!(history.iter().flatten().all(|entry| entry.change == change.id));
        }
    }
    for overlay in overlays.values() {
        let deleted = overlay.deleted();
        let pruned = overlay.pruned().is_none_or(|rows| {
            let mut left = rows.clone();
            deleted.inspect(|deleted| left.and_not(deleted));
            left.is_empty()
        });
        assert!(pruned, "a row was pruned and not deleted");
    }
}

fn catalogue(body: &[u8]) {
    if let Some(entry) = comes_back!(Entry, body) {
        let _ = entry.rows();
    }
}

fn directory(body: &[u8]) {
    let Some(directory) = comes_back!(Directory, body) else { return };
    let (first, rows) = (EventId(directory.first), directory.rows);
    let Ok(segment) = Segment::open(first, rows, &framed(Kind::Directory, body)) else { return };
    assert_eq!(segment.end().0 - first.0, u64::from(rows));
    assert!(segment.whole_rows() <= rows);
    assert_eq!(segment.row_set().len(), rows);
    for position in [0, rows as usize / 2, rows as usize - 1] {
        let (block, _) = segment.block_of(position as u16);
        assert!(usize::from(block) < segment.blocks());
        assert_eq!(segment.position(EventId(first.0 + position as u64)), Some(position as u16));
        let _ = segment.received(position as u16);
    }
    let sections = [&segment.times, &segment.uids, &segment.dictionary];
    let Some(kept) = &segment.fields else { return };
    let fields = kept.iter().map(|(_, _, section)| section);
    for section in sections.into_iter().chain(fields) {
        assert!(section.range.end <= segment.stream_bytes);
    }
    for (code, key, _) in kept.iter() {
        assert!(kept.find(code, key).is_some());
    }
}

fn folded(body: &[u8]) {
    let _ = comes_back!(Folded, body);
    if let Ok(folded) = open_folded(0, &framed(Kind::Overlay, body)) {
        lay_over(&folded.changes);
    }
}

fn identity(body: &[u8]) {
    let _ = comes_back!(String, body);
}

fn next(body: &[u8]) {
    let _ = comes_back!((u64, u64), body);
}

fn mark(body: &[u8]) {
    let _ = comes_back!(Mark, body);
}

fn scope_labels(body: &[u8]) {
    if let Ok(read) = scope_labels::read(&framed(Kind::Section, body), &"labels") {
        let written = scope_labels::write(&read).expect("what was read can be written");
        assert_eq!(scope_labels::read(&written, &"labels").ok(), Some(read));
    }
    let _ = scope_labels::read_fact(&framed(Kind::Meta, body), &"labels");
}

fn row(body: &[u8]) {
    let _ = comes_back!(Body<'_>, body);
    let _ = comes_back!(Gone<'_>, body);
    let origin = Origin { store_id: "5a" };
    for digest in [None, Some([7; 16])] {
        let time = Timestamp::EPOCH;
        let encoded = Encoded { time, received: time, digest };
        let uid = encoded.uid(body, EventId(1), origin);
        if let Ok(event) = encoded.event(body, EventId(1), origin) {
            assert_eq!(uid.ok().flatten(), Some(event.uid));
        }
    }
    let _ = Content::read(body);
}

/// A block: two bytes say which row is looked for, the rest is its body.
fn rows_of_block(input: &[u8]) {
    let Some((at, body)) = number::<2>(input) else { return };
    let decompressors = RowDecompressors::default();
    let Ok(dictionary) = RowDecompressors::dictionary(&[], "a test") else { return };
    for at in [0, 1, at] {
        let Ok(found) = block::row(body, at, &"a block") else { continue };
        match found.packed {
            None => row(found.body),
            Some(length) => {
                let _ = decompressors.unpack(&dictionary, found.body, length, |body| {
                    row(body);
                    Ok(())
                });
            }
        }
    }
}
