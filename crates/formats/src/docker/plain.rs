//! The plain text of `docker events`, `podman events` and `docker compose events`.
//!
//! ```text
//! 2026-01-05T00:35:58.859401177+09:00 container kill 9f86d081884c.. (image=web:1.4, name=web-1)
//! 2019-05-19 12:19:13.962020795 +0300 EEST container died 9f86d081884c.. (image=web, name=web-1)
//! 2024-03-18 11:04:05.000000 container die 9f86d081884c.. (image=web:1.4, name=shop-web-1)
//! 2015-05-12T15:49:29.999999999Z 9f86d081884c: (from web:1.4) die
//! ```
//!
//! The first form is that of Docker 1.10 and later: time, Type, action, id, attributes; the second
//! that of podman, the third that of compose, whose times have no offset: they are taken for UTC,
//! and the event says so. An action may have arguments with blanks and ends of lines in it
//! (`exec_start: sh -c ls`): the id of a container is then told by its 64 digits. Values of
//! attributes are not quoted; a comma inside one is told from the next attribute by what follows: a
//! key has no blanks and is followed by `=`, and Docker prints keys in their order.
//!
//! A text is taken for an event if it starts with a time and a Type, and ends with attributes or a
//! full id (in the old form: if an id with a colon follows the time). Other lines that start so are
//! sentences of a log. One with a full id in it that cannot be read is a reject. An event goes on
//! over lines until it is one, see [`is_open`].

use super::Message;
use crate::{
    Reject,
    hints::Hints,
    times::{self, Zone},
};
use eventscope_model::{Labels, Timestamp};

/// The types of objects that Docker and podman report on.
const KINDS: [&str; 14] = [
    "builder",
    "compose",
    "config",
    "container",
    "daemon",
    "image",
    "network",
    "node",
    "plugin",
    "pod",
    "secret",
    "service",
    "system",
    "volume",
];

/// Digits of a full container id.
const ID_DIGITS: usize = 64;

/// Words of a time: `2019-05-19 12:19:13.962020795 +0300 EEST m=+0.04`.
const TIME_WORDS_MAX: usize = 5;

/// How a text begins that may be an event.
struct Head<'a> {
    time: Timestamp,
    zone: Zone,
    written: &'a str,
    kind: &'a str,
    rest: &'a str,
    order: Order,
}

/// Whether attributes are printed in the order of their keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Sorted,
    Any,
}

/// The time and the type that a text begins with.
fn head(text: &str) -> Option<Head<'_>> {
    if !text.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    let mut end = 0_usize;
    for number in 0..=TIME_WORDS_MAX {
        let rest = text.get(end..)?;
        let (word, rest) = rest.split_once(' ')?;
        if number > 0 && KINDS.contains(&word) {
            let written = text.get(..end)?.trim_end();
            // A number alone is no time of these programs.
            let (time, zone) =
                if written.contains('-') { times::read(written).ok()? } else { return None };
            let order = if number == 1 { Order::Sorted } else { Order::Any };
            let is_docker = number == 1 && written.contains('T') && zone == Zone::Said;
            return (is_docker || number > 1).then_some(Head {
                time,
                zone,
                written,
                kind: word,
                rest,
                order,
            });
        }
        end = end.checked_add(word.len())?.checked_add(1)?;
    }
    None
}

/// Whether a text begins as an event and is none yet, so that it may go on in the next line.
pub(crate) fn is_open(text: &str) -> bool {
    head(text).is_some_and(|head| !matches!(parse_new(&head), Some(Ok(_))))
}

/// Whether a text begins as an event.
pub(crate) fn is_start(text: &str) -> bool {
    head(text).is_some()
}

/// Reads a text; `None` if it is no event.
pub(super) fn parse<'a>(line: &'a str, hints: &Hints<'_>) -> Option<Result<Message<'a>, Reject>> {
    if let Some(mut head) = head(line) {
        // As it was read before, so that it can be read again.
        (head.time, head.zone) = hints.time_and_zone(head.written).ok()?;
        return parse_new(&head);
    }
    if !line.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    let (time, rest) = line.split_once(' ')?;
    if !time.contains('T') {
        return None;
    }
    let time = Timestamp::parse(time).ok()?;
    let (word, rest) = rest.split_once(' ')?;
    let id = word.strip_suffix(':').filter(|id| is_old_id(id))?;
    parse_old(time, id, rest)
}

fn parse_new<'a>(head: &Head<'a>) -> Option<Result<Message<'a>, Reject>> {
    let Head { time, kind, rest, order, zone, .. } = *head;
    let message = split_action(rest).and_then(|(action, rest)| {
        let (id, attributes) = match rest.split_once(' ') {
            None if is_full_id(rest) => (rest, ""),
            None => return None,
            // Podman and compose print no others; sentences of logs have such times too.
            Some((id, _)) if order == Order::Any && !is_full_id(id) => return None,
            Some((id, rest)) => (id, rest.strip_prefix('(')?.strip_suffix(')')?),
        };
        let attributes = split_attributes(attributes, order)?;
        let action = super::podman_action(kind, action, order == Order::Any);
        Some(Message { kind: Some(kind), action, id, from: None, attributes, time, zone })
    });
    match message {
        Some(message) => Some(Ok(message)),
        None if !rest.split([' ', '\n']).any(is_full_id) => None,
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
    for word in rest.split([' ', '\n']) {
        if is_full_id(word) {
            return Some((text.get(..start - 1)?, text.get(start..)?));
        }
        start += word.len() + 1;
    }
    let end = text.find(" (").unwrap_or(text.len());
    let blank = text.get(..end)?.rfind(' ')?;
    Some((text.get(..blank)?, text.get(blank + 1..)?))
}

fn split_attributes(text: &str, order: Order) -> Option<Labels> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for piece in text.split(", ").filter(|_| !text.is_empty()) {
        let is_next = |key: &str| {
            let last = pairs.last().map(|(last, _)| last.as_str());
            is_key(key) && (order == Order::Any || last.is_none_or(|last| last < key))
        };
        match piece.split_once('=').filter(|(key, _)| is_next(key)) {
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
    Some(Ok(Message {
        kind: None,
        action,
        id,
        from,
        attributes: Labels::new(),
        time,
        zone: Zone::Said,
    }))
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
