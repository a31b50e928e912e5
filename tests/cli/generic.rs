//! Records of any kind: what was typed says which field is what.

use super::kit::Dir;
use serde_json::json;

const LOG: &str = concat!(
    r#"{"@timestamp":"2020-09-21 19:01:22.123","EventID":4688,"Message":"A process was created","#,
    r#""Severity":"WARNING","Hostname":"pc1","User":{"Name":"ann"},"Tags":["a","b"]}"#,
    "\n",
    r#"{"EventID":4689,"Hostname":"pc2"}"#,
    "\n",
);

const MAP: [&str; 14] = [
    "--format",
    "jsonl",
    "--map",
    "time=@timestamp",
    "--map",
    "name=EventID",
    "--map",
    "description=Message",
    "--map",
    "severity=Severity",
    "--map",
    "label.host.hostName=Hostname",
    "--map",
    "source==sysmon",
];

#[test]
fn a_log_of_any_kind_is_imported_once() {
    let dir = Dir::new();
    dir.file("log.jsonl", LOG);
    let args = [&["import", "log.jsonl", "--label", "*", "--label", "site=a"], &MAP[..]].concat();
    let report = dir.json(&args);
    let file = &report["files"][0];
    assert_eq!((&file["format"], &file["read"]), (&json!("jsonl"), &json!(2)));
    assert_eq!((&report["appended"], &report["rejected"]), (&json!(1), &json!(1)));
    let expected = "no jsonl event: time is missing, there is nothing at `@timestamp`";
    assert_eq!(report["rejects"][0]["reason"], expected);
    let expr = "host.hostName = pc1 and User.Name = ann and Tags = 'a, b' and site = a";
    let event = dir.json(&["query", expr])["events"][0].clone();
    assert_eq!((&event["name"], &event["source"]), (&json!("4688"), &json!("sysmon")));
    assert_eq!((&event["severity"], &event["type"]), (&json!(4), &json!("custom")));
    assert_eq!(event["time"], "2020-09-21T19:01:22.123Z");
    assert_eq!(dir.json(&args)["duplicates"], 1);
    let analysis = dir.json(&[&["analyze", "log.jsonl"], &MAP[..]].concat());
    assert_eq!(analysis["query"]["total"], 1);
}

#[test]
fn rows_of_csv_are_imported() {
    let dir = Dir::new();
    dir.file("a.csv", "when;what;site\n2020-09-21;\"a\nb\";x\n2020-09-22;c\n2020-09-23;d;y\n");
    let map = ["--format", "csv", "--map", "time=when", "--map", "name=what", "--label", "*"];
    let report = dir.json(&[&["import", "a.csv"], &map[..]].concat());
    assert_eq!((&report["appended"], &report["rejected"]), (&json!(2), &json!(1)));
    assert_eq!(report["rejects"][0]["line"], 4);
    assert_eq!(dir.json(&["query", "site = y"])["total"], 1);
    dir.file("b.csv", "when,name\n9,a\n");
    let said = dir.run(&[&["import", "b.csv"], &map[..]].concat());
    let expected = "eventscope: b.csv: the header on line 1: no column has the name `what`; there \
         are when, name\n";
    assert_eq!((said.code, said.err.as_str()), (Some(1), expected));
}

#[track_caller]
fn usage(args: &[&str], expected: &str) {
    let dir = Dir::new();
    dir.file("log.jsonl", LOG);
    let said = dir.run(&[&["import", "log.jsonl"], args].concat());
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.err.contains(expected), "{said:?}");
    assert!(!dir.path("events.db").try_exists().unwrap());
}

#[test]
fn what_is_typed_wrongly_is_said_before_anything_is_read() {
    let example = "--map time=@timestamp --map name=EventID";
    usage(&["--format", "jsonl"], example);
    usage(&["--format", "jsonl", "--map", "time=t"], "nothing is mapped to name");
    let only = "--map and --label '*' are for records of any kind: --format jsonl or csv";
    usage(&["--map", "time=t", "--map", "name=n"], only);
    usage(&["--format", "docker", "--label", "*"], only);
    usage(&["--format", "jsonl", "--map", "when=t"], "there is no `when` to map to");
    usage(&["--format", "jsonl", "--map", "time"], "a map is written TARGET=PATH");
}
