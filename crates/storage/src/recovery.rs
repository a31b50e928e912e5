//! Brings a store back to the state of its last commit.
//!
//! What is read: the catalogue and the directories of segments, the folded changes and those still
//! in the log, the batches that are not sealed. The work is bounded by the tail and the changes,
//! not by the number of events.

use crate::change::Record;
use crate::chunk::{self, Chunk};
use crate::error::Result;
use crate::files::{Files, SEGMENTS};
use crate::guard::Guarded;
use crate::intake::RecentUids;
use crate::log::{self, Log};
use crate::options::Options;
use crate::overlay::{self, Overlays};
use crate::reader::{Reader, Shared};
use crate::row::{Origin, Row};
use crate::sealer::{self, Segments};
use crate::snapshot::View;
use crate::undo::LastAction;
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
    pub(crate) last_action: Option<LastAction>,
}

/// Reads both files.
pub(crate) fn recover(files: Files, options: &Options) -> Result<(Recovered, Segments)> {
    let log = Log::new(files.log, files.dir.as_deref());
    let contents = log.read()?;
    let shared = Arc::new(Shared::new(contents.store_id, options.memory.sections()));
    let database = Guarded::new(files.segments, SEGMENTS);
    let segments = Segments { database, shared: Arc::clone(&shared) };
    segments.forget_from(contents.next.1)?;
    let reader = Arc::new(Reader::begin(segments.database.get()?, Arc::clone(&shared))?);
    let sealed = sealer::load(&contents.catalogue, &reader)?;
    let sealed_end = sealed.last().map_or(1, |segment| segment.end().0);
    let (end, next_change) = contents.next;
    log::check_dense(&contents.batches, sealed_end, end)?;
    let (overlays, last_action) = overlays(&segments, &contents.changes)?;
    let tail = tail(contents.batches, shared.origin())?;
    let mut recent = RecentUids::default();
    tail.iter().for_each(|chunk| recent.add(chunk));
    let view = View { segments: Arc::new(sealed), tail, overlays, end: EventId(end), reader };
    let (changes, changes_bytes) = (contents.changes, contents.changes_bytes);
    let recovered =
        Recovered { log, view, recent, next_change, changes, changes_bytes, last_action };
    Ok((recovered, segments))
}

/// Applies all changes in their order, but for those that were undone: first the ones that have
/// left the log, then those in it. Finds the last one that people made, too.
fn overlays(segments: &Segments, logged: &[Record]) -> Result<(Overlays, Option<LastAction>)> {
    let mut overlays = Overlays::new();
    let folded = segments.folded()?;
    let all = || folded.values().flat_map(|window| &window.changes).chain(logged);
    let undone = overlay::undone(all());
    let standing = |change: &&Record| !undone.contains(&change.id);
    for change in folded.values().flat_map(|window| &window.changes).filter(standing) {
        overlay::apply(&mut overlays, change)?;
    }
    for change in logged.iter().filter(standing) {
        // A fold that was cut off before the log heard of it has some windows ahead.
        let ahead = |window: u32| folded.get(&window).is_some_and(|f| f.through >= change.id);
        overlay::apply_within(&mut overlays, change, |window| !ahead(window))?;
    }
    Ok((overlays, LastAction::among(all())))
}

/// The rows that are not sealed, in as few chunks as may be.
fn tail(batches: Vec<(EventId, Vec<Row>)>, origin: Origin<'_>) -> Result<Vec<Arc<Chunk>>> {
    let Some(first) = batches.first().map(|(first, _)| *first) else { return Ok(Vec::new()) };
    let rows = batches.into_iter().flat_map(|(_, rows)| rows).collect();
    let pieces = chunk::split(first, rows).into_iter();
    pieces.map(|(first, rows)| Chunk::build(first, rows, origin).map(Arc::new)).collect()
}
