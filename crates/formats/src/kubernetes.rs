//! Events of the Kubernetes API: core/v1, events.k8s.io/v1 and v1beta1, the internal form that old
//! kubectl versions print (`InvolvedObject`, `FirstTimestamp`), and the compact form without an
//! object that some collectors write.
//!
//! ```text
//! type, source                 `kubernetes`
//! name                         the catalogue's name of (object kind, reason), else reason;
//!                              without a reason metadata.name, else `unnamed event`
//! description                  message, note
//! severity                     type: Normal 6, Warning 4, anything else 3;
//!                              without a type the catalogue's, else 6
//! time                         the first that is set of series.lastObservedTime, lastTimestamp,
//!                              deprecatedLastTimestamp, eventTime, firstTimestamp,
//!                              deprecatedFirstTimestamp, metadata.creationTimestamp
//! count                        the first above 0 of series.count, count, deprecatedCount, else 1
//! labels
//!   kubernetes.namespace.name  the object's namespace, but not for a Node;
//!                              in the compact form its own
//!   kubernetes.<kind>.name     the object's name, under its kind with a small first letter
//!   kubernetes.node.name       source.host, deprecatedSource.host; a Node itself
//!   kubernetes.object.kind     the object's kind
//!   kubernetes.event.reason    reason
//!   kubernetes.event.component the first not empty of source.component,
//!                              deprecatedSource.component, reportingComponent,
//!                              reportingController
//! uid                          k8s:<metadata.uid>:<count>@<time in ns>; without metadata.uid
//!                              k8s:<content hash> of name, description, severity, time, count,
//!                              labels
//! ```
//!
//! An event that happens again keeps its metadata.uid and gets a higher count and a later time:
//! each of these observations is an event of its own, and the same one twice is a duplicate.
//!
//! What `kubectl` prints for people is in `table`.

pub(crate) mod table;

use crate::{
    Format, Reject,
    extent::Keys,
    hints::Hints,
    identity::ContentHash,
    nested::Lines,
    source::{Input, Run, Source},
    wire::{Moment, Text, Whole, first_given, first_set},
};
use eventscope_model::{
    Draft, EventType, Labels, Severity, Timestamp, UidTime,
    catalog::{self, Entry, System},
};
use serde::{Deserialize, Deserializer, de::IgnoredAny};
use serde_json::value::RawValue;

pub(crate) const SOURCE: Source =
    Source { format: Format::Kubernetes, detect, read, carries: false, read_line: None };

/// An event says what it is about; in the compact form, why and when at least.
fn detect(keys: Keys<'_>) -> bool {
    keys.has_any(&["involvedObject", "regarding", "InvolvedObject"])
        || (keys.has("type") && keys.has("object") && keys.has_only(&["type", "object"]))
        || (keys.has("items")
            && keys.has("kind")
            && keys.has_only(&["apiVersion", "kind", "metadata", "items"]))
        || (keys.has("reason")
            && keys.has_any(&["message", "note"])
            && keys.has_any(&["lastTimestamp", "firstTimestamp", "eventTime"]))
}

/// The event as it is written; every field may be absent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    #[serde(borrow, default)]
    metadata: Option<Metadata<'a>>,
    #[serde(borrow, default, alias = "InvolvedObject")]
    involved_object: Option<Object<'a>>,
    #[serde(borrow, default)]
    regarding: Option<Object<'a>>,
    #[serde(borrow, default, alias = "Reason")]
    reason: Text<'a>,
    #[serde(borrow, default, alias = "Message")]
    message: Text<'a>,
    #[serde(borrow, default)]
    note: Text<'a>,
    #[serde(borrow, default, rename = "type", alias = "Type")]
    event_type: Text<'a>,
    #[serde(borrow, default, alias = "Source")]
    source: Option<Component<'a>>,
    #[serde(borrow, default)]
    deprecated_source: Option<Component<'a>>,
    #[serde(borrow, default)]
    reporting_component: Text<'a>,
    #[serde(borrow, default, alias = "ReportingController")]
    reporting_controller: Text<'a>,
    #[serde(borrow, default, alias = "Series")]
    series: Option<Series<'a>>,
    #[serde(default, alias = "Count")]
    count: Whole,
    #[serde(default)]
    deprecated_count: Whole,
    #[serde(borrow, default, alias = "LastTimestamp")]
    last_timestamp: Moment<'a>,
    #[serde(borrow, default)]
    deprecated_last_timestamp: Moment<'a>,
    #[serde(borrow, default, alias = "EventTime")]
    event_time: Moment<'a>,
    #[serde(borrow, default, alias = "FirstTimestamp")]
    first_timestamp: Moment<'a>,
    #[serde(borrow, default)]
    deprecated_first_timestamp: Moment<'a>,
    /// In the compact form; in the internal form it is the event's own and not used.
    #[serde(borrow, default)]
    namespace: Text<'a>,
    /// Of a list that was never made.
    #[serde(default, deserialize_with = "is_there")]
    items: bool,
    /// The internal form has its metadata inline.
    #[serde(borrow, default)]
    uid: Text<'a>,
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    creation_timestamp: Moment<'a>,
}

fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata<'a> {
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    uid: Text<'a>,
    #[serde(borrow, default)]
    creation_timestamp: Moment<'a>,
}

#[derive(Deserialize)]
struct Object<'a> {
    #[serde(borrow, default, alias = "Kind")]
    kind: Text<'a>,
    #[serde(borrow, default, alias = "Namespace")]
    namespace: Text<'a>,
    #[serde(borrow, default, alias = "Name")]
    name: Text<'a>,
}

#[derive(Deserialize)]
struct Component<'a> {
    #[serde(borrow, default, alias = "Component")]
    component: Text<'a>,
    #[serde(borrow, default, alias = "Host")]
    host: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Series<'a> {
    #[serde(default, alias = "Count")]
    count: Whole,
    #[serde(borrow, default, alias = "LastObservedTime")]
    last_observed_time: Moment<'a>,
}

/// What a watch of the API says of an object: `{"type": "ADDED", "object": {..}}`.
#[derive(Deserialize)]
struct Watched<'a> {
    #[serde(borrow, default)]
    object: Option<&'a RawValue>,
}

/// The object that a watch speaks of. It says so at once: `type` and `object` are all its keys.
fn watched(json: &[u8]) -> Option<&RawValue> {
    const HEAD_BYTES: usize = 96;
    let head = json.get(..HEAD_BYTES.min(json.len()))?;
    memchr::memmem::find(head, b"\"object\"")?;
    serde_json::from_slice::<Watched<'_>>(json).ok()?.object
}

/// What tells an event from other objects that are watched.
#[derive(Deserialize)]
struct Probe<'a> {
    #[serde(borrow, default)]
    kind: Text<'a>,
}

fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    let Some(object) = watched(input.json) else {
        let wire = parse(input)?;
        let is_list = wire.items && wire.object().is_none();
        return if is_list { Ok(()) } else { run.give(input.line, draft(&wire, &run.hints)) };
    };
    let probe: Option<Probe<'_>> = serde_json::from_str(object.get()).ok();
    if probe.is_some_and(|probe| probe.kind.0 == "Event") {
        let line = Lines::new(input).of(object);
        let wire = parse(Input { json: object.get().as_bytes(), line });
        let draft = wire.and_then(|wire| draft(&wire, &run.hints));
        return run.give(line, draft);
    }
    run.pass_over();
    Ok(())
}

fn parse(input: Input<'_>) -> Result<Wire<'_>, Reject> {
    serde_json::from_slice(input.json)
        .map_err(|error| Reject::json(Format::Kubernetes, &error, input.line))
}

fn draft(wire: &Wire<'_>, hints: &Hints<'_>) -> Result<Draft, Reject> {
    let time = wire
        .time(hints)?
        .ok_or(Reject::Missing { format: Format::Kubernetes, field: "lastTimestamp" })?;
    let kind = wire.object().and_then(|object| object.kind.given()).map(lower_first);
    let known = kind
        .as_deref()
        .zip(wire.reason.given())
        .and_then(|(kind, reason)| catalog::find(System::Kubernetes, kind, reason));
    let mut draft = Draft::new(EventType::Kubernetes, "kubernetes", wire.display_name(known));
    draft.time = Some(time);
    draft.severity = wire.severity(known).level();
    draft.description = first_given(&[&wire.message, &wire.note]).unwrap_or_default().to_owned();
    draft.count = wire.observations();
    draft.labels = wire.labels(kind.as_deref());
    let uid = wire.identity(&draft, time);
    hints.map_severity(&mut draft, [wire.event_type.given()]);
    Ok(draft.uid(uid, UidTime::Fixed))
}

impl Wire<'_> {
    fn object(&self) -> Option<&Object<'_>> {
        self.involved_object.as_ref().or(self.regarding.as_ref())
    }

    fn time(&self, hints: &Hints<'_>) -> Result<Option<Timestamp>, Reject> {
        let unset = Moment::default();
        let series = self.series.as_ref().map_or(&unset, |series| &series.last_observed_time);
        let metadata = self.metadata.as_ref().map(|metadata| &metadata.creation_timestamp);
        let times = [
            ("series.lastObservedTime", series),
            ("lastTimestamp", &self.last_timestamp),
            ("deprecatedLastTimestamp", &self.deprecated_last_timestamp),
            ("eventTime", &self.event_time),
            ("firstTimestamp", &self.first_timestamp),
            ("deprecatedFirstTimestamp", &self.deprecated_first_timestamp),
            ("creationTimestamp", metadata.unwrap_or(&self.creation_timestamp)),
        ];
        first_set(hints, &times)
    }

    fn display_name(&self, known: Option<&Entry>) -> String {
        let own = self.metadata.as_ref().map_or(&self.name, |metadata| &metadata.name);
        known
            .map(|entry| entry.name)
            .or_else(|| first_given(&[&self.reason, own]))
            .unwrap_or("unnamed event")
            .to_owned()
    }

    fn severity(&self, known: Option<&Entry>) -> Severity {
        match self.event_type.given() {
            Some("Normal") => Severity::Informational,
            Some("Warning") => Severity::Warning,
            Some(_) => Severity::Error,
            None => known.map_or(Severity::Informational, |entry| entry.severity),
        }
    }

    fn observations(&self) -> u64 {
        let series = self.series.as_ref().map(|series| series.count);
        let counts = [series.unwrap_or_default(), self.count, self.deprecated_count].map(|it| it.0);
        let above_zero = |count: i64| u64::try_from(count).ok().filter(|count| *count > 0);
        counts.into_iter().flatten().find_map(above_zero).unwrap_or(1)
    }

    fn labels(&self, kind: Option<&str>) -> Labels {
        let mut pairs: Vec<(String, String)> = Vec::with_capacity(6);
        let mut put = |key: &str, value: Option<&str>| {
            pairs.extend(value.map(|value| (key.to_owned(), value.to_owned())));
        };
        let sources = [self.source.as_ref(), self.deprecated_source.as_ref()];
        let host = sources.iter().flatten().find_map(|source| source.host.given());
        let component = sources.iter().flatten().find_map(|source| source.component.given());
        let reporter = first_given(&[&self.reporting_component, &self.reporting_controller]);
        put("kubernetes.event.component", component.or(reporter));
        put("kubernetes.event.reason", self.reason.given());
        put("kubernetes.node.name", host);
        match self.object() {
            None => put("kubernetes.namespace.name", self.namespace.given()),
            Some(object) => {
                if kind != Some("node") {
                    put("kubernetes.namespace.name", object.namespace.given());
                }
                put("kubernetes.object.kind", object.kind.given());
                if let Some(kind) = kind {
                    put(&format!("kubernetes.{kind}.name"), object.name.given());
                }
            }
        }
        Labels::from_pairs(pairs)
    }

    fn identity(&self, draft: &Draft, time: Timestamp) -> String {
        let own = self.metadata.as_ref().map_or(&self.uid, |metadata| &metadata.uid);
        if let Some(uid) = own.given() {
            return format!("k8s:{uid}:{}@{}", draft.count, time.nanos());
        }
        ContentHash::default()
            .text(&draft.name)
            .text(&draft.description)
            .number(i64::from(draft.severity))
            .number(time.nanos())
            .number(i64::try_from(draft.count).unwrap_or(i64::MAX))
            .pairs(&draft.labels)
            .finish("k8s")
    }
}

/// `ReplicaSet` to `replicaSet`; only the first letter changes, so `APIService` is `aPIService`.
pub(crate) fn lower_first(kind: &str) -> String {
    let mut lower = kind.to_owned();
    if let Some(first) = lower.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    lower
}

#[cfg(test)]
mod tests;
