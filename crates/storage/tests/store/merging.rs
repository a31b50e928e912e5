//! The same uid again is the same event again.

use super::{at, drafts, options};
use eventscope_model::{Draft, EventId, EventType, State, UidTime};
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
