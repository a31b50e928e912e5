//! An archive of either layout, and what stands in it.

use super::{Decoder, tar, zip};
use crate::limits;
use std::{
    borrow::Cow,
    io::{self, Read},
};

/// An archive as it lies in its file.
pub(crate) enum Archive<'a> {
    Tar(tar::Archive<Box<dyn Read + 'a>>),
    Zip(Decoder<zip::Archive<Box<dyn Read + 'a>>>),
}

/// What stands next in an archive.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A file, whose bytes are read next.
    File { name: String, modified: Option<Modified> },
    /// Something that is not read, and why: a member, or the archive itself.
    Unread { name: Option<String>, why: Cow<'static, str> },
}

/// When a member was last modified.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Modified {
    /// In seconds since 1970.
    Unix(i64),
    /// As clocks showed it where the archive was made: a date and a time without a zone.
    Local(String),
}

impl Archive<'_> {
    /// Goes to the next member that is a file, or to the next thing that must be said.
    ///
    /// # Errors
    /// When the input fails, or unpacks to too much.
    pub(crate) fn advance(&mut self) -> io::Result<Option<Entry>> {
        match self {
            Self::Tar(archive) => archive.advance(),
            Self::Zip(archive) => {
                // What is unpacked only to be passed over counts, too.
                if archive.inner.ends_with_its_text()
                    && let Err(error) = io::copy(archive, &mut io::sink())
                    && (archive.inner.has_failed() || archive.expands())
                {
                    return Err(error);
                }
                archive.inner.advance()
            }
        }
    }

    /// Whether it was the input that failed: then no member can be read any more.
    pub(crate) fn has_failed(&self) -> bool {
        match self {
            Self::Tar(archive) => archive.has_failed(),
            Self::Zip(archive) => archive.inner.has_failed(),
        }
    }
}

impl Read for Archive<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tar(archive) => archive.read(buffer),
            Self::Zip(archive) => archive.read(buffer),
        }
    }
}

impl Entry {
    /// A member that is not read.
    pub(super) fn unread(name: String, why: impl Into<Cow<'static, str>>) -> Self {
        Self::Unread { name: Some(name), why: why.into() }
    }

    /// What is said of the archive itself.
    pub(super) fn of_archive(why: impl Into<Cow<'static, str>>) -> Self {
        Self::Unread { name: None, why: why.into() }
    }

    /// What is said of an archive with more members than are read.
    pub(super) fn too_many() -> Self {
        let most = limits::MEMBERS_MAX;
        Self::of_archive(format!("more than {most} members; the rest is not read"))
    }
}

/// A name as it is shown: what is no UTF-8, or would change a line of a terminal, becomes U+FFFD,
/// and it is not longer than names of files can be.
pub(super) fn shown(name: &[u8]) -> String {
    let name = name.get(..name.len().min(limits::MEMBER_NAME_BYTES_MAX)).unwrap_or_default();
    let mut name = String::from_utf8_lossy(name).replace(char::is_control, "\u{fffd}");
    name.truncate(name.floor_char_boundary(limits::MEMBER_NAME_BYTES_MAX));
    name
}
