//! Why a record is not an event, and why a dump cannot be read further.

use crate::{Format, limits};
use eventscope_model::{Invalid, ParseTimeError};
use std::{error::Error, fmt, io};

/// Why one record did not become a draft. The rest of the dump is not affected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reject {
    /// Its JSON breaks off or is malformed.
    Broken {
        /// What is wrong.
        syntax: Syntax,
        /// The line where it shows, from 1.
        line: u64,
    },
    /// Its YAML is malformed, or uses what is not read.
    Yaml {
        /// What is wrong.
        what: String,
        /// The line where it shows, from 1.
        line: u64,
    },
    /// It is well-formed, but a field does not have the shape that its format gives it.
    Shape {
        /// The format it was read as.
        format: Format,
        /// Which shape was expected.
        what: String,
    },
    /// A field that its format cannot do without is absent or empty.
    Missing {
        /// The format it was read as.
        format: Format,
        /// The field.
        field: &'static str,
    },
    /// It says no time, and that of its file is not known either.
    Undated {
        /// The format it was read as.
        format: Format,
        /// The field that should have said it.
        field: &'static str,
    },
    /// A field that an event cannot do without is mapped to a path where nothing is.
    Unfilled {
        /// The format it was read as.
        format: Format,
        /// The field.
        field: &'static str,
        /// Where its value was looked for.
        path: String,
    },
    /// Its format has fields of any names, and no [`Map`](crate::Map) says what they mean.
    Unmapped {
        /// The format it was read as.
        format: Format,
    },
    /// A field has a value that its format does not know.
    Value {
        /// The field.
        field: &'static str,
        /// The start of its value.
        value: String,
        /// What may stand there.
        expected: &'static str,
    },
    /// A time cannot be read, or lies outside 1970 to 2262.
    Time {
        /// The field.
        field: &'static str,
        /// The start of its value.
        value: String,
        /// What is wrong with it.
        error: ParseTimeError,
    },
    /// It was read, but the store would not take it.
    Invalid(Invalid),
    /// One of the parts of a record, each of which is an event, cannot be read.
    Within {
        /// Which part: `alert 2`.
        part: String,
        /// What is wrong with it.
        reason: Box<Self>,
    },
    /// A member of an archive is not read, or not to its end; or the archive itself is not.
    Member {
        /// Why.
        what: String,
    },
    /// The record holds more than [`limits::EVENTS_PER_RECORD_MAX`] events; those before stand.
    TooMany,
    /// The record holds more than [`limits::OBJECTS_PER_RECORD_MAX`] objects.
    TooManyObjects,
}

impl Reject {
    /// A reject for a value that is none of those expected.
    pub(crate) fn value(field: &'static str, value: &str, expected: &'static str) -> Self {
        Self::Value { field, value: shown(value), expected }
    }

    /// Whether it is the JSON that could not be read, or its shape.
    pub(crate) fn is_of_json(&self) -> bool {
        match self {
            Self::Broken { syntax: Syntax::Malformed { .. }, .. } | Self::Shape { .. } => true,
            Self::Within { reason, .. } => reason.is_of_json(),
            _ => false,
        }
    }

    /// What a JSON parser has to say, without its own idea of lines and columns.
    pub(crate) fn json(format: Format, error: &serde_json::Error, first_line: u64) -> Self {
        let text = error.to_string();
        let what = text.split_once(" at line ").map_or(text.as_str(), |(what, _)| what).to_owned();
        if error.is_data() {
            return Self::Shape { format, what: shown(&what) };
        }
        let line = first_line.saturating_add((error.line() as u64).saturating_sub(1));
        Self::Broken { syntax: Syntax::Malformed { what }, line }
    }
}

/// The start of a foreign text, short enough for one line.
pub(crate) fn shown(text: &str) -> String {
    if text.len() <= limits::SHOWN_BYTES_MAX {
        return text.to_owned();
    }
    let start = text.get(..text.floor_char_boundary(limits::SHOWN_BYTES_MAX));
    format!("{}..", start.unwrap_or_default())
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken { syntax, line } => write!(f, "broken JSON on line {line}: {syntax}"),
            Self::Yaml { what, line } => write!(f, "broken YAML on line {line}: {what}"),
            Self::Shape { format, what } => write!(f, "no {format} event: {what}"),
            Self::Missing { format, field } => write!(f, "no {format} event: {field} is missing"),
            Self::Undated { format, field } => {
                write!(f, "no {format} event: {field} is missing, and the file has no time either")
            }
            Self::Unfilled { format, field, path } => {
                write!(f, "no {format} event: {field} is missing, there is nothing at `{path}`")
            }
            Self::Unmapped { format } => {
                write!(f, "no {format} event: no map says where its time and its name are")
            }
            Self::Value { field, value, expected } => {
                write!(f, "{field} is `{value}`; expected {expected}")
            }
            Self::Time { field, value, error } => write!(f, "{field} is `{value}`: {error}"),
            Self::Invalid(invalid) => write!(f, "{invalid}"),
            Self::Within { part, reason } => write!(f, "{part}: {reason}"),
            Self::Member { what } => f.write_str(what),
            Self::TooManyObjects => {
                let most = limits::OBJECTS_PER_RECORD_MAX;
                write!(f, "the record holds more than {most} JSON objects")
            }
            Self::TooMany => {
                let most = limits::EVENTS_PER_RECORD_MAX;
                let mebibytes = limits::RECORD_EVENTS_BYTES_MAX / (1024 * 1024);
                write!(
                    f,
                    "the record holds more than {most} events or {mebibytes} MiB of them; the rest \
                     is not read"
                )
            }
        }
    }
}

impl Error for Reject {}

/// What is wrong with the JSON of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Syntax {
    /// The input ends inside it.
    CutOff,
    /// A line ends inside a string.
    OpenString,
    /// A character stands where the grammar has no place for it.
    Unexpected {
        /// The character; a byte outside ASCII is shown as `?`.
        found: char,
        /// What the grammar has a place for.
        expected: &'static str,
    },
    /// Containers are nested deeper than [`limits::DEPTH_MAX`].
    TooDeep,
    /// It is longer than [`limits::RECORD_BYTES_MAX`].
    TooLarge,
    /// A number, a word or an escape inside it is malformed.
    Malformed {
        /// What the parser says.
        what: String,
    },
}

impl fmt::Display for Syntax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CutOff => f.write_str("the input ends inside it"),
            Self::OpenString => f.write_str("a line ends inside a string"),
            Self::Unexpected { found, expected } => {
                write!(f, "{found:?} where {expected} is expected")
            }
            Self::TooDeep => write!(f, "it is nested deeper than {}", limits::DEPTH_MAX),
            Self::TooLarge => {
                let mebibytes = limits::RECORD_BYTES_MAX / (1024 * 1024);
                write!(f, "the record is longer than {mebibytes} MiB")
            }
            Self::Malformed { what } => f.write_str(what),
        }
    }
}

/// Why a dump cannot be read further. The records given before it stand.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// The input failed.
    Io {
        /// The line that was reached, from 1.
        line: u64,
        /// How it failed.
        source: io::Error,
    },
    /// The input is compressed, and its compression is broken or cut off.
    Compression {
        /// The line that was reached in the text inside, from 1.
        line: u64,
        /// `gzip`, `zstd` or `ZIP`.
        name: &'static str,
        /// What the decoder says.
        source: io::Error,
    },
    /// The text is longer than [`limits::EXPANSION_MAX`] times the compressed bytes it came from.
    Expands {
        /// The line that was reached in the text inside, from 1.
        line: u64,
    },
    /// The first row of CSV does not name its columns, or not those that are mapped.
    Header {
        /// The line where it starts, from 1.
        line: u64,
        /// What is wrong.
        what: String,
    },
}

impl ReadError {
    /// The line that was reached, from 1.
    #[must_use]
    pub fn line(&self) -> u64 {
        match self {
            Self::Io { line, .. }
            | Self::Compression { line, .. }
            | Self::Header { line, .. }
            | Self::Expands { line } => *line,
        }
    }

    /// Tells apart what failed; a decoder marks its own errors as [`BrokenCompression`].
    pub(crate) fn new(line: u64, error: io::Error) -> Self {
        if error.get_ref().is_some_and(|inner| inner.is::<Expansion>()) {
            return Self::Expands { line };
        }
        let name = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<BrokenCompression>())
            .map(|broken| broken.name);
        match name {
            None => Self::Io { line, source: error },
            Some(name) => {
                let kind = error.kind();
                let broken = error.into_inner().and_then(|inner| inner.downcast().ok());
                let source =
                    broken.map_or_else(|| kind.into(), |b: Box<BrokenCompression>| b.error);
                Self::Compression { line, name, source }
            }
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { line, .. } => write!(f, "reading failed at line {line}"),
            Self::Compression { line, name, .. } => {
                write!(f, "the {name} compression is broken or cut off at line {line}")
            }
            Self::Expands { line } => {
                let most = limits::EXPANSION_MAX;
                write!(
                    f,
                    "reading stopped at line {line}: the text is more than {most} times as long as \
                     its compressed form; if that is meant, unpack it first"
                )
            }
            Self::Header { line, what } => write!(f, "the header on line {line}: {what}"),
        }
    }
}

impl Error for ReadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { source, .. } | Self::Compression { source, .. } => Some(source),
            Self::Expands { .. } | Self::Header { .. } => None,
        }
    }
}

/// An error of a decoder on its way through [`io::Error`].
#[derive(Debug)]
pub(crate) struct BrokenCompression {
    pub(crate) name: &'static str,
    pub(crate) error: io::Error,
}

impl fmt::Display for BrokenCompression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "broken {}", self.name)
    }
}

impl Error for BrokenCompression {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}

/// A text that grows out of proportion, on its way through [`io::Error`].
#[derive(Debug)]
pub(crate) struct Expansion;

impl fmt::Display for Expansion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the text is too long for its compressed form")
    }
}

impl Error for Expansion {}
