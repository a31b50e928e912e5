//! The formats that are read, and how one is told from another.
//!
//! To add a format: one file with a `SOURCE`, one variant of [`Format`], one line in [`SOURCES`].

#![expect(
    clippy::arithmetic_side_effects,
    reason = "sums over drafts in memory, and counts of what was read"
)]

use crate::{
    Reject, alertmanager, cloudevents, containerd,
    docker::{self, Containers},
    extent::Keys,
    falco, gitlab, grafana, grype,
    hints::Hints,
    importer::{Counts, Record},
    jsonl, kubernetes, limits,
    map::Map,
    native, opsgenie, otlp, pagerduty, suricata, sysdig, trivy,
};
use eventscope_model::{Draft, Labels, Timestamp};
use std::{collections::VecDeque, error::Error, fmt, str::FromStr};

/// The format of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Events of the Kubernetes API, in any of its versions and wire forms.
    Kubernetes,
    /// Events of the Docker engine, as JSON or as the plain text of `docker events`.
    Docker,
    /// Events of containerd, as `ctr events` and `nerdctl events` print them.
    Containerd,
    /// Alerts of Falco, as it prints them or as falcosidekick sends them on.
    Falco,
    /// Alerts of Prometheus' Alertmanager: what it sends and what its API answers.
    Alertmanager,
    /// Reports of the scanner Trivy and of its operator.
    Trivy,
    /// Reports of the scanner Grype.
    Grype,
    /// Events of Sysdig Monitor and policy events of Sysdig Secure.
    Sysdig,
    /// CloudEvents, and the CDEvents of pipelines.
    Cloudevents,
    /// Logs of OpenTelemetry, in the JSON of OTLP.
    Otlp,
    /// The EVE log of Suricata.
    Suricata,
    /// Incidents of PagerDuty, as its webhook tells them.
    Pagerduty,
    /// Alerts of Opsgenie, as its webhook tells them.
    Opsgenie,
    /// Alerts of Grafana: those of its legacy alerting, and the annotations of both kinds.
    Grafana,
    /// Reports of GitLab's scanning of container images.
    Gitlab,
    /// Events as this program writes them.
    Native,
    /// JSON objects of any kind, one event each, read after a [`Map`]. Never detected.
    Jsonl,
    /// Rows of CSV below a header, read after a [`Map`]. Never detected.
    Csv,
}

impl Format {
    /// All formats, in the order in which they are looked for.
    pub const ALL: [Self; 18] = [
        Self::Kubernetes,
        Self::Docker,
        Self::Containerd,
        Self::Falco,
        Self::Alertmanager,
        Self::Trivy,
        Self::Grype,
        Self::Sysdig,
        Self::Cloudevents,
        Self::Otlp,
        Self::Suricata,
        Self::Pagerduty,
        Self::Opsgenie,
        Self::Grafana,
        Self::Gitlab,
        Self::Native,
        Self::Jsonl,
        Self::Csv,
    ];

    /// The name, in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::Docker => "docker",
            Self::Containerd => "containerd",
            Self::Falco => "falco",
            Self::Alertmanager => "alertmanager",
            Self::Trivy => "trivy",
            Self::Grype => "grype",
            Self::Sysdig => "sysdig",
            Self::Cloudevents => "cloudevents",
            Self::Otlp => "otlp",
            Self::Suricata => "suricata",
            Self::Pagerduty => "pagerduty",
            Self::Opsgenie => "opsgenie",
            Self::Grafana => "grafana",
            Self::Gitlab => "gitlab",
            Self::Native => "native",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
        }
    }

    /// Whether its fields have any names, so that a [`Map`] must say what they mean.
    #[must_use]
    pub fn is_mapped(self) -> bool {
        matches!(self, Self::Jsonl | Self::Csv)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let mut all = Self::ALL.into_iter();
        all.find(|format| format.name().eq_ignore_ascii_case(name)).ok_or(UnknownFormat)
    }
}

/// A name that no format has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownFormat;

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Format::ALL.map(Format::name).join(", ");
        write!(f, "unknown format; the formats are {names}")
    }
}

impl Error for UnknownFormat {}

/// The tag that says what of an event is a guess: `time`, `zone`.
pub(crate) const GUESSED: &str = "eventscope.guessed";

/// What there is to know about one format.
pub(crate) struct Source {
    pub(crate) format: Format,
    /// Whether a JSON object with these top-level keys is a record of this format.
    pub(crate) detect: fn(Keys<'_>) -> bool,
    /// Reads a JSON object: gives the run each event of it, or the reason why one is none. An error
    /// is one more reject; the events given before it stand.
    pub(crate) read: fn(Input<'_>, &mut Run<'_>) -> Result<(), Reject>,
    /// Whether records of this format may hold others, so that `envelope` is asked first.
    pub(crate) carries: bool,
    /// Reads a line that is no JSON; `None` if the line is none of this format's.
    pub(crate) read_line: Option<LineReader>,
}

/// Reads a line of text.
pub(crate) type LineReader = fn(&str, &mut Memory, &Hints<'_>) -> Option<Result<Draft, Reject>>;

/// One JSON object to read.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    pub(crate) json: &'a [u8],
    /// Where it starts, from 1.
    pub(crate) line: u64,
}

/// What a record may use, and where its events go.
pub(crate) struct Run<'a> {
    pub(crate) memory: &'a mut Memory,
    pub(crate) events: &'a mut VecDeque<Record>,
    pub(crate) counts: &'a mut Counts,
    /// The time of the file, for records that say none.
    pub(crate) modified: Option<Timestamp>,
    /// What the run was told that records do not say.
    pub(crate) hints: Hints<'a>,
    /// Bytes of text of the events given.
    pub(crate) bytes: usize,
    /// The field mapping, for formats without a fixed schema.
    pub(crate) map: Option<&'a Map>,
    /// The only format that is read, if one was named.
    pub(crate) only: Option<Format>,
    /// Envelopes that are open around the record.
    pub(crate) depth: u32,
    /// The format of the first record found.
    pub(crate) found: Option<Format>,
}

impl Run<'_> {
    /// Takes one event of the record, or the reason why it is none, with the line where it starts.
    ///
    /// # Errors
    /// When the record has given [`limits::EVENTS_PER_RECORD_MAX`] already, or
    /// [`limits::RECORD_EVENTS_BYTES_MAX`].
    pub(crate) fn give(
        &mut self,
        line: u64,
        mut content: Result<Draft, Reject>,
    ) -> Result<(), Reject> {
        if self.hints.take_guess()
            && let Ok(draft) = &mut content
        {
            draft.tags.insert(GUESSED, "zone");
        }
        self.bytes += content.as_ref().map_or(0, Draft::bytes);
        if self.events.len() >= limits::EVENTS_PER_RECORD_MAX
            || self.bytes > limits::RECORD_EVENTS_BYTES_MAX
        {
            return Err(Reject::TooMany);
        }
        self.events.push_back(Record { line, content });
        Ok(())
    }

    /// Gives the events from one on the labels that they lack, marked as added.
    ///
    /// # Errors
    /// As [`Run::give`]: labels that stand once may be those of many events. The event that is too
    /// much and those behind it are taken back.
    pub(crate) fn fill(&mut self, from: usize, labels: &Labels) -> Result<(), Reject> {
        for at in from..self.events.len() {
            let Some(record) = self.events.get_mut(at) else { continue };
            let Ok(draft) = &mut record.content else { continue };
            let missing = labels.iter().filter(|(key, _)| draft.labels.find(key).is_none());
            let missing: Vec<(String, String)> =
                missing.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
            self.bytes +=
                missing.iter().map(|(key, value)| 2 * key.len() + value.len()).sum::<usize>();
            if self.bytes > limits::RECORD_EVENTS_BYTES_MAX {
                self.events.truncate(at);
                return Err(Reject::TooMany);
            }
            draft.add_labels(missing);
        }
        Ok(())
    }

    /// Counts an alert that has not fired.
    pub(crate) fn has_not_fired(&mut self) {
        self.counts.not_fired += 1;
    }

    /// Counts an event that has the time of its file.
    pub(crate) fn is_dated_by_file(&mut self) {
        self.counts.dated_by_file += 1;
    }

    /// Gives the record back: it has the keys of the format, and is none of its records.
    pub(crate) fn disown(&mut self) {
        self.found = None;
        self.pass_over();
    }

    /// Counts a part of the record that is well-formed but no event.
    pub(crate) fn pass_over(&mut self) {
        self.counts.other_documents += 1;
    }
}

/// What is remembered from one record to the next, and from one file to the next.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) containers: Containers,
}

/// All formats of objects and lines. The first whose detector says yes reads the record. CSV is
/// not among them, since its rows mean nothing without their header.
pub(crate) const SOURCES: [Source; Format::ALL.len() - 1] = [
    kubernetes::SOURCE,
    docker::SOURCE,
    containerd::SOURCE,
    falco::SOURCE,
    alertmanager::SOURCE,
    trivy::SOURCE,
    grype::SOURCE,
    sysdig::SOURCE,
    cloudevents::SOURCE,
    otlp::SOURCE,
    suricata::SOURCE,
    pagerduty::SOURCE,
    opsgenie::SOURCE,
    grafana::SOURCE,
    gitlab::SOURCE,
    native::SOURCE,
    jsonl::SOURCE,
];

#[cfg(test)]
mod tests {
    use super::{Format, SOURCES};

    #[test]
    fn names_go_there_and_back_and_each_format_has_a_source() {
        for (format, source) in Format::ALL.into_iter().zip(SOURCES) {
            assert_eq!(format.name().to_uppercase().parse(), Ok(format));
            assert_eq!(source.format, format);
        }
        let refused = "xml".parse::<Format>().unwrap_err();
        assert!(Format::ALL.iter().all(|format| refused.to_string().contains(format.name())));
    }
}
