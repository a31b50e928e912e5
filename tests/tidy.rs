//! The rules of the house that a machine can check, one test per rule.
//!
//! A rule that nobody checks is not kept. Each one here names the file, the line and what to do,
//! and is tried on a bad sample of its own, so that it cannot fall silent.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the project has to fail")]

mod fences;
mod guide;
mod hygiene;
mod naming;
mod panics;
mod rooms;
mod source;
mod supply;
mod test_data;
mod tree;
mod words;
