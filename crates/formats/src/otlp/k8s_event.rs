//! Log records of the collector's receiver of Kubernetes events (`k8s_events`): the message of an
//! event is the body, all else are attributes. They are written as the event that the API has, so
//! that both are read by the same rules and are one event.
//!
//! ```text
//! message                    body
//! reason, metadata.name,     k8s.event.reason, k8s.event.name,
//! metadata.uid, count        k8s.event.uid, k8s.event.count
//! type                       severityText, which is `Normal` or `Warning` there
//! lastTimestamp              timeUnixNano: that of the newest observation
//! metadata.creationTimestamp k8s.event.start_time, else observedTimeUnixNano
//! involvedObject             k8s.object.kind, k8s.object.name, k8s.object.uid; k8s.namespace.name
//! source.host                k8s.node.name
//! source.component           k8s.event.source, of its first versions
//! ```
//!
//! The attributes are those of `k8s_event_to_logdata.go` of opentelemetry-collector-contrib. The
//! receiver takes the first that is set of eventTime, lastTimestamp and firstTimestamp.

use eventscope_model::Labels;
use serde_json::json;

/// Attributes that are fields of the event now, and those of its object that say no more.
const TAKEN: [&str; 3] = ["k8s.event.", "k8s.object.", "k8s.namespace.name"];

/// The attribute that tells such a log record.
pub(super) const REASON: &str = "k8s.event.reason";

/// What a log record says of its event beside its attributes.
pub(super) struct Said<'a> {
    pub(super) body: &'a str,
    pub(super) severity_text: &'a str,
    pub(super) time: &'a str,
    pub(super) observed: &'a str,
}

/// The event that the attributes of a log record and of its resource speak of, as JSON; `None` if
/// they speak of none.
pub(super) fn written(labels: &Labels, said: &Said<'_>) -> Option<String> {
    let label = |key: &str| labels.get(key).filter(|value| !value.is_empty());
    let reason = label(REASON)?;
    let uid = label("k8s.event.uid");
    uid.or_else(|| label("k8s.event.name"))?;
    let event = json!({
        "metadata": {
            "name": label("k8s.event.name"),
            "uid": uid,
            "creationTimestamp": label("k8s.event.start_time").unwrap_or(said.observed),
        },
        "involvedObject": {
            "kind": label("k8s.object.kind"),
            "namespace": label("k8s.namespace.name"),
            "name": label("k8s.object.name"),
        },
        "reason": reason,
        "message": said.body,
        "type": said.severity_text,
        "count": label("k8s.event.count"),
        "source": {"host": label("k8s.node.name"), "component": label("k8s.event.source")},
        "lastTimestamp": said.time,
    });
    Some(event.to_string())
}

/// The labels that the event does not say by itself.
pub(super) fn rest(labels: &Labels) -> Labels {
    let is_taken = |key: &str| TAKEN.iter().any(|taken| key.starts_with(taken));
    labels.iter().filter(|(key, _)| !is_taken(key)).collect()
}
