//! Rows of CSV to events, after a map.
//!
//! The first row is a header and names the columns; white space around a name is no part of it.
//! Fields may be in quotes, with quotes inside doubled and with line ends (RFC 4180). The
//! separator is the one of comma, semicolon and tab that the first line has most of outside
//! quotes. Empty lines are passed over. Names are paths of the map as they are, whatever dots they
//! have; a column without a name cannot be mapped and gives no label.
//!
//! A row with another number of fields than the header is a reject, and so is one of more than
//! [`limits::RECORD_BYTES_MAX`]: a quote that nobody closed, as a rule. After that many bytes
//! reading goes on at the next line. Nothing is held but one row.

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
use std::{collections::BTreeSet, io};

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
        let separator = separator(first_line(&mut window).map_err(failed)?);
        let mut table = Table::new(window, separator);
        let Some((line, row)) = table.advance().map_err(failed)? else { return Ok(None) };
        let header = row
            .and_then(|fields| table.texts(fields).map(|texts| columns(&texts, map)))
            .unwrap_or_else(|fault| Err(fault.to_string()));
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
        let Some((line, row)) = self.table.advance()? else { return Ok(None) };
        let content = row.and_then(|fields| self.flat(fields)).map_err(|fault| {
            let what = match fault {
                Fault::TooMany => {
                    format!("the row has more than the {} fields of the header", self.columns.len())
                }
                fault => fault.to_string(),
            };
            Reject::Shape { format: Format::Csv, what }
        });
        Ok(Some(Row { line, content }))
    }

    fn flat(&self, fields: usize) -> Result<Flat, Fault> {
        if fields != self.columns.len() {
            return Err(Fault::TooFew { found: fields, expected: self.columns.len() });
        }
        let mut flat = Flat { values: vec![None; self.paths], rest: Vec::new() };
        for (column, text) in self.columns.iter().zip(self.table.texts(fields)?) {
            let slot = column.slot.and_then(|slot| flat.values.get_mut(slot));
            match slot {
                _ if text.is_empty() => {}
                Some(value) => *value = Some(text.to_owned()),
                None if column.rest == Rest::Labels && may_be_label(&column.name, text) => {
                    flat.rest.push(Other::new(&column.name, text));
                }
                None => {}
            }
        }
        Ok(flat)
    }
}

/// The columns of a header, or why they are none.
fn columns(names: &[&str], map: Option<&Map>) -> Result<Vec<Column>, String> {
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

/// Rows of any kind.
struct Table<'a> {
    window: Window<'a>,
    reader: Reader,
    /// The fields of the row, one after another.
    text: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
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
    NotText,
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
            Self::NotText => f.write_str("the row is no UTF-8"),
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

    /// The line where the next row starts, and how many fields it has.
    fn advance(&mut self) -> io::Result<Option<(u64, Result<usize, Fault>)>> {
        if !self.skip_line_ends()? {
            return Ok(None);
        }
        let line = self.window.line();
        Ok(Some((line, self.row()?)))
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
    fn row(&mut self) -> io::Result<Result<usize, Fault>> {
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
                return Ok(Err(Fault::TooLong));
            }
            match result {
                ReadRecordResult::Record => return Ok(fault.map_or(Ok(fields), Err)),
                ReadRecordResult::OutputFull => self.text.resize(2 * self.text.len(), 0),
                ReadRecordResult::OutputEndsFull => (fault, fields) = (Some(Fault::TooMany), 0),
                ReadRecordResult::InputEmpty if has_input => {}
                ReadRecordResult::InputEmpty | ReadRecordResult::End => {
                    self.reader.reset();
                    return Ok(Err(Fault::Open));
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

    /// The fields of the row that was read last.
    fn texts(&self, fields: usize) -> Result<Vec<&str>, Fault> {
        let mut start = 0;
        let ends = self.ends.iter().take(fields);
        let texts = ends.map(|&end| {
            let bytes = self.text.get(start..end).unwrap_or_default();
            start = end;
            std::str::from_utf8(bytes).map_err(|_| Fault::NotText)
        });
        texts.collect()
    }
}

#[cfg(test)]
mod tests;
