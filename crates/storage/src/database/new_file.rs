//! Files that are made under a name of their own before they get the one that is meant.
//!
//! The name is that of the file, 16 random hexadecimal digits and `new`, as in
//! `log.redb.5f0c91d2a83b4e67.new`, and the file is made only where nothing is. So what bears such
//! a name, begins as a file of ours does, and lies in a folder whose lock is free, is what a crash
//! has left, and nothing else is ever removed.

use crate::database::guard::guard;
use crate::error::{Error, Result};
use crate::vfs::{Access, Rights, VfsPath};
use redb::{Database, DatabaseError};
use std::hash::{BuildHasher, RandomState};

/// The ending of such a name.
const ENDING: &str = "new";
/// Random digits in it.
const DIGITS: usize = 16;
/// How a file of redb begins, once it is one.
const REDB: &[u8] = b"redb\x1A\x0A\xA9\x0D\x0A";

/// A new file that has not got its name yet. It goes unless it is put in place.
#[derive(Debug)]
pub(crate) struct NewFile {
    spot: VfsPath,
    place: VfsPath,
    is_placed: bool,
}

/// One of the two files of a store in the making.
#[derive(Debug)]
pub(crate) struct NewDatabase {
    /// Dropped before the file is removed.
    database: Database,
    file: NewFile,
}

impl NewFile {
    /// A name for what is to be at a place; nothing is made yet.
    pub(crate) fn for_place(place: &VfsPath) -> Self {
        let spot = place.around().join(format!("{}.{}.{ENDING}", place.name().display(), random()));
        Self { spot, place: place.clone(), is_placed: false }
    }

    /// Puts it in the place that it is for, durably. What was there, a file of the store, is gone.
    pub(crate) fn put_in_place(mut self) -> Result<()> {
        self.is_placed = true;
        self.spot.put_in_place(&self.place)
    }
}

/// Gives the files of a new store their names. Segments that have theirs need the log, whatever
/// comes in between, so from here on that is not removed.
pub(crate) fn put_both_in_place(segments: NewFile, mut log: NewFile) -> Result<()> {
    log.is_placed = true;
    segments.put_in_place()?;
    log.put_in_place()
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.is_placed {
            // What stays behind is cleared away by the next open.
            let _ = self.spot.remove_file();
        }
    }
}

impl NewDatabase {
    /// An empty database beside the place that it is for.
    pub(crate) fn make(place: &VfsPath, rights: Rights, cache: usize) -> Result<Self> {
        let file = NewFile::for_place(place);
        let opened = file.spot.open(Access::New(rights));
        let (backend, _) = opened.map_err(|e| crate::database::holder::no_access(&file.spot, e))?;
        let made = redb::Builder::new().set_cache_size(cache).create_with_backend(backend);
        let database = made.map_err(|e: DatabaseError| Error::database("make a new file", e))?;
        Ok(Self { database, file })
    }

    /// The same with what `fill` commits to it.
    pub(crate) fn filled(
        place: &VfsPath,
        rights: Rights,
        cache: usize,
        fill: impl FnOnce(&Database) -> Result<()>,
    ) -> Result<Self> {
        let made = Self::make(place, rights, cache)?;
        fill(&made.database)?;
        Ok(made)
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// Closes it. It still has to be put in place.
    pub(crate) fn close(self) -> Result<NewFile> {
        let Self { database, file } = self;
        guard("a new file", || database.close().map_err(|e| Error::database("finish a file", e)))?;
        Ok(file)
    }

    /// Puts it in its place while it is open. An old file there stays locked as long as it is open,
    /// so that nobody opens either in between; who has opened the old one already will notice that
    /// it is not the one at its path.
    ///
    /// After a failure it is not known which of them is there after a crash: nothing may be
    /// written.
    pub(crate) fn put_in_place(self) -> Result<Database> {
        self.file.put_in_place()?;
        Ok(self.database)
    }

    /// Both apart: the database to be written to, and the file to be put in place later.
    pub(crate) fn split(self) -> (Database, NewFile) {
        (self.database, self.file)
    }
}

/// Hexadecimal digits that nobody had before.
pub(crate) fn random() -> String {
    let bits = RandomState::new().hash_one(std::process::id());
    format!("{bits:016x}")
}

/// Whether a name is one that [`NewFile`] gives to what is to be called `name`.
pub(crate) fn is_name_of(own: &VfsPath, name: &str) -> bool {
    let own = own.name().to_str().unwrap_or_default();
    let digits = own
        .strip_prefix(name)
        .and_then(|rest| rest.strip_prefix('.'))
        .and_then(|rest| rest.strip_suffix(ENDING))
        .and_then(|rest| rest.strip_suffix('.'));
    digits.is_some_and(is_random)
}

/// Whether a text is what [`random`] gives.
pub(crate) fn is_random(digits: &str) -> bool {
    let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    digits.len() == DIGITS && digits.bytes().all(is_digit)
}

/// Whether a file of redb was begun here: it begins as one, or nothing of it is written yet.
pub(crate) fn begins_as_database(file: &VfsPath) -> Result<bool> {
    begins_as(file, REDB)
}

/// Whether something is a file that begins with these bytes, or in which nothing stands in their
/// place: what a power loss or a kill leaves.
pub(crate) fn begins_as(file: &VfsPath, magic: &[u8]) -> Result<bool> {
    let Some(head) = file.head(magic.len())? else { return Ok(false) };
    Ok(head.iter().all(|byte| *byte == 0) || magic.starts_with(&head))
}

/// Removes a new file that was left behind, if it is one.
pub(crate) fn remove_left(file: &VfsPath) -> Result<()> {
    if begins_as_database(file)? { file.remove_file() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::{begins_as_database, is_name_of, random};
    use crate::vfs::{OsVfs, VfsPath};
    use std::sync::Arc;

    #[test]
    fn names_are_known_again_and_others_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let named = |name: &str| VfsPath::new(Arc::new(OsVfs), folder.path().join(name));
        assert!(is_name_of(&named(&format!("log.redb.{}.new", random())), "log.redb"));
        for name in [
            "log.new",
            "log.redb.new",
            "log.redb.0123456789abcde.new",
            "log.redb.0123456789ABCDEF.new",
            "log.redb.0123456789abcdef0.new",
            "log.redb.0123456789abcdef.old",
            "xlog.redb.0123456789abcdef.new",
        ] {
            assert!(!is_name_of(&named(name), "log.redb"), "{name}");
        }
        for (bytes, ours) in [
            (&b""[..], true),
            (b"redb\x1A\x0A\xA9\x0D\x0A and more", true),
            (b"\0\0\0\0\0\0\0\0\0\0\0", true),
            (b"red", true),
            (b"a thesis", false),
        ] {
            std::fs::write(folder.path().join("it"), bytes).unwrap();
            assert_eq!(begins_as_database(&named("it")).unwrap(), ours, "{bytes:?}");
        }
        assert!(!begins_as_database(&named("not there")).unwrap());
    }
}
