//! The small inputs that people's tools write, through the program: every record accounted for, and
//! `--strict` refuses what is not clean.

use super::kit::{Dir, repository};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// The cases that are not clean without further options: one line that is no YAML; JSON and CSV
/// whose fields need a map.
const NOT_CLEAN: [&str; 5] = [
    "12-log-line-inside-yaml.yaml",
    "22-epoch-nine-digits.jsonl",
    "31-csv-times.csv",
    "31b-csv-names-its-separator.csv",
    "31c-csv-cut-off.csv",
];

/// A record that breaks off.
const CUT_OFF: &[u8] = b"\n{\"rule\":\"Shell\",\"priority\":\"Notice\",\"out";

fn cases() -> Vec<PathBuf> {
    let folder = repository("crates/formats/tests/cases");
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|it| it.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// Exit status and report of an import into a store of its own.
fn import(path: &Path, args: &[&str]) -> (Option<i32>, Value) {
    let dir = Dir::new();
    let said = dir.run(&[&["import", "--json", path.to_str().unwrap()], args].concat());
    (said.code, serde_json::from_str(&said.out).unwrap_or_default())
}

#[test]
fn every_record_of_every_case_is_accounted_for() {
    let mut not_clean = Vec::new();
    for path in cases() {
        let (_, report) = import(&path, &[]);
        let file = &report["files"][0];
        let names = ["read", "appended", "duplicates", "updated", "rejected"];
        let [read, outcomes @ ..] = names.map(|it| file[it].as_u64().unwrap());
        assert_eq!(read, outcomes.iter().sum::<u64>(), "{file}");
        let (code, _) = import(&path, &["--strict"]);
        match code {
            Some(0) => assert_eq!(outcomes[3], 0, "{file}"),
            Some(1) => not_clean.push(name(&path).to_owned()),
            _ => panic!("{file}: {code:?}"),
        }
    }
    assert_eq!(not_clean, NOT_CLEAN);
}

#[test]
fn a_record_that_breaks_off_makes_every_case_one_that_is_not_clean() {
    for path in cases() {
        let dir = Dir::new();
        let bytes = [&fs::read(&path).unwrap(), CUT_OFF].concat();
        dir.file(name(&path), bytes);
        let (code, _) = import(&dir.path(name(&path)), &["--strict"]);
        assert_eq!(code, Some(1), "{}", name(&path));
    }
}
