//! What an event is, and nothing about where it is kept.
//!
//! | noun | meaning |
//! |---|---|
//! | [`Event`] | one thing that happened, as the store gives it back |
//! | [`Draft`] | the same before the store has given it an id |
//! | [`Severity`], [`Band`] | 0 (emergency) to 7 (debug), and the four labels over them |
//! | [`EventType`], [`Category`] | seven types in four categories |
//! | [`State`], [`Acknowledgement`] | two independent axes: does it go on, and has somebody seen it |
//! | [`Labels`] | sorted `key -> value` pairs: the scope of an event, or its tags |
//! | [`ScopeLabels`] | which labels expressions may compare |
//! | [`Timestamp`] | nanoseconds since 1970, UTC |
//! | [`alias`] | two spellings of one label |
//! | [`words`] | how text splits into words for full-text search |
//! | [`catalog`] | the Docker and Kubernetes events that are known by name |
//! | [`limits`] | the largest event that is taken |
//!
//! This crate does no input or output, and reads no clock but in [`Timestamp::now`].

#![cfg_attr(
    not(test),
    deny(clippy::expect_used, clippy::indexing_slicing, clippy::string_slice),
    deny(clippy::arithmetic_side_effects, clippy::panic, clippy::unreachable)
)]

mod details;
mod draft;
mod event;
mod event_type;
#[cfg(feature = "serde")]
pub mod json;
mod labels;
mod name;
mod scope_labels;
mod scope_text;
mod severity;
mod slips;
mod state;
mod time;
mod uid;

pub mod alias;
pub mod catalog;
pub mod limits;
pub mod words;

pub use details::{AlertDetails, Details, PolicyDetails, ScanDetails};
pub use draft::Draft;
pub use draft::check::{Invalid, check_remark};
pub use event::{Event, EventId};
pub use event_type::{Category, EventType};
pub use labels::{Labels, LabelsIter};
pub use name::ParseNameError;
pub use scope_labels::{BadScopeLabels, ScopeLabels};
pub use severity::{Band, Level, Severity};
pub use slips::slips;
pub use state::{Acknowledgement, State};
pub use time::{ParseTimeError, Timestamp};
pub use uid::{OnConflict, Uid, UidTime, life_of};

/// The example of the README compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
