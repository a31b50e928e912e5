//! An event to one line of native JSON.

use crate::scope_text;
use eventscope_model::{Acknowledgement, Details, Event, Labels};
use serde::{Serialize, Serializer, ser::SerializeMap};
use std::{
    fmt::Display,
    io::{self, Write},
};

/// Which fields of an event are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fields {
    /// All of them.
    Full,
    /// All but those that another store would give it anew: `id` and `received`.
    Portable,
}

/// Writes an event as one line, with its line end.
///
/// # Errors
/// When `out` fails.
pub fn write(event: &Event, fields: Fields, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &EventJson::new(event, fields))?;
    out.write_all(b"\n")
}

/// The JSON of an event with all fields, without line end.
#[must_use]
pub fn to_json(event: &Event) -> String {
    // Nothing in an event can fail to be JSON: all keys are texts and no number is a float.
    serde_json::to_string(&EventJson::new(event, Fields::Full)).unwrap_or_default()
}

/// An event as a part of a larger JSON document: it serialises as [`write()`] writes it.
#[derive(Clone, Copy, Debug)]
pub struct EventJson<'a> {
    event: &'a Event,
    fields: Fields,
}

impl<'a> EventJson<'a> {
    /// The event as JSON, with these fields.
    #[must_use]
    pub fn new(event: &'a Event, fields: Fields) -> Self {
        Self { event, fields }
    }
}

impl Serialize for EventJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let event = self.event;
        let mut out = serializer.serialize_map(None)?;
        if self.fields == Fields::Full {
            out.serialize_entry("id", &Printed(event.id))?;
        }
        out.serialize_entry("uid", &event.uid)?;
        out.serialize_entry("time", &Printed(event.time))?;
        if self.fields == Fields::Full {
            out.serialize_entry("received", &Printed(event.received))?;
        }
        out.serialize_entry("type", event.event_type.name())?;
        out.serialize_entry("category", event.category().name())?;
        out.serialize_entry("severity", &event.severity.level())?;
        out.serialize_entry("severity_name", event.severity.name())?;
        out.serialize_entry("severity_label", severity_label(event))?;
        out.serialize_entry("source", &event.source)?;
        out.serialize_entry("name", &event.name)?;
        if !event.description.is_empty() {
            out.serialize_entry("description", &event.description)?;
        }
        out.serialize_entry("scope", &scope_text::print(&event.labels))?;
        out.serialize_entry("labels", &Pairs(&event.labels))?;
        out.serialize_entry("tags", &Pairs(&event.tags))?;
        out.serialize_entry("state", event.state.name())?;
        optional(&mut out, "end_time", event.end_time.map(Printed))?;
        optional(&mut out, "duration_ms", event.duration_ms())?;
        optional(&mut out, "count", Some(event.count).filter(|count| *count > 1))?;
        optional(&mut out, "acknowledged", event.acknowledgement.as_ref().map(Mark))?;
        optional(&mut out, "details", event.details.as_ref().map(Table))?;
        out.end()
    }
}

/// The label over the severity, with its capital: `High`, `Medium`, `Low`, `Info`.
pub(crate) fn severity_label(event: &Event) -> &'static str {
    use eventscope_model::Band;
    match event.severity.band() {
        Band::High => "High",
        Band::Medium => "Medium",
        Band::Low => "Low",
        Band::Info => "Info",
    }
}

fn optional<M: SerializeMap>(
    map: &mut M,
    key: &'static str,
    value: Option<impl Serialize>,
) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| map.serialize_entry(key, &value))
}

/// A value as the text that it prints.
struct Printed<T>(T);

impl<T: Display> Serialize for Printed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// Labels or tags as an object.
pub(crate) struct Pairs<'a>(pub(crate) &'a Labels);

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter())
    }
}

struct Mark<'a>(&'a Acknowledgement);

impl Serialize for Mark<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_map(None)?;
        out.serialize_entry("at", &Printed(self.0.at))?;
        optional(&mut out, "by", self.0.by.as_ref())?;
        optional(&mut out, "note", self.0.note.as_ref())?;
        out.end()
    }
}

/// Details as an object; the metrics of an alert stand after its type.
pub(crate) struct Table<'a>(pub(crate) &'a Details);

impl Serialize for Table<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_map(None)?;
        for (key, text) in self.0.fields() {
            optional(&mut out, key, text)?;
            if key == "alert_type" && !self.0.metrics().is_empty() {
                out.serialize_entry("metrics", self.0.metrics())?;
            }
        }
        out.end()
    }
}
