//! One binary for all tests that need the whole program.

/// The real binary, driven from outside.
mod cli;
/// What becomes of an alert, from the importer to the store.
mod life;
/// The rules of the house.
mod tidy;
