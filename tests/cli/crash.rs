//! `kill -9` in the middle of an import: what was reported durable is there, what is there is the
//! beginning of the dump, and importing again completes it.

use super::kit::Dir;
use eventscope_testkit::generate::Generator;
use eventscope_testkit::{Rng, native};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// More than one window, so that some kills hit the sealing of a segment.
const EVENTS: usize = 70_000;
const KILLS: u64 = 20;

/// A dump, and the uid of each of its events.
fn dump() -> (Vec<u8>, Vec<String>) {
    let (mut lines, mut uids) = (Vec::new(), Vec::new());
    for draft in Generator::new(7).take(EVENTS) {
        native::write_line(&draft, &mut lines).unwrap();
        uids.push(draft.uid.unwrap().text);
    }
    (lines, uids)
}

/// The import that is killed.
fn import(dir: &Dir, store: &str) -> Command {
    let args = ["import", "dump.jsonl", "--store", store, "--progress-json", "--batch", "1000"];
    dir.command(&args)
}

/// Imports the dump and kills the program after a while; gives the last number that it reported.
fn import_and_kill(dir: &Dir, store: &str, after: Duration) -> u64 {
    let mut command = import(dir, store);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let progress = BufReader::new(child.stderr.take().unwrap());
    let reader = thread::spawn(move || {
        let lines = progress.lines().map_while(Result::ok);
        let numbers = lines.filter_map(|line| {
            line.strip_prefix("{\"durable\":")?.strip_suffix('}')?.parse::<u64>().ok()
        });
        numbers.last().unwrap_or(0)
    });
    thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

/// The uids in a store in the order of their ids.
fn stored(dir: &Dir, store: &str) -> Vec<String> {
    let export = dir.ok(&["export", "--ids", "--store", store]);
    let mut events: Vec<(u64, String)> = export
        .lines()
        .map(|line| {
            let (id, rest) = line.strip_prefix("{\"id\":\"").unwrap().split_once('"').unwrap();
            let uid = rest.strip_prefix(",\"uid\":\"").unwrap().split_once('"').unwrap().0;
            (id.parse().unwrap(), uid.to_owned())
        })
        .collect();
    events.sort_unstable();
    assert!(events.iter().zip(1..).all(|((id, _), expected)| *id == expected), "ids have gaps");
    events.into_iter().map(|(_, uid)| uid).collect()
}

#[test]
fn twenty_kills_lose_nothing() {
    let dir = Dir::new();
    let (lines, uids) = dump();
    dir.file("dump.jsonl", lines);
    let start = Instant::now();
    assert!(import(&dir, "whole.db").output().unwrap().status.success());
    let life_ms = start.elapsed().as_millis() as usize;
    let mut rng = Rng::new(20_261_123);
    let mut interrupted = 0;
    for kill in 0..KILLS {
        let store = format!("{kill}.db");
        let after = Duration::from_millis(rng.below(life_ms) as u64);
        let durable = import_and_kill(&dir, &store, after);
        if dir.path(&store).try_exists().unwrap() {
            let found = stored(&dir, &store);
            let place = format!("kill {kill} after {after:?}, {durable} durable, {}", found.len());
            assert!(found.len() as u64 >= durable, "{place}");
            assert!(uids.starts_with(&found), "no prefix: {place}");
            interrupted += usize::from(!found.is_empty() && found.len() < uids.len());
        } else {
            assert_eq!(durable, 0, "kill {kill} left no store");
        }
        let report = dir.json(&["import", "dump.jsonl", "--store", &store]);
        assert_eq!(report["rejected"], 0);
        assert_eq!(dir.json(&["query", "--limit", "0", "--store", &store])["total"], EVENTS);
        if kill % 5 == 0 {
            assert!(stored(&dir, &store) == uids, "kill {kill} was not completed");
            assert_eq!(dir.json(&["verify", "--store", &store])["ok"], true, "kill {kill}");
        }
        std::fs::remove_dir_all(dir.path(&store)).unwrap();
    }
    assert!(interrupted >= 5, "only {interrupted} of {KILLS} kills hit an import at work");
}
