//! Draws errors under the text that they are about.

use crate::{ParseError, ParseErrors, Site};
use std::fmt::Write;

/// Columns of text shown on each side of an error in a long line.
const CONTEXT_COLUMNS: usize = 60;

impl ParseErrors {
    /// The errors as people read them in a terminal: for each one its line of the text, a row of
    /// carets under the place, and the message. Ends with a line feed.
    ///
    /// ```
    /// let errors = eventscope_scope::parse("name = 'web' and severty >= 3").unwrap_err();
    /// assert_eq!(errors.draw(), "\
    /// name = 'web' and severty >= 3
    ///                  ^^^^^^^^^^ `>=` compares severity, id, time and count, not `severty`
    ///                             did you mean `severity`?
    /// ");
    /// ```
    #[must_use]
    pub fn draw(&self) -> String {
        self.errors.iter().map(|error| draw(&self.text, error)).collect()
    }
}

impl Site {
    /// A message under this place of the text of an expression, drawn in the same way as
    /// [`ParseErrors::draw`] does.
    #[must_use]
    pub fn draw(self, text: &str, message: &str) -> String {
        match around(text, self) {
            Some((before, marked, after)) => {
                let carets = "^".repeat(columns(&marked).max(1));
                let indent = " ".repeat(columns(&before));
                format!("{before}{marked}{after}\n{indent}{carets} {message}\n")
            }
            None => format!("{message}\n"),
        }
    }
}

fn draw(text: &str, error: &ParseError) -> String {
    let Some((before, marked, _)) = around(text, error.site) else {
        return format!("{error}\n");
    };
    let carets = "^".repeat(columns(&marked).max(1));
    let mut out = error.site.draw(text, &error.kind.to_string());
    if let Some(suggestion) = &error.suggestion {
        let indent = " ".repeat(columns(&before));
        let under = " ".repeat(carets.len());
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{indent}{under} did you mean `{suggestion}`?");
    }
    out
}

/// The line around a site in three parts: before, in and after the site.
fn around(text: &str, site: Site) -> Option<(String, String, String)> {
    let (before, rest) = text.split_at_checked(site.start)?;
    if text.is_empty() {
        return None;
    }
    let (marked, after) = rest.split_at_checked(site.end.checked_sub(site.start)?)?;
    let before = before.rsplit('\n').next().unwrap_or_default();
    let skipped = before.chars().count().saturating_sub(CONTEXT_COLUMNS);
    let left: String = before.chars().skip(skipped).collect();
    let cut = if skipped > 0 { "..." } else { "" };
    let first_line = |text: &str| visible(&shorten(text.split('\n').next().unwrap_or_default()));
    let after = if marked.contains('\n') { String::new() } else { first_line(after) };
    Some((format!("{cut}{}", visible(&left)), first_line(marked), after))
}

/// A text cut to a readable length.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(CONTEXT_COLUMNS) {
        Some((at, _)) => format!("{}...", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Control characters as blanks: a terminal must not obey the text of an expression.
pub(crate) fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The columns a text takes on a terminal: two for each East Asian letter, one for the others.
fn columns(text: &str) -> usize {
    let wide = |c| {
        matches!(c,
            '\u{1100}'..='\u{115F}' | '\u{2E80}'..='\u{A4CF}' | '\u{AC00}'..='\u{D7A3}'
            | '\u{F900}'..='\u{FAFF}' | '\u{FE30}'..='\u{FE6F}' | '\u{FF01}'..='\u{FF60}'
            | '\u{FFE0}'..='\u{FFE6}' | '\u{1F300}'..='\u{1FAFF}' | '\u{20000}'..='\u{3FFFD}')
    };
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}
