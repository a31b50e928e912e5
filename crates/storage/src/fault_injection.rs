//! Faults that are put into the store on purpose, so that the trials can show that they see them.
//!
//! They are there with the feature `plants` only, which does not compile without debug assertions:
//! no release can carry them. One at a time is in force, for the whole process.

use std::sync::atomic::{AtomicU8, Ordering};

#[cfg(not(debug_assertions))]
compile_error!("the feature `plants` puts faults into the store: it is for debug builds only");

/// What is done wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// A file is not synced when the database says so.
    SkipFsync,
    /// A commit is answered before it is durable.
    AnswerBeforeCommit,
    /// A folder is not synced.
    NoFolderSync,
    /// A text file says that it serves one row more than it holds.
    PayloadAhead,
    /// The checksum of a record is not compared.
    SkipChecksum,
    /// A block of a text file is taken whatever its checksum says.
    StaleBlock,
    /// The end of a time range counts as within.
    OffByOneAtTo,
    /// The last label of an event is not stored.
    DropLastLabel,
    /// Deletions are not done again when a store is opened.
    ReplayWithoutDelete,
    /// As much is decoded as a record says that it holds.
    UnboundedDecode,
    /// A segment that is there already is not written again.
    SealTwice,
    /// What was changed is forgotten when a tail is sealed.
    OverlayLostAtSeal,
    /// A page is in the order of ids.
    PageOrderById,
    /// What is acknowledged is not shown before the next commit.
    PublishLate,
    /// Whoever makes a store does not wait for another who is at it.
    MakeWithoutLock,
    /// It is not looked at whether the two files of a store are of one moment.
    PairNotCompared,
}

/// None, or one more than the plant.
static PLANTED: AtomicU8 = AtomicU8::new(0);

/// Puts one in force, or none.
pub fn sow(plant: Option<Plant>) {
    PLANTED.store(plant.map_or(0, |plant| plant as u8 + 1), Ordering::SeqCst);
}

/// Whether one is in force.
#[must_use]
pub fn is(plant: Plant) -> bool {
    PLANTED.load(Ordering::SeqCst) == plant as u8 + 1
}

/// What is in force, for a process that this one starts to [`follow`].
#[must_use]
pub fn present() -> u8 {
    PLANTED.load(Ordering::SeqCst)
}

/// Puts in force what is [`present`] in another process.
pub fn follow(present: u8) {
    PLANTED.store(present, Ordering::SeqCst);
}
