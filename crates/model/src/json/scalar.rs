//! Ids, times, names and labels: each is one text, one number or one object.

use crate::{Category, EventId, EventType, Labels, Level, Severity, State, Timestamp};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::{Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;

/// Written as the text that they print.
macro_rules! as_text {
    ($($name:ty),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )*};
}

as_text!(EventId, Timestamp, EventType, Category, State);

impl Serialize for Severity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.level())
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

/// What is read from a text, or from a number.
trait Scalar: Sized {
    const EXPECTED: &str;

    fn of_text(text: &str) -> Result<Self, String>;

    fn of_number(number: u64) -> Result<Self, String> {
        Self::of_text(&number.to_string())
    }
}

impl Scalar for EventId {
    const EXPECTED: &str = "the number of an event";

    fn of_text(text: &str) -> Result<Self, String> {
        text.parse::<Self>().map_err(|error| error.to_string())
    }
}

impl Scalar for Timestamp {
    const EXPECTED: &str = "a time as RFC 3339, or a Unix number";

    fn of_text(text: &str) -> Result<Self, String> {
        text.parse::<Self>().map_err(|error| error.to_string())
    }
}

impl Scalar for EventType {
    const EXPECTED: &str = "the name of an event type";

    fn of_text(text: &str) -> Result<Self, String> {
        text.parse::<Self>().map_err(|error| error.to_string())
    }
}

impl Scalar for Category {
    const EXPECTED: &str = "the name of a category";

    fn of_text(text: &str) -> Result<Self, String> {
        text.parse::<Self>().map_err(|error| error.to_string())
    }
}

impl Scalar for State {
    const EXPECTED: &str = "triggered or resolved";

    fn of_text(text: &str) -> Result<Self, String> {
        text.parse::<Self>().map_err(|error| error.to_string())
    }
}

impl Scalar for Severity {
    const EXPECTED: &str = "0 to 7 or a syslog name";

    fn of_text(text: &str) -> Result<Self, String> {
        text.parse::<Self>().map_err(|error| error.to_string())
    }
}

/// A draft may be of a severity that is none; the store refuses it then.
impl Scalar for Level {
    const EXPECTED: &str = "0 to 7 or a syslog name";

    fn of_text(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(number) => Ok(Self(number)),
            Err(_) => Severity::of_text(text).map(Self::from),
        }
    }
}

struct OfScalar<T>(PhantomData<T>);

impl<T: Scalar> Visitor<'_> for OfScalar<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::of_text(text).map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        T::of_number(number).map_err(E::custom)
    }
}

macro_rules! read_as_scalar {
    ($($name:ty),*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(OfScalar(PhantomData))
            }
        }
    )*};
}

read_as_scalar!(EventId, Timestamp, EventType, Category, State, Severity, Level);

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Labels;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels, A::Error> {
                let mut pairs: Vec<(String, String)> = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Labels::from_pairs(pairs))
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}
