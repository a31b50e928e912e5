//! Stores in the making: by many processes at once, beside and within folders of strangers, and
//! killed at every step.
//!
//! Three attacks, each against what a person would say who looks at the folder afterwards:
//!
//! * folders of all kinds, with what strangers and attempts of before have left in them: a store is
//!   made where nothing is that is not known to be ours, else what is there is named; every byte of
//!   a stranger stays in either case;
//! * 2 to 8 processes make one store at once, some of them killed: the store opens, somebody has
//!   made it unless all were killed, and what was acknowledged to any of them is there;
//! * one process is killed at its first, second, .. call of each kind while it makes a store: the
//!   next one makes it.
//!
//! The digest is that of what was tried; which process wins hangs on the machine.

use crate::life::{Running, Strace, TRACED, Task, was_killed};
use crate::{Failure, Figures, Orders};
use eventscope_model::{Draft, UidTime};
use eventscope_storage::{Error, Options, Outcome, Storage};
use eventscope_testkit::Rng;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Processes that make one store at most.
const PROCESSES_MAX: u64 = 8;
/// Events that each of them appends.
const EVENTS: u64 = 5;
/// How long one may wait for those before it, in milliseconds.
const KILLED_WITHIN_MILLIS: usize = 60;
/// What a stranger has written, and what nobody may lose.
const THESIS: &[u8] = b"years of work";
/// The calls of the system at which a process is killed, and how many of each.
const KILLING: [&str; 6] = ["mkdir", "openat", "rename", "fsync", "fdatasync", "pwrite64"];
const KILLS_OF_EACH_MAX: usize = 60;

pub(crate) fn run(orders: Orders) -> Result<Figures, Failure> {
    let mut figures = Figures::default();
    let mut rng = Rng::new(orders.seed);
    for _ in 0..orders.tier.pick(60, 2_000) {
        folder(&mut rng, &mut figures)?;
    }
    for round in 0..orders.tier.pick(12, 1_000) {
        race(&mut rng, &mut figures)
            .map_err(|failure| Failure::new(format!("round {round}: {failure}")))?;
    }
    match Strace::find() {
        Some(strace) => kills(strace, orders, &mut figures)?,
        None => figures.add("skipped", 1),
    }
    Ok(figures)
}

/// What may lie in a folder before a store is made there.
const ENTRIES: [(&str, &[u8], bool); 16] = [
    ("holder", b"4711", true),
    ("holder", b"eventscope holder\nprocess 1\n", true),
    ("log.redb.0123456789abcdef.new", b"", true),
    ("log.redb.00000000deadbeef.new", b"redb\x1A\x0A\xA9\x0D\x0A half of a log", true),
    ("segments.redb.0123456789abcdef.new", &[0; 5_000], true),
    ("segments.redb.fedcba9876543210.new", b"redb", true),
    ("holder", THESIS, false),
    ("log.redb.0123456789abcdef.new", THESIS, false),
    ("segments.redb", THESIS, false),
    ("log.new", THESIS, false),
    ("segments.new", b"redb\x1A\x0A\xA9\x0D\x0A of another tool", false),
    ("log.redb.new", THESIS, false),
    ("holder.new", b"", false),
    ("damaged", THESIS, false),
    ("text", THESIS, false),
    ("thesis.tmp", THESIS, false),
];

/// Makes a store in a folder with some of these in it, and with others beside it.
fn folder(rng: &mut Rng, figures: &mut Figures) -> Result<(), Failure> {
    let around = tempfile::tempdir()?;
    let store = around.path().join("store");
    for beside in ["store.new", "store.old", "store.tmp", "text", "holder"] {
        fs::create_dir(around.path().join(beside))?;
        fs::write(around.path().join(beside).join("thesis"), THESIS)?;
    }
    fs::create_dir(&store)?;
    let mut within: BTreeMap<&str, (&[u8], bool)> = BTreeMap::new();
    for _ in 0..rng.below(4) {
        let ours = rng.below(3) > 0;
        let entries: Vec<_> = ENTRIES.iter().filter(|entry| entry.2 == ours).collect();
        let (name, bytes, ours) = entries[rng.below(entries.len())];
        within.insert(name, (*bytes, *ours));
    }
    for (name, (bytes, _)) in &within {
        fs::write(store.join(name), bytes)?;
    }
    if rng.below(3) == 0 {
        fs::create_dir(store.join("lost+found"))?;
    }
    figures.saw(format!("{within:?}"));
    let before = files(around.path())?;
    let strangers: Vec<&str> =
        within.iter().filter(|(_, (_, ours))| !ours).map(|(name, _)| *name).collect();
    match Storage::open(&store, &Options::default()) {
        Ok(storage) if strangers.is_empty() => {
            storage.append(vec![Draft::custom("first")])?;
            storage.close()?;
            figures.add("made", 1);
        }
        Err(Error::NotEmpty { found, .. }) if strangers.iter().any(|name| found == **name) => {
            if files(around.path())? != before {
                return Err(Failure::new(format!("a refused folder was changed: {within:?}")));
            }
            figures.add("refused", 1);
        }
        other => return Err(Failure::new(format!("{within:?}: {other:?}"))),
    }
    let after = files(around.path())?;
    for (path, bytes) in before.iter().filter(|(path, _)| !path.starts_with(&store)) {
        if after.get(path) != Some(bytes) {
            return Err(Failure::new(format!("{} is not what it was", path.display())));
        }
    }
    Ok(())
}

/// All files below a folder.
fn files(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>, Failure> {
    let (mut folders, mut files) = (vec![folder.to_owned()], BTreeMap::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            match path.is_dir() {
                true => folders.push(path),
                false => drop(files.insert(path.clone(), fs::read(&path)?)),
            }
        }
    }
    Ok(files)
}

/// Several processes make one store at once.
fn race(rng: &mut Rng, figures: &mut Figures) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let processes = 2 + rng.below(PROCESSES_MAX as usize - 1) as u64;
    let killed = if rng.below(2) == 0 { rng.below(processes as usize) as u64 } else { 0 };
    let delays: Vec<u64> = (0..killed).map(|_| rng.below(KILLED_WITHIN_MILLIS) as u64).collect();
    figures.saw(format!("{processes} {delays:?}"));
    let start = |lane| Running::start(folder.path(), Task::Make { lane }, &[]);
    let running = (0..processes).map(start).collect::<Result<Vec<_>, _>>()?;
    let mut said: Vec<Vec<String>> = Vec::new();
    for (lane, child) in running.into_iter().enumerate() {
        said.push(match delays.get(lane) {
            Some(delay) => child.end_after(Duration::from_millis(*delay))?,
            None => {
                let (status, lines) = child.wait()?;
                if !status.success() {
                    return Err(Failure::new(format!("a process ended with {status}: {lines:?}")));
                }
                lines
            }
        });
    }
    let locked = said.iter().flatten().filter(|line| *line == "locked").count() as u64;
    let winners = said.iter().flatten().filter(|line| line.starts_with("done")).count() as u64;
    if winners == 0 {
        return Err(Failure::new(format!("nobody made it: {said:?}")));
    }
    figures.add("rounds", 1);
    figures.add("processes", processes);
    figures.add("winners", winners);
    figures.add("locked", locked);
    check_made(folder.path(), &said, figures)
}

/// Opens the store that processes have made, and looks for what was acknowledged to them.
fn check_made(folder: &Path, said: &[Vec<String>], figures: &mut Figures) -> Result<(), Failure> {
    let storage = Storage::open(folder.join("store"), &Options::default())?;
    for line in said.iter().flatten() {
        let Some(lane) = line.strip_prefix("done ").and_then(|lane| lane.parse().ok()) else {
            continue;
        };
        let again = storage.append(drafts(lane))?;
        if !again.iter().all(|outcome| matches!(outcome, Outcome::Duplicate(_))) {
            return Err(Failure::new(format!("process {lane} lost something: {again:?}")));
        }
        figures.add("acknowledged", EVENTS);
    }
    let report = storage.verify(|_, _| {})?;
    if !report.is_ok() {
        return Err(Failure::new(format!("verify says {:?}", report.problems)));
    }
    Ok(storage.close()?)
}

fn drafts(lane: u64) -> Vec<Draft> {
    (0..EVENTS).map(|n| Draft::custom("made").uid(format!("{lane}:{n}"), UidTime::Free)).collect()
}

/// What a child does: it makes or opens the store, and appends to it.
pub(crate) fn make(
    folder: &Path,
    lane: u64,
    say: impl Fn(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let storage = match Storage::open(folder.join("store"), &Options::default()) {
        Ok(storage) => storage,
        Err(Error::Locked { .. }) => return say("locked"),
        Err(error) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            return Err(Failure::new(format!("{error}: {}", cause.unwrap_or_default())));
        }
    };
    storage.append(drafts(lane))?;
    say(&format!("done {lane}"))?;
    Ok(storage.close()?)
}

/// Kills a process at each call while it makes a store.
fn kills(strace: Strace, orders: Orders, figures: &mut Figures) -> Result<(), Failure> {
    let step = orders.tier.pick(9, 1);
    for call in KILLING {
        for nth in (1..=KILLS_OF_EACH_MAX).step_by(step) {
            let folder = tempfile::tempdir()?;
            let before = strace.writing_to(Path::new("/dev/null"), TRACED);
            let before = before.injecting(&format!("{call}:signal=SIGKILL:when={nth}"));
            let task = Task::Make { lane: 0 };
            let (status, lines) = Running::start(folder.path(), task, &before.words())?.wait()?;
            if !was_killed(status) {
                break;
            }
            figures.add("killed", 1);
            let next = Running::start(folder.path(), Task::Make { lane: 1 }, &[])?.wait()?;
            let made = next.1.iter().any(|line| line == "done 1");
            if !made {
                let text = format!("after a kill at {call} {nth} nobody can make it: {next:?}");
                return Err(Failure::new(text));
            }
            check_made(folder.path(), &[lines, next.1], figures)?;
        }
    }
    Ok(())
}
