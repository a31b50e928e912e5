//! `kill -9` while one backup after another is made of a store that is in use: the folder is the
//! last backup that was finished, or a later one, and the next backup goes on from there.
//!
//! The process is this test binary once more, told by the environment to be the child.

use super::{act, check_same, copy_folder};
use crate::{check_whole, drafts, options};
use eventscope_storage::{Action, RowSet, Storage};
use eventscope_testkit::Rng;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Tells the child its folder.
const DIR: &str = "EVENTSCOPE_BACKUP_DIR";
/// Kills, and how many of them must hit a backup at work; there may be more until so many did.
const KILLS: u64 = 10;
const HITS: u64 = 3;
const KILLS_MAX: u64 = 60;

/// What the child does until it is killed.
fn child(dir: &Path) {
    let storage = Storage::open(dir.join("events.db"), &options()).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut next = storage.snapshot().end().0 - 1;
            let mut rng = Rng::new(next);
            loop {
                let count = *rng.pick(&[10, 100, 300]);
                storage.append(drafts(next..next + count)).unwrap();
                next += count;
                act(
                    &storage,
                    *rng.pick(&[Action::Acknowledge, Action::Unacknowledge]),
                    RowSet::span(1, 9_999),
                );
                if rng.percent(30) {
                    storage.seal_now().unwrap();
                }
            }
        });
        loop {
            let backup = storage.backup(dir.join("backup"), |_, _| {}).unwrap();
            let mut out = std::io::stdout().lock();
            writeln!(out, "child: {}", backup.events).and_then(|()| out.flush()).unwrap();
        }
    });
}

/// Runs the child and kills it some time after its first backup; gives the number of events in the
/// last one that it finished.
fn run_and_kill(dir: &Path, delay: Duration) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["backup::killed::a_backup_survives_kill_9", "--exact", "--nocapture"])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let mut numbers = out.lines().map_while(Result::ok).filter_map(|line| {
        line.split_once("child: ").map(|(_, number)| number.parse::<u64>().unwrap())
    });
    let first = numbers.next();
    std::thread::scope(|scope| {
        let rest = scope.spawn(|| numbers.last());
        std::thread::sleep(delay);
        child.kill().unwrap();
        child.wait().unwrap();
        rest.join().unwrap().or(first).unwrap()
    })
}

#[test]
fn a_backup_survives_kill_9() {
    if let Ok(dir) = std::env::var(DIR) {
        return child(Path::new(&dir));
    }
    let dir = tempfile::tempdir().unwrap();
    let (backup, copy) = (dir.path().join("backup"), dir.path().join("copy"));
    let mut rng = Rng::new(8);
    let mut half_done = 0;
    let mut kill = 0;
    while kill < KILLS || (half_done < HITS && kill < KILLS_MAX) {
        let events = run_and_kill(dir.path(), Duration::from_millis(rng.below(60) as u64));
        half_done += u64::from(backup.join("log.new").try_exists().unwrap());
        copy_folder(&backup, &copy);
        let opened = Storage::open(&copy, &options()).unwrap();
        let end = opened.snapshot().end().0;
        assert!(end > events, "kill {kill}: {events} events were backed up, {end} is next");
        check_whole(&opened, end - 1);
        assert_eq!(opened.verify(|_, _| {}).unwrap().problems, Vec::<String>::new());
        drop(opened);
        if kill % 4 == 3 {
            let storage = Storage::open(dir.path().join("events.db"), &options()).unwrap();
            storage.backup(&backup, |_, _| {}).unwrap();
            check_same(&backup, &storage);
        }
        kill += 1;
    }
    assert!(half_done > 0, "none of {kill} kills hit a backup at work");
}
