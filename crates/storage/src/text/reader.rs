//! Looks phrases up in one text file.

use super::directory::FileDirectory;
use super::file::TextFile;
use super::schema::Fields;
use crate::error::{Error, Result};
use eventscope_model::words::{Match, Phrase};
use hashbrown::HashMap;
use std::ops::Range;
use std::sync::Arc;
use tantivy::postings::{BlockSegmentPostings, Postings, TermInfo};
use tantivy::query::{EnableScoring, PhrasePrefixQuery, PhraseQuery, Query, Scorer};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet, Index, InvertedIndexReader, SegmentReader, TERMINATED, Term};

/// A text file, ready to be asked.
pub(super) struct TextReader {
    pub(super) file: Arc<TextFile>,
    fields: Fields,
    segment: SegmentReader,
}

impl std::fmt::Debug for TextReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("TextReader").field(&self.file.number).finish()
    }
}

/// Words that one beginning may stand for in a phrase before their postings are gone through one
/// by one. Up to here tantivy's query is the quicker one.
const CONTINUATIONS_MAX: usize = 32;

/// The range of all documents: the number that means the end is none of them.
pub(super) const ALL: Range<u32> = 0..TERMINATED;

/// Which of the two fields is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Rows,
    Values,
}

/// What a phrase is in one field of one file.
pub(super) enum Matched {
    /// The documents of any of these words.
    AnyOf(Side, Vec<TermInfo>),
    /// The documents of a phrase.
    Phrase(Side, Box<dyn Query>),
    /// The documents in which these words stand one after another, and then any of those: for
    /// beginnings that many words have.
    Continued(Side, Vec<TermInfo>, Vec<TermInfo>),
}

/// What is found of a phrase in one field of one file.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) matched: Matched,
    /// In how many documents it occurs at most.
    pub(super) most: u32,
    /// Bytes of the postings and positions of its words.
    pub(super) bytes: usize,
}

impl std::fmt::Debug for Matched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AnyOf(side, terms) => write!(f, "AnyOf({side:?}, {})", terms.len()),
            Self::Phrase(side, query) => write!(f, "Phrase({side:?}, {query:?})"),
            Self::Continued(side, before, lasts) => {
                write!(f, "Continued({side:?}, {}, {})", before.len(), lasts.len())
            }
        }
    }
}

impl TextReader {
    pub(super) fn open(file: Arc<TextFile>) -> Result<Self> {
        let index = Index::open(FileDirectory::new(Arc::clone(&file)))
            .map_err(|e| Error::text("open", e))?;
        let fields = Fields::new();
        let segments = index.searchable_segments().map_err(|e| Error::text("open", e))?;
        let [segment] = segments.as_slice() else {
            return Err(Error::text_damage("it holds no single index"));
        };
        let documents = segment.meta().max_doc();
        if index.schema() != fields.schema || documents < file.contents.rows {
            return Err(Error::text_damage("its index is of other fields or rows"));
        }
        let segment = SegmentReader::open(segment).map_err(|e| Error::text("open", e))?;
        Ok(Self { file, fields, segment })
    }

    /// Bytes that it keeps in memory: both dictionaries of words.
    #[expect(clippy::arithmetic_side_effects, reason = "a range ends behind its start")]
    pub(super) fn weight(&self) -> usize {
        /// The index, the schema, and the like.
        const FIXED_BYTES: usize = 8 * 1024;
        let words = self.file.inner("term").map_or(0, |range| range.end - range.start);
        FIXED_BYTES + words as usize
    }

    fn field(&self, side: Side) -> Field {
        match side {
            Side::Rows => self.fields.rows,
            Side::Values => self.fields.values,
        }
    }

    fn index(&self, side: Side) -> tantivy::Result<Arc<InvertedIndexReader>> {
        self.segment.inverted_index(self.field(side))
    }

    /// Looks the words of a phrase up; `None` if it is in no document.
    #[expect(clippy::arithmetic_side_effects, reason = "bytes of one file")]
    pub(super) fn find(&self, side: Side, phrase: &Phrase) -> tantivy::Result<Option<Found>> {
        let index = self.index(side)?;
        let Some((last, before)) = phrase.words().split_last() else { return Ok(None) };
        let mut most = u32::MAX;
        let mut firsts = Vec::with_capacity(before.len());
        for word in before {
            let Some(term) = index.terms().get(word)? else { return Ok(None) };
            most = most.min(term.doc_freq);
            firsts.push(term);
        }
        let lasts = match phrase.last() {
            Match::Whole => index.terms().get(last)?.into_iter().collect(),
            Match::Prefix => beginning_with(&index, last)?,
        };
        if lasts.is_empty() {
            return Ok(None);
        }
        let sum = lasts.iter().fold(0u32, |sum, term| sum.saturating_add(term.doc_freq));
        let positions =
            |term: &TermInfo| if before.is_empty() { 0 } else { term.positions_range.len() };
        let words = firsts.iter().chain(&lasts);
        let bytes = words.map(|term| term.postings_range.len() + positions(term)).sum();
        let matched = match before {
            [] => Matched::AnyOf(side, lasts),
            _ if lasts.len() > CONTINUATIONS_MAX => Matched::Continued(side, firsts, lasts),
            _ => Matched::Phrase(side, self.query(side, phrase, lasts.len())),
        };
        Ok(Some(Found { matched, most: most.min(sum).min(self.segment.max_doc()), bytes }))
    }

    /// The query of a phrase of several words, the last of which has so many continuations.
    fn query(&self, side: Side, phrase: &Phrase, lasts: usize) -> Box<dyn Query> {
        let field = self.field(side);
        let terms = phrase.words().iter().map(|word| Term::from_field_text(field, word)).collect();
        match phrase.last() {
            Match::Whole => Box::new(PhraseQuery::new(terms)),
            Match::Prefix => {
                let mut query = PhrasePrefixQuery::new(terms);
                query.set_max_expansions(u32::try_from(lasts).unwrap_or(u32::MAX));
                Box::new(query)
            }
        }
    }

    /// Calls `take` with the documents in a range, in ascending order for each word.
    pub(super) fn for_each(
        &self,
        matched: &Matched,
        documents: Range<u32>,
        mut take: impl FnMut(u32),
    ) -> tantivy::Result<()> {
        match matched {
            Matched::AnyOf(side, terms) => {
                let index = self.index(*side)?;
                for term in terms {
                    let postings =
                        index.read_block_postings_from_terminfo(term, IndexRecordOption::Basic)?;
                    for_each_in(postings, &documents, &mut take);
                }
            }
            Matched::Phrase(_, query) => {
                let mut found = self.documents(query.as_ref())?;
                let mut document = found.seek(documents.start.max(found.doc()));
                while document < documents.end {
                    take(document);
                    document = found.advance();
                }
            }
            Matched::Continued(side, before, lasts) => {
                let index = self.index(*side)?;
                for_each_continued(&index, before, lasts, |document| {
                    if documents.contains(&document) {
                        take(document);
                    }
                })?;
            }
        }
        Ok(())
    }

    /// Calls `take` with those of some ascending documents that match.
    pub(super) fn check(
        &self,
        matched: &Matched,
        documents: &[u32],
        mut take: impl FnMut(u32),
    ) -> tantivy::Result<()> {
        let mut check_in = |found: &mut dyn DocSet| {
            for document in documents.iter().copied() {
                let mut at = found.doc();
                if at < document {
                    at = found.seek(document);
                }
                if at == document {
                    take(document);
                } else if at == TERMINATED {
                    break;
                }
            }
        };
        match matched {
            Matched::AnyOf(side, terms) => {
                let index = self.index(*side)?;
                for term in terms {
                    let option = IndexRecordOption::Basic;
                    check_in(&mut index.read_postings_from_terminfo(term, option)?);
                }
            }
            Matched::Phrase(_, query) => check_in(&mut self.documents(query.as_ref())?),
            Matched::Continued(side, before, lasts) => {
                for_each_continued(&*self.index(*side)?, before, lasts, |document| {
                    if documents.binary_search(&document).is_ok() {
                        take(document);
                    }
                })?;
            }
        }
        Ok(())
    }

    fn documents(&self, query: &dyn Query) -> tantivy::Result<Box<dyn Scorer>> {
        let weight = query.weight(EnableScoring::disabled_from_schema(&self.fields.schema))?;
        weight.scorer(&self.segment, 1.0)
    }
}

/// The words of a dictionary that begin so.
fn beginning_with(index: &InvertedIndexReader, start: &str) -> tantivy::Result<Vec<TermInfo>> {
    let mut words = index.terms().range().ge(start).into_stream()?;
    let mut terms = Vec::new();
    while words.advance() && words.key().starts_with(start.as_bytes()) {
        terms.push(words.value().clone());
    }
    Ok(terms)
}

/// Calls `take` with the documents in which some words stand one after another and then any of
/// others. Goes through the postings of each word once: tantivy's own query goes through those of
/// all last words for each document.
fn for_each_continued(
    index: &InvertedIndexReader,
    before: &[TermInfo],
    lasts: &[TermInfo],
    mut take: impl FnMut(u32),
) -> tantivy::Result<()> {
    // By document: where the words so far end.
    let mut ends: Option<HashMap<u32, Vec<u32>>> = None;
    let mut positions = Vec::new();
    for word in before {
        let mut next = HashMap::new();
        for_each_position(index, word, &mut positions, |document, positions| {
            let follows = |at: &u32| match &ends {
                None => true,
                Some(ends) => follows(ends, document, *at),
            };
            let own: Vec<u32> = positions.iter().copied().filter(follows).collect();
            if !own.is_empty() {
                next.insert(document, own);
            }
        })?;
        ends = Some(next);
    }
    let ends = ends.unwrap_or_default();
    for word in lasts {
        for_each_position(index, word, &mut positions, |document, positions| {
            if positions.iter().any(|at| follows(&ends, document, *at)) {
                take(document);
            }
        })?;
    }
    Ok(())
}

/// Whether a position in a document comes right after one of those.
fn follows(ends: &HashMap<u32, Vec<u32>>, document: u32, at: u32) -> bool {
    let before = at.checked_sub(1);
    before.is_some_and(|at| ends.get(&document).is_some_and(|ends| ends.contains(&at)))
}

fn for_each_position(
    index: &InvertedIndexReader,
    word: &TermInfo,
    positions: &mut Vec<u32>,
    mut take: impl FnMut(u32, &[u32]),
) -> tantivy::Result<()> {
    let option = IndexRecordOption::WithFreqsAndPositions;
    let mut postings = index.read_postings_from_terminfo(word, option)?;
    while postings.doc() != TERMINATED {
        postings.positions(positions);
        take(postings.doc(), positions);
        postings.advance();
    }
    Ok(())
}

fn for_each_in(
    mut postings: BlockSegmentPostings,
    documents: &Range<u32>,
    take: &mut impl FnMut(u32),
) {
    if documents.start > 0 {
        postings.seek(documents.start);
    }
    loop {
        let block = postings.docs();
        match (block.first(), block.last()) {
            (Some(first), Some(last)) if *first >= documents.start && *last < documents.end => {
                block.iter().for_each(|document| take(*document));
            }
            (Some(first), _) if *first < documents.end => {
                block.iter().filter(|it| documents.contains(it)).for_each(|it| take(*it));
            }
            _ => return,
        }
        postings.advance();
    }
}
