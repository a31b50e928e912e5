//! Why a request was not answered.

use eventscope_model::{EventId, ScopeLabels};
use eventscope_storage as storage;
use std::fmt;

/// Patterns of scope labels that a message lists.
const LISTED_LABELS: usize = 8;

/// Why a request was not answered. There are no partial answers.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The store failed to read what the answer needs.
    Storage(storage::Error),
    /// A page was asked for beside an event that never existed or was pruned.
    NoSuchEvent {
        /// The id that was given.
        id: EventId,
    },
    /// A label was asked for that is no scope label of the store.
    NotAScopeLabel {
        /// Its canonical key.
        key: String,
        /// Those that are.
        labels: ScopeLabels,
    },
    /// A part of the request is over its limit.
    TooLarge {
        /// What was asked for.
        what: &'static str,
        /// How much of it.
        found: usize,
        /// How much may be asked for.
        max: usize,
    },
    /// The histogram has more buckets than fit in one answer.
    TooManyBuckets {
        /// How many it may have.
        max: usize,
    },
    /// The filter is nested deeper than it is safe to follow.
    FilterTooDeep {
        /// How deep it may be.
        max: usize,
    },
}

/// What the functions of this crate give.
pub type Result<T> = std::result::Result<T, Error>;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Storage(_) => f.write_str("cannot read the store"),
            Self::NoSuchEvent { id } => {
                write!(f, "no event with id {id}: it never existed, or was pruned")
            }
            Self::NotAScopeLabel { key, labels } => {
                write!(f, "{}", OutsideScope { key, labels })
            }
            Self::TooLarge { what, found, max } => {
                write!(f, "{found} {what} were asked for; the limit is {max}")
            }
            Self::TooManyBuckets { max } => {
                write!(f, "the histogram has more than {max} buckets; choose a longer interval")
            }
            Self::FilterTooDeep { max } => write!(f, "the filter is nested more than {max} deep"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Storage(source) => Some(source),
            Self::NoSuchEvent { .. }
            | Self::NotAScopeLabel { .. }
            | Self::TooLarge { .. }
            | Self::TooManyBuckets { .. }
            | Self::FilterTooDeep { .. } => None,
        }
    }
}

/// The sentence about a label that is no scope label: what it is, which labels are, and what to do.
#[derive(Clone, Copy, Debug)]
pub struct OutsideScope<'a> {
    /// The canonical key of the label.
    pub key: &'a str,
    /// The scope labels.
    pub labels: &'a ScopeLabels,
}

impl fmt::Display for OutsideScope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, labels } = self;
        let all = labels.patterns().len();
        let listed: Vec<String> = labels.patterns().take(LISTED_LABELS).collect();
        let listed = listed.join(", ");
        write!(
            f,
            "label '{key}' is not a scope label of this store; its scope labels are {listed}"
        )?;
        if all > LISTED_LABELS {
            write!(f, ", .. ({all} in all)")?;
        }
        f.write_str("; ask by one of these")
    }
}

impl From<storage::Error> for Error {
    fn from(error: storage::Error) -> Self {
        Self::Storage(error)
    }
}
