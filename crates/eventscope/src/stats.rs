//! Figures about a store.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "bytes on disks and numbers of events, which are far below 2^64"
)]

use eventscope_model::ScopeLabels;
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
    /// The text index.
    pub text: TextStats,
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
    /// The labels that can be asked for.
    pub scope_labels: ScopeLabels,
    /// Why the rules of retention could not be followed the last time, if they could not.
    pub upkeep_failure: Option<String>,
}

/// How the text index is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TextStats {
    /// Events that it does not serve yet: a query for words reads them.
    pub lag: u64,
    /// Bytes of it in memory.
    pub cache_bytes: u64,
    /// Files of it that are kept open.
    pub files_open: u64,
    /// What went wrong with it since the store was opened, and is made good in the background.
    pub warnings: Vec<String>,
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
    /// Bytes in memory that the store has for itself: unsealed events and everything it keeps.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        let caches = self.index_cache_bytes + self.result_cache_bytes + self.text.cache_bytes;
        self.tail_memory_bytes + caches
    }

    pub(crate) fn of(stats: storage::Stats, result_cache_bytes: u64) -> Self {
        let (log, segments) = (stats.log_bytes, stats.segments_bytes);
        let bytes = Bytes { log, segments, text: stats.text_bytes };
        let text = TextStats {
            lag: stats.text_lag,
            cache_bytes: stats.text_cache_bytes,
            files_open: stats.text_files_open,
            warnings: stats.text_warnings,
        };
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
            text,
            tail_memory_bytes: stats.tail_memory_bytes,
            index_cache_bytes: stats.cache_bytes,
            result_cache_bytes,
            commits: stats.commits,
            waits: stats.waits,
            failure: stats.failure,
            scope_labels: stats.scope_labels,
            upkeep_failure: None,
        }
    }
}
