//! The two files of a store are of one moment, or it is not opened and says so.

use super::{drafts, options};
use eventscope_model::{Draft, EventId, EventType, UidTime};
use eventscope_storage::{Action, Change, CompactionEffort, RowSet, Storage};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const FILES: [&str; 2] = ["log.redb", "segments.redb"];

/// A store that is opened for each step of its life, and the files that every step has left.
struct Life {
    dir: TempDir,
    moments: usize,
}

impl Life {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), moments: 0 }
    }

    fn store(&self) -> PathBuf {
        self.dir.path().join("events.db")
    }

    /// Does a step, and keeps what it leaves; gives the number of the moment.
    fn step(&mut self, does: impl FnOnce(&Storage)) -> usize {
        let storage = Storage::open(self.store(), &options()).unwrap();
        does(&storage);
        storage.close().unwrap();
        self.moments += 1;
        let kept = self.dir.path().join(self.moments.to_string());
        fs::create_dir(&kept).unwrap();
        FILES.iter().for_each(|name| drop(fs::copy(self.store().join(name), kept.join(name))));
        self.moments
    }

    /// Puts the log of one moment beside the segments of another.
    fn pair(&self, log: usize, segments: usize) -> PathBuf {
        let path = self.dir.path().join(format!("pair-{log}-{segments}"));
        put(self.dir.path(), (log, segments), &path);
        path
    }

    #[track_caller]
    fn check_refused(&self, (log, segments): (usize, usize), expected: &str) {
        let path = self.pair(log, segments);
        for round in 0..2 {
            let opened = Storage::open(&path, &options());
            let Err(error) = opened else { panic!("{log} beside {segments} opened in {round}") };
            let expected = format!("{expected}; put back both files of one moment");
            assert!(error.to_string().starts_with(&expected), "{error}");
        }
    }

    /// Checks that a pair is the state of a moment.
    #[track_caller]
    fn check_opens(&self, (log, segments): (usize, usize), moment: usize) {
        let pair = Storage::open(self.pair(log, segments), &options()).unwrap();
        assert_eq!(pair.verify(|_, _| ()).unwrap().problems, Vec::<String>::new());
        let path = self.dir.path().join(format!("moment-{moment}-of-{log}-{segments}"));
        put(self.dir.path(), (moment, moment), &path);
        let whole = Storage::open(path, &options()).unwrap();
        let (pair, whole) = (pair.snapshot(), whole.snapshot());
        assert_eq!(pair.end(), whole.end());
        for id in (1..whole.end().0).map(EventId) {
            assert_eq!(pair.event(id).unwrap(), whole.event(id).unwrap(), "event {id}");
        }
    }
}

fn put(kept: &Path, (log, segments): (usize, usize), path: &Path) {
    fs::create_dir(path).unwrap();
    for (name, moment) in FILES.iter().zip([log, segments]) {
        fs::copy(kept.join(moment.to_string()).join(name), path.join(name)).unwrap();
    }
}

fn act(storage: &Storage, action: Action, rows: RowSet) {
    let targets = vec![(0, rows)];
    storage.change(Change { action, targets, by: None, note: None }).unwrap();
}

const OLDER_LOG: &str = "log.redb is of an earlier moment than segments.redb";
const OLDER_SEGMENTS: &str = "segments.redb is of an earlier moment than log.redb";

#[test]
fn a_log_from_before_a_rewrite_is_refused() {
    let mut life = Life::new();
    let sealed = life.step(|storage| {
        storage.append(drafts(0..300)).unwrap();
        storage.seal_now().unwrap();
    });
    let deleted = life.step(|storage| act(storage, Action::Delete, RowSet::span(1, 150)));
    let rewritten = life.step(|storage| storage.compact(CompactionEffort::Tight).unwrap());
    life.check_refused((sealed, rewritten), OLDER_LOG);
    life.check_opens((deleted, rewritten), deleted);
}

#[test]
fn a_log_from_before_a_pruning_is_refused() {
    let mut life = Life::new();
    let sealed = life.step(|storage| {
        storage.append(drafts(0..300)).unwrap();
        storage.seal_now().unwrap();
        storage.append(drafts(300..600)).unwrap();
        storage.seal_now().unwrap();
    });
    let pruned = life.step(|storage| {
        storage.prune(vec![(0, RowSet::span(1, 300))]).unwrap();
        storage.compact(CompactionEffort::Tight).unwrap();
    });
    life.check_refused((sealed, pruned), OLDER_LOG);
}

#[test]
fn a_log_that_lacks_only_appends_is_an_earlier_state() {
    let mut life = Life::new();
    let first = life.step(|storage| {
        storage.append(drafts(0..300)).unwrap();
        act(storage, Action::Delete, RowSet::span(1, 20));
        storage.seal_now().unwrap();
    });
    let appended = life.step(|storage| drop(storage.append(drafts(300..400)).unwrap()));
    let sealed = life.step(|storage| {
        storage.append(drafts(400..500)).unwrap();
        storage.seal_now().unwrap();
    });
    life.check_opens((first, sealed), first);
    life.check_opens((appended, sealed), appended);
}

#[test]
fn segments_from_before_a_seal_are_refused() {
    let mut life = Life::new();
    let seal = |numbers| {
        move |storage: &Storage| {
            storage.append(drafts(numbers)).unwrap();
            storage.seal_now().unwrap();
        }
    };
    let first = life.step(seal(0..100));
    let second = life.step(seal(100..200));
    let pruned = life.step(|storage| drop(storage.prune(vec![(0, RowSet::span(101, 200))])));
    life.check_refused((second, first), OLDER_SEGMENTS);
    life.check_refused((pruned, first), OLDER_SEGMENTS);
}

/// Observes an alert so often and at such length that all changes leave the log.
fn fold(storage: &Storage) {
    let mut rng = eventscope_testkit::Rng::new(storage.snapshot().end().0);
    let uid = format!("alert:{}", rng.bits());
    let alert = |end| {
        let alert = Draft::new(EventType::Alert, "test", "long").time(super::at(0));
        let text = eventscope_testkit::random::noise(&mut rng, 60_000);
        let alert = alert.uid(&uid, UidTime::Free).description(text);
        alert.resolved(super::at(end))
    };
    storage.append((0..100).map(alert).collect()).unwrap();
    storage.seal_now().unwrap();
}

#[test]
fn segments_from_before_changes_left_the_log_are_refused() {
    let mut life = Life::new();
    let sealed = life.step(|storage| {
        storage.append(drafts(0..100)).unwrap();
        storage.seal_now().unwrap();
    });
    let folded = life.step(|storage| {
        act(storage, Action::Delete, RowSet::span(1, 50));
        fold(storage);
    });
    life.check_refused((folded, sealed), OLDER_SEGMENTS);
    // Whoever looks at an earlier log has lost what was folded since, and is told so.
    let appends = life.dir.path().join("looked");
    let earlier = life.step(|storage| drop(storage.append(drafts(100..110)).unwrap()));
    let later = life.step(fold);
    put(life.dir.path(), (earlier, later), &appends);
    Storage::open(&appends, &options()).unwrap().close().unwrap();
    let log = life.dir.path().join(later.to_string()).join("log.redb");
    fs::copy(log, appends.join("log.redb")).unwrap();
    let error = Storage::open(&appends, &options()).map(drop).unwrap_err();
    assert!(error.to_string().starts_with(OLDER_SEGMENTS), "{error}");
}

#[test]
fn segments_of_another_store_are_refused() {
    let (mut one, mut other) = (Life::new(), Life::new());
    let here = one.step(|storage| drop(storage.append(drafts(0..10)).unwrap()));
    let there = other.step(|storage| drop(storage.append(drafts(0..10)).unwrap()));
    let path = one.pair(here, here);
    let foreign = other.dir.path().join(there.to_string()).join("segments.redb");
    fs::copy(foreign, path.join("segments.redb")).unwrap();
    let error = Storage::open(&path, &options()).map(drop).unwrap_err();
    let expected = "segments.redb belongs to another store than log.redb";
    assert!(error.to_string().starts_with(expected), "{error}");
}
