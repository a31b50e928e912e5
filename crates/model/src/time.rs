//! Instants: nanoseconds since 1970, UTC, read from and written as RFC 3339.
//!
//! The calendar is the proleptic Gregorian one without leap seconds, as in Unix time. Only what
//! event dumps need is here: no zones beyond a fixed offset, no local time.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "years have four digits, so seconds have twelve; what nears 2^63 is checked"
)]

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// An instant between 1970-01-01 and 2262-04-11, to the nanosecond.
///
/// ```
/// use eventscope_model::Timestamp;
///
/// let time: Timestamp = "2026-11-23T10:09:00.5+01:00".parse().unwrap();
/// assert_eq!(time.to_string(), "2026-11-23T09:09:00.500Z");
/// assert_eq!(Timestamp::from_unix(1_795_424_940), Ok("2026-11-23T09:09:00Z".parse().unwrap()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// So many digits that a person types are a year.
const YEAR_DIGITS: usize = 4;
/// Fewer digits that a person types are no Unix number: the first of these was in 1973.
const UNIX_DIGITS_MIN: usize = 9;
/// The length of `2026-11`.
const MONTH_BYTES: usize = 7;

impl Timestamp {
    /// 1970-01-01T00:00:00Z, the earliest instant.
    pub const EPOCH: Self = Self(0);
    /// 2262-04-11T23:47:16.854775807Z, the latest instant.
    pub const MAX: Self = Self(i64::MAX);

    /// The instant so many nanoseconds after 1970; `None` before that.
    #[must_use]
    pub fn from_nanos(nanos: i64) -> Option<Self> {
        (nanos >= 0).then_some(Self(nanos))
    }

    /// What the clock of the system says; the nearest instant of the range if that is out of it.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is where programs get the time from")]
    pub fn now() -> Self {
        let now = SystemTime::now();
        let outside = if now < UNIX_EPOCH { Self::EPOCH } else { Self::MAX };
        Self::try_from(now).unwrap_or(outside)
    }

    /// Nanoseconds since 1970, never negative.
    #[must_use]
    pub fn nanos(self) -> i64 {
        self.0
    }

    /// The instant of a Unix number whose unit is told by its magnitude: seconds below 10^11,
    /// milliseconds below 10^14, microseconds below 10^17, nanoseconds from there on.
    ///
    /// # Errors
    /// [`ParseTimeError::OutOfRange`] when it lies outside 1970 to 2262.
    pub fn from_unix(number: i64) -> Result<Self, ParseTimeError> {
        if number < 0 {
            return Err(ParseTimeError::OutOfRange);
        }
        number.checked_mul(unit_of(number)).map(Self).ok_or(ParseTimeError::OutOfRange)
    }

    /// The instant of a text: RFC 3339 with any offset and precision (a blank may stand for the
    /// `T`, digits past nanoseconds are dropped), a date (00:00 UTC), or a Unix number.
    ///
    /// # Errors
    /// [`ParseTimeError`] says whether it is no time at all or outside 1970 to 2262.
    pub fn parse(text: &str) -> Result<Self, ParseTimeError> {
        let bytes = text.as_bytes();
        if !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit) {
            return Self::from_unix(text.parse().map_err(|_| ParseTimeError::OutOfRange)?);
        }
        Self::read(bytes, |reader| {
            let (seconds, nanos) = reader.clock()?;
            Ok((seconds - reader.offset()?, nanos))
        })
    }

    /// The instant of a date, which a clock may follow: seconds of the day in UTC, nanoseconds.
    fn read(
        bytes: &[u8],
        clock: impl Fn(&mut Reader<'_>) -> Result<(i64, i64), ParseTimeError>,
    ) -> Result<Self, ParseTimeError> {
        let mut reader = Reader { rest: bytes };
        let days = reader.date()?;
        if reader.rest.is_empty() {
            return Self::from_parts(days, 0, 0);
        }
        if !matches!(reader.next(), Some(b'T' | b't' | b' ')) {
            return Err(ParseTimeError::Malformed);
        }
        let (seconds, nanos) = clock(&mut reader)?;
        Self::from_parts(days, seconds, nanos)
    }

    /// As [`Timestamp::parse`], for texts of programs that write no offset and mean UTC
    /// (`2020-09-21 19:01:22.123`), or a Unix number with a fraction (`1600714882.123`).
    ///
    /// # Errors
    /// As [`Timestamp::parse`].
    pub fn parse_or_utc(text: &str) -> Result<Self, ParseTimeError> {
        if let Some((whole, fraction)) = text.split_once('.')
            && !whole.is_empty()
            && whole.bytes().all(|byte| byte.is_ascii_digit())
        {
            let whole = whole.parse().map_err(|_| ParseTimeError::OutOfRange)?;
            let mut reader = Reader { rest: fraction.as_bytes() };
            let nanos = reader.fraction(unit_of(whole))?;
            return match reader.rest {
                [] => Ok(Self::from_unix(whole)?.saturating_add(nanos)),
                _ => Err(ParseTimeError::Malformed),
            };
        }
        let mut reader = Reader { rest: text.as_bytes() };
        if let Ok(days) = reader.date()
            && matches!(reader.next(), Some(b'T' | b't' | b' '))
            && let Ok((seconds, nanos)) = reader.clock()
            && reader.rest.is_empty()
        {
            return Self::from_parts(days, seconds, nanos);
        }
        Self::parse(text)
    }

    /// The instant of a text that a person typed: a year, a month, a date, or a date and a clock
    /// with or without seconds, all of which are UTC if no offset says otherwise; or a Unix number
    /// of nine digits or more.
    ///
    /// ```
    /// use eventscope_model::Timestamp;
    ///
    /// let typed = |text| Timestamp::parse_typed(text).unwrap().to_string();
    /// assert_eq!(typed("2026"), "2026-01-01T00:00:00Z");
    /// assert_eq!(typed("2026-11-19 10:00"), "2026-11-19T10:00:00Z");
    /// ```
    ///
    /// # Errors
    /// As [`Timestamp::parse`].
    pub fn parse_typed(text: &str) -> Result<Self, ParseTimeError> {
        let bytes = text.as_bytes();
        if !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit) {
            return match bytes.len() {
                YEAR_DIGITS => Self::parse(&format!("{text}-01-01")),
                ..UNIX_DIGITS_MIN => Err(ParseTimeError::Malformed),
                _ => Self::parse(text),
            };
        }
        if bytes.len() == MONTH_BYTES {
            return Self::parse(&format!("{text}-01"));
        }
        Self::read(bytes, |reader| {
            let (seconds, nanos) = reader.typed_clock()?;
            let offset = if reader.rest.is_empty() { 0 } else { reader.offset()? };
            Ok((seconds - offset, nanos))
        })
    }

    /// This instant plus a number of nanoseconds, kept within the range.
    #[must_use]
    pub fn saturating_add(self, nanos: i64) -> Self {
        Self(self.0.saturating_add(nanos).max(0))
    }

    fn from_parts(days: i64, seconds: i64, nanos: i64) -> Result<Self, ParseTimeError> {
        let seconds = days * SECONDS_PER_DAY + seconds;
        seconds
            .checked_mul(NANOS_PER_SECOND)
            .and_then(|whole| whole.checked_add(nanos))
            .and_then(Self::from_nanos)
            .ok_or(ParseTimeError::OutOfRange)
    }
}

/// The instant of a clock of the system.
///
/// ```
/// use eventscope_model::Timestamp;
/// use std::time::{Duration, SystemTime};
///
/// let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_500);
/// assert_eq!(Timestamp::try_from(time)?.to_string(), "1970-01-01T00:00:01.500Z");
/// assert_eq!(SystemTime::from(Timestamp::try_from(time)?), time);
/// # Ok::<(), eventscope_model::ParseTimeError>(())
/// ```
impl TryFrom<SystemTime> for Timestamp {
    type Error = ParseTimeError;

    fn try_from(time: SystemTime) -> Result<Self, ParseTimeError> {
        let since = time.duration_since(UNIX_EPOCH).ok();
        let nanos = since.and_then(|since| i64::try_from(since.as_nanos()).ok());
        nanos.map(Self).ok_or(ParseTimeError::OutOfRange)
    }
}

impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        UNIX_EPOCH + Duration::from_nanos(time.0.unsigned_abs())
    }
}

impl std::str::FromStr for Timestamp {
    type Err = ParseTimeError;

    fn from_str(text: &str) -> Result<Self, ParseTimeError> {
        Self::parse(text)
    }
}

/// RFC 3339 in UTC with 0, 3, 6 or 9 digits of fraction, the fewest that lose nothing.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = (self.0 / NANOS_PER_SECOND, self.0 % NANOS_PER_SECOND);
        let (days, clock) = (seconds / SECONDS_PER_DAY, seconds % SECONDS_PER_DAY);
        let (year, month, day) = civil_from_days(days);
        let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        match nanos {
            0 => {}
            _ if nanos % 1_000_000 == 0 => write!(f, ".{:03}", nanos / 1_000_000)?,
            _ if nanos % 1_000 == 0 => write!(f, ".{:06}", nanos / 1_000)?,
            _ => write!(f, ".{nanos:09}")?,
        }
        f.write_str("Z")
    }
}

/// Why a text is no instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseTimeError {
    /// It is not written as a time.
    Malformed,
    /// It is a time, but before 1970 or after 2262-04-11.
    OutOfRange,
}

impl fmt::Display for ParseTimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => {
                "not a time; write 2026-11-23T09:00:00Z, 2026-11-23 or a Unix number"
            }
            Self::OutOfRange => "time outside 1970 to 2262",
        })
    }
}

impl std::error::Error for ParseTimeError {}

/// Reads the parts of a time from the front of some bytes.
struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn expect(&mut self, byte: u8) -> Result<(), ParseTimeError> {
        if self.next() == Some(byte) { Ok(()) } else { Err(ParseTimeError::Malformed) }
    }

    /// A number of exactly so many digits, at most `max`.
    fn number(&mut self, digits: usize, max: i64) -> Result<i64, ParseTimeError> {
        let mut value = 0;
        for _ in 0..digits {
            let digit = self.next().filter(u8::is_ascii_digit).ok_or(ParseTimeError::Malformed)?;
            value = value * 10 + i64::from(digit - b'0');
        }
        if value > max { Err(ParseTimeError::Malformed) } else { Ok(value) }
    }

    /// `YYYY-MM-DD` as days since 1970.
    fn date(&mut self) -> Result<i64, ParseTimeError> {
        let year = self.number(4, 9999)?;
        self.expect(b'-')?;
        let month = self.number(2, 12)?;
        self.expect(b'-')?;
        let day = self.number(2, 31)?;
        if month == 0 || day == 0 || day > days_in_month(year, month) {
            return Err(ParseTimeError::Malformed);
        }
        Ok(days_from_civil(year, month, day))
    }

    /// `HH:MM:SS[.fraction]` as seconds of the day and nanoseconds. Second 60 of a leap second is
    /// the first of the next minute, as in Unix time.
    fn clock(&mut self) -> Result<(i64, i64), ParseTimeError> {
        let hour = self.number(2, 23)?;
        self.expect(b':')?;
        let minute = self.number(2, 59)?;
        self.expect(b':')?;
        let second = self.number(2, 60)?;
        let mut nanos = 0;
        if matches!(self.rest.first(), Some(b'.' | b',')) {
            self.next();
            nanos = self.fraction(NANOS_PER_SECOND)?;
        }
        Ok((hour * 3600 + minute * 60 + second, nanos))
    }

    /// A clock whose seconds may be missing.
    fn typed_clock(&mut self) -> Result<(i64, i64), ParseTimeError> {
        if self.rest.get(5) == Some(&b':') {
            return self.clock();
        }
        let hour = self.number(2, 23)?;
        self.expect(b':')?;
        Ok((hour * 3600 + self.number(2, 59)? * 60, 0))
    }

    /// At least one digit after a point, as nanoseconds; digits past them are dropped.
    fn fraction(&mut self, unit: i64) -> Result<i64, ParseTimeError> {
        let (mut nanos, mut place) = (0, unit / 10);
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return Err(ParseTimeError::Malformed);
        }
        for _ in 0..digits {
            nanos += place * self.number(1, 9)?;
            place /= 10;
        }
        Ok(nanos)
    }

    /// `Z`, `+HH:MM` or `+HHMM`, up to the end, as seconds east of UTC.
    fn offset(&mut self) -> Result<i64, ParseTimeError> {
        let sign = match self.next() {
            Some(b'Z' | b'z') if self.rest.is_empty() => return Ok(0),
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Err(ParseTimeError::Malformed),
        };
        let hours = self.number(2, 23)?;
        if self.rest.first() == Some(&b':') {
            self.next();
        }
        let minutes = self.number(2, 59)?;
        if self.rest.is_empty() {
            Ok(sign * (hours * 3600 + minutes * 60))
        } else {
            Err(ParseTimeError::Malformed)
        }
    }
}

/// Nanoseconds of the unit that a Unix number is in, by its magnitude.
fn unit_of(number: i64) -> i64 {
    match number {
        ..100_000_000_000 => NANOS_PER_SECOND,
        100_000_000_000..100_000_000_000_000 => 1_000_000,
        100_000_000_000_000..100_000_000_000_000_000 => 1_000,
        _ => 1,
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970 of a date. Years are counted from March, so that the leap day is the last of
/// its year; 400 years are 146,097 days, and March to January alternate over 153 days per five
/// months.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date of a number of days since 1970: the inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::{ParseTimeError, Timestamp};
    use proptest::prelude::*;

    #[track_caller]
    fn reads(text: &str, printed: &str) {
        assert_eq!(Timestamp::parse(text).map(|time| time.to_string()), Ok(printed.to_owned()));
    }

    #[test]
    fn all_forms_of_a_time() {
        reads("2026-11-23T09:09:00Z", "2026-11-23T09:09:00Z");
        reads("2026-11-23t09:09:00.123456789z", "2026-11-23T09:09:00.123456789Z");
        reads("2026-11-23T09:09:00.1234567891234Z", "2026-11-23T09:09:00.123456789Z");
        reads("2026-11-23 09:09:00.1+0200", "2026-11-23T07:09:00.100Z");
        reads("2024-02-29", "2024-02-29T00:00:00Z");
        reads("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z");
        reads("1795424940", "2026-11-23T09:09:00Z");
        reads("1795424940123", "2026-11-23T09:09:00.123Z");
        reads("1795424940123456", "2026-11-23T09:09:00.123456Z");
        reads("1795424940123456789", "2026-11-23T09:09:00.123456789Z");
    }

    #[test]
    fn a_time_without_offset_may_be_taken_as_utc() {
        let utc = |text: &str| Timestamp::parse_or_utc(text).map(|time| time.to_string());
        let same = |text: &str| assert_eq!(utc(text), Ok(text.replace(' ', "T") + "Z"), "{text}");
        same("2020-09-21 19:01:22.123");
        same("2019-01-02T03:50:11.315110");
        same("2019-01-02T03:50:11");
        for text in ["2018-03-24T14:37:19-0600", "2024-02-29", "1795424940123", "", "now"] {
            assert_eq!(Timestamp::parse_or_utc(text), Timestamp::parse(text), "{text}");
        }
        assert_eq!(utc("1600714882.1230000005"), Ok("2020-09-21T19:01:22.123Z".to_owned()));
        assert_eq!(utc("1600714882123.25"), Ok("2020-09-21T19:01:22.123250Z".to_owned()));
        for text in ["1600714882.", ".5", "1600714882.5x", "2019-01-02T03:50", "2019-01-02T"] {
            assert_eq!(Timestamp::parse_or_utc(text), Err(ParseTimeError::Malformed), "{text}");
        }
        let far = Timestamp::parse_or_utc("99999999999.5");
        assert_eq!(far, Err(ParseTimeError::OutOfRange));
    }

    #[test]
    fn times_that_people_type() {
        let typed = |text: &str| Timestamp::parse_typed(text).map(|time| time.to_string());
        for (text, expected) in [
            ("2023", "2023-01-01T00:00:00Z"),
            ("2026-11", "2026-11-01T00:00:00Z"),
            ("2026-11-19", "2026-11-19T00:00:00Z"),
            ("2026-11-19 10:00", "2026-11-19T10:00:00Z"),
            ("2026-11-19T10:00", "2026-11-19T10:00:00Z"),
            ("2026-11-19T10:00Z", "2026-11-19T10:00:00Z"),
            ("2026-11-19 10:00+09:00", "2026-11-19T01:00:00Z"),
            ("2026-11-19 10:00:07", "2026-11-19T10:00:07Z"),
            ("2026-11-19 10:00:07.5+0100", "2026-11-19T09:00:07.500Z"),
            ("123456789", "1973-11-29T21:33:09Z"),
            ("1795424940123", "2026-11-23T09:09:00.123Z"),
        ] {
            assert_eq!(typed(text), Ok(expected.to_owned()), "{text}");
        }
        for text in ["", "7", "12345678", "2026-13", "2026-11-", "2026-11-19 10", "10:00", "soon"] {
            assert_eq!(typed(text), Err(ParseTimeError::Malformed), "{text}");
        }
        for text in ["1969", "2263", "1970-01-01 00:00+01:00"] {
            assert_eq!(typed(text), Err(ParseTimeError::OutOfRange), "{text}");
        }
    }

    #[test]
    fn what_is_no_time() {
        for text in [
            "",
            "now",
            "2026-11-23T",
            "2026-13-01",
            "2026-02-29",
            "2026-1-1",
            "2026-11-23T24:00:00Z",
            "2026-11-23T09:09Z",
            "2026-11-23T09:09:00",
            "2026-11-23T109:09:00Z",
            "2026-11-23T09:09:00.Z",
            "2026-11-23T09:09:00Zx",
            "2026-11-23T09:09:00+01:00x",
        ] {
            assert_eq!(Timestamp::parse(text), Err(ParseTimeError::Malformed), "{text}");
        }
        for text in [
            "0001-01-01T00:00:00Z",
            "2263-01-01",
            "1970-01-01T00:00:00+01:00",
            "99999999999999999999",
        ] {
            assert_eq!(Timestamp::parse(text), Err(ParseTimeError::OutOfRange), "{text}");
        }
    }

    proptest! {
        #[test]
        fn print_and_parse_agree(nanos in 0..=i64::MAX) {
            let time = Timestamp::from_nanos(nanos).unwrap();
            prop_assert_eq!(Timestamp::parse(&time.to_string()), Ok(time));
        }

        #[test]
        fn a_second_calendar_agrees(nanos in 0..=i64::MAX) {
            let ours = Timestamp::from_nanos(nanos).unwrap().to_string();
            let theirs: jiff::Timestamp = ours.parse().unwrap();
            prop_assert_eq!(theirs.as_nanosecond(), i128::from(nanos));
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = Timestamp::parse(&text);
            let _ = Timestamp::parse_or_utc(&text);
            let _ = Timestamp::parse_typed(&text);
        }
    }
}
