//! What is asked of the store: an expression, and what to tell of the events that it means.

use crate::error::{Result, check_labels};
use eventscope_model::{EventId, ScopeLabels, Timestamp};
use eventscope_query::{self as query, FacetKey};
use eventscope_scope::{Expr, Filter};
use std::num::NonZeroU64;
use std::time::Duration;

/// Which events are meant, and what to tell of them: by default the 50 newest and their exact
/// total.
///
/// Events are always listed the newest first. `time last 2h` in the expression is understood by the
/// store's clock when the request is made, so a request may be kept and made again.
///
/// ```
/// use eventscope::{FacetKey, Request};
/// use std::time::Duration;
///
/// let request = Request::parse("type = kubernetes and time last 2h")?
///     .newest(20)
///     .facet(FacetKey::Severity)
///     .histogram(Duration::from_secs(300));
/// # Ok::<(), eventscope::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Request {
    expr: Option<Expr>,
    /// The rest of the request; its filter stands for everything.
    rest: query::Request,
    pub(crate) results: Results,
}

/// Whether an answer may rest on results that were kept from earlier requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Results {
    #[default]
    Kept,
    Fresh,
}

impl Request {
    /// All events.
    #[must_use]
    pub fn everything() -> Self {
        Self { expr: None, rest: query::Request::new(Filter::All), results: Results::default() }
    }

    /// The events of an expression that was parsed before.
    #[must_use]
    pub fn new(expr: Expr) -> Self {
        Self { expr: Some(expr), ..Self::everything() }
    }

    /// The events of an expression.
    ///
    /// # Errors
    /// [`Error::Expression`](crate::Error::Expression) with the places of all mistakes.
    pub fn parse(expression: &str) -> Result<Self> {
        Ok(Self::new(eventscope_scope::parse(expression)?))
    }

    /// Sets how many events to list; 0 is allowed, for the total alone.
    ///
    /// # Limits
    /// Above [`limits::request::PAGE_EVENTS_MAX`](crate::limits::request::PAGE_EVENTS_MAX) the
    /// store refuses.
    #[must_use]
    pub fn newest(mut self, limit: usize) -> Self {
        self.rest = self.rest.newest(limit);
        self
    }

    /// Lists the events just older than this one, which may be deleted or not match.
    #[must_use]
    pub fn before(mut self, id: EventId) -> Self {
        self.rest = self.rest.before(id);
        self
    }

    /// Lists the events just newer than this one, the newest of them first all the same.
    #[must_use]
    pub fn after(mut self, id: EventId) -> Self {
        self.rest = self.rest.after(id);
        self
    }

    /// Leaves out what was before this time.
    #[must_use]
    pub fn from(mut self, time: Timestamp) -> Self {
        self.rest = self.rest.from(time);
        self
    }

    /// Leaves out what was at this time or later.
    #[must_use]
    pub fn to(mut self, time: Timestamp) -> Self {
        self.rest = self.rest.to(time);
        self
    }

    /// Counts by one key more.
    #[must_use]
    pub fn facet(mut self, key: FacetKey) -> Self {
        self.rest = self.rest.facet(key);
        self
    }

    /// Sets how many values of each facet to list; by default 20.
    #[must_use]
    pub fn top(mut self, values: usize) -> Self {
        self.rest = self.rest.top(values);
        self
    }

    /// Counts by time, in buckets of this width that begin at multiples of it since 1970, UTC. A
    /// width of nothing counts as a nanosecond.
    #[must_use]
    pub fn histogram(mut self, bucket: Duration) -> Self {
        let nanos = u64::try_from(bucket.as_nanos()).unwrap_or(u64::MAX);
        self.rest = self.rest.histogram(NonZeroU64::new(nanos).unwrap_or(NonZeroU64::MIN));
        self
    }

    /// Computes the answer from the indexes alone, as if nothing like it had been asked before. It
    /// is the same answer, and nothing of it is kept: for measurements.
    #[must_use]
    pub fn afresh(mut self) -> Self {
        self.results = Results::Fresh;
        self
    }

    /// Makes sure that it asks for scope labels only.
    pub(crate) fn check(&self, labels: &ScopeLabels) -> Result<()> {
        self.expr.as_ref().map_or(Ok(()), |expr| check_labels(expr, labels))
    }

    /// The request as it is meant at a moment.
    pub(crate) fn lower(&self, now: Timestamp) -> query::Request {
        let filter = self.expr.as_ref().map_or(Filter::All, |expr| expr.lower(now));
        query::Request { filter, ..self.rest.clone() }
    }
}
