//! JSON objects as flat lists of values: each value under the dotted path that leads to it.
//!
//! `{"host": {"name": "web"}}` and `{"host.name": "web"}` both have the path `host.name`. Where a
//! record has both, the one with the longer key counts. Elements of arrays have their number as a
//! name: `alerts.0.name`. The scalars of an array together are a value too, joined with `, `, so
//! that a list of texts is found under its own path.
//!
//! A record is looked at once. Only values that are asked for are copied.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "places and counts in a record in memory, which nests no deeper than the parser goes"
)]

use crate::{Format, Reject, limits, source::Input, wire::Text};
use eventscope_model::{Invalid, limits as model};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt::{self, Write as _};

/// Which values of a record are asked for.
pub(crate) struct Wanted<'w, P> {
    /// The paths of those that are looked for, sorted.
    pub(crate) paths: &'w [P],
    pub(crate) rest: Rest,
}

/// What is done with values that are not looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Rest {
    /// They are passed over.
    #[default]
    Ignored,
    /// Those that may be labels are taken.
    Labels,
}

/// The values of a record that were asked for. Nulls and empty texts are as good as absent.
#[derive(Debug, Default)]
pub(crate) struct Flat {
    /// One for each path that was looked for.
    pub(crate) values: Vec<Option<String>>,
    /// The rest, with those last that win over others of their path.
    pub(crate) rest: Vec<Other>,
}

/// A value that was not looked for.
#[derive(Debug)]
pub(crate) struct Other {
    pub(crate) path: String,
    pub(crate) value: String,
    joints: Joints,
}

impl Other {
    /// A value that is in no object but the record.
    pub(crate) fn new(path: &str, value: &str) -> Self {
        Self { path: path.to_owned(), value: value.to_owned(), joints: Joints::default() }
    }
}

/// Whether a value that is not looked for can be a label.
pub(crate) fn may_be_label(path: &str, value: &str) -> bool {
    value.len() <= limits::OTHER_VALUE_BYTES_MAX && (1..=model::KEY_BYTES_MAX).contains(&path.len())
}

/// Which of the dots of a path separate a container from what is in it: bit 63 is the first dot,
/// and dots past the 64th are not told apart. The smaller it is, the longer are the keys in front.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Joints(u64);

/// Reads a JSON object.
///
/// # Errors
/// When it is none after all, or when more values may be labels than an event has.
pub(crate) fn flatten<P: AsRef<str>>(
    format: Format,
    input: Input<'_>,
    wanted: Wanted<'_, P>,
) -> Result<Flat, Reject> {
    let values = wanted.paths.iter().map(|_| None).collect();
    let mut flattener = Flattener {
        wanted,
        path: String::new(),
        dots: 0,
        joints: Joints::default(),
        depth: 0,
        list: List::default(),
        values,
        rest: Vec::new(),
        rest_found: 0,
    };
    let mut json = serde_json::Deserializer::from_slice(input.json);
    Node { flattener: &mut flattener, place: Place::Member }
        .deserialize(&mut json)
        .and_then(|()| json.end())
        .map_err(|error| Reject::json(format, &error, input.line))?;
    let (found, max) = (flattener.rest_found, model::LABELS_MAX);
    if found > limits::OTHER_VALUES_MAX {
        let too_many = Invalid::TooLarge { field: "labels", found, max, unit: "labels" };
        return Err(Reject::Invalid(too_many));
    }
    let values = flattener.values.into_iter().map(|slot| slot.map(|(_, text)| text)).collect();
    let mut rest = flattener.rest;
    rest.sort_by_key(|other| std::cmp::Reverse(other.joints));
    Ok(Flat { values, rest })
}

/// Where the way through a record is, and what was found so far.
struct Flattener<'w, P> {
    wanted: Wanted<'w, P>,
    path: String,
    /// Dots in the path.
    dots: u32,
    joints: Joints,
    /// Containers that are open.
    depth: u32,
    /// The scalars of the array that is open.
    list: List,
    values: Vec<Option<(Joints, String)>>,
    rest: Vec<Other>,
    rest_found: usize,
}

/// The scalars of an array, joined.
#[derive(Default)]
struct List {
    text: String,
    /// Bytes from which on no more are taken.
    enough: usize,
}

/// What a value is part of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Member,
    Element,
}

/// Where the path ended, to go back there.
struct Mark {
    bytes: usize,
    dots: u32,
    joints: Joints,
}

impl<P: AsRef<str>> Flattener<'_, P> {
    /// Goes on to a part of the container at the path.
    fn enter(&mut self, name: impl fmt::Display) -> Mark {
        let mark = Mark { bytes: self.path.len(), dots: self.dots, joints: self.joints };
        if self.depth > 1 {
            self.joints.0 |= 1 << 63_u32.saturating_sub(self.dots);
            self.dots += 1;
            self.path.push('.');
        }
        let start = self.path.len();
        // Writing to a text cannot fail.
        let _ = write!(self.path, "{name}");
        let dots = memchr::memchr_iter(b'.', self.path.as_bytes().get(start..).unwrap_or_default());
        self.dots = self.dots.saturating_add(u32::try_from(dots.count()).unwrap_or(u32::MAX));
        mark
    }

    fn leave(&mut self, mark: &Mark) {
        self.path.truncate(mark.bytes);
        (self.dots, self.joints) = (mark.dots, mark.joints);
    }

    /// Which of the paths that are looked for is reached.
    fn slot(&self) -> Option<usize> {
        if self.path.len() > limits::PATH_BYTES_MAX {
            return None;
        }
        let paths = self.wanted.paths;
        paths.binary_search_by(|path| path.as_ref().cmp(self.path.as_str())).ok()
    }

    /// How many bytes of a value at the path are of use.
    fn bytes_of_use(&self) -> usize {
        match (self.slot(), self.wanted.rest) {
            (Some(_), _) => usize::MAX,
            (None, Rest::Labels) => limits::OTHER_VALUE_BYTES_MAX,
            (None, Rest::Ignored) => 0,
        }
    }

    fn scalar(&mut self, place: Place, text: &str) {
        if text.is_empty() {
            return;
        }
        match place {
            Place::Member => self.take(text),
            Place::Element => {
                self.list.push(text);
                if let Some(slot) = self.slot() {
                    self.fill(slot, text);
                }
            }
        }
    }

    /// Takes a value at the path, if it is asked for.
    fn take(&mut self, text: &str) {
        if let Some(slot) = self.slot() {
            self.fill(slot, text);
            return;
        }
        if self.wanted.rest == Rest::Ignored || !may_be_label(&self.path, text) {
            return;
        }
        self.rest_found += 1;
        if self.rest_found <= limits::OTHER_VALUES_MAX {
            let (path, value) = (self.path.clone(), text.to_owned());
            self.rest.push(Other { path, value, joints: self.joints });
        }
    }

    fn fill(&mut self, slot: usize, text: &str) {
        let Some(value) = self.values.get_mut(slot) else { return };
        if value.as_ref().is_none_or(|(joints, _)| self.joints <= *joints) {
            *value = Some((self.joints, text.to_owned()));
        }
    }
}

impl List {
    fn push(&mut self, text: &str) {
        if self.text.len() > self.enough {
            return;
        }
        if !self.text.is_empty() {
            self.text.push_str(", ");
        }
        self.text.push_str(text);
    }
}

/// A value on the way.
struct Node<'f, 'w, P> {
    flattener: &'f mut Flattener<'w, P>,
    place: Place,
}

impl<'de, P: AsRef<str>> DeserializeSeed<'de> for Node<'_, '_, P> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, P: AsRef<str>> Visitor<'de> for Node<'_, '_, P> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.flattener.scalar(self.place, text);
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.visit_str(if value { "true" } else { "false" })
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.visit_str(&value.to_string())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.visit_str(&value.to_string())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.visit_str(&value.to_string())
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let flattener = self.flattener;
        flattener.depth += 1;
        while let Some(key) = map.next_key::<Text<'de>>()? {
            let mark = flattener.enter(&key.0);
            map.next_value_seed(Node { flattener: &mut *flattener, place: Place::Member })?;
            flattener.leave(&mark);
        }
        flattener.depth -= 1;
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<(), S::Error> {
        let flattener = self.flattener;
        let enough = flattener.bytes_of_use();
        let outer = std::mem::replace(&mut flattener.list, List { text: String::new(), enough });
        flattener.depth += 1;
        for number in 0_u64.. {
            let mark = flattener.enter(number);
            let place = Place::Element;
            let element = list.next_element_seed(Node { flattener: &mut *flattener, place })?;
            flattener.leave(&mark);
            if element.is_none() {
                break;
            }
        }
        flattener.depth -= 1;
        let joined = std::mem::replace(&mut flattener.list, outer).text;
        if !joined.is_empty() {
            flattener.take(&joined);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
