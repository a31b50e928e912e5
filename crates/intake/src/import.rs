//! One import: a thread reads the inputs, the caller's appends what they hold.

use crate::cancel::Cancel;
use crate::error::Error;
use crate::handover::{Batch, Handover, Taker};
use crate::input::Input;
use crate::limits::BATCH_DRAFTS;
use crate::reader::Reader;
use crate::report::{Appended, Counts, Report};
use crate::scans;
use eventscope::{EventId, Outcome, Store};
use eventscope_formats::ImportOptions;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// How inputs are read and stored.
///
/// ```
/// use eventscope::{Options, Store};
/// use eventscope_formats::ImportOptions;
/// use eventscope_intake::{Import, Input};
///
/// let dump = r#"{"Type":"container","Action":"kill","Actor":{"ID":"9f86d0"},"time":1795424940}"#;
/// let store = Store::in_memory(Options::default())?;
/// let options = ImportOptions::default().label("host.hostName", "web-1");
/// let import = Import::new(options).batch(1_000);
/// for expected in ["appended", "duplicate"] {
///     let inputs = vec![Input::reader("docker.json", dump.as_bytes())];
///     let mut durable = 0;
///     let report = import.run(&store, inputs, |progress| durable = progress.durable)?;
///     match expected {
///         "appended" => assert_eq!((report.counts.appended, durable), (1, 1)),
///         _ => assert_eq!((report.counts.duplicates, durable), (1, 0)),
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Import {
    pub(crate) options: ImportOptions,
    pub(crate) strictness: Strictness,
    pub(crate) cancel: Cancel,
    batch: usize,
}

/// What a bad record does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// It is listed, and the rest goes on.
    Lenient,
    /// It ends the run, and nothing of its input is stored.
    Strict,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes read of all inputs, as they are there: compressed, if they are.
    pub bytes: u64,
    /// Events that were appended and are durable.
    pub durable: u64,
}

impl Default for Import {
    fn default() -> Self {
        Self::new(ImportOptions::default())
    }
}

impl Import {
    /// An import that goes on after bad records, in batches of [`BATCH_DRAFTS`].
    #[must_use]
    pub fn new(options: ImportOptions) -> Self {
        let (strictness, cancel) = (Strictness::Lenient, Cancel::default());
        Self { options, strictness, cancel, batch: BATCH_DRAFTS }
    }

    /// Ends the run at the first record that is no event, or JSON that no format knows, and stores
    /// nothing of its input; the inputs before it are stored. Each input is read twice.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.strictness = Strictness::Strict;
        self
    }

    /// Makes so many records durable at once; of a stream, as many as come within
    /// [`BATCH_AGE_MAX`](crate::limits::BATCH_AGE_MAX).
    #[must_use]
    pub fn batch(mut self, drafts: usize) -> Self {
        self.batch = drafts;
        self
    }

    /// Names the flag that ends the reading.
    #[must_use]
    pub fn cancel(mut self, cancel: &Cancel) -> Self {
        self.cancel = cancel.clone();
        self
    }

    /// Reads all inputs and appends what they hold. After each batch, `progress` is told how far it
    /// is, on the thread of the caller.
    ///
    /// When it returns, every record that is counted as appended is durable. What is wrong with
    /// single records and inputs stands in the report.
    ///
    /// # Errors
    /// When the store takes no more: [`Error`] says how far the import came.
    pub fn run(
        &self,
        store: &Store,
        inputs: Vec<Input<'_>>,
        mut progress: impl FnMut(Progress),
    ) -> Result<Report, Error> {
        let import = Self { cancel: self.cancel.of_run(), ..self.clone() };
        let handover = Handover::new(self.batch);
        let bytes = AtomicU64::new(0);
        thread::scope(|scope| {
            let (giver, taker) = handover.ends();
            let reader = Reader::new(&import, giver, &bytes);
            let reader = scope.spawn(move || reader.run(inputs));
            let taking = Taking(&import.cancel);
            let appended = self.append_all(store, &taker, |durable| {
                progress(Progress { bytes: bytes.load(Ordering::Relaxed), durable });
            });
            // A reader whose batches nobody takes stops by itself, and does not wait for an input.
            drop((taker, taking));
            let mut report = match reader.join() {
                Ok(report) => report,
                Err(panic) => std::panic::resume_unwind(panic),
            };
            report.add(appended?);
            Ok(report)
        })
    }

    fn append_all(
        &self,
        store: &Store,
        batches: &Taker<'_>,
        mut progress: impl FnMut(u64),
    ) -> Result<Appended, Error> {
        let (mut all, mut durable) = (Appended::default(), 0);
        while let Some(batch) = batches.take() {
            let taken = self.append(store, batch, &mut all, &mut durable);
            taken.map_err(|error| stopped(store, error, durable))?;
            progress(durable);
        }
        Ok(all)
    }

    /// Appends a batch, and counts what became of its drafts.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "counts of events, which no import brings near 2^64"
    )]
    fn append(
        &self,
        store: &Store,
        batch: Batch,
        all: &mut Appended,
        durable: &mut u64,
    ) -> eventscope::Result<()> {
        let outcomes = scans::append(store, batch.drafts)?;
        for (outcome, (file, line)) in outcomes.into_iter().zip(batch.origins) {
            // Members of archives are files that nobody knew of before.
            if all.counts.len() <= file {
                all.counts.resize(file + 1, Counts::default());
            }
            let Some(counts) = all.counts.get_mut(file) else { continue };
            let known = match outcome {
                Outcome::Appended(_) => {
                    counts.appended += 1;
                    *durable += 1;
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
            counts.labels_not_set += u64::from(!self.bears_labels(store, known)?);
        }
        Ok(())
    }

    /// Whether a stored event has the labels of the options; one that was deleted needs none.
    fn bears_labels(&self, store: &Store, id: EventId) -> eventscope::Result<bool> {
        let labels = &self.options.labels;
        if labels.is_empty() {
            return Ok(true);
        }
        match store.event(id) {
            Ok(event) => Ok(labels.iter().all(|(key, value)| event.labels.get(key) == Some(value))),
            Err(eventscope::Error::NoSuchEvent { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }
}

/// Lasts while drafts are taken: its end, by a panic too, ends the reading.
struct Taking<'a>(&'a Cancel);

impl Drop for Taking<'_> {
    fn drop(&mut self) {
        self.0.end_run();
    }
}

/// Why an import could not go on, and how far it came.
fn stopped(store: &Store, error: eventscope::Error, durable: u64) -> Error {
    // A job in the background may have failed first; then that is the reason.
    let earlier = store.stats().ok().and_then(|stats| stats.failure);
    Error { durable, earlier, store: error }
}

#[cfg(test)]
mod tests;
