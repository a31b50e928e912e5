//! The file system.

use super::{Access, Facts, Medium, Synced};
use redb::StorageBackend;
use redb::backends::FileBackend;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The file system of this machine: what a store is kept on unless it is told otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl Medium for Disk {
    fn open(&self, path: &Path, access: Access) -> io::Result<(Box<dyn StorageBackend>, Facts)> {
        let mut options = fs::File::options();
        options.read(true).write(access != Access::ReadOnly).create(access == Access::New);
        let file = options.truncate(false).open(path)?;
        let facts = facts(&file.metadata()?);
        let backend = FileBackend::new(file).map_err(io::Error::other)?;
        Ok((Box::new(backend), facts))
    }

    fn look_at(&self, path: &Path) -> io::Result<Facts> {
        fs::metadata(path).map(|metadata| facts(&metadata))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
    }

    fn full_path(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
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

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir_all(path)
    }

    fn read_at(&self, path: &Path, offset: u64, out: &mut [u8]) -> io::Result<()> {
        read_exact_at(&fs::File::open(path)?, out, offset)
    }

    fn write(&self, path: &Path, bytes: &[u8], synced: Synced) -> io::Result<()> {
        let mut file = fs::File::create(path)?;
        file.write_all(bytes)?;
        match synced {
            Synced::Now => file.sync_data(),
            Synced::Never => Ok(()),
        }
    }
}

#[cfg(unix)]
fn facts(metadata: &fs::Metadata) -> Facts {
    use std::os::unix::fs::MetadataExt;
    Facts {
        len: metadata.len(),
        allocated: metadata.blocks().saturating_mul(512),
        identity: metadata.ino(),
        is_folder: metadata.is_dir(),
    }
}

#[cfg(not(unix))]
fn facts(metadata: &fs::Metadata) -> Facts {
    let len = metadata.len();
    Facts { len, allocated: len, identity: 0, is_folder: metadata.is_dir() }
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
