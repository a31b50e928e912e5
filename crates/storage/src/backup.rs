//! Copies the store into another folder while it is in use.
//!
//! The writer hands over one state of both files between two commits; the copying is done by
//! whoever asked for it. The folder is a store itself, and what is written to it comes in this
//! order:
//!
//! 1. the new log, beside that of the earlier backup;
//! 2. segments and folded changes that are not there yet, in one commit;
//! 3. the new log, in the place of the old one;
//! 4. what the store does not have any more, or has in another version, in one commit.
//!
//! Up to the third step the folder is the earlier backup: its log does not name the new segments,
//! and an open removes folded changes that it does not know of. From then on it is the new one. In
//! the first backup into a folder both files are made under names of their own, and get theirs in
//! the third step, the log last: see [`files`].

#![expect(
    clippy::arithmetic_side_effects,
    reason = "numbers of the log are checked when it is read; bytes of a copy stay below 2^64"
)]

mod target;

use crate::change::folded;
use crate::compaction::worker;
use crate::database::files::{self, LOG};
use crate::database::guard::guard;
use crate::database::new_file::NewFile;
use crate::database::pair::{self, Counters};
use crate::database::tables::{DIRECTORIES, META, OVERLAYS, SEGMENTS_TABLES};
use crate::error::{Error, Result};
use crate::log;
use crate::log::backup_mark::Mark;
use crate::segment::Segment;
use crate::vfs::VfsPath;
use crate::view::View;
use eventscope_model::EventId;
use redb::{ReadTransaction, ReadableTable, StorageError, TableError, WriteTransaction};
use std::collections::BTreeSet;
use std::sync::Arc;
use target::{Place, Target};

/// What a backup holds, and what was copied for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backup {
    /// Events in it, deleted ones not counted.
    pub events: u64,
    /// Sealed segments in it.
    pub segments: u64,
    /// Segments that were not in the folder yet.
    pub copied_segments: u64,
    /// Bytes of everything that was copied.
    pub copied_bytes: u64,
}

/// One state of both files.
pub(crate) struct State {
    pub(crate) view: View,
    pub(crate) log: ReadTransaction,
    /// As long as it lives, the log is not replaced by a smaller file.
    pub(crate) _lent: Arc<()>,
}

/// Makes a backup in the folder `dir`. `own` is the folder of the store. `with_state` gives a state
/// to the function it is called with, and keeps the log from being checked as long as that runs.
pub(crate) fn make(
    dir: &VfsPath,
    own: Option<&VfsPath>,
    mut progress: impl FnMut(usize, usize),
    with_state: impl FnOnce(&mut dyn FnMut(State) -> Result<Begun>) -> Result<Begun>,
) -> Result<Backup> {
    let place = Place::find(dir, own)?;
    let Begun { mut target, view, log, log_bytes } = with_state(&mut |state| begin(&place, state))?;
    let backup = Copying::new(view, log_bytes, &target, &mut progress)?.run(&mut target, log)?;
    target.finish()?;
    Ok(backup)
}

/// A backup whose log is copied. What is not finished goes with it.
pub(crate) struct Begun {
    target: Target,
    view: View,
    /// Not in its place yet.
    log: NewFile,
    log_bytes: u64,
}

/// Copies the log to beside its place. It is read as a whole before, so that a damaged one does not
/// take the place of a whole one.
fn begin(place: &Place, state: State) -> Result<Begun> {
    let contents = log::contents(&state.log)?;
    let received = received(&state.view, EventId(contents.next.0 - 1))?;
    let mark = Mark { next: contents.next, received };
    let target = place.begin(&contents, &state.view)?;
    let (log, log_bytes) = copy_log(&target, &state.log, &mark)?;
    Ok(Begun { target, view: state.view, log, log_bytes })
}

fn copy_log(target: &Target, from: &ReadTransaction, mark: &Mark) -> Result<(NewFile, u64)> {
    let mut bytes = 0;
    let log = guard(LOG, || {
        target.new_log(|new| {
            let copy = files::begin(new)?;
            bytes = log::copy_tables(from, &copy)?;
            log::write_mark(&copy, mark)?;
            copy.commit().map_err(|e| Error::database("write the log of the backup", e))
        })
    })?;
    Ok((log, bytes))
}

/// When an event was received, if it is there.
fn received(view: &View, id: EventId) -> Result<Option<i64>> {
    match view.part_of(id) {
        Some(part) => Ok(Some(part.row(id.row())?.received.nanos())),
        None => Ok(None),
    }
}

/// Which logs may be found beside the segments of a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    /// The one of the earlier backup, or the new one.
    Both,
    /// The new one.
    New,
}

/// A backup on its way.
struct Copying<'a> {
    view: View,
    /// Segments that the backup does not have.
    new: Vec<Arc<Segment>>,
    /// Segments that the earlier backup has in another version.
    rewritten: Vec<Arc<Segment>>,
    copied: Backup,
    progress: &'a mut dyn FnMut(usize, usize),
}

impl<'a> Copying<'a> {
    fn new(
        view: View,
        log_bytes: u64,
        target: &Target,
        progress: &'a mut dyn FnMut(usize, usize),
    ) -> Result<Self> {
        let stored = target.digests()?;
        let (mut new, mut rewritten) = (Vec::new(), Vec::new());
        for segment in view.segments.iter() {
            match stored.get(&segment.first) {
                Some(digest) if *digest == Some(segment.digest) => {}
                // What the log of the earlier backup does not name may be overwritten at once.
                Some(_) if target.names(segment.first) => rewritten.push(Arc::clone(segment)),
                _ => new.push(Arc::clone(segment)),
            }
        }
        let copied = Backup {
            events: view.figures().events,
            segments: view.segments.len() as u64,
            copied_segments: 0,
            copied_bytes: log_bytes,
        };
        Ok(Self { view, new, rewritten, copied, progress })
    }

    fn run(mut self, target: &mut Target, log: NewFile) -> Result<Backup> {
        let new = std::mem::take(&mut self.new);
        let rewritten = std::mem::take(&mut self.rewritten);
        let all = new.len() + rewritten.len();
        target.commit(|transaction| {
            for table in SEGMENTS_TABLES {
                transaction.open_table(table).map_err(table_error)?;
            }
            self.copy_segments(transaction, &new, all)?;
            self.copy_folded(transaction, |stored, _| stored.is_none())?;
            self.count(transaction, if target.is_known() { Beside::Both } else { Beside::New })
        })?;
        target.put_in_place(log)?;
        if target.is_known() {
            target.commit(|transaction| {
                self.copy_segments(transaction, &rewritten, all)?;
                let folded = self.copy_folded(transaction, |stored, now| stored != Some(now))?;
                remove_others(transaction, &self.view, &folded)?;
                self.count(transaction, Beside::New)
            })?;
        }
        (self.progress)(all, all);
        Ok(self.copied)
    }

    /// Writes what a store of the logs that may be beside them says in its segments.
    fn count(&self, transaction: &WriteTransaction, beside: Beside) -> Result<()> {
        let there = Counters::read(&transaction.open_table(META).map_err(table_error)?)?;
        let now = self.view.reader.counters;
        // What the earlier log saw is still there, and so is what the new one saw. Until that is in
        // place, nothing rests on what the earlier one lacks.
        let other = match beside {
            Beside::Both => now.other.min(there.other),
            Beside::New => now.other,
        };
        pair::write_store(transaction, &self.view.reader.shared.store_id)?;
        Counters { own: now.own.max(there.own), other }.write(transaction)
    }

    fn copy_segments(
        &mut self,
        transaction: &WriteTransaction,
        segments: &[Arc<Segment>],
        all: usize,
    ) -> Result<()> {
        for segment in segments {
            (self.progress)(self.copied.copied_segments as usize, all);
            let image = self.view.reader.image(segment)?;
            worker::store(transaction, &image)?;
            let blocks: usize = image.blocks.iter().map(Vec::len).sum();
            let bytes = blocks + image.stream.len() + image.directory.len();
            self.copied.copied_segments += 1;
            self.copied.copied_bytes += bytes as u64;
        }
        Ok(())
    }

    /// Copies those folded changes that `wanted` says so of, given what the backup has under their
    /// key and what the store has; returns all keys of the store.
    fn copy_folded(
        &mut self,
        transaction: &WriteTransaction,
        wanted: impl Fn(Option<&[u8]>, &[u8]) -> bool,
    ) -> Result<BTreeSet<u64>> {
        let mut keys = BTreeSet::new();
        let mut bytes = 0;
        let mut table = transaction.open_table(OVERLAYS).map_err(table_error)?;
        self.view.reader.each_folded(|key, record| {
            keys.insert(key);
            let stored = table.get(key).map_err(storage_error)?.map(|value| value.value().to_vec());
            if wanted(stored.as_deref(), record) {
                // A damaged record does not take the place of a whole one.
                folded::open_folded(key, record)?;
                bytes += record.len() as u64;
                table.insert(key, record).map_err(storage_error)?;
            }
            Ok(())
        })?;
        self.copied.copied_bytes += bytes;
        Ok(keys)
    }
}

/// Removes segments and folded changes that the store does not have.
fn remove_others(
    transaction: &WriteTransaction,
    view: &View,
    folded: &BTreeSet<u64>,
) -> Result<()> {
    let known: BTreeSet<u64> = view.segments.iter().map(|segment| segment.first.0).collect();
    let mut directories = transaction.open_table(DIRECTORIES).map_err(table_error)?;
    let mut others = Vec::new();
    for item in directories.iter().map_err(storage_error)? {
        let (first, _) = item.map_err(storage_error)?;
        others.extend(Some(first.value()).filter(|first| !known.contains(first)));
    }
    for first in others {
        worker::remove_rows(transaction, EventId(first))?;
        directories.remove(first).map_err(storage_error)?;
    }
    let mut overlays = transaction.open_table(OVERLAYS).map_err(table_error)?;
    overlays.retain(|key, _| folded.contains(&key)).map_err(storage_error)
}

fn storage_error(e: StorageError) -> Error {
    Error::database("write the segments of the backup", e)
}

fn table_error(e: TableError) -> Error {
    Error::database("open a table of the backup", e)
}
