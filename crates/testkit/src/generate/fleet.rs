//! The clusters that the generated events come from: who runs where, and for how long.

use crate::{Rng, Zipf};

const CLUSTERS: [&str; 4] = ["prod-eu-1", "prod-us-1", "staging", "edge"];
const NODES_PER_CLUSTER: usize = 24;
/// Pods of one deployment at a time.
const REPLICAS: usize = 5;
/// A pod lives between half a minute and 40 minutes.
const LIFE_NANOS: (i64, i64) = (30_000_000_000, 2_400_000_000_000);

/// Deployments with their namespaces, the busiest first.
const DEPLOYMENTS: [(&str, &str); 40] = [
    ("checkout", "shop"),
    ("web", "shop"),
    ("cart", "shop"),
    ("coredns", "kube-system"),
    ("ingress-nginx-controller", "ingress-nginx"),
    ("catalog", "shop"),
    ("ledger", "payments"),
    ("gateway", "payments"),
    ("recommender", "ml"),
    ("session-store", "shop"),
    ("prometheus", "monitoring"),
    ("search-indexer", "search"),
    ("mailer", "notify"),
    ("invoice-export", "batch"),
    ("feature-store", "ml"),
    ("auth", "identity"),
    ("user-profile", "identity"),
    ("search-api", "search"),
    ("stock-sync", "warehouse"),
    ("picker", "warehouse"),
    ("grafana", "monitoring"),
    ("fluent-bit", "logging"),
    ("loki", "logging"),
    ("image-resizer", "media"),
    ("video-transcoder", "media"),
    ("kafka-consumer", "streaming"),
    ("event-router", "streaming"),
    ("fraud-check", "payments"),
    ("push-sender", "notify"),
    ("cert-manager", "cert-manager"),
    ("external-dns", "kube-system"),
    ("metrics-server", "kube-system"),
    ("argocd-server", "argocd"),
    ("argocd-repo-server", "argocd"),
    ("returns", "shop"),
    ("pricing", "shop"),
    ("geo-lookup", "edge-services"),
    ("rate-limiter", "edge-services"),
    ("report-builder", "batch"),
    ("playground", "dev"),
];

/// A pod with its one container.
#[derive(Clone, Debug)]
pub(super) struct Pod {
    pub(super) cluster: &'static str,
    pub(super) namespace: &'static str,
    pub(super) deployment: &'static str,
    pub(super) replica_set: String,
    pub(super) name: String,
    pub(super) node: String,
    pub(super) image: String,
    /// 64 hexadecimal digits.
    pub(super) container_id: String,
    dies_nanos: i64,
}

impl Pod {
    /// The first 12 digits of the container id, by which people know it.
    pub(super) fn short_id(&self) -> &str {
        self.container_id.get(..12).unwrap_or(&self.container_id)
    }
}

/// Everything that runs.
#[derive(Clone, Debug)]
pub(super) struct Fleet {
    clusters: Zipf,
    nodes: Zipf,
    deployments: Zipf,
    /// One place for each replica of each deployment in each cluster.
    places: Vec<Option<Pod>>,
}

impl Fleet {
    pub(super) fn new() -> Self {
        Self {
            clusters: Zipf::new(CLUSTERS.len()),
            nodes: Zipf::new(NODES_PER_CLUSTER),
            deployments: Zipf::new(DEPLOYMENTS.len()),
            places: vec![None; CLUSTERS.len() * DEPLOYMENTS.len() * REPLICAS],
        }
    }

    /// A pod that runs at this time. One that is past its life is replaced first.
    pub(super) fn pod(&mut self, rng: &mut Rng, nanos: i64) -> &Pod {
        let cluster = self.clusters.pick(rng);
        let deployment = self.deployments.pick(rng);
        let place = (cluster * DEPLOYMENTS.len() + deployment) * REPLICAS + rng.below(REPLICAS);
        let living = self.places[place].take().filter(|pod| pod.dies_nanos > nanos);
        let pod = living.unwrap_or_else(|| self.new_pod(rng, cluster, deployment, nanos));
        self.places[place].insert(pod)
    }

    /// A node and its cluster.
    pub(super) fn node(&self, rng: &mut Rng) -> (&'static str, String) {
        let cluster = self.clusters.pick(rng);
        (CLUSTERS[cluster], self.node_of(rng, cluster))
    }

    fn node_of(&self, rng: &mut Rng, cluster: usize) -> String {
        format!("ip-10-{}-{}-7", 20 + cluster, 11 + self.nodes.pick(rng))
    }

    fn new_pod(&self, rng: &mut Rng, cluster: usize, deployment: usize, nanos: i64) -> Pod {
        let (name, namespace) = DEPLOYMENTS[deployment];
        // A deployment has few replica sets over time: their names follow from the hour.
        let hour = (nanos / 3_600_000_000_000) as u64;
        let release = hour / (2 + deployment as u64 % 7);
        let mut of_release = Rng::new(release << 16 | (cluster << 8 | deployment) as u64);
        let replica_set = format!("{name}-{}", of_release.suffix(9));
        let version = format!("1.{}.{}", deployment % 9, release % 50);
        Pod {
            cluster: CLUSTERS[cluster],
            namespace,
            deployment: name,
            name: format!("{replica_set}-{}", rng.suffix(5)),
            replica_set,
            node: self.node_of(rng, cluster),
            image: format!("registry.example.com/{namespace}/{name}:{version}"),
            container_id: rng.hex(64),
            dies_nanos: nanos + rng.between(LIFE_NANOS.0, LIFE_NANOS.1),
        }
    }
}
