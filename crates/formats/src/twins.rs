//! Labels that say a fact under the name that it has in events of Kubernetes, so that one scope
//! finds an alert beside the events of its pod. An event that has a label of that name keeps it.
//!
//! ```text
//! namespace, exported_namespace      kubernetes.namespace.name
//! pod, node, deployment, daemonset,  kubernetes.pod.name and so on
//! statefulset, cluster
//! job_name                           kubernetes.job.name
//! container                          container.name
//! ```
//!
//! A scraped exporter has the `pod` of the exporter and the `exported_pod` that it speaks of: the
//! second is meant. None of this is part of an identity.

use eventscope_model::Labels;

/// The names on both sides.
const TWINS: [(&str, &str); 9] = [
    ("namespace", "kubernetes.namespace.name"),
    ("pod", "kubernetes.pod.name"),
    ("node", "kubernetes.node.name"),
    ("container", "container.name"),
    ("deployment", "kubernetes.deployment.name"),
    ("daemonset", "kubernetes.daemonSet.name"),
    ("statefulset", "kubernetes.statefulSet.name"),
    ("job_name", "kubernetes.job.name"),
    ("cluster", "kubernetes.cluster.name"),
];

/// Adds the twins of labels.
pub(crate) fn add(labels: &mut Labels) {
    for (own, twin) in TWINS {
        let exported = labels.get(&format!("exported_{own}")).filter(|value| !value.is_empty());
        let value = exported.or_else(|| labels.get(own)).filter(|value| !value.is_empty());
        if let Some(value) = value.map(str::to_owned)
            && labels.find(twin).is_none()
        {
            labels.insert(twin, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::add;
    use crate::scope_text;
    use eventscope_model::Labels;

    #[test]
    fn facts_get_the_names_of_kubernetes() {
        let mut labels: Labels = [
            ("pod", "exporter-1"),
            ("exported_pod", "web-1"),
            ("namespace", "shop"),
            ("job_name", "nightly"),
            ("kubernetes.node.name", "n1"),
            ("node", "n2"),
            ("cluster", ""),
        ]
        .into();
        add(&mut labels);
        assert_eq!(
            scope_text::print(&labels),
            "cluster = '' and exported_pod = 'web-1' and job_name = 'nightly' and \
             kubernetes.job.name = 'nightly' and kubernetes.namespace.name = 'shop' and \
             kubernetes.node.name = 'n1' and kubernetes.pod.name = 'web-1' and \
             namespace = 'shop' and node = 'n2' and pod = 'exporter-1'"
        );
    }
}
