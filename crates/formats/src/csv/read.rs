//! Rows of CSV to events, after a map.
//!
//! The first row is a header and names the columns; white space around a name is no part of it.
//! Fields may be in quotes, with quotes inside doubled and with line ends (RFC 4180). The
//! separator is the one of comma, semicolon and tab that the first line has most of outside
//! quotes; a first line `sep=;`, as Excel reads and writes it, names another. Empty lines are
//! passed over. Names are paths of the map as they are, whatever dots they have; a column without
//! a name cannot be mapped and gives no label.
//!
//! A row with another number of fields than the header is a reject, and so is one of more than
//! [`limits::RECORD_BYTES_MAX`]: a quote that nobody closed, as a rule. After that many bytes
//! reading goes on at the next line. Nothing is held but one row.
//!
//! The last row may have been cut off if no line end follows it: it is kept as far as it goes, with
//! too few fields or an open quote, unless it has gone over lines, as behind a quote that nobody
//! closed.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "places and counts in a row that is kept whole, so it fits into memory"
)]

use crate::{
    Format, Map, ReadError, Reject,
    error::shown,
    flatten::{Flat, Other, Rest, may_be_label},
    limits,
    window::Window,
};
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use std::{borrow::Cow, collections::BTreeSet, io};

/// Bytes of a row for which there is room at first.
const ROW_BYTES_AT_FIRST: usize = 4 * 1024;

/// The rows of a dump below its header.
pub(crate) struct Rows<'a> {
    table: Table<'a>,
    columns: Vec<Column>,
    paths: usize,
}

/// A column of the header.
struct Column {
    name: String,
    /// The path of the map that it is.
    slot: Option<usize>,
    /// Whether its values may be labels.
    rest: Rest,
}

/// One row.
pub(crate) struct Row {
    /// The line where it starts, from 1.
    pub(crate) line: u64,
    pub(crate) content: Result<Flat, Reject>,
    /// Whether the input ends in it without a line end.
    pub(crate) is_cut: bool,
    /// Whether it has bytes that are no UTF-8.
    pub(crate) is_mended: bool,
}

impl<'a> Rows<'a> {
    /// Reads the header; `None` if there is none, since the dump is empty.
    ///
    /// # Errors
    /// When the input fails, and when the header is none: two columns have the same name, there
    /// are too many, or one that is mapped is absent.
    pub(crate) fn open(
        mut window: Window<'a>,
        map: Option<&Map>,
    ) -> Result<Option<Self>, ReadError> {
        let failed = |error| ReadError::new(1, error);
        let first = first_line(&mut window).map_err(failed)?;
        let (separator, named) = match named_separator(first) {
            Some(separator) => (separator, first.len()),
            None => (separator(first), 0),
        };
        let blanks = window.bytes().len() - window.bytes().trim_ascii_start().len();
        window.consume(if named == 0 { 0 } else { blanks + named });
        pass_marks(&mut window).map_err(failed)?;
        let mut table = Table::new(window, separator);
        let Some(found) = table.advance().map_err(failed)? else { return Ok(None) };
        let line = found.line;
        let header = found
            .fields
            .map_err(|fault| fault.to_string())
            .and_then(|fields| columns(&table.texts(fields).1, map));
        let columns = header.map_err(|what| ReadError::Header { line, what })?;
        table.ends.resize(columns.len(), 0);
        Ok(Some(Self { table, columns, paths: map.map_or(0, |map| map.wanted().paths.len()) }))
    }

    /// The line that was reached.
    pub(crate) fn line(&self) -> u64 {
        self.table.window.line()
    }

    /// The next row.
    ///
    /// # Errors
    /// When the input fails.
    pub(crate) fn advance(&mut self) -> io::Result<Option<Row>> {
        let Some(Found { line, fields, is_cut }) = self.table.advance()? else { return Ok(None) };
        let mut is_mended = false;
        let flat = fields.and_then(|fields| {
            if fields > self.columns.len() {
                return Err(Fault::TooMany);
            }
            if fields < self.columns.len() && !is_cut {
                return Err(Fault::TooFew { found: fields, expected: self.columns.len() });
            }
            let (is_lossy, texts) = self.table.texts(fields);
            is_mended = is_lossy;
            Ok(self.flat(&texts))
        });
        let content = flat.map_err(|fault| {
            let what = match fault {
                Fault::TooMany => {
                    format!("the row has more than the {} fields of the header", self.columns.len())
                }
                fault => fault.to_string(),
            };
            Reject::Shape { format: Format::Csv, what }
        });
        Ok(Some(Row { line, content, is_cut, is_mended }))
    }

    /// The values of a row; those that it does not have are absent.
    fn flat(&self, texts: &[Cow<'_, str>]) -> Flat {
        let mut flat = Flat { values: vec![None; self.paths], rest: Vec::new() };
        for (column, text) in self.columns.iter().zip(texts) {
            let slot = column.slot.and_then(|slot| flat.values.get_mut(slot));
            match slot {
                _ if text.is_empty() => {}
                Some(value) => *value = Some(text.as_ref().to_owned()),
                None if column.rest == Rest::Labels && may_be_label(&column.name, text) => {
                    flat.rest.push(Other::new(&column.name, text));
                }
                None => {}
            }
        }
        flat
    }
}

/// The columns of a header, or why they are none.
fn columns(names: &[Cow<'_, str>], map: Option<&Map>) -> Result<Vec<Column>, String> {
    let names: Vec<&str> = names.iter().map(|name| name.trim_ascii()).collect();
    let mut seen = BTreeSet::new();
    if let Some(twice) = names.iter().find(|name| !name.is_empty() && !seen.insert(**name)) {
        return Err(format!("two columns have the name `{}`", shown(twice)));
    }
    let wanted = map.map(Map::wanted);
    let paths = wanted.as_ref().map_or(&[][..], |wanted| wanted.paths);
    if let Some(absent) = paths.iter().find(|path| !seen.contains(path.as_str())) {
        let all = shown(&names.join(", "));
        return Err(format!("no column has the name `{}`; there are {all}", shown(absent)));
    }
    let rest = wanted.as_ref().map_or(Rest::Ignored, |wanted| wanted.rest);
    let column = |name: &str| Column {
        name: name.to_owned(),
        slot: paths.iter().position(|path| path == name),
        rest,
    };
    Ok(names.into_iter().map(column).collect())
}

/// The first line that is not empty, or what a window holds of it.
fn first_line<'w>(window: &'w mut Window<'_>) -> io::Result<&'w [u8]> {
    while memchr::memchr(b'\n', window.bytes().trim_ascii_start()).is_none()
        && window.bytes().len() < limits::RECORD_BYTES_MAX
        && window.fill()?
    {}
    let text = window.bytes().trim_ascii_start();
    Ok(text.split(|byte| *byte == b'\n').next().unwrap_or_default())
}

/// Goes behind the line ends and byte order marks before the header: one may stand behind the line
/// that names the separator.
fn pass_marks(window: &mut Window<'_>) -> io::Result<()> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    loop {
        while window.bytes().len() < MARK.len() && window.fill()? {}
        match window.bytes() {
            bytes if bytes.starts_with(MARK) => window.consume(MARK.len()),
            [b'\r' | b'\n', ..] => window.consume(1),
            _ => return Ok(()),
        }
    }
}

/// The separator that a line has most of outside quotes; the comma if it has none.
fn separator(line: &[u8]) -> u8 {
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    let mut is_quoted = false;
    for byte in line {
        is_quoted ^= *byte == b'"';
        let count = counts.iter_mut().find(|(separator, _)| separator == byte && !is_quoted);
        if let Some((_, count)) = count {
            *count += 1;
        }
    }
    let most = counts.into_iter().rev().max_by_key(|(_, count)| *count);
    most.map_or(b',', |(separator, _)| separator)
}

/// The separator that a line of its own names for Excel, `sep=;` or `"sep=;"`; another character
/// than these four is no separator that programs use, and the line is a header.
fn named_separator(line: &[u8]) -> Option<u8> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let bare = line.strip_prefix(b"\"").and_then(|it| it.strip_suffix(b"\"")).unwrap_or(line);
    let (key, separator) = bare.split_at_checked(4)?;
    match separator {
        [separator @ (b',' | b';' | b'\t' | b'|')] if key.eq_ignore_ascii_case(b"sep=") => {
            Some(*separator)
        }
        _ => None,
    }
}

/// Rows of any kind.
struct Table<'a> {
    window: Window<'a>,
    reader: Reader,
    /// The fields of the row, one after another.
    text: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
}

/// A row that was found.
struct Found {
    /// The line where it starts.
    line: u64,
    /// How many fields it has.
    fields: Result<usize, Fault>,
    /// Whether the input ends in it without a line end.
    is_cut: bool,
}

/// Why a row is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// It is longer than [`limits::RECORD_BYTES_MAX`].
    TooLong,
    /// The input ends inside quotes.
    Open,
    /// It has more fields than there is room for.
    TooMany,
    TooFew {
        found: usize,
        expected: usize,
    },
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLong => {
                let mebibytes = limits::RECORD_BYTES_MAX / (1024 * 1024);
                write!(f, "the row is longer than {mebibytes} MiB; a quote may be open")
            }
            Self::Open => f.write_str("the input ends inside quotes"),
            Self::TooMany => write!(f, "there are more than {} columns", limits::COLUMNS_MAX),
            Self::TooFew { found, expected } => {
                write!(f, "the row has {found} fields, and the header has {expected}")
            }
        }
    }
}

impl<'a> Table<'a> {
    fn new(window: Window<'a>, separator: u8) -> Self {
        Self {
            window,
            reader: ReaderBuilder::new().delimiter(separator).build(),
            text: vec![0; ROW_BYTES_AT_FIRST],
            ends: vec![0; limits::COLUMNS_MAX],
        }
    }

    /// The next row.
    fn advance(&mut self) -> io::Result<Option<Found>> {
        if !self.skip_line_ends()? {
            return Ok(None);
        }
        self.row().map(Some)
    }

    /// Goes to the start of a row; `false` at the end of the input.
    fn skip_line_ends(&mut self) -> io::Result<bool> {
        loop {
            let bytes = self.window.bytes();
            let ends = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let reached = ends < bytes.len();
            self.window.consume(ends);
            if reached || !self.window.fill()? {
                return Ok(reached);
            }
        }
    }

    /// Reads a row to its end, whatever is wrong with it.
    fn row(&mut self) -> io::Result<Found> {
        let line = self.window.line();
        let found = |fields, is_cut| Ok(Found { line, fields, is_cut });
        let (mut bytes, mut written, mut fields) = (0, 0, 0);
        let mut fault = None;
        loop {
            let has_input = !self.window.bytes().is_empty() || self.window.fill()?;
            // A line end is added at the end, to tell a row that ends there from open quotes.
            let input = if has_input { self.window.bytes() } else { b"\n" };
            let text = self.text.get_mut(written..).unwrap_or_default();
            let ends = self.ends.get_mut(fields..).unwrap_or_default();
            let (result, read, new_text, new_ends) = self.reader.read_record(input, text, ends);
            (bytes, written, fields) = (bytes + read, written + new_text, fields + new_ends);
            if has_input {
                self.window.consume(read);
            }
            if bytes > limits::RECORD_BYTES_MAX {
                self.give_up()?;
                return found(Err(Fault::TooLong), false);
            }
            match result {
                ReadRecordResult::Record => {
                    return found(fault.map_or(Ok(fields), Err), !has_input);
                }
                ReadRecordResult::OutputFull => self.text.resize(2 * self.text.len(), 0),
                ReadRecordResult::OutputEndsFull => (fault, fields) = (Some(Fault::TooMany), 0),
                ReadRecordResult::InputEmpty if has_input => {}
                ReadRecordResult::InputEmpty | ReadRecordResult::End => {
                    self.reader.reset();
                    let is_one_line = fault.is_none() && self.window.line() == line;
                    let open = self.ends.get_mut(fields).filter(|_| is_one_line);
                    let Some(end) = open else { return found(Err(Fault::Open), true) };
                    // Without the line end that was added.
                    *end = written.saturating_sub(1);
                    return found(Ok(fields + 1), true);
                }
            }
        }
    }

    /// Goes to the next line, as if no quotes were open.
    fn give_up(&mut self) -> io::Result<()> {
        self.reader.reset();
        loop {
            let bytes = self.window.bytes();
            let end = memchr::memchr(b'\n', bytes);
            let skipped = end.map_or(bytes.len(), |end| end + 1);
            self.window.consume(skipped);
            if end.is_some() || !self.window.fill()? {
                return Ok(());
            }
        }
    }

    /// The fields of the row that was read last, and whether bytes had to be replaced in them that
    /// are no UTF-8.
    fn texts(&self, fields: usize) -> (bool, Vec<Cow<'_, str>>) {
        let mut start = 0;
        let ends = self.ends.iter().take(fields);
        let texts = ends.map(|&end| {
            let bytes = self.text.get(start..end).unwrap_or_default();
            start = end;
            String::from_utf8_lossy(bytes)
        });
        let texts: Vec<Cow<'_, str>> = texts.collect();
        (texts.iter().any(|text| matches!(text, Cow::Owned(_))), texts)
    }
}

#[cfg(test)]
mod tests;
