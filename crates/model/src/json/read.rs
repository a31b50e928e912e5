//! Objects to events and drafts.

use crate::{
    Acknowledgement, AlertDetails, Details, Draft, Event, EventId, EventType, Labels, Level,
    PolicyDetails, ScanDetails, Severity, State, Timestamp, Uid, UidTime,
};
use serde::de::{Deserialize, Deserializer, Error};

/// The fields of both, none of which has to be there.
#[derive(serde::Deserialize)]
struct Fields {
    id: Option<EventId>,
    uid: Option<String>,
    time: Option<Timestamp>,
    received: Option<Timestamp>,
    #[serde(rename = "type")]
    event_type: Option<EventType>,
    severity: Option<Level>,
    source: Option<String>,
    name: Option<String>,
    description: Option<String>,
    scope: Option<String>,
    labels: Option<Labels>,
    tags: Option<Labels>,
    state: Option<State>,
    end_time: Option<Timestamp>,
    count: Option<u64>,
    acknowledged: Option<Acknowledgement>,
    details: Option<AnyDetails>,
    on_conflict: Option<String>,
    revision: Option<u64>,
}

/// The details of all types at once: which of them count is known when the type is.
#[derive(serde::Deserialize)]
struct AnyDetails {
    trigger: Option<String>,
    entity: Option<String>,
    alert_name: Option<String>,
    alert_type: Option<String>,
    metrics: Option<Vec<String>>,
    condition: Option<String>,
    scope: Option<String>,
    segment: Option<String>,
    host: Option<String>,
    host_mac: Option<String>,
    container_name: Option<String>,
    container_id: Option<String>,
    image: Option<String>,
    rule: Option<String>,
    summary: Option<String>,
    registry: Option<String>,
    tag: Option<String>,
    image_id: Option<String>,
    digest: Option<String>,
}

impl<'de> Deserialize<'de> for Acknowledgement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Mark {
            at: Timestamp,
            by: Option<String>,
            note: Option<String>,
        }
        let Mark { at, by, note } = Mark::deserialize(deserializer)?;
        Ok(Self { at, by, note })
    }
}

/// Its uid is taken to leave the time free.
impl<'de> Deserialize<'de> for Draft {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Fields::deserialize(deserializer)?.draft()
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Fields::deserialize(deserializer)?;
        let id = fields.id.ok_or_else(|| D::Error::missing_field("id"))?;
        let received = fields.received.ok_or_else(|| D::Error::missing_field("received"))?;
        let draft: Draft = fields.draft()?;
        let severity = Severity::try_from(draft.severity).map_err(D::Error::custom)?;
        Ok(Self {
            id,
            uid: draft.uid.ok_or_else(|| D::Error::missing_field("uid"))?.text,
            time: draft.time.ok_or_else(|| D::Error::missing_field("time"))?,
            received,
            event_type: draft.event_type,
            severity,
            source: draft.source,
            name: draft.name,
            description: draft.description,
            labels: draft.labels,
            tags: draft.tags,
            state: draft.state,
            end_time: draft.end_time,
            count: draft.count,
            acknowledgement: draft.acknowledgement,
            details: draft.details,
        })
    }
}

impl Fields {
    fn draft<E: Error>(self) -> Result<Draft, E> {
        let event_type = self.event_type.ok_or_else(|| E::missing_field("type"))?;
        let name = self.name.ok_or_else(|| E::missing_field("name"))?;
        let source = self.source.unwrap_or_else(|| event_type.name().to_owned());
        let labels = match (self.labels, self.scope) {
            (Some(labels), _) => labels,
            (None, Some(scope)) => Labels::from_scope(&scope)
                .ok_or_else(|| E::custom("scope is not KEY = 'VALUE' and .."))?,
            (None, None) => Labels::new(),
        };
        let mut draft = Draft::new(event_type, source, name);
        draft.uid = self.uid.map(|text| Uid { text, time: UidTime::Free });
        draft.time = self.time;
        draft.severity = self.severity.map_or(draft.severity, |level| level.0);
        draft.description = self.description.unwrap_or_default();
        draft.labels = labels;
        draft.tags = self.tags.unwrap_or_default();
        draft.state = self.state.unwrap_or_default();
        draft.end_time = self.end_time;
        draft.count = self.count.unwrap_or(1);
        draft.acknowledgement = self.acknowledged;
        draft.details = self.details.and_then(|details| details.of(event_type));
        if let Some(name) = &self.on_conflict {
            draft.on_conflict = name.parse().map_err(E::custom)?;
        }
        draft.revision = self.revision.unwrap_or_default();
        Ok(draft)
    }
}

impl AnyDetails {
    fn of(self, event_type: EventType) -> Option<Details> {
        Some(match event_type {
            EventType::Alert => Details::Alert(AlertDetails {
                trigger: self.trigger,
                entity: self.entity,
                alert_name: self.alert_name,
                alert_type: self.alert_type,
                metrics: self.metrics.unwrap_or_default(),
                condition: self.condition,
                scope: self.scope,
                segment: self.segment,
            }),
            EventType::Policy => Details::Policy(PolicyDetails {
                host: self.host,
                host_mac: self.host_mac,
                container_name: self.container_name,
                container_id: self.container_id,
                image: self.image,
                rule: self.rule,
                summary: self.summary,
            }),
            EventType::Scan => Details::Scan(ScanDetails {
                registry: self.registry,
                tag: self.tag,
                image: self.image,
                image_id: self.image_id,
                digest: self.digest,
            }),
            EventType::Docker
            | EventType::Containerd
            | EventType::Kubernetes
            | EventType::Custom => return None,
        })
    }
}
