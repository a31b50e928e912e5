//! The handle to an open store.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "rows and segments of a store are fewer than 2^48"
)]

mod scope_labels;

use crate::backup::{self, Backup};
use crate::change::{Change, Changed, HistoryEntry};
use crate::compaction::CompactionEffort;
use crate::compaction::prune::Pruned;
use crate::compaction::worker::{Job, Segments};
use crate::database::files;
use crate::error::{Error, Result};
use crate::folder;
use crate::index::row_set::RowSet;
use crate::limits::WRITE_QUEUE_MAX;
use crate::options::{Indexing, Options};
use crate::segment::Segment;
use crate::snapshot::Snapshot;
use crate::stats::{Counters, Stats};
use crate::text::{Indexer, TextShared};
use crate::verify::{self, Report};
use crate::vfs::{OsVfs, Vfs, VfsPath};
use crate::view::View;
use crate::writer::dedup::{Outcome, Weight};
use crate::writer::progress::Progress;
use crate::writer::recovery;
use crate::writer::schedule::Rewritten;
use crate::writer::undo::Undo;
use crate::writer::{Answer, Request, Writer};
use eventscope_model::{Draft, EventId};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;

/// An open store. Cheap to clone: all clones are one store, which closes when the last is gone.
///
/// Appends and changes from many threads at once are gathered into common commits, and each is
/// answered only when its commit is durable. Reads go through a [`Snapshot`] and wait for nobody.
///
/// ```
/// use eventscope_model::Draft;
/// use eventscope_storage::{Options, Outcome, Storage};
///
/// let storage = Storage::in_memory(&Options::default())?;
/// let outcomes = storage.append(vec![Draft::custom("Deployed web 1.4")])?;
/// let Outcome::Appended(id) = outcomes[0] else { panic!("it is new") };
/// assert_eq!(storage.snapshot().event(id)?.unwrap().name, "Deployed web 1.4");
/// # Ok::<(), eventscope_storage::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Storage {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    requests: Option<SyncSender<Request>>,
    published: Arc<Mutex<Arc<View>>>,
    counters: Arc<Counters>,
    dir: Option<VfsPath>,
    /// Tells the sealer to cut a long job short.
    closing: Arc<AtomicBool>,
    writer: Option<JoinHandle<()>>,
    text: Arc<TextShared>,
    indexer: Option<Arc<Indexer>>,
    indexing: Mutex<Option<JoinHandle<()>>>,
    /// Held by a backup: one at a time.
    backing_up: Mutex<()>,
    /// Held while the scope labels are changed: by one at a time.
    pub(crate) reindexing: Mutex<()>,
    /// Held while the log is read by another thread than the writer's, which must not overlap
    /// page checking.
    reading_log: Mutex<()>,
}

impl Storage {
    /// Opens the store in a folder.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::NotAStore`], [`Error::Locked`], [`Error::UnsupportedVersion`],
    /// [`Error::Corrupt`], or what the file system says.
    pub fn open(dir: impl AsRef<Path>, options: &Options) -> Result<Self> {
        Self::open_on(Arc::new(OsVfs), dir, options)
    }

    /// Opens the store in a folder of a medium, as [`Storage::open`] does on the file system.
    ///
    /// # Errors
    /// As [`Storage::open`].
    pub fn open_on(medium: Arc<dyn Vfs>, dir: impl AsRef<Path>, options: &Options) -> Result<Self> {
        Self::start(folder::open(VfsPath::new(medium, dir.as_ref()), options)?, options)
    }

    /// A new store in memory: everything but durability is as on disk.
    ///
    /// # Errors
    /// When the database below cannot be set up.
    pub fn in_memory(options: &Options) -> Result<Self> {
        Self::start(folder::in_memory(options)?, options)
    }

    fn start(mut files: folder::Files, options: &Options) -> Result<Self> {
        let (dir, holder) = (files.dir.clone(), files.holder.take());
        let (recovered, segments) = recovery::recover(files, options)?;
        let (requests, inbox) = mpsc::sync_channel(WRITE_QUEUE_MAX);
        let (jobs, job_inbox) = mpsc::channel();
        let (results, done) = mpsc::channel();
        let counters = Arc::new(Counters::default());
        let published = Arc::new(Mutex::new(Arc::new(recovered.view.clone())));
        let text = TextShared::open(dir.as_ref(), options.indexing, &recovered.view)?;
        let text = Arc::new(text);
        let indexer = (options.indexing == Indexing::Background)
            .then(|| Arc::new(Indexer::new(Arc::clone(&text), Arc::clone(&published))));
        let closing = Arc::clone(&segments.closing);
        let mut writer = Writer {
            log: recovered.log,
            dir: dir.clone(),
            view: recovered.view,
            published: Arc::clone(&published),
            recent: recovered.recent,
            next_change: recovered.next_change,
            changes: recovered.changes,
            changes_bytes: recovered.changes_bytes,
            last_action: recovered.last_action,
            clock: options.clock.clone(),
            counters: Arc::clone(&counters),
            jobs,
            done,
            progress: Progress::default(),
            log_lent: Arc::default(),
            indexer: indexer.clone(),
            holder,
        };
        writer.discard(recovered.garbage);
        let wake = requests.clone();
        let sealer = spawn("eventscope-sealer", move || {
            let segments = seal_all(segments, &job_inbox, &results, &wake);
            drop(wake);
            segments
        })?;
        let writer = spawn("eventscope-writer", move || serve(writer, &inbox, sealer))?;
        let indexing = match indexer.clone() {
            Some(indexer) => Some(spawn("eventscope-text", move || indexer.run())?),
            None => None,
        };
        let inner = Inner {
            requests: Some(requests),
            published,
            counters,
            dir,
            closing,
            writer: Some(writer),
            text,
            indexer,
            indexing: Mutex::new(indexing),
            backing_up: Mutex::default(),
            reindexing: Mutex::default(),
            reading_log: Mutex::default(),
        };
        let storage = Self { inner: Arc::new(inner) };
        if let Some(labels) = &options.scope_labels
            && *labels != **storage.snapshot().scope_labels()
        {
            storage.set_scope_labels(labels, |_, _| ())?;
        }
        Ok(storage)
    }

    /// Appends events and gives one outcome for each, in order. When it returns, they are durable.
    ///
    /// Up to 65,536 drafts that take up to [`COMMIT_BYTES_MAX`](crate::limits::COMMIT_BYTES_MAX) in
    /// memory are one commit: all of them are stored or none. Longer lists are cut into several
    /// commits, in order.
    ///
    /// # Errors
    /// [`Error::Unknown`] when a commit failed, [`Error::Stopped`] after that, or [`Error::Full`].
    pub fn append(&self, drafts: Vec<Draft>) -> Result<Vec<Outcome>> {
        self.check_open()?;
        if Weight::of(&drafts).fits() {
            return self.ask(|answer| Request::Append(drafts, answer));
        }
        let mut outcomes = Vec::with_capacity(drafts.len());
        let mut rest = drafts.into_iter().peekable();
        while let Some(first) = rest.next() {
            let mut weight = Weight::of(std::slice::from_ref(&first));
            let mut commit = vec![first];
            commit.extend(std::iter::from_fn(|| rest.next_if(|draft| weight.takes(draft))));
            outcomes.extend(self.ask(|answer| Request::Append(commit, answer))?);
        }
        Ok(outcomes)
    }

    /// Changes stored events. When it returns, the change is durable.
    ///
    /// # Errors
    /// [`Error::Unknown`] when the commit failed, [`Error::Stopped`] after that, or what reading
    /// the indexes of segments met.
    pub fn change(&self, change: Change) -> Result<Changed> {
        self.ask(|answer| Request::Change(change, answer))
    }

    /// Takes the last change of [`Storage::change`] back: the events are as if it had never been
    /// made. What was observed of them meanwhile stays. When it returns, that is durable.
    ///
    /// # Errors
    /// [`Error::NotUndone`] for any other change, and for one that was undone already; else as
    /// [`Storage::change`].
    pub fn undo(&self, change: u64, by: Option<String>, note: Option<String>) -> Result<Changed> {
        self.ask(|answer| Request::Undo(Undo { change, by, note }, answer))
    }

    /// The present state of the store.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        // In this order: see `Snapshot::of`.
        let text = self.inner.text.snapshot();
        let view = match self.inner.published.lock() {
            Ok(published) => Arc::clone(&published),
            // A writer panicked while it held the lock; what it protects is whole.
            Err(poisoned) => Arc::clone(&poisoned.into_inner()),
        };
        Snapshot::of(view, text)
    }

    /// Says so if the store was closed by any of its handles: a snapshot of it may still show what
    /// is in memory.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub fn check_open(&self) -> Result<()> {
        if self.inner.closing.load(Ordering::Relaxed) { Err(Error::Closed) } else { Ok(()) }
    }

    /// What happened to an event since it was appended, oldest first; nothing if it was pruned or
    /// never existed.
    ///
    /// # Errors
    /// When a record cannot be read or is damaged.
    pub fn history(&self, id: EventId) -> Result<Vec<HistoryEntry>> {
        self.check_open()?;
        if !self.snapshot().view().knows(id) {
            return Ok(Vec::new());
        }
        // The log first: what leaves it in between is in the snapshot already.
        let logged = self.ask(|answer| Request::History(id, answer))?;
        let mut history = self.snapshot().folded_history(id.window(), id.row())?;
        let through = history.last().map_or(0, |entry| entry.change);
        history.extend(logged.into_iter().filter(|entry| entry.change > through));
        Ok(history)
    }

    /// Seals the tail whatever its size, and returns when that is done.
    ///
    /// # Errors
    /// [`Error::Stopped`] when the store takes no more writes.
    pub fn seal_now(&self) -> Result<()> {
        self.ask(Request::Seal)
    }

    /// Seals the open tail if it holds [`SETTLED_ROWS_MIN`](crate::limits::SETTLED_ROWS_MIN) rows
    /// or more, and returns when that is done: whoever opens the store next indexes what is in the
    /// tail once more. To be called after many
    /// appends; after each of few it would leave many small segments.
    ///
    /// # Errors
    /// As [`Storage::seal_now`].
    pub fn settle(&self) -> Result<()> {
        self.ask(Request::Settle)
    }

    /// Waits until the text index serves all events that there are now. `progress` is called with
    /// the number of events done and of all. Returns at once for [`Indexing::Never`].
    ///
    /// # Errors
    /// [`Error::Text`] when the text index cannot be written.
    pub fn finish_text(&self, progress: impl FnMut(u64, u64)) -> Result<()> {
        self.check_open()?;
        let Some(indexer) = &self.inner.indexer else { return Ok(()) };
        // A full tail is indexed once it is sealed.
        self.ask(Request::SealFull)?;
        let end = self.snapshot().view().end;
        indexer.finish(end, || self.inner.counters.failure(), progress)
    }

    /// The same, but for what would have to be sealed first, which takes room on the disk.
    ///
    /// # Errors
    /// As [`Storage::finish_text`].
    pub fn catch_up_with_text(&self) -> Result<()> {
        self.check_open()?;
        let Some(indexer) = &self.inner.indexer else { return Ok(()) };
        let snapshot = self.snapshot();
        let (start, end) = (snapshot.view().tail_start(), snapshot.view().end);
        let end = if start.window() == end.window() { end } else { start };
        drop(snapshot);
        indexer.finish(end, || self.inner.counters.failure(), |_, _| ())
    }

    /// Reads every record, checks every checksum, builds every index again and compares.
    ///
    /// `progress` is called with the number of segments done and of all.
    ///
    /// # Errors
    /// Only when the store is closed: what is wrong with it is in the report.
    pub fn verify(&self, progress: impl FnMut(usize, usize)) -> Result<Report> {
        self.check_open()?;
        let snapshot = self.snapshot();
        let mut report = verify::check(&snapshot, progress);
        let wrong = |problem| report.problems.push(problem);
        self.inner.text.verify(snapshot.text(), snapshot.view(), wrong);
        if let Some(indexer) = &self.inner.indexer {
            indexer.wake();
        }
        let _alone = lock(&self.inner.reading_log);
        report.note("log.redb", self.ask(Request::Verify));
        Ok(report)
    }

    /// Removes the events in some rows of some windows, so that nothing is left of them: an import
    /// may bring them back as new ones. When it returns, that is durable, and no new snapshot shows
    /// them. Their space comes back with [`Storage::compact`].
    ///
    /// # Errors
    /// [`Error::Unknown`] when the commit failed, [`Error::Stopped`] after that.
    pub fn prune(&self, targets: Vec<(u32, RowSet)>) -> Result<Pruned> {
        self.ask(|answer| Request::Prune(targets, answer))
    }

    /// Gives the space of pruned and deleted events back where that pays, and returns when that is
    /// done; everything else goes on meanwhile.
    ///
    /// # Errors
    /// What kept it from doing so. The store is as whole as before.
    pub fn compact(&self, effort: CompactionEffort) -> Result<()> {
        self.ask(|answer| Request::Compaction(effort, Some(answer)))
    }

    /// Begins what [`Storage::compact`] does, and does not wait for it.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub fn begin_to_compact(&self, effort: CompactionEffort) -> Result<()> {
        let requests = self.inner.requests.as_ref().ok_or(Error::Closed)?;
        requests.send(Request::Compaction(effort, None)).map_err(|_| Error::Closed)
    }

    /// Makes everything that is derived anew from the rows and the changes, while reads and writes
    /// go on. The text index follows in the background: [`Storage::finish_text`] waits for it.
    ///
    /// `progress` is called with the number of segments done and of all. What cannot be read is
    /// told and left as it is.
    ///
    /// # Errors
    /// When the store is closed or takes no more writes.
    pub fn rebuild(&self, progress: impl FnMut(usize, usize)) -> Result<Report> {
        self.check_open()?;
        let snapshot = self.snapshot();
        let mut report = self.rewrite(&snapshot.view().segments, progress)?;
        // The index of the tail is in memory only, and was built from its rows.
        report.events += snapshot.view().tail.iter().map(|c| c.rows.len() as u64).sum::<u64>();
        drop(snapshot);
        // Segments that are another now have left the space of their earlier versions.
        self.compact(CompactionEffort::Usual)?;
        if let Some(indexer) = &self.inner.indexer {
            indexer.rebuild();
        }
        Ok(report)
    }

    /// Has segments rewritten, and reports of those that could be.
    pub(crate) fn rewrite(
        &self,
        segments: &[Arc<Segment>],
        mut progress: impl FnMut(usize, usize),
    ) -> Result<Report> {
        let mut report = Report::default();
        for (done, segment) in segments.iter().enumerate() {
            progress(done, segments.len());
            match self.ask(|answer| Request::Rewrite(segment.first, answer)) {
                Err(
                    error @ (Error::Closed
                    | Error::Stopped { .. }
                    | Error::Unsealed { .. }
                    | Error::Unknown { .. }),
                ) => return Err(error),
                result => {
                    let place = format!("segment {}", segment.first);
                    if let Some(rewritten) = report.note(&place, result) {
                        report.segments += 1;
                        report.events += u64::from(segment.whole_rows());
                        report.repaired += u64::from(rewritten == Rewritten::Changed);
                    }
                }
            }
        }
        progress(segments.len(), segments.len());
        Ok(report)
    }

    /// A handle that does not keep the store open.
    #[must_use]
    pub fn downgrade(&self) -> WeakStorage {
        WeakStorage { inner: Arc::downgrade(&self.inner) }
    }

    /// Copies the store into a folder as it is at one moment after this was called, while others go
    /// on using it. The folder is a store then.
    ///
    /// A folder that holds an earlier backup of this store becomes the new one, and only what is
    /// new is copied. Whatever cuts this off, the folder is the old backup or the new one.
    /// `progress` is called with the number of segments copied and to be copied.
    ///
    /// # Errors
    /// [`Error::Backup`] when the folder must not be written to; [`Error::Stopped`] after a failed
    /// commit; or what reading the store or writing the copy met.
    pub fn backup(
        &self,
        dir: impl AsRef<Path>,
        progress: impl FnMut(usize, usize),
    ) -> Result<Backup> {
        self.check_open()?;
        let _one = lock(&self.inner.backing_up);
        let own = self.inner.dir.as_ref();
        let there = match own {
            Some(own) => own.with_path(dir.as_ref()),
            None => VfsPath::new(Arc::new(OsVfs), dir.as_ref()),
        };
        backup::make(&there, own, progress, |use_state| {
            let _alone = lock(&self.inner.reading_log);
            use_state(self.ask(Request::State)?)
        })
    }

    /// Figures about the store now.
    ///
    /// # Errors
    /// When the files cannot be looked at.
    pub fn stats(&self) -> Result<Stats> {
        self.check_open()?;
        let (log_bytes, segments_bytes) = match &self.inner.dir {
            Some(dir) => files::allocated(dir)?,
            None => (0, 0),
        };
        let mut stats = self.snapshot().figures();
        stats.log_bytes = log_bytes;
        stats.segments_bytes = segments_bytes;
        stats.text_bytes = self.inner.text.disk_bytes()?;
        stats.text_files_open = self.inner.text.files_open();
        stats.text_warnings = self.inner.text.warnings();
        stats.commits = self.inner.counters.commits.load(Ordering::Relaxed);
        stats.waits = self.inner.counters.waits.load(Ordering::Relaxed);
        stats.failure = self.inner.counters.failure();
        Ok(stats)
    }

    /// Files of the text index that another version of this library has made, so that words are
    /// looked for in every event they stand for: a store that is opened to be looked at
    /// ([`Indexing::Never`]) leaves them as they are, any other makes them
    /// again.
    #[must_use]
    pub fn outdated_text_files(&self) -> u64 {
        self.inner.text.outdated()
    }

    /// Closes the store for all its handles, after what was asked before is done and the text
    /// index is complete.
    ///
    /// # Errors
    /// What closing the files met. Dropping the last handle closes the store too, but has nobody
    /// to tell; what was acknowledged is durable either way.
    pub fn close(self) -> Result<()> {
        // Without a complete text index answers are exact all the same, and the next to open the
        // store completes it.
        let _ = self.catch_up_with_text();
        self.inner.stop_indexing();
        self.inner.closing.store(true, Ordering::Relaxed);
        self.ask(Request::Close)
    }

    pub(crate) fn ask<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Result<T> {
        let (answer, inbox) = mpsc::sync_channel(1);
        let requests = self.inner.requests.as_ref().ok_or(Error::Closed)?;
        requests.send(request(answer)).map_err(|_| Error::Closed)?;
        inbox.recv().map_err(|_| Error::Closed)?
    }
}

impl Inner {
    /// Ends the indexer, which holds on to what the store must let go of before it closes.
    fn stop_indexing(&self) {
        if let Some(indexer) = &self.indexer {
            indexer.stop();
        }
        let thread = self.indexing.lock().map(|mut thread| thread.take());
        if let Ok(Some(thread)) = thread {
            let _ = thread.join();
        }
    }
}

/// A handle to a store that does not keep it open.
#[derive(Clone, Debug)]
pub struct WeakStorage {
    inner: Weak<Inner>,
}

impl WeakStorage {
    /// The store, unless its last handle is gone.
    #[must_use]
    pub fn upgrade(&self) -> Option<Storage> {
        self.inner.upgrade().map(|inner| Storage { inner })
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop_indexing();
        self.closing.store(true, Ordering::Relaxed);
        // The writer ends when it is told to, not when the queue closes: the sealer holds the queue
        // too, to wake it.
        if let Some(requests) = self.requests.take() {
            let (answer, _) = mpsc::sync_channel(1);
            let _ = requests.send(Request::Close(answer));
        }
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

/// Locks a mutex that is used only to serialise operations.
pub(crate) fn lock(mutex: &Mutex<()>) -> MutexGuard<'_, ()> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn spawn<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>> {
    let spawned = std::thread::Builder::new().name(name.to_owned()).spawn(run);
    spawned.map_err(|e| Error::Database { doing: "start a thread", source: Box::new(e) })
}

/// The life of the sealer: jobs in, results out, until the writer lets go.
fn seal_all(
    mut segments: Segments,
    jobs: &Receiver<(u64, Job)>,
    results: &mpsc::Sender<Result<crate::compaction::worker::Done>>,
    wake: &SyncSender<Request>,
) -> Segments {
    while let Ok((log, job)) = jobs.recv() {
        if results.send(segments.work(log, job)).is_err() {
            break;
        }
        // If the queue is full, the writer is awake anyway.
        let _ = wake.try_send(Request::Wake);
    }
    segments
}

/// The life of the writer: serves, then closes both files.
fn serve(mut writer: Writer, inbox: &Receiver<Request>, sealer: JoinHandle<Segments>) {
    let answer = writer.run(inbox);
    writer.finish();
    let Writer { log, jobs, view, holder, .. } = writer;
    drop(jobs);
    drop(view);
    let segments =
        sealer.join().map_err(|_| Error::Stopped { source: None }).and_then(Segments::close);
    let closed = log.close().and(segments);
    drop(holder);
    if let Some(answer) = answer {
        let _ = answer.send(closed);
    }
}
