//! The kinds of objects as the API writes them. `kubectl get events` prints them in small letters.

/// Kinds that are more than one word; of others the first letter is a capital.
const KINDS: [&str; 60] = [
    "APIService",
    "ApplicationSet",
    "BuildConfig",
    "CSIDriver",
    "CSINode",
    "CSIStorageCapacity",
    "CertificateRequest",
    "CertificateSigningRequest",
    "ClusterIssuer",
    "ClusterOperator",
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterVersion",
    "ConfigMap",
    "ControllerRevision",
    "CronJob",
    "CustomResourceDefinition",
    "DaemonSet",
    "DeploymentConfig",
    "DestinationRule",
    "EndpointSlice",
    "ExternalSecret",
    "GatewayClass",
    "GitRepository",
    "HTTPRoute",
    "HelmChart",
    "HelmRelease",
    "HelmRepository",
    "HorizontalPodAutoscaler",
    "ImageStream",
    "IngressClass",
    "LimitRange",
    "MachineConfigPool",
    "MachineSet",
    "MutatingWebhookConfiguration",
    "NetworkPolicy",
    "NodeClaim",
    "NodePool",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "PipelineRun",
    "PodDisruptionBudget",
    "PriorityClass",
    "PrometheusRule",
    "ReplicaSet",
    "ReplicationController",
    "ResourceQuota",
    "RoleBinding",
    "ScaledJob",
    "ScaledObject",
    "ServiceAccount",
    "ServiceMonitor",
    "StatefulSet",
    "StorageClass",
    "TaskRun",
    "ValidatingWebhookConfiguration",
    "VerticalPodAutoscaler",
    "VirtualService",
    "VolumeAttachment",
    "VolumeSnapshot",
];

/// Kinds of objects that are in no namespace.
const OF_CLUSTER: [&str; 22] = [
    "APIService",
    "CSIDriver",
    "CSINode",
    "CertificateSigningRequest",
    "ClusterIssuer",
    "ClusterOperator",
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterVersion",
    "CustomResourceDefinition",
    "GatewayClass",
    "IngressClass",
    "MachineConfigPool",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "NodeClaim",
    "NodePool",
    "PersistentVolume",
    "PriorityClass",
    "StorageClass",
    "VolumeAttachment",
];

/// A kind as the API writes it.
pub(super) fn written(kind: &str) -> String {
    let known = KINDS.iter().find(|known| known.eq_ignore_ascii_case(kind));
    let mut written = known.map_or(kind, |known| *known).to_owned();
    if let Some(first) = written.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    written
}

/// Whether objects of a kind are in no namespace. Their events are in `default`.
pub(super) fn is_of_cluster(kind: &str) -> bool {
    OF_CLUSTER.contains(&kind)
}

/// The object whose event has this name, if it is one that clients of Kubernetes make: the name of
/// the object, a dot, and a time in hexadecimal nanoseconds.
pub(super) fn object_of_event(name: &str) -> Option<&str> {
    let (object, time) = name.rsplit_once('.')?;
    let is_time = time.len() >= 14 && time.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_time.then_some(object)
}

#[cfg(test)]
mod tests {
    use super::{KINDS, OF_CLUSTER, is_of_cluster, object_of_event, written};

    #[test]
    fn kinds_are_written_as_the_api_does() {
        let found = ["pod", "replicaset", "apiservice", "Pod", "ReplicaSet", "certificate", ""];
        let expected = ["Pod", "ReplicaSet", "APIService", "Pod", "ReplicaSet", "Certificate", ""];
        assert_eq!(found.map(written), expected);
        assert!(KINDS.is_sorted() && OF_CLUSTER.is_sorted());
        assert!(is_of_cluster(&written("persistentvolume")) && !is_of_cluster("Pod"));
    }

    #[test]
    fn names_of_events_begin_with_their_object() {
        assert_eq!(object_of_event("web-1.15a3b7c8d9e0f1a2"), Some("web-1"));
        assert_eq!(object_of_event("node.example.com"), None);
        assert_eq!(object_of_event("web-1"), None);
    }
}
