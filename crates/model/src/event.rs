//! An event as the store gives it back.

use crate::{Acknowledgement, Category, Details, EventType, Labels, Severity, State, Timestamp};
use std::fmt;

/// The number of an event in its store: dense, ascending in the order of appending, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub u64);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// One thing that happened, with everything the store knows about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its number in this store.
    pub id: EventId,
    /// Its natural identity: the same in every store that imports it.
    pub uid: String,
    /// When it happened.
    pub time: Timestamp,
    /// When this store took it in.
    pub received: Timestamp,
    /// What kind of thing happened.
    pub event_type: EventType,
    /// How bad it is.
    pub severity: Severity,
    /// Who said so: `kubernetes`, `docker`, `api`, the name of a tool.
    pub source: String,
    /// What happened, in a few words.
    pub name: String,
    /// What happened, at length; empty when nothing more is known.
    pub description: String,
    /// Where it happened: its scope.
    pub labels: Labels,
    /// What its sender attached to it.
    pub tags: Labels,
    /// Whether it goes on.
    pub state: State,
    /// When it ended, if that is known.
    pub end_time: Option<Timestamp>,
    /// How often it was observed, at least 1.
    pub count: u64,
    /// A person's mark on it, if it was acknowledged.
    pub acknowledgement: Option<Acknowledgement>,
    /// What only events of its type have to say.
    pub details: Option<Details>,
}

impl Event {
    /// The category of its type.
    #[must_use]
    pub fn category(&self) -> Category {
        self.event_type.category()
    }

    /// How long it lasted, in whole milliseconds; `None` until its end is known.
    #[must_use]
    pub fn duration_ms(&self) -> Option<u64> {
        let nanos = self.end_time?.nanos().checked_sub(self.time.nanos())?;
        u64::try_from(nanos).ok().map(|nanos| nanos / 1_000_000)
    }
}
