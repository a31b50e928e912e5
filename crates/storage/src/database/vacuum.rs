//! Gives the space of what was pruned or rewritten back to the file system.
//!
//! redb uses free pages again but does not vacuum its files, and its own compaction excludes all
//! readers and is not safe against a crash. So what is left is copied into a new file, which then
//! takes the place of the old one; snapshots of the old one keep it until they end.

use crate::database::files;
use crate::database::guard::Held;
use crate::database::new_file::NewDatabase;
use crate::database::tables::{self, META, SEGMENTS_TABLES};
use crate::error::{Error, Result};
use crate::vfs::VfsPath;
use redb::{ReadableDatabase, ReadableTable, StorageError, TableError, TableHandle};
use std::sync::atomic::{AtomicBool, Ordering};

/// Values that are copied between two looks at whether the store closes.
const COPIED_BETWEEN_LOOKS: usize = 256;

/// A copy of `segments.redb` beside it, durable and open; `None` if the store closes meanwhile.
pub(crate) fn copy(
    file: &Held,
    path: &VfsPath,
    cache: usize,
    closing: &AtomicBool,
) -> Result<Option<NewDatabase>> {
    let transaction = file
        .with(|database| database.begin_read().map_err(|e| Error::database("begin to read", e)))?;
    let copied = files::make_beside(path, cache, |new| {
        let copy = files::begin(new)?;
        for table in SEGMENTS_TABLES {
            // A file that was last written before format 3 has no facts.
            if table.name() == META.name() && tables::open_facts(&transaction)?.is_none() {
                continue;
            }
            let mut to = copy.open_table(table).map_err(table_error)?;
            let from = tables::open(&transaction, table)?;
            for (number, item) in from.iter().map_err(storage_error)?.enumerate() {
                if number % COPIED_BETWEEN_LOOKS == 0 && closing.load(Ordering::Relaxed) {
                    return Err(Error::Closed);
                }
                let (key, value) = item.map_err(storage_error)?;
                to.insert(key.value(), value.value()).map_err(storage_error)?;
            }
        }
        copy.commit().map_err(|e| Error::database("write the smaller segments.redb", e))
    });
    match copied {
        Err(Error::Closed) => Ok(None),
        other => other.map(Some),
    }
}

fn storage_error(e: StorageError) -> Error {
    Error::database("copy segments.redb", e)
}

fn table_error(e: TableError) -> Error {
    Error::database("open a table of segments.redb", e)
}
