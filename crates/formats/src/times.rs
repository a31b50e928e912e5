//! Times as other programs write them, beside RFC 3339 and Unix numbers.
//!
//! ```text
//! 2024-05-02 10:00:00.123+00             an offset of hours, or without its colon: +0300
//! 2024-05-02 10:00:00.123 +0000 UTC      Go; behind it may be a monotonic clock: m=+0.04
//! 2024-05-02T10:00:00,123Z               a comma before the fraction
//! 2024-05-02 10:00:00.123                no offset: UTC, which is a guess
//! May 2, 2024 @ 10:00:00.123             Kibana's, without an offset too
//! ```

use eventscope_model::{ParseTimeError, Timestamp};
use std::borrow::Cow;

/// Whether a time says its offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    Said,
    /// It is taken for UTC.
    Guessed,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The instant of a text in one of these forms.
///
/// # Errors
/// What is wrong with it as a time of RFC 3339.
pub(crate) fn read(text: &str) -> Result<(Timestamp, Zone), ParseTimeError> {
    let refused = match Timestamp::parse(text) {
        Ok(time) if is_date(text) => return Ok((time, Zone::Guessed)),
        Ok(time) => return Ok((time, Zone::Said)),
        Err(error @ ParseTimeError::OutOfRange) => return Err(error),
        Err(error) => error,
    };
    let text = of_kibana(text).map_or(Cow::Borrowed(text), Cow::Owned);
    let text = text.split_once(" m=").map_or(text.as_ref(), |(time, _)| time).trim();
    let text = without_name(text).replace(',', ".");
    if let Some(time) = with_offset(&text) {
        return Timestamp::parse(&time).map(|time| (time, Zone::Said)).map_err(|_| refused);
    }
    // A Unix number with a fraction has no zone to be guessed.
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let zone = if is_number { Zone::Said } else { Zone::Guessed };
    Timestamp::parse_or_utc(&text).map(|time| (time, zone)).map_err(|_| refused)
}

/// Whether a text is a date alone, which begins at another instant in each zone.
fn is_date(text: &str) -> bool {
    matches!(text.as_bytes(), [_, _, _, _, b'-', _, _, b'-', _, _])
}

/// A text without the name of a zone behind an offset; `UTC` and `GMT` are offsets themselves.
fn without_name(text: &str) -> Cow<'_, str> {
    let Some((time, name)) = text.rsplit_once(' ') else { return text.into() };
    if matches!(name, "UTC" | "GMT") && !has_offset(time) {
        return format!("{time}Z").into();
    }
    let is_name = (1..=5).contains(&name.len()) && name.bytes().all(|it| it.is_ascii_uppercase());
    if is_name && has_offset(time) { time.into() } else { text.into() }
}

fn has_offset(time: &str) -> bool {
    with_offset(time).is_some()
}

/// The time with its offset as RFC 3339 has it, if it has one.
fn with_offset(text: &str) -> Option<String> {
    if let Some(time) = text.strip_suffix(['Z', 'z']) {
        return Some(format!("{time}Z"));
    }
    // The date has dashes too.
    let start = text.get(10..)?.rfind(['+', '-'])?.checked_add(10)?;
    let (time, offset) = text.split_at_checked(start)?;
    let (sign, digits) = offset.split_at_checked(1)?;
    let digits: String = digits.chars().filter(|letter| *letter != ':').collect();
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        2 => (digits.as_str(), "00"),
        4 => digits.split_at_checked(2)?,
        _ => return None,
    };
    Some(format!("{}{sign}{hours}:{minutes}", time.trim_end()))
}

/// `May 2, 2024 @ 10:00:00.123` with numbers.
fn of_kibana(text: &str) -> Option<String> {
    let (date, clock) = text.split_once(" @ ")?;
    let (day, year) = date.split_once(", ")?;
    let (month, day) = day.split_once(' ')?;
    let name = month.get(..3)?.to_ascii_lowercase();
    let number = MONTHS.iter().position(|month| *month == name)?.checked_add(1)?;
    let day: u8 = day.parse().ok()?;
    Some(format!("{year}-{number:02}-{day:02} {clock}"))
}

#[cfg(test)]
mod tests {
    use super::{Zone, read};

    #[test]
    fn other_forms_are_the_same_instant() {
        let said = |text: &str, expected: &str, zone: Zone| {
            let (time, found) = read(text).unwrap();
            assert_eq!((time.to_string().as_str(), found), (expected, zone), "{text}");
        };
        let at = "2024-05-02T10:00:00.123Z";
        said("2024-05-02T10:00:00.123Z", at, Zone::Said);
        said("2024-05-02 10:00:00.123+00", at, Zone::Said);
        said("2024-05-02 13:00:00.123+0300", at, Zone::Said);
        said("2024-05-02 13:00:00.123 +0300 EEST", at, Zone::Said);
        said("2024-05-02 06:00:00.123 -0400 EDT m=+0.041234567", at, Zone::Said);
        said("2024-05-02 10:00:00.123 +0000 UTC", at, Zone::Said);
        said("2024-05-02 10:00:00,123 UTC", at, Zone::Said);
        said("2024-05-02 10:00:00.123", at, Zone::Guessed);
        said("2024-05-02T10:00:00,123", at, Zone::Guessed);
        said("2024-05-02", "2024-05-02T00:00:00Z", Zone::Guessed);
        said("May 2, 2024 @ 10:00:00.123", at, Zone::Guessed);
        said("1714644000.123", at, Zone::Said);
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in ["", "May 2", "Mai 2, 2024 @ 10:00", "2024-05-02 10:00:00 +03000", "x +00 UTC"]
        {
            assert!(read(text).is_err(), "{text}");
        }
        for text in ["1900-01-01T00:00:00Z", "99999999999999999999"] {
            assert!(read(text).unwrap_err().to_string().contains("1970"), "{text}");
        }
    }
}
