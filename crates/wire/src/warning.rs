//! What is odd about a question that can be answered all the same: `{kind, message, suggestion?}`.

use serde::{Deserialize, Serialize};

/// What is odd about a question, about its answer, or about a list of scope labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// What it is about.
    pub kind: WarningKind,
    /// One sentence.
    pub message: String,
    /// What may have been meant: a key, or a comparison.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

/// What a warning is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WarningKind {
    /// No event has a label, a tag or a field of this name.
    UnknownKey,
    /// A `*` stands where it is a letter like any other.
    NoWildcard,
    /// Another version made the text index, so words are looked for in every event.
    OutdatedTextIndex,
    /// A pattern of scope labels that no label matches.
    UnmatchedPattern,
    /// Something that a later version knows.
    #[serde(other)]
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::{Warning, WarningKind};
    use crate::testing::round_trip;

    #[test]
    fn it_is_read_as_it_was_written() {
        for (kind, name) in [
            (WarningKind::UnknownKey, "unknown_key"),
            (WarningKind::NoWildcard, "no_wildcard"),
            (WarningKind::OutdatedTextIndex, "outdated_text_index"),
            (WarningKind::UnmatchedPattern, "unmatched_pattern"),
        ] {
            let mut warning = Warning { kind, message: "odd".to_owned(), suggestion: None };
            round_trip(&warning, &format!(r#"{{"kind":"{name}","message":"odd"}}"#));
            warning.suggestion = Some("a".to_owned());
            let expected = format!(r#"{{"kind":"{name}","message":"odd","suggestion":"a"}}"#);
            round_trip(&warning, &expected);
        }
        let later = r#"{"kind":"from_the_future","message":"odd"}"#;
        let read: Warning = serde_json::from_str(later).unwrap();
        assert_eq!(read.kind, WarningKind::Unknown);
    }
}
