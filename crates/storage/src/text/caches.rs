//! What text files are read through: files that stay open, and what is kept of them in memory.

use crate::database::cache::{Kept, WeakKept};
use crate::limits::TEXT_FILES_OPEN_MAX;
use crate::vfs::{ReadAt, VfsPath};
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, UnitWeighter};
use std::io;
use std::sync::Arc;

/// Shared by all text files of a store.
#[derive(Debug)]
pub(super) struct FileCaches {
    /// Readers of text files are kept, and each has its file, which has this.
    pub(super) kept: WeakKept,
    /// By the number of a file. One that has not been read for long gives its place to another.
    open: Cache<u64, Arc<dyn ReadAt>>,
}

impl FileCaches {
    /// Keeps what is read within a budget, and so many files open.
    pub(super) fn new(kept: &Kept) -> Self {
        let files = TEXT_FILES_OPEN_MAX;
        // One shard: several would divide the places, and close files while others have room.
        let options = OptionsBuilder::new()
            .estimated_items_capacity(files)
            .weight_capacity(files as u64)
            .shards(1)
            .build();
        let open = match options {
            Ok(options) => {
                let (hash, life) = (DefaultHashBuilder::default(), DefaultLifecycle::default());
                Cache::with_options(options, UnitWeighter, hash, life)
            }
            Err(_) => Cache::new(files),
        };
        Self { kept: kept.downgrade(), open }
    }

    /// Reads a file, which is open from then on.
    pub(super) fn read_at(
        &self,
        file: u64,
        spot: &VfsPath,
        offset: u64,
        out: &mut [u8],
    ) -> io::Result<()> {
        let open = match self.open.get(&file) {
            Some(open) => open,
            None => match spot.open_to_read()? {
                Some(open) => {
                    let open: Arc<dyn ReadAt> = Arc::from(open);
                    self.open.insert(file, Arc::clone(&open));
                    open
                }
                None => return spot.read_at(offset, out),
            },
        };
        // The next to read it opens it again: what failed may have been the open file only.
        open.read_at(offset, out).inspect_err(|_| self.close(file))
    }

    /// Lets go of an open file.
    pub(super) fn close(&self, file: u64) {
        self.open.remove(&file);
    }

    /// How many files are open.
    pub(super) fn files_open(&self) -> u64 {
        self.open.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::FileCaches;
    use crate::database::cache::Kept;
    use crate::limits::TEXT_FILES_OPEN_MAX;
    use crate::vfs::{OsVfs, Rights, VfsPath};
    use std::sync::Arc;

    /// A file stays open whatever becomes of its name, up to so many files.
    #[test]
    #[cfg(unix)]
    fn files_stay_open_within_a_bound() {
        let folder = tempfile::tempdir().unwrap();
        let folder = VfsPath::new(Arc::new(OsVfs), folder.path());
        let caches = FileCaches::new(&Kept::new(1 << 20));
        let read = |number: u64, name: &str| {
            let mut out = [0; 3];
            caches.read_at(number, &folder.join(name), 1, &mut out).map(|()| out)
        };
        let (old, new) = (folder.join("old"), folder.join("new"));
        old.write_new(b"-old", Rights::default()).unwrap();
        new.write_new(b"-new", Rights::default()).unwrap();
        assert_eq!(&read(0, "old").unwrap(), b"old");
        new.put_in_place(&old).unwrap();
        assert_eq!(&read(0, "old").unwrap(), b"old", "it was opened before");
        caches.close(0);
        assert_eq!(&read(0, "old").unwrap(), b"new");
        for number in 0..2 * TEXT_FILES_OPEN_MAX as u64 {
            assert_eq!(&read(number, "old").unwrap(), b"new");
        }
        assert_eq!(caches.files_open(), TEXT_FILES_OPEN_MAX as u64);
        // A read that fails closes the file.
        let mut long = [0; 9];
        let open = caches.files_open();
        caches.read_at(0, &old, 0, &mut long).unwrap_err();
        assert!(caches.files_open() <= open);
        old.remove_file().unwrap();
        assert!(read(0, "old").is_err());
    }
}
