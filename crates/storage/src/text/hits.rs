//! Which rows of a part hold a phrase, as far as the text index knows.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "rows of a part, each at or behind the first that is asked for"
)]

use super::decoded;
use super::file::Layout;
use super::reader::{ALL, Found, Side, TextReader};
use super::shared::TextSnapshot;
use crate::database::cache::Kept;
use crate::database::guard::guard;
use crate::error::{Error, Result};
use crate::index::field::{Field, FieldIndex};
use crate::index::row_set::{Compact, RowSet};
use crate::view::part::Part;
use eventscope_model::EventId;
use eventscope_model::words::Phrase;
use std::sync::Arc;

/// What a panic of tantivy is told as damage to.
const TEXT: &str = "the text index";

/// How many documents of a phrase are gone through in the time that one row is looked up in its
/// documents.
const DOCUMENTS_PER_LOOK: u32 = 48;

/// The rows of one part that hold a phrase: found by its words, and not read off yet.
#[derive(Debug)]
pub struct PhraseHits<'a> {
    part: Part<'a>,
    phrase: &'a Phrase,
    /// Rows of files that are known already.
    known: Vec<Arc<Compact>>,
    values: Vec<(Arc<FieldIndex>, Vec<usize>)>,
    texts: Vec<RowHits>,
    unindexed: Vec<(u16, u16)>,
    most: u32,
}

/// What one file knows of rows of the part.
#[derive(Debug)]
struct RowHits {
    reader: Arc<TextReader>,
    found: Found,
    /// First and last row of the part that the file serves.
    rows: (u16, u16),
    /// The document of the first of them.
    document: u32,
}

impl<'a> PhraseHits<'a> {
    /// Looks a phrase up in the files that serve a part.
    pub(crate) fn find(text: &TextSnapshot, part: Part<'a>, phrase: &'a Phrase) -> Result<Self> {
        let mut hits = Self {
            part,
            phrase,
            known: Vec::new(),
            values: Vec::new(),
            texts: Vec::new(),
            unindexed: Vec::new(),
            most: 0,
        };
        let mut next = part.first().0;
        for file in text.serving(&part) {
            let end = file.contents.end().min(part.end().0);
            let start = file.contents.first.max(next);
            if start >= end {
                continue;
            }
            let rows = (row(start), row(end - 1));
            let document = (start - file.contents.first) as u32;
            let is_whole = start == file.contents.first && end == file.contents.end();
            let keeps = is_whole && decoded::is_word(phrase) && !file.is_retired();
            let known = keeps.then(|| decoded::known(&text.kept, file.number, phrase)).flatten();
            let asked = match known {
                Some(known) => {
                    hits.take(known);
                    Ok(())
                }
                None => guard(TEXT, || {
                    let reader = text.reader(file)?;
                    hits.ask(&reader, rows, document, keeps.then_some(&text.kept))
                }),
            };
            match asked {
                Ok(()) => {}
                Err(error) if is_of_text(&error) => {
                    file.blame(&error);
                    continue;
                }
                Err(error) => return Err(error),
            }
            hits.leave_out(next, start);
            next = end;
        }
        hits.leave_out(next, part.end().0);
        hits.most = hits.most.min(part.len());
        Ok(hits)
    }

    /// Ids that no file serves.
    fn leave_out(&mut self, start: u64, end: u64) {
        if start < end {
            self.unindexed.push((row(start), row(end - 1)));
        }
    }

    fn take(&mut self, known: Arc<Compact>) {
        self.most = self.most.saturating_add(known.rows().len());
        self.known.push(known);
    }

    /// Asks a file for its rows, and decodes them at once where they will be kept.
    fn ask(
        &mut self,
        reader: &Arc<TextReader>,
        rows: (u16, u16),
        document: u32,
        kept: Option<&Kept>,
    ) -> Result<()> {
        let failed = |e| Error::text("read", e);
        let in_rows = reader.find(Side::Rows, self.phrase).map_err(failed)?;
        let in_values = match reader.file.contents.layout {
            Layout::ByValue => self.values_of(reader)?,
            Layout::ByRow => Vec::new(),
        };
        // Nothing is taken in before everything was read.
        if let Some(kept) = kept {
            let documents = in_rows.as_ref().map(|found| &found.matched);
            let known = Arc::new(decoded::decode(reader, rows.0, documents, &in_values)?);
            decoded::keep(kept, reader.file.number, self.phrase, &known);
            self.take(known);
            return Ok(());
        }
        if let Some(found) = in_rows {
            self.most = self.most.saturating_add(found.most);
            self.texts.push(RowHits { reader: Arc::clone(reader), found, rows, document });
        }
        for (index, values) in &in_values {
            let rows = values.iter().map(|value| index.cardinality(*value)).sum();
            self.most = self.most.saturating_add(rows);
        }
        self.values.extend(in_values);
        Ok(())
    }

    /// The values that hold the phrase, by the index of their field.
    fn values_of(&self, reader: &TextReader) -> Result<Vec<(Arc<FieldIndex>, Vec<usize>)>> {
        let failed = |e| Error::text("read", e);
        let mut found: Vec<u32> = Vec::new();
        if let Some(values) = reader.find(Side::Values, self.phrase).map_err(failed)? {
            reader.for_each(&values.matched, ALL, |value| found.push(value)).map_err(failed)?;
        }
        found.sort_unstable();
        found.dedup();
        let fields = &reader.file.contents.fields;
        let mut values: Vec<(Arc<FieldIndex>, Vec<usize>)> = Vec::new();
        let mut rest = found.as_slice();
        while let Some(first) = rest.first() {
            let after = fields.partition_point(|(_, _, base)| base <= first);
            let field = after.checked_sub(1).and_then(|at| fields.get(at));
            let end = fields.get(after).map_or(u32::MAX, |(_, _, base)| *base);
            let damaged = || Error::text_damage("it knows values that are not there");
            let (code, key, base) = field.ok_or_else(damaged)?;
            let index = Field::from_code(*code, key).map(|field| self.part.field(field));
            let index = index.transpose()?.flatten().ok_or_else(damaged)?;
            let (own, behind) = rest.split_at(rest.partition_point(|value| *value < end));
            let own: Vec<usize> = own.iter().map(|value| (value - base) as usize).collect();
            if own.last().is_some_and(|value| *value >= index.len()) {
                return Err(damaged());
            }
            values.push((index, own));
            rest = behind;
        }
        Ok(values)
    }

    /// How many of the indexed rows hold the phrase at most.
    #[must_use]
    pub fn most(&self) -> u32 {
        self.most
    }

    /// The bytes of the index that [`PhraseHits::or_into`] touches: decoded rows, the rows of
    /// values, postings and positions.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let known = self.known.iter().map(|known| known.bytes());
        let values = self
            .values
            .iter()
            .flat_map(|(index, values)| values.iter().map(|value| index.rows(*value).bytes()));
        let texts = self.texts.iter().map(|text| text.found.bytes);
        known.chain(values).chain(texts).sum()
    }

    /// The rows that the text index does not know: first and last of each run, ascending.
    #[must_use]
    pub fn unindexed(&self) -> &[(u16, u16)] {
        &self.unindexed
    }

    /// Adds the indexed rows that hold the phrase to a set.
    ///
    /// # Errors
    /// When the text index cannot be read, and then the rows themselves cannot be either.
    pub fn or_into(&self, set: &mut RowSet) -> Result<()> {
        self.add_known(set);
        for text in &self.texts {
            let (first, last) = text.rows;
            let documents = text.document..text.document + u32::from(last - first) + 1;
            let take = |document: u32| set.insert(first + (document - text.document) as u16);
            if let Err(error) =
                text.guarded(|| text.reader.for_each(&text.found.matched, documents, take))
            {
                self.read(text, &error, &RowSet::span(first, last), set)?;
            }
        }
        Ok(())
    }

    /// Keeps the rows in a set that are indexed and hold the phrase. Few rows are looked up among
    /// the documents of the phrase; for many, its documents are gone through.
    ///
    /// # Errors
    /// As [`PhraseHits::or_into`].
    pub fn and_into(&self, set: &mut RowSet) -> Result<()> {
        if let Some(known) = self.only_known() {
            known.rows().and_into(set);
            return Ok(());
        }
        let mut holding = RowSet::empty();
        if set.len().saturating_mul(DOCUMENTS_PER_LOOK) >= self.most {
            self.or_into(&mut holding)?;
            set.and(&holding);
            return Ok(());
        }
        self.add_known(&mut holding);
        for text in &self.texts {
            let (first, last) = text.rows;
            let mut open = RowSet::span(first, last);
            open.and(set);
            open.and_not(&holding);
            let documents: Vec<u32> =
                open.iter().map(|row| text.document + u32::from(row - first)).collect();
            let take = |document: u32| holding.insert(first + (document - text.document) as u16);
            if let Err(error) =
                text.guarded(|| text.reader.check(&text.found.matched, &documents, take))
            {
                self.read(text, &error, &open, &mut holding)?;
            }
        }
        set.and(&holding);
        Ok(())
    }

    /// The rows, where they are those of one file and known.
    fn only_known(&self) -> Option<&Compact> {
        match self.known.as_slice() {
            [known] if self.texts.is_empty() && self.values.is_empty() => Some(known),
            _ => None,
        }
    }

    fn add_known(&self, set: &mut RowSet) {
        self.known.iter().for_each(|known| known.rows().or_into(set));
        for (index, values) in &self.values {
            values.iter().for_each(|value| index.rows(*value).or_into(set));
        }
    }

    /// Reads rows one by one, since the file that should know them could not be read.
    fn read(&self, text: &RowHits, error: &Error, rows: &RowSet, set: &mut RowSet) -> Result<()> {
        text.reader.file.blame(error);
        for row in rows.iter() {
            let holds = self.part.with_body(row, |body| {
                let scope = self.part.scope();
                let mut texts = body.into_iter().flat_map(|body| super::build::texts(body, scope));
                Ok(texts.any(|text| self.phrase.occurs_in(text)))
            })?;
            if holds {
                set.insert(row);
            }
        }
        Ok(())
    }
}

impl RowHits {
    /// A damaged file may make tantivy panic; that is an error like another.
    fn guarded(&self, ask: impl FnOnce() -> tantivy::Result<()>) -> Result<()> {
        guard(TEXT, || ask().map_err(|e| Error::text("read", e)))
    }
}

/// Whether the text index is at fault, and not the store that it serves.
fn is_of_text(error: &Error) -> bool {
    match error {
        Error::Text { .. } => true,
        Error::Corrupt { place, .. } => place == TEXT,
        _ => false,
    }
}

fn row(id: u64) -> u16 {
    EventId(id).row()
}
