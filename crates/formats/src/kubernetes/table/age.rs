//! Ages as kubectl prints them (`k8s.io/apimachinery/pkg/util/duration`): `5m12s`, `2d3h`.
//!
//! An age has at most two units, so it is right to a second at first and to a day later. One that
//! lies ahead is `<invalid>`, a time that is not set `<unknown>`. `kubectl events` adds how often
//! an event was seen, and since when: `5m12s (x3 over 20m)`. Old versions print an instant in a
//! watch.

use crate::times::{self, Zone};
use eventscope_model::Timestamp;

/// When an event was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) age: Age,
    /// How often, if that is said.
    pub(super) count: Option<u64>,
    /// How long ago the first time was, if that is said.
    pub(super) first: Option<Age>,
}

/// How long ago something was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    Nanos(i64),
    Instant(Timestamp, Zone),
    Unknown,
}

/// Units and their nanoseconds; a year is 365 days.
const UNITS: [(char, i64); 5] = [
    ('y', 31_536_000_000_000_000),
    ('d', 86_400_000_000_000),
    ('h', 3_600_000_000_000),
    ('m', 60_000_000_000),
    ('s', 1_000_000_000),
];

impl Seen {
    /// Reads a cell; `None` if it is something else.
    pub(super) fn read(cell: &str) -> Option<Self> {
        let once = |age| Self { age, count: None, first: None };
        if let Some(age) = read(cell) {
            return Some(once(age));
        }
        let (age, more) = cell.split_once(" (x")?;
        let (count, first) = more.strip_suffix(')')?.split_once(" over ")?;
        let (age, first) = (read(age)?, read(first)?);
        Some(Self { age, count: Some(count.parse().ok()?), first: Some(first) })
    }
}

fn read(text: &str) -> Option<Age> {
    match text {
        "<unknown>" => return Some(Age::Unknown),
        // It is ahead by the clock of whoever printed it: by seconds, as clocks differ.
        "<invalid>" => return Some(Age::Nanos(0)),
        _ => {}
    }
    if let Some(nanos) = nanos(text) {
        return Some(Age::Nanos(nanos));
    }
    if !text.contains(['-', ':']) {
        return None;
    }
    times::read(text).ok().map(|(time, zone)| Age::Instant(time, zone))
}

fn nanos(text: &str) -> Option<i64> {
    let mut sum = 0_i64;
    let mut rest = text;
    let mut units = UNITS.iter();
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let (digits, unit) = rest.split_at_checked(end)?;
        let letter = unit.chars().next()?;
        // From larger to smaller ones.
        let (_, nanos) = units.find(|(own, _)| *own == letter)?;
        sum = sum.checked_add(digits.parse::<i64>().ok()?.checked_mul(*nanos)?)?;
        rest = unit.get(1..)?;
    }
    (!text.is_empty()).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::{Age, Seen};

    #[test]
    fn ages() {
        let seconds = |text: &str| match Seen::read(text).unwrap().age {
            Age::Nanos(nanos) => nanos / 1_000_000_000,
            other => panic!("{text}: {other:?}"),
        };
        let found = ["0s", "119s", "5m12s", "12m", "3h5m", "47h", "2d3h", "9d", "3y20d", "8y"];
        assert_eq!(
            found.map(seconds),
            [0, 119, 312, 720, 11_100, 169_200, 183_600, 777_600, 96_336_000, 252_288_000]
        );
        assert_eq!(seconds("<invalid>"), 0);
        assert_eq!(Seen::read("<unknown>").unwrap().age, Age::Unknown);
        let often = Seen::read("5m12s (x3 over 20m)").unwrap();
        assert_eq!((often.count, often.age), (Some(3), Age::Nanos(312_000_000_000)));
        assert_eq!(often.first, Some(Age::Nanos(1_200_000_000_000)));
        let instant = Seen::read("2018-03-01 10:00:00 +0000 UTC").unwrap().age;
        assert!(
            matches!(instant, Age::Instant(time, _) if time.to_string() == "2018-03-01T10:00:00Z")
        );
    }

    #[test]
    fn what_is_no_age() {
        for text in ["", "5", "m", "5x", "5m5h", "s5", "5m (x over 2m)", "5m (x3 over)", "1e3s"] {
            assert_eq!(Seen::read(text), None, "{text}");
        }
        assert_eq!(Seen::read("99999999999999999999d"), None);
        assert_eq!(Seen::read("9999999999y"), None);
    }
}
