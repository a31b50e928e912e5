//! Takes the last change that people made back.
//!
//! Only the last one: what came after an earlier one was decided on what it had done. An undo is a
//! change of its own, a record that names the other one. The overlays of its windows are made anew
//! from all their changes, as at an open, with the undone ones left out.

use crate::change::overlay::{self, Overlays};
use crate::change::{Action, Doing, Effect, Record, read_rows};
use crate::compaction::prune;
use crate::error::{Error, NotUndoable, Result};
use crate::index::row_set::RowSet;
use crate::view::View;
use std::collections::BTreeMap;

/// An undo that is asked for.
#[derive(Debug)]
pub(crate) struct Undo {
    /// The number of the change to undo.
    pub(crate) change: u64,
    pub(crate) by: Option<String>,
    pub(crate) note: Option<String>,
}

/// The last change that people made: the only one that can be undone.
#[derive(Clone, Debug)]
pub(crate) struct LastAction {
    change: u64,
    pub(crate) action: Action,
    /// The rows that it changed, as they are recorded, by window.
    rows: BTreeMap<u32, Vec<u8>>,
    undone_by: Option<u64>,
}

impl LastAction {
    /// The last among recorded changes. They may come window by window, as long as those of each
    /// window are in their order.
    pub(crate) fn among<'a>(records: impl Iterator<Item = &'a Record>) -> Option<Self> {
        let mut last = None;
        records.for_each(|record| Self::note(&mut last, record));
        last
    }

    /// Takes a further recorded change into account.
    pub(crate) fn note(last: &mut Option<Self>, record: &Record) {
        for effect in &record.effects {
            match &effect.what {
                Doing::Action(action, rows) => {
                    if last.as_ref().is_none_or(|last| last.change < record.id) {
                        let rows = BTreeMap::new();
                        let (change, action) = (record.id, *action);
                        *last = Some(Self { change, action, rows, undone_by: None });
                    }
                    if let Some(last) = last.as_mut().filter(|last| last.change == record.id) {
                        last.rows.insert(effect.window, rows.clone());
                    }
                }
                Doing::Undone(change, _) => {
                    if let Some(last) = last.as_mut().filter(|last| last.change == *change) {
                        last.undone_by = Some(record.id);
                    }
                }
                Doing::Observed(_)
                | Doing::Amended(..)
                | Doing::Pruned(_)
                | Doing::Closed(..)
                | Doing::Absorbed(..)
                | Doing::Marked(_) => {}
            }
        }
    }
}

/// The effects of undoing a change, and the number of rows it had changed that are there still.
#[expect(clippy::arithmetic_side_effects, reason = "rows of a store are fewer than 2^48")]
pub(crate) fn resolve(
    view: &View,
    last: Option<&LastAction>,
    change: u64,
) -> Result<(Vec<Effect>, u64)> {
    let refused = |why| Error::NotUndone { change, why };
    let last = last.ok_or_else(|| refused(NotUndoable::NoChange))?;
    match last.undone_by {
        Some(by) if last.change == change => return Err(refused(NotUndoable::Undone { by })),
        Some(by) if by == change => {
            return Err(refused(NotUndoable::IsUndo { of: last.change }));
        }
        _ if last.change != change => {
            let undone = last.undone_by.is_some();
            return Err(refused(NotUndoable::NotLast { last: last.change, undone }));
        }
        _ => {}
    }
    let mut effects = Vec::with_capacity(last.rows.len());
    let mut changed = 0;
    for (window, rows) in &last.rows {
        let left = left(view, *window, read_rows(rows)?);
        if last.action == Action::Delete && is_gone(view, *window, &left) {
            return Err(refused(NotUndoable::Gone));
        }
        changed += u64::from(left.len());
        effects.push(Effect { window: *window, what: Doing::Undone(change, rows.clone()) });
    }
    Ok((effects, changed))
}

/// Those of some rows that were not pruned.
fn left(view: &View, window: u32, mut rows: RowSet) -> RowSet {
    let mut there = RowSet::empty();
    view.parts().filter(|part| part.window() == window).for_each(|part| there.or(&part.row_set()));
    if let Some(pruned) = view.overlays.get(&window).and_then(|overlay| overlay.pruned()) {
        there.and_not(pruned);
    }
    rows.and(&there);
    rows
}

/// Whether a rewritten segment lacks what was in any of these rows.
fn is_gone(view: &View, window: u32, rows: &RowSet) -> bool {
    let segments = view.segments.iter().filter(|segment| segment.first.window() == window);
    let mut removed = segments.filter_map(|segment| segment.removed.as_ref());
    removed.any(|removed| removed.intersection_len(rows) > 0)
}

/// The overlays after an undo; `logged` are the changes in the log before it.
pub(crate) fn overlays(view: &View, logged: &[Record], undo: &Record) -> Result<Overlays> {
    let mut overlays = view.overlays.clone();
    for effect in &undo.effects {
        let folded = view.reader.folded(effect.window)?;
        // What has left the log may be in it still.
        let through = folded.last().map_or(0, |change| change.id);
        let rest = logged.iter().filter(|change| change.id > through);
        let changes: Vec<&Record> = folded.iter().chain(rest).chain([undo]).collect();
        match overlay::of_window(effect.window, &changes)? {
            Some(overlay) => overlays.insert(effect.window, overlay),
            None => overlays.remove(&effect.window),
        };
    }
    prune::settle(view, &mut overlays);
    Ok(overlays)
}
