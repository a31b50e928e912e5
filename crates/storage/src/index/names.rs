//! The names of many fields: codes and keys, sorted by both, in two allocations.

#![expect(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "keys end where `push` put them, and names are asked for below `len`"
)]

/// Codes and keys of fields, in ascending order.
#[derive(Debug, Default)]
pub(crate) struct Names {
    keys: String,
    /// The code of each, and where its key ends among the keys.
    list: Vec<(u8, u32)>,
}

impl Names {
    /// Adds a name that is above all others.
    pub(crate) fn push(&mut self, code: u8, key: &str) {
        self.keys.push_str(key);
        self.list.push((code, self.keys.len() as u32));
    }

    /// Gives back what further names would have taken.
    pub(crate) fn vacuum(&mut self) {
        self.keys.shrink_to_fit();
        self.list.shrink_to_fit();
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// The position of a name.
    pub(crate) fn find(&self, code: u8, key: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.get(middle) < (code, key) { low = middle + 1 } else { high = middle }
        }
        (low < self.len() && self.get(low) == (code, key)).then_some(low)
    }

    /// The name at a position.
    pub(crate) fn get(&self, at: usize) -> (u8, &str) {
        let start = at.checked_sub(1).map_or(0, |before| self.list[before].1);
        let (code, end) = self.list[at];
        (code, &self.keys[start as usize..end as usize])
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u8, &str)> {
        (0..self.len()).map(|at| self.get(at))
    }

    /// The bytes of the keys.
    pub(crate) fn key_bytes(&self) -> usize {
        self.keys.len()
    }
}
