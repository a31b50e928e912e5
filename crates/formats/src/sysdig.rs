//! Events of Sysdig: lists of Monitor's API (`/api/events`, `/api/v2/events`,
//! `/monitor/events/v1/events`), one event, the webhook of a notification channel, and policy
//! events of Secure.
//!
//! ```text
//! an event of Monitor
//!   type          category, type, if it is one of ours and not `custom`; else source or
//!                 tags.source, if it is `docker`, `containerd` or `kubernetes`; else `alert` with
//!                 an alertId, else `custom`
//!   source        source, tags.source; else `api` of a custom event, `sysdig` of an alert, the
//!                 type of the others
//!   name          name; in the oldest form text
//!   description   description; in the oldest form content
//!   severity      severity: 0 to 7 or the name of a syslog level; HIGH 0, MEDIUM 2, LOW 4, INFO
//!                 and NONE 6; else severityLabel; else 6
//!   time          timestamp, occurredAt, createdOn, the first that is set; else the time of import
//!   labels        those of scope (v1: filter), if it is `KEY = 'VALUE' and ..`, and scopeLabels;
//!                 in the oldest form host.hostName = host
//!   tags          tags; alertId; `scope`, if no labels can be made of it and it is no alert's
//!   state         of an alert: resolved if alertState, state or status is RESOLVED or OK, or
//!                 resolved is true, or, without any of them, endedAt is set
//!   end_time      endedAt of a resolved alert
//!   acknowledged  of what can be: if acknowledged is true, since modifiedOn, else since its time
//!   details       of an alert: alert_name = name, scope
//!   uid           sysdig:<id>, else sysdig:<content hash> of type, source, name, description,
//!                 severity, time, labels, tags
//! ```
//!
//! The tables of the two others stand in `webhook` and `policy`. A time of 0 or below is not set.

mod event;
mod policy;
mod webhook;

use crate::{
    Format, Reject,
    extent::Keys,
    hints::Hints,
    nested::{self, Lines},
    scope_text,
    source::{Input, Run, Source},
    wire::Pairs,
};
use eventscope_model::Draft;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

pub(crate) const SOURCE: Source =
    Source { format: Format::Sysdig, detect, read, carries: true, read_line: None };

fn detect(keys: Keys<'_>) -> bool {
    is_list(keys) || is_event(keys) || is_webhook(keys) || is_policy(keys)
}

fn is_list(keys: Keys<'_>) -> bool {
    (keys.has("events") && (keys.has_any(&["total", "matched"]) || keys.has_only(&["events"])))
        || (keys.has("event") && keys.has_only(&["event"]))
        || (keys.has("data") && keys.has("page") && keys.has_only(&["data", "page"]))
}

/// An event of Monitor on its own; native events have a `time`.
fn is_event(keys: Keys<'_>) -> bool {
    keys.has("id")
        && keys.has("name")
        && keys.has_any(&["timestamp", "occurredAt", "createdOn"])
        && keys.has_any(&["scope", "filter", "scopeLabels", "severityLabel", "createdOn"])
}

fn is_webhook(keys: Keys<'_>) -> bool {
    keys.has("alert") && keys.has_any(&["entities", "condition"]) && keys.has("timestamp")
}

fn is_policy(keys: Keys<'_>) -> bool {
    let has_content = keys.has("content") && keys.has_any(&["agentId", "machineId", "originator"]);
    let is_flat = keys.has("output") && keys.has_any(&["ruleName", "policyId"]);
    keys.has("timestamp") && (has_content || is_flat)
}

/// What tells one form from another.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
struct Outer<'a> {
    #[serde(borrow, default)]
    events: Option<&'a RawValue>,
    #[serde(borrow, default)]
    event: Option<&'a RawValue>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    /// Inside `data`, from the first API of Secure.
    #[serde(borrow, default)]
    policy_events: Option<&'a RawValue>,
    #[serde(default)]
    page: Option<IgnoredAny>,
    #[serde(default)]
    total: Option<IgnoredAny>,
    #[serde(default)]
    matched: Option<IgnoredAny>,
    /// Of a webhook.
    #[serde(default)]
    alert: Option<IgnoredAny>,
    /// Of a policy event, an object; in the oldest events of Monitor a text.
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(default)]
    rule_name: Option<IgnoredAny>,
    #[serde(default)]
    policy_id: Option<IgnoredAny>,
}

fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    let outer: Outer<'_> = parse(input.json, input.line)?;
    if outer.alert.is_some() {
        return webhook::read(input, run);
    }
    let mut lines = Lines::new(input);
    if let Some(event) = outer.event {
        let line = lines.of(event);
        return run.give(line, draft(Input { json: event.get().as_bytes(), line }, &run.hints));
    }
    let Some(list) = outer.list() else {
        let is_list = outer.page.or(outer.total).or(outer.matched).is_some();
        return if is_list { Ok(()) } else { run.give(input.line, draft(input, &run.hints)) };
    };
    let list = inner_list(list, lines.of(list))?;
    for (number, event) in (1_u64..).zip(nested::elements(Format::Sysdig, list)?) {
        let line = lines.of(event);
        let input = Input { json: event.get().as_bytes(), line };
        let draft = draft(input, &run.hints).map_err(|reason| Reject::Within {
            part: format!("event {number}"),
            reason: Box::new(reason),
        });
        run.give(line, draft)?;
    }
    Ok(())
}

/// The list itself where it lies in an object of its own.
fn inner_list(list: &RawValue, line: u64) -> Result<&RawValue, Reject> {
    if !list.get().starts_with('{') {
        return Ok(list);
    }
    let outer: Outer<'_> = parse(list.get().as_bytes(), line)?;
    Ok(outer.policy_events.or(outer.events).unwrap_or(list))
}

impl<'a> Outer<'a> {
    fn list(&self) -> Option<&'a RawValue> {
        self.events.or(self.data).or(self.policy_events)
    }

    fn is_policy(&self) -> bool {
        let is_object = self.content.is_some_and(|content| content.get().starts_with('{'));
        is_object || self.rule_name.is_some() || self.policy_id.is_some()
    }
}

fn parse<'a, T: Deserialize<'a>>(json: &'a [u8], line: u64) -> Result<T, Reject> {
    serde_json::from_slice(json).map_err(|error| Reject::json(Format::Sysdig, &error, line))
}

/// One event of Monitor or of Secure.
fn draft(input: Input<'_>, hints: &Hints<'_>) -> Result<Draft, Reject> {
    let outer: Outer<'_> = parse(input.json, input.line)?;
    if outer.is_policy() { policy::draft(input, hints) } else { event::draft(input, hints) }
}

/// The pairs whose key and value say something.
fn given(pairs: &Pairs<'_>) -> impl Iterator<Item = (String, String)> {
    let given = pairs.0.iter().filter_map(|(key, value)| Some((key.given()?, value.given()?)));
    given.map(|(key, value)| (key.to_owned(), value.to_owned()))
}

/// The labels that a scope fixes, or nothing if it says more than `KEY = 'VALUE' and ..`.
fn scope_labels(scope: Option<&str>) -> Option<Vec<(String, String)>> {
    let labels = scope_text::read(scope.unwrap_or_default()).ok()?;
    Some(labels.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
}

#[cfg(test)]
mod tests;
