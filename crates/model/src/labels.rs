//! Sorted `key -> value` pairs.

use crate::alias;
use std::collections::{BTreeMap, HashMap};

/// The labels or the tags of an event: pairs sorted by key, each key once.
///
/// Keys are kept as they were written. Where a label has two spellings (see [`alias`]),
/// [`Labels::find`] takes either.
///
/// ```
/// use eventscope_model::Labels;
///
/// let labels: Labels = [("kube_pod_name", "web-1"), ("build", "89")].into();
/// assert_eq!(labels.get("build"), Some("89"));
/// assert_eq!(labels.get("kubernetes.pod.name"), None);
/// assert_eq!(labels.find("kubernetes.pod.name"), Some("web-1"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Labels {
    pairs: Vec<(String, String)>,
}

impl Labels {
    /// No labels.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Labels from pairs in any order; of pairs with the same key the last one stays.
    #[must_use]
    pub fn from_pairs(mut pairs: Vec<(String, String)>) -> Self {
        if !pairs.is_sorted_by(|a, b| a.0 < b.0) {
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            pairs.dedup_by(|later, earlier| {
                let same = later.0 == earlier.0;
                if same {
                    std::mem::swap(later, earlier);
                }
                same
            });
        }
        Self { pairs }
    }

    /// Sets one label, replacing its value if it is there.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<String>) {
        let (key, value) = (key.into(), value.into());
        let pair = (key, value);
        match self.position(&pair.0) {
            Ok(at) => drop(self.pairs.splice(at..=at, [pair])),
            Err(at) => self.pairs.insert(at, pair),
        }
    }

    /// Takes one label away and returns its value.
    pub fn remove(&mut self, key: &str) -> Option<String> {
        let at = self.position(key).ok()?;
        Some(self.pairs.remove(at).1)
    }

    /// The value under exactly this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let at = self.position(key).ok()?;
        self.pairs.get(at).map(|(_, value)| value.as_str())
    }

    /// The value of the label that this key names in either spelling. Where both are there, the
    /// dot form wins.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<&str> {
        let canonical = alias::canonical(key);
        self.get(canonical).or_else(|| alias::other(canonical).and_then(|other| self.get(other)))
    }

    /// The pairs as they were written, sorted by key.
    pub fn iter(&self) -> LabelsIter<'_> {
        LabelsIter(self.pairs.iter())
    }

    /// The pairs under their canonical keys, each label once: what an index holds. Not sorted.
    pub fn canonical(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter_map(|(key, value)| {
            let canonical = alias::canonical(key);
            let hidden = canonical != key && self.get(canonical).is_some();
            (!hidden).then_some((canonical, value))
        })
    }

    /// How many labels there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    fn position(&self, key: &str) -> Result<usize, usize> {
        self.pairs.binary_search_by(|(other, _)| other.as_str().cmp(key))
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self::from_pairs(pairs.into_iter().map(|(k, v)| (k.into(), v.into())).collect())
    }
}

impl<K: Into<String>, V: Into<String>, const N: usize> From<[(K, V); N]> for Labels {
    fn from(pairs: [(K, V); N]) -> Self {
        pairs.into_iter().collect()
    }
}

impl<K: Into<String>, V: Into<String>> From<Vec<(K, V)>> for Labels {
    fn from(pairs: Vec<(K, V)>) -> Self {
        pairs.into_iter().collect()
    }
}

impl<K: Into<String>, V: Into<String>, S> From<HashMap<K, V, S>> for Labels {
    fn from(pairs: HashMap<K, V, S>) -> Self {
        pairs.into_iter().collect()
    }
}

impl<K: Into<String>, V: Into<String>> From<BTreeMap<K, V>> for Labels {
    fn from(pairs: BTreeMap<K, V>) -> Self {
        pairs.into_iter().collect()
    }
}

/// Sets each of the labels, replacing values that are there.
impl<K: Into<String>, V: Into<String>> Extend<(K, V)> for Labels {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, pairs: I) {
        let mut all = std::mem::take(&mut self.pairs);
        all.extend(pairs.into_iter().map(|(key, value)| (key.into(), value.into())));
        *self = Self::from_pairs(all);
    }
}

/// The pairs of labels, as [`Labels::iter`] gives them.
#[derive(Clone, Debug)]
pub struct LabelsIter<'a>(std::slice::Iter<'a, (String, String)>);

impl<'a> Iterator for LabelsIter<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl DoubleEndedIterator for LabelsIter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

impl ExactSizeIterator for LabelsIter<'_> {}

impl<'a> IntoIterator for &'a Labels {
    type Item = (&'a str, &'a str);
    type IntoIter = LabelsIter<'a>;

    fn into_iter(self) -> LabelsIter<'a> {
        self.iter()
    }
}

impl IntoIterator for Labels {
    type Item = (String, String);
    type IntoIter = std::vec::IntoIter<(String, String)>;

    fn into_iter(self) -> Self::IntoIter {
        self.pairs.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::Labels;
    use std::collections::{BTreeMap, HashMap};

    #[test]
    fn the_last_pair_of_a_key_stays() {
        let labels: Labels = [("b", "1"), ("a", "2"), ("b", "3"), ("b", "4")].into();
        assert_eq!(labels.iter().collect::<Vec<_>>(), [("a", "2"), ("b", "4")]);
    }

    #[test]
    fn labels_come_from_what_holds_pairs_and_are_walked() {
        let expected: Labels = [("a", "1"), ("b", "2")].into();
        assert_eq!(Labels::from(HashMap::from([("b", "2"), ("a", "1")])), expected);
        assert_eq!(Labels::from(BTreeMap::from([("b", "2"), ("a", "1")])), expected);
        assert_eq!(Labels::from(vec![("b", "2"), ("a", "0"), ("a", "1")]), expected);
        let mut labels: Labels = [("a", "0")].into();
        labels.extend([("b", "2"), ("a", "1")]);
        assert_eq!(labels, expected);
        let mut seen = Vec::new();
        for (key, value) in &labels {
            seen.push(format!("{key}={value}"));
        }
        assert_eq!(seen, ["a=1", "b=2"]);
        assert_eq!(labels.into_iter().rev().map(|(key, _)| key).collect::<String>(), "ba");
    }

    #[test]
    fn the_dot_form_wins_over_its_alias() {
        let labels: Labels = [("kube_pod_name", "alias"), ("kubernetes.pod.name", "dot")].into();
        assert_eq!(labels.find("kube_pod_name"), Some("dot"));
        assert_eq!(labels.canonical().collect::<Vec<_>>(), [("kubernetes.pod.name", "dot")]);
    }

    #[test]
    fn insert_keeps_the_order_and_remove_gives_the_value() {
        let mut labels = Labels::new();
        for key in ["m", "z", "a", "m"] {
            labels.insert(key, key);
        }
        assert_eq!(labels.len(), 3);
        assert_eq!(labels.remove("m").as_deref(), Some("m"));
        assert_eq!(labels.remove("m"), None);
        assert_eq!(labels.iter().map(|(key, _)| key).collect::<String>(), "az");
    }
}
