//! Entrances for fuzz targets: what reads bytes from a disk, given bytes from anywhere.
//!
//! The layouts are private to this crate, and so is what reads them; nothing else is public here
//! that has to do with a byte. No product calls these functions, and they call what the product
//! calls. Each panics when a promise is broken: what is read is written so that it reads the same,
//! what passed the checks of a reader fits together, and nothing else panics.
//!
//! Records are given without their frame and get one here, so that a fuzzer is not stopped at the
//! checksum; [`frame`] is what reads frames.

#![cfg_attr(
    not(test),
    expect(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "to panic is how a fuzz target says that a promise is broken"
    )
)]

mod edits;
mod records;
mod samples;
mod sets;

pub use crate::text::fuzzed as text_file;
pub use edits::{Edited, edit};
pub use records::record;
pub use samples::{Sample, samples};
pub use sets::set;

use crate::database::codec::{self, Kind, Packing};
use crate::limits::RECORD_BYTES_MAX;

/// What an input stands for, and what reads it.
type Named = (&'static str, fn(&[u8]));

/// Every kind of frame.
const KINDS: [Kind; 9] = [
    Kind::Batch,
    Kind::Change,
    Kind::Catalogue,
    Kind::Directory,
    Kind::Block,
    Kind::Section,
    Kind::Overlay,
    Kind::Meta,
    Kind::Text,
];

/// Reads a frame as one of every kind: one of them at most takes it, and the body that comes out
/// goes into a frame and comes out again.
pub fn frame(bytes: &[u8]) {
    let mut taken = 0;
    for kind in KINDS {
        let Ok(body) = codec::open(kind, bytes, &"a frame") else { continue };
        taken += 1;
        assert!(body.len() <= RECORD_BYTES_MAX.max(bytes.len()), "{} bytes", body.len());
        for packing in [Packing::Plain, Packing::Zstd] {
            let again = codec::seal(kind, packing, &body);
            assert_eq!(codec::open(kind, &again, &"a frame").ok().as_ref(), Some(&body));
        }
    }
    assert!(taken <= 1, "a frame of {taken} kinds");
}

/// Gives a frame the checksum that its payload has, so that what stands behind it is read.
pub fn mend_frame(frame: &mut [u8]) {
    if let Some((head, rest)) = frame.split_first_chunk_mut::<3>()
        && let Some((sum, payload)) = rest.split_first_chunk_mut::<8>()
    {
        *sum = codec::checksum(*head, payload).to_le_bytes();
    }
}

/// The first bytes of an input as a number, and the rest.
fn number<const BYTES: usize>(input: &[u8]) -> Option<(usize, &[u8])> {
    let (head, rest) = input.split_first_chunk::<BYTES>()?;
    Some((head.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)), rest))
}
