//! Lines of text: events of formats that have lines, tables for people, and what is neither.

use super::{Dump, Fate, Record};
use crate::{
    Format, ReadError, cut,
    docker::plain,
    hints::Hints,
    kubernetes::table::Table,
    limits, mend,
    scanner::{ListForm, Scanner},
    source::SOURCES,
};
use std::borrow::Cow;

/// What a line of text was.
pub(super) enum Line {
    Record(Box<Record>),
    /// An event that is not let through, or nothing at all.
    LeftOut,
    /// Text that no format knows.
    Text,
}

impl Dump<'_> {
    /// Takes a line, with those that belong to it.
    pub(super) fn text(&mut self, scanner: &mut Scanner<'_>, line: u64) -> Result<Line, ReadError> {
        let is_open = |text: &[u8]| str::from_utf8(text).is_ok_and(|it| plain::is_open(it.trim()));
        let only = self.importer.options.format;
        if only.is_none_or(|only| only == Format::Docker) && is_open(scanner.record()) {
            let first = scanner.record().len();
            let mut is_whole = false;
            for _ in 0..limits::LINES_MAX {
                let before = scanner.record().len();
                let more = scanner.more_text(limits::LINES_BYTES_MAX);
                if !more.map_err(|error| ReadError::new(line, error))? {
                    break;
                }
                let added = scanner.record().get(before..).unwrap_or_default();
                if str::from_utf8(added).is_ok_and(|added| plain::is_start(added.trim())) {
                    break;
                }
                is_whole = added.trim_ascii_end().ends_with(b")") && !is_open(scanner.record());
                if is_whole {
                    break;
                }
            }
            if !is_whole {
                scanner.text_ends(first);
            }
        }
        Ok(self.line(scanner.record(), line))
    }

    /// Offers a line to the formats that have lines, else counts it.
    fn line(&mut self, bytes: &[u8], line: u64) -> Line {
        let is_nothing = |byte: &u8| byte.is_ascii_whitespace() || b",]}\0\x1e".contains(byte);
        if bytes.iter().all(is_nothing) {
            return Line::LeftOut;
        }
        // What a list that was never made is in Go, and all that a report without results holds.
        if bytes.trim_ascii() == b"null" {
            self.empty_list(ListForm::Array);
            return Line::LeftOut;
        }
        let only = self.importer.options.format;
        let wanted = |format| only.is_none_or(|only| only == format);
        let text = String::from_utf8_lossy(bytes);
        if wanted(Format::Kubernetes)
            && let Some(line) = self.line_of_table(&text, matches!(text, Cow::Owned(_)), line)
        {
            return line;
        }
        for source in const { &SOURCES }.iter().filter(|source| wanted(source.format)) {
            let options = &self.importer.options;
            let hints = Hints::new(&options.severities, options.local.as_ref());
            let read = source
                .read_line
                .and_then(|read| read(text.trim_ascii(), &mut self.importer.memory, &hints));
            if let Some(mut content) = read {
                if let (Cow::Owned(_), Ok(draft)) = (&text, &mut content) {
                    draft.tags.insert(cut::TAG, mend::WHAT);
                }
                self.format.get_or_insert(source.format);
                let mut record = Record { line, content };
                return match self.finish(&mut record) {
                    Fate::Given => Line::Record(Box::new(record)),
                    Fate::LeftOut => Line::LeftOut,
                };
            }
        }
        Line::Text
    }

    /// Takes the header of a table for people, or one of its rows.
    fn line_of_table(&mut self, text: &str, is_mended: bool, line: u64) -> Option<Line> {
        let row = text.trim_ascii_end();
        if let Some(table) = Table::begin(row) {
            self.end_table();
            self.table = Some(table);
            self.format.get_or_insert(Format::Kubernetes);
            return Some(Line::LeftOut);
        }
        let modified = self.modified_then();
        let table = self.table.as_mut()?;
        let now = self.importer.options.now.or(modified);
        let row = table.row(row, !text.ends_with(['\n', '\r']), now)?;
        let mut record = Record { line, content: row.content };
        if let (true, Ok(draft)) = (is_mended, &mut record.content) {
            cut::mark(draft, mend::WHAT);
        }
        if row.is_dated_by_file && record.content.is_ok() {
            self.counts.dated_by_file += 1;
        }
        Some(match self.finish(&mut record) {
            Fate::Given => Line::Record(Box::new(record)),
            Fate::LeftOut => Line::LeftOut,
        })
    }

    /// Counts a table that had no rows.
    pub(super) fn end_table(&mut self) {
        let is_empty = self.table.take().is_some_and(|table| table.is_empty());
        self.counts.empty_lists += u64::from(is_empty);
    }
}
