//! Bytes on the disk go bad: whatever is flipped, cut off or zeroed, the store says so or gives the
//! right answers, and never panics into its host.
//!
//! `EVENTSCOPE_FAULTS` sets how many hundredths of the usual number of variants are tried (100 by
//! default). Variant n alone is tried by the environment that a child gets: [`FIRST`] = n and
//! [`END`] = n + 1, with `--nocapture`.

use super::{at, draft, drafts, options};
use eventscope_model::{Draft, Event, EventId};
use eventscope_storage::{
    Action, Change, Error, Field, HistoryEntry, Outcome, Room, RowSet, Snapshot, Storage,
};
use eventscope_testkit::Rng;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

const FILES: [&str; 2] = ["log.redb", "segments.redb"];
/// Tell the child which variants to try.
const FIRST: &str = "EVENTSCOPE_FAULTS_FIRST";
const END: &str = "EVENTSCOPE_FAULTS_END";
/// Children at once; each tries every fourth variant.
const LANES: u64 = 4;
const PAGE_BYTES: usize = 4_096;
/// Far longer than any variant takes on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The rows of each value of each field of a part.
type Fields = BTreeMap<String, BTreeMap<String, Vec<u16>>>;

/// A store before it is damaged, and everything it says.
struct Whole {
    files: [Vec<u8>; 2],
    events: Vec<Option<Event>>,
    histories: Vec<Vec<HistoryEntry>>,
    /// By the first id of each part.
    fields: BTreeMap<u64, Fields>,
}

fn change(storage: &Storage, action: Action, rows: impl IntoIterator<Item = u16>) {
    let targets = vec![(0, rows.into_iter().collect::<RowSet>())];
    let change = Change { action, targets, by: Some("aya".to_owned()), note: None };
    storage.change(change).unwrap();
}

/// The second observation of an alert.
fn other_words(n: u64) -> Draft {
    draft(n).description("seen again").resolved(at(60_000))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Past {
    Plain,
    /// Some changes have left the log.
    Folded,
    /// A segment was pruned, another one rewritten, and the file copied.
    Pruned,
}

/// A store of two segments and a tail, with changes of every kind.
fn whole(past: Past) -> Whole {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    let storage = Storage::open(&path, &options()).unwrap();
    for end in [300, 600] {
        storage.append(drafts(end - 300..end)).unwrap();
        storage.seal_now().unwrap();
    }
    change(&storage, Action::Acknowledge, 1..6);
    if past == Past::Folded {
        fold_changes(&storage);
    }
    for start in (600..800).step_by(20) {
        storage.append(drafts(start..start + 20)).unwrap();
    }
    change(&storage, Action::Acknowledge, (100..500).step_by(3));
    change(&storage, Action::Resolve, 200..250);
    change(&storage, Action::Delete, [7, 77, 777]);
    storage.append((0..130).map(|n| other_words(n * 6)).collect()).unwrap();
    if past == Past::Pruned {
        storage.prune(vec![(0, (301..=600).chain(100..=180).chain([650]).collect())]).unwrap();
        storage.tidy(Room::Tight).unwrap();
    }
    storage.close().unwrap();
    let files = FILES.map(|name| fs::read(path.join(name)).unwrap());
    let storage = Storage::open(&path, &options()).unwrap();
    let snapshot = storage.snapshot();
    let ids = 1..snapshot.end().0;
    Whole {
        files,
        events: ids.clone().map(|id| snapshot.event(EventId(id)).unwrap()).collect(),
        histories: ids.map(|id| storage.history(EventId(id)).unwrap()).collect(),
        fields: snapshot.parts().map(|part| (part.first().0, fields(&part).unwrap())).collect(),
    }
}

/// Makes changes with notes that together are over the limit of changes in the log.
fn fold_changes(storage: &Storage) {
    let mut rng = Rng::new(1);
    let letters =
        |bits: u64| (0..9).map(move |at| char::from(b' ' + (bits >> (at * 7) & 63) as u8));
    for n in 0..1_400 {
        let note: String = (0..455).flat_map(|_| letters(rng.bits())).collect();
        let action = if n % 2 == 0 { Action::Acknowledge } else { Action::Unacknowledge };
        let targets = vec![(0, RowSet::span(10, 12))];
        storage.change(Change { action, targets, by: None, note: Some(note) }).unwrap();
    }
}

fn fields(part: &eventscope_storage::Part<'_>) -> eventscope_storage::Result<Fields> {
    let mut fields = Fields::new();
    for field in part.fields() {
        fields.insert(format!("{field:?}"), values(part, field)?);
    }
    Ok(fields)
}

fn values(
    part: &eventscope_storage::Part<'_>,
    field: Field<'_>,
) -> eventscope_storage::Result<BTreeMap<String, Vec<u16>>> {
    let Some(index) = part.field(field)? else { return Ok(BTreeMap::new()) };
    let value = |at| {
        let mut rows = Vec::new();
        index.rows(at).for_each(|row| rows.push(row));
        (index.value(at).to_owned(), rows)
    };
    Ok((0..index.len()).map(value).collect())
}

/// What is done to a file.
#[derive(Debug)]
enum Damage {
    Flip { at: usize, mask: u8 },
    Cut { len: usize },
    Zero { at: usize, len: usize },
}

impl Damage {
    fn random(rng: &mut Rng, file: &[u8]) -> Self {
        let pages = file.len() / PAGE_BYTES;
        // Half of a file is pages that nothing is in.
        let used = |page: &usize| {
            file[page * PAGE_BYTES..(page + 1) * PAGE_BYTES].iter().any(|byte| *byte != 0)
        };
        let used: Vec<usize> = (0..pages).filter(used).collect();
        // Most harm is done at the start of a page, where its keys are, and of the file.
        let page = if rng.percent(10) { 0 } else { *rng.pick(&used) };
        let within = *rng.pick(&[32, 256, PAGE_BYTES]);
        let at = page * PAGE_BYTES + rng.below(within);
        match rng.below(10) {
            0..7 => Self::Flip { at, mask: *rng.pick(&[1, 2, 4, 16, 128, 255]) },
            7 => Self::Cut { len: if rng.percent(50) { at } else { page * PAGE_BYTES } },
            8 => Self::Zero { at: page * PAGE_BYTES, len: PAGE_BYTES },
            _ => Self::Zero { at, len: 1 + rng.below(600) },
        }
    }

    fn apply(&self, file: &mut Vec<u8>) {
        match *self {
            Self::Flip { at, mask } => file[at] ^= mask,
            Self::Cut { len } => file.truncate(len),
            Self::Zero { at, len } => {
                let end = (at + len).min(file.len());
                file[at..end].fill(0);
            }
        }
    }
}

/// What a damaged store did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    /// It would not open.
    Refused,
    /// It gave errors for some of what it was asked, and right answers for the rest.
    Errors,
    /// It gave right answers only.
    Right,
    /// One of its threads died.
    Died,
    /// It panicked.
    Panicked,
    /// It took its process down.
    Aborted,
    /// It gave no answer.
    Silent,
    /// It gave a wrong answer.
    Wrong,
}

const ALL: [Found; 8] = [
    Found::Refused,
    Found::Errors,
    Found::Right,
    Found::Died,
    Found::Panicked,
    Found::Aborted,
    Found::Silent,
    Found::Wrong,
];

/// Compares answers, and counts errors.
#[derive(Default)]
struct Judge {
    errors: u64,
    died: bool,
    wrong: Vec<String>,
}

impl Judge {
    fn answer<T: PartialEq>(
        &mut self,
        answer: eventscope_storage::Result<T>,
        expected: &T,
        what: impl Fn() -> String,
    ) {
        if let Some(answer) = self.take(answer)
            && answer != *expected
        {
            self.wrong.push(what());
        }
    }

    fn take<T>(&mut self, answer: eventscope_storage::Result<T>) -> Option<T> {
        match answer {
            Ok(answer) => Some(answer),
            Err(error) => {
                self.errors += 1;
                self.died |= matches!(error, Error::Closed);
                None
            }
        }
    }

    fn found(&self) -> Found {
        match self {
            Self { wrong, .. } if !wrong.is_empty() => Found::Wrong,
            Self { died: true, .. } => Found::Died,
            Self { errors: 0, .. } => Found::Right,
            _ => Found::Errors,
        }
    }
}

/// Asks a store for everything.
fn read_all(storage: &Storage, whole: &Whole, judge: &mut Judge) {
    let snapshot = storage.snapshot();
    judge.answer(Ok(snapshot.end()), &EventId(whole.events.len() as u64 + 1), || "end".to_owned());
    for (id, event) in (1..).zip(&whole.events) {
        judge.answer(snapshot.event(EventId(id)), event, || format!("event {id}"));
    }
    for (id, history) in (1..).zip(&whole.histories).step_by(20) {
        judge.answer(storage.history(EventId(id)), history, || format!("history of {id}"));
    }
    read_parts(&snapshot, whole, judge);
}

fn read_parts(snapshot: &Snapshot, whole: &Whole, judge: &mut Judge) {
    let firsts: Vec<u64> = snapshot.parts().map(|part| part.first().0).collect();
    judge.answer(Ok(firsts), &whole.fields.keys().copied().collect(), || "parts".to_owned());
    for part in snapshot.parts() {
        let Some(expected) = whole.fields.get(&part.first().0) else { continue };
        for field in part.fields() {
            let name = format!("{field:?}");
            let none = BTreeMap::new();
            let expected = expected.get(&name).unwrap_or(&none);
            judge.answer(values(&part, field), expected, || format!("{name} of {}", part.first()));
        }
        judge.take(part.times());
    }
}

/// Writes to a store: what it takes must be right, too.
fn write(storage: &Storage, whole: &Whole, judge: &mut Judge) -> Option<EventId> {
    let again = storage.append(vec![draft(250)]);
    judge.answer(again, &vec![Outcome::Duplicate(EventId(251))], || "a duplicate".to_owned());
    let id = EventId(whole.events.len() as u64 + 1);
    let outcomes = judge.take(storage.append(vec![draft(5_000)]))?;
    if outcomes != [Outcome::Appended(id)] {
        judge.wrong.push(format!("a new event: {outcomes:?}"));
    }
    let targets = vec![(0, RowSet::span(290, 310))];
    let delete = Change { action: Action::Delete, targets, by: None, note: None };
    judge.take(storage.change(delete));
    judge.take(storage.seal_now());
    Some(id)
}

fn try_one(dir: &Path, whole: &Whole) -> (Found, Judge) {
    let mut judge = Judge::default();
    let Ok(storage) = Storage::open(dir, &options()) else { return (Found::Refused, judge) };
    read_all(&storage, whole, &mut judge);
    if let Some(report) = judge.take(storage.verify(|_, _| {}))
        && report.is_ok()
        && judge.found() != Found::Right
    {
        judge.wrong.push("verify saw nothing".to_owned());
    }
    let new = write(&storage, whole, &mut judge);
    judge.take(storage.close());
    if let Ok(storage) = Storage::open(dir, &options())
        && let Some(id) = new
        && let Some(event) = judge.take(storage.snapshot().event(id))
    {
        let uid = event.map(|event| event.uid);
        judge.answer(Ok(uid), &draft(5_000).uid.map(|uid| uid.text), || "after".to_owned());
    }
    (judge.found(), judge)
}

/// Damages a copy of the store and looks what comes of it; the text names what was done.
fn variant(seed: u64, whole: &Arc<Whole>) -> (Found, String) {
    let mut rng = Rng::new(seed);
    let file = rng.below(FILES.len());
    let damage = Damage::random(&mut rng, &whole.files[file]);
    let dir = tempfile::tempdir().unwrap();
    for (at, (name, bytes)) in FILES.iter().zip(&whole.files).enumerate() {
        let mut bytes = bytes.clone();
        if at == file {
            damage.apply(&mut bytes);
        }
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    let (done, inbox) = mpsc::channel();
    let (path, whole) = (dir.path().to_owned(), Arc::clone(whole));
    std::thread::spawn(move || {
        let _ = done.send(catch_unwind(AssertUnwindSafe(|| try_one(&path, &whole))));
    });
    let damage = format!("{} {damage:?}", FILES[file]);
    match inbox.recv_timeout(PATIENCE) {
        Ok(Ok((found, judge))) => (found, format!("{damage} {:?}", judge.wrong)),
        Ok(Err(_)) => (Found::Panicked, damage),
        Err(_) => (Found::Silent, damage),
    }
}

/// What the child does: tries its variants and says what each gave.
fn child(first: u64, end: u64, whole: Whole) {
    let whole = Arc::new(whole);
    for seed in (first..end).step_by(LANES as usize) {
        let (found, what) = variant(seed, &whole);
        let mut out = std::io::stdout().lock();
        writeln!(out, "child: {seed} {found:?} {what}").and_then(|()| out.flush()).unwrap();
    }
}

/// Runs a child from one variant on; gives what it said of each.
fn run_child(test: &str, first: u64, end: u64) -> Vec<(Found, String)> {
    let out = Command::new(std::env::current_exe().unwrap())
        .args([&format!("faults::{test}"), "--exact", "--nocapture"])
        .env(FIRST, first.to_string())
        .env(END, end.to_string())
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    let lines = text.lines().filter_map(|line| line.split_once("child: "));
    let found = |word: &str| ALL.into_iter().find(|found| format!("{found:?}") == word).unwrap();
    lines.map(|(_, line)| (found(line.split(' ').nth(1).unwrap()), line.to_owned())).collect()
}

/// Tries every fourth variant; one that takes its child down with it does not end the test.
fn run_lane(test: &str, lane: u64, end: u64) -> Vec<(Found, String)> {
    let mut all = Vec::new();
    loop {
        let next = lane + all.len() as u64 * LANES;
        if next >= end {
            return all;
        }
        all.extend(run_child(test, next, end));
        let next = lane + all.len() as u64 * LANES;
        if next < end {
            all.push((Found::Aborted, format!("{next} Aborted")));
        }
    }
}

/// Tries variants of damage to one store, in processes of their own: a panic that meets another
/// takes its process down.
fn try_all(test: &str, past: Past, variants: u64) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    if let Some((first, end)) = number(FIRST).zip(number(END)) {
        return child(first, end, whole(past));
    }
    let end = variants * number("EVENTSCOPE_FAULTS").unwrap_or(100) / 100;
    let all: Vec<(Found, String)> = std::thread::scope(|scope| {
        let lanes: Vec<_> =
            (0..LANES).map(|lane| scope.spawn(move || run_lane(test, lane, end))).collect();
        lanes.into_iter().flat_map(|lane| lane.join().unwrap()).collect()
    });
    let mut counts: BTreeMap<Found, u64> = BTreeMap::new();
    all.iter().for_each(|(found, _)| *counts.entry(*found).or_default() += 1);
    let bad: Vec<&str> =
        all.iter().filter(|(found, _)| *found > Found::Right).map(|(_, what)| &**what).collect();
    assert!(bad.is_empty(), "{} bad among {counts:?}:\n{}", bad.len(), bad.join("\n"));
    assert!(counts.len() == 3, "all three good ends are met: {counts:?}");
}

#[test]
fn damage_gives_errors_or_right_answers() {
    try_all("damage_gives_errors_or_right_answers", Past::Plain, 400);
}

#[test]
fn damage_to_folded_changes_gives_errors_or_right_answers() {
    try_all("damage_to_folded_changes_gives_errors_or_right_answers", Past::Folded, 80);
}

#[test]
fn damage_to_a_pruned_store_gives_errors_or_right_answers() {
    try_all("damage_to_a_pruned_store_gives_errors_or_right_answers", Past::Pruned, 200);
}
