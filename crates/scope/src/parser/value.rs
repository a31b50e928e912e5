//! What a value means for its key.

use super::{Parser, ReadTime, nearest};
use crate::draw::{shorten, visible};
use crate::{ErrorKind, Key, Lookback, Operator, Site, Value, limits};
use eventscope_model::words::{Phrase, WordQuery};
use eventscope_model::{Band, Category, EventType, ParseTimeError, Severity, State};

const SEVERITIES: [&str; 12] = [
    "emergency",
    "alert",
    "critical",
    "error",
    "warning",
    "notice",
    "informational",
    "debug",
    "high",
    "medium",
    "low",
    "info",
];
const TYPES: [&str; 7] =
    ["alert", "docker", "containerd", "kubernetes", "policy", "scan", "custom"];
const CATEGORIES: [&str; 4] = ["alert", "infrastructure", "security", "custom"];
const STATES: [&str; 2] = ["triggered", "resolved"];
const FLAGS: [&str; 2] = ["true", "false"];

/// A value that was not understood, and what may have been meant.
type Misread = (ErrorKind, Option<String>);

impl Parser<'_> {
    /// The value that a text is for a key; notes an error when it is none.
    pub(super) fn resolve(
        &mut self,
        key: &Key,
        operator: Operator,
        text: &str,
        site: Site,
    ) -> Option<Value> {
        match resolve(key, operator, text, self.read_time) {
            Ok(value) => Some(value),
            Err((kind, suggestion)) => {
                self.suggest(kind, site, suggestion);
                None
            }
        }
    }
}

fn resolve(
    key: &Key,
    operator: Operator,
    text: &str,
    read_time: ReadTime<'_>,
) -> Result<Value, Misread> {
    let unknown = |key: &str, known, words: &[&'static str]| {
        let kind = ErrorKind::UnknownValue { key: key.to_owned(), found: shown(text), known };
        (kind, nearest(text, words).map(str::to_owned))
    };
    match key {
        Key::Severity => severity(operator, text)?.ok_or_else(|| {
            let known = "0 to 7, emergency, alert, critical, error, warning, notice, \
                         informational, debug, high, medium, low and info";
            unknown("severity", known, &SEVERITIES)
        }),
        Key::Type => EventType::from_name(text).map(Value::Type).ok_or_else(|| {
            let known = "alert, docker, containerd, kubernetes, policy, scan and custom";
            unknown("type", known, &TYPES)
        }),
        Key::Category => Category::from_name(text).map(Value::Category).ok_or_else(|| {
            unknown("category", "alert, infrastructure, security and custom", &CATEGORIES)
        }),
        Key::Status => State::from_name(text)
            .map(Value::State)
            .ok_or_else(|| status(unknown("status", "triggered and resolved", &STATES), text)),
        Key::Acknowledged => flag(text)
            .map(Value::Acknowledged)
            .ok_or_else(|| unknown("acknowledged", "true and false", &FLAGS)),
        Key::Id | Key::Count => number(text).map(Value::Number),
        Key::Time if operator == Operator::Last => lookback(text),
        Key::Time => time(text, read_time),
        Key::Words => words(text),
        Key::Text(_) => Ok(Value::Text(text.to_owned())),
    }
}

/// A severity or a label over two; `None` when it is neither.
fn severity(operator: Operator, text: &str) -> Result<Option<Value>, Misread> {
    // `info` is a label here, although syslog has it as a short form of its sixth level.
    if let Some(band) = Band::from_name(text) {
        if operator.is_order() {
            return Err((ErrorKind::BandNotOrdered { band: shown(text) }, None));
        }
        return Ok(Some(Value::Band(band)));
    }
    let level = digits(text).and_then(|level| u8::try_from(level).ok());
    let severity = level.and_then(Severity::from_level).or_else(|| Severity::from_name(text));
    Ok(severity.map(Value::Severity))
}

/// Acknowledgement is no status here, though some programs list it as one.
fn status((kind, suggestion): Misread, text: &str) -> Misread {
    let meant = match text.to_ascii_lowercase().as_str() {
        "acknowledged" => Some("acknowledged = true".to_owned()),
        "unacknowledged" => Some("acknowledged = false".to_owned()),
        _ => suggestion,
    };
    (kind, meant)
}

fn flag(text: &str) -> Option<bool> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is("true") { Some(true) } else { is("false").then_some(false) }
}

fn number(text: &str) -> Result<u64, Misread> {
    digits(text).ok_or_else(|| (ErrorKind::NotANumber { found: shown(text) }, None))
}

/// The number that a text of digits only is.
fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn time(text: &str, read_time: ReadTime<'_>) -> Result<Value, Misread> {
    let found = || shown(text);
    read_time(text).map(Value::Time).map_err(|error| match error {
        ParseTimeError::Malformed => (ErrorKind::NotATime { found: found() }, None),
        ParseTimeError::OutOfRange => (ErrorKind::TimeOutOfRange { found: found() }, None),
    })
}

fn lookback(text: &str) -> Result<Value, Misread> {
    let lookback = text.parse::<Lookback>().map(Value::Lookback);
    lookback.map_err(|_| (ErrorKind::NotALookback { found: shown(text) }, None))
}

fn words(text: &str) -> Result<Value, Misread> {
    let query = WordQuery::parse(text).map_err(|_| (ErrorKind::NoWords, None))?;
    let words: usize = query.phrases().iter().map(Phrase::words).map(<[String]>::len).sum();
    if words > limits::WORDS_MAX {
        return Err((ErrorKind::TooManyWords, None));
    }
    Ok(Value::Words(query))
}

/// A suggestion, if it is short and plain enough to be typed.
pub(super) fn readable(suggestion: String) -> Option<String> {
    (shown(&suggestion) == suggestion).then_some(suggestion)
}

/// A text as an error shows it.
fn shown(text: &str) -> String {
    visible(&shorten(text))
}
