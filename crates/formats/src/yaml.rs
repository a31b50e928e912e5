//! YAML: told by its first line, read as a whole, and turned into the JSON it stands for.
//!
//! Only what dumps of the Kubernetes API need is read: mappings with texts as keys, sequences and
//! scalars. Aliases are refused, which also means that a small file cannot grow. A file may hold
//! many documents, divided by lines of `---`; one that is broken does not affect the others.

#![expect(clippy::arithmetic_side_effects, reason = "places and lines in a text of at most 64 MiB")]

mod transcode;

use crate::{Reject, Syntax, limits, scanner::ListForm, scanner::Role, window::Window};
use std::{borrow::Cow, collections::VecDeque, io};

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
    Item { line: u64, json: String, role: Role, end: End },
    /// A line that is none of the text.
    Text,
    /// A list without elements.
    EmptyList(ListForm),
    /// A record that could not be read.
    Broken { line: u64, reject: Reject },
}

/// What is known of the end of an item. YAML has no sign for it, so the last item of a text may
/// have been cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It is whole: a bracket closes it, or something follows.
    Proved,
    /// The text ends in it, after a whole line.
    Line,
    /// The text ends in it, within a line.
    Open,
}

/// Lines of other text before a list of Kubernetes: what `kubectl` says on standard error.
const FOREIGN_LINES_MAX: usize = 16;

/// Whether a text is YAML: its first line, blank lines, comments and directives aside, is a key of
/// a Kubernetes document; before `apiVersion:` there may be some lines that `kubectl` writes on
/// standard error. `None` if more must be seen; what is said then hangs on no more than the first
/// [`limits::LOOKAHEAD_BYTES_MAX`] bytes, in whatever pieces they arrive.
pub(crate) fn detect(text: &[u8]) -> Option<bool> {
    let seen = text.get(..limits::LOOKAHEAD_BYTES_MAX);
    let mut lines = seen.unwrap_or(text).split(|byte| *byte == b'\n').peekable();
    let mut foreign = 0;
    while let Some(line) = lines.next() {
        let complete = lines.peek().is_some();
        let line = line.trim_ascii_end();
        let passed = line.is_empty() || line.starts_with(b"#") || line.starts_with(b"%YAML");
        if passed || line == b"---" {
            continue;
        }
        let may_become = |key: &&str| may_become(line, key);
        let may_be =
            FIRST_KEYS.iter().any(may_become) || NOTES.iter().any(|it| it.starts_with(line));
        if !complete && seen.is_none() && (may_be || is_note(line)) {
            return None;
        }
        if is_first_key(line) {
            return Some(foreign == 0 || line.starts_with(b"apiVersion: "));
        }
        foreign += 1;
        if foreign > FOREIGN_LINES_MAX || !is_note(line) {
            return Some(false);
        }
    }
    seen.map(|_| false)
}

/// What lines begin with that `kubectl` writes on standard error.
const NOTES: [&[u8]; 5] = [b"Warning: ", b"Flag --", b"Defaulted ", b"error: ", b"Unable to "];

/// Whether a line is one that `kubectl` writes on standard error: one of these, or one of its log,
/// as `W0502 10:06:01.507052 ..`.
fn is_note(line: &[u8]) -> bool {
    let is_log = match line {
        [b'I' | b'W' | b'E' | b'F', digits @ ..] => {
            let digits = digits.get(..4).unwrap_or(digits);
            !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    };
    is_log || NOTES.iter().any(|note| line.starts_with(note))
}

/// Whether a line is a key that a Kubernetes document begins with.
fn is_first_key(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"- ").unwrap_or(line);
    let key = line.split(|byte| *byte == b':').next().unwrap_or_default();
    let after = line.get(key.len()..).unwrap_or_default();
    let known = FIRST_KEYS.iter().any(|first| first.as_bytes() == key);
    known && (after == b":" || after.starts_with(b": "))
}

/// Whether a line at the margin is none of YAML's: neither a key without blanks, nor an item, a
/// comment, a divider or a bracket.
fn is_foreign(line: &str) -> bool {
    let Some(first) = line.chars().next() else { return false };
    if first.is_whitespace() || "-#%.?:{}[]\"'".contains(first) {
        return false;
    }
    if is_note(line.as_bytes()) {
        return true;
    }
    let key = line.split(':').next().unwrap_or_default();
    let is_key = line.len() > key.len() && !key.contains(char::is_whitespace);
    let after = line.get(key.len()..).unwrap_or_default().trim_end();
    !(is_key && (after == ":" || after.starts_with(": ")))
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
    // A byte that is no UTF-8 costs itself.
    let text = String::from_utf8_lossy(window.bytes()).into_owned();
    Ok(Documents { text, at: 0, line: 1, ready: VecDeque::new() })
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
            let is_last = document.len() == rest.len();
            let (own, foreign) = without_foreign(document, self.line);
            self.ready = pieces(&own, self.line, is_last);
            let (before, within): (Vec<u64>, Vec<u64>) =
                foreign.into_iter().partition(|line| *line < first_line(&self.ready));
            before.iter().for_each(|_| self.ready.push_front(Piece::Text));
            for line in within {
                let what = "it stands at the margin and is no YAML".to_owned();
                self.ready.push_back(Piece::Broken { line, reject: Reject::Yaml { what, line } });
            }
            self.line += crate::window::newlines(document.as_bytes());
            self.at += document.len();
        }
        self.ready.pop_front()
    }
}

/// The line where the first piece starts.
fn first_line(pieces: &VecDeque<Piece>) -> u64 {
    pieces.front().map_or(u64::MAX, |piece| match piece {
        Piece::Item { line, .. } | Piece::Broken { line, .. } => *line,
        Piece::Text | Piece::EmptyList(_) => u64::MAX,
    })
}

/// A document with empty lines in place of those that are foreign, and the numbers of these.
fn without_foreign(document: &str, first: u64) -> (Cow<'_, str>, Vec<u64>) {
    let lines = || document.split_inclusive('\n');
    if !lines().any(is_foreign) {
        return (document.into(), Vec::new());
    }
    let mut own = String::with_capacity(document.len());
    let mut foreign = Vec::new();
    for (number, line) in (first..).zip(lines()) {
        if is_foreign(line) {
            foreign.push(number);
            own.push('\n');
        } else {
            own.push_str(line);
        }
    }
    (own.into(), foreign)
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
fn pieces(document: &str, line: u64, is_last: bool) -> VecDeque<Piece> {
    let read = transcode::read(document, line);
    let count = read.items.len();
    let last_end = if !is_last || read.goes_on || document.trim_end().ends_with(['}', ']']) {
        End::Proved
    } else if document.ends_with(['\n', '\r']) {
        End::Line
    } else {
        End::Open
    };
    let mut pieces: VecDeque<Piece> = (1..)
        .zip(read.items)
        .map(|(number, item)| {
            if item.json.len() > limits::RECORD_BYTES_MAX {
                let reject = Reject::Broken { syntax: Syntax::TooLarge, line: item.line };
                return Piece::Broken { line: item.line, reject };
            }
            let role = if read.list == Some(ListForm::Items) { Role::Item } else { Role::Alone };
            let end = if number == count { last_end } else { End::Proved };
            Piece::Item { line: item.line, json: item.json, role, end }
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
