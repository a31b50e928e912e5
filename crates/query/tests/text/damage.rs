//! The text index is disposable: whatever happens to its folder, answers are right at once, what is
//! missing is made again, and somebody who asks is told.

use super::{check, options};
use crate::language::random_draft;
use eventscope_storage::{Indexing, Storage};
use eventscope_testkit::Rng;
use std::fs;
use std::path::{Path, PathBuf};

const QUERIES: [&str; 5] = [
    "text = 'killed'",
    "text = '\"pod web\"' and severity <= 3",
    "text = 'restart*'",
    "text = '停止'",
    "text != 'oom' and type = kubernetes",
];

/// A store of two segments and a tail, closed, with all words indexed.
fn whole(path: &Path) {
    let storage = Storage::open(path, &options(Indexing::Background)).unwrap();
    let mut rng = Rng::new(5);
    for _ in 0..2 {
        storage.append((0..900).map(|_| random_draft(&mut rng)).collect()).unwrap();
        storage.seal_now().unwrap();
    }
    storage.append((0..300).map(|_| random_draft(&mut rng)).collect()).unwrap();
    storage.close().unwrap();
    assert_eq!(files(path).len(), 3);
}

fn files(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path.join("text")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|e| e == "text")).collect();
    paths.sort();
    paths
}

/// Damages a closed store, and checks what becomes of it; `warnings` is how many it may give.
#[track_caller]
fn survive(what: &str, warnings: usize, damage: impl Fn(&Path)) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.db");
    whole(&path);
    damage(&path);
    // First without anybody to make it good, then with.
    for indexing in [Indexing::Never, Indexing::Background] {
        let storage = Storage::open(&path, &options(indexing)).unwrap();
        for query in QUERIES {
            check(&storage.snapshot(), query, what);
        }
        storage.finish_text(|_, _| ()).unwrap();
        for query in QUERIES {
            check(&storage.snapshot(), query, what);
        }
        let stats = storage.stats().unwrap();
        if indexing == Indexing::Background {
            assert_eq!(stats.text_lag, 0, "{what}");
            assert_eq!(stats.text_warnings.len(), warnings, "{what}: {:?}", stats.text_warnings);
            let report = storage.verify(|_, _| ()).unwrap();
            assert!(report.is_ok(), "{what}: {:?}", report.problems);
        }
        storage.close().unwrap();
    }
    assert_eq!(files(&path).len(), 3, "{what}");
}

#[test]
fn a_missing_folder_or_file_is_made_again() {
    survive("no folder", 1, |path| fs::remove_dir_all(path.join("text")).unwrap());
    // A file that is not there may just not have been made yet.
    survive("no file", 0, |path| fs::remove_file(&files(path)[1]).unwrap());
}

#[test]
fn files_that_are_cut_short_or_changed_are_put_aside() {
    survive("an empty file", 1, |path| fs::write(&files(path)[0], b"").unwrap());
    survive("the greatest number", 0, |path| {
        let file = files(path).remove(0);
        let stem = file.file_stem().unwrap().to_str().unwrap();
        let (own, _) = stem.rsplit_once('-').unwrap();
        fs::rename(&file, path.join(format!("text/{own}-{:016x}.text", u64::MAX))).unwrap();
    });
    for part in [3, 2] {
        survive("a file cut short", 1, |path| {
            let file = fs::File::options().write(true).open(&files(path)[1]).unwrap();
            file.set_len(file.metadata().unwrap().len() / part).unwrap();
        });
    }
    for part in [9, 4, 2] {
        survive("a changed byte", 1, |path| change_byte(&files(path)[0], part));
    }
}

fn change_byte(path: &Path, part: usize) {
    let mut bytes = fs::read(path).unwrap();
    let at = bytes.len() - 1 - bytes.len() / part;
    bytes[at] ^= 0x10;
    fs::write(path, bytes).unwrap();
}

#[test]
fn files_that_are_swapped_are_put_aside() {
    survive("two files swapped", 1, |path| {
        let files = files(path);
        let aside = path.join("aside");
        fs::rename(&files[0], &aside).unwrap();
        fs::rename(&files[1], &files[0]).unwrap();
        fs::rename(&aside, &files[1]).unwrap();
    });
    survive("a file in place of another", 1, |path| {
        let files = files(path);
        fs::copy(&files[0], &files[1]).unwrap();
    });
}

#[test]
fn a_folder_of_something_else_is_put_aside() {
    survive("a foreign index", 1, |path| {
        fs::write(path.join("text/meta.json"), b"{}").unwrap();
    });
    survive("a file instead of a folder", 1, |path| {
        fs::remove_dir_all(path.join("text")).unwrap();
        fs::write(path.join("text"), b"").unwrap();
    });
}

/// The files of another store say the same of their rows, but were made of others.
#[test]
fn files_of_another_store_serve_nothing() {
    survive("files of another store", 0, |path| {
        let other = tempfile::tempdir().unwrap();
        let other = other.path().join("events.db");
        let storage = Storage::open(&other, &options(Indexing::Background)).unwrap();
        let mut rng = Rng::new(6);
        storage.append((0..900).map(|_| random_draft(&mut rng)).collect()).unwrap();
        storage.seal_now().unwrap();
        storage.close().unwrap();
        fs::remove_dir_all(path.join("text")).unwrap();
        fs::create_dir(path.join("text")).unwrap();
        for file in files(&other) {
            fs::copy(&file, path.join("text").join(file.file_name().unwrap())).unwrap();
        }
    });
}

/// A snapshot keeps what a rebuild replaces, and takes nothing of the new with it when it goes.
#[test]
fn a_rebuild_makes_all_files_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.db");
    whole(&path);
    let storage = Storage::open(&path, &options(Indexing::Background)).unwrap();
    let (snapshot, before) = (storage.snapshot(), files(&path));
    assert!(storage.rebuild(|_, _| ()).unwrap().is_ok());
    storage.finish_text(|_, _| ()).unwrap();
    for query in QUERIES {
        check(&snapshot, query, "what was replaced");
    }
    drop(snapshot);
    let after = files(&path);
    assert_eq!(after.len(), 3);
    assert!(after.iter().all(|path| !before.contains(path)), "{before:?} {after:?}");
    for query in QUERIES {
        check(&storage.snapshot(), query, "what was made again");
    }
    assert_eq!(storage.stats().unwrap().text_warnings, Vec::<String>::new());
    storage.close().unwrap();
    assert_eq!(files(&path), after);
}

/// Damage under an open store is noticed by the query that meets it, which answers all the same.
#[test]
fn damage_while_the_store_is_open_is_made_good() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.db");
    whole(&path);
    let storage = Storage::open(&path, &options(Indexing::Background)).unwrap();
    fs::File::options().write(true).open(&files(&path)[0]).unwrap().set_len(600).unwrap();
    for query in QUERIES {
        check(&storage.snapshot(), query, "cut short while open");
    }
    storage.finish_text(|_, _| ()).unwrap();
    assert_eq!(storage.stats().unwrap().text_warnings.len(), 1);
    assert_eq!(storage.stats().unwrap().text_lag, 0);
    for query in QUERIES {
        check(&storage.snapshot(), query, "made again while open");
    }
}
