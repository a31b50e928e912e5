//! The details of an event on a terminal: its panel, and below it what the panel does not show
//! (labels of an alert, tags, the uid, the history).

use crate::print::{Look, Tone, visible};
use crate::table::Table;
use crate::times::Times;
use eventscope::{AlertDetails, Details, Event, HistoryEntry, What};
use eventscope_wire::Panel;
use eventscope_wire::panel::acknowledged;
use eventscope_wire::words::scope;
use std::io::{self, Write};

/// Stands for what is not known.
const NOTHING: &str = "-";

/// The panel of an event, as it is at a time.
pub(crate) fn of(event: &Event, times: &Times) -> Panel {
    Panel::of(event, times.now, |time| times.full(time))
}

/// Writes the panel under the name of its event, and below it what else is known.
pub(crate) fn write(
    panel: &Panel,
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
    for (name, value) in panel.rows() {
        row(name, if value.is_empty() { NOTHING } else { value });
    }
    row("", "");
    let shown = |name| panel.rows().any(|(shown, _)| shown == name);
    for (name, value) in beyond(event, history, times) {
        if !shown(name) && !value.is_empty() {
            row(name, &value);
        }
    }
    table.write(look, out)
}

/// What is known of an event beyond its panel. A row that the panel has is not repeated.
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
        ("Acknowledged", acknowledged(event, |time| times.full(time))),
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
