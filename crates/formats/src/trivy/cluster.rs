//! Reports of `trivy k8s`: the results of every resource of a cluster.
//!
//! ```text
//! lists             Resources, Findings; in older versions Vulnerabilities and Misconfigurations;
//!                   what they say of one resource is put together
//! artifact          `<Namespace>/<Kind>/<Name>`, what is there
//! container.image   of a finding: a Target with the system in parentheses, else the image of the
//!                   resource; of the artifact: the image of the resource if it has only one
//! labels            also kubernetes.cluster.name (ClusterName), kubernetes.namespace.name,
//!                   kubernetes.<kind>.name, kubernetes.object.kind
//! ```

use super::{Metadata, Outcome, parse};
use crate::{
    Format, Reject,
    image::Reference,
    kubernetes::lower_first,
    scan::{Artifact, Dated, Image, Scan, list},
    source::{Input, Run},
    wire::{Moment, Text},
};
use eventscope_model::Labels;
use serde::Deserialize;

/// The keys under which resources are listed.
pub(super) const LISTS: [&str; 4] =
    ["Resources", "Findings", "Vulnerabilities", "Misconfigurations"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Cluster<'a> {
    #[serde(borrow, default)]
    created_at: Moment<'a>,
    #[serde(borrow, default)]
    cluster_name: Text<'a>,
    #[serde(borrow, default, deserialize_with = "list")]
    resources: Vec<Resource<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    findings: Vec<Resource<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    vulnerabilities: Vec<Resource<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    misconfigurations: Vec<Resource<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resource<'a> {
    #[serde(borrow, default)]
    namespace: Text<'a>,
    #[serde(borrow, default)]
    kind: Text<'a>,
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default, deserialize_with = "list")]
    metadata: Vec<Metadata<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    results: Vec<Outcome<'a>>,
}

pub(super) fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    let cluster: Cluster<'_> = parse(input)?;
    let dated = Dated::find(Format::Trivy, "CreatedAt", &cluster.created_at, run)?;
    let lists = [
        &cluster.resources,
        &cluster.findings,
        &cluster.vulnerabilities,
        &cluster.misconfigurations,
    ];
    let mut resources: Vec<&Resource<'_>> = lists.into_iter().flatten().collect();
    resources.sort_by_key(|resource| resource.key());
    for same in resources.chunk_by(|a, b| a.key() == b.key()) {
        give(same, &cluster.cluster_name, input.line, dated, run)?;
    }
    Ok(())
}

/// Gives what all lists say of one resource.
fn give(
    same: &[&Resource<'_>],
    cluster: &Text<'_>,
    line: u64,
    dated: Dated,
    run: &mut Run<'_>,
) -> Result<(), Reject> {
    let Some(resource) = same.first() else { return Ok(()) };
    let (namespace, kind, name) = resource.key();
    let parts = [namespace, kind, name].into_iter().filter(|part| !part.is_empty());
    let artifact = Artifact {
        name: parts.collect::<Vec<_>>().join("/"),
        image: only_image(same),
        report: None,
        place: place(cluster.given(), namespace, kind, name),
    };
    let mut scan = Scan::new(Format::Trivy, line, dated, &artifact);
    for outcome in same.iter().flat_map(|resource| &resource.results) {
        // The image of the artifact knows more than the target of a result.
        let own = outcome.image().map(Image::named);
        let image = if artifact.image.is_some() { None } else { own };
        outcome.give(&mut scan, run, image)?;
    }
    scan.finish(run)
}

/// The image of a resource, if it has one only.
fn only_image<'r>(same: &[&'r Resource<'_>]) -> Option<Image<'r>> {
    let metadata = same.iter().flat_map(|resource| &resource.metadata);
    let mut known = metadata.filter_map(|metadata| metadata.image(None));
    let outcomes = same.iter().flat_map(|resource| &resource.results);
    let mut targets = outcomes.filter_map(Outcome::image).map(Reference::split);
    let (image, named) = match (known.next(), targets.next()) {
        (Some(image), target) => (image, target),
        (None, Some(target)) => (Image { reference: target, ..Image::default() }, Some(target)),
        (None, None) => return None,
    };
    let alone = known.all(|other| other == image) && targets.all(|other| Some(other) == named);
    alone.then_some(image)
}

/// The labels of a resource of a cluster.
pub(super) fn place(cluster: Option<&str>, namespace: &str, kind: &str, name: &str) -> Labels {
    let name_key = format!("kubernetes.{}.name", lower_first(kind));
    let all = [
        ("kubernetes.cluster.name", cluster.unwrap_or_default()),
        ("kubernetes.namespace.name", namespace),
        ("kubernetes.object.kind", kind),
        (name_key.as_str(), if kind.is_empty() { "" } else { name }),
    ];
    let given = all.into_iter().filter(|(_, value)| !value.is_empty());
    Labels::from_pairs(given.map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
}

impl Resource<'_> {
    fn key(&self) -> (&str, &str, &str) {
        (&self.namespace.0, &self.kind.0, &self.name.0)
    }
}
