//! Archives of tar and ZIP, as their layouts ask, with members of any bytes.
//!
//! A test that needs one that is broken makes a good one and changes it.

use flate2::{Compression, Crc, write::DeflateEncoder};
use std::io::Write;

/// Bytes of a block of tar.
const BLOCK_BYTES: usize = 512;

/// An archive of tar in POSIX' layout, with the names and bytes of some files.
#[must_use]
pub fn tar<N: AsRef<str>, B: AsRef<[u8]>>(members: &[(N, B)]) -> Vec<u8> {
    let mut archive = Vec::new();
    for (name, bytes) in members {
        archive.extend(tar_member(name.as_ref(), bytes.as_ref()));
    }
    archive.resize(archive.len() + 2 * BLOCK_BYTES, 0);
    archive
}

/// A member of an archive of tar: its header, and its bytes up to the end of their last block.
#[must_use]
pub fn tar_member(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut member = vec![0; BLOCK_BYTES];
    let size = format!("{:011o}", bytes.len());
    for (at, field) in [
        (0, name.as_bytes()),
        (100, b"0000644"),
        (124, size.as_bytes()),
        (136, b"14705243300"),
        (148, b"        "),
        (156, b"0"),
        (257, b"ustar\x0000"),
    ] {
        for (to, from) in member.iter_mut().skip(at).zip(field) {
            *to = *from;
        }
    }
    let sum: u32 = member.iter().map(|byte| u32::from(*byte)).sum();
    for (to, from) in member.iter_mut().skip(148).zip(format!("{sum:06o}\0 ").bytes()) {
        *to = from;
    }
    member.extend_from_slice(bytes);
    member.resize(member.len().next_multiple_of(BLOCK_BYTES), 0);
    member
}

/// A member of a ZIP archive: deflated, with checksum and sizes before it, and without a time,
/// unless it is asked for another.
#[derive(Clone, Debug)]
pub struct ZipMember {
    name: Vec<u8>,
    packed: Vec<u8>,
    method: u16,
    flags: u16,
    time: [u16; 2],
    crc: u32,
    size: u32,
    extra: Vec<u8>,
}

/// The bit that says that checksum and sizes follow the member.
const DESCRIBED_AFTER: u16 = 8;

impl ZipMember {
    /// A deflated member.
    #[must_use]
    pub fn new(name: &str, text: impl AsRef<[u8]>) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        // A vector takes whatever it is given.
        let _ = encoder.write_all(text.as_ref());
        let packed = encoder.finish().unwrap_or_default();
        Self { packed, method: 8, ..Self::stored(name, text) }
    }

    /// A stored member.
    #[must_use]
    pub fn stored(name: &str, text: impl AsRef<[u8]>) -> Self {
        let packed = text.as_ref().to_vec();
        let mut crc = Crc::new();
        crc.update(&packed);
        let (name, extra) = (name.as_bytes().to_vec(), Vec::new());
        let size = packed.len() as u32;
        Self { name, packed, method: 0, flags: 0, time: [0; 2], crc: crc.sum(), size, extra }
    }

    /// With checksum and sizes after it, as programs make it that write to a pipe.
    #[must_use]
    pub fn described_after(self) -> Self {
        self.flagged(DESCRIBED_AFTER)
    }

    /// With further flags: 1 says that it is encrypted.
    #[must_use]
    pub fn flagged(self, flags: u16) -> Self {
        Self { flags: self.flags | flags, ..self }
    }

    /// With the number of another method.
    #[must_use]
    pub fn of_method(self, method: u16) -> Self {
        Self { method, ..self }
    }

    /// With a time and a date of MS-DOS.
    #[must_use]
    pub fn at(self, time: u16, date: u16) -> Self {
        Self { time: [time, date], ..self }
    }

    /// With an extra field.
    #[must_use]
    pub fn with_extra(mut self, id: u16, field: &[u8]) -> Self {
        self.extra.extend([id, field.len() as u16].into_iter().flat_map(u16::to_le_bytes));
        self.extra.extend_from_slice(field);
        self
    }

    /// With its sizes in the extra field for those of 8 bytes.
    #[must_use]
    pub fn large(self) -> Self {
        let sizes = [u64::from(self.size), self.packed.len() as u64];
        let field: Vec<u8> = sizes.into_iter().flat_map(u64::to_le_bytes).collect();
        self.with_extra(1, &field)
    }

    /// Checksum and sizes.
    fn numbers(&self) -> [u32; 3] {
        [self.crc, self.packed.len() as u32, self.size]
    }

    /// What the header and the directory say alike, from the version to the lengths.
    fn fields(&self, numbers: [u32; 3]) -> Vec<u8> {
        let [time, date] = self.time;
        let head = [20, self.flags, self.method, time, date];
        let head = head.into_iter().flat_map(u16::to_le_bytes);
        let lengths = [self.name.len() as u16, self.extra.len() as u16];
        head.chain(numbers.into_iter().flat_map(u32::to_le_bytes))
            .chain(lengths.into_iter().flat_map(u16::to_le_bytes))
            .collect()
    }

    /// The member as it stands in an archive, with its header.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let is_after = self.flags & DESCRIBED_AFTER != 0;
        let is_large = self.extra.starts_with(&[1, 0, 16, 0]);
        let before = match (is_after, is_large) {
            (true, _) => [0; 3],
            (false, true) => [self.crc, u32::MAX, u32::MAX],
            (false, false) => self.numbers(),
        };
        let mut bytes = b"PK\x03\x04".to_vec();
        bytes.extend(self.fields(before));
        for part in [&self.name, &self.extra, &self.packed] {
            bytes.extend_from_slice(part);
        }
        if is_after {
            bytes.extend_from_slice(b"PK\x07\x08");
            let [crc, sizes @ ..] = self.numbers();
            bytes.extend(crc.to_le_bytes());
            for size in sizes {
                let size = u64::from(size).to_le_bytes();
                bytes.extend(size.into_iter().take(if is_large { 8 } else { 4 }));
            }
        }
        bytes
    }
}

/// A ZIP archive of some members, with its directory.
#[must_use]
pub fn zip(members: &[ZipMember]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        directory.extend_from_slice(b"PK\x01\x02\x14\x00");
        directory.extend(member.fields(member.numbers()));
        directory.extend([0; 10]);
        directory.extend((archive.len() as u32).to_le_bytes());
        directory.extend_from_slice(&member.name);
        directory.extend_from_slice(&member.extra);
        archive.extend(member.bytes());
    }
    let count = (members.len() as u16).to_le_bytes();
    let (start, bytes) = (archive.len() as u32, directory.len() as u32);
    archive.extend(directory);
    archive.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    archive.extend([count, count].concat());
    archive.extend([bytes, start].into_iter().flat_map(u32::to_le_bytes));
    archive.extend([0; 2]);
    archive
}
