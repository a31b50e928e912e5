//! What the tests of this crate share: reading a dump that is given as bytes.

use crate::{Counts, Format, ImportOptions, Importer, Record, Reject};
use eventscope_model::Draft;
use std::io::{self, Read};

/// All that came out of one dump.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) records: Vec<Record>,
    pub(crate) counts: Counts,
    pub(crate) format: Option<Format>,
    pub(crate) error: Option<String>,
}

impl Outcome {
    /// Line and name of each event, line and reason of each reject, in their order.
    pub(crate) fn lines(&self) -> Vec<String> {
        let content = |record: &Record| match &record.content {
            Ok(draft) => format!("{} {}", record.line, draft.name),
            Err(reject) => format!("{} REJECT {reject}", record.line),
        };
        self.records.iter().map(content).collect()
    }
}

pub(crate) fn read_with(options: ImportOptions, input: impl Read) -> Outcome {
    let mut importer = Importer::new(options);
    let mut dump = importer.read(input);
    let mut records = Vec::new();
    let mut error = None;
    for record in &mut dump {
        match record {
            Ok(record) => records.push(record),
            Err(failed) => error = Some(failed.to_string()),
        }
    }
    Outcome { records, counts: dump.counts(), format: dump.format(), error }
}

pub(crate) fn read(dump: impl AsRef<[u8]>) -> Outcome {
    read_with(ImportOptions::default(), dump.as_ref())
}

/// The only record of a dump.
#[track_caller]
pub(crate) fn one(dump: &str) -> Result<Draft, Reject> {
    let mut outcome = read(dump);
    assert_eq!(outcome.records.len(), 1, "{dump}: {outcome:?}");
    outcome.records.remove(0).content
}

/// The labels of a draft in one line.
pub(crate) fn labels(draft: &Draft) -> String {
    draft.labels.scope()
}

/// Gives its bytes in pieces of the sizes given, over and over.
pub(crate) struct InPieces<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) sizes: std::iter::Cycle<std::vec::IntoIter<usize>>,
}

impl Read for InPieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes.next().unwrap_or(1).min(buffer.len()).min(self.bytes.len());
        let (now, later) = self.bytes.split_at(size);
        buffer[..size].copy_from_slice(now);
        self.bytes = later;
        Ok(size)
    }
}
