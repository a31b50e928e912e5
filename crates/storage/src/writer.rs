//! The one thread that changes the store.
//!
//! It takes requests off a bounded queue, as many as wait, and makes one durable commit of them:
//! that is the group commit. Only then it publishes the new state and answers. It hands full tails
//! to the sealer and waits for it only when a second tail is full.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "ids stay below 2^48, numbers of changes far below 2^64, as do bytes in memory"
)]

pub(crate) mod action;
pub(crate) mod dedup;
pub(crate) mod progress;
pub(crate) mod recovery;
pub(crate) mod reindex;
pub(crate) mod room;
pub(crate) mod schedule;
pub(crate) mod undo;

use crate::backup;
use crate::change::overlay::{self, Overlays};
use crate::change::{Change, Changed, Effect, HistoryEntry, Record};
use crate::compaction::CompactionEffort;
use crate::compaction::prune::Pruned;
use crate::compaction::worker::{Done, Job};
use crate::database::holder::Holder;
use crate::database::pair::Counted;
use crate::error::{Error, Result};
use crate::index::row_set::RowSet;
use crate::limits::{
    CHANGES_BYTES_MAX, COMMIT_ROOM_BYTES, SETTLED_ROWS_MIN, TAIL_BYTES_MAX, TAIL_INDEX_BYTES_MAX,
    TAILS_MAX,
};
use crate::log::{Addition, Log};
use crate::options::Clock;
use crate::segment::Segment;
use crate::segment::chunk::{self, Chunk};
use crate::segment::reader::Reader;
use crate::stats::Counters;
use crate::text::Indexer;
use crate::vfs::VfsPath;
use crate::view::View;
use crate::writer::dedup::{Intake, Outcome, RecentUids, Weight};
use crate::writer::progress::Progress;
use crate::writer::reindex::Reindexed;
use crate::writer::room::Short;
use crate::writer::schedule::Rewritten;
use crate::writer::undo::{LastAction, Undo};
use eventscope_model::{Draft, EventId, ScopeLabels, check_remark};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, SyncSender};
use std::sync::{Arc, Mutex};

/// Where an answer goes. Nobody may be waiting for it any more; that is no error.
pub(crate) type Answer<T> = SyncSender<Result<T>>;

/// What can be asked of the writer.
#[derive(Debug)]
pub(crate) enum Request {
    Append(Vec<Draft>, Answer<Vec<Outcome>>),
    Change(Change, Answer<Changed>),
    Undo(Undo, Answer<Changed>),
    History(EventId, Answer<Vec<HistoryEntry>>),
    /// Seal the open tail if it is worth a segment, and answer when that is done.
    Settle(Answer<()>),
    /// Seal the tail whatever its size, and answer when that is done.
    Seal(Answer<()>),
    /// Begin to seal what is full, as an append does.
    SealFull(Answer<()>),
    Verify(Answer<()>),
    Prune(Vec<(u32, RowSet)>, Answer<Pruned>),
    /// Give back the space of what is gone, and answer when that is done, if anybody waits.
    Compaction(CompactionEffort, Option<Answer<()>>),
    /// Store a segment again as its rows give it, and answer when that is done.
    Rewrite(EventId, Answer<Rewritten>),
    /// Put a list of scope labels in force, or say that segments are to be rewritten first.
    Reindex(ScopeLabels, Answer<Reindexed>),
    /// Forget about a list that is not in force yet.
    GiveUpLabels(Answer<()>),
    /// Hand over one state of both files, to be copied.
    State(Answer<backup::State>),
    /// The sealer has finished something.
    Wake,
    /// Stop; the answer comes when both files are closed.
    Close(Answer<()>),
}

/// The writer's own state.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) log: Log,
    /// The folder of the store; `None` in memory.
    pub(crate) dir: Option<VfsPath>,
    pub(crate) view: View,
    pub(crate) published: Arc<Mutex<Arc<View>>>,
    pub(crate) recent: RecentUids,
    pub(crate) next_change: u64,
    /// Changes in the log, which a fold would move.
    pub(crate) changes: Vec<Record>,
    pub(crate) changes_bytes: usize,
    /// The only change that can be undone.
    pub(crate) last_action: Option<LastAction>,
    pub(crate) clock: Clock,
    pub(crate) counters: Arc<Counters>,
    /// Each job with the counter of the log when it is given.
    pub(crate) jobs: Sender<(u64, Job)>,
    pub(crate) done: Receiver<Result<Done>>,
    pub(crate) progress: Progress,
    /// Shared with whoever reads the log elsewhere.
    pub(crate) log_lent: Arc<()>,
    /// Follows what is published, if the store keeps its text index up to date.
    pub(crate) indexer: Option<Arc<Indexer>>,
    /// The lock of the folder; `None` in memory.
    pub(crate) holder: Option<Holder>,
}

impl Writer {
    /// Serves requests until the last handle is gone or one asks to close. Returns that one.
    pub(crate) fn run(&mut self, requests: &Receiver<Request>) -> Option<Answer<()>> {
        // Full tails that were left behind are sealed with the next append, or when somebody waits
        // for the text index, and not before: on a full disk that would take the room that pruning
        // gives back.
        let mut next = None;
        loop {
            let request = next.take().or_else(|| requests.recv().ok())?;
            self.settle();
            self.resume();
            self.continue_compaction();
            match request {
                Request::Append(drafts, answer) => {
                    next = self.append_group(drafts, answer, requests);
                }
                Request::Change(change, answer) => {
                    let _ = answer.send(self.change(&change));
                }
                Request::Undo(undo, answer) => {
                    let _ = answer.send(self.undo(&undo));
                }
                Request::History(id, answer) => {
                    let row = id.row();
                    let _ = answer.send(self.log.history(id.window(), row));
                }
                Request::SealFull(answer) => {
                    self.hand_over_full_tails();
                    let _ = answer.send(Ok(()));
                }
                Request::Settle(answer) => {
                    let _ = answer.send(self.settle_tail());
                }
                Request::Seal(answer) => {
                    let _ = answer.send(self.seal_now());
                }
                Request::Verify(answer) => {
                    let _ = answer.send(self.log.verify());
                }
                Request::Prune(targets, answer) => {
                    let _ = answer.send(self.prune(targets));
                }
                Request::Compaction(wanted, answer) => {
                    self.compact(wanted, answer);
                    self.continue_compaction();
                }
                Request::Rewrite(first, answer) => {
                    self.rewrite(first, answer);
                    self.continue_compaction();
                }
                Request::Reindex(labels, answer) => {
                    let _ = answer.send(self.reindex(labels));
                }
                Request::GiveUpLabels(answer) => {
                    let _ = answer.send(self.give_up_labels());
                }
                Request::State(answer) => {
                    let _ = answer.send(self.state());
                }
                Request::Wake => {}
                Request::Close(answer) => return Some(answer),
            }
        }
    }

    /// Appends the drafts of one request and of those that wait behind it, in one commit. Returns
    /// a request that it took off the queue but that is not in that commit.
    fn append_group(
        &mut self,
        drafts: Vec<Draft>,
        answer: Answer<Vec<Outcome>>,
        requests: &Receiver<Request>,
    ) -> Option<Request> {
        let mut weight = Weight::of(&drafts);
        let mut group = vec![(drafts, answer)];
        let mut other = None;
        loop {
            match requests.try_recv() {
                Ok(Request::Append(drafts, answer)) => {
                    weight = weight.and(Weight::of(&drafts));
                    if !weight.fits() {
                        other = Some(Request::Append(drafts, answer));
                        break;
                    }
                    group.push((drafts, answer));
                }
                Ok(request) => {
                    other = Some(request);
                    break;
                }
                Err(_) => break,
            }
        }
        let (drafts, answers): (Vec<Vec<Draft>>, Vec<_>) = group.into_iter().unzip();
        match self.append(&drafts) {
            Ok(outcomes) => {
                for (answer, outcomes) in answers.iter().zip(outcomes) {
                    let _ = answer.send(Ok(outcomes));
                }
            }
            Err(Error::Unknown { source }) => {
                for answer in &answers {
                    let _ = answer.send(Err(Error::Unknown { source: Arc::clone(&source) }));
                }
            }
            Err(error) if answers.len() == 1 || self.progress.stopped => {
                let others = std::iter::repeat_with(|| self.progress.stopped());
                for (answer, error) in answers.iter().zip(std::iter::once(error).chain(others)) {
                    let _ = answer.send(Err(error));
                }
            }
            // Nothing was written yet: what is wrong with one request is not for the others.
            Err(_) => {
                for (drafts, answer) in drafts.iter().zip(&answers) {
                    let outcomes = self.append(std::slice::from_ref(drafts));
                    let _ = answer.send(outcomes.map(|mut all| all.pop().unwrap_or_default()));
                }
            }
        }
        other
    }

    fn append(&mut self, requests: &[Vec<Draft>]) -> Result<Vec<Vec<Outcome>>> {
        self.ready()?;
        self.check_room()?;
        let received = self.clock.ask()?;
        let mut intake =
            Intake::new(&self.view, &self.recent, &self.changes, received, self.next_change);
        let mut outcomes = Vec::with_capacity(requests.len());
        for drafts in requests {
            let taken: Result<Vec<Outcome>> =
                drafts.iter().map(|draft| intake.take(draft)).collect();
            outcomes.push(taken?);
        }
        let Intake { rows, cuts, changes, overlays, .. } = intake;
        if rows.is_empty() && changes.is_empty() {
            return Ok(outcomes);
        }
        let next_change = self.next_change + changes.len() as u64;
        let end = EventId(self.view.end.0 + rows.len() as u64);
        let origin = self.view.reader.shared.origin();
        let open = self.open_first();
        let rows = chunk::split(self.view.end, rows, &cuts);
        let addition = Addition {
            rows: &rows,
            changes: &changes,
            counted: Counted::No,
            next: (end.0, next_change),
        };
        let bytes = rows.iter().flat_map(|(_, rows)| rows.iter()).map(|row| row.body.len() as u64);
        let bytes = bytes.chain(changes.iter().map(Record::bytes)).sum::<u64>();
        self.log.check_room(bytes + COMMIT_ROOM_BYTES)?;
        let view = &self.view;
        let grow = || chunk::grown(&view.tail, open, &rows, origin, &view.indexed);
        let committed = self.log.append(&addition, grow);
        let grown = self.note(committed)?;
        self.next_change = next_change;
        self.changes.extend(changes);
        self.view.overlays = overlays;
        self.view.tail = grown.tail;
        grown.added.iter().for_each(|chunk| self.recent.add(chunk));
        self.view.end = end;
        self.publish();
        self.hand_over_full_tails();
        self.fold_when_large();
        Ok(outcomes)
    }

    fn change(&mut self, change: &Change) -> Result<Changed> {
        self.ready()?;
        check_remark(change.by.as_deref(), change.note.as_deref())
            .map_err(|source| Error::Remark { source })?;
        let (effects, mut changed) = action::resolve(&self.view, change.action, &change.targets)?;
        if effects.is_empty() {
            return Ok(changed);
        }
        let record = self.record(effects, change.by.clone(), change.note.clone())?;
        let mut overlays = self.view.overlays.clone();
        overlay::apply(&mut overlays, &record)?;
        changed.change = Some(record.id);
        self.commit_change(record, overlays)?;
        Ok(changed)
    }

    fn undo(&mut self, undo: &Undo) -> Result<Changed> {
        self.ready()?;
        check_remark(undo.by.as_deref(), undo.note.as_deref())
            .map_err(|source| Error::Remark { source })?;
        // A rewrite that is under way leaves out what was deleted when it began.
        self.finish_rewriting()?;
        // Nobody knows whether a rewrite that failed is stored, without what was deleted.
        self.progress.unsealed().map_or(Ok(()), Err)?;
        let (effects, rows) = undo::resolve(&self.view, self.last_action.as_ref(), undo.change)?;
        let record = self.record(effects, undo.by.clone(), undo.note.clone())?;
        let overlays = undo::overlays(&self.view, &self.log.changes()?, &record)?;
        let changed =
            Changed { matched: rows, changed: rows, refused: Vec::new(), change: Some(record.id) };
        self.commit_change(record, overlays)?;
        Ok(changed)
    }

    /// Waits for the rewrite that is under way, if one is.
    pub(crate) fn finish_rewriting(&mut self) -> Result<()> {
        while self.is_rewriting() && !self.progress.stopped {
            self.wait();
        }
        self.ready()
    }

    pub(crate) fn record(
        &self,
        effects: Vec<Effect>,
        by: Option<String>,
        note: Option<String>,
    ) -> Result<Record> {
        Ok(Record { id: self.next_change, at: self.clock.ask()?.nanos(), by, note, effects })
    }

    /// Makes one change durable, and then visible: the overlays are those after it.
    fn commit_change(&mut self, record: Record, overlays: Overlays) -> Result<()> {
        let next = (self.view.end.0, record.id + 1);
        let changes = std::slice::from_ref(&record);
        let addition = Addition { rows: &[], changes, counted: Counted::Yes, next };
        let committed = self
            .commit_with_room(Some(&record), Short::Refuse, |log| log.append(&addition, || Ok(())));
        self.count(committed?);
        self.next_change += 1;
        LastAction::note(&mut self.last_action, &record);
        self.changes.push(record);
        self.view.overlays = overlays;
        self.publish();
        self.fold_when_large();
        Ok(())
    }

    /// The state of both files between two commits. After a failed commit they may not belong
    /// together.
    fn state(&self) -> Result<backup::State> {
        if self.progress.stopped {
            return Err(self.progress.stopped());
        }
        let (view, lent) = (self.view.clone(), Arc::clone(&self.log_lent));
        Ok(backup::State { view, log: self.log.begin_read()?, _lent: lent })
    }

    /// Notes what became of a commit. After a failed one nothing more is written: what it left
    /// behind is known only after the store was opened again.
    fn note<T>(&mut self, committed: Result<(usize, T)>) -> Result<T> {
        let committed = committed.inspect_err(|error| self.progress.stop(error))?;
        Ok(self.count(committed))
    }

    /// Counts a commit by the bytes of its changes.
    fn count<T>(&mut self, (bytes, prepared): (usize, T)) -> T {
        self.changes_bytes += bytes;
        self.counters.commits.fetch_add(1, Ordering::Relaxed);
        prepared
    }

    pub(crate) fn ready(&mut self) -> Result<()> {
        if self.progress.stopped {
            return Err(self.progress.stopped());
        }
        while self.progress.sealing.len() >= TAILS_MAX {
            self.counters.waits.fetch_add(1, Ordering::Relaxed);
            self.wait();
            if self.progress.stopped {
                return Err(self.progress.stopped());
            }
        }
        Ok(())
    }

    pub(crate) fn publish(&self) {
        #[cfg(feature = "plants")]
        if crate::fault_injection::is(crate::fault_injection::Plant::PublishLate)
            && self.view.end.0.is_multiple_of(2)
        {
            return;
        }
        let view = Arc::new(self.view.clone());
        match self.published.lock() {
            Ok(mut published) => *published = view,
            // A reader panicked while it held the lock; what it protects is whole.
            Err(poisoned) => *poisoned.into_inner() = view,
        }
        if let Some(indexer) = &self.indexer {
            indexer.wake();
        }
    }

    /// The first id that no tail handed over holds.
    fn open_first(&self) -> EventId {
        self.progress.sealing.back().copied().unwrap_or_else(|| self.view.sealed_end())
    }

    /// The chunks of the tail that is next to be sealed, and whether it is full: its window is, or
    /// its rows or their index take much memory.
    pub(crate) fn next_tail(&self) -> (Vec<Arc<Chunk>>, Fullness) {
        let open = self.open_first();
        let window_end = EventId((u64::from(open.window()) + 1) << 16);
        let (mut bytes, mut index_bytes) = (0, 0);
        let mut tail: Vec<Arc<Chunk>> = Vec::new();
        for chunk in self.view.tail.iter().filter(|chunk| chunk.first >= open) {
            bytes += chunk.bytes;
            index_bytes += chunk.index_bytes;
            let much = bytes > TAIL_BYTES_MAX || index_bytes > TAIL_INDEX_BYTES_MAX;
            if chunk.first >= window_end || (much && !tail.is_empty()) {
                return (tail, Fullness::Full);
            }
            tail.push(Arc::clone(chunk));
        }
        let much = bytes > TAIL_BYTES_MAX || index_bytes > TAIL_INDEX_BYTES_MAX;
        let full = self.view.end >= window_end || much;
        (tail, if full { Fullness::Full } else { Fullness::Open })
    }

    fn hand_over_full_tails(&mut self) {
        while let (tail, Fullness::Full) = self.next_tail() {
            if tail.is_empty() || self.progress.stopped || self.progress.suspended.is_some() {
                return;
            }
            self.hand_over(tail);
        }
    }

    pub(crate) fn hand_over(&mut self, tail: Vec<Arc<Chunk>>) {
        let Some(end) = tail.last().map(|chunk| chunk.end()) else { return };
        self.progress.sealing.push_back(end);
        self.give(Job::Seal(tail));
    }

    /// Gives the sealer a job.
    pub(crate) fn give(&mut self, job: Job) {
        self.progress.jobs += 1;
        if self.jobs.send((self.log.counter(), job)).is_err() {
            self.progress.lose_sealer();
        }
    }

    /// Reads by what the sealer has made durable from now on.
    pub(crate) fn read_by(&mut self, reader: Arc<Reader>) {
        self.log.saw(reader.counters.own);
        self.view.reader = reader;
    }

    /// Seals the open tail if it is worth a segment; full ones are sealed anyway.
    fn settle_tail(&mut self) -> Result<()> {
        self.ready()?;
        self.hand_over_full_tails();
        let rows: usize = self.next_tail().0.iter().map(|chunk| chunk.rows.len()).sum();
        if rows < SETTLED_ROWS_MIN { Ok(()) } else { self.seal_now() }
    }

    pub(crate) fn seal_now(&mut self) -> Result<()> {
        self.ready()?;
        self.progress.unsealed().map_or(Ok(()), Err)?;
        self.hand_over_full_tails();
        let (tail, _) = self.next_tail();
        self.hand_over(tail);
        while !self.progress.sealing.is_empty() && !self.progress.stopped {
            self.wait();
        }
        if self.progress.stopped {
            return Err(self.progress.stopped());
        }
        self.progress.unsealed().map_or(Ok(()), Err)
    }

    pub(crate) fn fold_when_large(&mut self) {
        let idle = !self.progress.folding && self.progress.suspended.is_none();
        if self.changes_bytes > CHANGES_BYTES_MAX && idle {
            self.progress.folding = true;
            self.changes_bytes = 0;
            let mut changes = std::mem::take(&mut self.changes);
            // What was pruned since has no history.
            for change in &mut changes {
                change.effects.retain(|effect| self.view.has_rows(effect.window));
            }
            self.give(Job::Fold(changes));
        }
    }

    /// Takes in what the sealer has finished.
    pub(crate) fn settle(&mut self) {
        while let Ok(done) = self.done.try_recv() {
            self.take_in(done);
        }
    }

    /// Waits for the sealer to finish one job.
    fn wait(&mut self) {
        match self.done.recv() {
            Ok(done) => self.take_in(done),
            Err(_) => self.progress.lose_sealer(),
        }
    }

    fn take_in(&mut self, done: Result<Done>) {
        self.progress.jobs = self.progress.jobs.saturating_sub(1);
        let done = match done {
            Ok(done) => done,
            Err(error) => return self.suspend(&error),
        };
        let taken = match done {
            // Its tail was given back: there may be a hole before it.
            Done::Sealed(..) if self.progress.suspended.is_some() => Ok(()),
            Done::Sealed(segment, reader) => self.take_in_sealed(segment, reader),
            Done::Folded(through, reader) => {
                self.progress.folding = false;
                self.read_by(reader);
                self.publish();
                self.log.folded(through)
            }
            other => {
                self.take_in_compacted(other);
                Ok(())
            }
        };
        if let Err(error) = taken {
            self.progress.stop(&error);
            self.counters.note_failure(&error);
        }
    }

    fn take_in_sealed(&mut self, segment: Arc<Segment>, reader: Arc<Reader>) -> Result<()> {
        self.log.saw(reader.counters.own);
        self.log.sealed(segment.first, segment.rows)?;
        let end = segment.end();
        Arc::make_mut(&mut self.view.segments).push(segment);
        self.read_by(reader);
        self.view.tail.retain(|chunk| chunk.first >= end);
        #[cfg(feature = "plants")]
        if crate::fault_injection::is(crate::fault_injection::Plant::OverlayLostAtSeal) {
            self.view.overlays.clear();
        }
        self.recent.forget_before(end);
        self.progress.sealing.pop_front();
        self.publish();
        Ok(())
    }

    /// Seals nothing until there is more room, or the store is opened again. All jobs can be done
    /// again, so nothing is lost by that, and the log goes on.
    fn suspend(&mut self, error: &Error) {
        self.counters.note_failure(error);
        let progress = &mut self.progress;
        progress.suspend(error, self.dir.as_ref().map(VfsPath::room));
        progress.sealing.clear();
        progress.compact.forget_sealing();
        progress.folding = false;
        self.continue_compaction();
    }

    /// Waits for all jobs, so that nothing is half done when the files are closed.
    pub(crate) fn finish(&mut self) {
        while (!self.progress.sealing.is_empty() || self.progress.folding) && !self.progress.stopped
        {
            self.wait();
        }
    }
}

/// Whether a tail is to be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fullness {
    Open,
    Full,
}
