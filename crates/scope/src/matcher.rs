//! The reference matcher: what a filter means, said as plainly as possible.
//!
//! Every faster way to answer a query is tested against it.

use crate::{Filter, Test, TextField};
use eventscope_model::words::Phrase;
use eventscope_model::{Event, ScopeLabels};

impl Filter {
    /// Whether an event is in the set, where all labels are scope labels.
    #[must_use]
    pub fn matches(&self, event: &Event) -> bool {
        self.matches_within(event, &ScopeLabels::all())
    }

    /// Whether an event is in the set, where only some labels are scope labels: it is as if the
    /// event did not have the others.
    #[must_use]
    pub fn matches_within(&self, event: &Event, labels: &ScopeLabels) -> bool {
        let matches = |child: &Self| child.matches_within(event, labels);
        match self {
            Self::All => true,
            Self::Nothing => false,
            Self::Test(test) => test.holds_within(event, labels),
            Self::Not(test) => !test.holds_within(event, labels),
            Self::And(children) => children.iter().all(matches),
            Self::Or(children) => children.iter().any(matches),
        }
    }

    /// A label that the filter looks at and that is no scope label, by its canonical key.
    #[must_use]
    pub fn label_outside(&self, labels: &ScopeLabels) -> Option<&str> {
        match self {
            Self::All | Self::Nothing => None,
            Self::Test(test) | Self::Not(test) => match test {
                Test::Text { field: TextField::Label(key), .. } => {
                    (!labels.admit(key)).then_some(key)
                }
                _ => None,
            },
            Self::And(children) | Self::Or(children) => {
                children.iter().find_map(|child| child.label_outside(labels))
            }
        }
    }
}

impl Test {
    /// Whether an event passes, where all labels are scope labels.
    #[must_use]
    pub fn holds(&self, event: &Event) -> bool {
        self.holds_within(event, &ScopeLabels::all())
    }

    fn holds_within(&self, event: &Event, labels: &ScopeLabels) -> bool {
        match self {
            Self::Severity(set) => set.contains(event.severity),
            Self::Type(set) => set.contains(event.event_type),
            Self::State(state) => event.state == *state,
            Self::Acknowledged => event.acknowledgement.is_some(),
            Self::Id(span) => span.contains(event.id.0),
            Self::Time(span) => span.contains(event.time),
            Self::Count(span) => span.contains(event.count),
            Self::Text { field: TextField::Label(key), .. } if !labels.admit(key) => false,
            Self::Text { field, test } => field.of(event).is_some_and(|text| test.holds(text)),
            Self::Words(query) => {
                query.phrases().iter().all(|phrase| occurs(phrase, event, labels))
            }
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

fn occurs(phrase: &Phrase, event: &Event, labels: &ScopeLabels) -> bool {
    let mut scope = event.labels.iter().filter(|(key, _)| labels.admit(key));
    phrase.occurs_in(&event.name)
        || phrase.occurs_in(&event.description)
        || phrase.occurs_in(&event.source)
        || scope.any(|(_, value)| phrase.occurs_in(value))
}
