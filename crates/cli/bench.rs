//! The filter-latency harness: expressions of the user, on the user's own store.

pub(crate) mod expressions;
pub(crate) mod measure;
pub(crate) mod report;
