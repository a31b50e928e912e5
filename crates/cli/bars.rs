//! Counts as bars: facets and histograms for people.

use crate::print::{Look, Tone, grouped, visible};
use crate::table::Table;
use crate::times::Times;
use eventscope::{Facet, FacetKey, Severity, Timestamp};
use std::io::{self, Write};

/// Columns of the longest bar.
const BAR_COLUMNS: u64 = 32;

/// A bar in proportion to the greatest count; something, however little, is never shown as nothing.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "128 bits hold the product of two numbers of 64"
)]
fn bar(count: u64, greatest: u64) -> String {
    let columns = u128::from(count) * u128::from(BAR_COLUMNS) / u128::from(greatest.max(1));
    let columns = usize::try_from(columns).unwrap_or(0).max(usize::from(count > 0));
    "#".repeat(columns)
}

/// A facet with its values, the rest of them, and the events without one; nothing when no event
/// was counted.
pub(crate) fn facet(name: &str, facet: &Facet, look: Look, out: &mut impl Write) -> io::Result<()> {
    if facet.values.is_empty() && facet.other == 0 && facet.missing == 0 {
        return Ok(());
    }
    writeln!(out, "{}", look.paint(Tone::Heading, &visible(name)))?;
    let greatest = facet.values.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let mut table = Table::new(&["", ">", "", ""]);
    let mut row = |value: String, count: u64, bar: String| {
        table.row([String::new(), grouped(count), bar, value]);
    };
    for (value, count) in &facet.values {
        row(shown(&facet.key, value), *count, padded(&bar(*count, greatest)));
    }
    for (name, count) in [("(other values)", facet.other), ("(without it)", facet.missing)] {
        if count > 0 {
            row(look.paint(Tone::Faint, name), count, String::new());
        }
    }
    table.write(look, out)
}

/// A value as people read it: severities by their names too.
fn shown(key: &FacetKey, value: &str) -> String {
    let severity = value.parse().ok().and_then(Severity::from_level);
    match severity.filter(|_| *key == FacetKey::Severity) {
        Some(severity) => format!("{value} {severity}"),
        None => visible(value),
    }
}

fn padded(bar: &str) -> String {
    format!("{bar:<width$}", width = BAR_COLUMNS as usize)
}

/// A histogram; runs of empty buckets are one line.
pub(crate) fn histogram(
    buckets: &[(Timestamp, u64)],
    width_nanos: i64,
    times: &Times,
    look: Look,
    out: &mut impl Write,
) -> io::Result<()> {
    if buckets.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", look.paint(Tone::Heading, "time"))?;
    let greatest = buckets.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let mut table = Table::new(&["", "", ">", ""]);
    let mut expected = None;
    for (start, count) in buckets {
        if expected.is_some_and(|expected| expected != *start) {
            table.row([String::new(), "...".to_owned(), "0".to_owned(), String::new()]);
        }
        let start_text = times.full(*start);
        table.row([String::new(), start_text, grouped(*count), bar(*count, greatest)]);
        expected = Some(start.saturating_add(width_nanos));
    }
    table.write(look, out)
}

#[cfg(test)]
mod tests {
    use super::{bar, histogram};
    use crate::print::Look;
    use crate::times::Times;
    use eventscope::Timestamp;

    #[test]
    fn bars_are_in_proportion() {
        assert_eq!(bar(8, 8).len(), 32);
        assert_eq!(bar(4, 8).len(), 16);
        assert_eq!(bar(1, 1_000).len(), 1);
        assert_eq!(bar(0, 0).len(), 0);
        assert_eq!(bar(u64::MAX, u64::MAX).len(), 32);
    }

    #[test]
    fn a_gap_in_time_is_shown() {
        let at = |hour: i64| Timestamp::from_unix(hour * 3_600).unwrap();
        let mut out = Vec::new();
        let buckets = [(at(0), 1), (at(1), 2), (at(5), 1)];
        let times = Times::at(at(9), jiff::tz::TimeZone::UTC);
        histogram(&buckets, 3_600_000_000_000, &times, Look::plain(None), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let rows: Vec<_> = text.lines().map(str::trim).collect();
        assert_eq!(rows.len(), 5);
        assert!(rows[2].starts_with("1970-01-01T01:00:00Z  2  ####"), "{text}");
        assert!(rows[3].starts_with("...") && rows[3].ends_with('0'), "{text}");
    }
}
