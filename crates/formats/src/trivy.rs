//! Reports of Trivy: schema 2, schema 1 (a bare array of results, each a record of its own), scans
//! of a cluster, see `cluster`, and the custom resources of its operator, see `operator`.
//!
//! ```text
//! type, source      `scan`, `trivy`
//! events            one of each finding, then one of the artifact: the whole report, one result
//!                   of schema 1, one resource of a cluster, one custom resource
//! name              VulnerabilityID; ID, AVDID of a check that did not pass; RuleID of a secret;
//!                   Name of a licence; without one `unnamed finding`
//! description       `<PkgName> <InstalledVersion> -> <FixedVersion>: <title>`, title is Title,
//!                   else Description; of a check Title and Message; of a secret Title and lines;
//!                   of a licence its category
//! severity          Severity
//! time              CreatedAt, else that of the file
//! artifact          ArtifactName, else the first Target with the system in parentheses, without
//!                   these, else the reference of the image; in schema 1 the Target without them
//! container.image   of an ArtifactType container_image: the first of Metadata.RepoTags, else
//!                   Metadata.Reference, else the artifact; in schema 1 a Target with the system
//!                   in parentheses
//! image.digest      that of the first of Metadata.RepoDigests that has one
//! scan.target,      Target, Class
//! scan.class
//! package.name      PkgName
//! path              PkgPath, FilePath; with what else tells two apart: PkgIdentifier.UID or PkgID,
//!                   resource, lines and message of a check, lines of a secret
//! ```
//!
//! Labels, details and the uid: see `scan`.

mod cluster;
mod operator;
mod result;

use crate::{
    Format, Reject,
    extent::Keys,
    image::Reference,
    scan::{Artifact, Dated, Image, Scan, digest_of, first_of, list},
    source::{Input, Run, Source},
    wire::{Moment, Text, first_given},
};
use result::Outcome;
use serde::{Deserialize, de::IgnoredAny};

pub(crate) const SOURCE: Source =
    Source { format: Format::Trivy, detect, read, carries: false, read_line: None };

fn detect(keys: Keys<'_>) -> bool {
    let has_all = |all: &[&str]| all.iter().all(|key| keys.has(key));
    let findings = ["Vulnerabilities", "Misconfigurations", "Secrets", "Licenses"];
    has_all(&["SchemaVersion", "ArtifactName"])
        || has_all(&["ArtifactName", "Results"])
        || (keys.has("ClusterName") && keys.has_any(&cluster::LISTS))
        || (keys.has("Target") && (keys.has_any(&findings) || has_all(&["Class", "Type"])))
        || has_all(&["kind", "report", "metadata"])
}

/// The keys that tell the forms of a report apart.
#[derive(Deserialize)]
struct Form {
    #[serde(default)]
    report: Option<IgnoredAny>,
    #[serde(default, rename = "ClusterName")]
    cluster: Option<IgnoredAny>,
    #[serde(default, rename = "Target")]
    target: Option<IgnoredAny>,
}

/// A report of schema 2.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Report<'a> {
    #[serde(borrow, default)]
    created_at: Moment<'a>,
    #[serde(borrow, default)]
    artifact_name: Text<'a>,
    #[serde(borrow, default)]
    artifact_type: Text<'a>,
    #[serde(borrow, default)]
    metadata: Option<Metadata<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    results: Vec<Outcome<'a>>,
}

/// What is known of a scanned image.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata<'a> {
    #[serde(borrow, default, rename = "ImageID")]
    image_id: Text<'a>,
    #[serde(borrow, default, deserialize_with = "list")]
    repo_tags: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    repo_digests: Vec<Text<'a>>,
    #[serde(borrow, default)]
    reference: Text<'a>,
}

impl Metadata<'_> {
    /// The image, if a reference to it is known.
    fn image<'s>(&'s self, other_reference: Option<&'s str>) -> Option<Image<'s>> {
        let known = first_of(&self.repo_tags).or(self.reference.given());
        let reference = known.or(other_reference)?;
        Some(Image {
            reference: Reference::split(reference),
            id: self.image_id.given(),
            digest: digest_of(&self.repo_digests),
        })
    }
}

fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    let form: Form = parse(input)?;
    if form.report.is_some() {
        operator::read(input, run)
    } else if form.cluster.is_some() {
        cluster::read(input, run)
    } else if form.target.is_some() {
        read_result(input, run)
    } else {
        read_report(input, run)
    }
}

fn parse<'a, T: Deserialize<'a>>(input: Input<'a>) -> Result<T, Reject> {
    serde_json::from_slice(input.json)
        .map_err(|error| Reject::json(Format::Trivy, &error, input.line))
}

fn read_report(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    let report: Report<'_> = parse(input)?;
    let missing = Reject::Missing { format: Format::Trivy, field: "ArtifactName" };
    let unknown = Metadata::default();
    let metadata = report.metadata.as_ref().unwrap_or(&unknown);
    let is_image = report.artifact_type.given() == Some("container_image");
    let target = report.results.iter().find_map(Outcome::image);
    let named = report.artifact_name.given().or(target);
    let image = if is_image { metadata.image(named) } else { None };
    let name = named.or(image.map(|image| image.reference.name)).ok_or(missing)?.to_owned();
    let artifact = Artifact { name, image, ..Artifact::default() };
    let dated = Dated::find(Format::Trivy, "CreatedAt", &report.created_at, run)?;
    let mut scan = Scan::new(Format::Trivy, input.line, dated, &artifact);
    for outcome in &report.results {
        outcome.give(&mut scan, run, None)?;
    }
    scan.finish(run)
}

/// Reads a result of schema 1, which is all there is to know of its artifact.
fn read_result(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    let outcome: Outcome<'_> = parse(input)?;
    let missing = Reject::Missing { format: Format::Trivy, field: "Target" };
    let image = outcome.image().map(Image::named);
    let name = first_given(&[&outcome.target]).ok_or(missing)?;
    let name = outcome.image().unwrap_or(name).to_owned();
    let artifact = Artifact { name, image, ..Artifact::default() };
    let dated = Dated::find(Format::Trivy, "CreatedAt", &Moment::default(), run)?;
    let mut scan = Scan::new(Format::Trivy, input.line, dated, &artifact);
    outcome.give(&mut scan, run, None)?;
    scan.finish(run)
}

#[cfg(test)]
mod tests;
