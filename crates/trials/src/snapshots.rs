//! Concurrent snapshots: each shows the history of commits up to one of them and nothing else, none
//! goes back behind an earlier one of the same reader, and none misses what was acknowledged before
//! it was taken.
//!
//! The history is drawn up beforehand: a list of commits that append, acknowledge and delete, with
//! the state after each. No two states have the same number of ids, live events and acknowledged
//! events, so three figures say which state a snapshot shows; now and then all of its events are
//! read and compared with that state. Meanwhile the sealer and the indexer are at work.
//!
//! The digest is that of the histories; how often the readers looked hangs on the machine.

use crate::{Failure, Figures, Orders};
use eventscope_model::{Draft, EventId, EventType, Timestamp, UidTime};
use eventscope_query::{Request, execute, stream};
use eventscope_scope::Filter;
use eventscope_storage::{Action, Change, Options, Outcome, RowSet, Snapshot, Storage};
use eventscope_testkit::Rng;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use xxhash_rust::xxh3::xxh3_64;

/// Commits of one history.
const COMMITS: usize = 160;
/// Commits between two seals.
const SEAL_EVERY: usize = 25;
/// Snapshots of which one is read as a whole.
const WHOLE_EVERY: u64 = 64;

/// One commit.
#[derive(Debug)]
enum Step {
    /// So many new events.
    Append(u64),
    /// The event with this number.
    Acknowledge(u64),
    Delete(u64),
}

/// What tells the state after a commit from all others: the end of the ids, live events, and
/// acknowledged ones of them.
type Mark = (u64, u64, u64);

/// A history: its commits, and which state has which mark and hash of all events.
#[derive(Debug, Default)]
struct History {
    steps: Vec<Step>,
    states: HashMap<Mark, usize>,
    hashes: Vec<u64>,
}

/// Live events by their number, and whether they are acknowledged.
type Model = BTreeMap<u64, bool>;

impl History {
    fn new(rng: &mut Rng) -> Self {
        let mut history = Self::default();
        let (mut model, mut end) = (Model::new(), 0);
        history.note(&model, end);
        while history.steps.len() < COMMITS {
            let open: Vec<u64> = model.iter().filter(|it| !it.1).map(|it| *it.0).collect();
            let step = match rng.below(10) {
                0..=2 if !open.is_empty() => Step::Acknowledge(*rng.pick(&open)),
                3 if !open.is_empty() => Step::Delete(*rng.pick(&open)),
                _ => Step::Append(1 + rng.below(12) as u64),
            };
            match step {
                Step::Append(events) => {
                    model.extend((end..end + events).map(|number| (number, false)));
                    end += events;
                }
                Step::Acknowledge(number) => drop(model.insert(number, true)),
                Step::Delete(number) => drop(model.remove(&number)),
            }
            history.steps.push(step);
            history.note(&model, end);
        }
        history
    }

    fn note(&mut self, model: &Model, end: u64) {
        let acknowledged = model.values().filter(|it| **it).count() as u64;
        let events = model.iter().map(|(number, acknowledged)| (*number, *acknowledged));
        self.states.insert((end, model.len() as u64, acknowledged), self.hashes.len());
        self.hashes.push(hash(events));
    }
}

fn hash(events: impl Iterator<Item = (u64, bool)>) -> u64 {
    let line = |(number, acknowledged)| format!("{number} {acknowledged}\n");
    xxh3_64(events.map(line).collect::<String>().as_bytes())
}

fn draft(number: u64) -> Draft {
    Draft::new(EventType::Alert, "trial", number.to_string())
        .uid(format!("event-{number}"), UidTime::Free)
}

/// What writer and readers share.
struct Stage<'a> {
    history: &'a History,
    storage: &'a Storage,
    /// The id of the first event.
    first: u64,
    /// The last commit that was begun, and the last that was acknowledged.
    begun: AtomicUsize,
    acknowledged: AtomicUsize,
    done: AtomicBool,
    is_acknowledged: Filter,
}

pub(crate) fn run(orders: Orders) -> Result<Figures, Failure> {
    let mut figures = Figures::default();
    let mut rng = Rng::new(orders.seed);
    // Readers of each round, and how many snapshots each of them takes at least.
    let rounds: &[(usize, u64)] = orders.tier.pick(&[(8, 750)], &[(8, 2_500), (64, 400)]);
    for (readers, least) in rounds.iter().cycle().take(orders.tier.pick(1, 8)) {
        let history = History::new(&mut rng);
        if history.states.len() != history.hashes.len() {
            return Err(Failure::new("two states of a history look alike"));
        }
        history.hashes.iter().for_each(|hash| figures.saw(hash.to_le_bytes()));
        let snapshots = round(&history, *readers, *least)?;
        figures.add("rounds", 1);
        figures.add("commits", history.steps.len() as u64);
        figures.add("snapshots", snapshots);
    }
    Ok(figures)
}

fn round(history: &History, readers: usize, least: u64) -> Result<u64, Failure> {
    let folder = tempfile::tempdir()?;
    let storage = Storage::open(folder.path().join("store"), &Options::default())?;
    let stage = Stage {
        history,
        storage: &storage,
        first: storage.snapshot().end().0,
        begun: AtomicUsize::new(0),
        acknowledged: AtomicUsize::new(0),
        done: AtomicBool::new(false),
        is_acknowledged: eventscope_scope::parse("acknowledged = true")?.lower(Timestamp::EPOCH),
    };
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..readers).map(|_| scope.spawn(|| stage.read(least))).collect();
        let written = stage.write();
        stage.done.store(true, Ordering::SeqCst);
        let mut snapshots = 0;
        for reader in readers {
            snapshots += reader.join().map_err(|_| Failure::new("a reader panicked"))??;
        }
        written.map(|()| snapshots)
    })
}

impl Stage<'_> {
    fn write(&self) -> Result<(), Failure> {
        let mut end = 0;
        for (at, step) in self.history.steps.iter().enumerate() {
            self.begun.store(at + 1, Ordering::SeqCst);
            match step {
                Step::Append(events) => {
                    let outcomes = self.storage.append((end..end + events).map(draft).collect())?;
                    let id = |number: u64| Outcome::Appended(EventId(self.first + number));
                    let expected: Vec<Outcome> = (end..end + events).map(id).collect();
                    if outcomes != expected {
                        return Err(Failure::new(format!("commit {at} gave {outcomes:?}")));
                    }
                    end += events;
                }
                Step::Acknowledge(number) => self.change(Action::Acknowledge, *number)?,
                Step::Delete(number) => self.change(Action::Delete, *number)?,
            }
            self.acknowledged.store(at + 1, Ordering::SeqCst);
            self.look(at + 1, true)?;
            if (at + 1) % SEAL_EVERY == 0 {
                self.storage.seal_now()?;
            }
        }
        Ok(())
    }

    fn change(&self, action: Action, number: u64) -> Result<(), Failure> {
        let id = self.first + number;
        let targets =
            vec![((id >> 16) as u32, [(id & 0xFFFF) as u16].into_iter().collect::<RowSet>())];
        let changed = self.storage.change(Change { action, targets, by: None, note: None })?;
        match changed.changed {
            1 => Ok(()),
            other => Err(Failure::new(format!("{action:?} of {number} changed {other} events"))),
        }
    }

    /// Takes snapshots until the writer is done, and at least so many.
    fn read(&self, least: u64) -> Result<u64, Failure> {
        let (mut taken, mut last) = (0, 0);
        while taken < least || !self.done.load(Ordering::SeqCst) {
            let oldest = self.acknowledged.load(Ordering::SeqCst).max(last);
            last = self.look(oldest, taken % WHOLE_EVERY == 0)?;
            taken += 1;
        }
        Ok(taken)
    }

    /// Takes a snapshot, and makes sure that it shows a state that is not older than that, and that
    /// has been begun; gives its number.
    fn look(&self, oldest: usize, whole: bool) -> Result<usize, Failure> {
        let snapshot = self.storage.snapshot();
        let newest = self.begun.load(Ordering::SeqCst);
        let total = |filter: Filter| {
            execute(&Request::new(filter).newest(0), &snapshot, None).map(|page| page.total)
        };
        let end = snapshot.end().0 - self.first;
        let mark = (end, total(Filter::All)?, total(self.is_acknowledged.clone())?);
        let Some(state) = self.history.states.get(&mark).copied() else {
            return Err(Failure::new(format!("a snapshot shows {mark:?}, which no state is")));
        };
        if state < oldest || newest < state {
            let message = format!("state {state} is shown, not one of {oldest} to {newest}");
            return Err(Failure::new(message));
        }
        if whole && Some(&self.hash(&snapshot)?) != self.history.hashes.get(state) {
            return Err(Failure::new(format!("state {state} is shown with other events")));
        }
        Ok(state)
    }

    fn hash(&self, snapshot: &Snapshot) -> Result<u64, Failure> {
        let mut events = BTreeMap::new();
        for event in stream(&Filter::All, snapshot)? {
            let event = event?;
            if event.name != (event.id.0 - self.first).to_string() {
                return Err(Failure::new(format!("event {} is called {}", event.id, event.name)));
            }
            events.insert(event.id.0 - self.first, event.acknowledgement.is_some());
        }
        Ok(hash(events.into_iter()))
    }
}
