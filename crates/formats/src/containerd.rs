//! Events of containerd: the text of `ctr events` and `nerdctl events`, and the JSON of
//! `nerdctl events --format json`.
//!
//! ```text
//! 2026-11-19 10:00:00.123456789 +0000 UTC k8s.io /tasks/exit {"container_id":"9f86d0..","pid":7}
//! {"Timestamp":"2026-11-19T10:00:00.123456789Z","ID":"9f86d0..","Namespace":"k8s.io",
//!  "Topic":"/tasks/exit","Status":"unknown","Event":"{\"container_id\":\"9f86d0..\",\"pid\":7}"}
//! ```
//!
//! The fields of each event are those of `api/events/*.proto` in containerd; what is zero or empty
//! is not written, so that an exit without `exit_status` had the status 0.
//!
//! ```text
//! type, source                 `containerd`
//! name, severity               those of the Docker event of the same meaning, see `TOPICS`; else
//!                              the singular of the topic's first word and the rest of it, and 6
//! description                  Event: /tasks/exit; Image: ..; ID: ..; exitCode: .., what is there
//! time                         Timestamp
//! labels
//!   container.id               of a container or a task: `container_id`, `id`; 12 digits of a full
//!                              id
//!   container.image            `image`; if absent, that of the newest earlier event of this
//!                              container in the same run
//!   containerd.namespace       the namespace
//!   containerd.event.type,     the topic's first word and the rest of it
//!   containerd.event.action
//!   containerd.image           `name` of an image
//!   containerd.snapshot        `key` of a snapshot
//!   containerd.content         `digest` of a content
//!   containerd.sandbox         `sandbox_id`
//!   containerd.<path>          other values of up to 256 bytes, but for `bundle`, `rootfs`, `io`
//!                              and `exited_at`
//! uid                          containerd:<content hash> of namespace, topic, the event as it is
//!                              written, time
//! ```
//!
//! The same event has the same uid as text and as JSON.

use crate::{
    Format, Reject,
    docker::short_id,
    extent::Keys,
    flatten::{Flat, Rest, Wanted, flatten},
    hints::Hints,
    identity::ContentHash,
    source::{GUESSED, Input, Memory, Run, Source},
    times::Zone,
    wire::{Moment, Text},
};
use eventscope_model::{
    Draft, EventType, Labels, Severity, Timestamp, UidTime,
    catalog::{self, Entry, System},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

pub(crate) const SOURCE: Source =
    Source { format: Format::Containerd, detect, read, carries: false, read_line: Some(read_line) };

fn detect(keys: Keys<'_>) -> bool {
    ["Timestamp", "Namespace", "Topic", "Event"].iter().all(|key| keys.has(key))
}

/// Topics that mean what an event of Docker means: its Type and its action.
const TOPICS: [(&str, &str, &str); 11] = [
    ("/containers/create", "container", "create"),
    ("/containers/update", "container", "update"),
    ("/containers/delete", "container", "destroy"),
    ("/tasks/start", "container", "start"),
    ("/tasks/exit", "container", "die"),
    ("/tasks/oom", "container", "oom"),
    ("/tasks/paused", "container", "pause"),
    ("/tasks/resumed", "container", "unpause"),
    ("/tasks/exec-added", "container", "exec_create"),
    ("/tasks/exec-started", "container", "exec_start"),
    ("/images/delete", "image", "delete"),
];

/// The first words of topics, and what one of them is.
const KINDS: [(&str, &str); 7] = [
    ("containers", "Container"),
    ("content", "Content"),
    ("images", "Image"),
    ("namespaces", "Namespace"),
    ("sandboxes", "Sandbox"),
    ("snapshot", "Snapshot"),
    ("tasks", "Task"),
];

/// The values of an event that have a meaning of their own, sorted.
const PATHS: [&str; 9] = [
    "container_id",
    "digest",
    "exec_id",
    "exit_status",
    "id",
    "image",
    "key",
    "name",
    "sandbox_id",
];

/// Values that are no labels: places on the host, and a time that the event has itself.
const LEFT_OUT: [&str; 4] = ["bundle", "exited_at", "io", "rootfs"];

/// How nerdctl writes an event.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wire<'a> {
    #[serde(borrow, default)]
    timestamp: Moment<'a>,
    #[serde(borrow, default)]
    namespace: Text<'a>,
    #[serde(borrow, default)]
    topic: Text<'a>,
    /// A text that holds JSON; who works on it with `jq` may have made an object of it.
    #[serde(borrow, default)]
    event: Option<&'a RawValue>,
}

fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    let draft = draft(input, run.memory, &run.hints);
    run.give(input.line, draft)
}

fn draft(input: Input<'_>, memory: &mut Memory, hints: &Hints<'_>) -> Result<Draft, Reject> {
    let refused = |error: serde_json::Error| Reject::json(Format::Containerd, &error, input.line);
    let missing = |field| Reject::Missing { format: Format::Containerd, field };
    let wire: Wire<'_> = serde_json::from_slice(input.json).map_err(refused)?;
    let event: Cow<'_, str> = match wire.event.map(RawValue::get) {
        Some(text) if text.starts_with('"') => {
            serde_json::from_str::<String>(text).map_err(refused)?.into()
        }
        Some(json) => json.into(),
        None => "".into(),
    };
    let message = Message {
        time: wire.timestamp.read("Timestamp", hints)?.ok_or(missing("Timestamp"))?,
        zone: Zone::Said,
        namespace: &wire.namespace.0,
        topic: wire.topic.given().ok_or(missing("Topic"))?,
        event: &event,
    };
    message.draft(memory)
}

fn read_line(line: &str, memory: &mut Memory, hints: &Hints<'_>) -> Option<Result<Draft, Reject>> {
    Some(parse(line, hints)?.draft(memory))
}

/// Reads a line: four words of a time, as Go prints it, then the namespace, the topic, the event.
fn parse<'a>(line: &'a str, hints: &Hints<'_>) -> Option<Message<'a>> {
    const TIME_WORDS: usize = 4;
    if !line.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    let mut blanks = line.match_indices(' ').map(|(at, _)| at);
    let (time, rest) = line.split_at_checked(blanks.nth(TIME_WORDS.checked_sub(1)?)?)?;
    let (namespace, rest) = rest.trim_start().split_once(' ')?;
    let (topic, event) = rest.split_once(' ').unwrap_or((rest, ""));
    let is_topic = topic.starts_with('/') && topic.trim_matches('/').contains('/');
    let is_event = event.is_empty() || event.starts_with('{') || event == "null";
    if !is_topic || !is_event {
        return None;
    }
    let (time, zone) = hints.time_and_zone(time).ok()?;
    Some(Message { time, zone, namespace, topic, event })
}

/// What an event says, whatever its wire form.
struct Message<'a> {
    time: Timestamp,
    zone: Zone,
    namespace: &'a str,
    topic: &'a str,
    /// JSON, or nothing.
    event: &'a str,
}

impl Message<'_> {
    fn draft(&self, memory: &mut Memory) -> Result<Draft, Reject> {
        let fields = self.fields()?;
        let known = self.known(&fields);
        let mut draft = Draft::new(EventType::Containerd, "containerd", self.name(known, &fields));
        draft.time = Some(self.time);
        draft.severity = known.map_or(Severity::Informational, |entry| entry.severity).level();
        let container = self.container(&fields).filter(|id| !id.is_empty());
        let mut image = fields.get("image").map(str::to_owned);
        if let Some(id) = container {
            // A name that somebody gave a container may be used in each namespace.
            let is_short = short_id(id) == id;
            let key = if is_short { format!("{}/{id}", self.namespace) } else { id.to_owned() };
            memory.containers.complete(&key, &mut None, &mut image);
        }
        draft.description = self.description(&fields, container, image.as_deref());
        draft.labels = self.labels(&fields, container, image.as_deref());
        if self.zone == Zone::Guessed {
            draft.tags.insert(GUESSED, "zone");
        }
        Ok(draft.uid(self.identity(), UidTime::Fixed))
    }

    fn fields(&self) -> Result<Fields, Reject> {
        let json = if matches!(self.event, "" | "null") { "{}" } else { self.event };
        let input = Input { json: json.as_bytes(), line: 1 };
        let wanted = Wanted { paths: &PATHS, rest: Rest::Labels };
        let flat = flatten(Format::Containerd, input, wanted);
        let expected = "a JSON object that is whole";
        flat.map(Fields).map_err(|_| Reject::value("event", self.event, expected))
    }

    /// The first word of the topic and the rest of it.
    fn words(&self) -> (&str, &str) {
        let topic = self.topic.trim_start_matches('/');
        topic.split_once('/').unwrap_or((topic, ""))
    }

    /// The container that the event is about.
    fn container<'f>(&self, fields: &'f Fields) -> Option<&'f str> {
        match self.words().0 {
            "containers" => fields.get("id"),
            _ => fields.get("container_id"),
        }
    }

    /// Whether it is a process beside the first one of its container that has ended.
    fn is_of_exec(&self, fields: &Fields) -> bool {
        let process = fields.get("id").filter(|id| !id.is_empty());
        self.topic == "/tasks/exit"
            && process.is_some_and(|process| Some(process) != fields.get("container_id"))
    }

    fn known(&self, fields: &Fields) -> Option<&'static Entry> {
        let (_, kind, action) = TOPICS.iter().find(|(topic, ..)| *topic == self.topic)?;
        let known = catalog::find(System::Docker, kind, action);
        known.filter(|_| !self.is_of_exec(fields))
    }

    fn name(&self, known: Option<&Entry>, fields: &Fields) -> String {
        if let Some(entry) = known {
            return entry.name.to_owned();
        }
        if self.is_of_exec(fields) {
            return "Container exec_die".to_owned();
        }
        let (word, action) = self.words();
        let kind = KINDS.iter().find(|(own, _)| *own == word).map_or(word, |(_, kind)| kind);
        format!("{kind} {action}").trim().to_owned()
    }

    fn description(&self, fields: &Fields, container: Option<&str>, image: Option<&str>) -> String {
        let ends = matches!(self.topic, "/tasks/exit" | "/tasks/delete");
        let code = fields.get("exit_status").or_else(|| ends.then_some("0"));
        let process = fields.get("exec_id").or_else(|| fields.get("id"));
        let parts = [
            ("Image", image),
            ("ID", container),
            ("exec", process.filter(|id| container.is_some_and(|own| own != *id))),
            ("name", fields.get("name")),
            ("key", fields.get("key")),
            ("digest", fields.get("digest")),
            ("exitCode", code),
        ];
        let mut text = format!("Event: {}", self.topic);
        for (key, value) in parts {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                text.extend(["; ", key, ": ", value]);
            }
        }
        text
    }

    fn labels(&self, fields: &Fields, container: Option<&str>, image: Option<&str>) -> Labels {
        let (word, action) = self.words();
        let of = |kind: &str, path: &str| fields.get(path).filter(|_| word == kind);
        let own = [
            ("container.id", container.map(short_id)),
            ("container.image", image.filter(|_| container.is_some())),
            ("containerd.namespace", Some(self.namespace)),
            ("containerd.event.type", Some(word)),
            ("containerd.event.action", Some(action)),
            ("containerd.image", of("images", "name")),
            ("containerd.snapshot", of("snapshot", "key")),
            ("containerd.content", of("content", "digest")),
            ("containerd.sandbox", fields.get("sandbox_id")),
            ("containerd.exec_id", fields.get("exec_id")),
            ("containerd.exit_status", fields.get("exit_status")),
        ];
        let own = own.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        let is_left_out =
            |path: &str| LEFT_OUT.contains(&path.split('.').next().unwrap_or_default());
        let rest = fields.0.rest.iter().filter(|other| !is_left_out(&other.path));
        let rest = rest.map(|other| (format!("containerd.{}", other.path), other.value.as_str()));
        let pairs = rest.chain(own).filter(|(_, value)| !value.is_empty());
        Labels::from_pairs(pairs.map(|(key, value)| (key, value.to_owned())).collect())
    }

    fn identity(&self) -> String {
        ContentHash::default()
            .text(self.namespace)
            .text(self.topic)
            .text(self.event)
            .number(self.time.nanos())
            .finish("containerd")
    }
}

/// The values of an event.
struct Fields(Flat);

impl Fields {
    fn get(&self, path: &str) -> Option<&str> {
        let slot = PATHS.binary_search(&path).ok()?;
        self.0.values.get(slot)?.as_deref()
    }
}

#[cfg(test)]
mod tests;
