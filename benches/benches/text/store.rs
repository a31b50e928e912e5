//! The store, and what is asked of it.

use crate::figures::thousands;
use eventscope_model::Timestamp;
use eventscope_query::{Cache, Request, execute};
use eventscope_storage::{Indexing, Options, Storage};
use eventscope_testkit::generate::Generator;
use std::time::{Duration, Instant};

/// Drafts of one durable commit.
const BATCH: usize = 10_000;

pub(crate) struct Store {
    storage: Storage,
    cache: Cache,
    _folder: tempfile::TempDir,
}

impl Store {
    /// A store of generated events with all words indexed. Tells how long everything took.
    pub(crate) fn filled(events: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = |indexing| Options { indexing, ..Options::default() };
        let without = folder.path().join("without.db");
        let storage = Storage::open(&without, &options(Indexing::Never)).unwrap();
        let appended = append(&storage, events);
        storage.close().unwrap();
        std::fs::remove_dir_all(&without).unwrap();
        println!("append without text: {}", rate(events, appended));

        let path = folder.path().join("events.db");
        let storage = Storage::open(&path, &options(Indexing::Background)).unwrap();
        let start = Instant::now();
        let appended = append(&storage, events);
        let all = start.elapsed();
        println!("append while text is indexed beside it: {}", rate(events, appended));
        println!("behind when the last append was durable: {} events", thousands(lag(&storage)));
        let finishing = Instant::now();
        storage.finish_text(|_, _| ()).unwrap();
        println!("text complete {:.2} s later", finishing.elapsed().as_secs_f64());
        println!("append with text complete: {}", rate(events, appended + finishing.elapsed()));
        println!("  (of {:.1} s in all, the rest is making up the events)", all.as_secs_f64());
        storage.seal_now().unwrap();
        storage.finish_text(|_, _| ()).unwrap();
        storage.close().unwrap();
        let storage = Storage::open(&path, &options(Indexing::Background)).unwrap();
        let stats = storage.stats().unwrap();
        let each = |bytes: u64| bytes as f64 / events as f64;
        println!(
            "bytes an event: log {:.1}, segments {:.1}, text {:.1}; all {:.1}",
            each(stats.log_bytes),
            each(stats.segments_bytes),
            each(stats.text_bytes),
            each(stats.log_bytes + stats.segments_bytes + stats.text_bytes)
        );
        Self { storage, cache: Cache::new(48 * 1024 * 1024), _folder: folder }
    }

    pub(crate) fn question(&self, expression: &str) -> Question<'_> {
        let filter = eventscope_scope::parse(expression).unwrap().lower(Timestamp::EPOCH);
        Question { store: self, request: Request::new(filter).newest(50) }
    }
}

/// Appends generated events in durable batches; gives the time that the store took for it.
fn append(storage: &Storage, events: usize) -> Duration {
    let mut generator = Generator::new(1);
    let mut taken = Duration::ZERO;
    let mut left = events;
    while left > 0 {
        let drafts: Vec<_> = generator.by_ref().take(BATCH.min(left)).collect();
        left -= drafts.len();
        let start = Instant::now();
        storage.append(drafts).unwrap();
        taken += start.elapsed();
    }
    taken
}

fn lag(storage: &Storage) -> u64 {
    storage.stats().unwrap().text_lag
}

fn rate(events: usize, time: Duration) -> String {
    format!("{} events/s", thousands((events as f64 / time.as_secs_f64()) as u64))
}

pub(crate) struct Question<'a> {
    store: &'a Store,
    request: Request,
}

impl Question<'_> {
    /// The total, and how many events are on the page.
    pub(crate) fn ask(&self) -> (u64, usize) {
        self.answer(None)
    }

    pub(crate) fn ask_cached(&self) -> (u64, usize) {
        self.answer(Some(&self.store.cache))
    }

    fn answer(&self, cache: Option<&Cache>) -> (u64, usize) {
        let page = execute(&self.request, &self.store.storage.snapshot(), cache).unwrap();
        (page.total, page.events.len())
    }
}
