//! The folder that a backup is written to: whether it may be, and how it becomes one.

use super::received;
use crate::database::files::{self, LOG, SEGMENTS};
use crate::database::guard::{Guarded, guard};
use crate::database::holder::Holder;
use crate::database::new_file::{self, NewDatabase, NewFile};
use crate::database::tables::{self, DIRECTORIES};
use crate::error::{BackupRefused, Error, Result};
use crate::folder::{self, Begun};
use crate::limits::BACKUP_PAGES_BYTES;
use crate::log::{self, Contents};
use crate::segment;
use crate::vfs::{Rights, VfsPath};
use crate::view::View;
use eventscope_model::EventId;
use redb::{Database, ReadableDatabase, ReadableTable, StorageError, WriteTransaction};
use std::collections::BTreeMap;
use std::path::Path;

/// A folder that a backup is asked for, before anything is changed in it.
pub(super) struct Place {
    /// As it was asked for.
    asked: VfsPath,
    /// The same as a full path.
    dir: VfsPath,
    /// Of the log and of the folder of the store: a backup is no more open than they are.
    rights: (Rights, Rights),
    /// The log of the backup that is there already.
    earlier: Option<Contents>,
}

impl Place {
    /// Looks at a folder that is to become a backup of the store in the folder `own`.
    pub(super) fn find(asked: &VfsPath, own: Option<&VfsPath>) -> Result<Self> {
        let dir = canonicalize(asked, own)?;
        let rights = match own {
            Some(own) => (own.join(LOG).rights()?.without_owner(), own.rights()?.without_owner()),
            None => (Rights::default(), Rights::default()),
        };
        let place = |earlier| Self { asked: asked.clone(), dir: dir.clone(), rights, earlier };
        match dir.look()? {
            Some(facts) if !facts.is_folder => refused(asked, BackupRefused::SomethingElse),
            Some(_) if dir.join(LOG).is_there()? => Ok(place(Some(damaged(asked, || look(&dir))?))),
            Some(_) => {
                something_else(asked, folder::refuse_strangers(&dir))?;
                Ok(place(None))
            }
            None => Ok(place(None)),
        }
    }

    /// Opens the files to be written, once it is sure that the backup in the folder is an earlier
    /// state of the store.
    pub(super) fn begin(&self, now: &Contents, view: &View) -> Result<Target> {
        if let Some(earlier) = &self.earlier {
            return self.go_on(earlier, now, view);
        }
        let (asked, dir) = (&self.asked, &self.dir);
        dir.create_dir_all(self.rights.1)?;
        let holder = match something_else(asked, folder::begin_in(dir))? {
            Begun::Empty(holder) => holder,
            Begun::Complete(holder) => {
                // A first backup that was cut off at its last step is complete now, or somebody has
                // made something there since it was looked at.
                drop(holder);
                return self.go_on(&damaged(asked, || look(dir))?, now, view);
            }
        };
        let segments = dir.join(SEGMENTS);
        let made = NewDatabase::make(&segments, self.rights.0, BACKUP_PAGES_BYTES)?;
        let (segments, new_segments) = made.split();
        Ok(Target {
            dir: dir.clone(),
            rights: self.rights.0,
            segments: Some(Guarded::new(segments, SEGMENTS)),
            new_segments: Some(new_segments),
            earlier: None,
            _holder: holder,
        })
    }

    /// Opens the files of an earlier backup.
    fn go_on(&self, earlier: &Contents, now: &Contents, view: &View) -> Result<Target> {
        let (asked, dir) = (&self.asked, &self.dir);
        check(asked, earlier, now, view)?;
        let target = damaged(asked, || Target::open(dir))?;
        // Somebody may have had it open since it was looked at.
        if let Some(Earlier { contents, .. }) = &target.earlier {
            check(asked, contents, now, view)?;
        }
        Ok(target)
    }
}

/// Names the folder in whatever is wrong with the backup in it.
fn damaged<T>(asked: &VfsPath, read: impl FnOnce() -> Result<T>) -> Result<T> {
    read().map_err(|error| match error {
        Error::Locked { .. } => error,
        _ => Error::BackupDamaged { path: asked.path().to_owned(), source: Box::new(error) },
    })
}

/// Reads the log of a backup, without changing a byte of one that is whole.
fn look(dir: &VfsPath) -> Result<Contents> {
    match files::open_read_only(dir, LOG)? {
        Some(log) => {
            let begun = log.begin_read().map_err(|e| Error::database("begin to read", e))?;
            log::contents(&begun)
        }
        // A log that has to be repaired was written to, or it is damaged.
        None => Ok(Earlier::open(dir)?.contents),
    }
}

/// Makes sure that a backup is an earlier state of the same store.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "the numbers of a log are checked when it is read"
)]
fn check(asked: &VfsPath, earlier: &Contents, now: &Contents, view: &View) -> Result<()> {
    let refused = |why| refused(asked, why);
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
    dir: VfsPath,
    /// Of a log that is the first there.
    rights: Rights,
    /// None once it was closed.
    segments: Option<Guarded>,
    /// The file of the first backup, which has not got its name yet.
    new_segments: Option<NewFile>,
    earlier: Option<Earlier>,
    /// Dropped after the files are closed.
    _holder: Holder,
}

/// The backup that is in the folder already.
struct Earlier {
    /// Open, so that nobody else opens the folder meanwhile.
    _log: Guarded,
    contents: Contents,
}

impl Earlier {
    fn open(dir: &VfsPath) -> Result<Self> {
        let log = Guarded::new(files::open_file(dir, LOG, BACKUP_PAGES_BYTES)?, LOG);
        let begun = guard(LOG, || {
            log.get()?.begin_read().map_err(|e| Error::database("begin to read", e))
        })?;
        let contents = log::contents(&begun)?;
        Ok(Self { _log: log, contents })
    }
}

impl Target {
    fn open(dir: &VfsPath) -> Result<Self> {
        let holder = Holder::take(dir)?;
        let earlier = Some(Earlier::open(dir)?);
        let segments = files::open_file(dir, SEGMENTS, BACKUP_PAGES_BYTES)?;
        let segments = Some(Guarded::new(segments, SEGMENTS));
        let (dir, rights) = (dir.clone(), dir.join(LOG).rights()?);
        Ok(Self { dir, rights, segments, new_segments: None, earlier, _holder: holder })
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
            let begun = self.segments()?.get()?.begin_read();
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
        self.segments()?.commit(write, |e| Error::database("write the segments of the backup", e))
    }

    fn segments(&self) -> Result<&Guarded> {
        self.segments.as_ref().ok_or(Error::Closed)
    }

    /// A log to be filled, which [`Target::put_in_place`] gives its name.
    pub(super) fn new_log(&self, fill: impl FnOnce(&Database) -> Result<()>) -> Result<NewFile> {
        let made = NewDatabase::filled(&self.dir.join(LOG), self.rights, BACKUP_PAGES_BYTES, fill)?;
        made.close()
    }

    /// Gives the files their names; the log is the last.
    pub(super) fn put_in_place(&mut self, log: NewFile) -> Result<()> {
        let Some(segments) = self.new_segments.take() else { return log.put_in_place() };
        self.close_segments()?;
        self.dir.sync_folder()?;
        new_file::put_both_in_place(segments, log)
    }

    fn close_segments(&mut self) -> Result<()> {
        self.segments.take().map_or(Ok(()), Guarded::close)
    }

    /// Closes the files.
    pub(super) fn finish(mut self) -> Result<()> {
        self.close_segments()
    }
}

/// What keeps a store from being made in a folder keeps a backup from it.
fn something_else<T>(dir: &VfsPath, result: Result<T>) -> Result<T> {
    match result {
        Err(Error::NotEmpty { .. }) => refused(dir, BackupRefused::SomethingElse),
        other => other,
    }
}

/// The full path of a folder that may not be there yet, unless it is that of the store or within.
fn canonicalize(dir: &VfsPath, own: Option<&VfsPath>) -> Result<VfsPath> {
    let own = own.map(VfsPath::full).transpose()?;
    let outside = |full: VfsPath| match &own {
        Some(own) if full.path().starts_with(own.path()) => refused(dir, BackupRefused::Own),
        _ => Ok(full),
    };
    let or_here = |path: &Path| match path.as_os_str().is_empty() {
        true => dir.with_path("."),
        false => dir.with_path(path),
    };
    if dir.is_there()? {
        return outside(dir.full()?);
    }
    // Nothing is made within the store, not even to find out that it is within.
    let is_folder =
        |spot: &VfsPath| spot.look().is_ok_and(|facts| facts.is_some_and(|f| f.is_folder));
    if let Some(nearest) = dir.path().ancestors().map(or_here).find(is_folder) {
        outside(nearest.full()?)?;
    }
    let Some(name) = dir.path().file_name() else {
        return refused(dir, BackupRefused::SomethingElse);
    };
    let parent = dir.around();
    parent.create_dir_all(Rights::default())?;
    outside(parent.full()?.join(name))
}

fn refused<T>(dir: &VfsPath, why: BackupRefused) -> Result<T> {
    Err(Error::Backup { path: dir.path().to_owned(), why })
}

fn read_error(e: StorageError) -> Error {
    Error::database("read the segments of the backup", e)
}
