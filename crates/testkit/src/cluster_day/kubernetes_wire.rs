//! Kubernetes events as kubectl writes them: a List, lines of a watch, a cluster dump.
//!
//! kubectl prints what it got from the server with sorted keys; the cluster dump prints its own
//! structures, with keys in the order of their declaration. Both are kept here.

use super::cluster::{ClusterEvent, Level, NODES};
use eventscope_model::Timestamp;
use flate2::{Compression, write::GzEncoder};
use serde::Serialize;
use std::io::{self, Write};

mod sorted;

/// `kubectl get events -A -o json`.
pub(super) fn list(events: &[ClusterEvent]) -> io::Result<Vec<u8>> {
    let items = events.iter().map(sorted::CoreEvent::new).collect();
    let mut out = pretty(&sorted::List::new(items))?;
    out.push(b'\n');
    Ok(out)
}

/// `kubectl get events.v1.events.k8s.io -A --watch -o json | jq -c .`.
pub(super) fn watch(events: &[ClusterEvent]) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    for event in events {
        serde_json::to_writer(&mut out, &sorted::NewEvent::new(event))?;
        out.push(b'\n');
    }
    Ok(out)
}

/// The same bytes, gzipped, without the time of compression.
pub(super) fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// `kubectl cluster-info dump --all-namespaces`: the lists of each namespace one after another,
/// then the logs of its containers as they are.
pub(super) fn cluster_info_dump(events: &[ClusterEvent]) -> io::Result<Vec<u8>> {
    let mut out = pretty(&nodes())?;
    out.push(b'\n');
    let mut namespaces: Vec<_> = events.iter().map(|event| namespace(event)).collect();
    namespaces.sort_unstable();
    namespaces.dedup();
    for name in namespaces {
        let items = events.iter().filter(|event| namespace(event) == name);
        let items = items.map(DumpEvent::new).collect();
        let metadata = ListMeta { resource_version: "4418207" };
        let events = DumpList { kind: "EventList", api_version: "v1", metadata, items };
        out.append(&mut pretty(&events)?);
        out.push(b'\n');
        for kind in ["ReplicationControllerList", "ServiceList", "PodList"] {
            let metadata = ListMeta { resource_version: "4418207" };
            let items: Vec<DumpEvent<'_>> = Vec::new();
            out.append(&mut pretty(&DumpList { kind, api_version: "v1", metadata, items })?);
            out.push(b'\n');
        }
        out.extend_from_slice(logs(name).as_bytes());
    }
    Ok(out)
}

/// The logs of one container, for the namespaces whose logs tell something.
fn logs(namespace: &str) -> String {
    let (pod, container, lines) = match namespace {
        "kube-system" => (
            "coredns-7db6d8ff4d-4xkzp",
            "coredns",
            ".:53\n[INFO] plugin/reload: Running configuration SHA512 = 591cf328\n\
             [ERROR] plugin/errors: 2 registry.shop.example. A: read udp 10.244.1.5:41983->\
             10.0.0.2:53: i/o timeout\n",
        ),
        "batch" => (
            "invoice-export-29917440-hx7wd",
            "invoice-export",
            "{\"level\":\"info\",\"msg\":\"export started\",\"rows\":18241}\n\
             {\"level\":\"info\",\"msg\":\"export finished\",\"seconds\":71}\n",
        ),
        "shop" => (
            "web-7c9f6d5b8-q2v4n",
            "web",
            "I1119 18:02:11.402111       1 main.go:88] listening on :8080\n\
             W1119 19:40:35.118420       1 upstream.go:41] slow answer from cart: 1.92s\n",
        ),
        _ => return String::new(),
    };
    let title = format!("logs for container {container} of pod {namespace}/{pod}");
    format!("==== START {title} ====\n{lines}==== END {title} ====\n")
}

/// JSON with four blanks of indentation, as kubectl writes it.
fn pretty(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, formatter))?;
    Ok(out)
}

/// The namespace that an event is kept in: events of nodes are kept in `default`.
fn namespace(event: &ClusterEvent) -> &'static str {
    event.object.namespace.unwrap_or("default")
}

fn event_name(event: &ClusterEvent) -> String {
    format!("{}.{}", event.object.name, event.ending)
}

fn field_path(event: &ClusterEvent) -> Option<String> {
    event.container.map(|container| format!("spec.containers{{{container}}}"))
}

fn level(event: &ClusterEvent) -> &'static str {
    match event.level {
        Level::Normal => "Normal",
        Level::Warning => "Warning",
    }
}

fn seconds(seconds: i64) -> String {
    Timestamp::EPOCH.saturating_add(seconds * 1_000_000_000).to_string()
}

/// The scheduler writes the new kind of event: a time with microseconds and no counts. Its
/// repeated events have none of this and are of the old kind.
fn is_new_style(event: &ClusterEvent) -> bool {
    event.component == "default-scheduler" && event.count == 1
}

fn event_time(event: &ClusterEvent) -> Option<String> {
    let whole = seconds(event.last);
    let whole = whole.trim_end_matches('Z');
    is_new_style(event).then(|| format!("{whole}.{:06}Z", event.micros))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DumpList<T> {
    kind: &'static str,
    api_version: &'static str,
    metadata: ListMeta,
    items: Vec<T>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListMeta {
    resource_version: &'static str,
}

#[derive(Serialize)]
struct Node {
    metadata: NodeMeta,
    spec: NodeSpec,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeMeta {
    name: &'static str,
    resource_version: &'static str,
    creation_timestamp: &'static str,
}

#[derive(Serialize)]
struct NodeSpec {
    unschedulable: bool,
}

fn nodes() -> DumpList<Node> {
    let items = NODES.map(|name| Node {
        metadata: NodeMeta {
            name,
            resource_version: "4418180",
            creation_timestamp: "2026-03-02T08:11:45Z",
        },
        spec: NodeSpec { unschedulable: false },
    });
    let metadata = ListMeta { resource_version: "4418207" };
    DumpList { kind: "NodeList", api_version: "v1", metadata, items: items.into() }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DumpEvent<'a> {
    metadata: DumpMeta<'a>,
    involved_object: DumpObject<'a>,
    reason: &'a str,
    message: &'a str,
    source: Source<'a>,
    first_timestamp: Option<String>,
    last_timestamp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u32>,
    #[serde(rename = "type")]
    level: &'a str,
    event_time: Option<String>,
    reporting_component: &'a str,
    reporting_instance: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DumpMeta<'a> {
    name: String,
    namespace: &'a str,
    uid: &'a str,
    creation_timestamp: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DumpObject<'a> {
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    name: &'a str,
    uid: &'a str,
    api_version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field_path: Option<String>,
}

/// Who reported an event; empty for events of the new kind.
#[derive(Serialize)]
struct Source<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
}

impl<'a> Source<'a> {
    fn new(event: &'a ClusterEvent) -> Self {
        Self { component: (!is_new_style(event)).then_some(event.component), host: event.host }
    }
}

impl<'a> DumpEvent<'a> {
    fn new(event: &'a ClusterEvent) -> Self {
        let counted = !is_new_style(event);
        Self {
            metadata: DumpMeta {
                name: event_name(event),
                namespace: namespace(event),
                uid: &event.uid,
                creation_timestamp: seconds(event.first),
            },
            involved_object: DumpObject {
                kind: event.object.kind,
                namespace: event.object.namespace,
                name: &event.object.name,
                uid: &event.object_uid,
                api_version: event.object.api_version,
                field_path: field_path(event),
            },
            reason: event.reason,
            message: &event.message,
            source: Source::new(event),
            first_timestamp: counted.then(|| seconds(event.first)),
            last_timestamp: counted.then(|| seconds(event.last)),
            count: counted.then_some(event.count),
            level: level(event),
            event_time: event_time(event),
            reporting_component: event.component,
            reporting_instance: event.host.unwrap_or_default(),
        }
    }
}
