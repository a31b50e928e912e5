//! Lists of scope labels: what parts show under them, and that a store is right at every moment
//! while one takes the place of another.

use crate::{check_whole, drafts, options, put_counters};
use eventscope_model::ScopeLabels;
use eventscope_storage::{Field, Options, Storage};
use std::fs;
use std::path::Path;

const POD: &str = "kubernetes.pod.name";
const NAMESPACE: &str = "kubernetes.namespace.name";

fn list(text: &str) -> ScopeLabels {
    text.parse().unwrap()
}

/// Checks which labels there are, and that nothing is wrong.
#[track_caller]
fn check(storage: &Storage, labels: &str, keys: &[&str]) {
    assert_eq!(**storage.snapshot().scope_labels(), list(labels));
    for part in storage.snapshot().parts() {
        let mut shown = Vec::new();
        part.each_field_name(|field| {
            if let Field::Label(key) = field {
                shown.push(key.to_owned());
            }
            Ok(())
        })
        .unwrap();
        assert_eq!(shown, keys);
        for key in [POD, NAMESPACE] {
            let index = part.field(Field::Label(key)).unwrap();
            assert_eq!(index.is_some(), keys.contains(&key), "{key}");
        }
    }
    let report = storage.verify(|_, _| ()).unwrap();
    assert!(report.is_ok(), "{:?}", report.problems);
}

fn reindex(storage: &Storage, labels: &str) {
    let report = storage.set_scope_labels(&list(labels), |_, _| ()).unwrap();
    assert!(report.is_ok(), "{:?}", report.problems);
}

/// Copies the two files of an open store between two commits: what a kill would leave.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for name in ["log.redb", "segments.redb"] {
        fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

#[test]
fn a_list_hides_labels_and_another_one_brings_them_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.db");
    let storage = Storage::open(&path, &options()).unwrap();
    storage.append(drafts(0..300)).unwrap();
    storage.seal_now().unwrap();
    storage.append(drafts(300..400)).unwrap();
    check(&storage, "*", &[NAMESPACE, POD]);
    reindex(&storage, POD);
    storage.append(drafts(400..450)).unwrap();
    check(&storage, POD, &[POD]);
    storage.close().unwrap();
    let storage = Storage::open(&path, &options()).unwrap();
    check(&storage, POD, &[POD]);
    reindex(&storage, NAMESPACE);
    check(&storage, NAMESPACE, &[NAMESPACE]);
    storage.rebuild(|_, _| ()).unwrap();
    storage.append(drafts(450..500)).unwrap();
    check(&storage, NAMESPACE, &[NAMESPACE]);
    reindex(&storage, "*");
    check(&storage, "*", &[NAMESPACE, POD]);
    check_whole(&storage, 500);
}

#[test]
fn a_list_that_leaves_labels_out_gives_their_space_back() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path().join("events.db"), &options()).unwrap();
    storage.append(drafts(0..60_000)).unwrap();
    storage.seal_now().unwrap();
    let sealed = || storage.snapshot().parts().map(|part| part.bytes()).sum::<u64>();
    let before = sealed();
    reindex(&storage, NAMESPACE);
    assert!(sealed() + 50_000 < before, "{} of {before}", sealed());
}

#[test]
fn a_store_is_made_and_opened_with_a_list() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.db");
    let with = |labels: &str| Options { scope_labels: Some(list(labels)), ..options() };
    let storage = Storage::open(&path, &with(POD)).unwrap();
    storage.append(drafts(0..10)).unwrap();
    check(&storage, POD, &[POD]);
    storage.close().unwrap();
    let storage = Storage::open(&path, &options()).unwrap();
    check(&storage, POD, &[POD]);
    storage.close().unwrap();
    let storage = Storage::open(&path, &with(NAMESPACE)).unwrap();
    check(&storage, NAMESPACE, &[NAMESPACE]);
}

/// The store is copied whenever progress is told, in the middle of a change and at its end. Each
/// copy opens under one of both lists, and goes on from there.
#[test]
fn a_change_that_is_cut_off_leaves_one_of_both_lists() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.db");
    let storage = Storage::open(&path, &options()).unwrap();
    reindex(&storage, POD);
    for start in [0, 200, 400] {
        storage.append(drafts(start..start + 200)).unwrap();
        storage.seal_now().unwrap();
    }
    let mut copies = Vec::new();
    storage
        .set_scope_labels(&list(NAMESPACE), |_, _| {
            let to = folder.path().join(format!("copy-{}", copies.len()));
            copy(&path, &to);
            copies.push(to);
        })
        .unwrap();
    // Three segments are rewritten with both labels, and then without the first.
    assert_eq!(copies.len(), 8);
    let mut lists = Vec::new();
    for copy in copies {
        let store = Storage::open(&copy, &options()).unwrap();
        let labels = store.snapshot().scope_labels().to_string();
        check(&store, &labels, &[&labels]);
        store.append(drafts(600..650)).unwrap();
        check(&store, &labels, &[&labels]);
        reindex(&store, NAMESPACE);
        check(&store, NAMESPACE, &[NAMESPACE]);
        lists.push(labels);
    }
    assert_eq!(lists, [[POD; 4], [NAMESPACE; 4]].concat());
}

#[test]
fn a_backup_keeps_the_list_and_one_that_was_cut_off_is_indexed_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path().join("events.db"), &options()).unwrap();
    reindex(&storage, POD);
    storage.append(drafts(0..300)).unwrap();
    storage.seal_now().unwrap();
    let (first, cut) = (folder.path().join("first"), folder.path().join("cut"));
    storage.backup(&first, |_, _| ()).unwrap();
    copy(&first, &cut);
    check(&Storage::open(&cut, &options()).unwrap(), POD, &[POD]);
    reindex(&storage, NAMESPACE);
    storage.backup(&first, |_, _| ()).unwrap();
    check(&Storage::open(&first, &options()).unwrap(), NAMESPACE, &[NAMESPACE]);
    // The new log is in place, the segments are still those of before.
    fs::copy(first.join("log.redb"), cut.join("log.redb")).unwrap();
    put_counters(&first, &cut);
    check(&Storage::open(&cut, &options()).unwrap(), NAMESPACE, &[NAMESPACE]);
}
