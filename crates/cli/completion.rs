//! What a shell offers for what is half typed: besides commands and options, the labels of the
//! store and their values.

use crate::args::{self, Place};
use crate::open;
use clap_complete::{CompleteEnv, CompletionCandidate};
use eventscope::Store;
use std::ffi::OsStr;
use std::path::PathBuf;

/// Candidates that are offered at once.
const OFFERED_MAX: usize = 100;
/// Fields with a few values that are known.
const FIELDS: [(&str, &[&str]); 5] = [
    ("severity", &["high", "medium", "low", "info", "critical", "error", "warning", "notice"]),
    ("type", &["alert", "docker", "containerd", "kubernetes", "policy", "scan", "custom"]),
    ("category", &["alert", "infrastructure", "security", "custom"]),
    ("status", &["triggered", "resolved"]),
    ("acknowledged", &["true", "false"]),
];
/// Fields with other values.
const NAMES: [&str; 5] = ["name", "source", "description", "text", "time"];

/// Answers a shell that asks for candidates, and ends the program then.
pub(crate) fn answer_shell() {
    CompleteEnv::with_factory(args::command).complete();
}

/// Keys in a list with commas.
pub(crate) fn keys(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(current) = current.to_str() else { return Vec::new() };
    let start = current.rfind(',').map_or(0, |comma| comma.saturating_add(1));
    let (before, prefix) = current.split_at_checked(start).unwrap_or(("", current));
    offer(before, keys_with(prefix))
}

/// Keys and values in an expression.
pub(crate) fn expr(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(current) = current.to_str() else { return Vec::new() };
    let ends = |letter: char| letter.is_whitespace() || "(,='\"".contains(letter);
    let start = current.rfind(ends).map_or(0, |at| at.saturating_add(1));
    let (before, prefix) = current.split_at_checked(start).unwrap_or(("", current));
    match key_before(before) {
        Some(key) => offer(before, values_with(key, prefix)),
        None => offer(before, keys_with(prefix)),
    }
}

/// The key whose value is to come, if one is.
fn key_before(before: &str) -> Option<&str> {
    let text = before.trim_end().trim_end_matches(['\'', '"']).trim_end();
    // In a list, only the opening parenthesis tells whose values it has.
    let is_list =
        |(before, list): &(&str, &str)| before.trim_end().ends_with(" in") && !list.contains(')');
    let text = match text.rsplit_once('(').filter(is_list) {
        Some((before, _)) => before.trim_end(),
        None => text,
    };
    let operators = ["!=", "=", " not in", " in", " starts with", " contains", " is"];
    let rest = operators.iter().find_map(|operator| text.strip_suffix(operator))?;
    let ends = |letter: char| letter.is_whitespace() || letter == '(';
    rest.trim_end().rsplit(ends).next().filter(|key| !key.is_empty())
}

fn keys_with(prefix: &str) -> Vec<String> {
    let fields = FIELDS.iter().map(|(name, _)| *name).chain(NAMES);
    let mut keys: Vec<String> =
        fields.filter(|name| name.starts_with(prefix)).map(str::to_owned).collect();
    if let Some(labels) = store().and_then(|store| store.labels(prefix).ok()) {
        keys.extend(labels.into_iter().map(|(key, _)| key));
    }
    keys
}

fn values_with(key: &str, prefix: &str) -> Vec<String> {
    if let Some((_, values)) = FIELDS.iter().find(|(name, _)| *name == key) {
        let known = values.iter().filter(|value| value.starts_with(prefix));
        return known.map(|value| (*value).to_owned()).collect();
    }
    let key = key.strip_prefix("label.").unwrap_or(key);
    let values = store().and_then(|store| store.values(key, prefix).ok()).unwrap_or_default();
    values.into_iter().map(|(value, _)| value).collect()
}

fn offer(before: &str, words: Vec<String>) -> Vec<CompletionCandidate> {
    let words = words.into_iter().take(OFFERED_MAX);
    words.map(|word| CompletionCandidate::new(format!("{before}{word}"))).collect()
}

/// The store that is meant by what was typed so far, if it can be opened.
fn store() -> Option<Store> {
    let words: Vec<String> =
        std::env::args_os().filter_map(|word| word.into_string().ok()).collect();
    let behind = words.iter().zip(words.iter().skip(1));
    let two = behind.filter(|(word, _)| *word == "--store").map(|(_, folder)| folder.as_str());
    let one = words.iter().filter_map(|word| word.strip_prefix("--store="));
    let store = two.chain(one).next().map(PathBuf::from);
    open::existing(&Place { store, tz: None, now: None, quiet: true }).ok()
}

#[cfg(test)]
mod tests {
    use super::key_before;

    #[test]
    fn a_value_is_completed_behind_its_key() {
        for (text, expected) in [
            ("severity = ", Some("severity")),
            ("a = b and kubernetes.pod.name != '", Some("kubernetes.pod.name")),
            ("type in (docker, ", Some("type")),
            ("(not team starts with ", Some("team")),
            ("severity = high and ", None),
            ("", None),
            ("= ", None),
        ] {
            assert_eq!(key_before(text), expected, "{text}");
        }
    }
}
