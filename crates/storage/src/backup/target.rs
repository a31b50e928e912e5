//! The folder that a backup is written to: whether it may be, and how it becomes one.

use super::{BackupRefused, received};
use crate::error::{Error, Result};
use crate::files::{self, LOG, SEGMENTS};
use crate::guard::{Guarded, guard};
use crate::limits::BACKUP_PAGES_BYTES;
use crate::log::{self, Contents};
use crate::medium::Spot;
use crate::segment;
use crate::snapshot::View;
use crate::tables::{self, DIRECTORIES};
use eventscope_model::EventId;
use redb::{ReadableDatabase, ReadableTable, StorageError, WriteTransaction};
use std::collections::BTreeMap;
use std::path::Path;

/// What a backup that was cut off has left in `DIR.new`; a folder with more in it is not ours.
const LEFT: [&str; 3] = [LOG, "log.new", SEGMENTS];

/// A folder that a backup is asked for, before anything is changed in it.
pub(super) struct Place {
    /// As it was asked for.
    asked: Spot,
    /// The same as a full path.
    dir: Spot,
    /// Where it is written: beside it, if it is the first backup.
    folder: Spot,
    /// The log of the backup that is there already.
    earlier: Option<Contents>,
}

impl Place {
    /// Looks at a folder that is to become a backup of the store in the folder `own`.
    pub(super) fn find(asked: &Spot, own: Option<&Spot>) -> Result<Self> {
        let dir = full_path(asked, own)?;
        let place =
            |dir: Spot, folder, earlier| Ok(Self { asked: asked.clone(), dir, folder, earlier });
        match dir.look()? {
            Some(facts) if !facts.is_folder => {
                return refused(asked, BackupRefused::SomethingElse);
            }
            Some(_) if dir.join(LOG).is_there()? => {
                let earlier = damaged(asked, || look(&dir))?;
                return place(dir.clone(), dir, Some(earlier));
            }
            Some(_) if !dir.list()?.is_empty() => {
                return refused(asked, BackupRefused::SomethingElse);
            }
            _ => {}
        }
        let folder = dir.with_ending(".new");
        if own.and_then(|own| own.full().ok()).is_some_and(|own| own.path() == folder.path()) {
            return refused(asked, BackupRefused::Own);
        }
        if folder.is_there()? {
            let foreign = |entry: &Spot| !LEFT.iter().any(|left| entry.name() == *left);
            if folder.list()?.iter().any(foreign) {
                return refused(&folder, BackupRefused::SomethingElse);
            }
        }
        place(dir, folder, None)
    }

    /// Opens the files to be written, once it is sure that the backup in the folder is an earlier
    /// state of the store.
    pub(super) fn begin(&self, now: &Contents, view: &View) -> Result<Target> {
        let (asked, folder) = (&self.asked, &self.folder);
        let Some(earlier) = &self.earlier else {
            if folder.is_there()? {
                folder.remove_folder()?;
            }
            folder.make_folders()?;
            let made = files::make_file(&folder.join(SEGMENTS), BACKUP_PAGES_BYTES);
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
fn damaged<T>(asked: &Spot, read: impl FnOnce() -> Result<T>) -> Result<T> {
    read().map_err(|error| match error {
        Error::Locked { .. } => error,
        _ => Error::BackupDamaged { path: asked.path().to_owned(), source: Box::new(error) },
    })
}

/// Reads the log of a backup, without changing a byte of one that is whole.
fn look(dir: &Spot) -> Result<Contents> {
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
fn check(asked: &Spot, earlier: &Contents, now: &Contents, view: &View) -> Result<()> {
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
    /// Where the backup is in the end.
    dir: Spot,
    /// Where it is written.
    folder: Spot,
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
    fn open(dir: &Spot) -> Result<Self> {
        let log = Guarded::new(files::open_file(dir, LOG, BACKUP_PAGES_BYTES)?, LOG);
        let begun = guard(LOG, || {
            log.get()?.begin_read().map_err(|e| Error::database("begin to read", e))
        })?;
        let contents = log::contents(&begun)?;
        Ok(Self { _log: log, contents })
    }
}

impl Target {
    fn open(dir: &Spot) -> Result<Self> {
        let earlier = Some(Earlier::open(dir)?);
        let segments = files::open_file(dir, SEGMENTS, BACKUP_PAGES_BYTES)?;
        let segments = Guarded::new(segments, SEGMENTS);
        Ok(Self { dir: dir.clone(), folder: dir.clone(), segments, earlier })
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
        self.segments.commit(write, |e| Error::database("write the segments of the backup", e))
    }

    /// Where its log is.
    pub(super) fn log(&self) -> Spot {
        self.folder.join(LOG)
    }

    pub(super) fn put_log_in_place(&self) -> Result<()> {
        files::put_in_place(&self.log())
    }

    /// Closes the files; the first backup gets its name.
    pub(super) fn finish(self) -> Result<()> {
        self.segments.close()?;
        if self.earlier.is_some() {
            return Ok(());
        }
        self.folder.sync_folder()?;
        self.folder.put_in_place(&self.dir)
    }

    /// Removes what is of no use, as well as it goes; the next backup removes the rest.
    pub(super) fn abandon(self) {
        let Self { folder, segments, earlier, .. } = self;
        drop(segments);
        let _ = match earlier {
            None => folder.remove_folder(),
            Some(_) => files::clear_beside(&folder.join(LOG)),
        };
    }
}

/// The full path of a folder that may not be there yet, unless it is that of the store or within.
fn full_path(dir: &Spot, own: Option<&Spot>) -> Result<Spot> {
    let own = own.map(Spot::full).transpose()?;
    let outside = |full: Spot| match &own {
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
    let is_folder = |spot: &Spot| spot.look().is_ok_and(|facts| facts.is_some_and(|f| f.is_folder));
    if let Some(nearest) = dir.path().ancestors().map(or_here).find(is_folder) {
        outside(nearest.full()?)?;
    }
    let Some(name) = dir.path().file_name() else {
        return refused(dir, BackupRefused::SomethingElse);
    };
    let parent = dir.around();
    parent.make_folders()?;
    outside(parent.full()?.join(name))
}

fn refused<T>(dir: &Spot, why: BackupRefused) -> Result<T> {
    Err(Error::Backup { path: dir.path().to_owned(), why })
}

fn read_error(e: StorageError) -> Error {
    Error::database("read the segments of the backup", e)
}
