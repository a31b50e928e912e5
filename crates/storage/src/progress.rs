//! How far the sealer is, and what has failed: the log, after which nothing is written, or the file
//! of segments, after which the log goes on by itself.

use crate::error::{Cause, Error};
use crate::tidy::Tidy;
use eventscope_model::EventId;
use std::collections::VecDeque;

/// What the sealer is at.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Tails handed over and not back yet: the first id after each.
    pub(crate) sealing: VecDeque<EventId>,
    pub(crate) folding: bool,
    pub(crate) tidy: Tidy,
    /// Set by a failed commit of the log; nothing is written after it.
    pub(crate) stopped: bool,
    /// What stopped it, if that is known.
    cause: Option<Cause>,
    /// Why the sealer can do no more, if a job of its own has failed. redb writes to a file no more
    /// after an error, so that is for good; the log goes on.
    pub(crate) suspended: Option<Cause>,
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

    /// Whether a commit has failed.
    pub(crate) fn has_stopped(&self) -> bool {
        self.stopped
    }
}
