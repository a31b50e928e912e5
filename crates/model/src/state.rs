//! The two independent axes of an event's status.
//!
//! State says whether the situation goes on; acknowledgement says whether a person has seen it,
//! and changes nothing about the state.

use crate::{ParseNameError, Timestamp};
use std::fmt;
use std::str::FromStr;

/// Whether the situation behind an event goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It goes on. Every event starts so, and all but alerts stay so.
    #[default]
    Triggered,
    /// It is over.
    Resolved,
}

impl State {
    /// The state of a name in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Triggered, Self::Resolved]
            .into_iter()
            .find(|state| state.name().eq_ignore_ascii_case(name))
    }

    /// The name, in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Triggered => "triggered",
            Self::Resolved => "resolved",
        }
    }
}

impl FromStr for State {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, ParseNameError> {
        let unknown = || ParseNameError::new(text, "a state", "triggered or resolved");
        Self::from_name(text).ok_or_else(unknown)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A person's mark on an event. Its absence is the default: unacknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// When the mark was set.
    pub at: Timestamp,
    /// Who set it.
    pub by: Option<String>,
    /// What they had to say.
    pub note: Option<String>,
}
