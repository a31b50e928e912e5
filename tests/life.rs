//! The life of an alert, through the real importer and the real store: whatever is observed of it,
//! in whatever order and however often, it ends as the same event.

#![expect(clippy::unwrap_used, reason = "a test whose preparation fails has to fail")]

mod observations;

use eventscope::{
    Clock, Create, Draft, Event, EventId, HistoryEntry, Indexing, Options, Outcome, Remark,
    Request, State, Store, Targets, Timestamp,
};
use eventscope_formats::{ImportOptions, Importer};
use eventscope_testkit::Rng;
use observations::{Observation, observations};
use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// Lives in memory, and on the disk.
const LIVES: [(Place, u64); 2] = [(Place::Memory, 40), (Place::Disk, 2)];

/// Events that are sealed together.
const WINDOW: usize = 65_536;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Memory,
    Disk,
}

/// A store, and what its answers said.
struct Life {
    store: Option<Store>,
    folder: Option<TempDir>,
    /// How often an observation changed each event.
    updates: BTreeMap<EventId, usize>,
}

impl Life {
    fn new(place: Place) -> Self {
        let folder = (place == Place::Disk).then(|| tempfile::tempdir().unwrap());
        let mut life = Self { store: None, folder, updates: BTreeMap::new() };
        life.open();
        life
    }

    fn open(&mut self) {
        let now: Timestamp = "2026-12-01T00:00:00Z".parse().unwrap();
        let options = Options {
            clock: Clock::at(now),
            indexing: Indexing::Never,
            create: Create::IfMissing,
            ..Options::default()
        };
        self.store = Some(match &self.folder {
            Some(folder) => Store::open_with(folder.path().join("events.db"), options).unwrap(),
            None => Store::in_memory(options).unwrap(),
        });
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    /// Imports observations in batches of any size.
    fn import(&mut self, all: &[&Observation], rng: &mut Rng) -> Vec<Outcome> {
        let dump: String = all.iter().map(|observation| observation.record()).collect();
        let mut importer = Importer::new(ImportOptions::default());
        let records = importer.read(dump.as_bytes());
        let mut drafts: Vec<_> = records.map(|record| record.unwrap().content.unwrap()).collect();
        assert_eq!(drafts.len(), all.len());
        let mut outcomes = Vec::new();
        while !drafts.is_empty() {
            let rest = drafts.split_off(1 + rng.below(drafts.len()));
            outcomes.extend(self.store().append(std::mem::replace(&mut drafts, rest)).unwrap());
        }
        for (outcome, observation) in outcomes.iter().zip(all) {
            match outcome {
                Outcome::Updated(_) if observation.is_notice() => {}
                Outcome::Updated(id) => *self.updates.entry(*id).or_default() += 1,
                Outcome::Rejected(invalid) => panic!("{invalid}"),
                Outcome::Appended(_) | Outcome::Duplicate(_) => {}
            }
        }
        outcomes
    }

    /// Closes the store and opens it again, if it lies on the disk.
    fn reopen(&mut self) {
        if self.folder.is_some() {
            self.store.take().unwrap().close().unwrap();
            self.open();
        }
    }

    /// Seals all events, if the store lies on the disk.
    fn seal(&self) {
        if self.folder.is_none() {
            return;
        }
        // A window that is full is sealed; what comes behind it waits in the tail.
        let next = usize::try_from(self.store().end().0).unwrap();
        let fillers = vec![Draft::custom("filler"); WINDOW - next % WINDOW];
        self.store().append(fillers).unwrap();
        while self.store().stats().unwrap().tail_events > 0 {
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// All alerts by their uid.
    fn events(&self) -> BTreeMap<String, Event> {
        let page =
            self.store().query(&Request::parse("type = alert").unwrap().newest(500)).unwrap();
        assert_eq!(page.total, page.events.len() as u64);
        page.events.into_iter().map(|event| (event.uid.clone(), event)).collect()
    }
}

/// An event but for what depends on the order of arrival, and for what people did to it.
fn observed(event: &Event) -> Event {
    let (id, received) = (EventId(0), Timestamp::EPOCH);
    Event { id, received, acknowledgement: None, ..event.clone() }
}

/// Whether an alert is over, and since when.
type Over = (bool, Option<Timestamp>);

/// What all that was observed has to come to, by uid.
fn expected(all: &[Observation]) -> BTreeMap<String, Over> {
    let mut lives: BTreeMap<(String, Timestamp), (String, Over)> = BTreeMap::new();
    let (notices, observed): (Vec<_>, Vec<_>) = all.iter().partition(|one| one.is_notice());
    for one in observed {
        let life = lives.entry((one.fingerprint(), one.start())).or_default();
        let (is_over, end) = life.1;
        *life = (one.uid(), (is_over || one.is_resolved(), end.max(one.end())));
    }
    // A notice is about the last start before it. The first one ends what says no end itself.
    let about = |notice: &Observation| {
        let before = lives.range(..=(notice.fingerprint(), notice.start())).next_back();
        let same = before.filter(|((fingerprint, _), _)| *fingerprint == notice.fingerprint());
        same.map(|(_, (uid, _))| uid.clone())
    };
    let mut expected = BTreeMap::new();
    for (uid, over) in lives.values() {
        let mine = notices.iter().filter(|notice| about(notice).as_ref() == Some(uid));
        let first = mine.map(|notice| notice.start()).min();
        let over = if over.0 { *over } else { (first.is_some(), first) };
        expected.insert(uid.clone(), over);
    }
    let is_end = |notice: &Observation| {
        let life = about(notice);
        life.is_some_and(|uid| expected.get(&uid) == Some(&(true, Some(notice.start()))))
    };
    let left = notices.iter().filter(|notice| !is_end(notice));
    let left: Vec<_> = left.map(|notice| (notice.uid(), (true, None))).collect();
    expected.extend(left);
    expected
}

/// All that was observed must have come to this, whatever the store has to say.
fn check_against_the_observations(events: &BTreeMap<String, Event>, all: &[Observation]) {
    let found = events
        .iter()
        .map(|(uid, event)| (uid.clone(), (event.state == State::Resolved, event.end_time)));
    assert_eq!(found.collect::<BTreeMap<_, _>>(), expected(all));
    for (uid, event) in events {
        let mut mine = all.iter().filter(|observation| observation.uid() == *uid);
        assert_eq!(event.time, mine.next().unwrap().start(), "{uid}");
    }
}

/// One life of some alerts in any order, acknowledged in the middle of it; gives what it came to.
fn live(place: Place, all: &[Observation], rng: &mut Rng) -> BTreeMap<String, Event> {
    let mut order: Vec<&Observation> = all.iter().collect();
    for _ in 0..rng.below(all.len()) {
        order.push(rng.pick(all));
    }
    for last in (1..order.len()).rev() {
        order.swap(last, rng.below(last + 1));
    }
    let mut life = Life::new(place);
    let chunks: Vec<_> = order.chunks(1 + rng.below(order.len())).collect();
    let middle = rng.below(chunks.len());
    let notices: BTreeSet<String> =
        all.iter().filter(|one| one.is_notice()).map(Observation::uid).collect();
    let mut marked = None;
    for (number, chunk) in chunks.into_iter().enumerate() {
        life.import(chunk, rng);
        if number == middle {
            marked = acknowledge_one(&life, &notices, rng);
        }
        match (number == middle, rng.percent(30)) {
            (true, _) => life.seal(),
            (false, true) => life.reopen(),
            (false, false) => {}
        }
    }
    let events = life.events();
    check_marks(&life, &events, marked.as_ref());
    let again = life.import(&all.iter().collect::<Vec<_>>(), rng);
    assert!(again.iter().all(|outcome| matches!(outcome, Outcome::Duplicate(_))), "{again:?}");
    assert_eq!(life.events(), events);
    check_history(&life, &events, &notices);
    if place == Place::Disk {
        assert!(life.store().verify(|_, _| {}).unwrap().is_ok());
    }
    events.into_iter().map(|(uid, event)| (uid, observed(&event))).collect()
}

/// Acknowledges an alert that fired, if one is there: notices may be gone in the end.
fn acknowledge_one(
    life: &Life,
    notices: &BTreeSet<String>,
    rng: &mut Rng,
) -> Option<(String, EventId)> {
    let mut events = life.events();
    events.retain(|uid, _| !notices.contains(uid));
    let events: Vec<_> = events.into_iter().collect();
    let (uid, event) = events.get(rng.below(events.len().max(1)))?;
    let remark = Remark::by("aya").note("known");
    let changed = life.store().acknowledge(&Targets::id(event.id), &remark).unwrap();
    assert_eq!(changed.changed, 1);
    Some((uid.clone(), event.id))
}

/// The mark survives all that was observed after it, and no other event has one.
fn check_marks(life: &Life, events: &BTreeMap<String, Event>, marked: Option<&(String, EventId)>) {
    for (uid, event) in events {
        let by = event.acknowledgement.as_ref().and_then(|mark| mark.by.as_deref());
        let is_marked = marked.is_some_and(|(marked, _)| marked == uid);
        assert_eq!(by, is_marked.then_some("aya"), "{uid}");
    }
    let Some(marked) = marked else { return };
    if let Some(event) = events.get(&marked.0) {
        assert_eq!(event.id, marked.1);
        let history = life.store().history(event.id).unwrap();
        assert!(history.iter().any(|entry| entry.by.as_deref() == Some("aya")), "{history:?}");
    }
}

/// The history of an event has one entry for each observation that changed it. What notices did to
/// it is told with a note.
fn check_history(life: &Life, events: &BTreeMap<String, Event>, notices: &BTreeSet<String>) {
    // An alert that fires again says so once, and is what it was.
    let is_again = |entry: &&HistoryEntry| entry.note.as_deref() == Some("fired again");
    let is_observation = |entry: &&HistoryEntry| {
        matches!(entry.what.name(), "observed" | "amended") && entry.note.is_none()
    };
    for event in events.values().filter(|event| !notices.contains(&event.uid)) {
        let history = life.store().history(event.id).unwrap();
        let observations = history.iter().filter(is_observation).count();
        let updates = life.updates.get(&event.id).copied().unwrap_or_default();
        assert_eq!(observations, updates, "{}: {history:?}", event.uid);
        assert!(history.iter().filter(is_again).count() <= 1, "{}: {history:?}", event.uid);
    }
}

#[test]
fn any_order_of_observations_ends_in_the_same_events() {
    let mut updates_seen = false;
    for (place, lives) in LIVES {
        for seed in 0..lives {
            let rng = &mut Rng::new(seed);
            let all = observations(rng);
            let first = live(place, &all, rng);
            check_against_the_observations(&first, &all);
            for other in 0..3 {
                assert_eq!(live(place, &all, rng), first, "{place:?}, seed {seed}, order {other}");
            }
            updates_seen |= first.values().any(|event| event.state == State::Resolved);
        }
    }
    assert!(updates_seen);
}
