//! What is pruned is gone for whoever looks anew, its bytes come back, and nothing else changes.

use super::{draft, drafts, ids, options};
use eventscope_model::EventId;
use eventscope_storage::{Action, Change, CompactionEffort, Outcome, RowSet, Snapshot, Storage};
use eventscope_testkit::generate::Generator;
use std::fs;
use std::path::Path;

const FILES: [&str; 2] = ["log.redb", "segments.redb"];

fn rows(numbers: impl IntoIterator<Item = u16>) -> Vec<(u32, RowSet)> {
    vec![(0, numbers.into_iter().collect())]
}

fn delete(storage: &Storage, numbers: impl IntoIterator<Item = u16>) {
    let targets = rows(numbers);
    let change = Change { action: Action::Delete, targets, by: None, note: None };
    storage.change(change).unwrap();
}

/// A store of segments with so many of `drafts` each.
fn segments(path: &Path, count: u64, each: u64) -> Storage {
    let storage = Storage::open(path, &options()).unwrap();
    for start in 0..count {
        storage.append(drafts(start * each..(start + 1) * each)).unwrap();
        storage.seal_now().unwrap();
    }
    storage
}

/// Checks that those of the first events are there that should be, and that the store is whole.
#[track_caller]
fn check(storage: &Storage, end: u64, is_there: impl Fn(u64) -> bool) {
    let snapshot = storage.snapshot();
    check_snapshot(&snapshot, end, &is_there);
    let stats = storage.stats().unwrap();
    assert_eq!(stats.events, (1..end).filter(|id| is_there(*id)).count() as u64);
    assert_eq!(stats.failure, None);
    let report = storage.verify(|_, _| {}).unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
}

#[track_caller]
fn check_snapshot(snapshot: &Snapshot, end: u64, is_there: impl Fn(u64) -> bool) {
    assert_eq!(snapshot.end(), EventId(end));
    for id in 1..end {
        let event = snapshot.event(EventId(id)).unwrap();
        let expected = is_there(id).then(|| draft(id - 1).description);
        assert_eq!(event.map(|event| event.description), expected, "event {id}");
    }
}

#[test]
fn whole_segments_leave_and_single_rows_are_emptied() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let storage = segments(&path, 4, 500);
    storage.append(drafts(2_000..2_100)).unwrap();
    let before = storage.snapshot();
    // All of the first two segments, every second row of the third, one of the tail.
    let gone = |id: u64| id <= 1_000 || (id <= 1_500 && id.is_multiple_of(2)) || id == 2_050;
    let targets = rows((0..2_101u16).filter(|row| *row > 0 && gone((*row).into())));
    let pruned = storage.prune(targets.clone()).unwrap();
    assert_eq!((pruned.removed_events, pruned.removed_segments), (1_251, 2));
    assert_eq!(storage.prune(targets).unwrap().removed_events, 0);
    check(&storage, 2_101, |id| !gone(id));
    assert_eq!(storage.stats().unwrap().pruned, 1_251);
    assert!(storage.snapshot().part_of(EventId(1_000)).is_none());
    assert_eq!(storage.snapshot().time_of(EventId(1_002)).unwrap(), None);
    storage.compact(CompactionEffort::Tight).unwrap();
    check(&storage, 2_101, |id| !gone(id));
    check_snapshot(&before, 2_101, |_| true);
    assert_eq!(before.parts().count(), storage.snapshot().parts().count() + 2);
    storage.close().unwrap();

    let storage = Storage::open(&path, &options()).unwrap();
    check(&storage, 2_101, |id| !gone(id));
    // What is left goes too: the ids go on.
    let all = storage.prune(rows(1..2_101)).unwrap();
    assert_eq!((all.removed_events, all.removed_segments), (849, 2));
    assert_eq!(storage.snapshot().parts().count(), 0);
    storage.close().unwrap();
    let storage = Storage::open(&path, &options()).unwrap();
    check(&storage, 2_101, |_| false);
    assert_eq!(ids(&storage.append(drafts(2_100..2_103)).unwrap()), [2_101, 2_102, 2_103]);
    check(&storage, 2_104, |id| id > 2_100);
}

#[test]
fn a_snapshot_reads_the_file_it_was_taken_of() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let storage = segments(&path, 3, 500);
    let mut seen = Vec::new();
    for segment in 0..3u16 {
        seen.push((segment * 500, storage.snapshot()));
        storage.prune(rows(segment * 500 + 1..=segment * 500 + 500)).unwrap();
        storage.compact(CompactionEffort::Tight).unwrap();
        for (pruned, snapshot) in &seen {
            check_snapshot(snapshot, 1_501, |id| id > u64::from(*pruned));
        }
    }
    let names = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().all(|name| !name.to_str().unwrap().ends_with("new")));
    storage.append(drafts(1_500..1_600)).unwrap();
    storage.seal_now().unwrap();
    storage.close().unwrap();
    check(&Storage::open(&path, &options()).unwrap(), 1_601, |id| id > 1_500);
}

#[test]
fn pruned_uids_come_back_and_deleted_ones_do_not() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let mut storage = segments(&path, 1, 400);
    storage.append(drafts(400..500)).unwrap();
    delete(&storage, (1..=400).step_by(4).chain([450]));
    storage.prune(rows((2..=400).step_by(4).chain([460]))).unwrap();
    for step in 0..4 {
        match step {
            1 => storage.compact(CompactionEffort::Tight).unwrap(),
            2 => storage.seal_now().unwrap(),
            _ => {}
        }
        storage.close().unwrap();
        storage = Storage::open(&path, &options()).unwrap();
        let deleted = storage.append(vec![draft(0), draft(4), draft(449)]).unwrap();
        assert_eq!(deleted, [1, 5, 450].map(|id| Outcome::Duplicate(EventId(id))), "step {step}");
        let pruned = [1 + 4 * step, 459];
        let again = storage.append(pruned.map(draft).to_vec()).unwrap();
        match step {
            0 => assert_eq!(ids(&again), [501, 502]),
            _ => {
                assert_eq!(ids(&again[..1]), [502 + step]);
                assert_eq!(again[1], Outcome::Duplicate(EventId(502)));
            }
        }
        let same = storage.append(vec![draft(pruned[0])]).unwrap();
        assert!(matches!(same[0], Outcome::Duplicate(_)));
    }
    let report = storage.verify(|_, _| {}).unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
}

#[test]
fn a_segment_of_deleted_events_keeps_their_uids_until_all_of_it_is_pruned() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let storage = segments(&path, 2, 200);
    delete(&storage, 1..=200);
    storage.prune(rows([201])).unwrap();
    storage.compact(CompactionEffort::Tight).unwrap();
    assert_eq!(storage.append(vec![draft(7)]).unwrap(), [Outcome::Duplicate(EventId(8))]);
    let pruned = storage.prune(rows(1..=200)).unwrap();
    assert_eq!((pruned.removed_events, pruned.removed_segments), (0, 1));
    assert_eq!(ids(&storage.append(vec![draft(7)]).unwrap()), [401]);
}

/// The allocated bytes of segments.redb.
fn bytes(storage: &Storage) -> u64 {
    storage.stats().unwrap().segments_bytes
}

#[test]
fn the_bytes_of_what_was_pruned_come_back() {
    const EVENTS: u64 = 300_000;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let storage = Storage::open(&path, &options()).unwrap();
    let mut events = Generator::new(1);
    for _ in 0..30 {
        storage.append(events.by_ref().take(10_000).collect()).unwrap();
    }
    storage.seal_now().unwrap();
    let full = bytes(&storage);
    let every_second = || {
        let rows: RowSet = (0..=u16::MAX).step_by(2).collect();
        (0..=(EVENTS >> 16) as u32).map(|window| (window, rows.clone())).collect()
    };
    let pruned = storage.prune(every_second()).unwrap();
    assert_eq!(pruned.removed_events, EVENTS / 2);
    storage.compact(CompactionEffort::Usual).unwrap();
    let half = bytes(&storage);
    let kept = storage.snapshot().parts().map(|part| part.bytes()).sum::<u64>();
    println!("{full} bytes, without every second event {half}, of segments {kept}");
    assert!(half * 100 < full * 60, "{full} bytes, then {half}");
    assert!(kept <= half && half < kept + kept / 20, "{kept} bytes of segments in {half}");
    // The first two windows as a whole.
    let all = RowSet::span(0, u16::MAX);
    let pruned = storage.prune(vec![(0, all.clone()), (1, all)]).unwrap();
    assert_eq!(pruned.removed_segments, 2);
    storage.compact(CompactionEffort::Usual).unwrap();
    let quarter = bytes(&storage);
    println!("without the first two windows {quarter}");
    assert!(quarter * 100 < half * 65, "{half} bytes, then {quarter}");
    let report = storage.verify(|_, _| {}).unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
    assert_eq!(report.events, (EVENTS - 131_071) / 2);
    storage.close().unwrap();
    let storage = Storage::open(&path, &options()).unwrap();
    assert_eq!(storage.stats().unwrap().events, report.events);
    let reopened = bytes(&storage);
    assert!(reopened * 100 < quarter * 102, "{quarter} bytes, then {reopened}");
}

#[test]
fn deleted_events_give_their_bytes_back_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let storage = segments(&path, 1, 20_000);
    let full = bytes(&storage);
    delete(&storage, 1..=15_000);
    storage.compact(CompactionEffort::Tight).unwrap();
    let less = bytes(&storage);
    // Their uids stay: 22 bytes each.
    assert!(less * 100 < full * 75, "{full} bytes, then {less}");
    check(&storage, 20_001, |id| id > 15_000);
}

#[test]
fn a_mostly_pruned_tail_leaves_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let storage = Storage::open(&path, &options()).unwrap();
    storage.append(drafts(0..12_000)).unwrap();
    storage.prune(rows(1..=10_000)).unwrap();
    assert_eq!(storage.stats().unwrap().tail_events, 12_000);
    storage.compact(CompactionEffort::Usual).unwrap();
    assert_eq!(storage.stats().unwrap().tail_events, 0);
    let part = storage.snapshot().parts().next().map(|part| (part.len(), part.bytes()));
    assert!(part.is_some_and(|(rows, bytes)| rows == 12_000 && bytes < 500_000), "{part:?}");
    check(&storage, 12_001, |id| id > 10_000);
}

/// Copies the files of a store.
fn copy(from: &Path, to: &Path, files: &[&str]) {
    fs::create_dir_all(to).unwrap();
    for name in files {
        fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

type Table<K> = redb::TableDefinition<'static, K, &'static [u8]>;

/// The keys of a table of segments.redb.
fn keys(path: &Path, table: &'static str) -> Vec<u64> {
    use redb::{ReadableDatabase, ReadableTable};
    let database = redb::Database::open(path.join("segments.redb")).unwrap();
    let transaction = database.begin_read().unwrap();
    let table = transaction.open_table(Table::<u64>::new(table)).unwrap();
    table.iter().unwrap().map(|item| item.unwrap().0.value()).collect()
}

#[test]
fn what_a_crash_leaves_behind_is_cleared_away() {
    let dir = tempfile::tempdir().unwrap();
    let [path, before, crashed] =
        ["events.db", "before.db", "crashed.db"].map(|n| dir.path().join(n));
    segments(&path, 3, 300).close().unwrap();
    copy(&path, &before, &FILES);
    let storage = Storage::open(&path, &options()).unwrap();
    storage.prune(rows((1..=600).chain((601..900).step_by(2)))).unwrap();
    storage.compact(CompactionEffort::Tight).unwrap();
    storage.close().unwrap();
    // The log knows of the pruning, the segments do not yet; a copy was begun.
    copy(&path, &crashed, &["log.redb"]);
    copy(&before, &crashed, &["segments.redb"]);
    let left = crashed.join("segments.redb.0123456789abcdef.new");
    fs::write(&left, b"redb\x1A\x0A\xA9\x0D\x0A and torn").unwrap();
    assert_eq!(keys(&crashed, "directories"), [1, 301, 601]);
    let is_there = |id: u64| id > 600 && id.is_multiple_of(2);
    for _ in 0..2 {
        let storage = Storage::open(&crashed, &options()).unwrap();
        assert!(!left.try_exists().unwrap());
        check(&storage, 901, is_there);
        storage.close().unwrap();
        assert_eq!(keys(&crashed, "directories"), [601]);
        assert_eq!(keys(&crashed, "blocks").first().map(|key| key >> 16), Some(601));
    }
}

#[test]
fn changes_of_pruned_windows_leave_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let storage = Storage::open(&path, &options()).unwrap();
    for start in (0..70_000).step_by(10_000) {
        storage.append(drafts(start..start + 10_000)).unwrap();
    }
    storage.seal_now().unwrap();
    let mut rng = eventscope_testkit::Rng::new(1);
    let mut mark = |storage: &Storage, windows: &[u32]| {
        for round in 0..1_200 {
            let action = [Action::Acknowledge, Action::Unacknowledge][round % 2];
            let targets = windows.iter().map(|w| (*w, RowSet::span(2, 4))).collect();
            // Notes that do not compress, so that the limit of changes in the log is reached.
            let note = (0..256).map(|_| format!("{:016x}", rng.bits())).collect();
            storage.change(Change { action, targets, by: None, note: Some(note) }).unwrap();
        }
    };
    mark(&storage, &[0, 1]);
    let pruned = storage.prune(vec![(0, RowSet::span(0, u16::MAX))]).unwrap();
    assert_eq!((pruned.removed_events, pruned.removed_segments), (65_535, 1));
    assert!(storage.history(EventId(3)).unwrap().is_empty());
    assert!(storage.snapshot().overlay(0).is_none());
    mark(&storage, &[0, 1]);
    storage.compact(CompactionEffort::Tight).unwrap();
    storage.close().unwrap();
    assert!(keys(&path, "overlays").iter().all(|key| key >> 32 == 1));
    let storage = Storage::open(&path, &options()).unwrap();
    assert!(storage.snapshot().overlay(0).is_none());
    assert!(storage.history(EventId(3)).unwrap().is_empty());
    // One of the three rows is a custom event, which is not acknowledged.
    let histories = (65_538..65_541).map(|id| storage.history(EventId(id)).unwrap().len());
    assert_eq!(histories.sum::<usize>(), 2 * 2_400);
    assert!(storage.verify(|_, _| {}).unwrap().is_ok());
}

/// Flips a byte of the index of the first segment.
fn damage_index(path: &Path, at: usize) -> bool {
    use redb::ReadableTable;
    let database = redb::Database::open(path.join("segments.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    let hit = {
        let mut pieces = transaction.open_table(Table::<u64>::new("pieces")).unwrap();
        let mut piece = pieces.get(1 << 16).unwrap().unwrap().value().to_vec();
        let hit = piece.get_mut(at).map(|byte| *byte ^= 1).is_some();
        pieces.insert(1 << 16, piece.as_slice()).unwrap();
        hit
    };
    transaction.commit().unwrap();
    hit
}

#[test]
fn a_rebuild_makes_a_damaged_index_anew() {
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join("whole.db");
    segments(&whole, 2, 3_000).close().unwrap();
    let (mut repaired, mut lost) = (0, 0);
    for at in (0..60_000).step_by(4_000) {
        let path = dir.path().join(format!("{at}.db"));
        copy(&whole, &path, &FILES);
        if !damage_index(&path, at) {
            break;
        }
        let storage = Storage::open(&path, &options()).unwrap();
        let snapshot = storage.snapshot();
        assert!(!storage.verify(|_, _| {}).unwrap().is_ok(), "byte {at}");
        let readable = snapshot.event(EventId(1)).is_ok();
        let mut steps = Vec::new();
        let report = storage.rebuild(|done, all| steps.push((done, all))).unwrap();
        assert_eq!(steps, [(0, 2), (1, 2), (2, 2)]);
        if readable {
            assert_eq!((report.segments, report.events, report.repaired), (2, 6_000, 1));
            assert!(report.is_ok());
            check(&storage, 6_001, |_| true);
            repaired += 1;
        } else {
            // The times or the dictionary: rows cannot be read without them.
            assert_eq!((report.segments, report.problems.len()), (1, 1), "{:?}", report.problems);
            assert!(storage.snapshot().event(EventId(3_001)).unwrap().is_some());
            lost += 1;
        }
        storage.close().unwrap();
        let storage = Storage::open(&path, &options()).unwrap();
        assert_eq!(storage.verify(|_, _| {}).unwrap().is_ok(), readable);
    }
    println!("{repaired} damages repaired, {lost} reported");
    assert!(repaired >= 3 && lost >= 1, "{repaired} repaired, {lost} lost");
}

#[test]
fn a_rebuild_of_a_whole_store_changes_no_byte() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let storage = segments(&path, 3, 2_000);
    storage.prune(rows(1..=900)).unwrap();
    delete(&storage, 2_001..=3_000);
    storage.compact(CompactionEffort::Tight).unwrap();
    let versions = || -> Vec<_> {
        let snapshot = storage.snapshot();
        snapshot.parts().map(|part| (part.first(), part.sealed(), part.bytes())).collect()
    };
    let before = versions();
    let reader = storage.snapshot();
    let report = storage.rebuild(|_, _| {}).unwrap();
    assert_eq!((report.segments, report.repaired, report.events), (3, 0, 4_100));
    assert_eq!(versions(), before);
    // A rebuild drops all rows that are gone, however few, and changes nothing else.
    storage.prune(rows([2_000])).unwrap();
    assert_eq!(storage.rebuild(|_, _| {}).unwrap().repaired, 1);
    let after = versions();
    assert_ne!(after[0].1, before[0].1);
    assert_eq!(after[1..], before[1..]);
    let gone = |id: u64| id <= 900 || id == 2_000 || (2_001..=3_000).contains(&id);
    check(&storage, 6_001, |id| !gone(id));
    check_snapshot(&reader, 6_001, |id| id == 2_000 || !gone(id));
}
