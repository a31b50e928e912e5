//! What is done to the files of a store.

use eventscope_storage::Vfs;
use eventscope_testkit::Rng;
use eventscope_testkit::medium::Memory;
use std::io;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64_with_seed;

const PAGE_BYTES: usize = 4_096;
/// The head of a file of the database, and a bit more.
const HEAD_BITS: usize = 320 * 8;
/// The head of a text file.
const TEXT_HEAD_BITS: usize = 64 * 8;
/// The pieces of a text file that are looked at one by one.
const TEXT_PIECE_BYTES: usize = 512;

/// One kind of damage at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Harm {
    file: PathBuf,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// One bit is another one.
    Flip { bit: usize },
    /// Eight bytes are others.
    Bytes { at: usize, bytes: [u8; 8] },
    /// The file ends early.
    Cut { len: usize },
    /// A range is zero.
    Zero { at: usize, len: usize },
    /// Two pages have changed places.
    Swap { page: usize, with: usize },
    /// A page is a copy of another.
    Copy { page: usize, of: usize },
    /// A page is as it was earlier.
    Stale { page: usize },
    /// The record that a text file begins with says that it holds a gigabyte.
    Bomb,
    /// The latter half of it is zero.
    Half,
    /// Another file stands in its place.
    Other { file: PathBuf },
    /// It is gone.
    Gone,
}

/// All damage that is tried on a store, with so much of it at random.
pub(super) fn all(image: &Memory, earlier: &Memory, rng: &mut Rng, random: usize) -> Vec<Harm> {
    let mut all = Vec::new();
    let files = image.files();
    let texts: Vec<&PathBuf> = files.iter().filter(|file| is_text(file)).collect();
    for file in &files {
        let Ok(bytes) = image.bytes(file) else { continue };
        let mut add = |kind| all.push(Harm { file: file.clone(), kind });
        if is_database(file) {
            let old = earlier.bytes(file).unwrap_or_default();
            database(&bytes, &old, rng, &mut add);
            (0..random).for_each(|_| add(somewhere(&bytes, rng)));
        } else if is_text(file) {
            text(&bytes, rng, &mut add);
            for other in texts.iter().filter(|other| **other != file) {
                add(Kind::Other { file: (*other).clone() });
            }
        }
    }
    all
}

fn is_database(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "redb")
}

fn is_text(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "text")
}

/// The numbers of the pages that something is in.
fn used(bytes: &[u8]) -> Vec<usize> {
    let pages = bytes.chunks(PAGE_BYTES).enumerate();
    pages.filter(|(_, page)| page.iter().any(|byte| *byte != 0)).map(|(at, _)| at).collect()
}

fn database(bytes: &[u8], old: &[u8], rng: &mut Rng, add: &mut impl FnMut(Kind)) {
    (0..HEAD_BITS).for_each(|bit| add(Kind::Flip { bit }));
    (0..HEAD_BITS / 8).step_by(8).for_each(|at| add(Kind::Bytes { at, bytes: [0xFF; 8] }));
    let pages = used(bytes);
    for page in &pages {
        let (page, start) = (*page, page * PAGE_BYTES);
        // The keys of a page are at its start.
        for within in [32, PAGE_BYTES] {
            add(Kind::Flip { bit: (start + rng.below(within)) * 8 + rng.below(8) });
        }
        for len in [start.saturating_sub(1), start, start + 1] {
            add(Kind::Cut { len });
        }
        add(Kind::Zero { at: start, len: PAGE_BYTES });
        add(Kind::Swap { page, with: *rng.pick(&pages) });
        add(Kind::Copy { page, of: *rng.pick(&pages) });
        let range = start..start + PAGE_BYTES;
        if old.get(range.clone()).is_some_and(|old| Some(old) != bytes.get(range)) {
            add(Kind::Stale { page });
        }
    }
    add(Kind::Gone);
}

/// Anything, anywhere that something is.
fn somewhere(bytes: &[u8], rng: &mut Rng) -> Kind {
    let at = rng.pick(&used(bytes)) * PAGE_BYTES + rng.below(PAGE_BYTES);
    match rng.below(8) {
        0..=5 => Kind::Bytes { at, bytes: rng.bits().to_le_bytes() },
        6 => Kind::Zero { at, len: 1 + rng.below(600) },
        _ => Kind::Flip { bit: at * 8 + rng.below(8) },
    }
}

fn text(bytes: &[u8], rng: &mut Rng, add: &mut impl FnMut(Kind)) {
    (0..TEXT_HEAD_BITS.min(bytes.len() * 8)).for_each(|bit| add(Kind::Flip { bit }));
    for start in (0..bytes.len()).step_by(TEXT_PIECE_BYTES) {
        let len = TEXT_PIECE_BYTES.min(bytes.len() - start);
        add(Kind::Flip { bit: (start + rng.below(len)) * 8 + rng.below(8) });
        add(Kind::Cut { len: start });
        add(Kind::Zero { at: start, len });
    }
    add(Kind::Bomb);
    add(Kind::Half);
    add(Kind::Gone);
}

/// A text file whose contents are a record with a right checksum, compressed, of a gigabyte by its
/// own words; docs/format.md has the form of both.
fn bomb() -> Vec<u8> {
    /// Version, the kind that text files have, and that it is compressed.
    const HEAD: [u8; 3] = [1, 9, 1];
    let mut payload = vec![0x28, 0xB5, 0x2F, 0xFD, 0xE0];
    payload.extend((1u64 << 30).to_le_bytes());
    payload.extend([1, 0, 0]);
    let [version, kind, packed] = HEAD;
    let seed = u64::from_le_bytes([version, kind, packed, 0, 0, 0, 0, 0]);
    let sum = xxh3_64_with_seed(&payload, seed).to_le_bytes();
    let frame: Vec<u8> = HEAD.into_iter().chain(sum).chain(payload).collect();
    let len = (frame.len() as u32).to_le_bytes();
    b"evtext\0\x01".iter().copied().chain(len).chain(frame).collect()
}

impl Harm {
    /// Whether it turns the bit around by which redb says which commit of a log is in force: the
    /// lowest of the byte behind the magic number.
    pub(super) fn is_to_the_last_commit_of_the_log(&self) -> bool {
        const BIT: usize = 9 * 8;
        self.file.ends_with("log.redb") && self.kind == Kind::Flip { bit: BIT }
    }

    /// Whether it is done to a file as a whole.
    pub(super) fn is_to_whole_file(&self) -> bool {
        matches!(self.kind, Kind::Bomb | Kind::Half | Kind::Other { .. } | Kind::Gone)
    }

    /// Whether it is done to a text file.
    pub(super) fn is_to_text(&self) -> bool {
        is_text(&self.file)
    }

    /// Does it.
    pub(super) fn apply(&self, image: &Memory, earlier: &Memory) -> io::Result<()> {
        let mut bytes = image.bytes(&self.file)?;
        let page = |number: usize| number * PAGE_BYTES..(number + 1) * PAGE_BYTES;
        match &self.kind {
            Kind::Flip { bit } => bytes[bit / 8] ^= 1 << (bit % 8),
            Kind::Bytes { at, bytes: new } => {
                bytes.iter_mut().skip(*at).zip(new).for_each(|(byte, new)| *byte = *new);
            }
            Kind::Cut { len } => bytes.truncate(*len),
            Kind::Zero { at, len } => bytes.iter_mut().skip(*at).take(*len).for_each(|b| *b = 0),
            Kind::Swap { page: one, with } => {
                let kept = bytes[page(*one)].to_vec();
                bytes.copy_within(page(*with), one * PAGE_BYTES);
                bytes[page(*with)].copy_from_slice(&kept);
            }
            Kind::Copy { page: one, of } => bytes.copy_within(page(*of), one * PAGE_BYTES),
            Kind::Stale { page: one } => {
                bytes[page(*one)].copy_from_slice(&earlier.bytes(&self.file)?[page(*one)]);
            }
            Kind::Bomb => bytes = bomb(),
            Kind::Half => {
                let half = bytes.len() / 2;
                bytes.iter_mut().skip(half).for_each(|byte| *byte = 0);
            }
            Kind::Other { file } => bytes = image.bytes(file)?,
            Kind::Gone => return image.remove_file(&self.file),
        }
        image.put(&self.file, &bytes)
    }
}
