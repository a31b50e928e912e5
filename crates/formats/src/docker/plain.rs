//! The plain text of `docker events`, one event a line.
//!
//! ```text
//! 2026-01-05T00:35:58.859401177+09:00 container kill 9f86d081884c.. (image=web:1.4, name=web-1)
//! 2015-05-12T15:49:29.999999999Z 9f86d081884c: (from web:1.4) die
//! ```
//!
//! The first form is that of Docker 1.10 and later: time, Type, action, id, attributes. An action
//! may have arguments with blanks in it (`exec_start: sh -c ls`): the id of a container is then
//! told by its 64 digits. Values of attributes are not quoted; a comma inside one is told from the
//! next attribute by what follows: a key has no blanks and is followed by `=`.
//!
//! A line is taken for an event if it starts with a time and a Type that Docker has, and ends with
//! attributes or a full id (in the old form: if an id with a colon follows the time). Other lines
//! that start so are sentences of a log. One with a full id in it that cannot be read is a reject.

use super::Message;
use crate::Reject;
use eventscope_model::{Labels, Timestamp};

/// The types of objects that Docker reports on.
const KINDS: [&str; 11] = [
    "builder",
    "config",
    "container",
    "daemon",
    "image",
    "network",
    "node",
    "plugin",
    "secret",
    "service",
    "volume",
];

/// Digits of a full container id.
const ID_DIGITS: usize = 64;

/// Reads a line; `None` if it is no event of Docker.
pub(super) fn parse(line: &str) -> Option<Result<Message<'_>, Reject>> {
    if !line.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    let (time, rest) = line.split_once(' ')?;
    if !time.contains('T') {
        return None;
    }
    let time = Timestamp::parse(time).ok()?;
    let (word, rest) = rest.split_once(' ')?;
    if KINDS.contains(&word) {
        return parse_new(time, word, rest);
    }
    let id = word.strip_suffix(':').filter(|id| is_old_id(id))?;
    parse_old(time, id, rest)
}

fn parse_new<'a>(
    time: Timestamp,
    kind: &'a str,
    rest: &'a str,
) -> Option<Result<Message<'a>, Reject>> {
    let message = split_action(rest).and_then(|(action, rest)| {
        let (id, attributes) = match rest.split_once(' ') {
            None if is_full_id(rest) => (rest, ""),
            None => return None,
            Some((id, rest)) => (id, rest.strip_prefix('(')?.strip_suffix(')')?),
        };
        let attributes = split_attributes(attributes)?;
        Some(Message { kind: Some(kind), action, id, from: None, attributes, time })
    });
    match message {
        Some(message) => Some(Ok(message)),
        None if !rest.split(' ').any(is_full_id) => None,
        None => Some(Err(Reject::value("event", rest, "ACTION ID (KEY=VALUE, ..)"))),
    }
}

/// Cuts off the action. With arguments it goes up to the first word that is a full id, else up to
/// the last word before the attributes.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "places in a text, each behind a blank that was found"
)]
fn split_action(text: &str) -> Option<(&str, &str)> {
    let (verb, rest) = text.split_once(' ')?;
    if !verb.ends_with(':') {
        return Some((verb, rest));
    }
    let mut start = verb.len() + 1;
    for word in rest.split(' ') {
        if is_full_id(word) {
            return Some((text.get(..start - 1)?, text.get(start..)?));
        }
        start += word.len() + 1;
    }
    let end = text.find(" (").unwrap_or(text.len());
    let blank = text.get(..end)?.rfind(' ')?;
    Some((text.get(..blank)?, text.get(blank + 1..)?))
}

fn split_attributes(text: &str) -> Option<Labels> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for piece in text.split(", ").filter(|_| !text.is_empty()) {
        match piece.split_once('=').filter(|(key, _)| is_key(key)) {
            Some((key, value)) => pairs.push((key.to_owned(), value.to_owned())),
            None => pairs.last_mut()?.1.extend([", ", piece]),
        }
    }
    Some(Labels::from_pairs(pairs))
}

/// `(from IMAGE) ACTION`, or the action alone.
fn parse_old<'a>(
    time: Timestamp,
    id: &'a str,
    rest: &'a str,
) -> Option<Result<Message<'a>, Reject>> {
    let (from, action) = match rest.strip_prefix("(from ").map(|rest| rest.split_once(") ")) {
        Some(Some((from, action))) => (Some(from), action),
        Some(None) => {
            return Some(Err(Reject::value("event", rest, "(from IMAGE) ACTION")));
        }
        None => (None, rest),
    };
    if from.is_none() && action.contains(' ') {
        return None;
    }
    Some(Ok(Message { kind: None, action, id, from, attributes: Labels::new(), time }))
}

fn is_old_id(word: &str) -> bool {
    matches!(word.len(), 12 | ID_DIGITS) && is_hex(word)
}

fn is_full_id(word: &str) -> bool {
    word.len() == ID_DIGITS && is_hex(word)
}

fn is_hex(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_key(text: &str) -> bool {
    !text.is_empty() && !text.contains(|letter: char| letter.is_whitespace() || letter == '(')
}
