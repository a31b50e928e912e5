//! From the lines back to what eventscope appends.

use crate::Result;
use crate::events::Flat;
use eventscope::{
    AlertDetails, Details, Draft, EventType, PolicyDetails, ScanDetails, State, Timestamp, UidTime,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What stands in `rest`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Rest {
    tags: BTreeMap<String, String>,
    end_time: Option<String>,
    details: Option<Table>,
}

#[derive(Default, Deserialize)]
struct Table {
    #[serde(default)]
    metrics: Vec<String>,
    #[serde(flatten)]
    texts: BTreeMap<String, String>,
}

pub(super) fn draft(flat: Flat) -> Result<Draft> {
    let rest: Rest = serde_json::from_str(&flat.rest)?;
    let event_type = EventType::from_name(&flat.event_type).ok_or("no such type")?;
    let mut draft = Draft::new(event_type, flat.source, flat.name)
        .uid(flat.uid, UidTime::Fixed)
        .time(Timestamp::EPOCH.saturating_add(flat.time))
        .severity(flat.severity)
        .description(flat.description);
    draft.count = flat.count;
    draft.labels = flat.labels.into_iter().collect();
    draft.tags = rest.tags.into_iter().collect();
    draft.state = State::from_name(&flat.state).ok_or("no such state")?;
    draft.end_time = rest.end_time.map(|time| time.parse()).transpose()?;
    draft.details = rest.details.and_then(|table| details(event_type, table));
    Ok(draft)
}

fn details(event_type: EventType, mut table: Table) -> Option<Details> {
    let mut text = |key: &str| table.texts.remove(key);
    Some(match event_type {
        EventType::Alert => Details::Alert(AlertDetails {
            trigger: text("trigger"),
            entity: text("entity"),
            alert_name: text("alert_name"),
            alert_type: text("alert_type"),
            condition: text("condition"),
            scope: text("scope"),
            segment: text("segment"),
            metrics: table.metrics,
        }),
        EventType::Policy => Details::Policy(PolicyDetails {
            host: text("host"),
            host_mac: text("host_mac"),
            container_name: text("container_name"),
            container_id: text("container_id"),
            image: text("image"),
            rule: text("rule"),
            summary: text("summary"),
        }),
        EventType::Scan => Details::Scan(ScanDetails {
            registry: text("registry"),
            tag: text("tag"),
            image: text("image"),
            image_id: text("image_id"),
            digest: text("digest"),
        }),
        EventType::Docker | EventType::Containerd | EventType::Kubernetes | EventType::Custom => {
            return None;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::draft;
    use crate::events;
    use eventscope_testkit::generate::Generator;

    #[test]
    fn an_event_survives_its_line() {
        for (nth, event) in Generator::new(5).take(2_000).enumerate() {
            assert_eq!(draft(events::flat(&event, nth as u64).unwrap()).unwrap(), event);
        }
    }
}
