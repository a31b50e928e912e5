//! Tables fitted to the terminal: columns as wide as their widest cell, the last one cut short or
//! wrapped.

use crate::print::{Look, Tone};
use console::{Alignment, measure_text_width, pad_str, truncate_str};
use std::borrow::Cow;
use std::io::{self, Write};

/// Blanks between two columns.
const GAP: &str = "  ";
/// What stands for the rest of a cell that was cut short.
const REST: &str = "...";
/// Columns below which the last cell is not cut: a narrower one says nothing.
const LAST_COLUMNS_MIN: usize = 10;

/// Rows of cells, which may hold colours.
#[derive(Debug)]
pub(crate) struct Table {
    heads: Vec<String>,
    cut: Cut,
    sides: Vec<Alignment>,
    rows: Vec<Vec<String>>,
    /// How wide the columns were that were written before.
    written: Vec<usize>,
}

/// Where a last cell that is too long loses what is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    Beginning,
    End,
    /// Nowhere: it goes on in the next line, below its first.
    Wrap,
}

impl Table {
    /// A table with these heads. A head that begins with `>` is set, with its column, to the
    /// right; a last one that begins with `<` is cut short at its beginning, as suits paths.
    pub(crate) fn new(heads: &[&str]) -> Self {
        let side = |head: &&str| match head.starts_with('>') {
            true => Alignment::Right,
            false => Alignment::Left,
        };
        let is_path = heads.last().is_some_and(|head| head.starts_with('<'));
        Self {
            heads: heads
                .iter()
                .map(|head| head.trim_start_matches(['<', '>']).to_owned())
                .collect(),
            cut: if is_path { Cut::Beginning } else { Cut::End },
            sides: heads.iter().map(side).collect(),
            rows: Vec::new(),
            written: Vec::new(),
        }
    }

    /// The same with last cells that are wrapped, never cut. They may be of several lines.
    pub(crate) fn wrapped(self) -> Self {
        Self { cut: Cut::Wrap, ..self }
    }

    /// Adds a row.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.row_of(cells.into());
    }

    /// Adds a row with as many cells as there are heads.
    pub(crate) fn row_of(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Writes the table.
    pub(crate) fn write(&self, look: Look, out: &mut impl Write) -> io::Result<()> {
        let heads: Vec<String> =
            self.heads.iter().map(|head| look.paint(Tone::Heading, head)).collect();
        let has_heads = self.heads.iter().any(|head| !head.is_empty());
        let rows: Vec<&Vec<String>> =
            has_heads.then_some(&heads).into_iter().chain(&self.rows).collect();
        let width = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| measure_text_width(cell)).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.heads.len()).map(width).collect();
        for row in &rows {
            writeln!(out, "{}", self.line(row, &widths, look))?;
        }
        Ok(())
    }

    /// Whether it has more rows than this.
    pub(crate) fn is_longer_than(&self, rows: usize) -> bool {
        self.rows.len() > rows
    }

    /// Writes the rows that were added since the last time, below those, with columns as wide as
    /// at first.
    pub(crate) fn write_on(&mut self, look: Look, out: &mut impl Write) -> io::Result<()> {
        if self.written.is_empty() {
            self.write(look, out)?;
            self.written = self.heads.iter().map(|head| measure_text_width(head)).collect();
            for row in &self.rows {
                for (width, cell) in self.written.iter_mut().zip(row) {
                    *width = measure_text_width(cell).max(*width);
                }
            }
        } else {
            for row in &self.rows {
                writeln!(out, "{}", self.line(row, &self.written, look))?;
            }
        }
        self.rows.clear();
        Ok(())
    }

    #[expect(clippy::arithmetic_side_effects, reason = "columns of a row")]
    fn line(&self, row: &[String], widths: &[usize], look: Look) -> String {
        let mut line = String::new();
        for (nth, ((cell, width), side)) in row.iter().zip(widths).zip(&self.sides).enumerate() {
            if nth > 0 {
                line.push_str(GAP);
            }
            if nth + 1 < row.len() || *side == Alignment::Right {
                line.push_str(&pad_str(cell, *width, *side, None));
            } else {
                let used = measure_text_width(&line);
                let left = look.columns.map(|all| all.saturating_sub(used).max(LAST_COLUMNS_MIN));
                let left = left.unwrap_or(usize::MAX);
                if self.cut == Cut::Wrap {
                    line.push_str(&wrap(cell, left).join(&format!("\n{}", " ".repeat(used))));
                } else {
                    line.push_str(&self.cut.fit(cell, left));
                }
            }
        }
        line.truncate(line.trim_end().len());
        line
    }
}

impl Cut {
    /// A cell in so many columns.
    #[expect(clippy::arithmetic_side_effects, reason = "columns of a cell")]
    fn fit(self, cell: &str, columns: usize) -> Cow<'_, str> {
        if self != Self::Beginning || measure_text_width(cell) <= columns {
            return truncate_str(cell, columns, REST);
        }
        let fits = |end: &&str| measure_text_width(end) + REST.len() <= columns;
        let ends = cell.char_indices().filter_map(|(at, _)| cell.get(at..));
        format!("{REST}{}", ends.into_iter().find(fits).unwrap_or_default()).into()
    }
}

/// A text in lines of at most so many columns, broken at blanks where there are some. Only its own
/// line breaks and the blanks at breaks are lost.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let (mut line, mut width) = (String::new(), 0_usize);
        for word in paragraph.split_inclusive(' ') {
            let letters = measure_text_width(word.trim_end());
            if width > 0 && width.saturating_add(letters) > columns {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
                width = 0;
            }
            for letter in word.chars() {
                let mut letter_bytes = [0; 4];
                let letter_width = measure_text_width(letter.encode_utf8(&mut letter_bytes));
                if letter != ' ' && width > 0 && width.saturating_add(letter_width) > columns {
                    lines.push(std::mem::take(&mut line));
                    width = 0;
                }
                line.push(letter);
                width = width.saturating_add(letter_width);
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{Table, wrap};
    use crate::print::Look;

    fn printed(columns: Option<usize>) -> String {
        let mut table = Table::new(&[">count", "value", "note"]);
        table.row(["7".to_owned(), "\u{6771}\u{4eac}".to_owned(), "a long note here".to_owned()]);
        table.row(["1,024".to_owned(), "b".to_owned(), String::new()]);
        let mut out = Vec::new();
        table.write(Look::plain(columns), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_stand_under_each_other() {
        let expected = "count  value  note\n    7  \u{6771}\u{4eac}   a long note here\n1,024  b\n";
        assert_eq!(printed(None), expected);
    }

    #[test]
    fn a_wrapped_cell_loses_nothing() {
        let mut table = Table::new(&["", ""]).wrapped();
        table.row(["Text".to_owned(), "one two three\nsupercalifragilistic x".to_owned()]);
        let mut out = Vec::new();
        table.write(Look::plain(Some(16)), &mut out).unwrap();
        let expected = "Text  one two\n      three\n      supercalif\n      ragilistic\n      x\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        assert_eq!(wrap("\u{6771}\u{4eac}\u{6771}", 4), ["\u{6771}\u{4eac}", "\u{6771}"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn a_path_loses_its_beginning() {
        let mut table = Table::new(&["format", "<file"]);
        table.row(["docker".to_owned(), "dumps/docker/edge-1.log".to_owned()]);
        let mut out = Vec::new();
        table.write(Look::plain(Some(22)), &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "format  file\ndocker  .../edge-1.log\n");
    }

    #[test]
    fn the_last_column_is_cut_to_the_terminal() {
        let expected = "count  value  note\n    7  \u{6771}\u{4eac}   a long ...\n1,024  b\n";
        assert_eq!(printed(Some(24)), expected);
        assert_eq!(printed(Some(3)), expected);
    }
}
