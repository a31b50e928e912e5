//! Which rows of a part may bear a uid.

#![expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "places in the list, never below 0 or behind its end"
)]

use crate::database::codec::{self, Kind, Packing};
use crate::error::{Error, Result};
use bincode::{BorrowDecode, Encode};
use xxhash_rust::xxh3::xxh3_64;

/// How far a search looks first from where it expects a hash among 65,536.
const FIRST_STEP: usize = 64;

/// The hash of each row's uid, sorted. A match is a candidate: the event itself decides.
///
/// 32 bits are enough: among 65,536 rows a foreign uid meets a false candidate once in 65,536
/// look-ups, and each costs the reading of one row.
#[derive(Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub(crate) struct Uids {
    hashes: Vec<[u8; 4]>,
    rows: Vec<[u8; 2]>,
}

impl Uids {
    /// The hash of a uid.
    pub(crate) fn hash(uid: &str) -> u32 {
        (xxh3_64(uid.as_bytes()) >> 32) as u32
    }

    /// From the hash and the number of each row.
    pub(crate) fn new(mut pairs: Vec<(u32, u16)>) -> Self {
        pairs.sort_unstable();
        Self {
            hashes: pairs.iter().map(|(hash, _)| hash.to_be_bytes()).collect(),
            rows: pairs.iter().map(|(_, row)| row.to_be_bytes()).collect(),
        }
    }

    /// The rows whose uid has this hash.
    pub(crate) fn find(&self, hash: u32) -> impl Iterator<Item = u16> {
        let first = self.lower_bound(hash);
        let bytes = hash.to_be_bytes();
        let same = self.hashes.iter().skip(first).take_while(move |other| **other == bytes).count();
        self.rows.iter().skip(first).take(same).map(|row| u16::from_be_bytes(*row))
    }

    /// The position of the first hash that is not below this one.
    ///
    /// Hashes are spread evenly, so their place is guessed and then searched for in ever wider
    /// steps: a few neighbouring bytes are touched, where halving would jump all over the list.
    fn lower_bound(&self, hash: u32) -> usize {
        let len = self.hashes.len();
        let below = |at: usize| u32::from_be_bytes(self.hashes[at]) < hash;
        let guess = ((u64::from(hash) * len as u64) >> 32) as usize;
        // All before `low` are below, none from `high` on is.
        let (mut low, mut high, mut step) = (0, len, FIRST_STEP);
        if guess < len && below(guess) {
            low = guess + 1;
            while low + step < len {
                if !below(low + step) {
                    high = low + step;
                    break;
                }
                (low, step) = (low + step + 1, step * 2);
            }
        } else {
            high = guess;
            while high > step {
                if below(high - step) {
                    low = high - step + 1;
                    break;
                }
                (high, step) = (high - step, step * 2);
            }
        }
        low + self.hashes[low..high].partition_point(|other| u32::from_be_bytes(*other) < hash)
    }

    /// The hash and the row of each uid.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, u16)> {
        let hashes = self.hashes.iter().map(|hash| u32::from_be_bytes(*hash));
        hashes.zip(self.rows.iter().map(|row| u16::from_be_bytes(*row)))
    }

    pub(crate) fn weight(&self) -> usize {
        self.hashes.len() * 6 + 64
    }

    pub(crate) fn write(&self) -> Result<Vec<u8>> {
        codec::seal_value(Kind::Section, Packing::Plain, self)
    }

    pub(crate) fn read(record: &[u8], rows: usize, place: &str) -> Result<Self> {
        let uids: Self = codec::open_value(Kind::Section, record, &place)?;
        // Rows whose events were pruned have none.
        let whole = uids.hashes.len() <= rows && uids.rows.len() == uids.hashes.len();
        if !whole || !uids.hashes.is_sorted() {
            return Err(Error::corrupt(place, "its uids do not fit together"));
        }
        Ok(uids)
    }
}

#[cfg(test)]
mod tests {
    use super::Uids;
    use proptest::prelude::*;

    #[test]
    fn equal_hashes_give_all_their_rows() {
        let uids = Uids::new(vec![(9, 1), (5, 2), (9, 0)]);
        let read = Uids::read(&uids.write().unwrap(), 3, "it").unwrap();
        assert_eq!(read, uids);
        assert_eq!(read.find(9).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(read.find(6).count(), 0);
        assert!(Uids::read(&uids.write().unwrap(), 2, "it").is_err());
    }

    proptest! {
        #[test]
        fn every_hash_is_found_however_uneven_they_are(
            seeds in prop::collection::vec((any::<u32>(), 0..33u32), 0..700),
            other: u32,
        ) {
            let pairs: Vec<(u32, u16)> = seeds
                .iter()
                .enumerate()
                .map(|(row, (bits, shift))| (bits.checked_shr(*shift).unwrap_or(0), row as u16))
                .collect();
            let uids = Uids::new(pairs.clone());
            for hash in pairs.iter().map(|(hash, _)| *hash).chain([other, 0, u32::MAX]) {
                let found: Vec<u16> = uids.find(hash).collect();
                let expected: Vec<u16> =
                    pairs.iter().filter(|pair| pair.0 == hash).map(|pair| pair.1).collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
