//! The span of time that flags name, as part of an expression.

use crate::args::Range;
use crate::failure::Result;
use crate::times::Times;
use eventscope::{Comparison, Expr, Operator};

/// A comparison for each flag.
pub(crate) fn terms(range: &Range, times: &Times) -> Result<Vec<Expr>> {
    let mut terms = Vec::new();
    let mut add = |operator, value: &str| -> Result<()> {
        terms.push(Expr::Comparison(Comparison::new("time", operator, &[value])?));
        Ok(())
    };
    if let Some(from) = &range.from {
        add(Operator::GreaterOrEqual, &times.moment(from)?.to_string())?;
    }
    if let Some(to) = &range.to {
        add(Operator::Less, &times.moment(to)?.to_string())?;
    }
    if let Some(last) = range.last {
        add(Operator::Last, &last.to_string())?;
    }
    Ok(terms)
}

/// The expression that all of these must hold for.
pub(crate) fn all(mut terms: Vec<Expr>) -> Expr {
    match terms.len() {
        0 => Expr::Everywhere(eventscope::Site { start: 0, end: 0 }),
        1 => terms.remove(0),
        _ => Expr::And(terms),
    }
}
