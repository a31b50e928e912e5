//! The scope language: which events are meant.
//!
//! ```
//! use eventscope_model::Timestamp;
//!
//! let expr = eventscope_scope::parse(
//!     "kubernetes.namespace.name = 'prod' and severity in (high, medium) and time last 2h",
//! )?;
//! let filter = expr.lower("2026-11-23T09:00:00Z".parse().unwrap());
//! assert_eq!(
//!     filter.to_string(),
//!     "severity in (high, medium) and time >= '2026-11-23T07:00:00Z' \
//!      and kubernetes.namespace.name = 'prod'",
//! );
//! # Ok::<(), eventscope_scope::ParseErrors>(())
//! ```
//!
//! An expression has three forms. Its text is read by [`parse`] into an [`Expr`]: what was written,
//! checked, with the place of every comparison, so that errors and editors can point at it.
//! [`Expr::lower`] turns that into a [`Filter`]: what is meant, in a normal form, so that two ways
//! to say the same are planned and cached as one. [`Filter::matches`] is the plain definition of
//! what a filter means; faster ways are tested against it. A [`Scope`] is the form for editors: a
//! row of comparisons that all must hold.
//!
//! [`REFERENCE`] describes the language for its users. Nothing here reads a clock or a store.

#![cfg_attr(
    not(test),
    deny(clippy::expect_used, clippy::indexing_slicing, clippy::string_slice),
    deny(clippy::arithmetic_side_effects, clippy::panic, clippy::unreachable)
)]

mod build;
mod draw;
mod error;
mod expr;
mod filter;
mod layers;
mod lexer;
mod lookback;
mod lower;
mod matcher;
mod normal;
mod parser;
mod print;
mod sets;
mod spans;
mod suggest;

pub mod limits;

pub use error::{ErrorKind, ParseError, ParseErrors};
pub use expr::{Comparison, Expr, Key, Operator, Site, Value, field_names};
pub use filter::{Filter, Test, TextField, TextTest};
pub use layers::Scope;
pub use lookback::{Lookback, NotALookback};
pub use parser::{ReadTime, parse, parse_with};
pub use sets::{SeveritySet, TypeSet};
pub use spans::Span;

/// The description of the language for its users, in Markdown. Each line of its blocks marked
/// `scope` is an expression.
pub const REFERENCE: &str = include_str!("../reference.md");

/// The example of the README compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
