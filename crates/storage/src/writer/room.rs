//! Room on a full disk: what a change or a rewritten segment needs is taken from the text files,
//! which can be made again.
//!
//! The text index is derived, and events are found without it. So where the disk has too little
//! room for what gives some back, text files go first, and the indexer makes none until that is
//! done.

use crate::change::Record;
use crate::error::Result;
use crate::limits::{
    CHANGE_ROOM_BYTES, COMMIT_DRAFTS_MAX, ROOM_STEP_BYTES, TAIL_BYTES_MAX, TAILS_MAX,
};
use crate::log::Log;
use crate::vfs::VfsPath;
use crate::writer::Writer;
use std::iter::once;

/// What becomes of a change for which there is no room, whatever makes some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Short {
    /// It is refused: nothing was written.
    Refuse,
    /// It is tried: it is the way out of a full disk, and may need less than we ask for.
    Try,
}

impl Writer {
    /// Refuses appends when nothing can be sealed and as much waits as may.
    pub(crate) fn check_room(&self) -> Result<()> {
        let Some(unsealed) = self.progress.unsealed() else { return Ok(()) };
        let rows: usize = self.view.tail.iter().map(|chunk| chunk.rows.len()).sum();
        let bytes: usize = self.view.tail.iter().map(|chunk| chunk.bytes).sum();
        let waits = rows >= TAILS_MAX * COMMIT_DRAFTS_MAX || bytes >= TAILS_MAX * TAIL_BYTES_MAX;
        if waits { Err(unsealed) } else { Ok(()) }
    }

    /// Goes on sealing where only room was missing, if there is more of it by now.
    pub(crate) fn resume(&mut self) {
        let Some(had) = self.progress.room_wanted() else { return };
        let room = self.dir.as_ref().map_or(u64::MAX, VfsPath::room);
        if room >= had.saturating_add(ROOM_STEP_BYTES) {
            self.progress.resume();
            self.counters.forget_failure();
        }
    }

    /// Commits a change to the log, once there is room for it. The text files of the oldest
    /// segments go first, as many as it takes, and no more are made before the commit is.
    pub(crate) fn commit_with_room<T>(
        &mut self,
        change: Option<&Record>,
        short: Short,
        commit: impl FnOnce(&mut Log) -> Result<T>,
    ) -> Result<T> {
        let bytes = change.map_or(0, Record::bytes).saturating_add(CHANGE_ROOM_BYTES);
        let checked = self.log.check_room(bytes);
        if checked.is_ok() {
            return self.commit_to_log(commit);
        }
        let was_paused = self.indexer.as_ref().is_some_and(|indexer| indexer.is_paused());
        let checked = self.make_room_in_log(bytes, checked);
        let done = match checked {
            Err(error) if short == Short::Refuse => Err(error),
            _ => self.commit_to_log(commit),
        };
        if !was_paused {
            self.go_on_with_text();
        }
        done
    }

    fn make_room_in_log(&self, bytes: u64, mut checked: Result<()>) -> Result<()> {
        let Some(indexer) = &self.indexer else { return checked };
        for segment in self.view.segments.iter() {
            if checked.is_err() && indexer.make_room(once(segment.digest)) {
                checked = self.log.check_room(bytes);
            }
        }
        checked
    }

    /// After a failed commit nothing more is written.
    fn commit_to_log<T>(&mut self, commit: impl FnOnce(&mut Log) -> Result<T>) -> Result<T> {
        commit(&mut self.log).inspect_err(|error| self.progress.stop(error))
    }

    /// Makes room for a segment that has to be written before the one it replaces goes: the text
    /// files of what is rewritten anyway go, and if that was not enough, all. Tells whether there
    /// were any.
    pub(crate) fn makes_room_for_segments(&self) -> bool {
        let Some(indexer) = &self.indexer else { return false };
        let segments = || self.view.segments.iter();
        let due = segments().filter(|segment| self.is_to_be_rewritten(segment));
        indexer.make_room(due.map(|segment| segment.digest))
            || indexer.make_room(segments().map(|segment| segment.digest))
    }

    /// Has the text files made again that were let go of.
    pub(crate) fn go_on_with_text(&self) {
        if let Some(indexer) = &self.indexer {
            indexer.go_on();
        }
    }
}
