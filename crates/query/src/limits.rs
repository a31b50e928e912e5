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

/// Bytes of the values with their counts that are gathered by a map, all facets of a request
/// together. Where a facet has more, its values are counted in passes over ranges of them.
pub const COUNTED_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Bytes of the runs of one such pass.
pub const RUNS_BYTES_MAX: usize = 48 * 1024 * 1024;

/// Bytes of the values that are put into their order together; the rest takes further passes.
pub const RANKED_BYTES_MAX: usize = 16 * 1024 * 1024;
