//! Backups that were cut off: each folder that one can leave opens as the earlier backup or as the
//! new one, and the next backup makes it right.

use super::{Pair, act, check_same, copy_folder, fold};
use crate::{drafts, options, put_counters};
use eventscope_model::EventId;
use eventscope_storage::{Action, RowSet, Storage};
use std::fs;

#[test]
fn a_first_backup_that_was_cut_off_is_made_anew() {
    let pair = Pair::new();
    pair.seal(0..300);
    let (log, segments) = ("log.redb.0123456789abcdef.new", "segments.redb.0123456789abcdef.new");
    for left in [&[][..], &[segments], &[segments, log], &[log], &["holder", log]] {
        fs::create_dir(&pair.backup).unwrap();
        let half = |name: &&str| match *name {
            "holder" => &b"eventscope holder\nprocess 1\n"[..],
            _ => b"redb\x1A\x0A\xA9\x0D\x0A and no more",
        };
        left.iter().for_each(|name| fs::write(pair.backup.join(name), half(name)).unwrap());
        assert_eq!(pair.back_up().copied_segments, 1);
        let mut names: Vec<_> =
            fs::read_dir(&pair.backup).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort_unstable();
        assert_eq!(names, ["holder", "log.redb", "segments.redb"]);
        pair.check();
        fs::remove_dir_all(&pair.backup).unwrap();
    }
}

#[test]
fn a_first_backup_that_lacks_only_the_name_of_its_log_is_completed() {
    let pair = Pair::new();
    pair.seal(0..300);
    pair.back_up();
    let (log, new) = (pair.backup.join("log.redb"), "log.redb.0123456789abcdef.new");
    fs::rename(&log, pair.backup.join(new)).unwrap();
    // It is a store once somebody makes one there, and it is this one.
    Storage::open(&pair.backup, &options()).unwrap().close().unwrap();
    check_same(&pair.backup, &pair.storage);
    fs::remove_dir_all(pair.backup.join("text")).unwrap();
    // The next backup completes it, and goes on from there.
    pair.seal(300..400);
    fs::rename(&log, pair.backup.join(new)).unwrap();
    pair.back_up();
    check_same(&pair.backup, &pair.storage);
    fs::rename(&log, pair.backup.join(new)).unwrap();
    fs::write(pair.backup.join(new), b"redb\x1A\x0A\xA9\x0D\x0A and no more").unwrap();
    let error = pair.storage.backup(&pair.backup, |_, _| {}).unwrap_err();
    assert!(error.to_string().contains("there is something else"), "{error}");
    let error = Storage::open(&pair.backup, &options()).unwrap_err();
    assert!(error.to_string().contains("there is segments.redb in it"), "{error}");
}

#[test]
fn new_segments_and_changes_beside_the_old_log_are_the_earlier_backup() {
    let pair = Pair::new();
    pair.seal(0..300);
    act(&pair.storage, Action::Acknowledge, RowSet::span(1, 100));
    pair.storage.append(drafts(300..400)).unwrap();
    pair.back_up();
    let earlier = pair.dir.path().join("earlier");
    copy_folder(&pair.backup, &earlier);
    let then = Storage::open(&earlier, &options()).unwrap();
    // What was in the tail then is in a segment now, and what was changed has left the log.
    act(&pair.storage, Action::Delete, RowSet::span(50, 150));
    fold(&pair.storage);
    pair.seal(400..600);
    pair.back_up();
    let (log, kept) = (pair.backup.join("log.redb"), pair.dir.path().join("log"));
    fs::copy(&log, &kept).unwrap();
    let old = pair.dir.path().join("old");
    copy_folder(&earlier, &old);
    fs::copy(old.join("log.redb"), &log).unwrap();
    // The last step, which is still to come, has the segments say that they rest on the new log.
    put_counters(&old, &pair.backup);
    let left = pair.backup.join("log.redb.0123456789abcdef.new");
    fs::write(&left, b"redb").unwrap();
    check_same(&pair.backup, &then);
    // Whoever goes on with it from there can do so.
    copy_folder(&pair.backup, &old);
    let on = Storage::open(&old, &options()).unwrap();
    let change = act(&on, Action::Resolve, RowSet::span(1, 400)).change;
    assert_eq!(change, Some(2));
    fold(&on);
    on.append(drafts(1_000..1_100)).unwrap();
    on.seal_now().unwrap();
    on.close().unwrap();
    let on = Storage::open(&old, &options()).unwrap();
    assert_eq!(on.stats().unwrap().events, 501);
    let history = on.history(EventId(1)).unwrap();
    assert_eq!(history.iter().map(|entry| entry.change).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(on.history(EventId(401)).unwrap().len(), 99);
    assert!(on.verify(|_, _| {}).unwrap().is_ok());
    // The next backup repairs it, and has nothing to copy but the log.
    let next = pair.back_up();
    assert_eq!(next.copied_segments, 0);
    pair.check();
    assert_eq!(fs::read(&kept).unwrap().len(), fs::read(&log).unwrap().len());
}

type Table = redb::TableDefinition<'static, u64, &'static [u8]>;

/// Puts a record in place of the directory of a segment in a backup; gives what was there.
fn put_directory(pair: &Pair, first: u64, record: &[u8]) -> Vec<u8> {
    let database = redb::Database::open(pair.backup.join("segments.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    let mut directories = transaction.open_table(Table::new("directories")).unwrap();
    let before = directories.insert(first, record).unwrap().unwrap().value().to_vec();
    drop(directories);
    transaction.commit().unwrap();
    before
}

#[test]
fn a_new_log_in_place_is_the_new_backup() {
    let pair = Pair::new();
    pair.seal(0..300);
    pair.back_up();
    fold(&pair.storage);
    act(&pair.storage, Action::Resolve, RowSet::span(1, 100));
    // A segment that is to be overwritten, so that the last step can be cut off when it begins.
    let directory = put_directory(&pair, 1, b"other");
    let cut_off = pair.storage.backup(&pair.backup, |done, _| assert_eq!(done, 0, "cut off"));
    assert!(cut_off.is_err());
    let other = put_directory(&pair, 1, &directory);
    assert_eq!(other, b"other", "the last step has begun only");
    pair.check();
    assert_eq!(pair.back_up().copied_segments, 0);
    pair.check();
}

#[test]
fn what_a_cut_off_backup_has_not_removed_or_overwritten_is_so_by_the_next() {
    let pair = Pair::new();
    pair.seal(0..300);
    fold(&pair.storage);
    pair.seal(300..600);
    let first = pair.back_up();
    let tables = ["blocks", "pieces", "directories", "overlays"].map(Table::new);
    let database = redb::Database::open(pair.backup.join("segments.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let [blocks, pieces, directories, overlays] =
            tables.map(|table| transaction.open_table(table).unwrap());
        let mut all = [blocks, pieces, directories, overlays];
        // Another version of a segment that is known, and parts of one that is not.
        for (table, key) in [(2, 301), (0, 900 << 16), (1, 900 << 16), (2, 900)] {
            all[table].insert(key, b"other".as_slice()).unwrap();
        }
        all[0].insert(301 << 16 | 0xFFFF, b"other".as_slice()).unwrap();
        // Folded changes of another window.
        let folded = redb::ReadableTable::first(&all[3]).unwrap().unwrap().1.value().to_vec();
        all[3].insert(7 << 32, folded.as_slice()).unwrap();
    }
    transaction.commit().unwrap();
    drop(database);
    let next = pair.back_up();
    assert_eq!(next.copied_segments, 1);
    assert!(next.copied_bytes < first.copied_bytes);
    pair.check();
    let database = redb::Database::open(pair.backup.join("segments.redb")).unwrap();
    let transaction = redb::ReadableDatabase::begin_read(&database).unwrap();
    for (table, limit) in tables.into_iter().zip([900 << 16, 900 << 16, 900, 7 << 32]) {
        let table = transaction.open_table(table).unwrap();
        let last = redb::ReadableTable::last(&table).unwrap().unwrap().0.value();
        assert!(last < limit && last != 301 << 16 | 0xFFFF, "{last}");
    }
}
