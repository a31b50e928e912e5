//! Values of OpenTelemetry: `{"stringValue": ".."}` and its kin, which may hold one another.

use crate::wire::Text;
use serde::Deserialize;
use std::borrow::Cow;

/// A value of any kind; of none it is empty.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a value such as {\"stringValue\": \"..\"}")]
pub(super) struct AnyValue<'a> {
    #[serde(
        borrow,
        default,
        alias = "boolValue",
        alias = "intValue",
        alias = "doubleValue",
        alias = "bytesValue"
    )]
    string_value: Text<'a>,
    #[serde(borrow, default)]
    array_value: Option<List<'a>>,
    #[serde(borrow, default)]
    kvlist_value: Option<Map<'a>>,
}

#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow, default)]
    values: Option<Vec<AnyValue<'a>>>,
}

#[derive(Deserialize)]
struct Map<'a> {
    #[serde(borrow, default)]
    values: Option<Vec<Attribute<'a>>>,
}

/// A key and its value.
#[derive(Deserialize)]
#[serde(expecting = "an attribute with key and value")]
pub(super) struct Attribute<'a> {
    #[serde(borrow)]
    key: Text<'a>,
    #[serde(borrow, default)]
    value: Option<AnyValue<'a>>,
}

impl Attribute<'_> {
    pub(super) fn is_named(&self, key: &str) -> bool {
        self.key.0 == key
    }
}

impl AnyValue<'_> {
    /// The value as a text for people.
    pub(super) fn text(&self) -> Cow<'_, str> {
        let texts: Vec<String> = if let Some(list) = &self.array_value {
            list.values.iter().flatten().map(|value| value.text().into_owned()).collect()
        } else if let Some(map) = &self.kvlist_value {
            let pair = |Attribute { key, value }: &Attribute<'_>| {
                format!("{}={}", key.0, value.as_ref().map(AnyValue::text).unwrap_or_default())
            };
            map.values.iter().flatten().map(pair).collect()
        } else {
            return Cow::Borrowed(&self.string_value.0);
        };
        Cow::Owned(texts.join(", "))
    }
}

impl AnyValue<'_> {
    /// Whether it is a map or a text.
    pub(super) fn may_be_record(&self) -> bool {
        self.kvlist_value.is_some() || !self.string_value.0.is_empty()
    }

    /// The value as JSON, every scalar as a text; a text is what it is.
    pub(super) fn json(&self) -> String {
        if self.kvlist_value.is_none() && self.array_value.is_none() {
            return self.string_value.0.to_string();
        }
        let mut json = String::new();
        self.write(&mut json);
        json
    }

    fn write(&self, json: &mut String) {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        if let Some(map) = &self.kvlist_value {
            json.push('{');
            for (number, Attribute { key, value }) in map.values.iter().flatten().enumerate() {
                let comma = if number == 0 { "" } else { "," };
                json.extend([comma, &quoted(&key.0), ":"]);
                match value {
                    Some(value) => value.write(json),
                    None => json.push_str("null"),
                }
            }
            json.push('}');
        } else if let Some(list) = &self.array_value {
            json.push('[');
            for (number, value) in list.values.iter().flatten().enumerate() {
                json.push_str(if number == 0 { "" } else { "," });
                value.write(json);
            }
            json.push(']');
        } else {
            json.push_str(&quoted(&self.string_value.0));
        }
    }
}

/// Attributes as labels, those in maps under the path that leads to them; empty ones are left out.
pub(super) fn flat(attributes: Option<&Vec<Attribute<'_>>>) -> Vec<(String, String)> {
    let mut labels = Vec::new();
    attributes.into_iter().for_each(|attributes| add(attributes, "", &mut labels));
    labels
}

/// Adds attributes under a path. The parser bounds how deep they lie in one another.
fn add(attributes: &[Attribute<'_>], path: &str, labels: &mut Vec<(String, String)>) {
    for Attribute { key, value } in attributes {
        let key = if path.is_empty() { key.0.to_string() } else { format!("{path}.{}", key.0) };
        match value {
            Some(AnyValue { kvlist_value: Some(map), .. }) => {
                add(map.values.as_deref().unwrap_or_default(), &key, labels);
            }
            Some(value) => {
                let text = value.text();
                if !text.is_empty() && !key.is_empty() {
                    labels.push((key, text.into_owned()));
                }
            }
            None => {}
        }
    }
}
