//! Any bytes are a dump: every record in it is an event that a store takes, or a reject with a line
//! that the dump has. In which pieces the bytes arrive makes no difference to what is read, counted
//! or refused.

use eventscope_formats::{Counts, Format, ImportOptions, Importer, Map, Record, limits};
use eventscope_model::Timestamp;
use std::io::{self, Read};

/// Reads a dump of a format, or of whatever format each of its records has.
pub(super) fn read(format: Option<Format>, bytes: &[u8]) {
    let whole = outcome(format, bytes);
    let most = limits::RECORD_EVENTS_BYTES_MAX + eventscope_model::limits::EVENT_BYTES_MAX;
    let mut bytes_of_line = (0, 0);
    for record in &whole.records {
        assert!(record.line >= 1);
        if let Ok(draft) = &record.content {
            assert_eq!(draft.check(), Ok(()));
            let before = if bytes_of_line.0 == record.line { bytes_of_line.1 } else { 0 };
            bytes_of_line = (record.line, before + draft.bytes());
            assert!(bytes_of_line.1 <= most, "{} bytes in one line", bytes_of_line.1);
        }
    }
    let by_bytes = outcome(format, Pieces { bytes, sizes: &[1], turn: 0 });
    assert_eq!(by_bytes, whole);
    let sizes = &[3, 64, 1, 7, 4096];
    assert_eq!(outcome(format, Pieces { bytes, sizes, turn: 0 }), whole);
}

/// Reads a dump as the format that its first line names, if there is one of this name.
pub(super) fn read_as(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (name, dump) = bytes.split_at(end);
    let format = str::from_utf8(name).ok().and_then(|name| name.parse().ok());
    read(format, dump.get(1..).unwrap_or_default());
}

/// All that came of a dump.
#[derive(Debug, PartialEq)]
struct Outcome {
    records: Vec<Record>,
    counts: Counts,
    format: Option<Format>,
    first_unread: Option<u64>,
    error: Option<String>,
}

fn outcome(format: Option<Format>, input: impl Read) -> Outcome {
    let mut options = ImportOptions::default();
    options.format = format;
    // Ages in tables count back from it.
    options.now = Timestamp::from_unix(1_795_500_000).ok();
    options.map = format.filter(|format| format.is_mapped()).map(|_| map());
    let mut importer = Importer::new(options);
    let mut dump = importer.read(input);
    let (mut records, mut error) = (Vec::new(), None);
    for record in &mut dump {
        match record {
            Ok(record) => records.push(record),
            Err(failed) => error = Some(failed.to_string()),
        }
    }
    let (counts, format, first_unread) = (dump.counts(), dump.format(), dump.first_unread());
    Outcome { records, counts, format, first_unread, error }
}

/// Every kind of line that a map has; each field of a record that none names becomes a label.
fn map() -> Map {
    let lines =
        ["time=time", "name=name", "severity=level", "label.host=host.name", "source==fuzz"];
    let lines = lines.map(|line| line.parse().expect("a line of a map"));
    Map::new(lines).expect("a map").all_labels()
}

/// Gives its bytes in pieces of these sizes, over and over.
struct Pieces<'a> {
    bytes: &'a [u8],
    sizes: &'static [usize],
    turn: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes[self.turn % self.sizes.len()].min(buffer.len());
        self.turn += 1;
        self.bytes.read(&mut buffer[..size])
    }
}
