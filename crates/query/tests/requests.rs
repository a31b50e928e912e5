//! Requests by hand: plans as they are printed, the ends of pages, limits, errors.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use eventscope_model::{Acknowledgement, Draft, EventId, EventType, Timestamp, UidTime};
use eventscope_query::{
    Cache, Error, Facet, FacetKey, Page, Request, execute, limits, matching, plan, stream,
};
use eventscope_scope::Filter;
use eventscope_storage::{Action, Change, Options, Snapshot, Storage};
use std::num::NonZeroU64;

const SECOND: u64 = 1_000_000_000;

fn at(second: u64) -> Timestamp {
    Timestamp::from_nanos((second * SECOND) as i64).unwrap()
}

fn parse(expression: &str) -> Filter {
    eventscope_scope::parse(expression).unwrap().lower(at(100))
}

/// Events at the seconds 0 to 29 with the ids 1 to 30: two segments of ten and a tail of ten.
/// Every third is an alert, the second ten are in `dev`, and the last has a pod.
fn store() -> Storage {
    let storage = Storage::in_memory(&Options::default()).unwrap();
    let draft = |second: u64| {
        let event_type =
            if second.is_multiple_of(3) { EventType::Alert } else { EventType::Docker };
        let namespace = if (10..20).contains(&second) { "dev" } else { "prod" };
        let draft = Draft::new(event_type, "test", format!("event {second}"))
            .time(at(second))
            .severity((second % 8) as u8)
            .label("kubernetes.namespace.name", namespace);
        if second == 29 { draft.label("kubernetes.pod.name", "web-1") } else { draft }
    };
    for first in [0, 10, 20] {
        storage.append((first..first + 10).map(draft).collect()).unwrap();
        if first < 20 {
            storage.seal_now().unwrap();
        }
    }
    storage
}

fn change(storage: &Storage, action: Action, expression: &str) {
    let targets = matching(&parse(expression), &storage.snapshot()).unwrap();
    storage.change(Change { action, targets, by: None, note: None }).unwrap();
}

fn ask(snapshot: &Snapshot, request: &Request) -> Page {
    execute(request, snapshot, None).unwrap()
}

#[track_caller]
fn plans(snapshot: &Snapshot, expression: &str, expected: &str) {
    assert_eq!(plan(&parse(expression), snapshot).unwrap().to_string(), expected);
}

#[test]
fn plans_as_they_are_printed() {
    let storage = store();
    change(&storage, Action::Resolve, "type = alert and id < 5");
    let snapshot = storage.snapshot();
    plans(
        &snapshot,
        "everywhere",
        "everything  up to 30\n\
         3 parts: 0 outside the time range, 0 without a value, 3 computed",
    );
    plans(
        &snapshot,
        "kubernetes.namespace.name = dev and severity in (0, 1) and status = resolved",
        "and                                  up to 2\n  \
           severity = high                    up to 2, by index, 2 of 8 values\n  \
           status = resolved                  up to 2, by index and changes\n  \
           kubernetes.namespace.name = 'dev'  up to 10, by index\n\
         3 parts: 0 outside the time range, 2 without a value, 1 computed",
    );
    plans(
        &snapshot,
        "time >= '1970-01-01T00:00:15Z' and (kube_pod_name starts with web or \
         description contains x and id != 12 and severity > 5)",
        "and                                        up to 5\n  \
           or                                       up to 5\n    \
             kubernetes.pod.name starts with 'web'  up to 1, by index, 1 of 1 values\n    \
             and                                    up to 4\n      \
               severity = info                      up to 4, by index, 4 of 16 values\n      \
               id != 12                             up to 19, by order\n      \
               description contains 'x'             up to 20, event by event\n  \
           time >= '1970-01-01T00:00:15Z'           up to 15, by order\n\
         3 parts: 1 outside the time range, 0 without a value, 2 computed",
    );
    plans(
        &snapshot,
        "not everywhere",
        "nothing  up to 0\n\
         3 parts: 0 outside the time range, 3 without a value, 0 computed",
    );
}

#[test]
fn what_a_page_holds() {
    let storage = store();
    change(&storage, Action::Delete, "id = 12");
    let request = Request::new(parse("kube_namespace_name = dev"))
        .newest(3)
        .facet(FacetKey::Type)
        .facet(FacetKey::label("team"))
        .top(1)
        .histogram(NonZeroU64::new(5 * SECOND).unwrap());
    let page = ask(&storage.snapshot(), &request);
    let names: Vec<_> = page.events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!((page.total, names), (9, vec!["event 19", "event 18", "event 17"]));
    assert_eq!(page.next, Some(EventId(18)));
    let docker = vec![("docker".to_owned(), 6)];
    let facet = |key, values, other, missing| Facet { key, values, other, missing };
    assert_eq!(
        page.facets,
        [facet(FacetKey::Type, docker, 3, 0), facet(FacetKey::label("team"), Vec::new(), 0, 9),]
    );
    assert_eq!(page.histogram, [(at(10), 4), (at(15), 5)]);
}

/// The ids of a page, and its `next`.
#[track_caller]
fn shows(snapshot: &Snapshot, request: &Request, ids: &[u64], next: Option<u64>) {
    let page = ask(snapshot, request);
    let found: Vec<u64> = page.events.iter().map(|event| event.id.0).collect();
    assert_eq!((found.as_slice(), page.next.map(|id| id.0)), (ids, next));
    assert_eq!(page.total, 9);
}

#[test]
fn pages_beside_events_that_are_not_on_them() {
    let storage = store();
    change(&storage, Action::Delete, "id = 15");
    let snapshot = storage.snapshot();
    let request = || Request::new(parse("kube_namespace_name = dev")).newest(2);
    shows(&snapshot, &request(), &[20, 19], Some(19));
    shows(&snapshot, &request().before(EventId(19)), &[18, 17], Some(17));
    shows(&snapshot, &request().before(EventId(15)), &[14, 13], Some(13));
    shows(&snapshot, &request().before(EventId(13)), &[12, 11], None);
    shows(&snapshot, &request().before(EventId(3)), &[], None);
    shows(&snapshot, &request().after(EventId(15)), &[17, 16], Some(16));
    shows(&snapshot, &request().after(EventId(3)), &[12, 11], None);
    shows(&snapshot, &request().after(EventId(30)), &[], None);
    shows(&snapshot, &request().newest(0), &[], None);
    shows(
        &snapshot,
        &request().newest(20).after(EventId(11)),
        &[20, 19, 18, 17, 16, 14, 13, 12],
        Some(12),
    );
}

#[test]
fn events_of_one_time_go_by_their_ids() {
    let storage = Storage::in_memory(&Options::default()).unwrap();
    for _ in 0..3 {
        storage.append(vec![Draft::custom("n").time(at(1)); 3]).unwrap();
        storage.seal_now().unwrap();
    }
    let snapshot = storage.snapshot();
    let request = || Request::new(Filter::All).newest(2);
    shows(&snapshot, &request(), &[9, 8], Some(8));
    shows(&snapshot, &request().before(EventId(8)), &[7, 6], Some(6));
    shows(&snapshot, &request().after(EventId(2)), &[4, 3], Some(3));
    let newer = Request::new(parse("id > 6")).newest(2).after(EventId(5));
    let page = ask(&snapshot, &newer);
    assert_eq!((page.total, page.events.len(), page.next), (3, 2, None));
}

/// What the index says of all rows of a part can be wrong for all of them.
#[test]
fn changes_to_every_row_of_a_part_are_seen() {
    let storage = Storage::in_memory(&Options::default()).unwrap();
    let mark = Acknowledgement { at: at(2), by: None, note: None };
    let mut draft = Draft::new(EventType::Docker, "test", "n").time(at(1)).uid("u", UidTime::Fixed);
    draft.acknowledgement = Some(mark);
    storage.append(vec![draft.clone()]).unwrap();
    storage.seal_now().unwrap();
    let total = |expression: &str| ask(&storage.snapshot(), &Request::new(parse(expression))).total;
    assert_eq!((total("acknowledged = true"), total("acknowledged = false")), (1, 0));
    change(&storage, Action::Unacknowledge, "everywhere");
    assert_eq!((total("acknowledged = true"), total("acknowledged = false")), (0, 1));
    draft.count = 7;
    storage.append(vec![draft]).unwrap();
    assert_eq!((total("count = 1"), total("count = 7"), total("count > 7")), (0, 1, 0));
}

#[track_caller]
fn refused(request: &Request, reason: &str) {
    let snapshot = store().snapshot();
    assert_eq!(execute(request, &snapshot, None).unwrap_err().to_string(), reason);
}

#[test]
fn what_is_refused() {
    let all = || Request::new(Filter::All);
    refused(&all().newest(10_001), "10001 events were asked for; the limit is 10000");
    refused(&all().top(10_001), "10001 values of each facet were asked for; the limit is 10000");
    let many = Request { facets: vec![FacetKey::Source; 65], ..all() };
    refused(&many, "65 facets were asked for; the limit is 64");
    let gone = "no event with id 31: it never existed, or was pruned";
    refused(&all().before(EventId(31)), gone);
    refused(&all().after(EventId(31)), gone);
    let mut deep = parse("severity = 1");
    for at in 0..=limits::FILTER_DEPTH_MAX {
        let other = parse(&format!("team = t{at}"));
        deep = if at % 2 == 0 { deep.or(other) } else { deep.and(other) };
    }
    refused(&Request::new(deep.clone()), "the filter is nested more than 128 deep");
    let snapshot = store().snapshot();
    assert!(matches!(matching(&deep, &snapshot), Err(Error::FilterTooDeep { .. })));
    assert!(matches!(stream(&deep, &snapshot), Err(Error::FilterTooDeep { .. })));
    assert!(matches!(plan(&deep, &snapshot), Err(Error::FilterTooDeep { .. })));
}

#[test]
fn a_histogram_has_its_limit() {
    let storage = Storage::in_memory(&Options::default()).unwrap();
    let events = |range: std::ops::Range<u64>| {
        let drafts = range.map(|second| Draft::custom("n").time(at(second))).collect();
        storage.append(drafts).unwrap();
        let second = NonZeroU64::new(SECOND).unwrap();
        execute(&Request::new(Filter::All).newest(0).histogram(second), &storage.snapshot(), None)
    };
    let max = limits::BUCKETS_MAX as u64;
    assert_eq!(events(0..max).unwrap().histogram.len() as u64, max);
    let error = events(max..max + 1).unwrap_err();
    assert!(matches!(error, Error::TooManyBuckets { max: named } if named as u64 == max));
}

#[test]
fn a_cache_keeps_its_budget_and_is_used() {
    let snapshot = store().snapshot();
    let cache = Cache::new(1024);
    let answer = |expression: &str| {
        let request = Request::new(parse(expression)).newest(0);
        let cached = execute(&request, &snapshot, Some(&cache)).unwrap();
        assert_eq!(cached, ask(&snapshot, &request), "{expression}");
    };
    answer("kube_namespace_name = dev");
    assert_eq!(cache.bytes(), 0, "a single value is not worth it");
    answer("name contains '1'");
    let once = cache.bytes();
    assert!(once > 0);
    answer("name contains '1' and status = triggered and time last 30s");
    assert_eq!(cache.bytes(), once, "what does not change is the same");
    answer("name contains '1' and name contains '2'");
    answer("name contains '2' and name contains '3'");
    for number in 0..50 {
        answer(&format!("name contains '{number}'"));
        assert!(cache.bytes() <= 1024);
    }
}

#[test]
fn a_snapshot_answers_as_it_was_taken() {
    let storage = store();
    let cache = Cache::new(1024 * 1024);
    let request = Request::new(parse("name contains '1' and acknowledged = false")).newest(100);
    let before = storage.snapshot();
    let answer = execute(&request, &before, Some(&cache)).unwrap();
    change(&storage, Action::Acknowledge, "id < 25");
    change(&storage, Action::Delete, "id = 28");
    storage.append(vec![Draft::custom("event 1").time(at(7))]).unwrap();
    storage.seal_now().unwrap();
    assert_eq!(execute(&request, &before, Some(&cache)).unwrap(), answer);
    assert_eq!(ask(&before, &request), answer);
    let after = execute(&request, &storage.snapshot(), Some(&cache)).unwrap();
    assert_eq!(after, ask(&storage.snapshot(), &request));
    assert_eq!((answer.total, after.total), (12, 1));
}
