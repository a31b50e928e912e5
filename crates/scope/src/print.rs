//! Prints expressions and filters in the language itself.
//!
//! Texts and times stand in single quotes, the words and numbers of the built-in fields are bare,
//! keys have their dot form, and negation is `!=` or a `not` in front: the spelling that other
//! programs of this kind read too.

use crate::expr::FIELDS;
use crate::lexer::{is_key_char, is_keyword};
use crate::spans::Scale;
use crate::{Comparison, Expr, Filter, Key, Operator, SeveritySet, Span, Test};
use crate::{TextField, TextTest, Value};
use eventscope_model::Band;
use std::fmt::{Display, Formatter, Result, Write};

/// How tightly the parts of an expression hold together; a looser part inside a tighter one
/// stands in parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tie {
    Or,
    And,
    Not,
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write_expr(f, self, Tie::Or)
    }
}

fn write_expr(f: &mut Formatter<'_>, expr: &Expr, outer: Tie) -> Result {
    match expr {
        Expr::Everywhere(_) => f.write_str("everywhere"),
        Expr::Comparison(comparison) => write!(f, "{comparison}"),
        Expr::Not(inner) => {
            f.write_str("not ")?;
            write_expr(f, inner, Tie::Not)
        }
        Expr::And(children) => tied(f, Tie::And, outer, |f| {
            join(f, " and ", children, |f, child| write_expr(f, child, Tie::And))
        }),
        Expr::Or(children) => tied(f, Tie::Or, outer, |f| {
            join(f, " or ", children, |f, child| write_expr(f, child, Tie::Or))
        }),
    }
}

impl Display for Filter {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write_filter(f, self, Tie::Or)
    }
}

fn write_filter(f: &mut Formatter<'_>, filter: &Filter, outer: Tie) -> Result {
    match filter {
        Filter::All => f.write_str("everywhere"),
        Filter::Nothing => f.write_str("not everywhere"),
        Filter::Test(test) => write_test(f, test, outer),
        Filter::Not(test) => write_not(f, test),
        Filter::And(children) => tied(f, Tie::And, outer, |f| {
            join(f, " and ", children, |f, child| write_filter(f, child, Tie::And))
        }),
        Filter::Or(children) => tied(f, Tie::Or, outer, |f| {
            join(f, " or ", children, |f, child| write_filter(f, child, Tie::Or))
        }),
    }
}

/// Writes a part, in parentheses when it is looser than what it stands in.
fn tied(
    f: &mut Formatter<'_>,
    own: Tie,
    outer: Tie,
    write: impl FnOnce(&mut Formatter<'_>) -> Result,
) -> Result {
    if own >= outer {
        return write(f);
    }
    f.write_char('(')?;
    write(f)?;
    f.write_char(')')
}

fn join<T>(
    f: &mut Formatter<'_>,
    between: &str,
    parts: &[T],
    write: impl Fn(&mut Formatter<'_>, &T) -> Result,
) -> Result {
    for (nth, part) in parts.iter().enumerate() {
        if nth > 0 {
            f.write_str(between)?;
        }
        write(f, part)?;
    }
    Ok(())
}

/// A test as an expression by itself.
impl Display for Test {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write_test(f, self, Tie::Or)
    }
}

fn write_test(f: &mut Formatter<'_>, test: &Test, outer: Tie) -> Result {
    match test {
        Test::Severity(set) => write_severities(f, *set),
        Test::Type(set) => write_list(f, "type", &set.iter().collect::<Vec<_>>()),
        Test::State(state) => write!(f, "status = {state}"),
        Test::Acknowledged => f.write_str("acknowledged = true"),
        Test::Id(span) => write_span(f, "id", *span, outer, |value| value.to_string()),
        Test::Time(span) => write_span(f, "time", *span, outer, |time| format!("'{time}'")),
        Test::Count(span) => write_span(f, "count", *span, outer, |value| value.to_string()),
        Test::Text { field, test: TextTest::Exists } => write!(f, "{field} exists"),
        Test::Text { field, test: TextTest::In(values) } => {
            write_list(f, field, &values.iter().map(|value| quote(value)).collect::<Vec<_>>())
        }
        Test::Text { field, test: TextTest::Contains(part) } => {
            write!(f, "{field} contains {}", quote(part))
        }
        Test::Text { field, test: TextTest::StartsWith(start) } => {
            write!(f, "{field} starts with {}", quote(start))
        }
        Test::Words(query) => write!(f, "text = {}", quote(&query.to_string())),
    }
}

fn write_not(f: &mut Formatter<'_>, test: &Test) -> Result {
    match test {
        Test::Acknowledged => f.write_str("acknowledged = false"),
        Test::Words(query) => write!(f, "text != {}", quote(&query.to_string())),
        Test::Text { field, test: TextTest::In(values) } if values.len() == 1 => {
            join(f, "", values, |f, value| write!(f, "{field} != {}", quote(value)))
        }
        Test::Id(Span { first, last }) if first == last => write!(f, "id != {first}"),
        Test::Count(Span { first, last }) if first == last => write!(f, "count != {first}"),
        Test::Time(Span { first, last }) if first == last => write!(f, "time != '{first}'"),
        test => {
            f.write_str("not ")?;
            write_test(f, test, Tie::Not)
        }
    }
}

/// Levels up to one, from one on, one alone, whole labels, or a list of levels.
#[expect(clippy::arithmetic_side_effects, reason = "there are eight levels, and they are sorted")]
fn write_severities(f: &mut Formatter<'_>, set: SeveritySet) -> Result {
    let levels: Vec<_> = set.iter().collect();
    let (Some(first), Some(last)) = (levels.first(), levels.last()) else {
        return f.write_str("severity < emergency");
    };
    let bands: Vec<&str> = Band::ALL
        .into_iter()
        .filter(|band| band.severities().into_iter().all(|level| set.contains(level)))
        .map(|band| match band {
            Band::High => "high",
            Band::Medium => "medium",
            Band::Low => "low",
            Band::Info => "info",
        })
        .collect();
    let unbroken = usize::from(last.level() - first.level()) + 1 == levels.len();
    if levels.len() == 1 {
        write!(f, "severity = {first}")
    } else if bands.len() * 2 == levels.len() {
        write_list(f, "severity", &bands)
    } else if unbroken && first.level() == 0 {
        write!(f, "severity <= {last}")
    } else if unbroken && last.level() == 7 {
        write!(f, "severity >= {first}")
    } else {
        write_list(f, "severity", &levels)
    }
}

fn write_list(f: &mut Formatter<'_>, key: impl Display, values: &[impl Display]) -> Result {
    if let [value] = values {
        return write!(f, "{key} = {value}");
    }
    write!(f, "{key} in (")?;
    join(f, ", ", values, |f, value| write!(f, "{value}"))?;
    f.write_char(')')
}

fn write_span<T: Scale>(
    f: &mut Formatter<'_>,
    key: &str,
    span: Span<T>,
    outer: Tie,
    show: impl Fn(T) -> String,
) -> Result {
    let (first, last) = (show(span.first), show(span.last));
    if span.first == span.last {
        write!(f, "{key} = {first}")
    } else if span.last == T::GREATEST {
        write!(f, "{key} >= {first}")
    } else if span.first == T::LEAST {
        write!(f, "{key} <= {last}")
    } else {
        tied(f, Tie::And, outer, |f| write!(f, "{key} >= {first} and {key} <= {last}"))
    }
}

impl Display for Comparison {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { key, values, .. } = self;
        let operator = match (self.operator, self.operator.denied()) {
            (Operator::NotEqual, _) | (_, None) => self.operator,
            (_, Some(positive)) => {
                f.write_str("not ")?;
                positive
            }
        };
        write!(f, "{key} {}", operator.name())?;
        let lists = operator.takes_list();
        f.write_str(if lists {
            " ("
        } else if values.is_empty() {
            ""
        } else {
            " "
        })?;
        join(f, ", ", values, |f, value| write!(f, "{value}"))?;
        f.write_str(if lists { ")" } else { "" })
    }
}

impl Display for Key {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if let Self::Text(field) = self {
            return write!(f, "{field}");
        }
        let name = FIELDS.iter().find(|(_, key)| key == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

impl Display for TextField {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (prefix, key) = match self {
            Self::Name => return f.write_str("name"),
            Self::Description => return f.write_str("description"),
            Self::Source => return f.write_str("source"),
            Self::Uid => return f.write_str("uid"),
            Self::Tag(key) => ("tag.", key),
            Self::Label(key) => (if is_reserved(key) { "label." } else { "" }, key),
        };
        if key.chars().all(is_key_char) {
            write!(f, "{prefix}{key}")
        } else if prefix.is_empty() {
            write!(f, "label.{}", quote(key))
        } else {
            write!(f, "{prefix}{}", quote(key))
        }
    }
}

/// Whether a label needs `label.` before its key, so as not to be read as something else.
fn is_reserved(key: &str) -> bool {
    is_keyword(key)
        || FIELDS.iter().any(|(name, _)| *name == key)
        || ["label.", "labels.", "tag."].iter().any(|prefix| key.starts_with(prefix))
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Severity(severity) => write!(f, "{severity}"),
            Self::Band(band) => f.write_str(&band.name().to_ascii_lowercase()),
            Self::Type(kind) => write!(f, "{kind}"),
            Self::Category(category) => write!(f, "{category}"),
            Self::State(state) => write!(f, "{state}"),
            Self::Acknowledged(flag) => write!(f, "{flag}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Time(time) => write!(f, "'{time}'"),
            Self::Lookback(lookback) => write!(f, "{lookback}"),
            Self::Words(query) => write!(f, "{}", quote(&query.to_string())),
            Self::Text(text) => write!(f, "{}", quote(text)),
        }
    }
}

impl Display for Operator {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.pad(self.name())
    }
}

/// A text in single quotes, so that it reads as itself.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::from('\'');
    for c in text.chars() {
        if matches!(c, '\'' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('\'');
    quoted
}
