//! The text index: which rows hold which words.
//!
//! It is derived and disposable: a folder `text` of files, each a tantivy index of one segment over
//! consecutive rows, in the order of the rows, so that a document is a row by subtraction. A file
//! says what it was made of, and serves only that: the version of a sealed segment, by its digest,
//! or rows of the tail, by their content. Whatever no file serves is read event by event, so
//! answers are exact at any time, and an append is found by its words at once.
//!
//! There are two layouts. What is sealed is laid out [by value](file::Layout::ByValue): the
//! description of each row, and beside it each value of the dictionaries of name, source and
//! labels once; their rows are in the segment already. The open tail is laid out
//! [by row](file::Layout::ByRow), all text of a row together; its files are small, short-lived, and
//! put together as they grow in number.
//!
//! One thread (`indexer`) follows what the writer publishes and makes the files, off the path of
//! appends. It never changes a file: it makes a new one, syncs it, puts it in place, publishes it,
//! and only then lets go of what it replaces.
//!
//! Roads not taken: tantivy's own writer keeps one index that it commits and merges; it costs six
//! files and about fourteen syncs per commit, deletes rows by a term that takes ten bytes each, and
//! damage anywhere takes the whole index down.

mod build;
mod caches;
mod decoded;
mod directory;
mod file;
#[cfg(feature = "fuzzing")]
mod fuzzing;
mod hits;
mod indexer;
mod reader;
mod schema;
mod shared;
mod verify;

#[cfg(feature = "fuzzing")]
pub(crate) use fuzzing::sample;
#[cfg(feature = "fuzzing")]
pub use fuzzing::text_file as fuzzed;
pub use hits::PhraseHits;
pub(crate) use indexer::Indexer;
pub(crate) use shared::{TextShared, TextSnapshot};
