//! The annotations of Grafana (`GET /api/annotations`) that its alerting makes, one whenever the
//! state of an alert changes; the fields are those of its documentation of the annotations API.
//! Those that people make have no states: they are no alerts, and are passed over.
//!
//! ```text
//! type, source   `alert`, `grafana`
//! name           alertName, else the text up to its labels in braces, else `unnamed alert`
//! description    text
//! severity       4
//! time           time
//! state          newState, see `states`: what fires has fired; what is well after it fired is
//!                resolved; all else has not fired
//! end_time       timeEnd of what fires, if it is later than its time: it is resolved then
//! labels         `alertname` = name; grafana.dashboard: dashboardUID, else dashboardId;
//!                grafana.panel: panelId
//! tags           each of tags, with the value `true`; grafana.state and grafana.before: newState
//!                and prevState
//! details        alert_name; alert_type = `grafana`
//! uid            grafana:<content hash> of id, alertId, newState, prevState, time, text
//! ```
//!
//! An annotation does not say when the alert began whose end it tells, so each is an event of its
//! own.

use super::{details, pairs, parse};
use crate::{
    Format, Reject,
    extent::Keys,
    hints::Hints,
    identity::ContentHash,
    source::{Input, Run},
    states::Standing,
    wire::{Moment, Text, first_given},
};
use eventscope_model::{Draft, EventType, Severity, State, UidTime};
use serde::Deserialize;

pub(super) fn detect(keys: Keys<'_>) -> bool {
    keys.has("newState")
        && keys.has("prevState")
        && keys.has("time")
        && keys.has_any(&["alertId", "alertName", "dashboardId", "dashboardUID", "panelId"])
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an annotation")]
struct Wire<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    alert_id: Text<'a>,
    #[serde(borrow, default)]
    alert_name: Text<'a>,
    #[serde(borrow, default)]
    dashboard_id: Text<'a>,
    #[serde(borrow, default, rename = "dashboardUID")]
    dashboard_uid: Text<'a>,
    #[serde(borrow, default)]
    panel_id: Text<'a>,
    #[serde(borrow, default)]
    new_state: Text<'a>,
    #[serde(borrow, default)]
    prev_state: Text<'a>,
    #[serde(borrow, default)]
    time: Moment<'a>,
    #[serde(borrow, default)]
    time_end: Moment<'a>,
    #[serde(borrow, default)]
    text: Text<'a>,
    #[serde(borrow, default)]
    tags: Option<Vec<Text<'a>>>,
}

pub(super) fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    let wire: Wire<'_> = parse(input)?;
    let Some(state) = wire.new_state.given() else {
        run.pass_over();
        return Ok(());
    };
    let before = wire.prev_state.given().and_then(|word| Standing::of(word).ok());
    let state = match Standing::of(state) {
        Ok(Standing::Fires) => State::Triggered,
        Ok(Standing::IsWell | Standing::IsOver) if before == Some(Standing::Fires) => {
            State::Resolved
        }
        Ok(_) => {
            run.has_not_fired();
            return Ok(());
        }
        Err(reject) => return run.give(input.line, Err(reject)),
    };
    run.give(input.line, wire.draft(state, &run.hints))
}

impl Wire<'_> {
    fn draft(&self, state: State, hints: &Hints<'_>) -> Result<Draft, Reject> {
        let missing = Reject::Missing { format: Format::Grafana, field: "time" };
        let time = self.time.read("time", hints)?.ok_or(missing)?;
        let own = self.text.0.split(" {").next().map(str::trim).filter(|text| !text.is_empty());
        let name = self.alert_name.given().or(own).unwrap_or("unnamed alert");
        let mut draft = Draft::new(EventType::Alert, "grafana", name).time(time);
        draft.description = self.text.0.clone().into_owned();
        draft.severity = Severity::Warning.level();
        draft.state = state;
        let end = self.time_end.read("timeEnd", hints)?.filter(|end| *end > time);
        if state == State::Triggered && end.is_some() {
            (draft.state, draft.end_time) = (State::Resolved, end);
        }
        let id = self.dashboard_id.given().filter(|id| *id != "0");
        let panel = self.panel_id.given().filter(|panel| *panel != "0");
        draft.labels = pairs([
            ("alertname", Some(name)),
            ("grafana.dashboard", first_given(&[&self.dashboard_uid]).or(id)),
            ("grafana.panel", panel),
        ]);
        let tags =
            self.tags.iter().flatten().filter_map(Text::given).map(|tag| (tag, Some("true")));
        let own = [
            ("grafana.state", self.new_state.given()),
            ("grafana.before", self.prev_state.given()),
        ];
        draft.tags = pairs(tags.chain(own));
        draft.details = Some(details(name, &[]));
        let uid = ContentHash::default()
            .text(&self.id.0)
            .text(&self.alert_id.0)
            .text(&self.new_state.0)
            .text(&self.prev_state.0)
            .number(time.nanos())
            .text(&self.text.0);
        Ok(draft.uid(uid.finish("grafana"), UidTime::Fixed))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{labels, one, read};

    fn annotation(before: &str, after: &str) -> String {
        format!(
            r#"{{"id":1124,"alertId":7,"alertName":"","dashboardId":0,"dashboardUID":"cb9",
            "panelId":2,"userId":0,"newState":"{after}","prevState":"{before}",
            "time":1795424400000,"timeEnd":1795424400000,"tags":["disk"],
            "text":"Disk full {{device=sda}} - {after}","data":{{}}}}"#
        )
    }

    #[test]
    fn what_fires_and_what_ends_are_events() {
        let list = [
            annotation("Pending", "Alerting"),
            annotation("Alerting", "Normal"),
            annotation("alerting", "ok"),
            annotation("Normal", "Pending"),
            annotation("Pending", "Normal (Updated)"),
            annotation("", "").replace("Disk full", "Deployed"),
        ];
        let outcome = read(format!("[{}]", list.join(",")));
        let states: Vec<_> = outcome
            .records
            .iter()
            .map(|record| record.content.as_ref().unwrap().state.name())
            .collect();
        assert_eq!(states, ["triggered", "resolved", "resolved"]);
        assert_eq!((outcome.counts.not_fired, outcome.counts.other_documents), (2, 1));
        let fires = one(&list[0]).unwrap();
        assert_eq!(fires.name, "Disk full");
        assert_eq!(fires.time.unwrap().to_string(), "2026-11-23T09:00:00Z");
        assert_eq!(
            labels(&fires),
            "alertname = 'Disk full' and grafana.dashboard = 'cb9' and grafana.panel = '2'"
        );
        assert_eq!(fires.tags.get("disk"), Some("true"));
    }

    #[test]
    fn a_span_is_over_at_its_end() {
        let span = annotation("ok", "alerting").replace("End\":1795424400", "End\":1795424460");
        let over = one(&span).unwrap();
        assert_eq!(over.state.name(), "resolved");
        assert_eq!(over.end_time.unwrap().to_string(), "2026-11-23T09:01:00Z");
    }
}
