//! One file per command: from what was typed to what is printed.

pub(crate) mod analyze;
pub(crate) mod backup;
pub(crate) mod bench;
pub(crate) mod catalog;
pub(crate) mod change;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod export;
pub(crate) mod help;
pub(crate) mod import;
pub(crate) mod labels;
pub(crate) mod man;
pub(crate) mod post;
pub(crate) mod prune;
pub(crate) mod query;
pub(crate) mod rebuild;
pub(crate) mod show;
pub(crate) mod stats;
pub(crate) mod verify;
