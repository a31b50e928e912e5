//! The JSON of every command, exactly as scripts rely on it.

use super::kit::{Dir, document, repository, three};
use serde_json::{Value, json};

/// A folder with a store of three events: an alert (1), a Docker event (2), a custom one (3).
fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn ids(answer: &Value) -> Vec<&str> {
    answer["events"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap()).collect()
}

/// Replaces what differs from run to run.
fn redact(value: &mut Value, keys: &[&str]) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map.iter_mut() {
                if keys.contains(&key.as_str()) {
                    *inner = json!("?");
                } else {
                    redact(inner, keys);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|inner| redact(inner, keys)),
        _ => {}
    }
}

#[test]
fn query_gives_total_page_facets_and_histogram() {
    let dir = Dir::of_three();
    let args = ["query", "--limit", "1", "--facets", "severity,status,kube_namespace_name,zone"];
    let said = dir.run(&[&args[..], &["--top", "1", "--histogram", "2m", "--json"]].concat());
    let message = "no event has a label `zone`";
    assert_eq!((said.code, said.err), (Some(0), format!("eventscope: warning: {message}\n")));
    let out = said.out;
    assert!(
        out.starts_with("{\"total\":3,\"events\":[{\"id\":\"3\",\"uid\":\"Deployed\","),
        "{out}"
    );
    let mut answer = document(&out);
    redact(&mut answer, &["received", "took_us"]);
    let expected = json!({
        "total": 3,
        "events": [{
            "id": "3", "uid": "Deployed", "time": "2026-11-23T09:02:00Z", "received": "?",
            "type": "custom", "category": "custom", "severity": 3, "severity_name": "error",
            "severity_label": "Medium", "source": "test", "name": "Deployed",
            "scope": "kubernetes.namespace.name = 'test'",
            "labels": {"kubernetes.namespace.name": "test"}, "tags": {}, "state": "triggered",
        }],
        "next": "3",
        "facets": {
            "severity": [{"value": "3", "count": 3}],
            "status": [{"value": "triggered", "count": 3}],
            "kube_namespace_name": [{"value": "prod", "count": 2}],
            "zone": [],
        },
        "facets_rest": {
            "severity": {"other": 0, "missing": 0},
            "status": {"other": 0, "missing": 0},
            "kube_namespace_name": {"other": 1, "missing": 0},
            "zone": {"other": 0, "missing": 3},
        },
        "histogram": [
            {"start": "2026-11-23T09:00:00Z", "count": 2},
            {"start": "2026-11-23T09:02:00Z", "count": 1},
        ],
        "warnings": [{"kind": "unknown_key", "message": message}],
        "took_us": "?",
    });
    assert_eq!(answer, expected);
}

#[track_caller]
fn check(dir: &Dir, args: &[&str], expected: &[&str], next: Option<&str>) {
    let answer = dir.json(&[&["query"], args].concat());
    assert_eq!(ids(&answer), expected, "{args:?}");
    assert_eq!(answer.get("next").map(|next| next.as_str().unwrap()), next, "{args:?}");
}

#[test]
fn fields_stand_in_their_order() {
    let dir = Dir::of_three();
    let check = |args: &[&str], fields: &[&str]| {
        let out = dir.ok(&[args, &["--json"]].concat());
        let places = fields.iter().map(|field| out.find(&format!("\"{field}\":")));
        let places: Vec<usize> = places.map(Option::unwrap).collect();
        assert!(places.is_sorted(), "{args:?}: {out}");
    };
    check(
        &["query", "--limit", "1", "--facets", "severity", "--histogram", "1h"],
        &["total", "events", "next", "facets", "facets_rest", "histogram", "took_us"],
    );
    check(&["ack", "1"], &["matched", "changed", "refused", "change"]);
    check(&["undo", "1"], &["matched", "changed", "refused", "change"]);
    check(
        &["show", "1"],
        &[
            "events", "id", "uid", "time", "received", "type", "state", "history", "action",
            "change", "undoes",
        ],
    );
    let counts = ["appended", "duplicates", "updated", "rejected"];
    check(
        &["import", "three.jsonl"],
        &[&["files", "path", "format", "read"], &counts[..]].concat(),
    );
    check(&["stats"], &["events", "segments", "bytes", "log", "bytes_per_event"]);
    check(&["verify"], &["ok", "checked", "problems"]);
    check(&["rebuild"], &["ok", "checked", "problems"]);
    check(
        &["prune", "--max-bytes", "1GB"],
        &["removed_events", "removed_segments", "freed_bytes", "over_bytes", "unsealed_events"],
    );
    check(&["catalog"], &["system", "kind", "event", "name", "severity", "default"]);
}

#[test]
fn query_finds_pages_and_time_ranges() {
    let dir = Dir::of_three();
    check(&dir, &[], &["3", "2", "1"], None);
    check(&dir, &["--limit", "2"], &["3", "2"], Some("2"));
    check(&dir, &["--limit", "2", "--before", "2"], &["1"], None);
    check(&dir, &["--limit", "1", "--after", "1"], &["2"], Some("2"));
    check(&dir, &["--limit", "0"], &[], None);
    check(&dir, &["--from", "2026-11-23T09:01:00Z"], &["3", "2"], None);
    check(&dir, &["--to", "2026-11-23T10:01:00+01:00"], &["1"], None);
    check(&dir, &["--last", "1s"], &[], None);
    check(&dir, &["kube_namespace_name = prod and type = docker"], &["2"], None);
    check(&dir, &["type = docker or type = custom", "--text", "killed"], &["2"], None);
    check(&dir, &["--text", "killed", "prod"], &["2"], None);
    check(
        &dir,
        &["severity = medium", "--last", "52w", "--from", "2020-01-01"][..3],
        &["3", "2", "1"],
        None,
    );
}

#[test]
fn query_explains_itself() {
    let dir = Dir::of_three();
    let plan = dir.json(&["query", "type = docker", "--explain"]);
    assert_eq!(keys(&plan), ["explain"]);
    assert!(plan["explain"].as_str().unwrap().contains("type = docker"), "{plan}");
}

#[test]
fn lines_are_one_event_each() {
    let dir = Dir::of_three();
    let lines = dir.ok(&["query", "--ndjson"]);
    let shown = dir.ok(&["--ndjson", "show", "3", "2", "1"]);
    for (line, shown) in lines.lines().zip(shown.lines()) {
        let mut shown = document(shown);
        assert_eq!(shown.as_object_mut().unwrap().remove("history"), Some(json!([])));
        assert_eq!(document(line), shown);
    }
    assert_eq!((lines.lines().count(), shown.lines().count()), (3, 3));
}

#[test]
fn changes_count_what_they_changed_and_stand_in_the_history() {
    let dir = Dir::of_three();
    let by = ["--by", "aya", "--note", "known"];
    let changed = dir.json(&[&["ack", "1", "3"], &by[..]].concat());
    let reason = "a custom event cannot be acknowledged";
    let refused = json!([{"id": "3", "reason": reason}]);
    let expected = json!({"matched": 2, "changed": 1, "refused": refused, "change": "1"});
    assert_eq!(changed, expected);
    let none: [&str; 0] = [];
    for (args, expected) in [
        (vec!["resolve", "--where", "kube_namespace_name = prod"], [2, 1]),
        (vec!["resolve", "1"], [1, 0]),
        (vec!["unack", "--where", "everywhere"], [3, 1]),
        (vec!["delete", "2"], [1, 1]),
        (vec!["delete", "--where", "type = docker"], [0, 0]),
    ] {
        let changed = dir.json(&args);
        let fields = ["change", "changed", "matched", "refused"];
        // What changed nothing is no change.
        let from = usize::from(changed["changed"] == 0);
        assert_eq!(keys(&changed), fields[from..], "{args:?}");
        assert_eq!([&changed["matched"], &changed["changed"]], expected, "{args:?}");
    }
    assert_eq!(ids(&dir.json(&["query", "type = docker"])), none);
    let shown = dir.json(&["show", "1"]);
    let event = &shown["events"][0];
    assert_eq!((&event["state"], event.get("acknowledged")), (&json!("resolved"), None));
    assert!(event["duration_ms"].is_u64() && event["end_time"].is_string(), "{event}");
    let mut history = event["history"].clone();
    redact(&mut history, &["at"]);
    let expected = json!([
        {"at": "?", "action": "ack", "change": "1", "by": "aya", "note": "known"},
        {"at": "?", "action": "resolve", "change": "2"},
        {"at": "?", "action": "unack", "change": "3"},
    ]);
    assert_eq!(history, expected);
}

#[test]
fn the_last_change_is_undone_by_its_number() {
    let dir = Dir::of_three();
    dir.json(&["ack", "1", "--by", "aya", "--note", "known"]);
    let before = dir.ok(&["query", "--json"]);
    let total = |expr: &str| dir.json(&["query", expr])["total"].clone();
    for args in [
        ["unack", "--where", "everywhere"],
        ["resolve", "--where", "everywhere"],
        ["delete", "--where", "kube_namespace_name = prod"],
        ["delete", "--where", "everywhere"],
    ] {
        let changed = dir.json(&args);
        let change = changed["change"].as_str().unwrap();
        let undone = dir.json(&["undo", change, "--by", "ben"]);
        assert_eq!(keys(&undone), ["change", "changed", "matched", "refused"]);
        assert_eq!(undone["changed"], changed["changed"], "{args:?}");
        assert_eq!(undone["refused"], json!([]));
        let mut after: Value = document(&dir.ok(&["query", "--json"]));
        let mut before = document(&before);
        [&mut before, &mut after].into_iter().for_each(|answer| redact(answer, &["took_us"]));
        assert_eq!(after, before, "{args:?}");
        assert_eq!((total("acknowledged = true"), total("state = resolved")), (1.into(), 0.into()));
    }
    let mut history = dir.json(&["show", "1"])["events"][0]["history"].clone();
    redact(&mut history, &["at"]);
    let expected = json!([
        {"at": "?", "action": "delete", "change": "8"},
        {"at": "?", "action": "undo", "change": "9", "undoes": "8", "by": "ben"},
    ]);
    assert_eq!(history.as_array().unwrap()[7..], *expected.as_array().unwrap());
}

#[test]
fn labels_are_listed_with_counts() {
    let dir = Dir::of_three();
    let key = "kubernetes.namespace.name";
    assert_eq!(dir.json(&["labels"]), json!({"labels": [{"key": key, "count": 3}]}));
    let values = json!({"labels": [{"value": "prod", "count": 2}, {"value": "test", "count": 1}]});
    assert_eq!(dir.json(&["labels", key]), values);
    assert_eq!(dir.json(&["labels", "kube_namespace_name"]), values);
    let values = json!({"labels": [{"value": "test", "count": 1}]});
    assert_eq!(dir.json(&["labels", key, "--prefix", "t"]), values);
    assert_eq!(dir.json(&["labels", "--prefix", "z"]), json!({"labels": []}));
}

#[test]
fn post_takes_the_arguments_of_the_script() {
    let dir = Dir::new();
    let said = dir.ok(&["post", "Deployed"]);
    assert_eq!(said, "Event Posted Successfully\n");
    let mut posted = dir.json(&[
        "post",
        "test_event_name",
        "-d",
        "test event",
        "-s",
        "3",
        "-c",
        r#"host.hostName = "ip-10-1-1-1" and container.name = "foo""#,
        "-t",
        r#"{"app":"my_app", "file":"text.py"}"#,
    ]);
    redact(&mut posted, &["uid", "time", "received"]);
    let expected = json!({"event": {
        "id": "2", "uid": "?", "time": "?", "received": "?", "type": "custom",
        "category": "custom", "severity": 3, "severity_name": "error",
        "severity_label": "Medium", "source": "api", "name": "test_event_name",
        "description": "test event",
        "scope": "container.name = 'foo' and host.hostName = 'ip-10-1-1-1'",
        "labels": {"container.name": "foo", "host.hostName": "ip-10-1-1-1"},
        "tags": {"app": "my_app", "file": "text.py"}, "state": "triggered",
    }});
    assert_eq!(posted, expected);
}

#[test]
fn the_catalogue_is_whole() {
    let catalog = Dir::new().json(&["catalog"]);
    let events = catalog["events"].as_array().unwrap();
    assert_eq!(events.len(), 78);
    assert_eq!(events.iter().filter(|event| event["default"] == true).count(), 36);
    let kill = json!({
        "system": "docker", "kind": "container", "event": "kill", "name": "Container Killed",
        "severity": 4, "severity_name": "warning", "default": true,
    });
    assert!(events.contains(&kill), "{catalog}");
}

#[test]
fn stats_and_verify_tell_the_state_of_the_store() {
    let dir = Dir::of_three();
    dir.ok(&["delete", "2"]);
    let stats = dir.json(&["stats"]);
    assert_eq!((&stats["events"], &stats["segments"]), (&json!(2), &json!(0)));
    assert_eq!(keys(&stats["bytes"]).len(), 3, "{stats}");
    assert!(stats["bytes"]["log"].as_u64() > Some(0), "{stats}");
    assert!(stats["bytes_per_event"].as_f64() > Some(0.0), "{stats}");
    let verified = dir.json(&["verify"]);
    assert_eq!((&verified["ok"], &verified["checked"]), (&json!(true), &json!(3)));
    assert_eq!(verified["problems"], json!([]));
}

#[test]
fn analyze_keeps_nothing_unless_asked() {
    let dir = Dir::new();
    dir.file("dumps/three.jsonl", three());
    let found = dir.json(&["analyze", "dumps", "-w", "type != docker"]);
    assert_eq!(keys(&found), ["imported", "query"]);
    assert_eq!((&found["imported"]["appended"], &found["query"]["total"]), (&json!(3), &json!(2)));
    assert_eq!(found["query"]["facets"]["type"].as_array().unwrap().len(), 2);
    assert_eq!(found["query"]["histogram"].as_array().unwrap().len(), 2);
    assert_eq!(std::fs::read_dir(dir.path(".")).unwrap().count(), 1);
    dir.ok(&["analyze", "dumps", "--keep", "kept.db"]);
    assert_eq!(dir.json(&["query", "--store", "kept.db"])["total"], 3);
    assert_eq!(dir.run(&["analyze", "dumps", "--keep", "kept.db"]).code, Some(1));
}

#[test]
fn the_place_of_the_store_can_be_given_in_three_ways() {
    let dir = Dir::new();
    dir.ok(&["--store", "a.db", "post", "one"]);
    let total = |args: &[&str]| dir.json(args)["total"].clone();
    assert_eq!(total(&["--store", "a.db", "query"]), 1);
    assert_eq!(total(&["query", "--store", "a.db"]), 1);
    let output = dir.command(&["query", "--json"]).env("EVENTSCOPE_STORE", "a.db").output();
    assert_eq!(document(&String::from_utf8(output.unwrap().stdout).unwrap())["total"], 1);
    assert!(!dir.path("events.db").try_exists().unwrap());
    // An empty variable is none, whether the option is given or not.
    let unset = |args: &[&str]| dir.command(args).env("EVENTSCOPE_STORE", "").output().unwrap();
    assert_eq!(unset(&["--store", "a.db", "stats"]).status.code(), Some(0));
    assert_eq!(unset(&["post", "one"]).status.code(), Some(0));
    assert_eq!(total(&["query"]), 1);
}

#[test]
fn the_scope_of_an_event_is_a_canonical_expression_that_finds_it() {
    let keys = [
        "severity",
        "Severity",
        "AND",
        "last",
        "label.x",
        "labels.x",
        "Label.x",
        "tag.x",
        "Tag.x",
        "a b",
        "it's",
        "a\\b",
        "label.label.x",
        "kube_pod_name",
        "a:b/c-d",
        "\n",
        "]",
    ];
    let dir = Dir::new();
    let line = |key: &str| {
        let labels = json!({ key: "it's \\ \"x\"" });
        json!({"type": "custom", "name": key, "labels": labels}).to_string() + "\n"
    };
    dir.file("odd.jsonl", keys.map(line).concat());
    dir.ok(&["import", "odd.jsonl"]);
    for event in dir.json(&["query"])["events"].as_array().unwrap() {
        let scope = event["scope"].as_str().unwrap();
        assert_eq!(eventscope::parse(scope).unwrap().to_string(), scope, "{event}");
        assert_eq!(ids(&dir.json(&["query", scope])), [event["id"].as_str().unwrap()], "{scope}");
    }
    assert_eq!(dir.json(&["query"])["total"], keys.len());
}

#[test]
fn the_reference_of_the_language_is_help() {
    let said = Dir::new().ok(&["help", "scope"]);
    let reference = std::fs::read_to_string(repository("crates/scope/reference.md")).unwrap();
    assert_eq!(said.trim_end(), reference.trim_end());
}
