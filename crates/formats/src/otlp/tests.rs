//! Logs of OpenTelemetry, value by value.

use crate::{
    identity::ContentHash,
    testing::{labels, one, read},
};
use eventscope_model::{Labels, limits};

/// One log record with these fields.
fn logs(fields: &str) -> String {
    format!(
        r#"{{"resourceLogs":[{{"resource":{{"attributes":[
        {{"key":"service.name","value":{{"stringValue":"web"}}}}]}},"scopeLogs":[{{"scope":{{}},
        "logRecords":[{{"timeUnixNano":"1795424400123456789"{fields}}}]}}]}}]}}"#
    )
}

#[test]
fn values_of_all_kinds() {
    let draft = one(&logs(
        r#","attributes":[{"key":"s","value":{"stringValue":"a"}},
        {"key":"b","value":{"boolValue":true}},
        {"key":"i","value":{"intValue":"7"}},{"key":"d","value":{"doubleValue":1.5}},
        {"key":"l","value":{"arrayValue":{"values":[{"intValue":1},{"stringValue":"x"}]}}},
        {"key":"m","value":{"kvlistValue":{"values":[{"key":"k","value":{"stringValue":"v"}}]}}},
        {"key":"none","value":{}},{"key":"null"}],
        "body":{"kvlistValue":{"values":[{"key":"url","value":{"stringValue":"/"}},{"key":"n"}]}}"#,
    ))
    .unwrap();
    assert_eq!(
        labels(&draft),
        "b = 'true' and d = '1.5' and i = '7' and l = '1, x' and m.k = 'v' and s = 'a' and \
         service.name = 'web'"
    );
    assert_eq!(draft.description, "url=/, n=");
    assert_eq!(draft.time.unwrap().to_string(), "2026-11-23T09:00:00.123456789Z");
}

#[test]
fn severities_of_the_table() {
    let level = |fields: &str| one(&logs(fields)).map(|draft| draft.severity);
    for (number, expected) in
        [(1, 7), (8, 7), (9, 6), (10, 5), (13, 4), (17, 3), (18, 2), (19, 1), (21, 0), (24, 0)]
    {
        assert_eq!(level(&format!(r#","severityNumber":{number}"#)), Ok(expected), "{number}");
    }
    assert_eq!(level(r#","severityText":"Warn""#), Ok(4));
    assert_eq!(level(r#","severityNumber":0,"severityText":"odd""#), Ok(6));
    assert!(level(r#","severityNumber":25"#).is_err());
    assert!(level(r#","severityNumber":"INFO""#).is_err());
}

#[test]
fn names_come_from_the_event_or_its_surroundings() {
    let name = |fields: &str| one(&logs(fields)).unwrap().name;
    assert_eq!(name(""), "web");
    assert_eq!(name(r#","eventName":"page_view""#), "page_view");
    let thrown = r#","attributes":[{"key":"exception.type","value":{"stringValue":"Oops"}},
        {"key":"exception.message","value":{"stringValue":"no"}}],"body":{"stringValue":"failed"}"#;
    let draft = one(&logs(thrown)).unwrap();
    assert_eq!((draft.name.as_str(), draft.description.as_str()), ("Oops", "failed\nno"));
    assert_eq!(draft.labels.get("exception.message"), None);
}

#[test]
fn attributes_with_a_name_of_ours_get_it() {
    let draft = one(&logs(
        r#","attributes":[{"key":"k8s.pod.name","value":{"stringValue":"p"}},
        {"key":"k8s.replicaset.name","value":{"stringValue":"r"}},
        {"key":"k8s.pod.uid","value":{"stringValue":"u"}},
        {"key":"host.name","value":{"stringValue":"h"}}]"#,
    ))
    .unwrap();
    assert_eq!(
        labels(&draft),
        "host.hostName = 'h' and k8s.pod.uid = 'u' and kubernetes.pod.name = 'p' and \
         kubernetes.replicaSet.name = 'r' and service.name = 'web'"
    );
}

#[test]
fn a_record_without_a_time_is_one_reject_among_others() {
    let json = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[
{"observedTimeUnixNano":"1795424400000000000"},
{"timeUnixNano":"0"},
{"timeUnixNano":1795424400000000000,"body":7},
{"timeUnixNano":1795424400000000001}
]}]}]}"#;
    let lines = read(json).lines();
    assert_eq!(lines[0], "2 log record");
    assert_eq!(lines[1], "3 REJECT no otlp event: timeUnixNano is missing");
    assert!(lines[2].starts_with("4 REJECT no otlp event: invalid type"), "{lines:?}");
    assert_eq!(lines[3], "5 log record");
    assert_eq!(read(r#"{"resourceLogs":[]}"#).counts.empty_lists, 1);
}

#[test]
fn what_is_broken_leaves_its_neighbours_whole() {
    let json = r#"{"resourceLogs":[
{"resource":{"attributes":7},"scopeLogs":[{"logRecords":[{"timeUnixNano":"9"}]}]},
{"scopeLogs":7},
{"scopeLogs":[
{"scope":7,"logRecords":[]},
{"logRecords":7},
{"logRecords":[{"timeUnixNano":"1795424400000000000","eventName":"whole"}]}]}]}"#;
    let lines = read(json).lines();
    assert_eq!(lines.len(), 5, "{lines:?}");
    let rejects = ["2 REJECT", "3 REJECT", "5 REJECT", "6 REJECT"];
    assert!(rejects.iter().zip(&lines).all(|(start, line)| line.starts_with(start)), "{lines:?}");
    assert_eq!(lines[4], "7 whole");
}

#[test]
fn null_is_as_good_as_absent() {
    let json = r#"{"resourceLogs":[{"resource":null,"scopeLogs":null},
{"resource":{"attributes":null},"scopeLogs":[{"scope":null,"logRecords":null},
{"scope":{"name":null,"attributes":null},"logRecords":[{"timeUnixNano":"1795424400000000000",
"observedTimeUnixNano":null,"severityNumber":null,"body":{"arrayValue":{"values":null}},
"attributes":[{"key":"a","value":null},
{"key":"b","value":{"kvlistValue":{"values":null}}}]}]}]}]}"#;
    assert_eq!(read(json).lines(), ["3 log record"]);
}

#[test]
fn what_is_too_long_for_a_label_is_told_in_the_description() {
    let value = "q".repeat(limits::LABEL_VALUE_BYTES_MAX + 1);
    let long = format!(
        r#","body":{{"stringValue":"slow"}},
        "attributes":[{{"key":"db.query.text","value":{{"stringValue":"{value}"}}}}]"#
    );
    let draft = one(&logs(&long)).unwrap();
    assert_eq!(draft.description, format!("slow\ndb.query.text: {value}"));
    assert_eq!(labels(&draft), "service.name = 'web'");
}

/// A log record as the collector's receiver of Kubernetes events writes it.
fn k8s_event(time: &str, count: &str, more: &str) -> String {
    let attribute =
        |key: &str, text: &str| format!(r#"{{"key":"{key}","value":{{"stringValue":"{text}"}}}}"#);
    let resource = [
        attribute("k8s.node.name", "worker-2"),
        attribute("k8s.object.kind", "Pod"),
        attribute("k8s.object.name", "web-1"),
        attribute("k8s.object.fieldpath", "spec.containers{web}"),
        attribute("k8s.cluster.name", "shop"),
    ];
    let own = [
        attribute("k8s.event.reason", "BackOff"),
        attribute("k8s.event.action", ""),
        attribute("k8s.event.start_time", "2026-11-23 08:55:00 +0000 UTC"),
        attribute("k8s.event.name", "web-1.17a2"),
        attribute("k8s.event.uid", "c0ffee00"),
        attribute("k8s.namespace.name", "shop"),
    ];
    format!(
        r#"{{"resourceLogs":[{{"resource":{{"attributes":[{}]}},"scopeLogs":[{{"scope":{{}},
        "logRecords":[{{{time}"severityNumber":13,"severityText":"Warning","body":{{
        "stringValue":"Back-off restarting {{web}}"}},"attributes":[{}{count}{more}]}}]}}]}}]}}"#,
        resource.join(","),
        own.join(","),
    )
}

#[test]
fn an_event_of_kubernetes_in_attributes_is_that_of_the_api() {
    let bare = r#"{"kind":"Event","metadata":{"name":"web-1.17a2","uid":"c0ffee00",
        "creationTimestamp":"2026-11-23T08:55:00Z"},"involvedObject":{"kind":"Pod","name":"web-1",
        "namespace":"shop"},"reason":"BackOff","message":"Back-off restarting {web}","count":7,
        "type":"Warning","source":{"component":"kubelet","host":"worker-2"},
        "lastTimestamp":"2026-11-23T09:00:00Z"}"#;
    let bare = one(bare).unwrap();
    let time = r#""timeUnixNano":"1795424400000000000","#;
    let count = r#",{"key":"k8s.event.count","value":{"intValue":"7"}}"#;
    let found = one(&k8s_event(time, count, "")).unwrap();
    assert_eq!((&found.uid, found.time, found.count), (&bare.uid, bare.time, 7));
    assert_eq!((&found.name, found.severity), (&bare.name, 4));
    assert_eq!((found.event_type, &found.description), (bare.event_type, &bare.description));
    assert_eq!(
        labels(&found),
        "kubernetes.cluster.name = 'shop' and kubernetes.event.reason = 'BackOff' and \
         kubernetes.namespace.name = 'shop' and kubernetes.node.name = 'worker-2' and \
         kubernetes.object.kind = 'Pod' and kubernetes.pod.name = 'web-1'"
    );
    let first = one(&k8s_event("", "", "")).unwrap();
    assert_eq!(first.uid.unwrap().text, "k8s:c0ffee00:1@1795424100000000000");
    // A log that only speaks of an event is none.
    let other = k8s_event(time, "", "").replace("k8s.event.reason", "reason");
    assert_eq!(one(&other).unwrap().source, "otlp");
}

#[test]
fn facts_have_the_names_of_kubernetes_too_and_the_identity_stays() {
    let more = r#","attributes":[{"key":"k8s.statefulset.name","value":{"stringValue":"db"}},
        {"key":"container.image.name","value":{"stringValue":"web"}},{"key":"container.image.tags",
        "value":{"arrayValue":{"values":[{"stringValue":"1.4"}]}}}]"#;
    let draft = one(&logs(more)).unwrap();
    assert_eq!(
        labels(&draft),
        "container.image = 'web:1.4' and container.image.name = 'web' and \
         container.image.tags = '1.4' and k8s.statefulset.name = 'db' and \
         kubernetes.statefulSet.name = 'db' and service.name = 'web'"
    );
    let own: Labels = [
        ("container.image.name", "web"),
        ("container.image.tags", "1.4"),
        ("k8s.statefulset.name", "db"),
        ("service.name", "web"),
    ]
    .into();
    let hash = ContentHash::default().number(1_795_424_400_123_456_789).number(6);
    let hash = hash.text("web").text("").pairs(&own);
    assert_eq!(draft.uid.unwrap().text, hash.finish("otlp"));
}
