//! What happens on any day: jobs by the clock, autoscaling, a node that is updated, probes that
//! fail once in a while.

use super::clock;
use super::cluster::{App, Cluster, Image, NODES, node_object};

const WEB: App = App::new("shop", "web", "5.31.2");
const CATALOG: App = App::new("shop", "catalog", "2.8.0");
const CART: App = App::new("shop", "cart", "3.4.1");
const LEDGER: App = App::new("payments", "ledger", "4.0.7");
const GRAFANA: App = App::new("monitoring", "grafana", "11.3.0");
const COREDNS: App = App::new("kube-system", "coredns", "1.11.3");

pub(super) fn play(cluster: &mut Cluster) {
    jobs(cluster, App::new("batch", "invoice-export", "1.2.0"), 20);
    jobs(cluster, App::new("batch", "backup", "0.9.4"), 60);
    node_update(cluster);
    autoscaling(cluster);
    failing_probes(cluster);
    late_volume(cluster);
    full_disk(cluster);
}

/// A job every so many minutes, from the cron job's decision to its end.
fn jobs(cluster: &mut Cluster, app: App, minutes: i64) {
    let cron_job = app.object("CronJob", "batch/v1", app.name.to_owned());
    for round in 0..24 * 60 / minutes {
        let at = clock(0, round * minutes, 0);
        let job = app.object("Job", "batch/v1", format!("{}-{}", app.name, at / 60));
        let node = *cluster.rng.pick(&NODES);
        let pod = cluster.named_pod(app, job.clone(), node);
        let created = format!("Created job {}", job.name);
        cluster.record(at, &cron_job, "SuccessfulCreate", created);
        cluster.schedule(at, &pod);
        let started = cluster.pull(at + 1, &pod, Image::Present) + 1;
        cluster.start(started, &pod);
        let end = started + cluster.rng.between(20, 240);
        cluster.engine(end, &pod, "die", &[("exitCode", "0"), ("execDuration", "61")]);
        cluster.record(end + 1, &job, "Completed", "Job completed");
        let done = format!("Saw completed job: {}, condition: Complete", job.name);
        cluster.record(end + 2, &cron_job, "SawCompletedJob", done);
        cluster.engine(end + 3, &pod, "destroy", &[]);
    }
}

/// 02:30: the first worker is emptied, restarted, and filled again.
fn node_update(cluster: &mut Cluster) {
    let (node, at) = (NODES[0], clock(2, 30, 0));
    let status = |reason: &str| format!("Node {node} status is now: {reason}");
    cluster.node(at, node, "NodeNotSchedulable", status("NodeNotSchedulable"));
    for (number, app) in (0..).zip([WEB, CART, CATALOG, LEDGER, GRAFANA, COREDNS]) {
        let pod = cluster.existing_pod(app, node);
        cluster.kill(at + 4 + number, &pod);
        let other = NODES[1 + (number % 2) as usize];
        cluster.run(at + 6 + number, app, other, Image::Present);
    }
    let object = node_object(node);
    let not_ready = status("NodeNotReady");
    cluster.record(at + 130, &object, "NodeNotReady", not_ready);
    let boot = cluster.rng.uuid();
    let up = at + 214;
    cluster.node(up, node, "Starting", "Starting kubelet.");
    cluster
        .node(up, node, "InvalidDiskCapacity", "invalid capacity 0 on image filesystem")
        .warning();
    for reason in ["NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID"] {
        cluster.node(up + 1, node, reason, status(reason)).repeated(2, up);
    }
    let rebooted = format!("Node {node} has been rebooted, boot id: {boot}");
    cluster.node(up + 1, node, "Rebooted", rebooted).warning();
    cluster.node(
        up + 2,
        node,
        "NodeAllocatableEnforced",
        "Updated limits on kube reserved cgroups",
    );
    cluster.node(up + 11, node, "NodeReady", status("NodeReady"));
    cluster.node(up + 40, node, "NodeSchedulable", status("NodeSchedulable"));
    let registered = format!("Node {node} event: Registered Node {node} in Controller");
    cluster.record(up + 12, &object, "RegisteredNode", registered);
}

/// The shop grows in the morning and shrinks at night.
fn autoscaling(cluster: &mut Cluster) {
    let autoscaler = WEB.object("HorizontalPodAutoscaler", "autoscaling/v2", "web".to_owned());
    let steps = [
        (7, 20, 3, 4),
        (8, 35, 4, 6),
        (12, 5, 6, 8),
        (14, 40, 8, 6),
        (20, 15, 6, 4),
        (22, 50, 4, 3),
    ];
    for (hour, minute, before, after) in steps {
        let at = clock(hour, minute, cluster.rng.between(0, 50));
        let grows = after > before;
        let why = if grows {
            "cpu resource utilization (percentage of request) above target"
        } else {
            "All metrics below target"
        };
        let message = format!("New size: {after}; reason: {why}");
        cluster.record(at, &autoscaler, "SuccessfulRescale", message);
        let direction = if grows { "up" } else { "down" };
        let set = WEB.replica_set().name;
        let message = format!("Scaled {direction} replica set {set} from {before} to {after}");
        cluster.record(at, &WEB.deployment(), "ScalingReplicaSet", message);
        for _ in 0..i64::abs(after - before) {
            let node = *cluster.rng.pick(&NODES);
            if grows {
                cluster.run(at + 1, WEB, node, Image::Present);
            } else {
                let pod = cluster.existing_pod(WEB, node);
                cluster.remove(at + 1, &pod);
            }
        }
    }
}

/// A probe fails here and there, and nothing comes of it.
fn failing_probes(cluster: &mut Cluster) {
    for app in [WEB, CART, CATALOG, GRAFANA, COREDNS] {
        for _ in 0..9 {
            let at = clock(0, 0, 0) + cluster.rng.between(600, 85_000);
            let node = *cluster.rng.pick(&NODES);
            let pod = cluster.existing_pod(app, node);
            let address = format!("10.244.{}.{}", cluster.rng.below(3), cluster.rng.below(250));
            let message = format!(
                "Readiness probe failed: Get \"http://{address}:8080/ready\": context deadline \
                 exceeded (Client.Timeout exceeded while awaiting headers)"
            );
            let count = cluster.rng.between(1, 5) as u32;
            cluster
                .container(at, &pod, "Unhealthy", message)
                .warning()
                .repeated(count, at - 10 * i64::from(count - 1));
        }
    }
}

/// 16:20: a pod waits for a configuration that somebody forgot.
fn late_volume(cluster: &mut Cluster) {
    let app = App::new("payments", "ledger", "4.1.0");
    let pod = cluster.existing_pod(app, NODES[2]);
    let at = clock(16, 20, 12);
    cluster.schedule(at, &pod);
    let missing =
        "MountVolume.SetUp failed for volume \"config\" : configmap \"ledger-4.1\" not found";
    cluster.pod(at + 1, &pod, "FailedMount", missing).warning();
    for seconds in [2, 4, 8, 16, 32, 64, 128, 250] {
        cluster.observed_again(at + 1 + seconds);
    }
    let at = cluster.pull(at + 330, &pod, Image::Absent);
    cluster.start(at, &pod);
}

/// 19:40: the third worker runs out of room for images, and makes some.
fn full_disk(cluster: &mut Cluster) {
    let (node, at) = (NODES[2], clock(19, 40, 31));
    let message = "Failed to garbage collect required amount of images. Attempted to free \
                   4813946880 bytes, but only found 0 bytes eligible to free.";
    cluster.node(at, node, "FreeDiskSpaceFailed", message).warning().repeated(3, at - 600);
    let attempt = "Attempting to reclaim ephemeral-storage";
    cluster.node(at + 40, node, "EvictionThresholdMet", attempt).warning();
    let status = |reason: &str| format!("Node {node} status is now: {reason}");
    cluster.node(at + 41, node, "NodeHasDiskPressure", status("NodeHasDiskPressure"));
    let pod = cluster.existing_pod(GRAFANA, node);
    let evicted = "The node was low on resource: ephemeral-storage. Threshold quantity: \
                   3221225472, available: 2893412Ki. Container grafana was using 1204412Ki, \
                   request is 0, has larger consumption of ephemeral-storage.";
    cluster.pod(at + 42, &pod, "Evicted", evicted).warning();
    cluster.kill(at + 42, &pod);
    cluster.run(at + 44, GRAFANA, NODES[0], Image::Absent);
    cluster.node(at + 345, node, "NodeHasNoDiskPressure", status("NodeHasNoDiskPressure"));
}
