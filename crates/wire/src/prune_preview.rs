//! `prune --dry-run`: what a pruning would remove, `{removed_events, dry_run}`.

use serde::{Deserialize, Serialize};

/// What a pruning would remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrunePreview {
    /// Events that would be gone.
    pub removed_events: u64,
    /// That nothing was done: always true.
    pub dry_run: bool,
}

impl PrunePreview {
    /// So many events would be gone.
    #[must_use]
    pub fn new(removed_events: u64) -> Self {
        Self { removed_events, dry_run: true }
    }
}

#[cfg(test)]
mod tests {
    use super::PrunePreview;
    use crate::testing::round_trip;

    #[test]
    fn it_is_read_as_it_was_written() {
        round_trip(&PrunePreview::new(9), r#"{"removed_events":9,"dry_run":true}"#);
    }

    #[test]
    fn what_was_pruned_is_read_as_it_was_written() {
        let pruned = eventscope::Pruned::default();
        let fields = r#""removed_events":0,"removed_segments":0,"freed_bytes":0,"over_bytes":0"#;
        round_trip(&pruned, &format!(r#"{{{fields},"unsealed_events":0}}"#));
        let mut pruned = pruned;
        pruned.no_room = true;
        round_trip(&pruned, &format!(r#"{{{fields},"unsealed_events":0,"no_room":true}}"#));
    }
}
