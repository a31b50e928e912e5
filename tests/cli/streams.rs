//! Streams that do not end: events are durable soon after they arrive, and a signal ends the
//! reading in good order.

#![cfg(unix)]

use super::kit::{Dir, Said, event};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// No test waits for long unless it fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// An import whose standard input stays open.
struct Import {
    child: Child,
    input: ChildStdin,
    /// The lines on standard error, as they come.
    told: Receiver<String>,
}

impl Import {
    fn start(dir: &Dir, args: &[&str]) -> Self {
        let mut command = dir.command(&[&["import", "--progress-json", "--json"], args].concat());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (teller, told) = mpsc::channel();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| teller.send(line)));
        Self { input: child.stdin.take().unwrap(), child, told }
    }

    fn write(&mut self, text: &str) {
        self.input.write_all(text.as_bytes()).unwrap();
        self.input.flush().unwrap();
    }

    /// Waits until so many events are durable.
    #[track_caller]
    fn durable(&self, events: u64) {
        loop {
            let line = self.told.recv_timeout(PATIENCE).unwrap();
            let report: serde_json::Value = serde_json::from_str(&line).unwrap();
            if report["durable"].as_u64().unwrap() >= events {
                return;
            }
        }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a signal by its name, as a terminal does, and waits for the end.
    fn signal(mut self, name: &str) -> Said {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
        let mut out = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        // The pipe stays open: only the signal can have ended it.
        let code = self.child.wait().unwrap().code();
        let err = self.told.iter().filter(|line| !line.starts_with('{')).collect();
        Said { code, out, err }
    }
}

/// An event as `kubectl get events -w -o json` prints it.
fn watched(number: u32) -> String {
    format!(
        "{{\n    \"apiVersion\": \"v1\",\n    \"involvedObject\": {{\n        \
         \"kind\": \"Pod\",\n        \
         \"name\": \"web-{number}\",\n        \"namespace\": \"shop\"\n    }},\n    \
         \"kind\": \"Event\",\n    \"lastTimestamp\": \"2026-11-23T09:00:0{number}Z\",\n    \
         \"message\": \"Pulling image\",\n    \"metadata\": {{\n        \
         \"name\": \"web.{number}\",\n        \"uid\": \"00000000-{number}\"\n    }},\n    \
         \"reason\": \"Pulling\",\n    \"type\": \"Normal\"\n}}\n"
    )
}

/// Every event of a stream is durable although the stream goes on: a kill takes nothing of it.
#[track_caller]
fn check(events: &[&str]) {
    let dir = Dir::new();
    let mut import = Import::start(&dir, &["-"]);
    for (event, durable) in events.iter().zip(1..) {
        import.write(event);
        import.durable(durable);
    }
    import.kill();
    assert_eq!(dir.json(&["query"])["total"], events.len());
}

#[test]
fn an_event_is_durable_while_the_stream_goes_on() {
    check(&[&event(0, "docker", "a", "x"), &event(1, "docker", "b", "x")]);
    // A pretty-printed object ends with its last brace, not with the line after it.
    check(&[watched(1).trim_end(), &format!("\n{}", watched(2)), &watched(3)]);
    let docker = |second: u32| {
        format!("2026-11-23T09:00:0{second}.000000000Z container kill 9f86d081884c (name=web)\n")
    };
    check(&[&docker(1), &docker(2)]);
    let docker = |second: u32| {
        format!(
            "{{\"Type\":\"container\",\"Action\":\"kill\",\"Actor\":{{\"ID\":\"9f86d0\"}},\
             \"time\":179542494{second}}}\n"
        )
    };
    check(&[&docker(1), &docker(2)]);
}

#[test]
fn a_signal_ends_a_stream_in_good_order() {
    for name in ["-INT", "-TERM"] {
        let dir = Dir::new();
        let mut import = Import::start(&dir, &["-"]);
        let cut_off = "{\"type\":\"docker\",\"name\":\"cut";
        import.write(&[&event(0, "docker", "a", "x"), cut_off].concat());
        import.durable(1);
        let said = import.signal(name);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{name}: {said:?}");
        let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        let counts = ["read", "appended", "rejected"].map(|key| &report["files"][0][key]);
        assert_eq!(counts, [1, 1, 0], "{report}");
        let stats = dir.json(&["stats"]);
        assert_eq!(dir.json(&["query"])["total"], 1, "{stats}");
    }
}

#[test]
fn a_signal_that_leaves_files_unread_says_so() {
    let dir = Dir::new();
    dir.file("first.jsonl", event(0, "docker", "a", "x"));
    dir.file("last.jsonl", event(1, "docker", "b", "x"));
    let import = Import::start(&dir, &["first.jsonl", "-", "last.jsonl"]);
    import.durable(1);
    let said = import.signal("-INT");
    let expected = "eventscope: interrupted: 2 of 3 files read; import the same again, nothing is \
        stored twice";
    assert_eq!((said.code, said.err.as_str()), (Some(1), expected), "{said:?}");
    assert_eq!(dir.json(&["query"])["total"], 1);
    let said = Import::start(&dir, &["-", "--strict"]);
    thread::sleep(Duration::from_millis(500));
    let said = said.signal("-INT");
    assert!(said.code == Some(1) && said.err.contains("0 of 1 files read"), "{said:?}");
}

/// One signal ends the reading of a pipe that nobody writes into, and of one that has stalled.
#[test]
fn a_signal_ends_the_wait_for_a_named_pipe() {
    for name in ["-INT", "-TERM"] {
        let dir = Dir::new();
        let pipe = dir.path("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let import = Import::start(&dir, &["pipe"]);
        thread::sleep(Duration::from_millis(500));
        let said = import.signal(name);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{name}: {said:?}");

        let import = Import::start(&dir, &["pipe"]);
        let mut writer = std::fs::File::options().write(true).open(&pipe).unwrap();
        writer.write_all(event(0, "docker", "a", "x").as_bytes()).unwrap();
        import.durable(1);
        let said = import.signal(name);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{name}: {said:?}");
        assert_eq!(dir.json(&["query"])["total"], 1);
    }
}

/// A writer that is faster than the store has to wait, so what waits in memory is bounded.
#[test]
#[cfg(target_os = "linux")]
fn whoever_writes_too_fast_has_to_wait() {
    const EVENTS: u32 = 60_000;
    /// All events take over 240 MiB of text; what may wait is well below.
    const MEMORY_KIB_MAX: u64 = 200 * 1024;
    let dir = Dir::new();
    let mut import = Import::start(&dir, &["-", "--batch", "100"]);
    let padding = "x".repeat(4_000);
    for number in 0..EVENTS {
        let line = event(number % 3_600, "docker", &number.to_string(), "x");
        let long = format!("\"description\":\"{padding}\",\"severity\"");
        import.write(&line.replace("\"severity\"", &long));
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", import.child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak < MEMORY_KIB_MAX, "{peak} KiB");
    import.durable(u64::from(EVENTS));
    assert_eq!(import.signal("-INT").code, Some(0));
}
