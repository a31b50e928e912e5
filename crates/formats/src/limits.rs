//! The bounds of reading: what one record, one document and one nesting may cost.

/// Bytes of one record (a JSON document, an item of a list, a line) as it is written. A longer one
/// is a reject. The report of a scan is one record with thousands of findings: those of large
/// images have 4 to 10 MiB. An event of a store, exported, has 3 MiB at most: 256 KiB of labels of
/// control characters, written twice (in `labels` and in `scope`) with six bytes for each.
pub const RECORD_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Events that one record may hold. A finding of a scan takes about 600 bytes as it is written, so
/// the longest record has half as many.
pub const EVENTS_PER_RECORD_MAX: usize = 65_536;

/// Braces that may open in one record. What reads a report holds all of it, at up to 300 bytes an
/// object; reports of real scanners have an object in 100 bytes or more.
pub const OBJECTS_PER_RECORD_MAX: usize = 300_000;

/// Bytes of text that the events of one record may have together. What a report says once, its
/// events say each: a finding of 600 bytes becomes an event of about 1,000.
pub const RECORD_EVENTS_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Containers inside containers within one record. Kubernetes objects stay below 20, and the
/// JSON parser refuses at 128 of its own accord.
pub const DEPTH_MAX: u32 = 127;

/// Top-level keys of a record that are kept to tell its format. Formats have fewer than 30.
pub const KEYS_MAX: usize = 64;

/// Bytes of white space looked over to see whether a line starts a document.
pub const LOOKAHEAD_BYTES_MAX: usize = 4 * 1024;

/// Bytes of a YAML file. YAML is read as a whole, unlike all other forms; 64 MiB hold about
/// 60,000 events.
pub const YAML_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Compressions inside compressions that are undone: a `.gz` inside a `.zst`, and no more. The one
/// by which the members of a ZIP archive are packed does not count.
pub const COMPRESSIONS_MAX: usize = 2;

/// Members of an archive, each of which has a line in the report: must-gather archives of large
/// clusters have some 50,000.
pub const MEMBERS_MAX: usize = 262_144;

/// Bytes of the name of a member that are shown: the longest path that Linux takes.
pub const MEMBER_NAME_BYTES_MAX: usize = 4096;

/// Bytes of an extended header of a tar archive, which holds names and attributes of one file. The
/// longest attributes of a file have 64 KiB each.
pub const EXTENDED_HEADER_BYTES_MAX: u64 = 1024 * 1024;

/// How many times longer than its compressed form a text may be, once it is longer than
/// [`UNPACKED_FREE_BYTES`]. A bomb of gzip reaches 1,030, one of zstd 30,000; events have
/// identities and times of their own, which do not repeat.
pub const EXPANSION_MAX: u64 = 200;

/// Bytes of unpacked text for which [`EXPANSION_MAX`] does not count, so that a small dump of
/// alike lines is read. What can be in them at worst, and how long it takes, is in
/// docs/performance.md.
pub const UNPACKED_FREE_BYTES: u64 = 16 * 1024 * 1024;

/// Containers whose name and image are remembered during a run, to complete later events. Twice
/// as many are held at most, at about 200 bytes each.
pub const CONTAINERS_MAX: usize = 65_536;

/// Alerts of one dump of which it is remembered whether they are over. They take about 48 bytes
/// each.
pub const LIVES_MAX: usize = 65_536;

/// Bytes of an id, a name or an image of a container that are remembered; a longer one is not.
/// References to images have 255 at most.
pub const CONTAINER_TEXT_BYTES_MAX: usize = 256;

/// Bytes of a configuration that says what is collected. Those of agents have a few KiB.
pub const COLLECT_BYTES_MAX: usize = 1024 * 1024;

/// Seconds of events whose number is remembered for the limit on it. Twice as many are held at
/// most, at about 50 bytes each.
pub const SECONDS_MAX: usize = 65_536;

/// Rows of one table that are remembered, to tell those that are alike. Twice as many are held at
/// most, at about 80 bytes each.
pub const TABLE_ROWS_MAX: usize = 65_536;

/// Targets of a map. An event has 585 fields, labels and tags at most.
pub const MAPPINGS_MAX: usize = 1024;

/// Bytes of a path in a map. Those of real records have about 100 at most.
pub const PATH_BYTES_MAX: usize = 1024;

/// Columns of CSV.
pub const COLUMNS_MAX: usize = 4096;

/// Bytes of a value that becomes a label without being named: what is longer is prose.
pub const OTHER_VALUE_BYTES_MAX: usize = 256;

/// Values of one record that are held to become labels. An event has fewer labels, but names may
/// come twice in a record.
pub const OTHER_VALUES_MAX: usize = 4096;

/// Folders inside folders that are walked.
pub const FOLDER_DEPTH_MAX: usize = 64;

/// Envelopes within envelopes that are opened.
pub const ENVELOPES_MAX: u32 = 3;

/// Bytes of a line looked over for a record behind a prefix. Those of log collectors have under
/// 200; Kubernetes' names have 253 each.
pub const PREFIX_BYTES_MAX: usize = 1024;

/// Places of a record that are mended, and keys of one that are looked at to be. The longest report
/// of a scan that was met has 200,000 keys, a few thousand in each object that is open at a time.
pub const MENDS_MAX: usize = 65_536;

/// Bytes of an event that goes on over lines of plain text: a command of a container, its labels.
/// Each line that may be its last is a reason to look at all of it.
pub const LINES_BYTES_MAX: usize = 64 * 1024;
/// The same in lines.
pub const LINES_MAX: usize = 512;

/// Bytes of the names of what was cut from an event.
pub const CUT_NAMES_BYTES_MAX: usize = 512;

/// Bytes of a foreign value that are shown in a reason.
pub const SHOWN_BYTES_MAX: usize = 80;

/// Bytes asked from the input at once.
pub(crate) const READ_BYTES: usize = 64 * 1024;
