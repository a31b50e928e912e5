//! Events as lines of native JSON, in the form in which people would write them by hand: what can
//! be derived (category, names of severities, scope, duration) is left out.

use eventscope_model::{Details, Draft, Labels, State, Timestamp};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::io::{self, Write};

/// Writes an event as one line of JSON, with its line feed.
///
/// # Errors
/// Those of `out`.
pub fn write_line(draft: &Draft, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Native(draft))?;
    out.write_all(b"\n")
}

struct Native<'a>(&'a Draft);

impl Serialize for Native<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let draft = self.0;
        let mut map = serializer.serialize_map(None)?;
        if let Some(uid) = &draft.uid {
            map.serialize_entry("uid", &uid.text)?;
        }
        time(&mut map, "time", draft.time)?;
        map.serialize_entry("type", draft.event_type.name())?;
        map.serialize_entry("severity", &draft.severity)?;
        map.serialize_entry("source", &draft.source)?;
        map.serialize_entry("name", &draft.name)?;
        if !draft.description.is_empty() {
            map.serialize_entry("description", &draft.description)?;
        }
        map.serialize_entry("labels", &Pairs(&draft.labels))?;
        if !draft.tags.is_empty() {
            map.serialize_entry("tags", &Pairs(&draft.tags))?;
        }
        if draft.state == State::Resolved {
            map.serialize_entry("state", draft.state.name())?;
        }
        time(&mut map, "end_time", draft.end_time)?;
        if draft.count > 1 {
            map.serialize_entry("count", &draft.count)?;
        }
        if let Some(mark) = &draft.acknowledgement {
            let at = mark.at.to_string();
            let mark = [("at", Some(&at)), ("by", mark.by.as_ref()), ("note", mark.note.as_ref())];
            map.serialize_entry("acknowledged", &Present(&mark))?;
        }
        if let Some(details) = &draft.details {
            map.serialize_entry("details", &DetailsMap(details))?;
        }
        map.end()
    }
}

fn time<M: SerializeMap>(map: &mut M, key: &str, time: Option<Timestamp>) -> Result<(), M::Error> {
    match time {
        Some(time) => map.serialize_entry(key, &format_args!("{time}")),
        None => Ok(()),
    }
}

struct Pairs<'a>(&'a Labels);

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter())
    }
}

struct Present<'a>(&'a [(&'a str, Option<&'a String>)]);

impl Serialize for Present<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().filter_map(|(key, text)| Some((key, (*text)?))))
    }
}

struct DetailsMap<'a>(&'a Details);

impl Serialize for DetailsMap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, text) in self.0.fields() {
            if let Some(text) = text {
                map.serialize_entry(key, text)?;
            }
        }
        if !self.0.metrics().is_empty() {
            map.serialize_entry("metrics", self.0.metrics())?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::write_line;
    use eventscope_model::{
        Acknowledgement, AlertDetails, Details, Draft, EventType, Timestamp, UidTime,
    };

    #[track_caller]
    fn check(draft: &Draft, expected: &str) {
        let mut line = Vec::new();
        write_line(draft, &mut line).unwrap();
        assert_eq!(String::from_utf8(line).unwrap(), format!("{expected}\n"));
    }

    #[test]
    fn absent_fields_are_left_out() {
        check(
            &Draft::custom("say \"hi\""),
            r#"{"type":"custom","severity":6,"source":"api","name":"say \"hi\"","labels":{}}"#,
        );
    }

    #[test]
    fn every_field_has_its_place() {
        let end = Timestamp::parse("2026-11-23T09:00:00.5Z").unwrap();
        let mut draft = Draft::new(EventType::Alert, "alertmanager", "HighMemory")
            .uid("alert:1", UidTime::Fixed)
            .time(Timestamp::EPOCH)
            .description("d")
            .label("b", "2")
            .label("a", "1")
            .tag("t", "")
            .resolved(end)
            .details(Details::Alert(AlertDetails {
                entity: Some("web-1".to_owned()),
                metrics: vec!["up".to_owned()],
                ..AlertDetails::default()
            }));
        draft.count = 2;
        draft.acknowledgement =
            Some(Acknowledgement { at: end, by: Some("aya".to_owned()), note: None });
        check(
            &draft,
            concat!(
                r#"{"uid":"alert:1","time":"1970-01-01T00:00:00Z","type":"alert","severity":6,"#,
                r#""source":"alertmanager","name":"HighMemory","description":"d","#,
                r#""labels":{"a":"1","b":"2"},"tags":{"t":""},"state":"resolved","#,
                r#""end_time":"2026-11-23T09:00:00.500Z","count":2,"#,
                r#""acknowledged":{"at":"2026-11-23T09:00:00.500Z","by":"aya"},"#,
                r#""details":{"entity":"web-1","metrics":["up"]}}"#,
            ),
        );
    }
}
