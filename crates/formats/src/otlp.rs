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
//!                  host.hostName: host.name; kubernetes.<kind>.name: k8s.<kind>.name
//!                  otel.scope.name, otel.scope.version, trace.id, span.id
//! uid              otlp:<content hash> of time, severity, name, description, labels
//! ```
//!
//! Each log record is an event. Values of lists are put in one text, with `, ` between them, and
//! a body that is a map becomes `key=value, ..`. The numbers of severities are those of the table
//! for syslog in OpenTelemetry's data model of logs; the names of attributes those of its semantic
//! conventions.

mod value;

use crate::{
    Format, Reject,
    extent::Keys,
    identity::ContentHash,
    nested::{Lines, elements},
    severity,
    source::{Input, Run, Source},
    wire::{Moment, Text, first_set},
};
use eventscope_model::{Draft, EventType, Labels, Severity, UidTime, limits};
use serde::Deserialize;
use serde_json::value::RawValue;
use value::{AnyValue, Attribute, flat};

pub(crate) const SOURCE: Source = Source { format: Format::Otlp, detect, read, read_line: None };

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
    let mut lines = Lines::new(input);
    let logs: Logs<'_> = parse(input.json, input.line)?;
    for of_resource in elements(Format::Otlp, logs.resource_logs)? {
        let line = lines.of(of_resource);
        let (of_resource, scopes) = match scopes(of_resource, line) {
            Ok(parts) => parts,
            Err(reject) => {
                run.give(line, Err(reject))?;
                continue;
            }
        };
        for of_scope in scopes {
            let line = lines.of(of_scope);
            let (of_scope, records) = match records(of_scope, line) {
                Ok(parts) => parts,
                Err(reject) => {
                    run.give(line, Err(reject))?;
                    continue;
                }
            };
            let labels = [of_resource.as_slice(), &of_scope].concat();
            for record in records {
                let line = lines.of(record);
                let record: Result<LogRecord<'_>, Reject> = parse(record.get().as_bytes(), line);
                run.give(line, record.and_then(|record| record.draft(labels.clone())))?;
            }
        }
    }
    Ok(())
}

/// The labels of a resource, and the logs of each scope in it.
fn scopes(of_resource: &RawValue, line: u64) -> Result<Parts<'_>, Reject> {
    let of_resource: ResourceLogs<'_> = parse(of_resource.get().as_bytes(), line)?;
    let scopes = of_resource.scope_logs.map(|scopes| elements(Format::Otlp, scopes));
    let labels = flat(of_resource.resource.unwrap_or_default().attributes);
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
        let mut labels = flat(self.attributes);
        for (key, text) in [("otel.scope.name", self.name), ("otel.scope.version", self.version)] {
            labels.extend(text.given().map(|text| (key.to_owned(), text.to_owned())));
        }
        labels
    }
}

impl LogRecord<'_> {
    /// The event of this record; `labels` are those that it has from around it.
    fn draft(self, mut labels: Vec<(String, String)>) -> Result<Draft, Reject> {
        let time = first_set(&[
            ("timeUnixNano", &self.time_unix_nano),
            ("observedTimeUnixNano", &self.observed_time_unix_nano),
        ])?;
        let missing = Reject::Missing { format: Format::Otlp, field: "timeUnixNano" };
        let time = time.ok_or(missing)?;
        let severity = self.severity()?;
        labels.extend(flat(self.attributes));
        for (key, text) in [("trace.id", self.trace_id), ("span.id", self.span_id)] {
            labels.extend(text.given().map(|text| (key.to_owned(), text.to_owned())));
        }
        let mut labels = Labels::from_pairs(labels);
        let names = ["event.name", "exception.type", "otel.scope.name", "service.name"];
        let by_label = || names.iter().find_map(|key| labels.get(key));
        let name = self.event_name.given().or_else(by_label).unwrap_or("log record").to_owned();
        let body = self.body.map(AnyValue::text).filter(|text| !text.is_empty());
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
        Ok(draft.uid(uid, UidTime::Fixed))
    }

    fn severity(&self) -> Result<Severity, Reject> {
        const EXPECTED: &str = "0 to 24";
        let number = self.severity_number.given().unwrap_or("0");
        Ok(match number.parse::<u8>() {
            Ok(0) => severity::from_word(&self.severity_text.0).unwrap_or(Severity::Informational),
            Ok(1..=8) => Severity::Debug,
            Ok(9) => Severity::Informational,
            Ok(10..=12) => Severity::Notice,
            Ok(13..=16) => Severity::Warning,
            Ok(17) => Severity::Error,
            Ok(18) => Severity::Critical,
            Ok(19 | 20) => Severity::Alert,
            Ok(21..=24) => Severity::Emergency,
            _ => return Err(Reject::value("severityNumber", number, EXPECTED)),
        })
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
