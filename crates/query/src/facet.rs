//! How many of the matching events have which value.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "events and estimated costs fit 64 bits; taken away is what was counted"
)]

use crate::error::Result;
use crate::many::{Counted, Many, Top};
use crate::operand::Operand;
use crate::select::Hits;
use crate::work::{Doubtful, Work};
use eventscope_model::{Event, State, alias};
use eventscope_scope::{Filter, Test};
use eventscope_storage::{Field, FieldIndex, Part, Rows, Snapshot};
use hashbrown::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// What events can be counted by.
///
/// ```
/// use eventscope_query::FacetKey;
///
/// assert_eq!("status".parse(), Ok(FacetKey::Status));
/// assert_eq!("kube_pod_name".parse(), Ok(FacetKey::label("kubernetes.pod.name")));
/// assert_eq!(FacetKey::label("status").to_string(), "label.status");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FacetKey {
    /// Values `0` to `7`.
    Severity,
    /// Names of types.
    Type,
    /// `triggered` and `resolved`.
    Status,
    /// `true` and `false`.
    Acknowledged,
    /// Sources.
    Source,
    /// Names.
    Name,
    /// The values of a label, under its canonical key.
    Label(String),
    /// The values of a tag.
    Tag(String),
}

impl FacetKey {
    /// The values of a label, by its key in either spelling.
    #[must_use]
    pub fn label(key: &str) -> Self {
        Self::Label(alias::canonical(key).to_owned())
    }

    /// The canonical key, if it is about a label.
    pub(crate) fn label_key(&self) -> Option<&str> {
        match self {
            Self::Label(key) => Some(key),
            _ => None,
        }
    }

    pub(crate) fn field(&self) -> Option<Field<'_>> {
        Some(match self {
            Self::Severity => Field::Severity,
            Self::Type => Field::Type,
            Self::Source => Field::Source,
            Self::Name => Field::Name,
            Self::Label(key) => Field::Label(key),
            Self::Tag(key) => Field::Tag(key),
            Self::Status | Self::Acknowledged => return None,
        })
    }

    /// The value of one event.
    pub(crate) fn value(&self, event: &Event) -> Option<String> {
        Some(match self {
            Self::Severity => event.severity.level().to_string(),
            Self::Type => event.event_type.name().to_owned(),
            Self::Status => event.state.name().to_owned(),
            Self::Acknowledged => event.acknowledgement.is_some().to_string(),
            Self::Source => event.source.clone(),
            Self::Name => event.name.clone(),
            Self::Label(key) => return event.labels.find(key).map(str::to_owned),
            Self::Tag(key) => return event.tags.get(key).map(str::to_owned),
        })
    }
}

/// Fields of events, which a label of the same name stands behind. `None`: cannot be counted by.
const FIELDS: [(&str, Option<FacetKey>); 14] = [
    ("severity", Some(FacetKey::Severity)),
    ("type", Some(FacetKey::Type)),
    ("status", Some(FacetKey::Status)),
    ("state", Some(FacetKey::Status)),
    ("acknowledged", Some(FacetKey::Acknowledged)),
    ("source", Some(FacetKey::Source)),
    ("name", Some(FacetKey::Name)),
    ("category", None),
    ("description", None),
    ("id", None),
    ("uid", None),
    ("time", None),
    ("count", None),
    ("text", None),
];

/// The key as expressions write it: a field, `tag.KEY`, or a label, which is written `label.KEY`
/// where its key means something else.
impl fmt::Display for FacetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(key) => write!(f, "tag.{key}"),
            Self::Label(key) if key.parse() == Ok(self.clone()) => f.write_str(key),
            Self::Label(key) => write!(f, "label.{key}"),
            field => {
                let name = FIELDS.iter().find(|(_, key)| key.as_ref() == Some(field));
                f.write_str(name.map_or("", |(name, _)| *name))
            }
        }
    }
}

impl FromStr for FacetKey {
    type Err = NotAFacet;

    fn from_str(text: &str) -> std::result::Result<Self, NotAFacet> {
        if let Some((_, key)) = FIELDS.iter().find(|(name, _)| *name == text) {
            return key.clone().ok_or_else(|| NotAFacet { key: text.to_owned() });
        }
        let key = match text.strip_prefix("tag.") {
            Some(key) => Self::Tag(key.to_owned()),
            None => Self::label(text.strip_prefix("label.").unwrap_or(text)),
        };
        Ok(key)
    }
}

/// A field that events cannot be counted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAFacet {
    /// The field.
    pub key: String,
}

impl fmt::Display for NotAFacet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        write!(f, "events cannot be counted by {key}; a label of this name is `label.{key}`")
    }
}

impl std::error::Error for NotAFacet {}

/// The matching events by one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    /// The key.
    pub key: FacetKey,
    /// The values with the most events and how many they have: the most first, then by value.
    pub values: Vec<(String, u64)>,
    /// Events whose value is not listed.
    pub other: u64,
    /// Events without a value.
    pub missing: u64,
}

/// Counts the matching events by one key, part by part.
#[derive(Debug)]
pub(crate) struct Tally<'q> {
    key: &'q FacetKey,
    filter: &'q Filter,
    snapshot: &'q Snapshot,
    /// Bytes that the counts may still take; none when there are too many values for a map.
    room: Option<usize>,
    kept_by: Arc<FacetKey>,
    counts: HashMap<String, u64>,
    /// Whether the counts began with the sums of all sealed parts, so that only those are to be
    /// looked at of which not all rows are hits.
    is_summed: bool,
    /// Counts of one part by the position of the value, used again for the next part.
    part_counts: Vec<u32>,
    work: Work,
}

/// What the steps of both ways of counting cost, in tenths of a nanosecond, as measured on one core
/// with indexes that lie outside its caches.
mod cost {
    /// Beginning with the rows of one value.
    pub(super) const VALUE: u64 = 50;
    /// Looking one row of a stored array up among the hits.
    pub(super) const ARRAY_ROW: u64 = 7;
    /// Intersecting a stored bitset with the hits.
    pub(super) const BITSET: u64 = 7_500;
    /// Counting one hit by its value in the column.
    pub(super) const COLUMN_HIT: u64 = 15;
    /// Fetching one line of the column from memory.
    pub(super) const COLUMN_LINE: u64 = 70;
    /// Lines of a column: 65,536 values of two bytes.
    pub(super) const COLUMN_LINES: u64 = 2_048;
}

impl<'q> Tally<'q> {
    /// A tally of the events of a filter.
    pub(crate) fn new(
        key: &'q FacetKey,
        filter: &'q Filter,
        snapshot: &'q Snapshot,
        room: usize,
    ) -> Result<Self> {
        let sums = match (filter, key.field()) {
            (Filter::All, Some(field)) => snapshot.sums(field)?,
            _ => None,
        };
        Ok(Self {
            key,
            filter,
            snapshot,
            room: Some(room),
            kept_by: Arc::new(key.clone()),
            is_summed: sums.is_some(),
            counts: sums.map_or_else(HashMap::new, |sums| HashMap::clone(&sums)),
            part_counts: Vec::new(),
            work: Work::new(),
        })
    }

    /// Counts the hits of a part.
    pub(crate) fn add(
        &mut self,
        part: &Part<'q>,
        hits: &Hits<'_>,
        snapshot: &'q Snapshot,
    ) -> Result<()> {
        if self.room.is_none() {
            return Ok(());
        }
        for event in hits.amended {
            if let Some(value) = self.key.value(event) {
                self.count(&value, 1);
            }
        }
        let is_summed = self.is_summed && part.sealed().is_some();
        if is_summed && hits.len == part.len() {
            return Ok(());
        }
        if hits.len == 0 && !is_summed {
            return Ok(());
        }
        match (self.key, self.key.field()) {
            (_, Some(field)) => {
                let Some(index) = part.field(field)? else { return Ok(()) };
                self.add_field(part, hits, field, &index)?;
                if is_summed {
                    self.take_back(&index);
                }
            }
            (FacetKey::Status, None) => {
                let test = Test::State(State::Resolved);
                self.add_pair(part, hits, snapshot, (&test, ["resolved", "triggered"]))?;
            }
            (_, None) => {
                let test = Test::Acknowledged;
                self.add_pair(part, hits, snapshot, (&test, ["true", "false"]))?;
            }
        }
        Ok(())
    }

    fn count(&mut self, value: &str, events: u64) {
        /// A string, a count and their share of the map.
        const ENTRY_BYTES: usize = 96;
        let Some(room) = self.room.filter(|_| events > 0) else { return };
        if let Some(count) = self.counts.get_mut(value) {
            *count += events;
            return;
        }
        self.room = room.checked_sub(value.len() + ENTRY_BYTES);
        if self.room.is_some() {
            self.counts.insert(value.to_owned(), events);
        } else {
            self.counts = HashMap::new();
        }
    }

    /// Takes all rows of a part out of the counts, which began with them.
    fn take_back(&mut self, index: &FieldIndex) {
        for value in 0..index.len() {
            if let Some(count) = self.counts.get_mut(index.value(value)) {
                *count -= u64::from(index.cardinality(value));
            }
        }
    }

    fn add_field(
        &mut self,
        part: &Part<'_>,
        hits: &Hits<'_>,
        field: Field<'_>,
        index: &FieldIndex,
    ) -> Result<()> {
        if hits.len == part.len() {
            (0..index.len())
                .for_each(|value| self.count(index.value(value), index.cardinality(value).into()));
            return Ok(());
        }
        let key = hits.key.as_ref().map(|(cache, key)| (cache, key.by(&self.kept_by)));
        if let Some(counts) = key.as_ref().and_then(|(cache, key)| cache.counts(key)) {
            counts.iter().for_each(|(value, rows)| {
                self.count(index.value(*value as usize), u64::from(*rows));
            });
            return Ok(());
        }
        self.count_part(part, hits, field, index)?;
        let counts = std::mem::take(&mut self.part_counts);
        let counted = counts.iter().enumerate().filter(|(_, rows)| **rows > 0);
        for (value, rows) in counted.clone() {
            self.count(index.value(value), u64::from(*rows));
        }
        if let Some((cache, key)) = key {
            cache.keep_counts(key, counted.map(|(value, rows)| (value as u32, *rows)).collect());
        }
        self.part_counts = counts;
        Ok(())
    }

    /// Counts the hits of a part by the position of their value.
    fn count_part(
        &mut self,
        part: &Part<'_>,
        hits: &Hits<'_>,
        field: Field<'_>,
        index: &FieldIndex,
    ) -> Result<()> {
        let counts = &mut self.part_counts;
        counts.clear();
        if column_is_cheaper(index, hits.len)
            && let Some(column) = part.column(field, index)?
        {
            counts.resize(index.len(), 0);
            column.count(hits.rows, counts);
        } else {
            let rows = (0..index.len()).map(|value| index.rows(value));
            counts.extend(rows.map(|rows| rows.intersection_len(hits.rows)));
        }
        Ok(())
    }

    /// Counts by a test that every event passes or does not.
    fn add_pair(
        &mut self,
        part: &Part<'q>,
        hits: &Hits<'_>,
        snapshot: &'q Snapshot,
        (test, [passing, others]): (&Test, [&str; 2]),
    ) -> Result<()> {
        let mut operand = Operand::new(test, false);
        operand.ask(part, snapshot.overlay(part.window()))?;
        let work = &mut self.work;
        (work.span, work.doubtful) = ((part.first_row(), part.last_row()), Doubtful::In);
        let mut rows = work.take();
        rows.or(hits.rows);
        operand.keep(&mut rows, work)?;
        let pass = rows.len();
        work.give(rows);
        self.count(passing, pass.into());
        self.count(others, (hits.len - pass).into());
        Ok(())
    }

    /// The facet of so many events.
    pub(crate) fn finish(mut self, total: u64, top: usize) -> Result<Facet> {
        if self.room.is_none() {
            return self.recounted(total, top);
        }
        self.counts.retain(|_, events| *events > 0);
        let counted: u64 = self.counts.values().sum();
        let values = ranked(std::mem::take(&mut self.counts), top);
        Ok(self.facet(values, counted, total))
    }

    /// The facet of more values than a map takes.
    fn recounted(&self, total: u64, top: usize) -> Result<Facet> {
        let many = Many::new(Counted::Values(self.key), "", self.filter, self.snapshot);
        let (mut best, mut counted) = (Top::new(top, usize::MAX), 0);
        many.each(&mut |value, events| {
            counted += events;
            best.add(value, events);
        })?;
        Ok(self.facet(best.finish().0, counted, total))
    }

    fn facet(&self, values: Vec<(String, u64)>, counted: u64, total: u64) -> Facet {
        let listed: u64 = values.iter().map(|(_, events)| events).sum();
        let (key, other) = (self.key.clone(), counted - listed);
        Facet { key, values, other, missing: total.saturating_sub(counted) }
    }
}

/// The values with the greatest counts: the greatest first, then by value.
fn ranked(counts: HashMap<String, u64>, top: usize) -> Vec<(String, u64)> {
    let mut values: Vec<_> = counts.into_iter().collect();
    let order = |a: &(String, u64), b: &(String, u64)| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0));
    if top < values.len() {
        values.select_nth_unstable_by(top, order);
        values.truncate(top);
    }
    values.sort_unstable_by(order);
    values
}

/// Whether reading the value of each hit is cheaper than intersecting the rows of each value.
fn column_is_cheaper(index: &FieldIndex, hits: u32) -> bool {
    let hits = u64::from(hits);
    let by_column = hits * cost::COLUMN_HIT + hits.min(cost::COLUMN_LINES) * cost::COLUMN_LINE;
    let mut by_value = index.len() as u64 * cost::VALUE;
    (0..index.len()).any(|value| {
        let rows = index.cardinality(value);
        by_value += match Rows::are_bitset(rows) {
            true => cost::BITSET,
            false => u64::from(rows) * cost::ARRAY_ROW,
        };
        by_value > by_column
    })
}

#[cfg(test)]
mod tests {
    use super::{FIELDS, FacetKey, NotAFacet};

    #[test]
    fn keys_are_read_as_they_are_printed() {
        for (name, key) in FIELDS {
            let label = FacetKey::label(name);
            assert_eq!(label.to_string(), format!("label.{name}"));
            let read = name.parse::<FacetKey>();
            assert_eq!(read, key.ok_or_else(|| NotAFacet { key: name.to_owned() }));
            for key in read.into_iter().chain([label, FacetKey::Tag(name.to_owned())]) {
                assert_eq!(key.to_string().parse(), Ok(key));
            }
        }
        for key in ["team", "label.team", "tag.", "@timestamp"] {
            assert_eq!(FacetKey::label(key).to_string().parse(), Ok(FacetKey::label(key)));
        }
        assert_eq!("tag.team".parse(), Ok(FacetKey::Tag("team".to_owned())));
    }
}
