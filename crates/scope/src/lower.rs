//! From what was written to what is meant.

use crate::spans::Scale;
use crate::{Comparison, Expr, Filter, Key, Operator, Span, Test, TextTest, Value};
use eventscope_model::{Severity, Timestamp};

impl Expr {
    /// What the expression means, in normal form. `now` is the end of `time last ..`.
    #[must_use]
    pub fn lower(&self, now: Timestamp) -> Filter {
        match self {
            Self::Everywhere(_) => Filter::All,
            Self::Comparison(comparison) => comparison.lower(now),
            Self::Not(inner) => inner.lower(now).not(),
            Self::And(children) => Filter::all(children.iter().map(|child| child.lower(now))),
            Self::Or(children) => Filter::any(children.iter().map(|child| child.lower(now))),
        }
    }
}

impl Comparison {
    /// What the comparison means, in normal form. `now` is the end of `time last ..`.
    #[must_use]
    pub fn lower(&self, now: Timestamp) -> Filter {
        match self.operator.denied() {
            Some(positive) => self.meaning(positive, now).not(),
            None => self.meaning(self.operator, now),
        }
    }

    /// What the comparison would mean with this operator, which is not a negative one.
    fn meaning(&self, operator: Operator, now: Timestamp) -> Filter {
        match &self.key {
            Key::Text(field) => {
                let test = self.text_test(operator);
                Filter::from(Test::Text { field: field.clone(), test })
            }
            _ if operator == Operator::Exists => Filter::All,
            key => Filter::any(self.values.iter().map(|value| meaning(key, operator, value, now))),
        }
    }

    fn text_test(&self, operator: Operator) -> TextTest {
        let mut texts = self.values.iter().filter_map(|value| match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        });
        match operator {
            Operator::Exists => TextTest::Exists,
            Operator::Contains => TextTest::Contains(texts.next().unwrap_or_default()),
            Operator::StartsWith => TextTest::StartsWith(texts.next().unwrap_or_default()),
            _ => TextTest::In(texts.collect()),
        }
    }
}

/// What `key operator value` means for one value.
fn meaning(key: &Key, operator: Operator, value: &Value, now: Timestamp) -> Filter {
    Filter::from(match value {
        Value::Severity(severity) => {
            let levels = span(operator, u64::from(severity.level()));
            let within = |other: &Severity| levels.contains(u64::from(other.level()));
            Test::Severity(Severity::ALL.into_iter().filter(within).collect())
        }
        Value::Band(band) => Test::Severity(band.severities().into_iter().collect()),
        Value::Type(kind) => Test::Type([*kind].into_iter().collect()),
        Value::Category(category) => Test::Type(category.types().collect()),
        Value::State(state) => Test::State(*state),
        Value::Acknowledged(true) => Test::Acknowledged,
        Value::Acknowledged(false) => return Filter::from(Test::Acknowledged).not(),
        Value::Number(number) if *key == Key::Id => Test::Id(span(operator, *number)),
        Value::Number(number) => Test::Count(span(operator, *number)),
        Value::Time(time) => Test::Time(span(operator, *time)),
        Value::Lookback(lookback) => Test::Time(Span::from(lookback.before(now))),
        Value::Words(query) => Test::Words(query.clone()),
        // Texts are compared with text fields only, and those never come here.
        Value::Text(_) => return Filter::Nothing,
    })
}

/// The values that stand in an order to a bound; the bound alone for any other operator.
fn span<T: Scale>(operator: Operator, bound: T) -> Span<T> {
    match operator {
        Operator::Less => Span::below(bound),
        Operator::LessOrEqual => Span::up_to(bound),
        Operator::Greater => Span::above(bound),
        Operator::GreaterOrEqual => Span::from(bound),
        _ => Span::only(bound),
    }
}
