//! What a store must hold after the end of a child: the plan carried out in a model, as far as the
//! child was told that it was done, and the step under way as a whole or not at all.

use super::plan::{LANES, Lane, Plan, Step, draft, question};
use super::worker::{BACKUP, STORE};
use crate::Failure;
use eventscope_model::{Event, Timestamp};
use eventscope_query::{Request, execute, matching, stream};
use eventscope_scope::Filter;
use eventscope_storage::{Create, Indexing, Options, Outcome, Storage};
use eventscope_testkit::Rng;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// Questions for words before the text index is complete, and again after that.
const QUESTIONS: usize = 3;

/// What became of an event that was not pruned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Live,
    Acknowledged,
    Deleted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kept {
    /// 0 while it is not known.
    id: u64,
    fate: Fate,
}

/// Events by their numbers.
type Events = BTreeMap<u64, Kept>;

/// The model of one store, over the lives of all its children.
#[derive(Debug, Default)]
pub(crate) struct World {
    events: Events,
    /// Where the ids ended after each round.
    ends: Vec<u64>,
}

/// What one child was told.
#[derive(Debug)]
struct Told {
    lanes: Vec<Heard>,
    /// Where the last backup ends at least.
    copied: u64,
}

/// What one lane of it was told.
#[derive(Debug)]
struct Heard {
    number: u64,
    rest: Lane,
    /// Steps of which it was told something.
    steps: u64,
    /// The step of which nobody knows whether it was done.
    unsure: Option<Step>,
    /// Whether it was refused a step that writes: from then on, all are.
    stopped: bool,
    /// The last append that was acknowledged.
    last: Option<Step>,
}

/// What was seen in a store.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Found {
    /// Steps that were acknowledged.
    pub(crate) acknowledged: u64,
    /// Steps that write and were refused.
    pub(crate) refused: u64,
    /// Events that were read and compared.
    pub(crate) events: u64,
    /// Steps under way that were there as a whole, and not at all.
    pub(crate) whole: u64,
    pub(crate) absent: u64,
    /// Events appended again, and recognised.
    pub(crate) resent: u64,
    /// How long the open took.
    pub(crate) open: Duration,
}

impl World {
    /// What the next child of this store is to do; it prunes what is older than one round.
    pub(crate) fn plan(&self, seed: u64) -> Plan {
        let round = self.ends.len();
        let old = round.checked_sub(2).map_or(0, |before| self.ends[before]);
        Plan { seed, round: round as u64, lanes: LANES, old }
    }

    /// Compares the store in a folder with what its child said before its end, and goes on from
    /// what it holds.
    pub(crate) fn check(
        &mut self,
        folder: &Path,
        plan: &Plan,
        lines: &[String],
    ) -> Result<Found, Failure> {
        let mut found = Found::default();
        let mut told = Told::hear(plan, lines, &mut self.events, &mut found)?;
        let start = Instant::now();
        let storage = Storage::open(folder.join(STORE), &Options::default())?;
        found.open = start.elapsed();
        let all: Vec<Event> =
            stream(&Filter::All, &storage.snapshot())?.collect::<Result<_, _>>()?;
        let shown = shown(&all)?;
        found.events = all.len() as u64;
        for lane in &mut told.lanes {
            self.settle(plan, lane, &shown, &mut found)?;
        }
        for (number, kept) in &shown {
            // What was under way and is there has the id it has.
            self.events.insert(*number, *kept);
        }
        let mut rng = Rng::new(plan.seed ^ plan.round);
        words(&storage, &all, &mut rng)?;
        storage.finish_text(|_, _| ())?;
        words(&storage, &all, &mut rng)?;
        for lane in told.lanes.iter().filter(|lane| lane.steps > 0) {
            for step in lane.last.iter().chain(&lane.unsure) {
                found.resent += self.send_again(&storage, step)?;
            }
        }
        self.ends.push(storage.snapshot().end().0);
        close_clean(storage)?;
        if told.copied > 0 {
            check_backup(&folder.join(BACKUP), told.copied)?;
        }
        Ok(found)
    }

    /// Finds out whether the step under way was done.
    fn settle(
        &mut self,
        plan: &Plan,
        lane: &mut Heard,
        shown: &Events,
        found: &mut Found,
    ) -> Result<(), Failure> {
        let unlike = difference(plan, lane.number, &self.events, shown);
        let Some(step) = lane.unsure.as_ref().filter(|step| step.writes()) else {
            return unlike.map_or(Ok(()), |unlike| {
                Err(Failure::new(format!("lane {}: {unlike}", lane.number)))
            });
        };
        let Some(unlike) = unlike else {
            found.absent += 1;
            return Ok(());
        };
        apply(&mut self.events, step, 0);
        if let Some(other) = difference(plan, lane.number, &self.events, shown) {
            let step = format!("{step:?}").chars().take(80).collect::<String>();
            let message = format!(
                "lane {} after {} steps: {unlike}; with {step}, too: {other}",
                lane.number, lane.steps
            );
            return Err(Failure::new(message));
        }
        found.whole += 1;
        Ok(())
    }

    /// Appends a batch again: what is there is recognised, and only what is not is new.
    fn send_again(&mut self, storage: &Storage, step: &Step) -> Result<u64, Failure> {
        let Step::Append(numbers) = step else { return Ok(0) };
        let outcomes = storage.append(numbers.clone().map(draft).collect())?;
        let mut known = 0;
        for (number, outcome) in numbers.clone().zip(outcomes) {
            let there = self.events.get(&number).copied();
            match (outcome, there) {
                (Outcome::Duplicate(id), Some(kept)) if id.0 == kept.id => known += 1,
                // What was deleted is known until all that is near it has gone, too.
                (Outcome::Appended(id), None | Some(Kept { fate: Fate::Deleted, .. })) => {
                    self.events.insert(number, Kept { id: id.0, fate: Fate::Live });
                }
                (outcome, there) => {
                    let message = format!("event {number}, known as {there:?}, gave {outcome:?}");
                    return Err(Failure::new(message));
                }
            }
        }
        Ok(known)
    }
}

impl Told {
    /// Takes in what a child said, and carries out in the model what was acknowledged to it.
    fn hear(
        plan: &Plan,
        lines: &[String],
        events: &mut Events,
        found: &mut Found,
    ) -> Result<Self, Failure> {
        let lanes = (0..plan.lanes).map(|number| Heard {
            number,
            rest: Lane::new(plan, number),
            steps: 0,
            unsure: None,
            stopped: false,
            last: None,
        });
        let mut told = Self { lanes: lanes.collect(), copied: 0 };
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            let number = |at: usize| words.get(at).and_then(|word| word.parse::<u64>().ok());
            match (words.first().copied().unwrap_or_default(), number(1), number(2), number(4)) {
                ("done", Some(lane), Some(nth), Some(id)) => {
                    let step = told.lane(lane, nth)?.done()?;
                    found.acknowledged += 1;
                    apply(events, &step, id);
                    if step == Step::Backup {
                        told.copied = id;
                    }
                }
                ("refused", Some(lane), Some(nth), _) => {
                    found.refused += u64::from(told.lane(lane, nth)?.refused(&words)?);
                }
                ("open" | "closed" | "end" | "refused-open" | "refused-close", ..) => {}
                _ => return Err(Failure::new(format!("the child said {line:?}"))),
            }
        }
        if lines.last().is_none_or(|line| !line.starts_with("end") && !line.contains("refused-")) {
            told.lanes.iter_mut().for_each(Heard::cut_off);
        }
        Ok(told)
    }

    fn lane(&mut self, number: u64, step: u64) -> Result<&mut Heard, Failure> {
        let lane = self.lanes.get_mut(number as usize);
        lane.filter(|lane| lane.steps == step)
            .ok_or_else(|| Failure::new(format!("step {step} of lane {number} is not its next")))
    }
}

impl Heard {
    fn next(&mut self) -> Result<Step, Failure> {
        self.steps += 1;
        self.rest.next().ok_or_else(|| Failure::new("a plan has an end"))
    }

    fn done(&mut self) -> Result<Step, Failure> {
        let step = self.next()?;
        if self.stopped && step.writes() {
            let message = format!("step {} was acknowledged after a failed commit", self.steps - 1);
            return Err(Failure::new(message));
        }
        if let Step::Append(_) = step {
            self.last = Some(step.clone());
        }
        Ok(step)
    }

    /// Whether it writes.
    fn refused(&mut self, words: &[&str]) -> Result<bool, Failure> {
        let step = self.next()?;
        if !step.writes() {
            return Ok(false);
        }
        match (words.get(3).copied(), self.stopped) {
            (Some("unknown"), false) => self.unsure = Some(step),
            (Some("stopped"), _) => {}
            (why, stopped) => {
                let message = format!("{step:?} was refused ({why:?}, {stopped}): {words:?}");
                return Err(Failure::new(message));
            }
        }
        self.stopped = true;
        Ok(true)
    }

    /// The child was killed: the step that it was at may have been done.
    fn cut_off(&mut self) {
        if self.unsure.is_none() && !self.stopped {
            self.unsure = self.rest.next();
        }
    }
}

/// Carries out a step in the model; `first` is the id of the first appended event, 0 if unknown.
fn apply(events: &mut Events, step: &Step, first: u64) {
    let mut mark = |some: &[u64], fate: Fate| {
        for number in some {
            if let Some(kept) = events.get_mut(number).filter(|kept| kept.fate != Fate::Deleted) {
                kept.fate = fate;
            }
        }
    };
    match step {
        Step::Append(numbers) => {
            let id = |number| if first > 0 { first + (number - numbers.start) } else { 0 };
            let kept = |number| (number, Kept { id: id(number), fate: Fate::Live });
            events.extend(numbers.clone().map(kept));
        }
        Step::Acknowledge(some) => mark(some, Fate::Acknowledged),
        Step::Delete(some) => mark(some, Fate::Deleted),
        // What was deleted before is not removed: its uid stays known.
        Step::Prune(some) => {
            events.retain(|number, kept| !some.contains(number) || kept.fate == Fate::Deleted)
        }
        Step::PruneBefore(end) => events.retain(|_, kept| kept.id == 0 || kept.id >= *end),
        Step::Seal | Step::Tidy(_) | Step::Words | Step::Backup => {}
    }
}

/// The first difference between what the model has of a lane and what the store shows. Events of
/// earlier rounds belong to the last lane, the only one that touches them.
fn difference(plan: &Plan, lane: u64, events: &Events, shown: &Events) -> Option<String> {
    let is_its_own = |number: &u64| match Lane::owner(*number) {
        (round, of) if round == plan.round => of == lane,
        _ => lane + 1 == plan.lanes,
    };
    let visible = |kept: &Kept| kept.fate != Fate::Deleted;
    let mut expected = events.iter().filter(|(number, kept)| is_its_own(number) && visible(kept));
    let mut there = shown.iter().filter(|(number, _)| is_its_own(number));
    loop {
        return match (expected.next(), there.next()) {
            (None, None) => None,
            (Some((number, kept)), Some((other, seen)))
                if number == other
                    && kept.fate == seen.fate
                    && (kept.id == 0 || kept.id == seen.id) =>
            {
                continue;
            }
            (kept, seen) => Some(format!("{kept:?} should be there, {seen:?} is")),
        };
    }
}

/// The events of a store by their numbers. Each must be what was appended, and there only once.
fn shown(all: &[Event]) -> Result<Events, Failure> {
    let mut events = Events::new();
    for event in all {
        let number = event.uid.strip_prefix("event-").and_then(|number| number.parse().ok());
        let number: u64 = number.ok_or_else(|| Failure::new(format!("there is {}", event.uid)))?;
        let expected = draft(number);
        let same = event.description == expected.description
            && event.name == expected.name
            && event.labels == expected.labels
            && Some(event.time) == expected.time
            && event.severity.level() == expected.severity;
        if !same {
            return Err(Failure::new(format!(
                "event {number} is not what was appended: {event:?}"
            )));
        }
        let acknowledged = event.acknowledgement.is_some();
        let fate = if acknowledged { Fate::Acknowledged } else { Fate::Live };
        if events.insert(number, Kept { id: event.id.0, fate }).is_some() {
            return Err(Failure::new(format!("event {number} is there twice")));
        }
    }
    Ok(events)
}

/// Compares answers to questions for words with what matching every event gives.
fn words(storage: &Storage, all: &[Event], rng: &mut Rng) -> Result<(), Failure> {
    let snapshot = storage.snapshot();
    for _ in 0..QUESTIONS {
        let asked = question(rng);
        let filter = eventscope_scope::parse(&asked)?.lower(Timestamp::EPOCH);
        let mut expected: Vec<u64> =
            all.iter().filter(|event| filter.matches(event)).map(|event| event.id.0).collect();
        expected.sort_unstable();
        let rows = matching(&filter, &snapshot)?;
        let ids: Vec<u64> = rows
            .iter()
            .flat_map(|(window, rows)| {
                rows.iter().map(|row| u64::from(*window) << 16 | u64::from(row))
            })
            .collect();
        let total = execute(&Request::new(filter).newest(0), &snapshot, None)?.total;
        if ids != expected || total != expected.len() as u64 {
            let message = format!(
                "{asked}: {} events match, {} are found, {total} are counted",
                expected.len(),
                ids.len()
            );
            return Err(Failure::new(message));
        }
    }
    Ok(())
}

fn close_clean(storage: Storage) -> Result<(), Failure> {
    let report = storage.verify(|_, _| ())?;
    if !report.is_ok() {
        return Err(Failure::new(format!("verify reports {:?}", report.problems)));
    }
    Ok(storage.close()?)
}

/// Whatever was going on, the folder of a backup is the last one that was acknowledged, or a later.
fn check_backup(folder: &Path, copied: u64) -> Result<(), Failure> {
    let options =
        Options { create: Create::Never, indexing: Indexing::Never, ..Options::default() };
    let storage = Storage::open(folder, &options)?;
    let snapshot = storage.snapshot();
    let all: Vec<Event> = stream(&Filter::All, &snapshot)?.collect::<Result<_, _>>()?;
    shown(&all)?;
    let end = snapshot.end().0;
    if end < copied {
        return Err(Failure::new(format!("the backup ends at {end}, before {copied}")));
    }
    drop(snapshot);
    close_clean(storage)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: Plan = Plan { seed: 2, round: 0, lanes: LANES, old: 0 };

    fn folder_with(numbers: std::ops::Range<u64>) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path().join(STORE), &Options::default()).unwrap();
        if !numbers.is_empty() {
            storage.append(numbers.map(draft).collect()).unwrap();
        }
        storage.close().unwrap();
        folder
    }

    fn check(numbers: std::ops::Range<u64>, lines: &[&str]) -> Result<Found, Failure> {
        let folder = folder_with(numbers);
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        World::default().check(folder.path(), &PLAN, &lines)
    }

    /// How many events the first step of the first lane appends.
    fn first() -> u64 {
        match Lane::new(&PLAN, 0).next() {
            Some(Step::Append(numbers)) => numbers.end,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_was_acknowledged_must_be_there() {
        assert_eq!(check(0..first(), &["done 0 0 write 1"]).unwrap().acknowledged, 1);
        let lost = check(0..0, &["done 0 0 write 1"]).unwrap_err().to_string();
        assert!(lost.contains("should be there"), "{lost}");
    }

    #[test]
    fn what_was_under_way_is_there_as_a_whole_or_not_at_all() {
        assert_eq!(check(0..first(), &["open"]).unwrap().whole, 1);
        assert_eq!(check(0..0, &["open"]).unwrap().absent, 4);
        let half = check(0..first() / 2, &["open"]).unwrap_err().to_string();
        assert!(half.contains("too"), "{half}");
    }

    #[test]
    fn nothing_else_is_there_and_what_is_there_has_the_id_that_was_told() {
        assert!(check(0..first() + 1, &["done 0 0 write 1"]).is_err());
        assert!(check(0..first(), &["done 0 0 write 2"]).is_err());
        assert!(check(0..first(), &["end"]).is_err());
    }

    #[test]
    fn nothing_is_acknowledged_after_a_failed_commit() {
        let steps: Vec<Step> = Lane::new(&PLAN, 0).take(2).collect();
        assert!(steps.iter().all(Step::writes), "{steps:?}");
        let lines = ["refused 0 0 unknown", "done 0 1 write 1", "end"];
        let message = check(0..0, &lines).unwrap_err().to_string();
        assert!(message.contains("after a failed commit"), "{message}");
    }
}
