//! Alerts of Grafana's legacy alerting, as its webhook sends them. Its later alerting speaks as
//! Alertmanager does.
//!
//! ```text
//! type, source   `alert`, `grafana`
//! name           ruleName, else title
//! description    message, else title
//! severity       4
//! time           that of the file: these alerts have none
//! state          state: ok is resolved; alerting, no_data, error and others fire; pending and
//!                paused have not fired
//! labels         tags; `alertname` = ruleName
//! tags           url = ruleUrl, imageUrl; grafana.state
//! details        alert_name; trigger: `METRIC = VALUE` of the first of evalMatches; metrics;
//!                alert_type = `grafana`
//! uid            grafana:<content hash> of orgId, ruleId, ruleUrl, evalMatches, state
//! ```

use crate::{
    Format, Reject,
    extent::Keys,
    identity::ContentHash,
    source::{GUESSED, Input, Run, Source},
    wire::{Pairs, Text, first_given},
};
use eventscope_model::{
    AlertDetails, Details, Draft, EventType, Labels, Severity, State, UidTime, limits,
};
use serde::Deserialize;

pub(crate) const SOURCE: Source =
    Source { format: Format::Grafana, detect, read, carries: false, read_line: None };

fn detect(keys: Keys<'_>) -> bool {
    keys.has("ruleId") && keys.has("state") && keys.has_any(&["ruleName", "ruleUrl", "evalMatches"])
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an alert")]
struct Wire<'a> {
    #[serde(borrow, default)]
    org_id: Text<'a>,
    #[serde(borrow, default)]
    rule_id: Text<'a>,
    #[serde(borrow, default)]
    rule_name: Text<'a>,
    #[serde(borrow, default)]
    rule_url: Text<'a>,
    #[serde(borrow, default)]
    image_url: Text<'a>,
    #[serde(borrow, default)]
    title: Text<'a>,
    #[serde(borrow, default)]
    message: Text<'a>,
    #[serde(borrow, default)]
    state: Text<'a>,
    #[serde(borrow, default)]
    tags: Pairs<'a>,
    #[serde(borrow, default)]
    eval_matches: Option<Vec<Match<'a>>>,
}

#[derive(Deserialize)]
struct Match<'a> {
    #[serde(borrow, default)]
    metric: Text<'a>,
    #[serde(borrow, default)]
    value: Text<'a>,
}

fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    let wire: Wire<'_> = serde_json::from_slice(input.json)
        .map_err(|error| Reject::json(Format::Grafana, &error, input.line))?;
    if matches!(wire.state.given(), Some("pending" | "paused")) {
        run.has_not_fired();
        return Ok(());
    }
    let time = run.modified.ok_or(Reject::Undated { format: Format::Grafana, field: "time" })?;
    let draft = wire.draft().map(|draft| draft.time(time));
    if draft.is_ok() {
        run.is_dated_by_file();
    }
    run.give(input.line, draft)
}

impl Wire<'_> {
    fn draft(&self) -> Result<Draft, Reject> {
        let missing = Reject::Missing { format: Format::Grafana, field: "ruleName" };
        let name = first_given(&[&self.rule_name, &self.title]).ok_or(missing)?;
        let mut draft = Draft::new(EventType::Alert, "grafana", name);
        let text = first_given(&[&self.message, &self.title]);
        draft.description = text.unwrap_or_default().to_owned();
        draft.severity = Severity::Warning.level();
        if self.state.given() == Some("ok") {
            draft.state = State::Resolved;
        }
        let tags = self.tags.clone().into_owned().into_iter();
        let tags = tags.filter(|(key, value)| !key.is_empty() && !value.is_empty());
        draft.labels = Labels::from_pairs(tags.collect());
        draft.labels.insert("alertname", name);
        let said = [
            ("url", self.rule_url.given()),
            ("imageUrl", self.image_url.given()),
            ("grafana.state", self.state.given()),
            (GUESSED, Some("time")),
        ];
        draft.tags = said.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        let matches = || self.eval_matches.iter().flatten();
        let metrics = matches().filter_map(|it| it.metric.given()).map(str::to_owned);
        draft.details = Some(Details::Alert(AlertDetails {
            alert_name: Some(name.to_owned()),
            alert_type: Some("grafana".to_owned()),
            trigger: matches().next().and_then(|first| {
                Some(format!("{} = {}", first.metric.given()?, first.value.given()?))
            }),
            metrics: metrics.take(limits::METRICS_MAX).collect(),
            ..AlertDetails::default()
        }));
        let mut hash = ContentHash::default()
            .text(&self.org_id.0)
            .text(&self.rule_id.0)
            .text(&self.rule_url.0)
            .text(&self.state.0);
        for one in matches() {
            hash = hash.text(&one.metric.0).text(&one.value.0);
        }
        Ok(draft.uid(hash.finish("grafana"), UidTime::Guessed))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::read;

    #[test]
    fn without_a_time_of_its_file_an_alert_is_a_reject() {
        let json = r#"{"ruleId":1,"ruleName":"Disk","state":"alerting"}"#;
        assert_eq!(
            read(json).lines(),
            ["1 REJECT no grafana event: time is missing, and the file has no time either"]
        );
        let outcome = read(json.replace("alerting", "pending"));
        assert_eq!((outcome.records.len(), outcome.counts.not_fired), (0, 1));
    }
}
