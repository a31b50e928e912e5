//! Changes to stored events: which ones, in whose name, and what came of it.

use crate::error::{Error, Result, check_labels};
use eventscope_model::{EventId, Invalid};
use eventscope_scope::{Expr, Filter};
use eventscope_storage::{self as storage, Action, RowSet, Snapshot};
use std::collections::BTreeMap;

/// Which events a change is meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Targets {
    /// These. All of them must exist, or nothing is changed.
    Ids(Vec<EventId>),
    /// All that match an expression at this moment, which may be none.
    Matching(Expr),
}

impl Targets {
    /// One event.
    #[must_use]
    pub fn id(id: EventId) -> Self {
        Self::Ids(vec![id])
    }

    /// All that match an expression.
    ///
    /// # Errors
    /// [`Error::Expression`] with the places of all mistakes.
    pub fn parse(expression: &str) -> Result<Self> {
        Ok(Self::Matching(eventscope_scope::parse(expression)?))
    }

    /// The rows of these events; `filter` gives the meaning of an expression.
    pub(crate) fn rows(
        &self,
        snapshot: &Snapshot,
        filter: impl FnOnce(&Expr) -> Filter,
    ) -> Result<Vec<(u32, RowSet)>> {
        let ids = match self {
            Self::Matching(expr) => {
                check_labels(expr, snapshot.scope_labels())?;
                return Ok(eventscope_query::matching(&filter(expr), snapshot)?);
            }
            Self::Ids(ids) => ids,
        };
        let mut windows: BTreeMap<u32, RowSet> = BTreeMap::new();
        for id in ids {
            let (window, row) = place(snapshot, *id).ok_or(Error::NoSuchEvent { id: *id })?;
            windows.entry(window).or_insert_with(RowSet::empty).insert(row);
        }
        Ok(windows.into_iter().collect())
    }
}

/// Where an event lies, unless it was deleted or never existed.
pub(crate) fn place(snapshot: &Snapshot, id: EventId) -> Option<(u32, u16)> {
    let part = snapshot.part_of(id)?;
    let row = id.row();
    let deleted = snapshot.overlay(part.window()).and_then(|overlay| overlay.deleted());
    (!deleted.is_some_and(|rows| rows.contains(row))).then_some((part.window(), row))
}

/// Who makes a change, and what they have to say. Both stand in the history of each event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remark {
    /// Who.
    pub by: Option<String>,
    /// What they have to say.
    pub note: Option<String>,
}

impl Remark {
    /// In the name of somebody, without a note.
    #[must_use]
    pub fn by(name: impl Into<String>) -> Self {
        Self { by: Some(name.into()), note: None }
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.note = Some(text.into());
        self
    }
}

/// What came of a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Events that it was meant for.
    pub matched: u64,
    /// Events that are different now. The others were so already, or refused.
    pub changed: u64,
    /// Events whose type does not take the change.
    pub refused: Vec<Refused>,
    /// The number of the change, by which it can be undone; `None` if nothing was changed.
    pub change: Option<u64>,
}

/// An event that does not take a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The event.
    pub id: EventId,
    /// Why not.
    pub reason: Invalid,
}

impl Changed {
    pub(crate) fn of(action: Action, changed: storage::Changed) -> Self {
        let refused = changed.refused.into_iter().map(|(id, event_type)| Refused {
            id,
            reason: match action {
                Action::Resolve => Invalid::Resolved { event_type },
                Action::Acknowledge | Action::Unacknowledge | Action::Delete => {
                    Invalid::Acknowledged { event_type }
                }
            },
        });
        let refused = refused.collect();
        let storage::Changed { matched, changed, change, .. } = changed;
        Self { matched, changed, refused, change }
    }

    /// What came of an undo, which no event refuses.
    pub(crate) fn undone(changed: &storage::Changed) -> Self {
        let storage::Changed { matched, changed, change, .. } = *changed;
        Self { matched, changed, refused: Vec::new(), change }
    }
}
