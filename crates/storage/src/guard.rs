//! Turns a panic of the database below into an error.
//!
//! redb checks its pages when it opens a file after a crash and when it is told to, but not on
//! every read: a damaged page may make it panic. A damaged file must not take the host down.

use crate::error::{Error, Result};
use redb::Database;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

/// Runs something that uses a file of the store.
///
/// After a panic nothing of what it used is used again for writing: the writer stops at the first
/// error, and readers only ever read.
pub(crate) fn guard<T>(file: &str, run: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(run))
        .unwrap_or_else(|_| Err(Error::corrupt(file, "its pages do not fit together")))
}

/// A database that does not panic when it is dropped or closed either.
#[derive(Debug)]
pub(crate) struct Guarded {
    database: Option<Database>,
    file: &'static str,
}

impl Guarded {
    pub(crate) fn new(database: Database, file: &'static str) -> Self {
        Self { database: Some(database), file }
    }

    /// The database, unless it was closed.
    pub(crate) fn get(&self) -> Result<&Database> {
        self.database.as_ref().ok_or(Error::Closed)
    }

    /// The database for a check that nobody else may be part of.
    pub(crate) fn get_mut(&mut self) -> Result<&mut Database> {
        self.database.as_mut().ok_or(Error::Closed)
    }

    /// Closes the database.
    pub(crate) fn close(mut self) -> Result<()> {
        let Some(database) = self.database.take() else { return Ok(()) };
        guard(self.file, || database.close().map_err(|e| Error::database("close a file", e)))
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let database = self.database.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(database)));
    }
}

/// A database that its readers hold too. redb invalidates all readers of a database that closes,
/// so one that was replaced by another file stays open as long as a snapshot reads it.
#[derive(Debug)]
pub(crate) struct Held {
    database: Mutex<Option<Guarded>>,
}

impl Held {
    pub(crate) fn new(database: Database, file: &'static str) -> Self {
        Self { database: Mutex::new(Some(Guarded::new(database, file))) }
    }

    /// Uses the database, unless it was closed.
    pub(crate) fn with<T>(&self, use_it: impl FnOnce(&Database) -> Result<T>) -> Result<T> {
        // A panic of the database is caught further out and leaves the lock poisoned; what it
        // protects is only whether the database is open.
        let database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        use_it(database.as_ref().ok_or(Error::Closed)?.get()?)
    }

    /// Closes the database for all its readers.
    pub(crate) fn close(&self) -> Result<()> {
        let database = self.database.lock().unwrap_or_else(PoisonError::into_inner).take();
        database.map_or(Ok(()), Guarded::close)
    }
}

#[cfg(test)]
mod tests {
    use super::guard;

    #[test]
    fn a_panic_becomes_an_error() {
        let error = guard("log.redb", || -> crate::Result<()> { panic!("a damaged page") });
        assert!(error.unwrap_err().to_string().starts_with("log.redb is damaged"));
        assert_eq!(guard("log.redb", || Ok(7)).unwrap(), 7);
    }
}
