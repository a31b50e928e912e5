//! Words for the state of an alert, as the tools have them: one table for all of them.
//!
//! ```text
//! fires           firing active suppressed unprocessed alerting nodata no_data error recovering
//!                 triggered acknowledged unacknowledged
//! is over         resolved
//! is well         ok normal
//! is not said     pending inactive expired paused unknown
//! ```
//!
//! What is well, in a list of what is watched, has not fired; as news it ends what fired. What is
//! not said to fire has not fired. Grafana puts the reason of a state in parentheses behind it:
//! `Normal (NoData)` is well. Any other word is a reject that names it, since what is not known
//! must not become an alarm.
//!
//! The words are those of the API of Alertmanager (active, suppressed, unprocessed), of the rules
//! of Prometheus (firing, pending, inactive, unknown), of Grafana's alerting (`Alerting`,
//! `NoData`), of its legacy alerting (`no_data`, `paused`), of PagerDuty (acknowledged), and of
//! Sysdig (`ACTIVE`, `OK`, triggered, resolved, acknowledged, unacknowledged).

use crate::Reject;

const EXPECTED: &str = "firing, resolved, pending, inactive or another state of an alert";

/// What the state of an alert says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Fires,
    IsOver,
    /// Nothing is wrong with it.
    IsWell,
    /// It is watched, and has not fired so far.
    HasNotFired,
}

impl Standing {
    /// What a word says, in any case.
    ///
    /// # Errors
    /// When the word is none of the table; the reject names it.
    pub(crate) fn of(word: &str) -> Result<Self, Reject> {
        let state = word.split_once(" (").map_or(word, |(state, _)| state);
        Ok(match state.to_ascii_lowercase().as_str() {
            "firing" | "active" | "suppressed" | "unprocessed" | "alerting" | "nodata"
            | "no_data" | "error" | "recovering" | "triggered" | "acknowledged"
            | "unacknowledged" => Self::Fires,
            "resolved" => Self::IsOver,
            "ok" | "normal" => Self::IsWell,
            "pending" | "inactive" | "expired" | "paused" | "unknown" => Self::HasNotFired,
            _ => return Err(Reject::value("state", word, EXPECTED)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Standing;

    #[test]
    fn the_table_of_the_documentation_holds() {
        let rows = [
            ("fires", Standing::Fires),
            ("is over", Standing::IsOver),
            ("is well", Standing::IsWell),
            ("is not said", Standing::HasNotFired),
        ];
        let mut words = 0;
        let mut row = None;
        let table = include_str!("states.rs").lines().filter_map(|line| line.strip_prefix("//! "));
        for line in table.skip_while(|line| *line != "```text").skip(1) {
            if line == "```" {
                break;
            }
            let (name, rest) = line.split_at_checked(16).unwrap_or_default();
            row = rows.iter().find(|(own, _)| *own == name.trim()).or(row);
            for word in rest.split_whitespace() {
                let found = Standing::of(&word.to_uppercase()).ok();
                assert_eq!(found, row.map(|(_, standing)| *standing), "{word}");
                words += 1;
            }
        }
        assert_eq!(words, 20);
    }

    #[test]
    fn a_reason_stands_behind_a_state_and_other_words_are_named() {
        assert_eq!(Standing::of("Normal (MissingSeries)"), Ok(Standing::IsWell));
        assert_eq!(Standing::of("Alerting (NoData)"), Ok(Standing::Fires));
        let refused = Standing::of("banana").unwrap_err().to_string();
        assert!(refused.starts_with("state is `banana`; expected firing"), "{refused}");
    }
}
