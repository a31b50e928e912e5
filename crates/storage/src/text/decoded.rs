//! The rows of single words, decoded: as a set of rows instead of postings and values of
//! dictionaries, like the rows of the values of a field.
//!
//! Only what is read off postings as it is stands here. Where words stand one after another has to
//! be computed, and its results are kept by whoever asked, if at all.

use super::reader::{ALL, Matched, TextReader};
use crate::budget;
use crate::error::{Error, Result};
use crate::field::FieldIndex;
use crate::rows::{Compact, RowSet};
use eventscope_model::words::Phrase;
use quick_cache::sync::Cache;
use quick_cache::{Equivalent, Weighter};
use std::sync::Arc;

/// Decoded rows by the number of a file and a word.
#[derive(Clone, Debug)]
pub(super) struct Decoded(Arc<Cache<Key, Arc<Compact>, Weight>>);

impl Decoded {
    /// An empty cache of so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        /// Half of a bitset.
        const ROWS_BYTES: usize = 4 * 1024;
        Self(Arc::new(budget::cache(bytes, ROWS_BYTES, Weight)))
    }

    /// The rows of a word in a file, if they are known.
    pub(super) fn get(&self, file: u64, word: &Phrase) -> Option<Arc<Compact>> {
        self.0.get(&Asked { file, word })
    }

    pub(super) fn keep(&self, file: u64, word: &Phrase, rows: Arc<Compact>) {
        self.0.insert(Key { file, word: word.clone() }, rows);
    }

    /// Bytes that are kept now.
    pub(super) fn bytes(&self) -> u64 {
        self.0.weight()
    }
}

/// Whether a phrase is one word, or the beginning of one: what [`decode`] takes.
pub(super) fn is_word(phrase: &Phrase) -> bool {
    phrase.words().len() == 1
}

/// The rows of a word in a file: those of its documents, the first of which is in row `first`, and
/// those of the values that hold it.
pub(super) fn decode(
    reader: &TextReader,
    first: u16,
    documents: Option<&Matched>,
    values: &[(Arc<FieldIndex>, Vec<usize>)],
) -> Result<Compact> {
    let mut set = RowSet::empty();
    if let Some(matched) = documents {
        let take = |document: u32| set.insert(first.wrapping_add(document as u16));
        reader.for_each(matched, ALL, take).map_err(|e| Error::text("read", e))?;
    }
    for (index, values) in values {
        values.iter().for_each(|value| index.rows(*value).or_into(&mut set));
    }
    Ok(Compact::of(&set))
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    file: u64,
    word: Phrase,
}

/// A key that borrows its word.
#[derive(Hash)]
struct Asked<'a> {
    file: u64,
    word: &'a Phrase,
}

impl Equivalent<Key> for Asked<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.file == key.file && *self.word == key.word
    }
}

#[derive(Clone, Debug)]
struct Weight;

impl Weighter<Key, Arc<Compact>> for Weight {
    #[expect(clippy::arithmetic_side_effects, reason = "bytes in memory")]
    fn weight(&self, key: &Key, rows: &Arc<Compact>) -> u64 {
        /// The key, the counters, and the entry of the cache.
        const ENTRY_BYTES: usize = 160;
        let word: usize = key.word.words().iter().map(String::len).sum();
        (ENTRY_BYTES + word + rows.bytes()) as u64
    }
}
