//! A process that appends, seals, indexes, prunes and makes backups is killed at any moment: the
//! store opens, what was acknowledged is there, and words are found as the reference finds them.
//!
//! The process is this test binary once more, told by the environment to be the child; it says on
//! its output what was acknowledged to it. `EVENTSCOPE_KILLS` sets how often it is killed, 12 times
//! by default.

use super::{check, from_environment, options};
use crate::language::{random_draft, random_query};
use eventscope_model::{Draft, EventId};
use eventscope_storage::{Indexing, Outcome, Room, Storage};
use eventscope_testkit::Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Tells the child its folder; [`ROUND`] tells it which round it is.
const DIR: &str = "EVENTSCOPE_TEXT_KILL_DIR";
const ROUND: &str = "EVENTSCOPE_TEXT_KILL_ROUND";
/// Kills of one store, after which another one begins.
const KILLS_OF_A_STORE: u64 = 10;

/// Batch number `batch` of a round.
fn batch(round: u64, batch: u64) -> Vec<Draft> {
    let mut rng = Rng::new(round << 20 | batch);
    let count = 1 + rng.below(40);
    let drafts = (0..count).map(|_| random_draft(&mut rng));
    drafts.map(|draft| Draft { uid: None, ..draft }).collect()
}

fn child(dir: &Path, round: u64) {
    let storage = Storage::open(dir.join("events.db"), &options(Indexing::Background)).unwrap();
    say("open");
    let mut rng = Rng::new(round);
    for number in 0.. {
        let outcomes = storage.append(batch(round, number)).unwrap();
        let Outcome::Appended(first) = outcomes[0] else { panic!("it is new") };
        say(&format!("appended {number} {first}"));
        match rng.below(12) {
            0 => storage.seal_now().unwrap(),
            1 => storage.finish_text(|_, _| ()).unwrap(),
            2 => {
                let id = 1 + rng.below(first.0 as usize) as u64;
                say(&format!("pruning {id}"));
                let rows = [(id & 0xFFFF) as u16].into_iter().collect();
                storage.prune(vec![((id >> 16) as u32, rows)]).unwrap();
                storage.tidy(*rng.pick(&[Room::Usual, Room::Tight])).unwrap();
            }
            3 => {
                storage.backup(dir.join("backup.db"), |_, _| ()).unwrap();
                say(&format!("copied {}", first.0 + outcomes.len() as u64));
            }
            _ => {}
        }
    }
}

/// Writes one line at once, past the capture of test output.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "child: {line}").and_then(|()| out.flush()).unwrap();
}

/// What the children of one store had been told before they were killed.
#[derive(Default)]
struct Told {
    /// The description of each event that was acknowledged.
    appended: BTreeMap<u64, String>,
    /// Events that were pruned, or were being pruned.
    pruned: BTreeSet<u64>,
    /// Where the last backup ends that is known to be done.
    copied: u64,
}

impl Told {
    fn hear(&mut self, round: u64, line: &str) -> bool {
        // The harness of the child may begin the line with words of its own.
        let Some((_, line)) = line.split_once("child: ") else { return false };
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| words[at].parse::<u64>().unwrap();
        match words[0] {
            "appended" => {
                let texts = batch(round, number(1)).into_iter().map(|draft| draft.description);
                self.appended.extend((number(2)..).zip(texts));
            }
            "pruning" => drop(self.pruned.insert(number(1))),
            "copied" => self.copied = number(1),
            other => assert_eq!(other, "open"),
        }
        words[0] == "open"
    }
}

fn run_and_kill(dir: &Path, round: u64, delay: Duration, told: &mut Told) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["killed::words_are_found_after_kill_9", "--exact", "--nocapture"])
        .env(DIR, dir)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !told.hear(round, line.trim_end()) {
        line.clear();
        assert_ne!(out.read_line(&mut line).unwrap(), 0, "the child did not open its store");
    }
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            for line in out.lines() {
                let _ = told.hear(round, &line.unwrap());
            }
        });
        std::thread::sleep(delay);
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().code(), None, "the child ended before it was killed");
        reader.join().unwrap();
    });
}

fn check_store(path: &Path, told: &Told, rng: &mut Rng, place: &str) -> Duration {
    let start = Instant::now();
    let storage = Storage::open(path, &options(Indexing::Background)).unwrap();
    let took = start.elapsed();
    let snapshot = storage.snapshot();
    for (id, text) in &told.appended {
        let event = snapshot.event(EventId(*id)).unwrap();
        match event {
            Some(event) => assert_eq!(&event.description, text, "{place}: event {id}"),
            None => assert!(told.pruned.contains(id), "{place}: event {id} is gone"),
        }
    }
    for _ in 0..5 {
        check(&storage.snapshot(), &random_query(rng), place);
    }
    storage.finish_text(|_, _| ()).unwrap();
    for _ in 0..5 {
        check(&storage.snapshot(), &random_query(rng), place);
    }
    assert_eq!(storage.stats().unwrap().text_warnings, Vec::<String>::new(), "{place}");
    let report = storage.verify(|_, _| ()).unwrap();
    assert!(report.is_ok(), "{place}: {:?}", report.problems);
    storage.close().unwrap();
    took
}

/// Whatever was going on, the folder of a backup opens as the last one that was done, or a later.
fn check_backup(path: &Path, told: &Told, place: &str) {
    if told.copied == 0 {
        return;
    }
    let storage = Storage::open(path, &options(Indexing::Never)).unwrap();
    assert!(storage.snapshot().end().0 >= told.copied, "{place}");
    let report = storage.verify(|_, _| ()).unwrap();
    assert!(report.is_ok(), "{place}: {:?}", report.problems);
    storage.close().unwrap();
}

#[test]
fn words_are_found_after_kill_9() {
    if let Some(dir) = std::env::var_os(DIR) {
        return child(Path::new(&dir), from_environment(ROUND, 0));
    }
    let mut rng = Rng::new(9);
    let kills = from_environment("EVENTSCOPE_KILLS", 12);
    let (mut slowest, mut acknowledged) = (Duration::ZERO, 0);
    for store in 0..kills.div_ceil(KILLS_OF_A_STORE) {
        let folder = tempfile::tempdir().unwrap();
        let mut told = Told::default();
        let rounds = store * KILLS_OF_A_STORE..kills.min((store + 1) * KILLS_OF_A_STORE);
        for round in rounds {
            let delay = Duration::from_millis(rng.below(300) as u64);
            run_and_kill(folder.path(), round, delay, &mut told);
            let place = format!("round {round}, killed after {delay:?}");
            let took = check_store(&folder.path().join("events.db"), &told, &mut rng, &place);
            check_backup(&folder.path().join("backup.db"), &told, &place);
            slowest = slowest.max(took);
        }
        acknowledged += told.appended.len();
    }
    assert!(acknowledged > 0);
    say(&format!("{kills} kills, {acknowledged} events acknowledged, slowest open {slowest:?}"));
}
