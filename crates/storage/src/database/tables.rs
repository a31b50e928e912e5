//! The tables of both redb files, each with its key and value.
//!
//! Keys are `u64` and values are bytes, nothing else: the encodings of redb's richer types change
//! between its versions, and its checks on damaged pages are strictest for these.

use crate::error::{Error, Result};
use redb::TableDefinition;

type Table = TableDefinition<'static, u64, &'static [u8]>;

/// `log.redb`: a batch of rows not yet sealed, by the id of its first row.
pub(crate) const BATCHES: Table = TableDefinition::new("batches");
/// `log.redb`: a change not yet folded, by its number.
pub(crate) const CHANGES: Table = TableDefinition::new("changes");
/// `log.redb`: a sealed segment, by the id of its first row. What is not in here does not exist.
pub(crate) const CATALOGUE: Table = TableDefinition::new("catalogue");
/// Both files: facts, by the constants of [`meta`]. `segments.redb` has two of them, and has had
/// none before format 3.
pub(crate) const META: Table = TableDefinition::new("meta");

/// All tables of `log.redb`.
pub(crate) const LOG_TABLES: [Table; 4] = [BATCHES, CHANGES, CATALOGUE, META];

/// `segments.redb`: a block of rows, by segment and number: see [`segment_key`].
pub(crate) const BLOCKS: Table = TableDefinition::new("blocks");
/// `segments.redb`: a piece of the index stream of a segment, by segment and number.
pub(crate) const PIECES: Table = TableDefinition::new("pieces");
/// `segments.redb`: where everything of a segment is, by the id of its first row.
pub(crate) const DIRECTORIES: Table = TableDefinition::new("directories");
/// `segments.redb`: folded changes of a window, by window and number: see [`folded_key`].
pub(crate) const OVERLAYS: Table = TableDefinition::new("overlays");

/// All tables of `segments.redb`.
pub(crate) const SEGMENTS_TABLES: [Table; 5] = [BLOCKS, PIECES, DIRECTORIES, OVERLAYS, META];

/// Keys of [`META`].
pub(crate) mod meta {
    /// The format version, as four bytes little endian, outside any frame: readable for ever.
    pub(crate) const FORMAT: u64 = 0;
    /// The identity of the store: a framed text.
    pub(crate) const STORE_ID: u64 = 1;
    /// The id of the next event and the number of the next change: a framed pair.
    pub(crate) const NEXT: u64 = 2;
    /// In a backup: what it was made from, a framed [`Mark`](crate::log::backup_mark::Mark).
    pub(crate) const BACKUP: u64 = 3;
    /// The scope labels, unless they have always been all labels: a framed list of patterns.
    pub(crate) const SCOPE_LABELS: u64 = 4;
    /// The counters of the file: framed [`Counters`](crate::database::pair::Counters).
    pub(crate) const COUNTERS: u64 = 5;
}

/// The newest format that this library reads, and the one of every store that it has written to.
pub(crate) const FORMAT_VERSION: u32 = 5;

/// The key of part `number` of the segment that starts at `first`.
pub(crate) fn segment_key(first: u64, number: u16) -> u64 {
    first << 16 | u64::from(number)
}

/// The key of the folded changes `number` of a window.
pub(crate) fn folded_key(window: u32, number: u32) -> u64 {
    u64::from(window) << 32 | u64::from(number)
}

/// Opens a table for reading; an absent one is an error, since a store is born with all of them.
pub(crate) fn open(
    transaction: &redb::ReadTransaction,
    table: Table,
) -> Result<redb::ReadOnlyTable<u64, &'static [u8]>> {
    transaction.open_table(table).map_err(|e| Error::database("open a table", e))
}

/// Opens the facts of `segments.redb` for reading; none before format 3.
pub(crate) fn open_facts(
    transaction: &redb::ReadTransaction,
) -> Result<Option<redb::ReadOnlyTable<u64, &'static [u8]>>> {
    match transaction.open_table(META) {
        Ok(facts) => Ok(Some(facts)),
        Err(redb::TableError::TableDoesNotExist(_)) => Ok(None),
        Err(e) => Err(Error::database("open a table", e)),
    }
}
