//! The details panel of an event: for each type the rows of the document's table, in its words.
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
//! Where the details of an event say nothing, its labels are asked. A row that has nothing to say
//! stays, so that the panel of a type always looks the same. What the document does not show
//! (labels of an alert, tags, the uid, the history) is told below it.

use crate::feed::scope;
use crate::print::{Look, Tone, visible};
use crate::table::Table;
use crate::times::Times;
use crate::when;
use eventscope::{
    AlertDetails, Details, Event, EventType, HistoryEntry, PolicyDetails, ScanDetails, State, What,
};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::io::{self, Write};

/// Stands for what is not known.
const NOTHING: &str = "-";

/// The rows of a panel.
#[derive(Debug)]
pub(crate) struct Panel(Vec<(&'static str, String)>);

/// A JSON object of the rows that have something to say, in their order.
impl Serialize for Panel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.0.iter().filter(|(_, value)| !value.is_empty()) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Panel {
    /// The panel of an event, as it is at a time.
    pub(crate) fn of(event: &Event, times: &Times) -> Self {
        let mut rows = vec![
            ("Event ID", event.id.to_string()),
            ("Severity", event.severity.band().to_string()),
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
                ("Date / Time", times.full(event.time)),
                ("Source", event.source.clone()),
                ("Scope", scope(&event.labels)),
                ("Description", event.description.clone()),
            ]),
        }
        Self(rows)
    }

    /// Writes the panel under the name of its event, and below it what else is known.
    pub(crate) fn write(
        &self,
        event: &Event,
        (history, times): (&[HistoryEntry], &Times),
        look: Look,
        out: &mut impl Write,
    ) -> io::Result<()> {
        writeln!(out, "{}", look.paint(Tone::Heading, &visible(&event.name)))?;
        let mut table = Table::new(&["", "", ""]).wrapped();
        let mut row = |name: &str, value: &str| {
            let lines: Vec<String> = value.trim_end().lines().map(visible).collect();
            table.row([String::new(), look.paint(Tone::Faint, name), lines.join("\n")]);
        };
        for (name, value) in &self.0 {
            row(name, if value.is_empty() { NOTHING } else { value });
        }
        row("", "");
        let shown = |name| self.0.iter().any(|(shown, _)| *shown == name);
        for (name, value) in beyond(event, history, times) {
            if !shown(name) && !value.is_empty() {
                row(name, &value);
            }
        }
        table.write(look, out)
    }
}

fn alert_rows(
    event: &Event,
    alert: &AlertDetails,
    times: &Times,
    rows: &mut Vec<(&'static str, String)>,
) {
    let (state, duration) = match (event.state, event.duration_ms()) {
        (State::Resolved, Some(ms)) => ("Resolved", when::length(ms)),
        (State::Resolved, None) => ("Resolved", String::new()),
        (State::Triggered, _) => {
            let nanos = times.now.nanos().saturating_sub(event.time.nanos());
            let so_far = u64::try_from(nanos / 1_000_000).map(when::length);
            ("Triggered", so_far.map(|length| format!("{length} so far")).unwrap_or_default())
        }
    };
    let own_scope = || scope(&event.labels);
    rows.extend([
        ("State", state.to_owned()),
        ("Duration", duration),
        ("Acknowledged", acknowledged(event, times)),
        ("Trigger", text(&alert.trigger)),
        ("Entity", text(&alert.entity)),
        ("Start Time", times.full(event.time)),
        ("End Time", event.end_time.map(|end| times.full(end)).unwrap_or_default()),
        ("Alert Name", alert.alert_name.clone().unwrap_or_else(|| event.name.clone())),
        ("Type", text(&alert.alert_type)),
        ("Metrics", alert.metrics.join(", ")),
        ("Trigger Condition", text(&alert.condition)),
        ("Scope", alert.scope.clone().unwrap_or_else(own_scope)),
        ("Segment", text(&alert.segment)),
    ]);
}

fn policy_rows(
    event: &Event,
    policy: &PolicyDetails,
    times: &Times,
    rows: &mut Vec<(&'static str, String)>,
) {
    let or = |field: &Option<String>, key| or_label(event, field, key);
    let container = [
        or(&policy.container_name, "container.name"),
        or(&policy.container_id, "container.id"),
        or(&policy.image, "container.image"),
    ];
    let host = [or(&policy.host, "host.hostName"), or(&policy.host_mac, "host.mac")];
    rows.extend([
        ("Date / Time", times.full(event.time)),
        ("Host", joined(&host)),
        ("Container", joined(&container)),
        ("Summary", policy.summary.clone().unwrap_or_else(|| event.description.clone())),
    ]);
}

fn scan_rows(
    event: &Event,
    scan: &ScanDetails,
    times: &Times,
    rows: &mut Vec<(&'static str, String)>,
) {
    rows.extend([
        ("Date / Time", times.full(event.time)),
        ("Image Registry", or_label(event, &scan.registry, "image.registry")),
        ("Tag", or_label(event, &scan.tag, "image.tag")),
        ("Image ID", text(&scan.image_id)),
        ("Digest", or_label(event, &scan.digest, "image.digest")),
    ]);
}

/// What is known of an event beyond the document's table. A row that the table has is not repeated.
#[expect(clippy::arithmetic_side_effects, reason = "a count of entries in memory")]
fn beyond(event: &Event, history: &[HistoryEntry], times: &Times) -> Vec<(&'static str, String)> {
    let level = format!("{} {}", event.severity.level(), event.severity.name());
    let (rule, image) = match &event.details {
        Some(Details::Policy(policy)) => (text(&policy.rule), String::new()),
        Some(Details::Scan(scan)) => (String::new(), text(&scan.image)),
        _ => (String::new(), String::new()),
    };
    let news = history.iter().filter(|entry| matches!(entry.what, What::Observed | What::Amended));
    let news = match news.count() {
        0 => String::new(),
        later => format!("{} times with something new", later + 1),
    };
    let count = if event.count > 1 { event.count.to_string() } else { String::new() };
    let mut rows = vec![
        ("Level", level),
        ("Type", event.event_type.to_string()),
        ("Source", event.source.clone()),
        ("Rule", rule),
        ("Image", image),
        ("Labels", scope_of_alert(event)),
        ("Scope", scope(&event.labels)),
        ("Description", event.description.clone()),
        ("Acknowledged", acknowledged(event, times)),
        ("Count", count),
        ("Observed", news),
    ];
    rows.extend(event.tags.iter().map(|(key, value)| ("Tags", format!("{key} = {value}"))));
    rows.push(("UID", event.uid.clone()));
    rows.push(("Received", times.full(event.received)));
    rows.extend(history.iter().map(|entry| ("History", past(entry, times))));
    rows
}

/// The labels of an alert, whose panel shows the scope of its rule instead.
fn scope_of_alert(event: &Event) -> String {
    match &event.details {
        Some(Details::Alert(AlertDetails { scope: Some(_), .. })) => scope(&event.labels),
        _ => String::new(),
    }
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

fn acknowledged(event: &Event, times: &Times) -> String {
    match &event.acknowledgement {
        None if !event.event_type.can_be_acknowledged() => String::new(),
        None => "no".to_owned(),
        Some(mark) => {
            let at = times.full(mark.at);
            let by = mark.by.as_ref().map(|name| format!(" by {name}")).unwrap_or_default();
            let note = mark.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
            format!("{at}{by}{note}")
        }
    }
}

fn past(entry: &HistoryEntry, times: &Times) -> String {
    let by = entry.by.as_ref().map(|name| format!(" by {name}")).unwrap_or_default();
    let note = entry.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
    let what = match entry.what {
        What::Undone(change) => format!("undo of change {change}"),
        What::Action(_) | What::Observed | What::Amended => entry.what.name().to_owned(),
    };
    format!("{} {what}{by}{note}", times.full(entry.at))
}

#[cfg(test)]
mod tests;
