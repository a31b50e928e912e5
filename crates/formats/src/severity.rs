//! Words for severities, as the tools have them whose events are read: one table for all sources
//! that do not say themselves what their words mean.
//!
//! ```text
//! 0  emergency emerg panic page high
//! 1  alert extreme p1
//! 2  critical crit fatal medium p2
//! 3  error err major severe
//! 4  warning warn minor low moderate p3
//! 5  notice p4
//! 6  informational information info normal none negligible unknown p5
//! 7  debug trace verbose
//! ```
//!
//! The names of syslog mean what they mean there; `high`, `medium` and `low` are the worse of the
//! two levels that people see under these words. The others come from Alertmanager's customs
//! (`page`, `major`, `minor`, `none`), scanners (`negligible`,
//! `unknown`), Kubernetes (`normal`), OpenTelemetry (`fatal`, `trace`), Windows (`verbose`), the
//! Common Alerting Protocol of OASIS (`extreme`, `moderate`) and pagers (`p1` to `p5`).
//! A source whose own table differs, as scanners' does for `critical`, keeps that to itself.

use crate::Reject;
use eventscope_model::{Band, Draft, Severity};
use std::{collections::BTreeMap, error::Error, fmt};

/// What may stand where a severity is expected.
const EXPECTED: &str = "0 to 7, or a word such as error, warning, info, high, medium, low";

/// The severity of a word, in any case.
pub(crate) fn from_word(word: &str) -> Option<Severity> {
    let worse = |band: Band| band.severities()[0];
    let severity = Severity::from_name(word).or_else(|| Band::from_name(word).map(worse));
    if severity.is_some() {
        return severity;
    }
    Some(match word.to_ascii_lowercase().as_str() {
        "panic" | "page" => Severity::Emergency,
        "extreme" | "p1" => Severity::Alert,
        "fatal" | "p2" => Severity::Critical,
        "major" | "severe" => Severity::Error,
        "minor" | "moderate" | "p3" => Severity::Warning,
        "p4" => Severity::Notice,
        "normal" | "none" | "negligible" | "unknown" | "p5" => Severity::Informational,
        "trace" | "verbose" => Severity::Debug,
        _ => return None,
    })
}

/// Severities of words that a user names, whatever the formats say of these words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeverityWords(BTreeMap<String, Severity>);

/// A word that has a severity already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordTaken {
    /// The word, as it was written the second time.
    pub word: String,
}

impl fmt::Display for WordTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the word `{}` is mapped twice", self.word)
    }
}

impl Error for WordTaken {}

impl SeverityWords {
    /// Maps a word, which is compared without regard to case.
    ///
    /// # Errors
    /// When it is mapped already.
    pub fn map(&mut self, word: &str, severity: Severity) -> Result<(), WordTaken> {
        match self.0.insert(key(word), severity) {
            None => Ok(()),
            Some(_) => Err(WordTaken { word: word.to_owned() }),
        }
    }

    /// The severity of a word that was mapped.
    pub(crate) fn get(&self, word: &str) -> Option<Severity> {
        self.0.get(&key(word)).copied()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn key(word: &str) -> String {
    word.trim().to_lowercase()
}

/// The tag of an event whose record says something that is not known: which field.
pub(crate) const UNKNOWN: &str = "eventscope.unknown";

/// The first of some texts that is a level or a known word. If there is none it is the default, and
/// the draft says so if one of them said something.
pub(crate) fn set<'t>(
    draft: &mut Draft,
    texts: impl IntoIterator<Item = Option<&'t str>>,
    default: Severity,
) {
    let mut is_said = false;
    for text in texts.into_iter().flatten() {
        is_said = true;
        if let Ok(severity) = read("severity", text) {
            draft.severity = severity.level();
            return;
        }
    }
    draft.severity = default.level();
    if is_said {
        draft.tags.insert(UNKNOWN, "severity");
    }
}

/// The severity of a syslog level or of a word.
///
/// # Errors
/// When it is neither; the reject names it.
pub(crate) fn read(field: &'static str, text: &str) -> Result<Severity, Reject> {
    let text = text.trim_ascii();
    let number = text.parse().ok().and_then(Severity::from_level);
    number.or_else(|| from_word(text)).ok_or_else(|| Reject::value(field, text, EXPECTED))
}

#[cfg(test)]
mod tests {
    use super::{from_word, read};

    #[test]
    fn the_table_of_the_documentation_holds() {
        let source = include_str!("severity.rs");
        let rows = source.lines().filter_map(|line| line.strip_prefix("//! ")?.split_once("  "));
        let mut words = 0;
        for (level, row) in rows {
            for word in row.split_whitespace() {
                let found = from_word(&word.to_uppercase()).map(|severity| severity.to_string());
                let expected = read("severity", level).unwrap().to_string();
                assert_eq!(found, Some(expected), "{word}");
                words += 1;
            }
        }
        assert_eq!(words, 36);
    }

    #[test]
    fn what_is_no_severity_is_named() {
        for text in ["8", "-1", "loud", "4.5", ""] {
            let refused = read("severity", text).unwrap_err().to_string();
            assert!(refused.starts_with(&format!("severity is `{text}`; expected")), "{refused}");
        }
    }
}
