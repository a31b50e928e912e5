//! Reads an expression.
//!
//! The parser does not stop at the first error. It notes the error with its place, leaves out the
//! comparison that it stands in, and goes on after the next `and`, `or` or parenthesis; so one go
//! reports all that is wrong. An expression comes out only if nothing was.
//!
//! ```text
//! expression = conjunction { "or" conjunction }
//! conjunction = operand { "and" operand }
//! operand = "not" operand | "(" expression ")" | "everywhere" | comparison
//! comparison = key operator [ value | list ]
//! ```

#![expect(
    clippy::arithmetic_side_effects,
    reason = "places in a text of at most 64 KiB, and counts of what is open in it"
)]

mod comparison;
mod operator;
mod value;

use crate::draw::{shorten, visible};
use crate::lexer::Lexer;
use crate::suggest::nearest;
use crate::{ErrorKind, Expr, Key, Operator, ParseError, ParseErrors, Site, Value, limits};
use eventscope_model::{ParseTimeError, Timestamp};

/// Reads an expression, and checks that each key takes its operator and values.
///
/// ```
/// let expr = eventscope_scope::parse("kube_pod_name is web-1 AND severity in [high]").unwrap();
/// assert_eq!(expr.to_string(), "kubernetes.pod.name = 'web-1' and severity in (high)");
///
/// let errors = eventscope_scope::parse("status = open or id > many").unwrap_err();
/// assert_eq!(errors.errors().len(), 2);
/// ```
///
/// # Errors
/// All that is wrong with the text, each with its place; [`limits`] lists how much is read.
pub fn parse(text: &str) -> Result<Expr, ParseErrors> {
    parse_with(text, &Timestamp::parse_typed)
}

/// How a time in an expression is read.
pub type ReadTime<'a> = &'a dyn Fn(&str) -> Result<Timestamp, ParseTimeError>;

/// As [`parse`], with times read in a way of the caller's: a program that knows the zone of its
/// user and the time takes `yesterday` too.
///
/// ```
/// use eventscope_model::Timestamp;
///
/// let noon = Timestamp::parse("2026-11-23T12:00:00Z").unwrap();
/// let read = |text: &str| match text {
///     "now" => Ok(noon),
///     other => Timestamp::parse_typed(other),
/// };
/// let expr = eventscope_scope::parse_with("time < now", &read).unwrap();
/// assert_eq!(expr.to_string(), "time < '2026-11-23T12:00:00Z'");
/// ```
///
/// # Errors
/// As [`parse`].
pub fn parse_with(text: &str, read_time: ReadTime<'_>) -> Result<Expr, ParseErrors> {
    let whole = Site { start: 0, end: text.len() };
    let one = |kind, text: &str| ParseErrors {
        text: text.to_owned(),
        errors: vec![ParseError { kind, site: whole, suggestion: None }],
    };
    if text.len() > limits::TEXT_BYTES_MAX {
        return Err(one(ErrorKind::TooLong { bytes: text.len() }, ""));
    }
    if text.trim().is_empty() {
        return Err(one(ErrorKind::Empty, text));
    }
    let mut parser = Parser::new(text, read_time);
    let expr = parser.whole();
    match expr.filter(|_| parser.errors.is_empty()) {
        Some(expr) => Ok(expr),
        None => Err(ParseErrors { text: text.to_owned(), errors: parser.errors }),
    }
}

/// The key and the values of a comparison of these parts; `None` if they do not make one.
pub(crate) fn comparison_of(
    key: &str,
    operator: Operator,
    values: &[&str],
) -> Option<(Key, Vec<Value>)> {
    let is_number_right = match (operator.takes_list(), operator.takes_nothing()) {
        (true, _) => (1..=limits::VALUES_MAX).contains(&values.len()),
        (_, true) => values.is_empty(),
        _ => values.len() == 1,
    };
    let mut parser = Parser::new(key, &Timestamp::parse_typed);
    let key = parser.lone_key()?;
    if !is_number_right || !key.takes(operator) {
        return None;
    }
    let nowhere = Site { start: 0, end: 0 };
    let read = values.iter().map(|value| parser.resolve(&key, operator, value, nowhere));
    let values = read.collect::<Option<_>>()?;
    Some((key, values))
}

struct Parser<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    read_time: ReadTime<'a>,
    errors: Vec<ParseError>,
    /// Parentheses and `not` that are open.
    depth: usize,
    /// Whether the rest of the text is left unread.
    stopped: bool,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, read_time: ReadTime<'a>) -> Self {
        let (lexer, errors) = (Lexer::new(text), Vec::new());
        Self { text, lexer, read_time, errors, depth: 0, stopped: false }
    }
}

impl Parser<'_> {
    fn whole(&mut self) -> Option<Expr> {
        let expr = self.expression();
        while let Some(site) = self.lexer.eat(')') {
            self.fail(ErrorKind::UnopenedParenthesis, site);
            self.after_operand();
            if self.eat_join().is_some() {
                self.expression();
            }
        }
        expr
    }

    fn expression(&mut self) -> Option<Expr> {
        let mut children = vec![self.conjunction()];
        while self.lexer.eat_word("or").is_some() {
            children.push(self.conjunction());
        }
        one_or(children, Expr::Or)
    }

    fn conjunction(&mut self) -> Option<Expr> {
        let mut children = vec![self.operand()];
        while self.lexer.eat_word("and").is_some() {
            children.push(self.operand());
        }
        one_or(children, Expr::And)
    }

    fn operand(&mut self) -> Option<Expr> {
        if let Some(site) = self.lexer.eat_word("not") {
            let inner = self.nested(site, Self::operand)?;
            return Some(Expr::Not(Box::new(inner)));
        }
        let expr = if let Some(open) = self.lexer.eat('(') {
            let inner = self.nested(open, Self::expression);
            if self.lexer.eat(')').is_none() {
                self.fail(ErrorKind::UnclosedParenthesis, open);
            }
            inner
        } else if let Some(site) = self.lexer.eat_word("everywhere") {
            Some(Expr::Everywhere(site))
        } else {
            let comparison = self.comparison();
            if comparison.is_none() {
                self.skip();
            }
            comparison.map(Expr::Comparison)
        };
        self.after_operand();
        expr
    }

    /// Reads what stands inside a parenthesis or after a `not`, unless that is too deep.
    fn nested(&mut self, site: Site, read: impl FnOnce(&mut Self) -> Option<Expr>) -> Option<Expr> {
        if self.depth == limits::DEPTH_MAX {
            self.fail(ErrorKind::TooDeep, site);
            self.stop();
            return None;
        }
        self.depth += 1;
        let expr = read(self);
        self.depth -= 1;
        expr
    }

    /// After an operand only `and`, `or`, a closing parenthesis or the end make sense.
    fn after_operand(&mut self) {
        if self.at_join() || matches!(self.lexer.peek(), None | Some(')')) {
            return;
        }
        let signs = [("&&", "and"), ("&", "and"), ("||", "or"), ("|", "or"), (",", "and")];
        let sign = signs
            .iter()
            .find_map(|(sign, word)| self.lexer.eat_sign(sign).map(|site| (site, Some(*word))));
        let (site, meant) = sign.unwrap_or_else(|| {
            let site = self.piece();
            (site, nearest(&self.show(site), &["and", "or"]))
        });
        self.suggest(ErrorKind::ExpectedJoin, site, meant.map(str::to_owned));
        self.skip();
    }

    /// Takes a piece that has no business where it stands. A parenthesis is left to be skipped
    /// together with its other half.
    fn piece(&mut self) -> Site {
        if matches!(self.lexer.peek(), Some('(' | ')' | ',')) {
            let site = self.lexer.here();
            return Site { start: site.start, end: site.start + 1 };
        }
        match self.lexer.quoted() {
            Some(quoted) => quoted.site,
            None => self.lexer.bare("").1,
        }
    }

    fn at_join(&mut self) -> bool {
        let word = self.lexer.peek_word();
        word.eq_ignore_ascii_case("and") || word.eq_ignore_ascii_case("or")
    }

    fn eat_join(&mut self) -> Option<Site> {
        self.lexer.eat_word("and").or_else(|| self.lexer.eat_word("or"))
    }

    /// Passes over the rest of a comparison that could not be read, up to the next `and`, `or` or
    /// closing parenthesis on its own level.
    fn skip(&mut self) {
        let mut open = 0_usize;
        while let Some(next) = self.lexer.peek() {
            match next {
                ')' if open == 0 => return,
                ')' => {
                    open -= 1;
                    self.lexer.eat(')');
                }
                '(' => {
                    open += 1;
                    self.lexer.eat('(');
                }
                '\'' | '"' => {
                    self.lexer.quoted();
                }
                ',' => {
                    self.lexer.eat(',');
                }
                _ if open == 0 && self.at_join() => return,
                _ => {
                    self.lexer.bare("'\"");
                }
            }
        }
    }

    fn fail(&mut self, kind: ErrorKind, site: Site) {
        self.suggest(kind, site, None);
    }

    fn suggest(&mut self, kind: ErrorKind, site: Site, suggestion: Option<String>) {
        if self.stopped {
            return;
        }
        self.errors.push(ParseError { kind, site, suggestion });
        if self.errors.len() == limits::ERRORS_MAX {
            self.stop();
        }
    }

    /// Reads no further and notes no more errors: what would follow is noise.
    fn stop(&mut self) {
        self.stopped = true;
        self.lexer.stop();
    }

    /// The text at a site as an error shows it.
    fn show(&self, site: Site) -> String {
        visible(&shorten(self.text.get(site.start..site.end).unwrap_or_default()))
    }
}

/// One child as it is, several under a parent; nothing if one of them could not be read.
fn one_or(children: Vec<Option<Expr>>, parent: fn(Vec<Expr>) -> Expr) -> Option<Expr> {
    let mut children = children.into_iter().collect::<Option<Vec<_>>>()?;
    if children.len() > 1 { Some(parent(children)) } else { children.pop() }
}

#[cfg(test)]
mod tests;
