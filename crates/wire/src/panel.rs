//! The details panel of an event: for each type its rows, in the order in which people read them.
//!
//! ```text
//! of all types             Event ID, Severity
//! alert                    State, Duration, Acknowledged, Trigger, Entity, Start Time, End Time,
//!                          Alert Name, Type, Metrics, Trigger Condition, Scope, Segment
//! policy                   Date / Time, Host, Container, Summary
//! scan                     Date / Time, Image Registry, Tag, Image ID, Digest
//! infrastructure, custom   Date / Time, Source, Scope, Description
//! ```
//!
//! Where the details of an event say nothing, its labels are asked. As JSON, a panel is one object
//! of the rows that have something to say, in their order. For people a row that has nothing to say
//! stays, so that the panel of a type always looks the same.

use crate::words::{length, scope};
use eventscope::{
    AlertDetails, Details, Event, EventType, PolicyDetails, ScanDetails, State, Timestamp,
};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::borrow::Cow;
use std::fmt;

/// A row: its name and what it says.
type Row = (Cow<'static, str>, String);

/// The rows of a panel. Those that say nothing are not written, and so not read either.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Panel(Vec<Row>);

/// How times are told.
struct Times<'a> {
    now: Timestamp,
    full: &'a dyn Fn(Timestamp) -> String,
}

impl Panel {
    /// The panel of an event as it is now; `full` writes a time for whoever reads it.
    ///
    /// ```
    /// use eventscope::{Draft, EventId, Options, Store, Timestamp};
    /// use eventscope_wire::Panel;
    ///
    /// let store = Store::in_memory(Options::default())?;
    /// store.append(vec![Draft::custom("Deployed").time(Timestamp::EPOCH)])?;
    /// let event = store.event(EventId(1))?;
    /// let panel = Panel::of(&event, store.now(), |time| time.to_string());
    /// let rows: Vec<_> = panel.rows().filter(|(_, value)| !value.is_empty()).collect();
    /// assert_eq!(rows[0], ("Event ID", "1"));
    /// assert_eq!(rows[2], ("Date / Time", "1970-01-01T00:00:00Z"));
    /// # Ok::<(), eventscope::Error>(())
    /// ```
    pub fn of(event: &Event, now: Timestamp, full: impl Fn(Timestamp) -> String) -> Self {
        let times = &Times { now, full: &full };
        let mut rows = vec![
            row("Event ID", event.id.to_string()),
            row("Severity", event.severity.band().to_string()),
        ];
        match (&event.details, event.event_type) {
            (Some(Details::Alert(alert)), _) => alert_rows(event, alert, times, &mut rows),
            (Some(Details::Policy(policy)), _) => policy_rows(event, policy, times, &mut rows),
            (Some(Details::Scan(scan)), _) => scan_rows(event, scan, times, &mut rows),
            (None, EventType::Alert) => {
                alert_rows(event, &AlertDetails::default(), times, &mut rows);
            }
            (None, EventType::Policy) => {
                policy_rows(event, &PolicyDetails::default(), times, &mut rows);
            }
            (None, EventType::Scan) => {
                scan_rows(event, &ScanDetails::default(), times, &mut rows);
            }
            (None, _) => rows.extend([
                row("Date / Time", (times.full)(event.time)),
                row("Source", event.source.clone()),
                row("Scope", scope(&event.labels)),
                row("Description", event.description.clone()),
            ]),
        }
        Self(rows)
    }

    /// The rows with what they say, which may be nothing.
    pub fn rows(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, value.as_str()))
    }
}

impl Serialize for Panel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.rows().filter(|(_, value)| !value.is_empty()) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Panel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rows;

        impl<'de> Visitor<'de> for Rows {
            type Value = Panel;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Panel, A::Error> {
                let mut rows = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, String>()? {
                    rows.push((name.into(), value));
                }
                Ok(Panel(rows))
            }
        }

        deserializer.deserialize_map(Rows)
    }
}

fn row(name: &'static str, value: String) -> Row {
    (name.into(), value)
}

fn alert_rows(event: &Event, alert: &AlertDetails, times: &Times<'_>, rows: &mut Vec<Row>) {
    let (state, duration) = match (event.state, event.duration_ms()) {
        (State::Resolved, Some(ms)) => ("Resolved", length(ms)),
        (State::Resolved, None) => ("Resolved", String::new()),
        (State::Triggered, _) => {
            let nanos = times.now.nanos().saturating_sub(event.time.nanos());
            let so_far = u64::try_from(nanos / 1_000_000).map(length);
            ("Triggered", so_far.map(|length| format!("{length} so far")).unwrap_or_default())
        }
    };
    let own_scope = || scope(&event.labels);
    rows.extend([
        row("State", state.to_owned()),
        row("Duration", duration),
        row("Acknowledged", acknowledged(event, times.full)),
        row("Trigger", text(&alert.trigger)),
        row("Entity", text(&alert.entity)),
        row("Start Time", (times.full)(event.time)),
        row("End Time", event.end_time.map(|end| (times.full)(end)).unwrap_or_default()),
        row("Alert Name", alert.alert_name.clone().unwrap_or_else(|| event.name.clone())),
        row("Type", text(&alert.alert_type)),
        row("Metrics", alert.metrics.join(", ")),
        row("Trigger Condition", text(&alert.condition)),
        row("Scope", alert.scope.clone().unwrap_or_else(own_scope)),
        row("Segment", text(&alert.segment)),
    ]);
}

fn policy_rows(event: &Event, policy: &PolicyDetails, times: &Times<'_>, rows: &mut Vec<Row>) {
    let or = |field: &Option<String>, key| or_label(event, field, key);
    let container = [
        or(&policy.container_name, "container.name"),
        or(&policy.container_id, "container.id"),
        or(&policy.image, "container.image"),
    ];
    let host = [or(&policy.host, "host.hostName"), or(&policy.host_mac, "host.mac")];
    rows.extend([
        row("Date / Time", (times.full)(event.time)),
        row("Host", joined(&host)),
        row("Container", joined(&container)),
        row("Summary", policy.summary.clone().unwrap_or_else(|| event.description.clone())),
    ]);
}

fn scan_rows(event: &Event, scan: &ScanDetails, times: &Times<'_>, rows: &mut Vec<Row>) {
    rows.extend([
        row("Date / Time", (times.full)(event.time)),
        row("Image Registry", or_label(event, &scan.registry, "image.registry")),
        row("Tag", or_label(event, &scan.tag, "image.tag")),
        row("Image ID", text(&scan.image_id)),
        row("Digest", or_label(event, &scan.digest, "image.digest")),
    ]);
}

fn text(field: &Option<String>) -> String {
    field.clone().unwrap_or_default()
}

/// What the details say, else what a label says.
fn or_label(event: &Event, field: &Option<String>, key: &str) -> String {
    let label = || event.labels.get(key).map(str::to_owned);
    field.clone().or_else(label).unwrap_or_default()
}

fn joined(texts: &[String]) -> String {
    let given: Vec<&str> =
        texts.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    given.join(", ")
}

/// Who acknowledged an event, when and with which note: `no` for nobody, nothing for an event that
/// cannot be acknowledged.
pub fn acknowledged(event: &Event, full: impl Fn(Timestamp) -> String) -> String {
    match &event.acknowledgement {
        None if !event.event_type.can_be_acknowledged() => String::new(),
        None => "no".to_owned(),
        Some(mark) => {
            let at = full(mark.at);
            let by = mark.by.as_ref().map(|name| format!(" by {name}")).unwrap_or_default();
            let note = mark.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
            format!("{at}{by}{note}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Panel;
    use crate::testing::round_trip;
    use eventscope::{Clock, Draft, EventId, EventType, Options, Store, Timestamp};

    fn panel(draft: Draft) -> Panel {
        let at = |second: i64| Timestamp::from_unix(1_795_424_400 + second).unwrap();
        let clock = Clock::at(at(120));
        let store = Store::in_memory(Options { clock, ..Options::default() }).unwrap();
        store.append(vec![draft.time(at(0))]).unwrap();
        let event = store.event(EventId(1)).unwrap();
        Panel::of(&event, store.now(), |time| format!("second {}", time.nanos() / 1_000_000_000))
    }

    #[test]
    fn rows_that_say_something_are_read_as_they_were_written() {
        let draft = Draft::custom("Deployed").description("b").label("a", "it's");
        let all = r#"{"Event ID":"1","Severity":"Info","Date / Time":"second 1795424400","#
            .to_owned()
            + r#""Source":"api","Scope":"a = 'it\\'s'","Description":"b"}"#;
        round_trip(&panel(draft), &all);
        // An alert that says little has many rows that say nothing.
        let alert = panel(Draft::new(EventType::Alert, "api", "Down"));
        let (rows, said) = (alert.rows().count(), alert.rows().filter(|(_, it)| !it.is_empty()));
        let said: Vec<_> = said.map(|(name, _)| name.to_owned()).collect();
        let names = ["Event ID", "Severity", "State", "Duration", "Acknowledged", "Start Time"];
        assert_eq!((rows, &said[..6]), (15, &names.map(str::to_owned)[..]));
        let read: Panel = serde_json::from_str(&serde_json::to_string(&alert).unwrap()).unwrap();
        assert!(read.rows().eq(alert.rows().filter(|(_, value)| !value.is_empty())), "{read:?}");
    }
}
