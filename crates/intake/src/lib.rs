//! Dumps into a store: records are read and mapped on one thread and appended on another, and every
//! record that was read is counted under one outcome.
//!
//! ```
//! use eventscope::{Options, Store};
//! use eventscope_intake::{Import, Input};
//!
//! let dump = r#"{"Type":"container","Action":"kill","Actor":{"ID":"9f86d0"},"time":1795424940}
//! {"Type":"container","Action":"kill"}"#;
//! let store = Store::in_memory(Options::default())?;
//! let inputs = vec![Input::reader("docker.json", dump.as_bytes())];
//! let report = Import::default().run(&store, inputs, |_| {})?;
//! assert_eq!((report.counts.appended, report.counts.rejected), (1, 1));
//! assert_eq!(report.rejects[0].line, 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | to | there is |
//! |---|---|
//! | say what is read, and how | [`Input`], [`Import`], with the options of [`eventscope_formats`] |
//! | end it early | [`Cancel`]; [`Stream`] for inputs that may keep a reader waiting |
//! | know what became of it | [`Report`], [`Problem`], [`Error`] |
//! | append drafts of scans | [`append`] |
//!
//! # What is guaranteed
//!
//! - When [`Import::run`] returns, every record that is counted as appended is durable; so it is
//!   when an import stopped half-way, and to import the same again stores nothing twice.
//! - Memory is bounded by [`limits`], whatever the dumps are: the reader waits while the store is
//!   behind, and with it whoever writes into a pipe.
//! - A record of a stream is durable well within a second after it was read.

#![cfg_attr(
    not(test),
    deny(clippy::expect_used, clippy::indexing_slicing, clippy::string_slice),
    deny(clippy::arithmetic_side_effects, clippy::panic, clippy::unreachable)
)]

mod cancel;
mod error;
mod handover;
mod import;
mod input;
mod problem;
mod reader;
mod report;
mod scans;
mod stream;

pub mod limits;

pub use cancel::{Cancel, Cancelled, Watched};
pub use error::Error;
pub use import::{Import, Progress};
pub use input::{Input, Opened, Written};
pub use problem::Problem;
pub use report::{Counts, FileReport, Reason, Reject, Report};
pub use scans::append;
pub use stream::Stream;
