//! Queries for words: every answer equals that of the reference matcher, whatever the text index
//! knows at that moment.
//!
//! `EVENTSCOPE_TEXT_QUERIES` says how many expressions are tried, 10,000 without it. A failure
//! names the seed of its store: `EVENTSCOPE_TEXT_SEED` begins with that one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod damage;
mod language;
mod warm;

use eventscope_model::{Draft, Event, EventId};
use eventscope_query::{Request, execute, matching};
use eventscope_storage::{Action, Change, Clock, Indexing, Options, Snapshot, Storage};
use eventscope_testkit::Rng;
use eventscope_testkit::random::now;
use language::{random_draft, random_query};
use std::sync::atomic::{AtomicBool, Ordering};

/// Rounds of changes in the life of one store, and queries after each.
const ROUNDS: u64 = 5;
const QUERIES: u64 = 40;

fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn options(indexing: Indexing) -> Options {
    Options { clock: Clock::at(now()), indexing, ..Options::default() }
}

#[test]
fn words_are_found_as_the_reference_finds_them() {
    let queries = from_environment("EVENTSCOPE_TEXT_QUERIES", 10_000);
    let first = from_environment("EVENTSCOPE_TEXT_SEED", 1);
    let mut found = 0;
    for seed in first..first + queries.div_ceil(ROUNDS * QUERIES) {
        let mut rng = Rng::new(seed);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.db");
        let mut storage = Storage::open(&path, &options(Indexing::Background)).unwrap();
        for round in 0..ROUNDS {
            for _ in 0..6 {
                match rng.below(8) {
                    0..=2 => append(&storage, &mut rng),
                    3 => storage.seal_now().unwrap(),
                    4 => storage.finish_text(|_, _| ()).unwrap(),
                    5 => delete(&storage, &mut rng),
                    6 => amend(&storage, &mut rng),
                    _ => {
                        let kinds = [Indexing::Background, Indexing::Background, Indexing::Never];
                        storage.close().unwrap();
                        storage = Storage::open(&path, &options(*rng.pick(&kinds))).unwrap();
                    }
                }
            }
            append(&storage, &mut rng);
            for _ in 0..QUERIES {
                let query = random_query(&mut rng);
                found += check(&storage.snapshot(), &query, &format!("seed {seed}, round {round}"));
            }
        }
    }
    assert!(found > queries, "only {found} events found: the queries ask for nothing");
}

#[test]
fn words_are_found_while_everything_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.db");
    let storage = Storage::open(&path, &options(Indexing::Background)).unwrap();
    append(&storage, &mut Rng::new(1));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut rng = Rng::new(2);
            while !done.load(Ordering::Relaxed) && storage.snapshot().end().0 < 3_000 {
                match rng.below(12) {
                    0 => storage.seal_now().unwrap(),
                    1 => storage.finish_text(|_, _| ()).unwrap(),
                    2 => delete(&storage, &mut rng),
                    3 => amend(&storage, &mut rng),
                    _ => append(&storage, &mut rng),
                }
            }
        });
        let mut rng = Rng::new(3);
        for nth in 0..from_environment("EVENTSCOPE_TEXT_QUERIES", 10_000).div_ceil(50) {
            let query = random_query(&mut rng);
            check(&storage.snapshot(), &query, &format!("query {nth} beside a writer"));
        }
        done.store(true, Ordering::Relaxed);
    });
}

/// A window is more than a file of few rows: postings of many blocks, and a cached result.
#[test]
fn words_are_found_in_full_windows() {
    let storage = Storage::in_memory(&options(Indexing::Background)).unwrap();
    let mut rng = Rng::new(7);
    while storage.snapshot().end().0 < 68_000 {
        storage.append((0..4_000).map(|_| random_draft(&mut rng)).collect()).unwrap();
    }
    storage.seal_now().unwrap();
    storage.finish_text(|_, _| ()).unwrap();
    let snapshot = storage.snapshot();
    assert!(snapshot.is_text_complete());
    let live = live(&snapshot);
    for nth in 0..from_environment("EVENTSCOPE_TEXT_QUERIES", 10_000).div_ceil(200) {
        let query = random_query(&mut rng);
        compare(&snapshot, &live, &query, &format!("query {nth} over two windows"));
    }
}

/// A tail that takes much memory is sealed in the middle of its window, and of what was indexed.
#[test]
fn words_are_found_when_a_tail_is_sealed_early() {
    let storage = Storage::in_memory(&options(Indexing::Background)).unwrap();
    let mut rng = Rng::new(11);
    let long = vec!["x".repeat(1_000); 42].join(" ");
    for batch in 0.. {
        let drafts = (0..30).map(|_| random_draft(&mut rng).description(format!("{long} killed")));
        storage.append(drafts.collect()).unwrap();
        if batch % 5 == 0 {
            storage.finish_text(|_, _| ()).unwrap();
        }
        if storage.stats().unwrap().segments == 2 {
            break;
        }
    }
    storage.append((0..30).map(|_| random_draft(&mut rng)).collect()).unwrap();
    storage.finish_text(|_, _| ()).unwrap();
    let stats = storage.stats().unwrap();
    assert_eq!((stats.text_lag, stats.text_warnings), (0, Vec::new()));
    check(&storage.snapshot(), "text = killed", "sealed early");
}

fn append(storage: &Storage, rng: &mut Rng) {
    let count = rng.below(40);
    storage.append((0..count).map(|_| random_draft(rng)).collect()).unwrap();
}

fn delete(storage: &Storage, rng: &mut Rng) {
    let snapshot = storage.snapshot();
    let id = 1 + rng.below(snapshot.end().0 as usize) as u64;
    let rows = [(id & 0xFFFF) as u16].into_iter().collect();
    let targets = vec![((id >> 16) as u32, rows)];
    storage.change(Change { action: Action::Delete, targets, by: None, note: None }).unwrap();
}

/// Gives some event other words.
fn amend(storage: &Storage, rng: &mut Rng) {
    let snapshot = storage.snapshot();
    let id = EventId(1 + rng.below(snapshot.end().0 as usize) as u64);
    let Some(event) = snapshot.event(id).unwrap() else { return };
    let other = Draft { description: random_draft(rng).description, ..Draft::of(&event) };
    storage.append(vec![other]).unwrap();
}

fn live(snapshot: &Snapshot) -> Vec<Event> {
    let ids = (0..snapshot.end().0).map(EventId);
    ids.filter_map(|id| snapshot.event(id).unwrap()).collect()
}

fn check(snapshot: &Snapshot, query: &str, place: &str) -> u64 {
    compare(snapshot, &live(snapshot), query, place)
}

/// Compares the answers to a query with those of the reference matcher; gives how many match.
#[track_caller]
fn compare(snapshot: &Snapshot, live: &[Event], query: &str, place: &str) -> u64 {
    let parsed = eventscope_scope::parse(query);
    let filter = parsed.unwrap_or_else(|error| panic!("{query}: {error}")).lower(now());
    let expected: Vec<EventId> =
        live.iter().filter(|event| filter.matches(event)).map(|event| event.id).collect();
    let rows = matching(&filter, snapshot).unwrap();
    let ids = rows.iter().flat_map(|(window, rows)| {
        rows.iter().map(|row| EventId(u64::from(*window) << 16 | u64::from(row)))
    });
    assert_eq!(ids.collect::<Vec<_>>(), expected, "{place}: {query}");
    let page = execute(&Request::new(filter).newest(5), snapshot, None).unwrap();
    assert_eq!(page.total, expected.len() as u64, "{place}: {query}");
    page.total
}
