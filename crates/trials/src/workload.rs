//! A workload of commits of every kind, with the state of the store after each.
//!
//! It is the same for the same seed. Between two steps the workload waits for the text index, so
//! that what the threads of the store do to its medium comes in the same order every time.

use crate::Failure;
use eventscope_model::{Draft, EventId, EventType, Timestamp, UidTime};
use eventscope_storage::{
    Action, Change, Clock, CompactionEffort, Error, Indexing, Memory as Budget, Options, Outcome,
    Result, RowSet, Storage,
};
use eventscope_testkit::Rng;
use eventscope_testkit::medium::{Memory, Op};
use std::ops::Range;
use std::sync::Arc;
use xxhash_rust::xxh3::Xxh3;

/// Where the store is.
pub(crate) const DIR: &str = "/var/events.db";
/// Ids between two of which the history is compared.
const HISTORY_EVERY: usize = 11;

/// One step, most of which are one commit.
#[derive(Clone, Debug)]
enum Step {
    /// New events with these numbers.
    Append(Range<u64>),
    /// Later observations of events with these numbers, and some that say nothing new.
    Again(Vec<u64>),
    Change(Action, RowSet),
    /// The last change is undone, if it can be.
    Undo,
    Prune(RowSet),
    Seal,
    Tidy,
    Reopen,
}

/// A list of steps.
#[derive(Clone, Debug)]
pub(crate) struct Workload {
    steps: Vec<Step>,
}

/// What a workload did to its medium.
#[derive(Debug)]
pub(crate) struct Recording {
    /// Its operations; a mark with an even number 2n says that step n has begun, one with 2n + 1
    /// that it is acknowledged.
    pub(crate) ops: Vec<Op>,
    /// How many operations there were, those that only look included.
    pub(crate) steps: u64,
    /// The state at first and after each step.
    pub(crate) states: Vec<State>,
}

/// Everything that a store says of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// A hash of all of them.
    pub(crate) events: u64,
    /// A hash of the histories of some.
    pub(crate) histories: u64,
}

impl Workload {
    /// So many steps.
    pub(crate) fn new(rng: &mut Rng, steps: usize) -> Self {
        let (mut end, mut all) = (0, vec![Step::Append(0..0)]);
        while all.len() <= steps {
            let known = |rng: &mut Rng| rng.below(end as usize) as u64;
            let step = match rng.below(20) {
                _ if end < 20 => Step::Append(end..end + 20),
                0..=6 => Step::Append(end..end + rng.between(1, 40) as u64),
                7 => Step::Append(end..end + rng.between(100, 300) as u64),
                8 | 9 => Step::Again((0..6).map(|_| known(rng)).collect()),
                10..=12 => {
                    let actions = [Action::Acknowledge, Action::Unacknowledge, Action::Resolve];
                    Step::Change(*rng.pick(&actions), rows(rng, end, 12))
                }
                13 => Step::Change(Action::Delete, rows(rng, end, 6)),
                14 => Step::Undo,
                15 => Step::Prune(rows(rng, end, 30)),
                16 | 17 => Step::Seal,
                18 => Step::Tidy,
                _ => Step::Reopen,
            };
            if let Step::Append(numbers) = &step {
                end = numbers.end;
            }
            all.push(step);
        }
        Self { steps: all.split_off(1) }
    }

    pub(crate) fn len(&self) -> usize {
        self.steps.len()
    }

    /// Runs on a new store.
    pub(crate) fn record(&self) -> std::result::Result<Recording, Failure> {
        let memory = Memory::recording();
        let mut stage = Stage::open(&memory, Indexing::Background)?;
        let mut states = vec![stage.state()?];
        for (at, step) in self.steps.iter().enumerate() {
            let number = at as u64 + 1;
            memory.mark(2 * number);
            stage.run(step)?;
            memory.mark(2 * number + 1);
            stage.settle()?;
            states.push(stage.state()?);
        }
        stage.close()?;
        Ok(Recording { ops: memory.take_ops(), steps: self.steps()?, states })
    }

    /// How many operations a run asks for, without those of looking at its states.
    fn steps(&self) -> Result<u64> {
        let memory = Memory::default();
        let mut stage = Stage::open(&memory, Indexing::Background)?;
        let (_, error) = self.run_on(&mut stage);
        error.map_or(Ok(()), Err)?;
        stage.close()?;
        Ok(memory.steps())
    }

    /// Runs one step after another until one fails; says how many did not, and why the next did.
    pub(crate) fn run_on(&self, stage: &mut Stage) -> (usize, Option<Error>) {
        for (done, step) in self.steps.iter().enumerate() {
            if let Err(error) = stage.run(step) {
                return (done, Some(error));
            }
            // The text index is no part of what is promised.
            let _ = stage.settle();
        }
        (self.steps.len(), None)
    }
}

/// A few rows below an end, in one run or scattered.
fn rows(rng: &mut Rng, end: u64, most: usize) -> RowSet {
    let count = 1 + rng.below(most) as u64;
    if rng.percent(40) {
        let first = rng.below(end as usize) as u64;
        let last = (first + count).min(end);
        return (first..=last).map(|row| row as u16).collect();
    }
    (0..count).map(|_| 1 + rng.below(end as usize) as u16).collect()
}

/// An open store.
#[derive(Debug)]
pub(crate) struct Stage {
    memory: Memory,
    storage: Storage,
    last_change: Option<u64>,
}

impl Stage {
    /// Opens the store of a medium, or makes one.
    pub(crate) fn open(memory: &Memory, indexing: Indexing) -> Result<Self> {
        Self::open_at(memory, DIR, indexing)
    }

    /// The same in another folder.
    pub(crate) fn open_at(memory: &Memory, dir: &str, indexing: Indexing) -> Result<Self> {
        let options = Options {
            indexing,
            clock: Clock::at(second(1_000_000)),
            memory: Budget { bytes: 1024 * 1024 },
            ..Options::default()
        };
        let storage = Storage::open_on(Arc::new(memory.clone()), dir, &options)?;
        Ok(Self { memory: memory.clone(), storage, last_change: None })
    }

    pub(crate) fn storage(&self) -> &Storage {
        &self.storage
    }

    pub(crate) fn close(self) -> Result<()> {
        self.storage.close()
    }

    /// Makes so many changes whose notes are long and hard to compress.
    pub(crate) fn remark(&mut self, rng: &mut Rng, changes: usize) -> Result<()> {
        for n in 0..changes {
            let note: String = (0..4_000).map(|_| char::from(b' ' + rng.below(64) as u8)).collect();
            let action = [Action::Acknowledge, Action::Unacknowledge][n % 2];
            let targets = vec![(0, RowSet::span(10, 12))];
            self.storage.change(Change { action, targets, by: None, note: Some(note) })?;
        }
        Ok(())
    }

    fn run(&mut self, step: &Step) -> Result<()> {
        match step {
            Step::Append(numbers) => {
                drop(self.storage.append(numbers.clone().map(draft).collect())?)
            }
            Step::Again(numbers) => {
                let again = numbers.iter().flat_map(|n| [draft(*n), observed(*n)]);
                self.storage.append(again.collect())?;
            }
            Step::Change(action, rows) => {
                let targets = vec![(0, rows.clone())];
                let by = Some("aya".to_owned());
                let change = Change { action: *action, targets, by, note: None };
                self.last_change = self.storage.change(change)?.change.or(self.last_change);
            }
            Step::Undo => {
                if let Some(change) = self.last_change.take() {
                    match self.storage.undo(change, None, None) {
                        Err(Error::NotUndone { .. }) => {}
                        other => drop(other?),
                    }
                }
            }
            Step::Prune(rows) => drop(self.storage.prune(vec![(0, rows.clone())])?),
            Step::Seal => self.storage.seal_now()?,
            Step::Tidy => self.storage.compact(CompactionEffort::Tight)?,
            Step::Reopen => {
                self.storage.clone().close()?;
                *self = Self {
                    last_change: self.last_change,
                    ..Self::open(&self.memory, Indexing::Background)?
                };
            }
        }
        Ok(())
    }

    /// Waits for the text index.
    fn settle(&self) -> Result<()> {
        self.storage.finish_text(|_, _| ())
    }

    /// Everything that the store says of events.
    pub(crate) fn state(&self) -> Result<State> {
        let mut hash = Xxh3::new();
        for id in (1..self.storage.snapshot().end().0).step_by(HISTORY_EVERY) {
            let history = self.storage.history(EventId(id))?;
            hash.update(format!("{id} {history:?}").as_bytes());
        }
        Ok(State { events: self.events()?, histories: hash.digest() })
    }

    /// A hash of all events.
    pub(crate) fn events(&self) -> Result<u64> {
        let snapshot = self.storage.snapshot();
        let mut hash = Xxh3::new();
        for id in 1..snapshot.end().0 {
            if let Some(event) = snapshot.event(EventId(id))? {
                hash.update(format!("{event:?}").as_bytes());
            }
        }
        hash.update(&snapshot.end().0.to_le_bytes());
        Ok(hash.digest())
    }

    /// Makes sure that everything derived is what it should be.
    pub(crate) fn verify(&self) -> std::result::Result<(), Failure> {
        let report = self.storage.verify(|_, _| {})?;
        if !report.is_ok() {
            return Err(Failure::new(format!("verify says {:?}", report.problems)));
        }
        Ok(())
    }

    /// Makes sure that the store goes on where it was.
    pub(crate) fn go_on(&self) -> std::result::Result<(), Failure> {
        let next = self.storage.snapshot().end();
        let outcomes = self.storage.append(vec![draft(1_000_000)])?;
        let again = self.storage.append(vec![draft(1_000_000)])?;
        if outcomes != [Outcome::Appended(next)] || again != [Outcome::Duplicate(next)] {
            return Err(Failure::new(format!("a new event gave {outcomes:?}, then {again:?}")));
        }
        match self.storage.snapshot().event(next)? {
            Some(event) if event.id == next => Ok(()),
            other => Err(Failure::new(format!("in place of a new event there is {other:?}"))),
        }
    }
}

/// 2026-11-23T09:00:00Z plus some seconds.
fn second(second: i64) -> Timestamp {
    Timestamp::from_unix(1_795_424_400 + second).unwrap_or(Timestamp::EPOCH)
}

/// A draft that says its number in every field.
pub(crate) fn draft(n: u64) -> Draft {
    let event_type = [EventType::Alert, EventType::Kubernetes, EventType::Custom][n as usize % 3];
    Draft::new(event_type, "test", format!("Event {}", n % 7))
        .severity((n % 8) as u8)
        .description(format!("this is number {n} in \u{6771}\u{4eac}"))
        .time(second((n as i64 * 7_919) % 50_000))
        .label("kubernetes.namespace.name", format!("ns-{}", n % 5))
        .label("kube_pod_name", format!("pod-{}", n / 3))
        .tag("parity", if n.is_multiple_of(2) { "even" } else { "odd" })
        .uid(format!("k8s:{:032x}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15)), UidTime::Fixed)
}

/// The same event, observed later.
fn observed(n: u64) -> Draft {
    draft(n).description("seen again").resolved(second(60_000))
}
