//! Severity: eight syslog levels, and the four labels that people filter by.

use crate::ParseNameError;
use std::fmt;
use std::str::FromStr;

/// How bad an event is, as in syslog: 0 is the worst.
///
/// ```
/// use eventscope_model::{Band, Severity};
///
/// let severity = Severity::from_level(4).unwrap();
/// assert_eq!(severity.name(), "warning");
/// assert_eq!(severity.band(), Band::Low);
/// assert!(Severity::Emergency < Severity::Debug);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Severity {
    /// 0
    Emergency = 0,
    /// 1
    Alert = 1,
    /// 2
    Critical = 2,
    /// 3
    Error = 3,
    /// 4
    Warning = 4,
    /// 5
    Notice = 5,
    /// 6
    Informational = 6,
    /// 7
    Debug = 7,
}

impl Severity {
    /// All levels, the worst first.
    pub const ALL: [Self; 8] = [
        Self::Emergency,
        Self::Alert,
        Self::Critical,
        Self::Error,
        Self::Warning,
        Self::Notice,
        Self::Informational,
        Self::Debug,
    ];

    /// The severity of a syslog level, if it is one (0 to 7).
    #[must_use]
    pub fn from_level(level: u8) -> Option<Self> {
        Self::ALL.get(usize::from(level)).copied()
    }

    /// The severity of a syslog name in any case: `warning`, `Emergency`; the usual short forms
    /// (`emerg`, `crit`, `err`, `warn`, `info`, `information`) are known too.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        Some(match name.as_str() {
            "emergency" | "emerg" => Self::Emergency,
            "alert" => Self::Alert,
            "critical" | "crit" => Self::Critical,
            "error" | "err" => Self::Error,
            "warning" | "warn" => Self::Warning,
            "notice" => Self::Notice,
            "informational" | "information" | "info" => Self::Informational,
            "debug" => Self::Debug,
            _ => return None,
        })
    }

    /// The syslog level, 0 to 7.
    #[must_use]
    pub fn level(self) -> u8 {
        self as u8
    }

    /// The syslog name, in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Emergency => "emergency",
            Self::Alert => "alert",
            Self::Critical => "critical",
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
            Self::Informational => "informational",
            Self::Debug => "debug",
        }
    }

    /// The label over this level: two levels share one.
    #[must_use]
    pub fn band(self) -> Band {
        match self {
            Self::Emergency | Self::Alert => Band::High,
            Self::Critical | Self::Error => Band::Medium,
            Self::Warning | Self::Notice => Band::Low,
            Self::Informational | Self::Debug => Band::Info,
        }
    }
}

/// A syslog level or a syslog name: what [`Severity::from_level`] and [`Severity::from_name`] take.
impl FromStr for Severity {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, ParseNameError> {
        let level = text.parse().ok().and_then(Self::from_level);
        let unknown = || ParseNameError::new(text, "a severity", "0 to 7 or a syslog name");
        level.or_else(|| Self::from_name(text)).ok_or_else(unknown)
    }
}

/// The severity of a syslog level.
impl TryFrom<u8> for Severity {
    type Error = ParseNameError;

    fn try_from(level: u8) -> Result<Self, ParseNameError> {
        let unknown = || ParseNameError::new(&level.to_string(), "a severity", "0 to 7");
        Self::from_level(level).ok_or_else(unknown)
    }
}

/// The syslog level.
impl From<Severity> for u8 {
    fn from(severity: Severity) -> Self {
        severity.level()
    }
}

/// A syslog level that is not checked yet: what [`Draft::severity`](crate::Draft::severity) takes,
/// a [`Severity`] or a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(pub u8);

impl From<u8> for Level {
    fn from(level: u8) -> Self {
        Self(level)
    }
}

impl From<Severity> for Level {
    fn from(severity: Severity) -> Self {
        Self(severity.level())
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The label over two severities: what the severity buttons of an event feed filter by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Band {
    /// 0 and 1
    High,
    /// 2 and 3
    Medium,
    /// 4 and 5
    Low,
    /// 6 and 7
    Info,
}

impl Band {
    /// All bands, the worst first.
    pub const ALL: [Self; 4] = [Self::High, Self::Medium, Self::Low, Self::Info];

    /// The band of a label in any case: `high`, `medium` (or `med`), `low`, `info` (or `none`).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        Some(match name.as_str() {
            "high" => Self::High,
            "medium" | "med" => Self::Medium,
            "low" => Self::Low,
            "info" | "none" => Self::Info,
            _ => return None,
        })
    }

    /// The label as people read it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::High => "High",
            Self::Medium => "Medium",
            Self::Low => "Low",
            Self::Info => "Info",
        }
    }

    /// The two severities under this label, the worse first.
    #[must_use]
    pub fn severities(self) -> [Severity; 2] {
        match self {
            Self::High => [Severity::Emergency, Severity::Alert],
            Self::Medium => [Severity::Critical, Severity::Error],
            Self::Low => [Severity::Warning, Severity::Notice],
            Self::Info => [Severity::Informational, Severity::Debug],
        }
    }
}

impl FromStr for Band {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, ParseNameError> {
        let unknown = || ParseNameError::new(text, "a severity label", "high, medium, low or info");
        Self::from_name(text).ok_or_else(unknown)
    }
}

impl fmt::Display for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::{Band, Severity};

    #[test]
    fn level_name_and_band_agree() {
        for severity in Severity::ALL {
            assert_eq!(Severity::from_level(severity.level()), Some(severity));
            assert_eq!(Severity::from_name(severity.name()), Some(severity));
            assert!(severity.band().severities().contains(&severity));
        }
        assert_eq!(Severity::from_level(8), None);
        assert_eq!(Severity::from_name("loud"), None);
    }

    #[test]
    fn bands_cover_each_level_once_and_in_order() {
        let covered: Vec<_> = Band::ALL.iter().flat_map(|band| band.severities()).collect();
        assert_eq!(covered, Severity::ALL);
        for band in Band::ALL {
            assert_eq!(Band::from_name(band.name()), Some(band));
        }
    }
}
