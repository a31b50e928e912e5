//! The only place that prints: answers on standard output, failures on standard error.

use crate::args::Color;
use crate::failure::{Failure, Result};
use crate::pager::Screen;
use crate::table::wrap;
use console::{Term, style};
use eventscope::Band;
pub(crate) use eventscope_wire::words::{counted, grouped};
use serde::Serialize;
use std::io::{self, BufWriter, Write};
use std::ops::RangeInclusive;

/// How answers are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Tables and sentences.
    People,
    /// One JSON document.
    Json,
    /// One JSON object per line.
    Lines,
}

/// What a text stands out as, on a terminal with colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Severity(Band),
    Heading,
    Faint,
}

/// Standard output, or the pager that shows it.
#[derive(Debug)]
pub(crate) struct Printer {
    out: BufWriter<Screen>,
    form: Form,
    look: Look,
    is_quiet: bool,
}

/// How the terminal is to be treated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub(crate) color: Color,
    /// Whether an answer for people is paged on a terminal.
    pub(crate) is_paged: bool,
    /// Whether warnings are left out.
    pub(crate) is_quiet: bool,
}

impl Default for Manner {
    fn default() -> Self {
        Self { color: Color::Auto, is_paged: false, is_quiet: false }
    }
}

/// What the output can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// Columns of the terminal; `None` when the output is none, and lines may be of any length.
    pub(crate) columns: Option<usize>,
    colours: Colours,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Colours {
    On,
    Off,
}

impl Printer {
    /// The printer of an answer.
    pub(crate) fn new(form: Form, manner: Manner) -> Self {
        let terminal = Term::stdout();
        let columns = if terminal.is_term() { terminal.size_checked() } else { None };
        let columns = columns.map(|(_, columns)| usize::from(columns));
        let forbidden = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|name| name == "dumb");
        let on = match manner.color {
            Color::Auto => terminal.is_term() && !is_dumb && !forbidden("NO_COLOR"),
            Color::Always => true,
            Color::Never => false,
        };
        let colours = if on { Colours::On } else { Colours::Off };
        let is_paged = manner.is_paged && form == Form::People && terminal.is_term() && !is_dumb;
        let screen = if is_paged { Screen::paged() } else { Screen::plain() };
        let (out, look) = (BufWriter::new(screen), Look { columns, colours });
        Self { out, form, look, is_quiet: manner.is_quiet }
    }

    /// Tells what is odd about what was asked, unless that is not wanted.
    pub(crate) fn warn(&self, text: &str) {
        if !self.is_quiet {
            warning(text);
        }
    }

    pub(crate) fn form(&self) -> Form {
        self.form
    }

    pub(crate) fn look(&self) -> Look {
        self.look
    }

    /// Prints a JSON document on a line of its own.
    pub(crate) fn json(&mut self, document: &impl Serialize) -> Result<()> {
        serde_json::to_writer(&mut self.out, document)?;
        Ok(self.out.write_all(b"\n")?)
    }

    /// Hands over what is still held back, and waits until a pager was left.
    pub(crate) fn finish(&mut self) -> Result<()> {
        self.out.flush()?;
        self.out.get_mut().end();
        Ok(())
    }
}

impl Write for Printer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Look {
    /// A look without colours.
    #[cfg(test)]
    pub(crate) fn plain(columns: Option<usize>) -> Self {
        Self { columns, colours: Colours::Off }
    }

    /// A text in a tone, if the output has colours.
    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
        if self.colours == Colours::Off {
            return text.to_owned();
        }
        let styled = style(text).force_styling(true);
        match tone {
            Tone::Severity(Band::High) => styled.red().bold(),
            Tone::Severity(Band::Medium) => styled.yellow(),
            Tone::Severity(Band::Low) => styled.blue(),
            Tone::Severity(Band::Info) | Tone::Faint => styled.dim(),
            Tone::Heading => styled.bold(),
        }
        .to_string()
    }
}

/// A text from outside as it may be shown: a terminal must not obey it, nor may it reorder what
/// stands beside it.
pub(crate) fn visible(text: &str) -> String {
    let turns = |letter| TURNING.iter().any(|range| range.contains(&letter));
    let is_plain = |letter: char| !letter.is_control() && !turns(letter);
    text.chars().map(|letter| if is_plain(letter) { letter } else { ' ' }).collect()
}

/// Letters that turn the direction of the text around them.
const TURNING: [RangeInclusive<char>; 4] = [
    '\u{061C}'..='\u{061C}',
    '\u{200E}'..='\u{200F}',
    '\u{202A}'..='\u{202E}',
    '\u{2066}'..='\u{2069}',
];

/// Tells a failure. That nobody can be told is nothing that could be told.
pub(crate) fn failure(failure: &Failure) {
    if failure.is_silent() {
        return;
    }
    let speaker = failure.speaker();
    let lines = failure.lines.iter().map(|line| sentence(&format!("{speaker}: {}", visible(line))));
    let text: String = lines.chain([failure.drawing.clone()]).collect();
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Tells what went wrong beside what was asked for.
pub(crate) fn warning(text: &str) {
    let text = sentence(&format!("eventscope: {}", visible(text)));
    let _ = io::stderr().write_all(text.as_bytes());
}

/// A sentence for standard error: on a terminal, no word is torn apart at its edge.
fn sentence(text: &str) -> String {
    let terminal = Term::stderr();
    let size = if terminal.is_term() { terminal.size_checked() } else { None };
    match size {
        Some((_, columns)) => wrap(text, columns.into()).join("\n") + "\n",
        None => format!("{text}\n"),
    }
}

/// Asks something on standard error; the answer is typed behind it.
pub(crate) fn question(text: &str) {
    let mut err = io::stderr();
    let _ = err.write_all(visible(text).as_bytes()).and_then(|()| err.flush());
}

/// Prints one line of JSON about the progress on standard error.
pub(crate) fn progress_line(line: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    io::stderr().write_all(&text)
}

#[cfg(test)]
mod tests {
    use super::{Look, Tone, visible};

    #[test]
    fn a_terminal_obeys_no_event() {
        assert_eq!(visible("a\u{1b}[2Jb\nc\u{202e}d\u{9b}e\u{61c}"), "a [2Jb c d e ");
        assert_eq!(visible("\u{30b3}\u{30f3}"), "\u{30b3}\u{30f3}");
    }

    #[test]
    fn without_colours_a_text_stays_as_it_is() {
        assert_eq!(Look::plain(None).paint(Tone::Heading, "a"), "a");
    }
}
