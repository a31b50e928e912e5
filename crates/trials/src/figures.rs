//! What a trial counts, and the digest of all it saw.

use std::fmt;
use xxhash_rust::xxh3::Xxh3;

/// The figures of a trial, in the order in which they were first counted, and its digest.
///
/// ```
/// use eventscope_trials::Figures;
///
/// let mut figures = Figures::default();
/// figures.add("images", 3);
/// figures.saw("the first of them");
/// assert!(figures.to_string().starts_with("images=3 digest="));
/// ```
#[derive(Default)]
pub struct Figures {
    counts: Vec<(&'static str, u64)>,
    digest: Xxh3,
}

impl Figures {
    /// Adds to a figure.
    pub fn add(&mut self, name: &'static str, more: u64) {
        match self.counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += more,
            None => self.counts.push((name, more)),
        }
    }

    /// Keeps the largest of a figure.
    pub fn most(&mut self, name: &'static str, value: u64) {
        match self.counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count = (*count).max(value),
            None => self.counts.push((name, value)),
        }
    }

    /// Takes something into the digest that must be the same whenever the seed is.
    pub fn saw(&mut self, what: impl AsRef<[u8]>) {
        let what = what.as_ref();
        self.digest.update(&(what.len() as u64).to_le_bytes());
        self.digest.update(what);
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, count) in &self.counts {
            write!(f, "{name}={count} ")?;
        }
        write!(f, "digest={:016x}", self.digest.digest())
    }
}

impl fmt::Debug for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a trial failed: what was expected, what came, and how to see it again.
#[derive(Debug)]
pub struct Failure {
    message: String,
}

impl Failure {
    /// A failure that says this.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(error.to_string())
    }
}
