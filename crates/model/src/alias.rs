//! Two spellings of one label: dot names and their Prometheus aliases.
//!
//! `kubernetes.pod.name` and `kube_pod_name` are the same label. An event keeps the spelling it
//! came with; a look-up means either, and the dot form is the canonical one.

/// Every pair of spellings: the canonical dot form first.
pub const PAIRS: [(&str, &str); 16] = [
    ("kubernetes.cluster.name", "kube_cluster_name"),
    ("kubernetes.namespace.name", "kube_namespace_name"),
    ("kubernetes.node.name", "kube_node_name"),
    ("kubernetes.pod.name", "kube_pod_name"),
    ("kubernetes.deployment.name", "kube_deployment_name"),
    ("kubernetes.replicaSet.name", "kube_replicaset_name"),
    ("kubernetes.replicationController.name", "kube_replicationcontroller_name"),
    ("kubernetes.daemonSet.name", "kube_daemonset_name"),
    ("kubernetes.job.name", "kube_job_name"),
    ("kubernetes.workload.name", "kube_workload_name"),
    ("host.hostName", "host_hostname"),
    ("host.mac", "host_mac"),
    ("container.id", "container_id"),
    ("container.name", "container_name"),
    ("container.image", "container_image"),
    ("cloudProvider.region", "cloud_provider_region"),
];

/// The dot form of a key; a key without a second spelling is its own.
///
/// ```
/// use eventscope_model::alias;
///
/// assert_eq!(alias::canonical("kube_pod_name"), "kubernetes.pod.name");
/// assert_eq!(alias::canonical("team"), "team");
/// ```
#[must_use]
pub fn canonical(key: &str) -> &str {
    if !key.contains('_') {
        return key;
    }
    PAIRS.iter().find(|(_, alias)| *alias == key).map_or(key, |(dot, _)| dot)
}

/// The Prometheus form of a dot name that has one.
#[must_use]
pub fn other(canonical: &str) -> Option<&'static str> {
    if !canonical.contains('.') {
        return None;
    }
    PAIRS.iter().find(|(dot, _)| *dot == canonical).map(|(_, alias)| *alias)
}

#[cfg(test)]
mod tests {
    use super::{PAIRS, canonical, other};

    #[test]
    fn every_pair_goes_both_ways() {
        for (dot, alias) in PAIRS {
            assert_eq!(canonical(alias), dot);
            assert_eq!(canonical(dot), dot);
            assert_eq!(other(dot), Some(alias));
        }
        assert_eq!(other("kubernetes.service.name"), None);
    }
}
