//! Sorted `key -> value` pairs.

use crate::alias;

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
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()))
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

#[cfg(test)]
mod tests {
    use super::Labels;

    #[test]
    fn the_last_pair_of_a_key_stays() {
        let labels: Labels = [("b", "1"), ("a", "2"), ("b", "3"), ("b", "4")].into();
        assert_eq!(labels.iter().collect::<Vec<_>>(), [("a", "2"), ("b", "4")]);
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
