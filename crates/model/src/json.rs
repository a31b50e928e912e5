//! Events as JSON, with the feature `serde`.
//!
//! An [`Event`](crate::Event) and a [`Draft`](crate::Draft) are one object each, with the fields
//! that an event has wherever it is shown as JSON:
//!
//! ```text
//! field           written                          read
//! id              events; in quotes                events: must be there
//! uid             events; drafts that have one     events: must be there
//! time            RFC 3339 UTC                     or a Unix number; drafts: may be absent
//! received        events                           events: must be there
//! type            always                           must be there
//! category        events                           ignored
//! severity        0 to 7                           or a syslog name; absent: 6
//! severity_name   events                           ignored
//! severity_label  events                           ignored
//! source          always                           absent: the name of the type
//! name            always                           must be there
//! description     if not empty
//! scope           events; dot names                gives the labels if `labels` is absent
//! labels, tags    always; sorted                   an object of texts
//! state           always                           triggered or resolved; absent: triggered
//! end_time        if known
//! duration_ms     events whose end is known        ignored
//! count           if above 1                       absent: 1
//! acknowledged    if it is                         an object of at, by, note; at must be there
//! details         if there are any                 by type: alert, policy, scan; else ignored
//! on_conflict     drafts, if not merge             merge, replace or keep; absent: merge
//! revision        drafts, if not 0                 absent: 0
//! ```
//!
//! Other fields are ignored. Absent is never written as null; null is read as absent.
//!
//! ```
//! use eventscope_model::{Draft, Severity};
//!
//! let draft = Draft::custom("Deployed web 1.4").severity(Severity::Notice).label("build", "89");
//! let json = serde_json::to_string(&draft)?;
//! assert_eq!(
//!     json,
//!     r#"{"type":"custom","severity":5,"source":"api","name":"Deployed web 1.4","#.to_owned()
//!         + r#""labels":{"build":"89"},"tags":{},"state":"triggered"}"#,
//! );
//! assert_eq!(serde_json::from_str::<Draft>(&json)?, draft);
//! # Ok::<(), serde_json::Error>(())
//! ```

mod read;
mod scalar;
mod write;

pub use write::Portable;

#[cfg(test)]
mod tests;
