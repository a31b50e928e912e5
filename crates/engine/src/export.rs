//! All matching events, one at a time: what exports and migrations read.

use crate::error::{Error, Result};
use eventscope_model::Event;
use eventscope_query::{self as query, Stream};
use eventscope_scope::Filter;
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
    filter: Filter,
    snapshot: Snapshot,
}

impl Export {
    pub(crate) fn new(filter: Filter, snapshot: Snapshot) -> Self {
        Self { filter, snapshot }
    }

    /// The events, oldest first. May be called again, for the same events again.
    ///
    /// # Errors
    /// When the store cannot be read. The iterator itself ends with the first error.
    ///
    /// # Cost
    /// Memory does not grow with the number of events, only with the number of segments whose times
    /// overlap.
    pub fn events(&self) -> Result<Events<'_>> {
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
