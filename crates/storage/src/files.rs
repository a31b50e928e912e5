//! The two files of a store, in their folder or in memory.
//!
//! A store is born whole: both files are made in `DIR.new`, synced, and the folder is renamed. What
//! a crash leaves behind under that name is no store and is cleared away by the next attempt.

use crate::codec::{self, Kind, Packing};
use crate::error::{Error, Result};
use crate::guard::{damaged, guard};
use crate::medium::{Access, Spot, Synced};
use crate::options::{Create, Options};
use crate::pair::{self, Counters};
use crate::tables::{BATCHES, CATALOGUE, CHANGES, FORMAT_VERSION, META, SEGMENTS_TABLES, meta};
use redb::{Database, DatabaseError, StorageError, WriteTransaction};
use std::io;

/// The file of what is not sealed yet.
pub(crate) const LOG: &str = "log.redb";
/// The file of sealed segments.
pub(crate) const SEGMENTS: &str = "segments.redb";
/// Holds the number of the process that has the store open, for the message to the next one.
const HOLDER: &str = "holder";
/// How often a file is opened again that was replaced in between.
const OPEN_ATTEMPTS: usize = 3;

/// The longest number of a process.
const HOLDER_BYTES_MAX: u64 = 20;

/// The open files of a store.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) log: Database,
    pub(crate) segments: Database,
    /// The folder; `None` in memory.
    pub(crate) dir: Option<Spot>,
}

/// Opens a store, making it first if that is asked for.
pub(crate) fn open(dir: Spot, options: &Options) -> Result<Files> {
    if !dir.join(LOG).is_there()? {
        match options.create {
            Create::Never if !dir.is_there()? => {
                return Err(Error::Missing { path: dir.path().to_owned() });
            }
            Create::Never => return Err(Error::NotAStore { path: dir.path().to_owned() }),
            Create::IfMissing => create(&dir, options)?,
        }
    }
    let log = open_file(&dir, LOG, options.memory.log_pages())?;
    let segments = open_file(&dir, SEGMENTS, options.memory.segment_pages())?;
    for file in [LOG, SEGMENTS] {
        clear_beside(&dir.join(file))?;
    }
    // Only a courtesy to whoever finds the store in use: not to be able to write it is no error.
    let number = std::process::id().to_string();
    let _ = dir.join(HOLDER).write(number.as_bytes(), Synced::Never);
    Ok(Files { log, segments, dir: Some(dir) })
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
    fill(&log, &segments, options)?;
    Ok(Files { log, segments, dir: None })
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

fn create(dir: &Spot, options: &Options) -> Result<()> {
    let new = dir.with_ending(".new");
    if dir.is_there()? && !dir.list()?.is_empty() {
        return Err(Error::NotAStore { path: dir.path().to_owned() });
    }
    if new.is_there()? {
        new.remove_folder()?;
    }
    new.make_folders()?;
    let make = |name: &str| {
        let made = make_file(&new.join(name), 1024 * 1024);
        made.map_err(|e| database_error(&new, "make the files of the store", e))
    };
    let (log, segments) = (make(LOG)?, make(SEGMENTS)?);
    fill(&log, &segments, options)?;
    for database in [log, segments] {
        database.close().map_err(|e| Error::database("finish the files of the store", e))?;
    }
    new.sync_folder()?;
    new.put_in_place(dir)
}

/// Makes a file, or opens the one that is there.
pub(crate) fn make_file(file: &Spot, cache: usize) -> std::result::Result<Database, DatabaseError> {
    let (backend, _) = file.open(Access::New)?;
    redb::Builder::new().set_cache_size(cache).create_with_backend(backend)
}

/// Writes what every store has from its birth: the tables, the format, and an identity.
fn fill(log: &Database, segments: &Database, options: &Options) -> Result<()> {
    let write = |database: &Database, fill: &dyn Fn(&WriteTransaction) -> Result<()>| {
        let transaction = begin(database)?;
        fill(&transaction)?;
        transaction.commit().map_err(|e| Error::database("write the first commit", e))
    };
    let table = |transaction: &WriteTransaction, table| {
        transaction.open_table(table).map(drop).map_err(|e| Error::database("make a table", e))
    };
    let nanos = options.clock.now().nanos();
    let entropy = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), nanos);
    let store_id = format!("{entropy:016x}");
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
            other => other.map_err(|e| file.error("open", e))?,
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
    Err(Error::Locked { path: dir.path().to_owned(), holder: holder(dir) })
}

/// Opens a file to look at it only, which changes no byte of it; `None` if it was not closed well,
/// or says wrongly what is free in it, and has to be repaired first.
pub(crate) fn open_read_only(
    dir: &Spot,
    name: &'static str,
) -> Result<Option<redb::ReadOnlyDatabase>> {
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

/// Where a file is made that will replace another.
fn beside(file: &Spot) -> Spot {
    file.with_path(file.path().with_extension("new"))
}

/// Removes a new file that was not put in place.
pub(crate) fn clear_beside(file: &Spot) -> Result<()> {
    let new = beside(file);
    if new.is_there()? { new.remove_file() } else { Ok(()) }
}

/// Makes a new file beside one of the store. What `fill` commits to it is durable, and it is open
/// and locked; [`put_in_place`] comes next. A failure leaves everything as it was.
pub(crate) fn make_beside(
    file: &Spot,
    cache: usize,
    fill: impl FnOnce(&Database) -> Result<()>,
) -> Result<Database> {
    clear_beside(file)?;
    let database = make_file(&beside(file), cache);
    let database = database.map_err(|e| Error::database("make a new file", e))?;
    match fill(&database) {
        Ok(()) => Ok(database),
        Err(error) => {
            drop(database);
            clear_beside(file)?;
            Err(error)
        }
    }
}

/// Puts the new file beside one of the store in its place. The old one stays locked as long as it
/// is open, so that nobody opens either in between; who has opened the old one already will notice
/// that it is not the one at its path.
///
/// After a failure it is not known which of them is there after a crash: nothing may be written.
pub(crate) fn put_in_place(file: &Spot) -> Result<()> {
    beside(file).put_in_place(file)
}

fn database_error(dir: &Spot, doing: &'static str, error: DatabaseError) -> Error {
    match error {
        DatabaseError::DatabaseAlreadyOpen => {
            Error::Locked { path: dir.path().to_owned(), holder: holder(dir) }
        }
        other => Error::database(doing, other),
    }
}

/// Who holds the store, as well as it can be told.
fn holder(dir: &Spot) -> String {
    let number = written_holder(&dir.join(HOLDER)).unwrap_or_default();
    if number == std::process::id().to_string() {
        return "this process".to_owned();
    }
    match number.parse::<u32>() {
        Ok(number) => match std::fs::read_to_string(format!("/proc/{number}/comm")) {
            Ok(name) => format!("process {number} ({})", name.trim_end()),
            Err(_) => format!("process {number}"),
        },
        Err(_) => "another process".to_owned(),
    }
}

fn written_holder(file: &Spot) -> Option<String> {
    let len = file.facts().ok()?.len.min(HOLDER_BYTES_MAX);
    let mut bytes = vec![0; len as usize];
    file.read_at(0, &mut bytes).ok()?;
    String::from_utf8(bytes).ok()
}
