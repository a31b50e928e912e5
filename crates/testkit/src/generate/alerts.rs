//! Generated alerts: half of them are over already, as in a dump of the past.

use super::fleet::Fleet;
use super::instant;
use crate::Rng;
use eventscope_model::{AlertDetails, Details, Draft, EventType, UidTime};

/// Rule, syslog level, metric, and what is wrong.
const RULES: [(&str, u8, &str, &str); 10] = [
    ("HighMemoryUsage", 4, "container_memory_working_set_bytes", "memory above 90% of its limit"),
    ("PodCrashLooping", 1, "kube_pod_container_status_restarts_total", "restarts too often"),
    ("HighErrorRate", 1, "http_requests_total", "answers more than 5% of requests with an error"),
    ("HighLatency", 4, "http_request_duration_seconds_bucket", "p99 latency above 800 ms"),
    ("DeploymentReplicasMismatch", 3, "kube_deployment_status_replicas", "replicas are missing"),
    ("CPUThrottlingHigh", 5, "container_cpu_cfs_throttled_periods_total", "CPU is throttled"),
    ("TargetDown", 3, "up", "cannot be scraped"),
    ("QueueBacklog", 4, "kafka_consumergroup_lag", "falls behind its queue"),
    ("CertificateExpiresSoon", 5, "certmanager_certificate_expiration", "certificate ends soon"),
    ("Watchdog", 6, "vector", "the alerting pipeline is alive"),
];

pub(super) fn event(rng: &mut Rng, fleet: &mut Fleet, nanos: i64) -> Draft {
    let (rule, severity, metric, wrong) = *rng.pick_by(&RULES, |(_, level, ..)| *level as usize);
    let pod = fleet.pod(rng, nanos);
    let nanos = nanos / 1_000_000 * 1_000_000;
    let uid = format!("alert:{}@{nanos}", rng.hex(16));
    let draft = Draft::new(EventType::Alert, "alertmanager", rule)
        .uid(uid, UidTime::Fixed)
        .time(instant(nanos))
        .severity(severity)
        .description(format!("{} in {} {wrong}", pod.deployment, pod.namespace))
        .label("alertname", rule)
        .label("cluster", pod.cluster)
        .label("namespace", pod.namespace)
        .label("pod", &*pod.name)
        .details(Details::Alert(AlertDetails {
            trigger: Some(format!("value {}.{}", rng.below(100), rng.below(10))),
            entity: Some(pod.name.clone()),
            alert_name: Some(rule.to_owned()),
            alert_type: Some("prometheus".to_owned()),
            metrics: vec![metric.to_owned()],
            ..AlertDetails::default()
        }));
    if rng.percent(50) {
        let seconds = rng.between(30, 5_400);
        draft.resolved(instant(nanos + seconds * 1_000_000_000))
    } else {
        draft
    }
}
