//! Generated policy violations and findings of image scans.

use super::fleet::Fleet;
use super::instant;
use crate::Rng;
use eventscope_model::{Details, Draft, EventType, PolicyDetails, ScanDetails, UidTime};

/// Rule, syslog level and what its output says first.
const RULES: [(&str, u8, &str); 6] = [
    ("Terminal shell in container", 5, "A shell was spawned in a container with a terminal"),
    ("Write below etc", 3, "File below /etc opened for writing"),
    ("Read sensitive file untrusted", 4, "Sensitive file opened for reading"),
    ("Launch privileged container", 6, "Privileged container started"),
    ("Contact K8S API Server From Container", 5, "Unexpected connection to the API server"),
    ("Outbound connection to C2 server", 2, "Outbound connection to a command server"),
];

const PACKAGES: [(&str, &str, &str); 6] = [
    ("openssl", "3.0.11-1", "3.0.15-1"),
    ("libcurl4", "7.88.1-10", "7.88.1-10+deb12u8"),
    ("zlib1g", "1:1.2.13", "1:1.2.13.dfsg-1+b1"),
    ("golang.org/x/net", "v0.17.0", "0.33.0"),
    ("log4j-core", "2.14.1", "2.17.1"),
    ("expat", "2.5.0-1", "2.5.0-1+deb12u1"),
];

pub(super) fn policy(rng: &mut Rng, fleet: &mut Fleet, nanos: i64) -> Draft {
    let (rule, severity, output) = *rng.pick(&RULES);
    let process = *rng.pick(&["bash", "sh", "curl", "python3", "node"]);
    let pod = fleet.pod(rng, nanos);
    let summary = format!("{output} (user=root command={process} pid={})", rng.below(90_000));
    Draft::new(EventType::Policy, "falco", rule)
        .uid(rng.uuid(), UidTime::Fixed)
        .time(instant(nanos))
        .severity(severity)
        .description(summary)
        .label("container.id", pod.short_id())
        .label("host.hostName", &*pod.node)
        .label("kubernetes.namespace.name", pod.namespace)
        .label("kubernetes.pod.name", &*pod.name)
        .label("proc.name", process)
        .details(Details::Policy(PolicyDetails {
            host: Some(pod.node.clone()),
            container_id: Some(pod.short_id().to_owned()),
            image: Some(pod.image.clone()),
            rule: Some(rule.to_owned()),
            ..PolicyDetails::default()
        }))
}

pub(super) fn scan(rng: &mut Rng, fleet: &mut Fleet, nanos: i64) -> Draft {
    let (package, installed, fixed) = *rng.pick(&PACKAGES);
    let severity = *rng.pick(&[0, 1, 1, 3, 3, 3, 5, 5, 6]);
    let finding = format!("CVE-{}-{}", rng.between(2019, 2026), rng.between(1_000, 58_000));
    let pod = fleet.pod(rng, nanos);
    let image_seed = pod
        .image
        .bytes()
        .fold(7_u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
    Draft::new(EventType::Scan, "trivy", finding)
        .uid(format!("trivy:{}", rng.hex(32)), UidTime::Fixed)
        .time(instant(nanos))
        .severity(severity)
        .description(format!("{package} {installed} -> {fixed}"))
        .label("container.image", &*pod.image)
        .label("package.name", package)
        .label("image.registry", "registry.example.com")
        .details(Details::Scan(ScanDetails {
            registry: Some("registry.example.com".to_owned()),
            tag: pod.image.rsplit(':').next().map(str::to_owned),
            image: Some(pod.image.clone()),
            digest: Some(format!("sha256:{}", Rng::new(image_seed).hex(64))),
            ..ScanDetails::default()
        }))
}
