//! Which drafts a store takes.

use crate::{Draft, EventType, Labels, Severity, State, Timestamp, limits};
use std::fmt;

impl Draft {
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
    use super::Invalid;
    use crate::{Draft, EventType, State, Timestamp, UidTime, limits};

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
