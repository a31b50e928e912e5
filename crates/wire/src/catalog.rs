//! `catalog`: the Docker and Kubernetes events that are known by name,
//! `{events:[{system, kind, event, name, severity, severity_name, default, collected?}]}`.

use eventscope::catalog::{Default as Collected, Entry};
use serde::{Deserialize, Serialize};

/// The events that are known by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    /// One after the other, as the catalogue lists them.
    pub events: Vec<KnownEvent>,
}

/// An event that is known by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownEvent {
    /// The system that reports it.
    pub system: String,
    /// The kind of object it happens to.
    pub kind: String,
    /// What the system calls it.
    pub event: String,
    /// What people read.
    pub name: String,
    /// How bad it is, from 0 to 7.
    pub severity: u8,
    /// The same in a word.
    pub severity_name: String,
    /// Whether it is collected unless somebody decides otherwise.
    pub default: bool,
    /// Whether the configuration that was named collects it; none when none was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collected: Option<bool>,
}

impl From<&Entry> for KnownEvent {
    /// Without a configuration.
    fn from(entry: &Entry) -> Self {
        Self {
            system: entry.system.name().to_owned(),
            kind: entry.kind.to_owned(),
            event: entry.event.to_owned(),
            name: entry.name.to_owned(),
            severity: entry.severity.level(),
            severity_name: entry.severity.name().to_owned(),
            default: entry.default == Collected::On,
            collected: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Catalog, KnownEvent};
    use crate::testing::round_trip;
    use eventscope::catalog::ENTRIES;

    #[test]
    fn it_is_read_as_it_was_written() {
        let text = |text: &str| text.to_owned();
        let mut event = KnownEvent {
            system: text("docker"),
            kind: text("container"),
            event: text("kill"),
            name: text("Container Killed"),
            severity: 4,
            severity_name: text("warning"),
            default: false,
            collected: None,
        };
        let fields = r#""system":"docker","kind":"container","event":"kill","#.to_owned()
            + r#""name":"Container Killed","severity":4,"severity_name":"warning","default":false"#;
        round_trip(&event, &format!("{{{fields}}}"));
        event.collected = Some(true);
        let expected = format!(r#"{{"events":[{{{fields},"collected":true}}]}}"#);
        round_trip(&Catalog { events: vec![event] }, &expected);
        let all = Catalog { events: ENTRIES.iter().map(KnownEvent::from).collect() };
        round_trip(&all, &serde_json::to_string(&all).unwrap());
    }
}
