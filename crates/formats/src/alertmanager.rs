//! Alerts of Prometheus: the webhook of Alertmanager in its versions 1 to 4, alerts and groups of
//! its API v1 and v2, and the alerts of Prometheus' own API.
//!
//! ```text
//! type, source   `alert`, `alertmanager`
//! name           labels.alertname, else annotations.summary, else `unnamed alert`
//! description    the first given of annotations.description, message, summary
//!                (version 1: description, summary)
//! severity       labels.severity: page, emergency 0; critical 1; error, major, high 3; warning,
//!                minor, medium 4; notice, low 5; info, information, informational, none 6;
//!                debug 7; absent or another word 4
//! time           startsAt (Prometheus: activeAt; version 1: payload.activeSince)
//! state          the alert's own status (Prometheus, Grafana: state), else that of the webhook;
//!                without any it fires
//! end_time       endsAt of a resolved alert
//! labels         the alert's under their own names; empty ones are left out; some also under the
//!                names that they have in events of Kubernetes, see `twins`
//! tags           annotations, but for the one that is the description, and summary
//! details
//!   alert_name   labels.alertname
//!   alert_type   `prometheus`
//!   entity       labels.instance
//!   trigger      annotations.summary
//!   condition    the expression of generatorURL (`g0.expr`)
//!   metrics      the names of metrics in it
//!   scope        the labels as an expression
//!   segment      the labels of the group as an expression
//! uid            alert:<fingerprint>@<startsAt in ns>
//! ```
//!
//! Where there is no fingerprint it is computed from the labels as Alertmanager does it, so that an
//! alert is the same event whichever way it came. Firing alerts carry an expiry in endsAt: it is no
//! end, and no clock is asked. What is pending, inactive, normal, paused or expired has not fired:
//! it is counted and no event. A state of any other word is a reject.

mod expression;

use crate::{
    Format, Reject,
    extent::Keys,
    hints::Hints,
    nested::{self, Lines},
    source::{Input, Run, Source},
    states::Standing,
    wire::{Moment, Pairs, Text, first_given, first_set},
};
use eventscope_model::{
    AlertDetails, Details, Draft, EventType, Labels, Severity, State, Timestamp, UidTime, limits,
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

pub(crate) const SOURCE: Source =
    Source { format: Format::Alertmanager, detect, read, carries: true, read_line: None };

/// Lists inside lists: the answer of the API holds groups, these hold blocks or rules, these hold
/// alerts.
const LISTS_MAX: usize = 4;

/// A webhook or group says whom its alerts are for, an answer of the API whether it is one, and an
/// alert on its own when it started.
fn detect(keys: Keys<'_>) -> bool {
    const WEBHOOK: [&str; 6] =
        ["status", "receiver", "groupLabels", "groupKey", "commonLabels", "externalURL"];
    (keys.has_any(&["alerts", "alert"]) && keys.has_any(&WEBHOOK))
        || (keys.has("alerts") && keys.has_only(&["alerts"]))
        || (keys.has("status") && keys.has("data") && !keys.has("specversion"))
        || (keys.has("labels") && keys.has_any(&["startsAt", "activeAt"]))
}

/// An alert, or what holds alerts; every field may be absent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
struct Wire<'a> {
    #[serde(borrow, default)]
    status: Status<'a>,
    /// In Prometheus' own API.
    #[serde(borrow, default)]
    state: Text<'a>,
    #[serde(borrow, default)]
    labels: Option<Pairs<'a>>,
    #[serde(borrow, default)]
    annotations: Pairs<'a>,
    #[serde(borrow, default)]
    starts_at: Moment<'a>,
    #[serde(borrow, default)]
    active_at: Moment<'a>,
    #[serde(borrow, default)]
    ends_at: Moment<'a>,
    #[serde(borrow, default, rename = "generatorURL")]
    generator_url: Text<'a>,
    #[serde(borrow, default)]
    fingerprint: Text<'a>,
    /// In version 1, instead of annotations.
    #[serde(borrow, default)]
    description: Text<'a>,
    #[serde(borrow, default)]
    summary: Text<'a>,
    #[serde(borrow, default)]
    payload: Option<Payload<'a>>,
    #[serde(borrow, default)]
    group_labels: Pairs<'a>,
    #[serde(borrow, default)]
    alerts: Option<&'a RawValue>,
    /// The list in version 1.
    #[serde(borrow, default)]
    alert: Option<&'a RawValue>,
    /// The lists of a group in API v1.
    #[serde(borrow, default)]
    blocks: Option<&'a RawValue>,
    /// The lists of Prometheus' rules.
    #[serde(borrow, default)]
    groups: Option<&'a RawValue>,
    #[serde(borrow, default)]
    rules: Option<&'a RawValue>,
    /// Only rules have it.
    #[serde(default)]
    query: Option<IgnoredAny>,
    /// What the API answers.
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    /// Only silences have them.
    #[serde(default)]
    matchers: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload<'a> {
    #[serde(borrow, default)]
    active_since: Moment<'a>,
    #[serde(borrow, default, rename = "generatorURL")]
    generator_url: Text<'a>,
}

/// A word; in the API an object that holds it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Status<'a> {
    Word(#[serde(borrow)] Text<'a>),
    Object {
        #[serde(borrow, default)]
        state: Text<'a>,
    },
}

impl Default for Status<'_> {
    fn default() -> Self {
        Self::Word(Text::default())
    }
}

impl Status<'_> {
    fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) | Self::Object { state: word } => word.given(),
        }
    }
}

fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    let wire: Wire<'_> = serde_json::from_slice(input.json)
        .map_err(|error| Reject::json(Format::Alertmanager, &error, input.line))?;
    if !wire.holds_alerts() {
        if matches!(wire.standing(&Group::default()), Ok(Standing::HasNotFired)) {
            run.has_not_fired();
            return Ok(());
        }
        return run.give(input.line, wire.draft(&Group::default(), &run.hints));
    }
    // Whatever Prometheus and Loki are asked, they answer with a status and data.
    if wire.data.is_some_and(|data| !holds_lists(data)) {
        run.disown();
        return Ok(());
    }
    let mut alerts = Alerts { lines: Lines::new(input), number: 0, run };
    alerts.inside(&wire, &Group::default(), LISTS_MAX)
}

/// Whether the data of an answer are alerts, in whatever lists: an empty list is one.
fn holds_lists(data: &RawValue) -> bool {
    let is_one = |value: &RawValue| {
        serde_json::from_str::<Wire<'_>>(value.get())
            .is_ok_and(|wire| wire.holds_alerts() || wire.is_alert() || wire.matchers.is_some())
    };
    match nested::elements(Format::Alertmanager, data) {
        Ok(elements) => elements.first().is_none_or(|first| is_one(first)),
        Err(_) => data.get() == "null",
    }
}

/// The alerts of one record on their way to the run.
struct Alerts<'a, 'run, 'events> {
    lines: Lines<'a>,
    /// How many there were.
    number: usize,
    run: &'run mut Run<'events>,
}

impl<'a> Alerts<'a, '_, '_> {
    /// Takes all alerts of what holds some.
    fn inside(&mut self, wire: &Wire<'a>, outer: &Group, lists: usize) -> Result<(), Reject> {
        let group = outer.with(wire);
        for list in wire.lists().into_iter().flatten() {
            for element in nested::elements(Format::Alertmanager, list)? {
                self.element(element, &group, lists)?;
            }
        }
        Ok(())
    }

    #[expect(
        clippy::arithmetic_side_effects,
        reason = "counts of alerts, which no group brings near 2^64"
    )]
    fn element(
        &mut self,
        element: &'a RawValue,
        group: &Group,
        lists: usize,
    ) -> Result<(), Reject> {
        let line = self.lines.of(element);
        let wire = serde_json::from_str::<Wire<'_>>(element.get())
            .map_err(|error| Reject::json(Format::Alertmanager, &error, line));
        match wire {
            Ok(wire) if wire.holds_alerts() && lists > 0 => {
                self.inside(&wire, group, lists.saturating_sub(1))
            }
            Ok(wire) if !wire.is_alert() => {
                self.run.pass_over();
                Ok(())
            }
            Ok(wire) if matches!(wire.standing(group), Ok(Standing::HasNotFired)) => {
                self.run.has_not_fired();
                Ok(())
            }
            wire => {
                self.number += 1;
                let draft = wire.and_then(|wire| wire.draft(group, &self.run.hints));
                let draft = draft.map_err(|reason| {
                    let part = format!("alert {}", self.number);
                    Reject::Within { part, reason: Box::new(reason) }
                });
                self.run.give(line, draft)
            }
        }
    }
}

/// What the alerts of a webhook or a group have in common.
#[derive(Default)]
struct Group {
    status: Option<String>,
    segment: Option<String>,
}

impl Group {
    /// A group inside this one.
    fn with(&self, wire: &Wire<'_>) -> Self {
        let own = wire.labels.as_ref().filter(|_| wire.query.is_none());
        let segment = [Some(&wire.group_labels), own]
            .into_iter()
            .flatten()
            .map(labels)
            .find(|labels| !labels.is_empty());
        // The status of an answer is that of the request.
        let status = wire.status.word().filter(|_| wire.data.is_none()).map(str::to_owned);
        Self {
            status: status.or_else(|| self.status.clone()),
            segment: segment.map(|labels| labels.scope()).or(self.segment.clone()),
        }
    }
}

impl<'a> Wire<'a> {
    fn lists(&self) -> [Option<&'a RawValue>; 6] {
        [self.data, self.alerts, self.alert, self.blocks, self.groups, self.rules]
    }

    fn holds_alerts(&self) -> bool {
        self.lists().iter().any(Option::is_some)
    }

    fn is_alert(&self) -> bool {
        let unset = Moment::default();
        self.matchers.is_none()
            && self.query.is_none()
            && (self.labels.is_some() || self.starts_at != unset || self.active_at != unset)
    }

    fn draft(&self, group: &Group, hints: &Hints<'_>) -> Result<Draft, Reject> {
        let missing = Reject::Missing { format: Format::Alertmanager, field: "startsAt" };
        let start = self.start(hints)?.ok_or(missing)?;
        let labels = self.labels.as_ref().map(labels).unwrap_or_default();
        let annotation = |key: &str| {
            let mut pairs = self.annotations.0.iter();
            pairs.find(|(name, value)| name.0 == key && value.given().is_some())
        };
        let summary = annotation("summary").map_or(&self.summary, |(_, value)| value).given();
        let text = ["description", "message"].into_iter().find_map(annotation);
        let own = first_given(&[&self.description]);
        let name = labels.get("alertname").or(summary).unwrap_or("unnamed alert");
        let mut draft = Draft::new(EventType::Alert, "alertmanager", name);
        let description = text.and_then(|(_, value)| value.given()).or(own).or(summary);
        draft.description = description.unwrap_or_default().to_owned();
        draft.severity = severity(labels.get("severity")).level();
        hints.map_severity(&mut draft, [labels.get("severity")]);
        draft.time = Some(start);
        (draft.state, draft.end_time) = self.state(group, hints)?;
        let used = text.map_or("", |(key, _)| key.0.as_ref());
        let left = self.annotations.0.iter().filter(|(key, value)| {
            key.0 != used && key.0 != "summary" && !key.0.is_empty() && value.given().is_some()
        });
        draft.tags = Labels::from_pairs(left.map(owned).collect());
        draft.details = Some(Details::Alert(self.details(&labels, summary, group)));
        let fingerprint =
            self.fingerprint.given().map_or_else(|| fingerprint(&labels), str::to_owned);
        draft.labels = labels;
        Ok(draft.uid(format!("alert:{fingerprint}@{}", start.nanos()), UidTime::Fixed))
    }

    fn start(&self, hints: &Hints<'_>) -> Result<Option<Timestamp>, Reject> {
        let unset = Moment::default();
        let since = self.payload.as_ref().map_or(&unset, |payload| &payload.active_since);
        let times = [
            ("startsAt", &self.starts_at),
            ("activeAt", &self.active_at),
            ("payload.activeSince", since),
        ];
        first_set(hints, &times)
    }

    /// What its state says: the alert's own, else that of what it came in. A series that is watched
    /// and well has not fired; a notice that something is well is news.
    fn standing(&self, group: &Group) -> Result<Standing, Reject> {
        let own = self.status.word().or(self.state.given());
        let Some(word) = own.or(group.status.as_deref()) else { return Ok(Standing::Fires) };
        let is_news = self.status.word().is_some() || own.is_none();
        Ok(match Standing::of(word)? {
            Standing::IsWell if is_news => Standing::IsOver,
            Standing::IsWell => Standing::HasNotFired,
            standing => standing,
        })
    }

    /// Whether it goes on, and when it ended. What fires has a lease in its end, which moves on.
    fn state(
        &self,
        group: &Group,
        hints: &Hints<'_>,
    ) -> Result<(State, Option<Timestamp>), Reject> {
        Ok(match self.standing(group)? {
            Standing::IsOver => (State::Resolved, self.ends_at.read("endsAt", hints)?),
            _ => (State::Triggered, None),
        })
    }

    fn details(&self, labels: &Labels, summary: Option<&str>, group: &Group) -> AlertDetails {
        let payload = self.payload.as_ref().and_then(|payload| payload.generator_url.given());
        let condition =
            self.generator_url.given().or(payload).and_then(expression::of_generator_url);
        let metrics = condition.as_deref().map(expression::metrics).unwrap_or_default();
        let label = |key| labels.get(key).map(str::to_owned);
        AlertDetails {
            trigger: summary.map(str::to_owned),
            entity: label("instance"),
            alert_name: label("alertname"),
            alert_type: Some("prometheus".to_owned()),
            metrics: metrics.into_iter().take(limits::METRICS_MAX).collect(),
            condition,
            scope: Some(labels.scope()).filter(|scope| !scope.is_empty()),
            segment: group.segment.clone(),
        }
    }
}

/// The labels that have a value: to Prometheus, an empty label is none.
fn labels(pairs: &Pairs<'_>) -> Labels {
    let given = pairs.0.iter().filter(|(_, value)| value.given().is_some());
    Labels::from_pairs(given.map(owned).collect())
}

fn owned((key, value): &(Text<'_>, Text<'_>)) -> (String, String) {
    (key.0.clone().into_owned(), value.0.clone().into_owned())
}

/// The severity of a label that everybody fills as they like.
fn severity(word: Option<&str>) -> Severity {
    let Some(word) = word else { return Severity::Warning };
    match word.to_ascii_lowercase().as_str() {
        "page" | "emergency" => Severity::Emergency,
        "critical" => Severity::Alert,
        "error" | "major" | "high" => Severity::Error,
        "notice" | "low" => Severity::Notice,
        "info" | "information" | "informational" | "none" => Severity::Informational,
        "debug" => Severity::Debug,
        _ => Severity::Warning,
    }
}

/// The fingerprint of a label set as Alertmanager computes it: the 64-bit FNV-1a of the keys and
/// values, sorted by key, each with a byte `ff` behind it.
fn fingerprint(labels: &Labels) -> String {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let texts = labels.iter().flat_map(|(key, value)| [key, value]);
    let bytes = texts.flat_map(|text| text.bytes().chain([0xff]));
    let hash = bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests;
