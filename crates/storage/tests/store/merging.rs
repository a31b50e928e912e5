//! The same uid again is the same event again.

use super::{at, drafts, options};
use eventscope_model::{Draft, EventId, EventType, OnConflict, State, UidTime};
use eventscope_storage::{Outcome, Storage, What};

fn alert(description: &str) -> Draft {
    Draft::new(EventType::Alert, "test", "HighCpu")
        .description(description)
        .time(at(10))
        .uid("alert:9@10", UidTime::Fixed)
}

/// Runs a check on a store whose events are in the tail, and on one where they are sealed.
fn in_tail_and_sealed(check: impl Fn(&Storage)) {
    for seal in [false, true] {
        let storage = Storage::in_memory(&options()).unwrap();
        storage.append(vec![alert("cpu is high")]).unwrap();
        storage.append(drafts(0..50)).unwrap();
        if seal {
            storage.seal_now().unwrap();
        }
        check(&storage);
    }
}

fn append_one(storage: &Storage, draft: Draft) -> Outcome {
    storage.append(vec![draft]).unwrap().remove(0)
}

#[test]
fn importing_again_appends_nothing() {
    in_tail_and_sealed(|storage| {
        let again = storage.append(drafts(0..50)).unwrap();
        assert!(again.iter().all(|outcome| matches!(outcome, Outcome::Duplicate(_))), "{again:?}");
        assert_eq!(append_one(storage, alert("cpu is high")), Outcome::Duplicate(EventId(1)));
        assert_eq!(storage.snapshot().end(), EventId(52));
    });
    let storage = Storage::in_memory(&options()).unwrap();
    let twice = storage.append(vec![alert("a"), alert("a")]).unwrap();
    assert_eq!(twice, [Outcome::Appended(EventId(1)), Outcome::Duplicate(EventId(1))]);
}

#[test]
fn a_resolved_observation_ends_the_event() {
    in_tail_and_sealed(|storage| {
        let resolved = alert("cpu is high").resolved(at(70));
        assert_eq!(append_one(storage, resolved.clone()), Outcome::Updated(EventId(1)));
        assert_eq!(append_one(storage, resolved), Outcome::Duplicate(EventId(1)));
        assert_eq!(append_one(storage, alert("cpu is high")), Outcome::Duplicate(EventId(1)));
        let event = storage.snapshot().event(EventId(1)).unwrap().unwrap();
        assert_eq!((event.state, event.duration_ms()), (State::Resolved, Some(60_000)));
        let overlay = storage.snapshot();
        assert!(overlay.overlay(0).unwrap().resolved().unwrap().contains(1));
        assert_eq!(storage.history(EventId(1)).unwrap()[0].what, What::Observed);
    });
}

#[test]
fn other_words_replace_the_row() {
    in_tail_and_sealed(|storage| {
        let resolved = alert("cpu was high").resolved(at(70));
        assert_eq!(append_one(storage, resolved), Outcome::Updated(EventId(1)));
        let event = storage.snapshot().event(EventId(1)).unwrap().unwrap();
        assert_eq!((event.state, event.description.as_str()), (State::Resolved, "cpu was high"));
        assert!(storage.snapshot().overlay(0).unwrap().amended().unwrap().contains(1));
        assert_eq!(storage.history(EventId(1)).unwrap()[0].what, What::Amended);
    });
}

#[test]
fn the_last_one_counts_where_it_is_to_replace() {
    in_tail_and_sealed(|storage| {
        for round in 0..40 {
            let job = |text: &str| alert(&format!("{text} {round}"));
            let replaced = |draft: Draft| draft.on_conflict(OnConflict::Replace);
            append_one(storage, replaced(job("running"))).id().unwrap();
            let over = replaced(job("finished")).resolved(at(70)).label("round", "x");
            assert_eq!(append_one(storage, over.clone()), Outcome::Updated(EventId(1)));
            assert_eq!(append_one(storage, over), Outcome::Duplicate(EventId(1)));
            let event = storage.snapshot().event(EventId(1)).unwrap().unwrap();
            assert_eq!(event.description, format!("finished {round}"));
            assert_eq!((event.state, event.end_time), (State::Resolved, Some(at(70))));
        }
        // It goes on again, and no index says otherwise.
        append_one(storage, alert("again").on_conflict(OnConflict::Replace)).id().unwrap();
        let snapshot = storage.snapshot();
        let event = snapshot.event(EventId(1)).unwrap().unwrap();
        assert_eq!((event.state, event.end_time, event.labels.len()), (State::Triggered, None, 0));
        assert!(!snapshot.overlay(0).unwrap().resolved().is_some_and(|rows| rows.contains(1)));
        let kept = alert("late").on_conflict(OnConflict::Keep);
        assert_eq!(append_one(storage, kept), Outcome::Duplicate(EventId(1)));
        storage.rebuild(|_, _| ()).unwrap();
        let event = storage.snapshot().event(EventId(1)).unwrap().unwrap();
        assert_eq!((event.description.as_str(), event.state), ("again", State::Triggered));
        assert!(storage.verify(|_, _| ()).unwrap().is_ok());
    });
}

#[test]
fn the_greatest_revision_counts_in_any_order_and_after_an_open() {
    let version = |number: u64| alert(&format!("version {number}")).revision(number);
    for numbers in [[1, 2, 3], [3, 1, 2], [2, 3, 1], [3, 2, 1]] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.db");
        for number in numbers {
            let storage = Storage::open(&path, &options()).unwrap();
            append_one(&storage, version(number)).id().unwrap();
            storage.seal_now().unwrap();
            storage.rebuild(|_, _| ()).unwrap();
            storage.close().unwrap();
        }
        let storage = Storage::open(&path, &options()).unwrap();
        assert_eq!(append_one(&storage, alert("no version")), Outcome::Duplicate(EventId(1)));
        let event = storage.snapshot().event(EventId(1)).unwrap().unwrap();
        assert_eq!(event.description, "version 3", "{numbers:?}");
        assert!(storage.verify(|_, _| ()).unwrap().is_ok());
    }
}
