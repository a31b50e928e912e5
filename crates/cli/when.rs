//! Lengths of time in words: `2 minutes`, `3 days ago`.

use eventscope::Timestamp;
pub(crate) use eventscope_wire::words::length;

/// Units with their seconds, the longest first.
const UNITS: [(u64, &str); 4] = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];

/// A length in milliseconds in its longest whole unit, in few letters: `2m`, `3d`.
#[expect(clippy::arithmetic_side_effects, reason = "no unit is empty")]
pub(crate) fn short_length(ms: u64) -> String {
    let seconds = ms / 1_000;
    match UNITS.iter().find(|(unit, _)| seconds >= *unit) {
        Some((unit, name)) => format!("{}{}", seconds / unit, name.get(..1).unwrap_or_default()),
        None => format!("{ms}ms"),
    }
}

/// How long ago a time is, in few letters: `2m ago`.
#[expect(clippy::arithmetic_side_effects, reason = "neither time is negative")]
pub(crate) fn short_ago(time: Timestamp, now: Timestamp) -> String {
    let ms = (now.nanos() - time.nanos()) / 1_000_000;
    match u64::try_from(ms) {
        Err(_) => format!("in {}", short_length(ms.unsigned_abs())),
        Ok(0..1_000) => "now".to_owned(),
        Ok(ms) => format!("{} ago", short_length(ms)),
    }
}

/// How long ago a time is.
#[expect(clippy::arithmetic_side_effects, reason = "neither time is negative")]
pub(crate) fn ago(time: Timestamp, now: Timestamp) -> String {
    let ms = (now.nanos() - time.nanos()) / 1_000_000;
    match u64::try_from(ms) {
        Err(_) => format!("in {}", length(ms.unsigned_abs())),
        Ok(0..1_000) => "just now".to_owned(),
        Ok(ms) => format!("{} ago", length(ms)),
    }
}

/// Lengths of buckets in seconds that people read with ease.
const BUCKETS: [u64; 19] = [
    1,
    5,
    15,
    30,
    60,
    5 * 60,
    15 * 60,
    30 * 60,
    3_600,
    3 * 3_600,
    6 * 3_600,
    12 * 3_600,
    86_400,
    2 * 86_400,
    7 * 86_400,
    28 * 86_400,
    91 * 86_400,
    364 * 86_400,
    BUCKET_MAX,
];

/// The longest of them.
const BUCKET_MAX: u64 = 3_640 * 86_400;

/// The shortest such bucket with which a span of time lies in `pieces` or fewer of them. Buckets
/// begin at multiples of their length since 1970, so the first and the last may be half empty.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "no bucket is empty, and the span ends where it starts or later"
)]
pub(crate) fn bucket_seconds(first: Timestamp, last: Timestamp, pieces: u64) -> u64 {
    let second = |time: Timestamp| time.nanos().unsigned_abs() / 1_000_000_000;
    let fits = |length: &u64| second(last) / length - second(first) / length < pieces;
    BUCKETS.into_iter().find(fits).unwrap_or(BUCKET_MAX)
}

#[cfg(test)]
mod tests {
    use super::{ago, bucket_seconds, short_ago, short_length};
    use eventscope::Timestamp;

    #[test]
    fn times_are_told_from_now() {
        let at = |second| Timestamp::from_unix(second).unwrap();
        assert_eq!(ago(at(0), at(3 * 86_400)), "3 days ago");
        assert_eq!(ago(at(7), at(7)), "just now");
        assert_eq!(ago(at(67), at(7)), "in 1 minute");
        assert_eq!(short_ago(at(0), at(3 * 86_400)), "3d ago");
        assert_eq!(short_ago(at(7), at(7)), "now");
        assert_eq!(short_ago(at(67), at(7)), "in 1m");
        assert_eq!(short_length(999), "999ms");
    }

    #[test]
    fn buckets_are_few_and_round() {
        let at = |second| Timestamp::from_unix(second).unwrap();
        assert_eq!(bucket_seconds(at(0), at(0), 24), 1);
        assert_eq!(bucket_seconds(at(0), at(86_399), 24), 3_600);
        assert_eq!(bucket_seconds(at(0), at(86_400), 24), 3 * 3_600);
        assert_eq!(bucket_seconds(at(1_800), at(86_400 + 1_700), 24), 3 * 3_600);
        assert_eq!(bucket_seconds(Timestamp::EPOCH, Timestamp::MAX, 24), 3_640 * 86_400);
    }
}
