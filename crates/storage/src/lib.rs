//! Where events are kept, and how they are found again.
//!
//! The only crate that knows a byte on disk. A [`Storage`] is a folder of two redb files:
//!
//! * `log.redb` holds what is acknowledged to callers and not sealed yet: batches of rows, changes,
//!   the catalogue of segments. It stays small, so that a durable commit and an open after a crash
//!   stay cheap.
//! * `segments.redb` holds sealed segments: up to 65,536 rows each, in compressed blocks that are
//!   read by offset, with one set of rows per value of each field. It is written once per segment.
//!
//! The modules below are rooms, from the bottom to the top: `limits`, `error`, `options`, `stats`;
//! `vfs` (the file system, or what a test puts in its place); `database` (two redb files, and how
//! values become checked records in them); `row`; `index`; `change`; `segment`; `log`; `folder`
//! (where the files are, and who holds them); `view` (what a reader sees); `text` (the word index);
//! `compaction` (the background worker); `snapshot`, `verify`, `backup`; `writer`; `storage`. A
//! room knows nothing of those above it: the compact test `rooms` refuses such a `use`.
//!
//! An append: [`Storage::append`] hands drafts to the one writer thread (`writer`), which checks
//! them and finds earlier observations of the same uid (`writer/dedup`, `change/merge`), makes one
//! durable commit of all that waits (`log`), adds a chunk to the tail in memory (`segment/chunk`),
//! and only then answers. Full tails are sealed by a second thread (`compaction/worker`).
//!
//! Pruning: one commit masks rows and takes whole segments out of the catalogue
//! (`compaction/prune`). The worker then frees segments, rewrites those of which much is gone
//! (`compaction/rewrite`), and copies what is left into a smaller file (`database/vacuum`).
//!
//! A list of scope labels: once the index of every segment holds the labels of the new list, one
//! commit puts it in force; rewrites then leave out what it does not name (`writer/reindex`).
//!
//! A read: a [`Snapshot`] is a list of [`Part`]s, each a segment or a chunk of the tail. A [`Part`]
//! gives [`FieldIndex`]es, [`Times`] and events; the [`Overlay`] of its window says what has
//! changed since its rows were written.
//!
//! Rows have a place for ever: window = id / 65,536, row = id % 65,536. A window bounds everything:
//! row numbers are `u16`, a set of rows is one Roaring container, and a bitset of a whole window is
//! 8 KiB. Roads not taken: one record per event in redb took four times the space; one bitmap over
//! all events made unions of many values and facets ten times slower, and cannot be cached.

#![cfg_attr(
    not(test),
    deny(clippy::expect_used, clippy::indexing_slicing, clippy::string_slice),
    deny(clippy::arithmetic_side_effects, clippy::panic, clippy::unreachable)
)]

// A damaged file makes redb panic, which the store has to catch to give an error instead.
#[cfg(panic = "abort")]
compile_error!(
    "eventscope-storage needs panic = \"unwind\": it catches panics about damaged files"
);

mod backup;
mod change;
mod compaction;
mod database;
mod error;
#[cfg(feature = "plants")]
pub mod fault_injection;
mod folder;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod index;
#[cfg(feature = "serde")]
mod json;
pub mod limits;
mod log;
mod options;
mod row;
mod segment;
mod snapshot;
mod stats;
mod storage;
mod text;
mod verify;
mod vfs;
mod view;
mod writer;

pub use backup::Backup;
pub use change::overlay::Overlay;
pub use change::{Action, Change, Changed, HistoryEntry, What};
pub use compaction::CompactionEffort;
pub use compaction::prune::Pruned;
pub use error::{BackupRefused, Cause, Error, Mismatch, NotUndoable, Result};
pub use index::column::Column;
pub use index::field::{Field, FieldIndex};
pub use index::row_set::{RowSet, Rows};
pub use index::times::Times;
pub use options::{Clock, Create, Indexing, Memory, Options};
pub use redb::StorageBackend;
pub use segment::reader::Uses;
pub use snapshot::Snapshot;
pub use stats::Stats;
pub use storage::{Storage, WeakStorage};
pub use text::PhraseHits;
pub use verify::Report;
pub use vfs::{Access, Lock, Metadata, OsVfs, ReadAt, Rights, Vfs};
pub use view::part::Part;
pub use view::sums::Sums;
pub use writer::dedup::Outcome;
