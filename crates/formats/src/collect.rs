//! Which Docker and Kubernetes events are collected, as the configuration of an agent says it.
//!
//! ```yaml
//! events:
//!   docker:
//!     container: [kill, oom]    # these, instead of the default of this section
//!     image: all                # also those that the catalogue does not know
//!   kubernetes: none            # nothing of this system
//! log:
//!   event_priority: warning     # nothing that is less severe
//! ```
//!
//! A section that is given replaces that section only; the others collect what the catalogue
//! collects by default. Names are compared without regard to case.

mod near;
mod read;
mod tree;

use eventscope_model::{
    Draft, EventType, Severity,
    catalog::{Default as Collected, ENTRIES, Entry, System},
};
use std::{error::Error, fmt};

/// What is collected.
///
/// ```
/// use eventscope_formats::Collect;
/// use eventscope_model::catalog::{System, find};
///
/// let collect = Collect::parse("events: {docker: {container: [oom]}}")?;
/// let collects = |kind, event| {
///     find(System::Docker, kind, event).is_some_and(|entry| collect.has(entry))
/// };
/// assert!(collects("container", "oom"));
/// assert!(!collects("container", "kill"));
/// # Ok::<(), eventscope_formats::CollectError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collect {
    /// Nothing that is less severe; without it nothing at all.
    floor: Option<Severity>,
    docker: Choice,
    kubernetes: Choice,
}

/// What is collected of one system.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Choice {
    /// All of it, whether the catalogue knows it or not.
    All,
    /// What its kinds say. Of a kind that is not here: what is collected by default.
    Kinds(Vec<(&'static str, Events)>),
}

/// What is collected of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Events {
    All,
    Listed(Vec<&'static str>),
}

impl Default for Collect {
    /// What an agent collects if its configuration says nothing.
    fn default() -> Self {
        Self {
            floor: Some(Severity::Informational),
            docker: Choice::Kinds(Vec::new()),
            kubernetes: Choice::Kinds(Vec::new()),
        }
    }
}

impl Collect {
    /// Reads the `events` and `log` sections of a configuration; other sections are ignored.
    ///
    /// # Errors
    /// When it is no YAML, when a system, a kind, an event or a priority is none that there is, or
    /// when a section has another shape than it must have. The error says on which line.
    ///
    /// # Limits
    /// [`limits::COLLECT_BYTES_MAX`](crate::limits::COLLECT_BYTES_MAX).
    pub fn parse(text: &str) -> Result<Self, CollectError> {
        read::collect(text)
    }

    /// Whether an event of the catalogue is collected, if it has the severity that is given there.
    #[must_use]
    pub fn has(&self, entry: &Entry) -> bool {
        self.is_collected(entry.system, entry.kind, entry.event, entry.severity.level())
    }

    /// Whether a draft is let through: a Docker or Kubernetes event if it is collected, any other.
    pub(crate) fn admits(&self, draft: &Draft) -> bool {
        let label = |key| draft.labels.get(key).unwrap_or_default();
        let (system, kind, event) = match draft.event_type {
            EventType::Docker => {
                // Old versions of Docker tell of containers only and give no type.
                let kind = draft.labels.get("docker.event.type").unwrap_or("container");
                (System::Docker, kind, label("docker.event.action"))
            }
            EventType::Kubernetes => {
                let kind = label("kubernetes.object.kind");
                (System::Kubernetes, kind, label("kubernetes.event.reason"))
            }
            _ => return true,
        };
        self.is_collected(system, kind, event, draft.severity)
    }

    fn is_collected(&self, system: System, kind: &str, event: &str, severity: u8) -> bool {
        let Some(floor) = self.floor else { return false };
        severity <= floor.level() && self.choice(system).has(system, kind, event)
    }

    fn choice_mut(&mut self, system: System) -> &mut Choice {
        match system {
            System::Docker => &mut self.docker,
            System::Kubernetes => &mut self.kubernetes,
        }
    }

    fn choice(&self, system: System) -> &Choice {
        match system {
            System::Docker => &self.docker,
            System::Kubernetes => &self.kubernetes,
        }
    }
}

impl Choice {
    /// Nothing of a system: each of its kinds collects nothing.
    fn none(system: System) -> Self {
        Self::Kinds(kinds(system).map(|kind| (kind, Events::Listed(Vec::new()))).collect())
    }

    fn has(&self, system: System, kind: &str, event: &str) -> bool {
        let given = match self {
            Self::All => return true,
            Self::Kinds(given) => given.iter().find(|(name, _)| name.eq_ignore_ascii_case(kind)),
        };
        match given {
            Some((_, Events::All)) => true,
            Some((_, Events::Listed(names))) => {
                names.iter().any(|name| name.eq_ignore_ascii_case(event))
            }
            None => ENTRIES.iter().any(|entry| {
                entry.default == Collected::On
                    && entry.system == system
                    && entry.kind.eq_ignore_ascii_case(kind)
                    && entry.event.eq_ignore_ascii_case(event)
            }),
        }
    }
}

/// The kinds of a system, each once.
fn kinds(system: System) -> impl Iterator<Item = &'static str> {
    let mut last = "";
    let entries = ENTRIES.iter().filter(move |entry| entry.system == system);
    // The entries of a kind follow each other.
    entries.map(|entry| entry.kind).filter(move |kind| std::mem::replace(&mut last, kind) != *kind)
}

/// Why a configuration cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectError {
    line: u64,
    fault: CollectFault,
}

/// What is wrong in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CollectFault {
    /// It is longer than [`limits::COLLECT_BYTES_MAX`](crate::limits::COLLECT_BYTES_MAX).
    TooLarge,
    /// It is not the YAML that is read.
    Yaml {
        /// What is wrong.
        what: String,
    },
    /// A name that does not exist where it stands.
    Unknown {
        /// Where it stands: `events.docker`.
        place: String,
        /// The name.
        name: String,
        /// The one that exists there and is most like it.
        near: &'static str,
    },
    /// A section has the wrong shape.
    Shape {
        /// Where it stands.
        place: String,
        /// What must be there.
        expected: &'static str,
    },
    /// A key is given a second time.
    Twice {
        /// Where it stands.
        place: String,
        /// The key.
        key: String,
    },
}

impl CollectError {
    /// The line, from 1.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.line
    }

    /// What is wrong there.
    #[must_use]
    pub fn fault(&self) -> &CollectFault {
        &self.fault
    }
}

impl fmt::Display for CollectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        match &self.fault {
            CollectFault::TooLarge => f.write_str("the configuration is longer than 1 MiB"),
            CollectFault::Yaml { what } => write!(f, "broken YAML: {what}"),
            CollectFault::Unknown { place, name, near } => {
                write!(f, "{place} has no `{name}`; did you mean `{near}`?")
            }
            CollectFault::Shape { place, expected } => write!(f, "{place} must be {expected}"),
            CollectFault::Twice { place, key } => write!(f, "{place} has `{key}` twice"),
        }
    }
}

impl Error for CollectError {}

#[cfg(test)]
mod tests;
