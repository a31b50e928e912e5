//! The error of a word that names nothing.

use std::fmt;

/// A text is not one of the names, or numbers, that it should be.
///
/// ```
/// use eventscope_model::Severity;
///
/// let error = "loud".parse::<Severity>().unwrap_err();
/// assert_eq!(error.to_string(), "`loud` is not a severity; write 0 to 7 or a syslog name");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseNameError {
    found: String,
    what: &'static str,
    expected: &'static str,
}

impl ParseNameError {
    /// Letters of the text that the message shows.
    const SHOWN_MAX: usize = 64;

    pub(crate) fn new(found: &str, what: &'static str, expected: &'static str) -> Self {
        let shown = found.chars().filter(|letter| !letter.is_control());
        Self { found: shown.take(Self::SHOWN_MAX).collect(), what, expected }
    }
}

impl fmt::Display for ParseNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not {}; write {}", self.found, self.what, self.expected)
    }
}

impl std::error::Error for ParseNameError {}
