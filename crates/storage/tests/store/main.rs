//! Drives the store through its public interface: one module per promise.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod backup;
mod closing;
mod extremes;
mod folders;
mod full;
mod golden;
mod life;
mod memory;
mod merging;
mod opening;
mod pairs;
mod pruning;
mod reindexing;
mod undo;

use eventscope_model::{Draft, EventId, EventType, Timestamp, UidTime};
use eventscope_storage::{Clock, Field, Options, Outcome, RowSet, Storage};
use std::path::Path;

/// 2026-11-23T09:00:00Z plus some seconds.
fn at(second: i64) -> Timestamp {
    Timestamp::from_unix(1_795_424_400 + second).unwrap()
}

fn options() -> Options {
    Options { clock: Clock::at(at(1_000_000)), ..Options::default() }
}

/// A draft that says its number in every field.
fn draft(n: u64) -> Draft {
    let event_type = [EventType::Alert, EventType::Kubernetes, EventType::Custom][n as usize % 3];
    Draft::new(event_type, "test", format!("Event {}", n % 7))
        .severity((n % 8) as u8)
        .description(format!("this is number {n}"))
        .time(at((n as i64 * 7_919) % 50_000))
        .label("kubernetes.namespace.name", format!("ns-{}", n % 5))
        .label("kube_pod_name", format!("pod-{}", n / 3))
        .tag("parity", if n.is_multiple_of(2) { "even" } else { "odd" })
        .uid(format!("k8s:{:032x}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15)), UidTime::Fixed)
}

fn drafts(numbers: std::ops::Range<u64>) -> Vec<Draft> {
    numbers.map(draft).collect()
}

/// Puts the counters of the segments of one backup into those of another.
fn put_counters(from: &Path, to: &Path) {
    const FACTS: redb::TableDefinition<'_, u64, &[u8]> = redb::TableDefinition::new("meta");
    let [from, to] = [from, to].map(|dir| redb::Database::open(dir.join("segments.redb")).unwrap());
    let read = redb::ReadableDatabase::begin_read(&from).unwrap();
    let counters = read.open_table(FACTS).unwrap().get(5).unwrap().unwrap().value().to_vec();
    let transaction = to.begin_write().unwrap();
    transaction.open_table(FACTS).unwrap().insert(5, counters.as_slice()).unwrap();
    transaction.commit().unwrap();
}

fn ids(outcomes: &[Outcome]) -> Vec<u64> {
    let id = |outcome: &Outcome| match outcome {
        Outcome::Appended(id) => id.0,
        other => panic!("not appended: {other:?}"),
    };
    outcomes.iter().map(id).collect()
}

/// Checks that a store holds `draft(0)`, `draft(1)`, ... under the ids 1, 2, ..., and that each of
/// its indexes says so too.
#[track_caller]
fn check_whole(storage: &Storage, count: u64) {
    let snapshot = storage.snapshot();
    assert_eq!(snapshot.end(), EventId(count + 1));
    let mut by_namespace = [0; 5];
    let mut next = EventId(1);
    for part in snapshot.parts() {
        assert_eq!(part.first(), next);
        next = part.end();
        let times = part.times().unwrap();
        let order: Vec<_> = times.ascending().map(|row| (times.time(row), row)).collect();
        assert!(order.is_sorted());
        for (value, total) in by_namespace.iter_mut().enumerate() {
            let field = part.field(Field::Label("kubernetes.namespace.name")).unwrap().unwrap();
            *total += field.find(&format!("ns-{value}")).map_or(0, |at| field.cardinality(at));
        }
        let pods = part.field(Field::Label("kubernetes.pod.name")).unwrap().unwrap();
        let mut present = RowSet::empty();
        pods.present().or_into(&mut present);
        assert_eq!(present, RowSet::span(part.first_row(), part.last_row()));
    }
    assert_eq!(next, EventId(count + 1));
    assert_eq!(u64::from(by_namespace.iter().sum::<u32>()), count);
    let step = (count / 500).max(1);
    for n in (0..count).step_by(step as usize).chain(count.checked_sub(1)) {
        let event = snapshot.event(EventId(n + 1)).unwrap().unwrap();
        let expected = draft(n);
        assert_eq!(event.description, expected.description);
        assert_eq!(event.labels, expected.labels);
        assert_eq!(event.tags, expected.tags);
        assert_eq!(Some(event.time), expected.time);
        assert_eq!(event.uid, expected.uid.unwrap().text);
        assert_eq!(event.received, at(1_000_000));
    }
}
