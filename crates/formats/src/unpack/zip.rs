//! The members of a ZIP archive, one after another, as a stream.
//!
//! The archive is read by the header before each member; the directory at its end is not needed.
//! Read are members that are stored or deflated. What cannot be read is said: a member with another
//! method or with encryption, a stored one that does not say how long it is, one that is damaged,
//! an end that is missing. Reading goes on behind them. Folders are passed over.
//! The layout is that of the ZIP application note (APPNOTE.TXT 6.3.10, sections 4.3.7 and 4.3.9).

mod header;
mod input;

use super::archive::{Entry, shown};
use crate::limits;
use flate2::{Crc, Decompress, FlushDecompress, Status};
use header::{HEADER_BYTES, Header};
use input::Input;
use std::{
    borrow::Cow,
    io::{self, Read},
    mem,
};

/// What the header of a member begins with.
pub(crate) const MAGIC: &[u8] = &HEADER_MAGIC;
const HEADER_MAGIC: [u8; 4] = *b"PK\x03\x04";
/// What may stand before the checksum that follows a member.
const DESCRIPTOR_MAGIC: [u8; 4] = *b"PK\x07\x08";
/// What the directory begins with, and what an archive without members consists of.
const DIRECTORY_MAGICS: [[u8; 4]; 3] = [*b"PK\x01\x02", *b"PK\x05\x06", *b"PK\x06\x06"];
/// Methods that are read.
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// Others that people meet (section 4.4.5).
const OTHER_METHODS: [(u16, &str); 6] =
    [(9, "Deflate64"), (12, "bzip2"), (14, "LZMA"), (93, "zstd"), (95, "xz"), (98, "PPMd")];

/// Reads an archive: [`Archive::advance`] goes to the next member, [`Read`] gives its text.
pub(crate) struct Archive<R> {
    input: Input<R>,
    state: State,
    members: usize,
    /// What the name of the current member is, for what is said of it.
    name: String,
}

enum State {
    /// A header must stand next.
    Between,
    /// These bytes were found, with which a header or the directory begins.
    Found([u8; 4]),
    Inside(Member),
    /// The input ended inside a member.
    Cut,
    Over,
}

/// The member that is being read.
struct Member {
    body: Body,
    /// Bytes of it that are still to come, if that is known.
    rest: Option<u64>,
    /// Where it begins in the input.
    start: u64,
    crc: Crc,
    header: Header,
}

/// What is done with the bytes of a member.
enum Body {
    Stored,
    Deflated(Box<Decompress>),
    /// All of its text was given.
    Ended,
    /// They are passed over: to where the sizes behind them say that they end.
    Unread,
    /// To the next header, since nothing else tells where they end.
    Damaged,
}

/// What came of reading on in a member.
enum Step {
    Text(usize),
    End,
    Cut,
}

impl<R: Read> Archive<R> {
    pub(crate) fn new(input: R) -> Self {
        let input = Input::new(input);
        Self { input, state: State::Between, members: 0, name: String::new() }
    }

    /// Whether it was the input that failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.input.has_failed()
    }

    /// Whether only its text tells where the current member ends.
    pub(crate) fn ends_with_its_text(&self) -> bool {
        let State::Inside(member) = &self.state else { return false };
        member.rest.is_none() && matches!(member.body, Body::Deflated(_))
    }

    /// Goes to the next member that is a file, or to the next thing that must be said.
    ///
    /// # Errors
    /// When the input fails.
    pub(crate) fn advance(&mut self) -> io::Result<Option<Entry>> {
        loop {
            self.pass()?;
            let found = match mem::replace(&mut self.state, State::Over) {
                State::Over => return Ok(None),
                State::Cut | State::Inside(_) => {
                    let name = mem::take(&mut self.name);
                    return Ok(Some(Entry::unread(name, "the archive ends inside this member")));
                }
                State::Found(magic) => Some(magic),
                State::Between => self.input.bytes()?,
            };
            let no_end = || Entry::of_archive("the archive has no end; it may be cut off");
            let Some(magic) = found else { return Ok(Some(no_end())) };
            if DIRECTORY_MAGICS.contains(&magic) {
                return Ok(None);
            }
            if magic != HEADER_MAGIC {
                self.find_header(magic)?;
                let what = "a header of the archive is broken; it is passed over, with its member";
                return Ok(Some(Entry::of_archive(what)));
            }
            let Some(header) = self.header()? else { return Ok(Some(no_end())) };
            self.members = self.members.saturating_add(1);
            if self.members > limits::MEMBERS_MAX {
                return Ok(Some(Entry::too_many()));
            }
            if let Some(entry) = self.member(header) {
                return Ok(Some(entry));
            }
        }
    }

    /// Reads a header behind its magic bytes; `None` if the input ends inside it.
    fn header(&mut self) -> io::Result<Option<Header>> {
        let Some(bytes) = self.input.bytes::<HEADER_BYTES>()? else { return Ok(None) };
        let mut header = Header::read(&bytes);
        let Some(name) = self.input.vec(header.name_bytes)? else { return Ok(None) };
        let Some(extra) = self.input.vec(header.extra_bytes)? else { return Ok(None) };
        header.read_extra(&extra);
        self.name = shown(&name);
        Ok(Some(header))
    }

    /// Goes into a member: gives what is to be read or said.
    fn member(&mut self, mut header: Header) -> Option<Entry> {
        let is_folder = self.name.ends_with('/') && !header.has_text;
        let why: Option<Cow<'static, str>> = match header.method {
            _ if is_folder => None,
            _ if header.is_encrypted => Some("this member is encrypted; unpack it first".into()),
            STORED if header.packed.is_none() => {
                Some("this member does not say how long it is; unpack it first".into())
            }
            STORED | DEFLATED => None,
            other => Some(of_method(other)),
        };
        // What unpacks tells where it ends by itself, and what is said before it may be wrong.
        let has_own_end = header.method == DEFLATED && !header.is_encrypted;
        let rest = header.packed.filter(|_| !(has_own_end && header.is_described_after));
        let body = match header.method {
            STORED if why.is_none() && rest.is_some() => Body::Stored,
            DEFLATED if why.is_none() => Body::Deflated(Box::new(Decompress::new(false))),
            STORED if !header.is_encrypted => Body::Unread,
            _ if rest.is_some() => Body::Unread,
            _ => Body::Damaged,
        };
        let modified = header.modified.take();
        let start = self.input.at();
        self.state = State::Inside(Member { body, rest, start, crc: Crc::new(), header });
        match why {
            _ if is_folder => None,
            Some(why) => Some(Entry::unread(self.name.clone(), why)),
            None => Some(Entry::File { name: self.name.clone(), modified }),
        }
    }

    /// Goes to the end of the current member, whose text is not wanted.
    fn pass(&mut self) -> io::Result<()> {
        if let State::Inside(Member { body: Body::Ended, .. }) = self.state
            && let Err(error) = self.close()
            && self.has_failed()
        {
            return Err(error);
        }
        let State::Inside(member) = &mut self.state else { return Ok(()) };
        let Some(rest) = member.rest else {
            return match member.body {
                Body::Unread => self.find_descriptor(),
                _ => self.find_header([0; 4]),
            };
        };
        if !self.input.skip(rest)? {
            self.state = State::Cut;
            return Ok(());
        }
        member.rest = Some(0);
        let packed = member.packed(self.input.at());
        if member.header.is_described_after && self.descriptor(packed, packed)?.is_none() {
            self.state = State::Cut;
            return Ok(());
        }
        self.state = State::Between;
        Ok(())
    }

    /// What follows a member with so many bytes, of which the text has so many: its checksum;
    /// `None` if the input ends there.
    fn descriptor(&mut self, packed: u64, text: u64) -> io::Result<Option<u32>> {
        let State::Inside(member) = &self.state else { return Ok(None) };
        let is_large = member.header.is_large;
        let Some(mut crc) = self.input.bytes()? else { return Ok(None) };
        if crc == DESCRIPTOR_MAGIC {
            let Some(behind) = self.input.bytes()? else { return Ok(None) };
            crc = behind;
        }
        let Some(sizes) = self.input.bytes::<8>()? else { return Ok(None) };
        // Two sizes of 4 bytes, or the first of 8, which the header does not always say.
        let is_first = u64::from_le_bytes(sizes) == packed;
        let has_more = if text == 0 { is_large } else { is_first };
        if has_more && self.input.bytes::<8>()?.is_none() {
            return Ok(None);
        }
        Ok(Some(u32::from_le_bytes(crc)))
    }

    /// Checks a member whose text has ended.
    fn close(&mut self) -> io::Result<()> {
        let State::Inside(member) = &mut self.state else { return Ok(()) };
        member.body = Body::Unread;
        let (sum, text) = (member.crc.sum(), u64::from(member.crc.amount()));
        if member.rest.is_some_and(|rest| rest > 0) {
            return Err(broken("this member goes on behind the end of its text"));
        }
        let mut expected = Some(member.header.crc);
        if member.header.is_described_after {
            let packed = member.packed(self.input.at());
            expected = self.descriptor(packed, text)?;
        }
        self.state = if expected.is_some() { State::Between } else { State::Cut };
        match expected {
            Some(expected) if expected != sum => {
                Err(broken("the checksum of this member is wrong"))
            }
            _ => Ok(()),
        }
    }

    /// Looks for the next header or the directory, from these bytes on.
    fn find_header(&mut self, from: [u8; 4]) -> io::Result<()> {
        let is_next = |magic, _: &[u8; 16], _| is_header(magic);
        let found = self.input.find(from, is_next)?;
        self.state = found.map_or(State::Between, State::Found);
        Ok(())
    }

    /// Looks for the end of a stored member: sizes behind it that are right, and the next header or
    /// the directory behind those. An archive inside has such headers, too, but not at that place.
    fn find_descriptor(&mut self) -> io::Result<()> {
        // Some programs write nothing behind a folder.
        let is_folder = self.name.ends_with('/');
        let found = self.input.find([0; 4], |magic, last, passed| {
            let [.., a, b, c, d, e, f, g, h, _, _, _, _] = *last;
            let short = u64::from(u32::from_le_bytes([e, f, g, h]));
            let long = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
            // Behind the member there are its checksum, two sizes and the magic bytes, and often
            // magic bytes before the checksum.
            let fits = |size: u64, behind: [u64; 2]| {
                behind.iter().any(|bytes| size.checked_add(*bytes) == Some(passed))
            };
            let is_end = fits(short, [16, 20]) || fits(long, [24, 28]);
            is_header(magic) && (is_end || (is_folder && passed == 4))
        })?;
        self.state = found.map_or(State::Cut, State::Found);
        Ok(())
    }
}

impl<R: Read> Read for Archive<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let State::Inside(member) = &mut self.state else { return Ok(0) };
        if buffer.is_empty() {
            return Ok(0);
        }
        match member.step(&mut self.input, buffer) {
            Ok(Step::Text(read)) => Ok(read),
            Ok(Step::End) => self.close().map(|()| 0),
            Ok(Step::Cut) => {
                self.state = State::Cut;
                Ok(0)
            }
            Err(error) => {
                member.body = if member.rest.is_some() { Body::Unread } else { Body::Damaged };
                Err(error)
            }
        }
    }
}

impl Member {
    /// Bytes of the member, which ends at this place of the input.
    fn packed(&self, end: u64) -> u64 {
        end.saturating_sub(self.start)
    }

    /// Reads on.
    fn step<R: Read>(&mut self, input: &mut Input<R>, buffer: &mut [u8]) -> io::Result<Step> {
        loop {
            let bytes = input.fill()?;
            let is_cut = bytes.is_empty();
            let most = usize::try_from(self.rest.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
            let bytes = bytes.get(..bytes.len().min(most)).unwrap_or_default();
            let (taken, given, is_ended) = match &mut self.body {
                Body::Unread | Body::Damaged => return Ok(Step::Text(0)),
                Body::Ended => return Ok(Step::End),
                Body::Stored if most == 0 => return Ok(Step::End),
                Body::Stored => {
                    let most = bytes.len().min(buffer.len());
                    let text = bytes.get(..most).unwrap_or_default();
                    buffer.get_mut(..most).unwrap_or_default().copy_from_slice(text);
                    (most, most, false)
                }
                Body::Deflated(decoder) => {
                    let before = (decoder.total_in(), decoder.total_out());
                    let status = decoder.decompress(bytes, buffer, FlushDecompress::None);
                    let taken = decoder.total_in().saturating_sub(before.0);
                    let given = decoder.total_out().saturating_sub(before.1);
                    let is_ended = match status {
                        Ok(status) => status == Status::StreamEnd,
                        Err(_) => return Err(broken("the text of this member is damaged")),
                    };
                    let number = |it| usize::try_from(it).unwrap_or(usize::MAX);
                    (number(taken), number(given), is_ended)
                }
            };
            input.consume(taken);
            self.rest = self.rest.map(|rest| rest.saturating_sub(taken as u64));
            self.crc.update(buffer.get(..given).unwrap_or_default());
            if is_ended {
                self.body = Body::Ended;
            }
            if given > 0 {
                return Ok(Step::Text(given));
            }
            if is_ended {
                return Ok(Step::End);
            }
            if is_cut && most > 0 {
                return Ok(Step::Cut);
            }
            if taken == 0 {
                return Err(broken("the text of this member ends too early"));
            }
        }
    }
}

fn is_header(magic: [u8; 4]) -> bool {
    magic == HEADER_MAGIC || DIRECTORY_MAGICS.contains(&magic)
}

fn of_method(method: u16) -> Cow<'static, str> {
    let known = OTHER_METHODS.iter().find(|(number, _)| *number == method);
    let name = known.map_or_else(|| format!("method {method}"), |(_, name)| (*name).to_owned());
    format!("this member is compressed with {name}, which is not read; unpack it first").into()
}

fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests;
