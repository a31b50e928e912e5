//! Tests of what YAML is told by, and of what becomes of it.

use super::detect;
use crate::testing::{read, read_with};
use crate::{ImportOptions, limits};
use std::io::Read;

const LIST: &str = "---
apiVersion: v1
items:
- apiVersion: v1
  count: 2
  eventTime: null
  involvedObject:
    kind: Pod
    name: \"123\"
    namespace: prod
  lastTimestamp: \"2026-11-23T09:00:00Z\"
  message: |-
    two
    lines
  metadata:
    uid: 4f0c
  reason: Pulled
  source: {component: kubelet, host: node-1}
  type: Normal
- {involvedObject: {kind: Node, name: node-1}, reason: 'it''s', lastTimestamp: 2026-11-23T09:00:01Z}
kind: EventList
metadata:
  resourceVersion: \"41799\"
";

#[test]
fn a_list_is_read_item_by_item() {
    let outcome = read(LIST);
    assert_eq!(outcome.lines(), ["4 Ctr Img Pulled", "20 it's"]);
    let json = r#"{"count":2,"involvedObject":{"kind":"Pod","name":"123","namespace":"prod"},
        "lastTimestamp":"2026-11-23T09:00:00Z","message":"two\nlines","metadata":{"uid":"4f0c"},
        "reason":"Pulled","source":{"component":"kubelet","host":"node-1"},"type":"Normal"}"#;
    assert_eq!(outcome.records[0].content, read(json).records[0].content);
    assert_eq!(outcome.counts.other_documents, 0);
}

#[test]
fn many_documents_and_what_is_no_event() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n";
    let empty = "# none\nkind: List\nitems: []\nmetadata: {}\n";
    let array = "- {reason: a, note: b, eventTime: 2026-11-23T09:00:00Z}\n";
    let outcome = read(format!("{pod}---\n{LIST}---\n{empty}---\n\n---\n{array}"));
    assert_eq!(outcome.lines(), ["9 Ctr Img Pulled", "25 it's", "37 a"]);
    assert_eq!((outcome.counts.other_documents, outcome.counts.empty_lists), (1, 1));
}

#[test]
fn a_broken_document_costs_only_itself() {
    let broken = "kind: [\n";
    let outcome = read(format!("{broken}---\n{LIST}"));
    assert_eq!(outcome.lines()[1..], ["6 Ctr Img Pulled", "22 it's"]);
    assert!(outcome.lines()[0].starts_with("1 REJECT broken YAML on line "), "{outcome:?}");
    let late = LIST.replace("- {involvedObject: {", "- {involvedObject: ]");
    let lines = read(&late).lines();
    assert_eq!(lines[0], "4 Ctr Img Pulled");
    assert!(lines[1].starts_with("20 REJECT broken YAML on line 20: "), "{lines:?}");
}

#[test]
fn what_could_grow_is_refused() {
    let check = |yaml: &str, reason: &str| {
        assert_eq!(read(yaml).lines(), [format!("1 REJECT broken YAML on line {reason}")]);
    };
    check("kind: &a x\nnote: *a\n", "2: aliases are not read");
    check("kind:\n  ? [a]\n  : b\n", "2: a key is no text");
    check("kind: \u{0}\n", "1: found unprintable character");
    let deep = format!("kind: {}", "[".repeat(150));
    assert!(read(&deep).lines()[0].contains("nested too deep"), "{:?}", read(&deep).lines());
    let latin = b"kind: x\nnote: caf\xe9\n";
    assert_eq!(read(latin).counts.other_documents, 1);
    let endless = "kind: x\n".as_bytes().chain(std::io::repeat(b'#'));
    let outcome = read_with(ImportOptions::default(), endless.take(u64::MAX));
    let long = "1 REJECT broken YAML on line 1: the file is longer than 64 MiB; \
                as JSON it may have any length";
    assert_eq!(outcome.lines(), [long]);
    let large = format!("kind: {}\n", "x".repeat(limits::RECORD_BYTES_MAX));
    assert_eq!(
        read(&large).lines(),
        ["1 REJECT broken JSON on line 1: the record is longer than 16 MiB"]
    );
}

#[test]
fn yaml_is_told_by_its_first_key() {
    for yaml in
        ["kind: List\n", "\n# c\n---\n%YAML 1.2\nitems:\n", "- metadata:\n", "action: x\r\n"]
    {
        assert_eq!(detect(yaml.as_bytes()), Some(true), "{yaml}");
        for end in 0..yaml.len() - 1 {
            assert_ne!(detect(&yaml.as_bytes()[..end]), Some(false), "{:?}", &yaml[..end]);
        }
    }
    for other in
        ["{\"kind\": 1}", "kind of: x\n", "kindly\n", "---\ntitle: x\n", "# Title\n\ntext\n"]
    {
        assert_eq!(detect(other.as_bytes()), Some(false), "{other}");
    }
    assert_eq!(detect(&b"\n".repeat(limits::LOOKAHEAD_BYTES_MAX)), Some(false));
}

#[test]
fn what_is_told_hangs_on_no_piece() {
    let comments = "# long\n".repeat(limits::LOOKAHEAD_BYTES_MAX / 7);
    let (near, far) = (format!("{comments}kind: x\n"), format!("{comments}# {comments}kind: x\n"));
    for text in [
        "apiVersion:] v1\nkind: List\n",
        "kind:\r",
        "kind:\rList\n",
        "kind: \n",
        "- items:x\n",
        "-  items: x\n",
        "----\n",
        "%YAML",
        "%JSON\nkind: x\n",
        &near,
        &far,
    ] {
        let whole = detect(text.as_bytes());
        for end in 0..text.len() {
            let told = detect(&text.as_bytes()[..end]);
            assert!(told.is_none() || told == whole, "{told:?} of {:?}", &text[..end]);
        }
    }
}
