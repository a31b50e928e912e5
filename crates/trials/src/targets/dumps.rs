//! Any bytes are a dump: every record in it is an event that a store takes, or a reject with a line
//! that the dump has. In which pieces the bytes arrive makes no difference.

use eventscope_formats::{Format, ImportOptions, Importer, Map, Record};
use eventscope_model::Timestamp;
use std::io::{self, Read};

/// Reads a dump of a format, or of whatever format each of its records has.
pub(super) fn read(format: Option<Format>, bytes: &[u8]) {
    let whole = records(format, bytes);
    for record in &whole {
        assert!(record.line >= 1);
        if let Ok(draft) = &record.content {
            assert_eq!(draft.check(), Ok(()));
        }
    }
    let by_bytes = records(format, ByteWise(bytes));
    assert_eq!(by_bytes, whole);
}

fn records(format: Option<Format>, input: impl Read) -> Vec<Record> {
    let mut options = ImportOptions::default();
    options.format = format;
    // Ages in tables count back from it.
    options.now = Timestamp::from_unix(1_795_500_000).ok();
    options.map = format.filter(|format| format.is_mapped()).map(|_| map());
    let mut importer = Importer::new(options);
    importer.read(input).map_while(Result::ok).collect()
}

/// Every kind of line that a map has; each field of a record that none names becomes a label.
fn map() -> Map {
    let lines =
        ["time=time", "name=name", "severity=level", "label.host=host.name", "source==fuzz"];
    let lines = lines.map(|line| line.parse().expect("a line of a map"));
    Map::new(lines).expect("a map").all_labels()
}

/// Gives one byte at a time.
struct ByteWise<'a>(&'a [u8]);

impl Read for ByteWise<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let one = buffer.len().min(1);
        self.0.read(&mut buffer[..one])
    }
}
