//! The feed: events for people, with two lines each, newest first.

use crate::print::{Look, Tone, counted, visible};
use crate::when;
use console::truncate_str;
use eventscope::{Event, Labels, Scope, State, Timestamp};
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
pub(crate) fn scope(labels: &Labels) -> String {
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
