//! What makes a log that of a backup.

use bincode::{Decode, Encode};

/// What a backup was made from, as it stands in its log: a folder without it is no backup, and one
/// where it does not fit the log any more was written to as a store.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Mark {
    /// The numbers of the next event and of the next change.
    pub(crate) next: (u64, u64),
    /// When the newest event was received. Two stores that have only their beginning in common
    /// received it at different times.
    pub(crate) received: Option<i64>,
}
