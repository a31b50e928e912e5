//! Cuts a text into records: JSON documents, items of lists, and lines of anything else.
//!
//! A line starts a document if its first characters are those of a JSON object (`{"` or `{}`,
//! white space aside), an array of objects (`[{"`) or an empty array. Everything else is text. A
//! document with a top-level array `items` and an array of objects are not records themselves:
//! their elements are, one by one, so that a list may be longer than memory.
//!
//! Where a record is broken, reading goes on at the next line that starts a document and is
//! indented no deeper than the broken one: its siblings are found again, its parts are not
//! mistaken for records. Since the search begins at the line after the start of the broken record,
//! a line that was cut off does not swallow the good one after it. At worst a byte is looked at
//! once per open container, of which there are [`limits::DEPTH_MAX`].

#![expect(
    clippy::arithmetic_side_effects,
    reason = "places in the window, and lines counted in it"
)]

use crate::{
    Reject, Syntax,
    extent::{Extent, Keys, Lists, Progress},
    limits,
    window::{Window, newlines},
};
use std::io;

/// What comes next in a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A JSON object: [`Scanner::record`] and [`Scanner::keys`] hold it until the next call.
    Object {
        /// Where it starts.
        line: u64,
        /// Whether it is the element of a list.
        role: Role,
    },
    /// A line, or the rest of one, that is no JSON: [`Scanner::record`] holds it.
    Text {
        /// Its number.
        line: u64,
    },
    /// A list without elements has ended.
    EmptyList(ListForm),
    /// A record that could not be read to its end.
    Broken {
        /// Where it starts.
        line: u64,
        /// What is wrong.
        reject: Reject,
    },
    /// The end of the text.
    End,
}

/// Whether a record is a document or part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// It stands alone, or in a bare array.
    Alone,
    /// It is one of the `items` of a list.
    Item,
}

/// The two ways of writing a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListForm {
    /// A bare JSON array.
    Array,
    /// The `items` of an object.
    Items,
}

/// The byte order mark of UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// Reads a text piece by piece.
pub(crate) struct Scanner<'a> {
    window: Window<'a>,
    place: Place,
    extent: Extent,
    /// Whether the `items` of a document are records.
    lists: Lists,
    /// Bytes of the piece that was given last; they are still in the window.
    given: usize,
    /// Spaces before the record that is being read.
    indent: usize,
    /// While records are skipped after a broken one: how deep the next may be indented.
    indent_max: usize,
    behind_prefix: bool,
}

#[derive(Clone, Copy)]
enum Place {
    /// Between documents, at the start of a line or after a document in it.
    Outside,
    /// Between the elements of a list.
    Elements { form: ListForm, line: u64, count: u64 },
    /// After the `items` of a list, whose document goes on.
    AfterItems { line: u64 },
    /// In a line of which no more is wanted.
    DeadLine,
    /// At an object in a line that begins with other text.
    BehindPrefix,
}

/// What a line starts with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    Object,
    Array,
    Text,
    End,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(window: Window<'a>, lists: Lists) -> Self {
        Self {
            window,
            place: Place::Outside,
            extent: Extent::new(lists),
            lists,
            given: 0,
            indent: 0,
            indent_max: usize::MAX,
            behind_prefix: false,
        }
    }

    /// The number of the line that was reached.
    pub(crate) fn line(&self) -> u64 {
        self.window.line()
    }

    /// The bytes of the piece that was given last.
    pub(crate) fn record(&self) -> &[u8] {
        self.window.bytes().get(..self.given).unwrap_or_default()
    }

    /// The top-level keys of the object that was given last.
    pub(crate) fn keys(&self) -> Keys<'_> {
        self.extent.keys(self.record())
    }

    /// Whether a number in that object has more digits than a number of most programs holds.
    pub(crate) fn has_long_numbers(&self) -> bool {
        self.extent.has_long_numbers()
    }

    /// Looks for an object in the line that was given as text, behind a prefix of
    /// [`limits::PREFIX_BYTES_MAX`] at most: the stamp of a log, a mark of where a file began. If
    /// there is one, it is the next piece.
    pub(crate) fn look_behind_prefix(&mut self) -> bool {
        let head = self.record();
        let head = head.get(..limits::PREFIX_BYTES_MAX).unwrap_or(head);
        let prefix = head.get(blanks(head)..).unwrap_or_default();
        let is_part = prefix.first().is_some_and(|first| b"\"{}],".contains(first));
        if is_part || head.len() - prefix.len() > self.indent_max {
            return false;
        }
        let starts = memchr::memchr_iter(b'{', head);
        let is_start = |at: &usize| matches!(head.get(at + 1), Some(b'"' | b'}'));
        let Some(at) = starts.filter(|at| *at > 0).find(is_start) else { return false };
        (self.given, self.place) = (at, Place::BehindPrefix);
        true
    }

    /// Makes the text that was given one line longer; `false` at the end of the input, and where
    /// the next line begins a document or the text would become longer than `bytes_max`.
    ///
    /// # Errors
    /// When the input fails.
    pub(crate) fn more_text(&mut self, bytes_max: usize) -> io::Result<bool> {
        let start = self.given;
        if !matches!(self.place, Place::Outside) {
            return Ok(false);
        }
        loop {
            let rest = self.window.bytes().get(start..).unwrap_or_default();
            let head = rest.get(..limits::LOOKAHEAD_BYTES_MAX).unwrap_or(rest);
            let begins = start_of(head);
            if matches!(begins, Some(Start::Object | Start::Array)) {
                return Ok(false);
            }
            // How the bytes arrive makes no difference.
            let is_open = begins.is_none() && !rest.is_empty();
            if is_open && rest.len() < limits::LOOKAHEAD_BYTES_MAX && self.window.fill()? {
                continue;
            }
            let rest = self.window.bytes().get(start..).unwrap_or_default();
            if let Some(end) = memchr::memchr(b'\n', rest) {
                self.given = start + end + 1;
                return Ok(self.given <= bytes_max || self.text_ends(start));
            }
            let bytes = rest.len();
            if start + bytes > bytes_max {
                return Ok(false);
            }
            if !self.window.fill()? {
                self.given = start + self.window.bytes().get(start..).unwrap_or_default().len();
                return Ok(self.given > start);
            }
        }
    }

    /// Makes the text that was given end after so many bytes.
    pub(crate) fn text_ends(&mut self, bytes: usize) -> bool {
        self.given = bytes;
        false
    }

    /// Whether what was given last stands behind a prefix.
    pub(crate) fn is_behind_prefix(&self) -> bool {
        self.behind_prefix
    }

    /// The next piece. After [`Piece::End`] it is the end for ever.
    ///
    /// # Errors
    /// When the input fails.
    pub(crate) fn advance(&mut self) -> io::Result<Piece> {
        loop {
            self.window.consume(std::mem::take(&mut self.given));
            self.behind_prefix = false;
            let piece = match self.place {
                Place::Outside => self.outside()?,
                Place::Elements { form, line, count } => self.element(form, line, count)?,
                Place::AfterItems { line } => self.after_items(line)?,
                Place::DeadLine => self.dead_line()?,
                Place::BehindPrefix => self.behind_prefix()?,
            };
            if let Some(piece) = piece {
                return Ok(piece);
            }
        }
    }

    fn outside(&mut self) -> io::Result<Option<Piece>> {
        let (start, blanks) = self.start()?;
        if blanks > self.indent_max && matches!(start, Start::Object | Start::Array) {
            return self.text().map(Some);
        }
        match start {
            Start::End => return Ok(Some(Piece::End)),
            Start::Text => return self.text().map(Some),
            Start::Object | Start::Array => {}
        }
        self.window.consume(blanks);
        (self.indent, self.indent_max) = (blanks, usize::MAX);
        if start == Start::Object {
            self.extent.restart(self.lists);
            return self.object(Role::Alone);
        }
        self.place = Place::Elements { form: ListForm::Array, line: self.window.line(), count: 0 };
        self.window.consume(1);
        Ok(None)
    }

    fn behind_prefix(&mut self) -> io::Result<Option<Piece>> {
        self.place = Place::Outside;
        (self.indent, self.indent_max) = (0, usize::MAX);
        self.extent.restart(self.lists);
        let piece = self.object(Role::Alone);
        self.behind_prefix = true;
        piece
    }

    /// What the line starts with, and how many blanks are before it.
    fn start(&mut self) -> io::Result<(Start, usize)> {
        loop {
            let bytes = self.window.bytes();
            let head = bytes.get(..limits::LOOKAHEAD_BYTES_MAX).unwrap_or(bytes);
            let blanks = blanks(head);
            if let Some(start) = start_of(head.get(blanks..).unwrap_or_default()) {
                return Ok((start, blanks));
            }
            if bytes.len() >= limits::LOOKAHEAD_BYTES_MAX {
                return Ok((Start::Text, blanks));
            }
            if !self.window.fill()? {
                let empty = self.window.bytes().is_empty();
                return Ok((if empty { Start::End } else { Start::Text }, blanks));
            }
        }
    }

    /// Gives the rest of the line as text. Of a line that is too long only the start is given.
    fn text(&mut self) -> io::Result<Piece> {
        let line = self.window.line();
        let mut seen = 0;
        loop {
            let bytes = self.window.bytes();
            if let Some(end) = memchr::memchr(b'\n', bytes.get(seen..).unwrap_or_default()) {
                self.given = seen + end + 1;
                break;
            }
            seen = bytes.len();
            if seen >= limits::RECORD_BYTES_MAX {
                self.given = seen;
                self.place = Place::DeadLine;
                break;
            }
            if !self.window.fill()? {
                self.given = seen;
                break;
            }
        }
        Ok(Piece::Text { line })
    }

    /// Goes to the line after this one.
    fn dead_line(&mut self) -> io::Result<Option<Piece>> {
        let end = memchr::memchr(b'\n', self.window.bytes());
        let bytes = end.map_or(self.window.bytes().len(), |end| end + 1);
        self.window.consume(bytes);
        if end.is_some() || !self.window.fill()? {
            self.place = Place::Outside;
        }
        Ok(None)
    }

    /// Reads on in the object at the start of the window, up to its end or to its list.
    fn object(&mut self, role: Role) -> io::Result<Option<Piece>> {
        let line = self.window.line();
        match self.extend()? {
            Ok(Progress::List(bytes)) => {
                self.window.consume(bytes);
                self.place = Place::Elements { form: ListForm::Items, line, count: 0 };
                Ok(None)
            }
            Ok(Progress::Complete(bytes)) => {
                self.given = bytes;
                Ok(Some(Piece::Object { line, role }))
            }
            Ok(Progress::More) => Ok(Some(self.broken(line, Syntax::CutOff))),
            Err(syntax) => Ok(Some(self.broken(line, syntax))),
        }
    }

    /// Follows the extent as far as the input goes; `More` means that the input has ended.
    fn extend(&mut self) -> io::Result<Result<Progress, Syntax>> {
        loop {
            match self.extent.advance(self.window.bytes()) {
                Ok(Progress::More) => {}
                Ok(Progress::Complete(bytes)) if bytes > limits::RECORD_BYTES_MAX => {
                    return Ok(Err(Syntax::TooLarge));
                }
                outcome => return Ok(outcome),
            }
            if self.window.bytes().len() > limits::RECORD_BYTES_MAX {
                return Ok(Err(Syntax::TooLarge));
            }
            if !self.window.fill()? {
                return Ok(Ok(Progress::More));
            }
        }
    }

    /// Reads the next element of a list, or its end.
    fn element(&mut self, form: ListForm, line: u64, count: u64) -> io::Result<Option<Piece>> {
        self.skip_to_element()?;
        match self.window.bytes().first() {
            Some(b'{') => {
                self.extent.restart(Lists::Closed);
                self.place = Place::Elements { form, line, count: count.saturating_add(1) };
                let role = if form == ListForm::Items { Role::Item } else { Role::Alone };
                self.object(role)
            }
            Some(b']') => {
                self.window.consume(1);
                self.extent.restart_inside();
                self.place = match form {
                    ListForm::Array => Place::Outside,
                    ListForm::Items => Place::AfterItems { line },
                };
                Ok((count == 0).then_some(Piece::EmptyList(form)))
            }
            Some(&byte) => {
                self.extent.restart(Lists::Closed);
                let found = if byte.is_ascii() { char::from(byte) } else { '?' };
                let expected = "an object or `]`";
                let here = self.window.line();
                Ok(Some(self.broken(here, Syntax::Unexpected { found, expected })))
            }
            None => {
                self.extent.restart(Lists::Closed);
                Ok(Some(self.broken(line, Syntax::CutOff)))
            }
        }
    }

    /// Skips white space and commas, and takes note of the indentation.
    fn skip_to_element(&mut self) -> io::Result<()> {
        let mut on_new_line = false;
        loop {
            let bytes = self.window.bytes();
            let between = |byte: &u8| byte.is_ascii_whitespace() || *byte == b',';
            let skipped = bytes.iter().take_while(|byte| between(byte)).count();
            let gap = bytes.get(..skipped).unwrap_or_default();
            match memchr::memrchr(b'\n', gap) {
                Some(newline) => {
                    self.indent = skipped.saturating_sub(newline).saturating_sub(1);
                    on_new_line = true;
                }
                // The line began in an earlier part of the input.
                None if on_new_line => self.indent = self.indent.saturating_add(skipped),
                None => {}
            }
            let reached = skipped < bytes.len();
            self.window.consume(skipped);
            if reached || !self.window.fill()? {
                return Ok(());
            }
        }
    }

    /// Reads the rest of a list's document, which holds nothing of interest.
    fn after_items(&mut self, line: u64) -> io::Result<Option<Piece>> {
        match self.extend()? {
            Ok(Progress::Complete(bytes)) => {
                self.window.consume(bytes);
                self.place = Place::Outside;
                Ok(None)
            }
            Ok(_) => Ok(Some(self.broken(line, Syntax::CutOff))),
            Err(syntax) => Ok(Some(self.broken(line, syntax))),
        }
    }

    /// Gives up on the record at the start of the window and turns to the next line.
    fn broken(&mut self, line: u64, syntax: Syntax) -> Piece {
        let looked_at = self.window.bytes().get(..self.extent.at()).unwrap_or_default();
        let fault_line = self.window.line() + newlines(looked_at);
        self.place = Place::DeadLine;
        self.indent_max = self.indent;
        Piece::Broken { line, reject: Reject::Broken { syntax, line: fault_line } }
    }
}

/// How many bytes before a record mean nothing: white space, commas, byte order marks of files that
/// were joined, what a truncated file is filled with, and what separates the records of a JSON text
/// sequence (RFC 7464).
fn blanks(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(rest) = bytes.get(at..) {
        match rest.first() {
            Some(b' ' | b'\t' | b'\r' | b'\x0c' | b'\0' | b'\x1e' | b',') => at += 1,
            Some(_) if rest.starts_with(MARK) => at += MARK.len(),
            _ => break,
        }
    }
    at
}

/// What a line starts with, blanks aside; `None` if more of it must be seen. The characters that
/// decide may have white space and line ends between them.
fn start_of(line: &[u8]) -> Option<Start> {
    let first = line.first()?;
    if line.len() < MARK.len() && MARK.starts_with(line) {
        return None;
    }
    let mut marks = line.iter().skip(1).filter(|byte| !byte.is_ascii_whitespace());
    let start = match first {
        b'{' if matches!(marks.next()?, b'"' | b'}') => Start::Object,
        b'[' => match marks.next()? {
            b']' => Start::Array,
            b'{' if matches!(marks.next()?, b'"' | b'}') => Start::Array,
            _ => Start::Text,
        },
        _ => Start::Text,
    };
    Some(start)
}

#[cfg(test)]
mod tests;
