//! One state of the store, for as long as somebody looks at it.

#![expect(clippy::arithmetic_side_effects, reason = "rows of a store are fewer than 2^48")]

use crate::catalogue::Ranges;
use crate::change::HistoryEntry;
use crate::chunk::Chunk;
use crate::error::{Error, Result};
use crate::field::Field;
use crate::index::{row_of, window_of};
use crate::overlay::{Overlay, Overlays};
use crate::part::Part;
use crate::reader::Reader;
use crate::rows::RowSet;
use crate::segment::Segment;
use crate::stats::Stats;
use crate::sums::Sums;
use crate::text::{PhraseHits, TextSnapshot};
use eventscope_model::words::Phrase;
use eventscope_model::{Event, EventId, ScopeLabels, Timestamp};
use std::sync::{Arc, OnceLock};
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
}

impl View {
    /// Puts the new version of a segment in place of the old one.
    pub(crate) fn replace(&mut self, segment: Arc<Segment>) {
        if let Some(overlay) = self.overlays.get_mut(&window_of(segment.first)) {
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
        let at = self.segments.partition_point(|segment| window_of(segment.first) < window);
        let segment = self.segments.get(at).map(|segment| segment.first);
        let at = self.tail.partition_point(|chunk| window_of(chunk.first) < window);
        let chunk = self.tail.get(at).map(|chunk| chunk.first);
        segment.into_iter().chain(chunk).any(|first| window_of(first) == window)
    }

    /// Whether an event is there or was deleted; neither if it was pruned or never existed.
    pub(crate) fn knows(&self, id: EventId) -> bool {
        let overlay = self.overlays.get(&window_of(id));
        let pruned = overlay.is_some_and(|overlay| overlay.is_pruned(row_of(id)));
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

/// One state of the store. What it shows never changes, however long it is kept and whatever is
/// appended, changed or sealed meanwhile.
///
/// Taking one is cheap: it shares everything. While it lives, space that is freed in
/// `segments.redb` is not used again.
#[derive(Clone, Debug)]
pub struct Snapshot {
    view: Arc<View>,
    text: Arc<TextSnapshot>,
    /// Whether the text index knows all sealed rows, as it was first asked: damage that is found
    /// later must not change it within a query.
    text_complete: OnceLock<bool>,
}

impl Snapshot {
    /// A snapshot of a view, with text files that were published no later: what they know of rows
    /// that the view does not see is left out, but a view must not see rows whose files are gone.
    pub(crate) fn of(view: Arc<View>, text: Arc<TextSnapshot>) -> Self {
        Self { view, text, text_complete: OnceLock::new() }
    }

    pub(crate) fn view(&self) -> &View {
        &self.view
    }

    pub(crate) fn text(&self) -> &TextSnapshot {
        &self.text
    }

    /// What the changes that have left the log did to a row.
    pub(crate) fn folded_history(&self, window: u32, row: u16) -> Result<Vec<HistoryEntry>> {
        let folded = self.view.reader.folded(window)?;
        Ok(folded.iter().filter_map(|change| change.history_of(window, row)).collect())
    }

    /// The figures that can be told without looking at the files.
    pub(crate) fn figures(&self) -> Stats {
        Stats { text_lag: self.text.lag(&self.view), ..self.view.figures() }
    }

    /// The labels that can be asked for; it is as if events did not have the others.
    #[must_use]
    pub fn scope_labels(&self) -> &Arc<ScopeLabels> {
        &self.view.labels
    }

    /// The first id that this snapshot does not know.
    #[must_use]
    pub fn end(&self) -> EventId {
        self.view.end
    }

    /// All parts, ascending by id. Together they hold every event once. Between them may be ids
    /// whose events were pruned.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = Part<'_>> {
        self.view.parts()
    }

    /// How many rows of all sealed parts have each value of a field, whatever happened to them
    /// since; `None` if it has too many values, or is a label that is no scope label.
    ///
    /// # Errors
    /// When the index of a segment cannot be read or is damaged.
    pub fn sums(&self, field: Field<'_>) -> Result<Option<Arc<Sums>>> {
        self.view.reader.shared.sums.of(&self.view, field)
    }

    /// The part that holds an event, be it deleted or not; `None` if there never was one with this
    /// id, or its part was pruned.
    #[must_use]
    pub fn part_of(&self, id: EventId) -> Option<Part<'_>> {
        self.view.part_of(id)
    }

    /// The changes in a window, if there are any.
    #[must_use]
    pub fn overlay(&self, window: u32) -> Option<&Overlay> {
        self.view.overlays.get(&window).map(Arc::as_ref)
    }

    /// How many events of a part are there: neither deleted nor pruned.
    #[must_use]
    pub fn live_in(&self, part: &Part<'_>) -> u32 {
        let deleted = self.overlay(part.window()).and_then(Overlay::deleted);
        let gone = deleted.map_or(0, |deleted| deleted.intersection_len(&part.row_set()));
        part.len().saturating_sub(gone)
    }

    /// The rows of a part that hold a phrase, and those that the text index does not know.
    ///
    /// # Errors
    /// When the index of a segment cannot be read or is damaged. Damage to the text index is no
    /// error: what it cannot tell is among the rows that it does not know.
    pub fn phrase<'a>(&'a self, part: &Part<'a>, phrase: &'a Phrase) -> Result<PhraseHits<'a>> {
        PhraseHits::find(&self.text, *part, phrase)
    }

    /// Bytes that the text index takes for a part.
    #[must_use]
    pub fn text_bytes(&self, part: &Part<'_>) -> u64 {
        self.text.bytes_of(part)
    }

    /// Whether the text index knows all rows of all sealed parts, and the rows that hold a phrase
    /// in them are therefore found without reading events.
    #[must_use]
    pub fn is_text_complete(&self) -> bool {
        *self.text_complete.get_or_init(|| self.text.serves_all_segments(&self.view))
    }

    /// An event with all changes; `None` if it was deleted or pruned or never existed.
    ///
    /// # Errors
    /// When its row cannot be read or is damaged.
    pub fn event(&self, id: EventId) -> Result<Option<Event>> {
        match self.part_of(id) {
            Some(part) => self.view.current(&part, row_of(id)),
            None => Ok(None),
        }
    }

    /// The event in a row of a part with all changes.
    ///
    /// # Errors
    /// When the row cannot be read, is damaged, or its event was deleted.
    pub fn event_in(&self, part: &Part<'_>, row: u16) -> Result<Event> {
        self.view.current(part, row)?.ok_or(Error::NoSuchEvent { id: part.id(row).0 })
    }

    /// The time of an event as it stands now, even if it was deleted; `None` if it was pruned or
    /// never existed.
    ///
    /// # Errors
    /// When the times of its part cannot be read or are damaged.
    pub fn time_of(&self, id: EventId) -> Result<Option<Timestamp>> {
        let Some(part) = self.part_of(id).filter(|_| self.view.knows(id)) else { return Ok(None) };
        let amended = self.overlay(window_of(id)).and_then(|overlay| overlay.amendment(row_of(id)));
        match amended {
            Some(row) => Ok(Some(row.time)),
            None => Ok(Some(part.times()?.time(row_of(id)))),
        }
    }

    /// The latest time of the events of a part as they stand now, deleted ones included; `None` if
    /// all of them were pruned. [`Part::time_span`] tells what their rows said when they were
    /// written: a later observation may have moved an event since.
    ///
    /// # Errors
    /// When the times of the part cannot be read or are damaged.
    pub fn latest_time(&self, part: &Part<'_>) -> Result<Option<Timestamp>> {
        let Some(overlay) = self.overlay(part.window()) else {
            return Ok(Some(part.time_span().1));
        };
        let times = part.times()?;
        let rows = part.first_row()..=part.last_row();
        let moved = overlay.amendments().filter(|(row, _)| rows.contains(row));
        let moved = moved.filter(|(row, _)| !overlay.is_pruned(*row)).map(|(_, row)| row.time);
        let as_written = |row: &u16| !overlay.is_pruned(*row) && overlay.amendment(*row).is_none();
        let positions = (0..times.ascending().len()).rev();
        let written = positions.map(|position| times.row(position)).find(as_written);
        Ok(written.map(|row| times.time(row)).into_iter().chain(moved).max())
    }
}
