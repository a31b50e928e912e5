//! Words: found at once, indexed before a command that writes ends, and never by one that reads.

use super::kit::{Dir, document, event, repository, three};
use serde_json::json;

/// Totals of some texts.
#[track_caller]
fn found(dir: &Dir, texts: &[(&str, u64)]) {
    for (text, total) in texts {
        assert_eq!(dir.json(&["query", "--text", text])["total"], *total, "{text}");
    }
}

const TEXTS: [(&str, u64); 6] = [
    ("highcpu", 1),
    ("PROD", 2),
    ("dep*", 1),
    ("killed prod", 1),
    ("\"killed prod\"", 0),
    ("x", 0),
];

#[test]
fn words_are_indexed_before_an_import_ends_or_later() {
    let dir = Dir::new();
    dir.file("a.jsonl", three());
    dir.ok(&["import", "--no-wait", "a.jsonl"]);
    assert_eq!(dir.json(&["stats"])["text_lag"], 3);
    found(&dir, &TEXTS);
    dir.file("b.jsonl", event(180, "docker", "Restarted", "dev"));
    dir.ok(&["import", "b.jsonl"]);
    let stats = dir.json(&["stats"]);
    assert_eq!(stats["text_lag"], 0);
    assert!(stats["bytes"]["text"].as_u64().unwrap() > 0, "{stats}");
    found(&dir, &TEXTS);
    let plan = dir.ok(&["query", "text = killed", "--explain"]);
    assert!(plan.contains("by text index"), "{plan}");
}

#[test]
fn a_query_makes_nothing_and_verify_completes() {
    let dir = Dir::new();
    dir.file("a.jsonl", three());
    dir.ok(&["import", "a.jsonl"]);
    std::fs::remove_dir_all(dir.path("events.db/text")).unwrap();
    found(&dir, &TEXTS);
    assert!(!dir.path("events.db/text").try_exists().unwrap());
    let stats = dir.json(&["stats"]);
    assert_eq!(stats["text_lag"], 3);
    assert_eq!(stats["warnings"].as_array().unwrap().len(), 1, "{stats}");
    dir.ok(&["verify"]);
    assert_eq!(dir.json(&["stats"])["text_lag"], 0);
    dir.ok(&["rebuild"]);
    found(&dir, &TEXTS);
}

/// As it is after an upgrade: who only looks leaves the text index as it is, and says why words
/// take their time.
#[test]
fn a_text_index_of_another_version_is_pointed_out_until_it_is_made_again() {
    let dir = Dir::of_three();
    let folder = dir.path("events.db/text");
    for file in std::fs::read_dir(&folder).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    let old = repository("tests/data/text-index/version-1.text");
    std::fs::copy(old, folder.join("000000000001-00003-0000000000000000-0.text")).unwrap();
    let hint = "another version made the text index, so words are looked for in every event; \
                `eventscope verify` makes it again, as the next import does";
    for args in [
        &["query", "--text", "killed"][..],
        &["query", "not (type = alert or text = killed)"],
        &["export", "text = killed"],
        &["compare", "text = killed", "--window", "2026-11-23..2026-11-24"],
    ] {
        let said = dir.run(args);
        assert_eq!((said.code, said.err), (Some(0), format!("eventscope: warning: {hint}\n")));
    }
    let said = dir.run(&["query", "--text", "killed", "--json"]);
    let answer = document(&said.out);
    assert_eq!(answer["total"], 1);
    let warnings = json!([{"kind": "outdated_text_index", "message": hint}]);
    assert_eq!(answer["warnings"], warnings);
    dir.ok(&["query", "name = Killed"]);
    dir.ok(&["verify"]);
    assert!(dir.json(&["query", "--text", "killed"])["warnings"].is_null());
}
