//! One state of the store, for as long as somebody looks at it.

use crate::change::HistoryEntry;
use crate::change::overlay::Overlay;
use crate::compaction::prune::{Plan, Tail};
use crate::error::{Error, Result};
use crate::index::field::Field;
use crate::index::row_set::RowSet;
use crate::stats::Stats;
use crate::text::{PhraseHits, TextSnapshot};
use crate::view::View;
use crate::view::part::Part;
use crate::view::sums::Sums;
use eventscope_model::words::Phrase;
use eventscope_model::{Event, EventId, ScopeLabels, Timestamp};
use std::sync::{Arc, OnceLock};

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
        self.view.sums.of(&self.view, field)
    }

    /// The part that holds an event, deleted or not; `None` if there never was one with this
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
            Some(part) => self.view.current(&part, id.row()),
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
        let amended = self.overlay(id.window()).and_then(|overlay| overlay.amendment(id.row()));
        match amended {
            Some(row) => Ok(Some(row.time)),
            None => Ok(Some(part.times()?.time(id.row()))),
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

impl Snapshot {
    /// How many events [`Storage::prune`](crate::Storage::prune) would remove, were nothing changed
    /// since.
    #[must_use]
    pub fn would_prune(&self, targets: Vec<(u32, RowSet)>) -> u64 {
        Plan::new(self.view(), targets, Tail::Idle).removed_events
    }
}
