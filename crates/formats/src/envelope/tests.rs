//! Tests of envelopes: what is inside is what it is by itself.

use super::ENVELOPES;
use crate::testing::{labels, one, read};

thread_local! {
    /// Bytes of texts in envelopes that were looked at for a record.
    pub(super) static LOOKED_AT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// An alert that lacks what an envelope may have.
const ALERT: &str = r#"{"rule":"R","output":"o","priority":"Error","time":"2026-11-23T09:00:00Z"}"#;

fn text(json: &str) -> String {
    serde_json::Value::from(json).to_string()
}

#[test]
fn the_record_inside_is_the_same_as_by_itself() {
    let bare = one(ALERT).unwrap();
    let quoted = text(ALERT);
    for around in [
        format!(r#"{{"_index":"i","_source":{ALERT}}}"#),
        format!(r#"{{"took":1,"hits":{{"total":1,"hits":[{{"_source":{ALERT}}}]}}}}"#),
        format!(r#"{{"MESSAGE":{quoted},"__CURSOR":"s"}}"#),
        format!(r#"{{"log":{quoted},"stream":"stdout","time":"2026-11-24T09:00:00Z"}}"#),
        format!(r#"{{"labels":{{}},"line":{quoted},"timestamp":"2026-11-24T09:00:00Z"}}"#),
        format!(
            r#"{{"status":"success","data":{{"resultType":"streams","result":[
            {{"stream":{{}},"values":[["1795000000000000000",{quoted}]]}}]}}}}"#
        ),
        format!(r#"{{"statistics":{{}},"results":[{ALERT}]}}"#),
        format!(r#"{{"events":[{{"message":{quoted},"timestamp":1795000000000}}]}}"#),
        format!(r#"{{"logGroup":"g","logEvents":[{{"message":{quoted}}}]}}"#),
        format!(r#"{{"specversion":"1.0","id":"1","type":"t","data":{ALERT}}}"#),
    ] {
        assert_eq!(one(&around), Ok(bare.clone()), "{around}");
    }
}

#[test]
fn an_envelope_fills_in_what_is_missing() {
    let around = format!(
        r#"{{"log":{},"@timestamp":"2026-11-24T09:00:00Z","kubernetes":{{"pod_name":"web-1",
        "namespace_name":"shop","host":"n1"}}}}"#,
        text(ALERT)
    );
    let draft = one(&around).unwrap();
    assert_eq!(draft.uid, one(ALERT).unwrap().uid);
    assert_eq!(
        labels(&draft),
        "kubernetes.namespace.name = 'shop' and kubernetes.node.name = 'n1' and \
         kubernetes.pod.name = 'web-1'"
    );
}

#[test]
fn envelopes_lie_in_envelopes_three_deep() {
    let mut json = ALERT.to_owned();
    for depth in 1..=4 {
        json = format!(r#"{{"_index":"{depth}","_source":{json}}}"#);
        let outcome = read(&json);
        assert_eq!(outcome.records.len(), usize::from(depth <= 3), "{depth}");
        assert_eq!(outcome.counts.other_documents, u64::from(depth > 3));
    }
}

#[test]
fn what_is_not_known_inside_leaves_the_envelope_as_it_was() {
    let known = r#"{"specversion":"1.0","id":"1","source":"s","type":"t","data":{"a":1}}"#;
    assert_eq!(one(known).unwrap().source, "cloudevents");
    let outcome = read(r#"{"log":"a line of text","stream":"stdout"}"#);
    assert_eq!((outcome.records.len(), outcome.counts.other_documents), (0, 1));
    let mixed = format!(r#"{{"statistics":{{}},"results":[{{"a":1}},{ALERT},{{"b":2}}]}}"#);
    let outcome = read(mixed);
    assert_eq!((outcome.records.len(), outcome.counts.other_documents), (1, 2));
}

#[test]
fn every_envelope_is_told_by_something() {
    assert!(ENVELOPES.iter().all(|envelope| !envelope.all.is_empty()));
}

#[test]
fn labels_of_loki_have_the_names_of_kubernetes_too() {
    let around = format!(
        r#"{{"labels":{{"namespace":"shop","pod":"web-1","node_name":"n1","container":"web"}},
        "line":{},"timestamp":"2026-11-24T09:00:00Z"}}"#,
        text(ALERT)
    );
    let draft = one(&around).unwrap();
    assert_eq!(
        labels(&draft),
        "container = 'web' and container.name = 'web' and kubernetes.namespace.name = 'shop' and \
         kubernetes.node.name = 'n1' and kubernetes.pod.name = 'web-1' and namespace = 'shop' \
         and node_name = 'n1' and pod = 'web-1'"
    );
    assert_eq!(draft.uid, one(ALERT).unwrap().uid);
}

#[test]
fn streams_of_loki_give_their_labels_to_their_lines() {
    let stream = |namespace: &str| {
        let line = text(ALERT);
        format!(
            r#"{{"stream":{{"namespace":"{namespace}","app":"falco"}},
            "values":[["1714644000123456789",{line}]]}}"#
        )
    };
    let streams = [stream("shop"), stream("bank")].join(",");
    for around in [
        format!(r#"{{"status":"success","data":{{"resultType":"streams","result":[{streams}]}}}}"#),
        format!(r#"{{"streams":[{streams}]}}"#),
    ] {
        let outcome = read(&around);
        let of = |nth: usize| labels(outcome.records[nth].content.as_ref().unwrap());
        let expected = |name: &str| {
            format!(
                "app = 'falco' and kubernetes.namespace.name = '{name}' and namespace = '{name}'"
            )
        };
        assert_eq!([of(0), of(1)], ["shop", "bank"].map(expected));
    }
}

#[test]
fn labels_that_stand_once_for_many_lines_are_bounded() {
    let pairs: Vec<String> =
        (0..2_000).map(|n| format!(r#""k{n:05}":"{}""#, "v".repeat(20))).collect();
    let values = vec![format!(r#"["1714644000123456789",{}]"#, text(ALERT)); 3_000].join(",");
    let stream = format!(r#"{{"stream":{{{}}},"values":[{values}]}}"#, pairs.join(","));
    let outcome = read(format!(r#"{{"streams":[{stream}]}}"#));
    let events = outcome.records.iter().filter(|record| record.content.is_ok()).count();
    assert!((1_000..2_000).contains(&events), "{events}");
    assert_eq!(outcome.records.len(), events + 1);
    let last = outcome.records.last().unwrap().content.as_ref().unwrap_err();
    assert_eq!(*last, crate::Reject::TooMany);
}

#[test]
fn what_is_not_quite_right_in_a_text_is_mended_as_by_itself() {
    let doubled = ALERT.replace("\"output\"", "\"output\":\"n\",\"output\"");
    let outcome = read(format!(r#"{{"log":{},"stream":"stdout"}}"#, text(&doubled)));
    assert_eq!(outcome.lines(), ["1 R"]);
    assert_eq!(outcome.counts.degraded, 1);
    let long = r#"{"Type":"container","Action":"die","id":"a","time":1714644000.123456789}"#;
    let bare = one(long).unwrap();
    assert_eq!(bare.time.map(|time| time.nanos()), Some(1_714_644_000_123_456_789));
    assert_eq!(one(&format!(r#"{{"log":{},"stream":"stdout"}}"#, text(long))), Ok(bare));
}

#[test]
fn what_is_inside_is_looked_at_once_for_each_envelope_around_it() {
    let long = "x".repeat(100_000);
    let mut object = format!(r#"{{"a":"{long}"}}"#);
    for _ in 0..12 {
        object = format!(r#"{{"verb":"x","firewall_name":"x","log":1,"event":{object}}}"#);
    }
    let mut texts = format!(r#"{{"a":"{long}"}}"#);
    for _ in 0..6 {
        texts = format!(r#"{{"log":{},"stream":"x","event":{{}}}}"#, text(&texts));
    }
    let parts = vec![object.as_str(); 20].join(",");
    let list = format!(r#"{{"statistics":{{}},"results":[{parts}]}}"#);
    for dump in [object, texts, list] {
        LOOKED_AT.set(0);
        assert_eq!(read(&dump).counts.other_documents, 1);
        let most = dump.len() * crate::limits::ENVELOPES_MAX as usize;
        assert!((1..=most).contains(&LOOKED_AT.get()), "{} of {}", LOOKED_AT.get(), dump.len());
    }
}
