//! Which of the matching events a page shows.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "pages are short, times not negative, and ids at most 2^64 - 1"
)]

use crate::error::{Error, Result};
use crate::facet::Facet;
use crate::request::Anchor;
use crate::select::Hits;
use eventscope_model::{Event, EventId, Timestamp};
#[cfg(feature = "plants")]
use eventscope_storage::fault_injection::Plant;
use eventscope_storage::{Part, Snapshot, Times};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The answer to a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// How many events match, on this page or not.
    pub total: u64,
    /// The events of the page, the newest first.
    pub events: Vec<Event>,
    /// The last event of the page, if events older than it match: the page of those is the one
    /// before this id.
    pub next: Option<EventId>,
    /// The facets, in the order of the request.
    pub facets: Vec<Facet>,
    /// The start of each bucket with events, ascending, and how many events it has.
    pub histogram: Vec<(Timestamp, u64)>,
}

/// The place of an event in the order of the feed; greater is newer.
pub(crate) type Place = (Timestamp, EventId);

/// How soon an event comes on a page; greater is sooner. Towards older events this is the place as
/// it is, towards newer ones the place counted from the other end.
type Rank = (i64, u64);

/// Hits of a part up to which each is looked at. Above, the part is walked in the order of time,
/// which finds 50 events after about 50 * 65,536 / 1,000 steps at most: no more than twice what
/// looking at 1,000 hits with their times costs.
const FEW_HITS: u32 = 1_000;

/// Selects the events of a page, part by part.
#[derive(Debug)]
pub(crate) struct Winners {
    direction: Direction,
    /// The place of the anchor.
    bound: Option<Place>,
    limit: usize,
    /// One more than the page shows, so that it is known whether there are more.
    best: BinaryHeap<Reverse<Rank>>,
    /// Whether a match at or before the anchor was seen, for pages after an anchor.
    older: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Older,
    Newer,
}

impl Winners {
    /// A page that shows up to `limit` events beside an anchor.
    pub(crate) fn new(anchor: Anchor, limit: usize, snapshot: &Snapshot) -> Result<Self> {
        let (direction, id) = match anchor {
            Anchor::Newest => (Direction::Older, None),
            Anchor::Before(id) => (Direction::Older, Some(id)),
            Anchor::After(id) => (Direction::Newer, Some(id)),
        };
        let bound = match id {
            None => None,
            Some(id) => {
                let time = snapshot.time_of(id)?.ok_or(Error::NoSuchEvent { id })?;
                Some((time, id))
            }
        };
        Ok(Self { direction, bound, limit, best: BinaryHeap::new(), older: false })
    }

    /// Puts parts into the order in which the page fills soonest.
    pub(crate) fn sort(&self, parts: &mut [Part<'_>]) {
        match self.direction {
            Direction::Older => parts.sort_by_key(|part| Reverse(part.time_span().1)),
            Direction::Newer => parts.sort_by_key(|part| part.time_span().0),
        }
    }

    /// Considers the matching events of a part.
    pub(crate) fn offer(&mut self, part: &Part<'_>, hits: &Hits<'_>) -> Result<()> {
        if self.limit == 0 {
            return Ok(());
        }
        for event in hits.amended {
            self.consider((event.time, event.id));
        }
        if hits.len == 0 {
            return Ok(());
        }
        if self.direction == Direction::Newer && !self.older {
            self.older = self.has_older(part, hits)?;
        }
        if !self.wants(part) {
            return Ok(());
        }
        let times = part.times()?;
        if hits.len < FEW_HITS {
            for row in hits.rows.iter() {
                self.consider((times.time(row), part.id(row)));
            }
        } else {
            self.walk(part, hits, &times);
        }
        Ok(())
    }

    /// Whether a hit of a part is the anchor or older.
    fn has_older(&self, part: &Part<'_>, hits: &Hits<'_>) -> Result<bool> {
        let (first, last) = part.time_span();
        let Some(bound) = self.bound.filter(|(time, _)| first <= *time) else { return Ok(false) };
        if last < bound.0 {
            return Ok(true);
        }
        let times = part.times()?;
        Ok(hits.rows.iter().any(|row| (times.time(row), part.id(row)) <= bound))
    }

    /// Looks at the rows of a part in the order of the page until they cannot win any more.
    fn walk(&mut self, part: &Part<'_>, hits: &Hits<'_>, times: &Times) {
        let direction = self.direction;
        let time = self.bound.map(|(time, _)| time);
        let mut look = |position: usize| {
            let row = times.row(position);
            !hits.rows.contains(row) || self.consider((times.time(row), part.id(row)))
        };
        let (oldest, newest) = (Timestamp::EPOCH, Timestamp::MAX);
        match direction {
            Direction::Older => {
                times.positions(oldest, time.unwrap_or(newest)).rev().all(&mut look);
            }
            Direction::Newer => {
                times.positions(time.unwrap_or(oldest), newest).all(&mut look);
            }
        }
    }

    /// Whether any row of a part could still come on the page.
    fn wants(&self, part: &Part<'_>) -> bool {
        let (first, last) = part.time_span();
        let (soonest, latest) = match self.direction {
            Direction::Older => ((last, EventId(u64::MAX)), (first, EventId(0))),
            Direction::Newer => ((first, EventId(0)), (last, EventId(u64::MAX))),
        };
        let within = self.bound.is_none_or(|bound| self.rank(latest) < self.rank(bound));
        within && self.could_win(self.rank(soonest))
    }

    /// Takes a matching event if it is among the best so far. False means that none after it in
    /// the order of the page can be.
    fn consider(&mut self, place: Place) -> bool {
        let rank = self.rank(place);
        if self.bound.is_some_and(|bound| rank >= self.rank(bound)) {
            self.older |= self.direction == Direction::Newer;
            return true;
        }
        if !self.could_win(rank) {
            return false;
        }
        self.best.push(Reverse(rank));
        if self.best.len() > self.limit + 1 {
            self.best.pop();
        }
        true
    }

    fn could_win(&self, rank: Rank) -> bool {
        let worst = self.best.peek().map(|Reverse(worst)| *worst);
        self.best.len() <= self.limit || worst.is_none_or(|worst| rank > worst)
    }

    fn rank(&self, (time, id): Place) -> Rank {
        #[cfg(feature = "plants")]
        let time = match eventscope_storage::fault_injection::is(Plant::PageOrderById) {
            true => Timestamp::EPOCH,
            false => time,
        };
        match self.direction {
            Direction::Older => (time.nanos(), id.0),
            Direction::Newer => (i64::MAX - time.nanos(), u64::MAX - id.0),
        }
    }

    /// The ids of the page, the newest first, and the id for the page of older ones.
    pub(crate) fn finish(self) -> (Vec<EventId>, Option<EventId>) {
        let Self { direction, limit, best, older, .. } = self;
        let mut ranks = best.into_sorted_vec();
        let more = ranks.len() > limit;
        ranks.truncate(limit);
        let ids = ranks.into_iter().map(|Reverse((_, id))| id);
        let (ids, older): (Vec<EventId>, bool) = match direction {
            Direction::Older => (ids.map(EventId).collect(), more),
            Direction::Newer => (ids.rev().map(|id| EventId(u64::MAX - id)).collect(), older),
        };
        let next = ids.last().copied().filter(|_| older);
        (ids, next)
    }
}
