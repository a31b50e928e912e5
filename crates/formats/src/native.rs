//! Events as this program writes them: one JSON object a line, the same fields in every place
//! where an event is shown as JSON.
//!
//! ```text
//! field           written                   read
//! id              Fields::Full; in quotes   ignored
//! uid             always                    absent: native:<content hash> of all that is read
//! time            always; RFC 3339 UTC      or a Unix number; absent: the time of appending
//! received        Fields::Full              ignored
//! type            always                    must be there
//! category        always                    ignored
//! severity        always; 0 to 7            or a syslog name; absent: 6
//! severity_name   always                    ignored
//! severity_label  always                    ignored
//! source          always                    absent: the name of the type
//! name            always                    must be there
//! description     if not empty
//! scope           always; dot names         gives the labels if `labels` is absent
//! labels          always; sorted            an object of texts
//! tags            always; sorted            an object of texts
//! state           always                    triggered or resolved; absent: triggered
//! end_time        if known
//! duration_ms     if the end is known       ignored
//! count           if above 1                absent: 1
//! acknowledged    if it is                  an object of at, by, note; at must be there
//! details         if there are any          by type: alert, policy, scan; else ignored
//! ```
//!
//! Other fields are ignored. Absent is never written as null; null is read as absent.

mod read;
mod write;

pub use write::{Fields, to_json, write};

use crate::{Format, extent::Keys, source::Source};

pub(crate) const SOURCE: Source =
    Source { format: Format::Native, detect, read: read::read, carries: false, read_line: None };

fn detect(keys: Keys<'_>) -> bool {
    keys.has("type")
        && keys.has("name")
        && keys.has_any(&["time", "uid", "severity", "source", "state", "labels", "scope"])
}

#[cfg(test)]
mod tests;
