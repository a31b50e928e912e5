//! One binary for all tests that need the whole program.

/// The real binary, driven from outside.
mod cli;
/// The rules of the house.
mod tidy;
