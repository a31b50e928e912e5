//! Makes text files out of rows.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "values and rows of one file, and ids, which stay below 2^48"
)]

use super::file::{Inner, Layout, Parts};
use super::schema::{Fields, splitters};
use crate::error::{Error, Result};
use crate::index::field::{Field, FieldIndex};
use crate::index::hidden_labels;
use crate::limits::{KEPT_FIELDS_MAX, TEXT_VALUES_MAX};
use crate::row::Body;
use crate::segment::reader::Uses;
use crate::view::part::Part;
use eventscope_model::{EventId, ScopeLabels};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tantivy::directory::RamDirectory;
use tantivy::{Directory, Index, SingleSegmentIndexWriter, TantivyDocument};

/// What tantivy is told it may use. It takes a third of this for its first table of words, and
/// grows by what it is given; [`TEXT_BUILD_BYTES_MAX`](crate::limits::TEXT_BUILD_BYTES_MAX) is
/// where we stop giving.
const WRITER_BYTES: usize = 24 * 1024 * 1024;
/// Documents and bytes of text between two looks at the memory that is used.
const LOOK_EVERY: u32 = 1_024;
const LOOK_EVERY_BYTES: usize = 1024 * 1024;

/// The inner files that are kept whole. The store of documents is empty and never read, so only
/// its end is kept, which tantivy wants to see.
const KEPT: [&str; 5] = ["term", "idx", "pos", "fast", "fieldnorm"];
const STORE: &str = "store";

/// A text file over a sealed segment, as bytes; `None` when it would take too much memory that way.
pub(super) fn by_value(part: &Part<'_>, made_of: u64, bytes_max: usize) -> Result<Option<Vec<u8>>> {
    // Where most values are in one row, what is gained by searching each once is nothing.
    if part.field_count() > KEPT_FIELDS_MAX {
        return Ok(None);
    }
    let mut values = Values::read(part)?;
    if values.count > TEXT_VALUES_MAX {
        return Ok(None);
    }
    let mut builder = Builder::new(bytes_max)?;
    for row in part.first_row()..=part.last_row() {
        #[cfg(feature = "plants")]
        if crate::fault_injection::is(crate::fault_injection::Plant::PayloadAhead)
            && row == part.last_row()
        {
            builder.add([], values.next())?;
            continue;
        }
        part.with_body(row, |body| {
            let texts = body.into_iter().flat_map(|body| {
                std::iter::once(body.description).chain(hidden_labels(&body.labels, part.scope()))
            });
            builder.add(texts, values.next())
        })?;
        if builder.is_full() {
            return Ok(None);
        }
    }
    while let Some(value) = values.next() {
        builder.add([], Some(value))?;
        if builder.is_full() {
            return Ok(None);
        }
    }
    let (meta, inner) = builder.finish()?;
    let (layout, fields) = (Layout::ByValue, values.fields);
    let parts =
        Parts { layout, first: part.first(), rows: part.len(), made_of, fields, meta, inner };
    parts.write().map(Some)
}

/// Hands over text files over consecutive rows, as bytes: more than one, one after another, if one
/// would take too much memory.
pub(super) fn by_row<'a>(
    first: EventId,
    count: u32,
    (made_of, bytes_max): (impl Fn(EventId, u32) -> Result<u64>, usize),
    part_of: impl Fn(EventId) -> Option<Part<'a>>,
    mut use_file: impl FnMut(Vec<u8>) -> Result<()>,
) -> Result<()> {
    let (mut start, end) = (first.0, first.0 + u64::from(count));
    while start < end {
        let mut builder = Builder::new(bytes_max)?;
        let mut next = start;
        while next < end && !builder.is_full() {
            let part = part_of(EventId(next)).ok_or(Error::NoSuchEvent { id: next })?;
            part.with_body(EventId(next).row(), |body| {
                builder.add(body.into_iter().flat_map(|body| texts(body, part.scope())), None)
            })?;
            next += 1;
        }
        let rows = (next - start) as u32;
        let (meta, inner) = builder.finish()?;
        let first = EventId(start);
        let (layout, fields, made_of) = (Layout::ByRow, Vec::new(), made_of(first, rows)?);
        use_file(Parts { layout, first, rows, made_of, fields, meta, inner }.write()?)?;
        start = next;
    }
    Ok(())
}

/// All text of a row that is searched.
pub(super) fn texts<'a>(body: &'a Body<'a>, scope: &ScopeLabels) -> impl Iterator<Item = &'a str> {
    let labels = body.labels.iter().filter(|(key, _)| scope.admit(key)).map(|(_, value)| *value);
    [body.name, body.description, body.source].into_iter().chain(labels)
}

/// Whether the values of a field are searched.
pub(super) fn is_searched(field: Field<'_>) -> bool {
    match field {
        Field::Source | Field::Name | Field::Label(_) => true,
        Field::Severity
        | Field::Type
        | Field::State
        | Field::Acknowledged
        | Field::Count
        | Field::Tag(_) => false,
    }
}

/// The values of the dictionaries of a segment, one after another.
struct Values {
    indexes: Vec<Arc<FieldIndex>>,
    /// Code and key of each field, and the number of its first value.
    fields: Vec<(u8, String, u32)>,
    count: usize,
    /// The next: which index, and which of its values.
    at: (usize, usize),
}

impl Values {
    fn read(part: &Part<'_>) -> Result<Self> {
        let mut values = Self { indexes: Vec::new(), fields: Vec::new(), count: 0, at: (0, 0) };
        part.each_field(Uses::One, is_searched, |field, index| {
            let (code, key) = field.code();
            values.fields.push((code, key.to_owned(), values.count as u32));
            values.count += index.len();
            values.indexes.push(Arc::clone(index));
            Ok(())
        })?;
        Ok(values)
    }

    fn next(&mut self) -> Option<&str> {
        while self.at.1 >= self.indexes.get(self.at.0)?.len() {
            self.at = (self.at.0 + 1, 0);
        }
        let value = self.at.1;
        self.at.1 += 1;
        Some(self.indexes.get(self.at.0)?.value(value))
    }
}

/// A tantivy index of one segment in the making, in memory.
struct Builder {
    fields: Fields,
    folder: RamDirectory,
    writer: SingleSegmentIndexWriter,
    documents: u32,
    /// Bytes of text since the last look.
    unseen: usize,
    full: bool,
    bytes_max: usize,
}

impl Builder {
    fn new(bytes_max: usize) -> Result<Self> {
        let fields = Fields::new();
        let folder = RamDirectory::create();
        let index = Index::builder().schema(fields.schema.clone()).tokenizers(splitters());
        let writer = index
            .single_segment_index_writer(folder.clone(), WRITER_BYTES)
            .map_err(|e| Error::text("begin", e))?;
        Ok(Self { fields, folder, writer, documents: 0, unseen: 0, full: false, bytes_max })
    }

    fn add<'t>(
        &mut self,
        texts: impl IntoIterator<Item = &'t str>,
        value: Option<&str>,
    ) -> Result<()> {
        let mut document = TantivyDocument::default();
        for text in texts.into_iter().filter(|text| !text.is_empty()) {
            self.unseen += text.len();
            document.add_text(self.fields.rows, text);
        }
        if let Some(value) = value {
            self.unseen += value.len();
            document.add_text(self.fields.values, value);
        }
        self.writer.add_document(document).map_err(|e| Error::text("add to", e))?;
        self.documents += 1;
        if self.documents.is_multiple_of(LOOK_EVERY) || self.unseen > LOOK_EVERY_BYTES {
            self.unseen = 0;
            self.full = self.writer.mem_usage() > self.bytes_max;
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.full
    }

    /// What tantivy says of the index, and its files.
    fn finish(self) -> Result<(Vec<u8>, Inner)> {
        let index = self.writer.finalize().map_err(|e| Error::text("write", e))?;
        let metas = index.searchable_segment_metas().map_err(|e| Error::text("write", e))?;
        let name = metas.first().map(|meta| meta.id().uuid_string()).unwrap_or_default();
        let read = |ending: &str| {
            let path = PathBuf::from(format!("{name}.{ending}"));
            let file = self.folder.open_read(&path).map_err(|e| Error::text("read", e.into()))?;
            let bytes = file.read_bytes().map_err(|e| Error::text("read", e.into()))?;
            Ok::<_, Error>(bytes.as_slice().to_vec())
        };
        let mut inner = Vec::new();
        for ending in KEPT {
            inner.push((ending.to_owned(), read(ending)?));
        }
        let store = read(STORE)?;
        inner.push((STORE.to_owned(), footer(&store).to_vec()));
        let meta = self.folder.atomic_read(Path::new("meta.json"));
        Ok((meta.map_err(|e| Error::text("read", e.into()))?, inner))
    }
}

/// What tantivy puts at the end of each of its files: a text, its length, and a magic number.
fn footer(file: &[u8]) -> &[u8] {
    const TRAILER_BYTES: usize = 8;
    let trailer = file.last_chunk::<TRAILER_BYTES>();
    let len = trailer.and_then(|trailer| trailer.first_chunk::<4>());
    let len = len.map_or(0, |len| u32::from_le_bytes(*len) as usize) + TRAILER_BYTES;
    file.get(file.len().saturating_sub(len)..).unwrap_or(file)
}
