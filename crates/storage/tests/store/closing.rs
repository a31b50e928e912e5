//! A notice that an alert is over, but not since when it fired, closes the life that it is about.

use super::{at, draft, drafts, options};
use eventscope_model::{
    Acknowledgement, Draft, Event, EventId, EventType, State, Timestamp, UidTime,
};
use eventscope_storage::{Action, Change, Outcome, RowSet, Storage, What};
use eventscope_testkit::Rng;
use std::collections::BTreeMap;

/// An alert that fires since a second.
fn fires(start: i64) -> Draft {
    alert("5a", start)
}

fn alert(fingerprint: &str, start: i64) -> Draft {
    Draft::new(EventType::Alert, "alertmanager", "HighCpu")
        .time(at(start))
        .label("alertname", "HighCpu")
        .label("instance", format!("db-{fingerprint}"))
        .label("kube_pod_name", "web-1")
        .uid(format!("alert:{fingerprint}@{}", at(start).nanos()), UidTime::Fixed)
}

/// The notice that it is over since a second.
fn over(end: i64) -> Draft {
    fires(end).closing(at(end))
}

/// What an alert is: its start, whether it is over, its end.
type Said = (i64, bool, Option<i64>);

fn second(time: Timestamp) -> i64 {
    (time.nanos() - at(0).nanos()) / 1_000_000_000
}

fn events(storage: &Storage) -> Vec<Event> {
    let snapshot = storage.snapshot();
    let ids = snapshot.parts().flat_map(|part| (part.first().0..part.end().0).map(EventId));
    ids.filter_map(|id| snapshot.event(id).unwrap()).collect()
}

fn said(storage: &Storage) -> Vec<Said> {
    let alerts = events(storage).into_iter().filter(|event| event.source == "alertmanager");
    let mut said: Vec<Said> = alerts
        .map(|event| {
            let is_over = event.state == State::Resolved;
            (second(event.time), is_over, event.end_time.map(second))
        })
        .collect();
    said.sort_unstable();
    said
}

fn append(storage: &Storage, draft: Draft) -> Outcome {
    storage.append(vec![draft]).unwrap().remove(0)
}

fn act(storage: &Storage, action: Action, id: u64, note: &str) {
    let targets = vec![(0, RowSet::span(id as u16, id as u16))];
    let (by, note) = (Some("aya".to_owned()), Some(note.to_owned()));
    assert_eq!(storage.change(Change { action, targets, by, note }).unwrap().changed, 1);
}

#[track_caller]
fn verified(storage: &Storage) {
    assert_eq!(storage.verify(|_, _| ()).unwrap().problems, Vec::<String>::new());
}

/// Where the first draft is when the second comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Batch,
    Tail,
    Segment,
    Rewritten,
    Reopened,
}

const PLACES: [Place; 5] =
    [Place::Batch, Place::Tail, Place::Segment, Place::Rewritten, Place::Reopened];

/// Gives drafts one after the other, among others; then all of them once more.
#[track_caller]
fn in_each_place(all: &[Draft], expected: &[Said]) {
    for place in PLACES {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.db");
        let mut storage = Storage::open(&path, &options()).unwrap();
        storage.append(drafts(0..20)).unwrap();
        if place == Place::Batch {
            storage.append(all.to_vec()).unwrap();
        } else {
            for draft in all {
                storage.append(vec![draft.clone()]).unwrap();
                storage.append(drafts(20..40)).unwrap();
                match place {
                    Place::Batch | Place::Tail => {}
                    Place::Segment => storage.seal_now().unwrap(),
                    Place::Rewritten => {
                        storage.seal_now().unwrap();
                        assert!(storage.rebuild(|_, _| ()).unwrap().is_ok());
                    }
                    Place::Reopened => {
                        storage.close().unwrap();
                        storage = Storage::open(&path, &options()).unwrap();
                    }
                }
            }
        }
        assert_eq!(said(&storage), expected, "{place:?}");
        let end = storage.snapshot().end();
        let again = storage.append([all, all].concat()).unwrap();
        let is_known = |outcome: &Outcome| matches!(outcome, Outcome::Duplicate(_));
        assert!(again.iter().all(is_known), "{place:?}: {again:?}");
        assert_eq!((said(&storage), storage.snapshot().end()), (expected.to_vec(), end));
        verified(&storage);
        storage.close().unwrap();
        let storage = Storage::open(&path, &options()).unwrap();
        assert_eq!(said(&storage), expected, "{place:?}, opened again");
        verified(&storage);
    }
}

#[test]
fn a_notice_closes_the_open_life_in_either_order() {
    let closed = [(10, true, Some(70))];
    in_each_place(&[fires(10), over(70)], &closed);
    in_each_place(&[over(70), fires(10)], &closed);
}

#[test]
fn without_an_open_life_a_notice_is_an_event() {
    in_each_place(&[over(70)], &[(70, true, None)]);
    in_each_place(&[fires(10), over(70), over(90)], &[(10, true, Some(70)), (90, true, None)]);
    in_each_place(&[fires(10), over(90), over(70)], &[(10, true, Some(70)), (90, true, None)]);
    let over_by_itself = fires(10).resolved(at(60));
    in_each_place(&[over_by_itself.clone(), over(70)], &[(10, true, Some(60)), (70, true, None)]);
    in_each_place(&[over(60), over_by_itself], &[(10, true, Some(60))]);
}

#[test]
fn a_life_that_starts_later_stays_open() {
    let expected = [(10, true, Some(70)), (80, false, None)];
    in_each_place(&[fires(10), over(70), fires(80)], &expected);
    in_each_place(&[fires(80), over(70), fires(10)], &expected);
    in_each_place(&[over(70), fires(80), fires(10)], &expected);
}

#[test]
fn of_two_open_lives_the_latest_is_closed() {
    let expected = [(10, false, None), (20, true, Some(70))];
    in_each_place(&[fires(10), fires(20), over(70)], &expected);
    in_each_place(&[fires(10), over(70), fires(20)], &expected);
    in_each_place(&[over(70), fires(10), fires(20)], &expected);
}

#[test]
fn other_alerts_are_not_touched() {
    let other = alert("5b", 10);
    // All labels are the same, but the source says that it is another one.
    let twin = alert("5a", 10).uid(format!("alert:77@{}", at(10).nanos()), UidTime::Fixed);
    let expected = [(10, false, None), (10, false, None), (70, true, None)];
    in_each_place(&[other.clone(), twin.clone(), over(70)], &expected);
    in_each_place(&[over(70), other, twin], &expected);
}

#[test]
fn stamps_of_an_import_do_not_part_a_notice_from_its_life() {
    let stamped = |draft: Draft, team: &str| draft.added_label("team", team);
    let all = [stamped(fires(10), "a"), stamped(over(70), "b")];
    in_each_place(&all, &[(10, true, Some(70))]);
    in_each_place(&[all[1].clone(), all[0].clone()], &[(10, true, Some(70))]);
}

#[test]
fn an_end_of_its_own_lets_go_of_the_notice() {
    let own = fires(10).resolved(at(60));
    let expected = [(10, true, Some(60)), (70, true, None)];
    in_each_place(&[fires(10), over(70), own.clone()], &expected);
    in_each_place(&[over(70), own, fires(10)], &expected);
}

#[test]
fn outcomes_and_history_say_what_happened() {
    let storage = Storage::in_memory(&options()).unwrap();
    assert_eq!(append(&storage, fires(10)), Outcome::Appended(EventId(1)));
    assert_eq!(append(&storage, over(70)), Outcome::Updated(EventId(1)));
    assert_eq!(append(&storage, over(70)), Outcome::Duplicate(EventId(1)));
    let history = storage.history(EventId(1)).unwrap();
    assert_eq!(history.len(), 1, "{history:?}");
    assert_eq!(history[0].what, What::Observed);
    assert_eq!(history[0].note.as_deref(), Some("a notice says that it is over"));
    let stats = storage.stats().unwrap();
    assert_eq!((stats.events, stats.deleted, stats.pruned), (1, 0, 0));
    // Before it fires, the notice is an event, and its history tells what became of it.
    let storage = Storage::in_memory(&options()).unwrap();
    assert_eq!(append(&storage, over(70)), Outcome::Appended(EventId(1)));
    assert_eq!(append(&storage, fires(10)), Outcome::Appended(EventId(2)));
    assert_eq!(append(&storage, over(70)), Outcome::Duplicate(EventId(2)));
    let history = storage.history(EventId(1)).unwrap();
    assert_eq!(history[0].note.as_deref(), Some("is the end of #2"));
    // A change of people before it can still be undone.
    act(&storage, Action::Acknowledge, 2, "known");
    append(&storage, fires(80)).id().unwrap();
    append(&storage, over(90)).id().unwrap();
    let change = storage.history(EventId(2)).unwrap().last().unwrap().change;
    assert_eq!(storage.undo(change, None, None).unwrap().changed, 1);
    assert_eq!(said(&storage), [(10, true, Some(70)), (80, true, Some(90))]);
}

#[test]
fn the_acknowledgement_of_a_notice_goes_to_the_alert() {
    for is_known in [false, true] {
        let storage = Storage::in_memory(&options()).unwrap();
        append(&storage, over(70)).id().unwrap();
        act(&storage, Action::Acknowledge, 1, "seen");
        let mut life = fires(10);
        let mark = |note: &str, at| Acknowledgement {
            at,
            by: Some("aya".to_owned()),
            note: Some(note.to_owned()),
        };
        let own = mark("before", at(11));
        life.acknowledgement = is_known.then(|| own.clone());
        append(&storage, life).id().unwrap();
        let event = storage.snapshot().event(EventId(2)).unwrap().unwrap();
        let expected = if is_known { own } else { mark("seen", at(1_000_000)) };
        assert_eq!(event.acknowledgement, Some(expected));
        if !is_known {
            let overlay = storage.snapshot();
            assert!(overlay.overlay(0).unwrap().acknowledged().unwrap().contains(2));
            act(&storage, Action::Unacknowledge, 2, "no");
            let event = storage.snapshot().event(EventId(2)).unwrap().unwrap();
            assert_eq!(event.acknowledgement, None);
        }
    }
}

#[test]
fn what_was_deleted_or_pruned_closes_nothing_and_is_not_closed() {
    for is_sealed in [false, true] {
        let storage = Storage::in_memory(&options()).unwrap();
        storage.append(vec![over(70), fires(100), draft(1)]).unwrap();
        if is_sealed {
            storage.seal_now().unwrap();
        }
        act(&storage, Action::Delete, 1, "wrong");
        act(&storage, Action::Delete, 2, "wrong");
        append(&storage, fires(10)).id().unwrap();
        // What leaves with all its neighbours takes its notice along, so one of them stays.
        storage.append(vec![over(170), draft(2)]).unwrap();
        let expected = [(10, true, Some(170))];
        assert_eq!(said(&storage), expected);
        assert_eq!(append(&storage, over(70)), Outcome::Duplicate(EventId(1)));
        assert_eq!(said(&storage), expected);
        // The alert is pruned, and comes back: the notice is about it again.
        let life = EventId(4);
        storage.prune(vec![(0, RowSet::span(4, 4))]).unwrap();
        assert_eq!(said(&storage), []);
        let back = append(&storage, fires(10));
        assert!(matches!(back, Outcome::Appended(id) if id > life), "{back:?}");
        assert_eq!(said(&storage), expected);
        verified(&storage);
    }
}

#[test]
fn hidden_notices_are_no_reason_to_rewrite() {
    let storage = Storage::in_memory(&options()).unwrap();
    let alerts = (0..50).map(|n| alert(&n.to_string(), 10));
    storage.append(alerts.collect()).unwrap();
    let notices = (0..50).map(|n| alert(&n.to_string(), 70).closing(at(70)));
    storage.append(notices.collect()).unwrap();
    storage.seal_now().unwrap();
    let sealed = |storage: &Storage| storage.snapshot().parts().next().unwrap().sealed();
    let before = sealed(&storage);
    storage.compact(eventscope_storage::CompactionEffort::Tight).unwrap();
    assert_eq!(sealed(&storage), before);
    assert_eq!(said(&storage), vec![(10, true, Some(70)); 50]);
    // What retention removes takes the notices along, once nothing else is left.
    let rows = RowSet::span(1, 50);
    assert_eq!(storage.prune(vec![(0, rows)]).unwrap().removed_segments, 1);
    assert_eq!(storage.stats().unwrap().segments, 0);
}

/// By start: whether it is over, and its end.
type Lives = BTreeMap<i64, (bool, Option<i64>)>;

/// The rule once more, over all that was given.
fn by_the_rule(lives: &Lives, notices: &[i64]) -> Vec<Said> {
    let mut said = Vec::new();
    let about = |notice: i64| lives.range(..=notice).next_back().map(|(start, _)| *start);
    let mut ends = BTreeMap::new();
    for (start, (is_over, end)) in lives {
        let first = notices.iter().copied().filter(|notice| about(*notice) == Some(*start)).min();
        let end = if *is_over { *end } else { first };
        ends.insert(*start, end);
        said.push((*start, *is_over || end.is_some(), end));
    }
    let is_event = |notice: &&i64| {
        about(**notice).is_none_or(|start| ends.get(&start) != Some(&Some(**notice)))
    };
    said.extend(notices.iter().filter(is_event).map(|notice| (*notice, true, None)));
    said.sort_unstable();
    said
}

/// Random lives and notices of two alerts, in random orders, some twice, anywhere in the store.
#[test]
fn any_order_ends_in_what_the_rule_says() {
    let mut hidden = 0;
    for seed in 0..60 {
        let rng = &mut Rng::new(seed);
        let (mut lives, mut notices) = (Lives::new(), Vec::new());
        let mut all = Vec::new();
        for _ in 0..1 + rng.below(4) {
            let start = rng.between(1, 12) * 10;
            lives.entry(start).or_insert((false, None));
            all.push(fires(start));
            if rng.percent(25) {
                let end = start + rng.between(1, 6) * 5;
                let known = lives[&start].1;
                lives.insert(start, (true, known.max(Some(end))));
                all.push(fires(start).resolved(at(end)));
            }
        }
        for _ in 0..rng.below(5) {
            // Never at the start of a life: that would be one more observation of it.
            let end = rng.between(1, 26) * 5;
            if !lives.contains_key(&end) && !notices.contains(&end) {
                notices.push(end);
                all.push(over(end));
            }
        }
        let expected = by_the_rule(&lives, &notices);
        hidden += lives.len() + notices.len() - expected.len();
        for order in 0..4 {
            let mut order_of = all.clone();
            order_of.extend((0..rng.below(3)).map(|_| rng.pick(&all).clone()));
            for last in (1..order_of.len()).rev() {
                order_of.swap(last, rng.below(last + 1));
            }
            let storage = Storage::in_memory(&options()).unwrap();
            storage.append(drafts(0..5)).unwrap();
            while !order_of.is_empty() {
                let rest = order_of.split_off(1 + rng.below(order_of.len()));
                storage.append(std::mem::replace(&mut order_of, rest)).unwrap();
                match rng.below(4) {
                    0 => storage.seal_now().unwrap(),
                    1 => assert!(storage.rebuild(|_, _| ()).unwrap().is_ok()),
                    _ => {}
                }
            }
            assert_eq!(said(&storage), expected, "seed {seed}, order {order}");
            verified(&storage);
        }
    }
    assert!(hidden > 30, "{hidden}");
}
