//! A backup is one state of the store, made while it is in use, and the next one copies only what
//! is new. Whatever cuts one off, the folder is the earlier backup or the new one.

mod cut_off;
mod refused;

use super::{at, check_whole, draft, drafts, options};
use eventscope_model::{Draft, EventId, EventType, UidTime};
use eventscope_storage::{Action, Backup, Change, Changed, Outcome, RowSet, Storage};
use eventscope_testkit::Rng;
use eventscope_testkit::random::noise;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tempfile::TempDir;

/// A store, and a folder for its backups that is not there yet.
struct Pair {
    storage: Storage,
    own: PathBuf,
    backup: PathBuf,
    dir: TempDir,
}

impl Pair {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (own, backup) = (dir.path().join("events.db"), dir.path().join("backup"));
        let storage = Storage::open(&own, &options()).unwrap();
        Self { storage, own, backup, dir }
    }

    /// Appends so many drafts and seals them.
    fn seal(&self, numbers: std::ops::Range<u64>) {
        self.storage.append(drafts(numbers)).unwrap();
        self.storage.seal_now().unwrap();
    }

    fn back_up(&self) -> Backup {
        self.storage.backup(&self.backup, |_, _| {}).unwrap()
    }

    /// Checks that a copy of the backup, opened, says what the store says now.
    #[track_caller]
    fn check(&self) {
        check_same(&self.backup, &self.storage);
    }
}

fn act(storage: &Storage, action: Action, rows: RowSet) -> Changed {
    let by = Some("aya".to_owned());
    storage.change(Change { action, targets: vec![(0, rows)], by, note: None }).unwrap()
}

/// Observes a new alert so often and at such length that all changes leave the log.
fn fold(storage: &Storage) {
    let mut rng = Rng::new(storage.snapshot().end().0);
    let uid = format!("alert:{}", rng.bits());
    let alert = |end| {
        let alert = Draft::new(EventType::Alert, "test", "long").time(at(0));
        alert.uid(&uid, UidTime::Free).description(noise(&mut rng, 60_000)).resolved(at(end))
    };
    storage.append((0..100).map(alert).collect()).unwrap();
    // The next request is taken when what the sealer has done is known.
    storage.seal_now().unwrap();
}

fn copy_folder(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        // The text index is derived, and not part of a backup.
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// Checks that a copy of a backup, opened, says what a store says: all events, and what happened to
/// them.
#[track_caller]
fn check_same(backup: &Path, storage: &Storage) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    copy_folder(backup, &path);
    let copy = Storage::open(&path, &options()).unwrap();
    let report = copy.verify(|_, _| {}).unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
    let (there, here) = (copy.snapshot(), storage.snapshot());
    assert_eq!(there.end(), here.end());
    let firsts = |snapshot: &eventscope_storage::Snapshot| {
        snapshot.parts().map(|part| (part.first(), part.sealed())).collect::<Vec<_>>()
    };
    let sealed = firsts(&here).into_iter().filter(|(_, sealed)| sealed.is_some());
    assert!(sealed.zip(firsts(&there)).all(|(here, there)| here == there));
    for id in (0..here.end().0).map(EventId) {
        assert_eq!(there.event(id).unwrap(), here.event(id).unwrap(), "event {id}");
        // A history reads all changes, so not all are looked at.
        if id.0 < 12 || id.0.is_multiple_of(here.end().0 / 20 + 1) {
            assert_eq!(copy.history(id).unwrap(), storage.history(id).unwrap(), "history of {id}");
        }
    }
}

#[test]
fn a_backup_is_a_prefix_while_others_append_change_and_seal() {
    let pair = Pair::new();
    let (done, acknowledged) = (AtomicBool::new(false), AtomicU64::new(0));
    let copy = |round| pair.dir.path().join(format!("copy-{round}"));
    let mut made = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut next = 0;
            while !done.load(Ordering::Relaxed) {
                let outcomes = pair.storage.append(drafts(next..next + 700)).unwrap();
                assert_eq!(outcomes[0], Outcome::Appended(EventId(next + 1)));
                next += 700;
                acknowledged.store(next, Ordering::SeqCst);
            }
        });
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for _ in 0..20 {
                    act(&pair.storage, Action::Acknowledge, RowSet::span(1, u16::MAX));
                    act(&pair.storage, Action::Unacknowledge, RowSet::span(1, u16::MAX));
                }
                pair.storage.seal_now().unwrap();
            }
        });
        for round in 0..8 {
            let before = acknowledged.load(Ordering::SeqCst);
            made.push((before, pair.back_up()));
            copy_folder(&pair.backup, &copy(round));
        }
        done.store(true, Ordering::Relaxed);
    });
    for (round, (before, backup)) in made.into_iter().enumerate() {
        let copy = Storage::open(copy(round), &options()).unwrap();
        let end = copy.snapshot().end().0;
        assert!(end > before, "round {round}: {before} events were acknowledged, {end} is next");
        assert_eq!(backup.events, end - 1);
        check_whole(&copy, end - 1);
        assert!(copy.verify(|_, _| {}).unwrap().is_ok());
        // All of one change is in it, or nothing.
        let snapshot = copy.snapshot();
        let marks = snapshot.overlay(0).and_then(|overlay| overlay.acknowledged());
        let history = copy.history(EventId(1)).unwrap();
        assert_eq!(marks.is_some_and(|rows| !rows.is_empty()), history.len() % 2 == 1);
    }
    assert!(pair.storage.snapshot().end().0 > 2_000);
    pair.back_up();
    pair.check();
}

#[test]
fn the_next_backup_copies_only_what_is_new() {
    let pair = Pair::new();
    pair.seal(0..5_000);
    pair.seal(5_000..10_000);
    let first = pair.back_up();
    assert_eq!((first.events, first.segments, first.copied_segments), (10_000, 2, 2));
    pair.check();
    let again = pair.back_up();
    assert_eq!((again.segments, again.copied_segments), (2, 0));
    assert!(again.copied_bytes < 10_000, "{again:?}");
    pair.seal(10_000..15_000);
    pair.storage.append(drafts(15_000..15_100)).unwrap();
    let new = pair.back_up();
    assert_eq!((new.events, new.segments, new.copied_segments), (15_100, 3, 1));
    assert!(new.copied_bytes < first.copied_bytes * 3 / 4, "{new:?} after {first:?}");
    pair.check();
    assert_eq!(fs::read_dir(&pair.backup).unwrap().count(), 3, "two files and the lock");
}

#[test]
fn changes_and_their_undo_are_backed_up_folded_or_not() {
    let pair = Pair::new();
    pair.seal(0..1_000);
    act(&pair.storage, Action::Acknowledge, RowSet::span(1, 500));
    pair.back_up();
    pair.check();
    fold(&pair.storage);
    act(&pair.storage, Action::Resolve, RowSet::span(100, 800));
    let deleted = act(&pair.storage, Action::Delete, RowSet::span(300, 600));
    let changed = pair.back_up();
    assert_eq!((changed.events, changed.copied_segments), (700, 1));
    assert!(changed.copied_bytes > 3_000_000, "{changed:?}");
    pair.check();
    pair.storage.undo(deleted.change.unwrap(), None, None).unwrap();
    let undone = pair.back_up();
    assert_eq!(undone.events, 1_001);
    assert!(undone.copied_bytes < changed.copied_bytes / 2, "{undone:?}");
    pair.check();
    fold(&pair.storage);
    pair.back_up();
    pair.check();
}

#[test]
fn a_backup_of_nothing_and_one_of_a_store_in_memory_are_stores() {
    let pair = Pair::new();
    let backup = pair.back_up();
    assert_eq!((backup.events, backup.segments, backup.copied_segments), (0, 0, 0));
    pair.check();
    let memory = Storage::in_memory(&options()).unwrap();
    memory.append(drafts(0..700)).unwrap();
    memory.seal_now().unwrap();
    memory.append(drafts(700..800)).unwrap();
    let path = pair.dir.path().join("within/of/memory");
    for copied in [1, 0] {
        assert_eq!(memory.backup(&path, |_, _| {}).unwrap().copied_segments, copied);
        check_same(&path, &memory);
    }
}

#[test]
fn a_restored_store_goes_on_and_is_backed_up_in_turn() {
    let pair = Pair::new();
    pair.seal(0..600);
    fold(&pair.storage);
    pair.back_up();
    let path = pair.dir.path().join("restored");
    copy_folder(&pair.backup, &path);
    let storage = Storage::open(&path, &options()).unwrap();
    assert_eq!(storage.append(vec![draft(7)]).unwrap(), [Outcome::Duplicate(EventId(8))]);
    storage.append(drafts(600..1_200)).unwrap();
    storage.seal_now().unwrap();
    fold(&storage);
    let second = storage.backup(&pair.backup, |_, _| {}).unwrap();
    assert_eq!((second.segments, second.copied_segments), (4, 2));
    check_same(&pair.backup, &storage);
}

#[test]
fn progress_is_told_segment_by_segment() {
    let pair = Pair::new();
    (0..3).for_each(|n| pair.seal(n * 100..n * 100 + 100));
    let mut told = Vec::new();
    pair.storage.backup(&pair.backup, |done, all| told.push((done, all))).unwrap();
    assert_eq!(told, [(0, 3), (1, 3), (2, 3), (3, 3)]);
}

#[test]
fn a_store_can_be_verified_while_it_is_backed_up() {
    let pair = Pair::new();
    pair.storage.append(drafts(0..3_000)).unwrap();
    std::thread::scope(|scope| {
        let backups = scope.spawn(|| {
            for _ in 0..15 {
                pair.back_up();
            }
        });
        while !backups.is_finished() {
            let report = pair.storage.verify(|_, _| {}).unwrap();
            assert_eq!(report.problems, Vec::<String>::new());
        }
    });
}
