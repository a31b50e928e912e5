//! What a notification channel of Sysdig Monitor sends when an alert fires and when it is over.
//!
//! ```text
//! type, source  `alert`, `sysdig`
//! name          alert.name, else alert.subject, else `unnamed alert`
//! description   alert.description, else alert.subject
//! severity      alert.severity, alert.severityLabel, as for an event; Secure's numbers as in
//!               `policy`
//! state         resolved if state is OK or RESOLVED, or resolved is true
//! time          timestamp of one that fires
//! end_time      timestamp of one that is over
//! labels        those of alert.scope and of the entity, if there is one and each is
//!               `KEY = 'VALUE' and ..`; labels
//! tags          alertId = alert.id
//! details
//!   trigger     metric and value of the first entity: `cpu.used.percent = 91.5`
//!   entity      the entities, with commas between
//!   alert_name  alert.name
//!   metrics     entities[].metricValues[].metric
//!   condition   condition
//!   scope       alert.scope
//!   segment     what stands behind `Segment by:` in alert.body
//! uid           sysdig:<event.id>, else sysdig:<content hash> of alert.id, time, entity
//! ```
//!
//! Secure puts the events of a policy into entities[].policyEvents: each is an event of its own,
//! see `policy`. One that is over does not say when it began: as a further observation it leaves
//! the time of its event as it is, and on its own it gets the time of import.

use super::{event::is_over, given, parse, policy, scope_labels};
use crate::{
    Format, Reject,
    hints::Hints,
    identity::ContentHash,
    nested::{self, Lines},
    severity,
    source::{Input, Run},
    wire::{Moment, Pairs, Text, first_given},
};
use eventscope_model::{
    AlertDetails, Details, Draft, EventType, Labels, Severity, State, Timestamp, UidTime, limits,
};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default)]
    timestamp: Moment<'a>,
    #[serde(borrow, default)]
    alert: Alert<'a>,
    #[serde(borrow, default)]
    event: Option<Event<'a>>,
    #[serde(borrow, default)]
    state: Text<'a>,
    #[serde(borrow, default)]
    resolved: Text<'a>,
    #[serde(borrow, default)]
    entities: Option<Vec<Entity<'a>>>,
    #[serde(borrow, default)]
    condition: Text<'a>,
    #[serde(borrow, default)]
    labels: Pairs<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alert<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    description: Text<'a>,
    #[serde(borrow, default)]
    subject: Text<'a>,
    #[serde(borrow, default)]
    body: Text<'a>,
    #[serde(borrow, default)]
    severity: Text<'a>,
    #[serde(borrow, default)]
    severity_label: Text<'a>,
    #[serde(borrow, default)]
    scope: Text<'a>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entity<'a> {
    #[serde(borrow, default)]
    entity: Text<'a>,
    #[serde(borrow, default)]
    metric_values: Option<Vec<MetricValue<'a>>>,
    /// Only Secure has them.
    #[serde(borrow, default)]
    policy_events: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct MetricValue<'a> {
    #[serde(borrow, default)]
    metric: Text<'a>,
    #[serde(borrow, default)]
    value: Text<'a>,
}

/// Gives the alert, and the policy events that Secure tells in it.
pub(super) fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    let wire: Wire<'_> = parse(input.json, input.line)?;
    let lists = wire.entities().filter_map(|entity| entity.policy_events).collect::<Vec<_>>();
    run.give(input.line, draft(&wire, &run.hints))?;
    let mut lines = Lines::new(input);
    for list in lists {
        for event in nested::elements(Format::Sysdig, list)? {
            let line = lines.of(event);
            let input = Input { json: event.get().as_bytes(), line };
            run.give(line, policy::draft(input, &run.hints))?;
        }
    }
    Ok(())
}

fn draft(wire: &Wire<'_>, hints: &Hints<'_>) -> Result<Draft, Reject> {
    let missing = Reject::Missing { format: Format::Sysdig, field: "timestamp" };
    let time = wire.timestamp.read_positive("timestamp", hints)?.ok_or(missing)?;
    let alert = &wire.alert;
    let name = first_given(&[&alert.name, &alert.subject]).unwrap_or("unnamed alert");
    let mut draft = Draft::new(EventType::Alert, "sysdig", name);
    let description = first_given(&[&alert.description, &alert.subject]);
    draft.description = description.unwrap_or_default().to_owned();
    if wire.is_over()? {
        (draft.state, draft.end_time) = (State::Resolved, Some(time));
    } else {
        draft.time = Some(time);
    }
    draft.labels = wire.labels();
    let id = alert.id.given().map(|id| ("alertId", id));
    draft.tags = id.into_iter().collect();
    let is_of_secure = wire.entities().any(|entity| entity.policy_events.is_some());
    match policy::severity_of(alert.severity.given().filter(|_| is_of_secure)) {
        Some(severity) => draft.severity = severity.level(),
        None => {
            let said = [alert.severity.given(), alert.severity_label.given()];
            severity::set(&mut draft, said, Severity::Informational);
        }
    }
    let details = wire.details();
    let uid = wire.identity(time, &details);
    draft.details = Some(Details::Alert(details));
    let said = [alert.severity.given(), alert.severity_label.given()];
    hints.map_severity(&mut draft, said);
    Ok(draft.uid(uid, UidTime::Free))
}

impl Wire<'_> {
    fn is_over(&self) -> Result<bool, Reject> {
        let resolved = || Ok(self.resolved.given() == Some("true"));
        self.state.given().map_or_else(resolved, is_over)
    }

    fn entities(&self) -> impl Iterator<Item = &Entity<'_>> {
        self.entities.iter().flatten()
    }

    fn metric_values(&self) -> impl Iterator<Item = &MetricValue<'_>> {
        self.entities().flat_map(|entity| entity.metric_values.iter().flatten())
    }

    fn labels(&self) -> Labels {
        let mut pairs = scope_labels(self.alert.scope.given()).unwrap_or_default();
        if let Some([only]) = self.entities.as_deref() {
            pairs.extend(scope_labels(only.entity.given()).unwrap_or_default());
        }
        pairs.extend(given(&self.labels));
        Labels::from_pairs(pairs)
    }

    fn details(&self) -> AlertDetails {
        let own = |text: &Text<'_>| text.given().map(str::to_owned);
        let entities: Vec<&str> = self.entities().filter_map(|it| it.entity.given()).collect();
        let mut metrics: Vec<String> = Vec::new();
        for metric in self.metric_values().filter_map(|value| value.metric.given()) {
            if metrics.len() < limits::METRICS_MAX && !metrics.iter().any(|it| it == metric) {
                metrics.push(metric.to_owned());
            }
        }
        let trigger = self.metric_values().find_map(|first| {
            Some(format!("{} = {}", first.metric.given()?, first.value.given()?))
        });
        AlertDetails {
            trigger,
            entity: Some(entities.join(", ")).filter(|text| !text.is_empty()),
            alert_name: own(&self.alert.name),
            alert_type: None,
            metrics,
            condition: own(&self.condition),
            scope: own(&self.alert.scope),
            segment: self.alert.body.given().and_then(segment).map(str::to_owned),
        }
    }

    fn identity(&self, time: Timestamp, details: &AlertDetails) -> String {
        match self.event.as_ref().and_then(|event| event.id.given()) {
            Some(id) => format!("sysdig:{id}"),
            None => ContentHash::default()
                .optional(self.alert.id.given())
                .number(time.nanos())
                .optional(details.entity.as_deref())
                .finish("sysdig"),
        }
    }
}

/// What an alert is segmented by, in the text for people.
fn segment(body: &str) -> Option<&str> {
    let mut lines = body.lines().map(str::trim);
    let line = lines.find_map(|line| line.strip_prefix("Segment by:"))?;
    Some(line.trim()).filter(|segment| !segment.is_empty())
}
