//! Reports of GitLab's container scanning (`gl-container-scanning-report.json`) and of its scans of
//! the images that run in a cluster. Whatever scanner made them, they have the fields of GitLab's
//! schemas of security reports.
//!
//! ```text
//! type, source      `scan`, `gitlab`
//! events            of each image one of each finding, then one of the image
//! name              the first of identifiers whose type is cve, else the first of them; else cve,
//!                   name, message
//! description       `<package> <installed> -> <fixed>: <title>`; fixed is what solution says,
//!                   if it is `Upgrade .. to ..`; title is description, else message, else name
//! severity          severity
//! time              scan.end_time, else scan.start_time, which are in UTC; else that of the file
//! artifact          location.image
//! container.image   location.image
//! scan.target       location.image
//! scan.class        location.operating_system: of some scanners the kind of the package
//! package.name      location.dependency.package.name
//! with what else tells two apart: the other identifiers
//! kubernetes.namespace.name, kubernetes.<kind>.name, kubernetes.object.kind, container.name
//!                   location.kubernetes_resource, of a cluster's images
//! ```
//!
//! Labels, details and the uid: see `scan`. The id of a vulnerability is no part of it, since some
//! scanners make a new one each time.
//!
//! A report of another kind (dependencies, code, secrets) is an other document: it says nothing of
//! an image. One without findings does not say which image it is about, and is an empty dump.

use crate::{
    Format, Reject,
    extent::Keys,
    kubernetes::lower_first,
    scan::{Artifact, Dated, Finding, Image, Scan, list},
    source::{Input, Run, Source},
    times::Zone,
    wire::{Moment, Text, first_given},
};
use eventscope_model::Labels;
use serde::Deserialize;
use std::collections::BTreeMap;

pub(crate) const SOURCE: Source =
    Source { format: Format::Gitlab, detect, read, carries: false, read_line: None };

/// Reports before version 14 have no `scan`, but `version` and `remediations`.
fn detect(keys: Keys<'_>) -> bool {
    keys.has("vulnerabilities") && keys.has("version") && keys.has_any(&["scan", "remediations"])
}

#[derive(Deserialize)]
struct Report<'a> {
    #[serde(borrow, default)]
    scan: Option<About<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    vulnerabilities: Vec<Vulnerability<'a>>,
}

#[derive(Default, Deserialize)]
struct About<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default)]
    start_time: Moment<'a>,
    #[serde(borrow, default)]
    end_time: Moment<'a>,
}

#[derive(Deserialize)]
struct Vulnerability<'a> {
    /// The kind of report, in those without `scan`.
    #[serde(borrow, default)]
    category: Text<'a>,
    #[serde(borrow, default)]
    cve: Text<'a>,
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    message: Text<'a>,
    #[serde(borrow, default)]
    description: Text<'a>,
    #[serde(borrow, default)]
    severity: Text<'a>,
    #[serde(borrow, default)]
    solution: Text<'a>,
    #[serde(borrow, default, deserialize_with = "list")]
    identifiers: Vec<Identifier<'a>>,
    #[serde(borrow, default)]
    location: Option<Location<'a>>,
}

#[derive(Deserialize)]
struct Identifier<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    value: Text<'a>,
}

#[derive(Default, Deserialize)]
struct Location<'a> {
    #[serde(borrow, default)]
    image: Text<'a>,
    #[serde(borrow, default)]
    operating_system: Text<'a>,
    #[serde(borrow, default)]
    dependency: Option<Dependency<'a>>,
    #[serde(borrow, default)]
    kubernetes_resource: Option<Resource<'a>>,
}

#[derive(Default, Deserialize)]
struct Dependency<'a> {
    #[serde(borrow, default)]
    package: Option<Package<'a>>,
    #[serde(borrow, default)]
    version: Text<'a>,
}

#[derive(Deserialize)]
struct Package<'a> {
    #[serde(borrow, default)]
    name: Text<'a>,
}

#[derive(Deserialize)]
struct Resource<'a> {
    #[serde(borrow, default)]
    namespace: Text<'a>,
    #[serde(borrow, default)]
    kind: Text<'a>,
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    container_name: Text<'a>,
}

/// The kinds of reports that are about images.
fn is_of_images(kind: &str) -> bool {
    matches!(kind, "container_scanning" | "cluster_image_scanning")
}

fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    let report: Report<'_> = serde_json::from_slice(input.json)
        .map_err(|error| Reject::json(Format::Gitlab, &error, input.line))?;
    let unknown = About::default();
    let about = report.scan.as_ref().unwrap_or(&unknown);
    let category = report.vulnerabilities.first().and_then(|first| first.category.given());
    if !about.kind.given().or(category).is_some_and(is_of_images) {
        run.disown();
        return Ok(());
    }
    let mut images: BTreeMap<(&str, Labels), Vec<&Vulnerability<'_>>> = BTreeMap::new();
    for found in &report.vulnerabilities {
        images.entry((found.image(), found.place())).or_default().push(found);
    }
    let dated = about.dated(run)?;
    for ((image, place), all) in images {
        let artifact = Artifact {
            name: if image.is_empty() { "unknown artifact" } else { image }.to_owned(),
            image: Some(image).filter(|image| !image.is_empty()).map(Image::named),
            report: None,
            place,
        };
        let mut scan = Scan::new(Format::Gitlab, input.line, dated, &artifact);
        for found in all {
            found.give(&mut scan, run, &artifact.name)?;
        }
        scan.finish(run)?;
    }
    Ok(())
}

impl About<'_> {
    fn dated(&self, run: &Run<'_>) -> Result<Dated, Reject> {
        let end = self.end_time.read_as_utc("scan.end_time")?;
        match end.map_or_else(|| self.start_time.read_as_utc("scan.start_time"), |it| Ok(Some(it)))
        {
            Ok(Some(time)) => Ok(Dated::Report(time, Zone::Said)),
            Ok(None) => Dated::find(Format::Gitlab, "scan.end_time", &Moment::default(), run),
            Err(reject) => Err(reject),
        }
    }
}

impl Vulnerability<'_> {
    fn image(&self) -> &str {
        self.location.as_ref().map_or("", |location| &location.image.0)
    }

    /// Where in a cluster the image runs.
    fn place(&self) -> Labels {
        let resource = self.location.as_ref().and_then(|it| it.kubernetes_resource.as_ref());
        let Some(resource) = resource else { return Labels::default() };
        let kind = resource.kind.given();
        let of_kind = kind.map(|kind| format!("kubernetes.{}.name", lower_first(kind)));
        let pairs = [
            (of_kind.as_deref(), resource.name.given()),
            (Some("kubernetes.namespace.name"), resource.namespace.given()),
            (Some("kubernetes.object.kind"), kind),
            (Some("container.name"), resource.container_name.given()),
        ];
        pairs.into_iter().filter_map(|(key, value)| Some((key?, value?))).collect()
    }

    fn give(&self, scan: &mut Scan<'_>, run: &mut Run<'_>, target: &str) -> Result<(), Reject> {
        let unknown = (Location::default(), Dependency::default());
        let location = self.location.as_ref().unwrap_or(&unknown.0);
        let dependency = location.dependency.as_ref().unwrap_or(&unknown.1);
        let others: Vec<&str> = self.identifiers.iter().filter_map(Identifier::text).collect();
        let finding = Finding {
            name: self.identifier(),
            package: dependency.package.as_ref().map_or("", |package| &package.name.0),
            installed: &dependency.version.0,
            fixed: self.fixed().unwrap_or_default(),
            title: first_given(&[&self.description, &self.message, &self.name]).unwrap_or_default(),
            severity: &self.severity.0,
            target,
            class: &location.operating_system.0,
            path: "",
            place: &others.join("\n"),
            image: None,
        };
        scan.finding(run, &finding)
    }

    /// What identifies it: most scanners give the number of a CVE first.
    fn identifier(&self) -> &str {
        let is_cve = |it: &&Identifier<'_>| it.kind.0.eq_ignore_ascii_case("cve");
        let cve = self.identifiers.iter().find(is_cve).and_then(Identifier::text);
        let any = self.identifiers.iter().find_map(Identifier::text);
        let own = first_given(&[&self.cve, &self.name, &self.message]);
        cve.or(any).or(own).unwrap_or_default()
    }

    /// The version of a solution such as `Upgrade apt from 1.4.8 to 1.4.9`.
    fn fixed(&self) -> Option<&str> {
        let text = self.solution.given()?.strip_prefix("Upgrade ")?;
        let (_, version) = text.rsplit_once(" to ")?;
        let version = version.strip_prefix("version ").unwrap_or(version);
        Some(version.trim_end_matches('.')).filter(|version| !version.contains(' '))
    }
}

impl Identifier<'_> {
    fn text(&self) -> Option<&str> {
        first_given(&[&self.name, &self.value])
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{labels, read};
    use eventscope_model::Draft;

    fn vulnerability(id: &str, image: &str, more: &str) -> String {
        format!(
            r#"{{"id":"0f3a","severity":"High","description":"A flaw.","solution":
            "Upgrade apt from 1.4.8 to 1.4.9","identifiers":[{{"type":"ghsa","name":"GHSA-1"}},
            {{"type":"cve","name":"{id}","value":"{id}"}}],"location":{{"dependency":{{"package":
            {{"name":"apt"}},"version":"1.4.8"}},"operating_system":"debian:9.4",
            "image":"{image}"{more}}}}}"#
        )
    }

    fn report(kind: &str, found: &[String]) -> String {
        format!(
            r#"{{"version":"15.0.7","vulnerabilities":[{}],"remediations":[],"scan":{{"type":
            "{kind}","start_time":"2026-11-23T08:59:00","end_time":"2026-11-23T09:00:00",
            "status":"success"}}}}"#,
            found.join(",")
        )
    }

    fn drafts(json: &str) -> Vec<Draft> {
        read(json).records.into_iter().map(|record| record.content.unwrap()).collect()
    }

    #[test]
    fn an_image_and_its_findings_are_events() {
        let found = vulnerability("CVE-2019-3462", "registry.example/shop/web:1.4", "");
        let all = drafts(&report("container_scanning", &[found]));
        let [finding, image] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((finding.name.as_str(), finding.severity), ("CVE-2019-3462", 1));
        assert_eq!(finding.description, "apt 1.4.8 -> 1.4.9: A flaw.");
        assert_eq!(finding.time.unwrap().to_string(), "2026-11-23T09:00:00Z");
        assert_eq!(
            labels(finding),
            "container.image = 'registry.example/shop/web:1.4' and \
             image.registry = 'registry.example' and image.tag = '1.4' and \
             package.name = 'apt' and scan.class = 'debian:9.4' and \
             scan.target = 'registry.example/shop/web:1.4'"
        );
        assert_eq!(image.name, "Image scanned: registry.example/shop/web:1.4");
        assert_eq!((image.description.as_str(), image.severity), ("1 finding: 1 high", 1));
    }

    #[test]
    fn the_images_of_a_cluster_are_told_apart() {
        let place = r#","kubernetes_resource":{"namespace":"shop","kind":"ReplicaSet",
            "name":"web-7d4b","container_name":"web","agent_id":"1"}"#;
        let all = drafts(&report(
            "cluster_image_scanning",
            &[
                vulnerability("CVE-1", "web:1", place),
                vulnerability("CVE-1", "db:2", ""),
                vulnerability("CVE-2", "web:1", place),
            ],
        ));
        let names: Vec<_> = all.iter().map(|draft| draft.name.as_str()).collect();
        let web = "Image scanned: web:1";
        assert_eq!(names, ["CVE-1", "Image scanned: db:2", "CVE-1", "CVE-2", web]);
        assert_eq!(
            labels(&all[4]),
            "container.image = 'web:1' and container.name = 'web' and image.tag = '1' and \
             kubernetes.namespace.name = 'shop' and kubernetes.object.kind = 'ReplicaSet' and \
             kubernetes.replicaSet.name = 'web-7d4b'"
        );
    }

    #[test]
    fn reports_of_other_kinds_are_other_documents() {
        let found = vulnerability("CVE-1", "web:1", "");
        for kind in ["dependency_scanning", "sast", "secret_detection", ""] {
            let outcome = read(report(kind, std::slice::from_ref(&found)));
            assert_eq!((outcome.records.len(), outcome.format), (0, None), "{kind}");
            assert_eq!(outcome.counts.other_documents, 1, "{kind}");
        }
        let empty = read(report("container_scanning", &[]));
        assert_eq!((empty.records.len(), empty.counts.empty_lists), (0, 1));
        let old = format!(
            r#"{{"version":"2.4","remediations":[],"vulnerabilities":[{}]}}"#,
            found.replacen('{', r#"{"category":"container_scanning","#, 1)
        );
        let lines = read(old).lines();
        assert!(lines[0].contains("scan.end_time is missing"), "{lines:?}");
    }

    #[test]
    fn a_report_made_again_with_other_ids_is_the_same() {
        let first = report("container_scanning", &[vulnerability("CVE-1", "web:1", "")]);
        let uids = |json: &str| {
            drafts(json).into_iter().map(|draft| draft.uid.unwrap().text).collect::<Vec<_>>()
        };
        assert_eq!(uids(&first), uids(&first.replace("0f3a", "9e1c")));
        assert_ne!(uids(&first), uids(&first.replace("09:00:00", "10:00:00")));
        assert!(uids(&first).iter().all(|uid| uid.starts_with("gitlab:")));
    }
}
