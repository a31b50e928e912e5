//! Works out what an action changes: which of the rows it is meant for exist, take it, and are not
//! so already.

#![expect(clippy::arithmetic_side_effects, reason = "rows of a store are counted, fewer than 2^48")]

use crate::change::{Action, Changed, Doing, Effect, write_rows};
use crate::error::Result;
use crate::index::field::Field;
use crate::index::row_set::RowSet;
use crate::snapshot::Snapshot;
use crate::view::View;
use crate::view::part::Part;
use eventscope_model::{Event, EventType, State};
use std::collections::BTreeMap;

impl Snapshot {
    /// What [`Storage::change`](crate::Storage::change) would answer, were nothing changed since;
    /// there is no number.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn would_change(&self, action: Action, targets: &[(u32, RowSet)]) -> Result<Changed> {
        Ok(resolve(self.view(), action, targets)?.1)
    }
}

/// The effects of a change on a view, and the answer to whoever asked for it.
pub(crate) fn resolve(
    view: &View,
    action: Action,
    targets: &[(u32, RowSet)],
) -> Result<(Vec<Effect>, Changed)> {
    let mut effects = Vec::new();
    let mut changed = Changed::default();
    let mut windows: BTreeMap<u32, RowSet> = BTreeMap::new();
    for (window, targets) in targets {
        windows.entry(*window).or_insert_with(RowSet::empty).or(targets);
    }
    for (window, targets) in windows {
        let mut rows = RowSet::empty();
        for part in view.parts().filter(|part| part.window() == window) {
            rows.or(&resolve_part(view, &part, action, &targets, &mut changed)?);
        }
        if !rows.is_empty() {
            changed.changed += u64::from(rows.len());
            let what = Doing::Action(action, write_rows(&rows));
            effects.push(Effect { window, what });
        }
    }
    Ok((effects, changed))
}

/// The rows of one part that the action changes.
fn resolve_part(
    view: &View,
    part: &Part<'_>,
    action: Action,
    targets: &RowSet,
    changed: &mut Changed,
) -> Result<RowSet> {
    let overlay = view.overlays.get(&part.window());
    let mut rows = RowSet::span(part.first_row(), part.last_row());
    rows.and(targets);
    if let Some(deleted) = overlay.and_then(|overlay| overlay.deleted()) {
        rows.and_not(deleted);
    }
    changed.matched += u64::from(rows.len());
    // No index knows what amended rows say, so these are asked one by one.
    let mut amended = RowSet::empty();
    if let Some(set) = overlay.and_then(|overlay| overlay.amended()) {
        amended.or(set);
        amended.and(&rows);
        rows.and_not(&amended);
    }
    for event_type in EventType::ALL.into_iter().filter(|kind| !action.applies_to(*kind)) {
        if let Some(types) = part.field(Field::Type)?
            && let Some(value) = types.find(event_type.name())
        {
            let mut refused = rows.clone();
            types.rows(value).and_into(&mut refused);
            rows.and_not(&refused);
            changed.refused.extend(refused.iter().map(|row| (part.id(row), event_type)));
        }
    }
    already(view, part, action, &mut rows)?;
    for row in amended.iter() {
        let Some(event) = view.current(part, row)? else { continue };
        if !action.applies_to(event.event_type) {
            changed.refused.push((event.id, event.event_type));
        } else if !is_so(action, &event) {
            rows.insert(row);
        }
    }
    Ok(rows)
}

fn is_so(action: Action, event: &Event) -> bool {
    match action {
        Action::Acknowledge => event.acknowledgement.is_some(),
        Action::Unacknowledge => event.acknowledgement.is_none(),
        Action::Resolve => event.state == State::Resolved,
        Action::Delete => false,
    }
}

/// Takes the rows out that are so already.
fn already(view: &View, part: &Part<'_>, action: Action, rows: &mut RowSet) -> Result<()> {
    let overlay = view.overlays.get(&part.window());
    let mut so = RowSet::empty();
    let (field, added, taken) = match action {
        Action::Acknowledge | Action::Unacknowledge => (
            Field::Acknowledged,
            overlay.and_then(|overlay| overlay.acknowledged()),
            overlay.and_then(|overlay| overlay.unacknowledged()),
        ),
        Action::Resolve => (Field::State, overlay.and_then(|overlay| overlay.resolved()), None),
        Action::Delete => return Ok(()),
    };
    if let Some(index) = part.field(field)? {
        index.present().or_into(&mut so);
    }
    if let Some(taken) = taken {
        so.and_not(taken);
    }
    if let Some(added) = added {
        so.or(added);
    }
    match action {
        Action::Unacknowledge => rows.and(&so),
        _ => rows.and_not(&so),
    }
    Ok(())
}
