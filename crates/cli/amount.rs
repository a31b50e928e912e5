//! Amounts of bytes, and lists of severities, as they are typed.

use eventscope::{Band, Severity};

/// A number of bytes with an optional unit: `500000`, `10GB`, `512 MiB`.
pub(crate) fn bytes(text: &str) -> Result<u64, &'static str> {
    const EXPECTED: &str = "a size is a whole number and B, KB, MB, GB, TB, KiB, MiB, GiB or TiB";
    let text = text.trim();
    let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let unit = text.strip_prefix(digits).unwrap_or_default().trim().to_ascii_lowercase();
    let number: u64 = digits.parse().map_err(|_| EXPECTED)?;
    let factor = match unit.as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "t" | "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return Err(EXPECTED),
    };
    number.checked_mul(factor).ok_or(EXPECTED)
}

/// The severities of a number, a name or a band; where a name is both, the band is meant, as in
/// expressions.
pub(crate) fn severities(text: &str) -> Result<Vec<Severity>, &'static str> {
    const EXPECTED: &str = "a severity is 0 to 7, a syslog name, or high, medium, low, info";
    let text = text.trim();
    if let Some(band) = Band::from_name(text) {
        return Ok(band.severities().to_vec());
    }
    let level = text.parse().ok().and_then(Severity::from_level);
    level.or_else(|| Severity::from_name(text)).map(|one| vec![one]).ok_or(EXPECTED)
}

#[cfg(test)]
mod tests {
    use super::{bytes, severities};

    #[test]
    fn sizes_are_numbers_with_a_unit() {
        for (text, expected) in [
            ("0", 0),
            ("500000", 500_000),
            ("10GB", 10_000_000_000),
            ("10 gb", 10_000_000_000),
            ("3k", 3_000),
            ("2MiB", 2_097_152),
        ] {
            assert_eq!(bytes(text), Ok(expected), "{text}");
        }
        for text in ["", "GB", "-1", "1.5GB", "10XB", "99999999TB", "1GB2"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn severities_are_numbers_names_and_bands() {
        let levels = |text| severities(text).map(|all| all.iter().map(|s| s.level()).collect());
        assert_eq!(levels("7"), Ok(vec![7]));
        assert_eq!(levels("Warning"), Ok(vec![4]));
        assert_eq!(levels("info"), Ok(vec![6, 7]));
        assert_eq!(levels("HIGH"), Ok(vec![0, 1]));
        assert!(levels("8").is_err() && levels("loud").is_err() && levels("").is_err());
    }
}
