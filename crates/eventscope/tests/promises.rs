//! What the facade promises, through its public interface.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has to fail")]

use eventscope::{
    Clock, Create, Draft, Error, EventId, EventType, FacetKey, Options, Outcome, Remark, Request,
    StorageError, Store, Targets, Timestamp, UidTime, What,
};
use std::time::{Duration, Instant};

const NOW: &str = "2026-11-23T12:00:00Z";

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn options() -> Options {
    Options { clock: Clock::at(time(NOW)), ..Options::default() }
}

/// Three events: an alert (1), a Docker event (2), a custom event (3), an hour apart, until now.
fn three() -> Store {
    let store = Store::in_memory(options()).unwrap();
    let at = |hour: u32| time(&format!("2026-11-23T{hour}:00:00Z"));
    let drafts = [
        Draft::new(EventType::Alert, "prometheus", "HighCpu").time(at(10)).label("env", "prod"),
        Draft::new(EventType::Docker, "docker", "Killed").time(at(11)).label("env", "prod"),
        Draft::custom("Deployed").time(at(12)).label("env", "test"),
    ];
    store.append(&drafts).unwrap();
    store
}

fn ids(store: &Store, request: &Request) -> Vec<u64> {
    store.query(request).unwrap().events.iter().map(|event| event.id.0).collect()
}

#[test]
fn a_store_is_a_handle_for_all_threads() {
    fn is_shared<T: Send + Sync + Clone + 'static>() {}
    is_shared::<Store>();
    is_shared::<Request>();
}

#[test]
fn lookbacks_follow_the_clock_of_the_store() {
    let store = three();
    let request = |text| Request::parse(text).unwrap();
    assert_eq!(ids(&store, &request("time last 1h")), [3, 2]);
    assert_eq!(ids(&store, &request("time last 59m")), [3]);
    assert_eq!(ids(&store, &Request::everything().from(time("2026-11-23T11:00:00Z"))), [3, 2]);
    assert_eq!(ids(&store, &Request::everything().to(time("2026-11-23T11:00:00Z"))), [1]);
}

#[test]
fn pages_facets_and_histograms_come_with_one_answer() {
    let store = three();
    let request = Request::everything()
        .newest(2)
        .facet(FacetKey::label("env"))
        .histogram(Duration::from_secs(7_200));
    let page = store.query(&request).unwrap();
    assert_eq!((page.total, page.next), (3, Some(EventId(2))));
    assert_eq!(page.facets[0].values, [("prod".to_owned(), 2), ("test".to_owned(), 1)]);
    let buckets = [(time("2026-11-23T10:00:00Z"), 2), (time("2026-11-23T12:00:00Z"), 1)];
    assert_eq!(page.histogram, buckets);
    assert_eq!(ids(&store, &Request::everything().before(EventId(2))), [1]);
    assert_eq!(ids(&store, &Request::everything().after(EventId(2))), [3]);
    let beside = store.query(&Request::everything().before(EventId(9)));
    assert!(matches!(beside, Err(Error::NoSuchEvent { id: EventId(9) })));
    assert!(store.explain(&request).unwrap().contains("everything"));
}

#[test]
fn a_change_says_who_refused_it_and_stands_in_the_history() {
    let store = three();
    let remark = Remark::by("aya").note("known");
    let all = Targets::parse("everywhere").unwrap();
    let changed = store.acknowledge(&all, &remark).unwrap();
    assert_eq!((changed.matched, changed.changed), (3, 2));
    assert_eq!(changed.refused[0].id, EventId(3));
    assert_eq!(changed.refused[0].reason.to_string(), "a custom event cannot be acknowledged");
    let changed = store.resolve(&Targets::Ids(vec![EventId(1), EventId(2)]), &remark).unwrap();
    assert_eq!((changed.changed, changed.refused.len()), (1, 1));
    assert!(changed.refused[0].reason.to_string().contains("cannot be resolved"));
    assert_eq!(store.event(EventId(1)).unwrap().duration_ms(), Some(7_200_000));
    let history = store.history(EventId(1)).unwrap();
    let actions: Vec<_> = history.iter().map(|entry| entry.what.name()).collect();
    assert_eq!(actions, ["ack", "resolve"]);
    assert_eq!(history[0].note.as_deref(), Some("known"));
}

#[test]
fn a_missing_id_stops_the_whole_change() {
    let store = three();
    let none = Remark::default();
    assert_eq!(store.delete(&Targets::id(EventId(2)), &none).unwrap().changed, 1);
    for missing in [2, 4, 0, u64::MAX] {
        let targets = Targets::Ids(vec![EventId(1), EventId(missing)]);
        let refused = store.acknowledge(&targets, &none);
        assert!(matches!(refused, Err(Error::NoSuchEvent { id }) if id.0 == missing));
        assert!(matches!(store.event(EventId(missing)), Err(Error::NoSuchEvent { .. })));
    }
    assert_eq!(store.event(EventId(1)).unwrap().acknowledgement, None);
}

#[test]
fn labels_and_values_are_counted() {
    let store = three();
    assert_eq!(store.labels("").unwrap(), [("env".to_owned(), 3)]);
    assert!(store.labels("f").unwrap().is_empty());
    assert_eq!(store.values("env", "t").unwrap(), [("test".to_owned(), 1)]);
}

#[test]
fn an_export_is_one_state_of_the_store() {
    let store = three();
    let export = store.export(&eventscope::parse("env = 'prod'").unwrap());
    store.delete(&Targets::parse("everywhere").unwrap(), &Remark::default()).unwrap();
    let read = || export.events().unwrap().map(|event| event.unwrap().id.0).collect::<Vec<_>>();
    assert_eq!(read(), [1, 2]);
    assert_eq!(read(), [1, 2]);
}

#[test]
fn a_watch_has_no_gaps_and_goes_on_where_it_stopped() {
    let store = Store::in_memory(options()).unwrap();
    let writer = store.clone();
    let thread = std::thread::spawn(move || {
        for n in 0..200 {
            writer.append(&[Draft::custom(format!("{n}"))]).unwrap();
        }
    });
    let mut seen = Vec::new();
    let mut position = EventId(1);
    while seen.len() < 200 {
        // A new watch each time: the position is all there is to resume from.
        let mut watch = store.watch(position);
        let range = watch.wait(Duration::from_secs(60)).unwrap().unwrap();
        seen.extend(range.start.0..range.end.0);
        position = watch.position();
    }
    thread.join().unwrap();
    assert_eq!(seen, (1..=200).collect::<Vec<_>>());
    assert_eq!(store.watch(position).wait(Duration::from_millis(5)).unwrap(), None);
}

#[test]
fn closing_ends_every_watch() {
    let store = Store::in_memory(options()).unwrap();
    let mut watch = store.watch(store.end());
    let start = Instant::now();
    let thread = std::thread::spawn(move || watch.wait(Duration::from_secs(60)));
    store.close().unwrap();
    let waited = thread.join().unwrap();
    assert!(matches!(waited, Err(Error::Storage(StorageError::Closed))));
    assert!(start.elapsed() < Duration::from_secs(50));
}

#[test]
fn the_same_uid_again_is_the_same_event() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let alert = |store: &Store, resolved: bool| {
        let draft = Draft::new(EventType::Alert, "prometheus", "HighCpu")
            .time(time("2026-11-23T10:00:00Z"))
            .uid("alert:1", UidTime::Fixed);
        let end = time("2026-11-23T10:05:00Z");
        let draft = if resolved { draft.resolved(end) } else { draft };
        store.append(vec![draft]).unwrap().remove(0)
    };
    let store = Store::open_with(&path, options()).unwrap();
    assert_eq!(alert(&store, false), Outcome::Appended(EventId(1)));
    assert_eq!(alert(&store, false), Outcome::Duplicate(EventId(1)));
    store.close().unwrap();
    let store = Store::open_with(&path, options()).unwrap();
    assert_eq!(alert(&store, true), Outcome::Updated(EventId(1)));
    assert_eq!(store.history(EventId(1)).unwrap()[0].what, What::Observed);
    let stats = store.stats().unwrap();
    assert_eq!(stats.events, 1);
    assert!(stats.bytes.log > 0 && stats.bytes_per_event > 0.0);
    assert!(store.verify(|_, _| {}).unwrap().is_ok());
}

#[test]
fn what_goes_wrong_is_told_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let never = Options { create: Create::Never, ..options() };
    let missing = Store::open_with(dir.path().join("none.db"), never).unwrap_err();
    assert!(matches!(missing, Error::Storage(StorageError::Missing { .. })));
    let parse = Request::parse("severity = loud").unwrap_err();
    let too_much = Store::in_memory(options())
        .unwrap()
        .query(&Request::everything().newest(usize::MAX))
        .unwrap_err();
    for error in [&missing, &parse, &too_much] {
        assert!(!error.to_string().contains('\n'), "{error}");
    }
    assert!(too_much.to_string().contains("limit is 10000"), "{too_much}");
}
