//! Stores that earlier versions wrote open for ever, and say what they said then.
//!
//! `tests/data/golden` holds a small store of every format, as its version left it, and beside each
//! what it said in words: every event with its history, and the rows of every value of every field.
//! A store that is there is never made again: a library that cannot read it has broken its promise.
//! A change of the format adds one, under a new name in [`STORES`], by
//! `cargo test -p eventscope-storage --test store -- --ignored make_golden_stores`.

mod bytes;
mod decoder;
mod maker;

use super::{draft, drafts, ids, options};
use eventscope_model::{Draft, Event, EventId, State};
use eventscope_storage::{Error, Field, Indexing, Options, Outcome, Snapshot, Storage};
use eventscope_testkit::native::write_line;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Each with its format. A backup is one of the store before it, made in the middle of its life.
const STORES: [(&str, u32); 9] = [
    ("1", 1),
    ("2", 2),
    ("2-backup", 2),
    ("3", 3),
    ("3-backup", 3),
    ("4", 4),
    ("4-backup", 4),
    ("5", 5),
    ("5-backup", 5),
];
/// What all but backups hold, as the second decoder calls it. The changes are those in the log;
/// those that were folded are of the same kinds.
const HELD: [&str; 16] = [
    "segment",
    "pruned range",
    "batch",
    "folded changes",
    "row",
    "row that may be amended",
    "row of a deleted event",
    "row of a pruned event",
    "acknowledge",
    "unacknowledge",
    "resolve",
    "delete",
    "observed",
    "amended",
    "pruned",
    "undone",
];
/// What those from format 5 on hold besides.
const HELD_FROM_5: [&str; 3] = ["closed", "absorbed", "marked"];
const FILES: [&str; 2] = ["log.redb", "segments.redb"];

fn golden(store: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/golden")).join(store)
}

fn unpacked(store: &str, name: &str) -> Vec<u8> {
    let packed = fs::File::open(golden(store).join(format!("{name}.zst"))).unwrap();
    zstd::decode_all(packed).unwrap()
}

/// A copy of a golden store, and what that said when it was made.
fn copy(store: &str, to: &Path) -> String {
    fs::create_dir_all(to).unwrap();
    FILES.iter().for_each(|name| fs::write(to.join(name), unpacked(store, name)).unwrap());
    String::from_utf8(unpacked(store, "said.txt")).unwrap()
}

/// Everything that a store says, in words. Deleted events are named, pruned ones are not.
fn says(storage: &Storage) -> String {
    let snapshot = storage.snapshot();
    let stats = storage.stats().unwrap();
    let mut text = format!(
        "{} events, {} deleted, {} pruned, {} segments, tail {}, next {}, scope labels {}\n",
        stats.events,
        stats.deleted,
        stats.pruned,
        stats.segments,
        stats.tail_events,
        snapshot.end(),
        stats.scope_labels,
    );
    for id in present(&snapshot) {
        let Some(event) = snapshot.event(id).unwrap() else {
            let _ = writeln!(text, "{id} deleted");
            continue;
        };
        let mut line = Vec::new();
        write_line(&Draft::of(&event), &mut line).unwrap();
        let line = String::from_utf8(line).unwrap();
        let _ = write!(text, "{id} received {} {line}", event.received);
        for entry in storage.history(id).unwrap() {
            let (by, note) = (entry.by.unwrap_or_default(), entry.note.unwrap_or_default());
            let _ = write!(text, " {} {} {}", entry.change, entry.at, entry.what.name());
            let _ = writeln!(text, " by '{by}' note '{note:.40}' of {}", note.len());
        }
    }
    for part in snapshot.parts() {
        let times = part.times().unwrap();
        let oldest = times.ascending().next().unwrap();
        let _ = writeln!(text, "part {} to {}, oldest row {oldest}", part.first(), part.end());
        part.each_field_name(|field| {
            let _ = write!(text, " {}:", name(field));
            let index = part.field(field).unwrap().unwrap();
            for value in 0..index.len() {
                let _ = write!(text, " {}={}", index.value(value), index.cardinality(value));
            }
            text.push('\n');
            Ok(())
        })
        .unwrap();
    }
    text
}

/// What a store says of its events, without its indexes.
fn events_of(said: &str) -> &str {
    said.split_once("\npart ").unwrap().0
}

/// An observation that tells nothing new of an event, whatever people did to it.
fn first_observed(event: &Event) -> Draft {
    Draft { state: State::Triggered, end_time: None, count: 1, ..Draft::of(event) }
}

/// The ids of all events that are there or were deleted.
fn present(snapshot: &Snapshot) -> Vec<EventId> {
    let rows = |part: eventscope_storage::Part<'_>| (part.first().0..part.end().0).map(EventId);
    let all = snapshot.parts().flat_map(rows);
    all.filter(|id| snapshot.time_of(*id).unwrap().is_some()).collect()
}

fn name(field: Field<'_>) -> String {
    let plain = match field {
        Field::Severity => "severity",
        Field::Type => "type",
        Field::Source => "source",
        Field::State => "state",
        Field::Acknowledged => "acknowledged",
        Field::Name => "name",
        Field::Count => "count",
        Field::Label(key) => return format!("label {key}"),
        Field::Tag(key) => return format!("tag {key}"),
    };
    plain.to_owned()
}

#[track_caller]
fn assert_same(found: &str, expected: &str, what: &str) {
    let differ = found.lines().zip(expected.lines()).find(|(one, other)| one != other);
    assert_eq!(differ, None, "{what}: found, and expected");
    assert_eq!(found.lines().count(), expected.lines().count(), "{what}: lines");
}

#[track_caller]
fn check_verified(storage: &Storage) {
    let report = storage.verify(|_, _| ()).unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
}

#[test]
fn golden_stores_say_what_they_said_and_go_on() {
    let dir = tempfile::tempdir().unwrap();
    for (store, _) in STORES {
        let path = dir.path().join(store);
        let said = copy(store, &path);
        let storage = Storage::open(&path, &options()).unwrap();
        assert_same(&says(&storage), &said, store);
        check_verified(&storage);
        storage.finish_text(|_, _| ()).unwrap();
        assert!(storage.snapshot().is_text_complete());

        // Every event is known by its uid, so that no import brings it a second time.
        let snapshot = storage.snapshot();
        let known = present(&snapshot);
        let events: Vec<_> = known.iter().filter_map(|id| snapshot.event(*id).unwrap()).collect();
        assert!(events.len() > 100, "{} events in {store}", events.len());
        let again = storage.append(events.iter().map(first_observed).collect()).unwrap();
        let duplicates = again.iter().zip(&events);
        for (outcome, event) in duplicates {
            assert_eq!(*outcome, Outcome::Duplicate(event.id), "{}", event.uid);
        }
        assert_same(&says(&storage), &said, store);

        // Made anew by this library, it has the same events. Its indexes lack what is gone.
        assert!(storage.rebuild(|_, _| ()).unwrap().is_ok());
        assert_same(events_of(&says(&storage)), events_of(&said), store);
        check_verified(&storage);
        let next = snapshot.end().0;
        assert_eq!(ids(&storage.append(drafts(0..50)).unwrap()), Vec::from_iter(next..next + 50));
        storage.seal_now().unwrap();
        storage.append(vec![draft(50)]).unwrap();
        let said = says(&storage);
        storage.close().unwrap();
        let storage = Storage::open(&path, &options()).unwrap();
        assert_same(&says(&storage), &said, store);
        check_verified(&storage);
    }
}

#[test]
fn golden_backups_are_brought_up_to_date() {
    let dir = tempfile::tempdir().unwrap();
    for store in ["2", "3", "5"] {
        let [store, backup] = ["", "-backup"].map(|ending| format!("{store}{ending}"));
        let (path, to) = (dir.path().join(&store), dir.path().join(&backup));
        let (said, earlier) = (copy(&store, &path), copy(&backup, &to));
        assert_ne!(said, earlier);
        let storage = Storage::open(&path, &options()).unwrap();
        storage.backup(&to, |_, _| ()).unwrap();
        let restored = Storage::open(&to, &options()).unwrap();
        assert_same(&says(&restored), &said, "the backup");
        check_verified(&restored);
    }
}

/// Two readers of the same bytes: the library, and one that was written from docs/format.md.
#[test]
fn golden_stores_are_read_alike_by_a_second_decoder() {
    let dir = tempfile::tempdir().unwrap();
    for (store, format) in STORES {
        let path = dir.path().join(store);
        copy(store, &path);
        let decoded = decoder::Decoder::open(&path);
        assert_eq!(decoded.format, format, "{store}");
        if !store.ends_with("-backup") {
            let more = HELD_FROM_5.iter().filter(|_| format >= 5);
            let held = HELD.iter().chain(more);
            let missing: Vec<_> = held.filter(|kind| !decoded.met.contains(*kind)).collect();
            assert_eq!(missing, Vec::<&&str>::new(), "{store}");
        }
        let (log, segments) = (decoded.log, decoded.segments.unwrap_or_default());
        assert!(log.0 >= segments.1 && segments.0 >= log.1, "{store}: {log:?}, {segments:?}");
        assert_eq!(decoded.segments.is_some(), format >= 3, "{store}");
        assert!(format < 3 || (log.0 > 1 && segments.0 > 1), "{store}: {log:?}, {segments:?}");
        let asides = decoded.asides();
        let has_team = asides.iter().any(|aside| aside.added == ["team"]);
        assert_eq!(has_team, format >= 4, "{store}");
        assert_eq!(asides.iter().any(|aside| aside.closes.is_some()), format >= 5, "{store}");
        assert_eq!(asides.iter().any(|aside| aside.revision == 3), format >= 5, "{store}");
        let events = decoded.events();
        let storage = Storage::open(&path, &options()).unwrap();
        let snapshot = storage.snapshot();
        assert_eq!(decoded.next, snapshot.end().0, "{store}");
        let known: Vec<_> =
            present(&snapshot).into_iter().filter_map(|id| snapshot.event(id).unwrap()).collect();
        for (one, other) in events.iter().zip(&known) {
            assert_eq!(one, other, "{store}");
        }
        assert_eq!(events.len(), known.len(), "{store}");
    }
}

#[test]
fn a_store_of_the_next_format_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let said = copy("2", &path);
    decoder::set_format(&path, 6);
    for _ in 0..2 {
        let error = Storage::open(&path, &options()).unwrap_err();
        assert!(matches!(error, Error::UnsupportedVersion { found: 6, newest: 5 }), "{error}");
        assert_eq!(
            error.to_string(),
            "the store has format 6; this version reads up to format 5: upgrade eventscope"
        );
    }
    assert!(!path.join("text").try_exists().unwrap());
    decoder::set_format(&path, 2);
    let never = Options { indexing: Indexing::Never, ..options() };
    assert_same(&says(&Storage::open(&path, &never).unwrap()), &said, "set back");
}

#[test]
#[ignore = "makes golden stores that are not there yet"]
fn make_golden_stores() {
    for (store, format) in STORES.into_iter().filter(|(store, _)| !store.contains('-')) {
        if !golden(store).try_exists().unwrap() {
            maker::make(store, format);
        }
    }
}
