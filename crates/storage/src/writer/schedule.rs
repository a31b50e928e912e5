//! What the writer does beside appends and changes: it prunes, has segments rewritten, and has the
//! space given back.
//!
//! One job of this kind is with the sealer at a time, so that appends never wait for more than one
//! of them. Each step is one commit after which the store is whole; what is still to do follows
//! from the state of the store, so nothing is lost when it closes or crashes in between.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "rows and bytes of a store, whose ids stay below 2^48"
)]

use crate::change::overlay;
use crate::compaction::CompactionEffort;
use crate::compaction::prune::{self, Plan, Pruned, Tail};
use crate::compaction::rewrite::Rewrite;
use crate::compaction::worker::{Done, Garbage, Job};
use crate::database::files;
use crate::error::{Error, Result};
use crate::index::row_set::RowSet;
use crate::limits::{
    FREE_SHARE_MAX, GONE_SHARE_MAX, LOG_KEPT_BYTES, SEGMENTS_KEPT_BYTES, TAIL_GONE_ROWS_MAX,
    TIGHT_FREE_SHARE_MAX, TIGHT_GONE_SHARE_MAX,
};
use crate::log::Removal;
use crate::segment::Segment;
use crate::writer::room::Short;
use crate::writer::{Answer, Writer};
use eventscope_model::EventId;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What is to be compacted, and who waits for it.
#[derive(Debug, Default)]
pub(crate) struct Compaction {
    wanted: Option<CompactionEffort>,
    waiting: Vec<Answer<()>>,
    /// Segments that somebody wants rewritten whatever is gone from them.
    rewrites: VecDeque<(EventId, Answer<Rewritten>)>,
    /// Whether a job is with the sealer, and who waits for that one.
    job: Option<Option<Answer<Rewritten>>>,
    /// A tail that was handed over because most of it is gone: its end.
    sealing: Option<EventId>,
    /// Segments whose rows cannot be read, so that they are not tried again and again.
    unreadable: BTreeSet<EventId>,
    /// Whether the file of segments was copied, or could not be, since compaction was last asked
    /// for.
    vacuumed: bool,
    /// Bytes of that file that the segments in it do not explain, once it was copied.
    unexplained_bytes: u64,
}

/// What came of rewriting a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rewritten {
    /// It is another one now.
    Changed,
    /// It was as it should be, or is gone.
    Unchanged,
}

/// What to do next.
enum Step {
    Job(Job),
    /// Wait until a tail is sealed.
    Wait,
    Finished,
}

impl Compaction {
    /// Waits for no tail any more: it was given back.
    pub(crate) fn forget_sealing(&mut self) {
        self.sealing = None;
    }
}

impl Writer {
    /// Removes the events in some rows. When it returns, they are gone for every new snapshot.
    pub(crate) fn prune(&mut self, targets: Vec<(u32, RowSet)>) -> Result<Pruned> {
        self.ready()?;
        let tail = if self.progress.is_sealing() { Tail::InWork } else { Tail::Idle };
        let plan = Plan::new(&self.view, targets, tail);
        if plan.is_empty() {
            return Ok(Pruned::default());
        }
        let Plan { leaving, tail, effects, removed_events } = &plan;
        let record = match effects.as_slice() {
            [] => None,
            _ => Some(self.record(effects.clone(), None, None)?),
        };
        let mut view = self.view.clone();
        if let Some(record) = &record {
            overlay::apply(&mut view.overlays, record)?;
        }
        let ranges = plan.add_to(Arc::make_mut(&mut view.pruned));
        let leaves = |first| leaving.iter().any(|segment: &Arc<Segment>| segment.first == first);
        Arc::make_mut(&mut view.segments).retain(|segment| !leaves(segment.first));
        if tail.is_some() {
            view.tail.clear();
        }
        let mut overlays = std::mem::take(&mut view.overlays);
        prune::forget(&mut overlays, &ranges, |window| view.has_rows(window));
        view.overlays = overlays;
        let next = (view.end.0, self.next_change + u64::from(record.is_some()));
        let removal = Removal { ranges: &ranges, change: record.as_ref(), next };
        let pruned =
            self.commit_with_room(record.as_ref(), Short::Try, |log| log.prune(&removal))?;
        self.changes_bytes += pruned;
        self.counters.commits.fetch_add(1, Ordering::Relaxed);
        self.next_change = next.1;
        self.changes.extend(record.clone());
        self.view = view;
        if let Some((_, end)) = tail {
            self.recent.forget_before(*end);
        }
        self.publish();
        self.free(leaving);
        self.fold_when_large();
        let removed_segments = leaving.len() as u64;
        let change = record.map(|record| record.id);
        Ok(Pruned { removed_events: *removed_events, removed_segments, change })
    }

    /// Has segments removed that have left the catalogue, and what is known of their windows.
    fn free(&mut self, left: &[Arc<Segment>]) {
        let mut windows: Vec<u32> = left.iter().map(|segment| segment.first.window()).collect();
        windows.dedup();
        windows.retain(|window| !self.view.has_rows(*window));
        let segments = left.iter().map(|segment| segment.first).collect();
        self.discard(Garbage { segments, windows });
    }

    /// Has garbage removed, if there is any.
    pub(crate) fn discard(&mut self, garbage: Garbage) {
        let empty = garbage.segments.is_empty() && garbage.windows.is_empty();
        if !empty && !self.progress.is_broken() {
            self.give(Job::Free(garbage));
        }
    }

    /// Begins to compact, and answers when all is done.
    pub(crate) fn compact(&mut self, wanted: CompactionEffort, answer: Option<Answer<()>>) {
        let compact = &mut self.progress.compact;
        compact.wanted = compact.wanted.max(Some(wanted));
        compact.vacuumed = false;
        compact.waiting.extend(answer);
    }

    /// Has a segment rewritten whatever is gone from it.
    pub(crate) fn rewrite(&mut self, first: EventId, answer: Answer<Rewritten>) {
        self.progress.compact.rewrites.push_back((first, answer));
    }

    /// Takes the next step of what is to be compacted, unless one is under way.
    pub(crate) fn continue_compaction(&mut self) {
        if self.progress.has_stopped() || self.progress.is_broken() {
            return self.abandon_compaction();
        }
        if self.progress.compact.job.is_some() {
            return;
        }
        while let Some((first, answer)) = self.progress.compact.rewrites.pop_front() {
            let segment = self.view.segments.iter().find(|segment| segment.first == first);
            if let Some(segment) = segment {
                let job = self.rewrite_job(segment);
                return self.send(job, Some(answer));
            }
            let _ = answer.send(Ok(Rewritten::Unchanged));
        }
        if self.progress.compact.wanted.is_none() {
            return self.go_on_with_text();
        }
        match self.next_step() {
            Ok(Step::Job(job)) => self.send(job, None),
            Ok(Step::Wait) => {}
            Ok(Step::Finished) => self.compacted(|| Ok(())),
            Err(error) => {
                let mut error = Some(error);
                self.compacted(|| Err(error.take().unwrap_or(Error::Stopped { source: None })));
            }
        }
    }

    /// Answers all who wait for the sealer, which will do nothing more. What the log takes for
    /// nothing is given back all the same, if the log goes on.
    fn abandon_compaction(&mut self) {
        let stopped = self.progress.has_stopped();
        if !stopped && self.progress.compact.wanted.is_some() {
            // What kept the sealer from its work is told, not this.
            let _ = self.vacuum_log();
        }
        let cause = match self.progress.unsealed() {
            Some(Error::Unsealed { source }) if !stopped => Some(source),
            _ => None,
        };
        let stopped = self.progress.stop_cause();
        let error = || match &cause {
            Some(source) => Error::Unsealed { source: Arc::clone(source) },
            None => Error::Stopped { source: stopped.clone() },
        };
        let compact = &mut self.progress.compact;
        compact.sealing = None;
        let waiting = compact.job.take().flatten().into_iter();
        waiting.chain(compact.rewrites.drain(..).map(|(_, answer)| answer)).for_each(|answer| {
            let _ = answer.send(Err(error()));
        });
        self.compacted(|| Err(error()));
    }

    fn send(&mut self, job: Job, answer: Option<Answer<Rewritten>>) {
        self.progress.compact.job = Some(answer);
        self.give(job);
    }

    fn compacted(&mut self, mut result: impl FnMut() -> Result<()>) {
        self.go_on_with_text();
        let compact = &mut self.progress.compact;
        compact.wanted = None;
        for answer in compact.waiting.drain(..) {
            let _ = answer.send(result());
        }
    }

    fn next_step(&mut self) -> Result<Step> {
        // Rows that were removed one by one may have been the last of their segments.
        self.prune(Vec::new())?;
        if let Some(end) = self.progress.compact.sealing {
            if self.view.sealed_end() < end {
                return Ok(Step::Wait);
            }
            self.progress.compact.sealing = None;
        }
        if self.progress.suspended.is_none()
            && let Some(end) = self.seal_if_mostly_gone()
        {
            self.progress.compact.sealing = Some(end);
            return Ok(Step::Wait);
        }
        if let Some(segment) = self.next_to_rewrite() {
            return Ok(Step::Job(self.rewrite_job(&segment)));
        }
        if !std::mem::replace(&mut self.progress.compact.vacuumed, true) && self.is_vacuum_due()? {
            return Ok(Step::Job(Job::Vacuum));
        }
        self.vacuum_log()?;
        Ok(Step::Finished)
    }

    /// Readers know nothing of the log, so it is replaced here and now, unless a backup reads it.
    fn vacuum_log(&mut self) -> Result<()> {
        if Arc::strong_count(&self.log_lent) > 1 {
            return Ok(());
        }
        let kept = match self.progress.compact.wanted {
            Some(CompactionEffort::Tight) => 0,
            None | Some(CompactionEffort::Usual) => LOG_KEPT_BYTES,
        };
        if let Some(smaller) = self.log.smaller(kept)? {
            self.log.go_on_in(smaller).inspect_err(|e| self.progress.stop(e))?;
        }
        Ok(())
    }

    /// Rows of the tail stay in the log until they are sealed, so a tail that is mostly gone is
    /// sealed early.
    fn seal_if_mostly_gone(&mut self) -> Option<EventId> {
        let (tail, _) = self.next_tail();
        let end = tail.last()?.end();
        let (mut rows, mut gone) = (0, 0);
        for chunk in &tail {
            let overlay = self.view.overlays.get(&chunk.first.window());
            let deleted = overlay.and_then(|overlay| overlay.deleted());
            let last = EventId(chunk.end().0 - 1);
            let span = RowSet::span(chunk.first.row(), last.row());
            rows += span.len();
            gone += deleted.map_or(0, |deleted| deleted.intersection_len(&span));
            gone -= overlay.map_or(0, |overlay| overlay.absorbed_len(&span));
        }
        if gone <= TAIL_GONE_ROWS_MAX || gone * 2 <= rows {
            return None;
        }
        self.hand_over(tail);
        Some(end)
    }

    fn next_to_rewrite(&self) -> Option<Arc<Segment>> {
        self.view.segments.iter().find(|segment| self.is_to_be_rewritten(segment)).cloned()
    }

    /// Whether a segment holds much that is gone, or its index other labels than it should.
    pub(crate) fn is_to_be_rewritten(&self, segment: &Segment) -> bool {
        if self.progress.compact.unreadable.contains(&segment.first) {
            return false;
        }
        if segment.labels != self.view.indexed {
            return true;
        }
        let Some(overlay) = self.view.overlays.get(&segment.first.window()) else { return false };
        let Some(deleted) = overlay.deleted() else { return false };
        let removed = segment.removed.as_ref().map_or(0, RowSet::len);
        let rows = segment.row_set();
        // Notices that are hidden stay whole.
        let kept = removed + overlay.absorbed_len(&rows);
        let gone = deleted.intersection_len(&rows).saturating_sub(kept);
        let left = segment.rows - removed;
        let share = match self.progress.compact.wanted {
            Some(CompactionEffort::Tight) => TIGHT_GONE_SHARE_MAX,
            None | Some(CompactionEffort::Usual) => GONE_SHARE_MAX,
        };
        f64::from(gone) > f64::from(left) * share
    }

    /// Whether the sealer is at a job that leaves out what was deleted.
    pub(crate) fn is_rewriting(&self) -> bool {
        self.progress.compact.job.is_some()
    }

    fn rewrite_job(&self, segment: &Arc<Segment>) -> Job {
        Job::Rewrite(Rewrite::of(Arc::clone(segment), &self.view))
    }

    /// Whether so much of the file of segments is free that it is worth a copy of the rest.
    fn is_vacuum_due(&self) -> Result<bool> {
        let Some(bytes) = self.segments_bytes()? else { return Ok(false) };
        let live = self.live_bytes() + self.progress.compact.unexplained_bytes;
        let (kept, share) = match self.progress.compact.wanted {
            Some(CompactionEffort::Tight) => (0, TIGHT_FREE_SHARE_MAX),
            None | Some(CompactionEffort::Usual) => (SEGMENTS_KEPT_BYTES, FREE_SHARE_MAX),
        };
        let free = bytes.saturating_sub(live);
        Ok(bytes > kept && free as f64 > bytes as f64 * share)
    }

    /// The bytes that the file of segments takes on the disk; none in memory.
    fn segments_bytes(&self) -> Result<Option<u64>> {
        let bytes = self.dir.as_ref().map(|dir| files::allocated(dir).map(|(_, bytes)| bytes));
        bytes.transpose()
    }

    fn live_bytes(&self) -> u64 {
        self.view.segments.iter().map(|segment| segment.bytes).sum()
    }

    /// Takes in what the sealer has done of this.
    pub(crate) fn take_in_compacted(&mut self, done: Done) {
        // Garbage is removed without anybody waiting for it.
        if let Done::Freed(reader) = done {
            self.read_by(reader);
            return self.publish();
        }
        let answer = self.progress.compact.job.take().flatten();
        if let Done::NoRoom(first, _) = &done
            && (answer.is_some() || self.progress.compact.wanted == Some(CompactionEffort::Tight))
            && self.makes_room_for_segments()
        {
            // What is due is found again; what was asked for is asked for again.
            let again = answer.map(|answer| (*first, answer));
            return again.into_iter().for_each(|it| self.progress.compact.rewrites.push_front(it));
        }
        let result = match done {
            Done::Rewritten(segment, reader) => {
                self.progress.compact.unreadable.remove(&segment.first);
                self.view.replace(segment);
                self.read_by(reader);
                self.publish();
                Ok(Rewritten::Changed)
            }
            Done::Unreadable(first, error) => {
                self.progress.compact.unreadable.insert(first);
                Err(error)
            }
            Done::Vacuumed(reader) => {
                self.read_by(reader);
                self.publish();
                // Who cannot look at the file now cannot either when it is to be copied again.
                let bytes = self.segments_bytes().ok().flatten().unwrap_or(0);
                self.progress.compact.unexplained_bytes = bytes.saturating_sub(self.live_bytes());
                Ok(Rewritten::Changed)
            }
            Done::NoRoom(_, error) => {
                let cause = error.cause();
                self.compacted(|| Err(Error::Unsealed { source: Arc::clone(&cause) }));
                Err(error)
            }
            Done::NotVacuumed(Some(error)) => {
                let mut error = Some(error);
                self.compacted(|| Err(error.take().unwrap_or(Error::Stopped { source: None })));
                Ok(Rewritten::Unchanged)
            }
            Done::Right
            | Done::NotVacuumed(None)
            | Done::Freed(_)
            | Done::Sealed(..)
            | Done::Folded(..) => Ok(Rewritten::Unchanged),
        };
        if let Some(answer) = answer {
            let _ = answer.send(result);
        }
    }
}
