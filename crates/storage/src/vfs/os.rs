//! The file system.

use super::{Access, Lock, Metadata, ReadAt, Rights, Vfs};
use redb::StorageBackend;
use redb::backends::FileBackend;
use std::fs::{self, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// The file system of this machine: what a store is kept on unless it is told otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsVfs;

impl Vfs for OsVfs {
    fn open(&self, path: &Path, access: Access) -> io::Result<(Box<dyn StorageBackend>, Metadata)> {
        let file = match access {
            Access::Existing => fs::File::options().read(true).write(true).open(path)?,
            Access::ReadOnly => fs::File::open(path)?,
            Access::New(rights) => owned::make_file(path, rights)?,
        };
        let facts = owned::facts(&file.metadata()?);
        let backend = FileBackend::new(file).map_err(io::Error::other)?;
        Ok((Box::new(backend), facts))
    }

    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        fs::metadata(path).map(|metadata| owned::facts(&metadata))
    }

    fn symlink_metadata(&self, path: &Path) -> io::Result<Metadata> {
        fs::symlink_metadata(path).map(|metadata| owned::facts(&metadata))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }

    fn create_dir(&self, path: &Path, rights: Rights) -> io::Result<()> {
        owned::create_dir(path, rights)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        // Elsewhere a folder cannot be opened, and its entries are durable without.
        if cfg!(unix) { fs::File::open(path)?.sync_all() } else { Ok(()) }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn read_at(&self, path: &Path, offset: u64, out: &mut [u8]) -> io::Result<()> {
        read_exact_at(&fs::File::open(path)?, out, offset)
    }

    fn open_to_read(&self, path: &Path) -> io::Result<Option<Box<dyn ReadAt>>> {
        // Elsewhere a read moves the one position that all readers of an open file share.
        if !cfg!(unix) {
            return Ok(None);
        }
        Ok(Some(Box::new(ToRead(fs::File::open(path)?))))
    }

    fn room(&self, path: &Path) -> u64 {
        owned::room(path)
    }

    fn write_new(&self, path: &Path, bytes: &[u8], rights: Rights) -> io::Result<()> {
        let mut file = owned::make_file(path, rights)?;
        file.write_all(bytes)?;
        file.sync_data()
    }

    fn lock(&self, path: &Path, rights: Rights) -> io::Result<Option<Box<dyn Lock>>> {
        let file = match own_file(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => match owned::make_file(path, rights) {
                // Somebody else has made it since.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => own_file(path)?,
                other => other?,
            },
            other => other?,
        };
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(Locked(file)))),
            Err(TryLockError::WouldBlock) => Ok(None),
            // Where there are no locks, that of the database has to do.
            Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Unsupported => {
                Ok(Some(Box::new(Locked(file))))
            }
            Err(TryLockError::Error(e)) => Err(e),
        }
    }
}

/// A file that stays open to be read.
#[derive(Debug)]
struct ToRead(fs::File);

impl ReadAt for ToRead {
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        read_exact_at(&self.0, out, offset)
    }
}

/// What a write meets at the end of the disk.
pub(super) fn no_room() -> io::Error {
    owned::no_room()
}

/// A file that is locked until this is dropped.
#[derive(Debug)]
struct Locked(fs::File);

impl Drop for Locked {
    fn drop(&mut self) {
        // Closing the file does not end the lock while a child that is just being started has a
        // copy of it.
        let _ = self.0.unlock();
    }
}

impl Lock for Locked {
    fn read(&self, max: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut file = &self.0;
        file.rewind()?;
        file.take(max as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = &self.0;
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(bytes)
    }
}

/// Opens a file to read and write, but no file that a link leads to.
fn own_file(path: &Path) -> io::Result<fs::File> {
    let other = || io::Error::new(io::ErrorKind::InvalidInput, "it is not a file");
    let named = fs::symlink_metadata(path)?;
    if !named.is_file() {
        return Err(other());
    }
    let file = fs::File::options().read(true).write(true).open(path)?;
    // A link may have taken its place in between.
    let same = owned::facts(&file.metadata()?).identity == owned::facts(&named).identity;
    if same { Ok(file) } else { Err(other()) }
}

#[cfg(unix)]
mod owned {
    //! Files and folders with owners and modes.

    use super::{Metadata, Rights};
    use crate::vfs::Owned;
    use std::fs::{self, Permissions};
    use std::io;
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
    use std::os::unix::fs::{chown, fchown};
    use std::path::Path;

    pub(super) fn facts(metadata: &fs::Metadata) -> Metadata {
        Metadata {
            len: metadata.len(),
            allocated: metadata.blocks().saturating_mul(512),
            identity: metadata.ino(),
            is_folder: metadata.is_dir(),
            is_file: metadata.is_file(),
            rights: Rights::of(metadata.uid(), metadata.gid(), metadata.mode()),
        }
    }

    pub(super) fn no_room() -> io::Error {
        rustix::io::Errno::NOSPC.into()
    }

    pub(super) fn room(path: &Path) -> u64 {
        let Ok(system) = rustix::fs::statvfs(path) else { return u64::MAX };
        system.f_bavail.saturating_mul(system.f_frsize)
    }

    /// Makes a file that is not there. Until its rights are those that it is to have, nobody else
    /// can open it.
    pub(super) fn make_file(path: &Path, rights: Rights) -> io::Result<fs::File> {
        let mut options = fs::File::options();
        options.read(true).write(true).create_new(true);
        let Some(Owned { user, group, mode }) = rights.0 else { return options.open(path) };
        let file = options.mode(0o600).open(path)?;
        // Only the superuser can give a file away. Whoever else writes here has the right to by
        // their group, which then keeps it.
        let _ = fchown(&file, user, group).or_else(|_| fchown(&file, None, group));
        file.set_permissions(Permissions::from_mode(mode))?;
        Ok(file)
    }

    pub(super) fn create_dir(path: &Path, rights: Rights) -> io::Result<()> {
        let Some(Owned { user, group, mode }) = rights.0 else { return fs::create_dir(path) };
        fs::DirBuilder::new().mode(0o700).create(path)?;
        let _ = chown(path, user, group).or_else(|_| chown(path, None, group));
        fs::set_permissions(path, Permissions::from_mode(mode))
    }
}

#[cfg(not(unix))]
mod owned {
    //! Files and folders, where the folder around them says whose they are.

    use super::{Metadata, Rights};
    use std::fs;
    use std::io;
    use std::path::Path;

    pub(super) fn facts(metadata: &fs::Metadata) -> Metadata {
        Metadata {
            len: metadata.len(),
            allocated: metadata.len(),
            identity: 0,
            is_folder: metadata.is_dir(),
            is_file: metadata.is_file(),
            rights: Rights::default(),
        }
    }

    pub(super) fn no_room() -> io::Error {
        io::ErrorKind::StorageFull.into()
    }

    pub(super) fn room(_: &Path) -> u64 {
        u64::MAX
    }

    pub(super) fn make_file(path: &Path, _: Rights) -> io::Result<fs::File> {
        fs::File::options().read(true).write(true).create_new(true).open(path)
    }

    pub(super) fn create_dir(path: &Path, _: Rights) -> io::Result<()> {
        fs::create_dir(path)
    }
}

#[cfg(unix)]
fn read_exact_at(file: &fs::File, out: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, out, offset)
}

#[cfg(not(unix))]
fn read_exact_at(mut file: &fs::File, out: &mut [u8], offset: u64) -> io::Result<()> {
    io::Seek::seek(&mut file, io::SeekFrom::Start(offset))?;
    io::Read::read_exact(&mut file, out)
}
