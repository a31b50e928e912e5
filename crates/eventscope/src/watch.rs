//! Following a store: positions of new events as they become durable, without gaps.

use crate::error::{Error, Result};
use crate::store::Store;
use eventscope_model::EventId;
use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What appends ring and watchers wait for.
#[derive(Debug, Default)]
pub(crate) struct Notifier {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// How often it rang, so that no ring between a look and a wait is lost.
    rings: u64,
    closed: bool,
}

impl Notifier {
    /// Wakes all watchers.
    #[expect(clippy::arithmetic_side_effects, reason = "commits, of which no store makes 2^64")]
    pub(crate) fn ring(&self) {
        self.lock().rings += 1;
        self.changed.notify_all();
    }

    /// Wakes all watchers for good.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn rings(&self) -> u64 {
        self.lock().rings
    }

    /// Waits until it has rung since it was heard `rings` times; `false` when the time is up.
    fn wait(&self, rings: u64, timeout: Duration) -> Result<bool> {
        let silent = |state: &mut State| state.rings == rings && !state.closed;
        let waited = self.changed.wait_timeout_while(self.lock(), timeout, silent);
        let (state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return Err(Error::Storage(eventscope_storage::Error::Closed));
        }
        Ok(!waited.timed_out())
    }

    /// The state is two plain fields, each whole at all times, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A position in the order of appending, moved forward as events are appended.
///
/// It gives ranges of ids, never events, so it costs nothing to fall behind. Ids are dense, and an
/// event is given only when it is durable: whoever keeps [`Watch::position`] and begins there again
/// has missed nothing and sees nothing twice. Changes to events that were given are not told.
///
/// ```
/// use eventscope::{Draft, EventId, Options, Store};
/// use std::time::Duration;
///
/// let store = Store::in_memory(Options::default())?;
/// let mut watch = store.watch(EventId(1));
/// store.append(&[Draft::custom("one"), Draft::custom("two")])?;
/// let new = watch.wait(Duration::from_secs(1))?.expect("two events");
/// assert_eq!((new.start, new.end), (EventId(1), EventId(3)));
/// assert_eq!(watch.position(), EventId(3));
/// assert!(watch.wait(Duration::ZERO)?.is_none());
/// # Ok::<(), eventscope::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Watch {
    store: Store,
    position: EventId,
}

impl Watch {
    pub(crate) fn new(store: Store, from: EventId) -> Self {
        Self { store, position: from }
    }

    /// The first id that was not given yet: where to begin again.
    #[must_use]
    pub fn position(&self) -> EventId {
        self.position
    }

    /// Waits for events at or after the position, and moves it behind them: ids from `start` up to
    /// but not including `end`. `None` when there were none in time.
    ///
    /// # Errors
    /// When the store was closed, from any of its handles.
    pub fn wait(&mut self, timeout: Duration) -> Result<Option<Range<EventId>>> {
        loop {
            let rings = self.store.notifier().rings();
            let end = self.store.end();
            if end > self.position {
                let start = std::mem::replace(&mut self.position, end);
                return Ok(Some(start..end));
            }
            if !self.store.notifier().wait(rings, timeout)? {
                return Ok(None);
            }
        }
    }
}
