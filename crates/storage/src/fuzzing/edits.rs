//! A hostile store, made of a good one by the edits that an input asks for.

use super::number;
use crate::database::codec::{self, Kind, Packing};
use crate::database::files::{LOG, SEGMENTS};
use crate::database::stream;
use crate::database::tables::{DIRECTORIES, LOG_TABLES, PIECES, SEGMENTS_TABLES, segment_key};
use crate::error::{Error, Result};
use crate::limits::RECORD_BYTES_MAX;
use crate::segment::Directory;
use redb::{Database, ReadableTable, TableDefinition, TableHandle, WriteTransaction};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Bytes of a page of the database.
const PAGE_BYTES: usize = 4_096;

/// How many edits were made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edited {
    /// Of bytes of a file.
    pub bytes: usize,
    /// Of records, each with a right checksum.
    pub records: usize,
}

/// Edits a closed store as an input says: its first byte says which file, and whether its bytes
/// are edited or its records behind their checksums; the rest is a list of edits.
///
/// # Errors
/// When the folder holds no good store.
pub fn edit(dir: &Path, input: &[u8]) -> Result<Edited> {
    let Some((what, edits)) = number::<1>(input) else { return Ok(Edited::default()) };
    let (log, segments) = (dir.join(LOG), dir.join(SEGMENTS));
    Ok(match what % 4 {
        0 => Edited { bytes: edit_file(&log, edits)?, records: 0 },
        1 => Edited { bytes: edit_file(&segments, edits)?, records: 0 },
        2 => Edited { bytes: 0, records: edit_records(log, &LOG_TABLES, edits)? },
        _ => Edited { bytes: 0, records: edit_records(segments, &SEGMENTS_TABLES, edits)? },
    })
}

/// The error of a file operation.
pub(super) fn io_error(doing: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Io { doing, path: path.to_owned(), source }
}

/// An edit of a file is five bytes: three say where, one what, one with which value.
fn edit_file(path: &Path, mut edits: &[u8]) -> Result<usize> {
    let mut bytes = fs::read(path).map_err(|e| io_error("read", path, e))?;
    let mut count = 0;
    while let Some((at, rest)) = number::<3>(edits) {
        let Some(([what, value], rest)) = rest.split_first_chunk::<2>() else { break };
        edits = rest;
        count += 1;
        if bytes.is_empty() {
            break;
        }
        let at = at % bytes.len();
        let page = at / PAGE_BYTES * PAGE_BYTES;
        let page = page..(page + PAGE_BYTES).min(bytes.len());
        match what % 6 {
            0 => bytes[at] = *value,
            1 => bytes[at] ^= *value,
            2 => bytes.iter_mut().skip(at).take(8).for_each(|byte| *byte = *value),
            3 => bytes[page].fill(*value),
            4 => {
                let from = usize::from(*value) * PAGE_BYTES;
                let other = bytes.get(from..from + page.len()).map(<[u8]>::to_vec);
                bytes[page.clone()].copy_from_slice(&other.unwrap_or_else(|| vec![0; page.len()]));
            }
            _ => {
                // The rest of the file is the rest of the input.
                bytes.truncate(at);
                bytes.extend_from_slice(std::mem::take(&mut edits));
            }
        }
    }
    fs::write(path, bytes).map_err(|e| io_error("write", path, e))?;
    Ok(count)
}

type Table = TableDefinition<'static, u64, &'static [u8]>;

/// Where a record is.
pub(super) enum Place {
    /// A value of a table.
    Value(Table, u64),
    /// A section of the index stream of a segment.
    Section { first: u64, rows: u32, code: u8, range: Range<usize> },
}

/// All records of a file, in the order of its tables.
pub(super) fn places(transaction: &WriteTransaction, tables: &[Table]) -> Result<Vec<Place>> {
    let mut places = Vec::new();
    for table in tables {
        let keys = keys(transaction, *table)?;
        if table.name() != PIECES.name() {
            places.extend(keys.into_iter().map(|key| Place::Value(*table, key)));
            continue;
        }
        for first in self::keys(transaction, DIRECTORIES)? {
            let directory = value(transaction, DIRECTORIES, first)?;
            let directory: Directory =
                codec::open_value(Kind::Directory, &directory, &"a directory")?;
            let mut start = 0;
            for (code, _, bytes) in directory.sections {
                let end = start + bytes as usize;
                let (rows, range) = (directory.rows, start..end);
                places.push(Place::Section { first, rows, code, range });
                start = end;
            }
        }
    }
    Ok(places)
}

fn keys(transaction: &WriteTransaction, table: Table) -> Result<Vec<u64>> {
    let table = transaction.open_table(table).map_err(failed)?;
    let keys = table.iter().map_err(failed)?;
    keys.map(|item| item.map(|(key, _)| key.value()).map_err(failed)).collect()
}

fn value(transaction: &WriteTransaction, table: Table, key: u64) -> Result<Vec<u8>> {
    let table = transaction.open_table(table).map_err(failed)?;
    let value = table.get(key).map_err(failed)?;
    Ok(value.map(|value| value.value().to_vec()).unwrap_or_default())
}

fn set(transaction: &WriteTransaction, table: Table, key: u64, value: &[u8]) -> Result<()> {
    transaction.open_table(table).map_err(failed)?.insert(key, value).map_err(failed)?;
    Ok(())
}

fn failed(error: impl Into<redb::Error>) -> Error {
    Error::database("edit a file", error.into())
}

/// The stream of a segment's index.
fn stream(transaction: &WriteTransaction, first: u64) -> Result<Vec<u8>> {
    let pieces = segment_key(first, 0)..=segment_key(first, u16::MAX);
    let mut stream = Vec::new();
    for key in keys(transaction, PIECES)?.into_iter().filter(|key| pieces.contains(key)) {
        stream.extend(value(transaction, PIECES, key)?);
    }
    Ok(stream)
}

/// What stands in a place: the bytes of a record with its frame, if it has one.
pub(super) fn read(transaction: &WriteTransaction, place: &Place) -> Result<Vec<u8>> {
    match place {
        Place::Value(table, key) => value(transaction, *table, *key),
        Place::Section { first, range, .. } => {
            Ok(stream(transaction, *first)?.get(range.clone()).unwrap_or_default().to_vec())
        }
    }
}

/// Opens a file of a closed store.
pub(super) fn open(path: PathBuf) -> Result<Database> {
    Database::open(path).map_err(failed)
}

/// Begins to write to it.
pub(super) fn begin(database: &Database) -> Result<WriteTransaction> {
    database.begin_write().map_err(failed)
}

/// An edit of a record is six bytes: two say which, two where, one what, one with which value.
fn edit_records(path: PathBuf, tables: &[Table], mut edits: &[u8]) -> Result<usize> {
    let database = open(path)?;
    let transaction = begin(&database)?;
    let places = places(&transaction, tables)?;
    let mut count = 0;
    while let Some((which, rest)) = number::<2>(edits) {
        let Some((at, rest)) = number::<2>(rest) else { break };
        let Some(([what, by], rest)) = rest.split_first_chunk::<2>() else { break };
        edits = rest;
        count += 1;
        match &places[which % places.len()] {
            Place::Value(table, key) => edit_value(&transaction, *table, *key, (at, *what, *by))?,
            Place::Section { first, range, .. } => {
                edit_section(&transaction, *first, range, (at, *what, *by))?;
            }
        }
    }
    transaction.commit().map_err(failed)?;
    database.close().map_err(failed)?;
    Ok(count)
}

fn edit_value(
    transaction: &WriteTransaction,
    table: Table,
    key: u64,
    (at, what, by): (usize, u8, u8),
) -> Result<()> {
    let frame = value(transaction, table, key)?;
    let kind = super::KINDS.into_iter().find(|kind| frame.get(1) == Some(&(*kind as u8)));
    let body = kind.and_then(|kind| Some((kind, codec::open(kind, &frame, &"it").ok()?)));
    let (kind, mut body) = match body {
        Some((kind, body)) => (Some(kind), body.into_owned()),
        // The format stands outside of any frame.
        None => (None, frame),
    };
    let at = at % body.len().max(1);
    match what % 8 {
        0 if at < body.len() => body[at] = by,
        1 if at < body.len() => body[at] ^= by,
        2 => body.insert(at, by),
        3 if at < body.len() => drop(body.remove(at)),
        4 => body.truncate(at),
        5 if body.len() < RECORD_BYTES_MAX / 2 => body.extend_from_within(at..),
        6 => {
            transaction.open_table(table).map_err(failed)?.remove(key).map_err(failed)?;
            return Ok(());
        }
        // Elsewhere, with the bits of its key that one byte can say.
        7 => {
            let frame = value(transaction, table, key)?;
            return set(transaction, table, key ^ (u64::from(by) << (at % 8 * 8)), &frame);
        }
        _ => {}
    }
    let frame = kind.map(|kind| codec::seal(kind, Packing::Zstd, &body));
    set(transaction, table, key, &frame.unwrap_or(body))
}

/// Sections keep their length: the directory knows where each begins.
fn edit_section(
    transaction: &WriteTransaction,
    first: u64,
    range: &Range<usize>,
    (at, what, by): (usize, u8, u8),
) -> Result<()> {
    let mut stream = stream(transaction, first)?;
    let Some(section) = stream.get_mut(range.clone()) else { return Ok(()) };
    let Some(payload) = section.get_mut(codec::HEAD_BYTES..).filter(|it| !it.is_empty()) else {
        return Ok(());
    };
    let at = at % payload.len();
    payload[at] = if what.is_multiple_of(2) { by } else { payload[at] ^ by };
    super::mend_frame(section);
    let mut rest = stream.as_slice();
    for (number, len) in stream::pieces(stream.len()).enumerate() {
        let (piece, behind) = rest.split_at(len);
        set(transaction, PIECES, segment_key(first, number as u16), piece)?;
        rest = behind;
    }
    Ok(())
}
