//! What people see: tables without colours when the output is no terminal.

use super::kit::{Dir, event, three};

/// The parts of an answer that differ from run to run are cut off: what follows `Triggered`.
fn steady(out: &str) -> String {
    let cut = |line: &str| match line.split_once("Triggered") {
        Some((before, _)) => format!("{before}Triggered ..\n"),
        None => format!("{line}\n"),
    };
    out.lines().map(cut).collect()
}

#[test]
fn import_query_and_change() {
    let dir = Dir::new();
    dir.file("three.jsonl", [three(), event(0, "alert", "HighCpu", "prod")].concat());
    let said = dir.ok(&["import", "three.jsonl"]);
    assert_eq!(
        said,
        "read  appended  duplicates  updated  rejected  format  file\n   \
         4         3           1        0         0  native  three.jsonl\n"
    );
    let args = ["query", "--limit", "2", "--facets", "severity,kube_namespace_name"];
    let said = dir.ok(&[&args[..], &["--histogram", "1m"]].concat());
    insta::assert_snapshot!(steady(&said), @r"
    3 events, 2 shown
    severity
      3  ################################  3 error
    kube_namespace_name
      2  ################################  prod
      1  ################                  test
    time
      2026-11-23T09:00:00Z  1  ################################
      2026-11-23T09:01:00Z  1  ################################
      2026-11-23T09:02:00Z  1  ################################
    2026-11-23 UTC
    #3  09:02:00  ● Medium  custom      Deployed  Triggered ..
        namespace=test
    #2  09:01:00  ● Medium  docker      Killed  Triggered ..
        namespace=prod
    older ones: --before 2
    ");
    let said = dir.ok(&["ack", "--where", "everywhere", "--by", "aya"]);
    assert_eq!(
        said,
        "2 events acknowledged\nrefused: #3: a custom event cannot be acknowledged\n\
         undo with: eventscope undo 1\n"
    );
    assert_eq!(dir.ok(&["ack", "1"]), "0 events acknowledged, 1 already so\n");
    assert!(dir.ok(&["query", "id = 1"]).contains("| Acknowledged"));
    assert!(dir.ok(&["show", "1"]).contains("ack by aya"));
    let said = dir.ok(&["delete", "1"]);
    assert_eq!(said, "1 event deleted\nundo with: eventscope undo 2\n");
    assert_eq!(dir.ok(&["undo", "2", "--by", "ben"]), "change 2 undone: 1 event as before it\n");
    assert!(dir.ok(&["show", "1"]).contains("undo of change 2 by ben"));
    assert_eq!(dir.ok(&["verify"]), "checked 3 events and the indexes of 0 sealed segments\n");
}

#[test]
fn lists_and_figures() {
    let dir = Dir::new();
    dir.file("three.jsonl", three());
    dir.ok(&["import", "three.jsonl"]);
    assert_eq!(
        dir.ok(&["labels", "kubernetes.namespace.name"]),
        "events  value\n     2  prod\n     1  test\n"
    );
    let stats = dir.ok(&["stats"]);
    assert!(stats.starts_with("events  "), "{stats}");
    assert_eq!(dir.ok(&["catalog"]).lines().count(), 79);
    let csv = dir.ok(&["export", "type = custom", "--format", "csv"]);
    assert!(csv.starts_with("uid,time,type,") && csv.lines().count() == 2, "{csv}");
    let with_ids = dir.ok(&["export", "--ids"]);
    assert!(with_ids.starts_with("{\"id\":\"1\",\"uid\":\"HighCpu\""), "{with_ids}");
}

#[test]
fn nothing_to_count_has_no_heading() {
    let dir = Dir::new();
    dir.file("empty.json", "{\"kind\":\"List\",\"items\":[]}");
    let said = dir.ok(&["analyze", "empty.json"]);
    assert!(said.ends_with("empty.json\n\n0 events\n"), "{said}");
}
