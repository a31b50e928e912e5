//! Findings of a scanner and the artifact they were found in, as events: what the formats `trivy`
//! and `grype` have in common.
//!
//! ```text
//! type            `scan`
//! name            of a finding its identifier; of the artifact `Image scanned: <artifact>`
//! description     `<package> <installed> -> <fixed>: <title>`, what is there;
//!                 of the artifact how many findings there are, by severity
//! severity        CRITICAL 0, HIGH 1, MEDIUM 3, LOW 5, anything else 6; of the artifact the worst
//!                 of its findings, 6 without any
//! time            that of the report, else that of the file
//! labels
//!   container.image, image.registry, image.tag, image.digest
//!                 the reference without its digest, and its parts, where an image was scanned
//!   scan.artifact what was scanned, if it is no image
//!   scan.report   the kind of report, where a scanner writes several about one artifact
//!   package.name, scan.target, scan.class
//!                 of a finding
//! details         scan: registry, tag, image, image_id, digest, where an image was scanned
//! uid             <source>:<content hash> of artifact, kind of report, image id, digest, where in
//!                 the cluster; of a finding also identifier, package, installed version, path,
//!                 place, target; the time. A time of the file counts as absent.
//! ```

#![expect(
    clippy::arithmetic_side_effects,
    reason = "counts of findings, which no report brings near 2^64"
)]

use crate::{
    Format, Reject,
    identity::ContentHash,
    image::Reference,
    source::{GUESSED, Run},
    times::Zone,
    wire::{Moment, Text},
};
use eventscope_model::{
    Details, Draft, EventType, Labels, ScanDetails, Severity, Timestamp, UidTime,
};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use std::{
    fmt::{self, Write as _},
    marker::PhantomData,
};

/// What was scanned.
#[derive(Clone, Debug, Default)]
pub(crate) struct Artifact<'a> {
    /// What its report calls it.
    pub(crate) name: String,
    /// The image, if it is one.
    pub(crate) image: Option<Image<'a>>,
    /// The kind of report, if there are several about one artifact.
    pub(crate) report: Option<&'a str>,
    /// Where it runs: labels of both its own event and its findings.
    pub(crate) place: Labels,
}

/// An image and what is known of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Image<'a> {
    pub(crate) reference: Reference<'a>,
    pub(crate) id: Option<&'a str>,
    /// Its digest, if its reference does not say it.
    pub(crate) digest: Option<&'a str>,
}

impl<'a> Image<'a> {
    /// An image of which only the reference is known.
    pub(crate) fn named(reference: &'a str) -> Self {
        Self { reference: Reference::split(reference), id: None, digest: None }
    }

    fn digest(&self) -> Option<&'a str> {
        self.reference.digest.or(self.digest)
    }

    fn labels(&self) -> impl Iterator<Item = (&'static str, &'a str)> {
        let name = Some(self.reference.name).filter(|name| !name.is_empty());
        let all = [
            ("container.image", name),
            ("image.registry", self.reference.registry),
            ("image.tag", self.reference.tag),
            ("image.digest", self.digest()),
        ];
        all.into_iter().filter_map(|(key, value)| value.map(|value| (key, value)))
    }

    fn details(&self) -> Details {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Details::Scan(ScanDetails {
            registry: owned(self.reference.registry),
            tag: owned(self.reference.tag),
            image: owned(Some(self.reference.path).filter(|path| !path.is_empty())),
            image_id: owned(self.id),
            digest: owned(self.digest()),
        })
    }
}

/// One thing that a scanner found. Texts that are not known are empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct Finding<'a> {
    /// What identifies it: a vulnerability, a check, a rule, a licence.
    pub(crate) name: &'a str,
    pub(crate) package: &'a str,
    pub(crate) installed: &'a str,
    pub(crate) fixed: &'a str,
    pub(crate) title: &'a str,
    pub(crate) severity: &'a str,
    pub(crate) target: &'a str,
    pub(crate) class: &'a str,
    /// The file of the package.
    pub(crate) path: &'a str,
    /// Where in the target, and whatever else tells it from others of the same name.
    pub(crate) place: &'a str,
    /// The image, if it is not that of the artifact.
    pub(crate) image: Option<Image<'a>>,
}

impl Finding<'_> {
    fn description(&self) -> String {
        let mut text = [self.package, self.installed].join(" ").trim().to_owned();
        if !self.fixed.is_empty() {
            text = format!("{text} -> {}", self.fixed).trim_start().to_owned();
        }
        match (text.is_empty(), self.title.is_empty()) {
            (true, _) => self.title.to_owned(),
            (false, true) => text,
            (false, false) => format!("{text}: {}", self.title),
        }
    }
}

/// When a scan was made, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dated {
    Report(Timestamp, Zone),
    File(Timestamp),
}

impl Dated {
    /// The time of the report, else that of its file.
    ///
    /// # Errors
    /// When the time cannot be read, or there is none.
    pub(crate) fn find(
        format: Format,
        field: &'static str,
        moment: &Moment<'_>,
        run: &Run<'_>,
    ) -> Result<Self, Reject> {
        let time = moment.read(field, &run.hints)?;
        let zone = if run.hints.take_guess() { Zone::Guessed } else { Zone::Said };
        match (time, run.modified) {
            (Some(time), _) => Ok(Self::Report(time, zone)),
            (None, Some(time)) => Ok(Self::File(time)),
            (None, None) => Err(Reject::Undated { format, field }),
        }
    }

    fn time(self) -> Timestamp {
        match self {
            Self::Report(time, _) | Self::File(time) => time,
        }
    }
}

/// The scan of one artifact on its way to events.
pub(crate) struct Scan<'a> {
    format: Format,
    line: u64,
    dated: Dated,
    artifact: &'a Artifact<'a>,
    /// Labels that the findings share with the artifact.
    labels: Vec<(String, String)>,
    /// Findings by the severity that the scanner says.
    found: [u64; 8],
    /// The worst severity of a finding, after what words were mapped to.
    worst: Severity,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(format: Format, line: u64, dated: Dated, artifact: &'a Artifact<'a>) -> Self {
        let own = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        let mut labels: Vec<_> = artifact.place.iter().map(own).collect();
        if let Some(image) = artifact.image {
            labels.extend(image.labels().map(own));
        } else {
            labels.push(own(("scan.artifact", &artifact.name)));
        }
        labels.extend(artifact.report.map(|report| own(("scan.report", report))));
        Self {
            format,
            line,
            dated,
            artifact,
            labels,
            found: [0; 8],
            worst: Severity::Informational,
        }
    }

    /// Gives the event of a finding.
    ///
    /// # Errors
    /// When the record has given too many already.
    pub(crate) fn finding(&mut self, run: &mut Run<'_>, it: &Finding<'_>) -> Result<(), Reject> {
        let severity = severity(it.severity);
        if let Some(count) = self.found.get_mut(usize::from(severity.level())) {
            *count += 1;
        }
        let name = if it.name.is_empty() { "unnamed finding" } else { it.name };
        let mapped = run.hints.severity([Some(it.severity)]).and_then(Severity::from_level);
        let severity = mapped.unwrap_or(severity);
        // A lower level is worse.
        self.worst = self.worst.min(severity);
        let mut draft = self.draft(name, severity, it.description());
        let own =
            [("package.name", it.package), ("scan.target", it.target), ("scan.class", it.class)];
        let own = own.into_iter().filter(|(_, value)| !value.is_empty());
        let image = it.image.iter().flat_map(Image::labels);
        let mut labels = self.labels.clone();
        labels.extend(own.chain(image).map(|(key, value)| (key.to_owned(), value.to_owned())));
        draft.labels = Labels::from_pairs(labels);
        draft.details = it.image.or(self.artifact.image).as_ref().map(Image::details);
        let hash = self.identity().text(it.name).text(it.package).text(it.installed);
        self.give(run, draft, hash.text(it.path).text(it.place).text(it.target))
    }

    /// Gives the event of the artifact, after all its findings.
    ///
    /// # Errors
    /// When the record has given too many already.
    pub(crate) fn finish(self, run: &mut Run<'_>) -> Result<(), Reject> {
        let name = format!("Image scanned: {}", self.artifact.name);
        let mut draft = self.draft(&name, self.worst, self.summary());
        draft.labels = Labels::from_pairs(self.labels.clone());
        draft.details = self.artifact.image.as_ref().map(Image::details);
        let hash = self.identity();
        self.give(run, draft, hash)
    }

    fn summary(&self) -> String {
        let [critical, high, _, medium, _, low, other, _] = self.found;
        let all: u64 = self.found.iter().sum();
        let mut text = match all {
            0 => return "no findings".to_owned(),
            1 => "1 finding".to_owned(),
            _ => format!("{all} findings"),
        };
        let names = ["critical", "high", "medium", "low", "other"];
        let mut sign = ':';
        for (name, count) in names.into_iter().zip([critical, high, medium, low, other]) {
            if count > 0 {
                // Writing to a text cannot fail.
                let _ = write!(text, "{sign} {count} {name}");
                sign = ',';
            }
        }
        text
    }

    fn draft(&self, name: &str, severity: Severity, description: String) -> Draft {
        let mut draft = Draft::new(EventType::Scan, self.format.name(), name);
        draft.time = Some(self.dated.time());
        draft.severity = severity.level();
        draft.description = description;
        draft
    }

    /// What tells this artifact from others.
    fn identity(&self) -> ContentHash {
        let image = self.artifact.image.unwrap_or_default();
        ContentHash::default()
            .text(&self.artifact.name)
            .optional(self.artifact.report)
            .optional(image.id)
            .optional(image.digest())
            .pairs(&self.artifact.place)
    }

    fn give(&self, run: &mut Run<'_>, mut draft: Draft, hash: ContentHash) -> Result<(), Reject> {
        let (time, uid_time) = match self.dated {
            Dated::Report(time, _) => (time.nanos(), UidTime::Fixed),
            Dated::File(_) => (-1, UidTime::Guessed),
        };
        if let Dated::Report(_, Zone::Guessed) = self.dated {
            draft.tags.insert(GUESSED, "zone");
        }
        let uid = hash.number(time).finish(self.format.name());
        run.give(self.line, Ok(draft.uid(uid, uid_time)))?;
        if uid_time == UidTime::Guessed {
            run.is_dated_by_file();
        }
        Ok(())
    }
}

fn severity(word: &str) -> Severity {
    let known = [
        ("critical", Severity::Emergency),
        ("high", Severity::Alert),
        ("medium", Severity::Error),
        ("low", Severity::Notice),
    ];
    let found = known.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    found.map_or(Severity::Informational, |(_, severity)| *severity)
}

/// Reads a list that may be null, or its only element without a list around it.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(ListVisitor(PhantomData))
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E: Error>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Vec<T>, S::Error> {
        let mut all = Vec::new();
        while let Some(element) = list.next_element()? {
            all.push(element);
        }
        Ok(all)
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Vec<T>, M::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|only| vec![only])
    }
}

/// The first text of a list that is not empty.
pub(crate) fn first_of<'t>(texts: &'t [Text<'_>]) -> Option<&'t str> {
    texts.iter().find_map(Text::given)
}

/// The digest of the first reference of a list that has one.
pub(crate) fn digest_of<'t>(references: &'t [Text<'_>]) -> Option<&'t str> {
    references.iter().find_map(|text| Reference::split(&text.0).digest)
}
