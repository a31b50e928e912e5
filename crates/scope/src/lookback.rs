//! A length of time that ends now: the `2h` of `time last 2h`.

use eventscope_model::Timestamp;
use std::fmt;
use std::str::FromStr;

/// A number of seconds, minutes, hours, days or weeks, as it was written. Several of them, the
/// longest first, are put together in the last: `2h30m` is `150m`.
///
/// ```
/// use eventscope_model::Timestamp;
/// use eventscope_scope::Lookback;
///
/// let day: Lookback = "24h".parse().unwrap();
/// let now: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
/// assert_eq!(day.before(now).to_string(), "2026-11-22T09:00:00Z");
/// assert_eq!(day.to_string(), "24h");
/// assert_eq!("2h30m".parse::<Lookback>().unwrap().to_string(), "150m");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lookback {
    number: u64,
    unit: Unit,
}

/// The unit of a [`Lookback`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
}

/// The letters of the units, with their seconds.
const UNITS: [(char, Unit, u64); 5] = [
    ('s', Unit::Second, 1),
    ('m', Unit::Minute, 60),
    ('h', Unit::Hour, 3_600),
    ('d', Unit::Day, 86_400),
    ('w', Unit::Week, 604_800),
];

impl Lookback {
    /// The length in nanoseconds, at most the length of the whole calendar.
    #[must_use]
    pub fn nanos(self) -> i64 {
        let seconds = UNITS.iter().find(|(_, unit, _)| *unit == self.unit).map_or(0, |row| row.2);
        let nanos = self.number.saturating_mul(seconds).saturating_mul(1_000_000_000);
        i64::try_from(nanos).unwrap_or(i64::MAX)
    }

    /// The instant this long before `now`, at the earliest 1970.
    #[must_use]
    pub fn before(self, now: Timestamp) -> Timestamp {
        now.saturating_add(self.nanos().saturating_neg())
    }
}

impl FromStr for Lookback {
    type Err = NotALookback;

    fn from_str(text: &str) -> Result<Self, NotALookback> {
        let mut sum: Option<(Self, u64)> = None;
        let mut rest = text;
        while !rest.is_empty() || sum.is_none() {
            let digits = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
            let (number, after) = rest
                .split_at_checked(rest.len().saturating_sub(digits.len()))
                .ok_or(NotALookback)?;
            let number: u64 = number.parse().map_err(|_| NotALookback)?;
            let letter = after.chars().next().ok_or(NotALookback)?;
            let (_, unit, seconds) =
                UNITS.into_iter().find(|row| row.0 == letter).ok_or(NotALookback)?;
            let before = match sum {
                None => Some(0),
                // Two of one unit, or a longer one behind a shorter, are a slip.
                Some((sum, longer)) if longer > seconds => {
                    longer.checked_div(seconds).and_then(|times| sum.number.checked_mul(times))
                }
                Some(_) => None,
            };
            let number = before.and_then(|before| before.checked_add(number));
            sum = Some((Self { number: number.ok_or(NotALookback)?, unit }, seconds));
            rest = after.strip_prefix(letter).unwrap_or_default();
        }
        sum.map(|(length, _)| length).ok_or(NotALookback)
    }
}

impl fmt::Display for Lookback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = UNITS.iter().find(|(_, unit, _)| *unit == self.unit).map_or('s', |row| row.0);
        write!(f, "{}{letter}", self.number)
    }
}

/// A text is no length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotALookback;

impl fmt::Display for NotALookback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a length of time; write a number and s, m, h, d or w, as in 2h")
    }
}

impl std::error::Error for NotALookback {}

#[cfg(test)]
mod tests {
    use super::{Lookback, NotALookback};
    use eventscope_model::Timestamp;

    #[test]
    fn each_unit_has_its_length() {
        for (text, seconds) in
            [("0s", 0), ("90s", 90), ("2m", 120), ("3h", 10_800), ("1d", 86_400), ("2w", 1_209_600)]
        {
            let lookback: Lookback = text.parse().unwrap();
            assert_eq!(lookback.nanos(), seconds * 1_000_000_000, "{text}");
            assert_eq!(lookback.to_string(), text);
        }
    }

    #[test]
    fn several_units_are_one_length() {
        for (text, printed) in [("2h30m", "150m"), ("1d12h", "36h"), ("1w1d1h1m1s", "694861s")] {
            assert_eq!(text.parse::<Lookback>().unwrap().to_string(), printed);
        }
        assert_eq!("18446744073709551615w1s".parse::<Lookback>(), Err(NotALookback));
    }

    #[test]
    fn a_length_past_the_calendar_reaches_its_start() {
        let lookback: Lookback = "18446744073709551615w".parse().unwrap();
        assert_eq!(lookback.before(Timestamp::MAX), Timestamp::EPOCH);
    }

    #[test]
    fn what_is_no_length() {
        for text in
            ["", "h", "2", "2H", "2hh", "2 h", "-2h", "+2h", "1.5h", "2y", "30m2h", "2h3", "1h1h"]
        {
            assert_eq!(text.parse::<Lookback>(), Err(NotALookback), "{text}");
        }
        assert_eq!("18446744073709551616s".parse::<Lookback>(), Err(NotALookback));
    }
}
