//! A disk that is full: one line, exit 1, and a store that opens afterwards with all that was
//! reported durable.
//!
//! A limit on the size of files stands in for the full disk, since a test must not mount anything:
//! the system refuses to write in the same way, only with another reason.

use super::kit::{Dir, Said};
use eventscope_testkit::generate::Generator;
use eventscope_testkit::native;
use serde_json::Value;

/// Runs an import whose files may not grow beyond so many KiB.
fn import_within(dir: &Dir, kib: u32) -> Said {
    let program = dir.command(&[]).get_program().to_str().unwrap().to_owned();
    // The signal that comes with the limit would end the program before it could say anything.
    let script = format!(
        "trap '' XFSZ; ulimit -f {blocks}; \
         exec \"$0\" import dump.jsonl --batch 1000 --progress-json",
        blocks = kib * 2
    );
    let mut command = std::process::Command::new("sh");
    command.current_dir(dir.path(".")).args(["-c", &script, &program]);
    command.env_remove("EVENTSCOPE_STORE").output().unwrap().into()
}

#[test]
fn a_full_disk_ends_the_import_and_loses_nothing() {
    let dir = Dir::new();
    let mut lines = Vec::new();
    for draft in Generator::new(3).take(20_000) {
        native::write_line(&draft, &mut lines).unwrap();
    }
    dir.file("dump.jsonl", lines);
    let said = import_within(&dir, 2_048);
    assert_eq!(said.code, Some(1), "{said:?}");
    let told: Vec<&str> = said.err.lines().filter(|line| !line.starts_with('{')).collect();
    assert_eq!(told.len(), 1, "{said:?}");
    assert!(told[0].starts_with("eventscope: the import stopped after "), "{told:?}");
    let end = "I/O error: File too large (os error 27); mend that and import the same again, \
        nothing is stored twice";
    assert!(told[0].ends_with(end), "{told:?}");
    let mut durable = said.err.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let durable = durable.next_back().map_or(0, |line| line["durable"].as_u64().unwrap());
    assert!(durable > 0, "{said:?}");
    let total = dir.json(&["query", "--limit", "0"])["total"].as_u64().unwrap();
    assert!((durable..20_000).contains(&total), "{total} of {durable} durable events");
    assert_eq!(dir.json(&["verify"])["ok"], true);
    dir.json(&["import", "dump.jsonl"]);
    assert_eq!(dir.json(&["query", "--limit", "0"])["total"], 20_000);
}
