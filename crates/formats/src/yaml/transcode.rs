//! One YAML document to JSON, cut into the items of its list if it is one.

use crate::{Reject, error::shown, limits, scanner::ListForm};
use saphyr_parser::{Event, Parser, ScalarStyle};
use std::borrow::Cow;

/// What was read of a document.
#[derive(Default)]
pub(super) struct Transcoded {
    /// The document itself if it is no list.
    pub(super) items: Vec<Item>,
    pub(super) list: Option<ListForm>,
    /// Whether something follows the list or the fault ended reading, so that its last item is
    /// whole.
    pub(super) goes_on: bool,
    /// Where reading ended early: the line of the item, and why.
    pub(super) fault: Option<(u64, Reject)>,
}

/// A value with the line where it starts.
pub(super) struct Item {
    pub(super) line: u64,
    pub(super) json: String,
}

/// Reads one document, whose first line has this number.
pub(super) fn read(document: &str, first_line: u64) -> Transcoded {
    let mut writer = Writer { line: first_line, ..Writer::default() };
    let mut parser = Parser::new_from_str(document);
    let mut read = Transcoded::default();
    while let Some(event) = parser.next_event() {
        let taken = match event {
            Ok((Event::StreamEnd, _)) => break,
            Ok((event, span)) => {
                let line = first_line.saturating_add((span.start.line() as u64).saturating_sub(1));
                writer.take(event, line).map_err(|what| (line, what.to_owned()))
            }
            Err(error) => {
                let line =
                    first_line.saturating_add((error.marker().line() as u64).saturating_sub(1));
                Err((line, shown(error.info())))
            }
        };
        if let Err((line, what)) = taken {
            let start = if writer.frames.len() > writer.item_depth { writer.line } else { line };
            read.fault = Some((start, Reject::Yaml { what, line }));
            break;
        }
    }
    (read.items, read.list) = (writer.items, writer.list);
    read.goes_on = writer.goes_on || read.fault.is_some();
    read
}

/// Writes JSON from the events of a YAML parser.
#[derive(Default)]
struct Writer {
    /// The item that is being written.
    json: String,
    frames: Vec<Frame>,
    items: Vec<Item>,
    list: Option<ListForm>,
    /// The line where the item that is being written starts.
    line: u64,
    /// Whether the last top-level key was `items`.
    at_items: bool,
    /// How many containers are open around an item.
    item_depth: usize,
    /// Whether a key follows the list.
    goes_on: bool,
}

/// The item depth after a list has ended: what follows belongs to no item.
const NO_ITEM: usize = usize::MAX;

/// A container that is open.
#[derive(Clone, Copy)]
struct Frame {
    kind: Kind,
    empty: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A mapping whose next event is a key.
    Key,
    /// A mapping whose next event is a value.
    Value,
    Sequence,
}

impl Writer {
    fn take(&mut self, event: Event<'_>, line: u64) -> Result<(), &'static str> {
        match event {
            Event::Scalar(text, style, _, tag) => {
                let typed = style == ScalarStyle::Plain && tag.is_none();
                self.scalar(&text, typed, line);
                Ok(())
            }
            Event::MappingStart(..) => self.open(Kind::Key, line),
            Event::SequenceStart(..) => self.open(Kind::Sequence, line),
            Event::MappingEnd => {
                self.close('}');
                Ok(())
            }
            Event::SequenceEnd => {
                self.close(']');
                Ok(())
            }
            Event::Alias(_) => Err("aliases are not read"),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn scalar(&mut self, text: &str, typed: bool, line: u64) {
        if self.frames.is_empty() {
            return;
        }
        self.begin(line);
        if let Some(Frame { kind: kind @ Kind::Key, .. }) = self.frames.last_mut() {
            *kind = Kind::Value;
            self.goes_on |= self.item_depth == NO_ITEM;
            self.at_items = self.frames.len() == 1 && matches!(text, "items" | "Items");
            self.json.push_str(&quoted(text));
            self.json.push(':');
            return;
        }
        self.json.push_str(&if typed { plain(text) } else { quoted(text) });
        self.end();
    }

    #[expect(clippy::arithmetic_side_effects, reason = "there are at most `DEPTH_MAX` frames")]
    fn open(&mut self, kind: Kind, line: u64) -> Result<(), &'static str> {
        if self.frames.last().is_some_and(|frame| frame.kind == Kind::Key) {
            return Err("a key is no text");
        }
        if self.frames.len() == limits::DEPTH_MAX as usize {
            return Err("it is nested too deep");
        }
        if kind == Kind::Sequence && self.list.is_none() {
            self.list = match self.frames.len() {
                0 => Some(ListForm::Array),
                1 if self.at_items => Some(ListForm::Items),
                _ => None,
            };
            if self.list.is_some() {
                self.item_depth = self.frames.len() + 1;
            }
        }
        self.begin(line);
        self.json.push(if kind == Kind::Sequence { '[' } else { '{' });
        self.frames.push(Frame { kind, empty: true });
        Ok(())
    }

    fn close(&mut self, bracket: char) {
        if self.list.is_some() && self.frames.len() == self.item_depth {
            self.item_depth = NO_ITEM;
        }
        self.frames.pop();
        self.json.push(bracket);
        self.end();
    }

    /// What comes before a key or a value.
    fn begin(&mut self, line: u64) {
        if self.frames.len() == self.item_depth {
            self.json.clear();
            self.line = line;
        } else if let Some(frame) = self.frames.last_mut() {
            if !frame.empty && frame.kind != Kind::Value {
                self.json.push(',');
            }
            frame.empty = false;
        }
    }

    /// What comes after a value.
    fn end(&mut self) {
        if let Some(Frame { kind: kind @ Kind::Value, .. }) = self.frames.last_mut() {
            *kind = Kind::Key;
        }
        if self.frames.len() == self.item_depth {
            self.items.push(Item { line: self.line, json: std::mem::take(&mut self.json) });
        }
    }
}

/// A scalar without quotes: null, a truth value, an integer, else a text. Times stay texts.
fn plain(text: &str) -> Cow<'_, str> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_integer = matches!(digits.len(), 1..=18)
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'));
    match text {
        "" | "~" | "null" | "Null" | "NULL" => "null".into(),
        "true" | "True" | "TRUE" => "true".into(),
        "false" | "False" | "FALSE" => "false".into(),
        _ if is_integer => text.into(),
        _ => quoted(text),
    }
}

/// A text as a JSON string.
fn quoted(text: &str) -> Cow<'_, str> {
    serde_json::Value::from(text).to_string().into()
}
