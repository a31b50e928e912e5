//! Times as people type and read them: in their time zone, and from now.

use crate::args::Place;
use crate::failure::{Failure, Result};
use eventscope::{Clock, Expr, Lookback, ParseTimeError, Timestamp};
use eventscope_formats::LocalTime;
use jiff::tz::TimeZone;
use std::fmt;
use std::str::FromStr;

/// Names the time zone when the command line does not.
const VARIABLE: &str = "EVENTSCOPE_TZ";
/// Nanoseconds of a day without a change of the clocks.
const DAY: i64 = 86_400_000_000_000;

/// The present time and the zone of whoever asks.
#[derive(Clone, Debug)]
pub(crate) struct Times {
    pub(crate) now: Timestamp,
    zone: TimeZone,
}

/// A time as it was typed, which may mean another one tomorrow or elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moment(String);

/// A text is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotAMoment(ParseTimeError);

impl fmt::Display for NotAMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ParseTimeError::Malformed => f.write_str(
                "not a time; write 2026-11-23 09:00, 2026-11-23T09:00:00Z, 2026-11-23, 2026, \
                 10:30, now, today, yesterday, 2h30m (ago), or a Unix number of nine digits or \
                 more",
            ),
            ParseTimeError::OutOfRange => write!(f, "{}", self.0),
        }
    }
}

impl std::error::Error for NotAMoment {}

impl FromStr for Moment {
    type Err = NotAMoment;

    /// Only takes what is a time everywhere.
    fn from_str(text: &str) -> std::result::Result<Self, NotAMoment> {
        let times = Times::at(Clock::default().now(), TimeZone::UTC);
        times.read(text).map(|_| Self(text.to_owned())).map_err(NotAMoment)
    }
}

impl Times {
    /// What the command line and the environment say.
    pub(crate) fn of(place: &Place) -> Result<Self> {
        let variable = || std::env::var(VARIABLE).ok().filter(|name| !name.is_empty());
        let zone = match place.tz.clone().or_else(variable) {
            Some(name) => zone(&name)?,
            None => TimeZone::UTC,
        };
        let times = Self::at(Clock::default().now(), zone);
        match &place.now {
            Some(moment) => Ok(Self { now: times.moment(moment)?, ..times }),
            None => Ok(times),
        }
    }

    pub(crate) fn at(now: Timestamp, zone: TimeZone) -> Self {
        Self { now, zone }
    }

    /// The instant that was meant.
    pub(crate) fn moment(&self, typed: &Moment) -> Result<Timestamp> {
        let text = &typed.0;
        self.read(text)
            .map_err(|error| Failure::usage(format!("'{text}' is {}", NotAMoment(error))))
    }

    /// Reads an expression, whose times may be typed in the same ways.
    pub(crate) fn expr(&self, text: &str) -> Result<Expr> {
        Ok(eventscope::parse_with(text, &|text| self.read(text))?)
    }

    /// The instant of a text.
    pub(crate) fn read(&self, text: &str) -> std::result::Result<Timestamp, ParseTimeError> {
        let text = text.trim();
        let lower = text.to_ascii_lowercase();
        let (word, rest) = lower.split_once(' ').unwrap_or((&lower, ""));
        let day = match lower.as_str() {
            "now" => return Ok(self.now),
            "today" => Some((0, "")),
            "tomorrow" => Some((1, "")),
            "yesterday" => Some((-1, "")),
            _ if is_clock(&lower) => Some((0, lower.as_str())),
            _ => match word {
                "today" if is_clock(rest) => Some((0, rest)),
                "yesterday" if is_clock(rest) => Some((-1, rest)),
                "tomorrow" if is_clock(rest) => Some((1, rest)),
                _ => None,
            },
        };
        if let Some((days, clock)) = day {
            return self.read_dated(&format!("{} {clock}", self.date(days)));
        }
        let length = lower.strip_suffix(" ago").unwrap_or(&lower);
        match length.strip_prefix('-').unwrap_or(length).parse::<Lookback>() {
            Ok(length) => Ok(length.before(self.now)),
            Err(_) => self.read_dated(text),
        }
    }

    /// Reads a text that has a date of its own.
    fn read_dated(&self, text: &str) -> std::result::Result<Timestamp, ParseTimeError> {
        let text = text.trim();
        let time = Timestamp::parse_typed(text)?;
        // Behind the date, these say from where the time is.
        let clock = text.get(10..).unwrap_or_default();
        let is_number = text.len() > 4 && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_number || clock.contains(['z', 'Z', '+', '-']) {
            return Ok(time);
        }
        self.in_zone(time).ok_or(ParseTimeError::OutOfRange)
    }

    fn in_zone(&self, utc: Timestamp) -> Option<Timestamp> {
        in_zone(&self.zone, utc)
    }

    /// The zone for times of dumps that are written without an offset.
    pub(crate) fn local(&self, name: &str) -> LocalTime {
        let zone = self.zone.clone();
        LocalTime::new(name, move |utc| in_zone(&zone, utc))
    }

    /// The date so many days after today, in the zone.
    fn date(&self, days: i64) -> String {
        let (date, _) = self.civil(self.civil_now().saturating_add(days.saturating_mul(DAY)));
        date
    }

    /// Date and clock of an instant in UTC.
    fn civil(&self, time: Timestamp) -> (String, String) {
        let text = time.to_string();
        let (date, clock) = text.split_once('T').unwrap_or((&text, ""));
        (date.to_owned(), clock.trim_end_matches('Z').to_owned())
    }

    fn civil_now(&self) -> Timestamp {
        self.shifted(self.now)
    }

    /// The instant whose date and clock in UTC are those of another one in the zone.
    fn shifted(&self, time: Timestamp) -> Timestamp {
        let offset = i64::from(self.zone.to_offset(jiff(time)).seconds());
        time.saturating_add(offset.saturating_mul(1_000_000_000))
    }

    /// The date and the clock of an instant, with whole seconds, and what the zone is called then.
    pub(crate) fn date_and_clock(&self, time: Timestamp) -> (String, String) {
        let (date, clock) = self.civil(self.shifted(time));
        let clock = clock.get(..8).unwrap_or(&clock).to_owned();
        (format!("{date} {}", self.name(time)), clock)
    }

    /// What the zone is called at a time: `UTC`, `CET (+01:00)`.
    fn name(&self, time: Timestamp) -> String {
        let info = self.zone.to_offset_info(jiff(time));
        let offset = offset(info.offset());
        match info.abbreviation() {
            "UTC" => "UTC".to_owned(),
            // Zones without letters of their own are called by their offset.
            name if name.starts_with(['+', '-']) => offset,
            name => format!("{name} ({offset})"),
        }
    }

    /// An instant with its offset, to the fraction.
    pub(crate) fn full(&self, time: Timestamp) -> String {
        let now = self.zone.to_offset(jiff(time));
        if now.is_zero() {
            return time.to_string();
        }
        let text = self.shifted(time).to_string();
        format!("{}{}", text.trim_end_matches('Z'), offset(now))
    }
}

/// The instant whose date and clock in a zone are those of another one in UTC.
fn in_zone(zone: &TimeZone, utc: Timestamp) -> Option<Timestamp> {
    let civil = jiff(utc).to_zoned(TimeZone::UTC).datetime();
    let zoned = zone.to_ambiguous_zoned(civil).compatible().ok()?;
    Timestamp::from_nanos(i64::try_from(zoned.timestamp().as_nanosecond()).ok()?)
}

fn jiff(time: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_nanosecond(time.nanos().into()).unwrap_or(jiff::Timestamp::MAX)
}

/// `+01:00`; offsets of the nineteenth century lose their seconds.
fn offset(offset: jiff::tz::Offset) -> String {
    let minutes = offset.seconds().unsigned_abs() / 60;
    let sign = if offset.is_negative() { '-' } else { '+' };
    let (hours, minutes) = (minutes / 60, minutes % 60);
    format!("{sign}{hours:02}:{minutes:02}")
}

/// Whether a text is a time of day: `10:00`, `10:00:30`.
fn is_clock(text: &str) -> bool {
    let shape = |byte: u8| if byte.is_ascii_digit() { b'0' } else { byte };
    let shape: Vec<u8> = text.bytes().map(shape).collect();
    matches!(shape.as_slice(), b"00:00" | b"00:00:00")
}

fn zone(name: &str) -> Result<TimeZone> {
    let unknown = || {
        Failure::usage(format!(
            "'{name}' is no time zone; write local, UTC, +09:00, or a name as in Europe/Berlin"
        ))
    };
    match name.to_ascii_lowercase().as_str() {
        "utc" | "z" => Ok(TimeZone::UTC),
        "local" => TimeZone::try_system()
            .map_err(|error| Failure::caused("the system does not say its time zone", &error)),
        _ => fixed(name).or_else(|| TimeZone::get(name).ok()).ok_or_else(unknown),
    }
}

/// The zone of an offset: `+09:00`, `-0330`, `+9`.
fn fixed(text: &str) -> Option<TimeZone> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let cut = || digits.split_at_checked(digits.len().min(2));
    let (hours, minutes) = digits.split_once(':').or_else(cut)?;
    let hours: i32 = hours.parse().ok().filter(|hours| (0..24).contains(hours))?;
    let minutes = if minutes.is_empty() { Some(0) } else { minutes.parse().ok() };
    let minutes: i32 = minutes.filter(|minutes| (0..60).contains(minutes))?;
    let seconds =
        hours.checked_mul(60)?.checked_add(minutes)?.checked_mul(60)?.checked_mul(sign)?;
    Some(jiff::tz::Offset::from_seconds(seconds).ok()?.to_time_zone())
}

#[cfg(test)]
mod tests {
    use super::{Times, zone};
    use eventscope::{ParseTimeError, Timestamp};

    fn times(name: &str) -> Times {
        Times::at("2026-11-23T16:30:00Z".parse().unwrap(), zone(name).unwrap())
    }

    #[track_caller]
    fn reads(name: &str, text: &str, expected: &str) {
        let time = times(name).read(text).map(|time| time.to_string());
        assert_eq!(time, Ok(expected.to_owned()), "{text} in {name}");
    }

    #[test]
    fn times_are_read_from_now() {
        for (text, expected) in [
            ("now", "2026-11-23T16:30:00Z"),
            ("today", "2026-11-23T00:00:00Z"),
            ("Yesterday", "2026-11-22T00:00:00Z"),
            ("tomorrow", "2026-11-24T00:00:00Z"),
            ("yesterday 10:00", "2026-11-22T10:00:00Z"),
            ("today 10:00:07", "2026-11-23T10:00:07Z"),
            ("10:30", "2026-11-23T10:30:00Z"),
            ("2h30m", "2026-11-23T14:00:00Z"),
            ("-2h", "2026-11-23T14:30:00Z"),
            ("2h ago", "2026-11-23T14:30:00Z"),
            ("2026-11-19 10:00", "2026-11-19T10:00:00Z"),
            ("2023", "2023-01-01T00:00:00Z"),
            ("1795424940", "2026-11-23T09:09:00Z"),
        ] {
            reads("UTC", text, expected);
        }
        for text in ["", "soon", "25:00", "yesterday 10", "12345", "2 hours", "todayx", "- 2h"] {
            assert_eq!(times("UTC").read(text), Err(ParseTimeError::Malformed), "{text}");
        }
    }

    #[test]
    fn times_without_an_offset_are_those_of_the_zone() {
        let tokyo = "Asia/Tokyo";
        reads(tokyo, "today", "2026-11-23T15:00:00Z");
        reads(tokyo, "yesterday 10:00", "2026-11-23T01:00:00Z");
        reads(tokyo, "10:30", "2026-11-24T01:30:00Z");
        reads(tokyo, "2026-11-19 10:00", "2026-11-19T01:00:00Z");
        reads(tokyo, "2026-11-19", "2026-11-18T15:00:00Z");
        reads(tokyo, "2026", "2025-12-31T15:00:00Z");
        reads(tokyo, "2026-11-19T10:00:00Z", "2026-11-19T10:00:00Z");
        reads(tokyo, "2026-11-19 10:00+01:00", "2026-11-19T09:00:00Z");
        reads(tokyo, "1795424940", "2026-11-23T09:09:00Z");
        reads(tokyo, "-2h", "2026-11-23T14:30:00Z");
        reads("Europe/Berlin", "2026-07-01 12:00", "2026-07-01T10:00:00Z");
        reads("-03:30", "today", "2026-11-23T03:30:00Z");
        reads("+9", "10:30", "2026-11-24T01:30:00Z");
        for name in ["Mars/Olympus", "+", "+24", "+09:60", "-", "+1:2:3:4"] {
            assert!(zone(name).is_err(), "{name}");
        }
    }

    #[test]
    fn times_are_shown_with_their_zone() {
        let time: Timestamp = "2026-11-23T16:30:00.250Z".parse().unwrap();
        let shown = |name: &str| {
            let (date, clock) = times(name).date_and_clock(time);
            [date, clock, times(name).full(time)]
        };
        assert_eq!(shown("utc"), ["2026-11-23 UTC", "16:30:00", "2026-11-23T16:30:00.250Z"]);
        let expected = ["2026-11-24 JST (+09:00)", "01:30:00", "2026-11-24T01:30:00.250+09:00"];
        assert_eq!(shown("Asia/Tokyo"), expected);
        let expected = ["2026-11-23 -03:00", "13:30:00", "2026-11-23T13:30:00.250-03:00"];
        assert_eq!(shown("America/Sao_Paulo"), expected);
    }
}
