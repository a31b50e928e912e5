//! The frame of a process that a trial starts: this program once more.

use super::plan::Plan;
use super::soak::{self, Soak};
use super::worker::{self, Script};
use crate::Failure;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Tell a child its folder, and what it is to do there.
const FOLDER: &str = "EVENTSCOPE_TRIAL_FOLDER";
const TASK: &str = "EVENTSCOPE_TRIAL_TASK";
/// Tells it which fault is put into the store.
#[cfg(feature = "plants")]
const PLANT: &str = "EVENTSCOPE_TRIAL_PLANT";
/// Each line that a child says begins like this: its harness may have words of its own.
pub(super) const SAYS: &str = "child: ";

/// How long a child may take for what takes some seconds on an idle machine.
const PATIENCE: Duration = Duration::from_secs(120);
const NAP: Duration = Duration::from_millis(2);

/// What a child is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Work by a plan until it is killed.
    Write(Plan),
    /// The same on one thread, up to an end.
    Script(Plan, Script),
    /// Read and write for a time.
    Soak(Soak),
    /// Open and close a store that often.
    Cycles(u64),
    /// Make a store while others may be at it.
    Make { lane: u64 },
}

impl Task {
    fn to_line(self) -> String {
        let plan = |plan: Plan| format!("{} {} {} {}", plan.seed, plan.round, plan.lanes, plan.old);
        match self {
            Self::Write(of) => format!("write {}", plan(of)),
            Self::Script(of, Script { sittings, steps }) => {
                format!("script {} {sittings} {steps}", plan(of))
            }
            Self::Soak(Soak { seed, seconds, sitting, bytes }) => {
                format!("soak {seed} {seconds} {sitting} {bytes}")
            }
            Self::Cycles(cycles) => format!("cycles {cycles}"),
            Self::Make { lane } => format!("make {lane}"),
        }
    }

    fn of_line(line: &str) -> Option<Self> {
        let (name, numbers) = line.split_once(' ')?;
        let numbers: Option<Vec<u64>> = numbers.split(' ').map(|word| word.parse().ok()).collect();
        match (name, numbers?.as_slice()) {
            ("write", &[seed, round, lanes, old]) => {
                Some(Self::Write(Plan { seed, round, lanes, old }))
            }
            ("script", &[seed, round, lanes, old, sittings, steps]) => {
                Some(Self::Script(Plan { seed, round, lanes, old }, Script { sittings, steps }))
            }
            ("soak", &[seed, seconds, sitting, bytes]) => {
                Some(Self::Soak(Soak { seed, seconds, sitting, bytes }))
            }
            ("cycles", &[cycles]) => Some(Self::Cycles(cycles)),
            ("make", &[lane]) => Some(Self::Make { lane }),
            _ => None,
        }
    }
}

/// Does what a trial has told this process, if it is the child of one. A program that runs trials
/// calls this before anything else; if it gives something, that was all there was to do.
#[must_use]
pub fn child() -> Option<Result<(), Failure>> {
    let folder = std::env::var_os(FOLDER)?;
    let line = std::env::var(TASK).unwrap_or_default();
    let folder = Path::new(&folder);
    #[cfg(feature = "plants")]
    if let Some(plant) = std::env::var(PLANT).ok().and_then(|plant| plant.parse().ok()) {
        eventscope_storage::fault_injection::follow(plant);
    }
    let done = match Task::of_line(&line) {
        Some(Task::Write(plan)) => worker::write(folder, &plan),
        Some(Task::Script(plan, script)) => worker::script(folder, &plan, script),
        Some(Task::Soak(soak)) => soak::soak(folder, soak),
        Some(Task::Cycles(cycles)) => soak::cycles(folder, cycles),
        Some(Task::Make { lane }) => crate::create::make(folder, lane, say),
        None => Err(Failure::new(format!("there is no task {line:?}"))),
    };
    // The parent puts what it heard into its own failure.
    Some(done.inspect_err(|failure| drop(say(&format!("failed: {failure}")))))
}

/// Says one line to the parent, at once, past the capture of test output.
pub(super) fn say(line: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{SAYS}{line}").and_then(|()| out.flush()).map_err(Failure::from)
}

/// A child at work.
#[derive(Debug)]
pub(crate) struct Running {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// Starts a child. `before` is what runs it: a program and its arguments, or nothing.
    pub(crate) fn start(folder: &Path, task: Task, before: &[&OsStr]) -> Result<Self, Failure> {
        let program = std::env::current_exe()?;
        let mut words = before.iter().copied().chain([program.as_os_str()]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command
            .args(words)
            // For the harness of tests: the test that calls `child`. Others do so before they look
            // at their arguments.
            .args(["child", "--exact", "--nocapture"])
            .env(FOLDER, folder)
            .env(TASK, task.to_line())
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        #[cfg(feature = "plants")]
        command.env(PLANT, eventscope_storage::fault_injection::present().to_string());
        let mut process = command.spawn()?;
        let out = process.stdout.take().ok_or_else(|| Failure::new("the child has no output"))?;
        Ok(Self { process, lines: BufReader::new(out).lines() })
    }

    /// The next line it says; `None` after the last.
    pub(crate) fn hear(&mut self) -> Result<Option<String>, Failure> {
        for line in self.lines.by_ref() {
            if let Some((_, said)) = line?.split_once(SAYS) {
                return Ok(Some(said.to_owned()));
            }
        }
        Ok(None)
    }

    /// Kills it after a while, and gives all that it said meanwhile.
    pub(crate) fn kill_after(self, delay: Duration) -> Result<Vec<String>, Failure> {
        let (status, lines) = self.killed_after(delay)?;
        if !was_killed(status) {
            let last = lines.last().cloned().unwrap_or_default();
            return Err(Failure::new(format!("the child ended by itself: {status}, {last}")));
        }
        Ok(lines)
    }

    /// The same for a child that may have come to its end before.
    pub(crate) fn end_after(self, delay: Duration) -> Result<Vec<String>, Failure> {
        self.killed_after(delay).map(|(_, lines)| lines)
    }

    fn killed_after(mut self, delay: Duration) -> Result<(ExitStatus, Vec<String>), Failure> {
        std::thread::scope(|scope| {
            let Self { process, lines } = &mut self;
            let reader = scope.spawn(move || said(lines));
            std::thread::sleep(delay);
            process.kill()?;
            let status = process.wait()?;
            let lines = reader.join().map_err(|_| Failure::new("the reader panicked"))??;
            Ok((status, lines))
        })
    }

    /// Waits for its end, and gives how it ended and all that it said.
    pub(crate) fn wait(self) -> Result<(ExitStatus, Vec<String>), Failure> {
        self.wait_for(Duration::ZERO)
    }

    /// The same for a child that does not end before a time.
    pub(crate) fn wait_for(mut self, time: Duration) -> Result<(ExitStatus, Vec<String>), Failure> {
        std::thread::scope(|scope| {
            let Self { process, lines } = &mut self;
            let reader = scope.spawn(move || said(lines));
            let start = Instant::now();
            let status = loop {
                if let Some(status) = process.try_wait()? {
                    break status;
                }
                if start.elapsed() > time + PATIENCE {
                    process.kill()?;
                    return Err(Failure::new("the child hangs"));
                }
                std::thread::sleep(NAP);
            };
            let lines = reader.join().map_err(|_| Failure::new("the reader panicked"))??;
            Ok((status, lines))
        })
    }
}

fn said(lines: &mut Lines<BufReader<ChildStdout>>) -> Result<Vec<String>, Failure> {
    let mut said = Vec::new();
    for line in lines {
        if let Some((_, line)) = line?.split_once(SAYS) {
            said.push(line.to_owned());
        }
    }
    Ok(said)
}

/// Whether a process ended by a signal and not by itself.
pub(crate) fn was_killed(status: ExitStatus) -> bool {
    status.code().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_understands_what_it_is_told() {
        let plan = Plan { seed: 1, round: 2, lanes: 3, old: 4 };
        let soak = Soak { seed: 1, seconds: 2, sitting: 3, bytes: 4 };
        let script = Task::Script(plan, Script { sittings: 5, steps: 6 });
        let make = Task::Make { lane: 8 };
        for task in [Task::Write(plan), script, Task::Soak(soak), Task::Cycles(7), make] {
            assert_eq!(Task::of_line(&task.to_line()), Some(task));
        }
        assert_eq!(Task::of_line("write 1 2 3"), None);
    }
}
