//! The scope of an event as text: its labels as `key = 'value' and ..`.

use crate::Reject;
use eventscope_model::Labels;

/// The labels that an expression asks for.
///
/// # Errors
/// When the expression is anything but layers of `=` joined by `and`.
pub(crate) fn read(text: &str) -> Result<Labels, Reject> {
    let refused = || Reject::value("scope", text, "KEY = 'VALUE' and ..");
    Labels::from_scope(text).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    #[test]
    fn another_expression_is_refused() {
        let reason = super::read("a = 1 or b = 2").unwrap_err().to_string();
        assert_eq!(reason, "scope is `a = 1 or b = 2`; expected KEY = 'VALUE' and ..");
    }
}
