//! The lone Docker host at the edge: three services of one Compose project, checked by commands
//! that run inside them.

use super::clock;
use super::cluster::EngineEvent;
use crate::Rng;

struct Service {
    name: &'static str,
    image: &'static str,
    check: &'static str,
    container_id: String,
}

struct Host {
    rng: Rng,
    events: Vec<EngineEvent>,
    network_id: String,
}

/// Everything that its engine reported, in order.
pub(super) fn events(seed: u64) -> Vec<EngineEvent> {
    let mut rng = Rng::new(seed + 1);
    let network_id = rng.hex(64);
    let mut service =
        |name, image, check| Service { name, image, check, container_id: rng.hex(64) };
    let mut services = [
        service("proxy", "nginx:1.27.2", "wget -qO- http://127.0.0.1/healthz"),
        service("cache", "redis:7.4.1", "redis-cli ping"),
        service("collector", "fluent/fluent-bit:3.1.9", "/fluent-bit/bin/fluent-bit --version"),
    ];
    let mut host = Host { rng, events: Vec::new(), network_id };
    for minute in (0..24 * 60).step_by(60) {
        for service in &services {
            host.health_check(clock(0, minute, 30), service);
        }
    }
    let [proxy, cache, collector] = &mut services;
    proxy.image = "nginx:1.27.3";
    host.renewed(clock(4, 0, 5), proxy, "nginx:1.27.2");
    host.out_of_memory(clock(10, 41, 50), cache);
    host.out_of_memory(clock(10, 58, 12), cache);
    host.restarted(clock(11, 20, 0), collector);
    host.events.sort_by_key(|event| event.nanos);
    host.events
}

impl Host {
    fn push(&mut self, at: i64, event: EngineEvent) {
        let nanos = at * 1_000_000_000 + self.rng.between(0, 999_999_999);
        self.events.push(EngineEvent { nanos, ..event });
    }

    fn container(&mut self, at: i64, service: &Service, action: &str, more: &[(&str, &str)]) {
        let name = format!("edge-{}-1", service.name);
        let mut pairs = vec![
            ("com.docker.compose.project", "edge"),
            ("com.docker.compose.service", service.name),
            ("image", service.image),
            ("name", &name),
        ];
        pairs.extend(more);
        self.push(at, EngineEvent::new("container", action, &service.container_id, &pairs));
    }

    fn health_check(&mut self, at: i64, service: &Service) {
        let exec = self.rng.hex(64);
        let exec = [("execID", exec.as_str())];
        self.container(at, service, &format!("exec_create: {}", service.check), &exec);
        self.container(at + 1, service, &format!("exec_start: {}", service.check), &exec);
        let ended = [exec[0], ("exitCode", "0")];
        self.container(at + 2, service, "exec_die", &ended);
    }

    fn joined(&mut self, at: i64, service: &Service, action: &str) {
        let (id, network) = (service.container_id.clone(), self.network_id.clone());
        let pairs = [("container", id.as_str()), ("name", "edge_default"), ("type", "bridge")];
        self.push(at, EngineEvent::new("network", action, &network, &pairs));
    }

    /// A new image, and a new container from it.
    fn renewed(&mut self, at: i64, service: &mut Service, old_image: &'static str) {
        let new_image = service.image;
        self.push(at, EngineEvent::new("image", "pull", new_image, &[("name", "nginx")]));
        service.image = old_image;
        self.stopped(at + 9, service);
        self.container(at + 12, service, "destroy", &[]);
        service.image = new_image;
        service.container_id = self.rng.hex(64);
        let volume = [("container", service.container_id.as_str()), ("driver", "local")];
        let mount = [volume[0], ("destination", "/var/cache/nginx"), volume[1]];
        self.container(at + 13, service, "create", &[]);
        self.push(at + 14, EngineEvent::new("volume", "mount", "edge_proxy-cache", &mount));
        self.joined(at + 14, service, "connect");
        self.container(at + 15, service, "start", &[]);
        let digest = format!("sha256:{}", self.rng.hex(64));
        self.push(at + 40, EngineEvent::new("image", "untag", &digest, &[("name", &digest)]));
        self.push(at + 41, EngineEvent::new("image", "delete", &digest, &[("name", &digest)]));
    }

    fn stopped(&mut self, at: i64, service: &Service) {
        self.container(at, service, "kill", &[("signal", "15")]);
        self.container(at + 1, service, "die", &[("execDuration", "86390"), ("exitCode", "0")]);
        self.joined(at + 1, service, "disconnect");
        self.container(at + 2, service, "stop", &[]);
    }

    fn out_of_memory(&mut self, at: i64, service: &Service) {
        self.container(at, service, "oom", &[]);
        self.container(at + 1, service, "die", &[("execDuration", "981"), ("exitCode", "137")]);
        self.joined(at + 2, service, "disconnect");
        self.joined(at + 3, service, "connect");
        self.container(at + 4, service, "start", &[]);
    }

    fn restarted(&mut self, at: i64, service: &Service) {
        self.stopped(at, service);
        self.joined(at + 3, service, "connect");
        self.container(at + 4, service, "start", &[]);
        self.container(at + 4, service, "restart", &[]);
    }
}
