//! `ack`, `unack`, `resolve`, `delete`, `undo`:
//! `{matched, changed, refused:[{id, reason}], change?, dry_run?}`.

use crate::absent::is_false;
use serde::{Deserialize, Serialize};

/// What came of a change, or what would come of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// What came of it.
    #[serde(flatten)]
    pub changed: eventscope::Changed,
    /// Whether nothing was done.
    #[serde(default, skip_serializing_if = "is_false")]
    pub dry_run: bool,
}

#[cfg(test)]
mod tests {
    use super::Changed;
    use crate::testing::round_trip;
    use eventscope::{Draft, EventType, Options, Remark, Store, Targets};

    #[test]
    fn it_is_read_as_it_was_written() {
        let store = Store::in_memory(Options::default()).unwrap();
        store
            .append(vec![Draft::custom("a"), Draft::new(EventType::Docker, "docker", "b")])
            .unwrap();
        let all = Targets::parse("everywhere").unwrap();
        let changed = store.acknowledge(&all, &Remark::default()).unwrap();
        let change = changed.change.unwrap();
        let refused = r#"[{"id":"1","reason":"a custom event cannot be acknowledged"}]"#;
        let fields = format!(r#""matched":2,"changed":1,"refused":{refused},"change":"{change}""#);
        let mut document = Changed { changed, dry_run: false };
        round_trip(&document, &format!("{{{fields}}}"));
        document.dry_run = true;
        document.changed = store.resolve(&all, &Remark::default()).unwrap();
        assert_eq!(document.changed.refused.len(), 2);
        let event = "event cannot be resolved; only alerts can";
        let refused = format!(
            r#"[{{"id":"2","reason":"a docker {event}"}},{{"id":"1","reason":"a custom {event}"}}]"#
        );
        let fields = format!(r#""matched":2,"changed":0,"refused":{refused}"#);
        round_trip(&document, &format!(r#"{{{fields},"dry_run":true}}"#));
    }
}
