//! What an import adds to events, and what it does not: labels that are stamped, and alerts that
//! fire again.

use super::kit::Dir;
use serde_json::json;

/// One notice of an alert of Alertmanager.
fn notice(status: &str, end: &str, text: &str) -> String {
    json!({
        "receiver": "h", "version": "4", "groupKey": "{}:{}", "status": status,
        "alerts": [{
            "status": status, "fingerprint": "48042ac000000001",
            "startsAt": "2019-02-25T19:50:00Z", "endsAt": end,
            "labels": {"alertname": "LinkDown", "pod": "web-1"},
            "annotations": {"summary": text},
        }],
    })
    .to_string()
}

const UNSET: &str = "0001-01-01T00:00:00Z";
const END: &str = "2019-02-25T20:01:30Z";

#[test]
fn a_known_event_keeps_the_labels_it_was_stored_with() {
    let texts = ["a", "b", "c", "d", "e", "f"];
    for first in [&[][..], &["--label", "site=tokyo"], &["--label", "pod=x"]] {
        for second in [&[][..], &["--label", "site=osaka"], &["--label", "team=sre"]] {
            let dir = Dir::new();
            dir.file("one.json", notice("firing", UNSET, texts[0]));
            let import = |options: &[&str]| dir.json(&[&["import", "one.json"], options].concat());
            assert_eq!(import(first)["appended"], 1);
            let before = dir.ok(&["export"]);
            let again = import(second);
            assert_eq!([&again["duplicates"], &again["updated"]], [1, 0], "{first:?} {second:?}");
            let not_set = if second.is_empty() { json!(null) } else { json!(1) };
            assert_eq!(again["labels_not_set"], not_set);
            assert_eq!(dir.ok(&["export"]), before);
            assert_eq!(import(first)["labels_not_set"], json!(null));
            // Whichever text wins, the labels stay.
            let labels = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
            let labels = |text: &str| labels(text)["labels"].clone();
            for text in texts {
                dir.file("two.json", notice("firing", UNSET, text));
                dir.json(&[&["import", "two.json"], second].concat());
            }
            assert_eq!(labels(&dir.ok(&["export"])), labels(&before), "{first:?} {second:?}");
        }
    }
}

#[test]
fn what_was_not_set_is_told() {
    let dir = Dir::new();
    dir.file("one.json", notice("firing", UNSET, "a"));
    dir.ok(&["import", "one.json"]);
    let told = "--label not set on 1 event known before: they keep the labels they have";
    let said = dir.ok(&["import", "one.json", "--label", "site=tokyo"]);
    assert!(said.contains(told), "{said}");
    assert!(!dir.ok(&["import", "one.json"]).contains("not set"));
}

#[test]
fn an_alert_that_fires_again_tells_it_once_in_its_history() {
    let dir = Dir::new();
    let (fires, ends) = (notice("firing", UNSET, "s"), notice("resolved", END, "s"));
    dir.file("twice.jsonl", [&*fires, &ends, &fires].join("\n"));
    dir.file("once.jsonl", [&*fires, &ends].join("\n"));
    let notes = || {
        let history = dir.json(&["show", "1"])["events"][0]["history"].clone();
        let entries = history.as_array().unwrap().iter();
        let again =
            entries.filter(|entry| entry["note"] == "fired again" && entry["action"] == "observed");
        again.map(|entry| entry["action"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for file in ["once.jsonl", "once.jsonl"] {
        dir.ok(&["import", file]);
        assert_eq!(notes(), Vec::<String>::new());
    }
    // What a person writes is no such notice.
    dir.ok(&["ack", "1", "--note", "fired again"]);
    for _ in 0..2 {
        let report = dir.json(&["import", "twice.jsonl"]);
        assert_eq!([&report["duplicates"], &report["updated"]], [3, 0]);
        assert_eq!(notes(), ["observed"]);
    }
    assert_eq!(dir.json(&["query", "status = triggered"])["total"], 0);
    dir.ok(&["rebuild"]);
    dir.ok(&["import", "twice.jsonl"]);
    assert_eq!(notes(), ["observed"]);
}
