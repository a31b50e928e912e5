//! The JSON documents of eventscope: what its command line prints with `--json` and its API
//! answers, each written and read by one type.
//!
//! ```
//! use eventscope::{Draft, Options, Request, Store};
//! use eventscope_wire::Answer;
//!
//! let store = Store::in_memory(Options::default())?;
//! store.append(vec![Draft::custom("Deployed web 1.4")])?;
//! let page = store.query(&Request::parse("name = 'Deployed web 1.4'")?)?;
//! let answer = Answer { page, names: Vec::new(), took_us: 128, warnings: Vec::new() };
//! let json = serde_json::to_string(&answer)?;
//! assert_eq!(serde_json::from_str::<Answer>(&json)?, answer);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | command | document |
//! |---|---|
//! | `query` | [`Answer`], with `--explain` [`Explained`] |
//! | `show` | [`Shown`], of one event [`ShownEvent`]; [`Panel`] |
//! | `analyze`, `import` | [`Analyzed`], [`Imported`]; while it goes on [`Durable`] |
//! | `ack`, `unack`, `resolve`, `delete`, `undo` | [`Changed`] |
//! | `labels` | [`LabelKeys`], of one label [`LabelValues`] |
//! | `compare` | [`Compared`] |
//! | `post` | [`Posted`] |
//! | `catalog` | [`Catalog`] |
//! | `stats` | [`eventscope::Stats`], which is not read back: its figures are rounded and summed |
//! | `verify`, `rebuild`, `labels --allow` | [`Verified`] |
//! | `backup` | [`BackedUp`] |
//! | `prune` | [`eventscope::Pruned`], with `--dry-run` [`PrunePreview`] |
//! | `bench` | [`Benchmark`] |
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
mod analyzed;
mod answer;
mod backed_up;
mod benchmark;
mod catalog;
mod changed;
mod compared;
mod explained;
mod labels;
mod posted;
mod prune_preview;
mod shown;
mod verified;
mod warning;

#[cfg(test)]
mod testing;

pub mod imported;
pub mod panel;
pub mod words;

pub use analyzed::Analyzed;
pub use answer::Answer;
pub use backed_up::BackedUp;
pub use benchmark::{Benchmark, Measured, MeasuredTest};
pub use catalog::{Catalog, KnownEvent};
pub use changed::Changed;
pub use compared::{Compared, ComparedRow, ComparedWindow, Difference};
pub use explained::Explained;
pub use imported::{Durable, Imported};
pub use labels::{LabelKey, LabelKeys, LabelValue, LabelValues};
pub use panel::Panel;
pub use posted::Posted;
pub use prune_preview::PrunePreview;
pub use shown::{Shown, ShownEvent};
pub use verified::Verified;
pub use warning::{Warning, WarningKind};
