//! Death and failure at single calls of the system.
//!
//! A process works by a plan on a new store: it makes it, appends, changes, prunes, seals, tidies,
//! writes text files, makes backups, closes it and opens it again. A first run is only watched,
//! and tells which calls there are on files of the store. Then the same is done again and again:
//! the process is killed at the n-th call of a kind (of any of its threads), or, from the n-th
//! call on, syncs fail with EIO or writes with ENOSPC. Each time the store holds what was
//! acknowledged, the step under way as a whole or not at all, and nothing else. When syncs fail,
//! nothing is acknowledged after the first that failed for the log.
//!
//! The digest is that of the plan; which thread makes which call hangs on the machine. Without
//! strace, the trial says so by `skipped=1`.

use super::child::{Running, Task, was_killed};
use super::plan::{LANES, Plan};
use super::strace::{Strace, TRACED};
use super::trace::{Call, Trace};
use super::worker::Script;
use super::world::{Found, World};
use crate::{Failure, Figures, Orders};
use eventscope_testkit::Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Calls at which the process is killed, the rarer kinds first.
const KILLING: [&str; 9] =
    ["mkdir", "rename", "unlink", "ftruncate", "fsync", "openat", "write", "fdatasync", "pwrite64"];
/// What fails from one call on.
const FAILING: [(&str, &str); 2] = [("fdatasync", "EIO"), ("pwrite64", "ENOSPC")];

/// What is done to the process.
#[derive(Clone, Copy, Debug)]
enum Blow {
    Kill(&'static str, usize),
    Fail(&'static str, &'static str, usize),
}

impl Blow {
    fn order(self) -> String {
        match self {
            Self::Kill(call, nth) => format!("{call}:signal=SIGKILL:when={nth}"),
            Self::Fail(call, error, nth) => format!("{call}:error={error}:when={nth}+"),
        }
    }
}

/// Which calls of each kind some thread makes on a file of the store: the first, the second, and
/// so on.
type Points = BTreeMap<String, BTreeSet<usize>>;

pub(crate) fn run(orders: Orders) -> Result<Figures, Failure> {
    let mut figures = Figures::default();
    let Some(strace) = Strace::find() else {
        figures.add("skipped", 1);
        return Ok(figures);
    };
    let plan = Plan { seed: orders.seed, round: 0, lanes: LANES, old: 0 };
    let script = Script { sittings: 2, steps: orders.tier.pick(12, 24) };
    let task = Task::Script(plan, script);
    figures.saw(format!("{task:?}"));
    let points = {
        let folder = tempfile::tempdir()?;
        let (status, _, trace) = strike(strace, folder.path(), task, None)?;
        if !status.success() {
            return Err(Failure::new(format!("the child ended with {status}")));
        }
        points(&trace, folder.path())
    };
    let mut rng = Rng::new(orders.seed);
    let kills = orders.tier.pick(9, 220);
    let failures = orders.tier.pick(3, 40);
    let mut blows = pick(&points, &KILLING, kills, &mut rng, Blow::Kill);
    for (call, error) in FAILING {
        let fail = |call, nth| Blow::Fail(call, error, nth);
        blows.extend(pick(&points, &[call], failures, &mut rng, fail));
    }
    for blow in blows {
        let folder = tempfile::tempdir()?;
        let (struck, found) = survive(strace, folder.path(), &plan, task, blow)
            .map_err(|failure| Failure::new(format!("{blow:?}: {failure}")))?;
        let (done, missed) = match blow {
            Blow::Kill(..) => ("killed", "not_killed"),
            Blow::Fail("fdatasync", ..) => ("syncs_failed", "no_sync_failed"),
            Blow::Fail(..) => ("writes_failed", "no_write_failed"),
        };
        figures.add(if struck { done } else { missed }, 1);
        figures.add("acknowledged", found.acknowledged);
        figures.add("refused", found.refused);
        figures.add("under_way_whole", found.whole);
        figures.add("under_way_absent", found.absent);
    }
    Ok(figures)
}

type Struck = (std::process::ExitStatus, Vec<String>, Trace);

/// Runs a child under strace.
fn strike(
    strace: Strace,
    folder: &Path,
    task: Task,
    blow: Option<Blow>,
) -> Result<Struck, Failure> {
    let log = folder.join("trace");
    let before = strace.writing_to(&log, TRACED);
    let before = match blow {
        Some(blow) => before.injecting(&blow.order()),
        None => before,
    };
    let (status, lines) = Running::start(folder, task, &before.words())?.wait()?;
    Ok((status, lines, Trace::read(&std::fs::read_to_string(&log)?)))
}

/// Deals a blow and checks the store after it; gives whether the blow was met.
fn survive(
    strace: Strace,
    folder: &Path,
    plan: &Plan,
    task: Task,
    blow: Blow,
) -> Result<(bool, Found), Failure> {
    let (status, lines, trace) = strike(strace, folder, task, Some(blow))?;
    let met = match blow {
        Blow::Kill(..) => was_killed(status),
        Blow::Fail(..) => trace.calls.iter().any(Call::was_injected),
    };
    if !was_killed(status) && !status.success() {
        return Err(Failure::new(format!("the child ended with {status}: {:?}", lines.last())));
    }
    if let Some(line) = said_after_failure(&trace) {
        return Err(Failure::new(format!("{line:?} was said after a sync of the log had failed")));
    }
    let found = World::default().check(folder, plan, &lines)?;
    Ok((met, found))
}

/// The first line that acknowledges something written after a sync of the log failed, before the
/// store was opened again.
fn said_after_failure(trace: &Trace) -> Option<&str> {
    let mut failed = false;
    for call in &trace.calls {
        let is_log = || call.file().is_some_and(|file| file.ends_with("/store/log.redb"));
        if call.name == "fdatasync" && call.was_injected() && is_log() {
            failed = true;
        }
        match call.said() {
            Some(line) if line.ends_with("child: open") => failed = false,
            Some(line) if failed && line.contains("done") && line.contains("write") => {
                return Some(line);
            }
            _ => {}
        }
    }
    None
}

/// Which calls there are on files below a folder.
fn points(trace: &Trace, folder: &Path) -> Points {
    let root = format!("{}/", folder.to_string_lossy());
    let mut counts: BTreeMap<(u64, &str), usize> = BTreeMap::new();
    let mut points = Points::new();
    for call in &trace.calls {
        let nth = counts.entry((call.thread, call.name.as_str())).or_default();
        *nth += 1;
        if call.place().is_some_and(|place| place.starts_with(&root)) {
            points.entry(call.name.clone()).or_default().insert(*nth);
        }
    }
    points
}

/// Picks so many calls, as many of each kind as there are, or as its share is.
fn pick(
    points: &Points,
    kinds: &[&'static str],
    count: usize,
    rng: &mut Rng,
    blow: impl Fn(&'static str, usize) -> Blow,
) -> Vec<Blow> {
    let mut blows = Vec::new();
    for (nth, kind) in kinds.iter().enumerate() {
        let share = (count - blows.len()) / (kinds.len() - nth);
        let mut all: Vec<usize> = points.get(*kind).into_iter().flatten().copied().collect();
        for _ in 0..share.min(all.len()) {
            let at = rng.below(all.len());
            blows.push(blow(kind, all.swap_remove(at)));
        }
    }
    blows
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
1 openat(AT_FDCWD</>, \"/lib/libc.so\", O_RDONLY) = 3</lib/libc.so>
1 openat(AT_FDCWD</>, \"/a/store/log.redb\", O_RDWR|O_CREAT, 0666) = 3</a/store/log.redb>
2 pwrite64(3</a/store/log.redb>, \"x\", 1, 0) = 1
3 pwrite64(3</a/store/log.redb>, \"x\", 1, 0) = 1
3 pwrite64(3</a/store/log.redb>, \"x\", 1, 0) = 1
1 write(1<pipe:[1]>, \"child: open\\n\", 12) = 12
";

    #[test]
    fn calls_are_counted_by_thread_and_picked_without_others() {
        let points = points(&Trace::read(TEXT), Path::new("/a"));
        let of = |kind: &str| points[kind].iter().copied().collect::<Vec<_>>();
        assert_eq!((of("openat"), of("pwrite64")), (vec![2], vec![1, 2]));
        assert!(!points.contains_key("write"));
        let mut rng = Rng::new(1);
        assert_eq!(pick(&points, &KILLING, 9, &mut rng, Blow::Kill).len(), 3);
    }

    #[test]
    fn an_acknowledgement_after_a_failed_sync_is_seen() {
        let failed = "2 fdatasync(3</a/store/log.redb>) = -1 EIO (Input/output error) (INJECTED)\n";
        let done = "1 write(1<pipe:[1]>, \"child: done 3 1 write 7\\n\", 24) = 24\n";
        let open = "1 write(1<pipe:[1]>, \"child: open\\n\", 12) = 12\n";
        let said = |lines: &[&str]| said_after_failure(&Trace::read(&lines.concat())).is_some();
        assert!(said(&[open, failed, done]));
        assert!(!said(&[open, done, failed]));
        assert!(!said(&[failed, open, done]));
    }
}
