//! Expressions put together by a program, without writing them down as text and reading that.

use crate::layers::not_layers;
use crate::parser::comparison_of;
use crate::{Comparison, Expr, Lookback, Operator, ParseErrors, Site, parse, print};
use std::fmt::Display;
use std::ops::Not;
use std::str::FromStr;

/// Where a part of an expression stands that was read from no text.
const NOWHERE: Site = Site { start: 0, end: 0 };

/// Reads an expression, as [`parse`] does.
impl FromStr for Expr {
    type Err = ParseErrors;

    fn from_str(text: &str) -> Result<Self, ParseErrors> {
        parse(text)
    }
}

/// Expressions of parts. A key is written as in the language (`severity`, `label.severity`,
/// `tag.'my team'`); a value is anything that prints as the language writes it, without quotes, so
/// a text from outside can be nothing but a value.
///
/// ```
/// use eventscope_scope::Expr;
///
/// let expr = Expr::eq("kubernetes.namespace.name", "prod")?
///     .and(Expr::in_("severity", ["high", "medium"])?)
///     .and(!Expr::contains("name", "it's fine")?);
/// assert_eq!(
///     expr.to_string(),
///     "kubernetes.namespace.name = 'prod' and severity in (high, medium) \
///      and not name contains 'it\\'s fine'",
/// );
/// # Ok::<(), eventscope_scope::ParseErrors>(())
/// ```
///
/// # Errors
/// All of them fail as [`parse`] does where a key does not take the operator or a value: the errors
/// stand in the text that the comparison would have.
impl Expr {
    /// All events.
    #[must_use]
    pub fn everywhere() -> Self {
        Self::Everywhere(NOWHERE)
    }

    /// All that every one of these means; everywhere if there are none.
    #[must_use]
    pub fn all(exprs: impl IntoIterator<Item = Self>) -> Self {
        exprs.into_iter().reduce(Self::and).unwrap_or_else(Self::everywhere)
    }

    /// What both mean.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let parts = |expr| match expr {
            Self::And(parts) => parts,
            other => vec![other],
        };
        let mut all = parts(self);
        all.extend(parts(other));
        Self::And(all)
    }

    /// What either means.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let parts = |expr| match expr {
            Self::Or(parts) => parts,
            other => vec![other],
        };
        let mut all = parts(self);
        all.extend(parts(other));
        Self::Or(all)
    }

    /// `key operator values`.
    ///
    /// # Errors
    /// See above.
    pub fn compare<V: Display>(
        key: &str,
        operator: Operator,
        values: impl IntoIterator<Item = V>,
    ) -> Result<Self, ParseErrors> {
        let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        Comparison::new(key, operator, &values).map(Self::Comparison)
    }

    /// `key = value`.
    ///
    /// # Errors
    /// See above.
    pub fn eq(key: &str, value: impl Display) -> Result<Self, ParseErrors> {
        Self::compare(key, Operator::Equal, [value])
    }

    /// `key != value`.
    ///
    /// # Errors
    /// See above.
    pub fn ne(key: &str, value: impl Display) -> Result<Self, ParseErrors> {
        Self::compare(key, Operator::NotEqual, [value])
    }

    /// `key in (values)`.
    ///
    /// # Errors
    /// See above; there must be a value.
    pub fn in_<V: Display>(
        key: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Result<Self, ParseErrors> {
        Self::compare(key, Operator::In, values)
    }

    /// `key contains value`.
    ///
    /// # Errors
    /// See above.
    pub fn contains(key: &str, value: impl Display) -> Result<Self, ParseErrors> {
        Self::compare(key, Operator::Contains, [value])
    }

    /// `key starts with value`.
    ///
    /// # Errors
    /// See above.
    pub fn starts_with(key: &str, value: impl Display) -> Result<Self, ParseErrors> {
        Self::compare(key, Operator::StartsWith, [value])
    }

    /// `key exists`.
    ///
    /// # Errors
    /// See above.
    pub fn exists(key: &str) -> Result<Self, ParseErrors> {
        Self::compare(key, Operator::Exists, [""; 0])
    }

    /// `key < value`.
    ///
    /// # Errors
    /// See above.
    pub fn lt(key: &str, value: impl Display) -> Result<Self, ParseErrors> {
        Self::compare(key, Operator::Less, [value])
    }

    /// `key <= value`.
    ///
    /// # Errors
    /// See above.
    pub fn le(key: &str, value: impl Display) -> Result<Self, ParseErrors> {
        Self::compare(key, Operator::LessOrEqual, [value])
    }

    /// `key > value`.
    ///
    /// # Errors
    /// See above.
    pub fn gt(key: &str, value: impl Display) -> Result<Self, ParseErrors> {
        Self::compare(key, Operator::Greater, [value])
    }

    /// `key >= value`.
    ///
    /// # Errors
    /// See above.
    pub fn ge(key: &str, value: impl Display) -> Result<Self, ParseErrors> {
        Self::compare(key, Operator::GreaterOrEqual, [value])
    }

    /// `time last length`.
    ///
    /// # Errors
    /// None for a length that the language can write, which every [`Lookback`] is.
    pub fn last(length: Lookback) -> Result<Self, ParseErrors> {
        Self::compare("time", Operator::Last, [length])
    }

    /// `text = words`: all of the words, `"phrases"` and `prefixes*` occur.
    ///
    /// # Errors
    /// See above; there must be a word.
    pub fn text(words: impl Display) -> Result<Self, ParseErrors> {
        Self::eq("text", words)
    }
}

/// What an expression does not mean. Two negations take each other away.
impl Not for Expr {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }
}

impl From<Comparison> for Expr {
    fn from(comparison: Comparison) -> Self {
        Self::Comparison(comparison)
    }
}

impl Comparison {
    /// A comparison from its parts. The key is written as in an expression (`severity`,
    /// `label.severity`, `tag.'my team'`); the values are plain texts, without quotes.
    ///
    /// # Errors
    /// What [`parse`] would find wrong with them.
    pub fn new(key: &str, operator: Operator, values: &[&str]) -> Result<Self, ParseErrors> {
        if let Some((key, values)) = comparison_of(key, operator, values) {
            return Ok(Self { site: NOWHERE, key, operator, values });
        }
        // The errors need a text that they stand in.
        let values: Vec<_> = values.iter().map(|value| print::quote(value)).collect();
        let text = match (operator.takes_list(), operator.takes_nothing()) {
            (true, _) => format!("{key} {operator} ({})", values.join(", ")),
            (_, true) => format!("{key} {operator}"),
            _ => format!("{key} {operator} {}", values.join(" ")),
        };
        match parse(&text)? {
            Expr::Comparison(comparison) => Ok(comparison),
            other => Err(not_layers(&text, other.site())),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Comparison, Expr, Operator, parse};
    use eventscope_model::{EventId, EventType, Severity, Timestamp};
    use proptest::prelude::*;

    #[test]
    fn expressions_are_what_their_texts_are() {
        let time = Timestamp::from_nanos(7).unwrap();
        for (built, text) in [
            (Expr::eq("severity", Severity::Error), "severity = error"),
            (Expr::eq("type", EventType::Alert), "type = alert"),
            (Expr::ne("acknowledged", true), "acknowledged != true"),
            (Expr::ge("time", time), "time >= 1970-01-01T00:00:00.000000007Z"),
            (Expr::lt("id", EventId(9)), "id < 9"),
            (Expr::gt("count", 1), "count > 1"),
            (Expr::le("severity", 3), "severity <= 3"),
            (Expr::starts_with("uid", "alert:"), "uid starts with 'alert:'"),
            (Expr::exists("team"), "team exists"),
            (Expr::last("2h".parse().unwrap()), "time last 2h"),
            (Expr::text("oom killed"), "text = 'oom killed'"),
            (Expr::in_("kube_pod_name", ["a", "b"]), "kubernetes.pod.name in (a, b)"),
        ] {
            assert_eq!(built.unwrap().to_string(), parse(text).unwrap().to_string(), "{text}");
        }
    }

    #[test]
    fn joins_of_one_kind_are_one_join() {
        let one = |name| Expr::eq(name, 1).unwrap();
        let both = one("a").and(one("b")).and(one("c").or(one("d")).or(one("e")));
        assert_eq!(both.to_string(), "a = '1' and b = '1' and (c = '1' or d = '1' or e = '1')");
        assert_eq!((!!one("a")).to_string(), "a = '1'");
        assert_eq!((!one("a").and(one("b"))).to_string(), "not (a = '1' and b = '1')");
        assert_eq!(Expr::all([]).to_string(), "everywhere");
        assert!(Expr::in_("a", [""; 0]).is_err());
        assert!(Expr::in_("a", vec!["x"; crate::limits::VALUES_MAX + 1]).is_err());
    }

    #[test]
    fn a_comparison_is_made_of_its_parts() {
        let new = |key, operator, values: &[&str]| {
            Comparison::new(key, operator, values).map(|made| made.to_string())
        };
        assert_eq!(new("a", Operator::Equal, &["it's"]).unwrap(), "a = 'it\\'s'");
        assert_eq!(new("a", Operator::NotIn, &["x", "and"]).unwrap(), "not a in ('x', 'and')");
        assert_eq!(
            new("tag.'a b'", Operator::NotStartsWith, &["x"]).unwrap(),
            "not tag.'a b' starts with 'x'"
        );
        assert_eq!(new("a", Operator::NotExists, &[]).unwrap(), "not a exists");
        assert_eq!(new("time", Operator::Last, &["2h"]).unwrap(), "time last 2h");
        for (key, operator, values) in [
            ("a", Operator::In, &[][..]),
            ("a", Operator::Equal, &[]),
            ("a", Operator::Equal, &["x", "y"]),
            ("a = 1 and b", Operator::Equal, &["x"]),
            ("not a", Operator::Equal, &["x"]),
            ("severity", Operator::Equal, &["loud"]),
        ] {
            assert!(new(key, operator, values).is_err(), "{key} {operator} {values:?}");
        }
    }

    fn operators() -> impl Strategy<Value = Operator> {
        use Operator::*;
        prop::sample::select(vec![
            Equal,
            NotEqual,
            In,
            NotIn,
            Contains,
            NotContains,
            StartsWith,
            NotStartsWith,
            Exists,
            NotExists,
            Less,
            LessOrEqual,
            Greater,
            GreaterOrEqual,
            Last,
        ])
    }

    proptest! {
        /// A comparison of parts is the one that is read from them as a text.
        #[test]
        fn parts_mean_what_their_text_means(
            key in prop_oneof![
                prop::sample::select(vec![
                    "severity", "type", "category", "status", "acknowledged", "id", "time", "count",
                    "text", "name", "label.x", "tag.'a b'", "labels.severity", "a and b", "", "not",
                    "label.", "label.''", "a = b or c",
                ]).prop_map(str::to_owned),
                "[a-z.'\" ]{0,6}",
            ],
            operator in operators(),
            values in prop::collection::vec(
                prop_oneof![
                    prop::sample::select(vec!["high", "3", "alert", "true", "2h", "2026-11-23", ""])
                        .prop_map(str::to_owned),
                    "[a-z0-9'\"\\\\ ]{0,6}",
                ],
                0..3,
            ),
        ) {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            let quoted = values.iter().map(|value| crate::print::quote(value));
            let quoted: Vec<String> = quoted.collect();
            let text = match (operator.takes_list(), operator.takes_nothing()) {
                (true, _) => format!("{key} {operator} ({})", quoted.join(", ")),
                (_, true) => format!("{key} {operator}"),
                _ => format!("{key} {operator} {}", quoted.join(" ")),
            };
            let read = match parse(&text) {
                Ok(Expr::Comparison(read)) => Some(read.to_string()),
                _ => None,
            };
            let made = Comparison::new(&key, operator, &values).ok().map(|made| made.to_string());
            // What takes no values is read without those that were given.
            if !operator.takes_nothing() || values.is_empty() {
                prop_assert_eq!(made, read, "{}", text);
            }
        }
    }
}
