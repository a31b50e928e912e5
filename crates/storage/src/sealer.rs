//! The thread that writes `segments.redb`: seals tails and folds changes, off the append path.
//!
//! Both jobs are idempotent. A segment that is stored but not in the catalogue was cut off by a
//! crash; the next seal of the same rows overwrites it. A folded window says up to which change it
//! is complete, so that changes still in the log are not applied twice.

use crate::change::{Effect, Record};
use crate::chunk::Chunk;
use crate::codec::{self, Kind, Packing};
use crate::error::{Error, Result};
use crate::files::{self, SEGMENTS};
use crate::guard::{Guarded, guard};
use crate::index::Index;
use crate::reader::{Reader, Shared};
use crate::row::Row;
use crate::segment::{Image, Segment};
use crate::stream;
use crate::tables::{self, BLOCKS, DIRECTORIES, OVERLAYS, PIECES, folded_key, segment_key};
use bincode::{Decode, Encode};
use eventscope_model::EventId;
use redb::{ReadableDatabase, ReadableTable, StorageError, TableError, WriteTransaction};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Work for the sealer.
#[derive(Debug)]
pub(crate) enum Job {
    /// Make a segment of these chunks, which follow each other in one window.
    Seal(Vec<Arc<Chunk>>),
    /// Move these changes out of the log.
    Fold(Vec<Record>),
}

/// Work done.
#[derive(Debug)]
pub(crate) enum Done {
    /// The segment is durable, and the reader sees it.
    Sealed(Arc<Segment>, crate::segment::Entry, Arc<Reader>),
    /// The changes up to this number are durable in `segments.redb`, and the reader sees them.
    Folded(u64, Arc<Reader>),
}

/// Changes of one window that have left the log together.
#[derive(Debug, Default, Encode, Decode)]
pub(crate) struct Folded {
    /// Every change of this window up to this number is in here.
    pub(crate) through: u64,
    pub(crate) changes: Vec<Record>,
}

/// The open file.
#[derive(Debug)]
pub(crate) struct Segments {
    pub(crate) database: Guarded,
    pub(crate) shared: Arc<Shared>,
}

impl Segments {
    /// Does one job.
    pub(crate) fn work(&self, job: Job) -> Result<Done> {
        guard(SEGMENTS, || match job {
            Job::Seal(chunks) => self.seal(&chunks),
            Job::Fold(changes) => self.fold(changes),
        })
    }

    fn seal(&self, chunks: &[Arc<Chunk>]) -> Result<Done> {
        let first = chunks.first().ok_or_else(|| Error::corrupt("a tail", "it has no rows"))?.first;
        let rows: Vec<&Row> = chunks.iter().flat_map(|chunk| &chunk.rows).collect();
        let image = match chunks {
            [only] => Image::build(first, &rows, &only.index)?,
            _ => {
                let index = Index::build(first, rows.iter().copied(), self.shared.origin())?;
                Image::build(first, &rows, &index)?
            }
        };
        self.commit(|transaction| store(transaction, &image))?;
        let reader = Reader::begin(self.database.get()?, Arc::clone(&self.shared))?;
        let segment = Segment::open(first, image.entry, &reader.directory(first)?)?;
        Ok(Done::Sealed(Arc::new(segment), image.entry, Arc::new(reader)))
    }

    fn fold(&self, changes: Vec<Record>) -> Result<Done> {
        let through = changes.last().map_or(0, |change| change.id);
        let mut windows: BTreeMap<u32, Vec<Record>> = BTreeMap::new();
        for change in changes {
            let mut effects: BTreeMap<u32, Vec<Effect>> = BTreeMap::new();
            for effect in change.effects {
                effects.entry(effect.window).or_default().push(effect);
            }
            for (window, effects) in effects {
                let by = change.by.clone();
                let note = change.note.clone();
                let record = Record { id: change.id, at: change.at, by, note, effects };
                windows.entry(window).or_default().push(record);
            }
        }
        self.commit(|transaction| {
            let mut table = transaction.open_table(OVERLAYS).map_err(table_error)?;
            for (window, changes) in windows {
                let keys = folded_key(window, 0)..=folded_key(window, u32::MAX);
                let last = table.range(keys).map_err(storage_error)?.next_back();
                let (key, before) = match last.transpose().map_err(storage_error)? {
                    None => (folded_key(window, 0), 0),
                    Some((key, record)) => {
                        let key = key.value();
                        (key + 1, open_folded(key, record.value())?.through)
                    }
                };
                let changes = changes.into_iter().filter(|change| change.id > before).collect();
                let folded = Folded { through, changes };
                let record = codec::seal_value(Kind::Overlay, Packing::Zstd, &folded)?;
                table.insert(key, record.as_slice()).map_err(storage_error)?;
            }
            Ok(())
        })?;
        let reader = Reader::begin(self.database.get()?, Arc::clone(&self.shared))?;
        Ok(Done::Folded(through, Arc::new(reader)))
    }

    /// Removes folded changes that the log does not know of yet, and that a backup has left which
    /// was cut off between the two files. The log has those among them that it knows of.
    pub(crate) fn forget_from(&self, next_change: u64) -> Result<()> {
        let database = self.database.get()?;
        let unknown = guard(SEGMENTS, || {
            let transaction =
                database.begin_read().map_err(|e| Error::database("begin to read", e))?;
            let mut unknown = Vec::new();
            for item in tables::open(&transaction, OVERLAYS)?.iter().map_err(storage_error)? {
                let (key, record) = item.map_err(storage_error)?;
                if open_folded(key.value(), record.value())?.through >= next_change {
                    unknown.push(key.value());
                }
            }
            Ok(unknown)
        })?;
        if unknown.is_empty() {
            return Ok(());
        }
        guard(SEGMENTS, || {
            self.commit(|transaction| {
                let mut table = transaction.open_table(OVERLAYS).map_err(table_error)?;
                unknown
                    .iter()
                    .try_for_each(|key| table.remove(key).map(drop).map_err(storage_error))
            })
        })
    }

    /// All folded changes, by window.
    pub(crate) fn folded(&self) -> Result<BTreeMap<u32, Folded>> {
        let database = self.database.get()?;
        guard(SEGMENTS, || {
            let transaction =
                database.begin_read().map_err(|e| Error::database("begin to read", e))?;
            let mut windows: BTreeMap<u32, Folded> = BTreeMap::new();
            for item in tables::open(&transaction, OVERLAYS)?.iter().map_err(storage_error)? {
                let (key, record) = item.map_err(storage_error)?;
                let folded = open_folded(key.value(), record.value())?;
                let window = windows.entry((key.value() >> 32) as u32).or_default();
                window.through = folded.through;
                window.changes.extend(folded.changes);
            }
            Ok(windows)
        })
    }

    /// Closes the file.
    pub(crate) fn close(self) -> Result<()> {
        self.database.close()
    }

    fn commit(&self, write: impl FnOnce(&WriteTransaction) -> Result<()>) -> Result<()> {
        let transaction = files::begin(self.database.get()?)?;
        write(&transaction)?;
        transaction.commit().map_err(|e| Error::Unknown { source: Arc::new(redb::Error::from(e)) })
    }
}

/// Reads folded changes.
pub(crate) fn open_folded(key: u64, record: &[u8]) -> Result<Folded> {
    let (window, number) = (key >> 32, key & 0xFFFF_FFFF);
    let place = format_args!("folded changes {number} of window {window}");
    codec::open_value(Kind::Overlay, record, &place)
}

/// Writes a segment, in place of whatever an earlier attempt has left.
pub(crate) fn store(transaction: &WriteTransaction, image: &Image) -> Result<()> {
    let first = image.first.0;
    let keys = segment_key(first, 0)..=segment_key(first, u16::MAX);
    let mut blocks = transaction.open_table(BLOCKS).map_err(table_error)?;
    blocks.retain_in(keys.clone(), |_, _| false).map_err(storage_error)?;
    for (number, block) in image.blocks.iter().enumerate() {
        let key = segment_key(first, number as u16);
        blocks.insert(key, block.as_slice()).map_err(storage_error)?;
    }
    let mut pieces = transaction.open_table(PIECES).map_err(table_error)?;
    pieces.retain_in(keys, |_, _| false).map_err(storage_error)?;
    let mut rest = image.stream.as_slice();
    for (number, len) in stream::pieces(rest.len()).enumerate() {
        let (piece, behind) = rest.split_at(len);
        let number = u16::try_from(number)
            .map_err(|_| Error::corrupt(format!("segment {first}"), "its index is too large"))?;
        pieces.insert(segment_key(first, number), piece).map_err(storage_error)?;
        rest = behind;
    }
    let mut directories = transaction.open_table(DIRECTORIES).map_err(table_error)?;
    directories.insert(first, image.directory.as_slice()).map_err(storage_error)?;
    Ok(())
}

/// Loads the segments of a catalogue.
pub(crate) fn load(
    catalogue: &[(EventId, crate::segment::Entry)],
    reader: &Reader,
) -> Result<Vec<Arc<Segment>>> {
    let mut end = 1;
    let mut segments = Vec::with_capacity(catalogue.len());
    for (first, entry) in catalogue {
        if first.0 < end {
            return Err(Error::corrupt(format!("catalogue entry {first}"), "it overlaps another"));
        }
        let segment = Segment::open(*first, *entry, &reader.directory(*first)?)?;
        end = segment.end().0;
        segments.push(Arc::new(segment));
    }
    Ok(segments)
}

fn storage_error(e: StorageError) -> Error {
    Error::database("use segments.redb", e)
}

fn table_error(e: TableError) -> Error {
    Error::database("open a table of segments.redb", e)
}
