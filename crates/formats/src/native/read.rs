//! One line of native JSON to a draft.

use crate::{
    Format, Reject,
    hints::Hints,
    identity::ContentHash,
    scope_text,
    source::{Input, Run},
    wire::{Moment, Pairs, Text},
};
use eventscope_model::{
    Acknowledgement, AlertDetails, Details, Draft, EventType, Labels, PolicyDetails, ScanDetails,
    Severity, State, Uid, UidTime,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default)]
    uid: Text<'a>,
    #[serde(borrow, default)]
    time: Moment<'a>,
    #[serde(borrow, default, rename = "type")]
    event_type: Text<'a>,
    #[serde(borrow, default)]
    severity: Text<'a>,
    #[serde(borrow, default)]
    source: Text<'a>,
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    description: Text<'a>,
    #[serde(borrow, default)]
    scope: Text<'a>,
    #[serde(borrow, default)]
    labels: Option<Pairs<'a>>,
    #[serde(borrow, default)]
    tags: Pairs<'a>,
    #[serde(borrow, default)]
    state: Text<'a>,
    #[serde(borrow, default)]
    end_time: Moment<'a>,
    #[serde(default)]
    count: Option<u64>,
    #[serde(borrow, default)]
    acknowledged: Option<Mark<'a>>,
    #[serde(borrow, default)]
    details: Option<WireDetails<'a>>,
}

#[derive(Deserialize)]
struct Mark<'a> {
    #[serde(borrow, default)]
    at: Moment<'a>,
    #[serde(borrow, default)]
    by: Option<Text<'a>>,
    #[serde(borrow, default)]
    note: Option<Text<'a>>,
}

/// The details of all types at once: which of them count is known when the type is.
#[derive(Deserialize)]
struct WireDetails<'a> {
    #[serde(borrow, default)]
    trigger: Option<Text<'a>>,
    #[serde(borrow, default)]
    entity: Option<Text<'a>>,
    #[serde(borrow, default)]
    alert_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    alert_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    metrics: Option<Vec<Text<'a>>>,
    #[serde(borrow, default)]
    condition: Option<Text<'a>>,
    #[serde(borrow, default)]
    scope: Option<Text<'a>>,
    #[serde(borrow, default)]
    segment: Option<Text<'a>>,
    #[serde(borrow, default)]
    host: Option<Text<'a>>,
    #[serde(borrow, default)]
    host_mac: Option<Text<'a>>,
    #[serde(borrow, default)]
    container_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    container_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    image: Option<Text<'a>>,
    #[serde(borrow, default)]
    rule: Option<Text<'a>>,
    #[serde(borrow, default)]
    summary: Option<Text<'a>>,
    #[serde(borrow, default)]
    registry: Option<Text<'a>>,
    #[serde(borrow, default)]
    tag: Option<Text<'a>>,
    #[serde(borrow, default)]
    image_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    digest: Option<Text<'a>>,
}

pub(super) fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    run.give(input.line, draft(input, &run.hints))
}

fn draft(input: Input<'_>, hints: &Hints<'_>) -> Result<Draft, Reject> {
    let wire: Wire<'_> = serde_json::from_slice(input.json)
        .map_err(|error| Reject::json(Format::Native, &error, input.line))?;
    let missing = |field| Reject::Missing { format: Format::Native, field };
    let event_type = event_type(&wire.event_type)?;
    let mut draft = Draft::new(
        event_type,
        wire.source.given().unwrap_or(event_type.name()),
        wire.name.given().ok_or(missing("name"))?,
    );
    draft.time = wire.time.read("time", hints)?;
    let mapped = hints.severity([wire.severity.given()]);
    draft.severity = severity(&wire.severity).or_else(|reject| mapped.ok_or(reject))?;
    draft.description = wire.description.0.into_owned();
    draft.labels = match wire.labels {
        Some(labels) => Labels::from_pairs(labels.into_owned()),
        None => scope_text::read(&wire.scope.0)?,
    };
    draft.tags = Labels::from_pairs(wire.tags.into_owned());
    draft.state = state(&wire.state)?;
    draft.end_time = wire.end_time.read("end_time", hints)?;
    draft.count = wire.count.unwrap_or(1);
    draft.acknowledgement =
        wire.acknowledged.map(|mark| acknowledgement(mark, hints)).transpose()?;
    draft.details = wire.details.and_then(|details| details.of(event_type));
    draft.uid = Some(match wire.uid.given() {
        Some(uid) => Uid { text: uid.to_owned(), time: UidTime::Free },
        None => identity(&draft),
    });
    draft.severity = mapped.unwrap_or(draft.severity);
    Ok(draft)
}

fn event_type(text: &Text<'_>) -> Result<EventType, Reject> {
    const EXPECTED: &str = "alert, docker, containerd, kubernetes, policy, scan or custom";
    let name = text.given().ok_or(Reject::Missing { format: Format::Native, field: "type" })?;
    EventType::from_name(name).ok_or_else(|| Reject::value("type", name, EXPECTED))
}

fn severity(text: &Text<'_>) -> Result<u8, Reject> {
    let Some(text) = text.given() else { return Ok(Severity::Informational.level()) };
    let number = text.parse().ok().and_then(Severity::from_level);
    let severity = number.or_else(|| Severity::from_name(text));
    let refused = || Reject::value("severity", text, "0 to 7 or a syslog name");
    severity.map(Severity::level).ok_or_else(refused)
}

fn state(text: &Text<'_>) -> Result<State, Reject> {
    let Some(name) = text.given() else { return Ok(State::Triggered) };
    State::from_name(name).ok_or_else(|| Reject::value("state", name, "triggered or resolved"))
}

fn acknowledgement(mark: Mark<'_>, hints: &Hints<'_>) -> Result<Acknowledgement, Reject> {
    let missing = Reject::Missing { format: Format::Native, field: "acknowledged.at" };
    Ok(Acknowledgement {
        at: mark.at.read("acknowledged.at", hints)?.ok_or(missing)?,
        by: own(mark.by),
        note: own(mark.note),
    })
}

fn own(text: Option<Text<'_>>) -> Option<String> {
    text.map(|text| text.0.into_owned())
}

impl WireDetails<'_> {
    fn of(self, event_type: EventType) -> Option<Details> {
        Some(match event_type {
            EventType::Alert => Details::Alert(AlertDetails {
                trigger: own(self.trigger),
                entity: own(self.entity),
                alert_name: own(self.alert_name),
                alert_type: own(self.alert_type),
                metrics: self.metrics.into_iter().flatten().map(|m| m.0.into_owned()).collect(),
                condition: own(self.condition),
                scope: own(self.scope),
                segment: own(self.segment),
            }),
            EventType::Policy => Details::Policy(PolicyDetails {
                host: own(self.host),
                host_mac: own(self.host_mac),
                container_name: own(self.container_name),
                container_id: own(self.container_id),
                image: own(self.image),
                rule: own(self.rule),
                summary: own(self.summary),
            }),
            EventType::Scan => Details::Scan(ScanDetails {
                registry: own(self.registry),
                tag: own(self.tag),
                image: own(self.image),
                image_id: own(self.image_id),
                digest: own(self.digest),
            }),
            EventType::Docker
            | EventType::Containerd
            | EventType::Kubernetes
            | EventType::Custom => return None,
        })
    }
}

/// The identity of an event that came without one. It settles the time only if a time was given.
fn identity(draft: &Draft) -> Uid {
    let mark = draft.acknowledgement.as_ref();
    let hash = ContentHash::default()
        .draft(draft)
        .number(mark.map_or(-1, |mark| mark.at.nanos()))
        .optional(mark.and_then(|mark| mark.by.as_deref()))
        .optional(mark.and_then(|mark| mark.note.as_deref()));
    let hash = draft.details.iter().fold(hash, |hash, details| {
        let hash = details.fields().into_iter().fold(hash, |hash, (_, text)| hash.optional(text));
        details.metrics().iter().fold(hash, |hash, metric| hash.text(metric))
    });
    let time = if draft.time.is_some() { UidTime::Fixed } else { UidTime::Free };
    Uid { text: hash.finish("native"), time }
}
