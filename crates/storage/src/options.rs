//! How a store is opened.

use crate::error::{Error, Result};
use crate::limits::MEMORY_BYTES_MIN;
use eventscope_model::{ScopeLabels, Timestamp};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// How a store is opened. The default makes a store where there is none, uses up to 200 MiB of
/// memory for caches, and reads the time from the system's clock.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether to make a store where there is none.
    pub create: Create,
    /// What the caches may take.
    pub memory: Memory,
    /// Where the time comes from.
    pub clock: Clock,
    /// Whether to keep the text index up to date.
    pub indexing: Indexing,
    /// The labels that can be asked for; without it, what the store has recorded, which at first is
    /// all labels. Another list than the recorded one takes its place before the store is open, as
    /// [`Storage::set_scope_labels`](crate::Storage::set_scope_labels) does.
    pub scope_labels: Option<ScopeLabels>,
}

/// Whether the words of new events are indexed. Answers are the same either way: what is not
/// indexed is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Indexing {
    /// By a thread of the store, which follows the appends. Closing waits for it.
    #[default]
    Background,
    /// Not while the store is open this time: for a short look.
    Never,
}

/// Whether to make a store where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Create {
    /// Make it.
    #[default]
    IfMissing,
    /// Fail with [`Error::Missing`].
    Never,
}

/// One budget in bytes for all caches: seven eighths of it for the indexes of segments and the text
/// index, of which each takes what it is asked for, and the rest for pages of the two files.
///
/// On top come the tails: rows up to [`TAIL_BYTES_MAX`](crate::limits::TAIL_BYTES_MAX) with an
/// index up to [`TAIL_INDEX_BYTES_MAX`](crate::limits::TAIL_INDEX_BYTES_MAX) each, one that grows
/// and up to two that are being sealed; what a commit holds, up to twice
/// [`COMMIT_BYTES_MAX`](crate::limits::COMMIT_BYTES_MAX); the directories of segments (about 8 KiB
/// each, for up to [`KEPT_FIELDS_MAX`](crate::limits::KEPT_FIELDS_MAX) fields, and a byte for each
/// value of a field of which one was asked for in vain); the latest observation of each event that
/// was observed again in another form since its segment was made; and, while words are indexed,
/// what that takes: about 40 MiB, and for the strangest texts about
/// [`TEXT_BUILD_BYTES_MAX`](crate::limits::TEXT_BUILD_BYTES_MAX).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The budget in bytes; less than [`MEMORY_BYTES_MIN`] counts
    /// as that.
    pub bytes: usize,
}

impl Default for Memory {
    fn default() -> Self {
        Self { bytes: 200 * 1024 * 1024 }
    }
}

impl Memory {
    /// What the caches may take.
    fn budget(self) -> usize {
        self.bytes.max(MEMORY_BYTES_MIN)
    }

    /// For the indexes of segments and the text index together.
    #[expect(clippy::arithmetic_side_effects, reason = "seven eighths are less than the whole")]
    pub(crate) fn kept(self) -> usize {
        self.budget() / 8 * 7
    }

    /// For pages of `segments.redb`.
    pub(crate) fn segment_pages(self) -> usize {
        self.budget() / 16
    }

    /// For pages of `log.redb`.
    pub(crate) fn log_pages(self) -> usize {
        self.budget() / 48
    }
}

/// Where the store takes the time from.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Arc::new(Timestamp::now))
    }

    /// A custom clock: for tests, and for replaying the past.
    #[must_use]
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// A clock that stands still.
    #[must_use]
    pub fn at(time: Timestamp) -> Self {
        Self::new(move || time)
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }

    /// The time now, on a thread that a caller's clock must not end.
    pub(crate) fn ask(&self) -> Result<Timestamp> {
        catch_unwind(AssertUnwindSafe(|| self.now())).map_err(|panic| {
            let said = panic.downcast_ref::<&str>().copied().map(str::to_owned);
            let said = said.or_else(|| panic.downcast_ref::<String>().cloned());
            let said = format!("it panicked: {}", said.unwrap_or_default());
            Error::Database { doing: "ask the clock", source: said.into() }
        })
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}
