//! Finds where a JSON value ends, one byte after the other, and which keys it has.
//!
//! This is the grammar of JSON down to strings and commas, but not the inside of numbers, words
//! and escapes: those are left to the parser that reads the record. It can stop at any byte and
//! go on when more of the input is there, so a record is looked at once however it arrives.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "places in memory; no more is closed than was opened, nor opened than `DEPTH_MAX`"
)]

use crate::{Syntax, limits, mend};
use std::ops::Range;

/// The way through one JSON object.
pub(crate) struct Extent {
    at: usize,
    state: State,
    depth: u32,
    /// Bit `n` says that the container at depth `n + 1` is an object, not an array.
    objects: u128,
    lists: Lists,
    list_start: usize,
    key: Range<usize>,
    keys: Vec<Range<usize>>,
    /// Where the number or word that is being read starts.
    bare_start: usize,
    has_long_numbers: bool,
}

/// Whether the array under a top-level key `items` is a list of records.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lists {
    /// It is, if it holds objects or nothing: [`Progress::List`] is reported at its start.
    Open,
    /// It is an array like any other.
    Closed,
}

/// How far the way has come.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// All bytes are looked at, and the object goes on.
    More,
    /// The object ends after so many bytes.
    Complete(usize),
    /// A list of records is open after so many bytes; white space and its first item or its end
    /// come next.
    List(usize),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// A value must come.
    Value,
    /// An array was opened.
    FirstValue,
    /// The array of a list was opened; its first item decides.
    FirstItem,
    /// An object was opened.
    FirstKey,
    /// A comma was read in an object.
    Key,
    /// A key was read.
    Colon,
    /// A value was read.
    After,
    /// Inside a number or a word.
    Bare,
    /// Inside a string that is a key.
    KeyText,
    /// Inside a string that is a value.
    ValueText,
}

impl Extent {
    /// The way through an object that has not begun.
    pub(crate) fn new(lists: Lists) -> Self {
        Self {
            at: 0,
            state: State::Value,
            depth: 0,
            objects: 0,
            lists,
            list_start: 0,
            key: 0..0,
            keys: Vec::new(),
            bare_start: 0,
            has_long_numbers: false,
        }
    }

    /// Starts over with another object; saves the allocation of the keys.
    pub(crate) fn restart(&mut self, lists: Lists) {
        let mut keys = std::mem::take(&mut self.keys);
        keys.clear();
        *self = Self { keys, ..Self::new(lists) };
    }

    /// Starts over in the middle of an object, after one of its values.
    pub(crate) fn restart_inside(&mut self) {
        self.restart(Lists::Closed);
        (self.state, self.depth, self.objects) = (State::After, 1, 1);
    }

    /// Whether a number has more digits than a number of most programs holds.
    pub(crate) fn has_long_numbers(&self) -> bool {
        self.has_long_numbers
    }

    /// How many bytes were looked at.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The top-level keys found, in the bytes that were looked at.
    pub(crate) fn keys<'a>(&'a self, bytes: &'a [u8]) -> Keys<'a> {
        Keys { bytes, ranges: &self.keys }
    }

    /// Looks at the bytes that are new; `bytes` starts where the object starts.
    ///
    /// # Errors
    /// When the bytes cannot be the start of an object; [`Extent::at`] then says where it shows.
    pub(crate) fn advance(&mut self, bytes: &[u8]) -> Result<Progress, Syntax> {
        while let Some(&byte) = bytes.get(self.at) {
            match self.state {
                State::KeyText | State::ValueText => {
                    if !self.text(bytes)? {
                        return Ok(Progress::More);
                    }
                    continue;
                }
                State::Bare if is_bare(byte) => {
                    self.at += 1;
                    continue;
                }
                State::Bare => {
                    let bare = bytes.get(self.bare_start..self.at).unwrap_or_default();
                    self.has_long_numbers |= bare.len() > 15 && mend::is_long(bare);
                    self.state = State::After;
                }
                _ => {}
            }
            if matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                self.at += 1;
                continue;
            }
            if self.state == State::FirstItem && matches!(byte, b'{' | b']') {
                return Ok(Progress::List(self.list_start));
            }
            self.token(byte)?;
            self.at += 1;
            if self.depth == 0 {
                return Ok(Progress::Complete(self.at));
            }
            if byte == b'[' && self.is_list(bytes) {
                self.state = State::FirstItem;
                self.list_start = self.at;
            }
        }
        Ok(Progress::More)
    }

    /// Goes to the end of a string; `false` if the bytes end before. An escape at the very end of
    /// the bytes is looked at again when its second half is there.
    fn text(&mut self, bytes: &[u8]) -> Result<bool, Syntax> {
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'"' => {
                    self.end_text();
                    return Ok(true);
                }
                b'\\' if self.at + 1 == bytes.len() => return Ok(false),
                b'\\' => self.at += 2,
                b'\n' => return Err(Syntax::OpenString),
                _ => self.at += 1,
            }
        }
        Ok(false)
    }

    fn end_text(&mut self) {
        if self.state == State::KeyText {
            self.key.end = self.at;
            if self.depth == 1 && self.keys.len() < limits::KEYS_MAX {
                self.keys.push(self.key.clone());
            }
            self.state = State::Colon;
        } else {
            self.state = State::After;
        }
        self.at += 1;
    }

    /// Takes one byte that is neither white space nor inside a string, number or word.
    fn token(&mut self, byte: u8) -> Result<(), Syntax> {
        use State::{After, Bare, Colon, FirstItem, FirstKey, FirstValue, Key, Value};
        let in_object = self.in_object();
        match (self.state, byte) {
            (Value | FirstValue | FirstItem, b'{') => self.open(FirstKey)?,
            (Value | FirstValue | FirstItem, b'[') => self.open(FirstValue)?,
            (Value | FirstValue | FirstItem, b'"') => self.state = State::ValueText,
            (Value | FirstValue | FirstItem, b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {
                (self.state, self.bare_start) = (Bare, self.at);
            }
            (FirstKey | Key, b'"') => {
                self.key.start = self.at + 1;
                self.state = State::KeyText;
            }
            (Colon, b':') => self.state = Value,
            (After, b',') => self.state = if in_object { Key } else { Value },
            (FirstKey, b'}') => self.close(),
            (After, b'}') if in_object => self.close(),
            (FirstValue, b']') => self.close(),
            (After, b']') if !in_object => self.close(),
            _ => {
                let found = if byte.is_ascii() { char::from(byte) } else { '?' };
                return Err(Syntax::Unexpected { found, expected: self.expected() });
            }
        }
        Ok(())
    }

    fn open(&mut self, inside: State) -> Result<(), Syntax> {
        if self.depth == limits::DEPTH_MAX {
            return Err(Syntax::TooDeep);
        }
        let bit = 1 << self.depth;
        if inside == State::FirstKey {
            self.objects |= bit
        } else {
            self.objects &= !bit
        }
        self.depth += 1;
        self.state = inside;
        Ok(())
    }

    fn close(&mut self) {
        self.depth -= 1;
        self.state = State::After;
    }

    fn in_object(&self) -> bool {
        self.depth > 0 && self.objects >> (self.depth - 1) & 1 == 1
    }

    /// Whether the array that was just opened is under a top-level key `items`.
    fn is_list(&self, bytes: &[u8]) -> bool {
        self.lists == Lists::Open
            && self.depth == 2
            && self.objects & 3 == 1
            && matches!(bytes.get(self.key.clone()), Some(b"items" | b"Items"))
    }

    fn expected(&self) -> &'static str {
        match self.state {
            State::Value | State::FirstItem => "a value",
            State::FirstValue => "a value or `]`",
            State::FirstKey => "a key or `}`",
            State::Key => "a key",
            State::Colon => "`:`",
            _ if self.in_object() => "`,` or `}`",
            _ => "`,` or `]`",
        }
    }
}

/// Whether a byte can be inside a number or a word.
pub(crate) fn is_bare(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

/// The top-level keys of a JSON object, as they are written.
#[derive(Clone, Copy)]
pub(crate) struct Keys<'a> {
    bytes: &'a [u8],
    ranges: &'a [Range<usize>],
}

impl Keys<'_> {
    /// Whether the object has this key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.ranges.iter().any(|range| self.bytes.get(range.clone()) == Some(key.as_bytes()))
    }

    /// Whether the object has one of these keys.
    pub(crate) fn has_any(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.has(key))
    }

    /// Whether all keys of the object are among these. An object without keys has only these too.
    pub(crate) fn has_only(&self, keys: &[&str]) -> bool {
        let mut ranges = self.ranges.iter();
        ranges.all(|range| {
            let found = self.bytes.get(range.clone());
            keys.iter().any(|key| found == Some(key.as_bytes()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Extent, Lists, Progress};
    use crate::Syntax;

    #[track_caller]
    fn ends(text: &str, expected: &Result<Progress, Syntax>) {
        let mut whole = Extent::new(Lists::Open);
        assert_eq!(&whole.advance(text.as_bytes()), expected, "{text}");
        let mut bytewise = Extent::new(Lists::Open);
        let outcome = (0..=text.len())
            .map(|end| bytewise.advance(&text.as_bytes()[..end]))
            .find(|outcome| *outcome != Ok(Progress::More));
        assert_eq!(&outcome.unwrap_or(Ok(Progress::More)), expected, "{text} byte by byte");
        assert_eq!(bytewise.at(), whole.at(), "{text}");
    }

    #[test]
    fn an_object_ends_at_its_brace() {
        ends("{} x", &Ok(Progress::Complete(2)));
        ends(r#"{"a":"}\"\\","b":[1,{"c":null}]}{"#, &Ok(Progress::Complete(32)));
        ends(r#"{"a": {"items": [{}]}}"#, &Ok(Progress::Complete(22)));
        ends(r#"{"items": [1, {}]}"#, &Ok(Progress::Complete(18)));
        ends(r#"{"a":[{"#, &Ok(Progress::More));
        ends(r#"{"a":"\"#, &Ok(Progress::More));
    }

    #[test]
    fn a_list_opens_before_its_first_item() {
        ends(r#"{"kind":"List","items": [ {"a":1}]}"#, &Ok(Progress::List(25)));
        ends(r#"{"Items":[]}"#, &Ok(Progress::List(10)));
    }

    #[test]
    fn what_is_no_json_is_told_at_once() {
        let unexpected = |found, expected| Err(Syntax::Unexpected { found, expected });
        ends("{\"a\":\"b\n", &Err(Syntax::OpenString));
        ends("{\"a\":1\n{", &unexpected('{', "`,` or `}`"));
        ends("{\"a\":[1}", &unexpected('}', "`,` or `]`"));
        ends("{\"a\":[1,]", &unexpected(']', "a value"));
        ends("{a", &unexpected('a', "a key or `}`"));
        ends("{\"a\":1,}", &unexpected('}', "a key"));
        ends("{\"a\" 1", &unexpected('1', "`:`"));
        ends("{\"a\":\u{e9}", &unexpected('?', "a value"));
        ends(&"{\"a\":".repeat(127), &Ok(Progress::More));
        ends(&"{\"a\":".repeat(128), &Err(Syntax::TooDeep));
    }
}
