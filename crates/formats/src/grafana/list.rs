//! The list of alerts that the API of Grafana's legacy alerting gives (`GET /api/alerts`): objects
//! with `newStateDate`, as its documentation of the alerting API has them up to Grafana 10.
//!
//! ```text
//! type, source   `alert`, `grafana`
//! name           name
//! description    message, else executionError
//! severity       4
//! time           newStateDate: since when it is in its state
//! state          state, see `states`; what is ok, pending, paused or unknown has not fired
//! labels         `alertname` = name; grafana.dashboard: dashboardUid, else dashboardSlug, else
//!                dashboardUri, else dashboardId; grafana.panel: panelId
//! tags           url; grafana.state
//! details        alert_name; trigger: `METRIC = VALUE` of the first of evalData.evalMatches;
//!                metrics; alert_type = `grafana`
//! uid            grafana:<content hash> of id, dashboard, panelId, newStateDate
//! ```

use super::{Match, details, pairs, parse};
use crate::{
    Format, Reject,
    extent::Keys,
    identity::ContentHash,
    source::{Input, Run},
    states::Standing,
    wire::{Moment, Text, first_given},
};
use eventscope_model::{Draft, EventType, Severity, UidTime};
use serde::Deserialize;
use serde_json::value::RawValue;

pub(super) fn detect(keys: Keys<'_>) -> bool {
    const PLACES: [&str; 5] =
        ["dashboardId", "dashboardUid", "dashboardUri", "panelId", "executionError"];
    keys.has("newStateDate") && keys.has("state") && keys.has_any(&PLACES)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an alert")]
struct Wire<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    dashboard_id: Text<'a>,
    #[serde(borrow, default, alias = "dashboardUId")]
    dashboard_uid: Text<'a>,
    #[serde(borrow, default)]
    dashboard_slug: Text<'a>,
    #[serde(borrow, default)]
    dashboard_uri: Text<'a>,
    #[serde(borrow, default)]
    panel_id: Text<'a>,
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    message: Text<'a>,
    #[serde(borrow, default)]
    execution_error: Text<'a>,
    #[serde(borrow, default)]
    state: Text<'a>,
    #[serde(borrow, default)]
    new_state_date: Moment<'a>,
    #[serde(borrow, default)]
    url: Text<'a>,
    /// An object, or nothing, which may be an empty text.
    #[serde(borrow, default)]
    eval_data: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EvalData<'a> {
    #[serde(borrow, default)]
    eval_matches: Option<Vec<Match<'a>>>,
}

pub(super) fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    let wire: Wire<'_> = parse(input)?;
    // A list says how things are: what is well there is no news.
    match wire.state.given().map_or(Ok(Standing::Fires), Standing::of) {
        Ok(Standing::HasNotFired | Standing::IsWell | Standing::IsOver) => {
            run.has_not_fired();
            Ok(())
        }
        Ok(Standing::Fires) => run.give(input.line, wire.draft()),
        Err(reject) => run.give(input.line, Err(reject)),
    }
}

impl Wire<'_> {
    fn draft(&self) -> Result<Draft, Reject> {
        let missing = |field| Reject::Missing { format: Format::Grafana, field };
        let time = self.new_state_date.read_as_utc("newStateDate")?;
        let time = time.ok_or(missing("newStateDate"))?;
        let name = self.name.given().ok_or(missing("name"))?;
        let mut draft = Draft::new(EventType::Alert, "grafana", name).time(time);
        let text = first_given(&[&self.message, &self.execution_error]);
        draft.description = text.unwrap_or_default().to_owned();
        draft.severity = Severity::Warning.level();
        let dashboard = first_given(&[
            &self.dashboard_uid,
            &self.dashboard_slug,
            &self.dashboard_uri,
            &self.dashboard_id,
        ]);
        draft.labels = pairs([
            ("alertname", Some(name)),
            ("grafana.dashboard", dashboard),
            ("grafana.panel", self.panel_id.given()),
        ]);
        draft.tags = pairs([("url", self.url.given()), ("grafana.state", self.state.given())]);
        let data = self.eval_data.and_then(|data| serde_json::from_str(data.get()).ok());
        let EvalData { eval_matches } = data.unwrap_or_default();
        draft.details = Some(details(name, eval_matches.as_deref().unwrap_or_default()));
        let uid = ContentHash::default()
            .text(&self.id.0)
            .optional(dashboard)
            .text(&self.panel_id.0)
            .number(time.nanos());
        Ok(draft.uid(uid.finish("grafana"), UidTime::Fixed))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{labels, one, read};

    fn alert(state: &str, more: &str) -> String {
        format!(
            r#"{{"id":7,"dashboardId":3,"dashboardUid":"cb9","panelId":2,"name":"Disk full",
            "state":"{state}","newStateDate":"2026-11-23T10:00:00+01:00",
            "evalDate":"0001-01-01T00:00:00Z","executionError":"","url":"/d/cb9/disks"{more}}}"#
        )
    }

    #[test]
    fn a_list_holds_what_fires_now() {
        let data = r#","evalData":{"evalMatches":[{"metric":"sda","value":97.5,"tags":null}]}"#;
        let list = [
            alert("alerting", data),
            alert("no_data", r#","evalData":{"noData":true}"#),
            alert("ok", r#","evalData":"""#),
            alert("pending", ""),
            alert("paused", ""),
            alert("unknown", ""),
        ];
        let outcome = read(format!("[{}]", list.join(",")));
        assert_eq!(outcome.lines(), ["1 Disk full", "3 Disk full"]);
        assert_eq!((outcome.counts.not_fired, outcome.counts.other_documents), (4, 0));
        let fires = one(&alert("alerting", data)).unwrap();
        assert_eq!(fires.time.unwrap().to_string(), "2026-11-23T09:00:00Z");
        assert_eq!(
            labels(&fires),
            "alertname = 'Disk full' and grafana.dashboard = 'cb9' and grafana.panel = '2'"
        );
        let details = fires.details.unwrap();
        assert!(details.fields().contains(&("trigger", Some("sda = 97.5"))));
    }

    #[test]
    fn an_unknown_state_is_named() {
        let refused = one(&alert("banana", "")).unwrap_err().to_string();
        assert!(refused.starts_with("state is `banana`"), "{refused}");
    }
}
