//! Any text is an expression, or is refused with errors that point into it. What it means survives
//! printing and reading.

use eventscope_model::Timestamp;
use eventscope_scope::{Filter, Scope, limits, parse};

pub(super) fn read(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match parse(text) {
        Ok(expr) => {
            let filter = expr.lower(Timestamp::MAX);
            assert_eq!(filter.clone().not().not(), filter);
            for printed in [expr.to_string(), filter.to_string()] {
                reads_as(&printed, &filter);
            }
        }
        Err(errors) => {
            for error in errors.errors() {
                assert!(text.get(error.site.start..error.site.end).is_some(), "{error:?}");
            }
            assert!(errors.draw().ends_with('\n'));
        }
    }
    if let Ok(scope) = Scope::parse(text) {
        reads_as(&scope.to_string(), &scope.lower(Timestamp::MAX));
    }
}

/// A printed form is longer than what was typed, so one near a limit may be over it.
fn reads_as(printed: &str, filter: &Filter) {
    match parse(printed) {
        Ok(expr) => assert_eq!(expr.lower(Timestamp::MAX), *filter, "{printed}"),
        Err(errors) => {
            let code = errors.errors().first().map_or("", |error| error.kind.code());
            let over = printed.len() > limits::TEXT_BYTES_MAX || code == "too-deep";
            assert!(over, "{}", errors.draw());
        }
    }
}
