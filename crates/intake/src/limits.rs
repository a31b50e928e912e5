//! The bounds of an import: what waits in memory between the reader and the store.

use std::time::Duration;

/// Drafts in one batch, unless [`Import::batch`](crate::Import::batch) says otherwise: a commit of
/// so many takes some tens of milliseconds, of which waiting for the disk is a small part.
pub const BATCH_DRAFTS: usize = 10_000;

/// Bytes of text in one batch, so that long events do not make long batches.
pub const BATCH_BYTES_MAX: usize = 12 * 1024 * 1024;

/// Full batches that may wait for the store.
pub const BATCHES_WAITING_MAX: usize = 1;

/// How long a draft waits for others: five commits a second at most while a stream is slow, and
/// still an event is durable well within a second.
pub const BATCH_AGE_MAX: Duration = Duration::from_millis(200);

/// Rejects that are kept to be listed; all of them are counted. 100,000 take about 20 MB.
pub const REJECTS_LISTED_MAX: usize = 100_000;

/// Bytes that a [`Stream`](crate::Stream) asks from its input at once.
pub const CHUNK_BYTES: usize = 64 * 1024;

/// Chunks of a [`Stream`](crate::Stream) that may wait to be read; then a pipe fills, and whoever
/// writes into it waits.
pub const CHUNKS_WAITING_MAX: usize = 4;
