//! Which crate may use which: the rooms of ARCHITECTURE.md as a test.
//!
//! Dependencies point one way, and a foreign library is known to the room that hides it and to no
//! other. What is written here is a list of what is allowed; everything else is refused.

use super::tree::metadata;
use serde_json::Value;

/// Our crates and those of ours that they may use. Tests may use the testkit besides, and the
/// testkit, the trials and the benches may use everything.
const ROOMS: [(&str, &[&str]); 10] = [
    ("eventscope-model", &[]),
    ("eventscope-scope", &["eventscope-model"]),
    ("eventscope-storage", &["eventscope-model"]),
    ("eventscope-query", &["eventscope-model", "eventscope-scope", "eventscope-storage"]),
    ("eventscope-formats", &["eventscope-model"]),
    (
        "eventscope",
        &["eventscope-model", "eventscope-scope", "eventscope-storage", "eventscope-query"],
    ),
    ("eventscope-intake", &["eventscope-model", "eventscope-formats", "eventscope"]),
    (
        "eventscope-wire",
        &[
            "eventscope-model",
            "eventscope-scope",
            "eventscope-formats",
            "eventscope",
            "eventscope-intake",
        ],
    ),
    (
        "eventscope-server",
        &[
            "eventscope-model",
            "eventscope-scope",
            "eventscope-formats",
            "eventscope",
            "eventscope-intake",
            "eventscope-wire",
        ],
    ),
    (
        "eventscope-cli",
        &[
            "eventscope-model",
            "eventscope-scope",
            "eventscope-formats",
            "eventscope",
            "eventscope-intake",
            "eventscope-wire",
            "eventscope-server",
        ],
    ),
];

pub(super) const FREE: [&str; 3] =
    ["eventscope-testkit", "eventscope-trials", "eventscope-benches"];

/// What the model may use: how Unicode compares words, which is too much for tables of our own, and
/// JSON of any kind.
const WORDS: [&str; 3] = ["caseless", "serde", "unicode-normalization"];

/// Foreign crates that only some rooms may know. Tests may read JSON anywhere.
const FOREIGN: [(&str, &[&str]); 12] = [
    ("caseless", &["eventscope-model"]),
    ("unicode-normalization", &["eventscope-model"]),
    ("redb", &["eventscope-storage"]),
    ("roaring", &["eventscope-storage"]),
    ("tantivy", &["eventscope-storage"]),
    ("bincode", &["eventscope-storage"]),
    ("zstd", &["eventscope-storage", "eventscope-formats", "eventscope-testkit"]),
    ("flate2", &["eventscope-formats", "eventscope-testkit"]),
    (
        "serde_json",
        &["eventscope-formats", "eventscope-server", "eventscope-cli", "eventscope-testkit"],
    ),
    ("signal-hook", &["eventscope-cli"]),
    ("tokio", &[]),
    ("axum", &[]),
];

/// One line of a manifest: who uses what, and whether only for tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Use<'a> {
    by: &'a str,
    of: &'a str,
    purpose: Purpose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Product,
    Tests,
}

#[test]
fn dependencies_stay_within_the_fences() {
    let metadata = metadata(&["--no-deps", "--offline"]);
    let uses = uses(&metadata);
    assert!(uses.iter().any(|one| one.of == "eventscope-model"), "no dependencies found: {uses:?}");
    let refused: Vec<String> = uses.into_iter().filter_map(refusal).collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn what_is_not_allowed_is_refused() {
    let refused = |by, of, purpose| refusal(Use { by, of, purpose }).is_some();
    assert!(refused("eventscope-storage", "eventscope-scope", Purpose::Product));
    assert!(refused("eventscope-storage", "eventscope-query", Purpose::Tests));
    assert!(refused("eventscope-model", "serde_json", Purpose::Product));
    assert!(!refused("eventscope-model", "serde", Purpose::Product));
    assert!(!refused("eventscope-model", "caseless", Purpose::Product));
    assert!(refused("eventscope-query", "unicode-normalization", Purpose::Product));
    assert!(refused("eventscope-query", "roaring", Purpose::Product));
    assert!(refused("eventscope-query", "serde_json", Purpose::Product));
    assert!(refused("eventscope", "tokio", Purpose::Tests));
    assert!(refused("eventscope-odds", "eventscope-model", Purpose::Product));
    assert!(refused("eventscope-query", "eventscope-testkit", Purpose::Product));
    assert!(!refused("eventscope-query", "eventscope-testkit", Purpose::Tests));
    assert!(!refused("eventscope-query", "eventscope-storage", Purpose::Product));
    assert!(!refused("eventscope-query", "serde_json", Purpose::Tests));
    assert!(!refused("eventscope-storage", "redb", Purpose::Product));
    assert!(!refused("eventscope-testkit", "eventscope", Purpose::Product));
    assert!(refused("eventscope-intake", "eventscope-wire", Purpose::Product));
    assert!(refused("eventscope-intake", "serde_json", Purpose::Product));
    assert!(refused("eventscope-wire", "serde_json", Purpose::Product));
    assert!(refused("eventscope", "eventscope-wire", Purpose::Product));
    assert!(!refused("eventscope-formats", "eventscope-formats", Purpose::Tests));
    assert!(refused("eventscope-formats", "eventscope-formats", Purpose::Product));
    assert!(!refused("eventscope-wire", "eventscope-intake", Purpose::Product));
    assert!(!refused("eventscope-server", "eventscope-wire", Purpose::Product));
}

/// Why a dependency is refused, if it is.
fn refusal(one: Use<'_>) -> Option<String> {
    let Use { by, of, purpose } = one;
    if purpose == Purpose::Product && by == "eventscope-model" && !WORDS.contains(&of) {
        return Some(format!("{by} uses {of}; beside the standard library it may use {WORDS:?}"));
    }
    if of.starts_with("eventscope") {
        return ours(one);
    }
    let (_, rooms) = FOREIGN.iter().find(|(name, _)| *name == of)?;
    let allowed = rooms.contains(&by) || (purpose == Purpose::Tests && of == "serde_json");
    (!allowed).then(|| format!("{by} uses {of}; only {rooms:?} may know it"))
}

fn ours(Use { by, of, purpose }: Use<'_>) -> Option<String> {
    // A crate tests itself with a feature that its release is without.
    let is_for_tests = purpose == Purpose::Tests && (of == "eventscope-testkit" || of == by);
    if FREE.contains(&by) || is_for_tests {
        return None;
    }
    match ROOMS.iter().find(|(name, _)| *name == by) {
        None => Some(format!("{by} is a new crate; say in tests/tidy/fences.rs what it may use")),
        Some((_, allowed)) if allowed.contains(&of) => None,
        Some((_, allowed)) => Some(format!("{by} uses {of}; of our crates it may use {allowed:?}")),
    }
}

fn uses(metadata: &Value) -> Vec<Use<'_>> {
    let packages = metadata["packages"].as_array().unwrap();
    let dependencies = packages.iter().flat_map(|package| {
        let all = package["dependencies"].as_array().unwrap();
        all.iter().map(move |dependency| (&package["name"], dependency))
    });
    dependencies
        .map(|(by, dependency)| Use {
            by: by.as_str().unwrap(),
            of: dependency["name"].as_str().unwrap(),
            purpose: match dependency["kind"].as_str() {
                Some("dev") => Purpose::Tests,
                _ => Purpose::Product,
            },
        })
        .collect()
}
