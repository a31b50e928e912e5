//! Reads the parts of segments: through the cache where they are asked for again.
//!
//! A reader owns a read transaction on `segments.redb`, begun after the last seal that its
//! catalogue knows of; whatever happens to the file later, it sees what it saw then.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "ids stay below 2^48, and so do the bytes of what is in memory"
)]

use crate::change::Record;
use crate::change::folded;
use crate::database::cache::{Kept, Key};
use crate::database::codec::{self, Kind};
use crate::database::files::SEGMENTS;
use crate::database::guard::{Held, guard};
use crate::database::pair::Counters;
use crate::database::stream;
use crate::database::tables::{self, folded_key, segment_key};
use crate::error::{Error, Result};
use crate::index::column::Column;
use crate::index::field::{Field, FieldIndex};
use crate::index::times::Times;
use crate::index::uids::Uids;
use crate::row::block;
use crate::row::compression::RowDecompressors;
use crate::row::{Body, Content, Encoded, Known, Origin, Row};
use crate::segment::fields::Fields;
use crate::segment::scope_labels;
use crate::segment::{self, Image, Section, Segment};
use eventscope_model::{Event, EventId, ScopeLabels, Timestamp};
use redb::{ReadOnlyTable, ReadableDatabase, ReadableTable, StorageError};
use std::sync::Arc;
use zstd::dict::DecoderDictionary;

/// What all readers of a store share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) store_id: String,
    /// What is kept in memory, of the text index too.
    pub(crate) kept: Kept,
    decompressors: RowDecompressors,
}

/// Added to the number of a field's section: its column, which is not stored. Sections are numbered
/// from 0 and never that many.
const OF_COLUMN: u32 = 1 << 31;

/// Stands for the places of the fields of a segment in the cache.
const OF_FIELDS: u32 = u32::MAX >> 1;

impl Shared {
    /// With a budget of so many bytes for what is kept in memory.
    pub(crate) fn new(store_id: String, kept_bytes: usize) -> Self {
        let kept = Kept::new(kept_bytes);
        Self { store_id, kept, decompressors: RowDecompressors::default() }
    }

    pub(crate) fn origin(&self) -> Origin<'_> {
        Origin { store_id: &self.store_id }
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
                changes.extend(folded::open_folded(key.value(), record.value())?.changes);
            }
            Ok(changes)
        })
    }

    /// The fields of a segment and their places.
    pub(crate) fn fields(&self, segment: &Segment) -> Result<Arc<Fields>> {
        if let Some(fields) = &segment.fields {
            return Ok(Arc::clone(fields));
        }
        let key = Key::Section(segment.digest, OF_FIELDS);
        if let Some(fields) = self.shared.kept.get(&key) {
            return Ok(fields);
        }
        let place = format!("the directory of segment {}", segment.first);
        let fields = segment::fields(&self.directory(segment.first)?, &place)?;
        let (bytes, fields) = (fields.weight(), Arc::new(fields));
        self.shared.kept.keep(key, Arc::clone(&fields), bytes);
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
        self.field_of(segment, code, key)
    }

    /// The same by the code and the key of a field.
    pub(crate) fn field_of(
        &self,
        segment: &Segment,
        code: u8,
        key: &str,
    ) -> Result<Option<Arc<FieldIndex>>> {
        let Some(section) = self.field_section(segment, code, key)? else { return Ok(None) };
        let first_row = segment.first.row();
        let last_row = EventId(segment.end().0 - 1).row();
        let read = |record: &[u8], place: &str| {
            let field = FieldIndex::read(record, first_row, last_row, &place)?;
            let bytes = field.weight();
            Ok((field, bytes))
        };
        self.section(segment, &section, read).map(Some)
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
        let (first_row, last_row) = (segment.first.row(), EventId(segment.end().0 - 1).row());
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
        let key = Key::Section(segment.digest, section.number | OF_COLUMN);
        if let Some(column) = self.shared.kept.get(&key) {
            return Ok(Some(column));
        }
        let column = Column::of(index).map(Arc::new);
        if let Some(column) = &column {
            self.shared.kept.keep(key, Arc::clone(column), column.weight());
        }
        Ok(column)
    }

    /// The times of a segment.
    pub(crate) fn times(&self, segment: &Segment) -> Result<Arc<Times>> {
        let (first_row, rows) = (segment.first.row(), segment.rows as usize);
        let read = |record: &[u8], place: &str| {
            let times = Times::read(record, first_row, rows, place)?;
            let bytes = times.weight();
            Ok((times, bytes))
        };
        self.section(segment, &segment.times, read)
    }

    /// The uids of a segment.
    pub(crate) fn uids(&self, segment: &Segment) -> Result<Arc<Uids>> {
        let read = |record: &[u8], place: &str| {
            let uids = Uids::read(record, segment.rows as usize, place)?;
            let bytes = uids.weight();
            Ok((uids, bytes))
        };
        self.section(segment, &segment.uids, read)
    }

    /// The event at a position, without the overlay.
    pub(crate) fn event(&self, segment: &Segment, position: u16) -> Result<Event> {
        let id = EventId(segment.first.0 + u64::from(position));
        self.with_row(segment, position, |row, body| row.event(body, id, self.shared.origin()))
    }

    /// The same, and which of its labels were added.
    pub(crate) fn known(&self, segment: &Segment, position: u16) -> Result<Known> {
        let id = EventId(segment.first.0 + u64::from(position));
        self.with_row(segment, position, |row, body| row.known(body, id, self.shared.origin()))
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
                            .decompressors
                            .unpack(&dictionary, row.body, length, |body| use_row(encoded, body))
                    }
                }
            },
        )
    }

    fn dictionary(&self, segment: &Segment) -> Result<Arc<DecoderDictionary<'static>>> {
        let read = |record: &[u8], place: &str| {
            let bytes = codec::open(Kind::Section, record, &place)?;
            // zstd keeps the dictionary and tables of about its size.
            Ok((RowDecompressors::dictionary(&bytes, place)?, bytes.len() * 2 + 1_024))
        };
        self.section(segment, &segment.dictionary, read)
    }

    /// A section, which `read` decodes and weighs if it is not in memory.
    fn section<T: Send + Sync + 'static>(
        &self,
        segment: &Segment,
        section: &Section,
        read: impl FnOnce(&[u8], &str) -> Result<(T, usize)>,
    ) -> Result<Arc<T>> {
        let key = Key::Section(segment.digest, section.number);
        if let Some(kept) = self.shared.kept.get(&key) {
            return Ok(kept);
        }
        let record = self.record(segment, section)?;
        let place = format!("section {} of segment {}", section.number, segment.first);
        let (section, bytes) = read(&record, &place)?;
        let section = Arc::new(section);
        self.shared.kept.keep(key, Arc::clone(&section), bytes);
        Ok(section)
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
        scope_labels::read(&self.record(segment, section)?, &place)
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
