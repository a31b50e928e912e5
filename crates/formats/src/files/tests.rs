//! Tests of the walk.

use super::{Origin, files};
use std::{fs, path::PathBuf};

/// A folder of its own for each test, under the folder that cargo gives to tests.
fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("eventscope-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

#[test]
fn folders_are_walked_in_the_order_of_paths() {
    let root = folder("walk");
    for file in ["b/z", "b/a/y", "a.txt", "a/x", "c"] {
        fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
        fs::write(root.join(file), "").unwrap();
    }
    fs::create_dir(root.join("empty")).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&root, root.join("b/loop")).unwrap();
        std::os::unix::fs::symlink(root.join("c"), root.join("b/link")).unwrap();
    }
    let mut expected: Vec<_> = ["a/x", "a.txt", "b/a/y", "b/link", "b/z", "c"]
        .into_iter()
        .filter(|file| cfg!(unix) || *file != "b/link")
        .map(|file| (root.join(file), Origin::InFolder))
        .collect();
    expected.insert(0, (PathBuf::from("-"), Origin::Named));
    expected.push((root.join("c"), Origin::Named));
    let named = [PathBuf::from("-"), root.clone(), root.join("c")];
    let found: Vec<_> = files(named).map(|found| found.unwrap()).collect();
    let found: Vec<_> = found.into_iter().map(|found| (found.path, found.origin)).collect();
    assert_eq!(found, expected);
    fs::remove_dir_all(root).unwrap();
}

#[test]
fn a_path_that_is_not_there_is_an_error_and_the_walk_goes_on() {
    let root = folder("absent");
    fs::write(root.join("x"), "").unwrap();
    let mut walk = files([root.join("none"), root.join("x")]);
    let error = walk.next().unwrap().unwrap_err();
    assert_eq!(error.path, root.join("none"));
    assert_eq!(error.to_string(), format!("cannot read {}", root.join("none").display()));
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(walk.next().unwrap().unwrap().path, root.join("x"));
    assert!(walk.next().is_none());
    fs::remove_dir_all(root).unwrap();
}

#[test]
fn folders_that_are_nested_too_deep_are_an_error() {
    let root = folder("deep");
    let mut deep = root.clone();
    for _ in 0..crate::limits::FOLDER_DEPTH_MAX {
        deep.push("d");
    }
    fs::create_dir_all(&deep).unwrap();
    let outcomes: Vec<_> = files([&root]).collect();
    assert_eq!(outcomes.len(), 1);
    assert_eq!(outcomes[0].as_ref().unwrap_err().path, deep);
    fs::remove_dir_all(root).unwrap();
}

#[test]
fn a_store_in_a_folder_is_left_out() {
    let dir = folder("store");
    let store = dir.join("events.db");
    fs::create_dir_all(&store).unwrap();
    for path in ["a.json", "events.db/log.redb", "events.db/segments.redb", "events.db/holder"] {
        fs::write(dir.join(path), b"x").unwrap();
    }
    let found = |path: &PathBuf| files([path]).map(|it| it.unwrap().path).collect::<Vec<_>>();
    assert_eq!(found(&dir), [dir.join("a.json")]);
    assert_eq!(found(&store).len(), 3);
    fs::remove_dir_all(dir).unwrap();
}
