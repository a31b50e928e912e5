//! Tests of the rows.

use super::{COLUMNS, write_header, write_row};
use crate::native::Fields;
use eventscope_model::{Details, Event, EventId, EventType, PolicyDetails, Severity, State};

fn event() -> Event {
    Event {
        id: EventId(7),
        uid: "u".to_owned(),
        time: "2026-11-23T09:00:00Z".parse().unwrap(),
        received: "2026-11-23T09:00:01Z".parse().unwrap(),
        event_type: EventType::Policy,
        severity: Severity::Error,
        source: "falco".to_owned(),
        name: "a, \"b\"".to_owned(),
        description: "two\nlines".to_owned(),
        labels: [("k", "v")].into(),
        tags: [("t", "1")].into(),
        state: State::Triggered,
        end_time: None,
        count: 2,
        acknowledgement: None,
        details: Some(Details::Policy(PolicyDetails {
            rule: Some("r".to_owned()),
            ..PolicyDetails::default()
        })),
    }
}

fn written(fields: Fields) -> String {
    let mut out = Vec::new();
    write_header(fields, &mut out).unwrap();
    write_row(&event(), fields, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn all_columns() {
    let row = concat!(
        "7,u,2026-11-23T09:00:00Z,2026-11-23T09:00:01Z,policy,security,3,error,Medium,falco,",
        "\"a, \"\"b\"\"\",\"two\nlines\",k = 'v',\"{\"\"k\"\":\"\"v\"\"}\",",
        "\"{\"\"t\"\":\"\"1\"\"}\",",
        "triggered,,,2,,,,\"{\"\"rule\"\":\"\"r\"\"}\"\n"
    );
    assert_eq!(written(Fields::Full), format!("{}\n{row}", COLUMNS.join(",")));
}

#[test]
fn portable_rows_leave_out_what_a_store_gives() {
    let text = written(Fields::Portable);
    assert!(text.starts_with("uid,time,type,category,"), "{text}");
    assert!(text.contains("\nu,2026-11-23T09:00:00Z,policy,"), "{text}");
}
