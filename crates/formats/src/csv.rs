//! Events as CSV (RFC 4180), one row each, for spreadsheets.
//!
//! Labels, tags and details are one column each and hold JSON objects, so nothing is lost. A value
//! with a comma, a quote or a line end is put in quotes, and its quotes are doubled. Lines end with
//! a line feed.

pub(crate) mod read;

use crate::native::Fields;
use eventscope_model::Event;
use std::{
    borrow::Cow,
    io::{self, Write},
};

/// The names of the columns, in their order. [`Fields::Portable`] leaves out `id` and `received`.
pub const COLUMNS: [&str; 23] = [
    "id",
    "uid",
    "time",
    "received",
    "type",
    "category",
    "severity",
    "severity_name",
    "severity_label",
    "source",
    "name",
    "description",
    "scope",
    "labels",
    "tags",
    "state",
    "end_time",
    "duration_ms",
    "count",
    "acknowledged_at",
    "acknowledged_by",
    "acknowledged_note",
    "details",
];

/// Writes the line of column names.
///
/// # Errors
/// When `out` fails.
pub fn write_header(fields: Fields, out: &mut impl Write) -> io::Result<()> {
    write_line(fields, &COLUMNS.map(str::to_owned), out)
}

/// Writes one event.
///
/// # Errors
/// When `out` fails.
pub fn write_row(event: &Event, fields: Fields, out: &mut impl Write) -> io::Result<()> {
    write_line(fields, &row(event)?, out)
}

fn row(event: &Event) -> io::Result<[String; COLUMNS.len()]> {
    let mark = event.acknowledgement.as_ref();
    let details = event.details.as_ref().map(serde_json::to_string);
    Ok([
        event.id.to_string(),
        event.uid.clone(),
        event.time.to_string(),
        event.received.to_string(),
        event.event_type.to_string(),
        event.category().to_string(),
        event.severity.level().to_string(),
        event.severity.to_string(),
        event.severity.band().name().to_owned(),
        event.source.clone(),
        event.name.clone(),
        event.description.clone(),
        event.labels.scope(),
        serde_json::to_string(&event.labels)?,
        serde_json::to_string(&event.tags)?,
        event.state.to_string(),
        event.end_time.map(|time| time.to_string()).unwrap_or_default(),
        event.duration_ms().map(|duration| duration.to_string()).unwrap_or_default(),
        event.count.to_string(),
        mark.map(|mark| mark.at.to_string()).unwrap_or_default(),
        mark.and_then(|mark| mark.by.clone()).unwrap_or_default(),
        mark.and_then(|mark| mark.note.clone()).unwrap_or_default(),
        details.transpose()?.unwrap_or_default(),
    ])
}

fn write_line(
    fields: Fields,
    values: &[String; COLUMNS.len()],
    out: &mut impl Write,
) -> io::Result<()> {
    let kept = |column: &str| fields == Fields::Full || !matches!(column, "id" | "received");
    let columns = COLUMNS.iter().zip(values).filter(|(column, _)| kept(column));
    let values: Vec<_> = columns.map(|(_, value)| quoted(value)).collect();
    let mut line = values.join(",");
    line.push('\n');
    out.write_all(line.as_bytes())
}

fn quoted(value: &str) -> Cow<'_, str> {
    if value.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", value.replace('"', "\"\"")).into()
    } else {
        value.into()
    }
}

#[cfg(test)]
mod tests;
