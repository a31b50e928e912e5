//! Every bound of a request, with its reason.

/// Events on one page. Each is decoded and kept in memory; longer results are read page by page,
/// or as a stream.
pub const PAGE_EVENTS_MAX: usize = 10_000;

/// Facets of one request: a page of an event feed shows about ten.
pub const FACETS_MAX: usize = 64;

/// Values listed for one facet; the rest is counted together.
pub const FACET_VALUES_MAX: usize = 10_000;

/// Buckets of a histogram that are not empty: far more than a screen has columns, few enough to be
/// sent in one answer.
pub const BUCKETS_MAX: usize = 100_000;

/// How deep a filter may be nested, since it is walked recursively. An expression may be 64 deep,
/// and what a request adds to its filter nests it one deeper.
pub const FILTER_DEPTH_MAX: usize = 128;
