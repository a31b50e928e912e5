//! Every bound of the store, with its reason.

/// Rows of one window: row numbers are `u16`, a set of rows is one Roaring container, and a bitset
/// of 8 KiB stays in the first-level cache of a core.
pub const WINDOW_ROWS: usize = 65_536;

/// Bytes of encoded rows after which a tail is sealed although its window is not full: bounds the
/// memory of the tail and the work at the next open.
pub const TAIL_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Bytes that the index of a tail may take before it is sealed although its window is not full: an
/// ordinary window takes half of it. Building an index takes about twice what it takes then.
pub const TAIL_INDEX_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Bytes that one field takes while the index of a chunk is built, besides its values and their
/// rows: its entry, its key and the heads of its lists, as `malloc` hands them out. What is kept of
/// a small one is less, but sealing builds the index of a tail once more.
pub const FIELD_BYTES: usize = 256;

/// Bytes of the record of a field below which a chunk keeps that and not the index of the field.
pub const SMALL_FIELD_BYTES: usize = 96;

/// Fields whose index alone takes that much.
pub const TAIL_FIELDS_MAX: usize = TAIL_INDEX_BYTES_MAX / FIELD_BYTES;

/// Bytes that one value of a field takes in the index of a chunk, besides its text and its rows.
pub const VALUE_BYTES: usize = 16;

/// The least budget that a store works with; a smaller one counts as this. Half of it would hold
/// the times, the dictionary and some sections of one segment: with less, every row that is indexed
/// would decode them again.
pub const MEMORY_BYTES_MIN: usize = 8 * 1024 * 1024;

/// Rows of a tail from which on it is sealed when many appends have ended. Opening a store indexes
/// its tail in 2.5 us a row, so fewer cost it 10 ms; a segment costs every question some
/// microseconds, and with this many rows there are at most sixteen in place of one.
pub const SETTLED_ROWS_MIN: usize = 4_096;

/// Tails that may wait for the sealer before appends wait for it too.
pub const TAILS_MAX: usize = 2;

/// Rows up to which two neighbouring chunks of the tail are merged. Larger chunks stay as they
/// are, so that one append never rebuilds much.
pub const CHUNK_MERGE_ROWS_MAX: usize = 4_096;

/// Bytes of rows and their index up to which two neighbouring chunks of the tail are merged.
pub const CHUNK_MERGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Rows of one part that are read to find out when an alert fired last before a time, or next. They
/// have all labels of that alert, so the first is nearly always of that alert; where few or none of
/// its labels are scope labels, they may be of others. Of its notices after a time, the first so
/// many are read, and one would do but for ends that are told late.
pub const LIFE_CANDIDATES_MAX: usize = 64;

/// Requests that may wait for the writer thread before callers wait to hand theirs over.
pub const WRITE_QUEUE_MAX: usize = 1_024;

/// Drafts that one durable commit takes at most from waiting requests.
pub const COMMIT_DRAFTS_MAX: usize = 65_536;

/// Bytes of drafts in memory that one durable commit takes: the rows of a commit, its records in
/// the log and the pages of those are all in memory until it is durable.
pub const COMMIT_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Rows of a commit from which on their index is built on a thread of its own while they are
/// written: starting one takes as long as indexing some dozen rows.
pub const PREPARED_APART_ROWS_MIN: usize = 1_024;

/// Bytes of one record in the log or in a segment after decompression: far above anything the
/// store writes (a batch of 65,536 events is cut into pieces of [`BATCH_BYTES_MAX`]), low enough
/// that a damaged length cannot exhaust memory.
pub const RECORD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Bytes of encoded rows in one batch record of the log.
pub const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes of one row: the limits of the model (256 KiB of text) and room for lengths.
pub const ROW_BYTES_MAX: usize = 512 * 1024;

/// Bytes of a block of rows. redb keeps a value in a power-of-two run of 4 KiB pages, next to
/// 16 bytes of its own and the key; a block fills one page.
pub const BLOCK_BYTES: usize = 4_096 - 32;

/// Rows that the compression dictionary of a segment is trained on. More of them cost time and
/// gained under one per cent.
pub const DICTIONARY_SAMPLES: usize = 4_096;

/// Bytes of the compression dictionary of a segment.
pub const DICTIONARY_BYTES: usize = 64 * 1024;

/// Bytes of changes in the log after which they are folded into per-window values in
/// `segments.redb`, so that the log stays small.
pub const CHANGES_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes of `log.redb` up to which closing does not care how empty it is.
pub const LOG_KEPT_BYTES: u64 = 4 * 1024 * 1024;

/// Share of the rows left in a segment that may be deleted or pruned before it is rewritten. A
/// rewrite costs about a second for a full segment, whatever it gives back.
pub const GONE_SHARE_MAX: f64 = 0.25;

/// Rows of the tail that may be deleted or pruned before it is sealed early, when they are more
/// than half of it: fewer are not worth a segment of their own.
pub const TAIL_GONE_ROWS_MAX: u32 = 4_096;

/// Bytes of `segments.redb` up to which it does not matter how empty it is.
pub const SEGMENTS_KEPT_BYTES: u64 = 2 * 1024 * 1024;

/// Share of `segments.redb` that may be free before what is left is copied into a new file. A copy
/// writes all that is left; free pages are used again by later segments.
pub const FREE_SHARE_MAX: f64 = 0.25;

/// [`GONE_SHARE_MAX`] when a store has to give back what it can.
pub const TIGHT_GONE_SHARE_MAX: f64 = 0.0625;

/// [`FREE_SHARE_MAX`] when a store has to give back what it can: below it lies what redb needs for
/// itself.
pub const TIGHT_FREE_SHARE_MAX: f64 = 0.02;
/// Bytes of pages that a backup keeps of each of its files: it writes them once, in order, and
/// reads little of them.
pub const BACKUP_PAGES_BYTES: usize = 8 * 1024 * 1024;

/// Bytes that a commit may write beside its rows or its segment: pages of the trees that lead
/// there, and what redb writes of free pages.
pub const COMMIT_ROOM_BYTES: u64 = 512 * 1024;

/// The same of the commit of a change, which writes no rows.
pub const CHANGE_ROOM_BYTES: u64 = 128 * 1024;

/// Room that text files leave on the disk, so that changes find some: two commits of the log.
pub const TEXT_LEAVES_BYTES: u64 = 1024 * 1024;

/// Bytes by which the room on a disk has to grow before sealing is tried again that had none.
pub const ROOM_STEP_BYTES: u64 = 1024 * 1024;

/// Rows of one change in one window up to which they are kept one by one; above, as a set.
pub const FEW_ROWS_MAX: u64 = 64;

/// Patterns of scope labels in one record: those of two lists, while one takes the place of the
/// other.
pub const STORED_PATTERNS_MAX: usize = 2 * eventscope_model::limits::SCOPE_PATTERNS_MAX;

/// The largest id that a record may name, that of the next event of a full store: the key of a
/// block is the id of its segment and 16 bits more.
pub const EVENT_ID_MAX: u64 = (1 << 48) - 1;

/// The largest number of a change: a thousand changes a second take nine thousand years to reach
/// it, so one beyond it is damage.
pub const CHANGE_ID_MAX: u64 = (1 << 48) - 1;

/// Bytes of a block of a text file, which is read and checked as a whole: large enough that a
/// frequent word takes few reads, small enough that a rare one costs little.
pub const TEXT_BLOCK_BYTES: usize = 16 * 1024;

/// Text files that are kept open to be read again: those of twelve million events. A process may
/// have 256 files open on some systems, and a thousand on most.
pub const TEXT_FILES_OPEN_MAX: usize = 192;

/// Bytes that tantivy may take while one text file is made. Rows of ordinary events take two
/// thirds of it; where a segment would take more, its text is laid out in several files.
pub const TEXT_BUILD_BYTES_MAX: usize = 48 * 1024 * 1024;

/// The same while a file is made again to be compared: earlier versions made larger ones.
pub const TEXT_FILE_BYTES_MAX: usize = 96 * 1024 * 1024;

/// Values of dictionaries that a text file takes in beside its rows.
pub const TEXT_VALUES_MAX: usize = 8 * WINDOW_ROWS;

/// How long rows of the open tail may wait before they are indexed, in milliseconds: what a query
/// for words reads event by event is at most what came in since.
pub const TEXT_TAIL_MILLIS: u64 = 1_000;

/// Fields of a segment up to which their places stay in memory, some 60 bytes each; those of a
/// segment with more are kept in the cache, and read again when they have left it.
pub const KEPT_FIELDS_MAX: usize = 1_024;

/// Rows that came in since the tail was looked at last, above which it is left alone: at that rate
/// it will soon be sealed, and is indexed then.
pub const TEXT_RUSH_ROWS: u64 = 16_384;

/// How long the indexer waits after a failed write, in milliseconds: a full disk stays full for
/// a while.
pub const TEXT_RETRY_MILLIS: u64 = 30_000;

/// Warnings about the text index that are kept for whoever asks.
pub const TEXT_WARNINGS_MAX: usize = 16;

/// Values of a field up to which the rows of each are added up over all segments: a page of facets
/// shows some tens of them.
pub const SUMMED_VALUES_MAX: usize = 1_024;

/// Fields whose sums are kept: more than a page of facets has.
pub const SUMMED_FIELDS_MAX: usize = 256;

/// Bytes of the file that says who has a store open: a host name has at most 253.
pub const HOLDER_BYTES_MAX: usize = 1_024;

/// How long whoever makes a store waits for another who is at it, in milliseconds: making one takes
/// some hundredths of a second, and a slow disk takes a second.
pub const MAKING_WAIT_MILLIS: u64 = 5_000;

/// How often they look, in milliseconds.
pub const MAKING_LOOK_MILLIS: u64 = 5;

/// Bytes of pages of a new store that are kept while it is made: it has next to none.
pub const NEW_FILE_PAGES_BYTES: usize = 1024 * 1024;
