//! What reads a text file, for fuzz targets: see [`crate::fuzzing`].

#![cfg_attr(
    not(test),
    expect(
        clippy::expect_used,
        reason = "to panic is how a fuzz target says that a promise is broken"
    )
)]

use super::caches::FileCaches;
use super::file::{Contents, HEAD_BYTES, MAGIC, Source, TextFile};
use super::reader::{ALL, Side, TextReader};
use crate::database::cache::Kept;
use crate::database::codec::{self, Kind, Packing};
use crate::database::guard::guard;
use eventscope_model::words::WordQuery;
use std::sync::Arc;
use tantivy::directory::OwnedBytes;

/// Bytes to keep: more than one file has.
const CACHE_BYTES: usize = 1024 * 1024;
/// A word, a phrase, a beginning, and a phrase that ends in one.
const QUERIES: [&str; 4] = ["killed", "\"back off\"", "c*", "\"container w*\""];

/// Reads a text file and asks it for some words: four bytes say how long its contents are, then
/// they follow without their frame, then the inner files. The checksums of blocks are not looked
/// at, so whatever the inner files hold, tantivy is given it.
pub fn text_file(input: &[u8]) {
    let Some((len, rest)) = input.split_first_chunk::<4>() else { return };
    let len = (u32::from_le_bytes(*len) as usize).min(rest.len());
    let (contents, data) = rest.split_at(len);
    if let Ok(contents) = codec::decode::<Contents>(contents, &"contents") {
        let written = codec::encode(&contents).expect("what was read can be written");
        assert_eq!(codec::decode(&written, &"contents").ok(), Some(contents));
    }
    let frame = codec::seal(Kind::Text, Packing::Plain, contents);
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&(frame.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&frame);
    bytes.extend_from_slice(data);
    let source = Source::Memory(OwnedBytes::new(bytes));
    let kept = Kept::new(CACHE_BYTES);
    let caches = Arc::new(FileCaches::new(&kept));
    let Ok(file) = TextFile::open(0, source, &caches) else { return };
    assert!(file.contents.end() > file.contents.first);
    let file = Arc::new(file);
    let Ok(reader) = guard("a text file", || TextReader::open(Arc::clone(&file))) else { return };
    for query in QUERIES.into_iter().filter_map(|query| WordQuery::parse(query).ok()) {
        for phrase in query.phrases() {
            for side in [Side::Rows, Side::Values] {
                // As whoever asks for words does; a panic of tantivy is told as damage.
                let _ = guard("a text file", || {
                    let failed = |e| crate::error::Error::text("read", e);
                    if let Some(found) = reader.find(side, phrase).map_err(failed)? {
                        reader.for_each(&found.matched, ALL, |_| ()).map_err(failed)?;
                        reader.check(&found.matched, &[0, 1, 9], |_| ()).map_err(failed)?;
                    }
                    Ok(())
                });
            }
        }
    }
}

/// A text file as [`text_file`] takes it.
pub(crate) fn sample(file: &[u8]) -> Option<Vec<u8>> {
    let (head, rest) = file.split_at_checked(HEAD_BYTES)?;
    let len = u32::from_le_bytes(*head.last_chunk::<4>()?) as usize;
    let (frame, data) = rest.split_at_checked(len)?;
    let contents = codec::open(Kind::Text, frame, &"a text file").ok()?;
    let len = (contents.len() as u32).to_le_bytes();
    Some([&len, contents.as_ref(), data].concat())
}
