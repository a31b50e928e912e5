//! A path on a medium, and what can be done there; every failure names the path.

use super::{Access, Backend, Lock, Metadata, ReadAt, Rights, Vfs};
use crate::error::{Error, Result};
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How often the beginning of a file is read that somebody may be writing.
const READ_ATTEMPTS: usize = 3;

/// A path on a medium.
#[derive(Clone)]
pub(crate) struct VfsPath {
    medium: Arc<dyn Vfs>,
    path: PathBuf,
}

impl fmt::Debug for VfsPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)
    }
}

impl VfsPath {
    pub(crate) fn new(medium: Arc<dyn Vfs>, path: impl Into<PathBuf>) -> Self {
        Self { medium, path: path.into() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Another path on the same medium.
    pub(crate) fn with_path(&self, path: impl Into<PathBuf>) -> Self {
        Self::new(Arc::clone(&self.medium), path)
    }

    /// What has this name in this folder.
    pub(crate) fn join(&self, name: impl AsRef<Path>) -> Self {
        self.with_path(self.path.join(name))
    }

    /// The folder that this is in.
    pub(crate) fn around(&self) -> Self {
        let parent = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
        self.with_path(parent.unwrap_or(Path::new(".")))
    }

    /// The name without the folders around it; empty if there is none.
    pub(crate) fn name(&self) -> &OsStr {
        self.path.file_name().unwrap_or_default()
    }

    /// Names this path in an error.
    pub(crate) fn error(&self, doing: &'static str, source: io::Error) -> Error {
        Error::Io { doing, path: self.path.clone(), source }
    }

    fn named<T>(&self, doing: &'static str, result: io::Result<T>) -> Result<T> {
        result.map_err(|source| self.error(doing, source))
    }

    /// Opens a file for the database.
    pub(crate) fn open(&self, access: Access) -> io::Result<(Backend, Metadata)> {
        let (backend, facts) = self.medium.open(&self.path, access)?;
        Ok((Backend::new(backend), facts))
    }

    /// What is known of it, if it is there.
    pub(crate) fn look(&self) -> Result<Option<Metadata>> {
        match self.medium.metadata(&self.path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            // What should be the folder of the store is a file.
            Err(e) if e.kind() == io::ErrorKind::NotADirectory => {
                let path = self.path.parent().unwrap_or(&self.path).to_owned();
                Err(Error::NotAStore { path })
            }
            other => self.named("look at", other).map(Some),
        }
    }

    pub(crate) fn is_there(&self) -> Result<bool> {
        self.look().map(|facts| facts.is_some())
    }

    /// What is known of what bears this name itself, if anything does: links are not followed.
    pub(crate) fn symlink_metadata(&self) -> Result<Option<Metadata>> {
        match self.medium.symlink_metadata(&self.path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            other => self.named("look at", other).map(Some),
        }
    }

    /// Whose it is, if it is there.
    pub(crate) fn rights(&self) -> Result<Rights> {
        Ok(self.look()?.map(|facts| facts.rights).unwrap_or_default())
    }

    /// What is known of something that has to be there.
    pub(crate) fn metadata(&self) -> Result<Metadata> {
        self.named("look at", self.medium.metadata(&self.path))
    }

    /// What is in a folder.
    pub(crate) fn list(&self) -> Result<Vec<Self>> {
        self.named("look into", self.try_list())
    }

    /// The same, for who has to know what kept it from being read.
    pub(crate) fn try_list(&self) -> io::Result<Vec<Self>> {
        let paths = self.medium.list(&self.path)?;
        Ok(paths.into_iter().map(|path| self.with_path(path)).collect())
    }

    /// The path from the root, without links.
    pub(crate) fn full(&self) -> Result<Self> {
        let full = self.named("look at", self.medium.canonicalize(&self.path))?;
        Ok(self.with_path(full))
    }

    /// Makes a folder with some rights, and those around it that are not there, each durable in the
    /// one that it is in.
    pub(crate) fn create_dir_all(&self, rights: Rights) -> Result<()> {
        let mut missing = Vec::new();
        for path in self.path.ancestors().filter(|path| !path.as_os_str().is_empty()) {
            let folder = self.with_path(path);
            if folder.is_there()? {
                break;
            }
            missing.push(folder);
        }
        for folder in missing.into_iter().rev() {
            let rights = if folder.path == self.path { rights } else { Rights::default() };
            match self.medium.create_dir(&folder.path, rights) {
                // Somebody else has made it since.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                other => folder.named("make", other)?,
            }
            folder.around().sync_folder()?;
        }
        Ok(())
    }

    /// Makes durable what was made, renamed and removed in this folder.
    pub(crate) fn sync_folder(&self) -> Result<()> {
        #[cfg(feature = "plants")]
        if crate::fault_injection::is(crate::fault_injection::Plant::NoFolderSync) {
            return Ok(());
        }
        self.named("sync", self.medium.sync_folder(&self.path))
    }

    /// Gives it another name, and makes that durable.
    pub(crate) fn put_in_place(&self, place: &Self) -> Result<()> {
        place.named("put in place", self.rename(place))?;
        place.around().sync_folder()
    }

    /// Gives it another name.
    pub(crate) fn rename(&self, to: &Self) -> io::Result<()> {
        self.medium.rename(&self.path, &to.path)
    }

    pub(crate) fn remove_file(&self) -> Result<()> {
        self.named("clear away", self.medium.remove_file(&self.path))
    }

    pub(crate) fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.medium.read_at(&self.path, offset, out)
    }

    /// Opens it to be read again and again, where that is worth it.
    pub(crate) fn open_to_read(&self) -> io::Result<Option<Box<dyn ReadAt>>> {
        self.medium.open_to_read(&self.path)
    }

    /// The bytes that files in this folder may grow by, as far as is known.
    pub(crate) fn room(&self) -> u64 {
        self.medium.room(&self.path)
    }

    /// Makes sure that a file in this folder can grow by so many bytes, of which it may have some
    /// to use again. A failed write would leave the file unusable until it is opened again.
    pub(crate) fn check_room(
        &self,
        bytes: u64,
        reusable: impl FnOnce() -> Result<u64>,
    ) -> Result<()> {
        let room = self.room();
        if room >= bytes || room.saturating_add(reusable()?) >= bytes {
            return Ok(());
        }
        Err(self.error("write to", super::os::no_room()))
    }

    /// The first bytes of a file, up to so many; `None` if there is none, or none of ours to read.
    pub(crate) fn head(&self, bytes_max: usize) -> Result<Option<Vec<u8>>> {
        let mut failed = None;
        for _ in 0..READ_ATTEMPTS {
            let Some(facts) = self.symlink_metadata()?.filter(|facts| facts.is_file) else {
                return Ok(None);
            };
            let mut head = vec![0; facts.len.min(bytes_max as u64) as usize];
            match self.read_at(0, &mut head) {
                Ok(()) => return Ok(Some(head)),
                Err(e) => match e.kind() {
                    io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => return Ok(None),
                    // Somebody may have cut it short since.
                    _ => failed = Some(e),
                },
            }
        }
        failed.map_or(Ok(None), |source| Err(self.error("read", source)))
    }

    /// Makes a durable file of these bytes, where nothing is.
    pub(crate) fn write_new(&self, bytes: &[u8], rights: Rights) -> Result<()> {
        self.named("write", self.medium.write_new(&self.path, bytes, rights))
    }

    /// Locks it: see [`Vfs::lock`].
    pub(crate) fn lock(&self, rights: Rights) -> io::Result<Option<Box<dyn Lock>>> {
        self.medium.lock(&self.path, rights)
    }
}
