//! Results of parts that will never change, kept for the next query.

use eventscope_scope::{Filter, Test, TextTest};
use eventscope_storage::RowSet;
use quick_cache::Weighter;
use quick_cache::sync::Cache as Kept;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// The rows of sealed parts that pass a filter, within a budget of bytes.
///
/// Only what the index says is kept: changes and deletions are laid over afterwards, so nothing in
/// it ever becomes wrong. One cache belongs to one store.
#[derive(Debug)]
pub struct Cache {
    kept: Kept<Key, Arc<CachedRows>, Weight>,
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

    pub(crate) fn get(&self, key: &Key) -> Option<Arc<CachedRows>> {
        self.kept.get(key)
    }

    pub(crate) fn insert(&self, key: Key, rows: Arc<CachedRows>) {
        self.kept.insert(key, rows);
    }
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
        Key { sealed, filter: self.clone() }
    }
}

/// A sealed part and a filter.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    sealed: u64,
    filter: CachedFilter,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.sealed == other.sealed && self.filter.filter == other.filter.filter
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.sealed, self.filter.hash).hash(state);
    }
}

/// A set of rows in the smaller of two forms.
#[derive(Debug)]
pub(crate) enum CachedRows {
    Few(Box<[u16]>),
    Many(RowSet),
}

impl CachedRows {
    /// Rows up to which a list is smaller than 8 KiB of bits.
    const FEW: u32 = 4_096;

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
            Self::Few(rows) => rows.len() * 2,
            Self::Many(_) => 2 * Self::FEW as usize,
        }
    }
}

#[derive(Clone, Debug)]
struct Weight;

impl Weighter<Key, Arc<CachedRows>> for Weight {
    fn weight(&self, key: &Key, rows: &Arc<CachedRows>) -> u64 {
        /// The key, two counters and the cache's own entry.
        const ENTRY_BYTES: usize = 128;
        (ENTRY_BYTES + key.filter.bytes + rows.bytes()) as u64
    }
}
