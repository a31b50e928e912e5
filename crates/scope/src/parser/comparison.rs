//! Reads one comparison: a key, an operator, and the values that they take.

use super::{Parser, value};
use crate::expr::FIELDS;
use crate::lexer::is_keyword;
use crate::print::quote;
use crate::{Comparison, ErrorKind, Key, Operator, Site, TextField, Value, limits};

/// A key with its place and the way it was written.
struct Written {
    key: Key,
    name: String,
    site: Site,
}

impl Parser<'_> {
    /// Reads a comparison. After an error the lexer stands somewhere inside it.
    pub(super) fn comparison(&mut self) -> Option<Comparison> {
        let Written { key, name, site } = self.key()?;
        let operator = self.operator(&name)?;
        if !key.takes(operator) {
            self.refuse(&key, name, operator, site.start);
            return None;
        }
        let values = self.values(&key, operator)?;
        let site = Site { start: site.start, end: self.lexer.end() };
        Some(Comparison { site, key, operator, values })
    }

    /// Reads a key that nothing stands behind.
    pub(super) fn lone_key(&mut self) -> Option<Key> {
        let written = self.key()?;
        self.lexer.peek().is_none().then_some(written.key)
    }

    fn key(&mut self) -> Option<Written> {
        let word = self.lexer.peek_word();
        if word.is_empty() || self.at_join() {
            self.no_key();
            return None;
        }
        let (_, mut site) = self.lexer.word();
        if is_keyword(word) {
            self.fail(ErrorKind::KeywordAsKey { word: word.to_owned() }, site);
            return None;
        }
        if let Some((_, key)) = FIELDS.iter().find(|(name, _)| *name == word) {
            return Some(Written { key: key.clone(), name: word.to_owned(), site });
        }
        let label = word.strip_prefix("label.").or_else(|| word.strip_prefix("labels."));
        let tag = word.strip_prefix("tag.");
        let Some(bare) = label.or(tag) else {
            let key = Key::Text(TextField::label(word));
            return Some(Written { key, name: self.show(site), site });
        };
        let mut name = bare.to_owned();
        if bare.is_empty() && self.lexer.at_quote() {
            let (text, quoted) = self.quoted()?;
            name = text;
            site.end = quoted.end;
        }
        if name.is_empty() {
            self.fail(ErrorKind::EmptyKey, site);
            return None;
        }
        let field = if tag.is_some() { TextField::Tag(name) } else { TextField::label(&name) };
        Some(Written { key: Key::Text(field), name: self.show(site), site })
    }

    /// Notes that no key stands here, and what may have been meant by what does.
    fn no_key(&mut self) {
        let mut site = self.lexer.here();
        if self.at_join() {
            site.end = site.start + self.lexer.peek_word().len();
            return self.fail(ErrorKind::ExpectedKey, site);
        }
        if let Some(site) = self.lexer.eat('!') {
            return self.suggest(ErrorKind::ExpectedKey, site, Some("not".to_owned()));
        }
        let found = match self.lexer.quoted() {
            Some(quoted) => {
                site = quoted.site;
                quoted.text
            }
            None => {
                let (bare, bare_site) = self.lexer.bare("=!<>'\"");
                site = bare_site;
                bare.to_owned()
            }
        };
        if found.is_empty() {
            if site.start == site.end {
                site.end += self.lexer.peek().map_or(0, char::len_utf8);
            }
            return self.fail(ErrorKind::ExpectedKey, site);
        }
        let by_sign = matches!(self.lexer.peek(), Some('=' | '!' | '<' | '>'));
        let by_word = is_keyword(self.lexer.peek_word()) && !self.at_join();
        let prefix = if by_sign || by_word { "label." } else { "text = " };
        let suggestion = format!("{prefix}{}", quote(&found));
        self.suggest(ErrorKind::ExpectedKey, site, value::readable(suggestion));
    }

    fn values(&mut self, key: &Key, operator: Operator) -> Option<Vec<Value>> {
        if operator.takes_nothing() {
            return Some(Vec::new());
        }
        let closing = match self.lexer.peek() {
            Some('(') => Some(')'),
            Some('[') => Some(']'),
            _ => None,
        };
        let Some(closing) = closing else {
            let (text, site) = self.value("")?;
            return self.resolve(key, operator, &text, site).map(|value| vec![value]);
        };
        if operator.takes_list() {
            return self.list(key, operator, closing);
        }
        let site = self.lexer.here();
        let site = Site { start: site.start, end: site.start + 1 };
        self.fail(ErrorKind::ListNotTaken { operator }, site);
        None
    }

    /// Reads a list whose opening sign comes next.
    fn list(&mut self, key: &Key, operator: Operator, closing: char) -> Option<Vec<Value>> {
        let start = self.lexer.here().start;
        let opening = if closing == ')' { '(' } else { '[' };
        self.lexer.eat(opening);
        let ends = if closing == ']' { "]" } else { "" };
        if let Some(site) = self.lexer.eat(closing) {
            self.fail(ErrorKind::EmptyList, Site { start, end: site.end });
            return None;
        }
        let mut values = Vec::new();
        while let Some((text, site)) = self.value(ends) {
            if values.len() == limits::VALUES_MAX {
                self.fail(ErrorKind::TooManyValues, site);
                break;
            }
            values.push(self.resolve(key, operator, &text, site));
            if self.lexer.eat(closing).is_some() {
                return values.into_iter().collect();
            }
            if self.lexer.eat(',').is_none() {
                let site = self.lexer.here();
                self.fail(ErrorKind::UnclosedList, site);
                break;
            }
        }
        self.skip_list(closing);
        None
    }

    /// Passes over the rest of a list, with its closing sign.
    fn skip_list(&mut self, closing: char) {
        while let Some(next) = self.lexer.peek() {
            if self.lexer.eat(closing).is_some() {
                return;
            }
            let quoted = self.lexer.quoted().is_some();
            if !quoted && self.lexer.bare("]'\"").0.is_empty() {
                self.lexer.eat(next);
            }
        }
    }

    /// Reads one value, quoted or bare; a bare one ends at one of `ends` too.
    fn value(&mut self, ends: &str) -> Option<(String, Site)> {
        self.lexer.peek();
        if self.lexer.at_quote() {
            return self.quoted();
        }
        let before = self.lexer.clone();
        let (bare, site) = self.lexer.bare(ends);
        if bare.is_empty() {
            self.fail(ErrorKind::ExpectedValue, site);
            return None;
        }
        if is_keyword(bare) {
            // `and` and `or` are left where they are: what follows them can still be read.
            if bare.eq_ignore_ascii_case("and") || bare.eq_ignore_ascii_case("or") {
                self.lexer = before;
            }
            self.fail(ErrorKind::KeywordAsValue { word: bare.to_owned() }, site);
            return None;
        }
        Some((bare.to_owned(), site))
    }

    /// Reads a quoted text that comes next.
    fn quoted(&mut self) -> Option<(String, Site)> {
        let quoted = self.lexer.quoted()?;
        if !quoted.closed {
            let start = quoted.site.start;
            self.fail(ErrorKind::UnclosedQuote, Site { start, end: start + 1 });
            return None;
        }
        Some((quoted.text, quoted.site))
    }
}
