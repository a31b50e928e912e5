//! Generated Kubernetes events: two in three about pods, the others about what runs them.

use super::fleet::{Fleet, Pod};
use super::{fill, instant};
use crate::Rng;
use eventscope_model::catalog::{self, System};
use eventscope_model::{Draft, EventType, UidTime};

const SECOND_NANOS: i64 = 1_000_000_000;

/// What happens how often.
struct Template {
    weight: usize,
    kind: Kind,
    reason: &'static str,
    severity: u8,
    component: &'static str,
    text: &'static str,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Pod,
    Node,
    Deployment,
    ReplicaSet,
    Autoscaler,
    Job,
}

impl Kind {
    /// The name in lower camel case, as labels and the catalogue have it.
    fn camel(self) -> &'static str {
        match self {
            Self::Pod => "pod",
            Self::Node => "node",
            Self::Deployment => "deployment",
            Self::ReplicaSet => "replicaSet",
            Self::Autoscaler => "horizontalPodAutoscaler",
            Self::Job => "job",
        }
    }
}

const fn pod(weight: usize, reason: &'static str, severity: u8, text: &'static str) -> Template {
    Template { weight, kind: Kind::Pod, reason, severity, component: "kubelet", text }
}

const fn node(weight: usize, reason: &'static str, severity: u8, text: &'static str) -> Template {
    Template { weight, kind: Kind::Node, reason, severity, component: "kubelet", text }
}

const fn control(
    weight: usize,
    kind: Kind,
    reason: &'static str,
    component: &'static str,
    text: &'static str,
) -> Template {
    Template { weight, kind, reason, severity: 6, component, text }
}

const TEMPLATES: [Template; 27] = [
    control(
        90,
        Kind::Pod,
        "Scheduled",
        "default-scheduler",
        "Successfully assigned {namespace}/{pod} to {node}",
    ),
    pod(60, "Pulling", 6, "Pulling image \"{image}\""),
    pod(
        85,
        "Pulled",
        6,
        "Successfully pulled image \"{image}\" in {seconds} ({seconds} including waiting)",
    ),
    pod(30, "Pulled", 6, "Container image \"{image}\" already present on machine"),
    pod(110, "Created", 6, "Created container {deployment}"),
    pod(110, "Started", 6, "Started container {deployment}"),
    pod(80, "Killing", 6, "Stopping container {deployment}"),
    pod(
        70,
        "Unhealthy",
        4,
        "Readiness probe failed: Get \"http://{ip}:8080/healthz\": context deadline exceeded",
    ),
    pod(25, "Unhealthy", 4, "Liveness probe failed: HTTP probe failed with statuscode: {status}"),
    pod(60, "BackOff", 4, "Back-off restarting failed container {deployment} in pod {pod}"),
    pod(20, "BackOff", 4, "Back-off pulling image \"{image}\""),
    pod(15, "Failed", 4, "Error: ImagePullBackOff"),
    pod(6, "Failed", 3, "Error: failed to create containerd task: OCI runtime create failed"),
    pod(8, "Evicted", 4, "The node was low on resource: memory. Available: {mib}Mi, needed: 512Mi"),
    pod(10, "FailedMount", 4, "MountVolume.SetUp failed for volume \"config\": timed out"),
    Template {
        weight: 22,
        kind: Kind::Pod,
        reason: "FailedScheduling",
        severity: 4,
        component: "default-scheduler",
        text: "0/24 nodes are available: {number} Insufficient memory, {number} Insufficient cpu.",
    },
    node(6, "NodeReady", 6, "Node {node} status is now: NodeReady"),
    node(5, "NodeNotReady", 6, "Node {node} status is now: NodeNotReady"),
    node(6, "NodeHasSufficientMemory", 6, "Node {node} status is now: NodeHasSufficientMemory"),
    node(4, "Rebooted", 4, "Node {node} has been rebooted, boot id: {uuid}"),
    node(7, "SystemOOM", 4, "System OOM encountered, victim process: java, pid: {pid}"),
    node(5, "FreeDiskSpaceFailed", 4, "Failed to garbage collect: wanted to free {mib} MiB"),
    control(
        30,
        Kind::Deployment,
        "ScalingReplicaSet",
        "deployment-controller",
        "Scaled up replica set {rs} to {number}",
    ),
    control(
        60,
        Kind::ReplicaSet,
        "SuccessfulCreate",
        "replicaset-controller",
        "Created pod: {pod}",
    ),
    control(
        40,
        Kind::ReplicaSet,
        "SuccessfulDelete",
        "replicaset-controller",
        "Deleted pod: {pod}",
    ),
    control(
        25,
        Kind::Autoscaler,
        "SuccessfulRescale",
        "horizontal-pod-autoscaler",
        "New size: {number}; reason: cpu resource utilization above target",
    ),
    control(20, Kind::Job, "Completed", "job-controller", "Job completed"),
];

pub(super) fn event(rng: &mut Rng, fleet: &mut Fleet, nanos: i64) -> Draft {
    let template = rng.pick_by(&TEMPLATES, |template| template.weight);
    let (node_cluster, node) = fleet.node(rng);
    let pod = fleet.pod(rng, nanos);
    let text = fill(template.text, |part| match part {
        "node" if template.kind == Kind::Node => node.clone(),
        _ => variable(rng, pod, part),
    });
    // The kubelet writes whole seconds, the scheduler microseconds.
    let unit = if template.component == "default-scheduler" { 1_000 } else { SECOND_NANOS };
    let nanos = nanos / unit * unit;
    let count = if template.severity == 4 && rng.percent(40) { rng.between(2, 60) } else { 1 };
    let kind = template.kind.camel();
    let name = catalog::find(System::Kubernetes, kind, template.reason)
        .map_or(template.reason, |entry| entry.name);
    let mut draft = Draft::new(EventType::Kubernetes, "kubernetes", name)
        .uid(format!("k8s:{}:{count}@{nanos}", rng.uuid()), UidTime::Fixed)
        .time(instant(nanos))
        .severity(template.severity)
        .description(text)
        .label("kubernetes.event.reason", template.reason);
    draft.count = count as u64;
    if template.kind == Kind::Node {
        return draft
            .label("kubernetes.cluster.name", node_cluster)
            .label("kubernetes.event.component", template.component)
            .label("kubernetes.node.name", node);
    }
    let draft = draft
        .label("kubernetes.cluster.name", pod.cluster)
        .label("kubernetes.namespace.name", pod.namespace)
        .label("kubernetes.deployment.name", pod.deployment);
    match template.kind {
        Kind::Pod if template.component == "kubelet" => {
            draft.label("kubernetes.pod.name", &*pod.name).label("kubernetes.node.name", &*pod.node)
        }
        Kind::Pod => draft.label("kubernetes.pod.name", &*pod.name),
        Kind::ReplicaSet => draft.label("kubernetes.replicaSet.name", &*pod.replica_set),
        _ => draft.label(format!("kubernetes.{kind}.name"), pod.deployment),
    }
}

/// The variable part of a description.
fn variable(rng: &mut Rng, pod: &Pod, part: &str) -> String {
    match part {
        "namespace" => pod.namespace.to_owned(),
        "deployment" => pod.deployment.to_owned(),
        "pod" => pod.name.clone(),
        "rs" => pod.replica_set.clone(),
        "node" => pod.node.clone(),
        "image" => pod.image.clone(),
        "ip" => format!("10.244.{}.{}", rng.below(64), 2 + rng.below(250)),
        "seconds" => format!("{}.{:03}s", rng.below(40), rng.below(1_000)),
        "status" => (*rng.pick(&["500", "502", "503"])).to_owned(),
        "mib" => rng.between(40, 900).to_string(),
        "pid" => rng.between(900, 4_000_000).to_string(),
        "uuid" => rng.uuid(),
        _ => rng.between(1, 20).to_string(),
    }
}
