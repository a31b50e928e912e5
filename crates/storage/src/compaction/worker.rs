//! The thread that writes `segments.redb`: seals tails, folds changes, rewrites segments and gives
//! space back, off the append path.
//!
//! All jobs are idempotent. A segment that is stored but not in the catalogue was cut off by a
//! crash, or pruned; the next open frees it. A folded window says up to which change it is
//! complete, so that changes still in the log are not applied twice, and a rewritten segment says
//! up to which change its rows have the amendments.

use crate::change::folded::{Folded, open_folded};
use crate::change::{Effect, Record};
use crate::compaction::rewrite::{self, Rewrite};
use crate::database::codec::{self, Kind, Packing};
use crate::database::files::SEGMENTS;
use crate::database::guard::{self, Held, guard};
use crate::database::pair::{self, Counted, Counters};
use crate::database::stream;
use crate::database::tables::{
    self, BLOCKS, DIRECTORIES, META, OVERLAYS, PIECES, folded_key, segment_key,
};
use crate::database::vacuum;
use crate::error::{Error, Result};
use crate::index::Index;
use crate::limits::COMMIT_ROOM_BYTES;
use crate::log::segment_catalog::{Entry, Ranges};
use crate::row::Row;
use crate::segment::chunk::Chunk;
use crate::segment::reader::{Reader, Shared};
use crate::segment::{Image, Segment};
use crate::vfs::VfsPath;
use eventscope_model::EventId;
use redb::{ReadableDatabase, ReadableTable, StorageError, TableError, WriteTransaction};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Work for the sealer.
#[derive(Debug)]
pub(crate) enum Job {
    /// Make a segment of these chunks, which follow each other in one window.
    Seal(Vec<Arc<Chunk>>),
    /// Move these changes out of the log.
    Fold(Vec<Record>),
    /// Store a segment again as its rows and the overlay give it.
    Rewrite(Rewrite),
    /// Remove what is not in the catalogue.
    Free(Garbage),
    /// Copy what there is into a new file, and go on in that.
    Vacuum,
}

/// Unreferenced data in `segments.redb`.
#[derive(Debug, Default)]
pub(crate) struct Garbage {
    /// Segments that are not in the catalogue, by their first ids.
    pub(crate) segments: Vec<EventId>,
    /// Windows with folded changes but without rows.
    pub(crate) windows: Vec<u32>,
}

/// Work done.
#[derive(Debug)]
pub(crate) enum Done {
    /// The segment is durable, and the reader sees it.
    Sealed(Arc<Segment>, Arc<Reader>),
    /// The changes up to this number are durable in `segments.redb`, and the reader sees them.
    Folded(u64, Arc<Reader>),
    /// The new version of the segment is durable, and the reader sees it.
    Rewritten(Arc<Segment>, Arc<Reader>),
    /// The segment is stored already as a rewrite would store it.
    Right,
    /// The rows of the segment cannot be read, so it was left as it is.
    Unreadable(EventId, Error),
    /// The new version of the segment would find no room on the disk; nothing was written.
    NoRoom(EventId, Error),
    /// What was not in the catalogue is gone, and the reader does not see it.
    Freed(Arc<Reader>),
    /// The reader sees the new file.
    Vacuumed(Arc<Reader>),
    /// The file is as it was, because of this or because the store closes.
    NotVacuumed(Option<Error>),
}

/// The open file.
#[derive(Debug)]
pub(crate) struct Segments {
    pub(crate) file: Arc<Held>,
    pub(crate) shared: Arc<Shared>,
    /// Where the file is; `None` in memory.
    pub(crate) path: Option<VfsPath>,
    /// Bytes of its pages to keep in memory.
    pub(crate) cache: usize,
    /// The counter of the log at the last job, whose commits that one may rest on.
    pub(crate) log: u64,
    /// Set when the store closes, to cut long jobs short.
    pub(crate) closing: Arc<AtomicBool>,
}

impl Segments {
    /// Does one job, which was given when the log had this counter.
    pub(crate) fn work(&mut self, log: u64, job: Job) -> Result<Done> {
        self.log = log;
        guard(SEGMENTS, || match job {
            Job::Seal(chunks) => self.seal(&chunks),
            Job::Fold(changes) => self.fold(changes),
            Job::Rewrite(rewrite) => self.rewrite(&rewrite),
            Job::Free(garbage) => self.free(&garbage),
            Job::Vacuum => self.vacuum(),
        })
    }

    /// A reader of what is stored now.
    pub(crate) fn reader(&self) -> Result<Arc<Reader>> {
        Reader::begin(&self.file, Arc::clone(&self.shared)).map(Arc::new)
    }

    fn seal(&self, chunks: &[Arc<Chunk>]) -> Result<Done> {
        let first = chunks.first().ok_or_else(|| Error::corrupt("a tail", "it has no rows"))?.first;
        let rows: Vec<&Row> = chunks.iter().flat_map(|chunk| chunk.rows.iter()).collect();
        let image = match chunks {
            [only] => Image::build(first, &rows, &only.index, 0)?,
            _ => {
                let labels = chunks.first().map(|chunk| Arc::clone(&chunk.index.labels));
                let (origin, labels) = (self.shared.origin(), labels.unwrap_or_default());
                let index = Index::build(first, rows.iter().copied(), origin, &labels)?;
                Image::build(first, &rows, &index, 0)?
            }
        };
        self.check_room(&image)?;
        let (segment, reader) = self.store(&image)?;
        Ok(Done::Sealed(Arc::new(segment), reader))
    }

    /// Stores a segment again as its rows and the overlay give it.
    pub(crate) fn rewrite(&self, job: &Rewrite) -> Result<Done> {
        // What cannot be read stays as it is: the other segments do not depend on it.
        let image = match guard(SEGMENTS, || rewrite::image(job)) {
            Ok(image) => image,
            Err(error) => return Ok(Done::Unreadable(job.segment.first, error)),
        };
        if guard(SEGMENTS, || Ok(rewrite::is_stored(job, &image)))? {
            return Ok(Done::Right);
        }
        if let Err(error) = self.check_room(&image) {
            return Ok(Done::NoRoom(job.segment.first, error));
        }
        let (segment, reader) = self.store(&image)?;
        Ok(Done::Rewritten(Arc::new(segment.rewritten()), reader))
    }

    fn free(&self, garbage: &Garbage) -> Result<Done> {
        // The log does without it, whether it is there or not.
        self.commit(Counted::No, |transaction| {
            let mut directories = transaction.open_table(DIRECTORIES).map_err(table_error)?;
            for first in &garbage.segments {
                remove_rows(transaction, *first)?;
                directories.remove(first.0).map_err(storage_error)?;
            }
            let mut overlays = transaction.open_table(OVERLAYS).map_err(table_error)?;
            for window in &garbage.windows {
                let keys = folded_key(*window, 0)..=folded_key(*window, u32::MAX);
                overlays.retain_in(keys, |_, _| false).map_err(storage_error)?;
            }
            Ok(())
        })?;
        Ok(Done::Freed(self.reader()?))
    }

    fn vacuum(&mut self) -> Result<Done> {
        let Some(path) = &self.path else { return Ok(Done::NotVacuumed(None)) };
        let (file, cache, closing) = (&self.file, self.cache, &self.closing);
        let copied = guard(SEGMENTS, || vacuum::copy(file, path, cache, closing));
        let copy = match copied {
            Ok(Some(copy)) => copy,
            Ok(None) => return Ok(Done::NotVacuumed(None)),
            Err(error) => return Ok(Done::NotVacuumed(Some(error))),
        };
        self.file = Arc::new(Held::new(copy.put_in_place()?, SEGMENTS));
        Ok(Done::Vacuumed(self.reader()?))
    }

    /// Makes sure that there is room for a segment: a commit that fails for want of it would leave
    /// the file unreadable until the store is opened again.
    #[expect(clippy::arithmetic_side_effects, reason = "an image is in memory")]
    fn check_room(&self, image: &Image) -> Result<()> {
        let bytes = image.bytes() + COMMIT_ROOM_BYTES;
        let Err(error) = self.check_room_for(bytes) else { return Ok(()) };
        // What a commit has left may be used by the second after it.
        self.check_room_for(COMMIT_ROOM_BYTES).map_err(|_| error)?;
        self.commit(Counted::No, |_| Ok(()))?;
        self.check_room_for(bytes)
    }

    fn check_room_for(&self, bytes: u64) -> Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        path.around().check_room(bytes, || {
            let allocated = path.metadata()?.allocated;
            self.file.with(|database| guard::reusable(database, allocated))
        })
    }

    /// Makes a segment durable, in place of whatever is stored of it.
    fn store(&self, image: &Image) -> Result<(Segment, Arc<Reader>)> {
        self.commit(Counted::Yes, |transaction| store(transaction, image))?;
        let reader = self.reader()?;
        let segment = Segment::open(image.first, image.rows, &reader.directory(image.first)?)?;
        Ok((segment.with_labels(Arc::clone(&image.labels)), reader))
    }

    #[expect(clippy::arithmetic_side_effects, reason = "no window is folded 2^32 times")]
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
        self.commit(Counted::Yes, |transaction| {
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
        Ok(Done::Folded(through, self.reader()?))
    }

    /// Removes folded changes that the log does not know of yet, and that a backup has left which
    /// was cut off between the two files, or that came after this log. It has those among them that
    /// it knows of. The file is as this log saw it then, whose counter this is: a later log, which
    /// knows of them, has seen a greater one.
    pub(crate) fn forget_from(&self, next_change: u64, seen: u64) -> Result<()> {
        let unknown = guard(SEGMENTS, || {
            let transaction = self.begin_read()?;
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
            self.commit_counting(
                |counters| counters.own = seen,
                |transaction| {
                    let mut table = transaction.open_table(OVERLAYS).map_err(table_error)?;
                    unknown
                        .iter()
                        .try_for_each(|key| table.remove(key).map(drop).map_err(storage_error))
                },
            )
        })
    }

    /// All folded changes, by window.
    pub(crate) fn folded(&self) -> Result<BTreeMap<u32, Folded>> {
        guard(SEGMENTS, || {
            let transaction = self.begin_read()?;
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

    /// The first ids of all segments that are stored, in the catalogue or not.
    pub(crate) fn stored(&self) -> Result<Vec<EventId>> {
        guard(SEGMENTS, || {
            let transaction = self.begin_read()?;
            let table = tables::open(&transaction, DIRECTORIES)?;
            let firsts = table.iter().map_err(storage_error)?.map(|item| {
                let (first, _) = item.map_err(storage_error)?;
                Ok(EventId(first.value()))
            });
            firsts.collect()
        })
    }

    /// Closes the file.
    pub(crate) fn close(self) -> Result<()> {
        self.file.close()
    }

    fn begin_read(&self) -> Result<redb::ReadTransaction> {
        self.file
            .with(|database| database.begin_read().map_err(|e| Error::database("begin to read", e)))
    }

    /// The counters in the file, and the store that it says it is of.
    pub(crate) fn metadata(&self) -> Result<(Counters, Option<String>)> {
        guard(SEGMENTS, || match tables::open_facts(&self.begin_read()?)? {
            Some(facts) => Ok((Counters::read(&facts)?, pair::read_store(&facts)?)),
            None => Ok((Counters::default(), None)),
        })
    }

    fn commit(
        &self,
        counted: Counted,
        write: impl FnOnce(&WriteTransaction) -> Result<()>,
    ) -> Result<()> {
        self.commit_counting(|counters| *counters = counters.after(counted), write)
    }

    fn commit_counting(
        &self,
        count: impl FnOnce(&mut Counters),
        write: impl FnOnce(&WriteTransaction) -> Result<()>,
    ) -> Result<()> {
        let write = |transaction: &WriteTransaction| {
            write(transaction)?;
            let read = Counters::read(&transaction.open_table(META).map_err(table_error)?);
            let mut counters = read?;
            count(&mut counters);
            counters.other = counters.other.max(self.log);
            pair::write_store(transaction, &self.shared.store_id)?;
            counters.write(transaction)
        };
        self.file.commit(write, guard::unknown)
    }
}

/// Removes the blocks and pieces of a segment.
pub(crate) fn remove_rows(transaction: &WriteTransaction, first: EventId) -> Result<()> {
    for table in [BLOCKS, PIECES] {
        let keys = segment_key(first.0, 0)..=segment_key(first.0, u16::MAX);
        let mut table = transaction.open_table(table).map_err(table_error)?;
        table.retain_in(keys, |_, _| false).map_err(storage_error)?;
    }
    Ok(())
}

/// Writes a segment, in place of an earlier version or of what a crash has left.
pub(crate) fn store(transaction: &WriteTransaction, image: &Image) -> Result<()> {
    #[cfg(feature = "plants")]
    if crate::fault_injection::is(crate::fault_injection::Plant::SealTwice) {
        let directories = transaction.open_table(DIRECTORIES).map_err(table_error)?;
        if redb::ReadableTable::get(&directories, image.first.0).map_err(storage_error)?.is_some() {
            return Err(Error::corrupt(format!("segment {}", image.first), "it is there already"));
        }
    }
    remove_rows(transaction, image.first)?;
    let first = image.first.0;
    let mut blocks = transaction.open_table(BLOCKS).map_err(table_error)?;
    for (number, block) in image.blocks.iter().enumerate() {
        let key = segment_key(first, number as u16);
        blocks.insert(key, block.as_slice()).map_err(storage_error)?;
    }
    let mut pieces = transaction.open_table(PIECES).map_err(table_error)?;
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

/// Loads the segments of a catalogue, and gives the ranges that were pruned.
pub(crate) fn load(
    catalogue: &[(EventId, Entry)],
    reader: &Reader,
) -> Result<(Vec<Arc<Segment>>, Ranges)> {
    let mut end = 1;
    let mut segments = Vec::with_capacity(catalogue.len());
    let mut pruned = Ranges::default();
    for (first, entry) in catalogue {
        let damaged = |what| Error::corrupt(format!("catalogue entry {first}"), what);
        if first.0 < end {
            return Err(damaged("it overlaps another"));
        }
        if entry.rows() == 0 {
            return Err(damaged("it has no rows"));
        }
        end = first.0.checked_add(entry.rows()).ok_or_else(|| damaged("it has no end"))?;
        match entry {
            Entry::Segment { rows } => {
                let segment = Segment::open(*first, *rows, &reader.directory(*first)?)?;
                let own = Arc::new(reader.labels(&segment)?);
                // Nearly all segments have the same list, which is kept once.
                let last = segments.last().map(|last: &Arc<Segment>| &last.labels);
                let labels = last.filter(|last| **last == own).cloned().unwrap_or(own);
                segments.push(Arc::new(segment.with_labels(labels)));
            }
            Entry::Pruned { .. } => {
                pruned.add(*first, EventId(end));
            }
        }
    }
    Ok((segments, pruned))
}

fn storage_error(e: StorageError) -> Error {
    Error::database("use segments.redb", e)
}

fn table_error(e: TableError) -> Error {
    Error::database("open a table of segments.redb", e)
}

#[cfg(test)]
mod tests {
    use super::{Entry, load};
    use crate::{Error, Options, Storage};
    use eventscope_model::EventId;

    #[test]
    fn entries_of_the_catalogue_have_rows_and_do_not_overlap() {
        let storage = Storage::in_memory(&Options::default()).unwrap();
        let snapshot = storage.snapshot();
        let reader = &snapshot.view().reader;
        let loaded = |entries: &[(u64, u64)]| {
            let entry =
                |(first, rows): &(u64, u64)| (EventId(*first), Entry::Pruned { rows: *rows });
            load(&entries.iter().map(entry).collect::<Vec<_>>(), reader).map(|(_, pruned)| pruned)
        };
        assert_eq!(loaded(&[(1, 65_535), (65_536, 3)]).unwrap().len(), 65_538);
        for entries in [&[(65_536, 0)][..], &[(0, 5)], &[(1, 2), (2, 1)], &[(7, u64::MAX)]] {
            assert!(matches!(loaded(entries), Err(Error::Corrupt { .. })), "{entries:?}");
        }
    }
}
