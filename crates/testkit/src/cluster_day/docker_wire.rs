//! Docker events as `docker events` prints them: JSON lines and plain text.

use super::cluster::EngineEvent;
use eventscope_model::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;

const SECOND_NANOS: i64 = 1_000_000_000;
/// The edge host lies an hour east of UTC, and its engine prints local time.
const EDGE_OFFSET_NANOS: i64 = 3_600 * SECOND_NANOS;

#[derive(Serialize)]
struct Message<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(rename = "Type")]
    kind: &'a str,
    #[serde(rename = "Action")]
    action: &'a str,
    #[serde(rename = "Actor")]
    actor: Actor<'a>,
    scope: &'a str,
    time: i64,
    #[serde(rename = "timeNano")]
    time_nano: i64,
}

#[derive(Serialize)]
struct Actor<'a> {
    #[serde(rename = "ID")]
    id: &'a str,
    #[serde(rename = "Attributes")]
    attributes: &'a BTreeMap<String, String>,
}

/// `docker events --format '{{json .}}'`: one object per line, with the old keys beside the new.
pub(super) fn json_lines(events: &[EngineEvent]) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    for event in events {
        let old_keys = matches!(event.kind, "container" | "image");
        let message = Message {
            status: old_keys.then_some(&*event.action),
            id: old_keys.then_some(&*event.id),
            from: event.attributes.get("image").map(String::as_str),
            kind: event.kind,
            action: &event.action,
            actor: Actor { id: &event.id, attributes: &event.attributes },
            scope: "local",
            time: event.nanos / SECOND_NANOS,
            time_nano: event.nanos,
        };
        serde_json::to_writer(&mut out, &message)?;
        out.push(b'\n');
    }
    Ok(out)
}

/// `docker events`: time, type, action, id, and the attributes in parentheses.
pub(super) fn plain_text(events: &[EngineEvent]) -> Vec<u8> {
    let mut out = String::new();
    for event in events {
        let local = Timestamp::EPOCH.saturating_add(event.nanos + EDGE_OFFSET_NANOS).to_string();
        let pairs: Vec<_> =
            event.attributes.iter().map(|(key, value)| format!("{key}={value}")).collect();
        out += &format!(
            "{}.{:09}+01:00 {} {} {} ({})\n",
            local.get(..19).unwrap_or_default(),
            event.nanos % SECOND_NANOS,
            event.kind,
            event.action,
            event.id,
            pairs.join(", ")
        );
    }
    out.into_bytes()
}
