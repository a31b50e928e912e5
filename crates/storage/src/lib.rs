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
//! The way of an append: [`Storage::append`] hands drafts to the one writer thread (`writer`),
//! which checks them and finds earlier observations of the same uid (`intake`, `merge`), makes one
//! durable commit of all that waits (`log`), adds a chunk to the tail in memory (`chunk`), and only
//! then answers. Full tails are sealed by a second thread (`sealer`, `segment`, `block`).
//!
//! The way of pruning: rows are masked and whole segments leave the catalogue in one commit
//! (`prune`, `tidy`); the sealer then frees segments, rewrites those that hold much that is gone
//! (`rewrite`), and copies what is left into a smaller file (`shrink`).
//!
//! The way of a list of scope labels: once the index of every segment holds the labels of the new
//! list, one commit puts it in force, and rewrites leave out what it does not name (`relabel`).
//!
//! The way of a read: a [`Snapshot`] is a list of [`Part`]s, be they segments or chunks of the
//! tail. Each [`Part`] gives [`FieldIndex`]es, [`Times`] and events; the [`Overlay`] of its window
//! says what has changed since its rows were written.
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

mod action;
mod backup;
mod block;
mod bloom;
mod budget;
mod catalogue;
mod cause;
mod change;
mod chunk;
mod codec;
mod column;
mod error;
mod field;
mod fields;
mod fieldset;
mod files;
#[doc(hidden)]
pub mod fuzzing;
mod guard;
mod holder;
mod index;
mod intake;
mod labels;
pub mod limits;
mod log;
mod medium;
mod merge;
mod names;
mod newfile;
mod options;
mod overlay;
mod packer;
mod pair;
mod part;
#[cfg(feature = "plants")]
pub mod plant;
mod progress;
mod prune;
mod reader;
mod recovery;
mod relabel;
mod rewrite;
mod room;
mod row;
mod rows;
mod sealer;
mod segment;
mod shrink;
mod snapshot;
mod stats;
mod storage;
mod stream;
mod sums;
mod tables;
mod text;
mod tidy;
mod times;
mod uid;
mod uids;
mod undo;
mod verify;
mod writer;

pub use backup::{Backup, BackupRefused};
pub use change::{Action, Change, Changed, HistoryEntry, What};
pub use column::Column;
pub use error::{Cause, Error, Result};
pub use field::{Field, FieldIndex};
pub use intake::Outcome;
pub use medium::{Access, Disk, Facts, Lock, Medium, ReadAt, Rights};
pub use options::{Clock, Create, Indexing, Memory, Options};
pub use overlay::Overlay;
pub use pair::Mismatch;
pub use part::Part;
pub use prune::Pruned;
pub use reader::Uses;
pub use redb::StorageBackend;
pub use rows::{RowSet, Rows};
pub use snapshot::Snapshot;
pub use stats::Stats;
pub use storage::{Room, Storage, WeakStorage};
pub use sums::Sums;
pub use text::PhraseHits;
pub use times::Times;
pub use undo::NotUndoable;
pub use verify::Report;
