//! Reads the examples of each format and shows every event that comes of them, field by field.
//!
//! The examples lie in `examples/<format>`, the events in `snapshots`. A folder is read in the
//! order of its paths, as one run.

use eventscope_formats::{Format, ImportOptions, Importer, files};
use eventscope_model::{Draft, State, Timestamp};
use std::{
    error::Error,
    fmt::{self, Write as _},
    fs::File,
    path::Path,
};

/// All records of the examples of a format, and what else was counted.
fn report(format: Format) -> Result<String, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/examples").join(format.name());
    let mut importer = Importer::new(ImportOptions::default());
    let modified = Timestamp::from_unix(1_795_500_000)?;
    let mut report = String::new();
    for found in files([&folder]) {
        let found = found?;
        let name = found.path.strip_prefix(&folder)?.display();
        let mut dump = importer.read(File::open(&found.path)?).modified(modified);
        writeln!(report, "=== {name}")?;
        for record in &mut dump {
            let record = record?;
            match &record.content {
                Ok(draft) => write!(report, "line {}\n{}", record.line, Shown(draft))?,
                Err(reject) => writeln!(report, "line {}\n  REJECT {reject}", record.line)?,
            }
        }
        let counts = dump.counts();
        let (text, other) = (counts.skipped_text, counts.other_documents);
        let found = dump.format().map_or("no format", Format::name);
        writeln!(report, "{found}, text {text}, other documents {other}")?;
        let beside = [
            ("not fired", counts.not_fired),
            ("dated by file", counts.dated_by_file),
            ("degraded", counts.degraded),
        ];
        for (what, events) in beside {
            if events > 0 {
                writeln!(report, "{what} {events}")?;
            }
        }
    }
    Ok(report)
}

/// A draft, one field a line; fields with nothing to say are left out.
struct Shown<'a>(&'a Draft);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let draft = self.0;
        let uid = draft.uid.as_ref();
        writeln!(f, "  {} {:?} of {}", draft.event_type, draft.name, draft.source)?;
        if let Some(uid) = uid {
            writeln!(f, "  uid {} ({:?})", uid.text, uid.time)?;
        }
        let time = draft.time.map_or_else(|| "none".to_owned(), |time| time.to_string());
        writeln!(f, "  time {time}, severity {}, count {}", draft.severity, draft.count)?;
        if draft.state == State::Resolved || draft.end_time.is_some() {
            let end = draft.end_time.map_or_else(|| "none".to_owned(), |time| time.to_string());
            writeln!(f, "  {}, end {end}", draft.state)?;
        }
        if !draft.description.is_empty() {
            writeln!(f, "  description {:?}", draft.description)?;
        }
        for (key, value) in draft.labels.iter() {
            writeln!(f, "  label {key} = {value:?}")?;
        }
        for (key, value) in draft.tags.iter() {
            writeln!(f, "  tag {key} = {value:?}")?;
        }
        let Some(details) = &draft.details else { return Ok(()) };
        for (key, value) in details.fields() {
            if let Some(value) = value {
                writeln!(f, "  detail {key} = {value:?}")?;
            }
        }
        if details.metrics().is_empty() {
            return Ok(());
        }
        writeln!(f, "  detail metrics = {:?}", details.metrics())
    }
}

#[test]
fn kubernetes() {
    insta::assert_snapshot!(report(Format::Kubernetes).unwrap());
}

#[test]
fn containerd() {
    insta::assert_snapshot!(report(Format::Containerd).unwrap());
}

#[test]
fn alertmanager() {
    insta::assert_snapshot!(report(Format::Alertmanager).unwrap());
}

#[test]
fn falco() {
    insta::assert_snapshot!(report(Format::Falco).unwrap());
}

#[test]
fn sysdig() {
    insta::assert_snapshot!(report(Format::Sysdig).unwrap());
}

#[test]
fn trivy() {
    insta::assert_snapshot!(report(Format::Trivy).unwrap());
}

#[test]
fn grype() {
    insta::assert_snapshot!(report(Format::Grype).unwrap());
}

#[test]
fn cloudevents() {
    insta::assert_snapshot!(report(Format::Cloudevents).unwrap());
}

#[test]
fn otlp() {
    insta::assert_snapshot!(report(Format::Otlp).unwrap());
}

#[test]
fn suricata() {
    insta::assert_snapshot!(report(Format::Suricata).unwrap());
}

#[test]
fn pagerduty() {
    insta::assert_snapshot!(report(Format::Pagerduty).unwrap());
}

#[test]
fn opsgenie() {
    insta::assert_snapshot!(report(Format::Opsgenie).unwrap());
}

#[test]
fn grafana() {
    insta::assert_snapshot!(report(Format::Grafana).unwrap());
}

#[test]
fn gitlab() {
    insta::assert_snapshot!(report(Format::Gitlab).unwrap());
}
