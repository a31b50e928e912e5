//! YAML: aliases that multiply, depth, tags, tabs, and documents that do not end.

use super::{Case, Expected, add};
use std::fmt::Write;

const GOOD: &str = "kind: Event\ninvolvedObject:\n  kind: Pod\n  name: web\nreason: Killing\n\
                    message: all is well\nlastTimestamp: \"2026-11-23T09:09:00Z\"\n\
                    type: Normal\n";

/// A document that is one event but for these lines, and what has to become of it: events, rejects.
const LINES: [(&str, &str, u64, u64); 26] = [
    ("alias", "labels: &a {x: 1}\nother: *a\n", 0, 1),
    ("alias-unknown", "other: *nobody\n", 0, 1),
    ("alias-of-itself", "other: &a [*a]\n", 0, 1),
    ("anchor-alone", "other: &a\n", 1, 0),
    ("merge-key", "<<: {reason: Other}\n", 1, 0),
    ("merge-of-alias", "other: &a {x: 1}\nmore:\n  <<: *a\n", 0, 1),
    ("tag-binary", "other: !!binary aGVsbG8=\n", 1, 0),
    ("tag-own", "other: !ruby/object:Gem {}\n", 1, 0),
    ("tag-broken", "other: !<unclosed a\n", 0, 1),
    ("tab-as-indent", "other:\n\tx: 1\n", 0, 1),
    ("key-is-a-list", "? [a, b]\n: 1\n", 0, 1),
    ("key-is-an-object", "{a: b}: 1\n", 0, 1),
    ("quote-never-closed", "other: \"open\n", 0, 1),
    ("single-quote-never-closed", "other: 'open\n", 0, 1),
    ("flow-never-closed", "other: [1, 2\n", 0, 1),
    ("flow-closed-twice", "other: [1, 2]]\n", 0, 1),
    ("escape-unknown", "other: \"\\q\"\n", 0, 1),
    ("escape-short", "other: \"\\u12\"\n", 0, 1),
    ("escape-surrogate", "other: \"\\ud800\"\n", 0, 1),
    ("indent-broken", "other:\n    a: 1\n  b: 2\n", 0, 1),
    ("time-none", "eventTime: never\nlastTimestamp: x\n", 0, 1),
    ("count-is-text", "count: three\n", 1, 0),
    ("count-huge", "count: 99999999999999999999\n", 1, 0),
    ("infinity", "other: .inf\n", 1, 0),
    ("octal", "other: 0o17\n", 1, 0),
    ("reserved", "other: @at\n", 0, 1),
];

/// Containers inside containers.
const DEPTH: usize = 100_000;

pub(super) fn add_yaml(cases: &mut Vec<Case>) {
    for (name, lines, events, rejects) in LINES {
        let dump = format!("{GOOD}{lines}---\n{GOOD}");
        add(cases, format!("yaml-{name}"), dump, Expected::whole(events + 1, rejects));
    }
    let mut laughs = format!("{GOOD}a0: &a0 [lol, lol, lol]\n");
    for n in 1..40 {
        let aliases = vec![format!("*a{}", n - 1); 9].join(", ");
        // Writing to a text does not fail.
        let _ = writeln!(laughs, "a{n}: &a{n} [{aliases}]");
    }
    add(cases, "yaml-billion-laughs", laughs, Expected::whole(0, 1));
    for (name, open, close) in [("flow-lists", "[", "]"), ("flow-objects", "{a: ", "}")] {
        let deep = [open.repeat(DEPTH), "1".to_owned(), close.repeat(DEPTH)].concat();
        let dump = format!("{GOOD}other: {deep}\n---\n{GOOD}");
        add(cases, format!("yaml-depth-{name}"), dump, Expected::whole(1, 1));
    }
    let dashes = "- ".repeat(DEPTH);
    let dump = format!("{GOOD}other:\n  {dashes}x\n---\n{GOOD}");
    add(cases, "yaml-depth-block-lists", dump, Expected::whole(1, 1));
    let mut steps = String::from("other:\n");
    for n in 1..1000 {
        steps.push_str(&" ".repeat(n));
        steps.push_str("a:\n");
    }
    let dump = format!("{GOOD}{steps}---\n{GOOD}");
    add(cases, "yaml-depth-block-objects", dump, Expected::whole(1, 1));
    let long = "long ".repeat(200_000);
    for (name, style) in [("plain", ""), ("folded", ">\n  "), ("literal", "|\n  ")] {
        let text = GOOD.replace("all is well", &format!("{style}{long}"));
        let dump = format!("{text}---\n{GOOD}");
        add(cases, format!("yaml-megabyte-{name}"), dump, Expected::whole(2, 0));
    }
    let dividers = format!("{GOOD}{}{GOOD}", "---\n".repeat(10_000));
    add(cases, "yaml-10000-dividers", dividers, Expected::whole(2, 0));
    add(cases, "yaml-list-empty", "kind: List\nitems: []\n", Expected::whole(0, 0));
    add(cases, "yaml-first-line-only", "kind: Event", Expected::whole(0, 0));
    add(cases, "yaml-items-of-texts", "kind: List\nitems: [a, b]\n", Expected::whole(0, 0));
    let nul = GOOD.replace("all is well", "a\0b");
    add(cases, "yaml-nul", format!("{nul}---\n{GOOD}"), Expected::whole(1, 1));
    let broken = [GOOD.as_bytes(), b"other: \xff\n---\n", GOOD.as_bytes()].concat();
    add(cases, "yaml-not-utf8", broken, Expected::whole(2, 0));
    let returns = GOOD.replace('\n', "\r");
    add(cases, "yaml-cr-only", returns, Expected::whole(1, 0));
}
