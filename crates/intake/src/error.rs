//! Why an import could not go on.

use std::fmt;

/// An import that stopped because the store takes no more. What was appended before is durable, and
/// to import the same again stores nothing twice.
#[derive(Debug)]
pub struct Error {
    /// Events that this import appended and that are durable.
    pub durable: u64,
    /// What a job in the background of the store failed with before, in one line: then that is the
    /// reason, and [`source`](std::error::Error::source) what followed from it.
    pub earlier: Option<String>,
    /// What the store says.
    pub store: eventscope::Error,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { durable, earlier, .. } = self;
        write!(f, "the import stopped after {durable} durable events")?;
        earlier.iter().try_for_each(|reason| write!(f, ": {reason}"))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.store)
    }
}
