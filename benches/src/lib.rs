//! What the benches of this package share: generated stores that are built once, and the questions
//! that are put to them.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]

pub mod chart;
pub mod figures;
pub mod measure;
pub mod shapes;
pub mod stores;
pub mod work;
