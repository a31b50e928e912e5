//! Reports of Grype: the vulnerabilities that match the packages of an image or a folder.
//!
//! ```text
//! type, source      `scan`, `grype`
//! events            one of each match, then one of the artifact
//! name              vulnerability.id
//! description       `<artifact.name> <artifact.version> -> <vulnerability.fix.versions>: <title>`;
//!                   title is vulnerability.description, else the first description of
//!                   relatedVulnerabilities
//! severity          vulnerability.severity
//! time              descriptor.timestamp, else that of the file
//! artifact          source.target.userInput; source.target if it is a text; else source.type;
//!                   else `unknown artifact`
//! container.image   of a source.type image: userInput, else the first of tags
//! image.digest      that of the first of repoDigests that has one, else manifestDigest
//! scan.target       the artifact
//! scan.class        artifact.type
//! package.name      artifact.name
//! path              artifact.locations; with what else tells two apart: vulnerability.namespace
//! ```
//!
//! Labels, details and the uid: see `scan`.

use crate::{
    Format, Reject,
    extent::Keys,
    image::Reference,
    scan::{Artifact, Dated, Finding, Image, Scan, digest_of, first_of, list},
    source::{Input, Run, Source},
    wire::{Moment, Text},
};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::{borrow::Cow, fmt};

pub(crate) const SOURCE: Source =
    Source { format: Format::Grype, detect, read, carries: false, read_line: None };

fn detect(keys: Keys<'_>) -> bool {
    keys.has("matches") && keys.has_any(&["source", "descriptor", "distro"])
}

#[derive(Deserialize)]
struct Report<'a> {
    #[serde(borrow, default, deserialize_with = "list")]
    matches: Vec<Match<'a>>,
    #[serde(borrow, default)]
    source: Option<Origin<'a>>,
    #[serde(borrow, default)]
    descriptor: Option<Descriptor<'a>>,
}

#[derive(Deserialize)]
struct Descriptor<'a> {
    #[serde(borrow, default)]
    timestamp: Moment<'a>,
}

/// What was scanned.
#[derive(Default, Deserialize)]
struct Origin<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default)]
    target: Target<'a>,
}

/// The image that was scanned; of a folder or a file only its path, as the user's input.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ImageTarget<'a> {
    #[serde(borrow, default)]
    user_input: Text<'a>,
    #[serde(borrow, default, rename = "imageID")]
    image_id: Text<'a>,
    #[serde(borrow, default)]
    manifest_digest: Text<'a>,
    #[serde(borrow, default, deserialize_with = "list")]
    tags: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    repo_digests: Vec<Text<'a>>,
}

#[derive(Default)]
struct Target<'a>(ImageTarget<'a>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Match<'a> {
    #[serde(borrow)]
    vulnerability: Vulnerability<'a>,
    #[serde(borrow, default, deserialize_with = "list")]
    related_vulnerabilities: Vec<Related<'a>>,
    #[serde(borrow)]
    artifact: Package<'a>,
}

#[derive(Deserialize)]
struct Vulnerability<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    namespace: Text<'a>,
    #[serde(borrow, default)]
    severity: Text<'a>,
    #[serde(borrow, default)]
    description: Text<'a>,
    #[serde(borrow, default)]
    fix: Option<Fix<'a>>,
}

#[derive(Deserialize)]
struct Fix<'a> {
    #[serde(borrow, default, deserialize_with = "list")]
    versions: Vec<Text<'a>>,
}

#[derive(Deserialize)]
struct Related<'a> {
    #[serde(borrow, default)]
    description: Text<'a>,
}

#[derive(Deserialize)]
struct Package<'a> {
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    version: Text<'a>,
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default, deserialize_with = "list")]
    locations: Vec<Location<'a>>,
}

#[derive(Deserialize)]
struct Location<'a> {
    #[serde(borrow, default)]
    path: Text<'a>,
}

fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    let report: Report<'_> = serde_json::from_slice(input.json)
        .map_err(|error| Reject::json(Format::Grype, &error, input.line))?;
    let unset = Moment::default();
    let timestamp = report.descriptor.as_ref().map_or(&unset, |it| &it.timestamp);
    let dated = Dated::find(Format::Grype, "descriptor.timestamp", timestamp, run)?;
    let unknown = Origin::default();
    let artifact = report.source.as_ref().unwrap_or(&unknown).artifact();
    let mut scan = Scan::new(Format::Grype, input.line, dated, &artifact);
    for found in &report.matches {
        found.give(&mut scan, run, &artifact.name)?;
    }
    scan.finish(run)
}

impl Origin<'_> {
    fn artifact(&self) -> Artifact<'_> {
        let Target(target) = &self.target;
        let is_image = self.kind.given() == Some("image");
        let reference = target.user_input.given().or(first_of(&target.tags));
        let image = reference.filter(|_| is_image).map(|reference| Image {
            reference: Reference::split(reference),
            id: target.image_id.given(),
            digest: digest_of(&target.repo_digests).or(target.manifest_digest.given()),
        });
        let name = reference.or(self.kind.given()).unwrap_or("unknown artifact").to_owned();
        Artifact { name, image, ..Artifact::default() }
    }
}

impl Match<'_> {
    fn give(&self, scan: &mut Scan<'_>, run: &mut Run<'_>, target: &str) -> Result<(), Reject> {
        let texts = |texts: &[Text<'_>]| {
            texts.iter().filter_map(Text::given).collect::<Vec<_>>().join(", ")
        };
        let fixed = self.vulnerability.fix.as_ref().map(|fix| texts(&fix.versions));
        let paths: Vec<&str> = self.artifact.locations.iter().map(|it| &*it.path.0).collect();
        let related = self.related_vulnerabilities.iter().find_map(|it| it.description.given());
        let title = self.vulnerability.description.given().or(related);
        let finding = Finding {
            name: &self.vulnerability.id.0,
            package: &self.artifact.name.0,
            installed: &self.artifact.version.0,
            fixed: fixed.as_deref().unwrap_or_default(),
            title: title.unwrap_or_default(),
            severity: &self.vulnerability.severity.0,
            target,
            class: &self.artifact.kind.0,
            path: &paths.join("\n"),
            place: &self.vulnerability.namespace.0,
            image: None,
        };
        scan.finding(run, &finding)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Target<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TargetVisitor)
    }
}

struct TargetVisitor;

impl<'de> Visitor<'de> for TargetVisitor {
    type Value = Target<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an image or a path")
    }

    fn visit_unit<E: Error>(self) -> Result<Target<'de>, E> {
        Ok(Target::default())
    }

    fn visit_borrowed_str<E: Error>(self, path: &'de str) -> Result<Target<'de>, E> {
        let user_input = Text(Cow::Borrowed(path));
        Ok(Target(ImageTarget { user_input, ..ImageTarget::default() }))
    }

    fn visit_str<E: Error>(self, path: &str) -> Result<Target<'de>, E> {
        let user_input = Text(Cow::Owned(path.to_owned()));
        Ok(Target(ImageTarget { user_input, ..ImageTarget::default() }))
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Target<'de>, M::Error> {
        ImageTarget::deserialize(MapAccessDeserializer::new(map)).map(Target)
    }
}

#[cfg(test)]
mod tests;
