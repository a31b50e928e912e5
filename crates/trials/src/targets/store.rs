//! A store whose files were tampered with, behind right checksums too, opens or is refused; then
//! whatever is asked of it is answered or refused, and it closes. No thread of it panics.

use eventscope_model::{Draft, EventId, Timestamp, UidTime};
use eventscope_storage::{
    Action, Change, Clock, Create, Error, Field, Indexing, Memory, Options, Part, RowSet, Storage,
    fuzzing,
};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{fs, io};

/// Events that are looked at in each part.
const LOOKED_AT: u64 = 40;

/// A folder on a disk that need not last, where there is one: an open syncs its files.
fn scratch() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() }
}

/// The files of the good store, which is made anew by the example `write_corpora`.
const FILES: [&str; 2] = ["log.redb", "segments.redb"];

fn good_store() -> &'static [Vec<u8>] {
    static FILES_OF_STORE: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    FILES_OF_STORE.get_or_init(|| {
        let folder = super::corpora().join("../store");
        let read = |name| fs::read(folder.join(name)).expect("a file of the good store");
        FILES.map(read).into()
    })
}

pub(super) fn open(input: &[u8]) {
    let folder = tempfile::tempdir_in(scratch()).expect("a folder");
    let store = folder.path().join("store");
    put(&store).expect("the files can be written");
    fuzzing::edit(&store, input).expect("the store is good");
    refused_or(use_store(&store, &input[..1.min(input.len())]));
}

fn put(store: &Path) -> io::Result<()> {
    fs::create_dir(store)?;
    FILES.iter().zip(good_store()).try_for_each(|(name, file)| fs::write(store.join(name), file))
}

/// Whatever is said is said while the store is open: its threads are all alive.
fn refused_or<T>(result: Result<T, Error>) -> Option<T> {
    assert!(!matches!(result, Err(Error::Closed)), "a thread of the store has panicked");
    result.ok()
}

fn options() -> Options {
    Options {
        create: Create::Never,
        memory: Memory { bytes: 4 * 1024 * 1024 },
        clock: Clock::at(Timestamp::EPOCH.saturating_add(7)),
        indexing: Indexing::Never,
        scope_labels: None,
    }
}

fn use_store(path: &Path, salt: &[u8]) -> Result<(), Error> {
    let storage = Storage::open(path, &options())?;
    look(&storage);
    let known = storage.snapshot().event(EventId(3)).ok().flatten().map(|event| event.uid);
    let known = known.unwrap_or_else(|| "unknown".to_owned());
    let drafts = vec![
        Draft::custom("seen again").uid(known, UidTime::Free),
        Draft::custom(format!("new {salt:?}")),
    ];
    refused_or(storage.append(drafts));
    let rows = || vec![(0, RowSet::span(0, 99))];
    for action in [Action::Acknowledge, Action::Resolve, Action::Delete] {
        let change = Change { action, targets: rows(), by: None, note: None };
        let changed = refused_or(storage.change(change));
        if let Some(change) = changed.and_then(|changed| changed.change) {
            refused_or(storage.undo(change, None, None));
        }
    }
    refused_or(storage.stats());
    refused_or(storage.verify(|_, _| ()));
    refused_or(storage.prune(vec![(0, RowSet::span(10, 20))]));
    refused_or(storage.seal_now());
    look(&storage);
    storage.close()
}

/// Reads some of everything.
fn look(storage: &Storage) {
    let snapshot = storage.snapshot();
    for part in snapshot.parts() {
        look_at(&part);
        let ids = part.first().0..part.end().0;
        for id in ids.clone().take(LOOKED_AT as usize).chain(ids.end.checked_sub(1)) {
            refused_or(snapshot.event(EventId(id)));
        }
    }
    for id in [1, 3, LOOKED_AT, snapshot.end().0] {
        refused_or(storage.history(EventId(id)));
        refused_or(snapshot.time_of(EventId(id)));
    }
    refused_or(snapshot.sums(Field::Severity));
}

fn look_at(part: &Part<'_>) {
    refused_or(part.times());
    refused_or(part.uid_candidates("unknown"));
    refused_or(part.each_field_name(|field| {
        if let Some(index) = refused_or(part.field(field)).flatten() {
            refused_or(part.column(field, &index));
        }
        Ok(())
    }));
}
