//! `prune` and `rebuild`, as scripts run them.

use super::kit::Dir;
use serde_json::{Value, json};

/// Events of [`store`].
const EVENTS: u64 = 30;

/// A store of thirty events, one a day, the oldest forty days old: severities 0 to 7 in turn, every
/// third from Docker.
fn store() -> Dir {
    let dir = Dir::new();
    let now = std::process::Command::new("date").arg("+%s").output().unwrap();
    let now: u64 = String::from_utf8(now.stdout).unwrap().trim().parse().unwrap();
    let line = |n: u64| {
        let kind = if n.is_multiple_of(3) { "docker" } else { "custom" };
        let time = now - (40 - n) * 86_400;
        let severity = n % 8;
        json!({
            "uid": format!("u{n}"), "time": time, "type": kind, "severity": severity,
            "source": "test", "name": format!("Event {n}"), "labels": {"team": "sre"},
        })
    };
    let lines: Vec<String> = (0..EVENTS).map(|n| line(n).to_string()).collect();
    dir.file("events.jsonl", lines.join("\n"));
    dir.ok(&["import", "events.jsonl"]);
    dir
}

fn total(dir: &Dir) -> u64 {
    dir.json(&["query"])["total"].as_u64().unwrap()
}

#[track_caller]
fn prune(dir: &Dir, args: &[&str], removed: u64) -> Value {
    let before = total(dir);
    let pruned = dir.json(&[&["prune"], args].concat());
    assert_eq!(pruned["removed_events"], removed, "{args:?}: {pruned}");
    assert_eq!(total(dir), before - removed, "{args:?}");
    assert_eq!(dir.json(&["verify"])["ok"], true);
    pruned
}

#[test]
fn prune_removes_by_age_severity_type_and_bytes() {
    let dir = store();
    prune(&dir, &["--older-than", "60d"], 0);
    // 0 to 10 are older than thirty days, the last by a moment.
    prune(&dir, &["--older-than", "30d", "--severity", "info,0"], 4);
    prune(&dir, &["--older-than", "30d", "--type", "docker"], 2);
    prune(&dir, &["--older-than", "30d", "--type", "docker,custom", "--severity", "warning"], 1);
    let severities = "High,medium,4,notice,informational,debug";
    prune(&dir, &["--older-than", "30d", "--severity", severities], 4);
    prune(&dir, &["--older-than", "20d"], 10);
    assert_eq!(dir.json(&["stats"])["pruned"], 21);
    assert_eq!(dir.ok(&["prune", "--max-bytes", "10GB"]).lines().count(), 1);
    let again = dir.json(&["import", "events.jsonl"]);
    assert_eq!((&again["appended"], &again["duplicates"]), (&json!(21), &json!(9)));
    // What is not sealed stays whatever it takes, and that is told.
    let pruned = prune(&dir, &["--max-bytes", "0"], 0);
    assert_eq!(pruned["unsealed_events"], 30, "{pruned}");
    assert!(pruned["over_bytes"].as_u64().unwrap() > 0, "{pruned}");
    let told = dir.ok(&["prune", "--max-bytes", "0"]);
    assert!(told.contains("more than it may take: 30 events not sealed yet, and stay"), "{told}");
}

#[test]
fn an_alert_that_is_observed_again_is_as_old_as_that_says() {
    let dir = Dir::new();
    let now = std::process::Command::new("date").arg("+%s").output().unwrap();
    let now: u64 = String::from_utf8(now.stdout).unwrap().trim().parse().unwrap();
    let line = |n: u64, days: u64, end: Option<u64>| {
        json!({
            "uid": format!("u{n}"), "time": now - days * 86_400, "type": "alert",
            "severity": n % 8, "source": "test", "name": "HighCpu", "end_time": end,
            "state": if end.is_some() { "resolved" } else { "triggered" },
        })
        .to_string()
    };
    let first: Vec<String> = (0..60).map(|n| line(n, 90, None)).collect();
    let again: Vec<String> = (0..60).step_by(3).map(|n| line(n, 1, Some(now))).collect();
    dir.file("first.jsonl", first.join("\n"));
    dir.file("again.jsonl", again.join("\n"));
    dir.ok(&["import", "first.jsonl"]);
    assert_eq!(dir.json(&["import", "again.jsonl"])["updated"], 20);
    prune(&dir, &["--older-than", "30d"], 40);
    assert_eq!(total(&dir), 20);
}

#[test]
fn what_was_deleted_stays_so_and_what_was_pruned_comes_back() {
    let dir = store();
    dir.ok(&["delete", "1", "30"]);
    prune(&dir, &["--older-than", "35d", "--severity", "1,2"], 2);
    let again = dir.json(&["import", "events.jsonl"]);
    assert_eq!((&again["appended"], &again["duplicates"]), (&json!(2), &json!(28)));
    assert_eq!(total(&dir), 28);
    let gone = dir.run(&["show", "2"]);
    assert_eq!(gone.code, Some(1));
    assert!(gone.err.contains("no event with id 2"), "{}", gone.err);
}

#[test]
fn prune_says_what_it_needs() {
    let dir = store();
    for args in [
        &["prune"][..],
        &["prune", "--severity", "info"],
        &["prune", "--max-bytes", "1GB", "--type", "docker"],
        &["prune", "--older-than", "soon"],
        &["prune", "--older-than", "1d", "--severity", "loud"],
        &["prune", "--older-than", "1d", "--type", "toys"],
        &["prune", "--max-bytes", "much"],
    ] {
        let said = dir.run(args);
        assert_eq!(said.code, Some(2), "{args:?}: {said:?}");
    }
    assert_eq!(total(&dir), EVENTS);
}

#[test]
fn rebuild_tells_what_it_did() {
    let dir = store();
    let rebuilt = dir.json(&["rebuild"]);
    let expected = json!({
        "ok": true, "checked": 30, "segments": 0, "repaired": 0, "problems": [],
    });
    assert_eq!(rebuilt, expected);
    let line = dir.ok(&["rebuild"]);
    assert_eq!(line, "read 30 events, rebuilt 0 sealed segments; 0 segments changed\n");
}

#[test]
fn a_rebuild_that_leaves_a_problem_ends_with_1() {
    const PAGE_BYTES: usize = 4_096;
    let dir = store();
    // The events are sealed before a list of labels changes.
    dir.ok(&["labels", "--allow", "team"]);
    let segments = dir.path("events.db/segments.redb");
    let whole = std::fs::read(&segments).unwrap();
    // Of all pages, those with rows are what no rebuild can make anew.
    let mut unreadable = 0;
    for page in (1..whole.len() / PAGE_BYTES).map(|page| page * PAGE_BYTES) {
        let mut damaged = whole.clone();
        for at in [60, 200, 400] {
            damaged[page + at] ^= 0xFF;
        }
        std::fs::write(&segments, damaged).unwrap();
        if !dir.run(&["verify"]).out.contains("block 0 of segment 1 is damaged") {
            continue;
        }
        let rebuilt = dir.run(&["rebuild"]);
        assert_eq!(rebuilt.code, Some(1), "{rebuilt:?}");
        assert!(rebuilt.out.contains("block 0 of segment 1 is damaged"), "{rebuilt:?}");
        assert!(rebuilt.err.contains("found; restore a backup"), "{rebuilt:?}");
        unreadable += 1;
    }
    assert!(unreadable > 0);
}
