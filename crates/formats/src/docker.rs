//! Events of the Docker engine: the JSON of `docker events --format '{{json .}}'` and of the API
//! `/events`, with old keys (`status`, `id`, `from`), new keys (`Type`, `Action`, `Actor`) or both;
//! and the plain text of `docker events`, see `plain`.
//!
//! ```text
//! type, source                    `docker`
//! name                            the catalogue's name of (Type, action), else Type with a capital
//!                                 and the action as it is; without a Type `Docker` and the action
//!                                 with a capital
//! description                     Event: kill; Image: ..; ID: ..; name: ..; exitCode: ..;
//!                                 signal: .., what is there; the ID only if it is not the
//!                                 image or a digest
//! severity                        the catalogue's of (Type, action), without a Type that of a
//!                                 container; else 6
//! time                            timeNano, else time
//! labels
//!   container.id                  of a container: the id, 12 digits of it
//!   container.name                of a container: attribute name; if absent, that of the newest
//!                                 earlier event of this container in the same run
//!   container.image               likewise: attribute image, else from
//!   docker.image, docker.volume,
//!   docker.network, docker.<Type> of another Type: attribute name, else the id
//!   docker.event.type             Type
//!   docker.event.action           the action up to a `:`
//!   kubernetes.pod.name           attribute io.kubernetes.pod.name
//!   kubernetes.namespace.name     attribute io.kubernetes.pod.namespace
//!   container.label.<key>         every other attribute, and those of io.kubernetes
//! uid                             docker:<content hash> of Type, action as it is, id, attributes,
//!                                 time
//! ```
//!
//! Without a Type an event is that of a container. The uid is made of what the event itself says,
//! so it does not depend on the events before it, and is the same in JSON and in plain text.

mod containers;
pub(crate) mod plain;

use crate::{
    Format, Reject,
    extent::Keys,
    hints::Hints,
    identity::ContentHash,
    source::{GUESSED, Input, Memory, Run, Source},
    times::Zone,
    wire::{Moment, Pairs, Text, first_given, first_set},
};
use eventscope_model::{
    Draft, EventType, Labels, Severity, Timestamp, UidTime,
    catalog::{self, Entry, System},
};
use serde::Deserialize;

pub(crate) use containers::Containers;

pub(crate) const SOURCE: Source =
    Source { format: Format::Docker, detect, read, carries: false, read_line: Some(read_line) };

fn detect(keys: Keys<'_>) -> bool {
    (keys.has("Action") && keys.has_any(&["Type", "Actor"]))
        || is_podman(keys)
        || is_compose(keys)
        || (keys.has("status") && keys.has("id") && keys.has_any(&["time", "timeNano"]))
}

fn is_podman(keys: Keys<'_>) -> bool {
    keys.has("Status") && keys.has("Type") && keys.has_any(&["Time", "timeNano"])
}

fn is_compose(keys: Keys<'_>) -> bool {
    ["action", "type", "id", "time"].iter().all(|key| keys.has(key))
        && keys.has_any(&["service", "attributes"])
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default)]
    status: Text<'a>,
    #[serde(borrow, default, alias = "ID")]
    id: Text<'a>,
    #[serde(borrow, default)]
    from: Text<'a>,
    #[serde(borrow, default, rename = "Type", alias = "type")]
    kind: Text<'a>,
    #[serde(borrow, default, rename = "Action", alias = "action")]
    action: Text<'a>,
    #[serde(borrow, default, rename = "Actor")]
    actor: Option<Actor<'a>>,
    /// Podman's and compose's, without an actor around them.
    #[serde(borrow, default, rename = "Attributes", alias = "attributes")]
    attributes: Pairs<'a>,
    /// Podman's.
    #[serde(borrow, default, rename = "Status")]
    podman_status: Text<'a>,
    #[serde(borrow, default, rename = "Image")]
    image: Text<'a>,
    #[serde(borrow, default, rename = "Name")]
    name: Text<'a>,
    #[serde(borrow, default, rename = "ContainerExitCode")]
    exit_code: Text<'a>,
    #[serde(borrow, default, rename = "Time")]
    podman_time: Moment<'a>,
    /// Compose's.
    #[serde(borrow, default)]
    service: Text<'a>,
    #[serde(borrow, default)]
    time: Moment<'a>,
    #[serde(borrow, default, rename = "timeNano")]
    time_nano: Moment<'a>,
}

#[derive(Deserialize)]
struct Actor<'a> {
    #[serde(borrow, default, rename = "ID")]
    id: Text<'a>,
    #[serde(borrow, default, rename = "Attributes")]
    attributes: Pairs<'a>,
}

fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    let draft = draft(input, run.memory, &run.hints);
    run.give(input.line, draft)
}

fn draft(input: Input<'_>, memory: &mut Memory, hints: &Hints<'_>) -> Result<Draft, Reject> {
    let wire: Wire<'_> = serde_json::from_slice(input.json)
        .map_err(|error| Reject::json(Format::Docker, &error, input.line))?;
    let missing = |field| Reject::Missing { format: Format::Docker, field };
    let times = [("timeNano", &wire.time_nano), ("time", &wire.time), ("Time", &wire.podman_time)];
    let time = first_set(hints, &times)?;
    let more = wire.more_attributes();
    let (actor_id, attributes) = match wire.actor {
        Some(actor) => (actor.id, actor.attributes.into_owned()),
        None => (Text::default(), wire.attributes.into_owned()),
    };
    let action = first_given(&[&wire.action, &wire.status, &wire.podman_status]);
    let action = action.ok_or(missing("Action"))?;
    let kind = wire.kind.given();
    let is_podman = wire.podman_status.given().is_some();
    let message = Message {
        kind,
        action: podman_action(kind.unwrap_or_default(), action, is_podman),
        id: first_given(&[&actor_id, &wire.id]).unwrap_or_default(),
        from: wire.from.given(),
        attributes: Labels::from_pairs(attributes.into_iter().chain(more).collect()),
        time: time.ok_or(missing("time"))?,
        zone: Zone::Said,
    };
    Ok(message.draft(&mut memory.containers))
}

fn read_line(line: &str, memory: &mut Memory, hints: &Hints<'_>) -> Option<Result<Draft, Reject>> {
    Some(plain::parse(line, hints)?.map(|message| message.draft(&mut memory.containers)))
}

impl Wire<'_> {
    /// What podman and compose say beside the attributes.
    fn more_attributes(&self) -> Vec<(String, String)> {
        let exit_code = self.attributes.0.iter().find(|(key, _)| key.0 == "containerExitCode");
        let exit_code = self.exit_code.given().or(exit_code.and_then(|(_, code)| code.given()));
        let more = [
            ("image", self.image.given()),
            ("name", self.name.given()),
            ("exitCode", exit_code),
            ("com.docker.compose.service", self.service.given()),
        ];
        more.into_iter().filter_map(|(key, value)| Some((key.into(), value?.into()))).collect()
    }
}

/// What Docker calls an action of podman.
fn podman_action<'a>(kind: &str, action: &'a str, is_podman: bool) -> &'a str {
    const ACTIONS: [(&str, &str, &str); 6] = [
        ("container", "died", "die"),
        ("container", "exec_died", "exec_die"),
        ("container", "remove", "destroy"),
        ("container", "restored", "restore"),
        ("image", "remove", "delete"),
        ("volume", "remove", "destroy"),
    ];
    let same = |(of, own, _): &&(&str, &str, &str)| *of == kind && *own == action;
    ACTIONS.iter().filter(|_| is_podman).find(same).map_or(action, |(_, _, docker)| *docker)
}

/// What an event says, whatever its wire form.
#[derive(Debug)]
struct Message<'a> {
    kind: Option<&'a str>,
    action: &'a str,
    id: &'a str,
    from: Option<&'a str>,
    attributes: Labels,
    time: Timestamp,
    zone: Zone,
}

impl Message<'_> {
    fn draft(&self, containers: &mut Containers) -> Draft {
        let known = catalog::find(System::Docker, self.kind.unwrap_or("container"), self.verb());
        let mut name = self.attributes.get("name").map(str::to_owned);
        let mut image = self.attributes.get("image").or(self.from).map(str::to_owned);
        if self.is_container() && !self.id.is_empty() {
            containers.complete(self.id, &mut name, &mut image);
        }
        let mut draft = Draft::new(EventType::Docker, "docker", self.display_name(known));
        draft.time = Some(self.time);
        draft.severity = known.map_or(Severity::Informational, |entry| entry.severity).level();
        draft.description = self.description(name.as_deref(), image.as_deref());
        draft.labels = self.labels(name, image);
        if self.zone == Zone::Guessed {
            draft.tags.insert(GUESSED, "zone");
        }
        draft.uid(self.identity(), UidTime::Fixed)
    }

    fn is_container(&self) -> bool {
        matches!(self.kind, None | Some("container"))
    }

    /// The action without its arguments: `exec_start` of `exec_start: sh -c ls`.
    fn verb(&self) -> &str {
        self.action.split_once(':').map_or(self.action, |(verb, _)| verb)
    }

    fn display_name(&self, known: Option<&Entry>) -> String {
        match (self.kind, known) {
            (None, _) => format!("Docker {}", capital(self.action)),
            (Some(_), Some(entry)) => entry.name.to_owned(),
            (Some(kind), None) => format!("{} {}", capital(kind), self.action),
        }
    }

    fn description(&self, name: Option<&str>, image: Option<&str>) -> String {
        let id = Some(self.id)
            .filter(|id| !id.is_empty() && image != Some(id) && !id.starts_with("sha256:"));
        let parts = [
            ("Image", image),
            ("ID", id),
            ("name", name),
            ("exitCode", self.attributes.get("exitCode")),
            ("signal", self.attributes.get("signal")),
        ];
        let mut text = format!("Event: {}", self.action);
        for (key, value) in parts {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                text.extend(["; ", key, ": ", value]);
            }
        }
        text
    }

    fn labels(&self, name: Option<String>, image: Option<String>) -> Labels {
        let mut pairs = Vec::with_capacity(self.attributes.len().saturating_add(5));
        let mut put = |key: &str, value: String| pairs.push((key.to_owned(), value));
        let subject = name.clone().or_else(|| (!self.id.is_empty()).then(|| self.id.to_owned()));
        match self.kind.filter(|_| !self.is_container()) {
            Some(kind) => {
                subject.into_iter().for_each(|subject| put(&format!("docker.{kind}"), subject));
            }
            None => {
                if !self.id.is_empty() {
                    put("container.id", short_id(self.id).to_owned());
                }
                name.into_iter().for_each(|name| put("container.name", name));
                image.into_iter().for_each(|image| put("container.image", image));
            }
        }
        put("docker.event.action", self.verb().to_owned());
        self.kind.into_iter().for_each(|kind| put("docker.event.type", kind.to_owned()));
        for (key, value) in self.attributes.iter() {
            match key {
                "name" => continue,
                "image" if self.is_container() => continue,
                "io.kubernetes.pod.name" => put("kubernetes.pod.name", value.to_owned()),
                "io.kubernetes.pod.namespace" => {
                    put("kubernetes.namespace.name", value.to_owned());
                }
                _ => {}
            }
            put(&format!("container.label.{key}"), value.to_owned());
        }
        Labels::from_pairs(pairs)
    }

    fn identity(&self) -> String {
        ContentHash::default()
            .text(self.kind.unwrap_or_default())
            .text(self.action)
            .text(self.id)
            .pairs(&self.attributes)
            .number(self.time.nanos())
            .finish("docker")
    }
}

/// The first 12 digits of a container's id, as people write it; anything else as it is.
pub(crate) fn short_id(id: &str) -> &str {
    match id.get(..12) {
        Some(short) if id.bytes().all(|byte| byte.is_ascii_hexdigit()) => short,
        _ => id,
    }
}

fn capital(word: &str) -> String {
    let mut capital = word.to_owned();
    if let Some(first) = capital.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    capital
}

#[cfg(test)]
mod tests;
