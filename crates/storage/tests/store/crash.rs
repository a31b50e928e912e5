//! Power goes off at any moment: a process that appends, changes and seals is killed, and the
//! store must hold what it had acknowledged.
//!
//! The process is this test binary once more, told by the environment to be the child. It says on
//! its output what was acknowledged to it.

use super::{check_whole, draft, drafts, options};
use eventscope_model::EventId;
use eventscope_storage::{Action, Change, Outcome, Room, RowSet, Storage};
use eventscope_testkit::Rng;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Tells the child its store; [`ROUND`] tells it which round it is.
const DIR: &str = "EVENTSCOPE_CRASH_DIR";
const ROUND: &str = "EVENTSCOPE_CRASH_ROUND";
const STORES: u64 = 4;
const ROUNDS: u64 = 5;
/// Threads of the child that append.
const APPENDERS: u64 = 3;

/// Batch number `batch` of an appender in a round: the number of its first draft, and how many.
fn batches(round: u64, appender: u64) -> impl Iterator<Item = std::ops::Range<u64>> {
    let lane = round * APPENDERS + appender;
    let mut rng = Rng::new(lane);
    // Numbers of one lane never meet those of another.
    let mut next = lane * 10_000_000;
    std::iter::repeat_with(move || {
        let sizes: &[u64] = if appender == 0 { &[10_000, 10_000, 3_000] } else { &[1, 3, 50, 400] };
        let start = next;
        next += rng.pick(sizes);
        start..next
    })
}

/// What the child does until it is killed.
fn child(dir: &Path, round: u64) {
    let storage = Storage::open(dir, &options()).unwrap();
    say("open");
    let newest = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for appender in 0..APPENDERS {
            let (storage, newest) = (&storage, &newest);
            scope.spawn(move || {
                for (batch, numbers) in batches(round, appender).enumerate() {
                    let outcomes = storage.append(drafts(numbers)).unwrap();
                    let Outcome::Appended(first) = outcomes[0] else { panic!("it is new") };
                    say(&format!("appended {appender} {batch} {first}"));
                    newest.store(first.0, Ordering::Relaxed);
                }
            });
        }
        scope.spawn(|| change_and_seal(&storage, round, &newest));
    });
}

fn change_and_seal(storage: &Storage, round: u64, newest: &AtomicU64) {
    let mut rng = Rng::new(round);
    loop {
        let id = newest.load(Ordering::Relaxed);
        if id == 0 {
            std::thread::yield_now();
            continue;
        }
        let rows: RowSet = [(id & 0xFFFF) as u16].into_iter().collect();
        let targets = vec![((id >> 16) as u32, rows)];
        let change = Change { action: Action::Delete, targets, by: None, note: None };
        if storage.change(change).unwrap().changed == 1 {
            say(&format!("deleted {id}"));
        }
        if rng.percent(3) {
            storage.seal_now().unwrap();
            say("sealed");
        }
    }
}

/// Writes one line at once, past the capture of test output.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "child: {line}").and_then(|()| out.flush()).unwrap();
}

/// What the child had been told before it was killed.
#[derive(Default)]
struct Told {
    /// The first id of each batch, by appender.
    appended: [Vec<u64>; APPENDERS as usize],
    deleted: Vec<u64>,
    open: bool,
    /// Up to which id was to be pruned, and up to which it was.
    pruning: u64,
    pruned: u64,
    /// All of the latter.
    bounds: Vec<u64>,
    /// How many events were appended one after another.
    count: u64,
}

impl Told {
    fn hear(&mut self, line: &str) {
        // The harness of the child may begin the line with words of its own.
        let Some((_, line)) = line.split_once("child: ") else { return };
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| words[at].parse::<u64>().unwrap();
        match words[0] {
            "appended" => {
                let batches = &mut self.appended[number(1) as usize];
                assert_eq!(batches.len() as u64, number(2));
                batches.push(number(3));
            }
            "deleted" => self.deleted.push(number(1)),
            "open" => self.open = true,
            "pruning" => self.pruning = number(1),
            "pruned" => {
                self.pruned = number(1);
                self.bounds.push(self.pruned);
            }
            "count" => self.count = number(1),
            other => assert_eq!(other, "sealed"),
        }
    }
}

/// When a child is killed.
#[derive(Clone, Copy)]
enum Moment {
    /// So long after it was started, be its store there or not.
    AfterStart(Duration),
    /// So long after it has opened its store.
    AfterOpening(Duration),
}

fn run_and_kill(test: &str, dir: &Path, round: u64, moment: Moment) -> Told {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([&format!("crash::{test}"), "--exact", "--nocapture"])
        .env(DIR, dir)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut told = Told::default();
    let delay = match moment {
        Moment::AfterStart(delay) => delay,
        Moment::AfterOpening(delay) => {
            while !told.open {
                let mut line = String::new();
                assert_ne!(
                    out.read_line(&mut line).unwrap(),
                    0,
                    "the child did not open its store"
                );
                told.hear(line.trim_end());
            }
            delay
        }
    };
    let reader = std::thread::spawn(move || {
        for line in out.lines() {
            told.hear(&line.unwrap());
        }
        told
    });
    std::thread::sleep(delay);
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), None, "the child ended before it was killed");
    reader.join().unwrap()
}

/// Checks a store after a crash against what was told before it; returns the next free id.
fn check(dir: &Path, round: u64, before: u64, told: &Told, rng: &mut Rng) -> u64 {
    let storage = Storage::open(dir, &options()).unwrap();
    if rng.percent(50) {
        storage.seal_now().unwrap();
    }
    let snapshot = storage.snapshot();
    let mut next = EventId(1);
    for part in snapshot.parts() {
        assert_eq!(part.first(), next);
        next = part.end();
    }
    assert_eq!(next, snapshot.end());
    for id in &told.deleted {
        assert_eq!(snapshot.event(EventId(*id)).unwrap(), None, "{id} was deleted");
    }
    let mut appended = 0;
    for (appender, firsts) in told.appended.iter().enumerate() {
        for (numbers, first) in batches(round, appender as u64).zip(firsts) {
            appended += numbers.end - numbers.start;
            check_batch(&storage, numbers, *first);
        }
    }
    let unanswered = append_unanswered(&storage, round, told);
    // Beside what was acknowledged there is only what waited for its answer.
    assert_eq!(snapshot.end().0, before + appended + unanswered);
    drop(snapshot);
    let report = storage.verify(|_, _| {}).unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
    let end = storage.snapshot().end().0;
    storage.close().unwrap();
    end
}

/// Checks that a batch is there under its ids, and that appending it again adds nothing.
fn check_batch(storage: &Storage, numbers: std::ops::Range<u64>, first: u64) {
    let snapshot = storage.snapshot();
    let len = numbers.end - numbers.start;
    for offset in (0..len).step_by(len as usize / 100 + 1).chain([len - 1]) {
        // The first of a batch may have been deleted.
        let event = snapshot.event(EventId(first + offset)).unwrap();
        assert!(event.is_some() || offset == 0);
        let expected = draft(numbers.start + offset);
        if let Some(event) = event {
            assert_eq!(event.uid, expected.uid.as_ref().unwrap().text);
            assert_eq!(event.description, expected.description);
            assert_eq!(event.labels, expected.labels);
            assert_eq!(Some(event.time), expected.time);
        }
    }
    let few = drafts(numbers.start..numbers.end.min(numbers.start + 500));
    let expected: Vec<Outcome> =
        (0..few.len() as u64).map(|offset| Outcome::Duplicate(EventId(first + offset))).collect();
    assert_eq!(storage.append(few).unwrap(), expected);
}

/// Appends the batches again that were under way at the crash. Each must be there as a whole or
/// not at all; returns how many events were there.
fn append_unanswered(storage: &Storage, round: u64, told: &Told) -> u64 {
    let mut there = 0;
    for (appender, firsts) in told.appended.iter().enumerate() {
        let numbers = batches(round, appender as u64).nth(firsts.len()).unwrap();
        let len = numbers.end - numbers.start;
        let outcomes = storage.append(drafts(numbers)).unwrap();
        let (first, duplicate) = match &outcomes[0] {
            Outcome::Duplicate(first) => (first.0, true),
            Outcome::Appended(first) => (first.0, false),
            other => panic!("{other:?}"),
        };
        let outcome = |id| match duplicate {
            true => Outcome::Duplicate(EventId(id)),
            false => Outcome::Appended(EventId(id)),
        };
        assert_eq!(outcomes, (first..first + len).map(outcome).collect::<Vec<_>>());
        there += if duplicate { len } else { 0 };
    }
    there
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    if let (Ok(dir), Ok(round)) = (std::env::var(DIR), std::env::var(ROUND)) {
        return child(Path::new(&dir), round.parse().unwrap());
    }
    for store in 0..STORES {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.db");
        let mut rng = Rng::new(store);
        let mut end = 1;
        for round in 0..ROUNDS {
            let moment = if round == 0 {
                Moment::AfterStart(Duration::from_millis(rng.below(40) as u64))
            } else {
                Moment::AfterOpening(Duration::from_millis(rng.below(1_200) as u64))
            };
            let test = "what_was_acknowledged_survives_kill_9";
            let told = run_and_kill(test, &path, round, moment);
            println!(
                "store {store}, round {round}: batches {:?}",
                told.appended.each_ref().map(Vec::len)
            );
            end = check(&path, round, end, &told, &mut rng);
        }
    }
}

/// Ids behind the newest pruned one of which only every second is pruned.
const HALF: u64 = 4_000;

/// Whether an event is there after the events before `bound` were pruned.
fn is_left(id: u64, bound: u64) -> bool {
    id >= bound || (id + HALF >= bound && !id.is_multiple_of(2))
}

/// Appends without end, and prunes what is older than some thousand events.
fn prune_and_append(dir: &Path, round: u64) {
    let storage = Storage::open(dir, &options()).unwrap();
    say("open");
    let mut rng = Rng::new(round);
    loop {
        let end = storage.snapshot().end().0;
        let more = rng.between(500, 4_000) as u64;
        storage.append(drafts(end - 1..end - 1 + more)).unwrap();
        say(&format!("count {}", end - 1 + more));
        if rng.percent(40) {
            storage.seal_now().unwrap();
        }
        let bound = (end + more).saturating_sub(rng.below(12_000) as u64);
        let gone = (1..bound).filter(|id| !is_left(*id, bound));
        let mut targets: Vec<(u32, RowSet)> = Vec::new();
        for id in gone {
            let window = (id >> 16) as u32;
            if targets.last().is_none_or(|(last, _)| *last != window) {
                targets.push((window, RowSet::empty()));
            }
            targets.last_mut().unwrap().1.insert((id & 0xFFFF) as u16);
        }
        say(&format!("pruning {bound}"));
        storage.prune(targets).unwrap();
        say(&format!("pruned {bound}"));
        match rng.below(3) {
            0 => storage.tidy(Room::Tight).unwrap(),
            1 => storage.begin_to_tidy(Room::Tight).unwrap(),
            _ => {}
        }
    }
}

/// Checks that exactly those events are there that the last pruning has left.
fn check_left(dir: &Path, told: &Told, bounds: &mut Vec<u64>) {
    let storage = Storage::open(dir, &options()).unwrap();
    let snapshot = storage.snapshot();
    let end = snapshot.end().0;
    assert!(end > told.count, "{} events, {} acknowledged", end - 1, told.count);
    let left = |bounds: &[u64], id: u64| bounds.iter().all(|bound| is_left(id, *bound));
    let there: Vec<bool> = (1..end)
        .map(|id| {
            let event = snapshot.event(EventId(id)).unwrap();
            assert!(event.as_ref().is_none_or(|e| e.description == draft(id - 1).description));
            event.is_some()
        })
        .collect();
    let is = |bounds: &[u64]| (1..end).zip(&there).all(|(id, there)| left(bounds, id) == *there);
    // A pruning that was under way is there as a whole or not at all.
    if told.pruning != told.pruned {
        bounds.push(told.pruning);
        if !is(bounds) {
            bounds.pop();
        }
    }
    assert!(is(bounds), "pruned before {bounds:?}");
    let report = storage.verify(|_, _| {}).unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
    storage.tidy(Room::Tight).unwrap();
    assert_eq!(
        storage.stats().unwrap().events,
        there.iter().filter(|there| **there).count() as u64
    );
    storage.close().unwrap();
}

#[test]
fn pruning_survives_kill_9() {
    let test = "pruning_survives_kill_9";
    if let (Ok(dir), Ok(round)) = (std::env::var(DIR), std::env::var(ROUND)) {
        return prune_and_append(Path::new(&dir), round.parse().unwrap());
    }
    for store in 0..STORES {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.db");
        let mut rng = Rng::new(store);
        let mut bounds = Vec::new();
        for round in 0..ROUNDS {
            let delay = Duration::from_millis(rng.below(700) as u64);
            let told =
                run_and_kill(test, &path, store * ROUNDS + round, Moment::AfterOpening(delay));
            bounds.extend(told.bounds.iter().copied());
            println!(
                "store {store}, round {round}: {} events, {} times pruned",
                told.count,
                bounds.len()
            );
            check_left(&path, &told, &mut bounds);
        }
    }
}

#[test]
fn a_tail_of_many_bytes_is_sealed_batch_by_batch_after_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    let (path, copy) = (dir.path().join("events.db"), dir.path().join("copy.db"));
    let storage = Storage::open(&path, &options()).unwrap();
    std::fs::create_dir(&copy).unwrap();
    std::fs::copy(path.join("segments.redb"), copy.join("segments.redb")).unwrap();
    let mut rng = Rng::new(1);
    let text: String = (0..3_000).map(|_| format!("{:016x}", rng.bits())).collect();
    // More than a tail may hold, in batches that do not end where it is full.
    for start in (0..900).step_by(75) {
        let batch = (start..start + 75).map(|n| draft(n).description(&text));
        storage.append(batch.collect()).unwrap();
    }
    std::fs::copy(path.join("log.redb"), copy.join("log.redb")).unwrap();
    drop(storage);
    for round in 0..2 {
        let storage = Storage::open(&copy, &options()).unwrap();
        let stats = storage.stats().unwrap();
        assert_eq!(stats.events, 900, "round {round}: {stats:?}");
        assert!(storage.verify(|_, _| {}).unwrap().is_ok());
        storage.close().unwrap();
    }
}

#[test]
fn a_tail_over_two_windows_is_sealed_after_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    let (path, copy) = (dir.path().join("events.db"), dir.path().join("copy.db"));
    let storage = Storage::open(&path, &options()).unwrap();
    std::fs::create_dir(&copy).unwrap();
    std::fs::copy(path.join("segments.redb"), copy.join("segments.redb")).unwrap();
    storage.append(drafts(0..65_530)).unwrap();
    storage.append(drafts(65_530..65_550)).unwrap();
    // The log as it is while the full window waits to be sealed: what a crash leaves.
    std::fs::copy(path.join("log.redb"), copy.join("log.redb")).unwrap();
    drop(storage);
    let storage = Storage::open(&copy, &options()).unwrap();
    assert_eq!(storage.stats().unwrap().tail_events, 65_550);
    storage.seal_now().unwrap();
    assert_eq!(storage.stats().unwrap().segments, 2);
    check_whole(&storage, 65_550);
}
