//! Pages and facets as JSON, with the feature `serde`.
//!
//! ```text
//! page    {total, events:[..], next?, facets:{KEY:[{value, count}]},
//!          facets_rest:{KEY:{other, missing}}, histogram:[{start, count}]}
//! facet   {key, values:[{value, count}], other, missing}
//! ```
//!
//! Ids are texts, times RFC 3339. The facets of a page stand in the order of the request.

use crate::facet::{Facet, FacetKey};
use crate::page::Page;
use eventscope_model::{Event, EventId, Timestamp};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use std::fmt;
use std::marker::PhantomData;

#[derive(serde::Serialize, serde::Deserialize)]
struct Value<'a> {
    value: std::borrow::Cow<'a, str>,
    count: u64,
}

#[derive(Clone, Copy, serde::Serialize, serde::Deserialize)]
struct Rest {
    other: u64,
    missing: u64,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Bucket {
    start: Timestamp,
    count: u64,
}

impl Serialize for FacetKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FacetKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

fn values<'a>(facet: &'a Facet) -> Vec<Value<'a>> {
    let value =
        |(value, count): &'a (String, u64)| Value { value: value.as_str().into(), count: *count };
    facet.values.iter().map(value).collect()
}

impl Serialize for Facet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Facet", 4)?;
        out.serialize_field("key", &self.key)?;
        out.serialize_field("values", &values(self))?;
        out.serialize_field("other", &self.other)?;
        out.serialize_field("missing", &self.missing)?;
        out.end()
    }
}

impl<'de> Deserialize<'de> for Facet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Fields<'a> {
            key: FacetKey,
            #[serde(borrow)]
            values: Vec<Value<'a>>,
            other: u64,
            missing: u64,
        }
        let Fields { key, values, other, missing } = Fields::deserialize(deserializer)?;
        Ok(Self { key, values: owned(values), other, missing })
    }
}

fn owned(values: Vec<Value<'_>>) -> Vec<(String, u64)> {
    values.into_iter().map(|value| (value.value.into_owned(), value.count)).collect()
}

/// A page whose facets stand under names of the caller's, and its fields as those of another
/// document.
impl Page {
    /// Writes the fields of a page. The names are those of its facets, in their order.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize_fields<S: SerializeStruct>(
        &self,
        names: &[&str],
        out: &mut S,
    ) -> Result<(), S::Error> {
        out.serialize_field("total", &self.total)?;
        out.serialize_field("events", &self.events)?;
        match self.next {
            Some(next) => out.serialize_field("next", &next)?,
            None => out.skip_field("next")?,
        }
        let named = || names.iter().zip(&self.facets);
        let lists = named().map(|(name, facet)| (*name, values(facet)));
        out.serialize_field("facets", &Entries(lists.collect()))?;
        let rest = |facet: &Facet| Rest { other: facet.other, missing: facet.missing };
        let rests = named().map(|(name, facet)| (*name, rest(facet)));
        out.serialize_field("facets_rest", &Entries(rests.collect()))?;
        let bucket = |(start, count): &(Timestamp, u64)| Bucket { start: *start, count: *count };
        let buckets: Vec<Bucket> = self.histogram.iter().map(bucket).collect();
        out.serialize_field("histogram", &buckets)
    }

    /// How many fields [`Page::serialize_fields`] writes at most.
    pub const FIELDS: usize = 6;
}

impl Serialize for Page {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names: Vec<String> = self.facets.iter().map(|facet| facet.key.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut out = serializer.serialize_struct("Page", Self::FIELDS)?;
        self.serialize_fields(&names, &mut out)?;
        out.end()
    }
}

/// Pairs as an object, in their order.
struct Entries<K, T>(Vec<(K, T)>);

impl<T: Serialize> Serialize for Entries<&str, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de, K: Deserialize<'de>, T: Deserialize<'de>> Deserialize<'de> for Entries<K, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs<K, T>(PhantomData<(K, T)>);

        impl<'de, K: Deserialize<'de>, T: Deserialize<'de>> Visitor<'de> for Pairs<K, T> {
            type Value = Entries<K, T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Entries(pairs))
            }
        }

        deserializer.deserialize_map(Pairs(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Page {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Fields<'a> {
            total: u64,
            events: Vec<Event>,
            next: Option<EventId>,
            #[serde(borrow)]
            facets: Entries<FacetKey, Vec<Value<'a>>>,
            facets_rest: Entries<FacetKey, Rest>,
            histogram: Vec<Bucket>,
        }
        let page = Fields::deserialize(deserializer)?;
        let rests = page.facets_rest.0;
        let facet = |(key, values): (FacetKey, Vec<Value<'_>>)| {
            let rest = rests.iter().find(|(other, _)| *other == key).map(|(_, rest)| *rest);
            let Rest { other, missing } = rest.unwrap_or(Rest { other: 0, missing: 0 });
            Facet { key, values: owned(values), other, missing }
        };
        let histogram = page.histogram.into_iter().map(|bucket| (bucket.start, bucket.count));
        Ok(Self {
            total: page.total,
            events: page.events,
            next: page.next,
            facets: page.facets.0.into_iter().map(facet).collect(),
            histogram: histogram.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Facet, FacetKey, Page, Timestamp};
    use eventscope_model::EventId;

    #[test]
    fn a_page_comes_back_as_it_was_written() {
        let facet = |key, values: &[(&str, u64)]| Facet {
            key,
            values: values.iter().map(|(value, count)| ((*value).to_owned(), *count)).collect(),
            other: 3,
            missing: 4,
        };
        let page = Page {
            total: 7,
            next: Some(EventId(5)),
            facets: vec![
                facet(FacetKey::label("z"), &[("it's", 2), ("\n", 1)]),
                facet(FacetKey::label("status"), &[]),
                facet(FacetKey::Tag("a".to_owned()), &[("b", 1)]),
            ],
            histogram: vec![(Timestamp::from_nanos(300_000_000_000).unwrap(), 7)],
            ..Page::default()
        };
        let json = serde_json::to_string(&page).unwrap();
        let expected = concat!(
            r#"{"total":7,"events":[],"next":"5","facets":{"z":[{"value":"it's","count":2},"#,
            r#"{"value":"\n","count":1}],"label.status":[],"tag.a":[{"value":"b","count":1}]},"#,
            r#""facets_rest":{"z":{"other":3,"missing":4},"label.status":{"other":3,"missing":4},"#,
            r#""tag.a":{"other":3,"missing":4}},"#,
            r#""histogram":[{"start":"1970-01-01T00:05:00Z","count":7}]}"#,
        );
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_str::<Page>(&json).unwrap(), page);
        for facet in &page.facets {
            let json = serde_json::to_string(facet).unwrap();
            assert_eq!(serde_json::from_str::<Facet>(&json).unwrap(), *facet, "{json}");
        }
    }
}
