//! Events and drafts to objects.

use crate::{Acknowledgement, Details, Draft, Event, OnConflict, Timestamp};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// An event without what another store would give it anew: its `id` and `received`.
#[derive(Clone, Copy, Debug)]
pub struct Portable<'a>(pub &'a Event);

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_map(None)?;
        out.serialize_entry("id", &self.id)?;
        event(self, Some(self.received), &mut out)?;
        out.end()
    }
}

impl Serialize for Portable<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_map(None)?;
        event(self.0, None, &mut out)?;
        out.end()
    }
}

fn event<M: SerializeMap>(
    event: &Event,
    received: Option<Timestamp>,
    out: &mut M,
) -> Result<(), M::Error> {
    out.serialize_entry("uid", &event.uid)?;
    out.serialize_entry("time", &event.time)?;
    optional(out, "received", received)?;
    out.serialize_entry("type", &event.event_type)?;
    out.serialize_entry("category", &event.category())?;
    out.serialize_entry("severity", &event.severity)?;
    out.serialize_entry("severity_name", event.severity.name())?;
    out.serialize_entry("severity_label", event.severity.band().name())?;
    out.serialize_entry("source", &event.source)?;
    out.serialize_entry("name", &event.name)?;
    optional(out, "description", Some(&event.description).filter(|text| !text.is_empty()))?;
    out.serialize_entry("scope", &event.labels.scope())?;
    out.serialize_entry("labels", &event.labels)?;
    out.serialize_entry("tags", &event.tags)?;
    out.serialize_entry("state", &event.state)?;
    optional(out, "end_time", event.end_time)?;
    optional(out, "duration_ms", event.duration_ms())?;
    optional(out, "count", Some(event.count).filter(|count| *count > 1))?;
    optional(out, "acknowledged", event.acknowledgement.as_ref())?;
    optional(out, "details", event.details.as_ref())
}

/// What the store has to say of a draft, it says of the event.
impl Serialize for Draft {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_map(None)?;
        optional(&mut out, "uid", self.uid.as_ref().map(|uid| &uid.text))?;
        optional(&mut out, "time", self.time)?;
        out.serialize_entry("type", &self.event_type)?;
        out.serialize_entry("severity", &self.severity)?;
        out.serialize_entry("source", &self.source)?;
        out.serialize_entry("name", &self.name)?;
        let description = Some(&self.description).filter(|text| !text.is_empty());
        optional(&mut out, "description", description)?;
        out.serialize_entry("labels", &self.labels)?;
        out.serialize_entry("tags", &self.tags)?;
        out.serialize_entry("state", &self.state)?;
        optional(&mut out, "end_time", self.end_time)?;
        optional(&mut out, "count", Some(self.count).filter(|count| *count != 1))?;
        optional(&mut out, "acknowledged", self.acknowledgement.as_ref())?;
        optional(&mut out, "details", self.details.as_ref())?;
        let is_merge = self.on_conflict == OnConflict::Merge;
        optional(&mut out, "on_conflict", Some(self.on_conflict.name()).filter(|_| !is_merge))?;
        optional(&mut out, "revision", Some(self.revision).filter(|number| *number > 0))?;
        out.end()
    }
}

impl Serialize for Acknowledgement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_map(None)?;
        out.serialize_entry("at", &self.at)?;
        optional(&mut out, "by", self.by.as_ref())?;
        optional(&mut out, "note", self.note.as_ref())?;
        out.end()
    }
}

/// The metrics of an alert stand after its type.
impl Serialize for Details {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_map(None)?;
        for (key, text) in self.fields() {
            optional(&mut out, key, text)?;
            if key == "alert_type" && !self.metrics().is_empty() {
                out.serialize_entry("metrics", self.metrics())?;
            }
        }
        out.end()
    }
}

fn optional<M: SerializeMap>(
    map: &mut M,
    key: &'static str,
    value: Option<impl Serialize>,
) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| map.serialize_entry(key, &value))
}
