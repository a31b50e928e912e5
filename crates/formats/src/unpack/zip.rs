//! The members of a ZIP archive, one after another, as one text.
//!
//! The archive is read as a stream, by the header before each member; the directory at its end is
//! not needed. A line end is put between two members. Read are members that are stored or
//! deflated; another method, or encryption, is an error, since what is in them would be lost.
//! The layout is that of the ZIP application note (APPNOTE.TXT 6.3.10, sections 4.3.7 and 4.3.9).

use flate2::{Crc, bufread::DeflateDecoder};
use std::io::{self, BufRead, BufReader, Read, Take};

/// What the header of a member begins with.
pub(super) const MAGIC: &[u8] = b"PK\x03\x04";
/// What members begin with that would have to be unpacked once more: gzip, zstd, ZIP.
const PACKED_MAGICS: [&[u8]; 3] = [b"\x1f\x8b", b"\x28\xb5\x2f\xfd", MAGIC];
/// What may stand before the sizes that follow a member.
const DESCRIPTOR_MAGIC: [u8; 4] = *b"PK\x07\x08";
/// What the directory begins with, and what an archive without members consists of.
const DIRECTORY_MAGICS: [[u8; 4]; 3] = [*b"PK\x01\x02", *b"PK\x05\x06", *b"PK\x06\x06"];
/// Bytes of a header after its magic bytes, without name and extra fields.
const HEADER_BYTES: usize = 26;
/// Bytes of what follows a member after its checksum: two sizes of 4 bytes.
const SIZES_BYTES: u64 = 8;
/// The same with two sizes of 8 bytes.
const LARGE_SIZES_BYTES: u64 = 16;

/// Reads an archive as the text of its members.
pub(super) struct Archive<R> {
    state: State<BufReader<R>>,
    member: Member,
    crc: Crc,
}

enum State<R> {
    Between(R),
    Deflated(DeflateDecoder<R>),
    Stored(Take<R>),
    Over,
}

/// What the header says of a member.
#[derive(Clone, Copy, Default)]
struct Member {
    /// Its checksum, unless that follows the member.
    crc: u32,
    /// Whether checksum and sizes follow the member.
    is_described_after: bool,
    /// Whether its sizes have 8 bytes.
    is_large: bool,
}

impl<R: Read> Archive<R> {
    pub(super) fn new(input: R) -> Self {
        let state = State::Between(BufReader::new(input));
        Self { state, member: Member::default(), crc: Crc::new() }
    }

    /// Goes to the next member, or to the end.
    fn open(&mut self, mut input: BufReader<R>) -> io::Result<()> {
        let magic: [u8; 4] = bytes(&mut input)?;
        if DIRECTORY_MAGICS.contains(&magic) {
            self.state = State::Over;
            return Ok(());
        }
        if magic != MAGIC {
            return Err(broken("no member and no directory where one of them must be"));
        }
        let header: [u8; HEADER_BYTES] = bytes(&mut input)?;
        let short = |at: usize| {
            let bytes = header.get(at..).and_then(<[u8]>::first_chunk);
            u16::from_le_bytes(bytes.copied().unwrap_or_default())
        };
        let long = |at: usize| {
            let bytes = header.get(at..).and_then(<[u8]>::first_chunk);
            u32::from_le_bytes(bytes.copied().unwrap_or_default())
        };
        let (flags, method, size) = (short(2), short(4), long(14));
        let extra = usize::from(short(24));
        skip(&mut input, u64::from(short(22)))?;
        let large = large_size(&mut input, extra)?;
        let is_large = large.is_some();
        // A size that does not fit stands in the extra field; what is stored has only one.
        let size = match (size, large) {
            (u32::MAX, large) => large.flatten(),
            (size, _) => Some(u64::from(size)),
        };
        self.member = Member { crc: long(10), is_described_after: flags & 8 != 0, is_large };
        self.crc = Crc::new();
        self.state = match method {
            _ if flags & 1 != 0 => return Err(broken("a member is encrypted")),
            8 => State::Deflated(DeflateDecoder::new(input)),
            0 => match size.filter(|_| !self.member.is_described_after) {
                Some(size) => State::Stored(input.take(size)),
                None => return Err(broken("a stored member does not say how long it is")),
            },
            _ => return Err(broken("a member is packed in a way that is not read")),
        };
        Ok(())
    }

    /// Checks a member that has ended.
    fn close(&mut self, mut input: BufReader<R>) -> io::Result<()> {
        let mut expected = self.member.crc;
        if self.member.is_described_after {
            let first: [u8; 4] = bytes(&mut input)?;
            let crc = if first == DESCRIPTOR_MAGIC { bytes(&mut input)? } else { first };
            expected = u32::from_le_bytes(crc);
            let is_large = self.member.is_large;
            skip(&mut input, if is_large { LARGE_SIZES_BYTES } else { SIZES_BYTES })?;
        }
        if expected != self.crc.sum() {
            return Err(broken("the checksum of a member is wrong"));
        }
        self.state = State::Between(input);
        Ok(())
    }
}

impl<R: Read> Read for Archive<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let read = match &mut self.state {
                State::Between(_) | State::Over => 0,
                State::Deflated(decoder) => decoder.read(buffer)?,
                State::Stored(member) => member.read(buffer)?,
            };
            if let Some(text @ [_, ..]) = buffer.get(..read) {
                if self.crc.amount() == 0 && PACKED_MAGICS.iter().any(|it| text.starts_with(it)) {
                    return Err(broken("a member is packed itself; take it out of the archive"));
                }
                self.crc.update(text);
                return Ok(read);
            }
            match std::mem::replace(&mut self.state, State::Over) {
                State::Over => return Ok(0),
                State::Between(input) => self.open(input)?,
                State::Stored(member) if member.limit() > 0 => {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                State::Stored(member) => self.close(member.into_inner())?,
                State::Deflated(decoder) => self.close(decoder.into_inner())?,
            }
            // After a member, its last line ends.
            if let (State::Between(_), Some(end)) = (&self.state, buffer.first_mut()) {
                *end = b'\n';
                return Ok(1);
            }
        }
    }
}

fn bytes<const N: usize>(input: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn skip(input: &mut impl BufRead, bytes: u64) -> io::Result<()> {
    let skipped = io::copy(&mut input.by_ref().take(bytes), &mut io::sink())?;
    if skipped == bytes { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// The first size in the extra field for sizes of 8 bytes, which is field 1 (section 4.5.3), if a
/// header has that field.
fn large_size(input: &mut impl Read, length: usize) -> io::Result<Option<Option<u64>>> {
    let mut extra = vec![0; length];
    input.read_exact(&mut extra)?;
    let mut rest = extra.as_slice();
    while let [a, b, c, d, after @ ..] = rest {
        if u16::from_le_bytes([*a, *b]) == 1 {
            return Ok(Some(after.first_chunk().map(|size| u64::from_le_bytes(*size))));
        }
        rest = after.get(usize::from(u16::from_le_bytes([*c, *d]))..).unwrap_or_default();
    }
    Ok(None)
}

fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::Archive;
    use flate2::{Compression, Crc, write::DeflateEncoder};
    use std::io::{self, Read, Write};

    /// Whether sizes and checksum stand before a member or after it.
    #[derive(Clone, Copy, PartialEq)]
    enum Sizes {
        Before,
        After,
    }

    fn member(text: &[u8], method: u16, sizes: Sizes) -> Vec<u8> {
        let mut crc = Crc::new();
        crc.update(text);
        let mut packed = text.to_vec();
        if method == 8 {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(text).unwrap();
            packed = encoder.finish().unwrap();
        }
        let numbers = [crc.sum(), packed.len() as u32, text.len() as u32];
        let numbers: Vec<u8> = numbers.into_iter().flat_map(u32::to_le_bytes).collect();
        let (flags, before, after) = match sizes {
            Sizes::Before => (0_u16, numbers, Vec::new()),
            Sizes::After => (8, vec![0; 12], [b"PK\x07\x08".as_slice(), &numbers].concat()),
        };
        let head = [20_u16, flags, method, 0, 0].into_iter().flat_map(u16::to_le_bytes);
        let lengths = [6_u16, 4].into_iter().flat_map(u16::to_le_bytes);
        let names = b"a.json\x99\x00\x00\x00".iter().copied();
        b"PK\x03\x04"
            .iter()
            .copied()
            .chain(head)
            .chain(before)
            .chain(lengths)
            .chain(names)
            .chain(packed)
            .chain(after)
            .collect()
    }

    fn archive(members: &[Vec<u8>]) -> Vec<u8> {
        [members.concat(), b"PK\x01\x02 and so on".to_vec()].concat()
    }

    fn text(archive: &[u8]) -> io::Result<String> {
        let mut text = String::new();
        Archive::new(archive).read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn members_of_all_kinds_follow_one_another() {
        let long = b"line\n".repeat(100_000);
        let all = archive(&[
            member(b"a", 0, Sizes::Before),
            member(b"", 0, Sizes::Before),
            member(b"b\n", 8, Sizes::After),
            member(&long, 8, Sizes::Before),
        ]);
        let expected = format!("a\n\nb\n\n{}\n", String::from_utf8(long).unwrap());
        assert_eq!(text(&all).unwrap(), expected);
        assert_eq!(text(b"PK\x05\x06").unwrap(), "");
    }

    /// A member whose sizes stand in the extra field, as writers of archives make them that do not
    /// know how long it will get.
    fn large(text: &[u8], method: u16) -> Vec<u8> {
        let mut whole = member(text, method, Sizes::Before);
        let packed = u32::from_le_bytes(whole[18..22].try_into().unwrap());
        whole[18..26].fill(0xFF);
        whole[28..30].copy_from_slice(&20_u16.to_le_bytes());
        let sizes = [text.len() as u64, u64::from(packed)].into_iter().flat_map(u64::to_le_bytes);
        let field: Vec<u8> = [1, 0, 16, 0].into_iter().chain(sizes).collect();
        // In the place of the extra field of the others.
        whole.splice(36..40, field);
        whole
    }

    #[test]
    fn sizes_of_eight_bytes_are_read_from_the_extra_field() {
        let all = archive(&[large(b"abc", 0), large(b"defg\n", 8), large(b"", 0)]);
        assert_eq!(text(&all).unwrap(), "abc\ndefg\n\n\n");
        let mut cut = large(b"abc", 0);
        cut[38] = 0;
        cut[36] = 2;
        let refused = text(&archive(&[cut])).unwrap_err().to_string();
        assert_eq!(refused, "a stored member does not say how long it is");
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        let refused = |bytes: &[u8]| text(bytes).unwrap_err().to_string();
        let mut encrypted = member(b"a", 8, Sizes::Before);
        encrypted[6] |= 1;
        assert_eq!(refused(&encrypted), "a member is encrypted");
        let mut other = member(b"a", 0, Sizes::Before);
        other[8] = 14;
        assert_eq!(refused(&other), "a member is packed in a way that is not read");
        let packed = member(b"\x1f\x8b\x08", 8, Sizes::Before);
        assert_eq!(refused(&packed), "a member is packed itself; take it out of the archive");
        let endless = member(b"a", 0, Sizes::After);
        assert_eq!(refused(&endless), "a stored member does not say how long it is");
        let mut damaged = archive(&[member(b"abc", 0, Sizes::Before)]);
        damaged[41] ^= 1;
        assert_eq!(refused(&damaged), "the checksum of a member is wrong");
        let whole = archive(&[member(b"abcdefgh", 8, Sizes::After)]);
        for cut in 4..whole.len() - 14 {
            assert!(text(&whole[..cut]).is_err(), "{cut}");
        }
    }
}
