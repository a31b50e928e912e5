//! What tests, benches and measurements share; nothing here is part of the product.
//!
//! | module | gives |
//! |---|---|
//! | [`Rng`], [`Zipf`] | random numbers that are the same for ever |
//! | [`random`] | random events and expressions over a small vocabulary, for property tests |
//! | [`generate`] | endless realistic events of about 500 bytes of JSON, for measurements |
//! | [`native`] | events as lines of native JSON |
//! | [`corpus`] | the cases of the scope language in `tests/data/scope`, for every engine |
//! | [`archives`] | archives of tar and ZIP with members of any bytes |
//! | [`hostile`] | dumps made to break a reader, each with what has to come of it |
//! | [`medium`] | media that lose what was not synced, or fail: for attacks on a store |
//! | [`cluster_day`] | the dumps in `examples/dumps`: a day in a small cluster that goes wrong |

mod rng;

pub mod archives;
pub mod cluster_day;
pub mod corpus;
pub mod generate;
pub mod hostile;
pub mod medium;
pub mod native;
pub mod random;

pub use rng::{Rng, Zipf};
