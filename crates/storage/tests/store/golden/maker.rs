//! Makes golden stores: everything that a store may hold, in as few bytes as may be.

use super::{FILES, STORES, golden, says};
use crate::at;
use eventscope_model::{
    Acknowledgement, AlertDetails, Details, Draft, EventType, ScopeLabels, UidTime,
};
use eventscope_storage::{
    Action, Change, Clock, CompactionEffort, Indexing, Options, RowSet, Storage,
};
use eventscope_testkit::{Rng, generate::Generator};
use std::fs;
use std::path::Path;

const FILLERS: usize = 65_600;
/// Changes with a note each that reach the limit of the log, so that they are folded.
const NOTES: usize = 1_300;

/// Lives the life of a store, and packs what is left of it. One of format 2 or later has lists of
/// scope labels, and a backup from the middle of its life.
pub(super) fn make(store: &str, format: u32) {
    let dir = tempfile::tempdir().unwrap();
    let (path, backup) = (dir.path().join(store), dir.path().join(format!("{store}-backup")));
    let storage = Storage::open(&path, &options(1_000_000)).unwrap();
    let reindex = |storage: &Storage, list: &str| {
        let list: ScopeLabels = list.parse().unwrap();
        if format >= 2 {
            assert!(storage.set_scope_labels(&list, |_, _| ()).unwrap().is_ok());
        }
    };
    first_window(&storage, format);
    reindex(&storage, "kubernetes.*");
    pruned_range(&storage);
    second_window(&storage);
    fold(&storage);
    storage.compact(CompactionEffort::Tight).unwrap();
    if format >= 2 {
        storage.backup(&backup, |_, _| ()).unwrap();
    }
    storage.close().unwrap();
    let storage = Storage::open(&path, &options(2_000_000)).unwrap();
    reindex(&storage, "kubernetes.namespace.name, kubernetes.pod.*, team");
    tail(&storage, format);
    storage.close().unwrap();
    pack(store, &path);
    let backup_name = format!("{store}-backup");
    if STORES.iter().any(|(name, _)| *name == backup_name) {
        pack(&backup_name, &backup);
    }
}

fn options(second: i64) -> Options {
    let clock = Clock::at(at(second));
    Options { clock, indexing: Indexing::Never, ..Options::default() }
}

fn pack(store: &str, path: &Path) {
    let folder = golden(store);
    fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let packed = zstd::encode_all(bytes, 19).unwrap();
        assert!(packed.len() < 40_000, "{store}/{name} takes {} bytes", packed.len());
        fs::write(folder.join(format!("{name}.zst")), packed).unwrap();
    };
    // As it was closed: opening it to ask writes to it.
    FILES.iter().for_each(|name| write(name, &fs::read(path.join(name)).unwrap()));
    let storage = Storage::open(path, &options(2_000_000)).unwrap();
    write("said.txt", says(&storage).as_bytes());
    storage.close().unwrap();
}

/// An alert of which there may be further observations.
fn alarm(n: u64, text: &str) -> Draft {
    let details = AlertDetails {
        trigger: Some(format!("CPU \u{4f7f}\u{7528}\u{7387} {n} %")),
        scope: Some(String::new()),
        metrics: vec!["cpu.used.percent".to_owned(), "load".to_owned()],
        ..AlertDetails::default()
    };
    Draft::new(EventType::Alert, "alertmanager", "\u{9ad8}\u{8ca0}\u{8377}")
        .severity((n % 4) as u8)
        .description(text)
        .time(at(n as i64 * 61))
        .label("kubernetes.namespace.name", "\u{672c}\u{756a}")
        .label("kube_pod_name", format!("web-{n}"))
        .label("team", "sre")
        .tag("\u{5f15}\u{7d99}\u{304e}", "\u{3042}\u{308a}")
        .uid(format!("alert:{n:032x}"), UidTime::Free)
        .details(Details::Alert(details))
}

/// Stamps that an import set, and an alert that fired again after its end.
fn added(storage: &Storage) {
    let stamped = Draft { added: vec!["team".to_owned()], ..alarm(8, "stamped") };
    let text = "\u{969c}\u{5bb3}\u{304c}\u{767a}\u{751f}";
    let again = Draft { fired_again: true, ..alarm(0, text) };
    storage.append(vec![stamped, again]).unwrap();
}

/// An alert that fires since a second, as its source knows it.
fn fires(n: u64, start: i64) -> Draft {
    let uid = format!("alert:{n:016x}@{}", at(start).nanos());
    Draft { time: Some(at(start)), ..alarm(n, "Grafana") }.uid(uid, UidTime::Fixed)
}

/// The notice that it is over.
fn over(n: u64, end: i64) -> Draft {
    fires(n, end).closing(at(end))
}

/// Notices that close an alert, stand alone, are let go of again, and leave a mark behind.
fn notices(storage: &Storage) {
    storage.append(vec![fires(60, 10), over(60, 70), fires(61, 10), over(62, 70)]).unwrap();
    storage.append(vec![over(61, 90), over(61, 80), over(63, 70)]).unwrap();
    let marked = storage.snapshot().end().0 - 1;
    act(storage, Action::Acknowledge, &[marked]);
    storage.append(vec![fires(63, 20), over(64, 70)]).unwrap();
}

/// Versions of events, of which the greatest counts.
fn revisions(storage: &Storage) {
    let version = |n: u64, number| alarm(n, &format!("version {number}")).revision(number);
    storage.append(vec![version(80, 3), version(81, 1), version(80, 2)]).unwrap();
    storage.append(vec![version(81, 3)]).unwrap();
}

fn first_window(storage: &Storage, format: u32) {
    let mut rng = Rng::new(7);
    let mut drafts: Vec<Draft> = Generator::new(11).take(60).collect();
    drafts.extend((0..6).map(|n| alarm(n, "\u{969c}\u{5bb3}\u{304c}\u{767a}\u{751f}")));
    let mut marked = alarm(6, "\u{78ba}\u{8a8d}\u{6e08}\u{307f}").resolved(at(900));
    marked.count = 3;
    let note = Some("\u{65e2}\u{77e5}".to_owned());
    marked.acknowledgement = Some(Acknowledgement { at: at(950), by: None, note });
    drafts.push(marked);
    // Without uid and time; with a uid that nothing is left out of; too long for a block.
    drafts.push(Draft::custom("deployed"));
    drafts.push(Draft::custom("deployed").uid("\u{6771}\u{4eac}/1", UidTime::Free));
    drafts.push(Draft::custom("long").description("\u{9577}\u{3044}\u{8a71} ".repeat(1_500)));
    drafts.push(Draft::custom("random").description(rng.hex(9_000)));
    storage.append(drafts).unwrap();
    // Two more batches before the seal, and observations of what is in the tail.
    storage.append(Generator::new(12).take(10).collect()).unwrap();
    let observed = vec![alarm(0, "\u{969c}\u{5bb3}\u{304c}\u{767a}\u{751f}").resolved(at(800))];
    storage.append(observed).unwrap();
    storage.append(vec![alarm(1, "amended in the tail").resolved(at(801))]).unwrap();
    if format >= 4 {
        added(storage);
    }
    if format >= 5 {
        notices(storage);
        revisions(storage);
    }
    storage.seal_now().unwrap();
}

/// Fills the first window and some of the second, and removes all that again.
fn pruned_range(storage: &Storage) {
    let first = storage.snapshot().end().0;
    storage.append((0..FILLERS).map(|_| Draft::custom("filler")).collect()).unwrap();
    storage.seal_now().unwrap();
    let end = storage.snapshot().end().0;
    let rows = [(0, first as u16, u16::MAX), (1, 0, (end - 65_536 - 1) as u16)];
    let targets = rows.map(|(window, from, to)| (window, RowSet::span(from, to)));
    let pruned = storage.prune(targets.to_vec()).unwrap();
    assert_eq!((pruned.removed_segments, pruned.change), (2, None));
}

fn second_window(storage: &Storage) {
    let first = storage.snapshot().end().0;
    storage.append(Generator::new(13).take(50).collect()).unwrap();
    storage.append((20..28).map(|n| alarm(n, "second window")).collect()).unwrap();
    storage.seal_now().unwrap();
    act(storage, Action::Acknowledge, &[2, 61, first, first + 3, first + 51]);
    act(storage, Action::Delete, &Vec::from_iter(first + 10..first + 22));
    storage.append(vec![alarm(20, "amended by the rewrite").resolved(at(5_000))]).unwrap();
    storage.append(vec![alarm(21, "second window").resolved(at(5_001))]).unwrap();
    storage.prune(vec![(1, rows(&Vec::from_iter(first + 22..first + 28)))]).unwrap();
    let undone = act(storage, Action::Delete, &[1, 3, first + 1]);
    let note = Some("\u{9055}\u{3046}".to_owned());
    storage.undo(undone, Some("aya".to_owned()), note).unwrap();
    // The segment loses its gone rows, and takes the amendment in; what follows stays outside.
    storage.compact(CompactionEffort::Usual).unwrap();
    storage.append(vec![alarm(22, "amended after the rewrite").resolved(at(5_002))]).unwrap();
}

/// Has the changes so far moved out of the log.
fn fold(storage: &Storage) {
    let mut rng = Rng::new(3);
    let noise: String = (0..3_900).map(|_| char::from(b'!' + rng.below(90) as u8)).collect();
    for n in 0..NOTES {
        let action = if n % 2 == 0 { Action::Acknowledge } else { Action::Unacknowledge };
        let by = Some("\u{5b88}".to_owned());
        let targets = vec![(0, rows(&[5]))];
        let note = Some(format!("{n} {noise}"));
        assert_eq!(storage.change(Change { action, targets, by, note }).unwrap().changed, 1);
    }
}

fn tail(storage: &Storage, format: u32) {
    let first = storage.snapshot().end().0;
    storage.append(Generator::new(14).take(30).collect()).unwrap();
    storage.append((40..46).map(|n| alarm(n, "\u{672b}\u{5c3e}")).collect()).unwrap();
    storage.append(vec![alarm(40, "amended in the last tail").resolved(at(9_000))]).unwrap();
    storage.append(vec![alarm(2, "amended, in a segment").resolved(at(9_001))]).unwrap();
    storage.append(vec![alarm(41, "\u{672b}\u{5c3e}").resolved(at(9_002))]).unwrap();
    act(storage, Action::Resolve, &[64, first + 32]);
    act(storage, Action::Delete, &[9, first + 4]);
    storage.prune(vec![(0, rows(&[12])), (1, rows(&[first + 5]))]).unwrap();
    act(storage, Action::Unacknowledge, &[2, 67]);
    let undone = act(storage, Action::Acknowledge, &[7, 64, first + 33]);
    storage.undo(undone, None, None).unwrap();
    act(storage, Action::Acknowledge, &[64, first + 34]);
    if format >= 5 {
        // Of notices and alerts in the first segment, and among each other.
        storage.append(vec![fires(64, 30), fires(60, 50), fires(70, 10), over(70, 70)]).unwrap();
        storage.append(vec![fires(61, 10).resolved(at(85)), over(71, 70)]).unwrap();
        let marked = storage.snapshot().end().0 - 1;
        act(storage, Action::Acknowledge, &[marked]);
        storage.append(vec![fires(71, 20)]).unwrap();
    }
}

/// Changes events; gives the number of the change.
fn act(storage: &Storage, action: Action, ids: &[u64]) -> u64 {
    let window = |window: u64| -> Vec<u64> {
        ids.iter().copied().filter(|id| id / 65_536 == window).collect()
    };
    let targets = vec![(0, rows(&window(0))), (1, rows(&window(1)))];
    let (by, note) = (Some("aya".to_owned()), Some(action.name().to_owned()));
    let changed = storage.change(Change { action, targets, by, note }).unwrap();
    assert!(changed.changed > 0, "{action:?} changed nothing");
    changed.change.unwrap()
}

fn rows(ids: &[u64]) -> RowSet {
    ids.iter().map(|id| (id % 65_536) as u16).collect()
}
