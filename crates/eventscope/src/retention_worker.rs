//! The thread that follows the rules of retention while a store is open.
//!
//! It holds the store only while it works, and works in short steps: what takes long is done by the
//! threads of the store, which closing cuts short.

use crate::error::{Error, Result};
use crate::limits::{RETENTION_DELAY, RETENTION_INTERVAL};
use crate::retention::Retention;
use eventscope_storage::{Clock, CompactionEffort, Error as StorageError, WeakStorage};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// The thread, which ends when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct RetentionWorker {
    signal: Arc<Signal>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Signal {
    state: Mutex<State>,
    stopped: Condvar,
}

#[derive(Debug, Default)]
struct State {
    stop: bool,
    failure: Option<String>,
}

impl Signal {
    /// The state is whole at all times, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits; `false` when the thread has to end.
    fn wait(&self, time: Duration) -> bool {
        let waited = self.stopped.wait_timeout_while(self.lock(), time, |state| !state.stop);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !state.stop
    }
}

impl RetentionWorker {
    /// Starts the thread, if there is anything to do for it.
    pub(crate) fn start(storage: WeakStorage, clock: Clock, retention: Retention) -> Result<Self> {
        if retention.keeps_all() {
            return Ok(Self::default());
        }
        let signal = Arc::new(Signal::default());
        let waiting = Arc::clone(&signal);
        let run = move || {
            let mut time = RETENTION_DELAY;
            while waiting.wait(time) {
                // A clock of the caller's may panic, which must not end the thread in silence.
                let work = || work(&storage, &clock, &retention);
                let failure = match catch_unwind(AssertUnwindSafe(work)) {
                    Ok(None) => return,
                    Ok(Some(result)) => result.err().map(|error| error.to_string()),
                    Err(panic) => Some(said(&*panic)),
                };
                waiting.lock().failure = failure;
                time = RETENTION_INTERVAL;
            }
        };
        let thread = std::thread::Builder::new().name("eventscope-retention".to_owned()).spawn(run);
        let thread = thread.map_err(|e| {
            let source = Box::new(e);
            Error::Storage(StorageError::Database { doing: "start a thread", source })
        })?;
        Ok(Self { signal, thread: Some(thread) })
    }

    /// Tells the thread to end, without waiting for it.
    pub(crate) fn stop(&self) {
        self.signal.lock().stop = true;
        self.signal.stopped.notify_all();
    }

    /// Why the rules could not be followed the last time, if they could not.
    pub(crate) fn failure(&self) -> Option<String> {
        self.signal.lock().failure.clone()
    }
}

impl Drop for RetentionWorker {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What a panic said.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the work on the rules panicked: {}", text.unwrap_or("without a word"))
}

/// Follows the rules once; nothing if the store is closed.
#[expect(clippy::arithmetic_side_effects, reason = "bytes on a disk, which are far below 2^64")]
fn work(storage: &WeakStorage, clock: &Clock, retention: &Retention) -> Option<Result<()>> {
    let storage = storage.upgrade()?;
    let result = retention.apply(&storage, clock.now()).and_then(|_| {
        let over = |bytes: u64| retention.max_bytes.is_some_and(|max| bytes > max);
        let stats = storage.stats()?;
        let bytes = stats.log_bytes + stats.segments_bytes + stats.text_bytes;
        Ok(storage.begin_to_compact(if over(bytes) {
            CompactionEffort::Tight
        } else {
            CompactionEffort::Usual
        })?)
    });
    match result {
        Err(Error::Storage(StorageError::Closed)) => None,
        other => Some(other),
    }
}
