//! A folder of its own for each test, and the program run in it.

use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A folder that is gone after the test, with a store `events.db` if the test makes one.
pub(super) struct Dir {
    folder: TempDir,
}

/// What the program said.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

impl Dir {
    pub(super) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A folder with a store of the three events.
    pub(super) fn of_three() -> Self {
        let dir = Self::new();
        dir.file("three.jsonl", three());
        dir.ok(&["import", "three.jsonl"]);
        dir
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, with the folders above it.
    pub(super) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// The program, to be run here.
    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eventscope"));
        command.current_dir(self.folder.path()).args(args);
        command.env_remove("EVENTSCOPE_STORE").env_remove("EVENTSCOPE_TZ").env_remove("NO_COLOR");
        command
    }

    /// Runs the program.
    pub(super) fn run(&self, args: &[&str]) -> Said {
        self.command(args).output().unwrap().into()
    }

    /// Runs the program with something on its standard input.
    pub(super) fn pipe(&self, args: &[&str], input: &str) -> Said {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap().into()
    }

    /// Runs the program, which must succeed in silence but for its answer.
    #[track_caller]
    pub(super) fn ok(&self, args: &[&str]) -> String {
        let said = self.run(args);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{args:?}: {said:?}");
        said.out
    }

    /// Runs the program with `--json`, which must succeed and print one document.
    #[track_caller]
    pub(super) fn json(&self, args: &[&str]) -> Value {
        document(&self.ok(&[args, &["--json"]].concat()))
    }
}

/// One JSON document on one line, and nothing else.
#[track_caller]
pub(super) fn document(out: &str) -> Value {
    assert_eq!(out.lines().count(), 1, "{out}");
    serde_json::from_str(out).unwrap()
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// A file or folder of this repository.
pub(super) fn repository(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).to_str().unwrap().to_owned()
}

/// A native event: a line of a dump. Seconds are after 2026-11-23T09:00:00Z.
pub(super) fn event(second: u32, kind: &str, name: &str, namespace: &str) -> String {
    let (minute, second) = (second / 60, second % 60);
    format!(
        "{{\"uid\":\"{name}\",\"time\":\"2026-11-23T09:{minute:02}:{second:02}Z\",\
         \"type\":\"{kind}\",\"severity\":3,\"source\":\"test\",\"name\":\"{name}\",\
         \"labels\":{{\"kubernetes.namespace.name\":\"{namespace}\"}}}}\n"
    )
}

/// A dump of three events in the order of their times: an alert, a Docker and a custom event.
pub(super) fn three() -> String {
    [
        event(0, "alert", "HighCpu", "prod"),
        event(60, "docker", "Killed", "prod"),
        event(120, "custom", "Deployed", "test"),
    ]
    .concat()
}
