//! Logs of OpenTelemetry: the JSON that OTLP exporters and the file exporter of its collector
//! write, `{"resourceLogs": [..]}`.
//!
//! ```text
//! type, source     `custom`, `otlp`
//! name             eventName, else the first given of the attributes event.name, exception.type,
//!                  the name of the instrumentation scope, service.name, else `log record`
//! description      body; after it the attributes exception.message and exception.stacktrace, and
//!                  KEY: VALUE of each that is too long for a label
//! severity         severityNumber: 21 to 24 (FATAL) 0, 19 and 20 1, 18 2, 17 (ERROR) 3,
//!                  13 to 16 (WARN) 4, 10 to 12 5, 9 (INFO) 6, 1 to 8 (DEBUG, TRACE) 7;
//!                  without one severityText if it is a known word, else 6
//! time             timeUnixNano, else observedTimeUnixNano
//! labels           attributes of the resource, the scope and the record under their own names,
//!                  in this order, later ones win; a map's under NAME.KEY
//!                  host.hostName: host.name; kubernetes.<kind>.name: k8s.<kind>.name; some also
//!                  under the names that they have in events of Kubernetes, see `twins`
//!                  otel.scope.name, otel.scope.version, trace.id, span.id
//! uid              otlp:<content hash> of time, severity, name, description, labels
//! ```
//!
//! Each log record is an event; one whose body is a record of another format is read as that, and
//! so is one whose attributes are those of an event of Kubernetes, see `k8s_event`.
//! Values of lists are put in one text, with `, ` between them, and
//! a body that is a map becomes `key=value, ..`. The numbers of severities are those of the table
//! for syslog in OpenTelemetry's data model of logs; the names of attributes those of its semantic
//! conventions.

mod k8s_event;
mod value;

use crate::{
    Format, Reject, envelope,
    extent::Keys,
    hints::Hints,
    identity::ContentHash,
    limits::ENVELOPES_MAX,
    nested::{Lines, elements},
    severity,
    source::{Input, Run, Source},
    wire::{Moment, Text, first_set},
};
use eventscope_model::{Draft, EventType, Labels, Severity, UidTime, limits};
use serde::Deserialize;
use serde_json::value::RawValue;
use value::{AnyValue, Attribute, flat};

pub(crate) const SOURCE: Source =
    Source { format: Format::Otlp, detect, read, carries: true, read_line: None };

/// Kinds of Kubernetes objects whose names have a label of their own here.
const KINDS: [(&str, &str); 8] = [
    ("cluster", "cluster"),
    ("namespace", "namespace"),
    ("node", "node"),
    ("pod", "pod"),
    ("deployment", "deployment"),
    ("replicaset", "replicaSet"),
    ("daemonset", "daemonSet"),
    ("job", "job"),
];

/// Attributes that are told in the description.
const IN_DESCRIPTION: [&str; 2] = ["exception.message", "exception.stacktrace"];

fn detect(keys: Keys<'_>) -> bool {
    keys.has("resourceLogs")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "logs")]
struct Logs<'a> {
    #[serde(borrow)]
    resource_logs: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "logs of a resource")]
struct ResourceLogs<'a> {
    #[serde(borrow, default)]
    resource: Option<Resource<'a>>,
    #[serde(borrow, default, alias = "instrumentationLibraryLogs")]
    scope_logs: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct Resource<'a> {
    #[serde(borrow, default)]
    attributes: Option<Vec<Attribute<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "logs of a scope")]
struct ScopeLogs<'a> {
    #[serde(borrow, default, alias = "instrumentationLibrary")]
    scope: Option<Scope<'a>>,
    #[serde(borrow, default, alias = "logs")]
    log_records: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct Scope<'a> {
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    version: Text<'a>,
    #[serde(borrow, default)]
    attributes: Option<Vec<Attribute<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a log record")]
struct LogRecord<'a> {
    #[serde(borrow, default)]
    event_name: Text<'a>,
    #[serde(borrow, default)]
    time_unix_nano: Moment<'a>,
    #[serde(borrow, default)]
    observed_time_unix_nano: Moment<'a>,
    #[serde(borrow, default)]
    severity_number: Text<'a>,
    #[serde(borrow, default)]
    severity_text: Text<'a>,
    #[serde(borrow, default)]
    body: Option<AnyValue<'a>>,
    #[serde(borrow, default)]
    attributes: Option<Vec<Attribute<'a>>>,
    #[serde(borrow, default)]
    trace_id: Text<'a>,
    #[serde(borrow, default)]
    span_id: Text<'a>,
}

/// Labels that all parts of a whole have, and these parts.
type Parts<'a> = (Vec<(String, String)>, Vec<&'a RawValue>);

/// Gives the events of a record. Where the logs of a resource or of a scope cannot be read, they
/// are one reject, and those beside them are read all the same.
fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    read_all(input, run).map(drop)
}

/// Reads what logs carry where another format is asked for. `None` if they are none, or carry
/// nothing of it: then they are whatever they would be otherwise.
pub(crate) fn read_carried(
    input: Input<'_>,
    keys: Keys<'_>,
    run: &mut Run<'_>,
) -> Option<Result<(), Reject>> {
    if !is_foreign(run) || !detect(keys) {
        return None;
    }
    let others = run.counts.other_documents;
    match read_all(input, run) {
        Ok(0) => {
            run.counts.other_documents = others;
            None
        }
        read => Some(read.map(drop)),
    }
}

/// Whether another format is asked for.
fn is_foreign(run: &Run<'_>) -> bool {
    run.only.is_some_and(|only| only != Format::Otlp)
}

/// Reads all records, and tells how many carry one of another format.
fn read_all(input: Input<'_>, run: &mut Run<'_>) -> Result<usize, Reject> {
    let is_foreign = is_foreign(run);
    let mut carried = 0_usize;
    let mut lines = Lines::new(input);
    let logs: Logs<'_> = parse(input.json, input.line)?;
    for of_resource in elements(Format::Otlp, logs.resource_logs)? {
        let line = lines.of(of_resource);
        let (of_resource, scopes) = match scopes(of_resource, line) {
            Ok(parts) => parts,
            Err(_) if is_foreign => continue,
            Err(reject) => {
                run.give(line, Err(reject))?;
                continue;
            }
        };
        for of_scope in scopes {
            let line = lines.of(of_scope);
            let (of_scope, records) = match records(of_scope, line) {
                Ok(parts) => parts,
                Err(_) if is_foreign => continue,
                Err(reject) => {
                    run.give(line, Err(reject))?;
                    continue;
                }
            };
            let labels = [of_resource.as_slice(), &of_scope].concat();
            for record in records {
                let line = lines.of(record);
                let record: Result<LogRecord<'_>, Reject> = parse(record.get().as_bytes(), line);
                let read =
                    record.as_ref().ok().and_then(|record| record.inside(line, &labels, run));
                match read {
                    Some(read) => {
                        carried = carried.saturating_add(1);
                        read?;
                    }
                    None if is_foreign => run.pass_over(),
                    None => {
                        let draft = |it: LogRecord<'_>| it.draft(labels.clone(), &run.hints);
                        let draft = record.and_then(draft);
                        run.give(line, draft)?;
                    }
                }
            }
        }
    }
    Ok(carried)
}

/// The labels of a resource, and the logs of each scope in it.
fn scopes(of_resource: &RawValue, line: u64) -> Result<Parts<'_>, Reject> {
    let of_resource: ResourceLogs<'_> = parse(of_resource.get().as_bytes(), line)?;
    let scopes = of_resource.scope_logs.map(|scopes| elements(Format::Otlp, scopes));
    let labels = flat(of_resource.resource.unwrap_or_default().attributes.as_ref());
    Ok((labels, scopes.transpose()?.unwrap_or_default()))
}

/// The labels of a scope, and its log records.
fn records(of_scope: &RawValue, line: u64) -> Result<Parts<'_>, Reject> {
    let of_scope: ScopeLogs<'_> = parse(of_scope.get().as_bytes(), line)?;
    let records = of_scope.log_records.map(|records| elements(Format::Otlp, records));
    let labels = of_scope.scope.unwrap_or_default().labels();
    Ok((labels, records.transpose()?.unwrap_or_default()))
}

fn parse<'a, T: Deserialize<'a>>(json: &'a [u8], line: u64) -> Result<T, Reject> {
    serde_json::from_slice(json).map_err(|error| Reject::json(Format::Otlp, &error, line))
}

impl Scope<'_> {
    fn labels(self) -> Vec<(String, String)> {
        let mut labels = flat(self.attributes.as_ref());
        for (key, text) in [("otel.scope.name", self.name), ("otel.scope.version", self.version)] {
            labels.extend(text.given().map(|text| (key.to_owned(), text.to_owned())));
        }
        labels
    }
}

impl LogRecord<'_> {
    /// Reads what the record carries, if that is a record of another format: collectors carry
    /// events of Kubernetes as maps or as attributes, and lines of logs that are JSON. The labels
    /// around it fill in what it lacks.
    fn inside(
        &self,
        line: u64,
        labels: &[(String, String)],
        run: &mut Run<'_>,
    ) -> Option<Result<(), Reject>> {
        if run.depth >= ENVELOPES_MAX {
            return None;
        }
        run.depth = run.depth.saturating_add(1);
        let read = self.carried(line, labels, run);
        run.depth = run.depth.saturating_sub(1);
        read
    }

    fn carried(
        &self,
        line: u64,
        labels: &[(String, String)],
        run: &mut Run<'_>,
    ) -> Option<Result<(), Reject>> {
        let before = run.events.len();
        let body = self.body.as_ref().filter(|body| body.may_be_record());
        let of_body = body.and_then(|body| envelope::read_inside(&body.json(), line, run));
        let (read, labels) = match of_body {
            Some(read) => (read, Labels::from_pairs(labels.to_vec())),
            None => {
                let (event, left) = self.k8s_event(labels)?;
                (envelope::read_inside(&event, line, run)?, left)
            }
        };
        let labels = renamed(labels.iter());
        Some(read.and_then(|()| run.fill(before, &labels)))
    }

    /// The event of Kubernetes that the attributes speak of, and the labels that it does not say.
    fn k8s_event(&self, around: &[(String, String)]) -> Option<(String, Labels)> {
        let attributes = self.attributes.as_ref()?;
        if !attributes.iter().any(|it| it.is_named(k8s_event::REASON)) {
            return None;
        }
        let labels = Labels::from_pairs([around, &flat(Some(attributes))].concat());
        let body = self.body.as_ref().map(AnyValue::text).unwrap_or_default();
        let said = k8s_event::Said {
            body: &body,
            severity_text: &self.severity_text.0,
            time: self.time_unix_nano.text(),
            observed: self.observed_time_unix_nano.text(),
        };
        Some((k8s_event::written(&labels, &said)?, k8s_event::rest(&labels)))
    }

    /// The event of this record; `labels` are those that it has from around it.
    fn draft(self, mut labels: Vec<(String, String)>, hints: &Hints<'_>) -> Result<Draft, Reject> {
        let times = [
            ("timeUnixNano", &self.time_unix_nano),
            ("observedTimeUnixNano", &self.observed_time_unix_nano),
        ];
        let time = first_set(hints, &times)?;
        let missing = Reject::Missing { format: Format::Otlp, field: "timeUnixNano" };
        let time = time.ok_or(missing)?;
        let severity = self.severity()?;
        labels.extend(flat(self.attributes.as_ref()));
        for (key, text) in [("trace.id", self.trace_id), ("span.id", self.span_id)] {
            labels.extend(text.given().map(|text| (key.to_owned(), text.to_owned())));
        }
        let mut labels = Labels::from_pairs(labels);
        let names = ["event.name", "exception.type", "otel.scope.name", "service.name"];
        let by_label = || names.iter().find_map(|key| labels.get(key));
        let name = self.event_name.given().or_else(by_label).unwrap_or("log record").to_owned();
        let body = self.body.as_ref().map(|body| body.text().into_owned());
        let body = body.filter(|text| !text.is_empty());
        let more = IN_DESCRIPTION.iter().filter_map(|key| labels.remove(key));
        let mut description = body.into_iter().chain(more).collect::<Vec<_>>();
        let is_long = |value: &str| value.len() > limits::LABEL_VALUE_BYTES_MAX;
        let long = labels.iter().filter(|(_, value)| is_long(value));
        description.extend(long.map(|(key, value)| format!("{key}: {value}")));
        let description = description.join("\n");
        let labels = renamed(labels.iter().filter(|(_, value)| !is_long(value)));
        let mut draft = Draft::new(EventType::Custom, Format::Otlp.name(), name);
        draft.time = Some(time);
        draft.severity = severity.level();
        draft.description = description;
        let uid = ContentHash::default()
            .number(time.nanos())
            .number(i64::from(draft.severity))
            .text(&draft.name)
            .text(&draft.description)
            .pairs(&labels)
            .finish("otlp");
        draft.labels = labels;
        // The text is read where there is no number.
        let number = self.severity_number.given().filter(|number| *number != "0");
        hints.map_severity(&mut draft, [number.or(self.severity_text.given())]);
        Ok(draft.uid(uid, UidTime::Fixed))
    }

    fn severity(&self) -> Result<Severity, Reject> {
        const EXPECTED: &str = "0 to 24, or a name such as SEVERITY_NUMBER_WARN";
        let text = self.severity_number.given().unwrap_or("0");
        let number = match text.strip_prefix("SEVERITY_NUMBER_") {
            Some(name) => number_of(name),
            None => text.parse().ok(),
        };
        Ok(match number {
            Some(0) => {
                severity::from_word(&self.severity_text.0).unwrap_or(Severity::Informational)
            }
            Some(1..=8) => Severity::Debug,
            Some(9) => Severity::Informational,
            Some(10..=12) => Severity::Notice,
            Some(13..=16) => Severity::Warning,
            Some(17) => Severity::Error,
            Some(18) => Severity::Critical,
            Some(19 | 20) => Severity::Alert,
            Some(21..=24) => Severity::Emergency,
            _ => return Err(Reject::value("severityNumber", text, EXPECTED)),
        })
    }
}

/// The number of a name: `WARN` is 13, `WARN2` 14.
fn number_of(name: &str) -> Option<u8> {
    const FIRST: [(&str, u8); 7] = [
        ("UNSPECIFIED", 0),
        ("TRACE", 1),
        ("DEBUG", 5),
        ("INFO", 9),
        ("WARN", 13),
        ("ERROR", 17),
        ("FATAL", 21),
    ];
    let word = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let (_, first) = FIRST.iter().find(|(own, _)| *own == word)?;
    match name.strip_prefix(word)? {
        "" => Some(*first),
        "2" => first.checked_add(1),
        "3" => first.checked_add(2),
        "4" => first.checked_add(3),
        _ => None,
    }
}

/// The labels under the names that they have here.
fn renamed<'l>(labels: impl Iterator<Item = (&'l str, &'l str)>) -> Labels {
    let own_name = |key: &str| {
        if key == "host.name" {
            return Some("host.hostName".to_owned());
        }
        let kind = key.strip_prefix("k8s.")?.strip_suffix(".name")?;
        let (_, kind) = KINDS.iter().find(|(theirs, _)| *theirs == kind)?;
        Some(format!("kubernetes.{kind}.name"))
    };
    let pairs = labels.map(|(key, value)| {
        let key = own_name(key).unwrap_or_else(|| key.to_owned());
        (key, value.to_owned())
    });
    Labels::from_pairs(pairs.collect())
}

#[cfg(test)]
mod tests;
