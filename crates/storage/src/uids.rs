//! Which rows of a part may bear a uid.

use crate::codec::{self, Kind, Packing};
use crate::error::{Error, Result};
use bincode::{BorrowDecode, Encode};
use xxhash_rust::xxh3::xxh3_64;

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
        let hash = hash.to_be_bytes();
        let first = self.hashes.partition_point(|other| *other < hash);
        let same = self.hashes.iter().skip(first).take_while(move |other| **other == hash).count();
        self.rows.iter().skip(first).take(same).map(|row| u16::from_be_bytes(*row))
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
        if uids.hashes.len() != rows || uids.rows.len() != rows || !uids.hashes.is_sorted() {
            return Err(Error::corrupt(place, "its uids do not fit together"));
        }
        Ok(uids)
    }
}

#[cfg(test)]
mod tests {
    use super::Uids;

    #[test]
    fn equal_hashes_give_all_their_rows() {
        let uids = Uids::new(vec![(9, 1), (5, 2), (9, 0)]);
        let read = Uids::read(&uids.write().unwrap(), 3, "it").unwrap();
        assert_eq!(read, uids);
        assert_eq!(read.find(9).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(read.find(6).count(), 0);
        assert!(Uids::read(&uids.write().unwrap(), 2, "it").is_err());
    }
}
