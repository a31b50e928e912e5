//! Folders that a backup leaves as they are.

use super::{Pair, copy_folder};
use crate::{drafts, options};
use eventscope_storage::{BackupRefused, Error, Storage};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The bytes of all files in a folder.
fn bytes(dir: &Path) -> BTreeMap<std::ffi::OsString, Vec<u8>> {
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    entries.map(|entry| (entry.file_name(), fs::read(entry.path()).unwrap_or_default())).collect()
}

/// Checks that no backup into a folder is made, and that the folder stays as it is.
#[track_caller]
fn refused(storage: &Storage, dir: &Path, expected: BackupRefused) {
    let before = dir.is_dir().then(|| bytes(dir));
    match storage.backup(dir, |_, _| {}) {
        Err(Error::Backup { path, why }) => assert_eq!((path.as_path(), why), (dir, expected)),
        other => panic!("{other:?}"),
    }
    assert!(dir.is_dir().then(|| bytes(dir)) == before, "{} was changed", dir.display());
}

#[test]
fn what_is_no_backup_is_left_alone() {
    let pair = Pair::new();
    pair.seal(0..100);
    let plain = pair.dir.path().join("plain");
    fs::create_dir(&plain).unwrap();
    fs::write(plain.join("precious"), b"data").unwrap();
    refused(&pair.storage, &plain, BackupRefused::SomethingElse);
    refused(&pair.storage, &plain.join("precious"), BackupRefused::SomethingElse);
    refused(&pair.storage, pair.dir.path(), BackupRefused::SomethingElse);
    let other = pair.dir.path().join("other");
    let storage = Storage::open(&other, &options()).unwrap();
    let in_use = pair.storage.backup(&other, |_, _| {}).unwrap_err();
    assert!(matches!(in_use, Error::Locked { .. }), "{in_use}");
    storage.append(drafts(0..100)).unwrap();
    storage.seal_now().unwrap();
    storage.close().unwrap();
    refused(&pair.storage, &other, BackupRefused::OtherStore);
    let copy = pair.dir.path().join("copy");
    copy_folder(&pair.own, &copy);
    Storage::open(&copy, &options()).unwrap().close().unwrap();
    refused(&pair.storage, &copy, BackupRefused::NoBackup);
    // An empty folder takes a backup.
    let empty = pair.dir.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert_eq!(pair.storage.backup(&empty, |_, _| {}).unwrap().copied_segments, 1);
}

#[test]
fn the_backup_of_another_store_is_left_alone() {
    let (pair, other) = (Pair::new(), Pair::new());
    pair.seal(0..100);
    other.seal(0..100);
    other.back_up();
    refused(&pair.storage, &other.backup, BackupRefused::OtherStore);
    other.check();
}

#[test]
fn a_backup_that_is_no_earlier_state_is_left_alone() {
    let pair = Pair::new();
    pair.seal(0..100);
    let (old, branch) = (pair.dir.path().join("old"), pair.dir.path().join("branch"));
    pair.storage.backup(&old, |_, _| {}).unwrap();
    pair.seal(100..200);
    pair.back_up();
    // The store as it was before, restored: the later backup is not an earlier state of it.
    copy_folder(&old, &branch);
    let restored = Storage::open(&branch, &options()).unwrap();
    refused(&restored, &pair.backup, BackupRefused::Newer);
    restored.close().unwrap();
    // The restored one has gone on by itself, with other events under the same ids.
    let clock = eventscope_storage::Clock::at(crate::at(1_000_001));
    let later = eventscope_storage::Options { clock, ..options() };
    let restored = Storage::open(&branch, &later).unwrap();
    restored.append(drafts(500..900)).unwrap();
    refused(&restored, &pair.backup, BackupRefused::Diverged);
    restored.seal_now().unwrap();
    refused(&restored, &pair.backup, BackupRefused::Diverged);
    restored.close().unwrap();
    refused(&pair.storage, &branch, BackupRefused::Changed);
    pair.check();
}

#[test]
fn nothing_is_written_within_the_store() {
    let pair = Pair::new();
    pair.seal(0..100);
    let before: Vec<_> = bytes(&pair.own).into_keys().collect();
    let link = pair.dir.path().join("link");
    std::os::unix::fs::symlink(&pair.own, &link).unwrap();
    for dir in [
        pair.own.clone(),
        pair.own.join("backup"),
        pair.own.join("deep/er"),
        pair.own.join("../events.db/backup"),
        link.clone(),
        link.join("backup"),
    ] {
        match pair.storage.backup(&dir, |_, _| {}) {
            Err(Error::Backup { why: BackupRefused::Own, .. }) => {}
            other => panic!("{}: {other:?}", dir.display()),
        }
    }
    assert_eq!(bytes(&pair.own).into_keys().collect::<Vec<_>>(), before);
}

#[test]
fn a_damaged_backup_is_said_to_be_one() {
    let pair = Pair::new();
    pair.seal(0..100);
    pair.back_up();
    fs::write(pair.backup.join("log.redb"), b"no log").unwrap();
    let error = pair.storage.backup(&pair.backup, |_, _| {}).unwrap_err();
    assert!(matches!(error, Error::BackupDamaged { .. }), "{error}");
}
