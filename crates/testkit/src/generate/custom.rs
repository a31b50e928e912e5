//! Generated events that people and pipelines post, some of them in Japanese.

use super::fleet::Fleet;
use super::{fill, instant};
use crate::Rng;
use eventscope_model::{Draft, EventType, UidTime};

/// Name, syslog level and description. The Japanese ones say that a deployment started, that a
/// container stopped, and that a node has too little memory.
const TEXTS: [(&str, u8, &str); 8] = [
    ("Deployment started", 6, "{who} deploys {image} to {cluster}"),
    ("Deployment finished", 6, "{image} runs in {cluster} after {number} seconds"),
    ("Deployment rolled back", 4, "{image} was rolled back in {cluster}: error budget spent"),
    ("Feature flag changed", 5, "{who} set {flag} to {number}% in {cluster}"),
    ("Load test", 7, "{number} virtual users against {service} in {cluster}"),
    (
        "\u{30c7}\u{30d7}\u{30ed}\u{30a4}\u{958b}\u{59cb}",
        6,
        "{image} \u{306e}\u{30c7}\u{30d7}\u{30ed}\u{30a4}\u{3092}\u{958b}\u{59cb}\u{3057}\
         \u{307e}\u{3057}\u{305f}",
    ),
    (
        "\u{30b3}\u{30f3}\u{30c6}\u{30ca}\u{505c}\u{6b62}",
        4,
        "{service} \u{306e}\u{30b3}\u{30f3}\u{30c6}\u{30ca}\u{304c}\u{505c}\u{6b62}\u{3057}\
         \u{307e}\u{3057}\u{305f}",
    ),
    (
        "\u{30e1}\u{30e2}\u{30ea}\u{4e0d}\u{8db3}",
        3,
        "{node} \u{306e}\u{30e1}\u{30e2}\u{30ea}\u{304c}\u{4e0d}\u{8db3}\u{3057}\u{3066}\
         \u{3044}\u{307e}\u{3059}",
    ),
];

pub(super) fn event(rng: &mut Rng, fleet: &mut Fleet, nanos: i64) -> Draft {
    let (name, severity, text) = *rng.pick(&TEXTS);
    let pod = fleet.pod(rng, nanos);
    let who = *rng.pick(&["aya", "ben", "carla", "deploy-bot"]);
    let description = fill(text, |part| match part {
        "who" => who.to_owned(),
        "image" => pod.image.clone(),
        "cluster" => pod.cluster.to_owned(),
        "service" => pod.deployment.to_owned(),
        "node" => pod.node.clone(),
        "flag" => format!("{}-v2", pod.deployment),
        _ => rng.between(1, 100).to_string(),
    });
    Draft::new(EventType::Custom, "api", name)
        .uid(format!("custom:{}", rng.hex(32)), UidTime::Fixed)
        .time(instant(nanos / 1_000_000 * 1_000_000))
        .severity(severity)
        .description(description)
        .label("kubernetes.cluster.name", pod.cluster)
        .label("kubernetes.namespace.name", pod.namespace)
        .label("kubernetes.deployment.name", pod.deployment)
        .tag("build", rng.between(1_000, 9_999).to_string())
        .tag("by", who)
}
