//! Labels that say a fact under the name that it has in events of Kubernetes and of containers, so
//! that one scope finds an alert, a log or a notice beside the events of its pod. An event that has
//! a label of that name keeps it, and the labels under their own names stay.
//!
//! ```text
//! namespace, exported_namespace      kubernetes.namespace.name
//! pod, node, deployment, daemonset,  kubernetes.pod.name and so on
//! statefulset, cluster
//! job_name                           kubernetes.job.name
//! container                          container.name
//! node_name                          kubernetes.node.name
//! k8s.<kind>.name                    kubernetes.<kind>.name
//! k8s.container.name                 container.name
//! container.image.name, with         container.image
//! container.image.tag or .tags
//! host.name                          host.hostName
//! cloud.region                       cloudProvider.region
//! ```
//!
//! The first six lines are labels of Prometheus and of the collectors of Loki, the others are
//! attributes of OpenTelemetry's semantic conventions. A scraped exporter has the `pod` of the
//! exporter and the `exported_pod` that it speaks of: the second is meant. None of this is part of
//! an identity, so it is added when that is known.

use eventscope_model::{Draft, Labels};

/// The names on both sides; of several with one twin the first counts.
const TWINS: [(&str, &str); 26] = [
    ("namespace", "kubernetes.namespace.name"),
    ("pod", "kubernetes.pod.name"),
    ("node", "kubernetes.node.name"),
    ("node_name", "kubernetes.node.name"),
    ("container", "container.name"),
    ("deployment", "kubernetes.deployment.name"),
    ("daemonset", "kubernetes.daemonSet.name"),
    ("statefulset", "kubernetes.statefulSet.name"),
    ("job_name", "kubernetes.job.name"),
    ("cluster", "kubernetes.cluster.name"),
    ("k8s.cluster.name", "kubernetes.cluster.name"),
    ("k8s.namespace.name", "kubernetes.namespace.name"),
    ("k8s.node.name", "kubernetes.node.name"),
    ("k8s.pod.name", "kubernetes.pod.name"),
    ("k8s.deployment.name", "kubernetes.deployment.name"),
    ("k8s.replicaset.name", "kubernetes.replicaSet.name"),
    ("k8s.replicationcontroller.name", "kubernetes.replicationController.name"),
    ("k8s.daemonset.name", "kubernetes.daemonSet.name"),
    ("k8s.statefulset.name", "kubernetes.statefulSet.name"),
    ("k8s.job.name", "kubernetes.job.name"),
    ("k8s.cronjob.name", "kubernetes.cronJob.name"),
    ("k8s.container.name", "container.name"),
    ("k8s.service.name", "kubernetes.service.name"),
    ("k8s.ingress.name", "kubernetes.ingress.name"),
    ("host.name", "host.hostName"),
    ("cloud.region", "cloudProvider.region"),
];

/// Adds the twins of labels. Most events have none, so the labels are looked up and not the table.
pub(crate) fn add(draft: &mut Draft) {
    let labels = &draft.labels;
    let mut facts: Vec<(usize, bool, String)> = Vec::new();
    for (key, value) in labels.iter().filter(|(_, value)| !value.is_empty()) {
        let exported = key.strip_prefix("exported_");
        let own = exported.unwrap_or(key);
        if let Some(row) = TWINS.iter().position(|(name, _)| *name == own) {
            facts.push((row, exported.is_none(), value.to_owned()));
        }
    }
    facts.sort_unstable();
    for (row, _, value) in facts {
        if let Some((_, twin)) = TWINS.get(row)
            && draft.labels.find(twin).is_none()
        {
            draft.add_label(*twin, value);
        }
    }
    if draft.labels.find("container.image").is_none()
        && let Some(image) = image(&draft.labels)
    {
        draft.add_label("container.image", image);
    }
}

/// The image of a container by its name and its tag, of several tags the first.
fn image(labels: &Labels) -> Option<String> {
    let name = labels.get("container.image.name").filter(|name| !name.is_empty())?;
    let tags = labels.get("container.image.tag").or_else(|| labels.get("container.image.tags"));
    let tag = tags.and_then(|tags| tags.split(", ").next()).filter(|tag| !tag.is_empty());
    Some(tag.map_or_else(|| name.to_owned(), |tag| format!("{name}:{tag}")))
}

#[cfg(test)]
mod tests {
    use eventscope_model::{Draft, Labels};

    /// Adds the twins of labels, which are all marked.
    fn add(labels: &mut Labels) {
        let before = labels.clone();
        let mut draft = Draft::custom("n");
        draft.labels = before.clone();
        super::add(&mut draft);
        let is_new = |key: &&str| before.get(key).is_none();
        let new: Vec<&str> = draft.labels.iter().map(|(key, _)| key).filter(is_new).collect();
        draft.added.sort_unstable();
        assert_eq!(draft.added, new);
        *labels = draft.labels;
    }

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
            labels.scope(),
            "cluster = '' and exported_pod = 'web-1' and job_name = 'nightly' and \
             kubernetes.job.name = 'nightly' and kubernetes.namespace.name = 'shop' and \
             kubernetes.node.name = 'n1' and kubernetes.pod.name = 'web-1' and \
             namespace = 'shop' and node = 'n2' and pod = 'exporter-1'"
        );
    }

    #[test]
    fn attributes_of_opentelemetry_have_twins() {
        let mut labels: Labels = [
            ("k8s.statefulset.name", "db"),
            ("k8s.container.name", "postgres"),
            ("container.image.name", "registry.example/db"),
            ("container.image.tags", "16.1, 16"),
            ("host.name", "n1"),
        ]
        .into();
        add(&mut labels);
        let added = ["kubernetes.statefulSet.name", "container.name", "host.hostName"];
        assert_eq!(added.map(|key| labels.get(key).unwrap_or("none")), ["db", "postgres", "n1"]);
        assert_eq!(labels.get("container.image"), Some("registry.example/db:16.1"));
        assert_eq!(labels.get("k8s.statefulset.name"), Some("db"));
    }
}
