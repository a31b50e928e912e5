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
            "source": "test", "name": format!("Event {n}"),
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
    let pruned = prune(&dir, &["--max-bytes", "0"], 9);
    assert_eq!(pruned["removed_segments"], 1, "{pruned}");
    let again = dir.json(&["import", "events.jsonl"]);
    assert_eq!((&again["appended"], &again["duplicates"]), (&json!(30), &json!(0)));
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
