//! A text file: the files of a small tantivy index in one, with a checksum for every block.
//!
//! ```text
//! bytes 0-7    "evtext" and two bytes 00 01
//! bytes 8-11   length of the contents, little endian
//! then         the contents, in a frame
//! then         the inner files, one after another
//! ```
//!
//! A block is read with plain reads, never mapped: a file that is cut short behind our back must
//! give an error, not a signal. Its checksum is compared before anything looks at it.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "`open` checks that the inner files fill the file, and ids stay below 2^48"
)]

use super::caches::FileCaches;
use crate::database::cache::Key;
use crate::database::codec::{self, Kind, Packing};
use crate::error::{Error, Result};
use crate::limits::{EVENT_ID_MAX, RECORD_BYTES_MAX, TEXT_BLOCK_BYTES};
use crate::vfs::VfsPath;
use bincode::{Decode, Encode};
use eventscope_model::EventId;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use tantivy::directory::OwnedBytes;
use xxhash_rust::xxh3::xxh3_64;

pub(super) const MAGIC: [u8; 8] = *b"evtext\x00\x01";
pub(super) const HEAD_BYTES: usize = 12;
/// Changes with the schema, the layouts, the splitter, and the version of tantivy.
const VERSION: u32 = 2;

const OTHER_VERSION: &str = "it is of another version";

/// How text is laid out in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub(crate) enum Layout {
    /// Field `rows` holds the description of each row; field `values` the values of the
    /// dictionaries.
    ByValue,
    /// Field `rows` holds all text of each row.
    ByRow,
}

/// What is in a file.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Contents {
    version: u32,
    pub(crate) layout: Layout,
    /// The id of the first row.
    pub(crate) first: u64,
    pub(crate) rows: u32,
    /// The digest of the segment, or of the rows of the tail.
    pub(crate) made_of: u64,
    /// Code and key of each field whose values are in `values`, and the document of its first one.
    pub(crate) fields: Vec<(u8, String, u32)>,
    /// What tantivy says of its index.
    pub(crate) meta: Vec<u8>,
    /// Ending and bytes of each inner file.
    inner: Vec<(String, u64)>,
    checksums: Vec<u64>,
}

impl Contents {
    /// The first id after the rows.
    pub(crate) fn end(&self) -> u64 {
        self.first + u64::from(self.rows)
    }

    /// Whether two files of the same rows say the same.
    pub(crate) fn agrees_with(&self, other: &Self) -> bool {
        // tantivy's own words hold a random name.
        let named = |contents: &Self| Self { meta: Vec::new(), ..contents.clone() };
        named(self) == named(other)
    }
}

/// The inner files, each by its ending.
pub(crate) type Inner = Vec<(String, Vec<u8>)>;

/// What a file is made of, before it is one.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) layout: Layout,
    pub(crate) first: EventId,
    pub(crate) rows: u32,
    pub(crate) made_of: u64,
    pub(crate) fields: Vec<(u8, String, u32)>,
    pub(crate) meta: Vec<u8>,
    pub(crate) inner: Inner,
}

impl Parts {
    /// The bytes of the file.
    pub(crate) fn write(self) -> Result<Vec<u8>> {
        let mut inner = self.inner;
        inner.sort_unstable();
        let lens = inner.iter().map(|(ending, bytes)| (ending.clone(), bytes.len() as u64));
        let lens = lens.collect();
        let data: Vec<u8> = inner.into_iter().flat_map(|(_, bytes)| bytes).collect();
        let contents = Contents {
            version: VERSION,
            layout: self.layout,
            first: self.first.0,
            rows: self.rows,
            made_of: self.made_of,
            fields: self.fields,
            meta: self.meta,
            inner: lens,
            checksums: data.chunks(TEXT_BLOCK_BYTES).map(xxh3_64).collect(),
        };
        let frame = codec::seal_value(Kind::Text, Packing::Zstd, &contents)?;
        let mut bytes = Vec::with_capacity(HEAD_BYTES + frame.len() + data.len());
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&(frame.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&frame);
        bytes.extend_from_slice(&data);
        Ok(bytes)
    }
}

/// Where the bytes of a file are.
#[derive(Debug)]
pub(crate) enum Source {
    /// In memory, for a store in memory.
    Memory(OwnedBytes),
    /// On the disk.
    Disk(VfsPath),
}

/// A text file that is open.
#[derive(Debug)]
pub(crate) struct TextFile {
    /// A number that no other file of this process has had.
    pub(crate) number: u64,
    pub(crate) contents: Contents,
    source: Source,
    data: Range<u64>,
    caches: Arc<FileCaches>,
    /// Set when the file serves nothing any more; it is removed when its last reader is gone.
    obsolete: AtomicBool,
    /// Set when the system refused to read it, which says nothing about the file.
    refused: AtomicBool,
    /// What is wrong with it, once that was found.
    damage: OnceLock<String>,
}

impl TextFile {
    /// Opens a file after checking what it says of itself.
    pub(super) fn open(number: u64, source: Source, caches: &Arc<FileCaches>) -> Result<Self> {
        Self::read_contents(number, source, Arc::clone(caches))
            .inspect_err(|_| caches.close(number))
    }

    fn read_contents(number: u64, source: Source, caches: Arc<FileCaches>) -> Result<Self> {
        let (head, len) = match &source {
            Source::Memory(bytes) => {
                let read = |from: usize, out: &mut [u8]| {
                    let there = bytes.get(from..).and_then(|rest| rest.get(..out.len()));
                    out.copy_from_slice(there.ok_or(io::ErrorKind::UnexpectedEof)?);
                    Ok(())
                };
                (read_head(bytes.len() as u64, read)?, bytes.len() as u64)
            }
            Source::Disk(file) => {
                let len = file.metadata()?.len;
                let read = |from, out: &mut [u8]| caches.read_at(number, file, from as u64, out);
                (read_head(len, read)?, len)
            }
        };
        let contents: Contents = codec::open_value(Kind::Text, &head, &"a text file")?;
        if contents.version != VERSION {
            return Err(Error::Text { doing: "use", source: OTHER_VERSION.into() });
        }
        let start = (HEAD_BYTES + head.len()) as u64;
        let mut lens = contents.inner.iter().map(|(_, bytes)| *bytes);
        let end = lens.try_fold(start, u64::checked_add);
        let checksums = len.saturating_sub(start).div_ceil(TEXT_BLOCK_BYTES as u64);
        let fits = contents.rows > 0
            && contents.first <= EVENT_ID_MAX
            && end == Some(len)
            && contents.checksums.len() as u64 == checksums;
        if !fits {
            return Err(Error::corrupt("a text file", "it is cut short"));
        }
        Ok(Self {
            number,
            contents,
            source,
            data: start..len,
            caches,
            obsolete: AtomicBool::new(false),
            refused: AtomicBool::new(false),
            damage: OnceLock::new(),
        })
    }

    /// The range of an inner file in the data, by its ending.
    pub(crate) fn inner(&self, ending: &str) -> Option<Range<u64>> {
        let mut start = 0;
        for (other, bytes) in &self.contents.inner {
            if other == ending {
                return Some(start..start + bytes);
            }
            start += bytes;
        }
        None
    }

    /// Where the file is on the disk.
    pub(crate) fn spot(&self) -> Option<&VfsPath> {
        match &self.source {
            Source::Memory(_) => None,
            Source::Disk(spot) => Some(spot),
        }
    }

    /// Bytes of the whole file.
    pub(crate) fn bytes(&self) -> u64 {
        self.data.end
    }

    /// What it is read through.
    pub(super) fn caches(&self) -> &Arc<FileCaches> {
        &self.caches
    }

    /// Notes that the file serves nothing any more.
    pub(crate) fn retire(&self) {
        self.obsolete.store(true, Ordering::Relaxed);
    }

    /// Whether the file serves nothing any more, but for snapshots of earlier.
    pub(crate) fn is_retired(&self) -> bool {
        self.obsolete.load(Ordering::Relaxed)
    }

    /// Notes that the file could not be read: as damage, unless the system just refused.
    pub(crate) fn blame(&self, error: &Error) {
        if !self.refused.swap(false, Ordering::Relaxed) {
            self.condemn(error);
        }
    }

    /// Notes that the file cannot be read as it was written: it serves nothing any more, and will
    /// be put aside.
    pub(crate) fn condemn(&self, error: &Error) {
        let _ = self.damage.set(error.in_a_line());
    }

    /// What is wrong with the file, if that was found.
    pub(crate) fn damage(&self) -> Option<&str> {
        self.damage.get().map(String::as_str)
    }

    /// Reads a range of the data, which is not kept.
    pub(crate) fn read(&self, range: Range<u64>) -> io::Result<OwnedBytes> {
        let file = match &self.source {
            Source::Memory(bytes) => {
                let at = |offset: u64| (self.data.start + offset) as usize;
                return Ok(bytes.slice(at(range.start)..at(range.end)));
            }
            Source::Disk(file) => file,
        };
        if range.is_empty() {
            return Ok(OwnedBytes::empty());
        }
        let block_bytes = TEXT_BLOCK_BYTES as u64;
        let numbers = range.start / block_bytes..range.end.div_ceil(block_bytes);
        let skipped = (numbers.start * block_bytes) as usize;
        let blocks = self.read_blocks(file, numbers)?;
        let from = range.start as usize - skipped;
        Ok(OwnedBytes::new(blocks).slice(from..range.end as usize - skipped))
    }

    /// Reads a range of the data that may be asked for again, and keeps it: without what else is in
    /// its blocks, which hold words that nobody has asked for.
    pub(crate) fn read_and_keep(&self, range: Range<u64>) -> io::Result<OwnedBytes> {
        if range.is_empty() || self.spot().is_none() {
            return self.read(range);
        }
        let key = Key::TextBytes(self.number, range.start, range.end);
        let kept = self.caches.kept.get();
        if let Some(bytes) = kept.as_ref().and_then(|kept| kept.get::<OwnedBytes, _>(&key)) {
            return Ok(OwnedBytes::clone(&bytes));
        }
        let bytes = OwnedBytes::new(self.read(range)?.to_vec());
        // Of a file that serves old snapshots only, nothing is asked for again.
        if let Some(kept) = kept.filter(|_| !self.is_retired()) {
            kept.keep(key, Arc::new(bytes.clone()), bytes.len());
        }
        Ok(bytes)
    }

    /// Reads and checks everything.
    pub(crate) fn read_all(&self) -> io::Result<()> {
        let Source::Disk(file) = &self.source else { return Ok(()) };
        (0..self.contents.checksums.len() as u64)
            .try_for_each(|number| self.read_blocks(file, number..number + 1).map(drop))
    }

    /// Reads whole blocks and checks them.
    fn read_blocks(&self, file: &VfsPath, numbers: Range<u64>) -> io::Result<Vec<u8>> {
        let start = self.data.start + numbers.start * TEXT_BLOCK_BYTES as u64;
        let end = (self.data.start + numbers.end * TEXT_BLOCK_BYTES as u64).min(self.data.end);
        let mut bytes = vec![0; end.saturating_sub(start) as usize];
        let read = self.caches.read_at(self.number, file, start, &mut bytes);
        read.inspect_err(|error| {
            let gone = [io::ErrorKind::NotFound, io::ErrorKind::UnexpectedEof];
            self.refused.store(!gone.contains(&error.kind()), Ordering::Relaxed);
        })?;
        let checksums = self.contents.checksums.iter().skip(numbers.start as usize);
        let right =
            bytes.chunks(TEXT_BLOCK_BYTES).zip(checksums).all(|(b, sum)| xxh3_64(b) == *sum);
        #[cfg(feature = "plants")]
        let right = right || crate::fault_injection::is(crate::fault_injection::Plant::StaleBlock);
        if right { Ok(bytes) } else { Err(io::Error::other("a checksum does not match")) }
    }
}

impl Drop for TextFile {
    fn drop(&mut self) {
        let Some(file) = self.spot() else { return };
        self.caches.close(self.number);
        if self.is_retired() {
            // What stays behind is cleared away at the next open.
            let _ = file.remove_file();
        }
    }
}

/// Reads the frame of the contents of a file of so many bytes, with a function that fills bytes
/// from an offset on.
fn read_head(
    file_bytes: u64,
    read: impl Fn(usize, &mut [u8]) -> io::Result<()>,
) -> Result<Vec<u8>> {
    let damaged = |what| Error::corrupt("a text file", what);
    let mut head = [0; HEAD_BYTES];
    read(0, &mut head).map_err(|_| damaged("it is too short"))?;
    let (magic, len) = head.split_at(MAGIC.len());
    if magic != MAGIC {
        return Err(damaged("it does not begin as one"));
    }
    let len = len.first_chunk::<4>().map_or(0, |len| u32::from_le_bytes(*len)) as usize;
    if len > RECORD_BYTES_MAX {
        return Err(damaged("its size is not credible"));
    }
    if (HEAD_BYTES + len) as u64 > file_bytes {
        return Err(damaged("it is too short"));
    }
    let mut frame = vec![0; len];
    read(HEAD_BYTES, &mut frame).map_err(|_| damaged("it is too short"))?;
    Ok(frame)
}

#[cfg(test)]
mod tests {
    use super::{Contents, FileCaches, HEAD_BYTES, Kind, Layout, MAGIC, Packing, Source, TextFile};
    use super::{VERSION, codec};
    use crate::database::cache::Kept;
    use crate::{Error, Indexing, Options, Storage};
    use eventscope_model::Draft;
    use std::fs;
    use tantivy::directory::OwnedBytes;

    /// Opens a file of four bytes of data that says so much of itself.
    fn opened(first: u64, lens: &[u64]) -> crate::error::Result<TextFile> {
        let contents = Contents {
            version: VERSION,
            layout: Layout::ByRow,
            first,
            rows: 1,
            made_of: 0,
            fields: Vec::new(),
            meta: Vec::new(),
            inner: lens.iter().map(|len| (format!("of {len}"), *len)).collect(),
            checksums: vec![0],
        };
        let frame = codec::seal_value(Kind::Text, Packing::Plain, &contents).unwrap();
        let len = (frame.len() as u32).to_le_bytes();
        let bytes = [&MAGIC[..], &len, &frame, b"data"].concat();
        let caches = FileCaches::new(&Kept::new(0)).into();
        TextFile::open(0, Source::Memory(OwnedBytes::new(bytes)), &caches)
    }

    #[test]
    fn inner_files_fill_the_file_and_no_more() {
        let file = opened(1, &[1, 3]).unwrap();
        assert_eq!((file.inner("of 1"), file.inner("of 3")), (Some(0..1), Some(1..4)));
        assert_eq!(file.contents.end(), 2);
        for lens in [&[1, 2][..], &[1, 4], &[u64::MAX, 5], &[u64::MAX - 8], &[]] {
            assert!(matches!(opened(1, lens), Err(Error::Corrupt { .. })), "{lens:?}");
        }
        assert!(matches!(opened(u64::MAX, &[4]), Err(Error::Corrupt { .. })));
    }

    /// Words may have been split in another way there, so such a file is neither used nor damaged.
    #[test]
    fn a_file_of_another_version_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.db");
        let open = |indexing| {
            let options = Options { indexing, ..Options::default() };
            Storage::open(&path, &options).unwrap()
        };
        let storage = open(Indexing::Background);
        storage.append(vec![Draft::custom("Deployed web 1.4")]).unwrap();
        storage.close().unwrap();
        let files = || -> Vec<_> {
            let entries = fs::read_dir(path.join("text")).unwrap();
            entries.map(|entry| entry.unwrap().path()).collect()
        };
        let [file] = files().try_into().unwrap();
        fs::write(&file, with_version(&fs::read(&file).unwrap(), VERSION - 1)).unwrap();

        // Who only looks leaves it where it is.
        for (indexing, lag, what) in
            [(Indexing::Never, 1, "is not used"), (Indexing::Background, 0, "is made again")]
        {
            let storage = open(indexing);
            storage.finish_text(|_, _| ()).unwrap();
            let stats = storage.stats().unwrap();
            assert_eq!((stats.text_lag, storage.outdated_text_files()), (lag, lag));
            let warnings = stats.text_warnings;
            assert!(warnings.len() == 1 && warnings[0].contains(what), "{warnings:?}");
            storage.close().unwrap();
        }
        assert_eq!(files().len(), 1);
        assert_ne!(files(), [file]);
        let storage = open(Indexing::Background);
        assert!(storage.stats().unwrap().text_warnings.is_empty());
    }

    /// The bytes of a text file that says to be of a version.
    fn with_version(bytes: &[u8], version: u32) -> Vec<u8> {
        let len = u32::from_le_bytes(bytes[8..12].try_into().unwrap()) as usize;
        let frame = &bytes[HEAD_BYTES..HEAD_BYTES + len];
        let mut contents: Contents = codec::open_value(Kind::Text, frame, &"a text file").unwrap();
        contents.version = version;
        let frame = codec::seal_value(Kind::Text, Packing::Zstd, &contents).unwrap();
        let mut again = MAGIC.to_vec();
        again.extend_from_slice(&(frame.len() as u32).to_le_bytes());
        again.extend_from_slice(&frame);
        again.extend_from_slice(&bytes[HEAD_BYTES + len..]);
        again
    }
}
