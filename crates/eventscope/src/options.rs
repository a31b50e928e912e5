//! How a store is opened.

use crate::retention::Retention;
use eventscope_model::ScopeLabels;
use eventscope_storage::{self as storage, Clock, Create, Indexing, Memory};

/// How a store is opened.
///
/// ```
/// use eventscope::{Clock, Options, Store, Timestamp};
///
/// let noon: Timestamp = "2026-11-23T12:00:00Z".parse()?;
/// let store = Store::in_memory(Options { clock: Clock::at(noon), ..Options::default() })?;
/// assert_eq!(store.now(), noon);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether to make a store where there is none; by default, yes.
    pub create: Create,
    /// One budget in bytes for all caches: pages of the files, indexes of segments, results of
    /// queries. By default 224 MiB; less than 9 MiB counts as that. Events that are not sealed yet
    /// come on top, with their index, as [`Memory`] says.
    pub memory_bytes: usize,
    /// Where the time comes from; by default, the system's clock.
    pub clock: Clock,
    /// Whether words of new events are indexed; by default, in the background.
    pub indexing: Indexing,
    /// The labels that can be asked for; by default, those that the store has recorded, which in a
    /// new store are all labels. Another list takes its place while the store is opened, as with
    /// [`Store::set_scope_labels`](crate::Store::set_scope_labels).
    pub scope_labels: Option<ScopeLabels>,
    /// How long events are kept; by default, for ever. Checked shortly after the store was opened
    /// and every few minutes from then on, by a thread of its own.
    pub retention: Retention,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            create: Create::default(),
            memory_bytes: 224 * 1024 * 1024,
            clock: Clock::default(),
            indexing: Indexing::default(),
            scope_labels: None,
            retention: Retention::default(),
        }
    }
}

impl Options {
    /// What results of queries may take. A tenth: the indexes that they are computed from are
    /// needed by every query, a result only by the same one again.
    pub(crate) fn result_bytes(&self) -> usize {
        self.memory_bytes / 10
    }

    pub(crate) fn storage(&self) -> storage::Options {
        let memory = Memory { bytes: self.memory_bytes.saturating_sub(self.result_bytes()) };
        let (clock, indexing) = (self.clock.clone(), self.indexing);
        let scope_labels = self.scope_labels.clone();
        storage::Options { create: self.create, memory, clock, indexing, scope_labels }
    }
}
