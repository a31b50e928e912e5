//! The members of a tar archive, one after another, as a stream.
//!
//! An archive is a sequence of blocks of 512 bytes: a header, the text of the member padded to
//! whole blocks, the next header, and blocks of zeros at the end. Read are the layouts of Unix V7,
//! of POSIX (ustar, and pax with its extended headers) and of GNU: IEEE Std 1003.1-2024, pax,
//! sections "ustar Interchange Format" and "pax Interchange Format"; GNU tar manual, section
//! "Basic Tar Format".
//!
//! Folders, links and devices are passed over. What cannot be read is said: sparse files, headers
//! whose checksum is wrong (reading goes on at the next one that is right), an end that is missing.
//! Blocks of zeros are passed over too, so that archives that were joined are read to their end.

mod header;

use super::archive::{Entry, Modified, shown};
use crate::limits;
use header::{Header, Kind, Pax};
use std::{
    io::{self, Read},
    mem,
};

pub(crate) use header::{BLOCK_BYTES, Likeness, likeness};

/// The bits of a size that lie inside a block.
const BLOCK_MASK: u64 = 511;

/// Reads an archive: [`Archive::advance`] goes to the next member, [`Read`] gives its bytes.
pub(crate) struct Archive<R> {
    input: R,
    /// Bytes of the current member that are still to be read.
    rest: u64,
    /// Bytes behind them up to the next header.
    padding: u64,
    /// Whether the last block was one of zeros, as they stand at the end.
    is_ended: bool,
    /// Whether the last header was wrong, which is said once and not of each block behind it.
    is_lost: bool,
    /// Whether the input ended inside a member.
    is_cut: bool,
    /// Whether the input failed: then no member can be read any more.
    has_failed: bool,
    is_over: bool,
    members: usize,
    /// What the name of the current member is, for what is said of it.
    name: String,
}

/// What extended headers say of the member behind them.
#[derive(Default)]
struct Extended {
    pax: Pax,
    long_name: Option<Vec<u8>>,
    has_pax: bool,
}

impl<R: Read> Archive<R> {
    pub(crate) fn new(input: R) -> Self {
        Self {
            input,
            rest: 0,
            padding: 0,
            is_ended: false,
            is_lost: false,
            is_cut: false,
            has_failed: false,
            is_over: false,
            members: 0,
            name: String::new(),
        }
    }

    /// Whether it was the input that failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Goes to the next member that is a file, or to the next thing that must be said.
    ///
    /// # Errors
    /// When the input fails.
    pub(crate) fn advance(&mut self) -> io::Result<Option<Entry>> {
        let mut extended = Extended::default();
        loop {
            if self.is_over {
                return Ok(None);
            }
            self.pass()?;
            if self.is_cut {
                self.is_over = true;
                let name = mem::take(&mut self.name);
                return Ok(Some(Entry::unread(name, "the archive ends inside this member")));
            }
            let Some(block) = self.block()? else {
                self.is_over = true;
                let is_whole = self.is_ended && self.padding == 0;
                let what = "the archive has no end; it may be cut off";
                return Ok((!is_whole).then(|| Entry::of_archive(what)));
            };
            self.is_ended = block.iter().all(|byte| *byte == 0);
            if self.is_ended {
                continue;
            }
            let Some(header) = Header::read(&block) else {
                if mem::replace(&mut self.is_lost, true) {
                    continue;
                }
                let what = "a header of the archive is broken; it is passed over, with its member";
                return Ok(Some(Entry::of_archive(what)));
            };
            self.is_lost = false;
            self.members = self.members.saturating_add(1);
            if self.members > limits::MEMBERS_MAX {
                self.is_over = true;
                return Ok(Some(Entry::too_many()));
            }
            if let Some(entry) = self.member(&header, &mut extended)? {
                return Ok(Some(entry));
            }
        }
    }

    /// Takes a header: gives what is to be read or said, or remembers what it says of the next.
    fn member(&mut self, header: &Header, extended: &mut Extended) -> io::Result<Option<Entry>> {
        if let Kind::Name | Kind::Extended | Kind::Passed = header.kind {
            self.set_size(header.size);
            let is_kept = header.kind != Kind::Passed;
            let Some(text) = (if is_kept { self.text()? } else { None }) else {
                let what = "an extended header of the archive is too long; it is passed over";
                return Ok((is_kept && !self.is_cut).then(|| Entry::of_archive(what)));
            };
            if header.kind == Kind::Name {
                let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
                extended.long_name = text.get(..end).map(<[u8]>::to_vec);
                return Ok(None);
            }
            extended.has_pax = true;
            let is_read = extended.pax.read(&text);
            let what = "an extended header of the archive is broken; it is passed over";
            return Ok((!is_read).then(|| Entry::of_archive(what)));
        }
        let Extended { pax, long_name, has_pax } = mem::take(extended);
        let name = pax.path.as_deref().or(long_name.as_deref()).unwrap_or(&header.name);
        let name = shown(name);
        // Links of the pax layout may bring their text; those of others only say a size.
        let has_text = match header.kind {
            Kind::Link => has_pax,
            Kind::Bare => false,
            _ => true,
        };
        let size = if has_text { pax.size.unwrap_or(header.size) } else { 0 };
        self.name.clone_from(&name);
        if header.kind == Kind::Sparse && header.has_more_blocks {
            self.pass_sparse_blocks()?;
        }
        self.set_size(size);
        let is_folder = header.kind == Kind::File && header.is_old && name.ends_with('/');
        Ok(match header.kind {
            _ if pax.is_sparse || header.kind == Kind::Sparse => {
                Some(Entry::unread(name, "a sparse file is not read; take it out of the archive"))
            }
            Kind::Part => {
                Some(Entry::unread(name, "a part of a file is not read; join the archives"))
            }
            Kind::File if !is_folder => {
                let modified = header.modified.map(Modified::Unix);
                Some(Entry::File { name, modified })
            }
            _ => None,
        })
    }

    fn set_size(&mut self, size: u64) {
        self.rest = size;

        // Up to a multiple of the bytes of a block, which are a power of two.
        self.padding = size.wrapping_neg() & BLOCK_MASK;
    }

    /// The text of an extended header; `None` if it is too long, or cut off.
    fn text(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.rest > limits::EXTENDED_HEADER_BYTES_MAX {
            return Ok(None);
        }
        let mut text = Vec::new();
        self.read_to_end(&mut text)?;
        Ok((!self.is_cut).then_some(text))
    }

    /// Goes to the end of the current member.
    fn pass(&mut self) -> io::Result<()> {
        io::copy(self, &mut io::sink())?;
        let padding = self.padding;
        let passed = self.guard(|input| io::copy(&mut input.take(padding), &mut io::sink()))?;
        // Nothing is lost with the zeros behind the last member, but the end is missing.
        self.padding = padding.saturating_sub(passed);
        Ok(())
    }

    /// Blocks between the header of a sparse file and its text say where that belongs.
    fn pass_sparse_blocks(&mut self) -> io::Result<()> {
        while let Some(block) = self.block()? {
            if block.get(header::SPARSE_MORE_AT).is_none_or(|flag| *flag == 0) {
                break;
            }
        }
        Ok(())
    }

    /// The next block; `None` at the end of the input, also if it ends inside a block.
    fn block(&mut self) -> io::Result<Option<[u8; BLOCK_BYTES]>> {
        let mut block = Vec::with_capacity(BLOCK_BYTES);
        self.guard(|input| input.take(BLOCK_BYTES as u64).read_to_end(&mut block))?;
        Ok(block.try_into().ok())
    }

    /// Reads from the input, and remembers if that fails.
    fn guard<T>(&mut self, read: impl FnOnce(&mut R) -> io::Result<T>) -> io::Result<T> {
        let result = read(&mut self.input);
        self.has_failed |=
            result.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::Interrupted);
        result
    }
}

impl<R: Read> Read for Archive<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.rest).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..most).filter(|buffer| !buffer.is_empty()) else {
            return Ok(0);
        };
        let read = self.guard(|input| input.read(buffer))?;
        self.is_cut |= read == 0;
        self.rest = if read == 0 { 0 } else { self.rest.saturating_sub(read as u64) };
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
