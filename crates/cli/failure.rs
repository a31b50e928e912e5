//! Why a command failed, as it is told to whoever typed it.

use eventscope::StorageError;
use std::error::Error;
use std::io;
use std::process::ExitCode;

/// A command that did not do, or not wholly do, what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    /// One sentence each: what went wrong, why, and what to do.
    pub(crate) lines: Vec<String>,
    /// Drawn below the lines: an expression with carets under its mistakes.
    pub(crate) drawing: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Failed,
    Usage,
    /// Nobody reads the output any more, which is their right.
    Unread,
}

/// What commands give.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// A failure told in one line.
    pub(crate) fn new(line: impl Into<String>) -> Self {
        Self::several(vec![line.into()])
    }

    /// Several failures, one line each.
    pub(crate) fn several(lines: Vec<String>) -> Self {
        Self { lines, drawing: String::new(), kind: Kind::Failed }
    }

    /// The command was typed wrongly.
    pub(crate) fn usage(line: impl Into<String>) -> Self {
        Self { kind: Kind::Usage, ..Self::new(line) }
    }

    /// Something failed with a cause.
    pub(crate) fn caused(what: &str, cause: &(dyn Error + 'static)) -> Self {
        Self::new(format!("{what}: {}", chain(cause)))
    }

    /// Whether to say nothing about it.
    pub(crate) fn is_silent(&self) -> bool {
        self.kind == Kind::Unread
    }

    /// What the first word of each line is.
    pub(crate) fn speaker(&self) -> &'static str {
        if self.kind == Kind::Usage { "error" } else { "eventscope" }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self.kind {
            Kind::Failed => 1,
            Kind::Usage => 2,
            Kind::Unread => 0,
        })
    }
}

/// An error and its causes in one line. A cause that the error has told already is left out.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !line.contains(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        next = cause.source();
    }
    line.replace('\n', " ")
}

/// What somebody at a terminal can do about an error that does not say so itself.
fn advice(error: &eventscope::Error) -> &'static str {
    match error {
        eventscope::Error::NoSuchEvent { .. } => "; it never existed, was deleted or was pruned",
        eventscope::Error::Storage(StorageError::NotAStore { .. }) => {
            "; name another folder with --store"
        }
        eventscope::Error::Storage(StorageError::Locked { .. }) => "; wait until it is done",
        eventscope::Error::Storage(StorageError::Missing { .. }) => "; import makes one",
        eventscope::Error::Storage(StorageError::Corrupt { .. }) => {
            "; run verify, and restore a backup if it reports more"
        }
        eventscope::Error::NotAScopeLabel { .. } => ", or change the list with `labels --allow`",
        _ => "",
    }
}

impl From<eventscope::Error> for Failure {
    fn from(error: eventscope::Error) -> Self {
        let line = format!("{}{}", chain(&error), advice(&error));
        let eventscope::Error::Expression(errors) = error else { return Self::new(line) };
        let line = format!("wrong expression: {line}");
        Self { drawing: errors.draw(), ..Self::usage(line) }
    }
}

impl Failure {
    /// An error about an expression that was typed: a label that cannot be asked for is shown where
    /// it stands.
    pub(crate) fn about(error: eventscope::Error, typed: Option<&str>) -> Self {
        let site = match &error {
            eventscope::Error::NotAScopeLabel { site, .. } => *site,
            _ => None,
        };
        let failure = Self::from(error);
        match site.zip(typed) {
            Some((site, text)) => {
                Self { drawing: site.draw(text, "this is no scope label"), ..failure }
            }
            None => failure,
        }
    }
}

impl From<eventscope::ParseErrors> for Failure {
    fn from(errors: eventscope::ParseErrors) -> Self {
        eventscope::Error::from(errors).into()
    }
}

/// Errors of writing the output; other files are named where they fail.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self { kind: Kind::Unread, ..Self::several(Vec::new()) },
            _ => Self::caused("cannot write the output", &error),
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        io::Error::from(error).into()
    }
}
