//! The corpus of the scope language, answered over every kind of storage.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use eventscope_model::{Draft, EventId};
use eventscope_query::{Cache, Request, execute, matching};
use eventscope_storage::{Options, Outcome, Snapshot, Storage};
use eventscope_testkit::corpus::{Case, Expect, folder, load};
use std::collections::BTreeMap;

/// The cases of each file that are no errors. Cases of one file share their events.
fn cases() -> BTreeMap<String, Vec<Case>> {
    let mut files: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    for case in load(&folder()).unwrap() {
        if matches!(case.expect, Expect::Matches(_)) {
            files.entry(case.file.clone()).or_default().push(case);
        }
    }
    files
}

/// Appends the events of a file, from a position on.
fn append(storage: &Storage, cases: &[Case], from: usize, to: usize) {
    let events = &cases[0].events[from..to];
    let outcomes =
        storage.append(events.iter().map(|(_, event)| Draft::of(event)).collect()).unwrap();
    let expected = events.iter().map(|(_, event)| Outcome::Appended(event.id));
    assert!(outcomes.iter().cloned().eq(expected), "{}: {outcomes:?}", cases[0].file);
}

#[track_caller]
fn check(cases: &[Case], snapshot: &Snapshot, kind: &str) {
    let cache = Cache::new(1024 * 1024);
    for case in cases {
        let Case { file, line, expr, now, events, expect } = case;
        let filter = eventscope_scope::parse(expr).unwrap().lower(*now);
        let place = format!("{file}:{line}: {expr}, over {kind}");
        let handles = |ids: Vec<EventId>| {
            let found = events.iter().filter(|(_, event)| ids.contains(&event.id));
            Expect::Matches(found.map(|(handle, _)| handle.clone()).collect())
        };
        let request = Request::new(filter.clone()).newest(events.len());
        for cache in [None, Some(&cache), Some(&cache)] {
            let page = execute(&request, snapshot, cache).unwrap();
            assert_eq!(page.total, page.events.len() as u64, "{place}");
            let ids = page.events.iter().map(|event| event.id).collect();
            assert_eq!(handles(ids), *expect, "{place}");
        }
        let rows = matching(&filter, snapshot).unwrap();
        let ids = rows.iter().flat_map(|(_, rows)| rows.iter().map(|row| EventId(row.into())));
        assert_eq!(handles(ids.collect()), *expect, "{place}");
    }
}

#[test]
fn the_tail_answers_the_corpus() {
    for cases in cases().values() {
        let storage = Storage::in_memory(&Options::default()).unwrap();
        append(&storage, cases, 0, cases[0].events.len());
        check(cases, &storage.snapshot(), "the tail");
    }
}

#[test]
fn sealed_segments_answer_the_corpus() {
    for cases in cases().values() {
        let storage = Storage::in_memory(&Options::default()).unwrap();
        let (half, all) = (cases[0].events.len() / 2, cases[0].events.len());
        append(&storage, cases, 0, half);
        storage.seal_now().unwrap();
        append(&storage, cases, half, all);
        check(cases, &storage.snapshot(), "a segment and a tail");
        storage.seal_now().unwrap();
        check(cases, &storage.snapshot(), "two segments");
    }
}

#[test]
fn a_reopened_store_answers_the_corpus() {
    for cases in cases().values() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.db");
        let (half, all) = (cases[0].events.len() / 2, cases[0].events.len());
        let storage = Storage::open(&path, &Options::default()).unwrap();
        append(&storage, cases, 0, half);
        storage.seal_now().unwrap();
        append(&storage, cases, half, all);
        storage.close().unwrap();
        let storage = Storage::open(&path, &Options::default()).unwrap();
        check(cases, &storage.snapshot(), "a reopened store");
    }
}

#[test]
fn the_corpus_is_there() {
    let cases: usize = cases().values().map(Vec::len).sum();
    assert!(cases >= 120, "only {cases} cases that match events");
}
