//! The indexes of all fields of some rows in memory: large ones ready for use, small ones as the
//! bodies of their records.
//!
//! Rows may have a hundred thousand fields with a value each. As indexes these would take ten times
//! the memory, and most of the time that it takes to make them would go into lists of one number.

#![expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "bodies and large indexes are where `push` put them"
)]

use crate::database::codec::{self, Kind, Packing};
use crate::error::Result;
use crate::index::field::{FieldBuilder, FieldIndex};
use crate::index::names::Names;
use crate::limits::FIELD_BYTES;
use std::ops::Range;
use std::sync::Arc;

/// Fields by code and key, each with its index.
#[derive(Debug, Default)]
pub(crate) struct FieldSet {
    names: Names,
    /// Of each field.
    kept: Vec<Kept>,
    bodies: Vec<u8>,
    large: Vec<Arc<FieldIndex>>,
}

/// Where the index of a field is.
#[derive(Debug)]
enum Kept {
    /// Among the bodies.
    Small(Range<u32>),
    /// At a position among the large ones.
    Large(u32),
}

impl FieldSet {
    /// The set of some fields. Those without values are left out.
    pub(crate) fn of(mut builders: Vec<(u8, String, FieldBuilder)>) -> Result<Self> {
        builders.sort_unstable_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        let mut set = Self::default();
        for (code, key, builder) in builders {
            if !builder.is_empty() {
                set.push(code, &key, builder)?;
            }
        }
        set.names.vacuum();
        set.kept.shrink_to_fit();
        set.bodies.shrink_to_fit();
        Ok(set)
    }

    /// Adds a field behind all others.
    fn push(&mut self, code: u8, key: &str, builder: FieldBuilder) -> Result<()> {
        let start = self.bodies.len() as u32;
        let kept = match builder.pack(&mut self.bodies)? {
            None => Kept::Small(start..self.bodies.len() as u32),
            Some(index) => {
                self.large.push(Arc::new(index));
                Kept::Large(self.large.len() as u32 - 1)
            }
        };
        self.names.push(code, key);
        self.kept.push(kept);
        Ok(())
    }

    /// How many fields there are.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// The index of a field, if any row has it.
    pub(crate) fn get(&self, code: u8, key: &str) -> Result<Option<Arc<FieldIndex>>> {
        match self.names.find(code, key).and_then(|at| self.kept.get(at)) {
            Some(Kept::Large(at)) => Ok(self.large.get(*at as usize).cloned()),
            Some(Kept::Small(body)) => FieldIndex::of_body(self.body(body)).map(Arc::new).map(Some),
            None => Ok(None),
        }
    }

    /// Whether any row has a field.
    pub(crate) fn has(&self, code: u8, key: &str) -> bool {
        self.names.find(code, key).is_some()
    }

    /// The code and the key of each, in their order.
    pub(crate) fn names(&self) -> impl Iterator<Item = (u8, &str)> {
        self.names.iter()
    }

    /// Lends the code, the key and the record of each, in their order.
    pub(crate) fn each_record(
        &self,
        mut use_record: impl FnMut(u8, &str, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let mut record = Vec::new();
        for ((code, key), kept) in self.names.iter().zip(&self.kept) {
            match kept {
                Kept::Small(body) => {
                    record.clear();
                    codec::seal_into(&mut record, Kind::Section, Packing::Zstd, self.body(body));
                }
                Kept::Large(at) => record = self.large[*at as usize].write()?,
            }
            use_record(code, key, &record)?;
        }
        Ok(())
    }

    /// The bytes that it takes in memory to make it.
    pub(crate) fn bytes(&self) -> usize {
        let large = self.large.iter().map(|index| index.bytes()).sum::<usize>();
        self.names.key_bytes() + self.bodies.len() + self.len() * FIELD_BYTES + large
    }

    fn body(&self, body: &Range<u32>) -> &[u8] {
        &self.bodies[body.start as usize..body.end as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::FieldSet;
    use crate::index::field::{FieldBuilder, FieldIndex};

    #[test]
    fn small_and_large_fields_are_what_was_noted_of_them() {
        let mut noted = Vec::new();
        for (number, rows) in [(0u16, 1u16), (1, 2), (2, 5_000), (3, 40)] {
            let mut builder = FieldBuilder::default();
            (0..rows).for_each(|row| builder.add(&format!("{}", row % (number + 1)), row * 3));
            noted.push((7, format!("key {}", 9 - number), builder));
        }
        noted.push((5, String::new(), FieldBuilder::default()));
        let mut one = FieldBuilder::default();
        one.add("", 9);
        noted.push((4, String::new(), one));
        let set = FieldSet::of(noted).unwrap();
        let names: Vec<_> = set.names().collect();
        assert_eq!(names, [(4, ""), (7, "key 6"), (7, "key 7"), (7, "key 8"), (7, "key 9")]);
        assert!(set.get(5, "").unwrap().is_none() && set.get(7, "key").unwrap().is_none());
        assert_eq!(set.large.len(), 2, "{set:?}");
        let mut rows = Vec::new();
        set.each_record(|code, key, record| {
            let read = FieldIndex::read(record, 0, u16::MAX, &"it").unwrap();
            let got = set.get(code, key).unwrap().unwrap();
            assert_eq!((got.write().unwrap(), got.len()), (record.to_vec(), read.len()));
            assert!((0..got.len()).all(|at| got.value(at) == read.value(at)));
            rows.push((read.len(), read.present_len(), got.present_len()));
            Ok(())
        })
        .unwrap();
        assert_eq!(rows, [(1, 1, 1), (4, 40, 40), (3, 5_000, 5_000), (2, 2, 2), (1, 1, 1)]);
    }
}
