//! Tests of the native form: there and back, and what is read leniently.

use super::{Fields, to_json, write};
use crate::testing::{labels, one, read};
use eventscope_model::{
    Acknowledgement, AlertDetails, Details, Draft, Event, EventId, EventType, Labels,
    PolicyDetails, ScanDetails, Severity, State, Timestamp, UidTime, limits,
};
use proptest::prelude::*;

/// Reads one line of JSON.
#[track_caller]
fn draft(json: &str) -> Draft {
    one(json).unwrap_or_else(|reject| panic!("{json}: {reject}"))
}

/// What a store makes of a draft.
fn stored(draft: Draft) -> Event {
    Event {
        id: EventId(1024),
        uid: draft.uid.map_or_else(|| "u".to_owned(), |uid| uid.text),
        time: draft.time.unwrap_or(Timestamp::EPOCH),
        received: Timestamp::MAX,
        event_type: draft.event_type,
        severity: Severity::from_level(draft.severity).unwrap(),
        source: draft.source,
        name: draft.name,
        description: draft.description,
        labels: draft.labels,
        tags: draft.tags,
        state: draft.state,
        end_time: draft.end_time,
        count: draft.count,
        acknowledgement: draft.acknowledgement,
        details: draft.details,
    }
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn alert() -> Event {
    let mut draft = Draft::new(EventType::Alert, "sysdig", "CPU \"high\"")
        .uid("sysdig:1", UidTime::Free)
        .time(time("2026-11-23T09:09:00.5Z"))
        .severity(0)
        .description("line\nbreak \u{30b3}")
        .label("kube_pod_name", "web-1")
        .label("kubernetes.namespace.name", "pr'od")
        .tag("team", "web")
        .resolved(time("2026-11-23T09:11:00.5Z"))
        .details(Details::Alert(AlertDetails {
            trigger: Some("cpu = 97 %".to_owned()),
            alert_type: Some("manual".to_owned()),
            metrics: vec!["cpu.used.percent".to_owned()],
            condition: Some(String::new()),
            ..AlertDetails::default()
        }));
    draft.count = 3;
    let at = time("2026-11-23T10:00:00Z");
    let mark = Acknowledgement { at, by: Some("aya".to_owned()), note: Some("known".to_owned()) };
    draft.acknowledgement = Some(mark);
    stored(draft)
}

#[test]
fn a_full_event_in_the_order_of_the_interface() {
    assert_eq!(
        to_json(&alert()),
        concat!(
            r#"{"id":"1024","uid":"sysdig:1","time":"2026-11-23T09:09:00.500Z","#,
            r#""received":"2262-04-11T23:47:16.854775807Z","type":"alert","category":"alert","#,
            r#""severity":0,"severity_name":"emergency","severity_label":"High","#,
            r#""source":"sysdig","name":"CPU \"high\"","description":"line\nbreak "#,
            "\u{30b3}\",",
            r#""scope":"kubernetes.namespace.name = 'pr\\'od' and kubernetes.pod.name = 'web-1'","#,
            r#""labels":{"kube_pod_name":"web-1","kubernetes.namespace.name":"pr'od"},"#,
            r#""tags":{"team":"web"},"state":"resolved","end_time":"2026-11-23T09:11:00.500Z","#,
            r#""duration_ms":120000,"count":3,"#,
            r#""acknowledged":{"at":"2026-11-23T10:00:00Z","by":"aya","note":"known"},"#,
            r#""details":{"trigger":"cpu = 97 %","alert_type":"manual","#,
            r#""metrics":["cpu.used.percent"],"condition":""}}"#,
        )
    );
}

#[test]
fn a_small_event_leaves_out_what_is_absent() {
    let event = stored(Draft::custom("n"));
    let mut line = Vec::new();
    write(&event, Fields::Portable, &mut line).unwrap();
    assert_eq!(
        String::from_utf8(line).unwrap(),
        concat!(
            r#"{"uid":"u","time":"1970-01-01T00:00:00Z","type":"custom","category":"custom","#,
            r#""severity":6,"severity_name":"informational","severity_label":"Info","#,
            r#""source":"api","name":"n","scope":"","labels":{},"tags":{},"state":"triggered"}"#,
            "\n"
        )
    );
}

#[test]
fn lenient_reading() {
    let least = draft(r#"{"type":"Kubernetes","name":"n","labels":null}"#);
    assert_eq!((least.source.as_str(), least.severity, least.time), ("kubernetes", 6, None));
    assert_eq!(least.uid.unwrap().time, UidTime::Free);
    for (severity, level) in [("3", 3), (r#""3""#, 3), (r#""Warning""#, 4), ("null", 6)] {
        let json = format!(r#"{{"type":"custom","name":"n","severity":{severity}}}"#);
        assert_eq!(draft(&json).severity, level, "{severity}");
    }
    let scoped = draft(r#"{"type":"custom","name":"n","scope":"a = 'x' and label.name = 'y'"}"#);
    assert_eq!(labels(&scoped), "a = 'x' and label.name = 'y'");
    let both = draft(r#"{"type":"custom","name":"n","scope":"a = 'x'","labels":{"b":2}}"#);
    assert_eq!(labels(&both), "b = '2'");
    let unknown = draft(r#"{"type":"custom","name":"n","time":1,"details":{"x":1},"y":[{}]}"#);
    assert_eq!(unknown.details, None);
}

#[test]
fn what_is_no_event() {
    let reason = |fields: &str| {
        one(&format!(r#"{{"name":"n","time":1,{fields}}}"#)).unwrap_err().to_string()
    };
    assert_eq!(
        reason(r#""type":"log""#),
        "type is `log`; expected alert, docker, containerd, kubernetes, policy, scan or custom"
    );
    assert_eq!(reason(r#""type":"""#), "no native event: type is missing");
    assert_eq!(
        reason(r#""type":"custom","severity":8"#),
        "severity is `8`; expected 0 to 7 or a syslog name"
    );
    assert_eq!(
        reason(r#""type":"custom","state":"open""#),
        "state is `open`; expected triggered or resolved"
    );
    assert_eq!(
        reason(r#""type":"alert","acknowledged":{"by":"x"}"#),
        "no native event: acknowledged.at is missing"
    );
    assert_eq!(
        reason(r#""type":"custom","acknowledged":{"at":5}"#),
        "a custom event cannot be acknowledged"
    );
    assert_eq!(reason(r#""type":"custom","count":0"#), "count is 0; the least is 1");
    assert_eq!(
        reason(r#""type":"custom","scope":"a in (b)""#),
        "scope is `a in (b)`; expected KEY = 'VALUE' and .."
    );
    assert_eq!(read(r#"{"type":"custom","name":"n"}"#).counts.other_documents, 1);
}

/// Part of the uids in every store: they must never change.
#[test]
fn content_hashes_are_pinned() {
    let uid = |json: &str| draft(json).uid.unwrap().text;
    assert_eq!(
        uid(r#"{"type":"custom","name":"n","time":1}"#),
        "native:5c30b75a3d0aee2141ab7ea8fe2b94cd"
    );
    let full = to_json(&alert()).replace(r#""uid":"sysdig:1","#, "");
    assert_eq!(uid(&full), "native:adb5c3c545fdfd7d233c4e77732954fb");
    let other = full.replace("1024", "7").replace("2262-", "2261-");
    assert_eq!(uid(&other), uid(&full), "id and received are no part of it");
}

#[test]
fn the_largest_event_in_its_longest_form_comes_back() {
    let mut draft = Draft::custom("n").uid("u", UidTime::Free).time(Timestamp::EPOCH);
    for n in 0..60 {
        draft.labels.insert(format!("{n:02}"), "\u{1}".repeat(limits::LABEL_VALUE_BYTES_MAX));
    }
    assert!(draft.check().is_ok() && draft.bytes() > limits::EVENT_BYTES_MAX / 16 * 15);
    let line = to_json(&stored(draft.clone()));
    assert!(line.len() > 2_900_000, "{}", line.len());
    assert_eq!(read(&line).records[0].content, Ok(draft));
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z.]{1,5}", "\\PC{1,6}", "[\"'\\\\\n\t\u{0}-\u{1f}]{1,4}"]
}

fn pairs() -> impl Strategy<Value = Labels> {
    prop::collection::vec((text(), prop_oneof![text(), Just(String::new())]), 0..4)
        .prop_map(|pairs| pairs.into_iter().collect())
}

fn details(event_type: EventType) -> BoxedStrategy<Option<Details>> {
    let texts = prop::collection::vec(prop::option::of(text()), 7);
    let metrics = prop::collection::vec(text(), 0..3);
    let details = (texts, metrics).prop_map(move |(texts, metrics)| {
        let mut texts = texts.into_iter();
        let mut next = || texts.next().flatten();
        Some(match event_type {
            EventType::Alert => Details::Alert(AlertDetails {
                trigger: next(),
                entity: next(),
                alert_name: next(),
                alert_type: next(),
                metrics,
                condition: next(),
                scope: next(),
                segment: next(),
            }),
            EventType::Policy => Details::Policy(PolicyDetails {
                host: next(),
                host_mac: next(),
                container_name: next(),
                container_id: next(),
                image: next(),
                rule: next(),
                summary: next(),
            }),
            EventType::Scan => Details::Scan(ScanDetails {
                registry: next(),
                tag: next(),
                image: next(),
                image_id: next(),
                digest: next(),
            }),
            _ => return None,
        })
    });
    prop_oneof![Just(None), details].boxed()
}

fn mark() -> impl Strategy<Value = Acknowledgement> {
    let words = || prop::option::of(text());
    (0..=i64::MAX, words(), words()).prop_map(|(at, by, note)| {
        let at = Timestamp::from_nanos(at).unwrap();
        Acknowledgement { at, by, note }
    })
}

prop_compose! {
    fn event()(event_type in prop::sample::select(EventType::ALL.to_vec()))(
        details in details(event_type),
        event_type in Just(event_type),
        nanos in 0..=i64::MAX,
        end in prop::option::of(0..=i64::MAX),
        severity in 0_u8..8,
        words in prop::collection::vec(text(), 3),
        description in prop_oneof![text(), Just(String::new())],
        labels in pairs(),
        tags in pairs(),
        resolved in any::<bool>(),
        count in 1..=u64::MAX,
        mark in prop::option::of(mark()),
    ) -> Draft {
        let time = |nanos| Timestamp::from_nanos(nanos).unwrap();
        let mut draft = Draft::new(event_type, &words[0], &words[1])
            .uid(&words[2], UidTime::Free)
            .time(time(nanos))
            .severity(severity)
            .description(description);
        (draft.labels, draft.tags, draft.count, draft.details) = (labels, tags, count, details);
        draft.end_time = end.map(time);
        if resolved && event_type.can_be_resolved() {
            draft.state = State::Resolved;
        }
        if event_type.can_be_acknowledged() {
            draft.acknowledgement = mark;
        }
        draft
    }
}

proptest! {
    #[test]
    fn an_event_comes_back_as_it_was(draft in event()) {
        prop_assert!(draft.check().is_ok(), "{:?}", draft.check());
        for fields in [Fields::Full, Fields::Portable] {
            let mut line = Vec::new();
            write(&stored(draft.clone()), fields, &mut line).unwrap();
            let outcome = read(&line);
            prop_assert_eq!(outcome.records.len(), 1);
            prop_assert_eq!(outcome.records[0].content.as_ref(), Ok(&draft));
        }
    }
}
