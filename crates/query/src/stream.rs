//! All matching events from the oldest to the newest, one at a time.

use crate::error::Result;
use crate::page::Place;
use crate::select::Selector;
use eventscope_model::Event;
use eventscope_scope::Filter;
use eventscope_storage::{Part, RowSet, Snapshot, Times};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::Arc;

/// The events of a snapshot that match a filter, ascending by (time, id).
///
/// # Errors
/// When the filter is nested too deep or asks for a label that is no scope label, or the store
/// cannot be read. The stream itself ends with the first error.
///
/// # Cost
/// Events are read one by one. In memory are the rows (8 KiB) and times of the parts whose time
/// ranges overlap at the event that is read, and the place of each amended event that matches.
pub fn stream<'q>(filter: &'q Filter, snapshot: &'q Snapshot) -> Result<Stream<'q>> {
    let mut selector = Selector::new(filter, snapshot)?;
    let mut waiting: Vec<Part<'q>> = snapshot.parts().collect();
    let mut heads = BinaryHeap::new();
    // An amended event may lie anywhere in time, so all of them take part from the beginning.
    for part in &waiting {
        let places = selector.select_amended(part)?.iter().map(|event| (event.time, event.id));
        heads.extend(places.map(|place| Head { place, rest: None }));
    }
    waiting.sort_by_key(|part| Reverse(part.time_span().0));
    Ok(Stream { snapshot, selector, waiting, heads })
}

/// What [`stream`] gives.
#[derive(Debug)]
pub struct Stream<'q> {
    snapshot: &'q Snapshot,
    selector: Selector<'q>,
    /// Parts that are not begun, the one that begins first at the end.
    waiting: Vec<Part<'q>>,
    heads: BinaryHeap<Head<'q>>,
}

impl Iterator for Stream<'_> {
    type Item = Result<Event>;

    fn next(&mut self) -> Option<Result<Event>> {
        let event = self.advance();
        if event.is_err() {
            self.waiting.clear();
            self.heads.clear();
        }
        event.transpose()
    }
}

impl Stream<'_> {
    fn advance(&mut self) -> Result<Option<Event>> {
        self.begin_parts()?;
        let Some(head) = self.heads.pop() else { return Ok(None) };
        let event = self.snapshot.event(head.place.1)?;
        self.heads.extend(head.rest.and_then(Rest::next));
        Ok(event)
    }

    /// Begins the parts that may hold the next event.
    fn begin_parts(&mut self) -> Result<()> {
        while let Some(part) = self.waiting.pop() {
            let first = part.time_span().0;
            if self.heads.peek().is_some_and(|head| head.place.0 < first) {
                self.waiting.push(part);
                return Ok(());
            }
            let hits = self.selector.select(&part)?;
            if hits.len > 0 {
                let rows = hits.rows.clone();
                let rest = Rest { part, rows, times: part.times()?, position: 0 };
                self.heads.extend(rest.next());
            }
        }
        Ok(())
    }
}

/// The next event of a part, and the part's events after it.
#[derive(Debug)]
struct Head<'q> {
    place: Place,
    rest: Option<Rest<'q>>,
}

/// The order of a heap that gives the oldest first.
impl Ord for Head<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.place.cmp(&self.place)
    }
}

impl PartialOrd for Head<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

impl Eq for Head<'_> {}

/// The matching rows of a part from a position in the order of time on.
#[derive(Debug)]
struct Rest<'q> {
    part: Part<'q>,
    rows: RowSet,
    times: Arc<Times>,
    position: usize,
}

impl<'q> Rest<'q> {
    #[expect(clippy::arithmetic_side_effects, reason = "it stays below the number of rows")]
    fn next(mut self) -> Option<Head<'q>> {
        while self.position < self.times.ascending().len() {
            let row = self.times.row(self.position);
            self.position += 1;
            if self.rows.contains(row) {
                let place = (self.times.time(row), self.part.id(row));
                return Some(Head { place, rest: Some(self) });
            }
        }
        None
    }
}
