//! Brings a store back to the state of its last commit.
//!
//! What is read: the catalogue and the directories of segments, the folded changes and those still
//! in the log, the batches that are not sealed. The work is bounded by the tail and the changes,
//! not by the number of events.

use crate::change::Record;
use crate::chunk::Chunk;
use crate::error::Result;
use crate::files::Files;
use crate::index::window_of;
use crate::intake::RecentUids;
use crate::log::{self, Log};
use crate::options::Options;
use crate::overlay::{self, Overlays};
use crate::reader::{Reader, Shared};
use crate::row::{Origin, Row};
use crate::sealer::{self, Segments};
use crate::snapshot::View;
use eventscope_model::EventId;
use std::sync::Arc;

/// What the writer starts from.
#[derive(Debug)]
pub(crate) struct Recovered {
    pub(crate) log: Log,
    pub(crate) view: View,
    pub(crate) recent: RecentUids,
    pub(crate) next_change: u64,
    pub(crate) changes: Vec<Record>,
    pub(crate) changes_bytes: usize,
}

/// Reads both files.
pub(crate) fn recover(files: Files, options: &Options) -> Result<(Recovered, Segments)> {
    let log = Log::new(files.log, files.dir.as_deref());
    let contents = log.read()?;
    let shared = Arc::new(Shared::new(contents.store_id, options.memory.sections()));
    let segments = Segments { database: files.segments, shared: Arc::clone(&shared) };
    let reader = Arc::new(Reader::begin(&segments.database, Arc::clone(&shared))?);
    let sealed = sealer::load(&contents.catalogue, &reader)?;
    let sealed_end = sealed.last().map_or(1, |segment| segment.end().0);
    let (end, next_change) = contents.next;
    log::check_dense(&contents.batches, sealed_end, end)?;
    let overlays = overlays(&segments, &contents.changes)?;
    let tail = tail(contents.batches, shared.origin())?;
    let mut recent = RecentUids::default();
    tail.iter().for_each(|chunk| recent.add(chunk));
    let view = View { segments: Arc::new(sealed), tail, overlays, end: EventId(end), reader };
    let (changes, changes_bytes) = (contents.changes, contents.changes_bytes);
    Ok((Recovered { log, view, recent, next_change, changes, changes_bytes }, segments))
}

/// Applies all changes in their order: first those that have left the log, then those in it.
fn overlays(segments: &Segments, logged: &[Record]) -> Result<Overlays> {
    let mut overlays = Overlays::new();
    let folded = segments.folded()?;
    for window in folded.values() {
        window.changes.iter().try_for_each(|change| overlay::apply(&mut overlays, change))?;
    }
    for change in logged {
        // A fold that was cut off before the log heard of it has some windows ahead.
        let ahead = |window: u32| folded.get(&window).is_some_and(|f| f.through >= change.id);
        let mut change = change.clone();
        change.effects.retain(|effect| !ahead(effect.window));
        overlay::apply(&mut overlays, &change)?;
    }
    Ok(overlays)
}

/// One chunk per window of all rows that are not sealed.
fn tail(batches: Vec<(EventId, Vec<Row>)>, origin: Origin<'_>) -> Result<Vec<Arc<Chunk>>> {
    let mut gathered: Vec<(EventId, Vec<Row>)> = Vec::new();
    for (first, rows) in batches {
        match gathered.last_mut() {
            Some((start, all)) if window_of(*start) == window_of(first) => all.extend(rows),
            _ => gathered.push((first, rows)),
        }
    }
    let chunks = gathered.into_iter();
    chunks.map(|(first, rows)| Chunk::build(first, rows, origin).map(Arc::new)).collect()
}
