//! `query`: a page under the names that were asked for.
//!
//! ```text
//! {total, events:[..], next?, facets:{NAME:[{value, count}]}, facets_rest:{NAME:{other, missing}},
//!  histogram:[{start, count}], took_us, warnings?:[{kind, message, suggestion?}]}
//! ```
//!
//! Facets stand in the order in which they were asked for.

use crate::warning::Warning;
use eventscope::{Facet, Page};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use std::fmt;

/// What came of a query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The total, the events, the counts.
    pub page: Page,
    /// The names under which the facets of the page were asked for, in their order. Each of them
    /// is read as the key of its facet.
    pub names: Vec<String>,
    /// How long it took, in microseconds.
    pub took_us: u64,
    /// What is odd about the question.
    pub warnings: Vec<Warning>,
}

impl Answer {
    /// The facets with their names.
    pub fn facets(&self) -> impl Iterator<Item = (&str, &Facet)> {
        self.names.iter().map(String::as_str).zip(&self.page.facets)
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let fields = Page::FIELDS.saturating_add(2);
        let mut out = serializer.serialize_struct("Answer", fields)?;
        self.page.serialize_fields(&names, &mut out)?;
        out.serialize_field("took_us", &self.took_us)?;
        match self.warnings.as_slice() {
            [] => out.skip_field("warnings")?,
            some => out.serialize_field("warnings", some)?,
        }
        out.end()
    }
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Fields {
            // Looks at all fields and takes none, so that the page finds its own.
            #[serde(flatten)]
            names: Names,
            #[serde(flatten)]
            page: Page,
            took_us: u64,
            #[serde(default)]
            warnings: Vec<Warning>,
        }
        let Fields { names: Names(names), page, took_us, warnings } =
            Fields::deserialize(deserializer)?;
        Ok(Self { page, names, took_us, warnings })
    }
}

/// The names of the facets among the fields of an answer.
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Names;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some(field) = map.next_key::<String>()? {
                    match field.as_str() {
                        "facets" => names = map.next_value::<Keys>()?.0,
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(Names(names))
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

/// The keys of an object, in their order.
struct Keys(Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Keys;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of facets")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some((key, IgnoredAny)) = map.next_entry()? {
                    keys.push(key);
                }
                Ok(Keys(keys))
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

#[cfg(test)]
mod tests {
    use super::Answer;
    use crate::testing::round_trip;
    use crate::warning::{Warning, WarningKind};
    use eventscope::{Draft, FacetKey, Options, Page, Request, Store, Timestamp};
    use std::time::Duration;

    #[test]
    fn the_fields_stand_in_their_order() {
        let answer = Answer { page: Page::default(), took_us: 7, ..Answer::default() };
        let counts = r#""facets":{},"facets_rest":{},"histogram":[]"#;
        round_trip(&answer, &format!(r#"{{"total":0,"events":[],{counts},"took_us":7}}"#));
        let odd =
            Warning { kind: WarningKind::UnknownKey, message: "odd".to_owned(), suggestion: None };
        let answer = Answer { warnings: vec![odd], ..answer };
        let warnings = r#""warnings":[{"kind":"unknown_key","message":"odd"}]"#;
        let expected = format!(r#"{{"total":0,"events":[],{counts},"took_us":7,{warnings}}}"#);
        round_trip(&answer, &expected);
    }

    #[test]
    fn events_and_facets_are_read_as_they_were_written() {
        let store = Store::in_memory(Options::default()).unwrap();
        let at = |second: i64| Timestamp::from_unix(1_795_424_940 + second).unwrap();
        let draft = |second| Draft::custom("Deployed").time(at(second)).label("z", "it's");
        store.append(vec![draft(0), draft(4_000).severity(1), draft(8_000)]).unwrap();
        let mut request = Request::everything().newest(2).histogram(Duration::from_secs(3_600));
        // One facet under two names, and none in the order of the alphabet.
        let names = ["z", "type", "label.z", "acknowledged"];
        for name in names {
            request = request.facet(name.parse::<FacetKey>().unwrap());
        }
        let page = store.query(&request).unwrap();
        let names = names.map(str::to_owned).to_vec();
        let answer = Answer { page, names, took_us: 12, warnings: Vec::new() };
        let json = serde_json::to_string(&answer).unwrap();
        let facets: Vec<_> =
            answer.facets().map(|(name, facet)| (name, facet.values.len())).collect();
        assert_eq!(facets, [("z", 1), ("type", 1), ("label.z", 1), ("acknowledged", 1)], "{json}");
        let read: Answer = serde_json::from_str(&json).unwrap();
        assert_eq!(read, answer, "{json}");
        assert!(read.page.next.is_some() && read.page.histogram.len() >= 2, "{json}");
        assert_eq!(serde_json::to_string(&read).unwrap(), json);
    }
}
