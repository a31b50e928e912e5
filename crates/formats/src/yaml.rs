//! YAML: told by its first line, read as a whole, and turned into the JSON it stands for.
//!
//! Only what dumps of the Kubernetes API need is read: mappings with texts as keys, sequences and
//! scalars. Aliases are refused, which also means that a small file cannot grow. A file may hold
//! many documents, divided by lines of `---`; one that is broken does not affect the others.

#![expect(clippy::arithmetic_side_effects, reason = "places and lines in a text of at most 64 MiB")]

mod transcode;

use crate::{Reject, Syntax, limits, scanner::ListForm, scanner::Role, window::Window};
use std::{collections::VecDeque, io};

/// First keys of a Kubernetes document; tools write keys in alphabetical order, or kind and
/// apiVersion first.
const FIRST_KEYS: [&str; 14] = [
    "action",
    "apiVersion",
    "count",
    "deprecatedCount",
    "eventTime",
    "firstTimestamp",
    "involvedObject",
    "items",
    "kind",
    "lastTimestamp",
    "message",
    "metadata",
    "note",
    "regarding",
];

/// What comes next in a YAML text.
pub(crate) enum Piece {
    /// A document or an item of a list, as JSON.
    Item { line: u64, json: String, role: Role },
    /// A list without elements.
    EmptyList(ListForm),
    /// A record that could not be read.
    Broken { line: u64, reject: Reject },
}

/// Whether a text is YAML: its first line, blank lines, comments and directives aside, is a key of
/// a Kubernetes document. `None` if more must be seen; what is said then hangs on no more than the
/// first [`limits::LOOKAHEAD_BYTES_MAX`] bytes, in whatever pieces they arrive.
pub(crate) fn detect(text: &[u8]) -> Option<bool> {
    let seen = text.get(..limits::LOOKAHEAD_BYTES_MAX);
    let mut lines = seen.unwrap_or(text).split(|byte| *byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        let complete = lines.peek().is_some();
        let line = line.trim_ascii_end();
        let passed = line.is_empty() || line.starts_with(b"#") || line.starts_with(b"%YAML");
        if passed || line == b"---" {
            continue;
        }
        let may_become = |key: &&str| may_become(line, key);
        if !complete && seen.is_none() && FIRST_KEYS.iter().any(may_become) {
            return None;
        }
        let line = line.strip_prefix(b"- ").unwrap_or(line);
        let key = line.split(|byte| *byte == b':').next().unwrap_or_default();
        let after = line.get(key.len()..).unwrap_or_default();
        let known = FIRST_KEYS.iter().any(|first| first.as_bytes() == key);
        return Some(known && (after == b":" || after.starts_with(b": ")));
    }
    seen.map(|_| false)
}

/// Whether the start of a line may still turn out to be a divider, a directive or this key, or
/// another one with a colon in it.
fn may_become(line: &[u8], key: &str) -> bool {
    let item = line.strip_prefix(b"-").map_or(line, <[u8]>::trim_ascii_start);
    let item = item.strip_suffix(b":").unwrap_or(item);
    let starts = |whole: &str| whole.as_bytes().starts_with(line);
    starts("---") || starts("%YAML") || key.as_bytes().starts_with(item)
}

/// Reads the rest of the input, up to [`limits::YAML_BYTES_MAX`].
///
/// # Errors
/// When the input fails.
pub(crate) fn read(mut window: Window<'_>) -> io::Result<Documents> {
    while window.bytes().len() <= limits::YAML_BYTES_MAX && window.fill()? {}
    let refused = |what: &str, line| Documents {
        text: String::new(),
        at: 0,
        line: 1,
        ready: [Piece::Broken { line, reject: Reject::Yaml { what: what.to_owned(), line } }]
            .into(),
    };
    if window.bytes().len() > limits::YAML_BYTES_MAX {
        return Ok(refused("the file is longer than 64 MiB; as JSON it may have any length", 1));
    }
    Ok(match std::str::from_utf8(window.bytes()) {
        Ok(text) => Documents { text: text.to_owned(), at: 0, line: 1, ready: VecDeque::new() },
        Err(error) => {
            let valid = window.bytes().get(..error.valid_up_to()).unwrap_or_default();
            refused("it is not UTF-8", 1 + crate::window::newlines(valid))
        }
    })
}

/// The documents of a YAML text, item by item.
pub(crate) struct Documents {
    text: String,
    at: usize,
    line: u64,
    ready: VecDeque<Piece>,
}

impl Documents {
    pub(crate) fn next(&mut self) -> Option<Piece> {
        while self.ready.is_empty() {
            let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
            let document = rest.get(..document_bytes(rest)).unwrap_or(rest);
            self.ready = pieces(document, self.line);
            self.line += crate::window::newlines(document.as_bytes());
            self.at += document.len();
        }
        self.ready.pop_front()
    }
}

/// How long the first document of a text is: up to the next line of `---`, which begins another.
fn document_bytes(text: &str) -> usize {
    let lines = text.split_inclusive('\n');
    let mut bytes = 0;
    for (number, line) in lines.enumerate() {
        if number > 0 && line.trim_ascii_end() == "---" {
            break;
        }
        bytes += line.len();
    }
    bytes
}

/// The pieces of one document that starts at a line.
fn pieces(document: &str, line: u64) -> VecDeque<Piece> {
    let read = transcode::read(document, line);
    let mut pieces: VecDeque<Piece> = read
        .items
        .into_iter()
        .map(|item| {
            if item.json.len() > limits::RECORD_BYTES_MAX {
                let reject = Reject::Broken { syntax: Syntax::TooLarge, line: item.line };
                return Piece::Broken { line: item.line, reject };
            }
            let role = if read.list == Some(ListForm::Items) { Role::Item } else { Role::Alone };
            Piece::Item { line: item.line, json: item.json, role }
        })
        .collect();
    match (read.fault, read.list) {
        (Some((line, reject)), _) => pieces.push_back(Piece::Broken { line, reject }),
        (None, Some(form)) if pieces.is_empty() => pieces.push_back(Piece::EmptyList(form)),
        (None, _) => {}
    }
    pieces
}

#[cfg(test)]
mod tests;
