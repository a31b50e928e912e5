//! `labels`: `{labels:[{key, count}], scope_labels?}`, or of one label
//! `{labels:[{value, count}], scope_labels?}`.

use serde::{Deserialize, Serialize};

/// Which labels there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelKeys {
    /// Their keys, those of the most events first.
    pub labels: Vec<LabelKey>,
    /// The patterns of the labels that can be asked for, unless these are all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope_labels: Option<Vec<String>>,
}

/// Which values a label has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelValues {
    /// The values, those of the most events first.
    pub labels: Vec<LabelValue>,
    /// The patterns of the labels that can be asked for, unless these are all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope_labels: Option<Vec<String>>,
}

/// A label, and how many events have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelKey {
    /// Its key.
    pub key: String,
    /// The events.
    pub count: u64,
}

/// A value of a label, and how many events have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelValue {
    /// The value.
    pub value: String,
    /// The events.
    pub count: u64,
}

impl From<(String, u64)> for LabelKey {
    fn from((key, count): (String, u64)) -> Self {
        Self { key, count }
    }
}

impl From<(String, u64)> for LabelValue {
    fn from((value, count): (String, u64)) -> Self {
        Self { value, count }
    }
}

#[cfg(test)]
mod tests {
    use super::{LabelKeys, LabelValues};
    use crate::testing::round_trip;

    #[test]
    fn they_are_read_as_they_were_written() {
        let pair = || ("a".to_owned(), 2);
        let mut keys = LabelKeys { labels: vec![pair().into()], scope_labels: None };
        round_trip(&keys, r#"{"labels":[{"key":"a","count":2}]}"#);
        keys.scope_labels = Some(vec!["k.*".to_owned()]);
        round_trip(&keys, r#"{"labels":[{"key":"a","count":2}],"scope_labels":["k.*"]}"#);
        let mut values = LabelValues { labels: vec![pair().into()], scope_labels: None };
        round_trip(&values, r#"{"labels":[{"value":"a","count":2}]}"#);
        values.scope_labels = Some(Vec::new());
        round_trip(&values, r#"{"labels":[{"value":"a","count":2}],"scope_labels":[]}"#);
    }
}
