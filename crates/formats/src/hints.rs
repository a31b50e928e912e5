//! What a run was told that dumps do not say themselves: the severities of words, and the zone of
//! times that are written without an offset.

use crate::{
    severity::{self, SeverityWords},
    source::GUESSED,
    times::{self, Zone},
};
use eventscope_model::{Draft, ParseTimeError, Timestamp};
use std::{cell::Cell, fmt, sync::Arc};

/// Finds the instant at which clocks show a date and a time; `None` if it lies outside 1970 to
/// 2262. The argument is the instant at which clocks in UTC show them.
type Instant = dyn Fn(Timestamp) -> Option<Timestamp> + Send + Sync;

/// The zone of times that are written without an offset.
#[derive(Clone)]
pub struct LocalTime {
    name: String,
    instant: Arc<Instant>,
}

impl LocalTime {
    /// A zone with its name. `instant` is given the instant at which clocks in UTC show a date and
    /// a time, and gives the one at which clocks in the zone do; `None` if that lies outside 1970
    /// to 2262.
    pub fn new(
        name: impl Into<String>,
        instant: impl Fn(Timestamp) -> Option<Timestamp> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), instant: Arc::new(instant) }
    }
}

impl PartialEq for LocalTime {
    /// Zones are told apart by their names.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for LocalTime {}

impl fmt::Debug for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LocalTime").field(&self.name).finish()
    }
}

/// What readers of records are told, and what they tell of the current one.
pub(crate) struct Hints<'a> {
    words: &'a SeverityWords,
    local: Option<&'a LocalTime>,
    /// Whether a time of the current event was taken for UTC.
    has_guessed: Cell<bool>,
}

impl<'a> Hints<'a> {
    pub(crate) fn new(words: &'a SeverityWords, local: Option<&'a LocalTime>) -> Self {
        Self { words, local, has_guessed: Cell::new(false) }
    }

    /// The instant of a text. A time without an offset is one of the zone that was named, else of
    /// UTC, which is noted as a guess.
    ///
    /// # Errors
    /// When it is no time or outside 1970 to 2262.
    pub(crate) fn time(&self, text: &str) -> Result<Timestamp, ParseTimeError> {
        let (time, zone) = self.time_and_zone(text)?;
        if zone == Zone::Guessed {
            self.has_guessed.set(true);
        }
        Ok(time)
    }

    /// The same, for who notes by himself what is a guess.
    ///
    /// # Errors
    /// When it is no time or outside 1970 to 2262.
    pub(crate) fn time_and_zone(&self, text: &str) -> Result<(Timestamp, Zone), ParseTimeError> {
        match (times::read(text)?, self.local) {
            ((time, Zone::Guessed), Some(local)) => {
                let time = (local.instant)(time).ok_or(ParseTimeError::OutOfRange)?;
                Ok((time, Zone::Said))
            }
            (read, _) => Ok(read),
        }
    }

    /// Whether a zone was guessed since this was asked last.
    pub(crate) fn take_guess(&self) -> bool {
        self.has_guessed.take()
    }

    /// Tells of a draft what was guessed while its record was read.
    pub(crate) fn tag_guess(&self, draft: &mut Draft) {
        if self.take_guess() {
            draft.tags.insert(GUESSED, "zone");
        }
    }

    /// Gives a draft the severity that its word was mapped to. `texts` are the fields that may say
    /// it, in their order of rank: the first that is mapped or known decides. This comes after the
    /// uid, which a map does not change.
    pub(crate) fn map_severity<'t>(
        &self,
        draft: &mut Draft,
        texts: impl IntoIterator<Item = Option<&'t str>>,
    ) {
        if let Some(level) = self.severity(texts) {
            draft.severity = level;
            if draft.tags.get(severity::UNKNOWN) == Some("severity") {
                draft.tags.remove(severity::UNKNOWN);
            }
        }
    }

    /// The level that the first of some texts is mapped to, unless one before it is known by
    /// itself.
    pub(crate) fn severity<'t>(
        &self,
        texts: impl IntoIterator<Item = Option<&'t str>>,
    ) -> Option<u8> {
        if self.words.is_empty() {
            return None;
        }
        for text in texts.into_iter().flatten() {
            if let Some(severity) = self.words.get(text) {
                return Some(severity.level());
            }
            if severity::read("severity", text).is_ok() {
                return None;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
