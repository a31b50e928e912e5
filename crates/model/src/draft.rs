//! An event before the store has taken it.

use crate::{
    Acknowledgement, Details, Event, EventType, Labels, Level, ParseNameError, Severity, State,
    Timestamp, limits,
};
use std::fmt;

/// An event to append: everything but the id and the time of receipt, which the store gives.
///
/// Its fields are open, so that importers can fill them one by one; the methods that share their
/// names are for writing one down in a line. [`Draft::check`] tells whether the store will take it.
///
/// ```
/// use eventscope_model::Draft;
///
/// let draft = Draft::custom("Deployed web 1.4").severity(6).label("build", "89");
/// assert!(draft.check().is_ok());
/// assert_eq!(Draft::custom("").check().unwrap_err().to_string(), "name is empty");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its natural identity, if its source has one; else the store makes one up.
    pub uid: Option<Uid>,
    /// When it happened; `None` means the time of appending.
    pub time: Option<Timestamp>,
    /// What kind of thing happened.
    pub event_type: EventType,
    /// Syslog level, 0 to 7; checked by [`Draft::check`].
    pub severity: u8,
    /// Who says so.
    pub source: String,
    /// What happened, in a few words.
    pub name: String,
    /// What happened, at length.
    pub description: String,
    /// Where it happened.
    pub labels: Labels,
    /// What its sender attaches.
    pub tags: Labels,
    /// Whether it goes on.
    pub state: State,
    /// When it ended, if known.
    pub end_time: Option<Timestamp>,
    /// How often it was observed.
    pub count: u64,
    /// A person's mark that it comes with.
    pub acknowledgement: Option<Acknowledgement>,
    /// What only events of its type have to say.
    pub details: Option<Details>,
    /// The keys of labels that do not come from its source, but were added by whoever brings it:
    /// stamps of a run, labels of an envelope, a fact under a second name. They say nothing about
    /// which of two observations counts, and an event keeps those that it was first stored with.
    pub added: Vec<String>,
    /// Whether its source has said already that it was over, and now says that it goes on, with
    /// the same start. It stays over; its history tells that once.
    pub fired_again: bool,
    /// Of a notice that an alert is over, which does not say when it began: when it ended. The
    /// store looks for the event that is still open and ends it; see [`life_of`].
    pub closes: Option<Timestamp>,
    /// What happens if an event has this uid already.
    pub on_conflict: OnConflict,
    /// The version of what it says: of two drafts with one uid, the one with the greater number
    /// counts as a whole, whichever arrives first. 0, the least, for a source without versions.
    pub revision: u64,
}

/// What happens to a draft whose uid an event has already. A uid of another type of event is
/// refused, whatever is asked for here.
///
/// ```
/// use eventscope_model::{Draft, OnConflict, UidTime};
///
/// let job = |text: &str| Draft::custom("Backup").uid("job:7", UidTime::Free).description(text);
/// let first = job("running");
/// let last = job("finished").on_conflict(OnConflict::Replace);
/// # assert_ne!(first, last);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnConflict {
    /// They are merged, in a way that does not depend on which came first: resolved beats
    /// triggered, the later end and the greater count stay, and all other fields come from one of
    /// both, chosen by what it says. Right for dumps, which come in any order and more than once.
    /// Between drafts with different [revisions](Draft::revision), the greater counts as a whole.
    #[default]
    Merge,
    /// The draft takes the place of what is known of the event, as a whole: the last one stays.
    /// Right for a backend that knows the present state. What people did to the event stays.
    Replace,
    /// The event stays as it is, and the draft is a duplicate: the first one stays.
    Keep,
}

/// What the uids of all events of one alert have in common, each time it fires, if this is one of
/// them: its beginning, before `@` and the time of the event in nanoseconds.
///
/// ```
/// use eventscope_model::{Timestamp, life_of};
///
/// assert_eq!(life_of("alert:5a@0", Timestamp::EPOCH), Some("alert:5a"));
/// assert_eq!(life_of("alert:5a@1", Timestamp::EPOCH), None);
/// ```
#[must_use]
pub fn life_of(uid: &str, time: Timestamp) -> Option<&str> {
    let (life, nanos) = uid.rsplit_once('@')?;
    (nanos.parse() == Ok(time.nanos())).then_some(life)
}

impl OnConflict {
    const ALL: [Self; 3] = [Self::Merge, Self::Replace, Self::Keep];

    /// The name, in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Replace => "replace",
            Self::Keep => "keep",
        }
    }
}

impl std::str::FromStr for OnConflict {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, ParseNameError> {
        let found = Self::ALL.into_iter().find(|it| it.name().eq_ignore_ascii_case(text));
        let unknown =
            || ParseNameError::new(text, "an answer to a known uid", "merge, replace or keep");
        found.ok_or_else(unknown)
    }
}

/// The natural identity of an event: the same uid again is the same event again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uid {
    /// The identity itself.
    pub text: String,
    /// Whether it settles the time of the event too.
    pub time: UidTime,
}

/// Whether two events with the same uid must have the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UidTime {
    /// They must: an earlier observation is looked for at that time only, which is fast.
    Fixed,
    /// They need not: an earlier observation is looked for at all times.
    Free,
    /// They need not, and the time of this draft is a guess, such as that of its file: it is the
    /// time of a new event; one that is known keeps its own.
    Guessed,
}

impl Draft {
    /// A draft of a type: informational, triggered, observed once, source and name given.
    #[must_use]
    pub fn new(event_type: EventType, source: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            uid: None,
            time: None,
            event_type,
            severity: Severity::Informational.level(),
            source: source.into(),
            name: name.into(),
            description: String::new(),
            labels: Labels::new(),
            tags: Labels::new(),
            state: State::Triggered,
            end_time: None,
            count: 1,
            acknowledgement: None,
            details: None,
            added: Vec::new(),
            fired_again: false,
            closes: None,
            on_conflict: OnConflict::Merge,
            revision: 0,
        }
    }

    /// A custom event, as people and scripts post them: source `api`.
    #[must_use]
    pub fn custom(name: impl Into<String>) -> Self {
        Self::new(EventType::Custom, "api", name)
    }

    /// The draft of which a store makes this event again, but for its id and time of receipt. Its
    /// uid is taken to leave the time free.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        Self {
            uid: Some(Uid { text: event.uid.clone(), time: UidTime::Free }),
            time: Some(event.time),
            event_type: event.event_type,
            severity: event.severity.level(),
            source: event.source.clone(),
            name: event.name.clone(),
            description: event.description.clone(),
            labels: event.labels.clone(),
            tags: event.tags.clone(),
            state: event.state,
            end_time: event.end_time,
            count: event.count,
            acknowledgement: event.acknowledgement.clone(),
            details: event.details.clone(),
            added: Vec::new(),
            fired_again: false,
            closes: None,
            on_conflict: OnConflict::Merge,
            revision: 0,
        }
    }

    /// What its uid has in common with those of the same alert at other times, if it is an alert
    /// that says so: see [`life_of`].
    #[must_use]
    pub fn life(&self) -> Option<&str> {
        let uid = self.uid.as_ref().filter(|_| self.event_type == EventType::Alert)?;
        life_of(&uid.text, self.time?)
    }

    /// Sets the severity: a [`Severity`], or its syslog level, 0 (emergency) to 7 (debug).
    ///
    /// ```
    /// use eventscope_model::{Draft, Severity};
    ///
    /// assert_eq!(Draft::custom("a").severity(3), Draft::custom("a").severity(Severity::Error));
    /// ```
    #[must_use]
    pub fn severity(mut self, level: impl Into<Level>) -> Self {
        self.severity = level.into().0;
        self
    }

    /// Sets the description.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = text.into();
        self
    }

    /// Sets the source.
    #[must_use]
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.source = source.into();
        self
    }

    /// Sets the time of the event.
    #[must_use]
    pub fn time(mut self, time: Timestamp) -> Self {
        self.time = Some(time);
        self
    }

    /// Sets one label.
    #[must_use]
    pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(key, value);
        self
    }

    /// Sets labels: of an array, a list or a map of pairs.
    ///
    /// ```
    /// use eventscope_model::Draft;
    /// use std::collections::HashMap;
    ///
    /// let labels = HashMap::from([("build", "89")]);
    /// assert_eq!(Draft::custom("a").labels(labels), Draft::custom("a").label("build", "89"));
    /// ```
    #[must_use]
    pub fn labels(mut self, labels: impl Into<Labels>) -> Self {
        self.labels.extend(labels.into());
        self
    }

    /// Sets one label, and marks it as [added](Draft::added).
    #[must_use]
    pub fn added_label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.add_label(key, value);
        self
    }

    /// Sets one label, and marks it as [added](Draft::added).
    pub fn add_label(&mut self, key: impl Into<String>, value: impl Into<String>) {
        let key = key.into();
        if !self.added.contains(&key) {
            self.added.push(key.clone());
        }
        self.labels.insert(key, value);
    }

    /// Sets labels that are not there yet, and marks them as [added](Draft::added).
    pub fn add_labels(&mut self, labels: Vec<(String, String)>) {
        self.added.extend(labels.iter().map(|(key, _)| key.clone()));
        let own = self.labels.iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
        self.labels = Labels::from_pairs(own.chain(labels).collect());
    }

    /// Sets one tag.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(key, value);
        self
    }

    /// Sets tags, as [`Draft::labels`] sets labels.
    #[must_use]
    pub fn tags(mut self, tags: impl Into<Labels>) -> Self {
        self.tags.extend(tags.into());
        self
    }

    /// Sets the natural identity, and says whether it settles the time too.
    #[must_use]
    pub fn uid(mut self, text: impl Into<String>, time: UidTime) -> Self {
        self.uid = Some(Uid { text: text.into(), time });
        self
    }

    /// Sets what happens if an event has this uid already.
    #[must_use]
    pub fn on_conflict(mut self, on_conflict: OnConflict) -> Self {
        self.on_conflict = on_conflict;
        self
    }

    /// Sets the version of what it says: of two drafts with one uid, the one with the greater
    /// number counts as a whole, whichever arrives first.
    ///
    /// ```
    /// use eventscope_model::{Draft, UidTime};
    ///
    /// let job = |text: &str, version: u64| {
    ///     Draft::custom("Backup").uid("job:7", UidTime::Free).description(text).revision(version)
    /// };
    /// let drafts = [job("finished", 2), job("running", 1)]; // "finished", in either order
    /// # assert_eq!(drafts[0].revision, 2);
    /// ```
    #[must_use]
    pub fn revision(mut self, number: u64) -> Self {
        self.revision = number;
        self
    }

    /// Marks the event as over since `end`.
    #[must_use]
    pub fn resolved(mut self, end: Timestamp) -> Self {
        self.state = State::Resolved;
        self.end_time = Some(end);
        self
    }

    /// Marks it as the notice that an alert is over since `end`, whenever that began.
    #[must_use]
    pub fn closing(mut self, end: Timestamp) -> Self {
        self.state = State::Resolved;
        self.end_time = None;
        self.closes = Some(end);
        self
    }

    /// Sets the details.
    #[must_use]
    pub fn details(mut self, details: Details) -> Self {
        self.details = Some(details);
        self
    }

    /// Whether the store will take this draft.
    ///
    /// # Errors
    /// The first field that is empty but must not be, over a limit of [`limits`], or at odds with
    /// the type of the event (a resolved event that is no alert, an acknowledged custom event).
    pub fn check(&self) -> Result<(), Invalid> {
        not_empty("name", &self.name)?;
        within("name", self.name.len(), limits::NAME_BYTES_MAX, "bytes")?;
        not_empty("source", &self.source)?;
        within("source", self.source.len(), limits::SOURCE_BYTES_MAX, "bytes")?;
        within("description", self.description.len(), limits::DESCRIPTION_BYTES_MAX, "bytes")?;
        if let Some(uid) = &self.uid {
            not_empty("uid", &uid.text)?;
            within("uid", uid.text.len(), limits::UID_BYTES_MAX, "bytes")?;
        }
        within("labels", self.labels.len(), limits::LABELS_MAX, "labels")?;
        within("tags", self.tags.len(), limits::TAGS_MAX, "tags")?;
        within("added", self.added.len(), limits::LABELS_MAX, "keys")?;
        check_pairs("labels", &self.labels)?;
        check_pairs("tags", &self.tags)?;
        if let Some(mark) = &self.acknowledgement {
            check_remark(mark.by.as_deref(), mark.note.as_deref())?;
        }
        let metrics = self.details.as_ref().map_or(0, |details| details.metrics().len());
        within("details", metrics, limits::METRICS_MAX, "metrics")?;
        within("event", self.bytes(), limits::EVENT_BYTES_MAX, "bytes of text in all")?;
        self.check_type()
    }

    /// The bytes of all its texts together.
    #[must_use]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "texts in memory have fewer than 2^63 bytes"
    )]
    pub fn bytes(&self) -> usize {
        let pairs = |labels: &Labels| labels.iter().map(|(k, v)| k.len() + v.len()).sum::<usize>();
        let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let mark = self.acknowledgement.as_ref();
        let details = self.details.as_ref().map_or(0, |details| {
            let texts = details.fields().into_iter().filter_map(|(_, text)| text).map(str::len);
            texts.sum::<usize>() + details.metrics().iter().map(String::len).sum::<usize>()
        });
        self.name.len()
            + self.source.len()
            + self.description.len()
            + self.uid.as_ref().map_or(0, |uid| uid.text.len())
            + pairs(&self.labels)
            + pairs(&self.tags)
            + mark.map_or(0, |mark| optional(&mark.by) + optional(&mark.note))
            + details
    }

    /// About what it takes in memory: its texts, its pairs of labels and tags, and itself.
    #[must_use]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "what is in memory has fewer than 2^63 bytes"
    )]
    pub fn memory(&self) -> usize {
        /// Two strings, and what `malloc` adds to each: small ones take 32 bytes.
        const PAIR_BYTES: usize = 96;
        let added = self.added.iter().map(|key| key.len() + PAIR_BYTES / 2).sum::<usize>();
        size_of::<Self>()
            + self.bytes()
            + (self.labels.len() + self.tags.len()) * PAIR_BYTES
            + added
    }

    /// Whether it can say no more than that an alert is over since `end`.
    fn is_notice_of(&self, end: Timestamp) -> bool {
        self.state == State::Resolved
            && self.end_time.is_none()
            && self.life().is_some()
            && self.time.is_some_and(|time| end <= time)
    }

    fn check_type(&self) -> Result<(), Invalid> {
        if Severity::from_level(self.severity).is_none() {
            return Err(Invalid::Severity { level: self.severity });
        }
        if self.count == 0 {
            return Err(Invalid::Empty { field: "count" });
        }
        if self.state == State::Resolved && !self.event_type.can_be_resolved() {
            return Err(Invalid::Resolved { event_type: self.event_type });
        }
        if self.closes.is_some_and(|end| !self.is_notice_of(end)) {
            return Err(Invalid::Closes);
        }
        if self.acknowledgement.is_some() && !self.event_type.can_be_acknowledged() {
            return Err(Invalid::Acknowledged { event_type: self.event_type });
        }
        match &self.details {
            Some(details) if details.event_type() != self.event_type => {
                Err(Invalid::Details { of: details.event_type(), event_type: self.event_type })
            }
            _ => Ok(()),
        }
    }
}

fn not_empty(field: &'static str, text: &str) -> Result<(), Invalid> {
    if text.is_empty() { Err(Invalid::Empty { field }) } else { Ok(()) }
}

fn within(
    field: &'static str,
    found: usize,
    max: usize,
    unit: &'static str,
) -> Result<(), Invalid> {
    if found > max { Err(Invalid::TooLarge { field, found, max, unit }) } else { Ok(()) }
}

/// Whether who changes an event, and what they say of it, is within its limits.
///
/// # Errors
/// [`Invalid::TooLarge`] with [`limits::BY_BYTES_MAX`] or [`limits::NOTE_BYTES_MAX`].
pub fn check_remark(by: Option<&str>, note: Option<&str>) -> Result<(), Invalid> {
    within("by", by.map_or(0, str::len), limits::BY_BYTES_MAX, "bytes")?;
    within("note", note.map_or(0, str::len), limits::NOTE_BYTES_MAX, "bytes")
}

fn check_pairs(field: &'static str, labels: &Labels) -> Result<(), Invalid> {
    for (key, value) in labels.iter() {
        if key.is_empty() {
            return Err(Invalid::EmptyKey { field });
        }
        let (what, found, max) = if key.len() > limits::KEY_BYTES_MAX {
            ("key", key.len(), limits::KEY_BYTES_MAX)
        } else if value.len() > limits::LABEL_VALUE_BYTES_MAX {
            ("value", value.len(), limits::LABEL_VALUE_BYTES_MAX)
        } else {
            continue;
        };
        let key = key.chars().take(40).collect();
        return Err(Invalid::Pair { field, key, what, found, max });
    }
    Ok(())
}

/// Why a draft is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Invalid {
    /// A field that must say something says nothing.
    Empty {
        /// The field.
        field: &'static str,
    },
    /// A label or tag has an empty key.
    EmptyKey {
        /// `labels` or `tags`.
        field: &'static str,
    },
    /// A field is over its limit.
    TooLarge {
        /// The field.
        field: &'static str,
        /// What it has.
        found: usize,
        /// What it may have.
        max: usize,
        /// Of what.
        unit: &'static str,
    },
    /// A key or value of a label or tag is over its limit.
    Pair {
        /// `labels` or `tags`.
        field: &'static str,
        /// The start of the key.
        key: String,
        /// `key` or `value`.
        what: &'static str,
        /// Its bytes.
        found: usize,
        /// The bytes it may have.
        max: usize,
    },
    /// The severity is no syslog level.
    Severity {
        /// What was given.
        level: u8,
    },
    /// It is resolved, but its type has no such state.
    Resolved {
        /// Its type.
        event_type: EventType,
    },
    /// It is to close an alert, but is no resolved alert, has an end of its own, has a uid that
    /// does not say which alert it is, or is from before that end.
    Closes,
    /// It is acknowledged, but its type cannot be.
    Acknowledged {
        /// Its type.
        event_type: EventType,
    },
    /// It has the uid of a stored event of another type, so it cannot be an observation of that.
    OtherType {
        /// The type of the stored event.
        stored: EventType,
        /// Its type.
        event_type: EventType,
    },
    /// Its details are those of another type.
    Details {
        /// The type whose details they are.
        of: EventType,
        /// Its type.
        event_type: EventType,
    },
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty { field: "count" } => write!(f, "count is 0; the least is 1"),
            Self::Empty { field } => write!(f, "{field} is empty"),
            Self::EmptyKey { field } => write!(f, "{field} has an empty key"),
            Self::TooLarge { field, found, max, unit } => {
                write!(f, "{field} has {found} {unit}; the limit is {max}")
            }
            Self::Pair { field, key, what, found, max } => {
                write!(f, "{field}: {what} of `{key}` has {found} bytes; the limit is {max}")
            }
            Self::Severity { level } => write!(f, "severity {level} is outside 0 to 7"),
            Self::Resolved { event_type } => {
                write!(f, "a {event_type} event cannot be resolved; only alerts can")
            }
            Self::Closes => {
                write!(
                    f,
                    "only a resolved alert without an end, not from before the one it closes, and \
                     with a uid that ends in `@` and its time can close another"
                )
            }
            Self::Acknowledged { event_type } => {
                write!(f, "a {event_type} event cannot be acknowledged")
            }
            Self::OtherType { stored, event_type } => {
                write!(f, "a {event_type} event has the uid of a stored {stored} event")
            }
            Self::Details { of, event_type } => {
                write!(f, "a {event_type} event carries the details of a {of} event")
            }
        }
    }
}

impl std::error::Error for Invalid {}

#[cfg(test)]
mod tests {
    use super::{Draft, Invalid};
    use crate::{EventType, State, Timestamp, UidTime, limits};

    #[track_caller]
    fn refused(draft: &Draft, reason: &str) {
        assert_eq!(draft.check().unwrap_err().to_string(), reason);
    }

    #[test]
    fn the_limits_are_inclusive() {
        let at = Draft::custom("n".repeat(limits::NAME_BYTES_MAX));
        assert!(at.check().is_ok());
        refused(
            &Draft::custom("n".repeat(limits::NAME_BYTES_MAX + 1)),
            "name has 1025 bytes; the limit is 1024",
        );
        refused(
            &Draft::custom("n").label("k", "v".repeat(limits::LABEL_VALUE_BYTES_MAX + 1)),
            "labels: value of `k` has 4097 bytes; the limit is 4096",
        );
        let labels = (0..=limits::LABELS_MAX).map(|n| (format!("k{n}"), "v"));
        let draft = Draft { labels: labels.collect(), ..Draft::custom("n") };
        refused(&draft, "labels has 513 labels; the limit is 512");
    }

    #[test]
    fn the_rules_of_the_types_hold() {
        refused(&Draft::custom("n").severity(8), "severity 8 is outside 0 to 7");
        refused(
            &Draft::custom("n").resolved(Timestamp::EPOCH),
            "a custom event cannot be resolved; only alerts can",
        );
        let alert = Draft::new(EventType::Alert, "test", "n").resolved(Timestamp::EPOCH);
        assert!(alert.check().is_ok());
    }

    #[test]
    fn only_a_notice_of_a_known_alert_closes_one() {
        let end = Timestamp::EPOCH;
        let alert = |uid: &str| {
            Draft::new(EventType::Alert, "test", "n").time(end).uid(uid, UidTime::Fixed)
        };
        let notice = alert("alert:5a@0").closing(end);
        assert_eq!(notice.check(), Ok(()));
        assert_eq!(notice.life(), Some("alert:5a"));
        let custom = Draft { event_type: EventType::Custom, ..notice.clone() };
        for wrong in [
            Draft { state: State::Triggered, ..notice.clone() },
            Draft { end_time: Some(end), ..notice.clone() },
            Draft { closes: Some(end.saturating_add(1)), ..notice.clone() },
            Draft { uid: None, ..notice },
            alert("alert:5a@1").closing(end),
            Draft { state: State::Triggered, ..custom },
        ] {
            assert_eq!(wrong.check(), Err(Invalid::Closes), "{wrong:?}");
        }
    }
}
