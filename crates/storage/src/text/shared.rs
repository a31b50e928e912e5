//! What the indexer and all readers of the text index share: the folder, the files that serve, and
//! what is cached of them.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "rows of a store are fewer than 2^48, and so are bytes in memory"
)]

use super::caches::FileCaches;
use super::file::{Contents, Layout, MAGIC, Source, TextFile};
use super::reader::TextReader;
use crate::database::cache::{Kept, Key};
use crate::database::files::{self, LOG};
use crate::database::new_file::{self, random};
use crate::error::{Error, Result};
use crate::limits::{TEXT_LEAVES_BYTES, TEXT_WARNINGS_MAX};
use crate::options::Indexing;
use crate::segment::Segment;
use crate::vfs::VfsPath;
use crate::view::View;
use crate::view::part::Part;
use eventscope_model::EventId;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tantivy::directory::OwnedBytes;

/// The folder of the text index in that of a store.
const FOLDER: &str = "text";
/// The ending of a text file.
const ENDING: &str = "text";
/// The ending of a file that is being made.
const NEW: &str = "new";
/// The ending of a damaged file: one is kept, for whoever wants to know what happened to it.
const DAMAGED: &str = "damaged";

/// Everything that is shared.
#[derive(Debug)]
pub(crate) struct TextShared {
    /// `None` in memory.
    folder: Option<VfsPath>,
    /// Who only looks writes nothing, and moves nothing out of the way.
    indexing: Indexing,
    published: Mutex<Arc<TextSnapshot>>,
    caches: Arc<FileCaches>,
    next_number: AtomicU64,
    warnings: Mutex<Vec<String>>,
    /// Files that another version of this library has made and that nobody may use.
    outdated: AtomicU64,
}

/// The files that serve at one moment.
#[derive(Clone, Debug)]
pub(crate) struct TextSnapshot {
    pub(super) kept: Kept,
    /// Of sealed segments, by their digest; ascending by row.
    pub(super) sealed: BTreeMap<u64, Vec<Arc<TextFile>>>,
    /// Of the open tail, ascending by row.
    pub(super) tail: Vec<Arc<TextFile>>,
}

impl TextSnapshot {
    /// The files that serve rows of a part, ascending.
    pub(super) fn serving<'s>(
        &'s self,
        part: &Part<'_>,
    ) -> impl Iterator<Item = &'s Arc<TextFile>> {
        let sealed = part.sealed().and_then(|digest| self.sealed.get(&digest));
        // A segment that was just sealed holds the rows that its tail had.
        let files = match sealed {
            _ if !part.is_indexed_by_scope() => &[],
            Some(files) => files.as_slice(),
            None if part.is_as_appended() => self.tail.as_slice(),
            None => &[],
        };
        let rows = part.first().0..part.end().0;
        files.iter().filter(move |file| {
            let Contents { first, .. } = file.contents;
            first < rows.end && rows.start < file.contents.end() && file.damage().is_none()
        })
    }

    /// A file, ready to be asked.
    pub(super) fn reader(&self, file: &Arc<TextFile>) -> Result<Arc<TextReader>> {
        let key = Key::TextFile(file.number);
        if let Some(reader) = self.kept.get(&key) {
            return Ok(reader);
        }
        let reader = Arc::new(TextReader::open(Arc::clone(file))?);
        // A file that serves old snapshots only goes with the last of them.
        if !file.is_retired() {
            self.kept.keep(key, Arc::clone(&reader), reader.weight());
        }
        Ok(reader)
    }

    /// How many rows of a part no file serves.
    fn missing(&self, part: &Part<'_>) -> u64 {
        self.missing_before(part, part.end().0)
    }

    fn missing_before(&self, part: &Part<'_>, end: u64) -> u64 {
        let end = end.min(part.end().0);
        let mut next = part.first().0;
        let mut missing = 0;
        for file in self.serving(part) {
            missing += file.contents.first.min(end).saturating_sub(next);
            next = next.max(file.contents.end());
        }
        missing + end.saturating_sub(next)
    }

    /// How many events of a view no file serves.
    pub(crate) fn lag(&self, view: &View) -> u64 {
        view.parts().map(|part| self.missing(&part)).sum()
    }

    /// The same without events from an id on, without segments that cannot be indexed, and without
    /// parts that are first to be indexed by the scope labels.
    pub(super) fn lag_before(&self, view: &View, end: EventId, left_out: &BTreeSet<u64>) -> u64 {
        let wanted = |part: &Part<'_>| {
            part.is_indexed_by_scope() && part.sealed().is_none_or(|it| !left_out.contains(&it))
        };
        let parts = view.parts().filter(|part| part.first() < end && wanted(part));
        parts.map(|part| self.missing_before(&part, end.0)).sum()
    }

    /// Whether every sealed segment has files that serve it.
    pub(crate) fn serves_all_segments(&self, view: &View) -> bool {
        let segments = view.segments.iter().map(|segment| view.part_of(segment.first));
        segments.flatten().all(|part| self.missing(&part) == 0)
    }

    /// What is left of the files when those are left out that serve nothing of a view any more, or
    /// are damaged.
    pub(super) fn useful(&self, view: &View) -> Self {
        let (served, unserved): (Vec<_>, Vec<_>) =
            view.segments.iter().partition(|segment| self.has_all_of(segment));
        // A segment is served as a whole or made again as a whole.
        let digests: BTreeSet<u64> = served.iter().map(|segment| segment.digest).collect();
        // A file of the tail serves until the segments of its rows have files of their own.
        let tail_start = view.tail_start().0;
        let serves = |Contents { first, .. }: &Contents, end: u64| {
            let meets = |segment: &Arc<Segment>| *first < segment.end().0 && segment.first.0 < end;
            end > tail_start || unserved.iter().any(|segment| meets(segment))
        };
        let mut kept = self.clone();
        kept.sealed.retain(|digest, _| digests.contains(digest));
        kept.tail
            .retain(|file| file.damage().is_none() && serves(&file.contents, file.contents.end()));
        kept
    }

    /// Whether the files of a segment's own serve all of it.
    pub(super) fn has_all_of(&self, segment: &Segment) -> bool {
        let files = self.sealed.get(&segment.digest).map_or(&[][..], Vec::as_slice);
        let whole = files.iter().filter(|file| file.damage().is_none());
        whole.map(|file| file.contents.rows).sum::<u32>() == segment.rows
    }

    /// Bytes of the files that serve a part.
    pub(crate) fn bytes_of(&self, part: &Part<'_>) -> u64 {
        self.serving(part).map(|file| file.bytes()).sum()
    }

    pub(super) fn files(&self) -> impl Iterator<Item = &Arc<TextFile>> {
        self.sealed.values().flatten().chain(&self.tail)
    }
}

impl TextShared {
    /// The text index of a store in a folder or in memory, and the files that it has. What is kept
    /// of it shares the budget of what is kept of segments.
    pub(crate) fn open(dir: Option<&VfsPath>, indexing: Indexing, view: &View) -> Result<Self> {
        let kept = view.reader.shared.kept.clone();
        let snapshot =
            TextSnapshot { kept: kept.clone(), sealed: BTreeMap::new(), tail: Vec::new() };
        let shared = Self {
            folder: dir.map(|dir| dir.join(FOLDER)),
            indexing,
            published: Mutex::new(Arc::new(snapshot.clone())),
            caches: Arc::new(FileCaches::new(&kept)),
            next_number: AtomicU64::new(0),
            warnings: Mutex::new(Vec::new()),
            outdated: AtomicU64::new(0),
        };
        let snapshot = shared.load(snapshot, view)?;
        shared.update(|text| *text = snapshot);
        Ok(shared)
    }

    /// The files that serve now.
    pub(crate) fn snapshot(&self) -> Arc<TextSnapshot> {
        Arc::clone(&lock(&self.published))
    }

    /// Changes which files serve, in one step.
    pub(super) fn update<T>(&self, change: impl FnOnce(&mut TextSnapshot) -> T) -> T {
        let mut published = lock(&self.published);
        let mut next = TextSnapshot::clone(&published);
        let out = change(&mut next);
        *published = Arc::new(next);
        out
    }

    /// Lets go of the files of some segments, by their digest. Tells whether there were any.
    pub(super) fn let_go_of(&self, digests: impl Iterator<Item = u64>) -> bool {
        let files: Vec<Arc<TextFile>> = self
            .update(|text| digests.filter_map(|it| text.sealed.remove(&it)).flatten().collect());
        files.iter().for_each(|file| self.retire(file));
        !files.is_empty()
    }

    /// What went wrong with the text index, and is being made good.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = lock(&self.warnings).clone();
        let snapshot = self.snapshot();
        warnings.extend(snapshot.files().filter_map(|file| Some(file.damage()?.to_owned())));
        warnings.truncate(TEXT_WARNINGS_MAX);
        warnings
    }

    /// Files that another version has made and that are not made again, since this one only looks.
    pub(crate) fn outdated(&self) -> u64 {
        self.outdated.load(Ordering::Relaxed)
    }

    pub(super) fn warn(&self, warning: String) {
        let mut warnings = lock(&self.warnings);
        if warnings.len() < TEXT_WARNINGS_MAX && !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }

    /// Bytes of all files on the disk; 0 in memory.
    pub(crate) fn disk_bytes(&self) -> Result<u64> {
        match &self.folder {
            Some(folder) => files::allocated_below(folder),
            None => Ok(0),
        }
    }

    /// How many files are kept open.
    pub(crate) fn files_open(&self) -> u64 {
        self.caches.files_open()
    }

    /// Puts a file in place: when this returns, it is on the disk. If it fails, that is no fault of
    /// what the file was made of.
    pub(super) fn store(&self, bytes: Vec<u8>) -> Result<Arc<TextFile>> {
        self.write(bytes).map_err(|error| Error::Text { doing: "store", source: Box::new(error) })
    }

    fn write(&self, bytes: Vec<u8>) -> Result<Arc<TextFile>> {
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        let source = match &self.folder {
            None => Source::Memory(OwnedBytes::new(bytes)),
            Some(folder) => {
                let room = (bytes.len() as u64).saturating_add(TEXT_LEAVES_BYTES);
                folder.around().check_room(room, || Ok(0))?;
                let new = folder.join(format!("{}.{NEW}", random()));
                folder.create_dir_all(folder.around().rights()?)?;
                let rights = folder.around().join(LOG).rights()?;
                new.write_new(&bytes, rights)
                    .and_then(|()| self.put_in_place(number, &new))
                    .map(Source::Disk)
                    // On a full disk the log needs these bytes more.
                    .inspect_err(|_| drop(remove_left(&new)))?
            }
        };
        TextFile::open(number, source, &self.caches).map(Arc::new)
    }

    fn put_in_place(&self, number: u64, new: &VfsPath) -> Result<VfsPath> {
        let made = TextFile::open(number, Source::Disk(new.clone()), &self.caches)?;
        let named = format!("{}-{number:x}.{ENDING}", name(&made.contents));
        let place = new.around().join(named);
        new.put_in_place(&place)?;
        Ok(place)
    }

    /// Lets go of what is kept of a file that nobody will ask for again.
    fn forget(&self, file: &TextFile) {
        if let Some(kept) = self.caches.kept.get() {
            kept.remove(&Key::TextFile(file.number));
        }
    }

    /// Lets go of a file that serves nothing any more.
    pub(super) fn retire(&self, file: &Arc<TextFile>) {
        self.forget(file);
        if self.indexing == Indexing::Background {
            file.retire();
        }
    }

    /// Puts a damaged file aside, in place of the one before.
    pub(super) fn put_aside(&self, file: &Arc<TextFile>) {
        self.forget(file);
        if let (Some(folder), Some(file)) = (&self.folder, file.spot()) {
            // It may be gone, and that may be what is wrong with it.
            let _ = set_aside(folder, file);
        }
        let damage = file.damage().unwrap_or_default();
        let Contents { first, .. } = file.contents;
        self.warn(format!(
            "text index: the file of the events from id {first} on was put aside and is made \
             again: {damage}"
        ));
    }

    /// Lets go of all files, so that all are made again.
    pub(crate) fn discard(&self) {
        let files: Vec<Arc<TextFile>> = self.update(|text| {
            let sealed = std::mem::take(&mut text.sealed).into_values().flatten();
            sealed.chain(std::mem::take(&mut text.tail)).collect()
        });
        files.iter().for_each(|file| self.retire(file));
    }

    /// Reads which files there are, and keeps those that fit the store.
    fn load(&self, mut snapshot: TextSnapshot, view: &View) -> Result<TextSnapshot> {
        let Some(folder) = self.folder.clone() else { return Ok(snapshot) };
        let entries = match folder.try_list() {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                self.create_dir(&folder, view);
                return Ok(snapshot);
            }
            Err(e) => {
                self.put_folder_aside(&folder, &e.to_string());
                return Ok(snapshot);
            }
        };
        let (mut files, foreign): (Vec<_>, Vec<_>) = entries.into_iter().partition(is_ours);
        files.sort_unstable_by(|a, b| a.path().cmp(b.path()));
        if let Some(foreign) = foreign.first() {
            let name = foreign.name().display();
            self.warn(format!(
                "text index: {name} in the folder {FOLDER} is left alone: it is no \
                text file"
            ));
        }
        let digests: BTreeSet<u64> = view.segments.iter().map(|segment| segment.digest).collect();
        self.clear_away(&files);
        let (mut damaged, mut of_others) = (Vec::new(), Vec::new());
        for file in files.into_iter().filter(|file| ends(file.path(), ENDING)) {
            let number = self.next_number.fetch_add(1, Ordering::Relaxed);
            match self.open_file(number, &file) {
                Ok(open) => self.place(&mut snapshot, Arc::new(open), view, &digests)?,
                Err(Error::Text { .. }) => of_others.push(file),
                Err(error) => damaged.push((file, error)),
            }
        }
        self.clear_others(&of_others);
        self.put_files_aside(&folder, &damaged);
        snapshot.sealed.values_mut().for_each(|files| self.sort(files));
        self.sort(&mut snapshot.tail);
        Ok(snapshot)
    }

    /// Puts files in the order of their rows, without those that overlap one before them: a crash
    /// between putting several into one and removing them leaves such.
    fn sort(&self, files: &mut Vec<Arc<TextFile>>) {
        files.sort_unstable_by_key(|file| (file.contents.first, Reverse(file.contents.rows)));
        let mut end = 0;
        files.retain(|file| {
            let keep = file.contents.first >= end;
            if keep {
                end = file.contents.end();
            } else {
                self.retire(file);
            }
            keep
        });
    }

    /// Removes what a crash has left, and lets numbers begin above those that are in use.
    fn clear_away(&self, files: &[VfsPath]) {
        for file in files {
            let stem = file.path().file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let number = stem.rsplit('-').next().and_then(|hex| u64::from_str_radix(hex, 16).ok());
            let above = number.and_then(|number| number.checked_add(1)).unwrap_or(0);
            self.next_number.fetch_max(above, Ordering::Relaxed);
            if self.indexing == Indexing::Background && ends(file.path(), NEW) {
                let _ = remove_left(file);
            }
        }
    }

    fn open_file(&self, number: u64, spot: &VfsPath) -> Result<TextFile> {
        let file = TextFile::open(number, Source::Disk(spot.clone()), &self.caches)?;
        let own = spot.path().file_stem().and_then(|own| own.to_str()).unwrap_or_default();
        if own.rsplit_once('-').is_none_or(|(own, _)| own != name(&file.contents)) {
            return Err(Error::corrupt("a text file", "it bears the name of another one"));
        }
        Ok(file)
    }

    /// Makes the folder where it is not. A store that has events had one.
    fn create_dir(&self, folder: &VfsPath, view: &View) {
        if view.end.0 > 1 {
            self.warn(format!("text index: the folder {FOLDER} was missing; it is made again"));
        }
        if self.indexing == Indexing::Background {
            // If it cannot be made now, the indexer will say so.
            let rights = folder.around().rights().unwrap_or_default();
            let _ = folder.create_dir_all(rights);
        }
    }

    /// Removes files of another version of this library: words may be split in another way there.
    fn clear_others(&self, files: &[VfsPath]) {
        if files.is_empty() {
            return;
        }
        if self.indexing == Indexing::Background {
            // One that stays is met again at the next open.
            files.iter().for_each(|file| drop(file.remove_file()));
        }
        // Who only looks leaves them for the next who writes.
        if self.indexing == Indexing::Never {
            self.outdated.store(files.len() as u64, Ordering::Relaxed);
        }
        let (count, what) = (files.len(), self.indexing_tells("is made again"));
        self.warn(format!("text index: what another version has made ({count} files) {what}"));
    }

    fn put_files_aside(&self, folder: &VfsPath, damaged: &[(VfsPath, Error)]) {
        let [(file, error), more @ ..] = damaged else { return };
        if self.indexing == Indexing::Background {
            for (file, _) in damaged {
                let _ = set_aside(folder, file);
            }
        }
        let name = file.name().display();
        let more = match more.len() {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        let what = self.indexing_tells("was put aside and is made again");
        self.warn(format!("text index: {name}{more} {what}: {error}"));
    }

    /// Takes a file in where it fits; where it fits nothing, it is retired.
    fn place(
        &self,
        snapshot: &mut TextSnapshot,
        file: Arc<TextFile>,
        view: &View,
        digests: &BTreeSet<u64>,
    ) -> Result<()> {
        let made_of = file.contents.made_of;
        let in_tail =
            file.contents.first >= view.tail_start().0 && file.contents.end() <= view.end.0;
        if digests.contains(&made_of) {
            snapshot.sealed.entry(made_of).or_default().push(file);
        } else if file.contents.layout == Layout::ByRow
            && in_tail
            && view.tail_digest(file.contents.first, file.contents.rows)? == made_of
        {
            snapshot.tail.push(file);
        } else {
            self.retire(&file);
        }
        Ok(())
    }

    /// What is done about damage; nothing, by whoever only looks.
    fn indexing_tells<'a>(&self, done: &'a str) -> &'a str {
        match self.indexing {
            Indexing::Background => done,
            Indexing::Never => "is not used",
        }
    }

    /// Moves what is in the place of the folder out of the way.
    fn put_folder_aside(&self, folder: &VfsPath, why: &str) {
        let aside = folder.around().join(format!("{FOLDER}.{DAMAGED}.{}", random()));
        let moved = match self.indexing {
            Indexing::Never => Ok(()),
            Indexing::Background => {
                let moved = folder.rename(&aside).map_err(|e| folder.error("put aside", e));
                let rights = || folder.around().rights();
                moved.and_then(|()| folder.create_dir_all(rights()?))
            }
        };
        let what = match moved {
            Ok(()) => {
                let name = aside.name().display();
                self.indexing_tells(&format!("was put aside as {name} and is made again"))
                    .to_owned()
            }
            Err(e) => format!("cannot be put aside ({e})"),
        };
        self.warn(format!("text index: the folder {FOLDER} {what}: {why}"));
    }
}

/// Puts a damaged file aside, durably enough: whatever becomes of it is found again. Of those that
/// were put aside before, the ones that are known to be ours go.
fn set_aside(folder: &VfsPath, file: &VfsPath) -> Result<()> {
    for earlier in folder.list()? {
        let is_earlier = is_ours(&earlier) && ends(earlier.path(), DAMAGED);
        if is_earlier && new_file::begins_as(&earlier, &MAGIC)? {
            earlier.remove_file()?;
        }
    }
    let aside = folder.with_path(file.path().with_extension(DAMAGED));
    file.rename(&aside).map_err(|e| file.error("put aside", e))
}

/// Removes a file that was being made, if it is one.
fn remove_left(new: &VfsPath) -> Result<()> {
    if new_file::begins_as(new, &MAGIC)? { new.remove_file() } else { Ok(()) }
}

/// The name of a file but for its number and ending: what it serves. The number makes it another
/// name than that of any file before, so that whoever removes that one does not meet this one.
fn name(contents: &Contents) -> String {
    let Contents { first, rows, made_of, .. } = contents;
    format!("{first:012x}-{rows:05x}-{made_of:016x}")
}

/// Whether a name is one that files of the text index have: that of [`name`] with a number, or of a
/// file in the making.
fn is_ours(file: &VfsPath) -> bool {
    let stem = file.path().file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if ends(file.path(), NEW) {
        return new_file::is_random(stem);
    }
    let is_hex = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
    let fields: Vec<&str> = stem.split('-').collect();
    let fits = match fields.as_slice() {
        [first, rows, made_of, number] => {
            (first.len(), rows.len(), made_of.len()) == (12, 5, 16)
                && (1..=16).contains(&number.len())
                && fields.iter().all(|field| is_hex(field))
        }
        _ => false,
    };
    fits && (ends(file.path(), ENDING) || ends(file.path(), DAMAGED))
}

fn ends(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|own| own == ending)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whoever panicked while holding it was reading, or replaced a whole value.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
