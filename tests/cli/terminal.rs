//! What people see in a real terminal, of 80 and of 140 columns: tmux is one.
//!
//! Where tmux is not installed these tests say so and do nothing, unless `EVENTSCOPE_TERMINAL` is
//! `required`, as the gate has it.

use super::kit::{Dir, repository};
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

/// The widths that are looked at.
const WIDTHS: [u16; 2] = [80, 140];
/// Lines of the terminal: what does not fit is scrolled out of sight.
const LINES: u16 = 200;
/// What the shell prints behind an answer.
const END: &str = "== end of the answer ==";
/// How long an answer may take on a machine that does other things.
const PATIENCE: Duration = Duration::from_secs(120);

/// A terminal of its own.
struct Terminal<'a> {
    dir: &'a Dir,
    socket: String,
}

impl<'a> Terminal<'a> {
    /// Runs commands of the program in a terminal of a width.
    fn run(dir: &'a Dir, columns: u16, commands: &[&str]) -> Self {
        let terminal = Self { dir, socket: format!("eventscope-{columns}") };
        let program = env!("CARGO_BIN_EXE_eventscope");
        let mut script = String::from("unset EVENTSCOPE_TZ NO_COLOR PAGER\n");
        for command in commands {
            script.push_str(&format!("printf '%s\\n' \"\\$ eventscope {command}\"\n"));
            let options = "--no-pager --tz UTC --now 2026-11-20T00:00:00Z";
            script.push_str(&format!("'{program}' {command} {options}\necho\n"));
        }
        script.push_str(&format!("echo '{END}'\nsleep 600\n"));
        dir.file("commands.sh", script);
        let (columns, lines) = (columns.to_string(), LINES.to_string());
        let size = ["-x", columns.as_str(), "-y", lines.as_str()];
        let started =
            terminal.tmux(&[&["new-session", "-d"], &size[..], &["sh commands.sh"]].concat());
        assert!(started.status.success(), "{started:?}");
        terminal
    }

    fn tmux(&self, args: &[&str]) -> Output {
        let mut tmux = Command::new("tmux");
        tmux.current_dir(self.dir.path(""))
            .env("TMUX_TMPDIR", self.dir.path(""))
            .env_remove("TMUX");
        tmux.env("LC_ALL", "C.UTF-8");
        tmux.args(["-u", "-f", "/dev/null", "-L", &self.socket]).args(args).output().unwrap()
    }

    /// What the terminal shows once all answers are there.
    fn screen(&self) -> String {
        let start = Instant::now();
        loop {
            let shown = self.tmux(&["capture-pane", "-p"]);
            let shown = String::from_utf8(shown.stdout).unwrap();
            if let Some((answers, _)) = shown.split_once(&format!("\n{END}")) {
                return answers.to_owned();
            }
            assert!(start.elapsed() < PATIENCE, "no answer yet:\n{shown}");
            thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

/// Whether there is a terminal to look at.
#[expect(clippy::print_stdout, reason = "a test that does nothing must say so")]
fn is_there() -> bool {
    let is_there = Command::new("tmux").arg("-V").output().is_ok_and(|it| it.status.success());
    let is_required = std::env::var("EVENTSCOPE_TERMINAL").is_ok_and(|it| it == "required");
    assert!(is_there || !is_required, "tmux is not installed");
    if !is_there {
        println!("SKIPPED: tmux is not installed");
    }
    is_there
}

/// A folder with a store of the example dumps.
fn day() -> Dir {
    let dir = Dir::new();
    let dumps = repository("examples/dumps");
    dir.ok(&["import", &dumps, "--now", "2026-11-20T00:00:00Z", "--quiet"]);
    dir
}

/// What answers look like in each width.
#[track_caller]
fn looks_like(name: &str, commands: &[&str]) {
    if !is_there() {
        return;
    }
    let dir = day();
    for columns in WIDTHS {
        let screen = Terminal::run(&dir, columns, commands).screen();
        let widest = screen.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(usize::from(columns)), "{screen}");
        insta::assert_snapshot!(format!("{name}_{columns}"), screen);
    }
}

#[test]
fn the_feed_fits_the_terminal() {
    looks_like(
        "feed",
        &[
            "query 'type = alert' --limit 4",
            "query 'severity in (high, medium) and type != alert' --limit 5 --facets type --top 3",
            "query 'name = Evicted' --limit 2 --columns time,name,kubernetes.pod.name,description",
            "query --from '2026-11-19 10:00' --to '2026-11-19 11:00' --histogram 10m --limit 1",
        ],
    );
}

#[test]
fn events_are_shown_whole() {
    looks_like("show", &["show 1 1990", "query --text 'oom*' --limit 1"]);
}

#[test]
fn spans_are_compared() {
    looks_like(
        "compare",
        &[
            "compare --window '2026-11-19 10:00..2026-11-19 11:00' --by kube_pod_name,name \
             --limit 8",
            "compare 'type = docker' --window '2026-11-19 10:00..2026-11-19 11:00' --limit 4",
        ],
    );
}

#[test]
fn errors_point_at_what_is_wrong() {
    looks_like(
        "errors",
        &[
            "query 'severity in (high, medium and type = alert'",
            "query 'kubernetes.namespace.name = shop and severty in (high)' --limit 1",
            "query 'kubernetes.pod.name = checkout*' --limit 1",
            "qeury everywhere",
            "query --limt 3",
            "delete --where 'severty != info' --yes",
            "import nowhere.json --format kuberntes",
            "show 99999",
        ],
    );
}
