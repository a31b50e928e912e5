//! The alerts of the day, as Alertmanager posts them to a webhook: when one begins, again while it
//! goes on, and when it is over.

use super::clock;
use super::cluster::{NODES, RECORDED_NODE};
use crate::Rng;
use eventscope_model::Timestamp;
use serde_json::{Map, Value, json};
use std::io;

/// Seconds after which an alert that goes on is posted again.
const REPEAT: i64 = 2 * 3_600;
/// Seconds from the start of an alert to the post: `for` of the rule is over, the group waited.
const WAIT: i64 = 30;

/// An alert, from its start to its end.
#[derive(Clone, Default)]
struct Alert {
    name: &'static str,
    severity: &'static str,
    labels: Vec<(&'static str, &'static str)>,
    summary: &'static str,
    /// What its value was at each post; the last one counts from then on.
    values: Vec<&'static str>,
    expr: &'static str,
    start: i64,
    /// `None` if it goes on.
    end: Option<i64>,
}

/// One payload per line, in the order in which they were posted, and how many alerts they hold.
pub(super) fn webhooks(seed: u64) -> io::Result<(Vec<u8>, usize)> {
    let mut rng = Rng::new(seed + 2);
    let mut posts: Vec<(i64, Value)> = Vec::new();
    for alert in day() {
        let fingerprint = rng.hex(16);
        let last = alert.end.unwrap_or(clock(23, 59, 59));
        // Posts of earlier days are not on record.
        let mut at = (alert.start + WAIT).max(clock(0, 4, 0));
        for nth in 0.. {
            if at >= last {
                break;
            }
            posts.push((at, alert.payload(&fingerprint, nth, None)));
            at += REPEAT;
        }
        if let Some(end) = alert.end {
            posts.push((end + WAIT, alert.payload(&fingerprint, usize::MAX, Some(end))));
        }
    }
    posts.sort_by_key(|(at, _)| *at);
    let mut out = Vec::new();
    for (_, post) in &posts {
        serde_json::to_writer(&mut out, post)?;
        out.push(b'\n');
    }
    Ok((out, posts.len()))
}

/// The alerts in no order: those of the shop, those of its nodes, and the one that always fires.
fn day() -> Vec<Alert> {
    let watchdog = alert("Watchdog", "none", vec![("job", "prometheus")])
        .says("an alert that always fires, to show that alerting works", "vector(1)")
        .lasts(clock(0, 0, 0) - 41 * 86_400, None);
    [vec![watchdog], shop(), nodes()].concat()
}

fn shop() -> Vec<Alert> {
    let checkout = |name, severity| {
        alert(name, severity, vec![("namespace", "payments"), ("app", "checkout")])
    };
    let burning = checkout("CheckoutErrorBudgetBurn", "critical")
        .says(
            "checkout answers too many requests with errors",
            "sum(rate(http_requests_total{service=\"checkout\",code=~\"5..\"}[5m])) / \
             sum(rate(http_requests_total{service=\"checkout\"}[5m])) > 0.02",
        )
        .lasts(clock(10, 9, 0), Some(clock(13, 19, 0)));
    vec![
        Alert { values: vec!["4.1 %", "11.8 %"], ..burning },
        checkout("KubeContainerOOMKilled", "error")
            .says(
                "a container was killed for its memory more than twice in ten minutes",
                "increase(kube_pod_container_status_restarts_total{app=\"checkout\"}[10m]) > 2",
            )
            .lasts(clock(10, 31, 0), Some(clock(13, 6, 0))),
        checkout("KubeImagePullFailing", "warning")
            .says(
                "an image cannot be pulled",
                "kube_pod_container_status_waiting_reason{reason=\"ImagePullBackOff\"} > 0",
            )
            .lasts(clock(11, 50, 30), Some(clock(13, 5, 30))),
    ]
}

fn nodes() -> Vec<Alert> {
    let node = |name, severity, node| {
        alert(name, severity, vec![("node", node), ("job", "node-exporter")])
    };
    let ready = "kube_node_status_condition{condition=\"Ready\",status=\"true\"} == 0";
    let pressure = node("NodeMemoryPressure", "warning", RECORDED_NODE)
        .says(
            "a node is short of memory",
            "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.05",
        )
        .lasts(clock(10, 48, 30), Some(clock(13, 12, 30)));
    vec![
        Alert { values: vec!["3.9 % available", "1.2 % available"], ..pressure },
        node("KubeNodeNotReady", "warning", NODES[0])
            .says("a node is not ready", ready)
            .lasts(clock(2, 33, 0), Some(clock(2, 38, 30))),
        node("KubeNodeNotReady", "critical", RECORDED_NODE)
            .says("a node is not ready", ready)
            .lasts(clock(10, 55, 30), Some(clock(10, 58, 30))),
        node("NodeFilesystemAlmostFull", "warning", NODES[2])
            .says(
                "a file system is nearly full",
                "node_filesystem_avail_bytes{mountpoint=\"/\"} / node_filesystem_size_bytes < 0.1",
            )
            .lasts(clock(19, 38, 0), Some(clock(19, 52, 30))),
    ]
}

fn alert(
    name: &'static str,
    severity: &'static str,
    labels: Vec<(&'static str, &'static str)>,
) -> Alert {
    Alert { name, severity, labels, ..Alert::default() }
}

impl Alert {
    fn says(self, summary: &'static str, expr: &'static str) -> Self {
        Self { summary, expr, ..self }
    }

    fn lasts(self, start: i64, end: Option<i64>) -> Self {
        Self { start, end, ..self }
    }

    fn payload(&self, fingerprint: &str, nth: usize, end: Option<i64>) -> Value {
        let status = if end.is_some() { "resolved" } else { "firing" };
        let labels = self.labels();
        let mut annotations = json!({ "summary": self.summary });
        if let Some(value) = self.values.get(nth).or(self.values.last()) {
            annotations["description"] = json!(format!("{}: {value}", self.summary));
        }
        let graph = format!(
            "https://prometheus.shop.example/graph?g0.expr={}&g0.tab=1",
            percent_encoded(self.expr)
        );
        json!({
            "receiver": "eventscope",
            "status": status,
            "alerts": [{
                "status": status,
                "labels": labels,
                "annotations": annotations,
                "startsAt": rfc3339(self.start),
                "endsAt": end.map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), rfc3339),
                "generatorURL": graph,
                "fingerprint": fingerprint,
            }],
            "groupLabels": { "alertname": self.name },
            "commonLabels": labels,
            "commonAnnotations": annotations,
            "externalURL": "https://alertmanager.shop.example",
            "version": "4",
            "groupKey": format!("{{}}:{{alertname=\"{}\"}}", self.name),
            "truncatedAlerts": 0,
        })
    }

    fn labels(&self) -> Map<String, Value> {
        let own = [("alertname", self.name), ("severity", self.severity), ("cluster", "shop")];
        let all = own.into_iter().chain(self.labels.iter().copied());
        all.map(|(key, value)| (key.to_owned(), json!(value))).collect()
    }
}

fn rfc3339(second: i64) -> String {
    Timestamp::from_unix(second).unwrap_or(Timestamp::EPOCH).to_string()
}

/// A text as the value of a query parameter.
fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let encode = |byte: u8| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}
