//! What is asked of the store.

use crate::error::{Error, Result};
use crate::facet::FacetKey;
use crate::limits;
use eventscope_model::{EventId, Timestamp};
use eventscope_scope::{Filter, Span, Test};
#[cfg(feature = "plants")]
use eventscope_storage::fault_injection::Plant;
use std::num::NonZeroU64;

/// Which events are meant, and what to tell of them.
///
/// Events are always listed the newest first: by time, and by id where times are the same. The
/// fields are open; the methods that share their names are for writing a request in a line.
///
/// ```
/// use eventscope_model::EventId;
/// use eventscope_query::{FacetKey, Request};
/// use eventscope_scope::Filter;
///
/// let request = Request::new(Filter::All).newest(20).before(EventId(4_711));
/// let request = request.facet(FacetKey::Severity);
/// assert_eq!(request.limit, 20);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which events are meant.
    pub filter: Filter,
    /// Only events of this time and later.
    pub from: Option<Timestamp>,
    /// Only events before this time.
    pub to: Option<Timestamp>,
    /// How many events to list, 0 to [`limits::PAGE_EVENTS_MAX`].
    pub limit: usize,
    /// Where the list begins.
    pub anchor: Anchor,
    /// What to count the events by.
    pub facets: Vec<FacetKey>,
    /// How many values of each facet to list, up to [`limits::FACET_VALUES_MAX`].
    pub top: usize,
    /// Nanoseconds of one bucket of the histogram, if there is to be one.
    pub histogram: Option<NonZeroU64>,
}

/// Which events a page shows out of all that match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Anchor {
    /// The newest.
    #[default]
    Newest,
    /// Those just older than this event, which may be deleted or not match.
    Before(EventId),
    /// Those just newer than this event, which may be deleted or not match.
    After(EventId),
}

impl Request {
    /// The 50 newest of some events, facets to 20 values each, and no histogram.
    #[must_use]
    pub fn new(filter: Filter) -> Self {
        Self {
            filter,
            from: None,
            to: None,
            limit: 50,
            anchor: Anchor::Newest,
            facets: Vec::new(),
            top: 20,
            histogram: None,
        }
    }

    /// Sets how many events to list.
    #[must_use]
    pub fn newest(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Lists the events just older than this one.
    #[must_use]
    pub fn before(mut self, id: EventId) -> Self {
        self.anchor = Anchor::Before(id);
        self
    }

    /// Lists the events just newer than this one, the newest of them first all the same.
    #[must_use]
    pub fn after(mut self, id: EventId) -> Self {
        self.anchor = Anchor::After(id);
        self
    }

    /// Leaves out what was before this time.
    #[must_use]
    pub fn from(mut self, time: Timestamp) -> Self {
        self.from = Some(time);
        self
    }

    /// Leaves out what was at this time or later.
    #[must_use]
    pub fn to(mut self, time: Timestamp) -> Self {
        self.to = Some(time);
        self
    }

    /// Counts by one key more.
    #[must_use]
    pub fn facet(mut self, key: FacetKey) -> Self {
        self.facets.push(key);
        self
    }

    /// Sets how many values of each facet to list.
    #[must_use]
    pub fn top(mut self, values: usize) -> Self {
        self.top = values;
        self
    }

    /// Counts by time, in buckets of so many nanoseconds.
    #[must_use]
    pub fn histogram(mut self, bucket_nanos: NonZeroU64) -> Self {
        self.histogram = Some(bucket_nanos);
        self
    }

    /// Whether every part of the request is within its limit.
    pub(crate) fn check(&self) -> Result<()> {
        let within = |what, found, max| {
            if found > max { Err(Error::TooLarge { what, found, max }) } else { Ok(()) }
        };
        within("events", self.limit, limits::PAGE_EVENTS_MAX)?;
        within("facets", self.facets.len(), limits::FACETS_MAX)?;
        within("values of each facet", self.top, limits::FACET_VALUES_MAX)
    }

    /// The events that are counted: those of the filter and of the time range.
    #[must_use]
    pub fn counted(&self) -> Filter {
        let mut filter = self.filter.clone();
        if let Some(first) = self.from {
            filter = filter.and(Test::Time(Span { first, last: Timestamp::MAX }).into());
        }
        if let Some(to) = self.to {
            let last = to.nanos().checked_sub(1).and_then(Timestamp::from_nanos);
            #[cfg(feature = "plants")]
            let last = match eventscope_storage::fault_injection::is(Plant::OffByOneAtTo) {
                true => Some(to),
                false => last,
            };
            let earlier = |last| Test::Time(Span { first: Timestamp::EPOCH, last }).into();
            filter = filter.and(last.map_or(Filter::Nothing, earlier));
        }
        filter
    }
}

/// The filter nested no deeper than it is safe to follow.
pub(crate) fn check_depth(filter: &Filter) -> Result<()> {
    fn within(filter: &Filter, left: usize) -> bool {
        match filter {
            Filter::And(children) | Filter::Or(children) => left
                .checked_sub(1)
                .is_some_and(|left| children.iter().all(|child| within(child, left))),
            Filter::All | Filter::Nothing | Filter::Test(_) | Filter::Not(_) => true,
        }
    }
    let max = limits::FILTER_DEPTH_MAX;
    if within(filter, max) { Ok(()) } else { Err(Error::FilterTooDeep { max }) }
}
