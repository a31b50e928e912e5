//! The header of a member: a block of 512 bytes, and the records of extended headers.

/// Bytes of a block.
pub(crate) const BLOCK_BYTES: usize = 512;
/// Where the magic bytes of POSIX and GNU stand; archives of Unix V7 have none.
const MAGIC_AT: usize = 257;
/// What both of them begin with.
const MAGIC: &[u8] = b"ustar";
/// The whole of POSIX: only there a name goes on in its prefix.
const POSIX_MAGIC: &[u8] = b"ustar\0";
/// Bytes of the name, which the mode follows.
const NAME_BYTES: usize = 100;
const MODE_END: usize = 108;
const SIZE: std::ops::Range<usize> = 124..136;
const MODIFIED: std::ops::Range<usize> = 136..148;
const CHECKSUM: std::ops::Range<usize> = 148..156;
const KIND_AT: usize = 156;
const PREFIX: std::ops::Range<usize> = 345..500;
/// Where the header of a sparse file of GNU says that blocks with more about it follow.
const SPARSE_HEADER_MORE_AT: usize = 482;
/// Where each of these says the same.
pub(super) const SPARSE_MORE_AT: usize = 504;

/// What the header of a member says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) name: Vec<u8>,
    pub(super) size: u64,
    /// When the file was last modified, in seconds since 1970; `None` if it says 0 or nonsense.
    pub(super) modified: Option<i64>,
    pub(super) kind: Kind,
    /// Whether it has no magic bytes: a folder is then told by its name.
    pub(super) is_old: bool,
    pub(super) has_more_blocks: bool,
}

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    /// A further name of a file.
    Link,
    /// A symbolic link, a device, a folder, a pipe: without text of its own.
    Bare,
    Sparse,
    /// A file that began in an archive before this one.
    Part,
    /// The long name of the member that follows.
    Name,
    /// An extended header about the member that follows.
    Extended,
    /// What says nothing of a file: labels, lists of folders, long targets of links.
    Passed,
}

impl Header {
    /// Reads a block; `None` if it is no header: its checksum is wrong, or its size is none.
    pub(super) fn read(block: &[u8; BLOCK_BYTES]) -> Option<Self> {
        if !has_right_checksum(block) {
            return None;
        }
        let name = until_nul(block.get(..NAME_BYTES)?);
        let prefix = until_nul(block.get(PREFIX)?);
        let has_prefix = block.get(MAGIC_AT..)?.starts_with(POSIX_MAGIC) && !prefix.is_empty();
        let name = if has_prefix { [prefix, b"/", name].concat() } else { name.to_vec() };
        let kind = match *block.get(KIND_AT)? {
            b'1' => Kind::Link,
            b'2'..=b'6' => Kind::Bare,
            b'S' => Kind::Sparse,
            b'M' => Kind::Part,
            b'L' => Kind::Name,
            b'x' | b'X' => Kind::Extended,
            b'g' | b'K' | b'N' | b'V' | b'D' => Kind::Passed,
            // POSIX: what is not known is taken for a file.
            _ => Kind::File,
        };
        let modified = number(block.get(MODIFIED)?).and_then(|it| i64::try_from(it).ok());
        Some(Self {
            name,
            size: number(block.get(SIZE)?)?,
            modified: modified.filter(|seconds| *seconds > 0),
            kind,
            is_old: !block.get(MAGIC_AT..)?.starts_with(MAGIC),
            has_more_blocks: block.get(SPARSE_HEADER_MORE_AT).is_some_and(|flag| *flag != 0),
        })
    }
}

/// What the first bytes of an input say about whether it is an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Likeness {
    Archive,
    /// It may be one; more bytes tell.
    Open,
    Other,
}

/// Whether an input that begins with these bytes is an archive: told by its magic bytes, and where
/// it has none by its checksum.
///
/// A stream is asked for no more bytes than are needed: a line of text that has ended is no name,
/// and behind a hundred bytes of text there is no mode. An archive whose first member has a line
/// end in its name is not known as one.
pub(crate) fn likeness(head: &[u8]) -> Likeness {
    let name = head.get(..head.len().min(NAME_BYTES)).unwrap_or_default();
    let name = until_nul(name);
    let mode = head.get(NAME_BYTES..head.len().min(MODE_END)).unwrap_or_default();
    let is_mode = |byte: &u8| matches!(byte, b'0'..=b'7' | b' ' | b'\0');
    let starts_text = head.first().is_some_and(|byte| *byte == 0 || byte.is_ascii_whitespace())
        || head.starts_with(b"{\"")
        || head.starts_with(b"[{");
    if starts_text || name.contains(&b'\n') || !mode.iter().all(is_mode) {
        return Likeness::Other;
    }
    match head.first_chunk::<BLOCK_BYTES>() {
        None => Likeness::Open,
        Some(block) => {
            let has_magic = block.get(MAGIC_AT..).is_some_and(|rest| rest.starts_with(MAGIC));
            let is_archive = has_magic || Header::read(block).is_some();
            if is_archive { Likeness::Archive } else { Likeness::Other }
        }
    }
}

/// Whether the sum of all bytes is what the header says, its own place counted as spaces. Some old
/// programs took bytes for signed.
fn has_right_checksum(block: &[u8; BLOCK_BYTES]) -> bool {
    let Some(said) = block.get(CHECKSUM).and_then(number) else { return false };
    let bytes = || {
        let place = |(at, byte): (usize, &u8)| if CHECKSUM.contains(&at) { b' ' } else { *byte };
        block.iter().enumerate().map(place)
    };
    let unsigned: u64 = bytes().map(u64::from).sum();
    let signed: i64 = bytes().map(|byte| i64::from(byte.cast_signed())).sum();
    said == unsigned || i64::try_from(said) == Ok(signed)
}

/// A number in octal digits, or, of GNU, in base 256 behind a byte of 0x80.
fn number(field: &[u8]) -> Option<u64> {
    if let [0x80, digits @ ..] = field {
        let add = |sum: u64, byte: &u8| sum.checked_mul(256)?.checked_add(u64::from(*byte));
        return digits.iter().try_fold(0, add);
    }
    let digits = until_nul(field).trim_ascii();
    let add = |sum: u64, byte: &u8| match byte {
        b'0'..=b'7' => sum.checked_mul(8)?.checked_add(u64::from(byte & 7)),
        _ => None,
    };
    digits.iter().try_fold(0, add)
}

fn until_nul(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// What an extended header of pax says, as far as it matters here.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pax {
    pub(super) path: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) is_sparse: bool,
}

impl Pax {
    /// Reads the records of a header, `LENGTH KEY=VALUE` and a line end each; tells whether all of
    /// them could be read.
    pub(super) fn read(&mut self, mut text: &[u8]) -> bool {
        while !text.is_empty() {
            let Some((record, rest)) = record(text) else { return false };
            text = rest;
            let mut sides = record.splitn(2, |byte| *byte == b'=');
            let (Some(key), Some(value)) = (sides.next(), sides.next()) else { return false };
            match key {
                b"path" => self.path = Some(value.to_vec()),
                // GNU tar 1.29: the name of a sparse file is here, that of its parts in `path`.
                b"GNU.sparse.name" => {
                    self.path = Some(value.to_vec());
                    self.is_sparse = true;
                }
                b"size" => match decimal(value) {
                    Some(size) => self.size = Some(size),
                    None => return false,
                },
                _ => self.is_sparse |= key.starts_with(b"GNU.sparse."),
            }
        }
        true
    }
}

/// The first record without its length and its line end, and what follows it.
fn record(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = text.iter().position(|byte| *byte == b' ')?;
    let (length, _) = text.split_at_checked(space)?;
    let length = usize::try_from(decimal(length)?).ok()?;
    let (record, rest) = text.split_at_checked(length)?;
    let record = record.get(space.checked_add(1)?..)?.strip_suffix(b"\n")?;
    Some((record, rest))
}

fn decimal(digits: &[u8]) -> Option<u64> {
    str::from_utf8(digits).ok().filter(|it| !it.starts_with('+'))?.parse().ok()
}
