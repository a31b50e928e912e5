//! A slip of the hand is pointed out when reading, and stops a change before anything happens.

use super::kit::{Dir, event};
use serde_json::json;

#[track_caller]
fn warns(dir: &Dir, args: &[&str], expected: &str) {
    let said = dir.run(args);
    let expected = format!("eventscope: warning: {expected}\n");
    assert_eq!((said.code, said.err), (Some(0), expected), "{args:?}");
}

#[test]
fn a_key_that_no_event_has_is_pointed_out_when_reading() {
    let dir = Dir::of_three();
    let severty = "no event has a label `severty`; did you mean `severity`?";
    warns(&dir, &["query", "severty in (high)"], severty);
    warns(&dir, &["query", "severty != info", "--json"], severty);
    warns(&dir, &["export", "not severty = info"], severty);
    warns(&dir, &["query", "--facets", "severty"], severty);
    warns(&dir, &["query", "--columns", "severty"], severty);
    warns(&dir, &["analyze", "three.jsonl", "-w", "severty = high"], severty);
    warns(&dir, &["labels", "severty"], severty);
    warns(&dir, &["compare", "--window", "2026", "--by", "severty"], severty);
    let namespace = "did you mean `kubernetes.namespace.name`?";
    let unknown = |key: &str| format!("no event has a label `{key}`; {namespace}");
    warns(&dir, &["query", "namespace = prod"], &unknown("namespace"));
    let key = "kubernetes.namspace.name";
    warns(&dir, &["query", "kubernetes.namspace.name exists"], &unknown(key));
    warns(&dir, &["query", "colour = red"], "no event has a label `colour`");
    warns(&dir, &["query", "tag.colour = red"], "no event has a tag `colour`");
    let warnings = |expr: &str| {
        let said = dir.run(&["query", expr, "--json"]);
        super::kit::document(&said.out)["warnings"].clone()
    };
    let kind = "unknown_key";
    assert_eq!(
        warnings("severty in (high) or colour = red"),
        json!([
            {"kind": kind, "message": "no event has a label `colour`"},
            {"kind": kind, "message": "no event has a label `severty`", "suggestion": "severity"},
        ])
    );
    assert_eq!(warnings("severity in (high)"), json!(null));
    dir.ok(&["query", "kube_namespace_name = 'nowhere'"]);
    dir.ok(&["delete", "1", "2", "3"]);
    dir.ok(&["query", "severty in (high)"]);
}

#[test]
fn a_deleted_or_amended_event_counts_as_it_stands() {
    let dir = Dir::of_three();
    dir.file(
        "one.jsonl",
        event(9, "docker", "Odd", "x").replace("kubernetes.namespace.name", "odd"),
    );
    dir.ok(&["import", "one.jsonl"]);
    dir.ok(&["query", "odd = x"]);
    dir.ok(&["delete", "4"]);
    warns(&dir, &["query", "odd = x"], "no event has a label `odd`");
}

#[test]
fn a_star_is_no_wildcard() {
    let dir = Dir::of_three();
    let expected = "`*` is no wildcard here: nothing is called `pro*`; did you mean \
        `kubernetes.namespace.name starts with 'pro'`?";
    warns(&dir, &["query", "kube_namespace_name = pro*"], expected);
    warns(&dir, &["query", "kube_namespace_name in (pro*, x)"], expected);
    let expected = "`*` is no wildcard here: nothing is called `*ill*`; did you mean \
        `not name contains 'ill'`?";
    warns(&dir, &["query", "name != *ill*"], expected);
    let expected = "`*` is no wildcard here: nothing contains `a*b`";
    warns(&dir, &["query", "name contains 'a*b'"], expected);
    dir.file("star.jsonl", event(7, "docker", "5 * 5", "prod"));
    dir.ok(&["import", "star.jsonl"]);
    assert_eq!(dir.json(&["query", "name = '5 * 5'"])["total"], 1);
    assert_eq!(dir.json(&["query", "text = 'kill*'"])["total"], 1);
}

#[test]
fn nothing_is_changed_by_a_misspelled_expression() {
    let dir = Dir::of_three();
    for command in ["delete", "ack", "unack", "resolve"] {
        let said = dir.run(&[command, "--where", "severty != info"]);
        let expected = "eventscope: no event has a label `severty`; did you mean `severity`?\n\
            eventscope: nothing was changed; --force goes on all the same\n";
        assert_eq!((said.code, said.err.as_str()), (Some(1), expected), "{command}");
    }
    let said = dir.run(&["delete", "--where", "name != Kill*"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert_eq!(dir.json(&["query"])["total"], 3);
    let said = dir.run(&["delete", "--where", "severty != info", "--force"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(dir.json(&["query"])["total"], 0);
}

#[test]
fn a_dry_run_says_what_the_change_would() {
    let dir = Dir::of_three();
    dir.ok(&["ack", "2"]);
    for command in ["ack", "unack", "resolve", "delete"] {
        let args = [command, "--where", "everywhere"];
        let mut preview = dir.json(&[&args[..], &["--dry-run"]].concat());
        assert_eq!(preview.as_object_mut().unwrap().remove("dry_run"), Some(json!(true)));
        let again = dir.json(&[&args[..], &["--dry-run"]].concat());
        assert_eq!(again["changed"], preview["changed"], "{command} changed something");
        let mut done = dir.json(&args);
        let number = done.as_object_mut().unwrap().remove("change").unwrap();
        assert_eq!(preview, done, "{command}");
        dir.ok(&["undo", number.as_str().unwrap()]);
    }
    let said = dir.ok(&["delete", "--where", "type = docker", "--dry-run"]);
    assert_eq!(said, "1 event would be deleted\n");
    let prune = ["prune", "--older-than", "8m30s", "--now", "2026-11-23T09:10:00Z"];
    let preview = dir.json(&[&prune[..], &["--dry-run"]].concat());
    assert_eq!(preview, json!({"removed_events": 2, "dry_run": true}));
    assert_eq!(dir.json(&["query"])["total"], 3);
    let done = dir.json(&prune);
    assert_eq!(done["removed_events"], 2);
}

#[test]
fn events_that_all_refuse_are_a_failure() {
    let dir = Dir::of_three();
    let said = dir.run(&["ack", "3"]);
    assert_eq!(
        (said.code, said.out.as_str(), said.err.as_str()),
        (
            Some(1),
            "0 events acknowledged\nrefused: #3: a custom event cannot be acknowledged\n",
            "eventscope: no event takes this change, so none was changed\n"
        )
    );
    assert_eq!(dir.run(&["resolve", "2", "3"]).code, Some(1));
    assert_eq!(dir.run(&["ack", "--where", "everywhere"]).code, Some(0));
    assert_eq!(dir.run(&["ack", "--where", "id = 77"]).code, Some(0));
}

#[test]
fn the_best_of_all_commands_and_options_is_suggested() {
    let dir = Dir::of_three();
    let check = |args: &[&str], expected: &str| {
        let said = dir.run(args);
        assert_eq!((said.code, said.err), (Some(2), format!("error: {expected}\n")), "{args:?}");
    };
    check(&["qeury"], "unknown command 'qeury'; did you mean 'query'?");
    check(&["help", "improt"], "unknown command 'improt'; did you mean 'import'?");
    check(&["search"], "unknown command 'search'; did you mean 'query'?");
    check(
        &["query", "--facet", "name"],
        "unexpected argument '--facet' found; did you mean '--facets'?; see `eventscope help \
         query`",
    );
    check(
        &["query", "--jsno"],
        "unexpected argument '--jsno' found; did you mean '--json'?; see `eventscope help query`",
    );
    check(
        &["export", "--format", "cvs"],
        "invalid value 'cvs' for '--format <FORMAT>' [possible values: ndjson, csv]; did you mean \
         'csv'?; see `eventscope help export`",
    );
}
