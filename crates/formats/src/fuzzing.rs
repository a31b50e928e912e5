//! Entrances for fuzz targets and for the table of formats and envelopes: records put into the
//! envelopes that this crate knows, and what reads them.
//!
//! Mending and cutting are private to this crate. No product calls these functions, and they call
//! what the product calls. Each panics when a promise is broken.

#![cfg_attr(
    not(test),
    expect(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "to panic is how a fuzz target says that a promise is broken"
    )
)]

mod around;
mod cutting;
mod enveloped;
mod mending;

pub use around::{Around, records_in};
pub use cutting::cut;
pub use enveloped::envelope;
pub use mending::mend;
