//! A text file as the folder that tantivy believes to read from.

use super::file::TextFile;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tantivy::Directory;
use tantivy::HasLen;
use tantivy::directory::error::{DeleteError, OpenReadError, OpenWriteError};
use tantivy::directory::{FileHandle, OwnedBytes, WatchCallback, WatchHandle, WritePtr};

/// What tantivy calls the description of an index.
const META: &str = "meta.json";

/// The inner files of which tantivy reads what belongs to one word, each time that it is asked for.
/// The others it reads as a whole, and keeps.
const BY_WORD: [&str; 2] = ["idx", "pos"];

/// The inner files of a text file; nothing can be written.
#[derive(Clone, Debug)]
pub(super) struct FileDirectory {
    file: Arc<TextFile>,
}

impl FileDirectory {
    pub(super) fn new(file: Arc<TextFile>) -> Self {
        Self { file }
    }
}

/// One inner file.
#[derive(Debug)]
struct Inner {
    file: Arc<TextFile>,
    range: Range<u64>,
}

impl HasLen for Inner {
    fn len(&self) -> usize {
        self.range.end.saturating_sub(self.range.start) as usize
    }
}

impl FileHandle for Inner {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        let at = |offset: usize| self.range.start.checked_add(offset as u64);
        match at(range.start).zip(at(range.end)) {
            Some((start, end)) if start <= end && end <= self.range.end => {
                self.file.read_and_keep(start..end)
            }
            _ => Err(io::Error::other("a range beyond the end of an inner file")),
        }
    }
}

fn read_only() -> io::Error {
    io::Error::new(io::ErrorKind::ReadOnlyFilesystem, "a text file is never changed")
}

fn missing(path: &Path) -> OpenReadError {
    OpenReadError::FileDoesNotExist(path.to_owned())
}

impl Directory for FileDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        let ending = path.extension().and_then(|ending| ending.to_str());
        let range = ending.and_then(|ending| self.file.inner(ending));
        let range = range.ok_or_else(|| missing(path))?;
        if !ending.is_some_and(|ending| BY_WORD.contains(&ending)) {
            let read = self.file.read(range);
            let read = read.map_err(|e| OpenReadError::wrap_io_error(e, path.to_owned()))?;
            return Ok(Arc::new(read));
        }
        Ok(Arc::new(Inner { file: Arc::clone(&self.file), range }))
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        let ending = path.extension().and_then(|ending| ending.to_str());
        Ok(path == Path::new(META) || ending.is_some_and(|e| self.file.inner(e).is_some()))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        if path == Path::new(META) {
            return Ok(self.file.contents.meta.clone());
        }
        Err(missing(path))
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        let (io_error, filepath) = (Arc::new(read_only()), path.to_owned());
        Err(DeleteError::IoError { io_error, filepath })
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let (io_error, filepath): (_, PathBuf) = (Arc::new(read_only()), path.to_owned());
        Err(OpenWriteError::IoError { io_error, filepath })
    }

    fn atomic_write(&self, _: &Path, _: &[u8]) -> io::Result<()> {
        Err(read_only())
    }

    fn sync_directory(&self) -> io::Result<()> {
        Err(read_only())
    }

    fn watch(&self, _: WatchCallback) -> tantivy::Result<WatchHandle> {
        Ok(WatchHandle::empty())
    }
}
