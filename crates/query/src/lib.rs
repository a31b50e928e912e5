//! Answers to questions about events: exact totals, pages, facets and histograms.
//!
//! A [`Request`] says which events are meant and what to tell of them; [`execute()`] gives the
//! [`Page`]; [`plan()`] tells beforehand how it would be done. [`stream()`] reads all matching
//! events from the oldest to the newest, [`matching`] gives them as sets of rows for a change, and
//! [`label_counts`] and [`value_counts`] say which labels there are.
//!
//! ```
//! use eventscope_model::{Draft, Timestamp};
//! use eventscope_query::{FacetKey, Request, execute};
//! use eventscope_storage::{Options, Storage};
//!
//! let storage = Storage::in_memory(&Options::default())?;
//! storage.append(vec![
//!     Draft::custom("Deployed web 1.4").label("team", "web"),
//!     Draft::custom("Deployed db 9").label("team", "db"),
//! ])?;
//! let filter = eventscope_scope::parse("team = 'web'")?.lower(Timestamp::EPOCH);
//! let page = execute(&Request::new(filter).facet(FacetKey::Type), &storage.snapshot(), None)?;
//! assert_eq!((page.total, page.events[0].name.as_str()), (1, "Deployed web 1.4"));
//! assert_eq!(page.facets[0].values, [("custom".to_owned(), 1)]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Everything works on one [`Snapshot`](eventscope_storage::Snapshot), part by part. The rows of
//! a part that match are computed as a bitset of 8 KiB, which stays in the first-level cache of a
//! core, and everything that is asked is read off this one set before the next part is taken. So
//! the total is exact, and yet only the events of the page are ever decoded.
//!
//! What the indexes of a part say is completed by what has changed since: deleted rows are taken
//! out, amended ones are matched on their events, and states and acknowledgements are laid over.
//! Where no index knows, a filter is computed twice, with the rows in doubt taken in and left out,
//! and only the rows between the two results are read.

#![cfg_attr(
    not(test),
    deny(clippy::expect_used, clippy::indexing_slicing, clippy::string_slice),
    deny(clippy::arithmetic_side_effects, clippy::panic, clippy::unreachable)
)]

mod answer;
mod cache;
mod counts;
mod error;
mod execute;
mod facet;
mod histogram;
#[cfg(feature = "serde")]
mod json;
pub mod limits;
mod many;
mod operand;
mod page;
mod plan;
mod request;
mod select;
mod stream;
mod tree;
mod work;

pub use cache::Cache;
pub use counts::{each_label, each_value, has_key, label_counts, value_counts};
pub use error::{Error, OutsideScope, Result};
pub use execute::execute;
pub use facet::{Facet, FacetKey, NotAFacet};
pub use operand::Access;
pub use page::Page;
pub use plan::{Operator, Parts, Plan, Step, plan};
pub use request::{Anchor, Request};
pub use select::matching;
pub use stream::{Stream, stream};
