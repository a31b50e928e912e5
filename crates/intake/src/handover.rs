//! Drafts on their way from the reader to the store.
//!
//! The reader adds to a batch. The store gets it when it is full, or soon after its first draft,
//! so that the events of a stream do not wait for others. The reader waits when the store has
//! fallen behind, and with it whatever writes into a pipe.

use crate::limits::{BATCH_AGE_MAX, BATCH_BYTES_MAX, BATCHES_WAITING_MAX};
use eventscope::Draft;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Drafts that become durable at once.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) drafts: Vec<Draft>,
    /// Where each comes from: the number of its file, and its line.
    pub(crate) origins: Vec<(usize, u64)>,
    bytes: usize,
}

/// The place where both meet.
#[derive(Debug)]
pub(crate) struct Handover {
    state: Mutex<State>,
    /// Told to the store: there is a first draft, a full batch, or the end.
    filled: Condvar,
    /// Told to the reader: a full batch was taken, or nobody takes any more.
    taken: Condvar,
    drafts_max: usize,
}

#[derive(Debug, Default)]
struct State {
    full: VecDeque<Batch>,
    gathered: Batch,
    /// When the gathered batch is given as it is; none while it is empty.
    due: Option<Instant>,
    giver_is_gone: bool,
    taker_is_gone: bool,
}

/// The end of the reader. Once it is dropped, the store gets what is left, and then the end.
#[derive(Debug)]
pub(crate) struct Giver<'a>(&'a Handover);

/// The end of the store. Once it is dropped, the reader is told to stop.
#[derive(Debug)]
pub(crate) struct Taker<'a>(&'a Handover);

/// Nobody takes drafts any more.
#[derive(Debug)]
pub(crate) struct Abandoned;

impl Handover {
    /// A handover of batches of so many drafts.
    pub(crate) fn new(drafts_max: usize) -> Self {
        Self { state: Mutex::default(), filled: Condvar::new(), taken: Condvar::new(), drafts_max }
    }

    /// Both ends. There is one reader and one store.
    pub(crate) fn ends(&self) -> (Giver<'_>, Taker<'_>) {
        (Giver(self), Taker(self))
    }

    /// The state is whole between any two statements, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Giver<'_> {
    /// Adds a draft, and waits while too many full batches wait for the store.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "bytes of drafts in memory, and a moment not far from now"
    )]
    pub(crate) fn give(&self, draft: Draft, origin: (usize, u64)) -> Result<(), Abandoned> {
        let mut state = self.0.lock();
        if state.due.is_none() {
            state.due = Some(Instant::now() + BATCH_AGE_MAX);
            self.0.filled.notify_one();
        }
        let batch = &mut state.gathered;
        batch.bytes += draft.memory();
        batch.drafts.push(draft);
        batch.origins.push(origin);
        if batch.drafts.len() >= self.0.drafts_max || batch.bytes >= BATCH_BYTES_MAX {
            let behind =
                |state: &mut State| state.full.len() >= BATCHES_WAITING_MAX && !state.taker_is_gone;
            state = self.0.taken.wait_while(state, behind).unwrap_or_else(PoisonError::into_inner);
            // The store may have taken the batch in the meantime, since it was due.
            if let Some(batch) = state.take_gathered() {
                state.full.push_back(batch);
            }
            self.0.filled.notify_one();
        }
        if state.taker_is_gone { Err(Abandoned) } else { Ok(()) }
    }
}

impl Taker<'_> {
    /// The next batch, as soon as it is full or due. None after the last.
    pub(crate) fn take(&self) -> Option<Batch> {
        let mut state = self.0.lock();
        loop {
            if let Some(batch) = state.full.pop_front() {
                self.0.taken.notify_one();
                return Some(batch);
            }
            let now = Instant::now();
            let wait = state.due.map(|due| due.saturating_duration_since(now));
            state = match wait {
                _ if state.giver_is_gone => return state.take_gathered(),
                Some(Duration::ZERO) => return state.take_gathered(),
                Some(wait) => {
                    let woken = self.0.filled.wait_timeout(state, wait);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.0.filled.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

impl State {
    fn take_gathered(&mut self) -> Option<Batch> {
        self.due.take()?;
        Some(std::mem::take(&mut self.gathered))
    }
}

impl Drop for Giver<'_> {
    fn drop(&mut self) {
        self.0.lock().giver_is_gone = true;
        self.0.filled.notify_one();
    }
}

impl Drop for Taker<'_> {
    fn drop(&mut self) {
        self.0.lock().taker_is_gone = true;
        self.0.taken.notify_one();
    }
}

#[cfg(test)]
mod tests;
