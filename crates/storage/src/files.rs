//! The two files of a store, in their folder or in memory.
//!
//! A store is made inside its folder, which may be there already if nothing else is in it: both
//! files under names of their own, complete and synced; then `segments.redb` gets its name, and at
//! last `log.redb`, with which the folder is a store. Whatever cuts that off, the next attempt
//! finds only what it knows to be its own, and goes on from there.

use crate::codec::{self, Kind, Packing};
use crate::error::{Error, Result};
use crate::guard::{damaged, guard};
use crate::holder::{self, HOLDER, Holder};
use crate::limits::NEW_FILE_PAGES_BYTES;
use crate::log;
use crate::medium::{Access, Rights, Spot};
use crate::newfile::{self, NewDatabase};
use crate::options::{Create, Options};
use crate::pair::{self, Counters};
use crate::tables::{BATCHES, CATALOGUE, CHANGES, FORMAT_VERSION, META, SEGMENTS_TABLES, meta};
use redb::{Database, DatabaseError, ReadableDatabase, StorageError, WriteTransaction};
use std::io;

/// The file of what is not sealed yet.
pub(crate) const LOG: &str = "log.redb";
/// The file of sealed segments.
pub(crate) const SEGMENTS: &str = "segments.redb";
/// What file systems put into a folder that is the root of one.
const LOST_AND_FOUND: &str = "lost+found";
/// How often a file is opened again that was replaced in between.
const OPEN_ATTEMPTS: usize = 3;

/// The open files of a store.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) log: Database,
    pub(crate) segments: Database,
    /// The folder; `None` in memory.
    pub(crate) dir: Option<Spot>,
    /// Its lock, to be dropped after both files are closed; `None` in memory.
    pub(crate) holder: Option<Holder>,
}

/// Opens a store, making it first if that is asked for.
pub(crate) fn open(dir: Spot, options: &Options) -> Result<Files> {
    let holder = if dir.join(LOG).is_there()? {
        Holder::take(&dir)?
    } else {
        match options.create {
            Create::Never if !dir.is_there()? => {
                return Err(Error::Missing { path: dir.path().to_owned() });
            }
            Create::Never => return Err(Error::NotAStore { path: dir.path().to_owned() }),
            Create::IfMissing => create(&dir)?,
        }
    };
    let log = open_file(&dir, LOG, options.memory.log_pages())?;
    let segments = open_file(&dir, SEGMENTS, options.memory.segment_pages())?;
    for left in left_behind(&dir)? {
        newfile::remove_left(&left)?;
    }
    Ok(Files { log, segments, dir: Some(dir), holder: Some(holder) })
}

/// A new store in memory.
pub(crate) fn in_memory(options: &Options) -> Result<Files> {
    let make = |cache: usize| {
        redb::Builder::new()
            .set_cache_size(cache)
            .create_with_backend(redb::backends::InMemoryBackend::new())
            .map_err(|e| Error::database("set up a store in memory", e))
    };
    let log = make(options.memory.log_pages())?;
    let segments = make(options.memory.segment_pages())?;
    fill(&log, &segments)?;
    Ok(Files { log, segments, dir: None, holder: None })
}

/// The bytes that the two files of the store take on their disk: the log, the segments.
pub(crate) fn allocated(dir: &Spot) -> Result<(u64, u64)> {
    let size = |name: &str| Ok(dir.join(name).facts()?.allocated);
    Ok((size(LOG)?, size(SEGMENTS)?))
}

/// The bytes that the files in a folder take on its disk; 0 if there is no such folder.
pub(crate) fn allocated_below(folder: &Spot) -> Result<u64> {
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

fn create(dir: &Spot) -> Result<Holder> {
    dir.make_folders(Rights::default())?;
    let holder = match begin_in(dir)? {
        Begun::Complete(holder) => return Ok(holder),
        Begun::Empty(holder) => holder,
    };
    let make =
        |name: &str| NewDatabase::make(&dir.join(name), Rights::default(), NEW_FILE_PAGES_BYTES);
    let (log, segments) = (make(LOG)?, make(SEGMENTS)?);
    fill(log.database(), segments.database())?;
    let (log, segments) = (log.close()?, segments.close()?);
    // Both are there before either has its name, and the log gets its own last.
    dir.sync_folder()?;
    newfile::put_both_in_place(segments, log)?;
    Ok(holder)
}

/// A folder in which files of a store are to be made, with its lock.
pub(crate) enum Begun {
    /// There is a store by now.
    Complete(Holder),
    /// Nothing is in it that anybody could miss.
    Empty(Holder),
}

/// Locks a folder in which a store or a backup is to be made, clears away what an attempt before
/// has left, and completes one that was cut off at its last step.
///
/// # Errors
/// [`Error::NotEmpty`] if there is something else; nothing was changed then.
pub(crate) fn begin_in(dir: &Spot) -> Result<Begun> {
    refuse_strangers(dir)?;
    let holder = Holder::wait(dir)?;
    if dir.join(LOG).is_there()? {
        holder.sign();
        return Ok(Begun::Complete(holder));
    }
    check_empty(dir)?;
    holder.sign();
    // Whoever made the folder may have been stopped before it was durable. Who may not read the
    // folder around it did not make it.
    let _ = dir.around().sync_folder();
    let segments = dir.join(SEGMENTS);
    if segments.is_there()? {
        // Both files were complete before the first of them got its name.
        let left = left_behind(dir)?;
        let mut whole = Vec::new();
        for log in left.iter().filter(|left| newfile::is_name_of(left, LOG)) {
            if is_whole_log(dir, log)? {
                whole.push(log);
            }
        }
        return match whole.as_slice() {
            [log] => {
                log.put_in_place(&dir.join(LOG))?;
                Ok(Begun::Complete(holder))
            }
            _ => Err(not_empty(dir, &segments)),
        };
    }
    for left in left_behind(dir)? {
        newfile::remove_left(&left)?;
    }
    Ok(Begun::Empty(holder))
}

/// Refuses a folder of somebody else before anything is made in it. While somebody makes a store
/// there, their files come and go; so where the lock is, only who has it can tell.
pub(crate) fn refuse_strangers(dir: &Spot) -> Result<()> {
    match check_empty(dir) {
        Err(Error::NotEmpty { .. }) if holder::is_there(dir)? => Ok(()),
        checked => checked,
    }
}

/// Makes sure that a folder holds nothing but what an attempt to make a store there has left, by
/// its names and contents.
fn check_empty(dir: &Spot) -> Result<()> {
    let entries = dir.list()?;
    // Segments without a log are those of a store that lost it.
    let is_log = |entry: &Spot| entry.name() == LOG || newfile::is_name_of(entry, LOG);
    if let Some(segments) = entries.iter().find(|entry| entry.name() == SEGMENTS)
        && !entries.iter().any(is_log)
        && !dir.join(LOG).is_there()?
    {
        return Err(not_empty(dir, segments));
    }
    for entry in entries {
        let name = entry.name();
        let is_ours = if name == LOST_AND_FOUND {
            entry.look_at_name()?.is_none_or(|facts| facts.is_folder)
        } else if name == HOLDER {
            holder::is_own(&entry)?
        } else if name == LOG || name == SEGMENTS || is_left_behind(&entry) {
            // It may have got its name, or been cleared away, since the folder was listed.
            entry.look_at_name()?.is_none() || newfile::begins_as_database(&entry)?
        } else {
            false
        };
        if !is_ours {
            return Err(not_empty(dir, &entry));
        }
    }
    Ok(())
}

fn not_empty(dir: &Spot, found: &Spot) -> Error {
    Error::NotEmpty { path: dir.path().to_owned(), found: found.name().to_owned() }
}

/// What bears the name of a new file of a store.
fn left_behind(dir: &Spot) -> Result<Vec<Spot>> {
    Ok(dir.list()?.into_iter().filter(is_left_behind).collect())
}

fn is_left_behind(entry: &Spot) -> bool {
    [LOG, SEGMENTS].into_iter().any(|name| newfile::is_name_of(entry, name))
}

/// Whether a new file is a log that was written to its end.
fn is_whole_log(dir: &Spot, log: &Spot) -> Result<bool> {
    let name = log.name().to_str().unwrap_or_default();
    let read = || {
        let log = open_read_only(dir, name)?.ok_or_else(|| damaged(name))?;
        let begun = log.begin_read().map_err(|e| Error::database("begin to read", e))?;
        log::contents(&begun)
    };
    match read() {
        Ok(_) => Ok(true),
        // What cannot be read now is told, and not taken for a log that was cut off.
        Err(error) if error.is_of_the_disk() => Err(error),
        Err(_) => Ok(false),
    }
}

/// Writes what every store has from its birth: the tables, the format, and an identity.
fn fill(log: &Database, segments: &Database) -> Result<()> {
    let write = |database: &Database, fill: &dyn Fn(&WriteTransaction) -> Result<()>| {
        let transaction = begin(database)?;
        fill(&transaction)?;
        transaction.commit().map_err(|e| Error::database("write the first commit", e))
    };
    let table = |transaction: &WriteTransaction, table| {
        transaction.open_table(table).map(drop).map_err(|e| Error::database("make a table", e))
    };
    let store_id = newfile::random();
    // The log has seen the first commit of the other file, so that none without counters passes.
    let counters = Counters { own: 1, other: 1 };
    write(segments, &|transaction| {
        SEGMENTS_TABLES.iter().try_for_each(|t| table(transaction, *t))?;
        pair::write_store(transaction, &store_id)?;
        counters.write(transaction)
    })?;
    write(log, &|transaction| {
        [BATCHES, CHANGES, CATALOGUE].iter().try_for_each(|t| table(transaction, *t))?;
        let mut facts =
            transaction.open_table(META).map_err(|e| Error::database("make a table", e))?;
        let id = codec::seal_value(Kind::Meta, Packing::Plain, &store_id)?;
        let next = codec::seal_value(Kind::Meta, Packing::Plain, &(1u64, 1u64))?;
        let version = FORMAT_VERSION.to_le_bytes();
        for (key, value) in
            [(meta::FORMAT, version.as_slice()), (meta::STORE_ID, &id), (meta::NEXT, &next)]
        {
            facts.insert(key, value).map_err(|e| Error::database("write the first commit", e))?;
        }
        drop(facts);
        counters.write(transaction)
    })
}

/// Begins a transaction whose commit is durable, and after which a crash costs no repair.
pub(crate) fn begin(database: &Database) -> Result<WriteTransaction> {
    let mut transaction =
        database.begin_write().map_err(|e| Error::database("begin to write", e))?;
    transaction.set_quick_repair(true);
    #[cfg(feature = "plants")]
    if crate::plant::is(crate::plant::Plant::AnswerBeforeCommit) {
        transaction.set_quick_repair(false);
        let _ = transaction.set_durability(redb::Durability::None);
    }
    Ok(transaction)
}

pub(crate) fn open_file(dir: &Spot, name: &'static str, cache: usize) -> Result<Database> {
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
        if opened.identity == file.facts()?.identity {
            return Ok(database);
        }
    }
    Err(holder::locked(dir))
}

/// Opens a file to look at it only, which changes no byte of it; `None` if it was not closed well,
/// or says wrongly what is free in it, and has to be repaired first.
pub(crate) fn open_read_only(dir: &Spot, name: &str) -> Result<Option<redb::ReadOnlyDatabase>> {
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
pub(crate) fn is_mostly_empty(file: &Spot, live_bytes: u64, kept_bytes: u64) -> Result<bool> {
    let bytes = file.facts()?.len;
    Ok(bytes > kept_bytes && live_bytes < bytes / 4)
}

/// Makes a new file beside one of the store, with its rights. What `fill` commits to it is durable,
/// and it is open and locked; to put it in place comes next. A failure leaves everything as it was.
pub(crate) fn make_beside(
    file: &Spot,
    cache: usize,
    fill: impl FnOnce(&Database) -> Result<()>,
) -> Result<NewDatabase> {
    NewDatabase::filled(file, file.rights()?, cache, fill)
}

fn database_error(dir: &Spot, doing: &'static str, error: DatabaseError) -> Error {
    match error {
        DatabaseError::DatabaseAlreadyOpen => holder::locked(dir),
        other => Error::database(doing, other),
    }
}
