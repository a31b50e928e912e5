//! The folder of a store: judged, made, locked and opened.
//!
//! A store is made inside its folder, which may be there already if nothing else is in it: both
//! files under names of their own, complete and synced; then `segments.redb` gets its name, and at
//! last `log.redb`, with which the folder is a store. Whatever cuts that off, the next attempt
//! finds only what it knows to be its own, and goes on from there.

use crate::database::codec::{self, Kind, Packing};
use crate::database::files::{LOG, SEGMENTS, begin, open_file, open_read_only};
use crate::database::guard::damaged;
use crate::database::holder::{self, HOLDER, Holder};
use crate::database::new_file::{self, NewDatabase};
use crate::database::pair::{self, Counters};
use crate::database::tables::{
    BATCHES, CATALOGUE, CHANGES, FORMAT_VERSION, META, SEGMENTS_TABLES, meta,
};
use crate::error::{Error, Result};
use crate::limits::NEW_FILE_PAGES_BYTES;
use crate::log;
use crate::options::{Create, Options};
use crate::vfs::{Rights, VfsPath};
use redb::{Database, ReadableDatabase, WriteTransaction};

/// What file systems put into a folder that is the root of one.
const LOST_AND_FOUND: &str = "lost+found";

/// The open files of a store.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) log: Database,
    pub(crate) segments: Database,
    /// The folder; `None` in memory.
    pub(crate) dir: Option<VfsPath>,
    /// Its lock, to be dropped after both files are closed; `None` in memory.
    pub(crate) holder: Option<Holder>,
}

/// Opens a store, making it first if that is asked for.
pub(crate) fn open(dir: VfsPath, options: &Options) -> Result<Files> {
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
        new_file::remove_left(&left)?;
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

fn create(dir: &VfsPath) -> Result<Holder> {
    dir.create_dir_all(Rights::default())?;
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
    new_file::put_both_in_place(segments, log)?;
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
pub(crate) fn begin_in(dir: &VfsPath) -> Result<Begun> {
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
        for log in left.iter().filter(|left| new_file::is_name_of(left, LOG)) {
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
        new_file::remove_left(&left)?;
    }
    Ok(Begun::Empty(holder))
}

/// Refuses a folder of somebody else before anything is made in it. While somebody makes a store
/// there, their files come and go; so where the lock is, only who has it can tell.
pub(crate) fn refuse_strangers(dir: &VfsPath) -> Result<()> {
    match check_empty(dir) {
        Err(Error::NotEmpty { .. }) if holder::is_there(dir)? => Ok(()),
        checked => checked,
    }
}

/// Makes sure that a folder holds nothing but what an attempt to make a store there has left, by
/// its names and contents.
fn check_empty(dir: &VfsPath) -> Result<()> {
    let entries = dir.list()?;
    // Segments without a log are those of a store that lost it.
    let is_log = |entry: &VfsPath| entry.name() == LOG || new_file::is_name_of(entry, LOG);
    if let Some(segments) = entries.iter().find(|entry| entry.name() == SEGMENTS)
        && !entries.iter().any(is_log)
        && !dir.join(LOG).is_there()?
    {
        return Err(not_empty(dir, segments));
    }
    for entry in entries {
        let name = entry.name();
        let is_ours = if name == LOST_AND_FOUND {
            entry.symlink_metadata()?.is_none_or(|facts| facts.is_folder)
        } else if name == HOLDER {
            holder::is_own(&entry)?
        } else if name == LOG || name == SEGMENTS || is_left_behind(&entry) {
            // It may have got its name, or been cleared away, since the folder was listed.
            entry.symlink_metadata()?.is_none() || new_file::begins_as_database(&entry)?
        } else {
            false
        };
        if !is_ours {
            return Err(not_empty(dir, &entry));
        }
    }
    Ok(())
}

fn not_empty(dir: &VfsPath, found: &VfsPath) -> Error {
    Error::NotEmpty { path: dir.path().to_owned(), found: found.name().to_owned() }
}

/// What bears the name of a new file of a store.
fn left_behind(dir: &VfsPath) -> Result<Vec<VfsPath>> {
    Ok(dir.list()?.into_iter().filter(is_left_behind).collect())
}

fn is_left_behind(entry: &VfsPath) -> bool {
    [LOG, SEGMENTS].into_iter().any(|name| new_file::is_name_of(entry, name))
}

/// Whether a new file is a log that was written to its end.
fn is_whole_log(dir: &VfsPath, log: &VfsPath) -> Result<bool> {
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
    let store_id = new_file::random();
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
