//! Which labels can be asked for: set, told, refused and taken back.

use super::kit::{Dir, document, three};
use serde_json::json;

#[test]
fn a_list_is_set_told_and_taken_back() {
    let dir = Dir::new();
    dir.file("three.jsonl", three());
    let list = "kube_namespace_name,team*";
    dir.ok(&["import", "three.jsonl", "--label", "build=89", "--scope-labels", list]);
    let labels = || document(&dir.ok(&["labels", "--json"]));
    let namespace = json!({"key": "kubernetes.namespace.name", "count": 3});
    let scope = json!(["kubernetes.namespace.name", "team*"]);
    assert_eq!(labels(), json!({"labels": [namespace], "scope_labels": scope}));
    assert_eq!(document(&dir.ok(&["stats", "--json"]))["scope_labels"], scope);
    let told = dir.ok(&["labels"]);
    let note = "only scope labels are listed: kubernetes.namespace.name, team*\n";
    assert!(told.ends_with(note), "{told}");

    let refused = |args: &[&str], drawing: &str| {
        let said = dir.run(args);
        let expected = format!(
            "eventscope: label 'build' is not a scope label of this store; its scope labels are \
             kubernetes.namespace.name, team*; ask by one of these, or change the list with \
             `labels --allow`\n{drawing}"
        );
        assert_eq!((said.code, said.err), (Some(1), expected), "{args:?}");
    };
    let typed = "type = alert or not build exists";
    let drawing = format!("{typed}\n                    ^^^^^^^^^^^^ this is no scope label\n");
    refused(&["query", typed], &drawing);
    refused(&["export", typed], &drawing);
    refused(&["delete", "--where", typed], &drawing);
    refused(&["query", "--facets", "build"], "");
    refused(&["labels", "build"], "");

    let exported = dir.ok(&["export"]);
    assert_eq!(exported.matches(r#""build":"89""#).count(), 3, "{exported}");
    assert_eq!(document(&dir.ok(&["query", "--text", "89", "--json"]))["total"], 0);
    let said = dir.ok(&["labels", "--allow", "*"]);
    assert!(said.starts_with("scope labels: *; rewrote "), "{said}");
    assert_eq!(document(&dir.ok(&["query", "--text", "89", "--json"]))["total"], 3);
    let build = json!({"key": "build", "count": 3});
    assert_eq!(labels(), json!({"labels": [build, namespace]}));
    dir.ok(&["verify"]);
}

#[test]
fn a_pattern_that_matches_nothing_is_pointed_out() {
    let dir = Dir::of_three();
    let said = dir.run(&["labels", "--allow", "kubernetes.*,team*,bild"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(
        said.err,
        "eventscope: warning: no event has a label that `bild` matches\n\
         eventscope: warning: no event has a label that `team*` matches\n"
    );
    let said = dir.run(&["labels", "--allow", "kube_namespace_name,team", "--json"]);
    let warnings = document(&said.out)["warnings"].clone();
    let message = "no event has a label that `team` matches";
    assert_eq!(warnings, json!([{"kind": "unmatched_pattern", "message": message}]));
    let said = dir.run(&["labels", "--allow", "*", "--json"]);
    assert_eq!((document(&said.out)["warnings"].is_null(), said.err.as_str()), (true, ""));
}
