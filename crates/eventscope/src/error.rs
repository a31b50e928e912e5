//! What can go wrong between a backend and its store.

use eventscope_model::{EventId, ScopeLabels};
use eventscope_query as query;
use eventscope_scope::{Expr, ParseErrors, Site};
use eventscope_storage::{self as storage, Outcome};
use std::fmt;

/// Why the store did not do what it was asked. The `Display` is one line without its cause, which
/// `source()` gives.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// An expression cannot be read; [`ParseErrors::draw`] shows where.
    Expression(ParseErrors),
    /// Drafts were refused; the others are stored.
    Rejected {
        /// What became of each draft, in their order.
        outcomes: Vec<Outcome>,
    },
    /// There is no event with this id: it never existed, was deleted, or was pruned.
    NoSuchEvent {
        /// The id.
        id: EventId,
    },
    /// An expression or a facet is about a label that is no scope label of the store.
    NotAScopeLabel {
        /// The canonical key of the label.
        key: String,
        /// Where it is compared, in the text that the expression was read from;
        /// [`Site::draw`] shows it.
        site: Option<Site>,
        /// The scope labels.
        labels: ScopeLabels,
    },
    /// A request asks for more than one answer can hold.
    Request(query::Error),
    /// The store below failed or refused.
    Storage(storage::Error),
}

/// What the functions of this crate give.
pub type Result<T> = std::result::Result<T, Error>;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expression(errors) => write!(f, "{errors}"),
            Self::Rejected { outcomes } => rejected(outcomes, f),
            Self::NoSuchEvent { id } => write!(f, "no event with id {id}"),
            Self::NotAScopeLabel { key, labels, .. } => {
                write!(f, "{}", query::OutsideScope { key, labels })
            }
            Self::Request(error) => write!(f, "{error}"),
            Self::Storage(error) => write!(f, "{error}"),
        }
    }
}

fn rejected(outcomes: &[Outcome], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let refused = outcomes.iter().filter(|outcome| outcome.is_rejected()).count();
    let first = outcomes.iter().enumerate().find_map(|(number, outcome)| match outcome {
        Outcome::Rejected(invalid) => Some((number, invalid)),
        _ => None,
    });
    let drafts = if outcomes.len() == 1 { "draft" } else { "drafts" };
    write!(f, "{refused} of {} {drafts} refused", outcomes.len())?;
    first.map_or(Ok(()), |(number, invalid)| write!(f, ": number {number}: {invalid}"))
}

/// The wrapped errors speak for themselves, so their causes are the causes.
impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Expression(_)
            | Self::Rejected { .. }
            | Self::NoSuchEvent { .. }
            | Self::NotAScopeLabel { .. } => None,
            Self::Request(error) => error.source(),
            Self::Storage(error) => error.source(),
        }
    }
}

/// Makes sure that an expression asks for scope labels only, even if the comparison cannot change
/// the result.
pub(crate) fn check_labels(expr: &Expr, labels: &ScopeLabels) -> Result<()> {
    match expr.label_outside(labels) {
        None => Ok(()),
        Some((key, comparison)) => Err(Error::NotAScopeLabel {
            key: key.to_owned(),
            site: Some(comparison.site()),
            labels: labels.clone(),
        }),
    }
}

impl From<ParseErrors> for Error {
    fn from(errors: ParseErrors) -> Self {
        Self::Expression(errors)
    }
}

impl From<query::Error> for Error {
    fn from(error: query::Error) -> Self {
        match error {
            query::Error::Storage(error) => error.into(),
            query::Error::NoSuchEvent { id } => Self::NoSuchEvent { id },
            query::Error::NotAScopeLabel { key, labels } => {
                Self::NotAScopeLabel { key, site: None, labels }
            }
            other => Self::Request(other),
        }
    }
}

impl From<storage::Error> for Error {
    fn from(error: storage::Error) -> Self {
        match error {
            storage::Error::NoSuchEvent { id } => Self::NoSuchEvent { id: EventId(id) },
            other => Self::Storage(other),
        }
    }
}
