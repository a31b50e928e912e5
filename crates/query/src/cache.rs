//! Results of parts that will never change, kept for the next query.

use crate::facet::FacetKey;
use eventscope_scope::{Filter, Test, TextTest};
use eventscope_storage::RowSet;
use quick_cache::Weighter;
use quick_cache::sync::Cache as Kept;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// The rows of sealed parts that pass a filter, and how many of them have each value of a facet,
/// within a budget of bytes.
///
/// Only what the index says is kept: changes and deletions are laid over afterwards, so nothing in
/// it ever becomes wrong. One cache belongs to one store.
#[derive(Debug)]
pub struct Cache {
    kept: Kept<Key, Cached, Weight>,
}

impl Cache {
    /// An empty cache of so many bytes.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        /// A result of average size, for sizing the tables of the cache.
        const RESULT_BYTES: usize = 4 * 1024;
        let results = (bytes / RESULT_BYTES).max(16);
        Self { kept: Kept::with_weighter(results, bytes as u64, Weight) }
    }

    /// The bytes of the results that are kept now.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.kept.weight()
    }

    /// The rows of a sealed part that pass a filter.
    pub(crate) fn rows(&self, key: &Key) -> Option<Arc<CachedRows>> {
        match self.kept.get(key)? {
            Cached::Rows(rows) => Some(rows),
            Cached::Counts(_) => None,
        }
    }

    pub(crate) fn keep_rows(&self, key: Key, rows: CachedRows) {
        self.kept.insert(key, Cached::Rows(Arc::new(rows)));
    }

    /// How many rows of a sealed part that pass a filter have each value of a facet.
    pub(crate) fn counts(&self, key: &Key) -> Option<Counts> {
        match self.kept.get(key)? {
            Cached::Counts(counts) => Some(counts),
            Cached::Rows(_) => None,
        }
    }

    pub(crate) fn keep_counts(&self, key: Key, counts: Counts) {
        self.kept.insert(key, Cached::Counts(counts));
    }
}

/// The positions of values in the index of their field, with how many rows each has.
pub(crate) type Counts = Arc<[(u32, u32)]>;

#[derive(Clone, Debug)]
enum Cached {
    Rows(Arc<CachedRows>),
    Counts(Counts),
}

/// A filter that results are kept under, with what is asked of it once per part.
#[derive(Clone, Debug)]
pub(crate) struct CachedFilter {
    filter: Arc<Filter>,
    hash: u64,
    bytes: usize,
}

impl CachedFilter {
    /// Whether looking the rows of a filter up in the cache is quicker than computing them. It is
    /// not for a single list of values, whose rows are stored as they are.
    pub(crate) fn pays(filter: &Filter) -> bool {
        match filter {
            Filter::All | Filter::Nothing => false,
            Filter::And(_) | Filter::Or(_) => true,
            Filter::Test(test) | Filter::Not(test) => matches!(
                test,
                Test::Words(_)
                    | Test::Text { test: TextTest::Contains(_) | TextTest::StartsWith(_), .. }
            ),
        }
    }

    pub(crate) fn new(filter: Filter) -> Self {
        let mut hasher = DefaultHasher::new();
        filter.hash(&mut hasher);
        // Its text has about the bytes that it takes in memory.
        let bytes = filter.to_string().len();
        Self { filter: Arc::new(filter), hash: hasher.finish(), bytes }
    }

    /// The key of its rows in a sealed part.
    pub(crate) fn in_part(&self, sealed: u64) -> Key {
        Key { sealed, filter: self.clone(), facet: None }
    }
}

/// A sealed part, a filter, and the facet that its rows are counted by, if they are.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    sealed: u64,
    filter: CachedFilter,
    facet: Option<Arc<FacetKey>>,
}

impl Key {
    /// The key of the counts of these rows.
    pub(crate) fn by(&self, facet: &Arc<FacetKey>) -> Self {
        Self { facet: Some(Arc::clone(facet)), ..self.clone() }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        let same = self.sealed == other.sealed && self.facet == other.facet;
        same && self.filter.filter == other.filter.filter
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.sealed, self.filter.hash, &self.facet).hash(state);
    }
}

/// A set of rows in the smaller of two forms.
#[derive(Debug)]
pub(crate) enum CachedRows {
    Few(Box<[u16]>),
    Many(RowSet),
}

impl CachedRows {
    /// Rows up to which they are kept as a list. More of them would fit into the 8 KiB of a set,
    /// but a set is added in a third of a microsecond, about as long as 300 rows one by one.
    const FEW: u32 = 1_024;
    /// Bytes of a set.
    const SET_BYTES: usize = 8 * 1024;

    pub(crate) fn of(rows: &RowSet) -> Self {
        if rows.len() <= Self::FEW {
            Self::Few(rows.iter().collect())
        } else {
            Self::Many(rows.clone())
        }
    }

    /// Adds the rows to a set.
    pub(crate) fn add_to(&self, set: &mut RowSet) {
        match self {
            Self::Few(rows) => rows.iter().for_each(|row| set.insert(*row)),
            Self::Many(rows) => set.or(rows),
        }
    }

    /// Whether there are no rows.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Few(rows) if rows.is_empty())
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Few(rows) => size_of_val::<[u16]>(rows),
            Self::Many(_) => Self::SET_BYTES,
        }
    }
}

#[derive(Clone, Debug)]
struct Weight;

impl Weighter<Key, Cached> for Weight {
    #[expect(clippy::arithmetic_side_effects, reason = "bytes of what is in memory")]
    fn weight(&self, key: &Key, cached: &Cached) -> u64 {
        /// The key, two counters and the cache's own entry.
        const ENTRY_BYTES: usize = 160;
        let bytes = match cached {
            Cached::Rows(rows) => rows.bytes(),
            Cached::Counts(counts) => counts.len() * 8,
        };
        (ENTRY_BYTES + key.filter.bytes + bytes) as u64
    }
}
