//! The words of documents and of people: numbers with their thousands apart, lengths of time, and
//! labels as an expression.

use eventscope::Labels;

/// Units with their seconds, the longest first.
const UNITS: [(u64, &str); 4] = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];

/// A number with its thousands apart.
///
/// ```
/// assert_eq!(eventscope_wire::words::grouped(1_234_567), "1,234,567");
/// ```
#[must_use]
#[expect(clippy::arithmetic_side_effects, reason = "a number has at most twenty digits")]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number of things: `1 event`, `1,234 events`.
#[must_use]
pub fn counted(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", grouped(number))
}

/// A length in milliseconds in its longest whole unit.
///
/// ```
/// assert_eq!(eventscope_wire::words::length(179_999), "2 minutes");
/// ```
#[must_use]
#[expect(clippy::arithmetic_side_effects, reason = "no unit is empty")]
pub fn length(ms: u64) -> String {
    let seconds = ms / 1_000;
    match UNITS.iter().find(|(unit, _)| seconds >= *unit) {
        Some((unit, name)) => counted(seconds / unit, name),
        None => counted(ms, "millisecond"),
    }
}

/// Labels as an expression that finds the events that have them; `Everywhere` without labels.
///
/// ```
/// let labels = [("host.hostName", "web-1"), ("team", "it's")].into_iter().collect();
/// let scope = eventscope_wire::words::scope(&labels);
/// assert_eq!(scope, r"host.hostName = 'web-1' and team = 'it\'s'");
/// ```
#[must_use]
pub fn scope(labels: &Labels) -> String {
    if labels.is_empty() { "Everywhere".to_owned() } else { labels.scope() }
}

#[cfg(test)]
mod tests {
    use super::{counted, grouped, length};

    #[test]
    fn numbers_are_grouped() {
        for (number, expected) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")]
        {
            assert_eq!(grouped(number), expected);
        }
        assert_eq!(counted(1, "event"), "1 event");
        assert_eq!(counted(0, "event"), "0 events");
    }

    #[test]
    fn lengths_are_told_in_their_longest_unit() {
        for (ms, expected) in [
            (0, "0 milliseconds"),
            (1, "1 millisecond"),
            (1_999, "1 second"),
            (120_000, "2 minutes"),
            (3_600_000, "1 hour"),
            (259_200_000, "3 days"),
        ] {
            assert_eq!(length(ms), expected);
        }
    }
}
