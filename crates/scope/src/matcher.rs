//! The reference matcher: what a filter means, said as plainly as possible.
//!
//! Every faster way to answer a query is tested against it.

use crate::{Filter, Test, TextField};
use eventscope_model::Event;
use eventscope_model::words::Phrase;

impl Filter {
    /// Whether an event is in the set.
    #[must_use]
    pub fn matches(&self, event: &Event) -> bool {
        match self {
            Self::All => true,
            Self::Nothing => false,
            Self::Test(test) => test.holds(event),
            Self::Not(test) => !test.holds(event),
            Self::And(children) => children.iter().all(|child| child.matches(event)),
            Self::Or(children) => children.iter().any(|child| child.matches(event)),
        }
    }
}

impl Test {
    /// Whether an event passes.
    #[must_use]
    pub fn holds(&self, event: &Event) -> bool {
        match self {
            Self::Severity(set) => set.contains(event.severity),
            Self::Type(set) => set.contains(event.event_type),
            Self::State(state) => event.state == *state,
            Self::Acknowledged => event.acknowledgement.is_some(),
            Self::Id(span) => span.contains(event.id.0),
            Self::Time(span) => span.contains(event.time),
            Self::Count(span) => span.contains(event.count),
            Self::Text { field, test } => field.of(event).is_some_and(|text| test.holds(text)),
            Self::Words(query) => query.phrases().iter().all(|phrase| occurs(phrase, event)),
        }
    }
}

impl TextField {
    /// The text of an event, if the event has it.
    #[must_use]
    pub fn of<'a>(&self, event: &'a Event) -> Option<&'a str> {
        match self {
            Self::Name => Some(&event.name),
            Self::Description => Some(event.description.as_str()).filter(|text| !text.is_empty()),
            Self::Source => Some(&event.source),
            Self::Uid => Some(&event.uid),
            Self::Label(key) => event.labels.find(key),
            Self::Tag(key) => event.tags.get(key),
        }
    }
}

fn occurs(phrase: &Phrase, event: &Event) -> bool {
    phrase.occurs_in(&event.name)
        || phrase.occurs_in(&event.description)
        || phrase.occurs_in(&event.source)
        || event.labels.iter().any(|(_, value)| phrase.occurs_in(value))
}
