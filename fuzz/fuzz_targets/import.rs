//! Any bytes are a dump: every record in it is an event that a store takes, or a reject with a line
//! that the dump has; and it makes no difference in which pieces the bytes arrive.
#![no_main]

use eventscope_formats::{ImportOptions, Importer, Record};
use libfuzzer_sys::fuzz_target;
use std::io::{self, Read};

fuzz_target!(|bytes: &[u8]| {
    let whole = records(bytes);
    for record in &whole {
        assert!(record.line >= 1);
        if let Ok(draft) = &record.content {
            assert_eq!(draft.check(), Ok(()));
        }
    }
    assert_eq!(records(ByteWise(bytes)), whole);
});

fn records(input: impl Read) -> Vec<Record> {
    let mut importer = Importer::new(ImportOptions::default());
    importer.read(input).map_while(Result::ok).collect()
}

/// Gives one byte at a time.
struct ByteWise<'a>(&'a [u8]);

impl Read for ByteWise<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let one = buffer.len().min(1);
        self.0.read(&mut buffer[..one])
    }
}
