//! `verify`, `rebuild`, `labels --allow`:
//! `{ok, checked, segments, repaired?, problems:[..], warnings?:[..]}`.

use crate::warning::Warning;
use eventscope::Report;
use serde::{Deserialize, Serialize};

/// Whether a store is whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// Whether there are no problems.
    pub ok: bool,
    /// Events that were read.
    pub checked: u64,
    /// Segments whose indexes were built again.
    pub segments: u64,
    /// Segments that were stored otherwise before a rebuild; none when nothing was rebuilt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repaired: Option<u64>,
    /// What is wrong, one sentence each.
    pub problems: Vec<String>,
    /// What is odd about what was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

impl From<&Report> for Verified {
    /// Of a report in which nothing was rebuilt.
    fn from(report: &Report) -> Self {
        Self {
            ok: report.is_ok(),
            checked: report.events,
            segments: report.segments,
            repaired: None,
            problems: report.problems.clone(),
            warnings: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Verified;
    use crate::testing::round_trip;
    use crate::warning::{Warning, WarningKind};
    use eventscope::Report;

    #[test]
    fn it_is_read_as_it_was_written() {
        let mut verified = Verified::from(&Report::default());
        round_trip(&verified, r#"{"ok":true,"checked":0,"segments":0,"problems":[]}"#);
        verified.repaired = Some(3);
        verified.problems.push("a".to_owned());
        let kind = WarningKind::UnmatchedPattern;
        verified.warnings.push(Warning { kind, message: "odd".to_owned(), suggestion: None });
        let fields = r#""ok":true,"checked":0,"segments":0,"repaired":3,"problems":["a"]"#;
        let warnings = r#""warnings":[{"kind":"unmatched_pattern","message":"odd"}]"#;
        round_trip(&verified, &format!("{{{fields},{warnings}}}"));
    }
}
