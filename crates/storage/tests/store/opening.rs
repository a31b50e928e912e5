//! What opening a store does when all is not well.

use super::{check_whole, draft, drafts, options};
use eventscope_storage::{Create, Error, Options, Storage};
use eventscope_testkit::Rng;
use redb::ReadableTable;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use tempfile::TempDir;

/// How often a store is opened and closed while processes are started.
const REOPENED: usize = 100;

#[test]
fn a_missing_store_is_made_only_when_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let never = Options { create: Create::Never, ..options() };
    let error = Storage::open(&path, &never).unwrap_err();
    assert_eq!(error.to_string(), format!("no store at {}", path.display()));
    assert!(!path.try_exists().unwrap());
    Storage::open(&path, &options()).unwrap().close().unwrap();
    assert!(Storage::open(&path, &never).is_ok());
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("precious"), b"data").unwrap();
    let error = Storage::open(dir.path(), &options()).unwrap_err();
    assert!(matches!(&error, Error::NotEmpty { found, .. } if found == "precious"), "{error}");
    let file = dir.path().join("precious");
    assert!(matches!(Storage::open(file, &options()), Err(Error::NotAStore { .. })));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn an_open_store_is_refused_until_it_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let storage = Storage::open(&path, &options()).unwrap();
    let error = Storage::open(&path, &options()).unwrap_err();
    assert!(error.to_string().contains("in use by this process"), "{error}");
    drop(storage);
    assert!(Storage::open(&path, &options()).is_ok());
}

/// A process that is being started has, for a moment, every file of its parent open, and with them
/// what is locked.
#[test]
#[cfg(unix)]
fn a_process_started_meanwhile_holds_no_closed_store() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let done = AtomicBool::new(false);
    let (done, path) = (&done, &path);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    assert!(Command::new("true").status().unwrap().success());
                }
            });
        }
        let refused = (0..REOPENED).find_map(|_| match Storage::open(path, &options()) {
            Ok(storage) => storage.close().err(),
            Err(error) => Some(error),
        });
        done.store(true, Ordering::Relaxed);
        assert!(refused.is_none(), "{refused:?}");
    });
}

#[test]
fn a_newer_format_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    Storage::open(&path, &options()).unwrap().close().unwrap();
    let database = redb::Database::open(path.join("log.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    let table: redb::TableDefinition<'_, u64, &[u8]> = redb::TableDefinition::new("meta");
    transaction.open_table(table).unwrap().insert(0, 7u32.to_le_bytes().as_slice()).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = Storage::open(&path, &options()).unwrap_err();
    assert!(matches!(error, Error::UnsupportedVersion { found: 7, newest: 5 }), "{error}");
}

#[test]
fn a_damaged_block_is_reported_and_never_shown() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let storage = Storage::open(&path, &options()).unwrap();
    storage.append(drafts(0..500)).unwrap();
    storage.seal_now().unwrap();
    check_whole(&storage, 500);
    storage.close().unwrap();
    let database = redb::Database::open(path.join("segments.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let table: redb::TableDefinition<'_, u64, &[u8]> = redb::TableDefinition::new("blocks");
        let mut blocks = transaction.open_table(table).unwrap();
        let mut block = blocks.get(1 << 16).unwrap().unwrap().value().to_vec();
        let middle = block.len() / 2;
        block[middle] ^= 1;
        blocks.insert(1 << 16, block.as_slice()).unwrap();
    }
    transaction.commit().unwrap();
    drop(database);
    let storage = Storage::open(&path, &options()).unwrap();
    let error = storage.snapshot().event(eventscope_model::EventId(1)).unwrap_err();
    assert!(error.to_string().starts_with("block 0 of segment 1 is damaged"), "{error}");
    let report = storage.verify(|_, _| {}).unwrap();
    assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
}

#[test]
fn an_index_that_is_not_what_its_rows_give_is_found_by_verify() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let storage = Storage::open(&path, &options()).unwrap();
    storage.append(drafts(0..500)).unwrap();
    storage.seal_now().unwrap();
    storage.append(drafts(500..1_000)).unwrap();
    storage.seal_now().unwrap();
    storage.close().unwrap();
    // Give the first segment the index of the second: every checksum is right.
    let database = redb::Database::open(path.join("segments.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let table: redb::TableDefinition<'_, u64, &[u8]> = redb::TableDefinition::new("blocks");
        let mut blocks = transaction.open_table(table).unwrap();
        let first = blocks.get(1 << 16).unwrap().unwrap().value().to_vec();
        let mut last = 501 << 16;
        while blocks.get(last + 1).unwrap().is_some() {
            last += 1;
        }
        blocks.insert(501 << 16, first.as_slice()).unwrap();
    }
    transaction.commit().unwrap();
    drop(database);
    let storage = Storage::open(&path, &options()).unwrap();
    let report = storage.verify(|_, _| {}).unwrap();
    assert!(!report.is_ok());
}

/// A new store, and beside it a copy of its segments, of which it has none.
fn store_and_segments() -> (TempDir, Storage) {
    let dir = tempfile::tempdir().unwrap();
    let (path, copy) = (dir.path().join("events.db"), dir.path().join("copy.db"));
    let storage = Storage::open(&path, &options()).unwrap();
    fs::create_dir(&copy).unwrap();
    fs::copy(path.join("segments.redb"), copy.join("segments.redb")).unwrap();
    (dir, storage)
}

/// The copy with the log as it is now: what a crash leaves before anything is sealed.
fn crash(dir: &TempDir, storage: Storage) -> PathBuf {
    let copy = dir.path().join("copy.db");
    fs::copy(dir.path().join("events.db/log.redb"), copy.join("log.redb")).unwrap();
    drop(storage);
    copy
}

#[test]
fn a_tail_of_many_bytes_is_sealed_batch_by_batch_after_a_crash() {
    let (dir, storage) = store_and_segments();
    let mut rng = Rng::new(1);
    let text: String = (0..3_000).map(|_| format!("{:016x}", rng.bits())).collect();
    // More than a tail may hold, in batches that do not end where it is full.
    for start in (0..900).step_by(75) {
        let batch = (start..start + 75).map(|n| draft(n).description(&text));
        storage.append(batch.collect()).unwrap();
    }
    let copy = crash(&dir, storage);
    for round in 0..2 {
        let storage = Storage::open(&copy, &options()).unwrap();
        let stats = storage.stats().unwrap();
        assert_eq!(stats.events, 900, "round {round}: {stats:?}");
        assert!(storage.verify(|_, _| {}).unwrap().is_ok());
        storage.close().unwrap();
    }
}

#[test]
fn a_tail_over_two_windows_is_sealed_after_a_crash() {
    let (dir, storage) = store_and_segments();
    storage.append(drafts(0..65_530)).unwrap();
    storage.append(drafts(65_530..65_550)).unwrap();
    // The log as it is while the full window waits to be sealed: what a crash leaves.
    let copy = crash(&dir, storage);
    let storage = Storage::open(&copy, &options()).unwrap();
    assert_eq!(storage.stats().unwrap().tail_events, 65_550);
    storage.seal_now().unwrap();
    assert_eq!(storage.stats().unwrap().segments, 2);
    check_whole(&storage, 65_550);
}
