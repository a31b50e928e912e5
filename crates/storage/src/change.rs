//! Changes to stored events: what is asked for, what came of it, and how it is recorded.
//!
//! Rows are never rewritten for a change. A change is one record: what was done, when, by whom,
//! and to which rows of which windows. The overlay is the sum of all changes in their order.

pub(crate) mod folded;
pub(crate) mod merge;
pub(crate) mod overlay;

use crate::error::{Error, Result};
use crate::index::row_set::RowSet;
use bincode::{Decode, Encode};
use eventscope_model::{EventId, EventType, Timestamp};
use roaring::RoaringBitmap;

/// What can be done to stored events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Action {
    /// Mark as acknowledged. Custom events refuse.
    Acknowledge,
    /// Take that mark away.
    Unacknowledge,
    /// Declare an alert to be over. Events of other types refuse.
    Resolve,
    /// Remove. The uid stays known, so that an import does not bring the event back.
    Delete,
}

impl Action {
    /// The verb, as commands name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Acknowledge => "ack",
            Self::Unacknowledge => "unack",
            Self::Resolve => "resolve",
            Self::Delete => "delete",
        }
    }

    /// Whether events of a type take this action.
    #[must_use]
    pub fn applies_to(self, event_type: EventType) -> bool {
        match self {
            Self::Acknowledge => event_type.can_be_acknowledged(),
            Self::Resolve => event_type.can_be_resolved(),
            Self::Unacknowledge | Self::Delete => true,
        }
    }
}

/// A change that is asked for.
#[derive(Clone, Debug)]
pub struct Change {
    /// What to do.
    pub action: Action,
    /// To which rows of which windows.
    pub targets: Vec<(u32, RowSet)>,
    /// Who asks.
    pub by: Option<String>,
    /// What they have to say.
    pub note: Option<String>,
}

/// What came of a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Target rows that hold an event.
    pub matched: u64,
    /// Events that are different now.
    pub changed: u64,
    /// Events whose type does not take the action.
    pub refused: Vec<(EventId, EventType)>,
    /// The number of the change, by which it can be undone; `None` if nothing was changed.
    pub change: Option<u64>,
}

/// One entry in the history of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The change it was part of: ascending in the order of changes.
    pub change: u64,
    /// When.
    pub at: Timestamp,
    /// What was done.
    pub what: What,
    /// Who did it.
    pub by: Option<String>,
    /// What they had to say.
    pub note: Option<String>,
}

/// What was done to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum What {
    /// Somebody asked for it.
    Action(Action),
    /// A later observation of the same uid changed its state, end or count.
    Observed,
    /// A later observation of the same uid changed other fields too.
    Amended,
    /// An earlier change, this one, was undone.
    Undone(u64),
}

impl What {
    /// The verb, as histories show it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Action(action) => action.name(),
            Self::Observed => "observed",
            Self::Amended => "amended",
            Self::Undone(_) => "undo",
        }
    }
}

/// About what an effect takes in the log beside its rows.
const EFFECT_BYTES: usize = 32;

/// A change as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Record {
    pub(crate) id: u64,
    pub(crate) at: i64,
    pub(crate) by: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) effects: Vec<Effect>,
}

/// What a change does in one window.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Effect {
    pub(crate) window: u32,
    pub(crate) what: Doing,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Doing {
    /// An action on rows: a Roaring bitmap in its portable form.
    Action(Action, Vec<u8>),
    /// The state, end and count of one row after an observation.
    Observed(Observed),
    /// A row after an observation that changed other fields too.
    Amended(u16, StoredRow),
    /// Rows that retention has removed: a Roaring bitmap in its portable form.
    Pruned(Vec<u8>),
    /// An earlier change, named by its number, does not count any more; and the rows that it
    /// changed, as above.
    Undone(u64, Vec<u8>),
    /// An alert that is open by its own observations is over since then, by a notice; or is not any
    /// more.
    Closed(u16, Option<i64>),
    /// A notice is the end of the event with that id, and no event of its own; or is one again.
    Absorbed(u16, Option<u64>),
    /// The event in a row has the acknowledgement of its notice: its time, by whom and the note are
    /// those of the change.
    Marked(u16),
}

/// The state, end and count of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Observed {
    pub(crate) row: u16,
    pub(crate) resolved: bool,
    pub(crate) end_time: Option<i64>,
    pub(crate) count: u64,
}

/// A row as a record of its own.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct StoredRow {
    pub(crate) time: i64,
    pub(crate) received: i64,
    pub(crate) digest: Option<[u8; 16]>,
    pub(crate) body: Vec<u8>,
}

impl Record {
    /// Whether this change deletes events.
    #[cfg(feature = "plants")]
    pub(crate) fn deletes(&self) -> bool {
        let deletes = |what: &Doing| matches!(what, Doing::Action(Action::Delete, _));
        self.effects.iter().any(|effect| deletes(&effect.what))
    }

    /// About the bytes that it takes in the log.
    pub(crate) fn bytes(&self) -> u64 {
        let effect = |effect: &Effect| match &effect.what {
            Doing::Action(_, rows) | Doing::Pruned(rows) | Doing::Undone(_, rows) => rows.len(),
            Doing::Observed(_) | Doing::Closed(..) | Doing::Absorbed(..) | Doing::Marked(_) => 0,
            Doing::Amended(_, row) => row.body.len(),
        };
        let remarks = [&self.by, &self.note].into_iter().flatten().map(String::len);
        let effects = self.effects.iter().map(|it| effect(it).saturating_add(EFFECT_BYTES));
        remarks.chain(effects).fold(0, |sum: u64, bytes| sum.saturating_add(bytes as u64))
    }

    /// What this change did to one row, if anything.
    pub(crate) fn history_of(&self, window: u32, row: u16) -> Option<HistoryEntry> {
        let mut effects = self.effects.iter().filter(|effect| effect.window == window);
        let what = effects.find_map(|effect| match &effect.what {
            Doing::Action(action, rows) => {
                let rows = read_rows(rows).ok()?;
                rows.contains(row).then_some(What::Action(*action))
            }
            Doing::Observed(observed) => (observed.row == row).then_some(What::Observed),
            Doing::Amended(amended, _) => (*amended == row).then_some(What::Amended),
            Doing::Closed(closed, _) => (*closed == row).then_some(What::Observed),
            Doing::Absorbed(absorbed, _) => (*absorbed == row).then_some(What::Observed),
            Doing::Marked(marked) => (*marked == row).then_some(What::Action(Action::Acknowledge)),
            // What was pruned has no history.
            Doing::Pruned(_) => None,
            Doing::Undone(change, rows) => {
                let rows = read_rows(rows).ok()?;
                rows.contains(row).then_some(What::Undone(*change))
            }
        })?;
        Some(HistoryEntry {
            change: self.id,
            at: Timestamp::from_nanos(self.at)?,
            what,
            by: self.by.clone(),
            note: self.note.clone(),
        })
    }
}

/// A set of rows in Roaring's portable form.
pub(crate) fn write_rows(rows: &RowSet) -> Vec<u8> {
    let mut bitmap = RoaringBitmap::from_sorted_iter(rows.iter().map(u32::from))
        .unwrap_or_else(|_| rows.iter().map(u32::from).collect());
    bitmap.optimize();
    let mut bytes = Vec::with_capacity(bitmap.serialized_size());
    // Writing into a vector does not fail.
    let _ = bitmap.serialize_into(&mut bytes);
    bytes
}

/// Reads such a set; every number in it must be a row number.
pub(crate) fn read_rows(bytes: &[u8]) -> Result<RowSet> {
    let damaged = |what| Error::corrupt("a set of changed rows", what);
    let bitmap =
        RoaringBitmap::deserialize_from(bytes).map_err(|_| damaged("it is no roaring bitmap"))?;
    if bitmap.max().is_some_and(|row| row > u32::from(u16::MAX)) {
        return Err(damaged("it has rows outside its window"));
    }
    Ok(bitmap.iter().map(|row| row as u16).collect())
}

#[cfg(test)]
mod tests {
    use super::{read_rows, write_rows};
    use crate::index::row_set::RowSet;

    #[test]
    fn sets_of_rows_come_back() {
        for rows in
            [RowSet::empty(), RowSet::span(0, u16::MAX), [3, 9, 65_535].into_iter().collect()]
        {
            assert_eq!(read_rows(&write_rows(&rows)).unwrap(), rows);
        }
        assert!(read_rows(b"not a bitmap").is_err());
    }
}
