//! What a store is kept on: the file system, or whatever a test puts in its place.
//!
//! Everything that the store does to files goes through a [`Medium`], so that a test can lose what
//! was not synced, or fail any operation, and the code that runs is the code that ships.

mod backend;
mod disk;
mod free_pages;
mod spot;

pub(crate) use backend::Backend;
pub use disk::Disk;
pub(crate) use spot::Spot;

use redb::StorageBackend;
use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};

/// Where files and folders are.
///
/// What is promised of each operation is what POSIX promises: a file that was written is durable
/// once it was synced; that it was made, renamed or removed is durable once the folder that it is
/// in was synced.
pub trait Medium: Debug + Send + Sync {
    /// Opens a file for the database, locked as long as it is open if the medium knows of others
    /// who may open it.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] where there is none, unless it is to be made; or another one.
    fn open(&self, path: &Path, access: Access) -> io::Result<(Box<dyn StorageBackend>, Facts)>;

    /// What is known of a file or folder from outside.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] or [`io::ErrorKind::NotADirectory`] where there is none, or
    /// another one.
    fn look_at(&self, path: &Path) -> io::Result<Facts>;

    /// The paths of what is in a folder, in any order.
    ///
    /// # Errors
    /// Whatever keeps it from being read.
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>>;

    /// The path from the root, without links.
    ///
    /// # Errors
    /// Where nothing is there, or another one.
    fn full_path(&self, path: &Path) -> io::Result<PathBuf>;

    /// Makes a folder in one that is there.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`], or another one.
    fn make_folder(&self, path: &Path) -> io::Result<()>;

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

    /// Removes a folder and all that is in it.
    ///
    /// # Errors
    /// Whatever keeps it from being done; some of it may be gone.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;

    /// Fills `out` with the bytes of a file from `offset` on.
    ///
    /// # Errors
    /// [`io::ErrorKind::UnexpectedEof`] if it is shorter, or another one.
    fn read_at(&self, path: &Path, offset: u64, out: &mut [u8]) -> io::Result<()>;

    /// Writes a whole file, in the place of one that is there.
    ///
    /// # Errors
    /// After one the file may be there in part.
    fn write(&self, path: &Path, bytes: &[u8], synced: Synced) -> io::Result<()>;
}

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// One that is there, to read and write.
    Existing,
    /// The same, made if it is not there.
    New,
    /// One that is there, to look at it only.
    ReadOnly,
}

/// Whether a file that was written is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synced {
    /// It is, when the write returns.
    Now,
    /// It may be lost.
    Never,
}

/// What is known of a file or folder from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Its bytes.
    pub len: u64,
    /// The bytes that it takes on the medium: less than its length where it has holes.
    pub allocated: u64,
    /// What tells it from another one that was at the same path before.
    pub identity: u64,
    /// Whether it is a folder.
    pub is_folder: bool,
}
