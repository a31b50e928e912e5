//! In which folders a store is made, whose its files are, and what of others stays as it is.

use super::{drafts, options};
use eventscope_storage::{CompactionEffort, Create, Error, Options, RowSet, Storage};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The bytes of all files below a folder, by path.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            match entry.is_dir() {
                true => folders.push(entry),
                false => drop(all.insert(entry.clone(), fs::read(&entry).unwrap_or_default())),
            }
        }
    }
    all
}

/// Makes a store in a folder, and opens it again.
#[track_caller]
fn check_made(path: &Path) {
    let storage = Storage::open(path, &options()).unwrap();
    storage.append(drafts(0..10)).unwrap();
    storage.close().unwrap();
    let never = Options { create: Create::Never, ..options() };
    assert_eq!(Storage::open(path, &never).unwrap().stats().unwrap().events, 10);
}

/// Checks that no store is made in a folder because of something in it, and that all stays.
#[track_caller]
fn check_refused(path: &Path, name: &str) {
    let before = files(path);
    match Storage::open(path, &options()) {
        Err(Error::NotEmpty { found, .. }) => assert_eq!(found, name),
        other => panic!("{other:?}"),
    }
    assert_eq!(files(path), before);
}

#[test]
fn what_lies_beside_a_store_is_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let store = |name: &str| Storage::open(dir.path().join(name), &options()).unwrap();
    let kept = store("events.db.new");
    kept.append(drafts(0..5)).unwrap();
    fs::create_dir(dir.path().join("notes.new")).unwrap();
    fs::write(dir.path().join("notes.new/thesis.txt"), b"years of work").unwrap();
    for name in ["events.db", "notes"] {
        store(name).append(drafts(0..3)).unwrap();
    }
    kept.backup(dir.path().join("notes.new.new"), |_, _| {}).unwrap();
    assert_eq!(kept.stats().unwrap().events, 5);
    kept.close().unwrap();
    assert_eq!(store("events.db.new").stats().unwrap().events, 5);
    assert_eq!(fs::read(dir.path().join("notes.new/thesis.txt")).unwrap(), b"years of work");
}

#[test]
fn a_store_is_made_in_folders_that_hold_nothing_of_others() {
    let dir = tempfile::tempdir().unwrap();
    let folder = |name: &str| {
        let path = dir.path().join(name);
        fs::create_dir(&path).unwrap();
        path
    };
    check_made(&dir.path().join("deep/er"));
    check_made(&folder("empty"));
    check_made(&folder("dot").join("."));
    let volume = folder("volume");
    fs::create_dir(volume.join("lost+found")).unwrap();
    check_made(&volume);
    // What a version of before, or an attempt that was killed, has left.
    let left = folder("left");
    fs::write(left.join("holder"), b"4711").unwrap();
    fs::write(left.join("log.redb.0123456789abcdef.new"), b"redb\x1A\x0A\xA9\x0D\x0A").unwrap();
    fs::write(left.join("segments.redb.0123456789abcdef.new"), [0; 4096]).unwrap();
    check_made(&left);
    let names = files(&left);
    assert!(names.keys().all(|path| !path.to_str().unwrap().ends_with("new")), "{names:?}");
    #[cfg(unix)]
    {
        let target = folder("target");
        std::os::unix::fs::symlink(&target, dir.path().join("link")).unwrap();
        check_made(&dir.path().join("link"));
        assert!(target.join("log.redb").is_file());
    }
}

#[test]
fn a_folder_that_holds_something_else_is_refused_by_name() {
    for (name, bytes) in [
        ("thesis.txt", &b"years of work"[..]),
        ("log.redb.0123456789abcdef.new", b"years of work"),
        ("segments.redb.0123456789abcdef.new", b"years of work"),
        ("log.redb.new", b""),
        ("log.new", b"redb"),
        ("segments.redb", b"redb\x1A\x0A\xA9\x0D\x0A of somebody"),
        ("segments.redb", b"years of work"),
        ("holder", b"years of work"),
        ("lost+found", b"a file"),
        (".hidden", b""),
    ] {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(name), bytes).unwrap();
        check_refused(dir.path(), name);
    }
}

/// Files and folders whose names are close to those of a store.
const STRANGERS: [&str; 17] = [
    "log.new",
    "segments.new",
    "log.redb.new",
    "log.redb.old",
    "segments.redb.tmp",
    "log.redb.0123456789abcdef.new",
    "segments.redb.fedcba9876543210.new",
    "damaged",
    "text.damaged",
    "text.damaged.0123456789abcdef",
    "text/damaged",
    "text/notes.text",
    "text/thesis.new",
    "text/0.new",
    "text/0123456789abcdef.new",
    "text/000000000001-00064-0123456789abcdef-0.damaged",
    "holder.new",
];

#[test]
fn what_strangers_put_into_the_folder_of_a_store_stays() {
    for is_folder in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.db");
        let storage = Storage::open(&path, &options()).unwrap();
        storage.append(drafts(0..1_000)).unwrap();
        storage.close().unwrap();
        let strangers: Vec<PathBuf> = STRANGERS
            .iter()
            .map(|name| match is_folder {
                true => path.join(name).join("thesis.txt"),
                false => path.join(name),
            })
            .collect();
        for stranger in &strangers {
            fs::create_dir_all(stranger.parent().unwrap()).unwrap();
            fs::write(stranger, stranger.to_str().unwrap()).unwrap();
        }
        for round in 0..2 {
            let storage = Storage::open(&path, &options()).unwrap();
            storage.seal_now().unwrap();
            let old = RowSet::span(1 + round * 300, 300 + round * 300);
            storage.prune(vec![(0, old)]).unwrap();
            storage.compact(CompactionEffort::Tight).unwrap();
            assert!(storage.rebuild(|_, _| {}).unwrap().is_ok());
            storage.finish_text(|_, _| {}).unwrap();
            assert!(storage.verify(|_, _| {}).unwrap().is_ok());
            storage.backup(dir.path().join("backup"), |_, _| {}).unwrap();
            storage.close().unwrap();
            for stranger in &strangers {
                let said = fs::read_to_string(stranger);
                assert_eq!(said.unwrap_or_default(), stranger.to_str().unwrap(), "round {round}");
            }
        }
    }
}

#[test]
#[cfg(unix)]
fn a_link_in_the_place_of_the_holder_is_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let (path, thesis) = (dir.path().join("events.db"), dir.path().join("thesis.txt"));
    fs::write(&thesis, b"years of work").unwrap();
    Storage::open(&path, &options()).unwrap().close().unwrap();
    fs::remove_file(path.join("holder")).unwrap();
    for target in [&thesis, &dir.path().join("nothing")] {
        std::os::unix::fs::symlink(target, path.join("holder")).unwrap();
        let storage = Storage::open(&path, &options()).unwrap();
        let error = Storage::open(&path, &options()).unwrap_err();
        assert!(error.to_string().contains("in use by another process"), "{error}");
        storage.close().unwrap();
        assert!(path.join("holder").is_symlink());
        fs::remove_file(path.join("holder")).unwrap();
    }
    assert_eq!(fs::read(&thesis).unwrap(), b"years of work");
    assert!(!dir.path().join("nothing").try_exists().unwrap());
}

#[test]
#[cfg(unix)]
fn files_that_are_made_anew_have_the_rights_of_those_before() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    let dir = tempfile::tempdir().unwrap();
    let (path, backup) = (dir.path().join("events.db"), dir.path().join("backup"));
    let storage = Storage::open(&path, &options()).unwrap();
    storage.append(drafts(0..3_000)).unwrap();
    storage.close().unwrap();
    let rights = |path: &Path| {
        let metadata = fs::metadata(path).unwrap();
        (metadata.uid(), metadata.gid(), metadata.mode() & 0o7777)
    };
    // Somebody else's, if this one may give files away.
    let own = rights(&path).0;
    let user = if own == 0 { 65_534 } else { own };
    let all = || files(&path).into_keys().chain([path.clone(), path.join("text")]);
    for file in all() {
        chown(&file, Some(user), None).unwrap();
        let mode = if file.is_dir() { 0o700 } else { 0o600 };
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    }
    let storage = Storage::open(&path, &options()).unwrap();
    storage.seal_now().unwrap();
    storage.prune(vec![(0, RowSet::span(1, 2_000))]).unwrap();
    storage.compact(CompactionEffort::Tight).unwrap();
    storage.finish_text(|_, _| {}).unwrap();
    storage.backup(&backup, |_, _| {}).unwrap();
    storage.close().unwrap();
    for file in all() {
        let mode = if file.is_dir() { 0o700 } else { 0o600 };
        let (owner, _, is) = rights(&file);
        assert_eq!((owner, is), (user, mode), "{}", file.display());
    }
    for file in ["log.redb", "segments.redb"] {
        let (owner, _, mode) = rights(&backup.join(file));
        assert_eq!((owner, mode), (own, 0o600), "{file} of the backup");
    }
    assert_eq!(rights(&backup).2, 0o700);
}
