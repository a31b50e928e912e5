//! All matching events, one at a time: what exports and migrations read.

use crate::error::{Error, Result, check_labels};
use eventscope_model::{Event, Timestamp};
use eventscope_query::{self as query, Stream};
use eventscope_scope::{Expr, Filter};
use eventscope_storage::Snapshot;

/// The events that matched when the export was begun. What is appended or changed afterwards is
/// not in it.
///
/// ```
/// use eventscope::{Draft, Options, Store};
///
/// let store = Store::in_memory(Options::default())?;
/// store.append(&[Draft::custom("one"), Draft::custom("two")])?;
/// let export = store.export(&eventscope::parse("name starts with 't'")?);
/// let names: Vec<_> = export.events()?.map(|event| event.map(|event| event.name)).collect();
/// assert_eq!(names.len(), 1);
/// # Ok::<(), eventscope::Error>(())
/// ```
#[derive(Debug)]
pub struct Export {
    expr: Expr,
    filter: Filter,
    snapshot: Snapshot,
    /// Whether the store was open when the export was begun.
    is_open: bool,
}

impl Export {
    pub(crate) fn new(expr: Expr, now: Timestamp, snapshot: Snapshot, is_open: bool) -> Self {
        Self { filter: expr.lower(now), expr, snapshot, is_open }
    }

    /// The events, oldest first. May be called again, for the same events again.
    ///
    /// # Errors
    /// [`Error::NotAScopeLabel`] when it was asked for a label that is not a scope label;
    /// [`Error::Storage`] when the store was closed before the export was begun, or cannot be
    /// read. The iterator itself ends with the first error.
    ///
    /// # Cost
    /// Memory does not grow with the number of events, only with the number of segments whose times
    /// overlap.
    pub fn events(&self) -> Result<Events<'_>> {
        if !self.is_open {
            return Err(Error::Storage(eventscope_storage::Error::Closed));
        }
        check_labels(&self.expr, self.snapshot.scope_labels())?;
        Ok(Events { stream: query::stream(&self.filter, &self.snapshot)? })
    }
}

/// The iterator of [`Export::events`].
#[derive(Debug)]
pub struct Events<'a> {
    stream: Stream<'a>,
}

impl Iterator for Events<'_> {
    type Item = Result<Event>;

    fn next(&mut self) -> Option<Result<Event>> {
        self.stream.next().map(|event| event.map_err(Error::from))
    }
}
