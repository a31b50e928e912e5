//! Alerts of Grafana's legacy alerting: its webhook and the list of its API (`list`); of both kinds
//! of alerting the annotations (`annotation`). Its later alerting speaks as Alertmanager does.
//!
//! ```text
//! type, source   `alert`, `grafana`
//! name           ruleName, else title
//! description    message, else title
//! severity       4
//! time           that of the file: these alerts have none
//! state          state, see `states`: ok is resolved; pending and paused have not fired
//! labels         tags; `alertname` = ruleName; some also under the names that they have in events
//!                of Kubernetes, see `twins`
//! tags           url = ruleUrl, imageUrl; grafana.state
//! details        alert_name; trigger: `METRIC = VALUE` of the first of evalMatches; metrics;
//!                alert_type = `grafana`
//! uid            grafana:<content hash> of orgId, ruleId, ruleUrl, evalMatches, state
//! ```

mod annotation;
mod list;

use crate::{
    Format, Reject,
    extent::Keys,
    identity::ContentHash,
    source::{GUESSED, Input, Run, Source},
    states::Standing,
    wire::{Pairs, Text, first_given},
};
use eventscope_model::{
    AlertDetails, Details, Draft, EventType, Labels, Severity, State, UidTime, limits,
};
use serde::{Deserialize, de::IgnoredAny};

pub(crate) const SOURCE: Source =
    Source { format: Format::Grafana, detect, read, carries: false, read_line: None };

fn detect(keys: Keys<'_>) -> bool {
    is_webhook(keys) || list::detect(keys) || annotation::detect(keys)
}

fn is_webhook(keys: Keys<'_>) -> bool {
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

/// What of a series was over the limit.
#[derive(Deserialize)]
struct Match<'a> {
    #[serde(borrow, default)]
    metric: Text<'a>,
    #[serde(borrow, default)]
    value: Text<'a>,
}

/// What tells the three forms apart: only one of them has each.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Probe {
    #[serde(default)]
    new_state_date: Option<IgnoredAny>,
    #[serde(default)]
    new_state: Option<IgnoredAny>,
}

fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    let probe: Probe = parse(input)?;
    if probe.new_state_date.is_some() {
        return list::read(input, run);
    }
    if probe.new_state.is_some() {
        return annotation::read(input, run);
    }
    let wire: Wire<'_> = parse(input)?;
    let standing = wire.state.given().map_or(Ok(Standing::Fires), Standing::of);
    if standing == Ok(Standing::HasNotFired) {
        run.has_not_fired();
        return Ok(());
    }
    let time = run.modified.ok_or(Reject::Undated { format: Format::Grafana, field: "time" })?;
    let draft = standing.and_then(|standing| wire.draft(standing)).map(|draft| draft.time(time));
    if draft.is_ok() {
        run.is_dated_by_file();
    }
    run.give(input.line, draft)
}

fn parse<'a, T: Deserialize<'a>>(input: Input<'a>) -> Result<T, Reject> {
    serde_json::from_slice(input.json)
        .map_err(|error| Reject::json(Format::Grafana, &error, input.line))
}

/// The details of an alert of this name and what it says of its series.
fn details(name: &str, matches: &[Match<'_>]) -> Details {
    let metrics = matches.iter().filter_map(|it| it.metric.given()).map(str::to_owned);
    let trigger = matches
        .first()
        .and_then(|first| Some(format!("{} = {}", first.metric.given()?, first.value.given()?)));
    Details::Alert(AlertDetails {
        alert_name: Some(name.to_owned()),
        alert_type: Some("grafana".to_owned()),
        trigger,
        metrics: metrics.take(limits::METRICS_MAX).collect(),
        ..AlertDetails::default()
    })
}

/// The pairs whose value is given.
fn pairs<'t>(pairs: impl IntoIterator<Item = (&'t str, Option<&'t str>)>) -> Labels {
    pairs.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

impl Wire<'_> {
    fn draft(&self, standing: Standing) -> Result<Draft, Reject> {
        let missing = Reject::Missing { format: Format::Grafana, field: "ruleName" };
        let name = first_given(&[&self.rule_name, &self.title]).ok_or(missing)?;
        let mut draft = Draft::new(EventType::Alert, "grafana", name);
        let text = first_given(&[&self.message, &self.title]);
        draft.description = text.unwrap_or_default().to_owned();
        draft.severity = Severity::Warning.level();
        if matches!(standing, Standing::IsWell | Standing::IsOver) {
            draft.state = State::Resolved;
        }
        let tags = self.tags.clone().into_owned().into_iter();
        let tags = tags.filter(|(key, value)| !key.is_empty() && !value.is_empty());
        draft.labels = Labels::from_pairs(tags.collect());
        draft.labels.insert("alertname", name);
        draft.tags = pairs([
            ("url", self.rule_url.given()),
            ("imageUrl", self.image_url.given()),
            ("grafana.state", self.state.given()),
            (GUESSED, Some("time")),
        ]);
        let matches = self.eval_matches.as_deref().unwrap_or_default();
        draft.details = Some(details(name, matches));
        let mut hash = ContentHash::default()
            .text(&self.org_id.0)
            .text(&self.rule_id.0)
            .text(&self.rule_url.0)
            .text(&self.state.0);
        for one in matches {
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
