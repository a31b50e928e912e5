//! Alerts of Opsgenie, as its webhook sends them.
//!
//! ```text
//! type, source   `alert`, `opsgenie`
//! name           alert.message, else `unnamed alert`
//! description    alert.description
//! severity       alert.priority: P1 to P5 are 1, 2, 4, 5, 6; else 4
//! time           alert.createdAt
//! state          resolved after the actions Close and Delete
//! end_time       then alert.updatedAt
//! labels         opsgenie.team, opsgenie.entity, opsgenie.source (alert.source); alert.details,
//!                some also under the names that they have in events of Kubernetes, see `twins`
//! tags           each of alert.tags, with the value `true`; opsgenie.action, opsgenie.alias,
//!                opsgenie.tinyId
//! details        alert_name = name, entity, alert_type = `opsgenie`
//! uid            opsgenie:<alert.alertId>
//! ```

use crate::{
    Format, Reject,
    extent::Keys,
    hints::Hints,
    severity,
    source::{Input, Run, Source},
    wire::{Moment, Pairs, Text},
};
use eventscope_model::{AlertDetails, Details, Draft, EventType, Labels, Severity, State, UidTime};
use serde::Deserialize;

pub(crate) const SOURCE: Source =
    Source { format: Format::Opsgenie, detect, read, carries: false, read_line: None };

fn detect(keys: Keys<'_>) -> bool {
    keys.has("action") && keys.has("alert") && keys.has_any(&["integrationName", "integrationId"])
}

#[derive(Deserialize)]
#[serde(expecting = "a notice")]
struct Wire<'a> {
    #[serde(borrow, default)]
    action: Text<'a>,
    #[serde(borrow)]
    alert: Alert<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an alert")]
struct Alert<'a> {
    #[serde(borrow, default)]
    alert_id: Text<'a>,
    #[serde(borrow, default)]
    message: Text<'a>,
    #[serde(borrow, default)]
    description: Text<'a>,
    #[serde(borrow, default)]
    priority: Text<'a>,
    #[serde(borrow, default)]
    alias: Text<'a>,
    #[serde(borrow, default)]
    tiny_id: Text<'a>,
    #[serde(borrow, default)]
    entity: Text<'a>,
    #[serde(borrow, default)]
    team: Text<'a>,
    #[serde(borrow, default)]
    source: Text<'a>,
    #[serde(borrow, default)]
    tags: Option<Vec<Text<'a>>>,
    #[serde(borrow, default)]
    details: Pairs<'a>,
    #[serde(borrow, default)]
    created_at: Moment<'a>,
    #[serde(borrow, default)]
    updated_at: Moment<'a>,
}

fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    let wire: Wire<'_> = serde_json::from_slice(input.json)
        .map_err(|error| Reject::json(Format::Opsgenie, &error, input.line))?;
    run.give(input.line, wire.draft(&run.hints))
}

impl Wire<'_> {
    fn draft(self, hints: &Hints<'_>) -> Result<Draft, Reject> {
        let missing = |field| Reject::Missing { format: Format::Opsgenie, field };
        let alert = self.alert;
        let id = alert.alert_id.given().ok_or(missing("alert.alertId"))?.to_owned();
        let time = alert.created_at.read("createdAt", hints)?.ok_or(missing("alert.createdAt"))?;
        let name = alert.message.given().unwrap_or("unnamed alert");
        let mut draft = Draft::new(EventType::Alert, "opsgenie", name).time(time);
        draft.description = alert.description.0.clone().into_owned();
        let priority = alert.priority.given().and_then(severity::from_word);
        draft.severity = priority.unwrap_or(Severity::Warning).level();
        hints.map_severity(&mut draft, [alert.priority.given()]);
        if matches!(self.action.given(), Some("Close" | "Delete")) {
            draft.state = State::Resolved;
            draft.end_time = alert.updated_at.read("updatedAt", hints)?;
        }
        let labels = [
            ("opsgenie.team", alert.team.given()),
            ("opsgenie.entity", alert.entity.given()),
            ("opsgenie.source", alert.source.given()),
        ];
        draft.labels = labels.into_iter().filter_map(|(key, text)| Some((key, text?))).collect();
        for (key, value) in alert.details.clone().into_owned() {
            if !key.is_empty() && !value.is_empty() {
                draft.labels.insert(key, value);
            }
        }
        let tags = alert.tags.iter().flatten().filter_map(Text::given).map(|tag| (tag, "true"));
        let own = [
            ("opsgenie.action", self.action.given()),
            ("opsgenie.alias", alert.alias.given()),
            ("opsgenie.tinyId", alert.tiny_id.given()),
        ];
        let own = own.into_iter().filter_map(|(key, text)| Some((key, text?)));
        draft.tags = tags.chain(own).collect::<Labels>();
        draft.details = Some(Details::Alert(AlertDetails {
            alert_name: Some(name.to_owned()),
            alert_type: Some("opsgenie".to_owned()),
            entity: alert.entity.given().map(str::to_owned),
            ..AlertDetails::default()
        }));
        Ok(draft.uid(format!("opsgenie:{id}"), UidTime::Free))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{labels, one};

    fn notice(action: &str) -> String {
        format!(
            r#"{{"action":"{action}","integrationName":"web","source":{{"type":"API"}},"alert":
            {{"alertId":"a-1","message":"disk full","priority":"P1","tinyId":"7","tags":["db"],
            "team":"infra","details":{{"host":"db-1"}},"createdAt":1795424940000,
            "updatedAt":1795425000000000000}}}}"#
        )
    }

    #[test]
    fn an_alert_has_one_identity_until_it_is_closed() {
        let fires = one(&notice("Create")).unwrap();
        assert_eq!((fires.name.as_str(), fires.severity), ("disk full", 1));
        assert_eq!(labels(&fires), "host = 'db-1' and opsgenie.team = 'infra'");
        let over = one(&notice("Close")).unwrap();
        assert_eq!((&over.uid, over.state.name()), (&fires.uid, "resolved"));
        assert_eq!(over.end_time.unwrap().to_string(), "2026-11-23T09:10:00Z");
        let with_pod =
            one(&notice("Create").replace(r#""host":"db-1""#, r#""pod":"db-1""#)).unwrap();
        assert_eq!(with_pod.labels.get("kubernetes.pod.name"), Some("db-1"));
        let none = notice("Create").replace("a-1", "");
        let refused = one(&none).unwrap_err().to_string();
        assert_eq!(refused, "no opsgenie event: alert.alertId is missing");
    }
}
