//! Alerts of Falco: the JSON lines that it prints, and what falcosidekick sends on.
//!
//! ```text
//! type, source                 `policy`, `falco`
//! name, description            rule; output, else message
//! severity                     priority, a level or a word; else 6, and of another word the tag
//!                              `eventscope.unknown` says so
//! time                         time, else evt.time
//! labels
//!   host.hostName              hostname, else evt.hostname
//!   container.id               container.id; `host` is kept
//!   container.name             container.name
//!   container.image            container.image.repository, with container.image.tag if known;
//!                              else container.image
//!   kubernetes.namespace.name  k8s.ns.name, k8smeta.ns.name, ka.target.namespace
//!   kubernetes.pod.name        k8s.pod.name, k8smeta.pod.name; ka.target.name if
//!                              ka.target.resource is `pods`
//!   kubernetes.deployment.name, .replicaSet.name, .replicationController.name
//!                              k8s.deployment.name, k8s.rs.name, k8s.rc.name; k8smeta of each
//!   image.digest               container.image.digest
//!   proc.name                  proc.name
//!   user.name                  user.name, else ka.user.name
//!   falco.source               source
//! tags                         each of tags, with the value `true`
//! details                      rule, summary = output; host, container_name, container_id and
//!                              image as in the labels
//! uid                          uuid, else falco:<content hash> of time, rule, output, host
//! ```
//!
//! The names with dots are those of output_fields. Null, the empty text and `<NA>` are absent.

use crate::{
    Format, Reject,
    extent::Keys,
    hints::Hints,
    identity::ContentHash,
    severity,
    source::{Input, Run, Source},
    wire::{Moment, Text, first_given, first_set},
};
use eventscope_model::{Details, Draft, EventType, Labels, PolicyDetails, Severity, UidTime};
use serde::Deserialize;

pub(crate) const SOURCE: Source =
    Source { format: Format::Falco, detect, read, carries: false, read_line: None };

/// An alert says which rule was broken, how, and how bad that is.
fn detect(keys: Keys<'_>) -> bool {
    if keys.has("specversion") {
        return false;
    }
    let is_told = keys.has_any(&["output", "output_fields", "message", "source"]);
    keys.has("rule") && keys.has("priority") && is_told
        || keys.has("rule") && keys.has("output") && keys.has("output_fields")
}

/// The alert as it is written; every field may be absent.
#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default)]
    uuid: Text<'a>,
    #[serde(borrow, default)]
    rule: Text<'a>,
    #[serde(borrow, default)]
    output: Text<'a>,
    /// Where Falco is told to leave the output out.
    #[serde(borrow, default)]
    message: Text<'a>,
    #[serde(borrow, default)]
    priority: Text<'a>,
    #[serde(borrow, default)]
    time: Moment<'a>,
    #[serde(borrow, default)]
    hostname: Text<'a>,
    #[serde(borrow, default)]
    source: Text<'a>,
    #[serde(borrow, default)]
    tags: Option<Vec<Text<'a>>>,
    #[serde(borrow, default)]
    output_fields: Option<Fields<'a>>,
}

#[derive(Default, Deserialize)]
struct Fields<'a> {
    #[serde(borrow, default, rename = "evt.time")]
    time: Moment<'a>,
    #[serde(borrow, default, rename = "evt.hostname")]
    hostname: Text<'a>,
    #[serde(borrow, default, rename = "container.id")]
    container_id: Text<'a>,
    #[serde(borrow, default, rename = "container.name")]
    container_name: Text<'a>,
    #[serde(borrow, default, rename = "container.image")]
    image: Text<'a>,
    #[serde(borrow, default, rename = "container.image.repository")]
    repository: Text<'a>,
    #[serde(borrow, default, rename = "container.image.tag")]
    image_tag: Text<'a>,
    #[serde(borrow, default, rename = "k8s.ns.name")]
    namespace: Text<'a>,
    #[serde(borrow, default, rename = "k8smeta.ns.name")]
    meta_namespace: Text<'a>,
    #[serde(borrow, default, rename = "k8s.pod.name")]
    pod: Text<'a>,
    #[serde(borrow, default, rename = "k8smeta.pod.name")]
    meta_pod: Text<'a>,
    #[serde(borrow, default, rename = "k8s.deployment.name")]
    deployment: Text<'a>,
    #[serde(borrow, default, rename = "k8smeta.deployment.name")]
    meta_deployment: Text<'a>,
    #[serde(borrow, default, rename = "k8s.rs.name")]
    replica_set: Text<'a>,
    #[serde(borrow, default, rename = "k8smeta.rs.name")]
    meta_replica_set: Text<'a>,
    #[serde(borrow, default, rename = "k8s.rc.name")]
    replication_controller: Text<'a>,
    #[serde(borrow, default, rename = "k8smeta.rc.name")]
    meta_replication_controller: Text<'a>,
    #[serde(borrow, default, rename = "container.image.digest")]
    image_digest: Text<'a>,
    #[serde(borrow, default, rename = "proc.name")]
    process: Text<'a>,
    #[serde(borrow, default, rename = "user.name")]
    user: Text<'a>,
    #[serde(borrow, default, rename = "ka.user.name")]
    audit_user: Text<'a>,
    #[serde(borrow, default, rename = "ka.target.namespace")]
    target_namespace: Text<'a>,
    #[serde(borrow, default, rename = "ka.target.resource")]
    target_resource: Text<'a>,
    #[serde(borrow, default, rename = "ka.target.name")]
    target_name: Text<'a>,
}

fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    run.give(input.line, draft(input, &run.hints))
}

fn draft(input: Input<'_>, hints: &Hints<'_>) -> Result<Draft, Reject> {
    let wire: Wire<'_> = serde_json::from_slice(input.json)
        .map_err(|error| Reject::json(Format::Falco, &error, input.line))?;
    let missing = |field| Reject::Missing { format: Format::Falco, field };
    let none = Fields::default();
    let fields = wire.output_fields.as_ref().unwrap_or(&none);
    let time = first_set(hints, &[("time", &wire.time), ("evt.time", &fields.time)])?;
    let time = time.ok_or(missing("time"))?;
    let rule = known(&[&wire.rule]).ok_or(missing("rule"))?;
    let output = first_given(&[&wire.output, &wire.message]).unwrap_or_default();
    let labels = wire.labels(fields);
    let mut draft = Draft::new(EventType::Policy, "falco", rule).time(time).description(output);
    let tags = wire.tags.iter().flatten().filter_map(Text::given);
    draft.tags = Labels::from_pairs(tags.map(|tag| (tag.to_owned(), "true".to_owned())).collect());
    severity::set(&mut draft, [wire.priority.given()], Severity::Informational);
    let label = |key| labels.get(key).map(str::to_owned);
    draft.details = Some(Details::Policy(PolicyDetails {
        host: label("host.hostName"),
        host_mac: None,
        container_name: label("container.name"),
        container_id: label("container.id"),
        image: label("container.image"),
        rule: Some(rule.to_owned()),
        summary: Some(output.to_owned()).filter(|output| !output.is_empty()),
    }));
    let uid = match known(&[&wire.uuid]) {
        Some(uuid) => uuid.to_owned(),
        None => ContentHash::default()
            .number(time.nanos())
            .text(rule)
            .text(output)
            .optional(labels.get("host.hostName"))
            .finish("falco"),
    };
    draft.labels = labels;
    hints.map_severity(&mut draft, [wire.priority.given()]);
    Ok(draft.uid(uid, UidTime::Fixed))
}

/// The first text that says something: Falco prints `<NA>` for what it does not know.
fn known<'t>(texts: &[&'t Text<'_>]) -> Option<&'t str> {
    texts.iter().filter_map(|text| text.given()).find(|text| *text != "<NA>")
}

impl Wire<'_> {
    fn labels(&self, fields: &Fields<'_>) -> Labels {
        let is_pod = fields.target_resource.given() == Some("pods");
        let target = known(&[&fields.target_name]).filter(|_| is_pod);
        let controllers = [&fields.replication_controller, &fields.meta_replication_controller];
        let namespaces = [&fields.namespace, &fields.meta_namespace, &fields.target_namespace];
        let pairs = [
            ("host.hostName", known(&[&self.hostname, &fields.hostname])),
            ("container.id", known(&[&fields.container_id])),
            ("container.name", known(&[&fields.container_name])),
            ("kubernetes.namespace.name", known(&namespaces)),
            ("kubernetes.pod.name", known(&[&fields.pod, &fields.meta_pod]).or(target)),
            ("kubernetes.deployment.name", known(&[&fields.deployment, &fields.meta_deployment])),
            ("kubernetes.replicaSet.name", known(&[&fields.replica_set, &fields.meta_replica_set])),
            ("kubernetes.replicationController.name", known(&controllers)),
            ("image.digest", known(&[&fields.image_digest])),
            ("proc.name", known(&[&fields.process])),
            ("user.name", known(&[&fields.user, &fields.audit_user])),
            ("falco.source", known(&[&self.source])),
        ];
        let given = pairs.into_iter().filter_map(|(key, value)| Some((key, value?)));
        let mut labels: Labels = given.collect();
        if let Some(image) = fields.image() {
            labels.insert("container.image", image);
        }
        labels
    }
}

impl Fields<'_> {
    fn image(&self) -> Option<String> {
        let Some(repository) = known(&[&self.repository]) else {
            return known(&[&self.image]).map(str::to_owned);
        };
        Some(match known(&[&self.image_tag]) {
            Some(tag) => format!("{repository}:{tag}"),
            None => repository.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests;
