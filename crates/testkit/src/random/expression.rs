//! Random expressions of the scope language.

use super::{DESCRIPTIONS, LABELS, NAMES, SOURCES, TAGS, TEXTS, random_time};
use crate::Rng;
use eventscope_model::{Band, Category, EventType, Severity, alias};

/// Words of the language; as values they have to be quoted.
const KEYWORDS: [&str; 15] = [
    "and",
    "or",
    "not",
    "in",
    "is",
    "contains",
    "contain",
    "does",
    "starts",
    "with",
    "exists",
    "last",
    "start",
    "exist",
    "everywhere",
];

const COMPARISONS: [&str; 5] = ["=", "<", "<=", ">", ">="];

/// A random expression that is always valid, nested no deeper than `depth`.
///
/// It uses every operator and every field of the language, in all their spellings.
pub fn random_expression(rng: &mut Rng, depth: usize) -> String {
    if depth == 0 || rng.percent(25) {
        return condition(rng);
    }
    match rng.below(7) {
        0 => format!("{} ({})", keyword(rng, "not"), random_expression(rng, depth - 1)),
        1 => format!("({})", random_expression(rng, depth - 1)),
        2 => format!("{} {}", keyword(rng, "not"), condition(rng)),
        3 | 4 => chain(rng, "and", depth),
        5 => chain(rng, "or", depth),
        _ => format!("({})", chain(rng, "or", depth)),
    }
}

/// Two to four operands side by side; precedence sorts out what belongs together.
fn chain(rng: &mut Rng, word: &str, depth: usize) -> String {
    let mut text = random_expression(rng, depth - 1);
    for _ in 0..=rng.below(3) {
        let joint = keyword(rng, word);
        text = format!("{text} {joint} {}", random_expression(rng, depth - 1));
    }
    text
}

fn condition(rng: &mut Rng) -> String {
    match rng.below(16) {
        0..=5 => {
            let (key, values) = rng.pick(&LABELS);
            let key = label_key(rng, key);
            strings(rng, &key, values)
        }
        6 => {
            let (key, values) = rng.pick(&TAGS);
            strings(rng, &format!("tag.{key}"), values)
        }
        7 => strings(rng, "name", &NAMES),
        8 => {
            let (field, values): (_, &[&str]) = match rng.below(3) {
                0 => ("description", &DESCRIPTIONS),
                1 => ("source", &SOURCES),
                _ => ("uid", &["free:alert:1", "free:scan:2", "alert:0@0", "docker:"]),
            };
            strings(rng, field, values)
        }
        9 => severity(rng),
        10 => enumeration(rng),
        11 => time(rng),
        12 => number(rng),
        13 => presence(rng),
        _ => {
            let (query, operator) = (*rng.pick(&TEXTS), *rng.pick(&["=", "=", "!="]));
            format!("text {operator} {}", quoted(rng, query))
        }
    }
}

/// A label key in one of its spellings. A key that is a field, a keyword or no plain key can be
/// written after `label.` only.
fn label_key(rng: &mut Rng, key: &str) -> String {
    let plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_./:-".contains(&byte));
    if !plain || KEYWORDS.contains(&key) {
        return format!("label.{}", quoted(rng, key));
    }
    let other = alias::other(key).unwrap_or(key);
    match rng.below(5) {
        0 => format!("label.{}", quoted(rng, key)),
        1 => format!("label.{other}"),
        _ if key == "severity" => format!("label.{key}"),
        2 => other.to_owned(),
        _ => key.to_owned(),
    }
}

/// A condition on something that is a string.
fn strings(rng: &mut Rng, key: &str, values: &[&str]) -> String {
    let value = *rng.pick(values);
    let part = part_of(rng, value);
    match rng.below(16) {
        0 | 1 => format!("{key} = {}", written(rng, value)),
        2 => format!("{key} != {}", written(rng, value)),
        3 => format!("{key} {} {}", keyword(rng, "in"), list(rng, values)),
        4 => format!("{key} {} {} {}", keyword(rng, "not"), keyword(rng, "in"), list(rng, values)),
        5 => format!("{} {key} in {}", keyword(rng, "not"), list(rng, values)),
        6 => format!("{key} {} {}", keyword(rng, "contains"), written(rng, &part)),
        7 => format!("{key} {} {}", keyword(rng, "does not contain"), written(rng, &part)),
        8 => format!("{} {key} contains {}", keyword(rng, "not"), written(rng, &part)),
        9 => format!("{key} {} {}", keyword(rng, "starts with"), written(rng, &part)),
        10 => format!("{key} {}", keyword(rng, "exists")),
        11 => format!("{key} {} {}", keyword(rng, "is"), written(rng, value)),
        12 => format!("{key} {} {}", keyword(rng, "is not"), written(rng, value)),
        13 => format!("{key} {} {}", keyword(rng, "does not start with"), written(rng, &part)),
        14 => format!("{key} {}", keyword(rng, "does not exist")),
        _ => format!("{key} is not in {}", list(rng, values)),
    }
}

/// Whether something is there at all.
fn presence(rng: &mut Rng) -> String {
    let what = *rng.pick(&["absent.key", "severity", "type", "status", "id", "time", "count"]);
    let exists = *rng.pick(&["exists", "does not exist"]);
    format!("{what} {}", keyword(rng, exists))
}

fn severity(rng: &mut Rng) -> String {
    let level = *rng.pick(&Severity::ALL);
    let level = if rng.percent(50) { level.level().to_string() } else { level.name().to_owned() };
    let band = rng.pick(&Band::ALL).name();
    match rng.below(6) {
        0 => format!("severity {} {}", comparison(rng), keyword(rng, &level)),
        1 => format!("severity = {}", keyword(rng, band)),
        2 => format!("severity != '{band}'"),
        3 => format!("severity in ({band}, {level})"),
        4 => format!("severity not in ({level})"),
        _ => format!("severity {} {level}", comparison(rng)),
    }
}

fn enumeration(rng: &mut Rng) -> String {
    let types = EventType::ALL.map(EventType::name);
    let categories = Category::ALL.map(Category::name);
    let states = ["triggered", "resolved"];
    let (field, values): (_, &[&str]) = match rng.below(5) {
        0 => ("type", &types),
        1 => ("category", &categories),
        2 => ("state", &states),
        3 => ("status", &states),
        _ => ("acknowledged", &["true", "false"]),
    };
    let value = *rng.pick(values);
    match rng.below(6) {
        0 if field != "acknowledged" => format!("{field} in {}", list(rng, values)),
        1 if field != "acknowledged" => format!("{field} not in {}", list(rng, values)),
        2 => format!("{field} != {value}"),
        3 => format!("{field} {} {}", keyword(rng, "is"), keyword(rng, value)),
        _ => format!("{field} = {}", keyword(rng, value)),
    }
}

fn time(rng: &mut Rng) -> String {
    let time = random_time(rng);
    match rng.below(6) {
        0 => {
            let span = *rng.pick(&["90m", "2h", "1d", "3600s", "1w", "0s"]);
            format!("time {} {span}", keyword(rng, "last"))
        }
        // Numbers of fewer digits are years to people who type them.
        1 if time.nanos() / 1_000_000_000 > 99_999_999 => {
            format!("time {} {}", comparison(rng), time.nanos() / 1_000_000_000)
        }
        2 => format!("time {} '2026-11-23'", comparison(rng)),
        3 => format!("time != '{time}'"),
        4 => format!("time in ('{time}', '{}')", random_time(rng)),
        _ => format!("time {} '{time}'", comparison(rng)),
    }
}

fn number(rng: &mut Rng) -> String {
    let compared = comparison(rng);
    let (field, end) = *rng.pick(&[("id", 300), ("id", 40), ("count", 4)]);
    let way = rng.below(6);
    let mut value = || rng.below(end);
    match way {
        0 => format!("{field} in ({}, {})", value(), value()),
        1 => format!("{field} not in ({})", value()),
        2 => format!("{field} != {}", value()),
        _ => format!("{field} {compared} {}", value()),
    }
}

fn comparison(rng: &mut Rng) -> &'static str {
    COMPARISONS[rng.below(COMPARISONS.len())]
}

fn list(rng: &mut Rng, values: &[&str]) -> String {
    let count = 1 + rng.below(3);
    let items: Vec<_> = (0..count)
        .map(|_| {
            let value = *rng.pick(values);
            written(rng, value)
        })
        .collect();
    match rng.below(6) {
        0 => format!("[{}]", items.join(",")),
        1 => items.into_iter().take(1).collect(),
        _ => format!("({})", items.join(", ")),
    }
}

/// The start, the end or the middle of a value, or all of it.
fn part_of(rng: &mut Rng, value: &str) -> String {
    let letters = value.chars().count();
    let start = if rng.percent(60) { 0 } else { rng.below(letters + 1) };
    value.chars().skip(start).take(1 + rng.below(letters + 1)).collect()
}

/// A value: bare where that is possible, else quoted.
fn written(rng: &mut Rng, value: &str) -> String {
    let bare = !value.is_empty()
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_./:-".contains(&byte))
        && !KEYWORDS.contains(&value.to_ascii_lowercase().as_str());
    if bare && rng.percent(40) { value.to_owned() } else { quoted(rng, value) }
}

fn quoted(rng: &mut Rng, value: &str) -> String {
    let quote = if rng.percent(80) { '\'' } else { '"' };
    let mut text = String::from(quote);
    for letter in value.chars() {
        if letter == quote || letter == '\\' {
            text.push('\\');
        }
        text.push(letter);
    }
    text.push(quote);
    text
}

/// A word in lower case, or now and then in upper case.
fn keyword(rng: &mut Rng, word: &str) -> String {
    if rng.percent(15) { word.to_ascii_uppercase() } else { word.to_owned() }
}
