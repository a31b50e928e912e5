//! Figures about a store.

use eventscope_storage as storage;

/// Figures about a store at one moment.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Stats {
    /// Events, deleted and pruned ones not counted.
    pub events: u64,
    /// Events that were deleted, and whose uids are still known.
    pub deleted: u64,
    /// Events that retention has removed.
    pub pruned: u64,
    /// Sealed segments.
    pub segments: u64,
    /// Events that are not sealed yet.
    pub tail_events: u64,
    /// Bytes on the disk.
    pub bytes: Bytes,
    /// Bytes on the disk for each event, deleted ones too; 0 without events.
    pub bytes_per_event: f64,
    /// Bytes in memory of events that are not sealed yet.
    pub tail_memory_bytes: u64,
    /// Bytes in memory of decoded indexes.
    pub index_cache_bytes: u64,
    /// Bytes in memory of results of queries.
    pub result_cache_bytes: u64,
    /// Durable commits since the store was opened.
    pub commits: u64,
    /// Appends that had to wait for the sealer since the store was opened.
    pub waits: u64,
    /// Why the store takes no more writes, if a background job has failed.
    pub failure: Option<String>,
    /// Why the rules of retention could not be followed the last time, if they could not.
    pub upkeep_failure: Option<String>,
}

/// Bytes that the files of a store take on the disk; 0 in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bytes {
    /// Recent events, the catalogue of segments, changes.
    pub log: u64,
    /// Sealed segments.
    pub segments: u64,
    /// The text index.
    pub text: u64,
}

impl Bytes {
    /// All together.
    #[must_use]
    pub fn total(self) -> u64 {
        self.log + self.segments + self.text
    }
}

impl Stats {
    pub(crate) fn of(stats: storage::Stats, result_cache_bytes: u64) -> Self {
        let bytes = Bytes { log: stats.log_bytes, segments: stats.segments_bytes, text: 0 };
        let stored = (stats.events + stats.deleted).max(1);
        Self {
            events: stats.events,
            deleted: stats.deleted,
            pruned: stats.pruned,
            segments: stats.segments,
            tail_events: stats.tail_events,
            bytes,
            bytes_per_event: match stats.events + stats.deleted {
                0 => 0.0,
                _ => bytes.total() as f64 / stored as f64,
            },
            tail_memory_bytes: stats.tail_memory_bytes,
            index_cache_bytes: stats.cache_bytes,
            result_cache_bytes,
            commits: stats.commits,
            waits: stats.waits,
            failure: stats.failure,
            upkeep_failure: None,
        }
    }
}
