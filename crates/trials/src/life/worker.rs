//! What a child does: it carries out its plan on a store, and says what was acknowledged to it.

use super::child::say;
use super::plan::{Lane, Plan, Step, draft};
use crate::Failure;
use eventscope_model::EventId;
use eventscope_storage::{Action, Change, Changed, Error, Options, Outcome, RowSet, Storage};
use std::collections::BTreeMap;
use std::path::Path;

/// Steps of each lane between an open and a close of a child that works until it is killed.
const SITTING: u64 = 40;
/// The folders of the store and of its backup.
pub(crate) const STORE: &str = "store";
pub(crate) const BACKUP: &str = "backup";

/// Kinds of steps: those for which the log was written, that of having waited for all words to be
/// indexed, and others.
pub(super) const WRITE: &str = "write";
pub(super) const WORDS: &str = "words";
const OTHER: &str = "other";

/// How far a script goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Script {
    /// How often the store is opened and closed.
    pub(crate) sittings: u64,
    /// Steps in between.
    pub(crate) steps: u64,
}

/// A lane at work.
struct Hand {
    number: u64,
    lane: Lane,
    /// Steps so far.
    steps: u64,
    /// The ids of its events.
    ids: BTreeMap<u64, u64>,
    /// Whether it was refused something.
    refused: bool,
}

/// Works by a plan on a store in a folder, opening and closing it, until the process is killed.
pub(super) fn write(folder: &Path, plan: &Plan) -> Result<(), Failure> {
    let mut hands: Vec<Hand> = (0..plan.lanes).map(|number| Hand::new(plan, number)).collect();
    loop {
        let storage = open(folder)?;
        let worked: Result<Vec<()>, Failure> = std::thread::scope(|scope| {
            let works: Vec<_> = hands
                .iter_mut()
                .map(|hand| scope.spawn(|| hand.work(&storage, folder, SITTING)))
                .collect();
            let join = |work: std::thread::ScopedJoinHandle<'_, Result<(), Failure>>| {
                work.join().map_err(|_| Failure::new("a lane panicked"))?
            };
            works.into_iter().map(join).collect()
        });
        worked?;
        if hands.iter().any(|hand| hand.refused) {
            return Err(Failure::new("a step was refused"));
        }
        close(storage)?;
    }
}

/// Works by a plan of one lane on one thread, up to an end; no further than to the end of the
/// sitting in which something was refused.
pub(super) fn script(folder: &Path, plan: &Plan, script: Script) -> Result<(), Failure> {
    // The last lane is the one that does everything.
    let mut hand = Hand::new(plan, plan.lanes - 1);
    for _ in 0..script.sittings {
        let storage = match open(folder) {
            Ok(storage) => storage,
            Err(error) => return say(&format!("refused-open {error}")),
        };
        hand.work(&storage, folder, script.steps)?;
        if let Err(error) = close(storage) {
            return say(&format!("refused-close {error}"));
        }
        if hand.refused {
            break;
        }
    }
    say("end")
}

fn open(folder: &Path) -> Result<Storage, Failure> {
    let storage = Storage::open(folder.join(STORE), &Options::default())?;
    say("open")?;
    Ok(storage)
}

fn close(storage: Storage) -> Result<(), Failure> {
    storage.close()?;
    say("closed")
}

impl Hand {
    fn new(plan: &Plan, number: u64) -> Self {
        let lane = Lane::new(plan, number);
        Self { number, lane, steps: 0, ids: BTreeMap::new(), refused: false }
    }

    /// Does some steps, and says of each what came of it: `done`, its lane, its number, its kind,
    /// and the id of the first event it appended or the end of those that it backed up.
    fn work(&mut self, storage: &Storage, folder: &Path, steps: u64) -> Result<(), Failure> {
        for _ in 0..steps {
            let Some(step) = self.lane.next() else { break };
            let place = format!("{} {}", self.number, self.steps);
            self.steps += 1;
            match self.step(storage, folder, &step) {
                Ok((id, kind)) => say(&format!("done {place} {kind} {id}"))?,
                Err(error) => {
                    self.refused = true;
                    let why = match error {
                        Error::Unknown { .. } => "unknown",
                        Error::Stopped { .. } | Error::Unsealed { .. } => "stopped",
                        _ => "failed",
                    };
                    say(&format!("refused {place} {why} {error}: {:?}", error_source(&error)))?;
                }
            }
        }
        Ok(())
    }

    /// Does a step; gives what is told of it, and of which kind it was: `write` if the log had to
    /// be written for it.
    fn step(
        &mut self,
        storage: &Storage,
        folder: &Path,
        step: &Step,
    ) -> Result<(u64, &'static str), Error> {
        match step {
            Step::Append(numbers) => {
                let outcomes = storage.append(numbers.clone().map(draft).collect())?;
                let ids = numbers.clone().zip(outcomes).filter_map(|(number, outcome)| {
                    if let Outcome::Appended(id) = outcome { Some((number, id.0)) } else { None }
                });
                self.ids.extend(ids);
                // 0 is the id of none.
                Ok((self.ids.get(&numbers.start).copied().unwrap_or_default(), WRITE))
            }
            Step::Acknowledge(some) => self.change(storage, Action::Acknowledge, some),
            Step::Delete(some) => self.change(storage, Action::Delete, some),
            Step::Prune(some) => prune(storage, self.rows(some)),
            Step::PruneBefore(end) => prune(storage, before(*end)),
            Step::Seal => storage.seal_now().map(|()| (0, OTHER)),
            Step::Tidy(room) => storage.compact(*room).map(|()| (0, OTHER)),
            Step::Words => storage.finish_text(|_, _| ()).map(|()| (0, WORDS)),
            Step::Backup => {
                let EventId(end) = storage.snapshot().end();
                storage.backup(folder.join(BACKUP), |_, _| ()).map(|_| (end, OTHER))
            }
        }
    }

    fn change(
        &self,
        storage: &Storage,
        action: Action,
        some: &[u64],
    ) -> Result<(u64, &'static str), Error> {
        let change = Change { action, targets: self.rows(some), by: None, note: None };
        // A change that changes nothing is not written.
        let kind = |changed: Changed| if changed.changed > 0 { WRITE } else { OTHER };
        storage.change(change).map(|changed| (0, kind(changed)))
    }

    /// The rows of events. What was refused has none.
    fn rows(&self, some: &[u64]) -> Vec<(u32, RowSet)> {
        let mut windows: BTreeMap<u32, RowSet> = BTreeMap::new();
        for id in some.iter().filter_map(|number| self.ids.get(number)) {
            let rows = windows.entry((id >> 16) as u32).or_insert_with(RowSet::empty);
            rows.insert((id & 0xFFFF) as u16);
        }
        windows.into_iter().collect()
    }
}

fn prune(storage: &Storage, rows: Vec<(u32, RowSet)>) -> Result<(u64, &'static str), Error> {
    let pruned = storage.prune(rows)?;
    Ok((0, if pruned.removed_events > 0 { WRITE } else { OTHER }))
}

/// The rows of all ids before one.
fn before(end: u64) -> Vec<(u32, RowSet)> {
    let last = end.saturating_sub(1);
    let window = |number: u64| {
        let row = if number == last >> 16 { (last & 0xFFFF) as u16 } else { u16::MAX };
        (number as u32, RowSet::span(0, row))
    };
    (0..=last >> 16).map(window).collect()
}

fn error_source(error: &Error) -> Option<String> {
    std::error::Error::source(error).map(ToString::to_string)
}
