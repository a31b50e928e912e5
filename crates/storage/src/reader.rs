//! Reads the parts of segments: through the cache where they are asked for again.
//!
//! A reader owns a read transaction on `segments.redb`, begun after the last seal that its
//! catalogue knows of; whatever happens to the file later, it sees what it saw then.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "ids stay below 2^48, and so do the bytes of what is in memory"
)]

use crate::block;
use crate::budget;
use crate::change::Record;
use crate::codec::{self, Kind};
use crate::column::Column;
use crate::error::{Error, Result};
use crate::field::{Field, FieldIndex};
use crate::fields::Fields;
use crate::files::SEGMENTS;
use crate::guard::{Held, guard};
use crate::index::row_of;
use crate::labels;
use crate::packer::Unpackers;
use crate::pair::Counters;
use crate::row::{Body, Content, Encoded, Origin, Row};
use crate::sealer;
use crate::segment::{self, Image, Section, Segment};
use crate::stream;
use crate::sums::KeptSums;
use crate::tables::{self, folded_key, segment_key};
use crate::times::Times;
use crate::uids::Uids;
use eventscope_model::{Event, EventId, ScopeLabels, Timestamp};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use redb::{ReadOnlyTable, ReadableDatabase, ReadableTable, StorageError};
use std::sync::Arc;
use zstd::dict::DecoderDictionary;

/// What all readers of a store share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) store_id: String,
    /// By the digest of the segment and the number of the section; for columns, the number with
    /// [`OF_COLUMN`].
    cache: Cache<(u64, u32), Cached, Weight>,
    unpackers: Unpackers,
    pub(crate) sums: KeptSums,
}

/// Added to the number of a field's section: its column, which is not stored. Sections are numbered
/// from 0 and never that many.
const OF_COLUMN: u32 = 1 << 31;

/// Stands for the places of the fields of a segment in the cache.
const OF_FIELDS: u32 = u32::MAX >> 1;

impl Shared {
    /// A cache of so many bytes, empty.
    pub(crate) fn new(store_id: String, cache_bytes: usize) -> Self {
        /// An average section.
        const SECTION_BYTES: usize = 64 * 1024;
        let cache = budget::cache(cache_bytes, SECTION_BYTES, Weight);
        Self { store_id, cache, unpackers: Unpackers::default(), sums: KeptSums::default() }
    }

    pub(crate) fn origin(&self) -> Origin<'_> {
        Origin { store_id: &self.store_id }
    }

    /// Bytes in the cache now.
    pub(crate) fn cached_bytes(&self) -> u64 {
        self.cache.weight()
    }
}

/// A section, ready to be used.
#[derive(Clone)]
enum Cached {
    Field(Arc<FieldIndex>),
    Fields(Arc<Fields>),
    Column(Arc<Column>),
    Times(Arc<Times>),
    Uids(Arc<Uids>),
    Dictionary(Arc<DecoderDictionary<'static>>, usize),
}

impl std::fmt::Debug for Cached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cached")
    }
}

#[derive(Clone, Debug)]
struct Weight;

impl Weighter<(u64, u32), Cached> for Weight {
    fn weight(&self, _: &(u64, u32), cached: &Cached) -> u64 {
        let bytes = match cached {
            Cached::Field(field) => field.weight(),
            Cached::Fields(fields) => fields.weight(),
            Cached::Column(column) => column.weight(),
            Cached::Times(times) => times.weight(),
            Cached::Uids(uids) => uids.weight(),
            // zstd keeps the dictionary and tables of about its size.
            Cached::Dictionary(_, bytes) => bytes * 2 + 1_024,
        };
        bytes as u64
    }
}

/// Whether what is read will be asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uses {
    /// It will not: the cache stays as it is.
    One,
    /// It may be.
    Many,
}

/// Reads segments as of one state of `segments.redb`.
pub(crate) struct Reader {
    pub(crate) shared: Arc<Shared>,
    blocks: ReadOnlyTable<u64, &'static [u8]>,
    pieces: ReadOnlyTable<u64, &'static [u8]>,
    directories: ReadOnlyTable<u64, &'static [u8]>,
    overlays: ReadOnlyTable<u64, &'static [u8]>,
    /// What the file said when it was in this state.
    pub(crate) counters: Counters,
    /// Keeps the file open, even when another one has taken its place. Dropped after the tables.
    _file: Arc<Held>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reader")
    }
}

impl Reader {
    /// A reader of the present state.
    pub(crate) fn begin(file: &Arc<Held>, shared: Arc<Shared>) -> Result<Self> {
        guard(SEGMENTS, || {
            let transaction = file.with(|database| {
                database.begin_read().map_err(|e| Error::database("begin to read", e))
            })?;
            let facts = tables::open_facts(&transaction)?;
            Ok(Self {
                shared,
                counters: facts.map_or(Ok(Counters::default()), |it| Counters::read(&it))?,
                blocks: tables::open(&transaction, tables::BLOCKS)?,
                pieces: tables::open(&transaction, tables::PIECES)?,
                directories: tables::open(&transaction, tables::DIRECTORIES)?,
                overlays: tables::open(&transaction, tables::OVERLAYS)?,
                _file: Arc::clone(file),
            })
        })
    }

    /// The directory record of a segment.
    pub(crate) fn directory(&self, first: EventId) -> Result<Vec<u8>> {
        let mut record = Vec::new();
        let place = || format!("the directory of segment {first}");
        with(&self.directories, first.0, place, |bytes| {
            record = bytes.to_vec();
            Ok(())
        })?;
        Ok(record)
    }

    /// The changes of a window that have left the log, in their order.
    pub(crate) fn folded(&self, window: u32) -> Result<Vec<Record>> {
        guard(SEGMENTS, || {
            let mut changes = Vec::new();
            let keys = folded_key(window, 0)..=folded_key(window, u32::MAX);
            for item in self.overlays.range(keys).map_err(read_error)? {
                let (key, record) = item.map_err(read_error)?;
                changes.extend(sealer::open_folded(key.value(), record.value())?.changes);
            }
            Ok(changes)
        })
    }

    /// The fields of a segment and their places.
    pub(crate) fn fields(&self, segment: &Segment) -> Result<Arc<Fields>> {
        if let Some(fields) = &segment.fields {
            return Ok(Arc::clone(fields));
        }
        let key = (segment.digest, OF_FIELDS);
        if let Some(Cached::Fields(fields)) = self.shared.cache.get(&key) {
            return Ok(fields);
        }
        let place = format!("the directory of segment {}", segment.first);
        let fields = segment::fields(&self.directory(segment.first)?, &place)?;
        let fields = Arc::new(fields);
        self.shared.cache.insert(key, Cached::Fields(Arc::clone(&fields)));
        Ok(fields)
    }

    /// The section of a field, if the segment has it.
    pub(crate) fn field_section(
        &self,
        segment: &Segment,
        code: u8,
        key: &str,
    ) -> Result<Option<Section>> {
        let find =
            |fields: &Fields| fields.find(code, key).and_then(|at| fields.section(at).cloned());
        match &segment.fields {
            Some(fields) => Ok(find(fields)),
            None => Ok(find(&*self.fields(segment)?)),
        }
    }

    /// The index of a field, if any row of the segment has it.
    pub(crate) fn field(
        &self,
        segment: &Segment,
        field: Field<'_>,
    ) -> Result<Option<Arc<FieldIndex>>> {
        let (code, key) = field.code();
        let Some(section) = self.field_section(segment, code, key)? else { return Ok(None) };
        let first_row = row_of(segment.first);
        let last_row = row_of(EventId(segment.end().0 - 1));
        let read = |record: &[u8], place: &str| {
            let field = FieldIndex::read(record, first_row, last_row, &place)?;
            Ok(Cached::Field(Arc::new(field)))
        };
        match self.section(segment, &section, read)? {
            Cached::Field(field) => Ok(Some(field)),
            _ => Err(misplaced(segment)),
        }
    }

    /// Lends the index of each field that is wanted. A segment with so many fields that the cache
    /// keeps their places would push everything else out of it, so of that one none is kept.
    pub(crate) fn each_field(
        &self,
        segment: &Segment,
        uses: Uses,
        wants: impl Fn(Field<'_>) -> bool,
        mut use_field: impl FnMut(Field<'_>, &Arc<FieldIndex>) -> Result<()>,
    ) -> Result<()> {
        let fields = self.fields(segment)?;
        let (first_row, last_row) = (row_of(segment.first), row_of(EventId(segment.end().0 - 1)));
        let mut stream = None;
        for (code, key, section) in fields.iter() {
            let Some(field) = Field::from_code(code, key).filter(|field| wants(*field)) else {
                continue;
            };
            if segment.fields.is_some() && uses == Uses::Many {
                if let Some(index) = self.field(segment, field)? {
                    use_field(field, &index)?;
                }
                continue;
            }
            let stream = match &mut stream {
                Some(stream) => stream,
                none => none.insert(self.stream(segment)?),
            };
            let record = stream.get(section.range.clone()).unwrap_or_default();
            let place = format_args!("section {} of segment {}", section.number, segment.first);
            let index = FieldIndex::read(record, first_row, last_row, &place)?;
            use_field(field, &Arc::new(index))?;
        }
        Ok(())
    }

    /// The column of a field that the segment has.
    pub(crate) fn column(
        &self,
        segment: &Segment,
        field: Field<'_>,
        index: &FieldIndex,
    ) -> Result<Option<Arc<Column>>> {
        let (code, key) = field.code();
        let section = self.field_section(segment, code, key)?;
        let section = section.ok_or_else(|| misplaced(segment))?;
        let key = (segment.digest, section.number | OF_COLUMN);
        if let Some(Cached::Column(column)) = self.shared.cache.get(&key) {
            return Ok(Some(column));
        }
        let column = Column::of(index).map(Arc::new);
        if let Some(column) = &column {
            self.shared.cache.insert(key, Cached::Column(Arc::clone(column)));
        }
        Ok(column)
    }

    /// The times of a segment.
    pub(crate) fn times(&self, segment: &Segment) -> Result<Arc<Times>> {
        let (first_row, rows) = (row_of(segment.first), segment.rows as usize);
        let read = |record: &[u8], place: &str| {
            Times::read(record, first_row, rows, place).map(|times| Cached::Times(Arc::new(times)))
        };
        match self.section(segment, &segment.times, read)? {
            Cached::Times(times) => Ok(times),
            _ => Err(misplaced(segment)),
        }
    }

    /// The uids of a segment.
    pub(crate) fn uids(&self, segment: &Segment) -> Result<Arc<Uids>> {
        let read = |record: &[u8], place: &str| {
            Uids::read(record, segment.rows as usize, place)
                .map(|uids| Cached::Uids(Arc::new(uids)))
        };
        match self.section(segment, &segment.uids, read)? {
            Cached::Uids(uids) => Ok(uids),
            _ => Err(misplaced(segment)),
        }
    }

    /// The event at a position, without the overlay.
    pub(crate) fn event(&self, segment: &Segment, position: u16) -> Result<Event> {
        let id = EventId(segment.first.0 + u64::from(position));
        self.with_row(segment, position, |row, body| row.event(body, id, self.shared.origin()))
    }

    /// Lends the body of the row at a position; none if the row holds no event any more.
    pub(crate) fn with_body<T>(
        &self,
        segment: &Segment,
        position: u16,
        use_body: impl FnOnce(Option<&Body<'_>>) -> Result<T>,
    ) -> Result<T> {
        self.with_row(segment, position, |_, body| use_body(Content::read(body)?.event()))
    }

    /// The uid of the event at a position, if that much is left of it.
    pub(crate) fn uid(&self, segment: &Segment, position: u16) -> Result<Option<String>> {
        let id = EventId(segment.first.0 + u64::from(position));
        self.with_row(segment, position, |row, body| row.uid(body, id, self.shared.origin()))
    }

    /// The row at a position, unpacked.
    pub(crate) fn row(&self, segment: &Segment, position: u16) -> Result<Row> {
        self.with_row(segment, position, |row, body| {
            let Encoded { time, received, digest } = row;
            Ok(Row { time, received, digest, body: body.to_vec() })
        })
    }

    fn with_row<T>(
        &self,
        segment: &Segment,
        position: u16,
        use_row: impl FnOnce(Encoded, &[u8]) -> Result<T>,
    ) -> Result<T> {
        let times = self.times(segment)?;
        let time = Timestamp::from_nanos(times.nanos(usize::from(position)));
        let (time, received) =
            time.zip(segment.received(position)).ok_or_else(|| misplaced(segment))?;
        let dictionary = self.dictionary(segment)?;
        let (number, at) = segment.block_of(position);
        let place = format_args!("block {number} of segment {}", segment.first);
        let key = segment_key(segment.first.0, number);
        with(
            &self.blocks,
            key,
            || place.to_string(),
            |frame| {
                let body = codec::open(Kind::Block, frame, &place)?;
                let row = block::row(&body, at, &place)?;
                let encoded = Encoded { time, received, digest: row.digest };
                match row.packed {
                    None => use_row(encoded, row.body),
                    Some(length) => {
                        self.shared
                            .unpackers
                            .unpack(&dictionary, row.body, length, |body| use_row(encoded, body))
                    }
                }
            },
        )
    }

    fn dictionary(&self, segment: &Segment) -> Result<Arc<DecoderDictionary<'static>>> {
        let read = |record: &[u8], place: &str| {
            let bytes = codec::open(Kind::Section, record, &place)?;
            let dictionary = Arc::new(Unpackers::dictionary(&bytes, place)?);
            Ok(Cached::Dictionary(dictionary, bytes.len()))
        };
        match self.section(segment, &segment.dictionary, read)? {
            Cached::Dictionary(dictionary, _) => Ok(dictionary),
            _ => Err(misplaced(segment)),
        }
    }

    fn section(
        &self,
        segment: &Segment,
        section: &Section,
        read: impl FnOnce(&[u8], &str) -> Result<Cached>,
    ) -> Result<Cached> {
        let key = (segment.digest, section.number);
        if let Some(cached) = self.shared.cache.get(&key) {
            return Ok(cached);
        }
        let record = self.record(segment, section)?;
        let place = format!("section {} of segment {}", section.number, segment.first);
        let cached = read(&record, &place)?;
        self.shared.cache.insert(key, cached.clone());
        Ok(cached)
    }

    /// Reads all folded changes as they are stored: the key and the record of each.
    pub(crate) fn each_folded(
        &self,
        mut use_record: impl FnMut(u64, &[u8]) -> Result<()>,
    ) -> Result<()> {
        guard(SEGMENTS, || {
            for item in self.overlays.iter().map_err(read_error)? {
                let (key, record) = item.map_err(read_error)?;
                use_record(key.value(), record.value())?;
            }
            Ok(())
        })
    }

    /// The labels that the index of a segment holds.
    pub(crate) fn labels(&self, segment: &Segment) -> Result<ScopeLabels> {
        let Some(section) = &segment.labels_section else { return Ok(ScopeLabels::all()) };
        let place = format_args!("the list of labels of segment {}", segment.first);
        labels::read(&self.record(segment, section)?, &place)
    }

    /// A segment as it is stored, after making sure that its bytes are what they were.
    pub(crate) fn image(&self, segment: &Segment) -> Result<Image> {
        let first = segment.first;
        let (blocks, stream) = self.stored(segment)?;
        if segment::digest(first, blocks.iter().map(Vec::as_slice), &stream) != segment.digest {
            return Err(Error::corrupt(format!("segment {first}"), "its digest differs"));
        }
        let (rows, digest, labels) = (segment.rows, segment.digest, Arc::clone(&segment.labels));
        let directory = self.directory(first)?;
        Ok(Image { first, rows, digest, labels, directory, blocks, stream })
    }

    /// The digest of a segment as its stored bytes give it.
    pub(crate) fn digest(&self, segment: &Segment) -> Result<u64> {
        let (blocks, stream) = self.stored(segment)?;
        Ok(segment::digest(segment.first, blocks.iter().map(Vec::as_slice), &stream))
    }

    /// The blocks and the stream of a segment.
    fn stored(&self, segment: &Segment) -> Result<(Vec<Vec<u8>>, Vec<u8>)> {
        let mut blocks = Vec::with_capacity(segment.blocks());
        for number in 0..segment.blocks() {
            let place = || format!("block {number} of segment {}", segment.first);
            with(&self.blocks, segment_key(segment.first.0, number as u16), place, |block| {
                blocks.push(block.to_vec());
                Ok(())
            })?;
        }
        Ok((blocks, self.stream(segment)?))
    }

    /// All sections of a segment, one after another.
    pub(crate) fn stream(&self, segment: &Segment) -> Result<Vec<u8>> {
        self.record(segment, &Section { number: 0, range: 0..segment.stream_bytes })
    }

    /// The stored bytes of a section.
    pub(crate) fn record(&self, segment: &Segment, section: &Section) -> Result<Vec<u8>> {
        stream::read(segment.stream_bytes, section.range.clone(), |number, use_bytes| {
            let place = || format!("piece {number} of segment {}", segment.first);
            with(&self.pieces, segment_key(segment.first.0, number), place, |bytes| {
                use_bytes(bytes);
                Ok(())
            })
        })
    }
}

fn misplaced(segment: &Segment) -> Error {
    Error::corrupt(format!("segment {}", segment.first), "a section is missing")
}

/// Reads one value of a table.
fn with<T>(
    table: &ReadOnlyTable<u64, &'static [u8]>,
    key: u64,
    place: impl FnOnce() -> String,
    use_bytes: impl FnOnce(&[u8]) -> Result<T>,
) -> Result<T> {
    guard(SEGMENTS, || {
        let value = table.get(key).map_err(read_error)?;
        let value = value.ok_or_else(|| Error::corrupt(place(), "it is missing"))?;
        use_bytes(value.value())
    })
}

fn read_error(e: StorageError) -> Error {
    Error::database("read segments.redb", e)
}
