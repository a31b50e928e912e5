//! Puts records into envelopes, made after the table of envelopes itself, so that none is left out.

use crate::{
    Format,
    envelope::{ENVELOPES, Envelope},
    extent::{Extent, Lists, Progress},
    source::SOURCES,
};
use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};
use std::collections::BTreeMap;

/// An envelope that a record can be put into.
#[derive(Clone, Copy)]
pub struct Around(Form);

#[derive(Clone, Copy)]
enum Form {
    /// One of the table.
    Table(&'static Envelope),
    /// The body of a log record of OpenTelemetry.
    Otlp,
}

impl std::fmt::Debug for Around {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Around {
    /// All envelopes that are known.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let table = ENVELOPES.iter().map(|envelope| Self(Form::Table(envelope)));
        table.chain([Self(Form::Otlp)]).collect()
    }

    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            Form::Table(envelope) => envelope.name,
            Form::Otlp => "OTLP body",
        }
    }

    /// An envelope with this object in it.
    #[must_use]
    pub fn object(self, record: &str) -> String {
        match self.0 {
            Form::Table(envelope) => envelope.around(record.to_owned()),
            Form::Otlp => {
                let value = serde_json::from_str(record).unwrap_or_default();
                in_otlp(&any_value(value))
            }
        }
    }

    /// An envelope with this text in it.
    #[must_use]
    pub fn text(self, record: &str) -> String {
        match self.0 {
            Form::Table(envelope) => envelope.around(Value::from(record).to_string()),
            Form::Otlp => in_otlp(&json!({ "stringValue": record })),
        }
    }
}

impl Envelope {
    fn around(&self, inside: String) -> String {
        let part = at_path(self.record, inside);
        let whole = at_path(self.groups, at_path(self.parts, part));
        let steps = [self.groups, self.parts, self.record].into_iter();
        let first = steps.flat_map(|path| path.split('.')).find(|step| !step.is_empty());
        let keys = self.all.iter().chain(self.any.first());
        let others = keys.filter(|key| Some(**key) != first);
        let others = others.map(|key| format!("\"{key}\":\"x\",")).collect::<String>();
        format!("{{{others}{}", whole.strip_prefix('{').unwrap_or_default())
    }
}

/// The JSON that has this value at a path.
fn at_path(path: &str, value: String) -> String {
    let steps = path.split('.').filter(|step| !step.is_empty()).rev();
    steps.fold(value, |inside, step| match step.parse::<usize>() {
        Ok(number) => format!("[{}{inside}]", "\"0\",".repeat(number)),
        Err(_) if step == "*" => format!("[{inside}]"),
        Err(_) => format!("{{\"{step}\":{inside}}}"),
    })
}

fn in_otlp(body: &Value) -> String {
    json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": body}]}]}]}).to_string()
}

/// A value as OpenTelemetry writes it.
fn any_value(value: Value) -> Value {
    let attribute = |(key, value): (String, Value)| json!({"key": key, "value": any_value(value)});
    match value {
        Value::Null => Value::Null,
        Value::Bool(value) => json!({ "boolValue": value }),
        Value::Number(number) if number.is_f64() => json!({ "doubleValue": number }),
        Value::Number(number) => json!({ "intValue": number.to_string() }),
        Value::String(text) => json!({ "stringValue": text }),
        Value::Array(values) => {
            json!({"arrayValue": {"values": values.into_iter().map(any_value).collect::<Vec<_>>()}})
        }
        Value::Object(map) => {
            json!({"kvlistValue": {"values": attributes(map).map(attribute).collect::<Vec<_>>()}})
        }
    }
}

fn attributes(map: Map<String, Value>) -> impl Iterator<Item = (String, Value)> {
    map.into_iter()
}

/// The records in a text that formats claim by their keys, with the format of each: its documents,
/// and the objects in them.
#[must_use]
pub fn records_in(text: &str) -> Vec<(Format, String)> {
    let mut found = Vec::new();
    for part in text.lines().chain([text]) {
        let values = serde_json::Deserializer::from_str(part).into_iter::<&RawValue>();
        values.map_while(Result::ok).for_each(|it| add(it, &mut found));
    }
    found
}

/// Adds a value and what is in it. The parser bounds how deep values lie in one another.
fn add(value: &RawValue, found: &mut Vec<(Format, String)>) {
    let inside: Vec<&RawValue> = match value.get().as_bytes().first() {
        Some(b'[') => serde_json::from_str(value.get()).unwrap_or_default(),
        Some(b'{') => {
            let members = BTreeMap::<String, &RawValue>::deserialize(value);
            members.unwrap_or_default().into_values().collect()
        }
        _ => Vec::new(),
    };
    if let Some(format) = claimed(value.get()) {
        let record = value.get().to_owned();
        if !found.iter().any(|(_, other)| *other == record) {
            found.push((format, record));
        }
    }
    inside.into_iter().for_each(|it| add(it, found));
}

/// The format that claims an object, if there is one and the object holds no others.
pub(super) fn claimed(object: &str) -> Option<Format> {
    let mut extent = Extent::new(Lists::Closed);
    let Ok(Progress::Complete(_)) = extent.advance(object.as_bytes()) else { return None };
    let keys = extent.keys(object.as_bytes());
    let source = const { &SOURCES }.iter().find(|source| (source.detect)(keys));
    source.map(|source| source.format)
}
