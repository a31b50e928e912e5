//! Tests of how a map is written, and of the fields that it fills.

use super::{Map, MapError, Mapping};
use crate::{Format, ImportOptions, Reject, testing};
use eventscope_model::{Draft, UidTime};

#[track_caller]
fn map(lines: &[&str]) -> Map {
    Map::new(lines.iter().map(|line| line.parse().unwrap())).unwrap()
}

fn read(map: Map, json: &str) -> Result<Draft, Reject> {
    let options = ImportOptions::default().format(Format::Jsonl).map(map);
    testing::read_with(options, json.as_bytes()).records.remove(0).content
}

#[test]
fn every_field_can_be_filled() {
    let lines = [
        "time=t",
        "name=n",
        "description=d",
        "severity=s",
        "source=who",
        "type==alert",
        "uid=u",
        "count=c",
        "state=st",
        "end_time=e",
        "label.host.hostName=h.name",
        "tag.team=h.tags",
    ];
    let draft = read(
        map(&lines),
        r#"{"t":"2020-09-21 19:01:22.123","n":4624,"d":"a\nb","s":"WARNING","who":"eventlog",
         "u":"77","c":"3","st":"Resolved","e":1600714900.5,"h":{"name":"w1","tags":["x",1,true]}}"#,
    )
    .unwrap();
    assert_eq!(draft.time.unwrap().to_string(), "2020-09-21T19:01:22.123Z");
    assert_eq!(draft.end_time.unwrap().to_string(), "2020-09-21T19:01:40.500Z");
    assert_eq!((draft.name.as_str(), draft.description.as_str()), ("4624", "a\nb"));
    assert_eq!((draft.severity, draft.source.as_str(), draft.count), (4, "eventlog", 3));
    assert_eq!((draft.event_type.name(), draft.state.name()), ("alert", "resolved"));
    assert_eq!(testing::labels(&draft), "host.hostName = 'w1'");
    assert_eq!(draft.tags.get("team"), Some("x, 1, true"));
    let uid = draft.uid.unwrap();
    assert_eq!((uid.text.as_str(), uid.time), ("77", UidTime::Free));
}

/// The hash is part of the uids in every store: it must never change.
#[test]
fn what_is_not_mapped_has_its_default() {
    let draft = read(map(&["time=t", "name=n"]), r#"{"t":1600714882,"n":"x","o":1}"#).unwrap();
    assert_eq!((draft.event_type.name(), draft.source.as_str()), ("custom", "jsonl"));
    assert_eq!((draft.severity, draft.count, draft.labels.len()), (6, 1, 0));
    let uid = draft.uid.unwrap();
    let text = "jsonl:a12349139b921b452c558823402348a7";
    assert_eq!((uid.text.as_str(), uid.time), (text, UidTime::Fixed));
}

#[track_caller]
fn rejected(json: &str, reason: &str) {
    let lines = ["time=a.t", "name=n", "severity=s", "count=c", "type=k", "state=st"];
    assert_eq!(read(map(&lines), json).unwrap_err().to_string(), reason);
}

#[test]
fn what_is_no_event_says_why() {
    let nothing =
        |field, path| format!("no jsonl event: {field} is missing, there is nothing at `{path}`");
    rejected(r#"{"n":"x"}"#, &nothing("time", "a.t"));
    rejected(r#"{"a":{"t":0},"n":"x"}"#, &nothing("time", "a.t"));
    rejected(r#"{"a":{"t":9},"n":null}"#, &nothing("name", "n"));
    rejected(r#"{"a":{"t":9},"n":""}"#, &nothing("name", "n"));
    rejected(r#"{"a":{"t":9},"n":{"m":1}}"#, &nothing("name", "n"));
    rejected(
        r#"{"a":{"t":"soon"},"n":"x"}"#,
        "time is `soon`: not a time; write 2026-11-23T09:00:00Z, 2026-11-23 or a Unix number",
    );
    rejected(r#"{"a":{"t":9},"n":"x","c":0}"#, "count is `0`; expected a whole number above 0");
    rejected(
        r#"{"a":{"t":9},"n":"x","k":"log"}"#,
        "type is `log`; expected alert, docker, containerd, kubernetes, policy, scan or custom",
    );
    rejected(
        r#"{"a":{"t":9},"n":"x","st":"open"}"#,
        "state is `open`; expected triggered or resolved",
    );
}

#[track_caller]
fn refused(lines: &[&str], reason: &str) {
    let map = lines.iter().map(|line| line.parse()).collect::<Result<Vec<Mapping>, MapError>>();
    let error = map.and_then(Map::new).unwrap_err();
    assert!(error.to_string().starts_with(reason), "{error}");
}

#[test]
fn a_map_that_is_none_says_why() {
    refused(&["time"], "a map is written TARGET=PATH");
    refused(&["time="], "a map is written TARGET=PATH");
    refused(&["when=t"], "there is no `when` to map to; there are time, name,");
    refused(&["label.=t"], "there is no `label.` to map to");
    refused(&["time=a", "name=b", "label.x=c", "label.x=d"], "label.x is mapped twice");
    refused(&["time=a"], "nothing is mapped to name; say at least where time and name are");
    refused(&[], "nothing is mapped to time;");
    refused(&["severity==loud"], "severity cannot be that: severity is `loud`");
    refused(&["name=="], "name cannot be that: name is ``; expected a value");
    refused(&["time==0"], "time cannot be that: time is `0`; expected a value");
    refused(&[&format!("time={}", "x".repeat(1025))], "the path has more than 1024 bytes");
    let many: Vec<_> = (0..1025).map(|n| format!("label.{n}=x")).collect();
    refused(&many.iter().map(String::as_str).collect::<Vec<_>>(), "there are more than 1024 maps");
}

#[test]
fn literals_and_one_path_for_two_targets() {
    let lines = ["time=t", "name=a=b", "source==sys=mon", "label.x=a=b"];
    let draft = read(map(&lines), r#"{"t":9,"a=b":"v"}"#).unwrap();
    assert_eq!((draft.name.as_str(), draft.source.as_str()), ("v", "sys=mon"));
    assert_eq!(testing::labels(&draft), "x = 'v'");
}
