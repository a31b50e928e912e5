//! Reads an operator, in signs or in words.

use super::{Parser, nearest};
use crate::expr::FIELDS;
use crate::print::quote;
use crate::{ErrorKind, Key, Operator, Site, TextField};

/// Signs that are operators, and signs that people try instead; longer ones first.
const SIGNS: [(&str, Result<Operator, &str>); 14] = [
    ("!=", Ok(Operator::NotEqual)),
    ("<=", Ok(Operator::LessOrEqual)),
    (">=", Ok(Operator::GreaterOrEqual)),
    ("==", Err("=")),
    ("<>", Err("!=")),
    ("=~", Err("contains")),
    ("!~", Err("does not contain")),
    ("=<", Err("<=")),
    ("=>", Err(">=")),
    ("=", Ok(Operator::Equal)),
    ("<", Ok(Operator::Less)),
    (">", Ok(Operator::Greater)),
    ("~", Err("contains")),
    ("!", Err("!=")),
];

/// Words that an operator is made of, for suggestions.
const WORDS: [&str; 7] =
    ["is", "in", "not in", "contains", "does not contain", "starts with", "exists"];

impl Parser<'_> {
    /// Reads the operator after a key.
    pub(super) fn operator(&mut self, key: &str) -> Option<Operator> {
        for (sign, operator) in SIGNS {
            let Some(site) = self.lexer.eat_sign(sign) else { continue };
            if let Err(meant) = operator {
                let kind = ErrorKind::UnknownOperator { found: sign.to_owned() };
                self.suggest(kind, site, Some(meant.to_owned()));
            }
            return operator.ok();
        }
        if self.lexer.peek_word().is_empty() || self.at_join() {
            self.no_operator(key);
            return None;
        }
        self.word_operator()
    }

    /// Notes that a key stands alone. Where nothing follows it, it may be a word to search for.
    fn no_operator(&mut self, key: &str) {
        let alone = self.at_join() || matches!(self.lexer.peek(), None | Some(')'));
        let suggestion = alone.then(|| format!("text = {}", quote(key)));
        let site = self.lexer.here();
        self.suggest(ErrorKind::ExpectedOperator { key: key.to_owned() }, site, suggestion);
    }

    fn word_operator(&mut self) -> Option<Operator> {
        let start = self.lexer.here().start;
        let first = self.lexer.peek_word();
        let operator = if self.lexer.eat_word("is").is_some() {
            let negative = self.lexer.eat_word("not").is_some();
            let list = self.lexer.eat_word("in").is_some();
            let operator = if list { Operator::In } else { Operator::Equal };
            if negative { operator.negated() } else { Some(operator) }
        } else if self.lexer.eat_word("last").is_some() {
            Some(Operator::Last)
        } else {
            self.verb()
        };
        if operator.is_none() {
            if self.lexer.end() <= start {
                self.lexer.word();
            }
            let site = Site { start, end: self.lexer.end() };
            let suggestion = nearest(first, &WORDS).map(str::to_owned);
            self.suggest(ErrorKind::UnknownOperator { found: self.show(site) }, site, suggestion);
        }
        operator
    }

    /// Reads `in`, `contains`, `starts with` or `exists`, maybe after `not` or `does not`.
    fn verb(&mut self) -> Option<Operator> {
        let does = self.lexer.eat_word("does").is_some();
        let negative = self.lexer.eat_word("not").is_some();
        if does && !negative {
            return None;
        }
        let mut either =
            |one, other| self.lexer.eat_word(one).or_else(|| self.lexer.eat_word(other)).is_some();
        let operator = if either("contains", "contain") {
            Operator::Contains
        } else if either("exists", "exist") {
            Operator::Exists
        } else if either("starts", "start") {
            self.lexer.eat_word("with")?;
            Operator::StartsWith
        } else {
            self.lexer.eat_word("in")?;
            Operator::In
        };
        if negative { operator.negated() } else { Some(operator) }
    }

    /// Notes that a key does not take an operator. A label that is compared by order may be a
    /// misspelt field.
    pub(super) fn refuse(&mut self, key: &Key, name: String, operator: Operator, start: usize) {
        let site = Site { start, end: self.lexer.end() };
        let ordered: Vec<_> =
            FIELDS.iter().filter(|(_, key)| key.is_ordered()).map(|(name, _)| *name).collect();
        let is_label = matches!(key, Key::Text(TextField::Label(_)));
        let meant = (is_label && operator.is_order()).then(|| nearest(&name, &ordered)).flatten();
        let kind = ErrorKind::OperatorNotTaken { key: name, operator };
        self.suggest(kind, site, meant.map(str::to_owned));
    }
}
