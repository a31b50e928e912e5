//! A sealed segment: consecutive rows of one window that will never change.
//!
//! Its rows are in blocks, one value of the database each. Its index (one section per field, the
//! times, the uids) and the compression dictionary are sections of one stream, cut into pieces.
//! The directory says where everything is, and stays in memory; sections are read when a query
//! asks for them, and kept in the cache.

use crate::block::Blocks;
use crate::codec::{self, Kind, Packing};
use crate::error::{Error, Result};
use crate::index::{Index, window_of};
use crate::limits::WINDOW_ROWS;
use crate::packer::{self, Packer};
use crate::row::Row;
use bincode::{Decode, Encode};
use eventscope_model::{EventId, Timestamp};
use std::ops::Range;
use xxhash_rust::xxh3::Xxh3;

/// Section of the times.
pub(crate) const TIMES: u8 = 32;
/// Section of the uids.
pub(crate) const UIDS: u8 = 33;
/// Section of the compression dictionary.
pub(crate) const DICTIONARY: u8 = 34;

/// Where everything of a segment is.
#[derive(Debug, PartialEq, Eq, Encode, Decode)]
struct Directory {
    first: u64,
    rows: u32,
    /// See [`digest`].
    digest: u64,
    /// The position of the first row of each block.
    block_firsts: Vec<u16>,
    /// The time of receipt, from which row on.
    received: Vec<(u16, i64)>,
    /// Code, key and bytes of each section, in the order of the stream.
    sections: Vec<(u8, String, u32)>,
}

/// What the catalogue in the log says of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Entry {
    pub(crate) rows: u32,
    pub(crate) first_nanos: i64,
    pub(crate) last_nanos: i64,
}

/// A segment as bytes, ready to be stored.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) first: EventId,
    pub(crate) entry: Entry,
    pub(crate) directory: Vec<u8>,
    pub(crate) blocks: Vec<Vec<u8>>,
    pub(crate) stream: Vec<u8>,
}

impl Image {
    /// The image of some rows and their index.
    pub(crate) fn build(first: EventId, rows: &[&Row], index: &Index) -> Result<Self> {
        let bodies: Vec<&[u8]> = rows.iter().map(|row| row.body.as_slice()).collect();
        let dictionary = packer::train(&bodies);
        let encoder = Packer::dictionary(&dictionary);
        let mut packer = Packer::new(&encoder)?;
        let mut blocks = Blocks::default();
        rows.iter().for_each(|row| blocks.push(row, &mut packer));
        let blocks = blocks.finish();

        let mut stream = Vec::new();
        let mut sections = Vec::new();
        let mut add = |code: u8, key: &str, record: Vec<u8>| {
            sections.push((code, key.to_owned(), record.len() as u32));
            stream.extend(record);
        };
        for (code, key, record) in index_sections(index)? {
            add(code, &key, record);
        }
        add(DICTIONARY, "", codec::seal(Kind::Section, Packing::Plain, &dictionary));

        let mut received: Vec<(u16, i64)> = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            let nanos = row.received.nanos();
            if received.last().is_none_or(|(_, last)| *last != nanos) {
                received.push((at as u16, nanos));
            }
        }
        let entry = Entry {
            rows: rows.len() as u32,
            first_nanos: index.times.first().nanos(),
            last_nanos: index.times.last().nanos(),
        };
        let directory = Directory {
            first: first.0,
            rows: entry.rows,
            digest: digest(first, blocks.done.iter().map(Vec::as_slice), &stream),
            block_firsts: blocks.firsts,
            received,
            sections,
        };
        let directory = codec::seal_value(Kind::Directory, Packing::Zstd, &directory)?;
        Ok(Self { first, entry, directory, blocks: blocks.done, stream })
    }
}

/// The digest that a directory record names, if it can be read.
pub(crate) fn digest_in(directory: &[u8]) -> Option<u64> {
    let directory = codec::open_value::<Directory>(Kind::Directory, directory, &"a directory");
    directory.ok().map(|directory| directory.digest)
}

/// A hash over all bytes of a segment but its directory: what tells one version of a segment from
/// another, be it rewritten here or part of another store. What is derived from a segment and kept
/// elsewhere is kept under this number.
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

/// The sections that are derived from the rows, in the order of the stream.
pub(crate) fn index_sections(index: &Index) -> Result<Vec<(u8, String, Vec<u8>)>> {
    let mut sections = vec![
        (TIMES, String::new(), index.times.write()?),
        (UIDS, String::new(), index.uids.write()?),
    ];
    for ((code, key), field) in &index.fields {
        sections.push((*code, key.clone(), field.write()?));
    }
    Ok(sections)
}

/// A segment that is in the catalogue.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) first: EventId,
    pub(crate) rows: u32,
    /// What tells this version of the segment from any other.
    pub(crate) digest: u64,
    pub(crate) span: (Timestamp, Timestamp),
    block_firsts: Vec<u16>,
    received: Vec<(u16, i64)>,
    /// Of the fields, sorted by code and key.
    sections: Vec<(u8, String, Section)>,
    pub(crate) times: Section,
    pub(crate) uids: Section,
    pub(crate) dictionary: Section,
    pub(crate) stream_bytes: usize,
}

/// Where a section is in the stream.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    /// A number that is unique in the segment.
    pub(crate) number: u32,
    pub(crate) range: Range<usize>,
}

impl Segment {
    /// Reads the directory of a segment and checks it against the catalogue.
    pub(crate) fn open(first: EventId, entry: Entry, directory: &[u8]) -> Result<Self> {
        let place = format!("the directory of segment {first}");
        let directory: Directory = codec::open_value(Kind::Directory, directory, &place)?;
        let damaged = || Error::corrupt(&place, "it does not fit the catalogue");
        let rows = directory.rows;
        let last = rows.checked_sub(1).map(|more| EventId(first.0 + u64::from(more)));
        let fits = directory.first == first.0
            && rows == entry.rows
            && rows as usize <= WINDOW_ROWS
            && last.is_some_and(|last| window_of(last) == window_of(first))
            && directory.block_firsts.first() == Some(&0)
            && directory.block_firsts.is_sorted_by(|a, b| a < b)
            && directory.block_firsts.last().is_some_and(|at| u32::from(*at) < rows)
            && directory.received.first().is_some_and(|(at, _)| *at == 0)
            && directory.received.is_sorted_by(|a, b| a.0 < b.0);
        if !fits {
            return Err(damaged());
        }
        let span =
            Timestamp::from_nanos(entry.first_nanos).zip(Timestamp::from_nanos(entry.last_nanos));
        let mut sections = Vec::new();
        let mut start = 0;
        for (number, (code, key, len)) in directory.sections.into_iter().enumerate() {
            let end = start + len as usize;
            sections.push((code, key, Section { number: number as u32, range: start..end }));
            start = end;
        }
        sections.sort_unstable_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        // Every segment has these three, and nearly every read asks for one of them.
        let take = |sections: &mut Vec<(u8, String, Section)>, wanted: u8| {
            let at = sections.iter().position(|(code, _, _)| *code == wanted);
            at.map(|at| sections.remove(at).2).ok_or_else(damaged)
        };
        let times = take(&mut sections, TIMES)?;
        let uids = take(&mut sections, UIDS)?;
        let dictionary = take(&mut sections, DICTIONARY)?;
        Ok(Self {
            first,
            rows,
            digest: directory.digest,
            span: span.ok_or_else(damaged)?,
            block_firsts: directory.block_firsts,
            received: directory.received,
            sections,
            times,
            uids,
            dictionary,
            stream_bytes: start,
        })
    }

    /// The first id after this segment.
    pub(crate) fn end(&self) -> EventId {
        EventId(self.first.0 + u64::from(self.rows))
    }

    /// The position of an id among the rows, if it is in this segment.
    pub(crate) fn position(&self, id: EventId) -> Option<u16> {
        let offset = id.0.checked_sub(self.first.0)?;
        (offset < u64::from(self.rows)).then_some(offset as u16)
    }

    /// The section of a field, by its code and key.
    pub(crate) fn field(&self, code: u8, key: &str) -> Option<&Section> {
        let wanted = (code, key);
        let at =
            self.sections.binary_search_by(|(code, key, _)| (*code, key.as_str()).cmp(&wanted));
        at.ok().map(|at| &self.sections[at].2)
    }

    /// The sections of all fields, with their codes and keys.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (u8, &str, &Section)> {
        self.sections.iter().map(|(code, key, section)| (*code, key.as_str(), section))
    }

    /// The number of the block that holds the row at a position, and where in it.
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
        let run = self.received.partition_point(|(first, _)| *first <= position) - 1;
        Timestamp::from_nanos(self.received.get(run)?.1)
    }
}
