//! Everything that is derived from the rows of one part, built in one pass.
//!
//! A chunk of the tail keeps it in memory; sealing writes it into a segment; `verify` builds it
//! again and compares.

pub(crate) mod bloom;
pub(crate) mod column;
pub(crate) mod field;
pub(crate) mod field_set;
pub(crate) mod names;
pub(crate) mod row_set;
pub(crate) mod times;
pub(crate) mod uids;

use crate::error::{Error, Result};
use crate::index::field::{CLOSES, Field, FieldBuilder};
use crate::index::field_set::FieldSet;
use crate::index::times::Times;
use crate::index::uids::Uids;
use crate::row::{Body, Content, Origin, Row};
use eventscope_model::{EventId, EventType, ScopeLabels, alias, life_of};
use hashbrown::HashMap;
use std::sync::Arc;

/// The derived state of some consecutive rows of one window.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) fields: FieldSet,
    pub(crate) times: Arc<Times>,
    pub(crate) uids: Arc<Uids>,
    /// The labels that are indexed; the others are in the rows only.
    pub(crate) labels: Arc<ScopeLabels>,
}

impl Index {
    /// Builds the index of the rows with the ids from `first` on.
    pub(crate) fn build<'a>(
        first: EventId,
        rows: impl IntoIterator<Item = &'a Row>,
        origin: Origin<'_>,
        labels: &Arc<ScopeLabels>,
    ) -> Result<Self> {
        let built = Self::build_within(usize::MAX, first, rows, origin, labels)?;
        built.ok_or_else(|| Error::corrupt("an index", "it has too many fields"))
    }

    /// Builds such an index, unless it has more than so many fields.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "all rows are in one window, and ids stay below 2^48"
    )]
    pub(crate) fn build_within<'a>(
        fields_max: usize,
        first: EventId,
        rows: impl IntoIterator<Item = &'a Row>,
        origin: Origin<'_>,
        labels: &Arc<ScopeLabels>,
    ) -> Result<Option<Self>> {
        let first_row = first.row();
        let mut builder = Builder::default();
        let mut hashes = Vec::new();
        let mut nanos = Vec::new();
        for (offset, row) in rows.into_iter().enumerate() {
            // Times stay even where nothing else is left, so that the order of rows does.
            nanos.push(row.time.nanos());
            let number = first_row + offset as u16;
            let content = row.content()?;
            if let Content::Whole(body, _) = &content {
                builder.add(body, number, labels);
            }
            if builder.labels.len() + builder.tags.len() > fields_max {
                return Ok(None);
            }
            let id = EventId(first.0 + offset as u64);
            if let Some(uid) = content.uid(&row.encoded(), id, origin)? {
                if let Content::Whole(_, Some(_)) = &content
                    && let Some(life) = life_of(&uid, row.time)
                {
                    builder.closes.add(life, number);
                }
                hashes.push((Uids::hash(&uid), number));
            }
        }
        Ok(Some(Self {
            fields: builder.finish()?,
            times: Arc::new(Times::new(first_row, &nanos)),
            uids: Arc::new(Uids::new(hashes)),
            labels: Arc::clone(labels),
        }))
    }

    /// The bytes that it takes in memory to build it.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "what is in memory has fewer than 2^63 bytes"
    )]
    pub(crate) fn bytes(&self) -> usize {
        self.fields.bytes() + self.times.weight() + self.uids.weight()
    }
}

/// Gathers the values of all fields.
#[derive(Debug, Default)]
struct Builder {
    severity: FieldBuilder,
    event_type: FieldBuilder,
    source: FieldBuilder,
    state: FieldBuilder,
    acknowledged: FieldBuilder,
    name: FieldBuilder,
    count: FieldBuilder,
    closes: FieldBuilder,
    labels: HashMap<String, FieldBuilder>,
    tags: HashMap<String, FieldBuilder>,
}

const DIGITS: [&str; 8] = ["0", "1", "2", "3", "4", "5", "6", "7"];

impl Builder {
    fn add(&mut self, body: &Body<'_>, row: u16, scope: &ScopeLabels) {
        let digit = DIGITS.get(usize::from(body.severity)).copied().unwrap_or_default();
        self.severity.add(digit, row);
        let event_type = EventType::from_code(body.event_type).map_or("", EventType::name);
        self.event_type.add(event_type, row);
        self.source.add(body.source, row);
        self.name.add(body.name, row);
        if body.resolved {
            self.state.add("resolved", row);
        }
        if body.acknowledgement.is_some() {
            self.acknowledged.add("true", row);
        }
        if body.count > 1 {
            self.count.add(&body.count.to_string(), row);
        }
        for (key, value) in canonical(&body.labels).filter(|(key, _)| scope.admit(key)) {
            self.labels.entry_ref(key).or_default().add(value, row);
        }
        for (key, value) in &body.tags {
            self.tags.entry_ref(*key).or_default().add(value, row);
        }
    }

    fn finish(self) -> Result<FieldSet> {
        let single = [
            (Field::Severity, self.severity),
            (Field::Type, self.event_type),
            (Field::Source, self.source),
            (Field::State, self.state),
            (Field::Acknowledged, self.acknowledged),
            (Field::Name, self.name),
            (Field::Count, self.count),
        ];
        let single =
            single.into_iter().map(|(field, builder)| (field.code().0, String::new(), builder));
        let label = Field::Label("").code().0;
        let tag = Field::Tag("").code().0;
        let labels = self.labels.into_iter().map(|(key, builder)| (label, key, builder));
        let tags = self.tags.into_iter().map(|(key, builder)| (tag, key, builder));
        let closes = [(CLOSES, String::new(), self.closes)];
        FieldSet::of(single.chain(labels).chain(tags).chain(closes).collect())
    }
}

/// The values of scope labels that no index holds: those of an alias beside its dot form.
pub(crate) fn hidden_labels<'a>(
    pairs: &'a [(&'a str, &'a str)],
    scope: &ScopeLabels,
) -> impl Iterator<Item = &'a str> {
    let hidden = pairs.iter().filter(|(key, _)| scope.admit(key) && is_hidden(pairs, key));
    hidden.map(|(_, value)| *value)
}

fn is_hidden(pairs: &[(&str, &str)], key: &str) -> bool {
    let canonical = alias::canonical(key);
    canonical != key && pairs.binary_search_by(|(key, _)| (*key).cmp(canonical)).is_ok()
}

/// Labels under their canonical keys, each once: where both spellings are there, the dot form
/// counts. The pairs are sorted by key.
pub(crate) fn canonical<'a>(
    pairs: &'a [(&'a str, &'a str)],
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let shown = pairs.iter().filter(|(key, _)| !is_hidden(pairs, key));
    shown.map(|(key, value)| (alias::canonical(key), *value))
}

#[cfg(test)]
mod tests {
    use super::Index;
    use crate::index::field::Field;
    use crate::row::{Origin, Row};
    use eventscope_model::{Draft, EventId, Labels, ScopeLabels, Timestamp};
    use std::sync::Arc;

    fn index(drafts: &[Draft], scope: ScopeLabels) -> Index {
        let origin = Origin { store_id: "5a" };
        let row = |draft| Row::from_draft(draft, EventId(1), Timestamp::EPOCH, origin).unwrap();
        let rows: Vec<Row> = drafts.iter().map(row).collect();
        Index::build(EventId(1), &rows, origin, &Arc::new(scope)).unwrap()
    }

    #[test]
    fn only_scope_labels_are_indexed() {
        let draft = Draft::custom("n").label("kube_pod_name", "a").label("team", "b");
        let index = index(&[draft], "kubernetes.*".parse().unwrap());
        let (code, key) = Field::Label("kubernetes.pod.name").code();
        assert!(index.fields.get(code, key).unwrap().is_some());
        assert!(index.fields.get(code, "team").unwrap().is_none());
    }

    #[test]
    fn each_label_is_indexed_once_under_its_dot_form() {
        let labels: Labels = [("kube_pod_name", "a"), ("kubernetes.pod.name", "b")].into();
        let both = Draft { labels, ..Draft::custom("n") };
        let alias = Draft::custom("n").label("kube_pod_name", "c");
        let index = index(&[both, alias], ScopeLabels::all());
        let (code, key) = Field::Label("kubernetes.pod.name").code();
        let field = index.fields.get(code, key).unwrap().unwrap();
        let values: Vec<_> = (0..field.len()).map(|at| field.value(at)).collect();
        assert_eq!(values, ["b", "c"]);
        assert!(index.fields.get(code, "kube_pod_name").unwrap().is_none());
    }
}
