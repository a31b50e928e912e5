//! What a store is kept on: the file system, or whatever a test puts in its place.
//!
//! Everything that the store does to files goes through a [`Vfs`], so that a test can lose what
//! was not synced, or fail any operation, and the code that runs is the code that ships.

mod os;
mod path;
mod redb_backend;
mod redb_free_pages;

pub use os::OsVfs;
pub(crate) use path::VfsPath;
pub(crate) use redb_backend::Backend;

use redb::StorageBackend;
use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};

/// Where files and folders are.
///
/// Nothing here removes a folder, or makes a file where something else is already: what a store
/// removes are single files of which it knows that they are its own.
///
/// What is promised of each operation is what POSIX promises: a file that was written is durable
/// once it was synced; that it was made, renamed or removed is durable once the folder that it is
/// in was synced.
pub trait Vfs: Debug + Send + Sync {
    /// Opens a file for the database, locked as long as it is open if the medium knows of others
    /// who may open it.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] where there is none, [`io::ErrorKind::AlreadyExists`] where
    /// something is that was to be made; or another one.
    fn open(&self, path: &Path, access: Access) -> io::Result<(Box<dyn StorageBackend>, Metadata)>;

    /// What is known of a file or folder from outside.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] or [`io::ErrorKind::NotADirectory`] where there is none, or
    /// another one.
    fn metadata(&self, path: &Path) -> io::Result<Metadata>;

    /// The same of what bears this name itself: of a link, that it is none of a file and a folder.
    ///
    /// # Errors
    /// As [`Vfs::metadata`].
    fn symlink_metadata(&self, path: &Path) -> io::Result<Metadata>;

    /// The paths of what is in a folder, in any order.
    ///
    /// # Errors
    /// Whatever keeps it from being read.
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>>;

    /// The path from the root, without links.
    ///
    /// # Errors
    /// Where nothing is there, or another one.
    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf>;

    /// Makes a folder in one that is there.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`], or another one.
    fn create_dir(&self, path: &Path, rights: Rights) -> io::Result<()>;

    /// Makes durable what was made, renamed and removed in a folder.
    ///
    /// # Errors
    /// After one it is not known what of it is durable.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;

    /// Gives a file or folder another name, in the place of a file that bears it.
    ///
    /// # Errors
    /// Whatever keeps it from being done.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// Whatever keeps it from being done.
    fn remove_file(&self, path: &Path) -> io::Result<()>;

    /// Fills `out` with the bytes of a file from `offset` on.
    ///
    /// # Errors
    /// [`io::ErrorKind::UnexpectedEof`] if it is shorter, or another one.
    fn read_at(&self, path: &Path, offset: u64, out: &mut [u8]) -> io::Result<()>;

    /// Opens a file that will be read again and again. What it gives may outlive the name of the
    /// file, and then reads what bore that name when it was opened. `None` where nothing is gained
    /// by keeping a file open: each read names the path then.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] where there is none, or another one.
    fn open_to_read(&self, path: &Path) -> io::Result<Option<Box<dyn ReadAt>>> {
        let _ = path;
        Ok(None)
    }

    /// The bytes that files beside this one may grow by. Nothing is promised with it: others write
    /// too. A medium that cannot tell says [`u64::MAX`].
    fn room(&self, path: &Path) -> u64 {
        let _ = path;
        u64::MAX
    }

    /// Makes a file of these bytes. When it returns, they are durable.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] where something is, a link too. After another one the file
    /// may be there in part.
    fn write_new(&self, path: &Path, bytes: &[u8], rights: Rights) -> io::Result<()>;

    /// Locks a small file, which is made if nothing is there, for as long as what this gives lives;
    /// `None` if somebody else has locked it. A medium that nobody else can reach need not know of
    /// others.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] where something else than a file is, a link too; or another
    /// one.
    fn lock(&self, path: &Path, rights: Rights) -> io::Result<Option<Box<dyn Lock>>>;
}

/// A file that is open to be read, by several threads at a time.
pub trait ReadAt: Debug + Send + Sync {
    /// Fills `out` with its bytes from `offset` on.
    ///
    /// # Errors
    /// As [`Vfs::read_at`].
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;
}

/// A small file that is locked until this is dropped, or its process ends in whatever way.
pub trait Lock: Debug + Send + Sync {
    /// Its bytes, as far as they fit into `max`.
    ///
    /// # Errors
    /// Whatever keeps it from being read.
    fn read(&self, max: usize) -> io::Result<Vec<u8>>;

    /// Puts other bytes in their place. They are for whoever meets the lock, and may be lost.
    ///
    /// # Errors
    /// Whatever keeps it from being written.
    fn write(&self, bytes: &[u8]) -> io::Result<()>;
}

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// One that is there, to read and write.
    Existing,
    /// One that is not there, made to read and write.
    New(Rights),
    /// One that is there, to look at it only.
    ReadOnly,
}

/// Whose a file or folder is, and what they and others may do with it.
///
/// What takes the place of another file gets the rights of that one, and what is made beside files
/// gets theirs: else a store that belongs to a service would be lost to it once somebody else, such
/// as the superuser, has worked on it. The default is what the system gives to what is made new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights(Option<Owned>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Owned {
    user: Option<u32>,
    group: Option<u32>,
    mode: u32,
}

impl Rights {
    /// Those of a user and a group, with the lower twelve bits of a mode.
    #[must_use]
    pub fn of(user: u32, group: u32, mode: u32) -> Self {
        Self(Some(Owned { user: Some(user), group: Some(group), mode: mode & 0o7777 }))
    }

    /// The same, but owned by whoever makes it.
    pub(crate) fn without_owner(self) -> Self {
        Self(self.0.map(|owned| Owned { user: None, group: None, ..owned }))
    }
}

/// What is known of a file or folder from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Its bytes.
    pub len: u64,
    /// The bytes that it takes on the medium: less than its length where it has holes.
    pub allocated: u64,
    /// What tells it from another one that was at the same path before.
    pub identity: u64,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Whether it is a file that has bytes of its own: no folder, link, pipe or device.
    pub is_file: bool,
    /// Whose it is.
    pub rights: Rights,
}
