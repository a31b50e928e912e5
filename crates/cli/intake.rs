//! Dumps into a store: one thread reads and maps them, another appends, so that both cores work.
//!
//! Between the two is a handover of a few batches, which bounds the memory whatever the dumps are.
//! Every record that is read is counted under one outcome.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "counts of events, which no import brings near 2^64"
)]

mod handover;
mod reader;
mod scans;
mod stream;

use crate::args::{Dumps, Label, Place};
use crate::collect;
use crate::failure::{Failure, Result, chain};
use crate::interrupt::Interrupt;
use crate::print::grouped;
use crate::progress::Progress;
use crate::times::Times;
use eventscope::{EventId, Invalid, Outcome, StorageError, Store};
use eventscope_formats::{Format, Found, ImportOptions, Map, SeverityWords};
use handover::{Handover, Taker};
use reader::Reader;
use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Bytes of text in one batch, so that long events do not make long batches.
const BATCH_BYTES_MAX: usize = 12 * 1024 * 1024;
/// Rejects that are kept to be listed; all of them are counted. 100,000 take about 20 MB.
const REJECTS_LISTED_MAX: usize = 100_000;

/// What is to be read, and how.
#[derive(Debug)]
pub(crate) struct Intake {
    pub(crate) files: Vec<Found>,
    pub(crate) options: ImportOptions,
    pub(crate) strictness: Strictness,
    pub(crate) batch: usize,
    /// Paths that cannot be read, one sentence each.
    pub(crate) unreadable: Vec<String>,
    /// What may end the reading early.
    pub(crate) interrupt: Interrupt,
}

/// What a bad record does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// It is listed, and the rest goes on.
    Lenient,
    /// It ends the run, and nothing of its file is stored.
    Strict,
}

/// What became of the records.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Imported {
    pub(crate) files: Vec<FileReport>,
    pub(crate) rejects: Vec<RejectReport>,
    /// Rejects that are counted but not listed.
    pub(crate) rejects_left_out: u64,
    #[serde(flatten)]
    pub(crate) sum: Counts,
    /// What went wrong beyond single records.
    #[serde(skip)]
    pub(crate) problems: Vec<String>,
}

/// What became of the records of one file, and what it holds besides.
#[derive(Debug, Default, Serialize)]
pub(crate) struct FileReport {
    pub(crate) path: String,
    /// The name of its format; none when no record was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) format: Option<&'static str>,
    pub(crate) read: u64,
    #[serde(flatten)]
    pub(crate) counts: Counts,
    /// Lines of text between the documents.
    pub(crate) skipped_text: u64,
    /// Well-formed objects that are no events.
    pub(crate) other_documents: u64,
    /// Events that `--collect` did not let through; they are no part of what was read.
    pub(crate) not_collected: u64,
    /// Events that `--limit-per-second` did not let through, no part of it either.
    pub(crate) over_limit: u64,
    /// Events whose record says no time and that have the time of the file.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) dated_by_file: u64,
    /// Events of which a field was cut or left out, or whose record was mended.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) degraded: u64,
    /// Alerts that have not fired; they are no part of what was read.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) not_fired: u64,
}

impl FileReport {
    /// Whether the file held nothing at all.
    fn is_bare(&self) -> bool {
        let others = [self.skipped_text, self.other_documents, self.not_fired];
        self.read == 0 && self.format.is_none() && others == [0; 3]
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Records by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    pub(crate) appended: u64,
    pub(crate) duplicates: u64,
    pub(crate) updated: u64,
    pub(crate) rejected: u64,
    /// Events that were known, and on which a label of `--label` is not what it says: an event
    /// keeps the labels that it was first stored with. They are among the duplicates and updated.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) labels_not_set: u64,
}

/// A record that is no event, and why.
#[derive(Debug, Serialize)]
pub(crate) struct RejectReport {
    pub(crate) path: String,
    pub(crate) line: u64,
    pub(crate) reason: String,
}

impl Intake {
    /// What was asked for. Folders are walked here, before anything is opened or made.
    pub(crate) fn new(place: &Place, typed: &Dumps, batch: usize) -> Result<Self> {
        let mut options = options(typed)?.severities(severities(typed)?);
        if place.now.is_some() {
            options = options.now(Times::of(place)?.now);
        }
        // Only what was typed: a variable would make other events of a dump on another machine.
        if let Some(name) = &place.tz {
            options = options.local(Times::of(place)?.local(name));
        }
        if let Some(path) = &typed.collect {
            options = options.collect(collect::read(path)?);
        }
        if let Some(limit) = typed.limit_per_second {
            options = options.limit_per_second(limit);
        }
        let (mut files, mut unreadable) = (Vec::new(), Vec::new());
        for found in eventscope_formats::files(&typed.paths) {
            match found {
                Ok(found) => files.push(found),
                Err(error) => unreadable.push(chain(&error)),
            }
        }
        if files.is_empty() && !unreadable.is_empty() {
            return Err(Failure::several(unreadable));
        }
        let strictness = if typed.strict { Strictness::Strict } else { Strictness::Lenient };
        let interrupt = Interrupt::default();
        Ok(Self { files, options, strictness, batch, unreadable, interrupt })
    }

    /// Bytes of all files, as they lie there; standard input counts as nothing.
    pub(crate) fn bytes(&self) -> u64 {
        let sizes = self.files.iter().filter_map(|found| std::fs::metadata(&found.path).ok());
        sizes.map(|metadata| metadata.len()).sum()
    }

    /// Reads all files and appends what they hold.
    ///
    /// When it returns, every record that is counted as appended is durable.
    pub(crate) fn run(self, store: &Store, progress: &mut Progress) -> Result<Imported> {
        let handover = Handover::new(self.batch);
        let bytes = AtomicU64::new(0);
        thread::scope(|scope| {
            let (giver, taker) = handover.ends();
            let reader = Reader::new(&self, giver, &bytes);
            let reader = scope.spawn(move || reader.run());
            let appended =
                self.append_all(store, &taker, || bytes.load(Ordering::Relaxed), progress);
            // A reader whose batches nobody takes stops by itself.
            drop(taker);
            let mut imported = match reader.join() {
                Ok(imported) => imported,
                Err(panic) => std::panic::resume_unwind(panic),
            };
            imported.add(appended?);
            imported.problems.splice(0..0, self.unreadable.iter().cloned());
            Ok(imported)
        })
    }

    fn append_all(
        &self,
        store: &Store,
        batches: &Taker<'_>,
        bytes: impl Fn() -> u64,
        progress: &mut Progress,
    ) -> Result<Appended> {
        let mut all = Appended { counts: Vec::new(), rejects: Vec::new() };
        let mut durable = 0;
        while let Some(batch) = batches.take() {
            let outcomes = scans::append(store, batch.drafts)
                .map_err(|error| stopped(store, &error, durable))?;
            for (outcome, (file, line)) in outcomes.into_iter().zip(batch.origins) {
                // Members of archives are files that nobody knew of before.
                if all.counts.len() <= file {
                    all.counts.resize(file + 1, Counts::default());
                }
                let Some(counts) = all.counts.get_mut(file) else { continue };
                let known = match outcome {
                    Outcome::Appended(_) => {
                        counts.appended += 1;
                        durable += 1;
                        continue;
                    }
                    Outcome::Rejected(invalid) => {
                        all.rejects.push((file, line, invalid));
                        continue;
                    }
                    Outcome::Duplicate(id) => {
                        counts.duplicates += 1;
                        id
                    }
                    Outcome::Updated(id) => {
                        counts.updated += 1;
                        id
                    }
                };
                counts.labels_not_set += u64::from(!self.bears_stamps(store, known)?);
            }
            progress.imported(bytes(), durable);
        }
        Ok(all)
    }

    /// Whether a stored event has the labels of `--label`; one that was deleted needs none.
    fn bears_stamps(&self, store: &Store, id: EventId) -> Result<bool> {
        let stamps = &self.options.labels;
        if stamps.is_empty() {
            return Ok(true);
        }
        match store.event(id) {
            Ok(event) => Ok(stamps.iter().all(|(key, value)| event.labels.get(key) == Some(value))),
            Err(eventscope::Error::NoSuchEvent { .. }) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }
}

/// How to read what was typed.
fn options(typed: &Dumps) -> Result<ImportOptions> {
    let mut options = ImportOptions::default();
    if let Some(format) = typed.format {
        options = options.format(format);
    }
    let mut all_labels = false;
    for label in &typed.labels {
        match label {
            Label::One(key, value) => options = options.label(key, value),
            Label::All => all_labels = true,
        }
    }
    if typed.format.is_some_and(Format::is_mapped) {
        let map = Map::new(typed.maps.iter().cloned());
        let map = map.map_err(|error| Failure::usage(error.to_string()))?;
        return Ok(options.map(if all_labels { map.all_labels() } else { map }));
    }
    if all_labels || !typed.maps.is_empty() {
        let formats: Vec<_> = Format::ALL.into_iter().filter(|it| it.is_mapped()).collect();
        let names = formats.iter().map(|format| format.name()).collect::<Vec<_>>().join(" or ");
        let line = format!("--map and --label '*' are for records of any kind: --format {names}");
        return Err(Failure::usage(line));
    }
    Ok(options)
}

/// The severities of words that were typed.
fn severities(typed: &Dumps) -> Result<SeverityWords> {
    let mut words = SeverityWords::default();
    for (word, severity) in &typed.severities {
        let taken = words.map(word, *severity);
        taken.map_err(|taken| Failure::usage(format!("--map-severity: {taken}")))?;
    }
    Ok(words)
}

/// What the store made of the drafts: counts per file, and rejects by file and line.
#[derive(Debug)]
struct Appended {
    counts: Vec<Counts>,
    rejects: Vec<(usize, u64, Invalid)>,
}

/// Why an import could not go on, and how far it came.
fn stopped(store: &Store, error: &eventscope::Error, durable: u64) -> Failure {
    // A job in the background may have failed first; then that is the reason.
    let earlier = store.stats().ok().and_then(|stats| stats.failure);
    let reason = earlier.unwrap_or_else(|| match error {
        eventscope::Error::Storage(StorageError::Unknown { source }) => chain(&**source),
        other => chain(other),
    });
    Failure::new(format!(
        "the import stopped after {} durable events: {reason}; \
         mend that and import the same again, nothing is stored twice",
        grouped(durable)
    ))
}

impl Imported {
    /// Lists a reject, or counts it if the list is full.
    fn reject(&mut self, path: String, line: u64, reason: String) {
        if self.rejects.len() < REJECTS_LISTED_MAX {
            self.rejects.push(RejectReport { path, line, reason });
        } else {
            self.rejects_left_out += 1;
        }
    }

    /// Completes what the reader counted by what the store made of it.
    fn add(&mut self, appended: Appended) {
        for (file, counts) in self.files.iter_mut().zip(appended.counts) {
            file.counts.appended = counts.appended;
            file.counts.duplicates = counts.duplicates;
            file.counts.updated = counts.updated;
            file.counts.labels_not_set = counts.labels_not_set;
        }
        for (file, line, invalid) in appended.rejects {
            if let Some(report) = self.files.get_mut(file) {
                report.counts.rejected += 1;
                let path = report.path.clone();
                self.reject(path, line, invalid.to_string());
            }
        }
        for file in &self.files {
            self.sum.appended += file.counts.appended;
            self.sum.duplicates += file.counts.duplicates;
            self.sum.updated += file.counts.updated;
            self.sum.labels_not_set += file.counts.labels_not_set;
            self.sum.rejected += file.counts.rejected;
        }
    }

    /// Ends a command whose answer was printed: a failure if anything went wrong.
    pub(crate) fn verdict(self) -> Result<()> {
        if self.problems.is_empty() { Ok(()) } else { Err(Failure::several(self.problems)) }
    }
}
