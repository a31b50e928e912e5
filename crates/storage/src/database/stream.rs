//! One long string of bytes, cut into pieces that waste no pages.
//!
//! redb keeps a value in a power-of-two run of 4 KiB pages, after 16 bytes of its own. The index
//! of a segment is written one section after another into one stream, and the stream is cut into
//! pieces of 64 KiB less those bytes; what remains at the end is cut into ever smaller powers.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "lengths of what is read into memory, each piece of it within the whole"
)]

use crate::error::{Error, Result};
use std::ops::Range;

pub(crate) const PAGE_BYTES: usize = 4_096;
const OVERHEAD_BYTES: usize = 16;
/// A piece spans up to 2^4 pages: 64 KiB.
const PIECE_PAGES_LOG2: u32 = 4;

const fn capacity(pages_log2: u32) -> usize {
    (PAGE_BYTES << pages_log2) - OVERHEAD_BYTES
}

/// The lengths of the pieces of a stream of `total` bytes.
pub(crate) fn pieces(total: usize) -> impl Iterator<Item = usize> {
    let mut rest = total;
    std::iter::from_fn(move || {
        if rest == 0 {
            return None;
        }
        let fitting = (0..=PIECE_PAGES_LOG2).rev().find(|log2| capacity(*log2) <= rest);
        let piece = fitting.map_or(rest, capacity);
        rest -= piece;
        Some(piece)
    })
}

/// The pages that a value of so many bytes takes.
pub(crate) fn pages(len: usize) -> usize {
    (len + OVERHEAD_BYTES).div_ceil(PAGE_BYTES).next_power_of_two()
}

/// Reads a range of a stream of `total` bytes, given a way to read a piece by its number.
pub(crate) fn read(
    total: usize,
    range: Range<usize>,
    mut piece: impl FnMut(u16, &mut dyn FnMut(&[u8])) -> Result<()>,
) -> Result<Vec<u8>> {
    let damaged = || Error::corrupt("the index of a segment", "a piece has the wrong length");
    let mut out = Vec::with_capacity(range.len());
    let mut start = 0;
    for (number, len) in pieces(total).enumerate() {
        let end = start + len;
        if end > range.start && start < range.end {
            let wanted = range.start.max(start) - start..range.end.min(end) - start;
            let mut whole = false;
            let number = u16::try_from(number).map_err(|_| damaged())?;
            piece(number, &mut |bytes| {
                whole = bytes.len() == len;
                out.extend_from_slice(bytes.get(wanted.clone()).unwrap_or_default());
            })?;
            if !whole {
                return Err(damaged());
            }
        }
        start = end;
    }
    if out.len() == range.len() { Ok(out) } else { Err(damaged()) }
}

#[cfg(test)]
mod tests {
    use super::{OVERHEAD_BYTES, PAGE_BYTES, pages, pieces, read};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn at_most_one_page_is_not_full(total in 0..600_000usize) {
            let lens: Vec<usize> = pieces(total).collect();
            prop_assert_eq!(lens.iter().sum::<usize>(), total);
            let allocated: usize = lens.iter().map(|len| pages(*len) * PAGE_BYTES).sum();
            let overhead = lens.len() * OVERHEAD_BYTES;
            prop_assert!(allocated - total - overhead < PAGE_BYTES);
        }

        #[test]
        fn every_range_is_read(total in 1..200_000usize, a: u32, b: u32) {
            let (a, b) = (a as usize % (total + 1), b as usize % (total + 1));
            let range = a.min(b)..a.max(b);
            let bytes: Vec<u8> = (0..total).map(|at| (at * 7 / 3) as u8).collect();
            let mut cut = Vec::new();
            let mut start = 0;
            for len in pieces(total) {
                cut.push(&bytes[start..start + len]);
                start += len;
            }
            let out = read(total, range.clone(), |number, use_bytes| {
                use_bytes(cut[usize::from(number)]);
                Ok(())
            });
            prop_assert_eq!(out.unwrap(), &bytes[range]);
        }
    }
}
