//! A second opinion: every answer computed from all events in the most obvious way.

use eventscope_model::{Event, EventId, Timestamp};
use eventscope_query::{Anchor, Facet, FacetKey, Page, Request};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Answers a request from all live events, and the time of each event that ever was.
pub(crate) fn page(
    request: &Request,
    live: &[Event],
    time_of: impl Fn(EventId) -> Timestamp,
) -> Page {
    let mut all: Vec<&Event> = live
        .iter()
        .filter(|event| request.filter.matches(event))
        .filter(|event| request.from.is_none_or(|from| event.time >= from))
        .filter(|event| request.to.is_none_or(|to| event.time < to))
        .collect();
    all.sort_by_key(|event| Reverse((event.time, event.id)));
    let (newer, rest): (Vec<&Event>, Vec<&Event>) = match request.anchor {
        Anchor::Newest => (Vec::new(), all.clone()),
        Anchor::Before(id) | Anchor::After(id) => {
            let place = (time_of(id), id);
            let is_newer = |event: &&Event| match request.anchor {
                Anchor::Before(_) => (event.time, event.id) >= place,
                _ => (event.time, event.id) > place,
            };
            all.iter().partition(|event| is_newer(event))
        }
    };
    let events: Vec<Event> = match request.anchor {
        Anchor::After(_) => newer[newer.len().saturating_sub(request.limit)..]
            .iter()
            .map(|e| (*e).clone())
            .collect(),
        _ => rest.iter().take(request.limit).map(|event| (*event).clone()).collect(),
    };
    let is_last = |last: &Event| all.last().is_some_and(|oldest| oldest.id == last.id);
    let next = events.last().filter(|last| !is_last(last)).map(|last| last.id);
    let facets = request.facets.iter().map(|key| facet(key, request.top, &all)).collect();
    let histogram = request
        .histogram
        .map_or_else(Vec::new, |width| histogram(i64::try_from(width.get()).unwrap(), &all));
    Page { total: all.len() as u64, events, next, facets, histogram }
}

fn facet(key: &FacetKey, top: usize, events: &[&Event]) -> Facet {
    let value = |event: &Event| match key {
        FacetKey::Severity => Some(event.severity.level().to_string()),
        FacetKey::Type => Some(event.event_type.to_string()),
        FacetKey::Status => Some(event.state.to_string()),
        FacetKey::Acknowledged => Some(event.acknowledgement.is_some().to_string()),
        FacetKey::Source => Some(event.source.clone()),
        FacetKey::Name => Some(event.name.clone()),
        FacetKey::Label(key) => event.labels.find(key).map(str::to_owned),
        FacetKey::Tag(key) => event.tags.get(key).map(str::to_owned),
    };
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for text in events.iter().filter_map(|event| value(event)) {
        *counts.entry(text).or_default() += 1;
    }
    let mut values: Vec<(String, u64)> = counts.into_iter().collect();
    let with_value: u64 = values.iter().map(|(_, count)| count).sum();
    // The sort is stable, so that equal counts stay in the order of their values.
    values.sort_by_key(|(_, count)| Reverse(*count));
    values.truncate(top);
    let listed: u64 = values.iter().map(|(_, count)| count).sum();
    let missing = events.len() as u64 - with_value;
    Facet { key: key.clone(), values, other: with_value - listed, missing }
}

fn histogram(width: i64, events: &[&Event]) -> Vec<(Timestamp, u64)> {
    let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
    for event in events {
        *counts.entry(event.time.nanos() / width * width).or_default() += 1;
    }
    let at = |nanos| Timestamp::from_nanos(nanos).unwrap();
    counts.into_iter().map(|(start, count)| (at(start), count)).collect()
}
