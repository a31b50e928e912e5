//! What is behind an error: what is told of it later, and whether the disk is to blame.

use crate::error::{Cause, Error};
use std::error::Error as StdError;
use std::io::{self, ErrorKind};
use std::sync::Arc;

/// An error as it was told, with its causes.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
struct Told {
    what: String,
    source: Option<Box<Told>>,
    is_full_disk: bool,
}

impl Told {
    fn of(error: &(dyn StdError + 'static)) -> Self {
        let source = error.source().map(|source| Box::new(Self::of(source)));
        Self { what: error.to_string(), source, is_full_disk: is_full_disk(error) }
    }
}

impl Error {
    /// Whether the cause is that a disk has no room.
    #[must_use]
    pub fn is_of_a_full_disk(&self) -> bool {
        match self {
            Self::Unknown { source }
            | Self::Unsealed { source }
            | Self::Stopped { source: Some(source) } => is_full_disk(source.as_ref()),
            _ => is_full_disk(self),
        }
    }

    /// Whether the medium failed, and not what is on it.
    pub(crate) fn is_of_the_disk(&self) -> bool {
        let io = match self {
            Self::Io { source, .. } => Some(source),
            Self::Database { source, .. } => as_io(source.as_ref()),
            _ => None,
        };
        io.is_some_and(|io| !matches!(io.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof))
    }

    /// What later errors name as their cause.
    pub(crate) fn cause(&self) -> Cause {
        match self {
            Self::Unknown { source }
            | Self::Unsealed { source }
            | Self::Stopped { source: Some(source) } => Cause::clone(source),
            other => Arc::new(Told::of(other)),
        }
    }
}

/// The error of the system that this one is.
fn as_io<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e io::Error> {
    match error.downcast_ref::<redb::Error>() {
        Some(redb::Error::Io(io)) => Some(io),
        _ => error.downcast_ref(),
    }
}

fn is_full_disk(error: &(dyn StdError + 'static)) -> bool {
    let kind = as_io(error).map(io::Error::kind);
    matches!(kind, Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded))
        || error.downcast_ref::<Told>().is_some_and(|told| told.is_full_disk)
        || error.source().is_some_and(is_full_disk)
}

#[cfg(test)]
mod tests {
    use crate::error::Error;
    use std::io;

    #[test]
    fn a_full_disk_is_known_behind_whatever_names_it() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        let failed = Error::Io { doing: "write", path: "x".into(), source: full() };
        let causes = [failed.cause(), Error::Unsealed { source: failed.cause() }.cause()];
        for source in causes {
            assert!(Error::Unsealed { source: source.clone() }.is_of_a_full_disk());
            assert!(Error::Stopped { source: Some(source) }.is_of_a_full_disk());
        }
        assert!(failed.is_of_a_full_disk() && failed.is_of_the_disk());
        let database = Error::database("write", redb::StorageError::Io(full()));
        assert!(database.is_of_a_full_disk() && database.is_of_the_disk());
        assert!(Error::Unknown { source: database.cause() }.is_of_a_full_disk());
        let other = Error::corrupt("it", "it is not right");
        assert!(!other.is_of_a_full_disk() && !other.is_of_the_disk());
        assert!(!Error::Unsealed { source: other.cause() }.is_of_a_full_disk());
    }
}
