//! How long events are kept: what goes, what stays, and what is told while it goes.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has to fail")]

use eventscope::{
    Band, Clock, Draft, Error, EventId, EventType, FacetKey, Options, Outcome, Remark, Request,
    Retention, Rule, Severity, Store, Targets, Timestamp,
};
use eventscope_testkit::generate::Generator;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const DAY: Duration = Duration::from_secs(86_400);
const HOUR: Duration = Duration::from_secs(3_600);

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A day and a half after the first generated event.
fn now() -> Timestamp {
    time("2026-11-24T12:00:00Z")
}

fn options() -> Options {
    Options { clock: Clock::at(now()), ..Options::default() }
}

fn filled(path: &Path, events: usize) -> (Store, Vec<Draft>) {
    let store = Store::open_with(path, options()).unwrap();
    let drafts: Vec<Draft> = Generator::new(7).take(events).collect();
    drafts.chunks(10_000).for_each(|chunk| {
        store.append(chunk).unwrap();
    });
    (store, drafts)
}

fn total(store: &Store, expression: &str) -> u64 {
    store.query(&Request::parse(expression).unwrap().newest(0)).unwrap().total
}

/// How long ago a draft happened.
fn age(draft: &Draft) -> Duration {
    let nanos = now().nanos() - draft.time.unwrap().nanos();
    Duration::from_nanos(nanos.try_into().unwrap())
}

/// Whether a rule removes a draft, naively.
fn goes(rule: &Rule, draft: &Draft) -> bool {
    let severity = Severity::from_level(draft.severity).unwrap();
    age(draft) > rule.older_than
        && rule.severities.as_ref().is_none_or(|list| list.contains(&severity))
        && rule.types.as_ref().is_none_or(|list| list.contains(&draft.event_type))
}

/// Checks that a store holds exactly the drafts that no rule removes, and answers so.
#[track_caller]
fn check(store: &Store, drafts: &[Draft], stays: impl Fn(&Draft) -> bool) {
    let expected: BTreeSet<&str> =
        drafts.iter().filter(|d| stays(d)).map(|d| d.uid.as_ref().unwrap().text.as_str()).collect();
    let all = eventscope::parse("everywhere").unwrap();
    let there: BTreeSet<String> =
        store.export(&all).events().unwrap().map(|event| event.unwrap().uid).collect();
    assert!(there.iter().map(String::as_str).eq(expected.iter().copied()));
    assert_eq!(store.stats().unwrap().events, expected.len() as u64);
    let page =
        store.query(&Request::everything().facet(FacetKey::Severity).histogram(HOUR)).unwrap();
    assert_eq!(page.total, expected.len() as u64);
    let by_severity: u64 = page.facets[0].values.iter().map(|(_, events)| events).sum();
    let by_time: u64 = page.histogram.iter().map(|(_, events)| events).sum();
    assert_eq!((by_severity, by_time), (page.total, page.total));
    for level in 0..8 {
        let naive = drafts.iter().filter(|d| stays(d) && d.severity == level).count() as u64;
        assert_eq!(total(store, &format!("severity = {level}")), naive, "severity {level}");
    }
    let report = store.verify(|_, _| {}).unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
}

#[test]
fn rules_of_age_severity_and_type_keep_what_they_say() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let (store, drafts) = filled(&path, 150_000);
    let kinds = [EventType::Docker, EventType::Policy];
    let rules = [
        Rule::older_than(35 * HOUR).types(kinds),
        Rule::older_than(33 * HOUR).severities(Band::Info.severities()),
        // The first window as a whole, and a part of the second.
        Rule::older_than(34 * HOUR),
        Rule::older_than(HOUR).severities([]),
    ];
    let mut followed: Vec<Rule> = Vec::new();
    store.close().unwrap();
    let mut store = Store::open_with(&path, options()).unwrap();
    for rule in rules {
        followed.push(rule.clone());
        let before = store.stats().unwrap();
        let pruned = store.prune(&Retention::default().rule(rule)).unwrap();
        let stays = |draft: &Draft| !followed.iter().any(|rule| goes(rule, draft));
        check(&store, &drafts, stays);
        let after = store.stats().unwrap();
        assert_eq!(pruned.removed_events, before.events - after.events);
        // A page or two come and go with every commit.
        let freed = before.bytes.total().saturating_sub(after.bytes.total());
        assert!(freed.abs_diff(pruned.freed_bytes) < 100_000, "{freed} bytes, {pruned:?}");
        println!("{:?}: {pruned:?}", followed.last().unwrap());
        store.close().unwrap();
        store = Store::open_with(&path, options()).unwrap();
        check(&store, &drafts, stays);
    }
    assert_eq!(store.stats().unwrap().pruned + store.stats().unwrap().events, 150_000);
}

#[test]
fn queries_are_exact_while_events_go() {
    let dir = tempfile::tempdir().unwrap();
    let (store, drafts) = filled(&dir.path().join("events.db"), 80_000);
    let first = Rule::older_than(35 * HOUR).severities(Band::Info.severities());
    // The first window as a whole, and a part of the second.
    let second = Rule::older_than(34 * HOUR + HOUR / 4);
    let left = |rules: &[&Rule]| {
        drafts.iter().filter(|draft| !rules.iter().any(|rule| goes(rule, draft))).count() as u64
    };
    // Every state of the store has one of these totals.
    let totals: BTreeSet<u64> = [80_000, left(&[&first]), left(&[&first, &second])].into();
    assert_eq!(totals.len(), 3);
    let ends = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut seen = BTreeSet::new();
                    while !ends.load(Ordering::Relaxed) {
                        let request = Request::everything().newest(20).facet(FacetKey::Type);
                        let page = store.query(&request).unwrap();
                        let counted: u64 = page.facets[0].values.iter().map(|(_, n)| n).sum();
                        assert_eq!(counted, page.total);
                        assert_eq!(page.events.len() as u64, page.total.min(20));
                        seen.insert(page.total);
                    }
                    seen
                })
            })
            .collect();
        for rule in [&first, &second] {
            store.prune(&Retention::default().rule(rule.clone())).unwrap();
        }
        store.rebuild(|_, _| {}).unwrap();
        ends.store(true, Ordering::Relaxed);
        for reader in readers {
            let seen = reader.join().unwrap();
            assert!(seen.is_subset(&totals), "{seen:?} among {totals:?}");
        }
    });
    assert!(store.stats().unwrap().events > 0 && store.stats().unwrap().pruned > 65_535);
    check(&store, &drafts, |draft| !goes(&first, draft) && !goes(&second, draft));
}

#[test]
fn the_oldest_segments_go_until_the_bytes_fit() {
    let dir = tempfile::tempdir().unwrap();
    let (store, drafts) = filled(&dir.path().join("events.db"), 250_000);
    store.close().unwrap();
    let store = Store::open_with(dir.path().join("events.db"), options()).unwrap();
    // How many bytes there are depends on how far the text index is, and on free pages.
    store.finish_text(|_, _| ()).unwrap();
    let whole = store.stats().unwrap().bytes.total();
    let shares = [whole / 8 * 7, whole / 8 * 5];
    for max in shares {
        let before = store.stats().unwrap();
        let pruned = store.prune(&Retention::default().max_bytes(max)).unwrap();
        let after = store.stats().unwrap();
        println!("{} of at most {max} bytes, {pruned:?}", after.bytes.total());
        assert!(before.bytes.total() > max, "{} bytes before", before.bytes.total());
        let unsealed = after.bytes.log;
        assert!(after.bytes.total() <= max + unsealed, "{} bytes after", after.bytes.total());
        assert_eq!(pruned.over_bytes, after.bytes.total().saturating_sub(max));
        assert!(after.events > 0 && pruned.removed_segments > 0);
        // Ids ascend with time, but for a few that come late: the newest are there.
        let left = 250_000 - after.events as usize;
        let uids: BTreeSet<&str> =
            drafts[left..].iter().map(|d| d.uid.as_ref().unwrap().text.as_str()).collect();
        let all = eventscope::parse("everywhere").unwrap();
        let export = store.export(&all);
        assert!(export.events().unwrap().all(|e| uids.contains(e.unwrap().uid.as_str())));
    }
    let again = store.prune(&Retention::default().max_bytes(shares[1])).unwrap();
    assert_eq!(again.removed_events, 0);
}

#[test]
fn an_event_is_as_old_as_its_last_observation_says() {
    let alert = |n: u32, text: &str| {
        Draft::new(EventType::Alert, "prometheus", "HighCpu")
            .uid(format!("alert:{n}"), eventscope::UidTime::Free)
            .time(time(text))
    };
    let seal = |store: Store, path: &Path| {
        store.set_scope_labels(&"team".parse().unwrap(), |_, _| {}).unwrap();
        store.close().unwrap();
        Store::open_with(path, options()).unwrap()
    };
    let bands = [Band::High, Band::Medium, Band::Low, Band::Info];
    let age = Rule::older_than(30 * DAY);
    let named = age.clone().severities(bands.iter().flat_map(|band| band.severities()));
    for (sealed, rule) in [(false, &age), (false, &named), (true, &age), (true, &named)] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.db");
        let mut store = Store::open_with(&path, options()).unwrap();
        let first: Vec<Draft> = (0..1_000).map(|n| alert(n, "2026-09-01T00:00:00Z")).collect();
        store.append(first).unwrap();
        if sealed {
            store = seal(store, &path);
        }
        // Of three alerts one has an end by now, so that its last observation counts for sure.
        let again = |n| alert(n, "2026-11-23T12:00:00Z").resolved(now());
        store.append((0..1_000).step_by(3).map(again).collect::<Vec<_>>()).unwrap();
        let deleted = Targets::id(EventId(1));
        store.delete(&deleted, &Remark::default()).unwrap();
        assert_eq!(total(&store, "time >= '2026-11-01T00:00:00Z'"), 333);
        let pruned = store.prune(&Retention::default().rule(rule.clone())).unwrap();
        assert_eq!((pruned.removed_events, total(&store, "everywhere")), (666, 333));
        // What was deleted of yesterday stays so.
        assert_eq!(store.append(vec![again(0)]).unwrap(), [Outcome::Duplicate(EventId(1))]);
        store.close().unwrap();
    }
}

#[test]
fn events_that_are_not_sealed_never_go_for_their_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = filled(&dir.path().join("events.db"), 70_000);
    store.finish_text(|_, _| {}).unwrap();
    store.close().unwrap();
    let store = Store::open_with(dir.path().join("events.db"), options()).unwrap();
    let pruned = store.prune(&Retention::default().max_bytes(0)).unwrap();
    assert_eq!((pruned.removed_events, pruned.removed_segments), (65_535, 1));
    let stats = store.stats().unwrap();
    assert_eq!((stats.events, stats.tail_events, pruned.unsealed_events), (4_465, 4_465, 4_465));
    assert_eq!(pruned.over_bytes, stats.bytes.total());
    let enough = store.prune(&Retention::default().max_bytes(1_000_000_000)).unwrap();
    assert_eq!((enough.removed_events, enough.over_bytes), (0, 0));
}

#[test]
fn a_pruned_event_is_as_if_it_had_never_been() {
    let store = Store::in_memory(options()).unwrap();
    let old = Draft::new(EventType::Docker, "docker", "Killed").time(time("2026-11-20T00:00:00Z"));
    let old = old.uid("docker:1", eventscope::UidTime::Fixed);
    store.append(vec![old.clone(), Draft::custom("new")]).unwrap();
    let all = Targets::parse("everywhere").unwrap();
    store.acknowledge(&all, &Remark::by("aya")).unwrap();
    let pruned = store.prune(&Retention::default().rule(Rule::older_than(DAY))).unwrap();
    assert_eq!((pruned.removed_events, store.stats().unwrap().pruned), (1, 1));
    let gone = EventId(1);
    assert!(matches!(store.event(gone), Err(Error::NoSuchEvent { .. })));
    let beside = store.query(&Request::everything().before(gone));
    assert!(matches!(beside, Err(Error::NoSuchEvent { id }) if id == gone));
    let named = store.acknowledge(&Targets::id(gone), &Remark::default());
    assert!(matches!(named, Err(Error::NoSuchEvent { .. })));
    assert!(store.history(gone).unwrap().is_empty());
    assert_eq!(store.append(vec![old]).unwrap(), [Outcome::Appended(EventId(3))]);
    assert_eq!(store.event(EventId(3)).unwrap().acknowledgement, None);
}

#[test]
fn an_open_store_follows_its_rules_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let (store, drafts) = filled(&path, 20_000);
    store.close().unwrap();
    let retention = Retention::default().rule(Rule::older_than(35 * HOUR + HOUR / 2));
    let expected = drafts.iter().filter(|d| !goes(&retention.rules[0], d)).count() as u64;
    let store = Store::open_with(&path, Options { retention, ..options() }).unwrap();
    let start = Instant::now();
    while store.stats().unwrap().events != expected {
        assert!(start.elapsed() < Duration::from_secs(60), "nothing was pruned");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(store.stats().unwrap().upkeep_failure, None);
    store.close().unwrap();
    let store = Store::open_with(&path, options()).unwrap();
    check(&store, &drafts, |draft| age(draft) <= 35 * HOUR + HOUR / 2);
}

#[test]
fn a_clock_that_panics_is_told_as_the_failure_it_is() {
    let broken = std::sync::Arc::new(AtomicBool::new(false));
    let asked = std::sync::Arc::clone(&broken);
    let clock = Clock::new(move || {
        assert!(!asked.load(Ordering::Relaxed), "the clock is broken");
        now()
    });
    let retention = Retention::default().rule(Rule::older_than(DAY));
    let store = Store::in_memory(Options { clock, retention, ..Options::default() }).unwrap();
    broken.store(true, Ordering::Relaxed);
    let start = Instant::now();
    let failure = loop {
        if let Some(failure) = store.stats().unwrap().upkeep_failure {
            break failure;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "nothing is told");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(failure, "the work on the rules panicked: the clock is broken");
    store.close().unwrap();
}

#[test]
fn a_store_with_rules_closes_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    for round in 0..20 {
        let retention = Retention::default().rule(Rule::older_than(DAY)).max_bytes(1);
        let store = Store::open_with(&path, Options { retention, ..options() }).unwrap();
        let start = Instant::now();
        if round % 2 == 0 {
            store.close().unwrap();
        } else {
            drop(store);
        }
        assert!(start.elapsed() < Duration::from_millis(900), "{:?}", start.elapsed());
    }
}

#[test]
fn after_a_close_every_call_says_so() {
    let store = Store::in_memory(options()).unwrap();
    store.append(vec![Draft::custom("one")]).unwrap();
    store.clone().close().unwrap();
    let (all, none) = (Targets::parse("everywhere").unwrap(), Remark::default());
    let everything = Request::everything();
    let said = [
        store.query(&everything).map(drop),
        store.explain(&everything).map(drop),
        store.event(EventId(1)).map(drop),
        store.history(EventId(1)).map(drop),
        store.history(EventId(9)).map(drop),
        store.append(vec![Draft::custom("two")]).map(drop),
        store.append(vec![]).map(drop),
        store.acknowledge(&all, &none).map(drop),
        store.undo(1, &none).map(drop),
        store.labels("").map(drop),
        store.values("team", "").map(drop),
        store.stats().map(drop),
        store.finish_text(|_, _| {}),
        store.verify(|_, _| {}).map(drop),
        store.rebuild(|_, _| {}).map(drop),
        store.prune(&Retention::default()).map(drop),
        store.backup("nowhere", |_, _| {}).map(drop),
        store.export(&eventscope::parse("everywhere").unwrap()).events().map(drop),
        store.has_label("team").map(drop),
        store.each_label("", |_, _| {}),
        store.each_value("team", "", |_, _| {}),
    ];
    for (number, said) in said.into_iter().enumerate() {
        let closed = matches!(&said, Err(Error::Storage(eventscope::StorageError::Closed)));
        assert!(closed, "call {number}: {said:?}");
    }
    store.close().unwrap_err();
}
