//! An event before the store has taken it.

pub(crate) mod check;

use crate::{
    Acknowledgement, Details, Event, EventType, Labels, Level, OnConflict, Severity, State,
    Timestamp, Uid, UidTime, life_of,
};

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
}
