//! What the fields of records mean that have any: which field of an event is filled from where.
//!
//! A map is a list of `TARGET=PATH`:
//!
//! ```text
//! target       the field of the event
//! time         when it happened; must be mapped
//! name         what happened; must be mapped
//! description  what happened at length
//! severity     0 to 7 or a word, see `severity`; 6 if absent
//! source       who says so; the name of the format if absent
//! type         alert, docker, containerd, kubernetes, policy, scan or custom; custom if absent
//! uid          the identity, as it is; if absent <format>:<content hash> of all that is below and
//!              above, with all labels
//! count        a whole number above 0; 1 if absent
//! state        triggered or resolved; triggered if absent
//! end_time     when it ended
//! label.KEY    the label KEY
//! tag.KEY      the tag KEY
//! ```
//!
//! The path leads through objects by their keys and through arrays by numbers, joined with dots:
//! `alerts.0.name`. Keys may have dots themselves: of several ways to read a path, the one with
//! the longest keys in front that leads to a value is taken. Scalars of an array together are a
//! value, joined with `, `. In CSV a path is the name of a column, whatever its dots.
//!
//! A path that begins with `=` is no path but the value itself: `source==sysmon`.
//!
//! Times are as everywhere, and one without an offset is in UTC. With [`Map::all_labels`] each
//! other value of up to 256 bytes becomes a label under its path. A label that is mapped wins over
//! one of the same name that is not.

mod fill;

use crate::{Reject, flatten::Rest, limits};
use std::{collections::BTreeSet, error::Error, fmt, str::FromStr};

/// Which field of an event is filled from where, for records whose fields have any names.
///
/// ```
/// use eventscope_formats::{Format, ImportOptions, Importer, Map};
///
/// let map = Map::new(["time=@timestamp".parse()?, "name=event.action".parse()?])?;
/// let options = ImportOptions::default().format(Format::Jsonl).map(map);
/// let log = r#"{"@timestamp":"2026-11-23T09:00:00Z","event":{"action":"login"}}"#;
/// let mut importer = Importer::new(options);
/// let record = importer.read(log.as_bytes()).next().unwrap()?;
/// assert_eq!(record.content.unwrap().name, "login");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    fields: Vec<(Target, Origin)>,
    /// Sorted, each once.
    paths: Vec<String>,
    rest: Rest,
}

/// One line of a [`Map`]: `TARGET=PATH` or `TARGET==VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    target: Target,
    value: Value,
}

/// The field of an event that is filled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Time,
    Name,
    Description,
    Severity,
    Source,
    Type,
    Uid,
    Count,
    State,
    EndTime,
    Label(String),
    Tag(String),
}

/// What a target is filled with, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Literal(String),
    Path(String),
}

/// What a target is filled with, its path looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    Literal(String),
    /// The number of the path.
    Path(usize),
}

impl Map {
    /// A map of some lines.
    ///
    /// # Errors
    /// When two lines have the same target, when time or name has none, or when there are more
    /// than [`limits::MAPPINGS_MAX`].
    pub fn new(mappings: impl IntoIterator<Item = Mapping>) -> Result<Self, MapError> {
        let mappings: Vec<_> = mappings.into_iter().take(limits::MAPPINGS_MAX + 1).collect();
        if mappings.len() > limits::MAPPINGS_MAX {
            return Err(MapError::TooMany);
        }
        let mut targets = BTreeSet::new();
        if let Some(twice) = mappings.iter().find(|mapping| !targets.insert(&mapping.target)) {
            return Err(MapError::Twice { target: twice.target.to_string() });
        }
        if let Some(field) = [Target::Time, Target::Name].iter().find(|it| !targets.contains(it)) {
            return Err(MapError::Missing { target: field.to_string() });
        }
        let paths: BTreeSet<&String> = mappings.iter().filter_map(Mapping::path).collect();
        let paths: Vec<String> = paths.into_iter().cloned().collect();
        let origin = |value| match value {
            Value::Literal(text) => Origin::Literal(text),
            Value::Path(path) => Origin::Path(paths.partition_point(|other| *other < path)),
        };
        let fields = mappings.into_iter().map(|mapping| (mapping.target, origin(mapping.value)));
        Ok(Self { fields: fields.collect(), paths, rest: Rest::Ignored })
    }

    /// Makes a label of each value that no target is filled with, under its path, if it has at
    /// most [`limits::OTHER_VALUE_BYTES_MAX`] bytes.
    #[must_use]
    pub fn all_labels(mut self) -> Self {
        self.rest = Rest::Labels;
        self
    }
}

impl Mapping {
    fn path(&self) -> Option<&String> {
        match &self.value {
            Value::Path(path) => Some(path),
            Value::Literal(_) => None,
        }
    }
}

impl FromStr for Mapping {
    type Err = MapError;

    fn from_str(text: &str) -> Result<Self, MapError> {
        let (target, value) = text.split_once('=').ok_or(MapError::Form)?;
        let target: Target = target.parse()?;
        let value = match value.strip_prefix('=') {
            Some(literal) => {
                let refused = |reason| MapError::Literal { target: target.to_string(), reason };
                target.try_out(literal).map_err(refused)?;
                Value::Literal(literal.to_owned())
            }
            None if value.is_empty() => return Err(MapError::Form),
            None if value.len() > limits::PATH_BYTES_MAX => return Err(MapError::TooLong),
            None => Value::Path(value.to_owned()),
        };
        Ok(Self { target, value })
    }
}

impl FromStr for Target {
    type Err = MapError;

    fn from_str(name: &str) -> Result<Self, MapError> {
        Ok(match (name, name.split_once('.')) {
            ("time", _) => Self::Time,
            ("name", _) => Self::Name,
            ("description", _) => Self::Description,
            ("severity", _) => Self::Severity,
            ("source", _) => Self::Source,
            ("type", _) => Self::Type,
            ("uid", _) => Self::Uid,
            ("count", _) => Self::Count,
            ("state", _) => Self::State,
            ("end_time", _) => Self::EndTime,
            (_, Some(("label", key))) if !key.is_empty() => Self::Label(key.to_owned()),
            (_, Some(("tag", key))) if !key.is_empty() => Self::Tag(key.to_owned()),
            _ => return Err(MapError::Target { name: crate::error::shown(name) }),
        })
    }
}

impl Target {
    fn name(&self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Name => "name",
            Self::Description => "description",
            Self::Severity => "severity",
            Self::Source => "source",
            Self::Type => "type",
            Self::Uid => "uid",
            Self::Count => "count",
            Self::State => "state",
            Self::EndTime => "end_time",
            Self::Label(_) => "label",
            Self::Tag(_) => "tag",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(key) | Self::Tag(key) => write!(f, "{}.{key}", self.name()),
            _ => f.write_str(self.name()),
        }
    }
}

/// Why a map is none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MapError {
    /// It is not written `TARGET=PATH`.
    Form,
    /// Its path is longer than [`limits::PATH_BYTES_MAX`].
    TooLong,
    /// No field of an event has this name.
    Target {
        /// The start of the name.
        name: String,
    },
    /// The value that is given is none that the target can have.
    Literal {
        /// The target.
        target: String,
        /// Why not.
        reason: Reject,
    },
    /// A target comes twice.
    Twice {
        /// The target.
        target: String,
    },
    /// A target is absent that no event can do without.
    Missing {
        /// The target.
        target: String,
    },
    /// There are more than [`limits::MAPPINGS_MAX`].
    TooMany,
}

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => f.write_str("a map is written TARGET=PATH, as in time=@timestamp"),
            Self::TooLong => {
                write!(f, "the path has more than {} bytes", limits::PATH_BYTES_MAX)
            }
            Self::Target { name } => write!(
                f,
                "there is no `{name}` to map to; there are time, name, description, severity, \
                 source, type, uid, count, state, end_time, label.KEY and tag.KEY"
            ),
            Self::Literal { target, reason } => write!(f, "{target} cannot be that: {reason}"),
            Self::Twice { target } => write!(f, "{target} is mapped twice"),
            Self::Missing { target } => write!(
                f,
                "nothing is mapped to {target}; say at least where time and name are, as in \
                 --map time=@timestamp --map name=EventID"
            ),
            Self::TooMany => write!(f, "there are more than {} maps", limits::MAPPINGS_MAX),
        }
    }
}

impl Error for MapError {}

#[cfg(test)]
mod tests;
