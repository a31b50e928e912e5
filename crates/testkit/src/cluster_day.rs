//! The dumps in `examples/dumps`: 19 November 2026 in a small cluster, and how it went wrong.
//!
//! - 02:30 a node is drained for a kernel update and comes back.
//! - 09:12 `checkout` 1.8.0 is rolled out. It leaks memory.
//! - 10:05 its containers on `shop-worker-2` run out of memory again and again; from 10:48 the
//!   node itself is short of memory, evicts pods, and is not ready for three minutes.
//! - 11:45 the repair, 1.8.1, is rolled out under a tag that does not exist: its image cannot be
//!   pulled.
//! - 13:05 the rollout is undone; by 13:20 all is well.
//! - 15:10 the repair arrives under the right tag.
//! - 19:40 a disk is nearly full and cleaned up.
//!
//! What Alertmanager, Falco and Trivy have to say about it is there too. Around that: jobs by the
//! clock, autoscaling, probes that fail once in a while, and a lone Docker host at the edge. Each
//! dump is in the form in which its tool writes it. The same bytes come out every time; a test
//! compares them with the files.

mod alerts;
mod cluster;
mod docker_wire;
mod edge;
mod incident;
mod kubernetes_wire;
mod policies;
mod routine;
mod scans;
#[cfg(test)]
mod tests;

use cluster::{Cluster, ClusterEvent};
use std::io;

/// 2026-11-19T00:00:00Z in seconds since 1970.
const MIDNIGHT: i64 = 1_795_046_400;
const SEED: u64 = 20_261_119;

/// One file under `examples/dumps`.
#[derive(Clone, Debug)]
pub struct DumpFile {
    /// Its path in that folder, with `/` between its parts.
    pub path: &'static str,
    /// What it holds.
    pub bytes: Vec<u8>,
    /// How many records are in it.
    pub records: usize,
}

/// All dumps of the day.
///
/// # Errors
/// Those of the JSON and gzip writers, which have no cause to fail in memory.
pub fn dumps() -> io::Result<Vec<DumpFile>> {
    let mut cluster = Cluster::new(SEED);
    routine::play(&mut cluster);
    incident::play(&mut cluster);
    let Cluster { mut events, mut engine, .. } = cluster;
    events.sort_by_key(|event| event.last);
    engine.sort_by_key(|event| event.nanos);
    let of = |first: i64, end: i64| -> Vec<ClusterEvent> {
        events.iter().filter(|event| (first..end).contains(&event.last)).cloned().collect()
    };
    let night = of(i64::MIN, clock(6, 0, 0));
    let morning = of(clock(6, 0, 0), clock(10, 0, 0));
    let watched = of(clock(10, 0, 0), clock(18, 0, 0));
    let evening = of(clock(18, 0, 0), i64::MAX);
    let edge = edge::events(SEED);
    let file = |path, bytes, records| DumpFile { path, bytes, records };
    let (webhooks, posted) = alerts::webhooks(SEED)?;
    let (falco, violations) = policies::falco(SEED)?;
    let mut files = vec![
        file(
            "kubernetes/night-list.json.gz",
            kubernetes_wire::gzip(&kubernetes_wire::list(&night)?)?,
            night.len(),
        ),
        file("kubernetes/morning-list.json", kubernetes_wire::list(&morning)?, morning.len()),
        file("kubernetes/watch.jsonl", kubernetes_wire::watch(&watched)?, watched.len()),
        file(
            "kubernetes/cluster-info-dump.txt",
            kubernetes_wire::cluster_info_dump(&evening)?,
            evening.len(),
        ),
        file("docker/shop-worker-2.jsonl", docker_wire::json_lines(&engine)?, engine.len()),
        file("docker/edge-1.log", docker_wire::plain_text(&edge), edge.len()),
        file("alertmanager/webhooks.jsonl", webhooks, posted),
        file("falco/shop-worker-2.log", falco, violations),
    ];
    let reports = scans::reports(SEED)?;
    files.extend(reports.into_iter().map(|(path, bytes, records)| file(path, bytes, records)));
    Ok(files)
}

/// A time of the day in seconds since 1970.
fn clock(hour: i64, minute: i64, second: i64) -> i64 {
    MIDNIGHT + hour * 3_600 + minute * 60 + second
}
