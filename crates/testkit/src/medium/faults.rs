//! Operations that fail.

use std::io;

/// Which operation of a medium fails, how, and whether those after it do, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The number of the operation from which on this may strike, from 0 on.
    pub at: u64,
    /// What goes wrong.
    pub kind: Kind,
    /// Whether it goes wrong from then on; else once.
    pub for_ever: bool,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The device does not answer: any operation fails.
    Io,
    /// The disk is full: what writes fails, after half of its bytes.
    Full,
    /// A file ends early: what reads fails.
    Short,
}

impl Kind {
    /// The error that this gives to an operation that reads, or to one that does not; `None` if it
    /// does not strike there.
    pub(super) fn error(self, reads: bool, syncs: bool) -> Option<io::Error> {
        match self {
            // What Linux says: EIO has no kind of its own.
            Self::Io => Some(io::Error::from_raw_os_error(5)),
            Self::Full if !reads && !syncs => Some(io::ErrorKind::StorageFull.into()),
            Self::Short if reads => Some(io::ErrorKind::UnexpectedEof.into()),
            Self::Full | Self::Short => None,
        }
    }
}
