//! What became of every id before the tail: it is in a segment, or it was pruned.
//!
//! The catalogue in the log has an entry for each segment and for each range of ids whose segments
//! were pruned. Together they leave out no id, so that what was pruned and what was lost are never
//! taken for each other.

use bincode::{Decode, Encode};
use eventscope_model::EventId;
use std::collections::BTreeMap;

/// What the catalogue says of the ids from its key on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Entry {
    /// So many are in a segment.
    Segment {
        /// How many.
        rows: u32,
    },
    /// So many were pruned. No two such entries are neighbours.
    Pruned {
        /// How many.
        rows: u64,
    },
}

impl Entry {
    /// How many ids it is about.
    pub(crate) fn rows(self) -> u64 {
        match self {
            Self::Segment { rows } => rows.into(),
            Self::Pruned { rows } => rows,
        }
    }
}

/// Ranges of ids that were pruned, neither overlapping nor touching each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ranges {
    /// The first id after each range, by its first id.
    ends: BTreeMap<u64, u64>,
}

impl Ranges {
    /// Adds the ids from `first` up to but not including `end`. Returns the range that holds them
    /// now.
    pub(crate) fn add(&mut self, first: EventId, end: EventId) -> (EventId, EventId) {
        let (mut start, mut end) = (first.0, end.0);
        if let Some((before, before_end)) = self.ends.range(..=start).next_back()
            && *before_end >= start
        {
            (start, end) = (*before, end.max(*before_end));
        }
        while let Some((after, after_end)) = self.ends.range(start..=end).next() {
            let (after, after_end) = (*after, *after_end);
            end = end.max(after_end);
            self.ends.remove(&after);
        }
        self.ends.insert(start, end);
        (EventId(start), EventId(end))
    }

    /// The ranges, ascending: first id, and the first id after it.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (EventId, EventId)> {
        self.ends.iter().map(|(first, end)| (EventId(*first), EventId(*end)))
    }

    /// How many ids that are.
    #[expect(clippy::arithmetic_side_effects, reason = "a range ends behind its start")]
    pub(crate) fn len(&self) -> u64 {
        self.ends.iter().map(|(first, end)| end - first).sum()
    }

    /// The first id after the last range; 1 if there is none.
    pub(crate) fn end(&self) -> EventId {
        EventId(self.ends.values().next_back().copied().unwrap_or(1))
    }
}

#[cfg(test)]
mod tests {
    use super::Ranges;
    use eventscope_model::EventId;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn ranges_are_the_ids_that_were_added(
            added in prop::collection::vec((1..60u64, 1..9u64), 0..12),
        ) {
            let mut ranges = Ranges::default();
            let mut ids = BTreeSet::new();
            for (first, len) in added {
                ids.extend(first..first + len);
                let (start, end) = ranges.add(EventId(first), EventId(first + len));
                prop_assert!(start.0 <= first && first + len <= end.0);
                prop_assert!(ranges.iter().any(|range| range == (start, end)));
            }
            let held: Vec<u64> = ranges.iter().flat_map(|(first, end)| first.0..end.0).collect();
            prop_assert!(held.iter().eq(&ids));
            let all: Vec<_> = ranges.iter().collect();
            prop_assert!(all.windows(2).all(|pair| pair[0].1 < pair[1].0));
            prop_assert_eq!(ranges.len(), ids.len() as u64);
            prop_assert_eq!(ranges.end().0, ids.last().map_or(1, |last| last + 1));
        }
    }
}
