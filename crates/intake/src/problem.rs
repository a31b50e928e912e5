//! What went wrong with an input as a whole.

use crate::report::Reason;
use eventscope_formats::{Format, ReadError};
use std::error::Error;
use std::{fmt, io};

/// What went wrong beyond single records. A lenient import goes on with the next input, a strict
/// one ends.
#[derive(Debug)]
#[non_exhaustive]
pub enum Problem {
    /// An input could not be opened.
    Unopened {
        /// Its name.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// An input could not be read to its end. What was read before is stored.
    Broken {
        /// Its name.
        name: String,
        /// Where and why.
        source: ReadError,
    },
    /// An input that was asked for by name holds no record.
    NoEvents {
        /// Its name.
        name: String,
        /// The format that was looked for; `None` for any.
        format: Option<Format>,
        /// Whether it held nothing at all.
        is_empty: bool,
    },
    /// A strict import found a record that is no event. Nothing of the input was stored.
    Faulty {
        /// The name of the input, or of the member of an archive.
        name: String,
        /// The line where the record starts, from 1.
        line: u64,
        /// What is wrong with it.
        reason: Reason,
    },
    /// A strict import could not read an input twice. Nothing of it was stored.
    Unchecked {
        /// Its name.
        name: String,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The import was cancelled with inputs left.
    Cancelled {
        /// Inputs that were read to their end.
        read: usize,
        /// All inputs.
        all: usize,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unopened { name, .. } => write!(f, "cannot read {name}"),
            Self::Broken { name, .. } => write!(f, "{name} cannot be read to its end"),
            Self::NoEvents { name, is_empty: true, .. } => write!(f, "{name} is empty"),
            Self::NoEvents { name, format: Some(format), .. } => {
                write!(f, "{name} holds no {} events", format.name())
            }
            Self::NoEvents { name, format: None, .. } => {
                write!(f, "{name} holds no events of a known format")
            }
            Self::Faulty { name, line, reason } => {
                write!(f, "{name}:{line}: {reason}; nothing of this input was stored")
            }
            Self::Unchecked { name, .. } => {
                write!(f, "{name} cannot be checked; nothing of it was stored")
            }
            Self::Cancelled { read, all } => {
                write!(f, "cancelled: {read} of {all} inputs were read")
            }
        }
    }
}

impl Error for Problem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unopened { source, .. } => Some(source),
            Self::Broken { source, .. } => Some(source),
            Self::Unchecked { source, .. } => Some(&**source),
            Self::NoEvents { .. } | Self::Faulty { .. } | Self::Cancelled { .. } => None,
        }
    }
}
