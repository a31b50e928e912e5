//! A scope as an editor shows it: a row of layers that can be changed one by one.

use crate::{Comparison, ErrorKind, Expr, Filter, ParseError, ParseErrors, Site, parse};
use eventscope_model::Timestamp;
use std::fmt;

/// Comparisons that all must hold, in the order in which they were added; without any, the scope
/// is everywhere.
///
/// ```
/// use eventscope_scope::{Comparison, Operator, Scope};
///
/// let mut scope = Scope::parse("kubernetes.namespace.name = 'prod'").unwrap();
/// scope.add(Comparison::new("severity", Operator::In, &["high", "medium"]).unwrap());
/// assert_eq!(
///     scope.to_string(),
///     "kubernetes.namespace.name = 'prod' and severity in (high, medium)",
/// );
/// scope.clear();
/// assert_eq!(scope.to_string(), "Everywhere");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    layers: Vec<Comparison>,
}

impl Scope {
    /// The scope without layers: everywhere.
    #[must_use]
    pub fn everywhere() -> Self {
        Self::default()
    }

    /// Reads a scope from an expression that joins comparisons by `and`; `not` may stand before a
    /// comparison. `everywhere` and a blank text are the scope without layers.
    ///
    /// # Errors
    /// What [`parse`] finds wrong, and [`ErrorKind::NotLayers`] for an expression of another shape.
    pub fn parse(text: &str) -> Result<Self, ParseErrors> {
        if text.trim().is_empty() {
            return Ok(Self::everywhere());
        }
        let mut layers = Vec::new();
        let shape = push_layers(parse(text)?, &mut layers);
        shape.map(|()| Self { layers }).map_err(|site| not_layers(text, site))
    }

    /// The layers, in the order in which they were added.
    #[must_use]
    pub fn layers(&self) -> &[Comparison] {
        &self.layers
    }

    /// Adds a layer at the end.
    pub fn add(&mut self, layer: Comparison) {
        self.layers.push(layer);
    }

    /// Puts a layer in the place of another, and returns that one; `None`, and no change, when
    /// there is no such place.
    pub fn replace(&mut self, index: usize, layer: Comparison) -> Option<Comparison> {
        self.layers.get_mut(index).map(|old| std::mem::replace(old, layer))
    }

    /// Takes one layer away and returns it; `None` when there is no such layer.
    pub fn remove(&mut self, index: usize) -> Option<Comparison> {
        (index < self.layers.len()).then(|| self.layers.remove(index))
    }

    /// Takes all layers away.
    pub fn clear(&mut self) {
        self.layers.clear();
    }

    /// What the scope means. `now` is the end of `time last ..`.
    #[must_use]
    pub fn lower(&self, now: Timestamp) -> Filter {
        Filter::all(self.layers.iter().map(|layer| layer.lower(now)))
    }
}

/// The layers joined by `and`; a scope without layers is [`Expr::Everywhere`].
impl From<Scope> for Expr {
    fn from(scope: Scope) -> Self {
        Self::all(scope.layers.into_iter().map(Self::Comparison))
    }
}

/// Reads a scope, as [`Scope::parse`] does.
impl std::str::FromStr for Scope {
    type Err = ParseErrors;

    fn from_str(text: &str) -> Result<Self, ParseErrors> {
        Self::parse(text)
    }
}

/// The layers joined by `and`, an expression; `Everywhere`, one too, when there are none.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.layers.is_empty() {
            return f.write_str("Everywhere");
        }
        for (nth, layer) in self.layers.iter().enumerate() {
            let and = if nth == 0 { "" } else { " and " };
            write!(f, "{and}{layer}")?;
        }
        Ok(())
    }
}

/// Appends the layers of an expression, or gives the place of what is none.
fn push_layers(expr: Expr, layers: &mut Vec<Comparison>) -> Result<(), Site> {
    match expr {
        Expr::Everywhere(_) => Ok(()),
        Expr::Comparison(comparison) => {
            layers.push(comparison);
            Ok(())
        }
        Expr::And(children) => {
            children.into_iter().try_for_each(|child| push_layers(child, layers))
        }
        Expr::Not(inner) => match *inner {
            Expr::Comparison(mut comparison) => {
                comparison.operator = comparison.operator.negated().ok_or(comparison.site)?;
                layers.push(comparison);
                Ok(())
            }
            Expr::Not(inner) => push_layers(*inner, layers),
            other => Err(other.site()),
        },
        Expr::Or(_) => Err(expr.site()),
    }
}

pub(crate) fn not_layers(text: &str, site: Site) -> ParseErrors {
    let error = ParseError { kind: ErrorKind::NotLayers, site, suggestion: None };
    ParseErrors { text: text.to_owned(), errors: vec![error] }
}

#[cfg(test)]
mod tests {
    use super::Scope;
    use crate::{Comparison, Expr, Operator};
    use eventscope_model::Timestamp;

    fn layer(text: &str) -> Comparison {
        Scope::parse(text).unwrap().remove(0).unwrap()
    }

    #[test]
    fn layers_are_added_replaced_and_deleted() {
        let mut scope = Scope::parse("a = 1 and b in (x, y)").unwrap();
        scope.add(layer("not c contains z"));
        assert_eq!(scope.to_string(), "a = '1' and b in ('x', 'y') and not c contains 'z'");
        assert_eq!(scope.replace(1, layer("b = w")).unwrap().to_string(), "b in ('x', 'y')");
        assert_eq!(scope.remove(0).unwrap().to_string(), "a = '1'");
        assert_eq!(scope.to_string(), "b = 'w' and not c contains 'z'");
        assert_eq!(scope.replace(2, layer("d = 1")), None);
        assert_eq!(scope.remove(2), None);
        assert_eq!(scope.layers().len(), 2);
        scope.clear();
        assert_eq!(scope, Scope::everywhere());
    }

    #[test]
    fn a_layer_takes_its_negation_in() {
        for (text, operator) in [
            ("a = 1", Operator::Equal),
            ("not a = 1", Operator::NotEqual),
            ("not not a = 1", Operator::Equal),
            ("not a not in (1)", Operator::In),
            ("not a exists", Operator::NotExists),
            ("not severity >= 3", Operator::Less),
        ] {
            assert_eq!(layer(text).operator(), operator, "{text}");
        }
    }

    #[test]
    fn everywhere_has_no_layers_and_reads_back() {
        for text in ["", "  ", "everywhere", "Everywhere"] {
            let scope = Scope::parse(text).unwrap();
            assert_eq!(scope.to_string(), "Everywhere");
            assert_eq!(scope.lower(Timestamp::EPOCH).to_string(), "everywhere");
        }
    }

    #[test]
    fn a_scope_is_an_expression() {
        for text in ["everywhere", "a = 'x'", "a = 'x' and not b exists and severity in (high)"] {
            let scope: Scope = text.parse().unwrap();
            assert_eq!(Expr::from(scope).to_string(), text);
        }
    }

    #[test]
    fn only_a_row_of_comparisons_is_a_scope() {
        for (text, at) in [
            ("a = 1 or b = 2", 0..14),
            ("a = 1 and (b = 2 or c = 3)", 11..25),
            ("a = 1 and not (b = 2 and c = 3)", 15..30),
            ("not time last 2h", 4..16),
            ("not everywhere", 4..14),
        ] {
            let errors = Scope::parse(text).unwrap_err();
            let site = errors.errors()[0].site;
            assert_eq!(errors.errors()[0].kind.code(), "not-layers");
            assert_eq!(site.start..site.end, at, "{text}");
        }
        assert_eq!(Scope::parse("a == 1").unwrap_err().errors()[0].kind.code(), "unknown-operator");
    }

    #[test]
    fn every_operator_is_negated_and_printed_as_it_is_read() {
        for (text, positive) in [
            ("a = 'x'", true),
            ("a != 'x'", false),
            ("a in ('x')", true),
            ("a contains 'x'", true),
            ("a starts with 'x'", true),
            ("a exists", true),
            ("id < 1", true),
            ("id <= 1", true),
            ("id > 1", true),
            ("id >= 1", true),
        ] {
            let layer = layer(text);
            let operator = layer.operator();
            let negated = operator.negated().unwrap();
            assert_eq!(negated.negated(), Some(operator), "{text}");
            assert_eq!(operator.denied().is_none(), positive, "{text}");
            let key = layer.key().to_string();
            let values = if layer.values().is_empty() { &[][..] } else { &["1"] };
            assert_eq!(Comparison::new(&key, negated, values).unwrap().operator(), negated);
        }
    }
}
