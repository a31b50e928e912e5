//! Why a text is no expression: kind, place and suggestion as data.

use crate::limits;
use crate::{Operator, Site};
use std::fmt;

/// All that is wrong with one text: at least one error, in the order of their places.
///
/// The `Display` is one line; [`ParseErrors::draw`] shows each error under the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseErrors {
    /// The text; empty when it was too long to read.
    pub(crate) text: String,
    pub(crate) errors: Vec<ParseError>,
}

impl ParseErrors {
    /// The errors, at least one.
    #[must_use]
    pub fn errors(&self) -> &[ParseError] {
        &self.errors
    }
}

impl fmt::Display for ParseErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, error) in self.errors.iter().enumerate() {
            let gap = if nth == 0 { "" } else { "; " };
            write!(f, "{gap}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ParseErrors {}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Where.
    pub site: Site,
    /// What may have been meant.
    pub suggestion: Option<String>,
}

/// The message and the suggestion, without the place.
impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, "; did you mean `{suggestion}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ParseError {}

/// What can be wrong with an expression. Texts in it are cut to a readable length.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is nothing but white space.
    Empty,
    /// The text is over [`limits::TEXT_BYTES_MAX`].
    TooLong {
        /// Its bytes.
        bytes: usize,
    },
    /// Parentheses or `not` are nested over [`limits::DEPTH_MAX`].
    TooDeep,
    /// A list is over [`limits::VALUES_MAX`].
    TooManyValues,
    /// A query for words is over [`limits::WORDS_MAX`].
    TooManyWords,
    /// A key should stand here.
    ExpectedKey,
    /// A word of the language stands where a key should.
    KeywordAsKey {
        /// The word.
        word: String,
    },
    /// `label.` or `tag.` names no label or tag.
    EmptyKey,
    /// An operator should stand here.
    ExpectedOperator {
        /// The key before it.
        key: String,
    },
    /// What stands here is no operator.
    UnknownOperator {
        /// What stands here.
        found: String,
    },
    /// The key does not take this operator.
    OperatorNotTaken {
        /// The key.
        key: String,
        /// The operator.
        operator: Operator,
    },
    /// A value should stand here.
    ExpectedValue,
    /// A word of the language stands where a value should, without quotes.
    KeywordAsValue {
        /// The word.
        word: String,
    },
    /// A quote is never closed.
    UnclosedQuote,
    /// A list has no values.
    EmptyList,
    /// A list is not closed, or a comma is missing in it.
    UnclosedList,
    /// A list stands where one value should.
    ListNotTaken {
        /// The operator before it.
        operator: Operator,
    },
    /// A label over two severities stands where one severity should.
    BandNotOrdered {
        /// The label.
        band: String,
    },
    /// The value is not one of those that the key has.
    UnknownValue {
        /// The key.
        key: String,
        /// The value.
        found: String,
        /// The values that the key has.
        known: &'static str,
    },
    /// The value is no number, or too great.
    NotANumber {
        /// The value.
        found: String,
    },
    /// The value is no time.
    NotATime {
        /// The value.
        found: String,
    },
    /// The value is a time outside 1970 to 2262.
    TimeOutOfRange {
        /// The value.
        found: String,
    },
    /// The value is no length of time.
    NotALookback {
        /// The value.
        found: String,
    },
    /// A query for words has no word in it.
    NoWords,
    /// A comparison has ended and something follows that does not go on from it.
    ExpectedJoin,
    /// A parenthesis is never closed.
    UnclosedParenthesis,
    /// A parenthesis was never opened.
    UnopenedParenthesis,
    /// The expression is right, but it is not a row of layers joined by `and`.
    NotLayers,
}

impl ErrorKind {
    /// A short name of the kind for programs, which stays as it is.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong { .. } => "too-long",
            Self::TooDeep => "too-deep",
            Self::TooManyValues => "too-many-values",
            Self::TooManyWords => "too-many-words",
            Self::ExpectedKey => "expected-key",
            Self::KeywordAsKey { .. } => "keyword-as-key",
            Self::EmptyKey => "empty-key",
            Self::ExpectedOperator { .. } => "expected-operator",
            Self::UnknownOperator { .. } => "unknown-operator",
            Self::OperatorNotTaken { .. } => "operator-not-taken",
            Self::ExpectedValue => "expected-value",
            Self::KeywordAsValue { .. } => "keyword-as-value",
            Self::UnclosedQuote => "unclosed-quote",
            Self::EmptyList => "empty-list",
            Self::UnclosedList => "unclosed-list",
            Self::ListNotTaken { .. } => "list-not-taken",
            Self::BandNotOrdered { .. } => "band-not-ordered",
            Self::UnknownValue { .. } => "unknown-value",
            Self::NotANumber { .. } => "not-a-number",
            Self::NotATime { .. } => "not-a-time",
            Self::TimeOutOfRange { .. } => "time-out-of-range",
            Self::NotALookback { .. } => "not-a-lookback",
            Self::NoWords => "no-words",
            Self::ExpectedJoin => "expected-join",
            Self::UnclosedParenthesis => "unclosed-parenthesis",
            Self::UnopenedParenthesis => "unopened-parenthesis",
            Self::NotLayers => "not-layers",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "the expression is empty; `everywhere` stands for all events"),
            Self::TooLong { bytes } => {
                write!(
                    f,
                    "the expression has {bytes} bytes; the limit is {}",
                    limits::TEXT_BYTES_MAX
                )
            }
            Self::TooDeep => write!(f, "nested over {} deep", limits::DEPTH_MAX),
            Self::TooManyValues => write!(f, "over {} values in one list", limits::VALUES_MAX),
            Self::TooManyWords => write!(f, "over {} words to search for", limits::WORDS_MAX),
            Self::ExpectedKey => write!(f, "expected the name of a field or label"),
            Self::KeywordAsKey { word } => {
                write!(
                    f,
                    "`{word}` is a word of the language; such a label is written label.{word}"
                )
            }
            Self::EmptyKey => write!(f, "a key is missing after the dot"),
            Self::ExpectedOperator { key } => write!(f, "expected an operator after `{key}`"),
            Self::UnknownOperator { found } => write!(f, "`{found}` is no operator"),
            Self::OperatorNotTaken { key, operator } => refuse(f, key, *operator),
            Self::ExpectedValue => write!(f, "expected a value"),
            Self::KeywordAsValue { word } => {
                write!(f, "`{word}` is a word of the language; as a value it is written '{word}'")
            }
            Self::UnclosedQuote => write!(f, "this quote is never closed"),
            Self::EmptyList => write!(f, "the list is empty"),
            Self::UnclosedList => write!(f, "expected a comma or the end of the list"),
            Self::ListNotTaken { operator } => {
                write!(f, "`{}` takes one value; a list goes with `in`", operator.name())
            }
            Self::BandNotOrdered { band } => {
                write!(f, "`{band}` names two severities, which only =, != and in can take")
            }
            Self::UnknownValue { key, found, known } => {
                write!(f, "`{found}` is no {key}; there are {known}")
            }
            Self::NotANumber { found } => {
                write!(f, "`{found}` is no whole number from 0 to {}", u64::MAX)
            }
            Self::NotATime { found } => write!(
                f,
                "`{found}` is no time; write 2026-11-23T09:00:00Z, 2026-11-23 or a Unix number"
            ),
            Self::TimeOutOfRange { found } => write!(f, "`{found}` lies outside 1970 to 2262"),
            Self::NotALookback { found } => write!(
                f,
                "`{found}` is no length of time; write a number and s, m, h, d or w, as in 2h"
            ),
            Self::NoWords => write!(f, "there is no word to search for"),
            Self::ExpectedJoin => write!(f, "expected `and`, `or` or the end"),
            Self::UnclosedParenthesis => write!(f, "this parenthesis is never closed"),
            Self::UnopenedParenthesis => write!(f, "this parenthesis was never opened"),
            Self::NotLayers => write!(f, "a scope is a row of comparisons joined by `and`"),
        }
    }
}

/// Says what an operator is for, where it was used for something else.
fn refuse(f: &mut fmt::Formatter<'_>, key: &str, operator: Operator) -> fmt::Result {
    let name = operator.name();
    if operator.is_order() {
        write!(f, "`{name}` compares severity, id, time and count, not `{key}`")
    } else if operator == Operator::Last {
        write!(f, "`{name}` goes with time, not with `{key}`")
    } else if key == "text" {
        write!(f, "`text` searches for words, with = and != only, not with `{name}`")
    } else {
        write!(f, "`{name}` compares texts, and `{key}` is none")
    }
}
