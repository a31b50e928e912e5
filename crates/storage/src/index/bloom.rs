//! A Bloom filter over the values of a field of a segment: whether it may have a value is then told
//! by one word in memory, where a search of its dictionary reads thirty places.
//!
//! Burton H. Bloom, Space/Time Trade-offs in Hash Coding with Allowable Errors (1970); all bits of
//! a value in one word, as Putze, Sanders and Singler propose (2007).

#![expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a place is one among the words, which 32 bits count; bits are below 64"
)]

use crate::index::field::FieldIndex;
use xxhash_rust::xxh3::xxh3_64;

/// Values up to which a dictionary is searched quickly enough, and mostly has what is asked for.
const VALUES_MIN: usize = 256;
/// Bits of the filter for each value: of values that are not there, about three in a hundred seem
/// to be.
const BITS_PER_VALUE: usize = 8;
/// Bits that a value sets in its word.
const BITS_SET: u32 = 4;

/// The values of a field, by a few bits of each.
#[derive(Debug)]
pub(crate) struct Bloom(Box<[u64]>);

impl Bloom {
    /// A filter of all values; none where it would not pay.
    pub(crate) fn of(index: &FieldIndex) -> Option<Self> {
        if index.len() < VALUES_MIN {
            return None;
        }
        let words = (index.len() * BITS_PER_VALUE).div_ceil(u64::BITS as usize);
        let mut words = vec![0; words].into_boxed_slice();
        for value in 0..index.len() {
            let (at, bits) = place(index.value(value), words.len());
            words[at] |= bits;
        }
        Some(Self(words))
    }

    /// Whether a value may be there. False is certain.
    pub(crate) fn may_have(&self, value: &str) -> bool {
        let (at, bits) = place(value, self.0.len());
        self.0[at] & bits == bits
    }
}

/// The word of a value among so many, and its bits in it.
fn place(value: &str, words: usize) -> (usize, u64) {
    let hash = xxh3_64(value.as_bytes());
    // The upper half says which word, and the lower half which bits.
    let at = ((hash >> 32) * words as u64) >> 32;
    let bits = (0..BITS_SET).fold(0, |bits, nth| bits | 1 << (hash >> (nth * 6) & 63));
    (at as usize, bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::field::FieldBuilder;

    fn field(values: usize) -> FieldIndex {
        let mut field = FieldBuilder::default();
        (0..values).for_each(|value| field.add(&format!("pod-{value}"), value as u16));
        field.finish()
    }

    #[test]
    fn every_value_is_there_and_few_others_seem_to_be() {
        let bloom = Bloom::of(&field(10_000)).unwrap();
        assert!((0..10_000).all(|value| bloom.may_have(&format!("pod-{value}"))));
        let others = (0..10_000).filter(|value| bloom.may_have(&format!("node-{value}")));
        assert!(others.count() < 600);
    }

    #[test]
    fn a_small_dictionary_is_searched() {
        assert!(Bloom::of(&field(VALUES_MIN - 1)).is_none());
        assert!(Bloom::of(&field(VALUES_MIN)).is_some());
    }
}
