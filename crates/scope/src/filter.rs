//! What an expression means: the normal form that is matched, planned and run.

use crate::{SeveritySet, Span, TypeSet};
use eventscope_model::words::WordQuery;
use eventscope_model::{State, Timestamp, alias};

/// A set of events, written in its normal form.
///
/// Negation stands only before a [`Test`] that has no opposite test. `And` and `Or` are flat: no
/// `And` stands right inside an `And`, both have at least two children, sorted and all different.
/// Tests of one field that can be one test are one. Only a whole filter is `All` or `Nothing`,
/// never a part of one.
///
/// [`Expr::lower`](crate::Expr::lower), `From<Test>`, [`Filter::and`], [`Filter::or`] and
/// [`Filter::not`] give the normal form; a filter put together by hand need not have it. The
/// `Display` of a filter is an expression that means it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Filter {
    /// Every event.
    All,
    /// No event.
    Nothing,
    /// The events that pass a test.
    Test(Test),
    /// The events that do not.
    Not(Test),
    /// The events that all of these match.
    And(Vec<Filter>),
    /// The events that one of these matches.
    Or(Vec<Filter>),
}

/// One question about one event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Test {
    /// Its severity is one of these; neither none nor all in the normal form.
    Severity(SeveritySet),
    /// Its type is one of these; neither none nor all in the normal form.
    Type(TypeSet),
    /// It is in this state.
    State(State),
    /// Somebody has acknowledged it.
    Acknowledged,
    /// Its id lies in a span.
    Id(Span<u64>),
    /// Its time lies in a span.
    Time(Span<Timestamp>),
    /// It was observed so many times.
    Count(Span<u64>),
    /// A text of it passes a test. An event that lacks the field passes none.
    Text {
        /// Which text.
        field: TextField,
        /// What is asked of it.
        test: TextTest,
    },
    /// Its texts contain these words: each phrase stands in its name, description, source or the
    /// value of a label.
    Words(WordQuery),
}

/// A text of an event that is compared letter by letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TextField {
    /// Its name.
    Name,
    /// Its description, which an event lacks when it is empty.
    Description,
    /// Its source.
    Source,
    /// Its natural identity.
    Uid,
    /// The label under a key, in its canonical spelling: see [`TextField::label`].
    Label(String),
    /// The tag under a key.
    Tag(String),
}

impl TextField {
    /// The label under a key in either spelling.
    #[must_use]
    pub fn label(key: &str) -> Self {
        Self::Label(alias::canonical(key).to_owned())
    }

    /// Whether every event has this text.
    #[must_use]
    pub fn always_exists(&self) -> bool {
        matches!(self, Self::Name | Self::Source | Self::Uid)
    }
}

/// What is asked of a text. An empty text exists, except for a description.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TextTest {
    /// It is there.
    Exists,
    /// It is one of these: sorted, all different, at least one in the normal form.
    In(Vec<String>),
    /// This stands in it.
    Contains(String),
    /// It begins with this.
    StartsWith(String),
}

impl TextTest {
    /// Whether a text that is there passes.
    #[must_use]
    pub fn holds(&self, text: &str) -> bool {
        match self {
            Self::Exists => true,
            Self::In(values) => values.iter().any(|value| value == text),
            Self::Contains(part) => text.contains(part.as_str()),
            Self::StartsWith(start) => text.starts_with(start.as_str()),
        }
    }
}
