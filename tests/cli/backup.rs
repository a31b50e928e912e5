//! `backup DIR`: a copy that is a store; the next one copies only what is new, and none is half.

use super::kit::{Dir, event, three};
use eventscope_testkit::generate::Generator;
use eventscope_testkit::{Rng, native};
use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

/// Kills, and how many of them must hit a backup at work; there may be more until so many did.
const KILLS: usize = 12;
const HITS: usize = 4;
const KILLS_MAX: usize = 60;

/// A dump of so many events.
fn dump(events: usize) -> Vec<u8> {
    let mut lines = Vec::new();
    for draft in Generator::new(7).take(events) {
        native::write_line(&draft, &mut lines).unwrap();
    }
    lines
}

/// Checks that two stores say the same, and that the second is whole.
#[track_caller]
fn same(dir: &Dir, one: &str, other: &str) {
    assert_eq!(dir.json(&["verify", "--store", other])["ok"], true);
    let export = |store| dir.ok(&["export", "--ids", "--store", store]);
    assert!(export(one) == export(other), "{one} and {other} differ");
}

#[test]
fn a_backup_is_a_store_and_the_next_one_copies_what_is_new() {
    let dir = Dir::new();
    dir.file("dump.jsonl", dump(66_000));
    dir.ok(&["import", "dump.jsonl"]);
    let first = dir.json(&["backup", "copies/day"]);
    let keys: Vec<&String> = first.as_object().unwrap().keys().collect();
    assert_eq!(keys.len(), 5, "{keys:?}");
    assert_eq!((&first["path"], &first["events"]), (&"copies/day".into(), &66_000.into()));
    assert_eq!((&first["segments"], &first["copied_segments"]), (&1.into(), &1.into()));
    same(&dir, "events.db", "copies/day");
    let changed = dir.json(&["delete", "--where", "severity <= warning"]);
    dir.file("three.jsonl", three());
    dir.ok(&["import", "three.jsonl"]);
    let next = dir.json(&["backup", "copies/day"]);
    assert_eq!((&next["segments"], &next["copied_segments"]), (&1.into(), &0.into()));
    assert_eq!(next["events"], 66_003 - changed["changed"].as_u64().unwrap());
    let bytes = |backup: &serde_json::Value| backup["copied_bytes"].as_u64().unwrap();
    assert!(bytes(&next) < bytes(&first) / 10, "{next} after {first}");
    same(&dir, "events.db", "copies/day");
    // What can be undone can be undone in a restored store too.
    let change = changed["change"].as_str().unwrap();
    let undone = dir.json(&["undo", change, "--store", "copies/day"]);
    assert_eq!(undone["changed"], changed["changed"]);
    assert_eq!(dir.json(&["query", "--limit", "0", "--store", "copies/day"])["total"], 66_003);
    let said = dir.run(&["backup", "copies/day"]);
    let expected = "eventscope: cannot back up into copies/day: it was written to since it was \
        made; name another folder\n";
    assert_eq!((said.code, said.err.as_str()), (Some(1), expected));
}

#[test]
fn people_are_told_what_was_copied() {
    let dir = Dir::new();
    dir.file("three.jsonl", three());
    dir.ok(&["import", "three.jsonl"]);
    let said = dir.ok(&["backup", "copy"]);
    assert!(said.starts_with("3 events in copy: 0 new segments, "), "{said}");
    assert!(said.ends_with(" bytes copied\n"), "{said}");
}

#[test]
fn what_is_no_backup_of_this_store_is_left_alone() {
    let dir = Dir::new();
    dir.file("three.jsonl", three());
    dir.file("one.jsonl", event(0, "alert", "Other", "prod"));
    dir.file("plain/precious", "data");
    dir.ok(&["import", "three.jsonl"]);
    dir.ok(&["import", "one.jsonl", "--store", "other.db"]);
    dir.ok(&["backup", "other", "--store", "other.db"]);
    for (path, why) in [
        ("plain", "there is something else; name a new or empty folder"),
        ("three.jsonl", "there is something else; name a new or empty folder"),
        ("other", "it is a backup of another store; name another folder"),
        ("other.db", "it is a backup of another store; name another folder"),
        ("events.db", "it is the folder of the store itself, or within it; name another one"),
        ("events.db/copy", "it is the folder of the store itself, or within it; name another one"),
    ] {
        let said = dir.run(&["backup", path]);
        let expected = format!("eventscope: cannot back up into {path}: {why}\n");
        assert_eq!((said.code, said.err), (Some(1), expected));
    }
    assert_eq!(fs::read(dir.path("plain/precious")).unwrap(), b"data");
    same(&dir, "other.db", "other");
    assert_eq!(dir.json(&["query"])["total"], 3);
    let said = dir.run(&["backup", "copy", "--store", "none.db"]);
    assert_eq!(said.code, Some(1));
    assert!(!dir.path("copy").try_exists().unwrap() && !dir.path("none.db").try_exists().unwrap());
    let said = dir.run(&["backup"]);
    assert_eq!(said.code, Some(2), "{said:?}");
}

#[test]
fn kill_9_leaves_the_earlier_backup_or_the_new_one() {
    let dir = Dir::new();
    dir.file("dump.jsonl", dump(66_000));
    dir.ok(&["import", "dump.jsonl"]);
    let start = Instant::now();
    dir.ok(&["backup", "whole"]);
    let life_ms = start.elapsed().as_millis() as usize;
    let mut rng = Rng::new(20_261_124);
    let (mut expected, mut cut_off, mut kill) = (None, 0, 0);
    while kill < KILLS || (cut_off < HITS && kill < KILLS_MAX) {
        let mut command = dir.command(&["backup", "copy"]);
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(rng.below(life_ms) as u64));
        child.kill().unwrap();
        cut_off += usize::from(!child.wait().unwrap().success());
        let total = dir.json(&["query", "--limit", "0"])["total"].as_u64().unwrap();
        // It is a backup with its log; before that, there is nothing that anybody could read.
        if dir.path("copy/log.redb").try_exists().unwrap() {
            let copied = dir.json(&["query", "--limit", "0", "--store", "copy"])["total"].as_u64();
            assert!(copied == Some(total) || copied == expected, "kill {kill}: {copied:?}");
            expected = copied;
        } else {
            assert_eq!(expected, None, "kill {kill}: the backup is gone");
        }
        if kill % 4 == 3 {
            dir.ok(&["backup", "copy"]);
            same(&dir, "events.db", "copy");
            expected = Some(total);
        }
        // Something new for the next one.
        dir.ok(&["post", "Deployed"]);
        // A first backup takes longest.
        if kill % 3 == 2 && expected.take().is_some() {
            fs::remove_dir_all(dir.path("copy")).unwrap();
        }
        kill += 1;
    }
    assert!(cut_off > 0, "none of {kill} kills hit a backup at work");
}
