//! What can happen in the cluster, and the record of it: Kubernetes events of all nodes, and the
//! events of the Docker engine on one of them.

use crate::Rng;
use std::collections::BTreeMap;

pub(super) const NODES: [&str; 3] = ["shop-worker-1", "shop-worker-2", "shop-worker-3"];
/// The node whose Docker engine is recorded too.
pub(super) const RECORDED_NODE: &str = "shop-worker-2";

/// The object that an event is about.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) kind: &'static str,
    pub(super) api_version: &'static str,
    /// `None` for what belongs to no namespace.
    pub(super) namespace: Option<&'static str>,
    pub(super) name: String,
}

/// How loud a Kubernetes event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Normal,
    Warning,
}

/// A Kubernetes event, free of any wire form.
#[derive(Clone, Debug)]
pub(super) struct ClusterEvent {
    pub(super) uid: String,
    /// The hexadecimal ending of the event's own name.
    pub(super) ending: String,
    pub(super) object: Object,
    pub(super) object_uid: String,
    /// The container within the pod, if the event is about one.
    pub(super) container: Option<&'static str>,
    pub(super) reason: &'static str,
    pub(super) message: String,
    pub(super) level: Level,
    pub(super) component: &'static str,
    pub(super) host: Option<&'static str>,
    /// Seconds since 1970 of the first and the last observation.
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) count: u32,
    pub(super) micros: i64,
}

impl ClusterEvent {
    pub(super) fn warning(&mut self) -> &mut Self {
        self.level = Level::Warning;
        self
    }

    /// Makes it the latest of so many observations, the first of which was at `first`.
    pub(super) fn repeated(&mut self, count: u32, first: i64) -> &mut Self {
        (self.count, self.first) = (count, first);
        self
    }
}

/// An event of a Docker engine, free of any wire form.
#[derive(Clone, Debug)]
pub(super) struct EngineEvent {
    pub(super) nanos: i64,
    /// `container`, `image`, `network`, `volume`.
    pub(super) kind: &'static str,
    pub(super) action: String,
    pub(super) id: String,
    pub(super) attributes: BTreeMap<String, String>,
}

impl EngineEvent {
    /// An event whose time is still to be set.
    pub(super) fn new(kind: &'static str, action: &str, id: &str, pairs: &[(&str, &str)]) -> Self {
        let attributes = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let attributes = attributes.collect();
        Self { nanos: 0, kind, action: action.to_owned(), id: id.to_owned(), attributes }
    }
}

/// A pod with its one container.
#[derive(Clone, Debug)]
pub(super) struct Pod {
    pub(super) app: App,
    pub(super) owner: Object,
    pub(super) name: String,
    pub(super) uid: String,
    pub(super) node: &'static str,
    pub(super) container_id: String,
    pub(super) attempt: u32,
}

/// Something that runs as pods.
#[derive(Clone, Copy, Debug)]
pub(super) struct App {
    pub(super) namespace: &'static str,
    pub(super) name: &'static str,
    pub(super) version: &'static str,
}

impl App {
    pub(super) const fn new(
        namespace: &'static str,
        name: &'static str,
        version: &'static str,
    ) -> Self {
        Self { namespace, name, version }
    }

    pub(super) fn image(&self) -> String {
        format!("registry.shop.example/{}:{}", self.name, self.version)
    }

    pub(super) fn deployment(&self) -> Object {
        self.object("Deployment", "apps/v1", self.name.to_owned())
    }

    pub(super) fn object(&self, kind: &'static str, api: &'static str, name: String) -> Object {
        Object { kind, api_version: api, namespace: Some(self.namespace), name }
    }

    /// The replica set of this version: its ending follows from the version.
    pub(super) fn replica_set(&self) -> Object {
        let seed = self.version.bytes().chain(self.name.bytes());
        let seed = seed.fold(0, |seed: u64, byte| seed * 31 % 1_000_003 + u64::from(byte));
        let ending = Rng::new(seed).suffix(9);
        self.object("ReplicaSet", "apps/v1", format!("{}-{ending}", self.name))
    }
}

/// The cluster and all that was recorded of it.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) rng: Rng,
    pub(super) events: Vec<ClusterEvent>,
    pub(super) engine: Vec<EngineEvent>,
    uids: BTreeMap<String, String>,
}

impl Cluster {
    pub(super) fn new(seed: u64) -> Self {
        Self { rng: Rng::new(seed), events: Vec::new(), engine: Vec::new(), uids: BTreeMap::new() }
    }

    /// Records what a component of the cluster says about an object.
    pub(super) fn record(
        &mut self,
        at: i64,
        object: &Object,
        reason: &'static str,
        message: impl Into<String>,
    ) -> &mut ClusterEvent {
        let key = format!("{} {}", object.kind, object.name);
        let object_uid = self.uids.entry(key).or_insert_with(|| self.rng.uuid()).clone();
        let event = ClusterEvent {
            uid: self.rng.uuid(),
            ending: format!("18{}", self.rng.hex(14)),
            object: object.clone(),
            object_uid,
            container: None,
            reason,
            message: message.into(),
            level: Level::Normal,
            component: component(object.kind, reason),
            host: None,
            first: at,
            last: at,
            count: 1,
            micros: self.rng.between(0, 999_999),
        };
        self.events.push(event);
        let last = self.events.len() - 1;
        &mut self.events[last]
    }

    /// Records what the kubelet says about a pod as a whole.
    pub(super) fn pod(
        &mut self,
        at: i64,
        pod: &Pod,
        reason: &'static str,
        message: impl Into<String>,
    ) -> &mut ClusterEvent {
        let event = self.record(at, &pod.object(), reason, message);
        event.object_uid.clone_from(&pod.uid);
        event.host = Some(pod.node);
        event
    }

    /// Records what the kubelet says about the container of a pod.
    pub(super) fn container(
        &mut self,
        at: i64,
        pod: &Pod,
        reason: &'static str,
        message: impl Into<String>,
    ) -> &mut ClusterEvent {
        let event = self.pod(at, pod, reason, message);
        event.container = Some(pod.app.name);
        event
    }

    /// Records what the kubelet says about its node.
    pub(super) fn node(
        &mut self,
        at: i64,
        node: &'static str,
        reason: &'static str,
        message: impl Into<String>,
    ) -> &mut ClusterEvent {
        let event = self.record(at, &node_object(node), reason, message);
        event.host = Some(node);
        event
    }

    /// Records the latest event again, as a watch does when its count goes up.
    pub(super) fn observed_again(&mut self, at: i64) {
        if let Some(event) = self.events.last() {
            let again = ClusterEvent { last: at, count: event.count + 1, ..event.clone() };
            self.events.push(again);
        }
    }

    /// A pod that is there already; nothing is recorded.
    pub(super) fn existing_pod(&mut self, app: App, node: &'static str) -> Pod {
        self.named_pod(app, app.replica_set(), node)
    }

    pub(super) fn named_pod(&mut self, app: App, owner: Object, node: &'static str) -> Pod {
        Pod {
            app,
            name: format!("{}-{}", owner.name, self.rng.suffix(5)),
            owner,
            uid: self.rng.uuid(),
            node,
            container_id: self.rng.hex(64),
            attempt: 0,
        }
    }

    /// The owner makes the pod and the scheduler finds it a node.
    pub(super) fn schedule(&mut self, at: i64, pod: &Pod) {
        let created = format!("Created pod: {}", pod.name);
        self.record(at, &pod.owner, "SuccessfulCreate", created);
        let assigned =
            format!("Successfully assigned {}/{} to {}", pod.app.namespace, pod.name, pod.node);
        let event = self.record(at, &pod.object(), "Scheduled", assigned);
        event.object_uid.clone_from(&pod.uid);
    }

    /// The image is pulled, unless the node has it; returns when it is there.
    pub(super) fn pull(&mut self, at: i64, pod: &Pod, image: Image) -> i64 {
        let name = pod.app.image();
        if image == Image::Present {
            let present = format!("Container image \"{name}\" already present on machine");
            self.container(at, pod, "Pulled", present);
            return at;
        }
        self.container(at, pod, "Pulling", format!("Pulling image \"{name}\""));
        let millis = self.rng.between(1_800, 14_500);
        let bytes = self.rng.between(38_000_000, 240_000_000);
        let took = format!("{}.{:03}s", millis / 1_000, millis % 1_000);
        let message = format!(
            "Successfully pulled image \"{name}\" in {took} ({took} including waiting). \
             Image size: {bytes} bytes."
        );
        let at = at + millis / 1_000;
        self.container(at, pod, "Pulled", message);
        if pod.node == RECORDED_NODE {
            let event = EngineEvent::new("image", "pull", &name, &[("name", &name)]);
            self.engine_event(at, event);
        }
        at
    }

    /// The container is made and started.
    pub(super) fn start(&mut self, at: i64, pod: &Pod) {
        self.container(at, pod, "Created", format!("Created container: {}", pod.app.name));
        self.container(at, pod, "Started", format!("Started container {}", pod.app.name));
        self.engine(at, pod, "create", &[]);
        self.engine(at, pod, "start", &[]);
    }

    /// A new pod, from the decision to the running container.
    pub(super) fn run(&mut self, at: i64, app: App, node: &'static str, image: Image) -> Pod {
        let pod = self.existing_pod(app, node);
        self.schedule(at, &pod);
        let at = self.pull(at + 1, &pod, image);
        self.start(at, &pod);
        pod
    }

    /// The container is asked to stop, and stops.
    pub(super) fn kill(&mut self, at: i64, pod: &Pod) {
        self.container(at, pod, "Killing", format!("Stopping container {}", pod.app.name));
        self.engine(at, pod, "kill", &[("signal", "15")]);
        self.engine(at + 1, pod, "die", &[("exitCode", "143"), ("execDuration", "5210")]);
        self.engine(at + 1, pod, "stop", &[]);
        self.engine(at + 2, pod, "destroy", &[]);
    }

    /// The owner gives a pod up.
    pub(super) fn remove(&mut self, at: i64, pod: &Pod) {
        let deleted = format!("Deleted pod: {}", pod.name);
        self.record(at, &pod.owner, "SuccessfulDelete", deleted);
        self.kill(at, pod);
    }

    /// Records what Docker does to the container of a pod, if this is the recorded node.
    pub(super) fn engine(&mut self, at: i64, pod: &Pod, action: &str, more: &[(&str, &str)]) {
        if pod.node != RECORDED_NODE {
            return;
        }
        let (namespace, container) = (pod.app.namespace, pod.app.name);
        let name = format!("k8s_{container}_{}_{namespace}_{}_{}", pod.name, pod.uid, pod.attempt);
        let attempt = pod.attempt.to_string();
        let image = pod.app.image();
        let mut pairs = vec![
            ("annotation.io.kubernetes.container.restartCount", attempt.as_str()),
            ("image", &image),
            ("io.kubernetes.container.name", container),
            ("io.kubernetes.pod.name", &pod.name),
            ("io.kubernetes.pod.namespace", namespace),
            ("name", &name),
        ];
        pairs.extend(more);
        self.engine_event(at, EngineEvent::new("container", action, &pod.container_id, &pairs));
    }

    fn engine_event(&mut self, at: i64, event: EngineEvent) {
        let last = self.engine.last().map_or(0, |event| event.nanos);
        let second = at * 1_000_000_000;
        // What happens in one second happens in order.
        let from = if last / 1_000_000_000 == at { last } else { second };
        let nanos = from + self.rng.between(1_000_000, 60_000_000);
        self.engine.push(EngineEvent { nanos, ..event });
    }
}

/// Who reports such an event.
fn component(kind: &str, reason: &str) -> &'static str {
    match (kind, reason) {
        (_, "Scheduled" | "FailedScheduling") => "default-scheduler",
        (_, "TaintManagerEviction") => "taint-eviction-controller",
        (_, "NodeNotReady" | "RegisteredNode") => "node-controller",
        (_, "OOMKilling") => "kernel-monitor",
        ("CronJob", _) => "cronjob-controller",
        ("Job", _) => "job-controller",
        ("ReplicaSet", _) => "replicaset-controller",
        ("Deployment", _) => "deployment-controller",
        ("HorizontalPodAutoscaler", _) => "horizontal-pod-autoscaler",
        _ => "kubelet",
    }
}

/// Whether a node has an image already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Image {
    Present,
    Absent,
}

impl Pod {
    pub(super) fn object(&self) -> Object {
        self.app.object("Pod", "v1", self.name.clone())
    }

    /// The same pod with a new container in it.
    pub(super) fn restarted(&self, rng: &mut Rng) -> Self {
        Self { container_id: rng.hex(64), attempt: self.attempt + 1, ..self.clone() }
    }
}

/// A node as the object of an event.
pub(super) fn node_object(node: &str) -> Object {
    Object { kind: "Node", api_version: "v1", namespace: None, name: node.to_owned() }
}
