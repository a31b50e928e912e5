//! A sealed segment: consecutive rows of one window.
//!
//! It never changes, but a new version may take its place that lacks what was deleted or pruned
//! since, and that has the amendments in its rows. Row numbers are the same in all versions.
//!
//! Its rows are in blocks, one value of the database each. Its index (one section per field, the
//! times, the uids) and the compression dictionary are sections of one stream, cut into pieces.
//! The directory says where everything is, and stays in memory, but for the places of very many
//! fields; sections are read when a query asks for them, and kept in the cache.

pub(crate) mod chunk;
pub(crate) mod fields;
pub(crate) mod reader;
pub(crate) mod scope_labels;

use crate::change::{read_rows, write_rows};
use crate::database::codec::{self, Kind, Packing};
use crate::database::stream;
use crate::error::{Error, Result};
use crate::index::Index;
use crate::index::bloom::Bloom;
use crate::index::field::{CLOSES, Field};
use crate::index::row_set::RowSet;
use crate::limits::{KEPT_FIELDS_MAX, WINDOW_ROWS};
use crate::row::Row;
use crate::row::block::Blocks;
use crate::row::compression::{self, RowCompressor};
use crate::segment::fields::{Fields, Layout};
use bincode::{Decode, Encode};
use eventscope_model::{EventId, ScopeLabels, Timestamp};
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use xxhash_rust::xxh3::Xxh3;

/// Section of the times.
pub(crate) const TIMES: u8 = 32;
/// Section of the uids.
pub(crate) const UIDS: u8 = 33;
/// Section of the compression dictionary.
pub(crate) const DICTIONARY: u8 = 34;
/// Section of the labels that are indexed, where these are not all labels.
pub(crate) const LABELS: u8 = 35;

/// Where everything of a segment is.
#[derive(Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Directory {
    pub(crate) first: u64,
    pub(crate) rows: u32,
    /// See [`digest`].
    digest: u64,
    /// The earliest and the latest time of its rows.
    span: (i64, i64),
    /// The number of the last change whose amendments are in the rows.
    through: u64,
    /// The rows that are no whole events any more: a Roaring bitmap, or empty if there are none.
    removed: Vec<u8>,
    /// What blocks and pieces take in the file, in pages of 4 KiB.
    pages: u32,
    /// The position of the first row of each block.
    block_firsts: Vec<u16>,
    /// The time of receipt, from which row on.
    received: Vec<(u16, i64)>,
    /// Code, key and bytes of each section, in the order of the stream.
    pub(crate) sections: Vec<(u8, String, u32)>,
}

/// A segment as bytes, ready to be stored.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) first: EventId,
    pub(crate) rows: u32,
    pub(crate) digest: u64,
    /// The labels that are indexed.
    pub(crate) labels: Arc<ScopeLabels>,
    pub(crate) directory: Vec<u8>,
    pub(crate) blocks: Vec<Vec<u8>>,
    pub(crate) stream: Vec<u8>,
}

impl Image {
    /// The image of some rows and their index, with the amendments up to change `through` in them.
    pub(crate) fn build(
        first: EventId,
        rows: &[&Row],
        index: &Index,
        through: u64,
    ) -> Result<Self> {
        let whole = rows.iter().filter(|row| row.is_whole());
        let bodies: Vec<&[u8]> = whole.map(|row| row.body.as_slice()).collect();
        let dictionary = compression::train(&bodies);
        let encoder = RowCompressor::dictionary(&dictionary)?;
        let mut compressor = RowCompressor::new(&encoder)?;
        let mut blocks = Blocks::default();
        rows.iter().for_each(|row| blocks.push(row, &mut compressor));
        let blocks = blocks.finish();

        let mut stream = Vec::new();
        let mut sections = Vec::new();
        let mut add = |code: u8, key: &str, record: &[u8]| {
            sections.push((code, key.to_owned(), record.len() as u32));
            stream.extend_from_slice(record);
            Ok(())
        };
        each_section(index, &mut add)?;
        add(DICTIONARY, "", &codec::seal(Kind::Section, Packing::Plain, &dictionary))?;

        let mut received: Vec<(u16, i64)> = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            let nanos = row.received.nanos();
            if received.last().is_none_or(|(_, last)| *last != nanos) {
                received.push((at as u16, nanos));
            }
        }
        let digest = digest(first, blocks.done.iter().map(Vec::as_slice), &stream);
        let pages = pages(&blocks.done, &stream) as u32;
        let directory = Directory {
            first: first.0,
            rows: rows.len() as u32,
            digest,
            span: (index.times.first().nanos(), index.times.last().nanos()),
            through,
            removed: removed(first, rows),
            pages,
            block_firsts: blocks.firsts,
            received,
            sections,
        };
        let directory = codec::seal_value(Kind::Directory, Packing::Zstd, &directory)?;
        let rows = rows.len() as u32;
        let labels = Arc::clone(&index.labels);
        Ok(Self { first, rows, digest, labels, directory, blocks: blocks.done, stream })
    }
}

impl Image {
    /// The bytes that it takes in the file.
    #[expect(clippy::arithmetic_side_effects, reason = "an image is in memory")]
    pub(crate) fn bytes(&self) -> u64 {
        let pages = pages(&self.blocks, &self.stream) + stream::pages(self.directory.len());
        pages as u64 * stream::PAGE_BYTES as u64
    }
}

/// The pages that blocks and pieces take in the file.
fn pages(blocks: &[Vec<u8>], stream: &[u8]) -> usize {
    let lens = blocks.iter().map(Vec::len).chain(stream::pieces(stream.len()));
    lens.map(stream::pages).sum()
}

/// Which rows are no whole events, as the directory says it.
pub(crate) fn removed(first: EventId, rows: &[&Row]) -> Vec<u8> {
    let numbers = (first.row()..=u16::MAX).zip(rows).filter(|(_, row)| !row.is_whole());
    let removed: RowSet = numbers.map(|(number, _)| number).collect();
    if removed.is_empty() { Vec::new() } else { write_rows(&removed) }
}

/// The digest that a directory record names, if it can be read.
pub(crate) fn digest_in(directory: &[u8]) -> Option<u64> {
    let directory = codec::open_value::<Directory>(Kind::Directory, directory, &"a directory");
    directory.ok().map(|directory| directory.digest)
}

/// A hash over all bytes of a segment but its directory: what tells one version of a segment from
/// another, whether it was rewritten here or belongs to another store. What is derived from a
/// segment and kept elsewhere is kept under this number.
pub(crate) fn digest<'a>(
    first: EventId,
    blocks: impl Iterator<Item = &'a [u8]>,
    stream: &[u8],
) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(&first.0.to_le_bytes());
    blocks.for_each(|block| hash.update(block));
    hash.update(stream);
    hash.digest()
}

/// Lends the code, the key and the record of each section that is derived from the rows, in the
/// order of the stream.
pub(crate) fn each_section(
    index: &Index,
    mut use_section: impl FnMut(u8, &str, &[u8]) -> Result<()>,
) -> Result<()> {
    use_section(TIMES, "", &index.times.write()?)?;
    use_section(UIDS, "", &index.uids.write()?)?;
    if !index.labels.is_all() {
        use_section(LABELS, "", &scope_labels::write(&index.labels)?)?;
    }
    index.fields.each_record(use_section)
}

/// A segment that is in the catalogue.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) first: EventId,
    pub(crate) rows: u32,
    /// What tells this version of the segment from any other.
    pub(crate) digest: u64,
    pub(crate) span: (Timestamp, Timestamp),
    /// The number of the last change whose amendments are in the rows.
    pub(crate) through: u64,
    /// The rows that are no whole events any more, if there are any: only the uid is left of those
    /// that were deleted, and nothing of those that were pruned.
    pub(crate) removed: Option<RowSet>,
    /// What it takes in the file, but for its directory.
    pub(crate) bytes: u64,
    block_firsts: Vec<u16>,
    received: Vec<(u16, i64)>,
    pub(crate) field_count: usize,
    /// Whether any row is a notice that an alert is over.
    pub(crate) has_notices: bool,
    /// Of the fields, unless these are so many that the cache keeps them.
    pub(crate) fields: Option<Arc<Fields>>,
    /// Of the values of each of these fields, once a value was asked for in vain.
    blooms: Box<[OnceLock<Option<Bloom>>]>,
    pub(crate) times: Section,
    pub(crate) uids: Section,
    pub(crate) dictionary: Section,
    /// Where it says which labels are indexed, unless these are all.
    pub(crate) labels_section: Option<Section>,
    /// The labels that are indexed.
    pub(crate) labels: Arc<ScopeLabels>,
    pub(crate) source: Source,
    pub(crate) stream_bytes: usize,
}

/// What a segment was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The rows of the tail, since the store was opened; or it is not known.
    Tail,
    /// An earlier version of it, since the store was opened.
    Rewrite,
}

/// Where a section is in the stream.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    /// A number that is unique in the segment.
    pub(crate) number: u32,
    pub(crate) range: Range<usize>,
}

/// The fields of a segment, out of its directory.
pub(crate) fn fields(directory: &[u8], place: &str) -> Result<Fields> {
    let directory: Directory = codec::open_value(Kind::Directory, directory, &place)?;
    Ok(Layout::of(directory.sections).fields)
}

impl Segment {
    /// Reads the directory of a segment and checks it against the number of rows that the catalogue
    /// says it has. Which labels are indexed stands elsewhere: see [`Segment::with_labels`].
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "the catalogue checks that no id overflows, and lengths have 32 bits"
    )]
    pub(crate) fn open(first: EventId, known_rows: u32, directory: &[u8]) -> Result<Self> {
        let place = format!("the directory of segment {first}");
        let directory: Directory = codec::open_value(Kind::Directory, directory, &place)?;
        let damaged = || Error::corrupt(&place, "it does not fit the catalogue");
        let rows = directory.rows;
        let last = rows.checked_sub(1).map(|more| EventId(first.0 + u64::from(more)));
        let fits = directory.first == first.0
            && rows == known_rows
            && rows as usize <= WINDOW_ROWS
            && last.is_some_and(|last| last.window() == first.window())
            && directory.block_firsts.first() == Some(&0)
            && directory.block_firsts.is_sorted_by(|a, b| a < b)
            && directory.block_firsts.last().is_some_and(|at| u32::from(*at) < rows)
            && directory.received.first().is_some_and(|(at, _)| *at == 0)
            && directory.received.is_sorted_by(|a, b| a.0 < b.0);
        if !fits {
            return Err(damaged());
        }
        let (start, end) = directory.span;
        let span = Timestamp::from_nanos(start).zip(Timestamp::from_nanos(end));
        let removed = match directory.removed.as_slice() {
            [] => None,
            bytes => Some(read_rows(bytes)?),
        };
        let is_within = |rows: &RowSet| {
            let own = last.map(|last| RowSet::span(first.row(), last.row()));
            own.is_some_and(|own| own.intersection_len(rows) == rows.len())
        };
        if removed.as_ref().is_some_and(|removed| !is_within(removed)) {
            return Err(damaged());
        }
        let layout = Layout::of(directory.sections);
        let field_count = layout.fields.len();
        let has_notices = layout.fields.find(CLOSES, "").is_some();
        let fields = (field_count <= KEPT_FIELDS_MAX).then(|| Arc::new(layout.fields));
        let blooms = fields.as_ref().map_or(0, |fields| fields.len());
        Ok(Self {
            first,
            rows,
            digest: directory.digest,
            span: span.ok_or_else(damaged)?,
            through: directory.through,
            removed,
            bytes: u64::from(directory.pages) * stream::PAGE_BYTES as u64,
            block_firsts: directory.block_firsts,
            received: directory.received,
            field_count,
            has_notices,
            fields,
            blooms: std::iter::repeat_with(OnceLock::new).take(blooms).collect(),
            times: layout.times.ok_or_else(damaged)?,
            uids: layout.uids.ok_or_else(damaged)?,
            dictionary: layout.dictionary.ok_or_else(damaged)?,
            labels_section: layout.labels,
            labels: Arc::default(),
            source: Source::Tail,
            stream_bytes: layout.stream_bytes,
        })
    }

    /// The same segment, with the labels that its index holds.
    pub(crate) fn with_labels(self, labels: Arc<ScopeLabels>) -> Self {
        Self { labels, ..self }
    }

    /// The same segment, known to be made of an earlier version of it.
    pub(crate) fn rewritten(self) -> Self {
        Self { source: Source::Rewrite, ..self }
    }

    /// The first id after this segment.
    #[expect(clippy::arithmetic_side_effects, reason = "ids stay below 2^48")]
    pub(crate) fn end(&self) -> EventId {
        EventId(self.first.0 + u64::from(self.rows))
    }

    /// The rows it has, whole or not.
    #[expect(clippy::arithmetic_side_effects, reason = "a segment has rows")]
    pub(crate) fn row_set(&self) -> RowSet {
        RowSet::span(self.first.row(), EventId(self.end().0 - 1).row())
    }

    /// How many rows are whole events.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "`open` checks that what was removed is among the rows"
    )]
    pub(crate) fn whole_rows(&self) -> u32 {
        self.rows - self.removed.as_ref().map_or(0, RowSet::len)
    }

    /// The position of an id among the rows, if it is in this segment.
    pub(crate) fn position(&self, id: EventId) -> Option<u16> {
        let offset = id.0.checked_sub(self.first.0)?;
        (offset < u64::from(self.rows)).then_some(offset as u16)
    }

    /// The place of the filter of a field's values, where the segment keeps one.
    pub(crate) fn bloom(&self, field: Field<'_>) -> Option<&OnceLock<Option<Bloom>>> {
        let (code, key) = field.code();
        self.blooms.get(self.fields.as_ref()?.find(code, key)?)
    }

    /// The number of the block that holds the row at a position, and where in it.
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "`open` checks that the first block begins at row 0"
    )]
    pub(crate) fn block_of(&self, position: u16) -> (u16, usize) {
        let number = self.block_firsts.partition_point(|first| *first <= position) - 1;
        (number as u16, usize::from(position - self.block_firsts[number]))
    }

    /// How many blocks hold its rows.
    pub(crate) fn blocks(&self) -> usize {
        self.block_firsts.len()
    }

    /// The time of receipt of the row at a position.
    pub(crate) fn received(&self, position: u16) -> Option<Timestamp> {
        let after = self.received.partition_point(|(first, _)| *first <= position);
        Timestamp::from_nanos(self.received.get(after.checked_sub(1)?)?.1)
    }
}

#[cfg(test)]
mod tests {
    use super::{Directory, Kind, Packing, RowSet, Segment, codec, write_rows};
    use crate::{Error, Options, Storage};
    use eventscope_model::{Draft, EventId};

    #[test]
    fn only_rows_of_the_segment_can_be_removed_from_it() {
        let storage = Storage::in_memory(&Options::default()).unwrap();
        storage.append(vec![Draft::custom("one"), Draft::custom("two")]).unwrap();
        storage.seal_now().unwrap();
        let stored = storage.snapshot().view().reader.directory(EventId(1)).unwrap();
        for (removed, fits) in [((1, 2), true), ((0, 1), false), ((2, 3), false)] {
            let mut directory: Directory =
                codec::open_value(Kind::Directory, &stored, &"it").unwrap();
            directory.removed = write_rows(&RowSet::span(removed.0, removed.1));
            let record = codec::seal_value(Kind::Directory, Packing::Plain, &directory).unwrap();
            match Segment::open(EventId(1), 2, &record) {
                Ok(segment) => assert!(fits && segment.whole_rows() == 0, "{removed:?}"),
                Err(error) => {
                    assert!(!fits && matches!(error, Error::Corrupt { .. }), "{removed:?}");
                }
            }
        }
    }
}
