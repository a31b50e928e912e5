//! Cuts the text of an expression into pieces, as the parser asks for them.
//!
//! What a piece is depends on where it stands: `web:1.4=x` is a key, an operator and a value, but
//! one bare value after `=`. So there is no stream of tokens; the parser says what it expects.

#![expect(clippy::arithmetic_side_effects, reason = "places in a text of at most 64 KiB")]

use crate::Site;

/// The words of the language, in lower case; as a value or as the key of a label they are quoted.
pub(crate) const KEYWORDS: [&str; 10] =
    ["and", "or", "not", "in", "is", "does", "contains", "starts", "exists", "everywhere"];

/// Whether a word is one of the language, in any case.
pub(crate) fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(word))
}

/// Whether a character may stand in a key without quotes.
pub(crate) fn is_key_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | ':' | '-')
}

/// A place in the text of an expression.
#[derive(Clone, Debug)]
pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// The byte after the last piece taken.
    end: usize,
}

/// A quoted value: its text, and whether the closing quote is there.
pub(crate) struct Quoted {
    pub(crate) text: String,
    pub(crate) site: Site,
    pub(crate) closed: bool,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, end: 0 }
    }

    /// The next character that is no white space, left where it is.
    pub(crate) fn peek(&mut self) -> Option<char> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        self.rest().chars().next()
    }

    /// Takes one character if it comes next.
    pub(crate) fn eat(&mut self, expected: char) -> Option<Site> {
        (self.peek() == Some(expected)).then(|| self.advance(expected.len_utf8()))
    }

    /// Takes a fixed sign if it comes next.
    pub(crate) fn eat_sign(&mut self, sign: &str) -> Option<Site> {
        self.peek();
        self.rest().starts_with(sign).then(|| self.advance(sign.len()))
    }

    /// The run of key characters that comes next, maybe empty, left where it is.
    pub(crate) fn peek_word(&mut self) -> &'a str {
        self.peek();
        let rest = self.rest();
        rest.split(|c| !is_key_char(c)).next().unwrap_or_default()
    }

    /// Takes the run of key characters that comes next.
    pub(crate) fn word(&mut self) -> (&'a str, Site) {
        let word = self.peek_word();
        (word, self.advance(word.len()))
    }

    /// Takes a word of the language if it comes next, in any case.
    pub(crate) fn eat_word(&mut self, keyword: &str) -> Option<Site> {
        self.peek_word().eq_ignore_ascii_case(keyword).then(|| self.advance(keyword.len()))
    }

    /// Whether a quote comes next, without white space before it.
    pub(crate) fn at_quote(&self) -> bool {
        self.rest().starts_with(['\'', '"'])
    }

    /// Takes the quoted value that comes next. `\'`, `\"` and `\\` stand for their second
    /// character; any other backslash is one.
    pub(crate) fn quoted(&mut self) -> Option<Quoted> {
        let quote = self.peek().filter(|c| matches!(c, '\'' | '"'))?;
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => {
                    let escaped = chars.next_if(|(_, c)| matches!(c, '\'' | '"' | '\\'));
                    text.push(escaped.map_or('\\', |(_, c)| c));
                }
                c if c == quote => {
                    return Some(Quoted { text, site: self.advance(at + 1), closed: true });
                }
                c => text.push(c),
            }
        }
        let site = self.advance(self.rest().len());
        Some(Quoted { text, site, closed: false })
    }

    /// Takes the bare value that comes next, maybe empty: up to white space, a comma, a
    /// parenthesis, or one of `ends`.
    pub(crate) fn bare(&mut self, ends: &str) -> (&'a str, Site) {
        self.peek();
        let end = |c: char| c.is_whitespace() || ",()".contains(c) || ends.contains(c);
        let bare = self.rest().split(end).next().unwrap_or_default();
        (bare, self.advance(bare.len()))
    }

    /// The end of the last piece taken.
    pub(crate) fn end(&self) -> usize {
        self.end
    }

    /// The empty site before the next piece.
    pub(crate) fn here(&mut self) -> Site {
        self.peek();
        Site { start: self.at, end: self.at }
    }

    /// Leaves the rest of the text unread.
    pub(crate) fn stop(&mut self) {
        self.at = self.text.len();
    }

    fn advance(&mut self, bytes: usize) -> Site {
        let start = self.at;
        self.at = start + bytes;
        if bytes > 0 {
            self.end = self.at;
        }
        Site { start, end: self.at }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }
}
