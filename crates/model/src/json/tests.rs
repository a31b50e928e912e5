//! Everything comes back as it was written, and what does not say enough is refused.

use super::Portable;
use crate::{
    Acknowledgement, AlertDetails, Details, Draft, Event, EventId, EventType, Labels, OnConflict,
    PolicyDetails, ScanDetails, Severity, State, Timestamp, UidTime,
};
use proptest::prelude::*;

fn texts() -> impl Strategy<Value = Option<String>> {
    prop::option::of("\\PC{0,6}")
}

fn times() -> impl Strategy<Value = Timestamp> {
    (0..=i64::MAX).prop_map(|nanos| Timestamp::from_nanos(nanos).unwrap())
}

fn labels() -> impl Strategy<Value = Labels> {
    prop::collection::vec(("[a-z.]{1,5}|\\PC{1,4}", "\\PC{0,6}"), 0..5).prop_map(Labels::from)
}

fn marks() -> impl Strategy<Value = Option<Acknowledgement>> {
    let mark = (times(), texts(), texts());
    prop::option::of(mark.prop_map(|(at, by, note)| Acknowledgement { at, by, note }))
}

fn details(event_type: EventType) -> impl Strategy<Value = Option<Details>> {
    let metrics = prop::collection::vec("[a-z.]{1,5}", 0..3);
    (prop::collection::vec(texts(), 7), metrics, any::<bool>()).prop_map(
        move |(mut texts, metrics, given)| {
            let mut next = || texts.pop().flatten();
            let details = match event_type {
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
            };
            given.then_some(details)
        },
    )
}

fn drafts() -> impl Strategy<Value = Draft> {
    let texts = ("\\PC{1,8}", "\\PC{1,8}", "\\PC{0,8}", prop::option::of("\\PC{1,8}"));
    let types = prop::sample::select(EventType::ALL.to_vec());
    let rest = (labels(), labels(), marks(), prop::option::of(times()), prop::option::of(times()));
    (types, texts, rest, 0..8_u8, 1..u64::MAX, any::<bool>()).prop_flat_map(
        |(event_type, texts, rest, severity, count, is_over)| {
            details(event_type).prop_map(move |details| {
                let ((source, name, description, uid), (labels, tags, mark, time, end)) =
                    (texts.clone(), rest.clone());
                let mut draft = Draft::new(event_type, source, name).severity(severity);
                let ways = [OnConflict::Merge, OnConflict::Replace, OnConflict::Keep];
                draft = draft.revision(count % 3).on_conflict(ways[usize::from(severity) % 3]);
                draft = uid.into_iter().fold(draft, |draft, uid| draft.uid(uid, UidTime::Free));
                draft.state = if is_over { State::Resolved } else { State::Triggered };
                Draft {
                    description,
                    labels,
                    tags,
                    acknowledgement: mark,
                    time,
                    end_time: end,
                    count,
                    details,
                    ..draft
                }
            })
        },
    )
}

fn event(id: u64, received: Timestamp, draft: Draft) -> Event {
    Event {
        id: EventId(id),
        uid: draft.uid.map_or_else(|| "u".to_owned(), |uid| uid.text),
        time: draft.time.unwrap_or(received),
        received,
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

proptest! {
    #[test]
    fn drafts_and_events_come_back(draft in drafts(), id in any::<u64>(), received in times()) {
        let json = serde_json::to_string(&draft).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Draft>(&json).unwrap(), &draft, "{}", json);
        let event = event(id, received, draft);
        let json = serde_json::to_string(&event).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Event>(&json).unwrap(), &event, "{}", json);
        // As a draft it is the event that another store makes of it.
        let portable = serde_json::to_string(&Portable(&event)).unwrap();
        prop_assert_eq!(serde_json::from_str::<Draft>(&portable).unwrap(), Draft::of(&event));
    }

    #[test]
    fn no_text_panics(
        json in "\\PC*|\\{(\"(id|time|labels|type)\": ?(1|\"x\"|null|\\{\\}|\\[\\]),?)*\\}",
    ) {
        let _ = serde_json::from_str::<Event>(&json);
        let _ = serde_json::from_str::<Draft>(&json);
    }
}

#[test]
fn what_is_missing_or_none_is_named() {
    let refused = |json: &str| serde_json::from_str::<Draft>(json).unwrap_err().to_string();
    assert!(refused(r#"{"name":"n"}"#).starts_with("missing field `type`"));
    assert!(refused(r#"{"type":"custom"}"#).starts_with("missing field `name`"));
    let banana = refused(r#"{"type":"banana","name":"n"}"#);
    assert!(banana.starts_with("`banana` is not an event type; write alert, docker"), "{banana}");
    let time = refused(r#"{"type":"custom","name":"n","time":"tomorrow"}"#);
    assert!(time.starts_with("not a time"), "{time}");
    let event = r#"{"type":"custom","name":"n"}"#;
    let error = serde_json::from_str::<Event>(event).unwrap_err().to_string();
    assert!(error.starts_with("missing field `id`"), "{error}");
}

#[test]
fn other_spellings_are_read() {
    let json = r#"{"type":"Alert","name":"n","severity":"warn","time":1795424940,"source":null,
        "scope":"pod = 'web-1'","id":"7","unknown":[1]}"#;
    let draft: Draft = serde_json::from_str(json).unwrap();
    assert_eq!(draft.severity, Severity::Warning.level());
    assert_eq!(draft.time.unwrap().to_string(), "2026-11-23T09:09:00Z");
    assert_eq!((draft.source.as_str(), draft.labels.get("pod")), ("alert", Some("web-1")));
    let level: Draft = serde_json::from_str(r#"{"type":"alert","name":"n","severity":9}"#).unwrap();
    assert!(level.check().is_err());
}
