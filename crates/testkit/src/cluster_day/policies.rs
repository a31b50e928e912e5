//! What Falco had to say: its own words when it starts, then one JSON object per alert.

use super::clock;
use super::cluster::RECORDED_NODE;
use crate::Rng;
use eventscope_model::Timestamp;
use serde_json::json;
use std::io;

/// A rule that was broken in a container.
struct Violation {
    at: i64,
    rule: &'static str,
    priority: &'static str,
    tags: &'static [&'static str],
    namespace: &'static str,
    pod: &'static str,
    image: (&'static str, &'static str),
    user: &'static str,
    process: &'static str,
    command: &'static str,
    what: &'static str,
}

/// What Falco prints before its first alert.
const START: &str = "\
Thu Nov 19 00:00:03 2026: Falco version: 0.42.1 (x86_64)
Thu Nov 19 00:00:03 2026: Falco initialized with configuration files:
Thu Nov 19 00:00:03 2026:    /etc/falco/falco.yaml | schema validation: ok
Thu Nov 19 00:00:03 2026: Loading rules from:
Thu Nov 19 00:00:03 2026:    /etc/falco/falco_rules.yaml | schema validation: ok
Thu Nov 19 00:00:03 2026: Starting health webserver with threadiness 4, listening on 0.0.0.0:8765
Thu Nov 19 00:00:03 2026: Loaded event sources: syscall
";

/// The output of Falco on the second worker, and how many alerts are in it.
pub(super) fn falco(seed: u64) -> io::Result<(Vec<u8>, usize)> {
    let mut rng = Rng::new(seed + 3);
    let mut out = START.as_bytes().to_vec();
    let violations = day();
    for violation in &violations {
        serde_json::to_writer(&mut out, &violation.alert(&mut rng))?;
        out.push(b'\n');
    }
    Ok((out, violations.len()))
}

fn day() -> Vec<Violation> {
    let mut all = vec![
        Violation {
            at: clock(10, 22, 41),
            rule: "Terminal shell in container",
            priority: "Notice",
            tags: &["container", "maturity_stable", "mitre_execution", "shell"],
            namespace: "payments",
            pod: "checkout-6f9c5d7b44-x7k2p",
            image: ("registry.shop.example/checkout", "1.8.0"),
            user: "root",
            process: "bash",
            command: "bash",
            what: "A shell was spawned in a container with an attached terminal",
        },
        Violation {
            at: clock(10, 24, 2),
            rule: "Launch Package Management Process in Container",
            priority: "Error",
            tags: &["container", "mitre_persistence", "process"],
            namespace: "payments",
            pod: "checkout-6f9c5d7b44-x7k2p",
            image: ("registry.shop.example/checkout", "1.8.0"),
            user: "root",
            process: "apk",
            command: "apk add gdb",
            what: "Package management process launched in container",
        },
        Violation {
            at: clock(16, 3, 27),
            rule: "Read sensitive file untrusted",
            priority: "Warning",
            tags: &["container", "filesystem", "mitre_credential_access"],
            namespace: "shop",
            pod: "mailer-5c8d9f6b7-q4w8z",
            image: ("registry.shop.example/mailer", "2.3.9"),
            user: "www-data",
            process: "php",
            command: "php /srv/mail/upload.php",
            what: "Sensitive file opened for reading by non-trusted program, file=/etc/shadow",
        },
    ];
    let api = |hour| Violation {
        at: clock(hour, 17, 9),
        rule: "Contact K8S API Server From Container",
        priority: "Notice",
        tags: &["container", "k8s", "mitre_discovery", "network"],
        namespace: "monitoring",
        pod: "grafana-7d5b9c4f8-m2n6c",
        image: ("registry.shop.example/grafana", "11.3.0"),
        user: "grafana",
        process: "sidecar",
        command: "sidecar --watch configmaps",
        what: "Unexpected connection to K8s API Server from container",
    };
    all.extend((1..24).step_by(2).map(api));
    all.sort_by_key(|violation| violation.at);
    all
}

impl Violation {
    fn alert(&self, rng: &mut Rng) -> serde_json::Value {
        let nanos = self.at * 1_000_000_000 + rng.between(0, 999_999_999);
        let time = Timestamp::EPOCH.saturating_add(nanos).to_string();
        let clock = time.get(11..).unwrap_or_default().trim_end_matches('Z');
        let (repository, tag) = self.image;
        let (what, user, command) = (self.what, self.user, self.command);
        let id = rng.hex(12);
        let output = format!(
            "{clock}: {priority} {what} | user={user} process={process} command={command} \
             container_id={id} container_image_repository={repository} container_image_tag={tag} \
             k8s_pod_name={pod} k8s_ns_name={namespace}",
            priority = self.priority,
            process = self.process,
            pod = self.pod,
            namespace = self.namespace,
        );
        json!({
            "uuid": rng.uuid(),
            "hostname": RECORDED_NODE,
            "output": output,
            "output_fields": {
                "container.id": id,
                "container.image.repository": repository,
                "container.image.tag": tag,
                "container.name": self.pod.split('-').next(),
                "evt.time": nanos,
                "k8s.ns.name": self.namespace,
                "k8s.pod.name": self.pod,
                "proc.cmdline": command,
                "proc.name": self.process,
                "proc.tty": if self.process == "bash" { 34_816 } else { 0 },
                "user.name": user,
            },
            "priority": self.priority,
            "rule": self.rule,
            "source": "syscall",
            "tags": self.tags,
            "time": time,
        })
    }
}
