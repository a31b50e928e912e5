//! Whole folders of dumps: all records accounted for, a second import without effect, and an
//! export that can be imported to the same bytes.
//!
//! The examples of this repository are always read. Real dumps are read where `EVENTSCOPE_DUMPS`
//! names their folder.

use super::kit::{Dir, repository};
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;

/// Imports a folder and checks all that must hold; gives a line of counts per file.
fn check(folder: &Path) -> String {
    let dir = Dir::new();
    let path = folder.to_str().unwrap();
    let import = |store| dir.json(&["import", path, "--store", store]);
    let first = import("first.db");
    let second = import("first.db");
    let (mut lines, mut appended, mut updated) = (String::new(), 0, 0);
    for (file, again) in files(&first).zip(files(&second)) {
        let [read, new, duplicates, changed, rejected] = file.counts();
        let [read_again, new_again, duplicates_again, changed_again, rejected_again] =
            again.counts();
        assert_eq!(read, new + duplicates + changed + rejected, "{}", file.0);
        assert_eq!((read_again, rejected_again), (read, rejected), "{}", file.0);
        assert_eq!((new_again, changed_again), (0, 0), "{}", file.0);
        assert_eq!(duplicates_again, read - rejected, "{}", file.0);
        let path = Path::new(file.0["path"].as_str().unwrap()).strip_prefix(folder).unwrap();
        let format = file.0.get("format").map_or("-", |format| format.as_str().unwrap());
        writeln!(
            lines,
            "{} ({format}): read {read}, appended {new}, duplicates {duplicates}, \
             updated {changed}, rejected {rejected}",
            path.display()
        )
        .unwrap();
        appended += new;
        updated += changed;
    }
    assert_eq!(dir.json(&["query", "--store", "first.db"])["total"], appended);
    writeln!(lines, "appended {appended}, updated {updated}").unwrap();
    export_again(&dir, "first.db");
    assert_eq!(dir.json(&["verify", "--store", "first.db"])["ok"], true);
    lines
}

/// Exports a store, imports that, and exports again.
fn export_again(dir: &Dir, store: &str) {
    let before = dir.ok(&["export", "--store", store]);
    dir.file("export.jsonl", &before);
    let report = dir.json(&["import", "export.jsonl", "--store", "again.db"]);
    assert_eq!(report["appended"], before.lines().count());
    let after = dir.ok(&["export", "--store", "again.db"]);
    assert!(before == after, "the second export differs from the first");
    // All files of the first store are in the second by their uids.
    let report = dir.json(&["import", "export.jsonl", "--store", store]);
    assert_eq!(report["appended"], 0);
}

struct File<'a>(&'a Value);

impl File<'_> {
    fn counts(&self) -> [u64; 5] {
        let names = ["read", "appended", "duplicates", "updated", "rejected"];
        names.map(|name| self.0[name].as_u64().unwrap())
    }
}

fn files(report: &Value) -> impl Iterator<Item = File<'_>> {
    report["files"].as_array().unwrap().iter().map(File)
}

#[test]
fn the_examples_of_this_repository() {
    insta::assert_snapshot!(check(Path::new(&repository("examples/dumps"))));
}

#[test]
fn real_dumps() {
    let Some(folder) = std::env::var_os("EVENTSCOPE_DUMPS") else {
        println!("SKIPPED: EVENTSCOPE_DUMPS does not name the folder of real dumps");
        return;
    };
    let lines = check(Path::new(&folder));
    println!("read {} files of {}", lines.lines().count() - 1, Path::new(&folder).display());
    insta::assert_snapshot!(lines);
}
