//! An event as the store gives it back.

use crate::{
    Acknowledgement, Category, Details, EventType, Labels, ParseNameError, Severity, State,
    Timestamp,
};
use std::fmt;
use std::str::FromStr;

/// The number of an event in its store: dense, ascending in the order of appending, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub u64);

impl EventId {
    /// Bits of an id that number the row within its window.
    const ROW_BITS: u32 = u16::BITS;

    /// The window that the event lies in: 65,536 consecutive ids are one window.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "ids end before 2^48")]
    pub fn window(self) -> u32 {
        (self.0 >> Self::ROW_BITS) as u32
    }

    /// The row of the event within its [window](EventId::window).
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "the row is the last 16 bits")]
    pub fn row(self) -> u16 {
        self.0 as u16
    }

    /// The id of a row of a window.
    ///
    /// ```
    /// use eventscope_model::EventId;
    ///
    /// let id = EventId(65_536 * 3 + 7);
    /// assert_eq!((id.window(), id.row()), (3, 7));
    /// assert_eq!(EventId::at(3, 7), id);
    /// ```
    #[must_use]
    pub fn at(window: u32, row: u16) -> Self {
        Self(u64::from(window) << Self::ROW_BITS | u64::from(row))
    }
}

/// The number, as it is printed.
impl FromStr for EventId {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, ParseNameError> {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let id = text.parse().ok().filter(|_| is_number);
        id.map(Self).ok_or_else(|| ParseNameError::new(text, "an event id", "its number"))
    }
}

impl From<u64> for EventId {
    fn from(id: u64) -> Self {
        Self(id)
    }
}

impl From<EventId> for u64 {
    fn from(id: EventId) -> Self {
        id.0
    }
}

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
