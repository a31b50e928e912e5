//! Incidents of PagerDuty: its webhook v3, `{"event": {"event_type": .., "data": {..}}}`.
//!
//! ```text
//! type, source   `alert`, `pagerduty`
//! name           data.title, else data.summary, else `unnamed incident`
//! description    the event: `incident.triggered`
//! severity       data.priority.summary: P1 to P5 are 1, 2, 4, 5, 6; else data.urgency: high 1,
//!                low 4; else 4
//! time           data.created_at, else occurred_at
//! state          resolved if data.status is resolved
//! end_time       of a resolved one data.resolved_at, else occurred_at
//! labels         pagerduty.service: data.service.summary; pagerduty.urgency, pagerduty.status
//! tags           pagerduty.number, url (data.html_url)
//! details        alert_name = name, alert_type = `pagerduty`
//! uid            pagerduty:<data.id>
//! ```
//!
//! An incident keeps its id, so each notice is an observation of one event. Notices about other
//! things than incidents are passed over.

use crate::{
    Format, Reject,
    extent::Keys,
    severity,
    source::{Input, Run, Source},
    wire::{Moment, Text, first_given, first_set},
};
use eventscope_model::{AlertDetails, Details, Draft, EventType, Labels, Severity, State, UidTime};
use serde::Deserialize;

pub(crate) const SOURCE: Source =
    Source { format: Format::Pagerduty, detect, read, carries: false, read_line: None };

fn detect(keys: Keys<'_>) -> bool {
    ["event_type", "resource_type", "occurred_at", "data"].iter().all(|key| keys.has(key))
}

#[derive(Deserialize)]
#[serde(expecting = "a notice")]
struct Wire<'a> {
    #[serde(borrow, default)]
    event_type: Text<'a>,
    #[serde(borrow, default)]
    resource_type: Text<'a>,
    #[serde(borrow, default)]
    occurred_at: Moment<'a>,
    #[serde(borrow)]
    data: Incident<'a>,
}

#[derive(Deserialize)]
#[serde(expecting = "an incident")]
struct Incident<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    number: Text<'a>,
    #[serde(borrow, default)]
    title: Text<'a>,
    #[serde(borrow, default)]
    summary: Text<'a>,
    #[serde(borrow, default)]
    status: Text<'a>,
    #[serde(borrow, default)]
    urgency: Text<'a>,
    #[serde(borrow, default)]
    html_url: Text<'a>,
    #[serde(borrow, default)]
    created_at: Moment<'a>,
    #[serde(borrow, default)]
    resolved_at: Moment<'a>,
    #[serde(borrow, default)]
    priority: Option<Named<'a>>,
    #[serde(borrow, default)]
    service: Option<Named<'a>>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, default)]
    summary: Text<'a>,
}

fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    let wire: Wire<'_> = serde_json::from_slice(input.json)
        .map_err(|error| Reject::json(Format::Pagerduty, &error, input.line))?;
    if wire.resource_type.given() != Some("incident") {
        run.pass_over();
        return Ok(());
    }
    run.give(input.line, wire.draft())
}

impl Wire<'_> {
    fn draft(&self) -> Result<Draft, Reject> {
        let missing = |field| Reject::Missing { format: Format::Pagerduty, field };
        let incident = &self.data;
        let id = incident.id.given().ok_or(missing("data.id"))?;
        let times = [("created_at", &incident.created_at), ("occurred_at", &self.occurred_at)];
        let time = first_set(&times)?.ok_or(missing("data.created_at"))?;
        let name = first_given(&[&incident.title, &incident.summary]).unwrap_or("unnamed incident");
        let mut draft = Draft::new(EventType::Alert, "pagerduty", name).time(time);
        draft.description = self.event_type.0.clone().into_owned();
        draft.severity = incident.severity().level();
        if incident.status.given() == Some("resolved") {
            draft.state = State::Resolved;
            let ends = [("resolved_at", &incident.resolved_at), ("occurred_at", &self.occurred_at)];
            draft.end_time = first_set(&ends)?;
        }
        let service = incident.service.as_ref().and_then(|service| service.summary.given());
        draft.labels = pairs([
            ("pagerduty.service", service),
            ("pagerduty.urgency", incident.urgency.given()),
            ("pagerduty.status", incident.status.given()),
        ]);
        draft.tags = pairs([
            ("pagerduty.number", incident.number.given()),
            ("url", incident.html_url.given()),
            ("pagerduty.event", None),
        ]);
        draft.details = Some(Details::Alert(AlertDetails {
            alert_name: Some(name.to_owned()),
            alert_type: Some("pagerduty".to_owned()),
            ..AlertDetails::default()
        }));
        Ok(draft.uid(format!("pagerduty:{id}"), UidTime::Free))
    }
}

impl Incident<'_> {
    fn severity(&self) -> Severity {
        let priority = self.priority.as_ref().and_then(|priority| priority.summary.given());
        let of_urgency = match self.urgency.given() {
            Some("high") => Severity::Alert,
            _ => Severity::Warning,
        };
        priority.and_then(severity::from_word).unwrap_or(of_urgency)
    }
}

fn pairs(pairs: [(&str, Option<&str>); 3]) -> Labels {
    pairs.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

#[cfg(test)]
mod tests {
    use crate::testing::{labels, one, read};

    fn notice(status: &str, more: &str) -> String {
        format!(
            r#"{{"event":{{"id":"e","event_type":"incident.{status}","resource_type":"incident",
            "occurred_at":"2026-11-23T09:10:00Z","data":{{"id":"PX1","type":"incident",
            "number":42,"status":"{status}","title":"db-1 is down","urgency":"high",
            "created_at":"2026-11-23T09:00:00Z","service":{{"summary":"db"}}{more}}}}}}}"#
        )
    }

    #[test]
    fn an_incident_is_an_alert_with_one_identity() {
        let fires = one(&notice("triggered", "")).unwrap();
        assert_eq!((fires.name.as_str(), fires.severity), ("db-1 is down", 1));
        assert_eq!(fires.description, "incident.triggered");
        assert_eq!(
            labels(&fires),
            "pagerduty.service = 'db' and pagerduty.status = 'triggered' and \
             pagerduty.urgency = 'high'"
        );
        let over = one(&notice("resolved", r#","priority":{"summary":"P2"}"#)).unwrap();
        assert_eq!((over.uid, over.severity), (fires.uid, 2));
        assert_eq!(over.end_time.unwrap().to_string(), "2026-11-23T09:10:00Z");
    }

    #[test]
    fn notices_about_other_things_are_passed_over() {
        let service = notice("x", "").replace(
            r#":"incident",
            "occurred"#,
            r#":"service",
            "occurred"#,
        );
        assert_eq!(read(service).counts.other_documents, 1);
        let bare = notice("triggered", "").replace("PX1", "");
        assert_eq!(one(&bare).unwrap_err().to_string(), "no pagerduty event: data.id is missing");
    }
}
