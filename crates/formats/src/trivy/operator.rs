//! Custom resources of the Trivy operator: VulnerabilityReport, ExposedSecretReport and the reports
//! of checks (ConfigAuditReport, RbacAssessmentReport, InfraAssessmentReport), each also for a
//! cluster.
//!
//! ```text
//! name              vulnerabilityID, ruleID, checkID of a check without success, else title
//! description       `<resource> <installedVersion> -> <fixedVersion>: <title>`; of a check title
//!                   and messages
//! time              report.updateTimestamp, else metadata.creationTimestamp
//! artifact          the reference made of report.registry.server and report.artifact; without
//!                   one `<namespace>/<kind>/<name>` of the object
//! scan.report       kind
//! scan.target,      target, class
//! scan.class
//! package.name      resource
//! labels            also those of the object: kubernetes.namespace.name, kubernetes.<kind>.name,
//!                   kubernetes.object.kind, container.name, all of the labels
//!                   trivy-operator.resource.* and trivy-operator.container.name
//! ```
//!
//! Another kind, such as SbomReport, is no scan and counts as another document.

use super::{cluster::place, parse, result::sentence};
use crate::{
    Format, Reject,
    image::Reference,
    scan::{Artifact, Dated, Finding, Image, Scan, list},
    source::{Input, Run},
    wire::{Moment, Pairs, Text, first_given},
};
use serde::Deserialize;

/// The kinds that are read. Each has a form of its own for what belongs to no namespace.
const KINDS: [&str; 5] = [
    "VulnerabilityReport",
    "ExposedSecretReport",
    "ConfigAuditReport",
    "RbacAssessmentReport",
    "InfraAssessmentReport",
];

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow, default)]
    kind: Text<'a>,
}

#[derive(Deserialize)]
struct Resource<'a> {
    #[serde(borrow, default)]
    kind: Text<'a>,
    #[serde(borrow, default)]
    metadata: Metadata<'a>,
    #[serde(borrow)]
    report: Report<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata<'a> {
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    namespace: Text<'a>,
    #[serde(borrow, default)]
    labels: Pairs<'a>,
    #[serde(borrow, default)]
    creation_timestamp: Moment<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    #[serde(borrow, default)]
    update_timestamp: Moment<'a>,
    #[serde(borrow, default)]
    artifact: Option<Scanned<'a>>,
    #[serde(borrow, default)]
    registry: Option<Registry<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    vulnerabilities: Vec<Vulnerability<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    secrets: Vec<Secret<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    checks: Vec<Check<'a>>,
}

#[derive(Deserialize)]
struct Scanned<'a> {
    #[serde(borrow, default)]
    repository: Text<'a>,
    #[serde(borrow, default)]
    tag: Text<'a>,
    #[serde(borrow, default)]
    digest: Text<'a>,
}

#[derive(Deserialize)]
struct Registry<'a> {
    #[serde(borrow, default)]
    server: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vulnerability<'a> {
    #[serde(borrow, default, rename = "vulnerabilityID")]
    id: Text<'a>,
    #[serde(borrow, default)]
    resource: Text<'a>,
    #[serde(borrow, default)]
    installed_version: Text<'a>,
    #[serde(borrow, default)]
    fixed_version: Text<'a>,
    #[serde(borrow, default)]
    title: Text<'a>,
    #[serde(borrow, default)]
    severity: Text<'a>,
    #[serde(borrow, default)]
    target: Text<'a>,
    #[serde(borrow, default)]
    class: Text<'a>,
    #[serde(borrow, default, alias = "pkgPath")]
    package_path: Text<'a>,
    #[serde(borrow, default, rename = "packagePURL")]
    package_url: Text<'a>,
}

#[derive(Deserialize)]
struct Secret<'a> {
    #[serde(borrow, default, rename = "ruleID")]
    rule: Text<'a>,
    #[serde(borrow, default)]
    severity: Text<'a>,
    #[serde(borrow, default)]
    title: Text<'a>,
    #[serde(borrow, default)]
    target: Text<'a>,
    #[serde(borrow, default, rename = "match")]
    line: Text<'a>,
}

#[derive(Deserialize)]
struct Check<'a> {
    #[serde(borrow, default, rename = "checkID")]
    id: Text<'a>,
    #[serde(borrow, default)]
    title: Text<'a>,
    #[serde(borrow, default, deserialize_with = "list")]
    messages: Vec<Text<'a>>,
    #[serde(borrow, default)]
    severity: Text<'a>,
    #[serde(default)]
    success: bool,
}

pub(super) fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    let kind: Kind<'_> = parse(input)?;
    let bare = kind.kind.0.strip_prefix("Cluster").unwrap_or(&kind.kind.0);
    if !KINDS.contains(&bare) {
        run.pass_over();
        return Ok(());
    }
    let resource: Resource<'_> = parse(input)?;
    let dated = resource.dated(run)?;
    let reference = resource.report.reference();
    let artifact = resource.artifact(reference.as_deref());
    let mut scan = Scan::new(Format::Trivy, input.line, dated, &artifact);
    resource.report.give(&mut scan, run)?;
    scan.finish(run)
}

impl Resource<'_> {
    fn dated(&self, run: &Run<'_>) -> Result<Dated, Reject> {
        let updated = self.report.update_timestamp.read("updateTimestamp", &run.hints)?;
        let (field, moment) = match updated {
            Some(_) => ("updateTimestamp", &self.report.update_timestamp),
            None => ("creationTimestamp", &self.metadata.creation_timestamp),
        };
        Dated::find(Format::Trivy, field, moment, run)
    }

    fn artifact<'s>(&'s self, reference: Option<&'s str>) -> Artifact<'s> {
        let label = |wanted: &str| {
            let mut pairs = self.metadata.labels.0.iter();
            let key = format!("trivy-operator.{wanted}");
            pairs.find(|(name, _)| name.0 == key).and_then(|(_, value)| value.given())
        };
        let namespace = label("resource.namespace").or(self.metadata.namespace.given());
        let (namespace, kind) = (namespace.unwrap_or_default(), label("resource.kind"));
        let object = label("resource.name").or(self.metadata.name.given()).unwrap_or_default();
        let parts = [namespace, kind.unwrap_or_default(), object];
        let parts = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
        let mut place = place(None, namespace, kind.unwrap_or_default(), object);
        if let Some(container) = label("container.name") {
            place.insert("container.name", container);
        }
        Artifact {
            name: reference.map_or_else(|| parts.join("/"), str::to_owned),
            image: reference.map(|reference| Image {
                reference: Reference::split(reference),
                id: None,
                digest: self.report.artifact.as_ref().and_then(|it| it.digest.given()),
            }),
            report: self.kind.given(),
            place,
        }
    }
}

impl Report<'_> {
    /// The reference that registry, repository and tag make, without the digest.
    fn reference(&self) -> Option<String> {
        let artifact = self.artifact.as_ref()?;
        let mut reference = String::new();
        if let Some(server) = self.registry.as_ref().and_then(|registry| registry.server.given()) {
            reference = format!("{server}/");
        }
        reference.push_str(artifact.repository.given()?);
        if let Some(tag) = artifact.tag.given() {
            reference = format!("{reference}:{tag}");
        }
        Some(reference)
    }

    fn give(&self, scan: &mut Scan<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
        for it in &self.vulnerabilities {
            let finding = Finding {
                name: &it.id.0,
                package: &it.resource.0,
                installed: &it.installed_version.0,
                fixed: &it.fixed_version.0,
                title: &it.title.0,
                severity: &it.severity.0,
                target: &it.target.0,
                class: &it.class.0,
                path: &it.package_path.0,
                place: &it.package_url.0,
                image: None,
            };
            scan.finding(run, &finding)?;
        }
        for it in &self.secrets {
            let finding = Finding {
                name: first_given(&[&it.rule, &it.title]).unwrap_or_default(),
                title: &it.title.0,
                severity: &it.severity.0,
                target: &it.target.0,
                place: &it.line.0,
                ..Finding::default()
            };
            scan.finding(run, &finding)?;
        }
        for it in self.checks.iter().filter(|check| !check.success) {
            let messages: Vec<&str> = it.messages.iter().filter_map(Text::given).collect();
            let finding = Finding {
                name: first_given(&[&it.id, &it.title]).unwrap_or_default(),
                title: &sentence(&it.title.0, &messages.join("; ")),
                severity: &it.severity.0,
                place: &messages.join("\n"),
                ..Finding::default()
            };
            scan.finding(run, &finding)?;
        }
        Ok(())
    }
}
