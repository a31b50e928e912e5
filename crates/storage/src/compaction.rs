//! The background worker, and what it does to sealed segments: it writes them, rewrites them
//! without what was deleted, frees them, and copies the file that they are in into a smaller one.

pub(crate) mod prune;
pub(crate) mod rewrite;
pub(crate) mod worker;

/// How much space a store is to give back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum CompactionEffort {
    /// What is worth the work.
    #[default]
    Usual,
    /// As much as can be: it takes more than it may.
    Tight,
}
