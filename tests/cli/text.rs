//! Words: found at once, indexed before a command that writes ends, and never by one that reads.

use super::kit::{Dir, event, three};

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
