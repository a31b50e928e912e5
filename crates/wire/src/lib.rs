//! The JSON documents of eventscope: what its command line prints with `--json` and its API
//! answers, each written and read by one type.
//!
//! | command | document |
//! |---|---|
//! | `import` | [`Imported`]; while it goes on [`Durable`] |
//! | `stats` | [`eventscope::Stats`], which is not read back: its figures are rounded and summed |
//!
//! # What is guaranteed
//!
//! - A document is read as what was written, field by field. Where something is not written (rows
//!   of a panel that say nothing), its type says so.
//! - Fields that are not known are passed over, so that a reader understands later versions.
//! - Absent is never written as null. Numbers of events and of changes are texts, since JavaScript
//!   cannot tell large ones apart.

#![cfg_attr(
    not(test),
    deny(clippy::expect_used, clippy::indexing_slicing, clippy::string_slice),
    deny(clippy::arithmetic_side_effects, clippy::panic, clippy::unreachable)
)]

mod absent;

#[cfg(test)]
mod testing;

pub mod imported;

pub use imported::{Durable, Imported};
