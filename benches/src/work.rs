//! Work that goes on beside a measurement.

use crate::stores::append;
use eventscope::{Request, Store};
use eventscope_testkit::generate::Generator;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

/// Drafts that a writer beside appends at once.
const BATCH: usize = 1_000;

/// A thread that works until this is dropped.
#[derive(Debug)]
pub struct While {
    done: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl While {
    fn doing(mut work: impl FnMut() -> u64 + Send + 'static) -> Self {
        let (done, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (counter, stopped) = (Arc::clone(&done), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                counter.fetch_add(work(), Ordering::Relaxed);
            }
        });
        Self { done, stop, thread: Some(thread) }
    }

    /// Appends generated events in durable batches, one after another.
    #[must_use]
    pub fn appending(store: &Store) -> Self {
        let store = store.clone();
        // Not the events that the store was made of.
        let mut generator = Generator::new(2);
        Self::doing(move || {
            append(&store, &mut generator, BATCH);
            BATCH as u64
        })
    }

    /// Asks the same again and again.
    #[must_use]
    pub fn asking(store: &Store, request: &Request) -> Self {
        let (store, request) = (store.clone(), request.clone());
        Self::doing(move || {
            std::hint::black_box(store.query(&request).unwrap());
            1
        })
    }

    /// What was done so far: events appended, or requests answered.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }
}

impl Drop for While {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
