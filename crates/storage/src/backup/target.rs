//! The folder that a backup is written to: whether it may be, and how it becomes one.

use super::{BackupRefused, received};
use crate::error::{Error, Result};
use crate::files::{self, LOG, SEGMENTS};
use crate::guard::{Guarded, guard};
use crate::limits::BACKUP_PAGES_BYTES;
use crate::log::{self, Contents};
use crate::segment;
use crate::snapshot::View;
use crate::tables::{self, DIRECTORIES};
use eventscope_model::EventId;
use redb::{ReadableDatabase, ReadableTable, StorageError, WriteTransaction};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What a backup that was cut off has left in `DIR.new`; a folder with more in it is not ours.
const LEFT: [&str; 3] = [LOG, "log.new", SEGMENTS];

/// A folder that a backup is asked for, before anything is changed in it.
pub(super) struct Place {
    /// As it was asked for.
    asked: PathBuf,
    /// The same as a full path.
    dir: PathBuf,
    /// Where it is written: beside it, if it is the first backup.
    folder: PathBuf,
    /// The log of the backup that is there already.
    earlier: Option<Contents>,
}

impl Place {
    /// Looks at a folder that is to become a backup of the store in the folder `own`.
    pub(super) fn find(asked: &Path, own: Option<&Path>) -> Result<Self> {
        let dir = full_path(asked, own)?;
        let place = |dir: PathBuf, folder, earlier| {
            Ok(Self { asked: asked.to_owned(), dir, folder, earlier })
        };
        let refused = |path: &Path, why| Err(Error::Backup { path: path.to_owned(), why });
        match fs::metadata(&dir) {
            Ok(metadata) if !metadata.is_dir() => {
                return refused(asked, BackupRefused::SomethingElse);
            }
            Ok(_) if files::is_there(&dir.join(LOG))? => {
                let earlier = damaged(asked, || look(&dir))?;
                return place(dir.clone(), dir, Some(earlier));
            }
            Ok(_) if entries(&dir)?.next().is_some() => {
                return refused(asked, BackupRefused::SomethingElse);
            }
            _ => {}
        }
        let mut name = dir.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let folder = dir.with_file_name(name);
        if own.and_then(|own| fs::canonicalize(own).ok()).is_some_and(|own| own == folder) {
            return refused(asked, BackupRefused::Own);
        }
        if files::is_there(&folder)? {
            for entry in entries(&folder)? {
                let entry = entry.map_err(|e| files::io_error("look into", &folder, e))?;
                if !LEFT.iter().any(|left| entry.file_name() == *left) {
                    return refused(&folder, BackupRefused::SomethingElse);
                }
            }
        }
        place(dir, folder, None)
    }

    /// Opens the files to be written, once it is sure that the backup in the folder is an earlier
    /// state of the store.
    pub(super) fn begin(&self, now: &Contents, view: &View) -> Result<Target> {
        let (asked, folder) = (&self.asked, &self.folder);
        let Some(earlier) = &self.earlier else {
            if files::is_there(folder)? {
                fs::remove_dir_all(folder).map_err(|e| files::io_error("clear away", folder, e))?;
            }
            fs::create_dir(folder).map_err(|e| files::io_error("make", folder, e))?;
            let path = folder.join(SEGMENTS);
            let made = redb::Builder::new().set_cache_size(BACKUP_PAGES_BYTES).create(path);
            let segments = made.map_err(|e| Error::database("make the files of the backup", e))?;
            let segments = Guarded::new(segments, SEGMENTS);
            return Ok(Target {
                dir: self.dir.clone(),
                folder: folder.clone(),
                segments,
                earlier: None,
            });
        };
        check(asked, earlier, now, view)?;
        let target = damaged(asked, || Target::open(folder))?;
        // Somebody may have had it open since it was looked at.
        if let Some(Earlier { contents, .. }) = &target.earlier {
            check(asked, contents, now, view)?;
        }
        Ok(target)
    }
}

/// Names the folder in whatever is wrong with the backup in it.
fn damaged<T>(asked: &Path, read: impl FnOnce() -> Result<T>) -> Result<T> {
    read().map_err(|error| match error {
        Error::Locked { .. } => error,
        _ => Error::BackupDamaged { path: asked.to_owned(), source: Box::new(error) },
    })
}

/// Reads the log of a backup without changing a byte of it.
fn look(dir: &Path) -> Result<Contents> {
    match files::open_read_only(dir, LOG)? {
        Some(log) => {
            let begun = log.begin_read().map_err(|e| Error::database("begin to read", e))?;
            log::contents(&begun)
        }
        // A log that has to be repaired is one that was written to.
        None => Ok(Earlier::open(dir)?.contents),
    }
}

/// Makes sure that a backup is an earlier state of the same store.
fn check(asked: &Path, earlier: &Contents, now: &Contents, view: &View) -> Result<()> {
    let refused = |why| Err(Error::Backup { path: asked.to_owned(), why });
    if earlier.store_id != now.store_id {
        return refused(BackupRefused::OtherStore);
    }
    let Some(mark) = &earlier.mark else { return refused(BackupRefused::NoBackup) };
    if mark.next != earlier.next {
        return refused(BackupRefused::Changed);
    }
    let (end, next_change) = mark.next;
    if end > now.next.0 || next_change > now.next.1 {
        return refused(BackupRefused::Newer);
    }
    let there = received(view, EventId(end - 1))?;
    if there.zip(mark.received).is_some_and(|(there, then)| there != then) {
        return refused(BackupRefused::Diverged);
    }
    Ok(())
}

/// The folder of a backup while it is written.
pub(super) struct Target {
    /// Where the backup is in the end.
    dir: PathBuf,
    /// Where it is written.
    folder: PathBuf,
    segments: Guarded,
    earlier: Option<Earlier>,
}

/// The backup that is in the folder already.
struct Earlier {
    /// Open, so that nobody else opens the folder meanwhile.
    _log: Guarded,
    contents: Contents,
}

impl Earlier {
    fn open(dir: &Path) -> Result<Self> {
        let log = Guarded::new(files::open_file(dir, LOG, BACKUP_PAGES_BYTES)?, LOG);
        let begun = guard(LOG, || {
            log.get()?.begin_read().map_err(|e| Error::database("begin to read", e))
        })?;
        let contents = log::contents(&begun)?;
        Ok(Self { _log: log, contents })
    }
}

impl Target {
    fn open(dir: &Path) -> Result<Self> {
        let earlier = Some(Earlier::open(dir)?);
        let segments = files::open_file(dir, SEGMENTS, BACKUP_PAGES_BYTES)?;
        let segments = Guarded::new(segments, SEGMENTS);
        Ok(Self { dir: dir.to_owned(), folder: dir.to_owned(), segments, earlier })
    }

    /// Whether there is an earlier backup.
    pub(super) fn is_known(&self) -> bool {
        self.earlier.is_some()
    }

    /// Whether the log of the earlier backup names a segment.
    pub(super) fn names(&self, first: EventId) -> bool {
        let earlier = self.earlier.as_ref();
        earlier.is_some_and(|earlier| {
            earlier.contents.catalogue.binary_search_by_key(&first, |(first, _)| *first).is_ok()
        })
    }

    /// The digests of all segments that are stored, named or not; `None` for one that cannot be
    /// read.
    pub(super) fn digests(&self) -> Result<BTreeMap<EventId, Option<u64>>> {
        let mut digests = BTreeMap::new();
        if self.earlier.is_none() {
            return Ok(digests);
        }
        guard(SEGMENTS, || {
            let begun = self.segments.get()?.begin_read();
            let transaction = begun.map_err(|e| Error::database("begin to read", e))?;
            for item in tables::open(&transaction, DIRECTORIES)?.iter().map_err(read_error)? {
                let (first, directory) = item.map_err(read_error)?;
                digests.insert(EventId(first.value()), segment::digest_in(directory.value()));
            }
            Ok(())
        })?;
        Ok(digests)
    }

    /// One durable commit of segments.
    pub(super) fn commit(&self, write: impl FnOnce(&WriteTransaction) -> Result<()>) -> Result<()> {
        guard(SEGMENTS, || {
            let transaction = files::begin(self.segments.get()?)?;
            write(&transaction)?;
            transaction.commit().map_err(|e| Error::database("write the segments of the backup", e))
        })
    }

    pub(super) fn log_path(&self) -> PathBuf {
        files::log_path(&self.folder)
    }

    pub(super) fn put_log_in_place(&self) -> Result<()> {
        files::put_in_place(&self.log_path())
    }

    /// Closes the files; the first backup gets its name.
    pub(super) fn finish(self) -> Result<()> {
        self.segments.close()?;
        if self.earlier.is_some() {
            return Ok(());
        }
        files::sync_folder(&self.folder)?;
        fs::rename(&self.folder, &self.dir)
            .map_err(|e| files::io_error("put in place", &self.dir, e))?;
        self.dir.parent().map_or(Ok(()), files::sync_folder)
    }

    /// Removes what is of no use, as well as it goes; the next backup removes the rest.
    pub(super) fn abandon(self) {
        let Self { folder, segments, earlier, .. } = self;
        drop(segments);
        let _ = match earlier {
            None => fs::remove_dir_all(&folder).is_ok(),
            Some(_) => files::clear_beside(&files::log_path(&folder)).is_ok(),
        };
    }
}

/// The full path of a folder that may not be there yet, unless it is that of the store or within.
fn full_path(dir: &Path, own: Option<&Path>) -> Result<PathBuf> {
    let refused = |why| Error::Backup { path: dir.to_owned(), why };
    let full =
        |path: &Path| fs::canonicalize(path).map_err(|e| files::io_error("look at", path, e));
    let own = own.map(full).transpose()?;
    let outside = |path: PathBuf| match &own {
        Some(own) if path.starts_with(own) => Err(refused(BackupRefused::Own)),
        _ => Ok(path),
    };
    let or_here = |path: &Path| match path.as_os_str().is_empty() {
        true => PathBuf::from("."),
        false => path.to_owned(),
    };
    if files::is_there(dir)? {
        return outside(full(dir)?);
    }
    // Nothing is made within the store, not even to find out that it is within.
    if let Some(nearest) = dir.ancestors().map(or_here).find(|path| path.is_dir()) {
        outside(full(&nearest)?)?;
    }
    let parent = or_here(dir.parent().unwrap_or(Path::new("")));
    let name = dir.file_name().ok_or_else(|| refused(BackupRefused::SomethingElse))?;
    files::make_folders(&parent)?;
    outside(full(&parent)?.join(name))
}

fn entries(dir: &Path) -> Result<fs::ReadDir> {
    fs::read_dir(dir).map_err(|e| files::io_error("look into", dir, e))
}

fn read_error(e: StorageError) -> Error {
    Error::database("read the segments of the backup", e)
}
