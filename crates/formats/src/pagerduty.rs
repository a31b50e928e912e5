//! Incidents of PagerDuty, as its webhooks tell them: version 3,
//! `{"event": {"event_type": .., "data": {..}}}`, and version 2,
//! `{"messages": [{"event": .., "incident": {..}}]}`, of which a message may stand alone.
//!
//! ```text
//! type, source   `alert`, `pagerduty`
//! name           title, else summary, else `unnamed incident`
//! description    the event: `incident.triggered`; in version 2 `incident.trigger`
//! severity       priority.summary: P1 to P5 are 1, 2, 4, 5, 6; else urgency: high 1, low 4;
//!                else 4
//! time           created_at, else when the notice was made (occurred_at; created_on)
//! state          status, see `states`: triggered and acknowledged fire; without it that of the
//!                event: `incident.resolved` and `incident.resolve` are resolved
//! end_time       of a resolved one resolved_at, last_status_change_at, else when the notice was
//!                made
//! labels         pagerduty.service: service.summary, service.name; pagerduty.urgency,
//!                pagerduty.status
//! tags           pagerduty.number (number; incident_number), url (html_url)
//! details        alert_name = name, alert_type = `pagerduty`
//! uid            pagerduty:<id>
//! ```
//!
//! The fields are those of the incident: `data` in version 3, `incident` in version 2, as PagerDuty
//! documents its webhooks.
//! An incident keeps its id, so each notice is an observation of one event, whichever version it
//! came by. Notices about other things than incidents are passed over.

use crate::{
    Format, Reject,
    extent::Keys,
    hints::Hints,
    nested::{self, Lines},
    severity,
    source::{Input, Run, Source},
    states::Standing,
    wire::{Moment, Text, first_given, first_set},
};
use eventscope_model::{AlertDetails, Details, Draft, EventType, Labels, Severity, State, UidTime};
use serde::Deserialize;
use serde_json::value::RawValue;

pub(crate) const SOURCE: Source =
    Source { format: Format::Pagerduty, detect, read, carries: false, read_line: None };

fn detect(keys: Keys<'_>) -> bool {
    let is_third = ["event_type", "resource_type", "occurred_at", "data"];
    is_third.iter().all(|key| keys.has(key))
        || (keys.has("messages") && keys.has_only(&["messages"]))
        || (keys.has("event")
            && keys.has("incident")
            && keys.has_any(&["log_entries", "webhook", "created_on"]))
}

/// A notice, or what holds notices.
#[derive(Deserialize)]
#[serde(expecting = "a notice")]
struct Wire<'a> {
    /// What happened; in version 2 `event`.
    #[serde(borrow, default, alias = "event")]
    event_type: Text<'a>,
    /// Only in version 3, where notices are about other things too.
    #[serde(borrow, default)]
    resource_type: Text<'a>,
    /// When the notice was made; in version 2 `created_on`.
    #[serde(borrow, default, alias = "created_on")]
    occurred_at: Moment<'a>,
    /// In version 2 `incident`.
    #[serde(borrow, default, alias = "incident")]
    data: Option<Incident<'a>>,
    /// The notices of version 2.
    #[serde(borrow, default)]
    messages: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(expecting = "an incident")]
struct Incident<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default, alias = "incident_number")]
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
    /// Only in version 2.
    #[serde(borrow, default)]
    last_status_change_at: Moment<'a>,
    #[serde(borrow, default)]
    priority: Option<Named<'a>>,
    #[serde(borrow, default)]
    service: Option<Named<'a>>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, default)]
    summary: Text<'a>,
    #[serde(borrow, default)]
    name: Text<'a>,
}

fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    let wire: Wire<'_> = parse(input)?;
    let Some(messages) = wire.messages else { return wire.give(input.line, run) };
    let messages = nested::elements(Format::Pagerduty, messages).unwrap_or_default();
    // Whoever sends messages to people or machines puts them in such a list.
    let is_notice = |message: &&RawValue| {
        let keys = ["event", "incident"];
        keys.iter().all(|key| nested::member(message, key).is_some())
    };
    if !messages.iter().any(is_notice) {
        // None at all is no sign of it either, unless somebody says so.
        if !messages.is_empty() || run.only.is_none() {
            run.disown();
        }
        return Ok(());
    }
    let mut lines = Lines::new(input);
    for (number, message) in messages.into_iter().enumerate() {
        let line = lines.of(message);
        let within = |reason| Reject::Within {
            part: format!("message {}", number.saturating_add(1)),
            reason: Box::new(reason),
        };
        let json = message.get().as_bytes();
        match parse(Input { json, line }) {
            Ok(wire) => wire.give(line, run)?,
            Err(reject) => run.give(line, Err(within(reject)))?,
        }
    }
    Ok(())
}

fn parse(input: Input<'_>) -> Result<Wire<'_>, Reject> {
    serde_json::from_slice(input.json)
        .map_err(|error| Reject::json(Format::Pagerduty, &error, input.line))
}

impl Wire<'_> {
    /// Gives the event of a notice, if it is about an incident.
    fn give(&self, line: u64, run: &mut Run<'_>) -> Result<(), Reject> {
        if !matches!(self.resource_type.given(), None | Some("incident")) {
            run.pass_over();
            return Ok(());
        }
        run.give(line, self.draft(&run.hints))
    }

    fn draft(&self, hints: &Hints<'_>) -> Result<Draft, Reject> {
        let missing = |field| Reject::Missing { format: Format::Pagerduty, field };
        let incident = self.data.as_ref().ok_or(missing("data"))?;
        let id = incident.id.given().ok_or(missing("data.id"))?;
        let times = [("created_at", &incident.created_at), ("occurred_at", &self.occurred_at)];
        let time = first_set(hints, &times)?.ok_or(missing("data.created_at"))?;
        let name = first_given(&[&incident.title, &incident.summary]).unwrap_or("unnamed incident");
        let mut draft = Draft::new(EventType::Alert, "pagerduty", name).time(time);
        draft.description = self.event_type.0.clone().into_owned();
        draft.severity = incident.severity().level();
        if self.is_over(incident)? {
            draft.state = State::Resolved;
            let ends = [
                ("resolved_at", &incident.resolved_at),
                ("last_status_change_at", &incident.last_status_change_at),
                ("occurred_at", &self.occurred_at),
            ];
            draft.end_time = first_set(hints, &ends)?;
        }
        let service = incident.service.as_ref();
        let service = service.and_then(|it| first_given(&[&it.summary, &it.name]));
        draft.labels = pairs([
            ("pagerduty.service", service),
            ("pagerduty.urgency", incident.urgency.given()),
            ("pagerduty.status", incident.status.given()),
        ]);
        draft.tags = pairs([
            ("pagerduty.number", incident.number.given()),
            ("url", incident.html_url.given()),
        ]);
        draft.details = Some(Details::Alert(AlertDetails {
            alert_name: Some(name.to_owned()),
            alert_type: Some("pagerduty".to_owned()),
            ..AlertDetails::default()
        }));
        hints.map_severity(&mut draft, [incident.priority(), incident.urgency.given()]);
        Ok(draft.uid(format!("pagerduty:{id}"), UidTime::Free))
    }

    /// Whether the incident is resolved: by its own status, else by what happened.
    fn is_over(&self, incident: &Incident<'_>) -> Result<bool, Reject> {
        match incident.status.given() {
            Some(status) => Ok(Standing::of(status)? == Standing::IsOver),
            None => Ok(matches!(
                self.event_type.given(),
                Some("incident.resolved" | "incident.resolve")
            )),
        }
    }
}

impl Incident<'_> {
    fn priority(&self) -> Option<&str> {
        self.priority.as_ref().and_then(|priority| priority.summary.given())
    }

    fn severity(&self) -> Severity {
        let of_urgency = match self.urgency.given() {
            Some("high") => Severity::Alert,
            _ => Severity::Warning,
        };
        self.priority().and_then(severity::from_word).unwrap_or(of_urgency)
    }
}

fn pairs<const N: usize>(pairs: [(&str, Option<&str>); N]) -> Labels {
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
        let refused = one(&notice("banana", "")).unwrap_err().to_string();
        assert!(refused.starts_with("state is `banana`"), "{refused}");
    }

    /// A message of version 2 about the incident of `notice`.
    fn message(event: &str, status: &str) -> String {
        format!(
            r#"{{"event":"incident.{event}","log_entries":[],"id":"m","webhook":{{}},
            "created_on":"2026-11-23T09:10:00Z","incident":{{"incident_number":42,"id":"PX1",
            "title":"db-1 is down","created_at":"2026-11-23T09:00:00Z","status":"{status}",
            "service":{{"name":"db"}},"urgency":"high","summary":"[#42] db-1 is down",
            "last_status_change_at":"2026-11-23T09:08:00Z"}}}}"#
        )
    }

    #[test]
    fn version_2_tells_the_same_incident() {
        let messages = [
            message("trigger", "triggered"),
            message("acknowledge", "acknowledged"),
            message("resolve", "resolved"),
        ];
        let outcome = read(format!("{{\"messages\":[{}]}}", messages.join(",")));
        assert_eq!(outcome.records.len(), 3, "{outcome:?}");
        let drafts = outcome.records.into_iter().map(|record| record.content.unwrap());
        let drafts: Vec<_> = drafts.collect();
        let third = one(&notice("triggered", "")).unwrap();
        assert!(drafts.iter().all(|draft| draft.uid == third.uid && draft.time == third.time));
        assert_eq!(drafts[0].labels, third.labels);
        assert_eq!((drafts[0].severity, &drafts[0].tags), (1, &third.tags));
        let states: Vec<_> = drafts.iter().map(|draft| draft.state.name()).collect();
        assert_eq!(states, ["triggered", "triggered", "resolved"]);
        assert_eq!(drafts[2].end_time.unwrap().to_string(), "2026-11-23T09:08:00Z");
        assert_eq!(one(&messages[2]).unwrap(), drafts[2]);
        let said_by_event = message("resolve", "");
        assert_eq!(one(&said_by_event).unwrap().state.name(), "resolved");
    }

    #[test]
    fn messages_of_others_are_other_documents() {
        let chat = read(r#"{"messages":[{"role":"user","content":"is it up?"}]}"#);
        assert_eq!((chat.records.len(), chat.format), (0, None));
        assert_eq!(chat.counts.other_documents, 1);
        for other in [r#"{"messages":[]}"#, r#"{"messages":"none"}"#] {
            assert_eq!((read(other).format, read(other).counts.other_documents), (None, 1));
        }
        let outcome = read(format!(
            "{{\"messages\":[{},{{\"event\":7}},3]}}",
            message("resolve", "resolved")
        ));
        let lines = outcome.lines();
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[1].contains("no pagerduty event: data is missing"), "{lines:?}");
        assert!(lines[2].contains("message 3: no pagerduty event"), "{lines:?}");
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
