//! The largest expression that is read.

/// Bytes of an expression. A scope of a thousand layers fits; a file passed by mistake does not.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Parentheses and `not` inside one another. Parsing, printing, matching and dropping an
/// expression recurse this deep and no deeper.
pub const DEPTH_MAX: usize = 64;
/// Values of one list.
pub const VALUES_MAX: usize = 10_000;
/// Words of one `text` query. Matching costs the words of a text times these.
pub const WORDS_MAX: usize = 1_000;
/// Errors reported for one expression. More than a screen of them helps nobody.
pub const ERRORS_MAX: usize = 16;
