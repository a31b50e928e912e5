//! The two files of a store: opened, replaced, measured.

use crate::database::guard::{damaged, guard};
use crate::database::holder;
use crate::database::new_file::NewDatabase;
use crate::error::{Error, Result};
use crate::vfs::{Access, VfsPath};
use redb::{Database, DatabaseError, StorageError, WriteTransaction};
use std::io;

/// The file of what is not sealed yet.
pub(crate) const LOG: &str = "log.redb";
/// The file of sealed segments.
pub(crate) const SEGMENTS: &str = "segments.redb";
/// How often a file is opened again that was replaced in between.
const OPEN_ATTEMPTS: usize = 3;

/// The bytes that the two files of the store take on their disk: the log, the segments.
pub(crate) fn allocated(dir: &VfsPath) -> Result<(u64, u64)> {
    let size = |name: &str| Ok(dir.join(name).metadata()?.allocated);
    Ok((size(LOG)?, size(SEGMENTS)?))
}

/// The bytes that the files in a folder take on its disk; 0 if there is no such folder.
pub(crate) fn allocated_below(folder: &VfsPath) -> Result<u64> {
    let entries = match folder.try_list() {
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(0);
        }
        other => other.map_err(|e| folder.error("look into", e))?,
    };
    // Files that vanish in between take nothing.
    let facts = entries.iter().filter_map(|entry| entry.look().ok().flatten());
    Ok(facts.map(|facts| facts.allocated).sum())
}

/// Begins a transaction whose commit is durable, and after which a crash costs no repair.
pub(crate) fn begin(database: &Database) -> Result<WriteTransaction> {
    let mut transaction =
        database.begin_write().map_err(|e| Error::database("begin to write", e))?;
    transaction.set_quick_repair(true);
    #[cfg(feature = "plants")]
    if crate::fault_injection::is(crate::fault_injection::Plant::AnswerBeforeCommit) {
        transaction.set_quick_repair(false);
        let _ = transaction.set_durability(redb::Durability::None);
    }
    Ok(transaction)
}

pub(crate) fn open_file(dir: &VfsPath, name: &'static str, cache: usize) -> Result<Database> {
    let file = dir.join(name);
    // Closing replaces a file while it still holds its lock. Whoever opened the old one before and
    // gets its lock after must look again.
    for _ in 0..OPEN_ATTEMPTS {
        let (backend, opened) = match file.open(Access::Existing) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Err(Error::corrupt(
                    file.path().display().to_string(),
                    "the file is missing",
                ));
            }
            other => other.map_err(|e| holder::no_access(&file, e))?,
        };
        if opened.len == 0 {
            return Err(Error::corrupt(file.path().display().to_string(), "the file is empty"));
        }
        let database = guard(name, || {
            // Pages of the log that do not fit together may take the process down as soon as it is
            // written to: redb frees pages while it unwinds from a panic about the same pages. What
            // is free was looked at by the medium; the rest of the log is small enough for it, and
            // nothing can be done with a damaged one.
            let opened = redb::Builder::new()
                .set_cache_size(cache)
                .set_check_integrity_on_open(name == LOG)
                .create_with_backend(backend);
            opened.map_err(|e| match e {
                DatabaseError::Storage(StorageError::Corrupted(_)) => damaged(name),
                other => database_error(dir, "open the files of the store", other),
            })
        })?;
        if opened.identity == file.metadata()?.identity {
            return Ok(database);
        }
    }
    Err(holder::locked(dir))
}

/// Opens a file to look at it only, which changes no byte of it; `None` if it was not closed well,
/// or says wrongly what is free in it, and has to be repaired first.
pub(crate) fn open_read_only(dir: &VfsPath, name: &str) -> Result<Option<redb::ReadOnlyDatabase>> {
    let opened = guard(name, || {
        let opened = dir.join(name).open(Access::ReadOnly).map_err(DatabaseError::from);
        Ok(opened.and_then(|(file, _)| redb::Builder::new().open_read_only_with_backend(file)))
    })?;
    match opened {
        Ok(database) => Ok(Some(database)),
        Err(DatabaseError::RepairAborted) => Ok(None),
        Err(e) => Err(database_error(dir, "open the files of the store", e)),
    }
}

/// Whether a file is larger than `kept_bytes`, and three quarters of it are not in use.
pub(crate) fn is_mostly_empty(file: &VfsPath, live_bytes: u64, kept_bytes: u64) -> Result<bool> {
    let bytes = file.metadata()?.len;
    Ok(bytes > kept_bytes && live_bytes < bytes / 4)
}

/// Makes a new file beside one of the store, with its rights. What `fill` commits to it is durable,
/// and it is open and locked; to put it in place comes next. A failure leaves everything as it was.
pub(crate) fn make_beside(
    file: &VfsPath,
    cache: usize,
    fill: impl FnOnce(&Database) -> Result<()>,
) -> Result<NewDatabase> {
    NewDatabase::filled(file, file.rights()?, cache, fill)
}

fn database_error(dir: &VfsPath, doing: &'static str, error: DatabaseError) -> Error {
    match error {
        DatabaseError::DatabaseAlreadyOpen => holder::locked(dir),
        other => Error::database(doing, other),
    }
}
