//! What has changed since the rows were written: state, end, count, acknowledgement, deletion.
//!
//! One [`Overlay`] per window, immutable once published: a change copies the overlays of the
//! windows it touches. It is keyed by row number, so sealing a tail never touches it.

use crate::change::{Action, Doing, Observed, Record, StoredRow, read_rows};
use crate::error::{Error, Result};
use crate::index::row_set::RowSet;
use crate::limits::FEW_ROWS_MAX;
use crate::row::Row;
use eventscope_model::{Acknowledgement, Event, EventId, State, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The changes in one window.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    deleted: Lazy,
    pruned: Lazy,
    resolved: Lazy,
    acknowledged: Lazy,
    unacknowledged: Lazy,
    amended: Lazy,
    recounted: Lazy,
    resolutions: Marks,
    acknowledgements: Marks,
    observed: BTreeMap<u16, Observed>,
    /// Since when alerts are over by a notice, that are open by their own observations.
    closed: BTreeMap<u16, Timestamp>,
    /// Notices that are the end of another event: they are among the deleted rows, but whole.
    absorbed: BTreeMap<u16, EventId>,
    /// Each with the number of the change that it is from.
    amendments: BTreeMap<u16, (u64, Arc<Row>)>,
}

/// A set of rows that takes no space while it is empty.
#[derive(Clone, Debug, Default)]
struct Lazy(Option<RowSet>);

impl Lazy {
    fn get(&self) -> Option<&RowSet> {
        self.0.as_ref()
    }

    fn contains(&self, row: u16) -> bool {
        self.0.as_ref().is_some_and(|set| set.contains(row))
    }

    fn add(&mut self, rows: &RowSet) {
        self.0.get_or_insert_with(RowSet::empty).or(rows);
    }

    fn insert(&mut self, row: u16) {
        self.0.get_or_insert_with(RowSet::empty).insert(row);
    }

    fn remove(&mut self, row: u16) {
        if let Some(set) = &mut self.0 {
            set.remove(row);
        }
    }

    fn take(&mut self, rows: &RowSet) {
        if let Some(set) = &mut self.0 {
            set.and_not(rows);
        }
    }
}

/// Who did something when, and to which rows: the latest mark of each row.
#[derive(Clone, Debug, Default)]
struct Marks {
    few: BTreeMap<u16, Arc<Mark>>,
    many: Vec<(RowSet, Arc<Mark>)>,
}

#[derive(Debug)]
struct Mark {
    at: Timestamp,
    by: Option<String>,
    note: Option<String>,
}

impl Marks {
    fn clear(&mut self, rows: &RowSet) {
        if !self.few.is_empty() {
            self.few.retain(|row, _| !rows.contains(*row));
        }
        for (marked, _) in &mut self.many {
            marked.and_not(rows);
        }
        self.many.retain(|(marked, _)| !marked.is_empty());
    }

    fn set(&mut self, rows: &RowSet, mark: &Arc<Mark>) {
        self.clear(rows);
        if u64::from(rows.len()) <= FEW_ROWS_MAX {
            self.few.extend(rows.iter().map(|row| (row, Arc::clone(mark))));
        } else {
            self.many.push((rows.clone(), Arc::clone(mark)));
        }
    }

    fn get(&self, row: u16) -> Option<&Mark> {
        let few = self.few.get(&row);
        let many = || self.many.iter().find(|(rows, _)| rows.contains(row)).map(|(_, mark)| mark);
        few.or_else(many).map(Arc::as_ref)
    }
}

impl Overlay {
    /// Rows whose events were deleted or pruned.
    #[must_use]
    pub fn deleted(&self) -> Option<&RowSet> {
        self.deleted.get()
    }

    /// Rows whose events are resolved although their rows do not say so.
    #[must_use]
    pub fn resolved(&self) -> Option<&RowSet> {
        self.resolved.get()
    }

    /// Rows whose events were acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> Option<&RowSet> {
        self.acknowledged.get()
    }

    /// Rows whose acknowledgement was taken away, although their rows may say they have one.
    #[must_use]
    pub fn unacknowledged(&self) -> Option<&RowSet> {
        self.unacknowledged.get()
    }

    /// Rows that were replaced as a whole: no index knows what they say now. They are to be
    /// matched one by one.
    #[must_use]
    pub fn amended(&self) -> Option<&RowSet> {
        self.amended.get()
    }

    /// Rows whose count the index does not know. Where a query asks for counts, they are to be
    /// matched one by one.
    #[must_use]
    pub fn recounted(&self) -> Option<&RowSet> {
        self.recounted.get()
    }

    /// Rows whose events were pruned: they are among the deleted ones too.
    #[must_use]
    pub fn pruned(&self) -> Option<&RowSet> {
        self.pruned.get()
    }

    pub(crate) fn is_pruned(&self, row: u16) -> bool {
        self.pruned.contains(row)
    }

    pub(crate) fn is_deleted(&self, row: u16) -> bool {
        self.deleted.contains(row)
    }

    /// Since when an alert is over by a notice, if it is open by its own observations.
    pub(crate) fn closed(&self, row: u16) -> Option<Timestamp> {
        self.closed.get(&row).copied()
    }

    /// The event whose end a notice is, if it is one. Such a row is hidden as a deleted one is, but
    /// stays whole, since it may be an event of its own again.
    pub(crate) fn absorbed(&self, row: u16) -> Option<EventId> {
        self.absorbed.get(&row).copied()
    }

    /// How many of some rows are notices that are hidden.
    pub(crate) fn absorbed_len(&self, rows: &RowSet) -> u32 {
        self.absorbed.keys().filter(|row| rows.contains(**row)).count() as u32
    }

    /// The row that replaces another, if it was amended.
    pub(crate) fn amendment(&self, row: u16) -> Option<&Arc<Row>> {
        self.amendments.get(&row).map(|(_, amendment)| amendment)
    }

    /// All rows that were amended, with what replaces them.
    pub(crate) fn amendments(&self) -> impl Iterator<Item = (u16, &Row)> {
        self.amendments.iter().map(|(row, (_, amendment))| (*row, amendment.as_ref()))
    }

    /// The number of the last change that amended one of some rows; 0 if none did.
    pub(crate) fn last_amended(&self, rows: &RowSet) -> u64 {
        let amended = self.amendments.iter().filter(|(row, _)| rows.contains(**row));
        amended.map(|(_, (change, _))| *change).max().unwrap_or(0)
    }

    /// Forgets amendments that are in the rows of their segment now, up to change `through`.
    pub(crate) fn forget_amendments(&mut self, rows: &RowSet, through: u64) {
        let folded = |row: &u16, change: u64| rows.contains(*row) && change <= through;
        let amendments = std::mem::take(&mut self.amendments);
        let (folded, kept): (BTreeMap<_, _>, BTreeMap<_, _>) =
            amendments.into_iter().partition(|(row, (change, _))| folded(row, *change));
        self.amendments = kept;
        let folded: RowSet = folded.into_keys().collect();
        self.amended.take(&folded);
    }

    /// Forgets everything about some rows: their segment was pruned.
    pub(crate) fn forget(&mut self, rows: &RowSet) {
        let sets = [
            &mut self.deleted,
            &mut self.pruned,
            &mut self.resolved,
            &mut self.acknowledged,
            &mut self.unacknowledged,
            &mut self.amended,
            &mut self.recounted,
        ];
        sets.into_iter().for_each(|set| set.take(rows));
        self.resolutions.clear(rows);
        self.acknowledgements.clear(rows);
        self.observed.retain(|row, _| !rows.contains(*row));
        self.closed.retain(|row, _| !rows.contains(*row));
        self.absorbed.retain(|row, _| !rows.contains(*row));
        self.amendments.retain(|row, _| !rows.contains(*row));
    }

    /// Lays what was observed later over an event: what imports compare with.
    pub(crate) fn apply_observed(&self, row: u16, event: &mut Event) {
        if let Some(observed) = self.observed.get(&row) {
            event.state = if observed.resolved { State::Resolved } else { State::Triggered };
            event.end_time = observed.end_time.and_then(Timestamp::from_nanos);
            event.count = observed.count;
        }
    }

    /// Lays all changes over an event: what queries show.
    pub(crate) fn apply(&self, row: u16, event: &mut Event) {
        self.apply_observed(row, event);
        if event.state == State::Triggered
            && let Some(end) = self.closed(row)
        {
            event.state = State::Resolved;
            event.end_time = Some(end);
        }
        if event.state == State::Triggered
            && let Some(mark) = self.resolutions.get(row)
        {
            event.state = State::Resolved;
            event.end_time = Some(mark.at);
        }
        if let Some(mark) = self.acknowledgements.get(row) {
            let (by, note) = (mark.by.clone(), mark.note.clone());
            event.acknowledgement = Some(Acknowledgement { at: mark.at, by, note });
        } else if self.unacknowledged.contains(row) {
            event.acknowledgement = None;
        }
    }

    fn act(&mut self, action: Action, rows: &RowSet, mark: &Arc<Mark>) {
        match action {
            Action::Acknowledge => {
                self.acknowledged.add(rows);
                self.unacknowledged.take(rows);
                self.acknowledgements.set(rows, mark);
            }
            Action::Unacknowledge => {
                self.acknowledged.take(rows);
                self.unacknowledged.add(rows);
                self.acknowledgements.clear(rows);
            }
            Action::Resolve => {
                self.resolved.add(rows);
                self.resolutions.set(rows, mark);
            }
            Action::Delete => self.deleted.add(rows),
        }
    }

    fn observe(&mut self, observed: Observed) {
        if observed.resolved {
            self.resolved.insert(observed.row);
        }
        self.recounted.insert(observed.row);
        self.observed.insert(observed.row, observed);
    }

    fn close(&mut self, row: u16, end: Option<Timestamp>) {
        if let Some(end) = end {
            self.closed.insert(row, end);
            return self.resolved.insert(row);
        }
        self.closed.remove(&row);
        let is_observed = self.observed.get(&row).is_some_and(|observed| observed.resolved);
        if !is_observed && self.resolutions.get(row).is_none() {
            self.resolved.remove(row);
        }
    }

    fn absorb(&mut self, row: u16, into: Option<EventId>) {
        if let Some(into) = into {
            self.absorbed.insert(row, into);
            self.deleted.insert(row);
        } else if self.absorbed.remove(&row).is_some() {
            self.deleted.remove(row);
        }
    }

    fn amend(&mut self, row: u16, change: u64, amendment: Row) {
        self.amended.insert(row);
        self.observed.remove(&row);
        // The row itself says its state now; by a replacement it may go on again.
        if self.resolutions.get(row).is_none() && !self.closed.contains_key(&row) {
            self.resolved.remove(row);
        }
        self.amendments.insert(row, (change, Arc::new(amendment)));
    }

    fn prune(&mut self, rows: &RowSet) {
        self.deleted.add(rows);
        self.pruned.add(rows);
    }
}

/// The overlays of all windows that have one.
pub(crate) type Overlays = BTreeMap<u32, Arc<Overlay>>;

/// Applies a recorded change to the overlays.
pub(crate) fn apply(overlays: &mut Overlays, record: &Record) -> Result<()> {
    apply_within(overlays, record, |_| true)
}

/// Applies what a recorded change does in some of the windows.
pub(crate) fn apply_within(
    overlays: &mut Overlays,
    record: &Record,
    within: impl Fn(u32) -> bool,
) -> Result<()> {
    let damaged = || Error::corrupt(format!("change {}", record.id), "a time is out of range");
    let at = Timestamp::from_nanos(record.at).ok_or_else(damaged)?;
    let mark = Arc::new(Mark { at, by: record.by.clone(), note: record.note.clone() });
    for effect in record.effects.iter().filter(|effect| within(effect.window)) {
        let overlay = Arc::make_mut(overlays.entry(effect.window).or_default());
        match &effect.what {
            Doing::Action(action, rows) => overlay.act(*action, &read_rows(rows)?, &mark),
            Doing::Observed(observed) => overlay.observe(*observed),
            Doing::Amended(row, stored) => {
                overlay.amend(*row, record.id, row_of_stored(stored).ok_or_else(damaged)?);
            }
            Doing::Pruned(rows) => overlay.prune(&read_rows(rows)?),
            Doing::Closed(row, None) => overlay.close(*row, None),
            Doing::Closed(row, Some(nanos)) => {
                overlay.close(*row, Some(Timestamp::from_nanos(*nanos).ok_or_else(damaged)?));
            }
            Doing::Absorbed(row, into) => overlay.absorb(*row, into.map(EventId)),
            Doing::Marked(row) => {
                overlay.act(Action::Acknowledge, &RowSet::span(*row, *row), &mark);
            }
            // What was undone is left out by whoever applies all changes from the start.
            Doing::Undone(..) => {}
        }
    }
    Ok(())
}

/// The numbers of the changes that others of these have undone.
pub(crate) fn undone<'a>(records: impl Iterator<Item = &'a Record>) -> BTreeSet<u64> {
    let effects = records.flat_map(|record| &record.effects);
    let undone = effects.filter_map(|effect| match &effect.what {
        Doing::Undone(change, _) => Some(*change),
        _ => None,
    });
    undone.collect()
}

/// The overlay of a window, made anew from all its changes in their order.
pub(crate) fn of_window(window: u32, changes: &[&Record]) -> Result<Option<Arc<Overlay>>> {
    let undone = undone(changes.iter().copied());
    let mut overlays = Overlays::new();
    for change in changes.iter().filter(|change| !undone.contains(&change.id)) {
        apply_within(&mut overlays, change, |other| other == window)?;
    }
    Ok(overlays.remove(&window))
}

fn row_of_stored(stored: &StoredRow) -> Option<Row> {
    Some(Row {
        time: Timestamp::from_nanos(stored.time)?,
        received: Timestamp::from_nanos(stored.received)?,
        digest: stored.digest,
        body: stored.body.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Overlays, apply};
    use crate::change::{Action, Doing, Effect, Record, write_rows};
    use crate::index::row_set::RowSet;

    fn act(overlays: &mut Overlays, id: u64, action: Action, rows: &RowSet) {
        let effects = vec![Effect { window: 0, what: Doing::Action(action, write_rows(rows)) }];
        let by = Some(format!("by {id}"));
        apply(overlays, &Record { id, at: id as i64, by, note: None, effects }).unwrap();
    }

    #[test]
    fn the_latest_mark_of_a_row_counts() {
        let mut overlays = Overlays::new();
        act(&mut overlays, 1, Action::Acknowledge, &RowSet::span(0, 999));
        act(&mut overlays, 2, Action::Acknowledge, &RowSet::span(10, 12));
        act(&mut overlays, 3, Action::Unacknowledge, &RowSet::span(11, 20));
        let overlay = &overlays[&0];
        let by = |row| overlay.acknowledgements.get(row).and_then(|mark| mark.by.as_deref());
        assert_eq!(
            [by(9), by(10), by(11), by(20), by(21)],
            [Some("by 1"), Some("by 2"), None, None, Some("by 1"),]
        );
        assert_eq!(overlay.acknowledged().unwrap().len(), 990);
        assert_eq!(overlay.unacknowledged().unwrap().len(), 10);
        act(&mut overlays, 4, Action::Acknowledge, &RowSet::span(0, u16::MAX));
        let overlay = &overlays[&0];
        assert!(overlay.acknowledgements.few.is_empty());
        assert_eq!(overlay.acknowledgements.many.len(), 1);
        assert!(overlay.unacknowledged().unwrap().is_empty());
    }

    #[test]
    fn published_overlays_do_not_change() {
        let mut overlays = Overlays::new();
        act(&mut overlays, 1, Action::Delete, &RowSet::span(0, 0));
        let published = overlays.clone();
        act(&mut overlays, 2, Action::Delete, &RowSet::span(1, 1));
        assert_eq!(published[&0].deleted().unwrap().len(), 1);
        assert_eq!(overlays[&0].deleted().unwrap().len(), 2);
    }
}
