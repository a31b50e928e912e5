//! An embedded event store and query engine.
//!
//! Events are appended, stay durable, and are found again by scope expressions: with exact totals,
//! page by page, counted by any label and over time. State and acknowledgement change later;
//! everything else about an event stays as it was observed.
//!
//! ```no_run
//! use eventscope::{Draft, Request, Store};
//!
//! let store = Store::open("events.db")?; // made where there is none; one process at a time
//! let outcomes = store.append(&[Draft::custom("Deployed web 1.4")
//!     .severity(6)
//!     .label("kubernetes.namespace.name", "prod")])?; // durable when it returns
//! let page = store.query(
//!     &Request::parse("kubernetes.namespace.name = 'prod' and severity in (high, medium)")?
//!         .newest(50),
//! )?;
//! println!("{} events, showing {}", page.total, page.events.len());
//! # Ok::<(), eventscope::Error>(())
//! ```
//!
//! | to | there is |
//! |---|---|
//! | open | [`Store::open`], [`Store::open_with`], [`Store::in_memory`], [`Options`] |
//! | append | [`Store::append`], [`Store::append_each`], [`Draft`], [`Outcome`] |
//! | compare scans | [`Store::describe_scan`], [`is_scanned_artifact`] |
//! | ask | [`Store::query`], [`Request`], [`Page`]; [`Store::event`], [`Store::export`]; [`Store::explain`], [`plan`] |
//! | complete and check what is typed | [`Store::labels`], [`Store::values`]; [`Store::has_label`] |
//! | change | [`Store::acknowledge`], [`Store::resolve`], [`Store::delete`], [`Targets`]; [`Store::preview`], [`Store::undo`] |
//! | follow | [`Store::watch`], [`Watch`] |
//! | look after | [`Store::stats`], [`Store::prune`], [`Retention`], [`Store::verify`], [`Store::rebuild`], [`Store::set_scope_labels`], [`Store::backup`], [`Store::finish_text`], [`Store::close`] |
//!
//! With the feature `serde`, which is on by default, events, drafts, pages, facets, figures,
//! changes and histories are JSON in exactly the form that the command line prints.
//!
//! Everything blocks, nothing needs an async runtime, and there is no global state: a [`Store`] is
//! a handle to share between threads. What the expressions can say stands in [`REFERENCE`].

#![cfg_attr(
    not(test),
    deny(clippy::expect_used, clippy::indexing_slicing, clippy::string_slice),
    deny(clippy::arithmetic_side_effects, clippy::panic, clippy::unreachable)
)]

mod change;
mod error;
mod export;
#[cfg(feature = "serde")]
mod json;
mod keys;
mod options;
mod preview;
mod request;
mod retention;
mod retention_worker;
mod scans;
mod stats;
mod store;
mod watch;

pub use change::{Changed, Refused, Remark, Targets};
pub use error::{Error, Result};
pub use eventscope_model::catalog;
pub use eventscope_model::{
    Acknowledgement, AlertDetails, BadScopeLabels, Band, Category, Details, Draft, Event, EventId,
    EventType, Invalid, Labels, LabelsIter, Level, OnConflict, ParseNameError, ParseTimeError,
    PolicyDetails, ScanDetails, ScopeLabels, Severity, State, Timestamp, Uid, UidTime,
};
pub use eventscope_query::{Error as RequestError, Facet, FacetKey, NotAFacet, Page};
pub use eventscope_scope::{
    Comparison, Expr, Key, Lookback, NotALookback, Operator, ParseErrors, REFERENCE, ReadTime,
    Scope, Site, TextField, Value, parse, parse_with,
};
pub use eventscope_storage::{
    Action, Backup, BackupRefused, Clock, Create, Error as StorageError, HistoryEntry, Indexing,
    Mismatch, NotUndoable, Outcome, Report, What,
};
pub use export::{Events, Export};
pub use options::Options;
pub use request::Request;
pub use retention::{Pruned, Retention, Rule};
pub use scans::is_scanned_artifact;
pub use stats::{Bytes, Stats, TextStats};
pub use store::Store;
pub use watch::Watch;

/// How a request would be answered: what [`Store::plan`] gives.
pub mod plan {
    pub use eventscope_query::{Access, Operator, Parts, Plan, Step};
}

pub mod limits;

/// The example of the README compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
