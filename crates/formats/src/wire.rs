//! The values that foreign JSON is made of, read leniently and without copying.

use crate::{
    Reject,
    error::shown,
    hints::Hints,
    times::{self, Zone},
};
use eventscope_model::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use std::{borrow::Cow, fmt};

/// A text. Numbers and truth values are taken as they are printed; null is the empty text, since
/// no format here tells an absent text from an empty one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl Text<'_> {
    /// The text, unless it is empty.
    pub(crate) fn given(&self) -> Option<&str> {
        Some(self.0.as_ref()).filter(|text| !text.is_empty())
    }
}

/// The first text that is not empty.
pub(crate) fn first_given<'t>(texts: &[&'t Text<'_>]) -> Option<&'t str> {
    texts.iter().find_map(|text| text.given())
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<Text<'de>, E> {
        Ok(Text::default())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(if value { "true" } else { "false" })))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(value.to_string())))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(value.to_string())))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(value.to_string())))
    }
}

/// A time: RFC 3339 or a Unix number, as text or as number. Null, the empty text, 0 and the first
/// of January of the year 1 (in Go, the zero of a time) mean that it is not set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moment<'a>(Text<'a>);

impl<'a> Moment<'a> {
    /// The time that a text says.
    pub(crate) fn of(text: &'a str) -> Self {
        Self(Text(Cow::Borrowed(text)))
    }
}

impl Moment<'_> {
    /// The time as it is written.
    pub(crate) fn text(&self) -> &str {
        &self.0.0
    }

    /// The instant and whether its zone is said, if it is set and can be read. What is a guess is
    /// not noted, since the time may not be used.
    pub(crate) fn read_zoned(&self, hints: &Hints<'_>) -> Option<(Timestamp, Zone)> {
        self.set().and_then(|text| hints.time_and_zone(text).ok())
    }

    /// The text, unless it means that no time is set.
    fn set(&self) -> Option<&str> {
        let is_set = |text: &&str| *text != "0" && !text.starts_with("0001-01-01T00:00:00");
        self.0.given().filter(is_set)
    }

    /// The instant, if one is set.
    ///
    /// # Errors
    /// When it is no time or outside 1970 to 2262.
    pub(crate) fn read(
        &self,
        field: &'static str,
        hints: &Hints<'_>,
    ) -> Result<Option<Timestamp>, Reject> {
        let Some(text) = self.set() else { return Ok(None) };
        let time = hints.time(text).map(Some);
        time.map_err(|error| Reject::Time { field, value: shown(text), error })
    }

    /// As [`Moment::read`], for sources that write no offset and mean UTC.
    ///
    /// # Errors
    /// As [`Moment::read`].
    pub(crate) fn read_as_utc(&self, field: &'static str) -> Result<Option<Timestamp>, Reject> {
        let Some(text) = self.set() else { return Ok(None) };
        let time = times::read(text).map(|(time, _)| Some(time));
        time.map_err(|error| Reject::Time { field, value: shown(text), error })
    }

    /// As [`Moment::read`], for sources that write a time that is not set as a number below 0.
    ///
    /// # Errors
    /// As [`Moment::read`].
    pub(crate) fn read_positive(
        &self,
        field: &'static str,
        hints: &Hints<'_>,
    ) -> Result<Option<Timestamp>, Reject> {
        let digits = self.0.given().and_then(|text| text.strip_prefix('-'));
        match digits {
            Some(digits) if digits.parse::<u64>().is_ok() => Ok(None),
            _ => self.read(field, hints),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Moment<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Text::deserialize(deserializer).map(Self)
    }
}

/// A whole number, however it is written: `7`, `7.0`, `"7"`. Anything else is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Whole(pub(crate) Option<i64>);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        let text = text.0.trim();
        let whole = text.split_once('.').filter(|(_, zeros)| zeros.bytes().all(|it| it == b'0'));
        Ok(Self(whole.map_or(text, |(whole, _)| whole).parse().ok()))
    }
}

/// The first of some times that is set. A time that is set but cannot be read is an error even if
/// a later one could be: the record says something that is not understood.
pub(crate) fn first_set(
    hints: &Hints<'_>,
    moments: &[(&'static str, &Moment<'_>)],
) -> Result<Option<Timestamp>, Reject> {
    let mut times = moments.iter().map(|(field, moment)| moment.read(field, hints));
    times.find(|time| !matches!(time, Ok(None))).unwrap_or(Ok(None))
}

/// A JSON object of texts, in the order in which it is written; null is the empty object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pairs<'a>(pub(crate) Vec<(Text<'a>, Text<'a>)>);

impl Pairs<'_> {
    /// The pairs as owned texts.
    pub(crate) fn into_owned(self) -> Vec<(String, String)> {
        let owned = |text: Text<'_>| text.0.into_owned();
        self.0.into_iter().map(|(key, value)| (owned(key), owned(value))).collect()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts")
    }

    fn visit_unit<E: Error>(self) -> Result<Pairs<'de>, E> {
        Ok(Pairs::default())
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Pairs<'de>, M::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}
