//! A disk with room for the log, but none for segments: nothing is sealed, everything else goes on,
//! and what came first stays the cause of what comes later. A clock of a caller's that panics.

use super::{at, draft, drafts, options};
use eventscope_model::EventId;
use eventscope_storage::{
    Access, Action, Change, Clock, CompactionEffort, Error, Indexing, Lock, Metadata, Options,
    Rights, RowSet, Storage, StorageBackend, Vfs,
};
use eventscope_testkit::medium::Memory;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A medium whose file of segments does not grow while it is full, and that says how much room
/// there is otherwise.
#[derive(Clone, Debug)]
struct Narrow {
    memory: Memory,
    full: Arc<AtomicBool>,
    room: Arc<AtomicU64>,
}

impl Default for Narrow {
    fn default() -> Self {
        let room = Arc::new(AtomicU64::new(u64::MAX));
        Self { memory: Memory::default(), full: Arc::default(), room }
    }
}

#[derive(Debug)]
struct NarrowFile {
    file: Box<dyn StorageBackend>,
    full: Arc<AtomicBool>,
}

impl NarrowFile {
    fn room(&self) -> io::Result<()> {
        match self.full.load(Ordering::Relaxed) {
            true => Err(io::Error::from_raw_os_error(28)),
            false => Ok(()),
        }
    }
}

impl StorageBackend for NarrowFile {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        if len > self.file.len()? {
            self.room()?;
        }
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.file.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }
}

impl Vfs for Narrow {
    fn open(&self, path: &Path, access: Access) -> io::Result<(Box<dyn StorageBackend>, Metadata)> {
        let (file, facts) = self.memory.open(path, access)?;
        if !path.to_string_lossy().contains("segments.redb") {
            return Ok((file, facts));
        }
        Ok((Box::new(NarrowFile { file, full: Arc::clone(&self.full) }), facts))
    }

    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        self.memory.metadata(path)
    }

    fn symlink_metadata(&self, path: &Path) -> io::Result<Metadata> {
        self.memory.symlink_metadata(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        self.memory.list(folder)
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        self.memory.canonicalize(path)
    }

    fn create_dir(&self, path: &Path, rights: Rights) -> io::Result<()> {
        self.memory.create_dir(path, rights)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.memory.sync_folder(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.memory.rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let bytes = self.memory.metadata(path)?.len;
        self.memory.remove_file(path)?;
        let grown = |room: u64| Some(room.saturating_add(bytes));
        let _ = self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown);
        Ok(())
    }

    fn read_at(&self, path: &Path, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.memory.read_at(path, offset, out)
    }

    fn room(&self, _: &Path) -> u64 {
        self.room.load(Ordering::Relaxed)
    }

    fn write_new(&self, path: &Path, bytes: &[u8], rights: Rights) -> io::Result<()> {
        self.memory.write_new(path, bytes, rights)
    }

    fn lock(&self, path: &Path, rights: Rights) -> io::Result<Option<Box<dyn Lock>>> {
        self.memory.lock(path, rights)
    }
}

fn open(medium: &Narrow) -> Storage {
    let options = Options { indexing: Indexing::Never, ..options() };
    Storage::open_on(Arc::new(medium.clone()), "/events.db", &options).unwrap()
}

#[track_caller]
fn names_the_first_cause(error: &Error) {
    let mut chain = String::new();
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = next {
        chain.push_str(&error.to_string());
        next = error.source();
    }
    assert!(chain.contains("No space left on device"), "{chain}");
}

fn acknowledge(storage: &Storage, row: u16) {
    let targets = vec![(0, RowSet::span(row, row))];
    let change = Change { action: Action::Acknowledge, targets, by: None, note: None };
    assert_eq!(storage.change(change).unwrap().matched, 1);
}

#[test]
fn without_room_for_segments_the_log_goes_on() {
    let medium = Narrow::default();
    let storage = open(&medium);
    medium.full.store(true, Ordering::Relaxed);
    let mut end = 0;
    while end < 70_000 {
        storage.append(drafts(end..end + 10_000)).unwrap();
        end += 10_000;
    }
    names_the_first_cause(&storage.seal_now().unwrap_err());
    names_the_first_cause(&storage.compact(CompactionEffort::Tight).unwrap_err());
    acknowledge(&storage, 3);
    assert!(storage.stats().unwrap().failure.unwrap().contains("No space left"));
    assert_eq!(storage.verify(|_, _| {}).unwrap().problems, Vec::<String>::new());
    // As much waits as may; then appends are refused, and everything else goes on.
    let refused = loop {
        match storage.append(drafts(end..end + 10_000)) {
            Ok(_) => end += 10_000,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, Error::Unsealed { .. }), "{refused:?}");
    names_the_first_cause(&refused);
    acknowledge(&storage, 4);
    drop(storage);

    // Opening seals nothing, and pruning and deleting need none of it.
    let storage = open(&medium);
    assert_eq!(storage.stats().unwrap().events, end);
    assert_eq!(storage.verify(|_, _| {}).unwrap().problems, Vec::<String>::new());
    let pruned = storage.prune(vec![(0, RowSet::span(0, 29_999))]).unwrap();
    assert_eq!(pruned.removed_events, 29_999);
    acknowledge(&storage, 40_000);
    assert_eq!(storage.stats().unwrap().failure, None);
    drop(storage);

    medium.full.store(false, Ordering::Relaxed);
    let storage = open(&medium);
    storage.append(drafts(end..end + 1)).unwrap();
    storage.seal_now().unwrap();
    storage.compact(CompactionEffort::Tight).unwrap();
    assert_eq!(storage.stats().unwrap().events, end + 1 - 29_999);
    let event = storage.snapshot().event(EventId(40_001)).unwrap().unwrap();
    assert_eq!(event.description, draft(40_000).description);
    assert_eq!(storage.verify(|_, _| {}).unwrap().problems, Vec::<String>::new());
    storage.close().unwrap();
}

/// Appends until that is refused, which is at once but for what the files may use again.
fn fill(storage: &Storage, next: &mut u64) -> Error {
    loop {
        match storage.append(drafts(*next..*next + 1_000)) {
            Ok(_) => *next += 1_000,
            Err(error) => return error,
        }
    }
}

#[track_caller]
fn is_whole(storage: &Storage, events: u64) {
    assert_eq!(storage.verify(|_, _| {}).unwrap().problems, Vec::<String>::new());
    assert_eq!(storage.stats().unwrap().events, events);
    let event = storage.snapshot().event(EventId(7)).unwrap().unwrap();
    assert_eq!(event.description, draft(6).description);
}

#[test]
fn what_would_find_no_room_is_not_begun_and_goes_on_once_there_is_some() {
    let medium = Narrow::default();
    let room = |bytes| medium.room.store(bytes, Ordering::Relaxed);
    let storage = open(&medium);
    let mut next = 0;
    storage.append(drafts(0..1_000)).unwrap();
    next += 1_000;

    // Nothing of an append is written, so nothing stops.
    room(0);
    let refused = fill(&storage, &mut next);
    assert!(refused.is_of_a_full_disk() && matches!(refused, Error::Io { .. }), "{refused:?}");
    names_the_first_cause(&refused);
    assert_eq!(storage.stats().unwrap().failure, None);
    acknowledge(&storage, 3);
    is_whole(&storage, next);

    // There was room for the log, and is none for a segment.
    room(u64::MAX);
    storage.append(drafts(next..60_000)).unwrap();
    next = 60_000;
    room(0);
    let unsealed = storage.seal_now().unwrap_err();
    assert!(unsealed.is_of_a_full_disk(), "{unsealed:?}");
    assert!(storage.stats().unwrap().failure.unwrap().contains("No space left"));
    assert_eq!(storage.stats().unwrap().segments, 0);
    is_whole(&storage, next);

    // Once there is, the same process goes on.
    room(u64::MAX);
    storage.append(drafts(next..next + 1_000)).unwrap();
    next += 1_000;
    storage.seal_now().unwrap();
    assert_eq!(storage.stats().unwrap().failure, None);
    assert!(storage.stats().unwrap().segments > 0);
    is_whole(&storage, next);

    // A segment that loses events is written anew, which takes room before it gives any.
    room(0);
    storage.prune(vec![(0, RowSet::span(20_000, 59_999))]).unwrap();
    let uncompacted = storage.compact(CompactionEffort::Tight).unwrap_err();
    assert!(uncompacted.is_of_a_full_disk(), "{uncompacted:?}");
    is_whole(&storage, next - 40_000);
    room(u64::MAX);
    storage.compact(CompactionEffort::Tight).unwrap();
    is_whole(&storage, next - 40_000);
    storage.close().unwrap();
}

/// A store whose four segments have text files, and a disk without room.
fn full_with_text() -> (Narrow, Storage, u64) {
    let medium = Narrow::default();
    let storage = Storage::open_on(Arc::new(medium.clone()), "/events.db", &options()).unwrap();
    for first in (0..80_000).step_by(20_000) {
        storage.append(drafts(first..first + 20_000)).unwrap();
        storage.seal_now().unwrap();
    }
    storage.finish_text(|_, _| {}).unwrap();
    // The log has no page to use again once it was copied.
    storage.compact(CompactionEffort::Tight).unwrap();
    assert_eq!(storage.stats().unwrap().text_lag, 0);
    medium.room.store(0, Ordering::Relaxed);
    (medium, storage, 80_000)
}

#[test]
fn text_files_make_room_for_segments_that_lose_events() {
    let (medium, storage, events) = full_with_text();
    let before = storage.stats().unwrap();
    storage.prune(vec![(0, RowSet::span(10, 50_009))]).unwrap();
    storage.compact(CompactionEffort::Tight).unwrap();
    let after = storage.stats().unwrap();
    assert!(after.segments_bytes * 3 < before.segments_bytes * 2, "{before:?} {after:?}");
    is_whole(&storage, events - 50_000);
    let again = |warning: &String| warning.contains("No space left") && warning.contains("again");
    assert!(after.text_warnings.iter().all(again), "{:?}", after.text_warnings);
    assert_eq!(after.failure, None);
    medium.room.store(u64::MAX, Ordering::Relaxed);
    storage.finish_text(|_, _| {}).unwrap();
    assert_eq!(storage.stats().unwrap().text_lag, 0);
    storage.close().unwrap();
}

#[test]
fn a_clock_that_panics_stops_nothing() {
    let broken = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&broken);
    let clock = Clock::new(move || {
        assert!(!asked.load(Ordering::Relaxed), "the clock is broken");
        at(0)
    });
    let storage = Storage::in_memory(&Options { clock, ..Options::default() }).unwrap();
    broken.store(true, Ordering::Relaxed);
    let error = storage.append(vec![draft(0)]).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "it panicked: the clock is broken");
    broken.store(false, Ordering::Relaxed);
    storage.append(vec![draft(0)]).unwrap();
    storage.close().unwrap();
}
