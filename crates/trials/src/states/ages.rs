//! Pruning as retention does it: by age, and by bytes.

use super::reference::Entry;
use super::steps::Back;
use super::world::World;
use eventscope::{Retention, Rule, Severity};
use eventscope_model::{EventId, Timestamp};
use eventscope_storage::{Part, RowSet};
use std::collections::BTreeSet;
use std::time::Duration;

/// An instant after every event.
fn later() -> Timestamp {
    super::start::at(1_000_000_000)
}

/// Removes what happened when one of the events did, or before.
pub(super) fn by_age(world: &mut World<'_>, back: Back, severities: Option<u8>) {
    let Some(id) = world.id(back) else { return };
    let latest = world.reference.entry(id).observed.time;
    // Some events are of the far future.
    let Ok(age) = (later().nanos() - latest.nanos() - 1).try_into() else { return };
    let rule = Rule::older_than(Duration::from_nanos(age));
    let chosen: Vec<Severity> = match severities {
        Some(bits) => Severity::ALL.into_iter().filter(|s| bits >> s.level() & 1 == 1).collect(),
        None => Severity::ALL.to_vec(),
    };
    let named = targets(world, &Retention::default().rule(rule.clone().severities(chosen.clone())));
    let targets = if chosen.len() == Severity::ALL.len() {
        let all = targets(world, &Retention::default().rule(rule));
        assert_eq!(ids(&all), ids(&named), "with and without all severities");
        all
    } else {
        named
    };
    let aimed = ids(&targets);
    for id in &aimed {
        let entry = world.reference.entry(*id);
        let time = entry.observed.time;
        assert!(entry.pruned || time <= latest, "{id} of {time} is not older than {latest}");
    }
    let goes = |entry: &Entry| {
        let event = entry.current();
        !entry.deleted && event.time <= latest && chosen.contains(&event.severity)
    };
    for id in 1..world.reference.end() {
        let entry = world.reference.entry(id);
        let aimed = aimed.contains(&id) && !entry.deleted;
        assert_eq!(aimed, goes(entry), "whether {id} goes up to {latest}");
    }
    world.count("aged", 1);
    world.prune_rows(targets);
}

/// Removes the oldest sealed segments.
pub(super) fn by_bytes(world: &mut World<'_>, share: u8) {
    let stats = world.storage().stats().unwrap();
    let bytes = stats.log_bytes + stats.segments_bytes + stats.text_bytes;
    let retention = Retention::default().max_bytes(bytes / 256 * u64::from(share));
    let targets = targets(world, &retention);
    let aimed = ids(&targets);
    let snapshot = world.storage().snapshot();
    let latest = |part: &Part<'_>| {
        let entries = (part.first().0..part.end().0).map(|id| world.reference.entry(id));
        entries.filter(|entry| !entry.pruned).map(|entry| entry.observed.time).max()
    };
    let goes = |part: &Part<'_>| aimed.contains(&part.first().0);
    let (gone, left): (Vec<Part<'_>>, Vec<Part<'_>>) = snapshot.parts().partition(goes);
    let rows: u64 = gone.iter().map(|part| u64::from(part.len())).sum();
    assert_eq!(rows, aimed.len() as u64, "whole parts go");
    assert!(gone.iter().all(|part| part.sealed().is_some()), "only what is sealed goes");
    let place = |part: &Part<'_>| -> (Option<Timestamp>, EventId) { (latest(part), part.first()) };
    let left = left.iter().filter(|part| part.sealed().is_some()).map(place).min();
    let gone = gone.iter().map(place).max();
    assert!(gone.zip(left).is_none_or(|(gone, left)| gone < left), "{gone:?} before {left:?}");
    drop(snapshot);
    world.count("sized", 1);
    world.prune_rows(targets);
}

fn targets(world: &World<'_>, retention: &Retention) -> Vec<(u32, RowSet)> {
    retention.targets(world.storage(), later()).unwrap()
}

fn ids(targets: &[(u32, RowSet)]) -> BTreeSet<u64> {
    let ids = |(window, rows): &(u32, RowSet)| {
        let window = u64::from(*window) << 16;
        rows.iter().map(|row| window | u64::from(row)).collect::<Vec<_>>()
    };
    targets.iter().flat_map(ids).collect()
}
