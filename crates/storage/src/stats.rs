//! Figures about a store.

use crate::error::Error;
use eventscope_model::ScopeLabels;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

/// Counted while the store is open.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) commits: AtomicU64,
    /// Appends that waited for the sealer.
    pub(crate) waits: AtomicU64,
    failure: Mutex<Option<String>>,
}

impl Counters {
    /// Keeps why a background job failed, for whoever asks.
    pub(crate) fn note_failure(&self, error: &Error) {
        if let Ok(mut failure) = self.failure.lock() {
            failure.get_or_insert_with(|| error.in_a_line());
        }
    }

    /// What had failed goes on.
    pub(crate) fn forget_failure(&self) {
        if let Ok(mut failure) = self.failure.lock() {
            *failure = None;
        }
    }

    pub(crate) fn failure(&self) -> Option<String> {
        self.failure.lock().ok().and_then(|failure| failure.clone())
    }
}

/// Figures about a store at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Events, deleted and pruned ones not counted.
    pub events: u64,
    /// Events that were deleted and whose uids are still known.
    pub deleted: u64,
    /// Events that were pruned, and those that were deleted before in the same segments.
    pub pruned: u64,
    /// Sealed segments.
    pub segments: u64,
    /// Events that are not sealed yet.
    pub tail_events: u64,
    /// Bytes that `log.redb` takes on the disk; 0 in memory.
    pub log_bytes: u64,
    /// Bytes that `segments.redb` takes on the disk; 0 in memory.
    pub segments_bytes: u64,
    /// Events that the text index does not serve yet: a query for words reads them.
    pub text_lag: u64,
    /// Bytes that the text index takes on the disk; 0 in memory.
    pub text_bytes: u64,
    /// Bytes of the text index in the cache.
    pub text_cache_bytes: u64,
    /// Files of the text index that are kept open, at most
    /// [`TEXT_FILES_OPEN_MAX`](crate::limits::TEXT_FILES_OPEN_MAX).
    pub text_files_open: u64,
    /// What went wrong with the text index since the store was opened, and is made good.
    pub text_warnings: Vec<String>,
    /// Bytes of the tail's rows in memory.
    pub tail_memory_bytes: u64,
    /// Bytes of decoded sections in the cache.
    pub cache_bytes: u64,
    /// Durable commits of appends and changes since the store was opened.
    pub commits: u64,
    /// Appends that had to wait for the sealer since the store was opened.
    pub waits: u64,
    /// Why the store takes no more writes, or nothing is sealed any more, if a background job has
    /// failed.
    pub failure: Option<String>,
    /// The labels that can be asked for.
    pub scope_labels: ScopeLabels,
}
