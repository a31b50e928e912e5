//! Proves that text files are what their rows give: each is made again and compared.

use super::build;
use super::file::{Contents, Layout, Source, TextFile};
use super::shared::{TextShared, TextSnapshot};
use crate::error::{Error, Result};
use crate::limits::TEXT_FILE_BYTES_MAX;
use crate::view::View;
use crate::view::part::Part;
use eventscope_model::EventId;
use std::sync::Arc;
use tantivy::directory::OwnedBytes;

impl TextShared {
    /// Makes every file that serves a view again and compares. Calls `wrong` with what is wrong
    /// with a file; such a file serves no more.
    pub(crate) fn verify(&self, text: &TextSnapshot, view: &View, mut wrong: impl FnMut(String)) {
        for file in text.files().filter(|file| serves(file, text, view)) {
            if let Err(error) = check(file, view) {
                let first = file.contents.first;
                wrong(format!("text index, events from id {first} on: {error}"));
                file.condemn(&error);
            }
        }
    }
}

fn serves(file: &Arc<TextFile>, text: &TextSnapshot, view: &View) -> bool {
    let part = view.part_of(EventId(file.contents.first));
    part.is_some_and(|part| text.serving(&part).any(|other| other.number == file.number))
}

fn check(file: &TextFile, view: &View) -> Result<()> {
    let first = file.contents.first;
    let failed = |source| Error::Text { doing: "read", source: Box::new(source) };
    file.read_all().map_err(failed)?;
    let part = view.part_of(EventId(first)).ok_or(Error::NoSuchEvent { id: first })?;
    let bytes = match again(file, view, &part) {
        Ok(bytes) => bytes,
        Err(error @ Error::Text { .. }) => return Err(error),
        // Rows that cannot be read are told where they are.
        Err(_) => return Ok(()),
    };
    let differs = || Error::corrupt("a text file", "it is not what its rows give");
    let source = Source::Memory(OwnedBytes::new(bytes.ok_or_else(differs)?));
    let again = TextFile::open(file.number, source, file.caches())?;
    if again.contents.agrees_with(&file.contents) { Ok(()) } else { Err(differs()) }
}

/// The bytes of a file, made again.
fn again(file: &TextFile, view: &View, part: &Part<'_>) -> Result<Option<Vec<u8>>> {
    let Contents { first, rows, made_of, layout, .. } = file.contents;
    let part_of = |id| view.part_of(id);
    let mut file = None;
    let first_file = |bytes| {
        file.get_or_insert(bytes);
        Ok(())
    };
    match (layout, part.sealed()) {
        (Layout::ByValue, _) => return build::by_value(part, made_of, TEXT_FILE_BYTES_MAX),
        (Layout::ByRow, Some(_)) => {
            build::by_row(
                EventId(first),
                rows,
                (|_, _| Ok(made_of), TEXT_FILE_BYTES_MAX),
                part_of,
                first_file,
            )?;
        }
        (Layout::ByRow, None) => {
            let made_of = |first: EventId, rows| view.tail_digest(first.0, rows);
            build::by_row(
                EventId(first),
                rows,
                (made_of, TEXT_FILE_BYTES_MAX),
                part_of,
                first_file,
            )?;
        }
    }
    Ok(file)
}
