//! A chunk of the tail: some consecutive rows in memory, with their index.
//!
//! The tail is a list of immutable chunks. An append adds one; neighbours of similar size are
//! merged, so that their number stays logarithmic while each row is rebuilt only a few times.
//! Readers hold the list they saw and never meet a lock.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "rows and bytes of a tail in memory, and ids, which stay below 2^48"
)]

use crate::error::Result;
use crate::index::Index;
use crate::limits::{CHUNK_MERGE_BYTES_MAX, CHUNK_MERGE_ROWS_MAX, TAIL_BYTES_MAX, TAIL_FIELDS_MAX};
use crate::row::{Origin, Row};
use eventscope_model::{Draft, EventId, ScopeLabels};
use hashbrown::HashSet;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// Rows of the tail, within one window.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) first: EventId,
    pub(crate) rows: Arc<[Row]>,
    pub(crate) index: Index,
    /// Bytes of the bodies of its rows.
    pub(crate) bytes: usize,
    /// Bytes that its index takes.
    pub(crate) index_bytes: usize,
}

impl Chunk {
    /// The chunk of the rows with the ids from `first` on, all in one window.
    pub(crate) fn build(
        first: EventId,
        rows: impl Into<Arc<[Row]>>,
        origin: Origin<'_>,
        labels: &Arc<ScopeLabels>,
    ) -> Result<Self> {
        let rows: Arc<[Row]> = rows.into();
        let index = Index::build(first, rows.iter(), origin, labels)?;
        Ok(Self::of(first, rows, index))
    }

    /// The chunk of rows whose index was built.
    pub(crate) fn of(first: EventId, rows: Arc<[Row]>, index: Index) -> Self {
        debug_assert!(!rows.is_empty(), "a chunk has rows");
        debug_assert_eq!(first.window(), EventId(first.0 + rows.len() as u64 - 1).window());
        let bytes = rows.iter().map(|row| row.body.len()).sum();
        let index_bytes = index.bytes();
        Self { first, rows, index, bytes, index_bytes }
    }

    /// The first id after this chunk.
    pub(crate) fn end(&self) -> EventId {
        EventId(self.first.0 + self.rows.len() as u64)
    }
}

/// Where the rows of a commit are cut so that no piece has more fields than a tail may. The fields
/// of a draft are told before it is a row, which would have to be decoded again.
#[derive(Debug, Default)]
pub(crate) struct Cuts {
    /// The offsets of rows that begin a piece, ascending.
    firsts: Vec<usize>,
    /// Hashes of the keys in the last piece.
    keys: HashSet<u64>,
}

impl Cuts {
    /// Takes note of the draft that becomes the row at an offset.
    pub(crate) fn note(&mut self, draft: &Draft, offset: usize) {
        let hashes = || {
            let pairs = draft.labels.iter().chain(draft.tags.iter());
            pairs.map(|(key, _)| xxh3_64(key.as_bytes()))
        };
        self.keys.extend(hashes());
        if self.keys.len() > TAIL_FIELDS_MAX && offset > 0 {
            self.firsts.push(offset);
            self.keys = hashes().collect();
        }
    }
}

/// Cuts rows where their window ends, and where they or their index would take more memory than a
/// tail may.
pub(crate) fn split(first: EventId, rows: Vec<Row>, cuts: &Cuts) -> Vec<(EventId, Arc<[Row]>)> {
    let mut pieces: Vec<(EventId, Vec<Row>)> = Vec::new();
    let mut bytes = 0;
    let mut cuts = cuts.firsts.iter().copied().peekable();
    for (offset, row) in rows.into_iter().enumerate() {
        let id = EventId(first.0 + offset as u64);
        bytes += row.body.len();
        let is_cut = cuts.next_if_eq(&offset).is_some();
        match pieces.last_mut() {
            Some((_, piece)) if id.row() != 0 && bytes <= TAIL_BYTES_MAX && !is_cut => {
                piece.push(row);
            }
            _ => {
                bytes = row.body.len();
                pieces.push((id, vec![row]));
            }
        }
    }
    pieces.into_iter().map(|(first, piece)| (first, Arc::from(piece))).collect()
}

/// A tail to which rows were added.
#[derive(Debug)]
pub(crate) struct Grown {
    pub(crate) tail: Vec<Arc<Chunk>>,
    /// The added rows by themselves.
    pub(crate) added: Vec<Arc<Chunk>>,
}

/// Adds rows to a tail; see [`push`] about `open`.
pub(crate) fn grown(
    tail: &[Arc<Chunk>],
    open: EventId,
    pieces: &[(EventId, Arc<[Row]>)],
    origin: Origin<'_>,
    labels: &Arc<ScopeLabels>,
) -> Result<Grown> {
    let mut tail = tail.to_vec();
    let mut added = Vec::with_capacity(pieces.len());
    for (first, rows) in pieces {
        let chunk = Arc::new(Chunk::build(*first, Arc::clone(rows), origin, labels)?);
        push(&mut tail, open, Arc::clone(&chunk), origin)?;
        added.push(chunk);
    }
    Ok(Grown { tail, added })
}

/// Adds a chunk to a tail and merges where neighbours are small and alike, but none from before
/// `open`: those are with the sealer, and leave the tail when their segment comes. What was merged
/// into one of them would leave with it.
pub(crate) fn push(
    tail: &mut Vec<Arc<Chunk>>,
    open: EventId,
    chunk: Arc<Chunk>,
    origin: Origin<'_>,
) -> Result<()> {
    let mut rows = chunk.rows.len();
    let mut bytes = chunk.bytes + chunk.index_bytes;
    let mut merged = 0;
    // How many chunks at the end become one: as long as the one before is less than twice what has
    // gathered behind it, and the whole stays small.
    for before in tail.iter().rev() {
        let alike =
            before.rows.len() < rows * 2 && before.rows.len() + rows <= CHUNK_MERGE_ROWS_MAX;
        bytes += before.bytes + before.index_bytes;
        let fits = bytes <= CHUNK_MERGE_BYTES_MAX;
        let is_open = before.first >= open;
        if !is_open || !alike || !fits || before.first.window() != chunk.first.window() {
            break;
        }
        rows += before.rows.len();
        merged += 1;
    }
    if merged == 0 {
        tail.push(chunk);
        return Ok(());
    }
    let mut all = Vec::with_capacity(rows);
    let olds = tail.split_off(tail.len() - merged);
    for old in &olds {
        all.extend(old.rows.iter().cloned());
    }
    all.extend(chunk.rows.iter().cloned());
    let first = olds.first().map_or(chunk.first, |old| old.first);
    tail.push(Arc::new(Chunk::build(first, all, origin, &chunk.index.labels)?));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Chunk, push};
    use crate::row::{Origin, Row};
    use eventscope_model::{Draft, EventId, ScopeLabels, Timestamp};
    use std::sync::Arc;

    #[test]
    fn many_small_appends_leave_few_chunks_in_order() {
        let (origin, labels) = (Origin { store_id: "5a" }, Arc::new(ScopeLabels::all()));
        let mut tail = Vec::new();
        for id in 1..=1_000 {
            let draft = Draft::custom("n");
            let row = Row::from_draft(&draft, EventId(id), Timestamp::EPOCH, origin).unwrap();
            let chunk = Chunk::build(EventId(id), vec![row], origin, &labels).unwrap();
            push(&mut tail, EventId(1), Arc::new(chunk), origin).unwrap();
        }
        assert!(tail.len() <= 10, "{} chunks", tail.len());
        let mut next = EventId(1);
        for chunk in &tail {
            assert_eq!(chunk.first, next);
            next = chunk.end();
        }
        assert_eq!(next, EventId(1_001));
    }
}
