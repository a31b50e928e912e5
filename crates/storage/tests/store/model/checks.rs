//! Compares a snapshot with the reference, through every way there is to look at a store.

use super::reference::Reference;
use eventscope_model::{Event, EventId, State};
use eventscope_storage::{Column, Field, Overlay, Part, RowSet, Snapshot, Storage};
use std::collections::BTreeMap;

/// The rows of each value of each field.
type Fields<'a> = BTreeMap<Field<'a>, BTreeMap<String, Vec<u16>>>;

/// Parts of more rows than this are compared field by field only when asked to.
const LARGE_PART_ROWS: u32 = 20_000;

/// Checks some events.
#[track_caller]
pub(super) fn events(
    snapshot: &Snapshot,
    reference: &Reference,
    ids: impl IntoIterator<Item = u64>,
) {
    for id in ids {
        let entry = reference.entry(id);
        let expected = (!entry.deleted).then(|| entry.current());
        assert_eq!(snapshot.event(EventId(id)).unwrap(), expected, "event {id}");
        let time = snapshot.time_of(EventId(id)).unwrap();
        assert_eq!(time, Some(entry.observed.time), "time of {id}");
    }
}

/// Checks everything about a snapshot but the parts and events that all cases share.
#[track_caller]
pub(super) fn snapshot(snapshot: &Snapshot, reference: &Reference) {
    let end = reference.end();
    assert_eq!(snapshot.end(), EventId(end));
    events(snapshot, reference, reference.fresh());
    let step = (reference.base_end() as usize / 20).max(1);
    events(snapshot, reference, (1..reference.base_end()).step_by(step));
    for id in [0, end, end + 1, end + 65_536, u64::MAX] {
        assert_eq!(snapshot.event(EventId(id)).unwrap(), None, "event {id}");
        assert!(snapshot.part_of(EventId(id)).is_none() && snapshot.time_of(EventId(id)).is_ok());
    }
    let mut next = EventId(1);
    for part in snapshot.parts() {
        assert_eq!(part.first(), next, "parts follow each other");
        assert_eq!(part.id(part.first_row()), part.first());
        assert_eq!(part.id(part.last_row()).0 + 1, part.end().0);
        assert_eq!(u64::from(part.len()), part.end().0 - part.first().0);
        if part.len() < LARGE_PART_ROWS {
            whole_part(&part, reference);
        }
        next = part.end();
    }
    assert_eq!(next, EventId(end));
    overlays(snapshot, reference);
}

/// Checks the index, the times and the uids of a part.
#[track_caller]
pub(super) fn whole_part(part: &Part<'_>, reference: &Reference) {
    let written: Vec<&Event> =
        (part.first().0..part.end().0).map(|id| &reference.entry(id).written).collect();
    let mut expected = Fields::new();
    for event in &written {
        for (field, value) in values(event) {
            let rows = expected.entry(field).or_default().entry(value).or_default();
            rows.push((event.id.0 & 0xFFFF) as u16);
        }
    }
    let mut fields: Vec<Field<'_>> = part.fields().collect();
    fields.sort_unstable();
    assert_eq!(fields, expected.keys().copied().collect::<Vec<_>>());
    for (field, values) in &expected {
        one_field(part, *field, values);
    }
    assert!(part.field(Field::Label("no such label")).unwrap().is_none());
    times(part, &written);
    for event in written.iter().step_by(7) {
        let row = (event.id.0 & 0xFFFF) as u16;
        assert!(part.uid_candidates(&event.uid).unwrap().contains(&row), "uid of {}", event.id);
    }
}

#[track_caller]
fn one_field(part: &Part<'_>, field: Field<'_>, values: &BTreeMap<String, Vec<u16>>) {
    let index = part.field(field).unwrap().unwrap();
    let names: Vec<&str> = (0..index.len()).map(|at| index.value(at)).collect();
    assert_eq!(names, values.keys().collect::<Vec<_>>(), "values of {field:?}");
    let mut column = BTreeMap::new();
    for (at, (value, expected)) in values.iter().enumerate() {
        assert_eq!((index.find(value), index.lower_bound(value)), (Some(at), at));
        assert_eq!(index.cardinality(at) as usize, expected.len());
        let mut rows = Vec::new();
        index.rows(at).for_each(|row| rows.push(row));
        assert_eq!(&rows, expected, "rows of {field:?} = {value:?}");
        column.extend(rows.into_iter().map(|row| (row, at as u16)));
    }
    assert!(index.present().iter().eq(column.keys().copied()));
    assert_eq!(index.present_len() as usize, column.len());
    assert_eq!(index.find("no such value"), None);
    let read = index.column().unwrap();
    for row in part.first_row()..=part.last_row() {
        let expected = column.get(&row).copied().unwrap_or(Column::NONE);
        assert_eq!(read.value(row), expected, "column of {field:?} at {row}");
    }
}

#[track_caller]
fn times(part: &Part<'_>, written: &[&Event]) {
    let mut expected: Vec<_> =
        written.iter().map(|event| (event.time, (event.id.0 & 0xFFFF) as u16)).collect();
    let times = part.times().unwrap();
    for (time, row) in &expected {
        assert_eq!(times.time(*row), *time);
    }
    expected.sort_unstable();
    assert!(times.ascending().eq(expected.iter().map(|(_, row)| *row)));
    let (first, last) = (expected[0].0, expected[expected.len() - 1].0);
    assert_eq!((times.first(), times.last()), (first, last));
    assert_eq!(part.time_span(), (first, last));
    let middle = expected[expected.len() / 2].0;
    let start = expected.partition_point(|(time, _)| *time < middle);
    let end = expected.partition_point(|(time, _)| *time <= middle);
    assert_eq!(times.positions(middle, middle), start..end);
    assert_eq!(times.positions(first, last), 0..expected.len());
}

/// The values of an event in all indexed fields.
fn values(event: &Event) -> Vec<(Field<'_>, String)> {
    let mut values = vec![
        (Field::Severity, event.severity.level().to_string()),
        (Field::Type, event.event_type.name().to_owned()),
        (Field::Source, event.source.clone()),
        (Field::Name, event.name.clone()),
    ];
    if event.state == State::Resolved {
        values.push((Field::State, "resolved".to_owned()));
    }
    if event.acknowledgement.is_some() {
        values.push((Field::Acknowledged, "true".to_owned()));
    }
    if event.count > 1 {
        values.push((Field::Count, event.count.to_string()));
    }
    values.extend(event.labels.canonical().map(|(key, v)| (Field::Label(key), v.to_owned())));
    values.extend(event.tags.iter().map(|(key, v)| (Field::Tag(key), v.to_owned())));
    values
}

/// Checks what the overlays say of every row that anything happened to, and that they say nothing
/// of the others.
#[track_caller]
fn overlays(snapshot: &Snapshot, reference: &Reference) {
    let windows = (reference.end() >> 16) as u32 + 1;
    let none = Overlay::default();
    for window in 0..=windows {
        let overlay = snapshot.overlay(window).unwrap_or(&none);
        let ids: Vec<u64> = reference.fresh().filter(|id| (*id >> 16) as u32 == window).collect();
        let known: RowSet = ids.iter().map(|id| (*id & 0xFFFF) as u16).collect();
        let all = [
            overlay.deleted(),
            overlay.resolved(),
            overlay.acknowledged(),
            overlay.unacknowledged(),
            overlay.amended(),
            overlay.recounted(),
        ];
        for set in all.into_iter().flatten() {
            assert_eq!(set.intersection_len(&known), set.len(), "rows that nothing happened to");
        }
        if let Some((set, taken)) = overlay.acknowledged().zip(overlay.unacknowledged()) {
            assert_eq!(set.intersection_len(taken), 0, "rows with a mark set and taken away");
        }
        for id in ids {
            one_row(overlay, reference, id);
        }
    }
}

#[track_caller]
fn one_row(overlay: &Overlay, reference: &Reference, id: u64) {
    let entry = reference.entry(id);
    let row = (id & 0xFFFF) as u16;
    let in_set = |set: Option<&RowSet>| set.is_some_and(|set| set.contains(row));
    assert_eq!(in_set(overlay.deleted()), entry.deleted, "deletion of {id}");
    assert_eq!(in_set(overlay.amended()), entry.amended, "amendment of {id}");
    let (written, current) = (&entry.written, entry.current());
    let mark = written.acknowledgement.is_some() && !in_set(overlay.unacknowledged());
    let mark = mark || in_set(overlay.acknowledged());
    assert_eq!(mark, current.acknowledgement.is_some(), "acknowledgement of {id}");
    if !entry.amended {
        let resolved = written.state == State::Resolved || in_set(overlay.resolved());
        assert_eq!(resolved, current.state == State::Resolved, "state of {id}");
        let counted = written.count == current.count || in_set(overlay.recounted());
        assert!(counted, "count of {id}");
    }
}

/// Checks the history of an event.
#[track_caller]
pub(super) fn history(storage: &Storage, reference: &Reference, id: u64) {
    let history = storage.history(EventId(id)).unwrap();
    assert!(history.is_sorted_by_key(|entry| entry.change), "history of {id}");
    assert!(history.windows(2).all(|pair| pair[0].change != pair[1].change));
    assert_eq!(history, reference.entry(id).history, "history of {id}");
}

/// Checks the figures of a store.
#[track_caller]
pub(super) fn stats(storage: &Storage, reference: &Reference) {
    let stats = storage.stats().unwrap();
    let all = reference.end() - 1;
    assert_eq!((stats.events, stats.deleted), (all - reference.deleted(), reference.deleted()));
    assert_eq!(stats.failure, None);
    let snapshot = storage.snapshot();
    let (sealed, tail): (Vec<Part<'_>>, Vec<Part<'_>>) =
        snapshot.parts().partition(|part| part.sealed().is_some());
    assert_eq!(stats.segments, sealed.len() as u64);
    assert_eq!(stats.tail_events, tail.iter().map(|part| u64::from(part.len())).sum::<u64>());
}
