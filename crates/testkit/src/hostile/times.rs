//! Invalid times, times outside 1970 to 2262, and invalid numbers.

use super::{
    Case, add,
    carrier::{CARRIERS, Place},
    text::Fate::{self, Event, Reject},
};

/// A value for a time, as JSON, and what has to become of the record.
const TIMES: [(&str, &str, Fate); 42] = [
    ("year-0", "\"0000-01-01T00:00:00Z\"", Reject),
    ("year-negative", "\"-0001-01-01T00:00:00Z\"", Reject),
    ("year-1969", "\"1969-12-31T23:59:59Z\"", Reject),
    ("year-2263", "\"2263-01-01T00:00:00Z\"", Reject),
    ("year-9999", "\"9999-12-31T23:59:59Z\"", Reject),
    ("year-5-digits", "\"10000-01-01T00:00:00Z\"", Reject),
    ("last-instant", "\"2262-04-11T23:47:16.854775807Z\"", Event),
    ("after-last-instant", "\"2262-04-11T23:47:16.854775808Z\"", Reject),
    ("offset-before-1970", "\"1970-01-01T00:00:00+00:01\"", Reject),
    ("offset-huge", "\"2026-01-01T00:00:00+99:99\"", Reject),
    ("month-0", "\"2026-00-01T00:00:00Z\"", Reject),
    ("month-13", "\"2026-13-01T00:00:00Z\"", Reject),
    ("day-0", "\"2026-01-00T00:00:00Z\"", Reject),
    ("february-30", "\"2026-02-30T00:00:00Z\"", Reject),
    ("february-29-of-2025", "\"2025-02-29T00:00:00Z\"", Reject),
    ("hour-25", "\"2026-01-01T25:00:00Z\"", Reject),
    ("hour-3-digits", "\"2026-01-01T109:00:00Z\"", Reject),
    ("minute-60", "\"2026-01-01T00:60:00Z\"", Reject),
    ("second-61", "\"2026-01-01T00:00:61Z\"", Reject),
    ("fraction-empty", "\"2026-01-01T00:00:00.Z\"", Reject),
    ("fraction-100-digits", FRACTION, Event),
    ("no-offset", "\"2026-01-01T00:00:00\"", Event),
    ("trailing-text", "\"2026-01-01T00:00:00Zjunk\"", Reject),
    ("leading-blank", "\" 2026-01-01T00:00:00Z\"", Event),
    ("nul-inside", "\"2026-01-01T\\u000000:00:00Z\"", Reject),
    ("wide-digits", "\"\u{ff12}026-01-01T00:00:00Z\"", Reject),
    ("variable", "\"$STARTS_AT\"", Reject),
    ("word", "\"now\"", Reject),
    ("negative", "-1", Reject),
    ("negative-text", "\"-1795424940\"", Reject),
    ("float", "1e300", Reject),
    ("nan", "\"NaN\"", Reject),
    ("seconds-max", "9223372036", Event),
    ("milliseconds", "1795424940000", Event),
    ("microseconds", "1795424940000000", Event),
    ("nanoseconds-max", "9223372036854775807", Event),
    ("nanoseconds-over", "9223372036854775808", Reject),
    ("unsigned-max", "18446744073709551615", Reject),
    ("30-digits", "\"179542494000000000000000000000\"", Reject),
    ("truth", "true", Reject),
    ("array", "[1795424940]", Reject),
    ("object", "{\"seconds\":1795424940}", Reject),
];

const FRACTION: &str = concat!(
    "\"2026-01-01T00:00:00.",
    "00000000001111111111222222222233333333334444444444",
    "55555555556666666666777777777788888888889999999999Z\""
);

/// A bare word or number where a text stands.
const BARE: [(&str, &str, Fate); 18] = [
    ("nan", "NaN", Reject),
    ("minus-nan", "-NaN", Reject),
    ("infinity", "Infinity", Reject),
    ("undefined", "undefined", Reject),
    ("true-cut-off", "tru", Reject),
    ("null-longer", "nulls", Reject),
    ("python-none", "None", Reject),
    ("hexadecimal", "0x10", Reject),
    ("leading-zero", "01", Reject),
    ("plus", "+1", Reject),
    ("two-signs", "--1", Reject),
    ("point-first", ".5", Reject),
    ("point-last", "1.", Reject),
    ("exponent-empty", "1e", Reject),
    ("exponent-sign-only", "1e+", Reject),
    ("exponent-over", "1e400", Reject),
    ("exponent-under", "1e-400", Event),
    ("minus-zero", "-0", Event),
];

pub(super) fn add_times(cases: &mut Vec<Case>) {
    for carrier in CARRIERS {
        let format = carrier.format;
        for (name, value, fate) in TIMES {
            let dump = carrier.between(&carrier.with(Place::Time, value.as_bytes()));
            // Clients of Sysdig write a time below 0 for one that is not set.
            let unset = format == "sysdig" && name.starts_with("negative");
            let fate = if unset { Event } else { fate };
            add(cases, format!("time-{name}-{format}"), dump, fate.between());
        }
        for (name, value, fate) in BARE {
            let dump = carrier.between(&carrier.with(Place::Text, value.as_bytes()));
            add(cases, format!("bare-{name}-{format}"), dump, fate.between());
        }
        let digits = "7".repeat(10_000);
        for place in [Place::Text, Place::Time, Place::Unknown] {
            let dump = carrier.between(&carrier.with(place, digits.as_bytes()));
            let name = format!("bare-10000-digits-in-{}-{format}", place.name());
            // However long, it is read as the text that it is.
            let fate = if place == Place::Time { Reject } else { Event };
            add(cases, name, dump, fate.between());
        }
    }
}
