//! Foreign dumps and streams of events to drafts, and events back to JSON lines and CSV.
//!
//! ```
//! use eventscope_formats::{ImportOptions, Importer};
//!
//! let dump = r#"{"Type":"container","Action":"kill","Actor":{"ID":"9f86d0"},"time":1795424940}"#;
//! let mut importer = Importer::new(ImportOptions::default());
//! for record in importer.read(dump.as_bytes()) {
//!     let record = record?;
//!     assert_eq!(record.line, 1);
//!     assert_eq!(record.content.unwrap().name, "Container Killed");
//! }
//! # Ok::<(), eventscope_formats::ReadError>(())
//! ```
//!
//! # How a dump is read
//!
//! | step | module | does |
//! |---|---|---|
//! | 1 | `unpack` | undoes gzip and zstd, told by their magic bytes; reads archives: ZIP and tar |
//! | 2 | `encoding` | gives UTF-8: drops a byte order mark, decodes UTF-16 |
//! | 3 | `scanner` | cuts the text into JSON documents, items of lists, and lines of other text |
//! | 3 | `yaml` | the same for YAML, by writing each item as the JSON it stands for |
//! | 4 | `source` | tells by the keys of a document which format it has |
//! | 4 | `envelope` | opens what stands around a record: log drivers, indexes, buses |
//! | 5 | `kubernetes`, [`native`] and so on: one for each format | map a record to drafts |
//! | 5 | `jsonl`, `csv` | the same for objects and rows of any kind, after a [`Map`] |
//! | 6 | `importer` | mends a record that cannot be read (`mend`), leaves out what `collect` and `limit` say, stamps labels, makes what is over a limit fit (`cut`), checks, counts |
//!
//! A format is one file with its field table in the module doc, and one line in the table of
//! `source`. Nothing here holds a whole file: a list of a million items is read item by item, and
//! memory is bounded by [`limits`].

#![cfg_attr(
    not(test),
    deny(clippy::expect_used, clippy::indexing_slicing, clippy::string_slice),
    deny(clippy::arithmetic_side_effects, clippy::panic, clippy::unreachable)
)]

mod alertmanager;
mod cloudevents;
mod collect;
mod containerd;
mod cut;
mod docker;
mod encoding;
mod envelope;
mod error;
mod extent;
mod falco;
mod files;
mod flatten;
mod gitlab;
mod grafana;
mod grype;
mod hints;
mod identity;
mod image;
mod importer;
mod jsonl;
mod kubernetes;
mod limit;
mod lives;
mod map;
mod mend;
mod nested;
mod opsgenie;
mod options;
mod otlp;
mod pagerduty;
mod scan;
mod scanner;
mod scope_text;
mod severity;
mod source;
mod states;
mod suricata;
mod sysdig;
mod times;
mod trivy;
mod twins;
mod unpack;
mod window;
mod wire;
mod yaml;

#[cfg(test)]
mod testing;

pub mod csv;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod limits;
pub mod native;

pub use collect::{Collect, CollectError, CollectFault};
pub use error::{ReadError, Reject, Syntax};
pub use files::{Files, Found, Origin, WalkError, files};
pub use hints::LocalTime;
pub use importer::{Counts, Dump, Importer, Part, Record};
pub use map::{Map, MapError, Mapping};
pub use options::ImportOptions;
pub use severity::{SeverityWords, WordTaken};
pub use source::{Format, UnknownFormat};

/// The example of the README compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
