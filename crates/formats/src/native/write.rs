//! An event to one line of native JSON.

use eventscope_model::{Event, json::Portable};
use std::io::{self, Write};

/// Which fields of an event are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fields {
    /// All of them.
    Full,
    /// All but those that another store would give it anew: `id` and `received`.
    Portable,
}

/// Writes an event as one line, with its line end.
///
/// # Errors
/// When `out` fails.
pub fn write(event: &Event, fields: Fields, out: &mut impl Write) -> io::Result<()> {
    match fields {
        Fields::Full => serde_json::to_writer(&mut *out, event)?,
        Fields::Portable => serde_json::to_writer(&mut *out, &Portable(event))?,
    }
    out.write_all(b"\n")
}

/// The JSON of an event with all fields, without line end.
#[must_use]
pub fn to_json(event: &Event) -> String {
    // Nothing in an event can fail to be JSON: all keys are texts and no number is a float.
    serde_json::to_string(event).unwrap_or_default()
}
