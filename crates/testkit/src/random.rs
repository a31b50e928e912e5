//! Random events and random expressions over one small vocabulary, for property tests.
//!
//! The vocabulary is small so that expressions match, times collide and uids repeat. Everything
//! comes from one [`Rng`]: print its seed when a test fails, and the failure can be replayed.

mod drafts;
mod expression;
#[cfg(test)]
mod tests;

use crate::Rng;
use eventscope_model::Timestamp;

pub use drafts::random_drafts;
pub use expression::random_expression;

/// 2026-11-23T09:00:00Z in nanoseconds.
const NOW_NANOS: i64 = 1_795_424_400_000_000_000;
const MINUTE_NANOS: i64 = 60_000_000_000;

/// The instant around which the random events lie: what the clock of a test should say.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::EPOCH.saturating_add(NOW_NANOS)
}

/// So many bytes of text that hardly compress.
pub fn noise(rng: &mut Rng, bytes: usize) -> String {
    std::iter::repeat_with(|| rng.bits())
        .flat_map(|bits| (0..9).map(move |at| char::from(b' ' + (bits >> (at * 7) & 63) as u8)))
        .take(bytes)
        .collect()
}

/// Labels and their values. Some keys come in both spellings, one is the name of a field, one has
/// to be quoted; some values are empty, differ by case only, or hold quotes and other scripts.
const LABELS: [(&str, &[&str]); 11] = [
    ("kubernetes.namespace.name", NAMESPACES),
    ("kube_namespace_name", NAMESPACES),
    ("kubernetes.pod.name", PODS),
    ("kube_pod_name", PODS),
    ("host.hostName", &["gke-cluster-1-pool-a", "gke-cluster-1-pool-b", "node 2"]),
    ("container.image", &["nginx:1.27", "it's (odd), \"very\"", "back\\slash"]),
    ("team", &["web", "WEB", "\u{6771}\u{4eac}", "caf\u{e9}", ""]),
    ("severity", &["high", "4"]),
    ("not", &["and", "or"]),
    ("@timestamp", &["2026", "%d*"]),
    ("app.kubernetes.io/name", &["web", "db"]),
];
const NAMESPACES: &[&str] = &["prod", "Prod", "dev", "kube-system"];
const PODS: &[&str] = &["web-1", "web-2", "web", "db-0", ""];

/// Keys and values of tags.
const TAGS: [(&str, &[&str]); 3] =
    [("team", &["web", "db", ""]), ("build", &["89", "90"]), ("env.stage", &["blue", "green"])];

const SOURCES: [&str; 5] = ["kubernetes", "docker", "api", "alertmanager", "Falco"];

const NAMES: [&str; 6] = [
    "Container Killed",
    "Container Unhealthy",
    "Node not Ready",
    "OOM killed",
    "\u{30b3}\u{30f3}\u{30c6}\u{30ca}\u{505c}\u{6b62}",
    "Deployed web 1.4",
];

const DESCRIPTIONS: [&str; 7] = [
    "",
    "",
    "Back-off restarting failed container web in pod web-1",
    "Memory cgroup out of memory: killed process 4711 (java)",
    "Readiness probe failed: HTTP probe failed with statuscode: 503",
    "\u{30b3}\u{30f3}\u{30c6}\u{30ca}\u{304c}\u{505c}\u{6b62}\u{3057}\u{307e}\u{3057}\u{305f}",
    "line one\nline two\tCAF\u{c9}",
];

/// Full-text queries: words, phrases, prefixes, in any case and in other scripts.
const TEXTS: [&str; 14] = [
    "killed",
    "OOM",
    "back-off",
    "\"failed container\"",
    "\"container failed\"",
    "gke-clu*",
    "restart*",
    "web 1",
    "caf\u{e9}",
    "\u{30b3}\u{30f3}\u{30c6}\u{30ca}",
    "\u{505c}\u{6b62}",
    "\u{505c}",
    "memory killed prod",
    "nothing-has-this",
];

/// A time out of a few dozen within three hours before [`now`], and a few further away.
fn random_time(rng: &mut Rng) -> Timestamp {
    match rng.below(40) {
        0 => Timestamp::EPOCH,
        1 => now().saturating_add(10 * MINUTE_NANOS),
        2 => Timestamp::MAX,
        _ => {
            let minutes = rng.between(0, 18) * 10;
            let fraction = *rng.pick(&[0, 0, 0, 1, 500_000_000, 123_456_789]);
            now().saturating_add(fraction - minutes * MINUTE_NANOS)
        }
    }
}
