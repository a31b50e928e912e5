//! The feed: events for people, newest first, each with what operators look for first.
//!
//! ```text
//! 2026-11-23 UTC
//! #42  09:00:00  * High    kubernetes  Container Unhealthy x3  Triggered 2 minutes ago
//!      namespace=prod pod=web-1 node=worker-2
//!      Readiness probe failed: connection refused
//! ```

use crate::print::{Look, Tone, counted, visible};
use crate::times::Times;
use crate::when;
use console::{measure_text_width, truncate_str};
use eventscope::{Event, Labels, Scope, State, Timestamp};
use std::io::{self, Write};

/// Stands for a severity, in its colour.
const DOT: &str = "\u{25cf}";
/// Stands for the rest of a line.
const REST: &str = "...";

/// Labels that tell where something happened, in the order in which people ask, under the short
/// names that they use.
const PLACES: [(&str, &str); 14] = [
    ("kubernetes.cluster.name", "cluster"),
    ("kubernetes.namespace.name", "namespace"),
    ("kubernetes.pod.name", "pod"),
    ("kubernetes.workload.name", "workload"),
    ("kubernetes.deployment.name", "deployment"),
    ("kubernetes.statefulSet.name", "statefulSet"),
    ("kubernetes.daemonSet.name", "daemonSet"),
    ("kubernetes.replicaSet.name", "replicaSet"),
    ("kubernetes.cronJob.name", "cronJob"),
    ("kubernetes.job.name", "job"),
    ("kubernetes.node.name", "node"),
    ("host.hostName", "host"),
    ("container.name", "container"),
    ("container.image", "image"),
];
/// Labels that repeat what the event is called: they come last.
const LAST: &str = "kubernetes.event.";

/// Writes events under the dates they happened on.
pub(crate) fn list(
    events: &[Event],
    times: &Times,
    look: Look,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut date = String::new();
    let id_columns = events.iter().map(|event| id(event).len()).max().unwrap_or(0);
    for event in events {
        let (day, clock) = times.date_and_clock(event.time);
        if day != date {
            writeln!(out, "{}", look.paint(Tone::Heading, &day))?;
            date = day;
        }
        let width = look.columns.unwrap_or(usize::MAX);
        let line = headline_of(event, &clock, id_columns, times.now, look);
        writeln!(out, "{}", truncate_str(&line, width, REST))?;
        let indent = " ".repeat(id_columns.saturating_add(2));
        let left = width.saturating_sub(indent.len());
        let labels = places(&event.labels, left);
        writeln!(out, "{indent}{}", look.paint(Tone::Faint, &labels))?;
        let text = first_line(&event.description);
        if !text.is_empty() {
            writeln!(out, "{indent}{}", truncate_str(&text, left, REST))?;
        }
    }
    Ok(())
}

fn id(event: &Event) -> String {
    format!("#{}", event.id)
}

/// What happened, and how it stands.
fn headline_of(
    event: &Event,
    clock: &str,
    id_columns: usize,
    now: Timestamp,
    look: Look,
) -> String {
    let band = event.severity.band();
    let severity = look.paint(Tone::Severity(band), &format!("{DOT} {:<6}", band.name()));
    let times = if event.count > 1 { format!(" x{}", event.count) } else { String::new() };
    let name = look.paint(Tone::Heading, &visible(&event.name));
    let seen = if event.acknowledgement.is_some() { " | Acknowledged" } else { "" };
    let status = look.paint(Tone::Faint, &format!("{}{seen}", status(event, now)));
    let (id, kind) = (id(event), event.event_type);
    format!("{id:<id_columns$}  {clock}  {severity}  {kind:<10}  {name}{times}  {status}")
}

/// `Resolved | Duration: 2 minutes`, `Triggered 3 days ago`.
fn status(event: &Event, now: Timestamp) -> String {
    match (event.state, event.duration_ms()) {
        (State::Resolved, Some(ms)) => format!("Resolved | Duration: {}", when::length(ms)),
        (State::Resolved, None) => "Resolved".to_owned(),
        (State::Triggered, _) => format!("Triggered {}", when::ago(event.time, now)),
    }
}

/// Where it happened, in so many columns: as many labels as there is room for, and how many more
/// there are. The first is cut rather than left out.
fn places(labels: &Labels, columns: usize) -> String {
    let labels = ordered(labels);
    let mut line = String::new();
    for (nth, (key, value)) in labels.iter().enumerate() {
        let label = format!("{}={}", visible(key), quoted(value));
        if nth == 0 {
            line = label;
            continue;
        }
        let rest = match labels.len().saturating_sub(nth) {
            1 => String::new(),
            more => format!(" +{}", more.saturating_sub(1)),
        };
        let width = measure_text_width(&line).saturating_add(measure_text_width(&label));
        if width.saturating_add(1).saturating_add(rest.len()) > columns {
            line.push_str(&format!(" +{}", labels.len().saturating_sub(nth)));
            break;
        }
        line.push(' ');
        line.push_str(&label);
    }
    match line.is_empty() {
        true => "Everywhere".to_owned(),
        false => truncate_str(&line, columns, REST).into_owned(),
    }
}

/// Labels with the names they are shown under: places, then others, then what repeats the name.
fn ordered(labels: &Labels) -> Vec<(&str, &str)> {
    let place = |key: &str| PLACES.iter().position(|(place, _)| *place == key);
    let mut all: Vec<(&str, &str)> = labels.canonical().collect();
    all.sort_by_key(|(key, _)| {
        (key.starts_with(LAST), place(key).unwrap_or(PLACES.len()), (*key).to_owned())
    });
    let short = |key| PLACES.iter().find(|(place, _)| *place == key).map_or(key, |place| place.1);
    all.into_iter().map(|(key, value)| (short(key), value)).collect()
}

/// A value whose end is seen.
fn quoted(value: &str) -> String {
    let is_plain = |letter: char| !letter.is_whitespace() && letter != '\'' && letter != '"';
    match !value.is_empty() && value.chars().all(is_plain) {
        true => visible(value),
        false => format!("'{}'", visible(value)),
    }
}

fn first_line(text: &str) -> String {
    visible(text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default())
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
