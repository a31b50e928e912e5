//! The identity of an event, and what becomes of a draft whose identity is known already.

use crate::{ParseNameError, Timestamp};

/// The natural identity of an event: the same uid again is the same event again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uid {
    /// The identity itself.
    pub text: String,
    /// Whether it settles the time of the event too.
    pub time: UidTime,
}

/// Whether two events with the same uid must have the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UidTime {
    /// They must: an earlier observation is looked for at that time only, which is fast.
    Fixed,
    /// They need not: an earlier observation is looked for at all times.
    Free,
    /// They need not, and the time of this draft is a guess, such as that of its file: it is the
    /// time of a new event; one that is known keeps its own.
    Guessed,
}

/// What the uids of all events of one alert have in common, each time it fires, if this is one of
/// them: its beginning, before `@` and the time of the event in nanoseconds.
///
/// ```
/// use eventscope_model::{Timestamp, life_of};
///
/// assert_eq!(life_of("alert:5a@0", Timestamp::EPOCH), Some("alert:5a"));
/// assert_eq!(life_of("alert:5a@1", Timestamp::EPOCH), None);
/// ```
#[must_use]
pub fn life_of(uid: &str, time: Timestamp) -> Option<&str> {
    let (life, nanos) = uid.rsplit_once('@')?;
    (nanos.parse() == Ok(time.nanos())).then_some(life)
}

/// What happens to a draft whose uid an event has already. A uid of another type of event is
/// refused, whatever is asked for here.
///
/// ```
/// use eventscope_model::{Draft, OnConflict, UidTime};
///
/// let job = |text: &str| Draft::custom("Backup").uid("job:7", UidTime::Free).description(text);
/// let first = job("running");
/// let last = job("finished").on_conflict(OnConflict::Replace);
/// # assert_ne!(first, last);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnConflict {
    /// They are merged, in a way that does not depend on which came first: resolved beats
    /// triggered, the later end and the greater count stay, and all other fields come from one of
    /// both, chosen by what it says. Right for dumps, which come in any order and more than once.
    /// Between drafts with different [revisions](crate::Draft::revision), the greater counts as a
    /// whole.
    #[default]
    Merge,
    /// The draft takes the place of what is known of the event, as a whole: the last one stays.
    /// Right for a backend that knows the present state. What people did to the event stays.
    Replace,
    /// The event stays as it is, and the draft is a duplicate: the first one stays.
    Keep,
}

impl OnConflict {
    const ALL: [Self; 3] = [Self::Merge, Self::Replace, Self::Keep];

    /// The name, in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Replace => "replace",
            Self::Keep => "keep",
        }
    }
}

impl std::str::FromStr for OnConflict {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, ParseNameError> {
        let found = Self::ALL.into_iter().find(|it| it.name().eq_ignore_ascii_case(text));
        let unknown =
            || ParseNameError::new(text, "an answer to a known uid", "merge, replace or keep");
        found.ok_or_else(unknown)
    }
}
