//! What is appended stays, through tails, seals, windows and reopening.

use super::{at, check_whole, draft, drafts, ids, options};
use eventscope_model::{Draft, EventId};
use eventscope_storage::{Action, Change, Outcome, RowSet, Storage, What};
use redb::{ReadableDatabase, ReadableTableMetadata};

#[test]
fn events_survive_sealing_and_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let storage = Storage::open(&path, &options()).unwrap();
    assert_eq!(ids(&storage.append(drafts(0..1_000)).unwrap()), (1..=1_000).collect::<Vec<_>>());
    check_whole(&storage, 1_000);
    storage.seal_now().unwrap();
    check_whole(&storage, 1_000);
    storage.append(drafts(1_000..1_700)).unwrap();
    check_whole(&storage, 1_700);
    storage.close().unwrap();

    let storage = Storage::open(&path, &options()).unwrap();
    check_whole(&storage, 1_700);
    let stats = storage.stats().unwrap();
    assert_eq!((stats.events, stats.segments, stats.tail_events), (1_700, 1, 700));
    let report = storage.verify(|_, _| {}).unwrap();
    assert_eq!((report.events, report.segments), (1_700, 1));
    assert!(report.is_ok(), "{:?}", report.problems);
}

#[test]
fn a_full_window_is_sealed_in_the_background() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let storage = Storage::open(&path, &options()).unwrap();
    for start in (0..70_000).step_by(10_000) {
        storage.append(drafts(start..start + 10_000)).unwrap();
    }
    check_whole(&storage, 70_000);
    storage.close().unwrap();
    let storage = Storage::open(&path, &options()).unwrap();
    let stats = storage.stats().unwrap();
    // Ids start at 1, so the first window has one row less.
    assert_eq!((stats.segments, stats.tail_events), (1, 70_000 - 65_535));
    check_whole(&storage, 70_000);
    assert!(storage.verify(|_, _| {}).unwrap().is_ok());
}

#[test]
fn what_many_appends_leave_is_sealed_when_they_settle() {
    let storage = Storage::in_memory(&options()).unwrap();
    let figures = |storage: &Storage| {
        storage.settle().unwrap();
        let stats = storage.stats().unwrap();
        (stats.segments, stats.tail_events)
    };
    storage.append(drafts(0..4_095)).unwrap();
    assert_eq!(figures(&storage), (0, 4_095), "few cost little");
    storage.append(drafts(4_095..5_000)).unwrap();
    assert_eq!(figures(&storage), (1, 0));
    storage.append(drafts(5_000..5_010)).unwrap();
    assert_eq!(figures(&storage), (1, 10));
    check_whole(&storage, 5_010);
}

#[test]
fn closing_gives_the_space_of_a_sealed_tail_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let storage = Storage::open(&path, &options()).unwrap();
    for start in (0..20_000u64).step_by(4_000) {
        let noisy = (start..start + 4_000).map(|n| {
            let noise = (1..50u64).map(|k| (n ^ (k << 40)).wrapping_mul(0x9E37_79B9_7F4A_7C15));
            let words =
                noise.map(|word| format!("{:016x}", word.rotate_left(29).wrapping_mul(word)));
            draft(n).description(words.collect::<String>())
        });
        storage.append(noisy.collect()).unwrap();
    }
    storage.append(drafts(20_000..20_100)).unwrap();
    act(&storage, Action::Delete, &[7]);
    storage.seal_now().unwrap();
    let before = storage.stats().unwrap().log_bytes;
    storage.close().unwrap();
    let storage = Storage::open(&path, &options()).unwrap();
    let after = storage.stats().unwrap().log_bytes;
    assert!(before > 4_194_304 && after < before / 2, "{before} bytes, then {after}");
    assert_eq!(storage.snapshot().event(EventId(7)).unwrap(), None);
    assert_eq!(storage.snapshot().end(), EventId(20_101));
    assert!(storage.verify(|_, _| {}).unwrap().is_ok());
}

#[test]
fn appends_that_follow_a_tail_with_the_sealer_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let storage = Storage::open(&path, &options()).unwrap();
    let mut rng = eventscope_testkit::Rng::new(1);
    // A tail is full at 32 MiB, in the middle of a window, and small appends go on behind it.
    let text: String = (0..3_000).map(|_| format!("{:016x}", rng.bits())).collect();
    for n in 0..1_600 {
        storage.append(vec![draft(n).description(&text)]).unwrap();
        if n % 50 == 0 {
            let snapshot = storage.snapshot();
            let rows: u64 = snapshot.parts().map(|part| u64::from(part.len())).sum();
            assert_eq!(rows, n + 1, "parts of {n} events");
        }
    }
    assert!(storage.stats().unwrap().segments > 0);
    for id in 1..=1_600 {
        assert!(storage.snapshot().event(EventId(id)).unwrap().is_some(), "event {id}");
    }
    storage.close().unwrap();
    assert_eq!(Storage::open(&path, &options()).unwrap().stats().unwrap().events, 1_600);
}

#[test]
fn a_snapshot_does_not_change() {
    let storage = Storage::in_memory(&options()).unwrap();
    storage.append(drafts(0..10)).unwrap();
    let before = storage.snapshot();
    storage.append(drafts(10..20)).unwrap();
    act(&storage, Action::Delete, &[1]);
    storage.seal_now().unwrap();
    assert_eq!(before.end(), EventId(11));
    assert!(before.event(EventId(1)).unwrap().is_some());
    assert!(before.event(EventId(11)).unwrap().is_none());
    assert!(storage.snapshot().event(EventId(1)).unwrap().is_none());
}

#[test]
fn drafts_over_a_limit_are_rejected_and_the_others_taken() {
    let storage = Storage::in_memory(&options()).unwrap();
    let outcomes = storage.append(vec![Draft::custom(""), Draft::custom("fine")]).unwrap();
    assert!(matches!(outcomes[0], Outcome::Rejected(_)));
    assert_eq!(outcomes[1], Outcome::Appended(EventId(1)));
}

/// Applies an action to events by their ids, all in window 0.
fn act(storage: &Storage, action: Action, ids: &[u16]) -> eventscope_storage::Changed {
    let rows: RowSet = ids.iter().copied().collect();
    let by = Some("aya".to_owned());
    storage.change(Change { action, targets: vec![(0, rows)], by, note: None }).unwrap()
}

#[test]
fn actions_change_what_can_be_changed_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let storage = Storage::open(&path, &options()).unwrap();
    // 1, 4, 7: alerts. 2, 5, 8: kubernetes. 3, 6, 9: custom.
    storage.append(drafts(0..9)).unwrap();
    let acked = act(&storage, Action::Acknowledge, &[1, 2, 3, 99]);
    assert_eq!((acked.matched, acked.changed), (3, 2));
    assert_eq!(acked.refused.iter().map(|(id, _)| id.0).collect::<Vec<_>>(), [3]);
    storage.seal_now().unwrap();
    assert_eq!(act(&storage, Action::Acknowledge, &[1, 2]).changed, 0);
    assert_eq!(act(&storage, Action::Unacknowledge, &[2, 4]).changed, 1);
    let resolved = act(&storage, Action::Resolve, &[1, 2, 4]);
    assert_eq!((resolved.changed, resolved.refused.len()), (2, 1));
    assert_eq!(act(&storage, Action::Delete, &[5]).changed, 1);
    assert_eq!(act(&storage, Action::Delete, &[5]).matched, 0);
    for _ in 0..2 {
        storage.clone().append(vec![draft(4)]).unwrap();
    }
    storage.close().unwrap();

    let storage = Storage::open(&path, &options()).unwrap();
    let snapshot = storage.snapshot();
    let event = |id| snapshot.event(EventId(id)).unwrap();
    assert_eq!(event(1).unwrap().acknowledgement.unwrap().by.as_deref(), Some("aya"));
    assert_eq!(event(2).unwrap().acknowledgement, None);
    assert_eq!(event(1).unwrap().end_time, Some(at(1_000_000)));
    assert_eq!(event(5), None);
    assert_eq!(snapshot.end(), EventId(10), "a deleted event does not come back by import");
    let history: Vec<_> =
        storage.history(EventId(2)).unwrap().into_iter().map(|entry| entry.what).collect();
    assert_eq!(history, [What::Action(Action::Acknowledge), What::Action(Action::Unacknowledge)]);
}

#[test]
fn many_changes_leave_the_log_and_stay_in_force() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let storage = Storage::open(&path, &options()).unwrap();
    storage.append(drafts(0..60)).unwrap();
    let mut rng = eventscope_testkit::Rng::new(1);
    for round in 0..1_500u16 {
        let action =
            if round.is_multiple_of(2) { Action::Acknowledge } else { Action::Unacknowledge };
        // Alerts: events 1, 4, 7 and so on.
        let rows: RowSet = std::iter::once(round / 2 % 20 * 3 + 1).collect();
        // Notes that do not compress, so that the limit of changes in the log is reached.
        let note: String = (0..4_096).map(|_| char::from(b'!' + rng.below(90) as u8)).collect();
        storage
            .change(Change { action, targets: vec![(0, rows)], by: None, note: Some(note) })
            .unwrap();
    }
    let expected: Vec<_> = (1..=60)
        .map(|id| storage.snapshot().event(EventId(id)).unwrap().unwrap().acknowledgement.is_some())
        .collect();
    let histories: Vec<usize> =
        (1..=60).map(|id| storage.history(EventId(id)).unwrap().len()).collect();
    assert_eq!(histories.iter().sum::<usize>(), 1_500);
    let log_bytes = storage.stats().unwrap().log_bytes;
    assert!(log_bytes < 24 * 1024 * 1024, "{log_bytes} bytes in the log");
    storage.close().unwrap();
    let folded: redb::TableDefinition<'_, u64, &[u8]> = redb::TableDefinition::new("overlays");
    let segments = redb::ReadOnlyDatabase::open(path.join("segments.redb")).unwrap();
    let transaction = segments.begin_read().unwrap();
    assert!(!transaction.open_table(folded).unwrap().is_empty().unwrap(), "nothing left the log");
    drop((transaction, segments));
    let storage = Storage::open(&path, &options()).unwrap();
    for id in 1..=60 {
        let event = storage.snapshot().event(EventId(id)).unwrap().unwrap();
        assert_eq!(event.acknowledgement.is_some(), expected[id as usize - 1]);
        assert_eq!(storage.history(EventId(id)).unwrap().len(), histories[id as usize - 1]);
    }
}

#[test]
fn many_threads_append_at_once_and_each_reads_its_own_writes() {
    let storage = Storage::in_memory(&options()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let storage = storage.clone();
            scope.spawn(move || {
                for n in 0..50 {
                    let name = format!("{thread} {n}");
                    let outcomes = storage.append(vec![Draft::custom(&name)]).unwrap();
                    let Outcome::Appended(id) = outcomes[0] else { panic!("it is new") };
                    assert_eq!(storage.snapshot().event(id).unwrap().unwrap().name, name);
                }
            });
        }
    });
    assert_eq!(storage.snapshot().end(), EventId(401));
    let commits = storage.stats().unwrap().commits;
    assert!(commits <= 400, "{commits} commits");
}
