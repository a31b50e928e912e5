//! The order of writes, syncs and acknowledgements, as the system saw it.
//!
//! A process makes a store in folders that are not there yet, appends, changes, seals, writes text
//! files, prunes, replaces files by smaller ones, makes backups, closes and opens again, and says
//! what was acknowledged to it; strace writes down its calls. The ledger goes through them and
//! knows at each moment what a loss of power could take away: bytes written since the last sync of
//! their file, and names given since the last sync of their folder. Nothing of that may be left
//! when something is acknowledged.
//!
//! Without strace, the trial says so by `skipped=1`.

use super::child::{Running, SAYS, Task};
use super::plan::{LANES, Plan};
use super::strace::{Strace, TRACED};
use super::trace::{Call, Moment, Trace};
use super::worker::{Script, WORDS, WRITE};
use super::world::World;
use crate::{Failure, Figures, Orders};
use std::collections::{BTreeMap, BTreeSet};

/// Only tells who holds the store: it may be lost.
const HOLDER: &str = "holder";
/// The folder of the text index, which may lag behind all acknowledgements but that of having
/// waited for it. Segments may lag as well, because the log holds what they will as long as they
/// are not safe. When the store is closed, nothing may.
const TEXT: &str = "text";

pub(crate) fn run(orders: Orders) -> Result<Figures, Failure> {
    let mut figures = Figures::default();
    let Some(strace) = Strace::find() else {
        figures.add("skipped", 1);
        return Ok(figures);
    };
    for run in 0..orders.tier.pick(1, 6) {
        let folder = tempfile::tempdir()?;
        let home = folder.path().join("not").join("there");
        let log = folder.path().join("trace");
        let plan = Plan { seed: orders.seed + run, round: 0, lanes: LANES, old: 0 };
        let script = Script { sittings: 3, steps: orders.tier.pick(20, 40) };
        figures.saw(format!("{plan:?} {script:?}"));
        let before = strace.writing_to(&log, TRACED);
        let child = Running::start(&home, Task::Script(plan, script), &before.words())?;
        let (status, lines) = child.wait()?;
        if !status.success() {
            return Err(Failure::new(format!("the child ended with {status}: {lines:?}")));
        }
        let root = folder.path().to_string_lossy().into_owned();
        let mut ledger = Ledger::new(&root);
        ledger.read(&Trace::read(&std::fs::read_to_string(&log)?));
        if let Some(first) = ledger.violations.first() {
            let count = ledger.violations.len();
            return Err(Failure::new(format!("{count} violations, the first: {first}")));
        }
        figures.add("acknowledged", ledger.acknowledged);
        figures.add("writes", ledger.writes);
        figures.add("syncs", ledger.syncs);
        figures.add("folder_syncs", ledger.folder_syncs);
        figures.add("names", ledger.names);
        World::default().check(&home, &plan, &lines)?;
    }
    figures.add("violations", 0);
    Ok(figures)
}

/// What a loss of power could take away.
#[derive(Debug, Default)]
struct Ledger {
    /// The folder that this is about.
    root: String,
    /// Calls that wrote to a file and are not covered by a sync, by its path. Of a write that has
    /// not returned yet, nobody knows whether a sync that begins now covers it.
    written: BTreeMap<String, BTreeSet<usize>>,
    /// Writes that have returned.
    returned: BTreeSet<usize>,
    /// What a sync that has begun covers.
    covers: BTreeMap<usize, BTreeSet<usize>>,
    /// Names in a folder that came since its last sync.
    named: BTreeMap<String, BTreeSet<String>>,
    /// All names.
    known: BTreeSet<String>,
    /// The length that each file was given last.
    lengths: BTreeMap<String, u64>,
    /// Whether the log was synced since the last acknowledgement.
    log_synced: bool,
    violations: Vec<String>,
    acknowledged: u64,
    writes: u64,
    syncs: u64,
    folder_syncs: u64,
    names: u64,
}

impl Ledger {
    fn new(root: &str) -> Self {
        Self { root: root.to_owned(), ..Self::default() }
    }

    fn read(&mut self, trace: &Trace) {
        for moment in &trace.moments {
            match *moment {
                Moment::Begins(at) => self.begins(at, &trace.calls[at]),
                Moment::Ends(at) => self.ends(at, &trace.calls[at]),
            }
        }
    }

    fn begins(&mut self, at: usize, call: &Call) {
        if let Some((_, said)) = call.said().and_then(|line| line.split_once(SAYS)) {
            return self.acknowledge(said);
        }
        let Some(place) = self.ours(call) else { return };
        match call.name.as_str() {
            "write" | "pwrite64" | "ftruncate" | "fallocate" => {
                if self.is_cut(call, &place) {
                    return;
                }
                self.writes += 1;
                self.written.entry(place).or_default().insert(at);
            }
            "fsync" | "fdatasync" => {
                let written = self.written.get(&place).into_iter().flatten().copied();
                let covered = written.filter(|write| self.returned.contains(write)).collect();
                self.covers.insert(at, covered);
            }
            "rename" => self.begins_to_rename(&place),
            _ => {}
        }
    }

    fn ends(&mut self, at: usize, call: &Call) {
        self.returned.insert(at);
        let Some(place) = self.ours(call).filter(|_| call.succeeded()) else { return };
        match call.name.as_str() {
            "fsync" | "fdatasync" => self.synced(at, &place),
            "openat" if call.arguments.contains("O_CREAT") => self.name(&place),
            "mkdir" => self.name(&place),
            "unlink" | "unlinkat" | "rmdir" => self.forget(&place),
            "rename" => {
                if let Some(new) = call.paths().get(1) {
                    self.renamed(&place, new);
                }
            }
            _ => {}
        }
    }

    /// The path that a call is about, if it is the root or below it.
    fn ours(&self, call: &Call) -> Option<String> {
        call.place().filter(|place| is_within(place, &self.root))
    }

    /// Whether a call makes a file shorter. A file that is as long as before after a loss of power
    /// has lost nothing: what is behind the end that it should have belongs to nobody.
    fn is_cut(&mut self, call: &Call, place: &str) -> bool {
        let length = call.arguments.rsplit(", ").next().and_then(|length| length.parse().ok());
        let Some(length) = length.filter(|_| call.name == "ftruncate") else { return false };
        let before: Option<u64> = self.lengths.insert(place.to_owned(), length);
        before.is_some_and(|before| length < before)
    }

    fn synced(&mut self, at: usize, place: &str) {
        self.syncs += 1;
        let covered = self.covers.remove(&at).unwrap_or_default();
        if let Some(written) = self.written.get_mut(place) {
            written.retain(|write| !covered.contains(write));
        }
        self.log_synced |= place.ends_with("/store/log.redb");
        // Which folders are known is not: one that is synced has lost its names, if it had any.
        if self.named.remove(place).is_some() {
            self.folder_syncs += 1;
        }
    }

    fn name(&mut self, place: &str) {
        let Some((folder, name)) = place.rsplit_once('/') else { return };
        if name != HOLDER && self.known.insert(place.to_owned()) {
            self.names += 1;
            self.named.entry(folder.to_owned()).or_default().insert(name.to_owned());
        }
    }

    fn forget(&mut self, place: &str) {
        self.known.remove(place);
        self.written.remove(place);
        self.lengths.remove(place);
        self.named.remove(place);
        if let Some((folder, name)) = place.rsplit_once('/')
            && let Some(names) = self.named.get_mut(folder)
        {
            names.remove(name);
        }
    }

    /// What gets its name by a rename must be whole before that.
    fn begins_to_rename(&mut self, old: &str) {
        // The name that it has until then may be lost.
        let is_whole = self.written.get(old).is_none_or(BTreeSet::is_empty);
        for what in self.volatile(|place| is_within(place, old) && (place != old || !is_whole)) {
            self.violations.push(format!("{old} is renamed before {what} was synced"));
        }
    }

    fn renamed(&mut self, old: &str, new: &str) {
        self.forget(new);
        let moved = |place: &str| {
            place
                .strip_prefix(old)
                .filter(|_| is_within(place, old))
                .map(|end| format!("{new}{end}"))
        };
        let written = std::mem::take(&mut self.written);
        self.written =
            written.into_iter().map(|(place, it)| (moved(&place).unwrap_or(place), it)).collect();
        let named = std::mem::take(&mut self.named);
        self.named =
            named.into_iter().map(|(place, it)| (moved(&place).unwrap_or(place), it)).collect();
        let lengths = std::mem::take(&mut self.lengths);
        self.lengths =
            lengths.into_iter().map(|(place, it)| (moved(&place).unwrap_or(place), it)).collect();
        let known = std::mem::take(&mut self.known);
        self.known = known.into_iter().map(|place| moved(&place).unwrap_or(place)).collect();
        self.forget(old);
        self.known.remove(new);
        self.name(new);
    }

    /// Bytes and names that a loss of power could take away, of the places that count.
    fn volatile(&self, counts: impl Fn(&str) -> bool) -> Vec<String> {
        let written = self.written.iter().filter(|(_, writes)| !writes.is_empty());
        let bytes = written.map(|(place, _)| place.clone());
        let names = self
            .named
            .iter()
            .flat_map(|(folder, names)| names.iter().map(move |name| format!("{folder}/{name}")));
        let is_holder = |place: &str| place.ends_with(&format!("/{HOLDER}"));
        bytes.chain(names).filter(|place| counts(place) && !is_holder(place)).collect()
    }

    /// What a child said: if that acknowledges something, it must be safe by now.
    fn acknowledge(&mut self, said: &str) {
        let words: Vec<&str> = said.split(' ').collect();
        let kind = words.get(3).copied();
        let of_text = |place: &str| place.split('/').any(|name| name == TEXT);
        let of_segments = |place: &str| place.contains("/store/segments.");
        let counts = |place: &str| match (words[0], kind) {
            ("closed", _) | ("done", Some(WORDS)) => true,
            _ => !of_text(place) && !of_segments(place),
        };
        if !matches!(words[0], "done" | "open" | "closed") {
            return;
        }
        self.acknowledged += 1;
        for what in self.volatile(counts) {
            self.violations.push(format!("{said:?} is said before {what} was synced"));
        }
        if kind == Some(WRITE) && !self.log_synced {
            self.violations.push(format!("{said:?} is said, and the log was not synced for it"));
        }
        self.log_synced = false;
    }
}

/// Whether a place is another one, or in it.
fn is_within(place: &str, other: &str) -> bool {
    place.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violations(lines: &[&str]) -> Vec<String> {
        let numbered: Vec<String> = lines.iter().map(|line| format!("7 {line}\n")).collect();
        let mut ledger = Ledger::new("/var/x");
        ledger.read(&Trace::read(&numbered.concat()));
        ledger.violations
    }

    const CREATE: &str =
        "openat(AT_FDCWD</>, \"/var/x/store/log.redb\", O_RDWR|O_CREAT, 0666) = 3</x>";
    const WRITE: &str = "pwrite64(3</var/x/store/log.redb>, \"x\", 1, 0) = 1";
    const SYNC: &str = "fdatasync(3</var/x/store/log.redb>) = 0";
    const FOLDER: &str = "fsync(4</var/x/store>) = 0";
    const SAY: &str = "write(1<pipe:[1]>, \"child: done 0 1 write 7\\n\", 24) = 24";

    #[test]
    fn what_is_synced_before_it_is_acknowledged_is_in_order() {
        assert_eq!(violations(&[CREATE, WRITE, SYNC, FOLDER, SAY]), Vec::<String>::new());
        let sync_of_two = [CREATE, FOLDER, WRITE, WRITE, SYNC, SAY, WRITE, SYNC, SAY];
        assert_eq!(violations(&sync_of_two), Vec::<String>::new());
    }

    #[test]
    fn bytes_and_names_that_are_not_synced_are_violations() {
        let said = |lines: &[&str]| violations(lines).join("; ");
        assert!(said(&[CREATE, FOLDER, SYNC, WRITE, SAY]).contains("before /var/x/store/log.redb"));
        assert!(said(&[CREATE, WRITE, SYNC, SAY]).contains("before /var/x/store/log.redb"));
        assert!(said(&[CREATE, FOLDER, SAY]).contains("not synced for it"));
        let failed = "fdatasync(3</var/x/store/log.redb>) = -1 EIO (Input/output error) (INJECTED)";
        assert!(said(&[CREATE, FOLDER, WRITE, failed, SAY]).contains("before /var/x/store/log"));
        let made = "mkdir(\"/var/x/store\", 0777) = 0";
        assert!(
            said(&[made, CREATE, WRITE, SYNC, FOLDER, SAY]).contains("before /var/x/store was")
        );
        let root = "fsync(4</var/x>) = 0";
        assert_eq!(said(&[made, root, CREATE, WRITE, SYNC, FOLDER, SAY]), "");
    }

    #[test]
    fn a_file_that_grows_must_be_synced_and_one_that_is_cut_need_not() {
        let grow = "ftruncate(3</var/x/store/log.redb>, 8192) = 0";
        let cut = "ftruncate(3</var/x/store/log.redb>, 4096) = 0";
        assert_eq!(violations(&[CREATE, FOLDER, grow, SYNC, cut, SAY]), Vec::<String>::new());
        assert_eq!(violations(&[CREATE, FOLDER, cut, SYNC, grow, SAY]).len(), 1);
    }

    #[test]
    fn a_write_that_a_sync_overtakes_is_not_covered_by_it() {
        let begun = "pwrite64(3</var/x/store/log.redb>, \"x\", 1, 0 <unfinished ...>";
        let ended = "<... pwrite64 resumed>) = 1";
        assert_eq!(violations(&[CREATE, FOLDER, begun, SYNC, ended, SAY]).len(), 1);
        assert_eq!(violations(&[CREATE, FOLDER, begun, ended, SYNC, SAY]).len(), 0);
    }

    #[test]
    fn a_file_is_whole_before_it_takes_the_place_of_another_and_its_new_name_is_synced() {
        let new = "openat(AT_FDCWD</>, \"/var/x/store/new\", O_RDWR|O_CREAT, 0666) = 3</x>";
        let write = "write(3</var/x/store/new>, \"x\", 1) = 1";
        let sync = "fsync(3</var/x/store/new>) = 0";
        let rename = "rename(\"/var/x/store/new\", \"/var/x/store/old\") = 0";
        let done = "write(1<pipe:[1]>, \"child: done 0 1 other 7\\n\", 24) = 24";
        assert_eq!(violations(&[new, write, sync, rename, FOLDER, done]), Vec::<String>::new());
        let early = violations(&[new, write, rename, sync, FOLDER, done]).join("; ");
        assert!(early.contains("is renamed before"), "{early}");
        let late = violations(&[new, write, sync, rename, done]).join("; ");
        assert!(late.contains("before /var/x/store/old was synced"), "{late}");
    }

    #[test]
    fn text_and_segments_may_lag_until_somebody_waits_for_them() {
        let new = "openat(AT_FDCWD</>, \"/var/x/store/text/1\", O_RDWR|O_CREAT, 0666) = 3</x>";
        let other = "write(1<pipe:[1]>, \"child: done 0 1 other 7\\n\", 24) = 24";
        let words = "write(1<pipe:[1]>, \"child: done 0 1 words 7\\n\", 24) = 24";
        assert_eq!(violations(&[new, other]).len(), 0);
        assert_eq!(violations(&[new, words]).len(), 1);
        let segments = "pwrite64(3</var/x/store/segments.redb>, \"x\", 1, 0) = 1";
        let closed = "write(1<pipe:[1]>, \"child: closed\\n\", 14) = 14";
        assert_eq!(violations(&[segments, other]).len(), 0);
        assert_eq!(violations(&[segments, closed]).len(), 1);
    }
}
