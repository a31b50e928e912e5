//! One event of Sysdig Monitor, from any version of its API.

use super::{given, parse, scope_labels};
use crate::severity;
use crate::{
    Format, Reject,
    hints::Hints,
    identity::ContentHash,
    source::Input,
    states::Standing,
    wire::{Moment, Pairs, Text, first_given},
};
use eventscope_model::{
    Acknowledgement, AlertDetails, Details, Draft, EventType, Labels, Severity, State, Timestamp,
    UidTime,
};
use serde::Deserialize;

/// The event as it is written; every field may be absent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    text: Text<'a>,
    #[serde(borrow, default)]
    description: Text<'a>,
    #[serde(borrow, default)]
    content: Text<'a>,
    #[serde(borrow, default)]
    severity: Text<'a>,
    #[serde(borrow, default)]
    severity_label: Text<'a>,
    #[serde(borrow, default)]
    scope: Text<'a>,
    #[serde(borrow, default)]
    filter: Text<'a>,
    #[serde(borrow, default)]
    host: Text<'a>,
    #[serde(borrow, default)]
    scope_labels: ScopeLabels<'a>,
    #[serde(borrow, default)]
    tags: Tags<'a>,
    #[serde(borrow, default)]
    category: Text<'a>,
    #[serde(borrow, default, rename = "type")]
    event_type: Text<'a>,
    #[serde(borrow, default)]
    source: Text<'a>,
    #[serde(borrow, default)]
    timestamp: Moment<'a>,
    #[serde(borrow, default)]
    occurred_at: Moment<'a>,
    #[serde(borrow, default)]
    created_on: Moment<'a>,
    #[serde(borrow, default)]
    modified_on: Moment<'a>,
    #[serde(borrow, default)]
    alert_id: Text<'a>,
    #[serde(borrow, default)]
    alert_state: Text<'a>,
    #[serde(borrow, default)]
    state: Text<'a>,
    #[serde(borrow, default)]
    status: Text<'a>,
    #[serde(borrow, default)]
    resolved: Text<'a>,
    #[serde(borrow, default)]
    ended_at: Moment<'a>,
    #[serde(borrow, default)]
    acknowledged: Text<'a>,
}

/// An object; in the newest API a list of keys with the values of each.
#[derive(Deserialize)]
#[serde(untagged, expecting = "scopeLabels is neither an object nor a list of keys and values")]
enum ScopeLabels<'a> {
    Object(#[serde(borrow)] Pairs<'a>),
    List(#[serde(borrow)] Vec<ScopeLabel<'a>>),
}

#[derive(Deserialize)]
struct ScopeLabel<'a> {
    #[serde(borrow, default)]
    key: Text<'a>,
    #[serde(borrow, default)]
    value: Values<'a>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "the value of a scope label is neither a text nor a list of texts")]
enum Values<'a> {
    One(#[serde(borrow)] Text<'a>),
    Many(#[serde(borrow)] Vec<Text<'a>>),
}

/// An object; in what old clients were told, a list of objects.
#[derive(Deserialize)]
#[serde(untagged, expecting = "tags is neither an object nor a list of objects")]
enum Tags<'a> {
    Object(#[serde(borrow)] Pairs<'a>),
    List(#[serde(borrow)] Vec<Pairs<'a>>),
}

impl Default for ScopeLabels<'_> {
    fn default() -> Self {
        Self::Object(Pairs::default())
    }
}

impl Default for Values<'_> {
    fn default() -> Self {
        Self::One(Text::default())
    }
}

impl Default for Tags<'_> {
    fn default() -> Self {
        Self::Object(Pairs::default())
    }
}

pub(super) fn draft(input: Input<'_>, hints: &Hints<'_>) -> Result<Draft, Reject> {
    let wire: Wire<'_> = parse(input.json, input.line)?;
    let missing = Reject::Missing { format: Format::Sysdig, field: "name" };
    let name = first_given(&[&wire.name, &wire.text]).ok_or(missing)?;
    let mut tags = wire.tags();
    let event_type = wire.event_type(&tags);
    let source = wire.source.given().or(tags.get("source")).map(str::to_owned);
    let source = source.unwrap_or_else(|| default_source(event_type).to_owned());
    let scope = first_given(&[&wire.scope, &wire.filter]);
    let of_scope = scope_labels(scope);
    if let (Some(scope), None, false) = (scope, &of_scope, event_type == EventType::Alert) {
        tags.insert("scope", scope);
    }
    if let Some(alert) = wire.alert_id.given() {
        tags.insert("alertId", alert);
    }
    let mut draft = Draft::new(event_type, source, name);
    draft.description =
        first_given(&[&wire.description, &wire.content]).unwrap_or_default().to_owned();
    draft.time = wire.time(hints)?;
    draft.labels = wire.labels(of_scope.unwrap_or_default());
    draft.tags = tags;
    let said = [wire.severity.given(), wire.severity_label.given()];
    severity::set(&mut draft, said, Severity::Informational);
    if event_type == EventType::Alert {
        (draft.state, draft.end_time) = wire.state(hints)?;
        draft.details = Some(Details::Alert(AlertDetails {
            alert_name: Some(name.to_owned()),
            scope: scope.map(str::to_owned),
            ..AlertDetails::default()
        }));
    }
    if event_type.can_be_acknowledged() {
        draft.acknowledgement = wire.acknowledgement(draft.time, hints)?;
    }
    let uid = match wire.id.given() {
        Some(id) => format!("sysdig:{id}"),
        None => identity(&draft),
    };
    hints.map_severity(&mut draft, said);
    Ok(draft.uid(uid, UidTime::Free))
}

/// Who says so, of an event that does not say it.
fn default_source(event_type: EventType) -> &'static str {
    match event_type {
        EventType::Custom => "api",
        EventType::Alert | EventType::Policy | EventType::Scan => "sysdig",
        EventType::Docker | EventType::Containerd | EventType::Kubernetes => event_type.name(),
    }
}

impl Wire<'_> {
    fn event_type(&self, tags: &Labels) -> EventType {
        let said = [&self.category, &self.event_type].into_iter();
        let said =
            said.filter_map(|text| EventType::from_name(&text.0.to_ascii_lowercase())).next();
        if let Some(event_type) = said.filter(|said| *said != EventType::Custom) {
            return event_type;
        }
        // To the newest API, events of the infrastructure are custom ones with a source.
        let source = self.source.given().or(tags.get("source")).unwrap_or_default();
        match EventType::from_name(&source.to_ascii_lowercase()) {
            Some(of @ (EventType::Docker | EventType::Containerd | EventType::Kubernetes)) => of,
            _ if said.is_none() && self.alert_id.given().is_some() => EventType::Alert,
            _ => EventType::Custom,
        }
    }

    fn time(&self, hints: &Hints<'_>) -> Result<Option<Timestamp>, Reject> {
        for (field, moment) in [
            ("timestamp", &self.timestamp),
            ("occurredAt", &self.occurred_at),
            ("createdOn", &self.created_on),
        ] {
            if let Some(time) = moment.read_positive(field, hints)? {
                return Ok(Some(time));
            }
        }
        Ok(None)
    }

    fn tags(&self) -> Labels {
        match &self.tags {
            Tags::Object(pairs) => given(pairs).collect(),
            Tags::List(list) => list.iter().flat_map(given).collect(),
        }
    }

    fn labels(&self, mut pairs: Vec<(String, String)>) -> Labels {
        let host = self.host.given().map(|host| ("host.hostName".to_owned(), host.to_owned()));
        pairs.extend(host);
        match &self.scope_labels {
            ScopeLabels::Object(labels) => pairs.extend(given(labels)),
            ScopeLabels::List(labels) => {
                let given = labels
                    .iter()
                    .filter_map(|label| Some((label.key.given()?.to_owned(), label.value.text()?)));
                pairs.extend(given);
            }
        }
        Labels::from_pairs(pairs)
    }

    fn state(&self, hints: &Hints<'_>) -> Result<(State, Option<Timestamp>), Reject> {
        let end = self.ended_at.read_positive("endedAt", hints)?;
        let is_resolved = match first_given(&[&self.alert_state, &self.state, &self.status]) {
            Some(word) => is_over(word)?,
            None => self.resolved.given().map_or(end.is_some(), |resolved| resolved == "true"),
        };
        Ok(if is_resolved { (State::Resolved, end) } else { (State::Triggered, None) })
    }

    fn acknowledgement(
        &self,
        time: Option<Timestamp>,
        hints: &Hints<'_>,
    ) -> Result<Option<Acknowledgement>, Reject> {
        if self.acknowledged.given() != Some("true") {
            return Ok(None);
        }
        let at = self.modified_on.read_positive("modifiedOn", hints)?.or(time);
        Ok(at.map(|at| Acknowledgement { at, by: None, note: None }))
    }
}

impl Values<'_> {
    /// The value; several are put in one text.
    fn text(&self) -> Option<String> {
        let values = match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        };
        let given: Vec<&str> = values.iter().filter_map(Text::given).collect();
        Some(given.join(", ")).filter(|text| !text.is_empty())
    }
}

/// Whether a state is the last one, in its old or its new name.
///
/// # Errors
/// When the word is no state of an alert that fired: what is not known must not become an alarm.
pub(super) fn is_over(word: &str) -> Result<bool, Reject> {
    const EXPECTED: &str = "triggered, resolved, ACTIVE, OK, acknowledged or unacknowledged";
    match Standing::of(word) {
        Ok(Standing::IsOver | Standing::IsWell) => Ok(true),
        Ok(Standing::Fires) => Ok(false),
        Ok(Standing::HasNotFired) | Err(_) => Err(Reject::value("state", word, EXPECTED)),
    }
}

/// State and end time are no part of it: an alert stays the same event when it is over.
fn identity(draft: &Draft) -> String {
    ContentHash::default()
        .text(draft.event_type.name())
        .text(&draft.source)
        .text(&draft.name)
        .text(&draft.description)
        .number(i64::from(draft.severity))
        .number(draft.time.map_or(-1, Timestamp::nanos))
        .pairs(&draft.labels)
        .pairs(&draft.tags)
        .finish("sysdig")
}
