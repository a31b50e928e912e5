//! The incident: a release that leaks memory, a node that suffers, a repair that cannot be pulled,
//! and the way back.

use super::clock;
use super::cluster::{App, Cluster, Image, NODES, Object, Pod, RECORDED_NODE, node_object};

const GOOD: App = App::new("payments", "checkout", "1.7.4");
const LEAKING: App = App::new("payments", "checkout", "1.8.0");
const MISSING: App = App::new("payments", "checkout", "1.8.1");
const REPAIRED: App = App::new("payments", "checkout", "1.8.1-r2");

pub(super) fn play(cluster: &mut Cluster) {
    let good: Vec<Pod> = NODES.iter().map(|node| cluster.existing_pod(GOOD, node)).collect();
    let leaking = roll_out(cluster, clock(9, 12, 3), LEAKING, &good);
    let leaking = out_of_memory(cluster, leaking);
    node_pressure(cluster);
    let stuck = wrong_tag(cluster);
    let good = undo(cluster, &leaking, &stuck);
    roll_out(cluster, clock(15, 10, 44), REPAIRED, &good);
}

/// Replaces pods by those of another version, one by one.
fn roll_out(cluster: &mut Cluster, at: i64, app: App, old: &[Pod]) -> Vec<Pod> {
    let mut new = Vec::new();
    for (number, pod) in (0..).zip(old) {
        let at = at + 35 * number;
        scale(cluster, at, &app.replica_set(), (number, number + 1));
        let replacement = cluster.run(at + 1, app, pod.node, Image::Absent);
        not_ready_yet(cluster, at + 16, &replacement);
        scale(cluster, at + 30, &pod.app.replica_set(), (3 - number, 2 - number));
        cluster.remove(at + 30, pod);
        new.push(replacement);
    }
    new
}

fn scale(cluster: &mut Cluster, at: i64, set: &Object, (before, after): (i64, i64)) {
    let direction = if after > before { "up" } else { "down" };
    let message = format!("Scaled {direction} replica set {} from {before} to {after}", set.name);
    cluster.record(at, &GOOD.deployment(), "ScalingReplicaSet", message);
}

fn not_ready_yet(cluster: &mut Cluster, at: i64, pod: &Pod) {
    let address = format!("10.244.{}.{}", cluster.rng.below(3), 2 + cluster.rng.below(250));
    let message = format!(
        "Readiness probe failed: Get \"http://{address}:8080/healthz\": dial tcp {address}:8080: \
         connect: connection refused"
    );
    cluster.container(at, pod, "Unhealthy", message).warning().repeated(3, at - 10);
}

/// 10:05 to 11:40: each pod grows to its limit, is killed, and starts anew, at shorter and
/// shorter intervals.
fn out_of_memory(cluster: &mut Cluster, pods: Vec<Pod>) -> Vec<Pod> {
    let mut after = Vec::new();
    for (number, mut pod) in (0..).zip(pods) {
        let mut at = clock(10, 5 + 4 * number, 20);
        while at < clock(11, 40, 0) {
            killed_for_memory(cluster, at, &pod);
            pod = pod.restarted(&mut cluster.rng);
            let restart = at + 2 + 10 * i64::from(pod.attempt.min(6));
            back_off(cluster, at + 3, restart, &pod);
            cluster.pull(restart, &pod, Image::Present);
            cluster.start(restart + 1, &pod);
            at =
                restart + (900 - 70 * i64::from(pod.attempt)).max(240) + cluster.rng.between(0, 60);
        }
        after.push(pod);
    }
    after
}

fn killed_for_memory(cluster: &mut Cluster, at: i64, pod: &Pod) {
    let pid = cluster.rng.between(20_000, 99_000);
    let kib = cluster.rng.between(1_038_000, 1_047_000);
    let message = format!(
        "Memory cgroup out of memory: Killed process {pid} (java) total-vm:4831224kB, \
         anon-rss:{kib}kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:2712kB oom_score_adj:969"
    );
    let event = cluster.record(at, &node_object(pod.node), "OOMKilling", message);
    event.warning().host = Some(pod.node);
    cluster.engine(at, pod, "oom", &[]);
    cluster.engine(at, pod, "die", &[("exitCode", "137"), ("execDuration", "812")]);
    let liveness = "Liveness probe failed: HTTP probe failed with statuscode: 503";
    cluster.container(at - 6, pod, "Unhealthy", liveness).warning().repeated(2, at - 16);
}

/// The kubelet waits before it starts the container again, and says so every ten seconds.
fn back_off(cluster: &mut Cluster, from: i64, until: i64, pod: &Pod) {
    let message = format!(
        "Back-off restarting failed container {} in pod {}_{}({})",
        pod.app.name, pod.name, pod.app.namespace, pod.uid
    );
    cluster.pod(from, pod, "BackOff", message).warning();
    for at in (from + 11..until).step_by(11) {
        cluster.observed_again(at);
    }
}

/// 10:48: the second worker is short of memory as a whole.
fn node_pressure(cluster: &mut Cluster) {
    let (node, at) = (RECORDED_NODE, clock(10, 48, 9));
    let status = |reason: &str| format!("Node {node} status is now: {reason}");
    let oom = "System OOM encountered, victim process: node, pid: 31877";
    cluster.node(at - 20, node, "SystemOOM", oom).warning();
    cluster.node(at, node, "EvictionThresholdMet", "Attempting to reclaim memory").warning();
    for again in 1..6 {
        cluster.observed_again(at + 10 * again);
    }
    let short = "NodeHasInsufficientMemory";
    cluster.node(at + 1, node, short, status(short));
    let victims = ["recommender", "web", "cart", "prometheus-adapter", "mailer"];
    for (number, name) in (0..).zip(victims) {
        evict(cluster, at + 3 + 12 * number, name);
    }
    let object = node_object(node);
    let lost = at + 420;
    cluster.record(lost, &object, "NodeNotReady", status("NodeNotReady")).warning();
    for name in ["ledger", "catalog"] {
        let pod = cluster.existing_pod(App::new("shop", name, "4.0.7"), node);
        let message = format!("Marking for deletion Pod shop/{}", pod.name);
        cluster.record(lost + 60, &pod.object(), "TaintManagerEviction", message);
    }
    cluster.node(lost + 186, node, "NodeReady", status("NodeReady"));
    cluster.record(lost + 190, &object, "RegisteredNode", status("RegisteredNode"));
    let enough = "NodeHasSufficientMemory";
    cluster.node(clock(13, 12, 40), node, enough, status(enough));
}

/// A pod has to go, and its successor does not find a node at once.
fn evict(cluster: &mut Cluster, at: i64, name: &'static str) {
    let app = App::new("shop", name, "2.3.9");
    let pod = cluster.existing_pod(app, RECORDED_NODE);
    let kib = cluster.rng.between(210_000, 740_000);
    let message = format!(
        "The node was low on resource: memory. Threshold quantity: 100Mi, available: {}Ki. \
         Container {name} was using {kib}Ki, request is 128Mi, has larger consumption of memory.",
        cluster.rng.between(38_000, 99_000)
    );
    cluster.pod(at, &pod, "Evicted", message).warning();
    cluster.kill(at, &pod);
    let next = cluster.existing_pod(app, NODES[2]);
    let created = format!("Created pod: {}", next.name);
    cluster.record(at + 1, &next.owner, "SuccessfulCreate", created);
    let full = "0/3 nodes are available: 1 node(s) had untolerated taint \
                {node.kubernetes.io/memory-pressure: }, 2 Insufficient memory. preemption: 0/3 \
                nodes are available: 3 No preemption victims found for incoming pod.";
    cluster.record(at + 1, &next.object(), "FailedScheduling", full).warning();
    cluster.observed_again(at + 61);
    cluster.observed_again(at + 301);
    let assigned = format!("Successfully assigned shop/{} to {}", next.name, next.node);
    cluster.record(at + 334, &next.object(), "Scheduled", assigned);
    let at = cluster.pull(at + 335, &next, Image::Absent);
    cluster.start(at, &next);
}

/// 11:45: the repair is rolled out under a tag that nobody pushed.
fn wrong_tag(cluster: &mut Cluster) -> Vec<Pod> {
    let at = clock(11, 45, 17);
    scale(cluster, at, &MISSING.replica_set(), (0, 1));
    let mut stuck = Vec::new();
    for (number, node) in (0..).zip([NODES[2], NODES[1]]) {
        let at = at + 600 * number;
        let pod = cluster.existing_pod(MISSING, node);
        cluster.schedule(at, &pod);
        pull_in_vain(cluster, at + 1, &pod);
        stuck.push(pod);
    }
    stuck
}

fn pull_in_vain(cluster: &mut Cluster, at: i64, pod: &Pod) {
    let image = pod.app.image();
    let attempts = [0, 17, 46, 94, 187, 360, 664];
    cluster.container(at, pod, "Pulling", format!("Pulling image \"{image}\""));
    for seconds in attempts.into_iter().skip(1) {
        cluster.observed_again(at + seconds);
    }
    let failed = format!(
        "Failed to pull image \"{image}\": Error response from daemon: manifest for {image} not \
         found: manifest unknown: manifest unknown"
    );
    for message in [failed, "Error: ErrImagePull".to_owned()] {
        cluster.container(at + 1, pod, "Failed", message).warning();
        for seconds in attempts.into_iter().skip(1) {
            cluster.observed_again(at + seconds + 1);
        }
    }
    let waits = format!("Back-off pulling image \"{image}\"");
    for (reason, message) in [("BackOff", waits), ("Failed", "Error: ImagePullBackOff".to_owned())]
    {
        cluster.container(at + 3, pod, reason, message).warning();
        for again in 1..24 {
            cluster.observed_again(at + 3 + again * 145);
        }
    }
}

/// 13:05: back to the version before the leak.
fn undo(cluster: &mut Cluster, leaking: &[Pod], stuck: &[Pod]) -> Vec<Pod> {
    let at = clock(13, 5, 2);
    let message = "Rolled back deployment \"checkout\" to revision 17";
    cluster.record(at, &GOOD.deployment(), "DeploymentRollback", message);
    for pod in stuck {
        let deleted = format!("Deleted pod: {}", pod.name);
        cluster.record(at + 1, &pod.owner, "SuccessfulDelete", deleted);
    }
    let leaking: Vec<Pod> = leaking.iter().map(|pod| Pod { app: LEAKING, ..pod.clone() }).collect();
    roll_out(cluster, at + 2, GOOD, &leaking)
}
