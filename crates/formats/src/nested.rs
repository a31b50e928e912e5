//! Records that hold lists of events: their elements, and the lines where these start.

use crate::{Format, Reject, limits, source::Input, wire::Text};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use std::fmt;

/// The elements of an array; an object is an array of itself.
///
/// One more is given than a record may hold events, and the others are left out, so that whoever
/// takes them comes to the limit.
///
/// # Errors
/// When it is neither an array nor an object.
pub(crate) fn elements(format: Format, value: &RawValue) -> Result<Vec<&RawValue>, Reject> {
    if value.get().starts_with('{') {
        return Ok(vec![value]);
    }
    let elements: Elements<'_> = serde_json::from_str(value.get())
        .map_err(|_| Reject::Shape { format, what: "its events are no list".to_owned() })?;
    Ok(elements.0)
}

/// The member of an object under a key, the last of several; `None` if it has none, or is no
/// object. The others are not held.
pub(crate) fn member<'a>(value: &'a RawValue, key: &str) -> Option<&'a RawValue> {
    let mut json = serde_json::Deserializer::from_str(value.get());
    json.deserialize_map(MemberVisitor(key)).ok()?
}

struct MemberVisitor<'k>(&'k str);

impl<'de> Visitor<'de> for MemberVisitor<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<Text<'de>>()? {
            if key.0 == self.0 {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

struct Elements<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Elements<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ElementsVisitor)
    }
}

struct ElementsVisitor;

impl<'de> Visitor<'de> for ElementsVisitor {
    type Value = Elements<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Elements<'de>, S::Error> {
        let mut elements = Vec::new();
        while elements.len() <= limits::EVENTS_PER_RECORD_MAX {
            match list.next_element()? {
                Some(element) => elements.push(element),
                None => return Ok(Elements(elements)),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Elements(elements))
    }
}

/// Tells the lines of the parts of a record. Parts that are asked for in their order cost one look
/// at the record in all.
pub(crate) struct Lines<'a> {
    record: Input<'a>,
    /// Bytes whose lines are counted.
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(record: Input<'a>) -> Self {
        Self { record, at: 0, line: record.line }
    }

    /// The line where a part starts that was borrowed from the record.
    #[expect(clippy::arithmetic_side_effects, reason = "lines and bytes of a record in memory")]
    pub(crate) fn of(&mut self, part: &'a RawValue) -> u64 {
        let start = part.get().as_ptr().addr().wrapping_sub(self.record.json.as_ptr().addr());
        if start < self.at {
            *self = Self::new(self.record);
        }
        let between = self.record.json.get(self.at..start).unwrap_or_default();
        self.line += memchr::memchr_iter(b'\n', between).count() as u64;
        self.at += between.len();
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, elements, member};
    use crate::{Format, limits, source::Input};
    use serde_json::value::RawValue;

    fn raw(json: &str) -> &RawValue {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn lines_are_told_in_any_order() {
        let json = "[\n{},\n\n [\n],{\n}\n]";
        let parts = elements(Format::Native, raw(json)).unwrap();
        let mut lines = Lines::new(Input { json: json.as_bytes(), line: 10 });
        let mut line = |part: usize| lines.of(parts[part]);
        assert_eq!([line(0), line(1), line(2), line(2), line(0)], [11, 13, 14, 14, 11]);
    }

    #[test]
    fn of_members_with_one_key_the_last_counts() {
        let found = |json: &str| member(raw(json), "k").map(|it| it.get().to_owned());
        assert_eq!(found(r#"{"k":1,"a":2,"\u006b":3}"#).as_deref(), Some("3"));
        assert_eq!((found("{}"), found("[]"), found("7")), (None, None, None));
    }

    #[test]
    fn an_object_is_a_list_of_itself_and_long_lists_are_cut_behind_the_limit() {
        let count = |json: &str| elements(Format::Native, raw(json)).map(|parts| parts.len());
        assert_eq!(count("{}"), Ok(1));
        assert_eq!(count("[]"), Ok(0));
        let most = limits::EVENTS_PER_RECORD_MAX;
        assert_eq!(count(&format!("[{}0]", "0,".repeat(most + 7))), Ok(most + 1));
        let refused = count("7").unwrap_err().to_string();
        assert_eq!(refused, "no native event: its events are no list");
    }
}
