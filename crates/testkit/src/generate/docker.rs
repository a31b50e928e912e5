//! Generated events of the container engines.

use super::fleet::Fleet;
use super::instant;
use crate::Rng;
use eventscope_model::catalog::{self, System};
use eventscope_model::{Draft, EventType, UidTime};

/// Action on a container, how often it occurs, and what its description says at the end.
const ACTIONS: [(&str, usize, &str); 10] = [
    ("exec_create", 30, ""),
    ("exec_start", 30, ""),
    ("create", 15, ""),
    ("start", 15, ""),
    ("die", 12, "; exitCode: "),
    ("kill", 10, "; signal: "),
    ("stop", 8, ""),
    ("destroy", 12, ""),
    ("oom", 3, ""),
    ("restart", 2, ""),
];

pub(super) fn event(rng: &mut Rng, fleet: &mut Fleet, nanos: i64, event_type: EventType) -> Draft {
    let (action, _, ending) = *rng.pick_by(&ACTIONS, |(_, weight, _)| *weight);
    let pod = fleet.pod(rng, nanos);
    let code = match ending {
        "" => "",
        "; signal: " => rng.pick(&["15", "9"]),
        _ => rng.pick(&["0", "0", "1", "137", "143"]),
    };
    let entry = catalog::find(System::Docker, "container", action);
    let (name, severity) = entry.map_or((action, 6), |entry| (entry.name, entry.severity.level()));
    let container = format!("k8s_{}_{}", pod.deployment, pod.name);
    let description = format!(
        "Event: {action}; Image: {}; ID: {}; name: {container}{ending}{code}",
        pod.image, pod.container_id
    );
    Draft::new(event_type, event_type.name(), name)
        .uid(format!("{event_type}:{}", rng.hex(32)), UidTime::Fixed)
        .time(instant(nanos))
        .severity(severity)
        .description(description)
        .label("host.hostName", &*pod.node)
        .label("container.id", pod.short_id())
        .label("container.image", &*pod.image)
        .label("docker.event.action", action)
}
