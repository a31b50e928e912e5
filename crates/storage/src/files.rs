//! The two files of a store, in their folder or in memory.
//!
//! A store is born whole: both files are made in `DIR.new`, synced, and the folder is renamed. What
//! a crash leaves behind under that name is no store and is cleared away by the next attempt.

use crate::codec::{self, Kind, Packing};
use crate::error::{Error, Result};
use crate::guard::guard;
use crate::options::{Create, Options};
use crate::tables::{BATCHES, CATALOGUE, CHANGES, FORMAT_PLAIN, META, SEGMENTS_TABLES, meta};
use redb::{Database, DatabaseError, WriteTransaction};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The file of what is not sealed yet.
pub(crate) const LOG: &str = "log.redb";
/// The file of sealed segments.
pub(crate) const SEGMENTS: &str = "segments.redb";
/// Holds the number of the process that has the store open, for the message to the next one.
const HOLDER: &str = "holder";
/// How often a file is opened again that was replaced in between.
const OPEN_ATTEMPTS: usize = 3;

/// The open files of a store.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) log: Database,
    pub(crate) segments: Database,
    /// The folder; `None` in memory.
    pub(crate) dir: Option<PathBuf>,
}

/// Opens a store, making it first if that is asked for.
pub(crate) fn open(dir: &Path, options: &Options) -> Result<Files> {
    let log = dir.join(LOG);
    if !is_there(&log)? {
        match options.create {
            Create::Never if !is_there(dir)? => {
                return Err(Error::Missing { path: dir.to_owned() });
            }
            Create::Never => return Err(Error::NotAStore { path: dir.to_owned() }),
            Create::IfMissing => create(dir, options)?,
        }
    }
    let files = Files {
        log: open_file(dir, LOG, options.memory.log_pages())?,
        segments: open_file(dir, SEGMENTS, options.memory.segment_pages())?,
        dir: Some(dir.to_owned()),
    };
    for path in [log_path(dir), segments_path(dir)] {
        clear_beside(&path)?;
    }
    // Only a courtesy to whoever finds the store in use: not to be able to write it is no error.
    let _ = fs::write(dir.join(HOLDER), std::process::id().to_string());
    Ok(files)
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

/// The bytes that a file of the store takes on its disk.
pub(crate) fn allocated(dir: &Path) -> Result<(u64, u64)> {
    let size = |name: &str| {
        let path = dir.join(name);
        let metadata = fs::metadata(&path).map_err(|e| io_error("look at", &path, e))?;
        Ok(allocated_to(&metadata))
    };
    Ok((size(LOG)?, size(SEGMENTS)?))
}

/// The bytes that the files in a folder take on its disk; 0 if there is no such folder.
pub(crate) fn allocated_below(folder: &Path) -> Result<u64> {
    let entries = match fs::read_dir(folder) {
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(0);
        }
        other => other.map_err(|e| io_error("look into", folder, e))?,
    };
    // Files that vanish in between take nothing.
    Ok(entries.flatten().flat_map(|entry| entry.metadata()).map(|m| allocated_to(&m)).sum())
}

fn allocated_to(metadata: &fs::Metadata) -> u64 {
    #[cfg(unix)]
    let bytes = std::os::unix::fs::MetadataExt::blocks(metadata) * 512;
    #[cfg(not(unix))]
    let bytes = metadata.len();
    bytes
}

pub(crate) fn is_there(path: &Path) -> Result<bool> {
    match path.try_exists() {
        // What should be the folder of the store is a file.
        Err(e) if e.kind() == io::ErrorKind::NotADirectory => {
            Err(Error::NotAStore { path: path.parent().unwrap_or(path).to_owned() })
        }
        other => other.map_err(|e| io_error("look at", path, e)),
    }
}

pub(crate) fn io_error(doing: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Io { doing, path: path.to_owned(), source }
}

fn create(dir: &Path, options: &Options) -> Result<()> {
    let mut name = dir.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = dir.with_file_name(name);
    if is_there(dir)? {
        let mut entries = fs::read_dir(dir).map_err(|e| io_error("look into", dir, e))?;
        if entries.next().is_some() {
            return Err(Error::NotAStore { path: dir.to_owned() });
        }
    }
    if is_there(&new)? {
        fs::remove_dir_all(&new).map_err(|e| io_error("clear away", &new, e))?;
    }
    make_folders(&new)?;
    let make = |name: &str| {
        let path = new.join(name);
        let made = redb::Builder::new().set_cache_size(1024 * 1024).create(&path);
        made.map_err(|e| database_error(&new, "make the files of the store", e))
    };
    let (log, segments) = (make(LOG)?, make(SEGMENTS)?);
    fill(&log, &segments, options)?;
    for database in [log, segments] {
        database.close().map_err(|e| Error::database("finish the files of the store", e))?;
    }
    sync_folder(&new)?;
    fs::rename(&new, dir).map_err(|e| io_error("put in place", dir, e))?;
    sync_folder(around(dir))
}

/// Makes a folder and those around it that are not there, each durable in the one that it is in.
pub(crate) fn make_folders(dir: &Path) -> Result<()> {
    let mut missing = Vec::new();
    for folder in dir.ancestors().filter(|folder| !folder.as_os_str().is_empty()) {
        if is_there(folder)? {
            break;
        }
        missing.push(folder);
    }
    for folder in missing.into_iter().rev() {
        match fs::create_dir(folder) {
            // Somebody else has made it since.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            other => other.map_err(|e| io_error("make", folder, e))?,
        }
        sync_folder(around(folder))?;
    }
    Ok(())
}

/// The folder that something is in.
fn around(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a rename or a new file in a folder durable.
pub(crate) fn sync_folder(dir: &Path) -> Result<()> {
    #[cfg(unix)]
    fs::File::open(dir).and_then(|dir| dir.sync_all()).map_err(|e| io_error("sync", dir, e))?;
    Ok(())
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
    write(segments, &|transaction| {
        SEGMENTS_TABLES.iter().try_for_each(|t| table(transaction, *t))
    })?;
    let nanos = options.clock.now().nanos();
    let entropy = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), nanos);
    let store_id = format!("{entropy:016x}");
    write(log, &|transaction| {
        [BATCHES, CHANGES, CATALOGUE].iter().try_for_each(|t| table(transaction, *t))?;
        let mut facts =
            transaction.open_table(META).map_err(|e| Error::database("make a table", e))?;
        let id = codec::seal_value(Kind::Meta, Packing::Plain, &store_id)?;
        let next = codec::seal_value(Kind::Meta, Packing::Plain, &(1u64, 1u64))?;
        let version = FORMAT_PLAIN.to_le_bytes();
        for (key, value) in
            [(meta::FORMAT, version.as_slice()), (meta::STORE_ID, &id), (meta::NEXT, &next)]
        {
            facts.insert(key, value).map_err(|e| Error::database("write the first commit", e))?;
        }
        Ok(())
    })
}

/// Begins a transaction whose commit is durable, and after which a crash costs no repair.
pub(crate) fn begin(database: &Database) -> Result<WriteTransaction> {
    let mut transaction =
        database.begin_write().map_err(|e| Error::database("begin to write", e))?;
    transaction.set_quick_repair(true);
    Ok(transaction)
}

pub(crate) fn open_file(dir: &Path, name: &'static str, cache: usize) -> Result<Database> {
    let path = dir.join(name);
    // Closing replaces a file while it still holds its lock. Whoever opened the old one before and
    // gets its lock after must look again.
    for _ in 0..OPEN_ATTEMPTS {
        let file = fs::File::options().read(true).write(true).open(&path);
        let file = match file {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Err(Error::corrupt(path.display().to_string(), "the file is missing"));
            }
            other => other.map_err(|e| io_error("open", &path, e))?,
        };
        let metadata = file.metadata().map_err(|e| io_error("look at", &path, e))?;
        if metadata.len() == 0 {
            return Err(Error::corrupt(path.display().to_string(), "the file is empty"));
        }
        let opened = identity(&metadata);
        let database = guard(name, || {
            let backend = redb::backends::FileBackend::new(file);
            let opened = backend.and_then(|backend| {
                redb::Builder::new().set_cache_size(cache).create_with_backend(backend)
            });
            opened.map_err(|e| database_error(dir, "open the files of the store", e))
        })?;
        let present = fs::metadata(&path).map_err(|e| io_error("look at", &path, e))?;
        if opened == identity(&present) {
            return Ok(database);
        }
    }
    Err(Error::Locked { path: dir.to_owned(), holder: holder(dir) })
}

/// Opens a file to look at it only, which changes no byte of it; `None` if it was not closed well
/// and has to be repaired first.
pub(crate) fn open_read_only(
    dir: &Path,
    name: &'static str,
) -> Result<Option<redb::ReadOnlyDatabase>> {
    guard(name, || match redb::Builder::new().open_read_only(dir.join(name)) {
        Ok(database) => Ok(Some(database)),
        Err(DatabaseError::RepairAborted) => Ok(None),
        Err(e) => Err(database_error(dir, "open the files of the store", e)),
    })
}

/// What tells one file from another at the same path.
fn identity(metadata: &fs::Metadata) -> u64 {
    #[cfg(unix)]
    let identity = std::os::unix::fs::MetadataExt::ino(metadata);
    #[cfg(not(unix))]
    let identity = metadata.len() & 0;
    identity
}

/// The path of the log of a store.
pub(crate) fn log_path(dir: &Path) -> PathBuf {
    dir.join(LOG)
}

/// The path of the segments of a store.
pub(crate) fn segments_path(dir: &Path) -> PathBuf {
    dir.join(SEGMENTS)
}

/// Whether a file is larger than `kept_bytes`, and three quarters of it are not in use.
pub(crate) fn is_mostly_empty(path: &Path, live_bytes: u64, kept_bytes: u64) -> Result<bool> {
    let bytes = fs::metadata(path).map_err(|e| io_error("look at", path, e))?.len();
    Ok(bytes > kept_bytes && live_bytes < bytes / 4)
}

/// Where a file is made that will replace another.
fn beside(path: &Path) -> PathBuf {
    path.with_extension("new")
}

/// Removes a new file that was not put in place.
pub(crate) fn clear_beside(path: &Path) -> Result<()> {
    let new = beside(path);
    if is_there(&new)? {
        fs::remove_file(&new).map_err(|e| io_error("clear away", &new, e))?;
    }
    Ok(())
}

/// Makes a new file beside one of the store. What `fill` commits to it is durable, and it is open
/// and locked; [`put_in_place`] comes next. A failure leaves everything as it was.
pub(crate) fn make_beside(
    path: &Path,
    cache: usize,
    fill: impl FnOnce(&Database) -> Result<()>,
) -> Result<Database> {
    clear_beside(path)?;
    let database = redb::Builder::new().set_cache_size(cache).create(beside(path));
    let database = database.map_err(|e| Error::database("make a new file", e))?;
    match fill(&database) {
        Ok(()) => Ok(database),
        Err(error) => {
            drop(database);
            clear_beside(path)?;
            Err(error)
        }
    }
}

/// Puts the new file beside one of the store in its place. The old one stays locked as long as it
/// is open, so that nobody opens either in between; who has opened the old one already will notice
/// that it is not the one at its path.
///
/// After a failure it is not known which of them is there after a crash: nothing may be written.
pub(crate) fn put_in_place(path: &Path) -> Result<()> {
    fs::rename(beside(path), path).map_err(|e| io_error("put in place", path, e))?;
    path.parent().map_or(Ok(()), sync_folder)
}

fn database_error(dir: &Path, doing: &'static str, error: DatabaseError) -> Error {
    match error {
        DatabaseError::DatabaseAlreadyOpen => {
            Error::Locked { path: dir.to_owned(), holder: holder(dir) }
        }
        other => Error::database(doing, other),
    }
}

/// Who holds the store, as well as it can be told.
fn holder(dir: &Path) -> String {
    let number = fs::read_to_string(dir.join(HOLDER)).unwrap_or_default();
    if number == std::process::id().to_string() {
        return "this process".to_owned();
    }
    match number.parse::<u32>() {
        Ok(number) => match fs::read_to_string(format!("/proc/{number}/comm")) {
            Ok(name) => format!("process {number} ({})", name.trim_end()),
            Err(_) => format!("process {number}"),
        },
        Err(_) => "another process".to_owned(),
    }
}
