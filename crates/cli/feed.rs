//! Events for people: the feed with two lines each, and the panel with all details of one.

use crate::print::{Look, Tone, counted, visible};
use crate::table::Table;
use crate::when;
use console::truncate_str;
use eventscope::{
    Details, Event, HistoryEntry, Labels, PolicyDetails, ScanDetails, Scope, State, Timestamp, What,
};
use std::io::{self, Write};

/// Stands for a severity, in its colour.
const DOT: &str = "\u{25cf}";

/// Writes events under the dates they happened on.
pub(crate) fn list(
    events: &[Event],
    now: Timestamp,
    look: Look,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut date = String::new();
    for event in events {
        let time = event.time.to_string();
        let (day, clock) = time.split_once('T').unwrap_or((&time, ""));
        if day != date {
            writeln!(out, "{}", look.paint(Tone::Heading, day))?;
            day.clone_into(&mut date);
        }
        for line in entry(event, clock.get(..8).unwrap_or(clock), now, look) {
            match look.columns {
                Some(columns) => writeln!(out, "{}", truncate_str(&line, columns, "..."))?,
                None => writeln!(out, "{line}")?,
            }
        }
    }
    Ok(())
}

/// The two lines of an event.
fn entry(event: &Event, clock: &str, now: Timestamp, look: Look) -> [String; 2] {
    let band = event.severity.band();
    let severity = look.paint(Tone::Severity(band), &format!("{DOT} {:<6}", band.name()));
    let times = if event.count > 1 { format!(" x{}", event.count) } else { String::new() };
    let name = look.paint(Tone::Heading, &visible(&event.name));
    let seen = if event.acknowledgement.is_some() { " | Acknowledged" } else { "" };
    let status = format!("{}{seen}", status(event, now));
    let first = format!(
        "{clock}  {severity}  {:<10}  {name}{times}  {}  #{}",
        event.event_type,
        look.paint(Tone::Faint, &status),
        event.id
    );
    let indent = " ".repeat(clock.len());
    [first, format!("{indent}  {}", look.paint(Tone::Faint, &visible(&scope(&event.labels))))]
}

/// `Resolved | Duration: 2 minutes`, `Triggered 3 days ago`.
fn status(event: &Event, now: Timestamp) -> String {
    match (event.state, event.duration_ms()) {
        (State::Resolved, Some(ms)) => format!("Resolved | Duration: {}", when::length(ms)),
        (State::Resolved, None) => "Resolved".to_owned(),
        (State::Triggered, _) => format!("Triggered {}", when::ago(event.time, now)),
    }
}

/// Labels as an expression.
fn scope(labels: &Labels) -> String {
    let mut scope = Scope::everywhere();
    for (key, value) in labels.canonical() {
        let key = format!("label.'{}'", key.replace('\\', "\\\\").replace('\'', "\\'"));
        // Any key and any value make a layer, so long as both are quoted.
        if let Ok(layer) = eventscope::Comparison::new(&key, eventscope::Operator::Equal, &[value])
        {
            scope.add(layer);
        }
    }
    scope.to_string()
}

/// Writes all there is to say about an event, by its type, and what happened to it.
pub(crate) fn panel(
    event: &Event,
    history: &[HistoryEntry],
    look: Look,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "{}", look.paint(Tone::Heading, &visible(&event.name)))?;
    let mut table = Table::new(&["", "", ""]);
    let mut row = |name: &str, value: String| {
        if !value.is_empty() {
            table.row([String::new(), look.paint(Tone::Faint, name), visible(&value)]);
        }
    };
    row("Event ID", event.id.to_string());
    let (level, name) = (event.severity.level(), event.severity.name());
    row("Severity", format!("{} ({level} {name})", event.severity.band()));
    for (name, value) in by_type(event) {
        row(name, value);
    }
    row("Acknowledged", acknowledged(event));
    row("Count", if event.count > 1 { event.count.to_string() } else { String::new() });
    for (key, value) in event.tags.iter() {
        row("Tag", format!("{key} = {value}"));
    }
    row("UID", event.uid.clone());
    row("Received", event.received.to_string());
    for entry in history {
        row("History", past(entry));
    }
    table.write(look, out)
}

/// The rows that are particular to the type of an event.
fn by_type(event: &Event) -> Vec<(&'static str, String)> {
    let time = event.time.to_string();
    let own_scope = scope(&event.labels);
    match &event.details {
        Some(Details::Policy(policy)) => policy_rows(policy, time, own_scope),
        Some(Details::Scan(scan)) => scan_rows(event, scan, time),
        Some(Details::Alert(_)) => alert_rows(event, time, own_scope),
        None if event.event_type.can_be_resolved() => alert_rows(event, time, own_scope),
        None => vec![
            ("Date / Time", time),
            ("Type", event.event_type.to_string()),
            ("Source", event.source.clone()),
            ("Scope", own_scope),
            ("Description", event.description.clone()),
        ],
    }
}

fn alert_rows(event: &Event, time: String, scope: String) -> Vec<(&'static str, String)> {
    let text = |key: &str| {
        let fields = event.details.iter().flat_map(Details::fields);
        let found = fields.filter(|(name, _)| *name == key).find_map(|(_, text)| text);
        found.unwrap_or_default().to_owned()
    };
    let state = match event.state {
        State::Triggered => "Triggered",
        State::Resolved => "Resolved",
    };
    let metrics = event.details.as_ref().map(|details| details.metrics().join(", "));
    vec![
        ("State", state.to_owned()),
        ("Duration", event.duration_ms().map(when::length).unwrap_or_default()),
        ("Trigger", text("trigger")),
        ("Entity", text("entity")),
        ("Start Time", time),
        ("End Time", event.end_time.map(|end| end.to_string()).unwrap_or_default()),
        ("Alert Name", text("alert_name")),
        ("Type", text("alert_type")),
        ("Metrics", metrics.unwrap_or_default()),
        ("Trigger Condition", text("condition")),
        ("Scope", text("scope")),
        ("Segment", text("segment")),
        ("Source", event.source.clone()),
        ("Labels", scope),
        ("Description", event.description.clone()),
    ]
}

fn policy_rows(policy: &PolicyDetails, time: String, scope: String) -> Vec<(&'static str, String)> {
    let joined = |texts: &[&Option<String>]| {
        let texts = texts.iter().filter_map(|text| text.as_deref());
        texts.collect::<Vec<_>>().join(", ")
    };
    let container = [&policy.container_name, &policy.container_id, &policy.image];
    vec![
        ("Date / Time", time),
        ("Host", joined(&[&policy.host, &policy.host_mac])),
        ("Container", joined(&container)),
        ("Rule", joined(&[&policy.rule])),
        ("Summary", joined(&[&policy.summary])),
        ("Scope", scope),
    ]
}

fn scan_rows(event: &Event, scan: &ScanDetails, time: String) -> Vec<(&'static str, String)> {
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    vec![
        ("Date / Time", time),
        ("Image Registry", text(&scan.registry)),
        ("Tag", text(&scan.tag)),
        ("Image", text(&scan.image)),
        ("Image ID", text(&scan.image_id)),
        ("Digest", text(&scan.digest)),
        ("Scope", scope(&event.labels)),
        ("Description", event.description.clone()),
    ]
}

fn acknowledged(event: &Event) -> String {
    match &event.acknowledgement {
        None if !event.event_type.can_be_acknowledged() => String::new(),
        None => "no".to_owned(),
        Some(mark) => {
            let at = mark.at.to_string();
            let by = mark.by.as_ref().map(|name| format!(" by {name}")).unwrap_or_default();
            let note = mark.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
            format!("{at}{by}{note}")
        }
    }
}

fn past(entry: &HistoryEntry) -> String {
    let by = entry.by.as_ref().map(|name| format!(" by {name}")).unwrap_or_default();
    let note = entry.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
    let what = match entry.what {
        What::Undone(change) => format!("undo of change {change}"),
        What::Action(_) | What::Observed | What::Amended => entry.what.name().to_owned(),
    };
    format!("{} {what}{by}{note}", entry.at)
}

/// The line above a feed: how many events there are, and how many of them are shown.
pub(crate) fn headline(total: u64, shown: usize) -> String {
    match u64::try_from(shown) {
        Ok(shown) if shown < total && shown > 0 => {
            format!("{}, {shown} shown", counted(total, "event"))
        }
        _ => counted(total, "event"),
    }
}

#[cfg(test)]
mod tests;
