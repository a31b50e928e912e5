//! The rows of single words, decoded: as a set of rows instead of postings and values of
//! dictionaries, like the rows of the values of a field.
//!
//! Only what is read off postings as it is stands here. Where words stand one after another has to
//! be computed, and its results are kept by whoever asked, if at all.

use super::reader::{ALL, Matched, TextReader};
use crate::database::cache::{Kept, Key, TextRows};
use crate::error::{Error, Result};
use crate::index::field::FieldIndex;
use crate::index::row_set::{Compact, RowSet};
use eventscope_model::words::Phrase;
use std::sync::Arc;

/// The rows of a word in a file, if they are known.
pub(super) fn known(kept: &Kept, file: u64, word: &Phrase) -> Option<Arc<Compact>> {
    kept.get(&TextRows(file, word))
}

/// Keeps the rows of a word in a file.
pub(super) fn keep(kept: &Kept, file: u64, word: &Phrase, rows: &Arc<Compact>) {
    kept.keep(Key::TextRows(file, word.clone()), Arc::clone(rows), rows.bytes());
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
