//! What came of appends and changes as JSON, with the feature `serde`.
//!
//! ```text
//! outcome         {outcome: appended, duplicate or updated, id} or {outcome: rejected, reason}
//! history entry   {at, action, change, undoes?, by?, note?}
//! action          ack, unack, resolve or delete
//! ```

use crate::change::{Action, HistoryEntry, What};
use crate::writer::dedup::Outcome;
use eventscope_model::{EventId, Timestamp};
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, SerializeStruct, Serializer};

const ACTIONS: [Action; 4] =
    [Action::Acknowledge, Action::Unacknowledge, Action::Resolve, Action::Delete];

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let found = ACTIONS.into_iter().find(|action| action.name() == name);
        found.ok_or_else(|| D::Error::custom("not an action; write ack, unack, resolve or delete"))
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Outcome", 2)?;
        let (name, id): (&str, &EventId) = match self {
            Self::Appended(id) => ("appended", id),
            Self::Duplicate(id) => ("duplicate", id),
            Self::Updated(id) => ("updated", id),
            Self::Rejected(invalid) => {
                out.serialize_field("outcome", "rejected")?;
                out.serialize_field("reason", &invalid.to_string())?;
                return out.end();
            }
        };
        out.serialize_field("outcome", name)?;
        out.serialize_field("id", id)?;
        out.end()
    }
}

/// A history entry as its object.
#[derive(serde::Serialize, serde::Deserialize)]
struct Entry {
    at: Timestamp,
    action: String,
    /// A number, as every number of a change in quotes.
    change: EventId,
    #[serde(skip_serializing_if = "Option::is_none")]
    undoes: Option<EventId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl Serialize for HistoryEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let undoes = match self.what {
            What::Undone(change) => Some(EventId(change)),
            What::Action(_) | What::Observed | What::Amended => None,
        };
        let (by, note) = (self.by.clone(), self.note.clone());
        let action = self.what.name().to_owned();
        Entry { at: self.at, action, change: EventId(self.change), undoes, by, note }
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for HistoryEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Entry { at, action, change, undoes, by, note } = Entry::deserialize(deserializer)?;
        let what = match (action.as_str(), undoes) {
            ("observed", None) => What::Observed,
            ("amended", None) => What::Amended,
            ("undo", Some(change)) => What::Undone(change.0),
            (name, None) => {
                let found = ACTIONS.into_iter().find(|action| action.name() == name);
                What::Action(found.ok_or_else(|| D::Error::custom("not an action"))?)
            }
            (_, Some(_)) => return Err(D::Error::custom("only an undo undoes a change")),
        };
        Ok(Self { change: change.0, at, what, by, note })
    }
}

#[cfg(test)]
mod tests {
    use super::{ACTIONS, HistoryEntry, Outcome, Timestamp, What};
    use eventscope_model::{Draft, EventId};

    #[test]
    fn histories_come_back_as_they_were_written() {
        let actions = ACTIONS.into_iter().map(What::Action);
        for what in actions.chain([What::Observed, What::Amended, What::Undone(7)]) {
            for by in [None, Some("aya".to_owned())] {
                let (at, note) = (Timestamp::EPOCH, by.clone());
                let entry = HistoryEntry { change: 9, at, what, by, note };
                let json = serde_json::to_string(&entry).unwrap();
                assert_eq!(serde_json::from_str::<HistoryEntry>(&json).unwrap(), entry, "{json}");
            }
        }
        assert!(
            serde_json::from_str::<HistoryEntry>(r#"{"at":0,"action":"x","change":"1"}"#).is_err()
        );
    }

    #[test]
    fn outcomes_say_what_became_of_a_draft() {
        let rejected = Outcome::Rejected(Draft::custom("").check().unwrap_err());
        for (outcome, json) in [
            (Outcome::Appended(EventId(1)), r#"{"outcome":"appended","id":"1"}"#),
            (Outcome::Updated(EventId(2)), r#"{"outcome":"updated","id":"2"}"#),
            (Outcome::Duplicate(EventId(3)), r#"{"outcome":"duplicate","id":"3"}"#),
            (rejected, r#"{"outcome":"rejected","reason":"name is empty"}"#),
        ] {
            assert_eq!(serde_json::to_string(&outcome).unwrap(), json);
        }
    }
}
