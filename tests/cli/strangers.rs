//! Files of others around and within a store: whatever command runs, every byte of them stays.

use super::kit::{Dir, three};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// Names that are close to those of a store, its files and what is made while it works.
const NAMES: [&str; 30] = [
    "events.db.new",
    "events.db.old",
    "events.db.tmp",
    "events.db.0123456789abcdef.new",
    "backup.new",
    "backup.tmp",
    "kept.new",
    "holder",
    "damaged",
    "text",
    "text.damaged",
    "log.redb",
    "log.new",
    "segments.redb",
    "segments.new",
    "events.db/log.new",
    "events.db/log.old",
    "events.db/log.tmp",
    "events.db/log.redb.new",
    "events.db/log.redb.0123456789abcdef.new",
    "events.db/segments.new",
    "events.db/segments.redb.0123456789abcdef.new",
    "events.db/holder.new",
    "events.db/damaged",
    "events.db/text.damaged",
    "events.db/text/damaged",
    "events.db/text/thesis.text",
    "events.db/text/thesis.new",
    "events.db/text/0123456789abcdef.new",
    "events.db/text/000000000001-00064-0123456789abcdef-7.damaged",
];

/// Every command that there is, in an order in which each has something to do.
const COMMANDS: [&[&str]; 26] = [
    &["help"],
    &["catalog"],
    &["analyze", "three.jsonl"],
    &["analyze", "three.jsonl", "--keep", "kept"],
    &["import", "three.jsonl"],
    &["import", "three.jsonl", "--scope-labels", "kubernetes.*"],
    &["post", "deployed"],
    &["query", "text = 'killed'"],
    &["show", "1"],
    &["ack", "1"],
    &["unack", "1"],
    &["resolve", "1"],
    &["delete", "2"],
    &["undo", "4"],
    &["labels"],
    &["labels", "--allow", "*"],
    &["export"],
    &["stats"],
    &["verify"],
    &["rebuild"],
    &["bench", "--rounds", "1"],
    &["backup", "backup"],
    &["prune", "--older-than", "1d"],
    &["prune", "--max-bytes", "0"],
    &["backup", "backup"],
    &["verify"],
];

#[test]
fn every_byte_of_others_is_there_after_every_command() {
    for inside_folders in [false, true] {
        let dir = Dir::new();
        dir.file("three.jsonl", three());
        dir.ok(&["post", "first"]);
        let mut strangers: BTreeMap<PathBuf, String> = BTreeMap::new();
        for name in NAMES {
            let name = match inside_folders {
                true => format!("{name}/thesis.txt"),
                false => name.to_owned(),
            };
            dir.file(&name, format!("years of work: {name}"));
            strangers.insert(dir.path(&name), format!("years of work: {name}"));
        }
        for command in COMMANDS {
            let said = dir.run(command);
            // Some have nothing to do; what counts is what they leave.
            assert!(said.code.is_some_and(|code| code < 2), "{command:?}: {said:?}");
            for (path, bytes) in &strangers {
                let now = fs::read_to_string(path).unwrap_or_default();
                assert_eq!(&now, bytes, "{} after {command:?}: {said:?}", path.display());
            }
        }
        assert!(dir.path("kept/log.redb").is_file() && dir.path("backup/log.redb").is_file());
    }
}

#[test]
fn a_store_is_made_beside_another_whose_name_is_longer() {
    let dir = Dir::new();
    dir.ok(&["--store", "events.db.new", "post", "kept"]);
    dir.ok(&["--store", "events.db", "post", "x"]);
    assert_eq!(dir.json(&["--store", "events.db.new", "query"])["total"], 1);
    dir.file("notes.new/thesis.txt", "years of work");
    dir.ok(&["--store", "notes", "post", "x"]);
    assert_eq!(fs::read_to_string(dir.path("notes.new/thesis.txt")).unwrap(), "years of work");
}

#[test]
fn a_store_is_made_where_containers_need_one() {
    let dir = Dir::new();
    fs::create_dir_all(dir.path("volume/lost+found")).unwrap();
    dir.ok(&["--store", "volume", "post", "x"]);
    fs::create_dir(dir.path("empty")).unwrap();
    dir.ok(&["--store", "empty/.", "post", "x"]);
    for store in ["volume", "empty"] {
        assert_eq!(dir.json(&["--store", store, "query"])["total"], 1);
    }
}

/// A medium that cannot be written to is told as that.
#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_is_read_only_is_told_as_that() {
    let dir = Dir::new();
    dir.ok(&["post", "x"]);
    let path = dir.path("events.db");
    let mount = |args: &[&str]| {
        let command = std::process::Command::new("mount").args(args).arg(&path).output();
        command.is_ok_and(|output| output.status.success())
    };
    let bound = ["--bind", path.to_str().unwrap()];
    if !(mount(&bound) && mount(&["-o", "remount,bind,ro"])) {
        // Only the superuser may mount.
        return;
    }
    let said = dir.run(&["query"]);
    let unmounted = std::process::Command::new("umount").arg(&path).status();
    assert!(unmounted.is_ok_and(|status| status.success()));
    assert_eq!(said.code, Some(1), "{said:?}");
    let expected = "eventscope: cannot write to ./events.db/holder; a store needs leave to write \
        to its folder and its files: Read-only file system (os error 30)\n";
    assert_eq!(said.err, expected);
}
