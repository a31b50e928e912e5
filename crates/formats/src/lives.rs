//! Which alerts of one dump fired and were over, so that one that fires again is noticed.
//!
//! An alert that a dump shows firing, over, and firing again with the same start is one event, and
//! stays over. The third notice says the same as the first; only their order in the dump tells
//! them apart. Across dumps nothing does: it may be the first notice, delivered a second time.

use crate::limits::LIVES_MAX;
use eventscope_model::{Draft, EventType, State};
use std::collections::HashMap;
use xxhash_rust::xxh3::xxh3_128;

/// The alerts of one dump by their uids.
#[derive(Debug, Default)]
pub(crate) struct Lives {
    /// Whether each is over, after it fired.
    over: HashMap<u128, bool>,
}

impl Lives {
    /// Takes note of an alert, and tells whether it fires again. One that is over before it was
    /// seen to fire may stand in a dump whose newest notice comes first.
    pub(crate) fn fires_again(&mut self, draft: &Draft) -> bool {
        let (EventType::Alert, Some(uid)) = (draft.event_type, &draft.uid) else { return false };
        let key = xxh3_128(uid.text.as_bytes());
        let known = self.over.get_mut(&key);
        match (draft.state, known) {
            (State::Triggered, Some(over)) => *over,
            (State::Resolved, Some(over)) => {
                *over = true;
                false
            }
            (State::Triggered, None) => {
                if self.over.len() < LIVES_MAX {
                    self.over.insert(key, false);
                }
                false
            }
            (State::Resolved, None) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Lives;
    use eventscope_model::{Draft, EventType, Timestamp, UidTime};

    #[test]
    fn only_what_fired_before_its_end_fires_again() {
        let fires =
            |uid: &str| Draft::new(EventType::Alert, "test", "HighCpu").uid(uid, UidTime::Fixed);
        let ends = |uid: &str| fires(uid).resolved(Timestamp::EPOCH);
        let told = |drafts: &[Draft]| {
            let mut lives = Lives::default();
            drafts.iter().map(|draft| lives.fires_again(draft)).collect::<Vec<_>>()
        };
        assert_eq!(told(&[fires("a"), ends("a"), fires("a")]), [false, false, true]);
        assert_eq!(told(&[fires("a"), ends("a"), fires("b")]), [false; 3]);
        assert_eq!(told(&[ends("a"), fires("a"), fires("a")]), [false; 3]);
        assert_eq!(
            told(&[ends("a"), fires("a"), ends("a"), fires("a")]),
            [false, false, false, true]
        );
    }
}
