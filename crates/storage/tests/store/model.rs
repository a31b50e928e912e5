//! Random lives of a store, step by step against a list of events.
//!
//! Each case is one seed. `EVENTSCOPE_MODEL_CASES` sets how many hundredths of the usual number of
//! cases are run (100 by default), `EVENTSCOPE_MODEL_SEED` runs that one only.

mod checks;
mod extremes;
mod reference;

pub(super) use extremes::noise;

use super::{at, drafts};
use eventscope_model::{Acknowledgement, Draft, EventId, EventType, State, Timestamp, UidTime};
use eventscope_storage::{
    Action, Change, Clock, Error, NotUndoable, Options, Outcome, Room, RowSet, Snapshot, Storage,
};
use eventscope_testkit::Rng;
use eventscope_testkit::random::random_drafts;
use reference::{Order, Reference};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use tempfile::TempDir;

const STEPS: usize = 40;
/// Snapshots that a case keeps at most while it goes on.
const KEPT_MAX: usize = 2;
/// Cases that run at once.
const THREADS: usize = 4;
const ACTIONS: [Action; 4] =
    [Action::Acknowledge, Action::Unacknowledge, Action::Resolve, Action::Delete];

/// One store on its way, with what it must look like.
struct Case {
    rng: Rng,
    path: PathBuf,
    storage: Storage,
    reference: Reference,
    order: Order,
    /// The second that the store's clock shows.
    second: Arc<AtomicI64>,
    kept: Vec<(Snapshot, Reference)>,
    _dir: TempDir,
}

fn open(path: &Path, second: &Arc<AtomicI64>) -> Storage {
    let second = Arc::clone(second);
    let clock = Clock::new(move || at(second.load(Ordering::Relaxed)));
    Storage::open(path, &Options { clock, ..Options::default() }).unwrap()
}

impl Case {
    /// A case whose store starts as a copy of another.
    fn start(seed: u64, from: &Start) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.db");
        fs::create_dir(&path).unwrap();
        for name in ["log.redb", "segments.redb"] {
            fs::copy(from.path.join(name), path.join(name)).unwrap();
        }
        let second = Arc::new(AtomicI64::new(1_000));
        Self {
            rng: Rng::new(seed),
            storage: open(&path, &second),
            path,
            reference: from.reference.clone(),
            order: Order::new(),
            second,
            kept: Vec::new(),
            _dir: dir,
        }
    }

    fn now(&self) -> Timestamp {
        at(self.second.load(Ordering::Relaxed))
    }

    fn run(&mut self, steps: usize) {
        for step in 1..=steps {
            self.second.fetch_add(1, Ordering::Relaxed);
            match self.rng.below(100) {
                0..40 => self.append(),
                40..56 => self.change(),
                56..65 => self.undo(),
                65..69 => self.prune(),
                69..73 => self.tidy(),
                73 => self.rebuild(),
                74 => self.fold(),
                75..82 => self.storage.seal_now().unwrap(),
                82..88 => self.reopen(),
                88..94 => self.keep(),
                94..97 => self.let_go(),
                _ => self.histories(),
            }
            if step % 8 == 0 {
                self.check();
            }
        }
        self.check();
        self.histories();
        while !self.kept.is_empty() {
            self.let_go();
        }
    }

    fn check(&self) {
        checks::snapshot(&self.storage.snapshot(), &self.reference);
        checks::stats(&self.storage, &self.reference);
    }

    fn append(&mut self) {
        let most = *self.rng.pick(&[1, 5, 5, 30, 30, 300]);
        let count = self.rng.below(most + 1);
        let mut drafts = random_drafts(&mut self.rng, count);
        for draft in &mut drafts {
            match self.rng.below(20) {
                0..3 => *draft = self.observed_again(),
                3 => self.spoil(draft),
                _ => {}
            }
        }
        let before = self.reference.end();
        let now = self.now();
        let expected: Vec<_> =
            drafts.iter().map(|draft| self.reference.append(draft, now, &mut self.order)).collect();
        assert_eq!(self.storage.append(drafts).unwrap(), expected);
        let snapshot = self.storage.snapshot();
        assert_eq!(snapshot.end(), EventId(self.reference.end()));
        let new = before..self.reference.end();
        checks::events(&snapshot, &self.reference, new.step_by(1 + count / 5));
    }

    /// A later report of an event that is stored, whatever became of it.
    fn observed_again(&mut self) -> Draft {
        let id = self.some_id();
        let mut draft = self.reference.entry(id).draft();
        draft.acknowledgement = None;
        match self.rng.below(6) {
            0 => {}
            1 => draft.count += self.rng.below(3) as u64,
            2 => draft.description = format!("seen again {}", self.rng.below(4)),
            3 if draft.event_type.can_be_resolved() => draft.state = State::Triggered,
            _ if draft.event_type.can_be_resolved() => {
                draft = draft.resolved(at(self.rng.between(0, 5) * 60));
            }
            _ => draft.severity = self.rng.below(8) as u8,
        }
        draft
    }

    /// Makes a draft that the store does not take.
    fn spoil(&mut self, draft: &mut Draft) {
        match self.rng.below(5) {
            0 => draft.name.clear(),
            1 => draft.description = "d".repeat(64 * 1024 + 1),
            2 => draft.severity = 8,
            3 => draft.labels.insert("", "no key"),
            _ => {
                draft.event_type = EventType::Docker;
                draft.state = State::Resolved;
            }
        }
    }

    /// An id that there is, most likely one of the newest.
    fn some_id(&mut self) -> u64 {
        let end = self.reference.end();
        let first = if self.rng.percent(80) { end.saturating_sub(400).max(1) } else { 1 };
        self.rng.between(first as i64, end as i64 - 1) as u64
    }

    fn change(&mut self) {
        let last = (self.reference.end() >> 16) as u32;
        let mut targets: Vec<(u32, RowSet)> = Vec::new();
        for window in [0, last, last + 1] {
            let twice = targets.iter().any(|(other, _)| *other == window);
            if !twice && self.rng.percent(70) {
                targets.push((window, self.some_rows(window)));
            }
        }
        let by = self.rng.percent(60).then(|| "aya".to_owned());
        let note = self.rng.percent(30).then(|| "known".to_owned());
        let change = Change { action: *self.rng.pick(&ACTIONS), targets, by, note };
        let mut expected = self.reference.change(&change, self.now());
        let mut changed = self.storage.change(change).unwrap();
        // In which order refusals come is not promised.
        expected.refused.sort_unstable();
        changed.refused.sort_unstable();
        assert_eq!(changed, expected);
    }

    /// Undoes the last change, or tries another one.
    fn undo(&mut self) {
        if self.reference.is_last_pruned() {
            // With its events, the store may have forgotten the change.
            return;
        }
        let next = self.reference.next_change();
        let change = match self.reference.last_change() {
            Some(last) if self.rng.percent(75) => last,
            _ => self.rng.between(0, next as i64) as u64,
        };
        let by = self.rng.percent(60).then(|| "ben".to_owned());
        let note = self.rng.percent(30).then(|| "by mistake".to_owned());
        let (at, before) = (self.now(), self.storage.stats().unwrap().commits);
        let remark = Acknowledgement { at, by: by.clone(), note: note.clone() };
        let mut after = self.reference.clone();
        let expected = after.undo(change, &remark);
        match (self.storage.undo(change, by, note), expected) {
            (Ok(changed), Ok(expected)) => {
                assert_eq!(changed, expected);
                assert_eq!(self.storage.stats().unwrap().commits, before + 1);
                self.reference = after;
            }
            // Whether a segment was rewritten meanwhile is the store's own affair.
            (Err(Error::NotUndone { why: NotUndoable::Gone, .. }), Ok(_))
                if self.reference.is_last_a_delete() => {}
            (Err(Error::NotUndone { change: named, why }), Err(expected)) => {
                assert_eq!((named, why), (change, expected));
            }
            other => panic!("undo {change}: {other:?}"),
        }
    }

    /// Observes one alert so often and at such length that all changes leave the log.
    fn fold(&mut self) {
        let uid = format!("alert:{}", self.reference.end());
        let mut drafts: Vec<Draft> = (0..100)
            .map(|end| {
                let text = noise(&mut self.rng, 60_000);
                let alert = Draft::new(EventType::Alert, "test", "long").time(at(0));
                alert.uid(&uid, UidTime::Free).description(text).resolved(at(end))
            })
            .collect();
        let last = drafts[0].clone().description("short").resolved(at(100));
        drafts.push(last);
        let now = self.now();
        let expected: Vec<Outcome> =
            drafts.iter().map(|draft| self.reference.append(draft, now, &mut self.order)).collect();
        assert_eq!(self.storage.append(drafts).unwrap(), expected);
    }

    fn some_rows(&mut self, window: u32) -> RowSet {
        let mut rows = RowSet::empty();
        let base = u64::from(window) << 16;
        for _ in 0..self.rng.below(4) {
            let row = (self.some_id().saturating_sub(base)).min(65_535) as u16;
            let more = *self.rng.pick(&[0, 0, 1, 20, 90]);
            rows.insert_span(row, row.saturating_add(more));
        }
        if self.rng.percent(10) {
            rows.insert(0);
            rows.insert(u16::MAX);
        }
        rows
    }

    fn prune(&mut self) {
        let mut targets: Vec<(u32, RowSet)> = Vec::new();
        for window in [0, (self.reference.end() >> 16) as u32] {
            if !targets.iter().any(|(other, _)| *other == window) {
                targets.push((window, self.some_rows(window)));
            }
        }
        // Some parts as a whole, be they large or not.
        for part in self.storage.snapshot().parts() {
            if self.rng.percent(15) {
                targets.push((part.window(), RowSet::span(part.first_row(), part.last_row())));
            }
        }
        let removed = self.reference.prune(&targets);
        let pruned = self.storage.prune(targets).unwrap();
        assert_eq!(pruned.removed_events, removed);
        self.reference.pruned_as(pruned.change);
        self.forget_what_left();
    }

    fn tidy(&mut self) {
        let room = *self.rng.pick(&[Room::Usual, Room::Tight]);
        if self.rng.percent(70) {
            self.storage.tidy(room).unwrap();
            self.forget_what_left();
        } else {
            // The store closes in the middle of it.
            self.storage.begin_to_tidy(room).unwrap();
            self.reopen();
        }
    }

    fn rebuild(&mut self) {
        let report = self.storage.rebuild(|_, _| {}).unwrap();
        assert_eq!(report.problems, Vec::<String>::new());
    }

    /// Events that were deleted are forgotten with their segment, once all of it is gone.
    fn forget_what_left(&mut self) {
        let snapshot = self.storage.snapshot();
        let ids: Vec<u64> = self.reference.fresh().collect();
        for id in ids {
            if snapshot.part_of(EventId(id)).is_none() {
                assert!(self.reference.entry(id).deleted, "event {id} was lost");
                self.reference.forget(id);
            }
        }
    }

    fn reopen(&mut self) {
        let path = self.path.clone();
        let storage = std::mem::replace(&mut self.storage, Order::new().into_storage());
        if self.rng.percent(50) {
            storage.close().unwrap();
        } else {
            drop(storage);
        }
        // A snapshot that outlives its store may fail, but must not lie.
        for (snapshot, reference) in self.kept.drain(..) {
            for id in (1..reference.end()).rev().take(20) {
                let entry = reference.entry(id);
                let expected = (!entry.deleted).then(|| entry.current());
                assert!(
                    snapshot.event(EventId(id)).is_ok_and(|event| event == expected)
                        || snapshot.event(EventId(id)).is_err()
                );
            }
        }
        self.storage = open(&path, &self.second);
        self.forget_what_left();
        self.check();
    }

    fn keep(&mut self) {
        if self.kept.len() < KEPT_MAX {
            self.kept.push((self.storage.snapshot(), self.reference.clone()));
        }
    }

    fn let_go(&mut self) {
        if !self.kept.is_empty() {
            let (snapshot, reference) = self.kept.remove(0);
            checks::snapshot(&snapshot, &reference);
        }
    }

    fn histories(&mut self) {
        for _ in 0..5 {
            let id = self.some_id();
            checks::history(&self.storage, &self.reference, id);
        }
    }

    fn verify(&self) {
        let report = self.storage.verify(|_, _| {}).unwrap();
        assert_eq!(report.problems, Vec::<String>::new());
        let stats = self.storage.stats().unwrap();
        assert!(report.events >= stats.events);
        assert!(report.events < self.reference.end());
    }
}

/// A closed store that cases start from.
struct Start {
    path: PathBuf,
    reference: Reference,
    _dir: TempDir,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Seal {
    No,
    Yes,
}

impl Start {
    /// A store of so many events, sealed or not.
    fn new(events: u64, seal: Seal) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.db");
        let second = Arc::new(AtomicI64::new(0));
        let storage = open(&path, &second);
        storage.append(vec![Draft::custom("first")]).unwrap();
        let uid = storage.snapshot().event(EventId(1)).unwrap().unwrap().uid;
        let store_id = uid.strip_prefix("eventscope:").and_then(|rest| rest.strip_suffix(":1"));
        let mut reference = Reference::new(store_id.unwrap());
        let mut order = Order::new();
        reference.append(&Draft::custom("first"), at(0), &mut order);
        for start in (1..events).step_by(10_000) {
            let drafts = drafts(start..events.min(start + 10_000));
            for draft in &drafts {
                reference.append(draft, at(0), &mut order);
            }
            storage.append(drafts).unwrap();
        }
        if seal == Seal::Yes {
            storage.seal_now().unwrap();
        }
        for part in storage.snapshot().parts() {
            checks::whole_part(&storage.snapshot(), &part, &reference);
        }
        storage.close().unwrap();
        Self { path, reference: reference.into_base(), _dir: dir }
    }
}

/// Runs cases of one kind, each with a seed of its own.
fn run(cases: u64, first_seed: u64, start: &Start) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let hundredths = number("EVENTSCOPE_MODEL_CASES").unwrap_or(100);
    let end = first_seed + (cases * hundredths).div_ceil(100);
    let only = number("EVENTSCOPE_MODEL_SEED");
    let next = AtomicU64::new(first_seed);
    // Cases wait for the disk most of the time, so several at once are done sooner.
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    if only.is_none_or(|only| only == seed) {
                        run_one(seed, start);
                    }
                }
            });
        }
    });
}

fn run_one(seed: u64, start: &Start) {
    let failed = std::panic::catch_unwind(|| {
        let mut case = Case::start(seed, start);
        case.run(STEPS);
        if seed.is_multiple_of(10) {
            case.verify();
        }
        case.storage.close().unwrap();
    });
    assert!(failed.is_ok(), "EVENTSCOPE_MODEL_SEED={seed}");
}

#[test]
fn a_store_is_a_list_of_events() {
    run(260, 1_000, &Start::new(1, Seal::No));
}

#[test]
fn a_store_is_a_list_of_events_at_the_border_of_a_window() {
    run(60, 2_000, &Start::new(65_400, Seal::Yes));
}

#[test]
fn a_tail_is_a_list_of_events_at_the_border_of_a_window() {
    run(6, 3_000, &Start::new(65_400, Seal::No));
}
