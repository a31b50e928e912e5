//! Policy events of Sysdig Secure, with the rule in `content` or beside the other fields.
//!
//! ```text
//! type, source  `policy`, `sysdig`
//! name          ruleName, else falco.rule of fields, else name
//! description   output, else description
//! severity      Secure's own numbers: 0 to 3 are high, here 0; 4 and 5 medium, here 2; 6 low, here
//!               4; 7 info, here 6; a label or a syslog name as for Monitor; absent 6
//! time          timestamp, timestampRFC3339Nano, createdOn, the first that is set; else the time
//!               of import
//! labels        labels, scopeLabels; container.id = containerId; host.mac = machineId, hostMac;
//!               host.hostName and container.name: the first two of metrics
//! tags          policy = name, if the name is that of the rule; policyId; agentId; falco.source =
//!               source
//! details       rule, summary = output; the others from the labels host.hostName, host.mac,
//!               container.name, container.id, container.image (else .repo)
//! uid           sysdig:<id>, else sysdig:<content hash> of time, rule, output, labels
//! ```

use super::{given, parse};
use crate::{
    Format, Reject,
    hints::Hints,
    identity::ContentHash,
    severity,
    source::Input,
    wire::{Moment, Pairs, Text, first_given},
};
use eventscope_model::{
    Details, Draft, EventType, Labels, PolicyDetails, Severity, Timestamp, UidTime,
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    description: Text<'a>,
    #[serde(borrow, default)]
    severity: Text<'a>,
    #[serde(borrow, default)]
    source: Text<'a>,
    #[serde(borrow, default)]
    timestamp: Moment<'a>,
    #[serde(borrow, default, rename = "timestampRFC3339Nano")]
    timestamp_text: Moment<'a>,
    #[serde(borrow, default)]
    created_on: Moment<'a>,
    #[serde(borrow, default)]
    agent_id: Text<'a>,
    #[serde(borrow, default)]
    container_id: Text<'a>,
    #[serde(borrow, default)]
    machine_id: Text<'a>,
    #[serde(borrow, default)]
    host_mac: Text<'a>,
    #[serde(borrow, default)]
    labels: Pairs<'a>,
    #[serde(borrow, default)]
    scope_labels: Pairs<'a>,
    #[serde(borrow, default)]
    content: Option<Content<'a>>,
    #[serde(borrow, default)]
    rule_name: Text<'a>,
    #[serde(borrow, default)]
    policy_id: Text<'a>,
    #[serde(borrow, default)]
    output: Text<'a>,
    /// In a webhook: what Falco says, and the names of host and container.
    #[serde(borrow, default)]
    fields: Option<Vec<Field<'a>>>,
    #[serde(borrow, default)]
    metrics: Option<Vec<Text<'a>>>,
}

#[derive(Deserialize)]
struct Field<'a> {
    #[serde(borrow, default)]
    key: Text<'a>,
    #[serde(borrow, default)]
    value: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content<'a> {
    #[serde(borrow, default)]
    rule_name: Text<'a>,
    #[serde(borrow, default)]
    policy_id: Text<'a>,
    #[serde(borrow, default)]
    output: Text<'a>,
}

pub(super) fn draft(input: Input<'_>, hints: &Hints<'_>) -> Result<Draft, Reject> {
    let wire: Wire<'_> = parse(input.json, input.line)?;
    let none = Content::default();
    let content = wire.content.as_ref().unwrap_or(&none);
    let rule = first_given(&[&wire.rule_name, &content.rule_name]);
    let rule = rule.or_else(|| wire.field("falco.rule"));
    let output = first_given(&[&wire.output, &content.output]);
    let missing = Reject::Missing { format: Format::Sysdig, field: "ruleName" };
    let name = rule.or(wire.name.given()).ok_or(missing)?;
    let labels = wire.labels();
    let mut draft = Draft::new(EventType::Policy, "sysdig", name);
    draft.description = output.or(wire.description.given()).unwrap_or_default().to_owned();
    draft.time = wire.time(hints)?;
    let policy = wire.name.given().filter(|policy| *policy != name);
    let tags = [
        ("policy", policy),
        ("policyId", first_given(&[&wire.policy_id, &content.policy_id])),
        ("agentId", wire.agent_id.given()),
        ("falco.source", wire.source.given()),
    ];
    draft.tags = tags.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    // A number of Secure means another severity than that of Monitor.
    match severity_of(wire.severity.given()) {
        Some(severity) => draft.severity = severity.level(),
        None => severity::set(&mut draft, [wire.severity.given()], Severity::Informational),
    }
    let label = |key| labels.get(key).map(str::to_owned);
    draft.details = Some(Details::Policy(PolicyDetails {
        host: label("host.hostName"),
        host_mac: label("host.mac"),
        container_name: label("container.name"),
        container_id: label("container.id"),
        image: label("container.image").or_else(|| label("container.image.repo")),
        rule: rule.map(str::to_owned),
        summary: output.map(str::to_owned),
    }));
    let uid = match wire.id.given() {
        Some(id) => format!("sysdig:{id}"),
        None => ContentHash::default()
            .number(draft.time.map_or(-1, Timestamp::nanos))
            .text(name)
            .optional(output)
            .pairs(&labels)
            .finish("sysdig"),
    };
    draft.labels = labels;
    hints.map_severity(&mut draft, [wire.severity.given()]);
    Ok(draft.uid(uid, UidTime::Free))
}

/// The severity of one of Secure's numbers.
pub(super) fn severity_of(number: Option<&str>) -> Option<Severity> {
    Some(match number? {
        "0" | "1" | "2" | "3" => Severity::Emergency,
        "4" | "5" => Severity::Critical,
        "6" => Severity::Warning,
        "7" => Severity::Informational,
        _ => return None,
    })
}

impl Wire<'_> {
    /// A field of Falco's, by its name.
    fn field(&self, key: &str) -> Option<&str> {
        let field = self.fields.iter().flatten().find(|field| field.key.0 == key)?;
        field.value.given()
    }

    fn time(&self, hints: &Hints<'_>) -> Result<Option<Timestamp>, Reject> {
        let text = || self.timestamp_text.read_positive("timestampRFC3339Nano", hints).transpose();
        let created = || self.created_on.read_positive("createdOn", hints).transpose();
        let time = self.timestamp.read_positive("timestamp", hints).transpose();
        time.or_else(text).or_else(created).transpose()
    }

    fn labels(&self) -> Labels {
        let metric = |at: usize| self.metrics.as_ref()?.get(at)?.given();
        let ids = [
            ("host.hostName", metric(0)),
            ("container.name", metric(1)),
            ("container.id", self.container_id.given()),
            ("host.mac", first_given(&[&self.machine_id, &self.host_mac])),
        ];
        let ids = ids.into_iter().filter_map(|(key, id)| Some((key.to_owned(), id?.to_owned())));
        ids.chain(given(&self.scope_labels)).chain(given(&self.labels)).collect()
    }
}
