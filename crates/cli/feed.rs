//! The feed: events for people, newest first, each with what operators look for first.
//!
//! ```text
//! 2026-11-23 UTC
//! #42  09:00:00  * High    kubernetes  Container Unhealthy x3  Triggered 2 minutes ago
//!      namespace=prod pod=web-1 node=worker-2
//!      Readiness probe failed: connection refused
//! ```
//!
//! Where that is wider than the terminal, all events have a short state: `Triggered 2m ago`.

use crate::print::{Look, Tone, counted, visible};
use crate::times::Times;
use crate::when;
use console::{measure_text_width, truncate_str};
use eventscope::{Event, Labels, State, Timestamp};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Stands for a severity, in its colour.
const DOT: &str = "\u{25cf}";
/// Blanks before how an event stands.
const GAP: usize = 2;
/// Columns that a name keeps, however long the rest of its line is.
const NAME_COLUMNS_MIN: usize = 12;
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
    let width = look.columns.unwrap_or(usize::MAX);
    let line_of = |event: &Event, status| {
        let (_, clock) = times.date_and_clock(event.time);
        Headline { clock, id_columns, now: times.now, look, status }.of(event, width)
    };
    // All of them are short if one of them has to be, so that they read alike.
    let is_long = |event: &Event| measure_text_width(&line_of(event, Status::Long)) > width;
    let status = if events.iter().any(is_long) { Status::Short } else { Status::Long };
    for event in events {
        let (day, _) = times.date_and_clock(event.time);
        if day != date {
            writeln!(out, "{}", look.paint(Tone::Heading, &day))?;
            date = day;
        }
        writeln!(out, "{}", truncate_str(&line_of(event, status), width, REST))?;
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

/// How much of a line may be said of how an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Long,
    Short,
}

/// What the first lines of all events of a feed have in common.
struct Headline {
    clock: String,
    id_columns: usize,
    now: Timestamp,
    look: Look,
    status: Status,
}

impl Headline {
    /// What happened, and how it stands. In the short form the name gives way to that, since it is
    /// what tells an alert that is over from one that is not.
    fn of(&self, event: &Event, width: usize) -> String {
        let Self { clock, id_columns, now, look, status } = self;
        let band = event.severity.band();
        let severity = look.paint(Tone::Severity(band), &format!("{DOT} {:<6}", band.name()));
        let (id, kind) = (id(event), event.event_type);
        let start = format!("{id:<id_columns$}  {clock}  {severity}  {kind:<10}  ");
        let times = if event.count > 1 { format!(" x{}", event.count) } else { String::new() };
        let status = match status {
            Status::Long => long_status(event, *now),
            Status::Short => short_status(event, *now),
        };
        let mut name = visible(&event.name);
        if self.status == Status::Short {
            let others = [start.as_str(), &times, &status].map(measure_text_width);
            let others = others.into_iter().fold(GAP, usize::saturating_add);
            let left = width.saturating_sub(others).max(NAME_COLUMNS_MIN);
            name = truncate_str(&name, left, REST).into_owned();
        }
        let (name, status) = (look.paint(Tone::Heading, &name), look.paint(Tone::Faint, &status));
        format!("{start}{name}{times}  {status}")
    }
}

/// `Resolved | Duration: 2 minutes`, `Triggered 3 days ago`.
fn long_status(event: &Event, now: Timestamp) -> String {
    let seen = if event.acknowledgement.is_some() { " | Acknowledged" } else { "" };
    match (event.state, event.duration_ms()) {
        (State::Resolved, Some(ms)) => format!("Resolved | Duration: {}{seen}", when::length(ms)),
        (State::Resolved, None) => format!("Resolved{seen}"),
        (State::Triggered, _) => format!("Triggered {}{seen}", when::ago(event.time, now)),
    }
}

/// `Resolved after 2m`, `Triggered 3d ago`; behind them `, acked`.
fn short_status(event: &Event, now: Timestamp) -> String {
    let seen = if event.acknowledgement.is_some() { ", acked" } else { "" };
    match (event.state, event.duration_ms()) {
        (State::Resolved, Some(ms)) => format!("Resolved after {}{seen}", when::short_length(ms)),
        (State::Resolved, None) => format!("Resolved{seen}"),
        (State::Triggered, _) => format!("Triggered {}{seen}", when::short_ago(event.time, now)),
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
    // An alert has its own `cluster` beside that of Kubernetes.
    let mut shown = BTreeSet::new();
    let all = all.into_iter().map(|(key, value)| (short(key), value));
    all.filter(|label| shown.insert(*label)).collect()
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
