//! Turns a panic of the database below into an error.
//!
//! redb checks its pages when it opens a file after a crash and when it is told to, but not on
//! every read: a damaged page may make it panic. A damaged file must not take the host down.

use crate::database::files;
use crate::error::{Error, Result};
use redb::{CommitError, Database, StorageError, WriteTransaction};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Runs something that uses a file of the store.
///
/// After a panic nothing of what it used is used again for writing: the writer stops at the first
/// error, and readers only ever read.
pub(crate) fn guard<T>(file: &str, run: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(damaged(file)))
}

const DAMAGE: &str = "its pages do not fit together";

/// A file whose pages are damaged.
pub(crate) fn damaged(file: &str) -> Error {
    Error::corrupt(file, DAMAGE)
}

/// The bytes of a file that its next commit can write to without that it grows. To know that, redb
/// reads the whole file, so only who has found too little room on the disk asks.
pub(crate) fn reusable(database: &Database, allocated: u64) -> Result<u64> {
    let begun = files::begin(database)?;
    let stats = begun.stats().map_err(|e| Error::database("look for free pages", e))?;
    begun.abort().map_err(|e| Error::database("look for free pages", e))?;
    let used = stats.allocated_pages().saturating_mul(stats.page_size() as u64);
    Ok(allocated.saturating_sub(used))
}

/// What a failed commit means for a store: what became of it is unknown.
pub(crate) fn unknown(error: CommitError) -> Error {
    Error::Unknown { source: Arc::new(redb::Error::from(error)) }
}

/// A database that does not panic when it is written to, dropped or closed either.
#[derive(Debug)]
pub(crate) struct Guarded {
    database: Option<Database>,
    trust: Trust,
}

impl Guarded {
    pub(crate) fn new(database: Database, file: &'static str) -> Self {
        Self { database: Some(database), trust: Trust { file, lost: Arc::default() } }
    }

    /// The database, unless it was closed.
    pub(crate) fn get(&self) -> Result<&Database> {
        self.database.as_ref().ok_or(Error::Closed)
    }

    /// The database for a check that nobody else may be part of.
    pub(crate) fn get_mut(&mut self) -> Result<&mut Database> {
        self.database.as_mut().ok_or(Error::Closed)
    }

    /// Runs one commit. Before the commit itself nothing is stored; `failed` says what it means
    /// that the commit did not succeed. After a panic there are no more.
    pub(crate) fn commit<T>(
        &self,
        write: impl FnOnce(&WriteTransaction) -> Result<T>,
        failed: impl FnOnce(CommitError) -> Error,
    ) -> Result<T> {
        self.trust.commit(|| self.get().and_then(files::begin), write, failed)
    }

    /// Closes the database.
    pub(crate) fn close(mut self) -> Result<()> {
        match self.database.take() {
            Some(database) => self.trust.close(database),
            None => Ok(()),
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        if let Some(database) = self.database.take() {
            // Whoever wants to know how it ends closes it.
            let _ = self.trust.close(database);
        }
    }
}

/// A database that its readers hold too. redb invalidates all readers of a database that closes,
/// so one that was replaced by another file stays open as long as a snapshot reads it.
#[derive(Debug)]
pub(crate) struct Held {
    database: Mutex<Option<Guarded>>,
    trust: Trust,
}

impl Held {
    pub(crate) fn new(database: Database, file: &'static str) -> Self {
        let database = Guarded::new(database, file);
        Self { trust: database.trust.clone(), database: Mutex::new(Some(database)) }
    }

    /// Uses the database, unless it was closed.
    pub(crate) fn with<T>(&self, use_it: impl FnOnce(&Database) -> Result<T>) -> Result<T> {
        // A panic of the database is caught further out and leaves the lock poisoned; what it
        // protects is only whether the database is open.
        let database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        use_it(database.as_ref().ok_or(Error::Closed)?.get()?)
    }

    /// Runs one commit, as [`Guarded::commit`] does; readers need not wait for it.
    pub(crate) fn commit<T>(
        &self,
        write: impl FnOnce(&WriteTransaction) -> Result<T>,
        failed: impl FnOnce(CommitError) -> Error,
    ) -> Result<T> {
        self.trust.commit(|| self.with(files::begin), write, failed)
    }

    /// Closes the database for all its readers.
    pub(crate) fn close(&self) -> Result<()> {
        let database = self.database.lock().unwrap_or_else(PoisonError::into_inner).take();
        database.map_or(Ok(()), Guarded::close)
    }
}

/// Whether the pages of a file may be written to.
#[derive(Clone, Debug)]
struct Trust {
    file: &'static str,
    /// Set once a commit has panicked.
    lost: Arc<AtomicBool>,
}

impl Trust {
    fn commit<T>(
        &self,
        begin: impl FnOnce() -> Result<WriteTransaction>,
        write: impl FnOnce(&WriteTransaction) -> Result<T>,
        failed: impl FnOnce(CommitError) -> Error,
    ) -> Result<T> {
        if self.is_lost() {
            return Err(damaged(self.file));
        }
        let is_committing = Cell::new(false);
        let run = || {
            let transaction = begin()?;
            let written = write(&transaction)?;
            is_committing.set(true);
            Ok((transaction.commit(), written))
        };
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(Ok((Ok(()), written))) => Ok(written),
            Ok(Ok((Err(error), _))) => Err(failed(error)),
            Ok(Err(error)) => Err(error),
            Err(_) => {
                self.lost.store(true, Ordering::Relaxed);
                // redb frees pages before what it has written is durable, and after.
                let error = StorageError::Corrupted(DAMAGE.to_owned());
                let unknown = is_committing.get().then(|| failed(CommitError::Storage(error)));
                Err(unknown.unwrap_or_else(|| damaged(self.file)))
            }
        }
    }

    fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    fn close(&self, database: Database) -> Result<()> {
        if self.is_lost() {
            abandon(database);
            return Err(damaged(self.file));
        }
        guard(self.file, || database.close().map_err(|e| Error::database("close a file", e)))
    }
}

/// Lets go of a database without another write to its file; the next open recovers it.
///
/// A database that is closed commits once more. If a commit has panicked, that one panics about the
/// same pages, and at places where redb panics a second time while it unwinds, which ends the
/// process. redb leaves the file alone if it is dropped while a thread unwinds, so it is.
fn abandon(database: Database) {
    let _ = catch_unwind(AssertUnwindSafe(|| {
        let _database = database;
        resume_unwind(Box::new(()));
    }));
}

#[cfg(test)]
mod tests {
    use super::{Guarded, guard, unknown};
    use crate::Error;
    use redb::WriteTransaction;
    use redb::backends::InMemoryBackend;

    #[test]
    fn a_panic_becomes_an_error() {
        let error = guard("log.redb", || -> crate::Result<()> { panic!("a damaged page") });
        assert!(error.unwrap_err().to_string().starts_with("log.redb is damaged"));
        assert_eq!(guard("log.redb", || Ok(7)).unwrap(), 7);
    }

    #[test]
    fn after_a_panic_nothing_is_committed() {
        let made = redb::Builder::new().create_with_backend(InMemoryBackend::new());
        let database = Guarded::new(made.unwrap(), "log.redb");
        assert_eq!(database.commit(|_| Ok(7), unknown).unwrap(), 7);
        let full = database.commit(|_| Err::<(), _>(Error::Full), unknown);
        assert!(matches!(full, Err(Error::Full)));
        let panicked = database.commit(|_| -> crate::Result<()> { panic!("a page") }, unknown);
        assert!(matches!(panicked, Err(Error::Corrupt { .. })));
        let mut has_run = false;
        let run = |_: &WriteTransaction| {
            has_run = true;
            Ok(())
        };
        assert!(matches!(database.commit(run, unknown), Err(Error::Corrupt { .. })));
        assert!(!has_run);
        assert!(matches!(database.close(), Err(Error::Corrupt { .. })));
    }
}
