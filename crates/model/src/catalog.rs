//! The Docker and Kubernetes events that are known by name.
//!
//! A system reports many more events than these; the ones listed here have a name that people
//! read, a severity, and a choice whether an agent collects them unless told otherwise. The list
//! is the one of the Sysdig Monitor documentation: 34 Docker and 44 Kubernetes events, of which
//! 36 are on by default.

mod entries;

use crate::Severity;
use std::fmt;

pub use entries::ENTRIES;

/// One known event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The system that reports it.
    pub system: System,
    /// The kind of object it happens to, in lower camel case: `pod`, `replicationController`.
    pub kind: &'static str,
    /// What the system calls it: a Docker action, the reason of a Kubernetes event.
    pub event: &'static str,
    /// What people read.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Whether it is collected unless somebody decides otherwise.
    pub default: Default,
}

/// A system whose events are known by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum System {
    /// The Docker engine.
    Docker,
    /// The components of a Kubernetes cluster.
    Kubernetes,
}

impl System {
    /// Both systems.
    pub const ALL: [Self; 2] = [Self::Docker, Self::Kubernetes];

    /// The name, in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Kubernetes => "kubernetes",
        }
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Whether an event is collected unless somebody decides otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Default {
    /// It is.
    On,
    /// It is not.
    Off,
}

/// The entry of an event, if it is a known one. Kind and event are compared as they are written.
///
/// ```
/// use eventscope_model::catalog::{System, find};
///
/// let entry = find(System::Kubernetes, "pod", "Pulled").unwrap();
/// assert_eq!(entry.name, "Ctr Img Pulled");
/// assert!(find(System::Kubernetes, "Pod", "Pulled").is_none());
/// ```
#[must_use]
pub fn find(system: System, kind: &str, event: &str) -> Option<&'static Entry> {
    ENTRIES
        .iter()
        .find(|entry| entry.system == system && entry.kind == kind && entry.event == event)
}

#[cfg(test)]
mod tests {
    use super::{Default, ENTRIES, Entry, System, find};
    use crate::Severity;
    use std::collections::BTreeSet;

    fn count(holds: impl Fn(&Entry) -> bool) -> usize {
        ENTRIES.iter().filter(|entry| holds(entry)).count()
    }

    #[test]
    fn the_list_is_complete() {
        assert_eq!(ENTRIES.len(), 78);
        assert_eq!(count(|entry| entry.system == System::Docker), 34);
        assert_eq!(count(|entry| entry.system == System::Kubernetes), 44);
        assert_eq!(count(|entry| entry.default == Default::On), 36);
        let kinds = |kind| count(|entry| entry.kind == kind);
        assert_eq!(["container", "image", "volume", "network"].map(kinds), [20, 6, 4, 4]);
        assert_eq!(["node", "pod", "replicationController"].map(kinds), [26, 14, 4]);
    }

    #[test]
    fn each_event_is_listed_once_and_found() {
        let keys: BTreeSet<_> = ENTRIES.iter().map(|e| (e.system, e.kind, e.event)).collect();
        assert_eq!(keys.len(), ENTRIES.len());
        for entry in &ENTRIES {
            assert_eq!(find(entry.system, entry.kind, entry.event), Some(entry));
        }
    }

    #[track_caller]
    fn check(system: System, kind: &str, event: &str, expected: (&str, Severity, Default)) {
        let entry = find(system, kind, event).unwrap();
        assert_eq!((entry.name, entry.severity, entry.default), expected);
    }

    #[test]
    fn names_severities_and_defaults_are_those_of_the_list() {
        use Severity::{Informational, Warning};
        let docker = System::Docker;
        check(docker, "container", "kill", ("Container Killed", Warning, Default::On));
        check(docker, "container", "destroy", ("Container Destroyed", Warning, Default::Off));
        check(docker, "volume", "destroy", ("Volume Destroyed", Informational, Default::Off));
        check(docker, "image", "untag", ("Image Untagged", Informational, Default::Off));
        let kubernetes = System::Kubernetes;
        check(kubernetes, "node", "FailedMount", ("Volume Mount Failed", Warning, Default::On));
        check(kubernetes, "node", "NodeReady", ("Node Ready", Informational, Default::On));
        check(kubernetes, "pod", "Unhealthy", ("Container Unhealthy", Warning, Default::Off));
        let controller = "replicationController";
        check(kubernetes, controller, "FailedCreate", ("Pod Create Failed", Warning, Default::On));
    }

    #[test]
    fn what_is_not_listed_is_not_found() {
        assert_eq!(find(System::Kubernetes, "pod", "FailedMount"), None);
        assert_eq!(find(System::Kubernetes, "replicaSet", "SuccessfulCreate"), None);
        assert_eq!(find(System::Docker, "container", "Kill"), None);
        assert_eq!(find(System::Docker, "pod", "Killing"), None);
    }
}
