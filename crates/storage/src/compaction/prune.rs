//! Works out what pruning removes: whole segments where nothing else is left in them, single rows
//! where there is.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "a range ends behind its start, and rows of a store are fewer than 2^48"
)]

use crate::change::overlay::Overlays;
use crate::change::{Doing, Effect, write_rows};
use crate::index::row_set::RowSet;
use crate::log::segment_catalog::Ranges;
use crate::segment::Segment;
use crate::view::View;
use crate::view::part::Part;
use eventscope_model::EventId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a pruning removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Events that are gone, those not counted that were deleted before.
    pub removed_events: u64,
    /// Sealed segments that are gone as a whole.
    pub removed_segments: u64,
    /// The change that this was, if single events are gone from what is left.
    pub change: Option<u64>,
}

/// What is to be removed from a view.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Segments that go as a whole.
    pub(crate) leaving: Vec<Arc<Segment>>,
    /// The tail, if it goes as a whole: its first id, and the first after it.
    pub(crate) tail: Option<(EventId, EventId)>,
    /// What removes single rows of the rest.
    pub(crate) effects: Vec<Effect>,
    pub(crate) removed_events: u64,
}

/// Whether the tail may go as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    /// It may.
    Idle,
    /// It may not: the sealer makes a segment of it.
    InWork,
}

/// What becomes of one part.
enum Fate {
    /// All of it goes.
    Leaves,
    /// These rows go.
    Loses(RowSet),
}

impl Plan {
    /// What has to go so that no event is left in the target rows.
    pub(crate) fn new(view: &View, targets: Vec<(u32, RowSet)>, tail: Tail) -> Self {
        let mut windows: BTreeMap<u32, RowSet> = BTreeMap::new();
        for (window, rows) in targets {
            windows.entry(window).or_insert_with(RowSet::empty).or(&rows);
        }
        let mut plan = Self::default();
        let mut single: BTreeMap<u32, RowSet> = BTreeMap::new();
        let mut lose = |window: u32, rows: &RowSet| {
            single.entry(window).or_insert_with(RowSet::empty).or(rows);
        };
        for segment in view.segments.iter() {
            let part = Part::segment(segment, view);
            match plan.decide(view, &part, windows.get(&part.window())) {
                Some(Fate::Leaves) => plan.leaving.push(Arc::clone(segment)),
                Some(Fate::Loses(rows)) => lose(part.window(), &rows),
                None => {}
            }
        }
        let chunks = view.tail.iter().map(|chunk| Part::chunk(chunk, view));
        let fates: Vec<(Part<'_>, Option<Fate>)> = chunks
            .map(|part| {
                let fate = plan.decide(view, &part, windows.get(&part.window()));
                (part, fate)
            })
            .collect();
        let all = fates.iter().all(|(_, fate)| matches!(fate, Some(Fate::Leaves)));
        if let (true, Tail::Idle, Some((first, _))) = (all, tail, fates.first()) {
            plan.tail = Some((first.first(), view.end));
        } else {
            for (part, fate) in fates {
                match fate {
                    Some(Fate::Loses(rows)) => lose(part.window(), &rows),
                    Some(Fate::Leaves) => lose(part.window(), &live(view, &part, part.row_set())),
                    None => {}
                }
            }
        }
        plan.effects = single
            .into_iter()
            .filter(|(_, rows)| !rows.is_empty())
            .map(|(window, rows)| Effect { window, what: Doing::Pruned(write_rows(&rows)) })
            .collect();
        plan
    }

    /// What becomes of a part; `None` if nothing does.
    fn decide(&mut self, view: &View, part: &Part<'_>, targets: Option<&RowSet>) -> Option<Fate> {
        let overlay = view.overlays.get(&part.window());
        let pruned = overlay.and_then(|overlay| overlay.pruned());
        if targets.is_none() && pruned.is_none() {
            return None;
        }
        let all = part.row_set();
        let within = |rows: Option<&RowSet>| {
            let mut within = all.clone();
            match rows {
                Some(rows) => within.and(rows),
                None => within.clear(),
            }
            within
        };
        let aimed = within(targets);
        let losing = live(view, part, aimed.clone());
        self.removed_events += u64::from(losing.len());
        let mut gone = within(overlay.and_then(|overlay| overlay.deleted()));
        gone.or(&losing);
        // Deleted events keep their uids, so a part in which nothing was pruned stays, unless
        // whoever prunes means all of it.
        let any = !losing.is_empty() || !within(pruned).is_empty() || aimed == all;
        if gone == all && any {
            return Some(Fate::Leaves);
        }
        (!losing.is_empty()).then_some(Fate::Loses(losing))
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.leaving.is_empty() && self.tail.is_none() && self.effects.is_empty()
    }

    /// Adds what goes as a whole to the ranges of the catalogue. Returns those that are new.
    pub(crate) fn add_to(&self, ranges: &mut Ranges) -> Vec<(EventId, EventId)> {
        let segments = self.leaving.iter().map(|segment| (segment.first, segment.end()));
        let added: Vec<_> = segments.chain(self.tail).collect();
        for (first, end) in &added {
            ranges.add(*first, *end);
        }
        let is_new = |(first, end): &(EventId, EventId)| {
            added.iter().any(|(start, _)| first <= start && start < end)
        };
        ranges.iter().filter(is_new).collect()
    }
}

/// The rows of a set that hold an event of a part.
fn live(view: &View, part: &Part<'_>, mut rows: RowSet) -> RowSet {
    if let Some(deleted) = view.overlays.get(&part.window()).and_then(|o| o.deleted()) {
        rows.and_not(deleted);
    }
    rows
}

/// Takes out of overlays that were made from all changes what is in rewritten segments already, and
/// what is about events that were pruned since.
pub(crate) fn settle(view: &View, overlays: &mut Overlays) {
    let ranges: Vec<_> = view.pruned.iter().collect();
    forget(overlays, &ranges, |window| view.has_rows(window));
    for segment in view.segments.iter().filter(|segment| segment.through > 0) {
        if let Some(overlay) = overlays.get_mut(&segment.first.window()) {
            Arc::make_mut(overlay).forget_amendments(&segment.row_set(), segment.through);
        }
    }
}

/// Forgets what the overlays say of ids that were pruned as a whole; overlays of windows in which
/// nothing is left go too.
pub(crate) fn forget(
    overlays: &mut Overlays,
    ranges: &[(EventId, EventId)],
    is_live: impl Fn(u32) -> bool,
) {
    for (first, end) in ranges {
        let last = EventId(end.0 - 1);
        for (window, overlay) in overlays.range_mut(first.window()..=last.window()) {
            if is_live(*window) {
                let start = (*first).max(EventId::at(*window, 0));
                let stop = last.min(EventId::at(*window, u16::MAX));
                let rows = RowSet::span(start.row(), stop.row());
                Arc::make_mut(overlay).forget(&rows);
            }
        }
    }
    overlays.retain(|window, _| is_live(*window));
}
