//! The header before a member of a ZIP archive.

use super::super::archive::Modified;
use std::fmt::Write as _;

/// Bytes of a header after its magic bytes, without name and extra fields.
pub(super) const HEADER_BYTES: usize = 26;
/// The extra field for sizes of 8 bytes (section 4.5.3).
const LARGE_SIZES_FIELD: u16 = 1;
/// The extra field for times in seconds since 1970: "extended timestamp" of Info-ZIP, described in
/// the file `proginfo/extrafld.txt` of its sources.
const TIMES_FIELD: u16 = 0x5455;
/// What stands in a size of 4 bytes that has its place in the extra field.
const SIZE_IS_LARGE: u32 = u32::MAX;

/// What the header of a member says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) is_encrypted: bool,
    /// Whether checksum and sizes follow the member.
    pub(super) is_described_after: bool,
    pub(super) method: u16,
    pub(super) crc: u32,
    /// Bytes of the member as it lies in the archive; `None` if they are not said.
    pub(super) packed: Option<u64>,
    /// Whether it is said that its text has bytes.
    pub(super) has_text: bool,
    /// Whether the sizes behind it have 8 bytes.
    pub(super) is_large: bool,
    pub(super) modified: Option<Modified>,
    pub(super) name_bytes: u16,
    pub(super) extra_bytes: u16,
}

impl Header {
    /// Reads what stands behind the magic bytes, in front of name and extra fields.
    pub(super) fn read(header: &[u8; HEADER_BYTES]) -> Self {
        let flags = short(header, 2);
        let packed = long(header, 14);
        let is_described_after = flags & 8 != 0;
        // Where it follows the member, a size is 0, but some programs say it here, too.
        let is_said = packed != 0 || !is_described_after;
        Self {
            is_encrypted: flags & 1 != 0,
            is_described_after,
            method: short(header, 4),
            crc: long(header, 10),
            packed: is_said.then_some(u64::from(packed)),
            has_text: long(header, 18) != 0,
            is_large: false,
            modified: local_time(short(header, 8), short(header, 6)).map(Modified::Local),
            name_bytes: short(header, 22),
            extra_bytes: short(header, 24),
        }
    }

    /// Takes what the extra fields say.
    pub(super) fn read_extra(&mut self, mut extra: &[u8]) {
        if self.packed == Some(u64::from(SIZE_IS_LARGE)) {
            self.packed = None;
        }
        let is_missing = self.packed.is_none() && !self.is_described_after;
        while let Some((id, field, rest)) = next_field(extra) {
            extra = rest;
            match id {
                LARGE_SIZES_FIELD => {
                    self.is_large = true;
                    // That of the text comes first, if both are there, as they must be.
                    let second = field.get(8..).and_then(<[u8]>::first_chunk);
                    let size = second.or(field.first_chunk()).map(|it| u64::from_le_bytes(*it));
                    if is_missing {
                        self.packed = size;
                    }
                }
                TIMES_FIELD if field.first().is_some_and(|flags| flags & 1 != 0) => {
                    let seconds = field.get(1..).and_then(<[u8]>::first_chunk);
                    let seconds = seconds.map(|it| i64::from(i32::from_le_bytes(*it)));
                    let said = seconds.filter(|seconds| *seconds > 0).map(Modified::Unix);
                    self.modified = said.or(self.modified.take());
                }
                _ => {}
            }
        }
    }
}

/// The first extra field: its number, what is in it, and what follows it. One that says to be
/// longer than there is room has what there is.
fn next_field(extra: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let [a, b, c, d, after @ ..] = extra else { return None };
    let length = usize::from(u16::from_le_bytes([*c, *d])).min(after.len());
    let (field, rest) = after.split_at_checked(length)?;
    Some((u16::from_le_bytes([*a, *b]), field, rest))
}

/// A time of MS-DOS (section 4.4.6) as text; `None` if it is none, or the first of all, which
/// programs write that have no time to tell. Texts of times that do not exist are refused where
/// they are read.
fn local_time(date: u16, time: u16) -> Option<String> {
    const FIRST: u16 = 0x21;
    if date <= FIRST && time == 0 {
        return None;
    }
    let (year, month, day) = (date >> 9, (date >> 5) & 15, date & 31);
    let (hour, minute, seconds) = (time >> 11, (time >> 5) & 63, (time & 31).saturating_mul(2));
    let year = year.saturating_add(1980);
    let mut text = String::new();
    write!(text, "{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{seconds:02}").ok()?;
    Some(text)
}

fn short(header: &[u8], at: usize) -> u16 {
    let bytes = header.get(at..).and_then(<[u8]>::first_chunk);
    u16::from_le_bytes(bytes.copied().unwrap_or_default())
}

fn long(header: &[u8], at: usize) -> u32 {
    let bytes = header.get(at..).and_then(<[u8]>::first_chunk);
    u32::from_le_bytes(bytes.copied().unwrap_or_default())
}
