//! A store on its way, with what it must look like.

use super::ages;
use super::checks::{self, LARGE_PART_ROWS};
use super::reference::{Order, Reference};
use super::start::{Starts, at, open};
use super::steps::{Again, Back, Drafts, Rows, Sketch, Step};
use crate::Figures;
use crate::queries::within;
use eventscope_model::{
    Acknowledgement, Draft, EventId, EventType, ScopeLabels, State, Timestamp, UidTime,
};
use eventscope_query::matching;
use eventscope_storage::{
    Action, Change, CompactionEffort, Error, Indexing, NotUndoable, Outcome, Part, RowSet,
    Snapshot, Storage,
};
use eventscope_testkit::Rng;
use eventscope_testkit::medium::Memory;
use eventscope_testkit::random::{noise, now, random_drafts, random_expression};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use xxhash_rust::xxh3::Xxh3;

/// Rows of a window.
const WINDOW_ROWS: u64 = 1 << 16;
/// How deep random expressions are.
const DEPTH: usize = 2;
/// Lists of scope labels; the first is that of all.
const LABELS: [&[&str]; 5] =
    [&["*"], &["team"], &["kubernetes.*", "team"], &["kube_namespace_name"], &["host.*", "not"]];

/// What came of some sequences.
#[derive(Default)]
pub(super) struct Seen {
    counts: BTreeMap<&'static str, u64>,
    hashes: Vec<u8>,
}

impl Seen {
    pub(super) fn add(&mut self, other: &Self) {
        for (name, count) in &other.counts {
            *self.counts.entry(name).or_default() += count;
        }
        self.hashes.extend_from_slice(&other.hashes);
    }

    pub(super) fn tell(&self, figures: &mut Figures) {
        let first = ["sequences", "steps"].into_iter();
        for name in first.chain(self.counts.keys().copied()) {
            figures.most(name, 0);
        }
        self.counts.iter().for_each(|(name, count)| figures.add(name, *count));
        figures.saw(&self.hashes);
    }
}

/// One store.
pub(super) struct World<'a> {
    memory: Memory,
    indexing: Indexing,
    /// None while it is opened again.
    storage: Option<Storage>,
    pub(super) reference: Reference,
    order: &'a RefCell<Order>,
    /// The second that the store's clock shows.
    second: Arc<AtomicI64>,
    kept: Vec<(Snapshot, Reference)>,
    /// None from where on the machine decides what comes.
    hash: Option<Xxh3>,
    counts: BTreeMap<&'static str, u64>,
    last_hash: u64,
}

impl<'a> World<'a> {
    /// A store that starts as a copy of another.
    pub(super) fn new(sketch: &Sketch, starts: &Starts, order: &'a RefCell<Order>) -> Self {
        let start = starts.get(sketch.ground);
        let second = Arc::new(AtomicI64::new(1_000));
        let memory = start.memory.copy();
        let indexing = if sketch.indexes { Indexing::Background } else { Indexing::Never };
        Self {
            storage: Some(open(&memory, indexing, &second)),
            memory,
            indexing,
            reference: start.reference.clone(),
            order,
            second,
            kept: Vec::new(),
            hash: Some(Xxh3::new()),
            counts: BTreeMap::from([("sequences", 1), (sketch.ground.name(), 1)]),
            last_hash: 0,
        }
    }

    pub(super) fn storage(&self) -> &Storage {
        self.storage.as_ref().unwrap()
    }

    fn now(&self) -> Timestamp {
        at(self.second.load(Ordering::Relaxed))
    }

    /// Counts something; after a tidying that was cut off, how much hangs on the machine.
    pub(super) fn count(&mut self, name: &'static str, more: usize) {
        *self.counts.entry(name).or_default() += more as u64;
    }

    fn note(&mut self, what: &impl Debug) {
        if let Some(hash) = &mut self.hash {
            hash.update(format!("{what:?};").as_bytes());
            self.last_hash = hash.digest();
        }
    }

    /// Takes a step, and looks at some events and the figures.
    pub(super) fn take(&mut self, step: &Step) {
        self.second.fetch_add(1, Ordering::Relaxed);
        self.note(step);
        self.count("steps", 1);
        match step {
            Step::Seal => self.storage().seal_now().unwrap(),
            Step::Look => self.look(),
            Step::Append(drafts) => self.append(drafts),
            Step::Change { action, rows, by, note } => self.change(*action, rows, *by, *note),
            Step::Undo(number) => self.undo(*number),
            Step::Prune { rows, parts } => self.prune(rows, parts),
            Step::Age { back, severities } => ages::by_age(self, *back, *severities),
            Step::Bytes(share) => ages::by_bytes(self, *share),
            Step::Tidy { room, cut_off } => self.tidy(*room, *cut_off),
            Step::Reopen { close } => self.reopen(*close),
            Step::Keep => self.kept.push((self.storage().snapshot(), self.reference.clone())),
            Step::LetGo => self.let_go(),
            Step::Histories(ids) => self.histories(ids),
            Step::Find(seed) => self.find(*seed),
            Step::Relabel(list) => self.relabel(*list),
            Step::Rebuild => {
                let report = self.storage().rebuild(|_, _| {}).unwrap();
                assert_eq!(report.problems, Vec::<String>::new(), "a rebuild met problems");
                self.forget_what_left();
            }
            Step::Verify => self.verify(),
            Step::Fold => self.fold(),
        }
        let snapshot = self.storage().snapshot();
        let end = self.reference.end();
        assert_eq!(snapshot.end(), EventId(end), "the first id that is free");
        checks::events(&snapshot, &self.reference, (1..end).rev().take(200).step_by(20));
        checks::stats(self.storage(), &self.reference);
    }

    /// Looks at everything, and closes the store.
    pub(super) fn end(mut self) -> Seen {
        self.look();
        self.histories(&[0, 1, 2, 5, 100]);
        while !self.kept.is_empty() {
            self.let_go();
        }
        let (end, gone) = (self.reference.end(), self.reference.gone());
        self.note(&(end, gone));
        self.storage.take().unwrap().close().unwrap();
        Seen { counts: self.counts, hashes: self.last_hash.to_le_bytes().to_vec() }
    }

    fn look(&self) {
        checks::snapshot(&self.storage().snapshot(), &self.reference);
        checks::stats(self.storage(), &self.reference);
    }

    fn verify(&mut self) {
        let report = self.storage().verify(|_, _| {}).unwrap();
        assert_eq!(report.problems, Vec::<String>::new(), "verify says");
        let stats = self.storage().stats().unwrap();
        assert!(report.events >= stats.events, "verify saw {} events", report.events);
        assert!(report.events < self.reference.end(), "verify saw {} events", report.events);
        self.count("verified", 1);
    }

    /// The id so far before the newest one, if there is any.
    pub(super) fn id(&self, back: Back) -> Option<u64> {
        let last = self.reference.end() - 1;
        let back = u64::from(back).checked_rem(last)?;
        Some(last - back)
    }

    fn append(&mut self, lots: &[Drafts]) {
        let mut drafts: Vec<Draft> = Vec::new();
        for lot in lots {
            match lot {
                Drafts::Random { seed, count } => {
                    drafts.extend(random_drafts(&mut Rng::new((*seed).into()), (*count).into()));
                }
                Drafts::Again(back, what) => drafts.extend(self.again(*back, what)),
                Drafts::Invalid(reason) => drafts.push(invalid(*reason)),
            }
        }
        let before = self.reference.end();
        let step = 1 + drafts.len() / 5;
        self.append_all(drafts);
        let snapshot = self.storage().snapshot();
        checks::events(&snapshot, &self.reference, (before..self.reference.end()).step_by(step));
    }

    fn append_all(&mut self, drafts: Vec<Draft>) {
        let (now, mut order) = (self.now(), self.order.borrow_mut());
        let take = |draft| self.reference.append(draft, now, &mut order);
        let expected: Vec<Outcome> = drafts.iter().map(take).collect();
        drop(order);
        assert_eq!(self.storage().append(drafts).unwrap(), expected, "outcomes of an append");
        for outcome in &expected {
            let name = match outcome {
                Outcome::Appended(_) => "appended",
                Outcome::Updated(_) => "updated",
                Outcome::Duplicate(_) => "duplicates",
                Outcome::Rejected(_) => "rejected",
            };
            self.count(name, 1);
        }
        self.note(&expected);
    }

    fn again(&self, back: Back, what: &Again) -> Option<Draft> {
        let entry = self.reference.entry(self.id(back)?);
        let mut draft = entry.draft();
        draft.acknowledgement = None;
        let resolves = draft.event_type.can_be_resolved();
        match what {
            Again::Nothing => {}
            Again::Count(more) => draft.count += u64::from(*more),
            Again::Words(number) => draft.description = format!("seen again {number}"),
            Again::Triggered if resolves => draft.state = State::Triggered,
            Again::Resolved(minute) if resolves => {
                draft = draft.resolved(at(i64::from(*minute) * 60))
            }
            Again::Severity(level) => draft.severity = *level,
            Again::Time(minute) if !entry.has_fixed_time() => {
                draft.time = Some(at(i64::from(*minute) * 60));
            }
            Again::Triggered | Again::Resolved(_) | Again::Time(_) => draft.severity = 0,
        }
        Some(draft)
    }

    fn targets(&self, rows: &Rows) -> Vec<(u32, RowSet)> {
        let mut targets: BTreeMap<u32, RowSet> = BTreeMap::new();
        let mut insert = |id: u64| {
            let rows = targets.entry((id / WINDOW_ROWS) as u32).or_insert_with(RowSet::empty);
            rows.insert((id % WINDOW_ROWS) as u16);
        };
        for (back, more) in &rows.runs {
            let first = self.id(*back).unwrap_or(1);
            (first..=first + u64::from(*more)).for_each(&mut insert);
        }
        if rows.edges {
            let beyond = (self.reference.end() / WINDOW_ROWS + 1) * WINDOW_ROWS;
            for start in [0, beyond] {
                insert(start);
                insert(start + WINDOW_ROWS - 1);
            }
        }
        targets.into_iter().collect()
    }

    fn change(&mut self, action: Action, rows: &Rows, by: bool, note: bool) {
        let by = by.then(|| "aya".to_owned());
        let note = note.then(|| "known".to_owned());
        let change = Change { action, targets: self.targets(rows), by, note };
        let mut expected = self.reference.change(&change, self.now());
        let mut changed = self.storage().change(change).unwrap();
        // In which order refusals come is not promised.
        expected.refused.sort_unstable();
        changed.refused.sort_unstable();
        assert_eq!(changed, expected, "what changed");
        self.count("changed", expected.changed as usize);
        self.note(&expected);
    }

    /// Undoes the last change, or tries another one.
    fn undo(&mut self, number: Option<u8>) {
        if self.reference.is_last_pruned() {
            // With its events, the store may have forgotten the change.
            return;
        }
        let next = self.reference.next_change();
        let number = number.map(|number| u64::from(number) % (next + 1));
        let change = number.or(self.reference.last_change()).unwrap_or(next);
        let by = change.is_multiple_of(2).then(|| "ben".to_owned());
        let note = change.is_multiple_of(3).then(|| "by mistake".to_owned());
        let (at, before) = (self.now(), self.storage().stats().unwrap().commits);
        let remark = Acknowledgement { at, by: by.clone(), note: note.clone() };
        let mut after = self.reference.clone();
        let expected = after.undo(change, &remark);
        match (self.storage().undo(change, by, note), expected) {
            (Ok(changed), Ok(expected)) => {
                assert_eq!(changed, expected, "what an undo changed");
                assert_eq!(self.storage().stats().unwrap().commits, before + 1, "commits");
                self.reference = after;
                self.count("undone", expected.changed as usize);
                self.note(&expected);
            }
            // Whether a segment was rewritten meanwhile is the store's own affair.
            (Err(Error::NotUndone { why: NotUndoable::Gone, .. }), Ok(_))
                if self.reference.is_last_a_delete() => {}
            (Err(Error::NotUndone { change: named, why }), Err(expected)) => {
                assert_eq!((named, why), (change, expected), "why an undo was refused");
            }
            other => panic!("undo {change}: {other:?}"),
        }
    }

    /// Observes one alert so often and at such length that all changes leave the log.
    fn fold(&mut self) {
        let mut rng = Rng::new(self.reference.end());
        let uid = format!("alert:{}", self.reference.end());
        let alert = |text: String, end| {
            let alert = Draft::new(EventType::Alert, "test", "long").time(at(0));
            alert.uid(&uid, UidTime::Free).description(text).resolved(at(end))
        };
        let mut drafts: Vec<Draft> =
            (0..100).map(|end| alert(noise(&mut rng, 60_000), end)).collect();
        drafts.push(alert("short".to_owned(), 100));
        self.append_all(drafts);
        self.count("folds", 1);
    }

    fn prune(&mut self, rows: &Rows, parts: &[u8]) {
        let mut targets = self.targets(rows);
        let snapshot = self.storage().snapshot();
        let count = snapshot.parts().count();
        for number in parts.iter().map(|part| usize::from(*part)) {
            let part = number.checked_rem(count).and_then(|nth| snapshot.parts().nth(nth));
            let allowed = |part: &Part<'_>| part.len() < LARGE_PART_ROWS || number % 32 == 0;
            if let Some(part) = part.filter(allowed) {
                targets.push((part.window(), RowSet::span(part.first_row(), part.last_row())));
            }
        }
        drop(snapshot);
        self.prune_rows(targets);
    }

    pub(super) fn prune_rows(&mut self, targets: Vec<(u32, RowSet)>) {
        let removed = self.reference.prune(&targets);
        let pruned = self.storage().prune(targets).unwrap();
        assert_eq!(pruned.removed_events, removed, "how many events were pruned");
        self.reference.pruned_as(pruned.change);
        self.forget_what_left();
        self.count("pruned", removed as usize);
        self.note(&removed);
    }

    fn tidy(&mut self, room: CompactionEffort, cut_off: bool) {
        if cut_off {
            // The store closes in the middle of it.
            self.storage().begin_to_compact(room).unwrap();
            self.hash = None;
            self.reopen(true);
        } else {
            self.storage().compact(room).unwrap();
            self.forget_what_left();
        }
    }

    /// Events that were deleted are forgotten with their segment, once all of it is gone.
    fn forget_what_left(&mut self) {
        let snapshot = self.storage().snapshot();
        let ids: Vec<u64> = self.reference.fresh().collect();
        for id in ids {
            if snapshot.part_of(EventId(id)).is_none() {
                assert!(self.reference.entry(id).deleted, "event {id} was lost");
                self.reference.forget(id);
            }
        }
    }

    fn reopen(&mut self, close: bool) {
        let storage = self.storage.take().unwrap();
        if close {
            storage.close().unwrap();
        } else {
            drop(storage);
        }
        // A snapshot that outlives its store may fail, but must not lie.
        for (snapshot, reference) in self.kept.drain(..) {
            for id in (1..reference.end()).rev().take(20) {
                let entry = reference.entry(id);
                let expected = (!entry.deleted).then(|| entry.current());
                let event = snapshot.event(EventId(id));
                assert!(event.is_err() || event.is_ok_and(|event| event == expected), "event {id}");
            }
        }
        self.storage = Some(open(&self.memory, self.indexing, &self.second));
        self.forget_what_left();
        self.look();
    }

    fn let_go(&mut self) {
        let (snapshot, reference) = self.kept.remove(0);
        checks::snapshot(&snapshot, &reference);
    }

    fn histories(&self, ids: &[Back]) {
        for id in ids.iter().filter_map(|back| self.id(*back)) {
            checks::history(self.storage(), &self.reference, id);
        }
    }

    fn find(&mut self, seed: u16) {
        let expression = random_expression(&mut Rng::new(seed.into()), DEPTH);
        let filter = eventscope_scope::parse(&expression).unwrap().lower(now());
        let snapshot = self.storage().snapshot();
        let labels = snapshot.scope_labels();
        let rows = matching(&filter, &snapshot);
        if filter.label_outside(labels).is_some() {
            let refused = matches!(rows, Err(eventscope_query::Error::NotAScopeLabel { .. }));
            assert!(refused, "{expression}");
            return;
        }
        let rows: BTreeMap<u32, RowSet> = rows.unwrap().into_iter().collect();
        let step = (self.reference.base_end() as usize / 500).max(1);
        let base = (1..self.reference.base_end()).step_by(step);
        for id in base.chain(self.reference.fresh()) {
            let entry = self.reference.entry(id);
            let matches = !entry.deleted && filter.matches(&within(&entry.current(), labels));
            let window = rows.get(&((id / WINDOW_ROWS) as u32));
            let found = window.is_some_and(|rows| rows.contains((id % WINDOW_ROWS) as u16));
            assert_eq!(found, matches, "event {id} and {expression}");
        }
        self.count("found", rows.values().map(|rows| rows.len() as usize).sum());
    }

    fn relabel(&mut self, list: u8) {
        let labels = ScopeLabels::only(LABELS[usize::from(list) % LABELS.len()]).unwrap();
        let report = self.storage().set_scope_labels(&labels, |_, _| {}).unwrap();
        assert_eq!(report.problems, Vec::<String>::new(), "relabelling met problems");
        assert_eq!(**self.storage().snapshot().scope_labels(), labels, "labels in force");
        self.forget_what_left();
    }
}

/// A draft that the store does not take.
fn invalid(reason: u8) -> Draft {
    let mut draft = Draft::new(EventType::Docker, "test", "n").time(at(0));
    match reason {
        0 => draft.name.clear(),
        1 => draft.description = "d".repeat(64 * 1024 + 1),
        2 => draft.severity = 8,
        3 => draft.labels.insert("", "no key"),
        _ => draft.state = State::Resolved,
    }
    draft
}
