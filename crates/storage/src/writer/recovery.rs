//! Brings a store back to the state of its last commit.
//!
//! What is read: the catalogue and the directories of segments, the folded changes and those still
//! in the log, the batches that are not sealed. The work is bounded by the tail and the changes,
//! not by the number of events.

use crate::change::Record;
use crate::change::folded::Folded;
use crate::change::overlay::{self, Overlays};
use crate::compaction::prune;
use crate::compaction::rewrite::Rewrite;
use crate::compaction::worker::{self, Done, Garbage, Segments};
use crate::database::files::SEGMENTS;
use crate::database::guard::Held;
use crate::database::pair;
use crate::error::{Error, Mismatch, Result};
use crate::folder::Files;
use crate::index::Index;
use crate::limits::{TAIL_BYTES_MAX, TAIL_FIELDS_MAX};
use crate::log::{self, Log};
use crate::options::Options;
use crate::row::{Origin, Row};
use crate::segment::Segment;
use crate::segment::chunk::Chunk;
use crate::segment::reader::Shared;
use crate::view::View;
use crate::writer::dedup::RecentUids;
use crate::writer::undo::LastAction;
use eventscope_model::{EventId, ScopeLabels};
use std::collections::BTreeMap;
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
    /// What a crash has left in `segments.redb`.
    pub(crate) garbage: Garbage,
    pub(crate) last_action: Option<LastAction>,
}

/// Reads both files.
pub(crate) fn recover(files: Files, options: &Options) -> Result<(Recovered, Segments)> {
    let mut log = Log::new(files.log, files.dir.as_ref(), options.memory.log_pages());
    let contents = log.read()?;
    let shared = Arc::new(Shared::new(contents.store_id, options.memory.kept()));
    let segments = Segments {
        file: Arc::new(Held::new(files.segments, SEGMENTS)),
        shared: Arc::clone(&shared),
        path: files.dir.as_ref().map(|dir| dir.join(SEGMENTS)),
        cache: options.memory.segment_pages(),
        log: contents.counters.own,
        closing: Arc::default(),
    };
    let (counters, of_store) = segments.metadata()?;
    pair::check((contents.counters, &shared.store_id), (counters, of_store.as_deref()))?;
    segments.forget_from(contents.next.1, contents.counters.other)?;
    let reader = segments.reader()?;
    let (sealed, pruned) = worker::load(&contents.catalogue, &reader)?;
    let (end, next_change) = contents.next;
    let folded = segments.folded()?;
    let (overlays, last_action) = overlays(&folded, &contents.changes)?;
    let labels = Arc::new(contents.labels);
    let mut view = View {
        segments: Arc::new(sealed),
        pruned: Arc::new(pruned),
        tail: Vec::new(),
        overlays,
        end: EventId(end),
        reader,
        labels: Arc::clone(&labels),
        indexed: labels,
        sums: Arc::default(),
    };
    log::check_dense(&contents.batches, view.sealed_end().0, end)?;
    view.tail = tail(contents.batches, shared.origin(), &view.labels)?;
    check_rewritten(&view, next_change)?;
    let mut overlays = std::mem::take(&mut view.overlays);
    prune::settle(&view, &mut overlays);
    view.overlays = overlays;
    index_by_scope(&segments, &mut view)?;
    log.begin(contents.counters, view.reader.counters.own);
    let garbage = garbage(&segments, &view, &folded)?;
    let mut recent = RecentUids::default();
    view.tail.iter().for_each(|chunk| recent.add(chunk));
    let (changes, changes_bytes) = (contents.changes, contents.changes_bytes);
    let recovered =
        Recovered { log, view, recent, next_change, changes, changes_bytes, garbage, last_action };
    Ok((recovered, segments))
}

/// Makes sure that the log has what the rows of segments were rewritten by: the observations in
/// them, which count as appends, and whatever removed an event.
fn check_rewritten(view: &View, next_change: u64) -> Result<()> {
    #[cfg(feature = "plants")]
    if crate::fault_injection::is(crate::fault_injection::Plant::PairNotCompared) {
        return Ok(());
    }
    let lacks = |segment: &&Arc<Segment>| {
        let overlay = view.overlays.get(&segment.first.window());
        let deleted = overlay.and_then(|overlay| overlay.deleted());
        let is_left = segment.removed.as_ref().is_some_and(|removed| {
            deleted.map_or(0, |deleted| deleted.intersection_len(removed)) < removed.len()
        });
        is_left || (segment.through > 0 && segment.through >= next_change)
    };
    match view.segments.iter().any(|segment| lacks(&segment)) {
        true => Err(Error::Mismatched { why: Mismatch::OlderLog }),
        false => Ok(()),
    }
}

/// Has the index of every segment hold the scope labels. Only a backup that was cut off between
/// its two files has left others: its log is the new one, its segments are still the old ones.
fn index_by_scope(segments: &Segments, view: &mut View) -> Result<()> {
    let behind = view.segments.iter().filter(|segment| !segment.labels.cover(&view.labels));
    for segment in behind.cloned().collect::<Vec<_>>() {
        let job = Rewrite::of(segment, view);
        match segments.rewrite(&job)? {
            Done::Rewritten(segment, reader) => {
                view.replace(segment);
                view.reader = reader;
            }
            Done::Unreadable(_, error) => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// What is in `segments.redb` although the log does not know of it.
fn garbage(segments: &Segments, view: &View, folded: &BTreeMap<u32, Folded>) -> Result<Garbage> {
    let known = |first: &EventId| {
        view.segments.binary_search_by_key(first, |segment| segment.first).is_ok()
    };
    Ok(Garbage {
        segments: segments.stored()?.into_iter().filter(|first| !known(first)).collect(),
        windows: folded.keys().copied().filter(|window| !view.has_rows(*window)).collect(),
    })
}

/// Applies all changes in their order, but for those that were undone: first the ones that have
/// left the log, then those in it. Finds the last one that people made, too.
fn overlays(
    folded: &BTreeMap<u32, Folded>,
    logged: &[Record],
) -> Result<(Overlays, Option<LastAction>)> {
    let mut overlays = Overlays::new();
    let all = || folded.values().flat_map(|window| &window.changes).chain(logged);
    let undone = overlay::undone(all());
    let standing = |change: &&Record| !undone.contains(&change.id);
    for change in folded.values().flat_map(|window| &window.changes).filter(standing) {
        overlay::apply(&mut overlays, change)?;
    }
    for change in logged.iter().filter(standing) {
        #[cfg(feature = "plants")]
        if crate::fault_injection::is(crate::fault_injection::Plant::ReplayWithoutDelete)
            && change.deletes()
        {
            continue;
        }
        // A fold that was cut off before the log heard of it has some windows ahead.
        let ahead = |window: u32| folded.get(&window).is_some_and(|f| f.through >= change.id);
        overlay::apply_within(&mut overlays, change, |window| !ahead(window))?;
    }
    Ok((overlays, LastAction::among(all())))
}

/// The rows that are not sealed, in as few chunks as may be. A chunk holds whole batches: sealing
/// drops the batches that begin in its chunks, and would take what follows in the last one along.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "batches were found to have rows, one behind the other"
)]
fn tail(
    batches: Vec<(EventId, Vec<Row>)>,
    origin: Origin<'_>,
    labels: &Arc<ScopeLabels>,
) -> Result<Vec<Arc<Chunk>>> {
    let mut pieces: Vec<Vec<(EventId, Vec<Row>)>> = Vec::new();
    let mut bytes = 0;
    for (first, rows) in batches {
        let last = EventId(first.0 + rows.len() as u64 - 1);
        if first.window() != last.window() {
            return Err(Error::corrupt(format!("batch {first}"), "it goes beyond its window"));
        }
        let more: usize = rows.iter().map(|row| row.body.len()).sum();
        bytes += more;
        match pieces.last_mut() {
            Some(piece)
                if bytes <= TAIL_BYTES_MAX
                    && piece.iter().all(|(other, _)| other.window() == first.window()) =>
            {
                piece.push((first, rows));
            }
            _ => {
                bytes = more;
                pieces.push(vec![(first, rows)]);
            }
        }
    }
    let mut chunks = Vec::new();
    pieces.into_iter().try_for_each(|piece| add_chunks(&mut chunks, piece, origin, labels))?;
    Ok(chunks)
}

/// Adds one chunk of some batches, or several where one would have more fields than a tail may.
fn add_chunks(
    chunks: &mut Vec<Arc<Chunk>>,
    mut batches: Vec<(EventId, Vec<Row>)>,
    origin: Origin<'_>,
    labels: &Arc<ScopeLabels>,
) -> Result<()> {
    let Some(first) = batches.first().map(|(first, _)| *first) else { return Ok(()) };
    let fields_max = if batches.len() > 1 { TAIL_FIELDS_MAX } else { usize::MAX };
    let rows = batches.iter().flat_map(|(_, rows)| rows);
    match Index::build_within(fields_max, first, rows, origin, labels)? {
        Some(index) => {
            let rows = batches.into_iter().flat_map(|(_, rows)| rows);
            chunks.push(Arc::new(Chunk::of(first, rows.collect(), index)));
            Ok(())
        }
        None => {
            let behind = batches.split_off(batches.len() / 2);
            add_chunks(chunks, batches, origin, labels)?;
            add_chunks(chunks, behind, origin, labels)
        }
    }
}
