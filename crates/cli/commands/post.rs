//! `post`: one custom event, with the arguments and the words of Sysdig's `post_event.py`.

use crate::args::{Place, Post};
use crate::failure::{Failure, Result};
use crate::open;
use crate::print::{Form, Printer};
use crate::times::Times;
use eventscope::{
    Band, Comparison, Draft, Key, Labels, Operator, Outcome, Scope, Severity, TextField, Value,
};
use eventscope_wire::Posted;
use std::io::Write;

pub(crate) fn run(place: &Place, typed: &Post, out: &mut Printer) -> Result<()> {
    let mut draft = draft(typed)?;
    if let Some(moment) = &typed.time {
        draft = draft.time(Times::of(place)?.moment(moment)?);
    }
    let store = open::or_new(place)?;
    let id = match store.append_each(vec![draft])?.pop() {
        Some(Outcome::Appended(id) | Outcome::Updated(id) | Outcome::Duplicate(id)) => id,
        Some(Outcome::Rejected(invalid)) => {
            return Err(Failure::new(format!("the event was not taken: {invalid}")));
        }
        None => return Err(Failure::new("the store gave no answer")),
    };
    let event = store.event(id)?;
    match out.form() {
        Form::Json | Form::Lines => out.json(&Posted { event })?,
        Form::People => writeln!(out, "Event Posted Successfully")?,
    }
    // What is durable is told before anything else can go wrong.
    out.finish()?;
    open::finish(place, store, &typed.waiting)
}

fn draft(typed: &Post) -> Result<Draft> {
    let mut draft = Draft::custom(&typed.name);
    if let Some(text) = &typed.description {
        draft = draft.description(text);
    }
    if let Some(text) = &typed.severity {
        draft = draft.severity(severity(text)?.level());
    }
    if let Some(text) = &typed.scope {
        draft.labels = labels(text)?;
    }
    if let Some(text) = &typed.tags {
        draft.tags = tags(text)?;
    }
    Ok(draft)
}

/// A syslog level, its name, or a label over two levels, which stands for the worse one.
fn severity(text: &str) -> Result<Severity> {
    let level = || text.trim().parse().ok().and_then(Severity::from_level);
    let band = || Band::from_name(text).map(|band| band.severities()[0]);
    level().or_else(|| Severity::from_name(text)).or_else(band).ok_or_else(|| {
        let names = Severity::ALL.map(Severity::name).join(", ");
        Failure::usage(format!("'{text}' is no severity; write 0 (high) to 7 (low), or {names}"))
    })
}

/// The labels that a scope spells out.
fn labels(text: &str) -> Result<Labels> {
    let scope = Scope::parse(text)?;
    let mut labels = Labels::new();
    for layer in scope.layers() {
        let (key, value) = label(layer).ok_or_else(|| {
            Failure::usage(format!(
                "the scope of an event is made of labels, as in host.hostName = \"web\" and \
                 container.name = \"foo\"; `{layer}` is no label"
            ))
        })?;
        if labels.find(key).is_some_and(|other| other != value) {
            return Err(Failure::usage(format!("the scope of an event has one value of {key}")));
        }
        labels.insert(key, value);
    }
    Ok(labels)
}

fn label(layer: &Comparison) -> Option<(&str, &str)> {
    match (layer.key(), layer.operator(), layer.values()) {
        (Key::Text(TextField::Label(key)), Operator::Equal, [Value::Text(value)]) => {
            Some((key, value))
        }
        _ => None,
    }
}

/// Tags from a JSON object; numbers and truth values become texts.
fn tags(text: &str) -> Result<Labels> {
    let refused = |what: String| {
        Failure::usage(format!("tags are a JSON object, as in {{\"app\":\"my_app\"}}: {what}"))
    };
    let tags: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(text).map_err(|error| refused(error.to_string()))?;
    let mut labels = Labels::new();
    for (key, value) in tags {
        match value {
            serde_json::Value::String(text) => labels.insert(key, text),
            serde_json::Value::Number(number) => labels.insert(key, number.to_string()),
            serde_json::Value::Bool(truth) => labels.insert(key, truth.to_string()),
            serde_json::Value::Null
            | serde_json::Value::Array(_)
            | serde_json::Value::Object(_) => {
                return Err(refused(format!("the value of \"{key}\" is no text")));
            }
        }
    }
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use super::{labels, severity, tags};

    #[test]
    fn severities_in_all_their_spellings() {
        for (text, level) in
            [("0", 0), ("7", 7), ("warning", 4), ("Error", 3), ("HIGH", 0), ("low", 4), ("info", 6)]
        {
            assert_eq!(severity(text).unwrap().level(), level, "{text}");
        }
        for text in ["8", "-1", "", "loud"] {
            assert!(severity(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_labels_make_a_scope() {
        let read = labels(r#"host.hostName = "ip-10-1-1-1" and container.name = "foo""#).unwrap();
        let pairs: Vec<_> = read.iter().collect();
        assert_eq!(pairs, [("container.name", "foo"), ("host.hostName", "ip-10-1-1-1")]);
        assert!(labels("").unwrap().is_empty());
        for text in ["a = 1 and a = 2", "kube_pod_name = p and kubernetes.pod.name = q"] {
            assert!(labels(text).is_err(), "{text}");
        }
        for text in ["a != 'x'", "a = 'x' or b = 'y'", "severity = 3", "a in ('x', 'y')"] {
            assert!(labels(text).is_err(), "{text}");
        }
    }

    #[test]
    fn tags_are_an_object_of_plain_values() {
        let read = tags(r#"{"app":"my_app", "build":89, "green":true}"#).unwrap();
        let pairs: Vec<_> = read.iter().collect();
        assert_eq!(pairs, [("app", "my_app"), ("build", "89"), ("green", "true")]);
        for text in ["", "[]", "app=my_app", r#"{"a":{}}"#, r#"{"a":null}"#] {
            assert!(tags(text).is_err(), "{text}");
        }
    }
}
