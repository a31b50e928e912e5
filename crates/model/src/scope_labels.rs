//! Which labels of events are scope labels: those that expressions may compare.

use crate::alias;
use crate::limits::{KEY_BYTES_MAX, SCOPE_PATTERNS_MAX};
use std::fmt;
use std::str::FromStr;

/// Which labels are scope labels: all of them, or only those that a list of patterns names.
///
/// A pattern is a key, or the beginning of keys and a `*`. Keys are compared in their canonical
/// spelling (see [`alias`]), so `kube_pod_name` and `kubernetes.pod.name` are one pattern, and
/// `kubernetes.*` takes in both spellings of a label. The other labels of an event are kept with
/// it, but nothing is found by them.
///
/// The text is the patterns with commas between them, or `*` for all labels. Two lists that were
/// written differently are equal when they have the same patterns, without those that another one
/// of the list makes superfluous.
///
/// ```
/// use eventscope_model::ScopeLabels;
///
/// let labels: ScopeLabels = "team, kubernetes.*, kubernetes.pod.name".parse()?;
/// assert!(labels.admit("kube_pod_name") && labels.admit("team"));
/// assert!(!labels.admit("teams"));
/// assert_eq!(labels.to_string(), "kubernetes.*,team");
/// assert_eq!("*".parse(), Ok(ScopeLabels::all()));
/// # Ok::<(), eventscope_model::BadScopeLabels>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ScopeLabels {
    /// Sorted, and none takes in what another one does; `None` for all labels.
    patterns: Option<Vec<Pattern>>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Pattern {
    /// The key, or the beginning of keys.
    stem: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind {
    Beginning,
    Key,
}

impl ScopeLabels {
    /// All labels.
    #[must_use]
    pub fn all() -> Self {
        Self { patterns: None }
    }

    /// Only the labels that one of these patterns names. The pattern `*` makes it all labels.
    ///
    /// # Errors
    /// When there is no pattern, more than [`SCOPE_PATTERNS_MAX`], an empty one, one over
    /// [`KEY_BYTES_MAX`], or one with a `*` that is not its end.
    pub fn only<P: AsRef<str>>(
        patterns: impl IntoIterator<Item = P>,
    ) -> Result<Self, BadScopeLabels> {
        let patterns = patterns.into_iter().map(|pattern| Pattern::read(pattern.as_ref()));
        let patterns: Vec<Pattern> = patterns.collect::<Result<_, _>>()?;
        match patterns.len() {
            0 => Err(BadScopeLabels::Empty),
            found if found > SCOPE_PATTERNS_MAX => Err(BadScopeLabels::TooMany { found }),
            _ => Ok(Self::normal(patterns)),
        }
    }

    fn normal(mut patterns: Vec<Pattern>) -> Self {
        // A beginning comes before all that it takes in, so each is compared with the last one
        // that stays.
        patterns.sort_unstable();
        patterns.dedup_by(|later, earlier| earlier.takes_in(later));
        let all = patterns.iter().any(|pattern| pattern.stem.is_empty());
        Self { patterns: (!all).then_some(patterns) }
    }

    /// Whether these are all labels.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.patterns.is_none()
    }

    /// Whether a label is a scope label, by its key in either spelling.
    #[must_use]
    pub fn admit(&self, key: &str) -> bool {
        let Some(patterns) = &self.patterns else { return true };
        let key = alias::canonical(key);
        // Between a beginning of the key and the key stands nothing but what begins in the same
        // way, which the beginning has made superfluous.
        let after = patterns.partition_point(|pattern| pattern.stem.as_str() <= key);
        let nearest = after.checked_sub(1).and_then(|at| patterns.get(at));
        nearest.is_some_and(|pattern| pattern.names(key))
    }

    /// Whether every label that `other` admits is admitted here.
    #[must_use]
    pub fn cover(&self, other: &Self) -> bool {
        match (&self.patterns, &other.patterns) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(others)) => {
                others.iter().all(|other| own.iter().any(|own| own.takes_in(other)))
            }
        }
    }

    /// The labels that one of both admits.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        match (&self.patterns, &other.patterns) {
            (Some(own), Some(others)) => Self::normal([own.as_slice(), others].concat()),
            (None, _) | (_, None) => Self::all(),
        }
    }

    /// The patterns as they are written, sorted; none for all labels.
    pub fn patterns(&self) -> impl ExactSizeIterator<Item = String> {
        self.patterns.as_deref().unwrap_or_default().iter().map(Pattern::to_string)
    }
}

impl Pattern {
    fn read(text: &str) -> Result<Self, BadScopeLabels> {
        let (stem, kind) = match text.strip_suffix('*') {
            Some(stem) => (stem, Kind::Beginning),
            None => (alias::canonical(text), Kind::Key),
        };
        if text.is_empty() {
            return Err(BadScopeLabels::EmptyPattern);
        }
        if text.len() > KEY_BYTES_MAX {
            return Err(BadScopeLabels::TooLong { bytes: text.len() });
        }
        if stem.contains('*') {
            return Err(BadScopeLabels::Star { pattern: text.to_owned() });
        }
        Ok(Self { stem: stem.to_owned(), kind })
    }

    /// Whether it names a key in its canonical spelling.
    fn names(&self, key: &str) -> bool {
        match self.kind {
            Kind::Beginning => key.starts_with(&self.stem),
            Kind::Key => key == self.stem,
        }
    }

    /// Whether it names all that another one names.
    fn takes_in(&self, other: &Self) -> bool {
        self.names(&other.stem) && (self.kind == Kind::Beginning || other.kind == Kind::Key)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.kind == Kind::Beginning { "*" } else { "" };
        write!(f, "{}{star}", self.stem)
    }
}

impl fmt::Display for ScopeLabels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.patterns {
            None => f.write_str("*"),
            Some(_) => f.write_str(&self.patterns().collect::<Vec<_>>().join(",")),
        }
    }
}

impl FromStr for ScopeLabels {
    type Err = BadScopeLabels;

    fn from_str(text: &str) -> Result<Self, BadScopeLabels> {
        Self::only(text.split(',').map(str::trim))
    }
}

/// Why a list of scope labels is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadScopeLabels {
    /// There is no pattern in it.
    Empty,
    /// One of the patterns is empty.
    EmptyPattern,
    /// There are more patterns than [`SCOPE_PATTERNS_MAX`].
    TooMany {
        /// How many.
        found: usize,
    },
    /// A pattern is longer than keys may be.
    TooLong {
        /// Its bytes.
        bytes: usize,
    },
    /// A pattern has a `*` that is not its end.
    Star {
        /// The pattern.
        pattern: String,
    },
}

impl fmt::Display for BadScopeLabels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the list of scope labels is empty; `*` stands for all"),
            Self::EmptyPattern => f.write_str(
                "a scope label is missing between two commas or at an end of the list; `*` stands \
                 for all",
            ),
            Self::TooMany { found } => write!(
                f,
                "{found} scope labels are too many; the limit is {SCOPE_PATTERNS_MAX}: write \
                 beginnings, as in kubernetes.*"
            ),
            Self::TooLong { bytes } => {
                write!(f, "a scope label has {bytes} bytes; keys have at most {KEY_BYTES_MAX}")
            }
            Self::Star { pattern } => {
                write!(f, "`{pattern}` has a * that is not its end; write kubernetes.* or a key")
            }
        }
    }
}

impl std::error::Error for BadScopeLabels {}

#[cfg(test)]
mod tests;
