//! Events, uids and changes at the edges of what is taken: whatever the store takes, it must give
//! back, after a seal and after it was opened again.

use super::{at, options};
use eventscope_model::{
    Acknowledgement, AlertDetails, Details, Draft, EventId, EventType, State, Timestamp, UidTime,
};
use eventscope_storage::{Action, Change, Clock, Field, Options, Outcome, RowSet, Storage};
use eventscope_testkit::Rng;
use eventscope_testkit::random::noise;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Changes with the longest note that fill the log more than twice.
const CHANGES: usize = 2_400;

fn change(storage: &Storage, action: Action, row: u16, note: Option<String>) {
    let targets = vec![(0, RowSet::span(row, row))];
    storage.change(Change { action, targets, by: None, note }).unwrap();
}

/// Appends a draft, and checks that it was refused, or is there before and after a seal.
#[track_caller]
fn kept_or_refused(draft: Draft) {
    let storage = Storage::in_memory(&options()).unwrap();
    match &storage.append(vec![draft]).unwrap()[0] {
        Outcome::Rejected(_) => {}
        Outcome::Appended(id) => {
            let before = storage.snapshot().event(*id).unwrap();
            storage.seal_now().unwrap();
            assert!(before.is_some());
            assert_eq!(storage.snapshot().event(*id).unwrap(), before);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_largest_event_is_kept() {
    let mut rng = Rng::new(1);
    let mut draft = Draft::custom("n").description(noise(&mut rng, 64 * 1024));
    for n in 0..47 {
        draft = draft.label(format!("label-{n}"), noise(&mut rng, 4_000));
    }
    assert!(draft.check().is_ok() && draft.bytes() > 250_000);
    kept_or_refused(draft);
}

#[test]
fn an_event_of_empty_texts_is_kept_or_refused() {
    let metrics = vec![String::new(); 600_000];
    let details = AlertDetails { metrics, ..AlertDetails::default() };
    kept_or_refused(Draft::new(EventType::Alert, "test", "n").details(Details::Alert(details)));
}

#[test]
fn a_field_with_many_bytes_of_values_can_be_read_after_a_seal() {
    let mut rng = Rng::new(2);
    let storage = Storage::in_memory(&options()).unwrap();
    let value = noise(&mut rng, 4_000);
    let drafts = (0..17_000).map(|n| Draft::custom("n").label("path", format!("{n}{value}")));
    storage.append(drafts.collect()).unwrap();
    storage.seal_now().unwrap();
    let mut values = 0;
    for part in storage.snapshot().parts() {
        values += part.field(Field::Label("path")).unwrap().unwrap().len();
    }
    assert_eq!(values, 17_000);
}

/// Appends a draft with a uid but without a time twice, a second apart.
#[track_caller]
fn stored_once(uid_time: UidTime) {
    let second = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&second);
    let clock = Clock::new(move || at(clock.load(Ordering::Relaxed)));
    let storage = Storage::in_memory(&Options { clock, ..Options::default() }).unwrap();
    let draft = Draft::new(EventType::Alert, "test", "n").uid("alert:1", uid_time);
    storage.append(vec![draft.clone()]).unwrap();
    storage.seal_now().unwrap();
    // More than one, since which of two times counts is a matter of chance.
    for _ in 0..8 {
        second.fetch_add(1, Ordering::Relaxed);
        let again = storage.append(vec![draft.clone()]).unwrap();
        assert_eq!(again, [Outcome::Duplicate(EventId(1))], "{uid_time:?}");
    }
}

#[test]
fn a_uid_without_a_time_is_stored_once() {
    stored_once(UidTime::Free);
    stored_once(UidTime::Fixed);
}

#[test]
fn an_observation_of_another_type_keeps_the_rules_of_types() {
    let mark = Acknowledgement { at: at(1), by: None, note: None };
    let mut alert = Draft::new(EventType::Alert, "test", "n").time(at(0)).uid("u", UidTime::Fixed);
    alert.acknowledgement = Some(mark);
    let storage = Storage::in_memory(&options()).unwrap();
    storage.append(vec![alert]).unwrap();
    change(&storage, Action::Resolve, 1, None);
    // More than one, since which of two contents counts is a matter of chance.
    for n in 0..8 {
        let other = Draft::custom("n").description(format!("{n}")).time(at(0));
        storage.append(vec![other.uid("u", UidTime::Fixed)]).unwrap();
        let event = storage.snapshot().event(EventId(1)).unwrap().unwrap();
        assert!(event.state == State::Triggered || event.event_type.can_be_resolved());
        assert!(event.acknowledgement.is_none() || event.event_type.can_be_acknowledged());
    }
}

#[test]
fn a_window_that_is_named_twice_is_changed_once() {
    let storage = Storage::in_memory(&options()).unwrap();
    storage.append(vec![Draft::custom("n")]).unwrap();
    let targets = vec![(0, RowSet::span(1, 1)), (0, RowSet::span(1, 1))];
    let delete = Change { action: Action::Delete, targets, by: None, note: None };
    let changed = storage.change(delete).unwrap();
    assert_eq!((changed.matched, changed.changed), (1, 1));
}

/// Makes changes with such notes, and checks that the store goes on and opens again.
#[track_caller]
fn opens_after_notes(notes: usize, bytes: usize) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let storage = Storage::open(&path, &options()).unwrap();
    storage.append(vec![Draft::new(EventType::Alert, "test", "n")]).unwrap();
    let mut rng = Rng::new(3);
    let mut made = 0;
    for n in 0..notes {
        let action = if n.is_multiple_of(2) { Action::Acknowledge } else { Action::Unacknowledge };
        let note = Some(noise(&mut rng, bytes));
        let targets = vec![(0, RowSet::span(1, 1))];
        // A note may be refused, but then it must leave no trace.
        made += usize::from(storage.change(Change { action, targets, by: None, note }).is_ok());
    }
    assert_eq!(storage.stats().unwrap().failure, None);
    let more = storage.append(vec![Draft::custom("goes on")]).unwrap();
    assert_eq!(more, [Outcome::Appended(EventId(2))]);
    storage.close().unwrap();
    let storage = Storage::open(&path, &options()).unwrap();
    assert_eq!(storage.history(EventId(1)).unwrap().len(), made);
}

#[test]
fn a_very_long_note_does_no_harm() {
    opens_after_notes(1, 65 * 1024 * 1024);
}

#[test]
fn any_number_of_changes_to_one_window_can_leave_the_log() {
    opens_after_notes(CHANGES, 4 * 1024);
}

#[test]
fn a_history_is_whole_while_changes_leave_the_log() {
    let storage = Storage::in_memory(&options()).unwrap();
    storage.append(vec![Draft::new(EventType::Alert, "test", "n")]).unwrap();
    let mut rng = Rng::new(4);
    // Together they fill the log with changes several times, so that it is folded.
    let note = noise(&mut rng, 4 * 1024);
    std::thread::scope(|scope| {
        let changes = scope.spawn(|| {
            for _ in 0..CHANGES / 2 {
                change(&storage, Action::Acknowledge, 1, Some(note.clone()));
                change(&storage, Action::Unacknowledge, 1, Some(note.clone()));
            }
        });
        let mut longest = 0;
        while !changes.is_finished() {
            let history = storage.history(EventId(1)).unwrap();
            assert!(history.len() >= longest, "{} entries after {longest}", history.len());
            longest = history.len();
        }
    });
    assert_eq!(storage.history(EventId(1)).unwrap().len(), CHANGES);
}

#[test]
fn times_at_both_ends_of_the_range_are_kept() {
    let storage = Storage::in_memory(&options()).unwrap();
    let times = [Timestamp::MAX, Timestamp::EPOCH, Timestamp::MAX, Timestamp::EPOCH];
    let drafts = times.map(|time| Draft::custom("n").time(time));
    storage.append(drafts.to_vec()).unwrap();
    storage.seal_now().unwrap();
    let snapshot = storage.snapshot();
    let read = (1..=4).map(|id| snapshot.time_of(EventId(id)).unwrap().unwrap());
    assert!(read.eq(times));
    let part = snapshot.parts().next().unwrap();
    assert_eq!(part.time_span(), (Timestamp::EPOCH, Timestamp::MAX));
    assert!(part.times().unwrap().ascending().eq([2, 4, 1, 3]));
}
