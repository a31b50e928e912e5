//! From the tree of a configuration to what is collected.

use super::near::{is_near, nearest};
use super::tree::{self, Node, Value};
use super::{Choice, Collect, CollectError, CollectFault, Events, kinds};
use crate::error::shown;
use eventscope_model::{
    Severity,
    catalog::{ENTRIES, System},
};
use std::collections::BTreeSet;

const SYSTEM: &str = "`all`, `none` or a mapping of kinds";
const KIND: &str = "`all`, `none` or a list of events";

const PRIORITY: &str =
    "emergency, alert, critical, error, warning, notice, information, debug or none";

/// Names of priorities, as the documentation of the agent has them.
const PRIORITIES: [&str; 9] = [
    "emergency",
    "alert",
    "critical",
    "error",
    "warning",
    "notice",
    "information",
    "debug",
    "none",
];

pub(super) fn collect(text: &str) -> Result<Collect, CollectError> {
    let mut collect = Collect::default();
    let root = tree::parse(text)?;
    for (name, value) in section(&root, "the configuration", "a mapping of sections")? {
        match name.text {
            "events" => {
                for (name, value) in section(value, "events", "a mapping of systems")? {
                    let names = System::ALL.map(System::name);
                    let system = System::ALL
                        .into_iter()
                        .find(|system| system.name().eq_ignore_ascii_case(name.text))
                        .ok_or_else(|| name.unknown("events", names))?;
                    *collect.choice_mut(system) = choice(system, value)?;
                }
            }
            "log" => {
                let entries = section(value, "log", "a mapping")?;
                let priority = entries.iter().find(|(name, _)| name.text == "event_priority");
                if let Some((_, value)) = priority {
                    collect.floor = floor(value)?;
                }
            }
            _ => {}
        }
    }
    Ok(collect)
}

/// What is said of a system.
fn choice(system: System, node: &Node) -> Result<Choice, CollectError> {
    let place = format!("events.{system}");
    match word(node) {
        Some("all") => return Ok(Choice::All),
        Some("none") => return Ok(Choice::none(system)),
        _ => {}
    }
    let mut given = Vec::new();
    for (name, value) in section(node, &place, SYSTEM)? {
        let kind = kinds(system)
            .find(|kind| kind.eq_ignore_ascii_case(name.text))
            .ok_or_else(|| name.unknown(&place, kinds(system)))?;
        given.push((kind, events(system, kind, value)?));
    }
    Ok(Choice::Kinds(given))
}

/// What is said of a kind.
fn events(system: System, kind: &'static str, node: &Node) -> Result<Events, CollectError> {
    let place = format!("events.{system}.{kind}");
    let items = match (&node.value, word(node)) {
        (_, Some("all")) => return Ok(Events::All),
        (_, Some("none")) => return Ok(Events::Listed(Vec::new())),
        (Value::List(items), _) => items,
        (Value::Null | Value::Text(_) | Value::Map(_) | Value::Alias, _) => {
            return Err(shape(node, &place, KIND));
        }
    };
    let known = || {
        let of_kind = |entry: &&_| {
            let entry: &eventscope_model::catalog::Entry = entry;
            entry.system == system && entry.kind == kind
        };
        ENTRIES.iter().filter(of_kind).map(|entry| entry.event)
    };
    let listed = items.iter().map(|item| {
        let Value::Text(text) = &item.value else {
            return Err(shape(item, &format!("an item of {place}"), "the name of an event"));
        };
        if word(item).is_some() {
            return Err(shape(node, &place, KIND));
        }
        let name = Name { line: item.line, text };
        let event = known().find(|event| event.eq_ignore_ascii_case(text));
        event.ok_or_else(|| name.unknown(&place, known()))
    });
    listed.collect::<Result<_, _>>().map(Events::Listed)
}

/// The least severe events that are collected; none if nothing is.
fn floor(node: &Node) -> Result<Option<Severity>, CollectError> {
    const PLACE: &str = "log.event_priority";
    let Value::Text(text) = &node.value else {
        return Err(shape(node, PLACE, "the name of a severity, or `none`"));
    };
    if text.eq_ignore_ascii_case("none") {
        return Ok(None);
    }
    let name = Name { line: node.line, text };
    Severity::from_name(text).map(Some).ok_or_else(|| {
        // A number or a word for several severities is like none of the names.
        match PRIORITIES.iter().any(|priority| is_near(text, priority)) {
            true => name.unknown(PLACE, PRIORITIES),
            false => shape(node, PLACE, PRIORITY),
        }
    })
}

/// `all` or `none`, in any case.
fn word(node: &Node) -> Option<&'static str> {
    let Value::Text(text) = &node.value else { return None };
    ["all", "none"].into_iter().find(|word| word.eq_ignore_ascii_case(text))
}

/// A name in a configuration.
#[derive(Clone, Copy)]
struct Name<'a> {
    line: u64,
    text: &'a str,
}

impl Name<'_> {
    /// The error that there is no such name among those that there are.
    fn unknown(self, place: &str, names: impl IntoIterator<Item = &'static str>) -> CollectError {
        let near = nearest(self.text, names);
        let fault = CollectFault::Unknown { place: place.to_owned(), name: shown(self.text), near };
        CollectError { line: self.line, fault }
    }
}

/// The keys of a mapping with their values. A section that holds nothing is as good as absent.
fn section<'a>(
    node: &'a Node,
    place: &str,
    expected: &'static str,
) -> Result<Vec<(Name<'a>, &'a Node)>, CollectError> {
    let pairs = match &node.value {
        Value::Null => return Ok(Vec::new()),
        Value::Map(pairs) => pairs,
        Value::Text(_) | Value::List(_) | Value::Alias => return Err(shape(node, place, expected)),
    };
    let mut seen = BTreeSet::new();
    let mut entries = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        let Value::Text(text) = &key.value else {
            return Err(shape(key, &format!("a key of {place}"), "a text"));
        };
        if !seen.insert(text.to_ascii_lowercase()) {
            let fault = CollectFault::Twice { place: place.to_owned(), key: shown(text) };
            return Err(CollectError { line: key.line, fault });
        }
        entries.push((Name { line: key.line, text }, value));
    }
    Ok(entries)
}

fn shape(node: &Node, place: &str, expected: &'static str) -> CollectError {
    let fault = CollectFault::Shape { place: place.to_owned(), expected };
    CollectError { line: node.line, fault }
}
