//! `log.redb`: what is acknowledged to callers, and what else is known of the whole store.
//!
//! Only the writer thread touches this file once the store is open. Every function here is one
//! durable commit or one read.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "ids stay below 2^48, and bytes in memory and of a file far below 2^64"
)]

pub(crate) mod backup_mark;
pub(crate) mod segment_catalog;

use crate::change::{HistoryEntry, Record};
use crate::database::codec::{self, Kind, Packing};
use crate::database::files::{self, LOG};
use crate::database::guard::{self, Guarded, guard};
use crate::database::new_file::NewDatabase;
use crate::database::pair::{Counted, Counters};
use crate::database::tables::{
    self, BATCHES, CATALOGUE, CHANGES, FORMAT_VERSION, LOG_TABLES, META, meta,
};
use crate::error::{Error, Result};
use crate::limits::{
    BATCH_BYTES_MAX, CHANGE_ID_MAX, EVENT_ID_MAX, LOG_KEPT_BYTES, PREPARED_APART_ROWS_MIN,
};
use crate::log::backup_mark::Mark;
use crate::log::segment_catalog::Entry;
use crate::row::Row;
use crate::segment::scope_labels;
use crate::vfs::VfsPath;
use bincode::{BorrowDecode, Encode};
use eventscope_model::{EventId, ScopeLabels, Timestamp};
use redb::{
    Database, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable,
    ReadableTableMetadata, StorageError, Table, WriteTransaction,
};
use std::sync::Arc;

/// A batch of rows as it is recorded.
#[derive(Encode, BorrowDecode)]
pub(crate) struct Batch<'a> {
    received: i64,
    rows: Vec<BatchRow<'a>>,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct BatchRow<'a> {
    time: i64,
    digest: Option<[u8; 16]>,
    body: &'a [u8],
}

/// What one commit adds.
#[derive(Debug)]
pub(crate) struct Addition<'a> {
    /// New rows, all received at the same time, from each of these ids on.
    pub(crate) rows: &'a [(EventId, Arc<[Row]>)],
    pub(crate) changes: &'a [Record],
    /// Whether somebody made these changes, or they are what further observations did.
    pub(crate) counted: Counted,
    /// The next event and the next change.
    pub(crate) next: (u64, u64),
}

/// What is in the file when a store is opened.
#[derive(Debug)]
pub(crate) struct Contents {
    pub(crate) store_id: String,
    pub(crate) next: (u64, u64),
    pub(crate) catalogue: Vec<(EventId, Entry)>,
    /// Rows that are not in a segment, ascending by id.
    pub(crate) batches: Vec<(EventId, Vec<Row>)>,
    pub(crate) changes: Vec<Record>,
    /// Bytes of the changes.
    pub(crate) changes_bytes: usize,
    /// The scope labels.
    pub(crate) labels: ScopeLabels,
    /// What it was made from, if it is a backup.
    pub(crate) mark: Option<Mark>,
    pub(crate) counters: Counters,
}

/// The open file.
#[derive(Debug)]
pub(crate) struct Log {
    database: Guarded,
    /// Where the file is; `None` in memory.
    path: Option<VfsPath>,
    /// Bytes of its pages to keep in memory.
    cache: usize,
    /// What the last commit wrote of them, and what the next one will of the other file.
    counters: Counters,
}

/// What one commit prunes.
#[derive(Debug)]
pub(crate) struct Removal<'a> {
    /// Ranges of ids that are in no segment and no batch any more: first id, and first after it.
    pub(crate) ranges: &'a [(EventId, EventId)],
    /// What removes single rows.
    pub(crate) change: Option<&'a Record>,
    /// The next event and the next change.
    pub(crate) next: (u64, u64),
}

impl Log {
    /// The log of the store in a folder, or in memory.
    pub(crate) fn new(database: Database, dir: Option<&VfsPath>, cache: usize) -> Self {
        let (database, path) = (Guarded::new(database, LOG), dir.map(|dir| dir.join(LOG)));
        Self { database, path, cache, counters: Counters::default() }
    }

    /// Goes on from the counters in the file, beside the other file with this counter.
    pub(crate) fn begin(&mut self, counters: Counters, segments: u64) {
        self.counters = counters;
        self.saw(segments);
    }

    /// Notes the counter of the other file: the next commit rests on what is in there.
    pub(crate) fn saw(&mut self, segments: u64) {
        self.counters.other = segments;
    }

    /// The counter of this file.
    pub(crate) fn counter(&self) -> u64 {
        self.counters.own
    }

    /// Reads everything, after making sure that this library knows the format.
    pub(crate) fn read(&self) -> Result<Contents> {
        contents(&self.begin_read()?)
    }

    /// A view of the present state. It does not outlive the file: closing ends it.
    pub(crate) fn begin_read(&self) -> Result<ReadTransaction> {
        guard(LOG, || {
            let begun = self.database.get()?.begin_read();
            begun.map_err(|e| Error::database("begin to read", e))
        })
    }

    /// Makes sure that there is room for a commit of so many bytes. A commit that fails for
    /// want of it would be the last until the store is opened again.
    pub(crate) fn check_room(&self, bytes: u64) -> Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        path.around().check_room(bytes, || {
            guard(LOG, || guard::reusable(self.database.get()?, path.metadata()?.allocated))
        })
    }

    /// Commits rows and changes; returns the bytes of the changes and what `prepare` gives. When it
    /// returns `Ok`, they are durable.
    ///
    /// What is durable must become visible, so nothing is committed unless `prepare` succeeds. For
    /// many rows it works on a thread of its own, while they are compressed and written here.
    pub(crate) fn append<Prepared: Send>(
        &mut self,
        addition: &Addition<'_>,
        prepare: impl Fn() -> Result<Prepared> + Sync,
    ) -> Result<(usize, Prepared)> {
        let rows: usize = addition.rows.iter().map(|(_, rows)| rows.len()).sum();
        if rows < PREPARED_APART_ROWS_MIN {
            return self.write(addition, &prepare);
        }
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().name("eventscope-index".to_owned());
            match thread.spawn_scoped(scope, || guard("the index of new rows", &prepare)) {
                Ok(preparing) => self.write(addition, || {
                    preparing.join().unwrap_or(Err(Error::Stopped { source: None }))
                }),
                // The system gives no further thread.
                Err(_) => self.write(addition, &prepare),
            }
        })
    }

    fn write<Prepared>(
        &mut self,
        addition: &Addition<'_>,
        prepared: impl FnOnce() -> Result<Prepared>,
    ) -> Result<(usize, Prepared)> {
        self.commit(addition.counted, |transaction| {
            let mut batches = transaction.open_table(BATCHES).map_err(table_error)?;
            for (first, rows) in addition.rows {
                insert_batches(&mut batches, *first, rows)?;
            }
            let changes_bytes = insert_changes(transaction, addition.changes)?;
            insert_next(transaction, addition.next)?;
            Ok((changes_bytes, prepared()?))
        })
    }

    /// Prunes; returns the bytes of the change. Ranges take the place of the segments, batches and
    /// smaller ranges within them.
    pub(crate) fn prune(&mut self, removal: &Removal<'_>) -> Result<usize> {
        let mut changes_bytes = 0;
        self.commit(Counted::Yes, |transaction| {
            let mut catalogue = transaction.open_table(CATALOGUE).map_err(table_error)?;
            let mut batches = transaction.open_table(BATCHES).map_err(table_error)?;
            for (first, end) in removal.ranges {
                let ids = first.0..end.0;
                catalogue.retain_in(ids.clone(), |_, _| false).map_err(write_error)?;
                batches.retain_in(ids, |_, _| false).map_err(write_error)?;
                let entry = Entry::Pruned { rows: end.0 - first.0 };
                let record = codec::seal_value(Kind::Catalogue, Packing::Plain, &entry)?;
                catalogue.insert(first.0, record.as_slice()).map_err(write_error)?;
            }
            changes_bytes = insert_changes(transaction, removal.change)?;
            insert_next(transaction, removal.next)
        })?;
        Ok(changes_bytes)
    }

    /// Puts a sealed segment into the catalogue and drops its batches, in one commit.
    pub(crate) fn sealed(&mut self, first: EventId, rows: u32) -> Result<()> {
        self.commit(Counted::No, |transaction| {
            let entry = Entry::Segment { rows };
            let record = codec::seal_value(Kind::Catalogue, Packing::Plain, &entry)?;
            let mut catalogue = transaction.open_table(CATALOGUE).map_err(table_error)?;
            catalogue.insert(first.0, record.as_slice()).map_err(write_error)?;
            let end = first.0 + u64::from(rows);
            let mut batches = transaction.open_table(BATCHES).map_err(table_error)?;
            batches.retain_in(first.0..end, |_, _| false).map_err(write_error)
        })
    }

    /// Drops the changes up to a number: they are folded into `segments.redb`.
    pub(crate) fn folded(&mut self, through: u64) -> Result<()> {
        self.commit(Counted::No, |transaction| {
            let mut changes = transaction.open_table(CHANGES).map_err(table_error)?;
            changes.retain_in(..=through, |_, _| false).map_err(write_error)
        })
    }

    /// Puts a list of scope labels in force.
    pub(crate) fn reindexed(&mut self, labels: &ScopeLabels) -> Result<()> {
        self.commit(Counted::Yes, |transaction| {
            let record = scope_labels::write_fact(labels)?;
            let mut facts = transaction.open_table(META).map_err(table_error)?;
            facts.insert(meta::SCOPE_LABELS, record.as_slice()).map_err(write_error)?;
            Ok(())
        })
    }

    /// What the changes in the log did to a row.
    pub(crate) fn history(&self, window: u32, row: u16) -> Result<Vec<HistoryEntry>> {
        let changes = self.changes()?;
        Ok(changes.iter().filter_map(|change| change.history_of(window, row)).collect())
    }

    /// The changes in the log, in their order.
    pub(crate) fn changes(&self) -> Result<Vec<Record>> {
        let transaction = self.begin_read()?;
        guard(LOG, || Ok(read_changes(&transaction)?.0))
    }

    /// Reads every record again.
    pub(crate) fn verify(&mut self) -> Result<()> {
        self.read()?;
        let database = self.database.get_mut()?;
        guard(LOG, || match database.check_integrity() {
            Ok(true) => Ok(()),
            Ok(false) => Err(Error::corrupt(LOG, "its pages had to be repaired")),
            Err(e) => Err(Error::database("check the pages of log.redb", e)),
        })
    }

    /// Gives back the space of what was sealed meanwhile, and closes the file.
    pub(crate) fn close(mut self) -> Result<()> {
        if let Some(smaller) = self.smaller(LOG_KEPT_BYTES)? {
            self.go_on_in(smaller)?;
        }
        self.database.close()
    }

    /// Copies what is left into a new file, if the file is mostly empty and larger than this: redb
    /// does not vacuum its files, and its own compaction is not safe against a crash. A failure
    /// leaves everything as it was.
    pub(crate) fn smaller(&self, kept_bytes: u64) -> Result<Option<NewDatabase>> {
        match &self.path {
            Some(path) => guard(LOG, || self.copy(path, kept_bytes)),
            None => Ok(None),
        }
    }

    /// Puts such a file in place, and goes on in it. After a failure nothing may be written.
    pub(crate) fn go_on_in(&mut self, smaller: NewDatabase) -> Result<()> {
        self.database = Guarded::new(smaller.put_in_place()?, LOG);
        Ok(())
    }

    fn copy(&self, path: &VfsPath, kept_bytes: u64) -> Result<Option<NewDatabase>> {
        let transaction =
            self.database.get()?.begin_read().map_err(|e| Error::database("begin to read", e))?;
        let mut live = 0;
        for table in LOG_TABLES {
            let stats = tables::open(&transaction, table)?.stats().map_err(read_error)?;
            live += stats.stored_bytes() + stats.metadata_bytes() + stats.fragmented_bytes();
        }
        if !files::is_mostly_empty(path, live, kept_bytes)? {
            return Ok(None);
        }
        let copied = files::make_beside(path, self.cache, |new| {
            let copy = files::begin(new)?;
            copy_tables(&transaction, &copy)?;
            copy.commit().map_err(|e| Error::database("write the smaller log", e))
        });
        copied.map(Some)
    }

    /// One commit. It makes a store of an earlier format one of this format, since libraries that
    /// know nothing of the counters would not go on with them.
    fn commit<T>(
        &mut self,
        counted: Counted,
        write: impl FnOnce(&WriteTransaction) -> Result<T>,
    ) -> Result<T> {
        let counters = self.counters.after(counted);
        let write = |transaction: &WriteTransaction| {
            let written = write(transaction)?;
            counters.write(transaction)?;
            let mut facts = transaction.open_table(META).map_err(table_error)?;
            let version = FORMAT_VERSION.to_le_bytes();
            facts.insert(meta::FORMAT, version.as_slice()).map_err(write_error)?;
            Ok(written)
        };
        let written = self.database.commit(write, guard::unknown)?;
        self.counters = counters;
        Ok(written)
    }
}

/// Everything in a log, after making sure that this library knows the format.
pub(crate) fn contents(transaction: &ReadTransaction) -> Result<Contents> {
    guard(LOG, || read_all(transaction))
}

fn read_all(transaction: &ReadTransaction) -> Result<Contents> {
    let facts = tables::open(transaction, META)?;
    check_format(&facts)?;
    let known = |key| {
        let value = facts.get(key).map_err(read_error)?;
        Ok::<_, Error>(value.map(|value| value.value().to_vec()))
    };
    let fact = |key| known(key)?.ok_or_else(|| Error::corrupt("log.redb", "a fact is missing"));
    let store_id =
        codec::open_value(Kind::Meta, &fact(meta::STORE_ID)?, &"the identity of the store")?;
    let next = read_next(&fact(meta::NEXT)?)?;
    let labels = match known(meta::SCOPE_LABELS)? {
        Some(labels) => scope_labels::read_fact(&labels, &"the list of scope labels")?,
        None => ScopeLabels::all(),
    };
    let mark = known(meta::BACKUP)?;
    let mark = mark.map(|mark| codec::open_value(Kind::Meta, &mark, &"the mark of a backup"));
    let mut catalogue = Vec::new();
    for item in tables::open(transaction, CATALOGUE)?.iter().map_err(read_error)? {
        let (first, record) = item.map_err(read_error)?;
        let place = format!("catalogue entry {}", first.value());
        let entry = codec::open_value(Kind::Catalogue, record.value(), &place)?;
        catalogue.push((EventId(first.value()), entry));
    }
    let mut batches = Vec::new();
    for item in tables::open(transaction, BATCHES)?.iter().map_err(read_error)? {
        let (first, record) = item.map_err(read_error)?;
        let first = EventId(first.value());
        batches.push((first, read_batch(record.value(), &format!("batch {first}"))?));
    }
    let (changes, changes_bytes) = read_changes(transaction)?;
    let (mark, counters) = (mark.transpose()?, Counters::read(&facts)?);
    Ok(Contents {
        store_id,
        next,
        catalogue,
        batches,
        changes,
        changes_bytes,
        labels,
        mark,
        counters,
    })
}

/// The numbers of the next event and the next change.
fn read_next(record: &[u8]) -> Result<(u64, u64)> {
    let next = codec::open_value(Kind::Meta, record, &"the next numbers")?;
    match next {
        (1..=EVENT_ID_MAX, 0..=CHANGE_ID_MAX) => Ok(next),
        _ => Err(Error::corrupt("the next numbers", "they are out of range")),
    }
}

/// Copies all tables; returns the bytes of their values.
pub(crate) fn copy_tables(from: &ReadTransaction, to: &WriteTransaction) -> Result<u64> {
    let mut bytes = 0;
    for table in LOG_TABLES {
        let mut to = to.open_table(table).map_err(table_error)?;
        for item in tables::open(from, table)?.iter().map_err(read_error)? {
            let (key, value) = item.map_err(read_error)?;
            bytes += value.value().len() as u64;
            to.insert(key.value(), value.value()).map_err(write_error)?;
        }
    }
    Ok(bytes)
}

/// Writes into a log what it was made from as a backup.
pub(crate) fn write_mark(transaction: &WriteTransaction, mark: &Mark) -> Result<()> {
    let record = codec::seal_value(Kind::Meta, Packing::Plain, mark)?;
    let mut facts = transaction.open_table(META).map_err(table_error)?;
    facts.insert(meta::BACKUP, record.as_slice()).map_err(write_error)?;
    Ok(())
}

/// The changes in the log, in their order, and the bytes they take there.
fn read_changes(transaction: &ReadTransaction) -> Result<(Vec<Record>, usize)> {
    let mut changes = Vec::new();
    let mut bytes = 0;
    for item in tables::open(transaction, CHANGES)?.iter().map_err(read_error)? {
        let (number, record) = item.map_err(read_error)?;
        bytes += record.value().len();
        changes.push(read_change(number.value(), record.value())?);
    }
    Ok((changes, bytes))
}

fn read_change(number: u64, record: &[u8]) -> Result<Record> {
    codec::open_value(Kind::Change, record, &format_args!("change {number}"))
}

fn check_format(facts: &ReadOnlyTable<u64, &'static [u8]>) -> Result<()> {
    let value = facts.get(meta::FORMAT).map_err(read_error)?;
    let version = value.as_ref().and_then(|value| value.value().first_chunk::<4>().copied());
    match version.map(u32::from_le_bytes) {
        Some(1..=FORMAT_VERSION) => Ok(()),
        Some(found) if found > FORMAT_VERSION => {
            Err(Error::UnsupportedVersion { found, newest: FORMAT_VERSION })
        }
        _ => Err(Error::corrupt("log.redb", "it does not say its format")),
    }
}

/// Writes changes; returns their bytes.
fn insert_changes<'a>(
    transaction: &WriteTransaction,
    changes: impl IntoIterator<Item = &'a Record>,
) -> Result<usize> {
    let mut bytes = 0;
    let mut table = transaction.open_table(CHANGES).map_err(table_error)?;
    for change in changes {
        let record = codec::seal_value(Kind::Change, Packing::Zstd, change)?;
        bytes += record.len();
        table.insert(change.id, record.as_slice()).map_err(write_error)?;
    }
    Ok(bytes)
}

/// Writes the numbers of the next event and the next change.
fn insert_next(transaction: &WriteTransaction, next: (u64, u64)) -> Result<()> {
    let next = codec::seal_value(Kind::Meta, Packing::Plain, &next)?;
    let mut facts = transaction.open_table(META).map_err(table_error)?;
    facts.insert(meta::NEXT, next.as_slice()).map_err(write_error)?;
    Ok(())
}

/// Writes rows as batches of bounded size.
fn insert_batches(
    batches: &mut Table<'_, u64, &'static [u8]>,
    first: EventId,
    rows: &[Row],
) -> Result<()> {
    let (mut id, mut rest) = (first.0, rows);
    while let Some(row) = rest.first() {
        let mut bytes = 0;
        let fitting = rest.iter().take_while(|row| {
            bytes += row.body.len();
            bytes <= BATCH_BYTES_MAX
        });
        let (now, later) = rest.split_at(fitting.count().max(1));
        let batch = Batch {
            received: row.received.nanos(),
            rows: now
                .iter()
                .map(|row| BatchRow { time: row.time.nanos(), digest: row.digest, body: &row.body })
                .collect(),
        };
        let record = codec::seal_value(Kind::Batch, Packing::Zstd, &batch)?;
        batches.insert(id, record.as_slice()).map_err(write_error)?;
        (id, rest) = (id + now.len() as u64, later);
    }
    Ok(())
}

pub(crate) fn read_batch(record: &[u8], place: &str) -> Result<Vec<Row>> {
    let body = codec::open(Kind::Batch, record, &place)?;
    let batch: Batch<'_> = codec::decode(&body, &place)?;
    let damaged = || Error::corrupt(place, "a time is out of range");
    let received = Timestamp::from_nanos(batch.received).ok_or_else(damaged)?;
    let rows = batch.rows.into_iter().map(|row| {
        let time = Timestamp::from_nanos(row.time).ok_or_else(damaged)?;
        Ok(Row { time, received, digest: row.digest, body: row.body.to_vec() })
    });
    rows.collect()
}

/// Checks that batches follow each other without a hole from `start` to `end`.
pub(crate) fn check_dense(batches: &[(EventId, Vec<Row>)], start: u64, end: u64) -> Result<()> {
    let mut next = start;
    for (first, rows) in batches {
        if first.0 != next || rows.is_empty() {
            return Err(Error::corrupt(format!("batch {first}"), "ids before it are missing"));
        }
        next = next.saturating_add(rows.len() as u64);
    }
    if next != end || end > EVENT_ID_MAX {
        return Err(Error::corrupt("log.redb", "the newest events are missing"));
    }
    Ok(())
}

fn read_error(e: StorageError) -> Error {
    Error::database("read log.redb", e)
}

fn write_error(e: StorageError) -> Error {
    Error::database("write log.redb", e)
}

fn table_error(e: redb::TableError) -> Error {
    Error::database("open a table of log.redb", e)
}

#[cfg(test)]
mod tests {
    use super::{CHANGE_ID_MAX, EVENT_ID_MAX, Kind, Packing, codec, read_next};
    use crate::Error;

    #[test]
    fn the_next_numbers_are_within_their_range() {
        let read = |next: (u64, u64)| {
            read_next(&codec::seal_value(Kind::Meta, Packing::Plain, &next).unwrap())
        };
        for next in [(1, 0), (1, 1), (EVENT_ID_MAX, CHANGE_ID_MAX)] {
            assert_eq!(read(next).unwrap(), next);
        }
        for next in [(0, 1), (EVENT_ID_MAX + 1, 1), (1, CHANGE_ID_MAX + 1), (1, u64::MAX)] {
            assert!(matches!(read(next), Err(Error::Corrupt { .. })), "{next:?}");
        }
    }
}
