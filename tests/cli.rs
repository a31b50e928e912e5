//! Drives the real binary as people and scripts do: one module per promise.

#![expect(clippy::unwrap_used, reason = "a test whose preparation fails has to fail")]

mod answers;
mod archives;
mod backup;
mod bench;
mod cases;
mod clock;
mod collect;
mod crash;
mod disk_full;
mod dumps;
mod errors;
mod generic;
mod hints;
mod hostile;
mod import;
mod kit;
mod people;
mod rows;
mod scope_labels;
mod shell;
mod stamps;
mod strangers;
mod streams;
mod terminal;
mod text;
mod typos;
mod upkeep;
