//! Imports: every record is accounted for, and none is stored twice.

use super::kit::{Dir, event, repository, three};
use serde_json::{Value, json};

/// The counts of one file, after checking that they account for every record.
#[track_caller]
fn counts(file: &Value) -> [u64; 5] {
    let names = ["read", "appended", "duplicates", "updated", "rejected"];
    let counts = names.map(|name| file[name].as_u64().unwrap());
    assert_eq!(counts[0], counts[1..].iter().sum::<u64>(), "{file}");
    counts
}

#[test]
fn every_record_has_an_outcome() {
    let dir = Dir::new();
    let bad = "{\"type\":\"custom\",\"name\":\"x\",\"time\":\"never\",\"uid\":\"x\"}\n";
    let resolved = event(0, "alert", "HighCpu", "prod")
        .replace("\"severity\"", "\"state\":\"resolved\",\"end_time\":1795424460,\"severity\"");
    dir.file("a.jsonl", [three(), bad.to_owned(), event(0, "alert", "HighCpu", "prod")].concat());
    dir.file("b.jsonl", resolved);
    let report = dir.json(&["import", "a.jsonl", "b.jsonl"]);
    let files = report["files"].as_array().unwrap();
    assert_eq!(counts(&files[0]), [5, 3, 1, 0, 1]);
    assert_eq!(counts(&files[1]), [1, 0, 0, 1, 0]);
    assert_eq!((&files[0]["path"], &files[0]["format"]), (&json!("a.jsonl"), &json!("native")));
    let sum = ["appended", "duplicates", "updated", "rejected"].map(|name| &report[name]);
    assert_eq!(sum, [3, 1, 1, 1]);
    let reject = &report["rejects"][0];
    assert_eq!((&reject["path"], &reject["line"]), (&json!("a.jsonl"), &json!(4)));
    assert!(reject["reason"].as_str().unwrap().starts_with("time is `never`"), "{reject}");
    let again = dir.json(&["import", "a.jsonl", "b.jsonl"]);
    assert_eq!([&again["appended"], &again["updated"], &again["duplicates"]], [0, 0, 5]);
    assert_eq!(dir.json(&["query", "status = resolved"])["total"], 1);
}

#[test]
fn a_strict_import_stores_nothing_of_a_bad_file() {
    let dir = Dir::new();
    dir.file("good.jsonl", event(0, "docker", "good", "x"));
    dir.file(
        "bad.jsonl",
        [&three(), "{\"type\":\"custom\",\"name\":\"\",\"uid\":\"x\"}\n"].concat(),
    );
    dir.file("later.jsonl", event(0, "docker", "later", "x"));
    let files = ["good.jsonl", "bad.jsonl", "later.jsonl"];
    let said = dir.run(&[&["import", "--strict"], &files[..]].concat());
    let expected = "eventscope: bad.jsonl:4: no native event: name is missing; nothing of this \
         file was stored\n";
    assert_eq!((said.code, said.err.as_str()), (Some(1), expected));
    let names = dir.json(&["query", "--facets", "name"])["facets"]["name"].clone();
    assert_eq!(names, json!([{"value": "good", "count": 1}]));
    let bad = std::fs::read_to_string(dir.path("bad.jsonl")).unwrap();
    let said = dir.pipe(&["import", "--strict", "-"], &bad);
    assert!(said.code == Some(1) && said.err.starts_with("eventscope: -:4: "), "{said:?}");
    assert_eq!(dir.pipe(&["import", "--strict", "-"], &three()).code, Some(0));
    assert_eq!(dir.json(&["query"])["total"], 4);
    assert_eq!(dir.run(&["import", "bad.jsonl"]).code, Some(0));
}

#[test]
fn standard_input_stamps_and_named_formats() {
    let dir = Dir::new();
    let labels = ["--label", "kubernetes.cluster.name=west", "--label", "a=b=c"];
    let said = dir.pipe(&[&["import", "-", "--json"], &labels[..]].concat(), &three());
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(dir.json(&["query", "kube_cluster_name = west and a = 'b=c'"])["total"], 3);
    // With another format named, nothing in it is a record.
    dir.file("three.jsonl", three());
    let said = dir.run(&["import", "three.jsonl", "--format", "docker", "--json"]);
    let report: Value = serde_json::from_str(&said.out).unwrap();
    let file = &report["files"][0];
    assert_eq!(counts(file)[1], 0, "{file}");
    let said = dir.run(&["import", "three.jsonl", "--format", "xml"]);
    assert_eq!(said.code, Some(2), "{said:?}");
}

#[test]
fn what_is_no_record_is_counted_too() {
    let dir = Dir::new();
    dir.file("mixed.jsonl", ["==== START logs\n\nok\n", &three(), "{\"kind\":\"Pod\"}\n"].concat());
    let file = dir.json(&["import", "mixed.jsonl"])["files"][0].clone();
    assert_eq!(counts(&file), [3, 3, 0, 0, 0]);
    assert_eq!((&file["skipped_text"], &file["other_documents"]), (&json!(2), &json!(1)));
}

#[test]
fn an_empty_list_is_a_dump() {
    let dir = Dir::new();
    dir.file("empty.json", "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[]}");
    let report = dir.json(&["import", "empty.json"]);
    assert_eq!(report["files"][0]["format"], "kubernetes");
    dir.file("void.json", "");
    assert_eq!(dir.run(&["import", "void.json"]).code, Some(1));
}

#[test]
fn small_batches_give_the_same_store() {
    let dir = Dir::new();
    let dumps = repository("examples/dumps");
    dir.ok(&["import", &dumps, "--store", "a.db", "--batch", "7"]);
    dir.ok(&["import", &dumps, "--store", "b.db"]);
    let export = |store| dir.ok(&["export", "--store", store]);
    assert!(export("a.db") == export("b.db"), "the exports differ");
    let said = dir.run(&["import", &dumps, "--store", "c.db", "--batch", "500", "--progress-json"]);
    let durable: Vec<Value> =
        said.err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(durable.last(), Some(&json!({"durable": 1_999})));
    // A batch that takes long to fill is stored before it is full.
    assert!(durable.len() >= 4, "{durable:?}");
}
