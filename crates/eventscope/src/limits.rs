//! The bounds of what can be stored and asked, and of the upkeep of a store, each with its reason.

pub use eventscope_model::limits as event;
pub use eventscope_query::limits as request;
pub use eventscope_scope::limits as expression;
pub use eventscope_storage::limits as storage;

use std::time::Duration;

/// How long after opening the rules of retention are first followed: what opens a store mostly
/// wants something else of it first.
pub const RETENTION_DELAY: Duration = Duration::from_secs(1);

/// How long until they are followed again. Events are kept too long by this at most.
pub const RETENTION_INTERVAL: Duration = Duration::from_secs(600);

/// Findings of one scan that are compared with those of the one before. A record of a dump holds as
/// many events at most; both sets take about 20 MB then.
pub const COMPARED_FINDINGS_MAX: usize = 65_536;

/// What a log takes beside its events, mostly: the catalogue and the latest changes.
pub const EMPTY_LOG_BYTES: u64 = 1024 * 1024;

/// What a segment takes in its file beside its blocks and pieces: its directory.
pub const DIRECTORY_BYTES: u64 = 16 * 1024;
