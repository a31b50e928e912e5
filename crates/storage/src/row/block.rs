//! Blocks of rows: as many as fill one page of the database, each to be read alone.
//!
//! ```text
//! bytes 0-1      number of rows n, little endian
//! then 2n bytes  where each row ends, counted from the end of this list (absent if n = 1)
//! then           the rows
//! ```
//!
//! A row is one byte of flags, the 16 bytes of its uid's digest if it has one, and its body.

use crate::database::codec::{self, Kind, Packing};
use crate::error::{Error, Result};
use crate::limits::BLOCK_BYTES;
use crate::row::Row;
use crate::row::compression::{Length, RowCompressor, SHORT_BYTES_MAX};
use crate::row::stored_uid::Digest;
use std::fmt;

const HAS_DIGEST: u8 = 1;
const PACKED: u8 = 2;
const LONG: u8 = 4;
/// Bytes of frame and row count around the rows of a block.
const HEAD_BYTES: usize = 11 + 2;

/// Gathers rows into blocks.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    /// Finished blocks, framed.
    pub(crate) done: Vec<Vec<u8>>,
    /// The position of the first row of each block among the rows of the segment.
    pub(crate) firsts: Vec<u16>,
    ends: Vec<u16>,
    rows: Vec<u8>,
    count: usize,
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "a block holds one page of rows, or one row, and a segment at most 65,536 of them"
)]
impl Blocks {
    /// Adds the next row.
    pub(crate) fn push(&mut self, row: &Row, compressor: &mut RowCompressor<'_>) {
        let packed = compressor.pack(&row.body);
        let mut flags = 0;
        if row.digest.is_some() {
            flags |= HAS_DIGEST;
        }
        if packed.is_some() {
            flags |= PACKED;
        }
        if row.body.len() > SHORT_BYTES_MAX {
            flags |= LONG;
        }
        let body = packed.as_deref().unwrap_or(&row.body);
        let bytes = 1 + row.digest.map_or(0, |digest| digest.len()) + body.len();
        let filled = HEAD_BYTES + (self.ends.len() + 1) * 2 + self.rows.len() + bytes;
        if !self.ends.is_empty() && filled > BLOCK_BYTES {
            self.finish_block();
        }
        self.rows.push(flags);
        self.rows.extend(row.digest.iter().flatten());
        self.rows.extend_from_slice(body);
        // A row that is longer than this is alone in its block, and its end is not written.
        self.ends.push(self.rows.len().min(usize::from(u16::MAX)) as u16);
    }

    /// Finishes the last block.
    pub(crate) fn finish(mut self) -> Self {
        if !self.ends.is_empty() {
            self.finish_block();
        }
        self
    }

    fn finish_block(&mut self) {
        let rows = self.ends.len();
        let mut body = Vec::with_capacity(2 + rows * 2 + self.rows.len());
        body.extend_from_slice(&(rows as u16).to_le_bytes());
        if rows > 1 {
            self.ends.iter().for_each(|end| body.extend_from_slice(&end.to_le_bytes()));
        }
        body.append(&mut self.rows);
        self.done.push(codec::seal(Kind::Block, Packing::Plain, &body));
        self.firsts.push(self.count as u16);
        self.count += rows;
        self.ends.clear();
    }
}

/// One row in a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockRow<'a> {
    pub(crate) digest: Option<Digest>,
    pub(crate) body: &'a [u8],
    /// How the body is packed, if it is.
    pub(crate) packed: Option<Length>,
}

/// Finds row number `at` in the body of a block.
pub(crate) fn row<'a>(
    block: &'a [u8],
    at: usize,
    place: &dyn fmt::Display,
) -> Result<BlockRow<'a>> {
    find(block, at).ok_or_else(|| Error::corrupt(place.to_string(), "its rows do not fit together"))
}

fn find(block: &[u8], at: usize) -> Option<BlockRow<'_>> {
    let (count, rest) = block.split_first_chunk::<2>()?;
    let count = usize::from(u16::from_le_bytes(*count));
    let bytes = if count == 1 {
        (at == 0).then_some(rest)?
    } else {
        let (ends, rows) = rest.split_at_checked(count * 2)?;
        let ends = ends.as_chunks::<2>().0;
        let end = |at: usize| Some(usize::from(u16::from_le_bytes(*ends.get(at)?)));
        let start = at.checked_sub(1).map_or(Some(0), end)?;
        rows.get(start..end(at)?)?
    };
    let (flags, rest) = bytes.split_first()?;
    let (digest, body) = if flags & HAS_DIGEST != 0 {
        let (digest, body) = rest.split_first_chunk::<16>()?;
        (Some(*digest), body)
    } else {
        (None, rest)
    };
    let length = if flags & LONG != 0 { Length::Long } else { Length::Short };
    Some(BlockRow { digest, body, packed: (flags & PACKED != 0).then_some(length) })
}

#[cfg(test)]
mod tests {
    use super::{Blocks, find};
    use crate::database::codec::{Kind, open};
    use crate::limits::BLOCK_BYTES;
    use crate::row::Row;
    use crate::row::compression::RowCompressor;
    use eventscope_model::Timestamp;
    use proptest::prelude::*;

    fn rows(lens: &[usize]) -> Vec<Row> {
        let row = |(at, len): (usize, &usize)| Row {
            time: Timestamp::EPOCH,
            received: Timestamp::EPOCH,
            digest: at.is_multiple_of(2).then_some([at as u8; 16]),
            // Bytes that do not compress, so that lengths are what they are.
            body: (0..*len).map(|n| (n * n * 31 + n * 7 + at) as u8).collect(),
        };
        lens.iter().enumerate().map(row).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn every_row_is_found_in_its_block(
            lens in prop::collection::vec(prop_oneof![0..300usize, 3_000..90_000usize], 1..60),
        ) {
            let rows = rows(&lens);
            let dictionary = RowCompressor::dictionary(&[]).unwrap();
            let mut compressor = RowCompressor::new(&dictionary).unwrap();
            let mut blocks = Blocks::default();
            rows.iter().for_each(|row| blocks.push(row, &mut compressor));
            let blocks = blocks.finish();
            for (at, row) in rows.iter().enumerate() {
                let number = blocks.firsts.partition_point(|first| usize::from(*first) <= at) - 1;
                let framed = &blocks.done[number];
                let body = open(Kind::Block, framed, &"it").unwrap();
                let in_block = at - usize::from(blocks.firsts[number]);
                let found = find(&body, in_block).unwrap();
                prop_assert_eq!(found.digest, row.digest);
                if found.packed.is_none() {
                    prop_assert_eq!(found.body, &row.body[..]);
                }
                let alone = u16::from_le_bytes([body[0], body[1]]) == 1;
                prop_assert!(alone || framed.len() <= BLOCK_BYTES);
            }
        }

        #[test]
        fn no_bytes_panic(block in prop::collection::vec(any::<u8>(), 0..80), at in 0..5usize) {
            let _ = find(&block, at);
        }
    }
}
