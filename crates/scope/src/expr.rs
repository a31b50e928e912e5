//! An expression as it was written.

use crate::{Lookback, TextField};
use eventscope_model::words::WordQuery;
use eventscope_model::{Band, Category, EventType, ScopeLabels, Severity, State, Timestamp};

/// A piece of the text of an expression: bytes `start..end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site {
    /// The first byte.
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
}

/// An expression as it was written, checked: [`parse`](crate::parse) reads one and
/// [`Expr::lower`] says what it means.
///
/// The `Display` of an expression is its canonical text: `label = 'value' and ...`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Expr {
    /// `everywhere`: all events.
    Everywhere(Site),
    /// `key operator values`
    Comparison(Comparison),
    /// `not expr`
    Not(Box<Expr>),
    /// `expr and expr ..`, at least two.
    And(Vec<Expr>),
    /// `expr or expr ..`, at least two.
    Or(Vec<Expr>),
}

impl Expr {
    /// Where it stands in the text, from its first comparison to its last.
    #[must_use]
    pub fn site(&self) -> Site {
        match self {
            Self::Everywhere(site) => *site,
            Self::Comparison(comparison) => comparison.site,
            Self::Not(inner) => inner.site(),
            Self::And(children) | Self::Or(children) => Site {
                start: children.first().map_or(0, |child| child.site().start),
                end: children.last().map_or(0, |child| child.site().end),
            },
        }
    }

    /// The first comparison of a label that is no scope label, and the label's canonical key. A
    /// label counts even where it makes no difference to what the expression means.
    #[must_use]
    pub fn label_outside(&self, labels: &ScopeLabels) -> Option<(&str, &Comparison)> {
        match self {
            Self::Everywhere(_) => None,
            Self::Comparison(comparison) => match &comparison.key {
                Key::Text(TextField::Label(key)) if !labels.admit(key) => Some((key, comparison)),
                _ => None,
            },
            Self::Not(inner) => inner.label_outside(labels),
            Self::And(children) | Self::Or(children) => {
                children.iter().find_map(|child| child.label_outside(labels))
            }
        }
    }
}

/// `key operator values`: one layer of a scope.
///
/// Its parts always fit together: the operator is one that the key takes, and the values are of
/// the kind and number that both ask for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Comparison {
    pub(crate) site: Site,
    pub(crate) key: Key,
    pub(crate) operator: Operator,
    pub(crate) values: Vec<Value>,
}

impl Comparison {
    /// Where it stands in the text that it was read from.
    #[must_use]
    pub fn site(&self) -> Site {
        self.site
    }

    /// What is compared.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// How it is compared.
    #[must_use]
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// What it is compared with: none for `exists`, one or more for `in`, else one.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }
}

/// What a comparison looks at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// `severity`
    Severity,
    /// `type`
    Type,
    /// `category`
    Category,
    /// `status`, also written `state`
    Status,
    /// `acknowledged`
    Acknowledged,
    /// `id`
    Id,
    /// `time`
    Time,
    /// `count`
    Count,
    /// `text`
    Words,
    /// `name`, `description`, `source`, `uid`, a tag or a label
    Text(TextField),
}

/// The names of the fields, as they are written.
pub(crate) const FIELDS: [(&str, Key); 14] = [
    ("severity", Key::Severity),
    ("type", Key::Type),
    ("category", Key::Category),
    ("status", Key::Status),
    ("state", Key::Status),
    ("acknowledged", Key::Acknowledged),
    ("id", Key::Id),
    ("time", Key::Time),
    ("count", Key::Count),
    ("text", Key::Words),
    ("name", Key::Text(TextField::Name)),
    ("description", Key::Text(TextField::Description)),
    ("source", Key::Text(TextField::Source)),
    ("uid", Key::Text(TextField::Uid)),
];

/// The names of the fields that every event has, as expressions write them; labels have other
/// names.
pub fn field_names() -> impl Iterator<Item = &'static str> {
    FIELDS.iter().map(|(name, _)| *name)
}

/// How a comparison compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// `=`, `is`
    Equal,
    /// `!=`, `is not`
    NotEqual,
    /// `in`
    In,
    /// `not in`
    NotIn,
    /// `contains`
    Contains,
    /// `does not contain`
    NotContains,
    /// `starts with`
    StartsWith,
    /// `does not start with`
    NotStartsWith,
    /// `exists`
    Exists,
    /// `does not exist`
    NotExists,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `last`
    Last,
}

impl Operator {
    /// The operator that holds exactly where this one does not; `last` has none.
    #[must_use]
    pub fn negated(self) -> Option<Self> {
        Some(match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::In => Self::NotIn,
            Self::NotIn => Self::In,
            Self::Contains => Self::NotContains,
            Self::NotContains => Self::Contains,
            Self::StartsWith => Self::NotStartsWith,
            Self::NotStartsWith => Self::StartsWith,
            Self::Exists => Self::NotExists,
            Self::NotExists => Self::Exists,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
            Self::Last => return None,
        })
    }

    /// The operator in words or signs, as a list of operators shows it; the language reads it too.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::Contains => "contains",
            Self::NotContains => "does not contain",
            Self::StartsWith => "starts with",
            Self::NotStartsWith => "does not start with",
            Self::Exists => "exists",
            Self::NotExists => "does not exist",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Last => "last",
        }
    }

    /// The positive operator that a negative one denies; `None` for a positive one.
    pub(crate) fn denied(self) -> Option<Self> {
        match self {
            Self::NotEqual
            | Self::NotIn
            | Self::NotContains
            | Self::NotStartsWith
            | Self::NotExists => self.negated(),
            _ => None,
        }
    }

    /// Whether it is followed by a list of values.
    pub(crate) fn takes_list(self) -> bool {
        matches!(self, Self::In | Self::NotIn)
    }

    /// Whether it is followed by nothing.
    pub(crate) fn takes_nothing(self) -> bool {
        matches!(self, Self::Exists | Self::NotExists)
    }

    /// Whether it orders values.
    pub(crate) fn is_order(self) -> bool {
        matches!(self, Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual)
    }
}

impl Key {
    /// Whether values of this key are compared by order too.
    pub(crate) fn is_ordered(&self) -> bool {
        matches!(self, Self::Severity | Self::Id | Self::Time | Self::Count)
    }

    /// Whether this key takes an operator.
    pub(crate) fn takes(&self, operator: Operator) -> bool {
        let is_words = *self == Self::Words;
        match operator {
            Operator::Equal | Operator::NotEqual => true,
            Operator::In | Operator::NotIn | Operator::Exists | Operator::NotExists => !is_words,
            Operator::Contains
            | Operator::NotContains
            | Operator::StartsWith
            | Operator::NotStartsWith => matches!(self, Self::Text(_)),
            Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual => self.is_ordered(),
            Operator::Last => *self == Self::Time,
        }
    }
}

/// What a comparison compares with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// One severity.
    Severity(Severity),
    /// The two severities under a label.
    Band(Band),
    /// A type of event.
    Type(EventType),
    /// All types of a category.
    Category(Category),
    /// A state.
    State(State),
    /// `true` or `false`.
    Acknowledged(bool),
    /// An id or a count.
    Number(u64),
    /// An instant.
    Time(Timestamp),
    /// A length of time before now.
    Lookback(Lookback),
    /// Words to search for.
    Words(WordQuery),
    /// A text.
    Text(String),
}
