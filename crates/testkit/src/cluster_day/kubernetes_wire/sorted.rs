//! Events with sorted keys, in the old form (core/v1) and the new one (events.k8s.io/v1).

use super::{Source, event_name, event_time, field_path, is_new_style, level, namespace, seconds};
use crate::cluster_day::cluster::ClusterEvent;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List<'a> {
    api_version: &'static str,
    items: Vec<CoreEvent<'a>>,
    kind: &'static str,
    metadata: ListMeta,
}

impl<'a> List<'a> {
    pub(super) fn new(items: Vec<CoreEvent<'a>>) -> Self {
        let metadata = ListMeta { resource_version: "" };
        Self { api_version: "v1", items, kind: "List", metadata }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListMeta {
    resource_version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta<'a> {
    creation_timestamp: String,
    name: String,
    namespace: &'a str,
    resource_version: String,
    uid: &'a str,
}

impl<'a> Meta<'a> {
    fn new(event: &'a ClusterEvent) -> Self {
        Self {
            creation_timestamp: seconds(event.first),
            name: event_name(event),
            namespace: namespace(event),
            resource_version: (event.last - super::super::MIDNIGHT + 4_331_000).to_string(),
            uid: &event.uid,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ObjectReference<'a> {
    api_version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field_path: Option<String>,
    kind: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    uid: &'a str,
}

impl<'a> ObjectReference<'a> {
    fn new(event: &'a ClusterEvent) -> Self {
        Self {
            api_version: event.object.api_version,
            field_path: field_path(event),
            kind: event.object.kind,
            name: &event.object.name,
            namespace: event.object.namespace,
            uid: &event.object_uid,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CoreEvent<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'a str>,
    api_version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u32>,
    event_time: Option<String>,
    first_timestamp: Option<String>,
    involved_object: ObjectReference<'a>,
    kind: &'a str,
    last_timestamp: Option<String>,
    message: &'a str,
    metadata: Meta<'a>,
    reason: &'a str,
    reporting_component: &'a str,
    reporting_instance: &'a str,
    source: Source<'a>,
    #[serde(rename = "type")]
    level: &'a str,
}

impl<'a> CoreEvent<'a> {
    pub(super) fn new(event: &'a ClusterEvent) -> Self {
        let counted = !is_new_style(event);
        Self {
            action: (!counted).then_some("Binding"),
            api_version: "v1",
            count: counted.then_some(event.count),
            event_time: event_time(event),
            first_timestamp: counted.then(|| seconds(event.first)),
            involved_object: ObjectReference::new(event),
            kind: "Event",
            last_timestamp: counted.then(|| seconds(event.last)),
            message: &event.message,
            metadata: Meta::new(event),
            reason: event.reason,
            reporting_component: event.component,
            reporting_instance: event.host.unwrap_or_default(),
            source: Source::new(event),
            level: level(event),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewEvent<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'a str>,
    api_version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    deprecated_count: Option<u32>,
    deprecated_first_timestamp: Option<String>,
    deprecated_last_timestamp: Option<String>,
    deprecated_source: Source<'a>,
    event_time: Option<String>,
    kind: &'a str,
    metadata: Meta<'a>,
    note: &'a str,
    reason: &'a str,
    regarding: ObjectReference<'a>,
    reporting_controller: &'a str,
    reporting_instance: &'a str,
    #[serde(rename = "type")]
    level: &'a str,
}

impl<'a> NewEvent<'a> {
    pub(super) fn new(event: &'a ClusterEvent) -> Self {
        let counted = !is_new_style(event);
        Self {
            action: (!counted).then_some("Binding"),
            api_version: "events.k8s.io/v1",
            deprecated_count: counted.then_some(event.count),
            deprecated_first_timestamp: counted.then(|| seconds(event.first)),
            deprecated_last_timestamp: counted.then(|| seconds(event.last)),
            deprecated_source: Source::new(event),
            event_time: event_time(event),
            kind: "Event",
            metadata: Meta::new(event),
            note: &event.message,
            reason: event.reason,
            regarding: ObjectReference::new(event),
            reporting_controller: event.component,
            reporting_instance: event.host.unwrap_or_default(),
            level: level(event),
        }
    }
}
