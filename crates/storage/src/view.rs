//! What a reader of the store sees: one state of it, and the parts that it is made of.

#![expect(clippy::arithmetic_side_effects, reason = "rows of a store are fewer than 2^48")]

pub(crate) mod part;
pub(crate) mod sums;

use crate::change::overlay::{Overlay, Overlays};
use crate::error::{Error, Result};
use crate::index::row_set::RowSet;
use crate::log::segment_catalog::Ranges;
use crate::segment::Segment;
use crate::segment::chunk::Chunk;
use crate::segment::reader::Reader;
use crate::stats::Stats;
use crate::view::part::Part;
use crate::view::sums::KeptSums;
use eventscope_model::{Event, EventId, ScopeLabels};
use std::sync::Arc;
use xxhash_rust::xxh3::Xxh3;

/// A state of the store that the writer has published: immutable, shared by all snapshots of it.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// Sealed segments, ascending by id.
    pub(crate) segments: Arc<Vec<Arc<Segment>>>,
    /// The ids between segments, and between them and the tail.
    pub(crate) pruned: Arc<Ranges>,
    /// Chunks of the tail, ascending by id, all after the segments.
    pub(crate) tail: Vec<Arc<Chunk>>,
    pub(crate) overlays: Overlays,
    /// The id of the next event.
    pub(crate) end: EventId,
    pub(crate) reader: Arc<Reader>,
    /// The scope labels of the store. The index of each part holds all of them, and maybe more.
    pub(crate) labels: Arc<ScopeLabels>,
    /// The labels that new rows are indexed by.
    pub(crate) indexed: Arc<ScopeLabels>,
    /// Sums over the sealed segments, shared by all states of the store.
    pub(crate) sums: Arc<KeptSums>,
}

impl View {
    /// Puts the new version of a segment in place of the old one.
    pub(crate) fn replace(&mut self, segment: Arc<Segment>) {
        if let Some(overlay) = self.overlays.get_mut(&segment.first.window()) {
            let rows = segment.row_set();
            Arc::make_mut(overlay).forget_amendments(&rows, segment.through);
        }
        let segments = Arc::make_mut(&mut self.segments);
        let at = segments.binary_search_by_key(&segment.first, |segment| segment.first);
        if let Some(earlier) = at.ok().and_then(|at| segments.get_mut(at)) {
            *earlier = segment;
        }
    }

    /// The first id that no segment holds and that was not pruned.
    pub(crate) fn sealed_end(&self) -> EventId {
        let sealed = self.segments.last().map_or(EventId(1), |segment| segment.end());
        sealed.max(self.pruned.end())
    }

    /// Whether a window has rows, deleted or not.
    pub(crate) fn has_rows(&self, window: u32) -> bool {
        let at = self.segments.partition_point(|segment| segment.first.window() < window);
        let segment = self.segments.get(at).map(|segment| segment.first);
        let at = self.tail.partition_point(|chunk| chunk.first.window() < window);
        let chunk = self.tail.get(at).map(|chunk| chunk.first);
        segment.into_iter().chain(chunk).any(|first| first.window() == window)
    }

    /// Whether an event is there or was deleted; neither if it was pruned or never existed.
    pub(crate) fn knows(&self, id: EventId) -> bool {
        let overlay = self.overlays.get(&id.window());
        let pruned = overlay.is_some_and(|overlay| overlay.is_pruned(id.row()));
        !pruned && self.part_of(id).is_some()
    }

    /// The part that holds an id.
    pub(crate) fn part_of(&self, id: EventId) -> Option<Part<'_>> {
        let after = self.segments.partition_point(|segment| segment.first <= id);
        let segment = after.checked_sub(1).and_then(|at| self.segments.get(at));
        if let Some(segment) = segment
            && segment.position(id).is_some()
        {
            return Some(Part::segment(segment, self));
        }
        let after = self.tail.partition_point(|chunk| chunk.first <= id);
        let chunk = self.tail.get(after.checked_sub(1)?)?;
        (id < chunk.end()).then(|| Part::chunk(chunk, self))
    }

    /// The id of the first event that is not sealed.
    pub(crate) fn tail_start(&self) -> EventId {
        self.tail.first().map_or(self.end, |chunk| chunk.first)
    }

    /// How many events there are, deleted ones included.
    pub(crate) fn len(&self) -> u64 {
        self.parts().map(|part| u64::from(part.len())).sum()
    }

    /// A hash over the scope labels, if these are not all, and consecutive rows of the tail.
    pub(crate) fn tail_digest(&self, first: u64, rows: u32) -> Result<u64> {
        let end = first + u64::from(rows);
        if first < self.tail_start().0 {
            return Err(Error::NoSuchEvent { id: first });
        }
        let mut hash = Xxh3::new();
        self.labels.patterns().for_each(|pattern| {
            hash.update(pattern.as_bytes());
            hash.update(&[0]);
        });
        let mut next = first;
        let after = self.tail.partition_point(|chunk| chunk.end().0 <= first);
        for chunk in self.tail.iter().skip(after) {
            let start = next.saturating_sub(chunk.first.0) as usize;
            let wanted = (end - next) as usize;
            for row in chunk.rows.iter().skip(start).take(wanted) {
                row.hash_into(&mut hash);
                next += 1;
            }
        }
        if next < end {
            return Err(Error::NoSuchEvent { id: next });
        }
        Ok(hash.digest())
    }

    /// The figures that can be told without looking at the files or the text index.
    pub(crate) fn figures(&self) -> Stats {
        let all = |set: fn(&Overlay) -> Option<&RowSet>| -> u64 {
            self.overlays.values().filter_map(|o| set(o)).map(|rows| u64::from(rows.len())).sum()
        };
        let (masked, holes) = (all(Overlay::deleted), all(Overlay::pruned));
        let whole = RowSet::span(0, u16::MAX);
        let absorbed = self.overlays.values().map(|o| u64::from(o.absorbed_len(&whole)));
        let gone = holes + absorbed.sum::<u64>();
        let tail_events = self.tail.iter().map(|chunk| chunk.rows.len() as u64).sum::<u64>();
        let sealed: u64 = self.segments.iter().map(|segment| u64::from(segment.rows)).sum();
        let (cache_bytes, text_cache_bytes) = self.reader.shared.kept.bytes();
        Stats {
            events: (sealed + tail_events).saturating_sub(masked),
            deleted: masked.saturating_sub(gone),
            pruned: self.pruned.len() + holes,
            segments: self.segments.len() as u64,
            tail_events,
            log_bytes: 0,
            segments_bytes: 0,
            text_lag: 0,
            text_bytes: 0,
            text_cache_bytes,
            text_files_open: 0,
            text_warnings: Vec::new(),
            tail_memory_bytes: self.tail.iter().map(|chunk| chunk.bytes as u64).sum(),
            cache_bytes,
            commits: 0,
            waits: 0,
            failure: None,
            scope_labels: ScopeLabels::clone(&self.labels),
        }
    }

    /// All parts, ascending by id.
    pub(crate) fn parts(&self) -> impl DoubleEndedIterator<Item = Part<'_>> {
        let segments = self.segments.iter().map(|segment| Part::segment(segment, self));
        segments.chain(self.tail.iter().map(|chunk| Part::chunk(chunk, self)))
    }

    /// The event in a row with what was observed of it later, but without what people did to it:
    /// what imports compare with.
    pub(crate) fn observed(&self, part: &Part<'_>, row: u16) -> Result<Event> {
        let Some(overlay) = self.overlays.get(&part.window()) else { return part.written(row) };
        let mut event = match overlay.amendment(row) {
            Some(amended) => amended.event(part.id(row), self.reader.shared.origin())?,
            None => part.written(row)?,
        };
        overlay.apply_observed(row, &mut event);
        Ok(event)
    }

    /// The event in a row with all changes, unless it was deleted.
    pub(crate) fn current(&self, part: &Part<'_>, row: u16) -> Result<Option<Event>> {
        let Some(overlay) = self.overlays.get(&part.window()) else {
            return part.written(row).map(Some);
        };
        if overlay.is_deleted(row) {
            return Ok(None);
        }
        let mut event = self.observed(part, row)?;
        overlay.apply(row, &mut event);
        Ok(Some(event))
    }
}
