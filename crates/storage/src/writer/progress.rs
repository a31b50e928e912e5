//! How far the sealer is, and what has failed: the log, after which nothing is written, or the file
//! of segments, after which the log goes on by itself.

use crate::error::{Cause, Error};
use crate::writer::schedule::Compaction;
use eventscope_model::EventId;
use std::collections::VecDeque;

/// What the sealer is at.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Tails handed over and not back yet: the first id after each.
    pub(crate) sealing: VecDeque<EventId>,
    pub(crate) folding: bool,
    pub(crate) compact: Compaction,
    /// Set by a failed commit of the log; nothing is written after it.
    pub(crate) stopped: bool,
    /// What stopped it, if that is known.
    cause: Option<Cause>,
    /// Why nothing is sealed, if a job of the sealer has failed; the log goes on.
    pub(crate) suspended: Option<Cause>,
    /// What room the disk had when there was too little of it to begin a job. After any other
    /// failure nothing is written to the file of segments any more: redb does not go on.
    room: Option<u64>,
    /// Jobs that the sealer has been given and has not done.
    pub(crate) jobs: usize,
}

impl Progress {
    /// Whether a tail is with the sealer.
    pub(crate) fn is_sealing(&self) -> bool {
        !self.sealing.is_empty()
    }

    /// Notes that a commit of the log failed.
    pub(crate) fn stop(&mut self, error: &Error) {
        self.stopped = true;
        self.cause.get_or_insert_with(|| error.cause());
    }

    /// Notes that the sealer is gone.
    pub(crate) fn lose_sealer(&mut self) {
        self.stopped = true;
    }

    /// The error of whoever asks for a write after that.
    pub(crate) fn stopped(&self) -> Error {
        Error::Stopped { source: self.cause.clone() }
    }

    /// What stopped it, if that is known.
    pub(crate) fn stop_cause(&self) -> Option<Cause> {
        self.cause.clone()
    }

    /// The error of whoever asks for the sealer after it failed, if it did.
    pub(crate) fn unsealed(&self) -> Option<Error> {
        let source = self.suspended.clone()?;
        Some(Error::Unsealed { source })
    }

    /// Notes that the sealer has failed, and if that was for want of room, what there was of it.
    pub(crate) fn suspend(&mut self, error: &Error, room: Option<u64>) {
        let was_broken = self.is_broken();
        self.suspended.get_or_insert_with(|| error.cause());
        let is_for_room = matches!(error, Error::Io { .. }) && error.is_of_a_full_disk();
        self.room = room.filter(|_| is_for_room && !was_broken);
    }

    /// Whether the sealer can do nothing more until the store is opened again.
    pub(crate) fn is_broken(&self) -> bool {
        self.suspended.is_some() && self.room.is_none()
    }

    /// Whether sealing waits for nothing but room on the disk, of which there was so much.
    pub(crate) fn room_wanted(&self) -> Option<u64> {
        self.room.filter(|_| self.suspended.is_some() && self.jobs == 0)
    }

    /// Goes on sealing.
    pub(crate) fn resume(&mut self) {
        self.suspended = None;
        self.room = None;
    }

    /// Whether a commit has failed.
    pub(crate) fn has_stopped(&self) -> bool {
        self.stopped
    }
}
