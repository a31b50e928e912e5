//! Generated stores, built once and used by every run that asks for the same number of events.

use eventscope::{Draft, Store};
use eventscope_testkit::generate::Generator;
use std::fs;
use std::path::{Path, PathBuf};

/// Drafts of one durable commit.
pub const BATCH: usize = 10_000;

/// How many events the store of a bench has: `EVENTSCOPE_BENCH_EVENTS`, or a million.
#[must_use]
pub fn events() -> usize {
    std::env::var("EVENTSCOPE_BENCH_EVENTS").map_or(1_000_000, |events| events.parse().unwrap())
}

/// The folder of everything that benches keep: below the folder of build results.
#[must_use]
pub fn folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    target.join("bench-stores")
}

/// Where the store of so many events is, with all words indexed and closed in good order. It is
/// built if it is not there; one that was not finished is built again.
#[must_use]
pub fn path(events: usize) -> PathBuf {
    let path = folder().join(format!("{events}.db"));
    if !path.try_exists().unwrap() {
        let building = folder().join(format!("{events}.building"));
        let _ = fs::remove_dir_all(&building);
        fs::create_dir_all(folder()).unwrap();
        let store = Store::open(&building).unwrap();
        append(&store, &mut Generator::new(1), events);
        store.finish_text(|_, _| ()).unwrap();
        store.close().unwrap();
        fs::rename(building, &path).unwrap();
    }
    path
}

/// The store of so many events. It must not be changed: others use it.
#[must_use]
pub fn open(events: usize) -> Store {
    Store::open(path(events)).unwrap()
}

/// A copy of the store of so many events, to be changed.
#[must_use]
pub fn copy(events: usize) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir_in(folder()).unwrap();
    let (from, to) = (path(events), folder.path().join("copy.db"));
    copy_folder(&from, &to);
    let store = Store::open(to).unwrap();
    (folder, store)
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_folder(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// Appends generated events in durable batches.
pub fn append(store: &Store, generator: &mut Generator, events: usize) {
    let mut left = events;
    while left > 0 {
        let drafts: Vec<Draft> = generator.by_ref().take(BATCH.min(left)).collect();
        left -= drafts.len();
        store.append(drafts).unwrap();
    }
}
