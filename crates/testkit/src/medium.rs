//! Media for a store that are worse than a disk: see [`Memory`].
//!
//! Power loss is tried like this: a workload runs on a [`Memory`] that records; a [`Replay`] takes
//! its operations one by one and at any point builds an image of what may be on the disk when the
//! power goes off there, by one of the kinds of [`Loss`]; the image is a [`Memory`] of its own, and
//! a store is opened on it.

mod faults;
mod memory;
mod replay;
mod tree;

pub use faults::{Fault, Kind};
pub use memory::Memory;
pub use replay::{Loss, Replay};
pub use tree::Op;
