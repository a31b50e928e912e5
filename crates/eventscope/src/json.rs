//! Changes and figures as JSON, with the feature `serde`.
//!
//! ```text
//! changed   {matched, changed, refused:[{id, reason}], change?}
//! stats     {events, segments, bytes:{log, segments, text}, bytes_per_event, deleted, pruned,
//!            tail_events, text_lag, warnings, memory_bytes, scope_labels?}
//! pruned    {removed_events, removed_segments, freed_bytes, over_bytes, unsealed_events, no_room?}
//! ```
//!
//! Numbers of events and changes are texts. `scope_labels` are the patterns of the labels that can
//! be asked for, unless these are all. `bytes_per_event` is rounded to a tenth, and others are
//! sums, so figures are written only.

use crate::{Changed, Pruned, Refused, Stats};
use eventscope_model::{EventId, EventType, Invalid};
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, SerializeStruct, Serializer};

impl Serialize for Refused {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Refused", 2)?;
        out.serialize_field("id", &self.id)?;
        out.serialize_field("reason", &self.reason.to_string())?;
        out.end()
    }
}

impl<'de> Deserialize<'de> for Refused {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Fields {
            id: EventId,
            reason: String,
        }
        let Fields { id, reason } = Fields::deserialize(deserializer)?;
        let reasons = EventType::ALL.into_iter().flat_map(|event_type| {
            [Invalid::Resolved { event_type }, Invalid::Acknowledged { event_type }]
        });
        let found = reasons.into_iter().find(|known| known.to_string() == reason);
        let reason = found.ok_or_else(|| D::Error::custom("not a reason to refuse a change"))?;
        Ok(Self { id, reason })
    }
}

impl Serialize for Changed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Changed", 4)?;
        out.serialize_field("matched", &self.matched)?;
        out.serialize_field("changed", &self.changed)?;
        out.serialize_field("refused", &self.refused)?;
        match self.change {
            Some(change) => out.serialize_field("change", &EventId(change))?,
            None => out.skip_field("change")?,
        }
        out.end()
    }
}

impl<'de> Deserialize<'de> for Changed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Fields {
            matched: u64,
            changed: u64,
            refused: Vec<Refused>,
            change: Option<EventId>,
        }
        let Fields { matched, changed, refused, change } = Fields::deserialize(deserializer)?;
        Ok(Self { matched, changed, refused, change: change.map(|EventId(number)| number) })
    }
}

impl Serialize for Stats {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Stats", 11)?;
        out.serialize_field("events", &self.events)?;
        out.serialize_field("segments", &self.segments)?;
        out.serialize_field("bytes", &self.bytes)?;
        // A tenth of a byte is as much as anybody can use.
        let bytes_per_event = (self.bytes_per_event * 10.0).round() / 10.0;
        out.serialize_field("bytes_per_event", &bytes_per_event)?;
        out.serialize_field("deleted", &self.deleted)?;
        out.serialize_field("pruned", &self.pruned)?;
        out.serialize_field("tail_events", &self.tail_events)?;
        out.serialize_field("text_lag", &self.text.lag)?;
        out.serialize_field("warnings", &self.text.warnings)?;
        out.serialize_field("memory_bytes", &self.memory_bytes())?;
        match self.scope_labels.is_all() {
            true => out.skip_field("scope_labels")?,
            false => {
                let patterns: Vec<String> = self.scope_labels.patterns().collect();
                out.serialize_field("scope_labels", &patterns)?;
            }
        }
        out.end()
    }
}

impl Serialize for crate::Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Bytes", 3)?;
        out.serialize_field("log", &self.log)?;
        out.serialize_field("segments", &self.segments)?;
        out.serialize_field("text", &self.text)?;
        out.end()
    }
}

impl Serialize for Pruned {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Pruned", 6)?;
        out.serialize_field("removed_events", &self.removed_events)?;
        out.serialize_field("removed_segments", &self.removed_segments)?;
        out.serialize_field("freed_bytes", &self.freed_bytes)?;
        out.serialize_field("over_bytes", &self.over_bytes)?;
        out.serialize_field("unsealed_events", &self.unsealed_events)?;
        match self.no_room {
            true => out.serialize_field("no_room", &true)?,
            false => out.skip_field("no_room")?,
        }
        out.end()
    }
}

impl<'de> Deserialize<'de> for Pruned {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Fields {
            removed_events: u64,
            removed_segments: u64,
            freed_bytes: u64,
            over_bytes: u64,
            unsealed_events: u64,
            #[serde(default)]
            no_room: bool,
        }
        let read = Fields::deserialize(deserializer)?;
        Ok(Self {
            removed_events: read.removed_events,
            removed_segments: read.removed_segments,
            freed_bytes: read.freed_bytes,
            over_bytes: read.over_bytes,
            unsealed_events: read.unsealed_events,
            no_room: read.no_room,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::{Draft, Options, Remark, Store, Targets};

    #[test]
    fn what_a_store_says_is_the_json_of_the_command_line() {
        let store = Store::in_memory(Options::default()).unwrap();
        store.append(&[Draft::custom("Deployed web 1.4")]).unwrap();
        let all = Targets::parse("everywhere").unwrap();
        let changed = store.acknowledge(&all, &Remark::by("aya")).unwrap();
        let json = serde_json::to_string(&changed).unwrap();
        assert_eq!(serde_json::from_str::<crate::Changed>(&json).unwrap(), changed);
        let reason = "a custom event cannot be acknowledged";
        let refused = format!(r#"[{{"id":"1","reason":"{reason}"}}]"#);
        assert_eq!(json, format!(r#"{{"matched":1,"changed":0,"refused":{refused}}}"#));
        let stats = serde_json::to_value(store.stats().unwrap()).unwrap();
        assert_eq!((&stats["events"], &stats["bytes"]["log"]), (&1.into(), &0.into()));
        assert!(stats.get("scope_labels").is_none(), "{stats}");
    }
}
