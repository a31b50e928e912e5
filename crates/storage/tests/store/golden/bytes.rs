//! Bytes of a store for the second decoder, as docs/format.md says that bincode has them.

use eventscope_model::{Labels, Timestamp};
use std::collections::BTreeSet;

/// Bytes that are not read yet, and how bincode puts values into them.
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn take(&mut self, count: u64) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count as usize);
        self.0 = rest;
        taken
    }

    pub(super) fn fixed<const N: usize>(&mut self) -> [u8; N] {
        self.take(N as u64).try_into().unwrap()
    }

    pub(super) fn byte(&mut self) -> u8 {
        self.fixed::<1>()[0]
    }

    pub(super) fn uint(&mut self) -> u64 {
        match self.byte() {
            251 => u16::from_le_bytes(self.fixed()).into(),
            252 => u32::from_le_bytes(self.fixed()).into(),
            253 => u64::from_le_bytes(self.fixed()),
            small => small.into(),
        }
    }

    pub(super) fn int(&mut self) -> i64 {
        let zigzag = self.uint();
        (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64)
    }

    pub(super) fn time(&mut self) -> Timestamp {
        Timestamp::from_nanos(self.int()).unwrap()
    }

    pub(super) fn bytes(&mut self) -> &'a [u8] {
        let count = self.uint();
        self.take(count)
    }

    pub(super) fn text(&mut self) -> String {
        String::from_utf8(self.bytes().to_vec()).unwrap()
    }

    pub(super) fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.byte() == 1).then(|| read(self))
    }

    pub(super) fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.uint()).map(|_| read(self)).collect()
    }

    pub(super) fn labels(&mut self) -> Labels {
        Labels::from_pairs(self.list(|it| (it.text(), it.text())))
    }

    /// Rows as a Roaring bitmap.
    pub(super) fn rows(&mut self) -> BTreeSet<u16> {
        let bitmap = roaring::RoaringBitmap::deserialize_from(self.bytes()).unwrap();
        bitmap.iter().map(|row| row as u16).collect()
    }
}
