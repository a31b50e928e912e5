//! Compares a snapshot with the reference, through every way there is to look at a store.

use super::reference::{Entry, Reference};
use eventscope_model::{Event, EventId, ScopeLabels, State};
use eventscope_storage::{Field, Overlay, Part, RowSet, Snapshot, Storage};
use std::collections::BTreeMap;

/// The rows of each value of each field.
type Fields<'a> = BTreeMap<Field<'a>, BTreeMap<String, Vec<u16>>>;

/// Parts of more rows than this are compared field by field only when asked to.
pub(super) const LARGE_PART_ROWS: u32 = 20_000;

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
        assert_eq!(time, (!entry.pruned).then_some(entry.observed.time), "time of {id}");
    }
}

/// Checks everything about a snapshot but the parts and events that all sequences share.
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
        hole(reference, next, part.first());
        assert_eq!(part.id(part.first_row()), part.first());
        assert_eq!(part.id(part.last_row()).0 + 1, part.end().0);
        assert_eq!(u64::from(part.len()), part.end().0 - part.first().0);
        if part.len() < LARGE_PART_ROWS {
            whole_part(snapshot, &part, reference);
        }
        next = part.end();
    }
    hole(reference, next, EventId(end));
    overlays(snapshot, reference);
}

/// Checks that all events between two parts were pruned.
#[track_caller]
fn hole(reference: &Reference, start: EventId, end: EventId) {
    assert!(start <= end, "parts follow each other");
    assert!((start.0..end.0).all(|id| reference.entry(id).pruned), "{start} to {end} are missing");
}

/// Checks the index, the times and the uids of a part.
#[track_caller]
pub(super) fn whole_part(snapshot: &Snapshot, part: &Part<'_>, reference: &Reference) {
    let (said, labels) = (said(part), snapshot.scope_labels());
    let none = Overlay::default();
    let overlay = snapshot.overlay(part.window()).unwrap_or(&none);
    let ids = part.first().0..part.end().0;
    let written: Vec<(u64, Option<&Event>)> = ids
        .map(|id| {
            let row = (id & 0xFFFF) as u16;
            let amended = overlay.amended().is_some_and(|rows| rows.contains(row));
            let said = said.get(&row);
            (id, version(reference.entry(id), said, amended, part.sealed().is_some(), labels))
        })
        .collect();
    let mut expected = Fields::new();
    for event in written.iter().filter_map(|(_, event)| *event) {
        for (field, value) in values(event, labels) {
            let rows = expected.entry(field).or_default().entry(value).or_default();
            rows.push((event.id.0 & 0xFFFF) as u16);
        }
    }
    let mut fields = Vec::new();
    part.each_field_name(|field| {
        fields.push(format!("{field:?}"));
        Ok(())
    })
    .unwrap();
    assert_eq!(fields, expected.keys().map(|field| format!("{field:?}")).collect::<Vec<_>>());
    for (field, values) in &expected {
        one_field(part, *field, values);
    }
    assert!(part.field(Field::Label("no such label")).unwrap().is_none());
    times(part, &written, reference);
    for (id, _) in written.iter().filter(|(id, _)| !reference.entry(*id).pruned).step_by(7) {
        let row = (id & 0xFFFF) as u16;
        let uid = &reference.entry(*id).written.uid;
        assert!(part.uid_candidates(uid).unwrap().contains(&row), "uid of {id}");
    }
}

/// What the index of a part says of each row.
fn said(part: &Part<'_>) -> BTreeMap<u16, Vec<(String, String)>> {
    let mut said: BTreeMap<u16, Vec<(String, String)>> = BTreeMap::new();
    part.each_field_name(|field| {
        let index = part.field(field).unwrap().unwrap();
        for at in 0..index.len() {
            let value = index.value(at).to_owned();
            index.rows(at).for_each(|row| {
                said.entry(row).or_default().push((format!("{field:?}"), value.clone()));
            });
        }
        Ok(())
    })
    .unwrap();
    said
}

/// The version of an event that its row holds, by what the index says of it; none if the row was
/// emptied.
#[track_caller]
fn version<'a>(
    entry: &'a Entry,
    said: Option<&Vec<(String, String)>>,
    amended: bool,
    sealed: bool,
    labels: &ScopeLabels,
) -> Option<&'a Event> {
    let id = entry.written.id;
    let Some(said) = said else {
        assert!(entry.deleted && sealed, "event {id} is in no index");
        return None;
    };
    let says = |event: &&Event| {
        let mut values = values(event, labels);
        values.sort_unstable();
        values
            .iter()
            .map(|(field, value)| (format!("{field:?}"), value))
            .eq(said.iter().map(|(field, value)| (field.clone(), value)))
    };
    let versions = std::iter::once(&entry.written).chain(&entry.amendments);
    let newest = || versions.clone().last().filter(says);
    let found = if amended { versions.clone().rev().find(says) } else { newest() };
    assert!(found.is_some(), "event {id} never was what the index says: {said:?}");
    found
}

#[track_caller]
fn one_field(part: &Part<'_>, field: Field<'_>, values: &BTreeMap<String, Vec<u16>>) {
    let index = part.field(field).unwrap().unwrap();
    let names: Vec<&str> = (0..index.len()).map(|at| index.value(at)).collect();
    assert_eq!(names, values.keys().collect::<Vec<_>>(), "values of {field:?}");
    let mut present = RowSet::empty();
    for (at, (value, expected)) in values.iter().enumerate() {
        assert_eq!((index.find(value), index.lower_bound(value)), (Some(at), at));
        assert_eq!(index.cardinality(at) as usize, expected.len());
        let mut rows = Vec::new();
        index.rows(at).for_each(|row| rows.push(row));
        assert_eq!(&rows, expected, "rows of {field:?} = {value:?}");
        rows.into_iter().for_each(|row| present.insert(row));
    }
    let mut read = RowSet::empty();
    index.present().or_into(&mut read);
    assert_eq!(read, present);
    assert_eq!(index.present_len(), present.len());
    assert_eq!(index.find("no such value"), None);
    let column = part.column(field, &index).unwrap().unwrap();
    let mut counts = vec![0; index.len()];
    column.count(&RowSet::span(part.first_row(), part.last_row()), &mut counts);
    let expected = values.values().map(|rows| rows.len() as u32);
    assert!(counts.into_iter().eq(expected), "column of {field:?}");
}

#[track_caller]
fn times(part: &Part<'_>, written: &[(u64, Option<&Event>)], reference: &Reference) {
    let times = part.times().unwrap();
    let mut expected = Vec::new();
    for (id, event) in written {
        let row = (id & 0xFFFF) as u16;
        let time = times.time(row);
        let entry = reference.entry(*id);
        let mut versions = std::iter::once(&entry.written).chain(&entry.amendments);
        // Two versions may differ in nothing that is indexed but the time.
        let ever = event.is_none() || entry.amended;
        assert!(match ever {
            true => versions.any(|version| version.time == time),
            false => entry.written.time == time,
        });
        expected.push((time, row));
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
fn values<'a>(event: &'a Event, labels: &ScopeLabels) -> Vec<(Field<'a>, String)> {
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
    let admitted = event.labels.canonical().filter(|(key, _)| labels.admit(key));
    values.extend(admitted.map(|(key, v)| (Field::Label(key), v.to_owned())));
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
            match snapshot.part_of(EventId(id)) {
                Some(_) => one_row(overlay, reference, id),
                None => {
                    let row = (id & 0xFFFF) as u16;
                    let known = all.into_iter().flatten().any(|set| set.contains(row));
                    assert!(!known, "{id} was pruned as a whole");
                }
            }
        }
    }
}

#[track_caller]
fn one_row(overlay: &Overlay, reference: &Reference, id: u64) {
    let entry = reference.entry(id);
    let row = (id & 0xFFFF) as u16;
    let in_set = |set: Option<&RowSet>| set.is_some_and(|set| set.contains(row));
    assert_eq!(in_set(overlay.deleted()), entry.deleted, "deletion of {id}");
    assert_eq!(in_set(overlay.pruned()), entry.pruned, "pruning of {id}");
    assert!(entry.amended || !in_set(overlay.amended()), "amendment of {id}");
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
    // A full tail may be sealed at any moment: the figures count if nothing was sealed meanwhile.
    let (stats, snapshot) = loop {
        let before = storage.snapshot().parts().count();
        let (stats, snapshot) = (storage.stats().unwrap(), storage.snapshot());
        if snapshot.parts().count() == before {
            break (stats, snapshot);
        }
    };
    let all = reference.end() - 1;
    let (deleted, pruned) = reference.gone();
    let expected = (all - deleted - pruned, deleted, pruned);
    assert_eq!((stats.events, stats.deleted, stats.pruned), expected);
    assert_eq!(stats.failure, None);
    let (sealed, tail): (Vec<Part<'_>>, Vec<Part<'_>>) =
        snapshot.parts().partition(|part| part.sealed().is_some());
    assert_eq!(stats.segments, sealed.len() as u64);
    assert_eq!(stats.tail_events, tail.iter().map(|part| u64::from(part.len())).sum::<u64>());
}
