//! `compare`: how often what happened in one span of time, and how often in another.
//!
//! ```text
//! {window:{from, to, events}, against:{from, to, events},
//!  rows:[{KEY:value, .., now, before, change}], left_out?, warnings?:[..]}
//! ```
//!
//! A row has a field for each key that its group has, then the three counts. `change` is `new`,
//! `more`, `fewer` or `gone`.

use crate::absent::is_zero;
use crate::warning::Warning;
use eventscope::Timestamp;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::fmt;

/// Two spans of time, compared.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Compared {
    /// The span that is asked about.
    pub window: ComparedWindow,
    /// The span that it is compared with.
    pub against: ComparedWindow,
    /// The groups that differ.
    pub rows: Vec<ComparedRow>,
    /// Rows beyond the limit.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u64,
    /// What is odd about the question.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// A span of time, from one time until before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ComparedWindow {
    /// Its start.
    pub from: Timestamp,
    /// Its end, which is no part of it.
    pub to: Timestamp,
    /// Events in it.
    pub events: u64,
}

/// How a group differs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Difference {
    /// It was not there before.
    New,
    /// It happened more often than before.
    More,
    /// It happened less often than before.
    Fewer,
    /// It does not happen any more.
    Gone,
}

/// A group of events that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedRow {
    /// The keys that the group has, with their values, in the order in which they were asked for.
    pub values: Vec<(String, String)>,
    /// Its events in the window.
    pub now: u64,
    /// Its events in the other one.
    pub before: u64,
    /// How it differs.
    pub change: Difference,
}

impl Serialize for ComparedRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_map(None)?;
        for (key, value) in &self.values {
            out.serialize_entry(key, value)?;
        }
        out.serialize_entry("now", &self.now)?;
        out.serialize_entry("before", &self.before)?;
        out.serialize_entry("change", &self.change)?;
        out.end()
    }
}

/// What stands in a field of a row: a count, or the value of a key, which may be called as a count
/// is.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Cell {
    Count(u64),
    Text(String),
}

impl<'de> Deserialize<'de> for ComparedRow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Row;

        impl<'de> Visitor<'de> for Row {
            type Value = ComparedRow;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a row of values and counts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ComparedRow, A::Error> {
                let (mut values, mut now, mut before) = (Vec::new(), None, None);
                while let Some((key, cell)) = map.next_entry::<String, Cell>()? {
                    match (key.as_str(), cell) {
                        ("now", Cell::Count(count)) => now = Some(count),
                        ("before", Cell::Count(count)) => before = Some(count),
                        (_, Cell::Text(value)) => values.push((key, value)),
                        (_, Cell::Count(_)) => {}
                    }
                }
                let missing = A::Error::missing_field;
                let last = values.iter().rposition(|(key, _)| key == "change");
                let (_, name) = values.remove(last.ok_or_else(|| missing("change"))?);
                Ok(ComparedRow {
                    values,
                    now: now.ok_or_else(|| missing("now"))?,
                    before: before.ok_or_else(|| missing("before"))?,
                    change: difference(&name)?,
                })
            }
        }

        deserializer.deserialize_map(Row)
    }
}

fn difference<E: Error>(name: &str) -> Result<Difference, E> {
    Difference::deserialize(serde::de::value::StrDeserializer::new(name))
}

#[cfg(test)]
mod tests {
    use super::{Compared, ComparedRow, ComparedWindow, Difference};
    use crate::testing::round_trip;
    use crate::warning::{Warning, WarningKind};
    use eventscope::Timestamp;

    #[test]
    fn it_is_read_as_it_was_written() {
        let window = ComparedWindow {
            from: Timestamp::EPOCH,
            to: Timestamp::from_unix(60).unwrap(),
            events: 3,
        };
        let (rows, warnings) = (Vec::new(), Vec::new());
        let mut compared = Compared { window, against: window, rows, left_out: 0, warnings };
        let span = r#"{"from":"1970-01-01T00:00:00Z","to":"1970-01-01T00:01:00Z","events":3}"#;
        round_trip(&compared, &format!(r#"{{"window":{span},"against":{span},"rows":[]}}"#));
        // Keys may be called as the counts are, and a key may be asked for twice.
        let keys = ["z", "now", "change", "change", "a"];
        compared.rows.push(ComparedRow {
            values: keys.map(|key| (key.to_owned(), format!("{key}1"))).to_vec(),
            now: 2,
            before: 1,
            change: Difference::More,
        });
        for (change, name) in
            [(Difference::New, "new"), (Difference::Fewer, "fewer"), (Difference::Gone, "gone")]
        {
            let row = ComparedRow { values: Vec::new(), now: 0, before: 4, change };
            round_trip(&row, &format!(r#"{{"now":0,"before":4,"change":"{name}"}}"#));
        }
        compared.left_out = 7;
        let kind = WarningKind::NoWildcard;
        compared.warnings.push(Warning { kind, message: "odd".to_owned(), suggestion: None });
        let values = r#""z":"z1","now":"now1","change":"change1","change":"change1","a":"a1""#;
        let rows = format!(r#"[{{{values},"now":2,"before":1,"change":"more"}}]"#);
        let warnings = r#""warnings":[{"kind":"no_wildcard","message":"odd"}]"#;
        let windows = format!(r#""window":{span},"against":{span}"#);
        let expected = format!(r#"{{{windows},"rows":{rows},"left_out":7,{warnings}}}"#);
        round_trip(&compared, &expected);
    }

    #[test]
    fn a_row_without_its_counts_is_none() {
        for text in [r#"{"now":1,"before":2}"#, r#"{"now":1,"change":"new"}"#, "{}", "[]"] {
            assert!(serde_json::from_str::<ComparedRow>(text).is_err(), "{text}");
        }
    }
}
