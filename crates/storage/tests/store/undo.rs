//! The last change can be taken back, and nothing else.

use super::{at, draft, drafts, options};
use eventscope_model::{EventId, State};
use eventscope_storage::{
    Action, Change, Changed, Error, NotUndoable, Outcome, RowSet, Storage, What,
};

/// Applies an action to some rows of window 0.
fn act(storage: &Storage, action: Action, by: &str, rows: RowSet) -> Changed {
    let (by, targets) = (Some(by.to_owned()), vec![(0, rows)]);
    storage.change(Change { action, targets, by, note: None }).unwrap()
}

#[track_caller]
fn refused(storage: &Storage, change: u64, expected: NotUndoable) {
    match storage.undo(change, None, None) {
        Err(Error::NotUndone { change: named, why }) => {
            assert_eq!((named, why), (change, expected))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_undo_is_one_commit_that_brings_marks_and_events_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let storage = Storage::open(&path, &options()).unwrap();
    // 1, 4, 7, ...: alerts. 3, 6, 9, ...: custom.
    storage.append(drafts(0..300)).unwrap();
    storage.seal_now().unwrap();
    storage.append(drafts(300..400)).unwrap();
    let all = RowSet::span(1, 400);
    let acked = act(&storage, Action::Acknowledge, "aya", RowSet::span(1, 200));
    let unacked = act(&storage, Action::Unacknowledge, "ben", all.clone());
    assert_eq!(unacked.changed, acked.changed);
    let before = storage.stats().unwrap().commits;
    let undone = storage.undo(unacked.change.unwrap(), Some("cleo".to_owned()), None).unwrap();
    assert_eq!(storage.stats().unwrap().commits, before + 1);
    let (matched, changed) = (acked.changed, acked.changed);
    assert_eq!(undone, Changed { matched, changed, refused: Vec::new(), change: Some(3) });
    let deleted = act(&storage, Action::Delete, "aya", all);
    assert_eq!((deleted.changed, storage.stats().unwrap().events), (400, 0));
    // What an import finds deleted stays as it is, and a new event is no change to another.
    let again = storage.append(vec![draft(0).resolved(at(9)), draft(400)]).unwrap();
    assert_eq!(again, [Outcome::Duplicate(EventId(1)), Outcome::Appended(EventId(401))]);
    storage.undo(deleted.change.unwrap(), None, None).unwrap();
    for _ in 0..2 {
        let snapshot = storage.snapshot();
        let marks = (1..=401).filter_map(|id| {
            let event = snapshot.event(EventId(id)).unwrap().unwrap();
            assert_eq!(event.state, State::Triggered);
            event.acknowledgement
        });
        let by: Vec<_> = marks.map(|mark| mark.by).collect();
        assert_eq!(by, vec![Some("aya".to_owned()); acked.changed as usize]);
        storage.seal_now().unwrap();
    }
    storage.close().unwrap();
    let storage = Storage::open(&path, &options()).unwrap();
    assert_eq!(storage.stats().unwrap().events, 401);
    let history = storage.history(EventId(1)).unwrap().into_iter();
    let history: Vec<_> = history.map(|entry| (entry.change, entry.what, entry.by)).collect();
    let by = |name: &str| Some(name.to_owned());
    let expected = [
        (1, What::Action(Action::Acknowledge), by("aya")),
        (2, What::Action(Action::Unacknowledge), by("ben")),
        (3, What::Undone(2), by("cleo")),
        (4, What::Action(Action::Delete), by("aya")),
        (5, What::Undone(4), None),
    ];
    assert_eq!(history, expected);
}

#[test]
fn what_was_observed_since_neither_hinders_an_undo_nor_is_lost_by_it() {
    let storage = Storage::in_memory(&options()).unwrap();
    storage.append(drafts(0..9)).unwrap();
    let resolved = act(&storage, Action::Resolve, "aya", RowSet::span(1, 9));
    assert_eq!((resolved.changed, resolved.change), (3, Some(1)));
    let outcomes = storage.append(vec![draft(3).description("other words").resolved(at(90))]);
    assert_eq!(outcomes.unwrap(), [Outcome::Updated(EventId(4))]);
    assert_eq!(storage.undo(1, None, None).unwrap().change, Some(3));
    let event = |id| storage.snapshot().event(EventId(id)).unwrap().unwrap();
    assert_eq!((event(1).state, event(1).end_time), (State::Triggered, None));
    assert_eq!((event(4).state, event(4).end_time), (State::Resolved, Some(at(90))));
    assert_eq!(event(4).description, "other words");
}

#[test]
fn only_the_last_change_is_undone_and_only_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let mut storage = Storage::open(&path, &options()).unwrap();
    refused(&storage, 1, NotUndoable::NoChange);
    storage.append(drafts(0..9)).unwrap();
    act(&storage, Action::Acknowledge, "aya", RowSet::span(1, 1));
    let nothing = act(&storage, Action::Acknowledge, "aya", RowSet::span(1, 1));
    assert_eq!(nothing.change, None);
    act(&storage, Action::Resolve, "aya", RowSet::span(1, 1));
    let reopen = |storage: Storage| {
        storage.close().unwrap();
        Storage::open(&path, &options()).unwrap()
    };
    for _ in 0..2 {
        for change in [0, 1, 3, u64::MAX] {
            refused(&storage, change, NotUndoable::NotLast { last: 2, undone: false });
        }
        storage = reopen(storage);
    }
    storage.undo(2, None, None).unwrap();
    for _ in 0..2 {
        refused(&storage, 1, NotUndoable::NotLast { last: 2, undone: true });
        refused(&storage, 2, NotUndoable::Undone { by: 3 });
        refused(&storage, 3, NotUndoable::IsUndo { of: 2 });
        storage = reopen(storage);
    }
    assert_eq!(act(&storage, Action::Resolve, "aya", RowSet::span(1, 1)).change, Some(4));
    refused(&storage, 2, NotUndoable::NotLast { last: 4, undone: false });
    let long = storage.undo(4, None, Some("n".repeat(1024 * 1024)));
    assert!(matches!(long, Err(Error::Remark { .. })));
    assert_eq!(storage.undo(4, None, None).unwrap().change, Some(5));
}
