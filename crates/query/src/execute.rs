//! Answers a request: one pass over the parts, each computed once for everything that is asked.

use crate::cache::Cache;
use crate::error::Result;
use crate::facet::{FacetKey, Tally};
use crate::histogram::Histogram;
use crate::limits::COUNTED_BYTES_MAX;
use crate::page::{Page, Winners};
use crate::request::{Request, check_depth};
use crate::select::{Selector, outside};
use eventscope_model::{Event, EventId};
use eventscope_storage::{Part, Snapshot};

/// Answers a request from one state of the store.
///
/// A cache that is handed in belongs to this store; without one, nothing is kept between requests.
///
/// # Errors
/// When a limit is exceeded, the page is asked for beside an event that never existed, a test or a
/// facet is about a label that is no scope label, or the store cannot be read.
///
/// # Cost
/// Grows with the number of parts that the time range and the dictionaries do not rule out. Tests
/// that no index serves (of descriptions, for words, of parts of uids) read every event that the
/// rest of the filter leaves, and so does every event that was amended since it was written.
#[expect(clippy::arithmetic_side_effects, reason = "there are fewer than 2^64 events")]
pub fn execute(request: &Request, snapshot: &Snapshot, cache: Option<&Cache>) -> Result<Page> {
    request.check()?;
    check_depth(&request.filter)?;
    let labels = snapshot.scope_labels();
    let facets = request.facets.iter().filter_map(FacetKey::label_key);
    // A range of times may leave nothing of the filter.
    let outside_filter = request.filter.label_outside(labels);
    if let Some(key) = outside_filter.into_iter().chain(facets).find(|key| !labels.admit(key)) {
        return Err(outside(key, labels));
    }
    let filter = request.counted();
    let mut selector = Selector::new(&filter, snapshot)?.cached(cache);
    let mut winners = Winners::new(request.anchor, request.limit, snapshot)?;
    let room = COUNTED_BYTES_MAX / request.facets.len().max(1);
    let tallies = request.facets.iter().map(|key| Tally::new(key, &filter, snapshot, room));
    let mut tallies = tallies.collect::<Result<Vec<_>>>()?;
    let mut histogram = request.histogram.map(Histogram::new);

    let mut parts: Vec<Part<'_>> = snapshot.parts().collect();
    winners.sort(&mut parts);
    let mut total = 0;
    for part in &parts {
        let hits = selector.select(part)?;
        for tally in &mut tallies {
            tally.add(part, &hits, snapshot)?;
        }
        if hits.total() == 0 {
            continue;
        }
        total += hits.total();
        winners.offer(part, &hits)?;
        if let Some(histogram) = &mut histogram {
            histogram.add(part, &hits)?;
        }
    }
    let (ids, next) = winners.finish();
    Ok(Page {
        total,
        events: events(&ids, snapshot)?,
        next,
        facets: tallies
            .into_iter()
            .map(|tally| tally.finish(total, request.top))
            .collect::<Result<_>>()?,
        histogram: histogram.map_or_else(Vec::new, Histogram::finish),
    })
}

fn events(ids: &[EventId], snapshot: &Snapshot) -> Result<Vec<Event>> {
    let mut events = Vec::with_capacity(ids.len());
    for id in ids {
        events.extend(snapshot.event(*id)?);
    }
    Ok(events)
}
