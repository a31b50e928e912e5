//! The thread that makes text files, off the path of appends.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "ids stay below 2^48, and nobody stops to wait who has not begun"
)]

use super::build;
use super::file::TextFile;
use super::shared::{TextShared, TextSnapshot};
use crate::database::guard::guard;
use crate::error::{Error, Result};
use crate::limits::{
    TEXT_BUILD_BYTES_MAX, TEXT_RETRY_MILLIS, TEXT_RUSH_ROWS, TEXT_TAIL_MILLIS, WINDOW_ROWS,
};
use crate::segment::Segment;
use crate::view::View;
use eventscope_model::EventId;
use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The indexer and whoever tells it something.
#[derive(Debug)]
pub(crate) struct Indexer {
    shared: Arc<TextShared>,
    published: Arc<Mutex<Arc<View>>>,
    signals: Mutex<Signals>,
    changed: Condvar,
    /// Held while a file is made.
    at_work: Mutex<()>,
}

#[derive(Debug, Default)]
struct Signals {
    /// Something was published.
    news: bool,
    stop: bool,
    /// The room on the disk is needed for other things.
    paused: bool,
    /// How many wait for everything to be indexed.
    waiting: usize,
    /// Somebody waits, and does not care how long ago the last attempt failed.
    retry: bool,
    /// The present attempt began after that.
    attempting: bool,
    /// All files are to be made again.
    discard: bool,
    /// Why the last attempt failed, until one succeeds.
    failure: Option<String>,
    /// Segments that cannot be read, by their digest: not tried again.
    unreadable: BTreeSet<u64>,
}

/// What is to be done next.
#[derive(Debug)]
enum Task {
    /// Index the segment that begins at this id.
    Segment(EventId),
    /// Index rows of the tail from one id to before another, and let these files go.
    Tail(EventId, EventId, Vec<Arc<TextFile>>),
}

/// What the thread remembers from one round to the next.
#[derive(Debug)]
struct Pace {
    /// Segments at the last clean-up.
    compacted: Option<Arc<Vec<Arc<Segment>>>>,
    /// When the tail was looked at, and where it ended then.
    looked: (Instant, u64),
}

impl Indexer {
    pub(crate) fn new(shared: Arc<TextShared>, published: Arc<Mutex<Arc<View>>>) -> Self {
        let (signals, changed, at_work) = Default::default();
        Self { shared, published, signals, changed, at_work }
    }

    fn signal(&self, tell: impl FnOnce(&mut Signals)) {
        tell(&mut self.signals.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// Tells the indexer that there is something new.
    pub(crate) fn wake(&self) {
        self.signal(|signals| signals.news = true);
    }

    /// Tells the indexer to make all files again.
    pub(crate) fn rebuild(&self) {
        self.signal(|signals| (signals.discard, signals.news) = (true, true));
    }

    /// Makes room for what cannot be made again: lets go of the files of some segments, by their
    /// digest, and makes no more until it is told to go on. Tells whether there were any.
    pub(crate) fn make_room(&self, digests: impl Iterator<Item = u64>) -> bool {
        self.signal(|signals| signals.paused = true);
        let _idle = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        self.shared.let_go_of(digests)
    }

    /// Whether it makes none until it is told to go on.
    pub(crate) fn is_paused(&self) -> bool {
        self.signals.lock().unwrap_or_else(PoisonError::into_inner).paused
    }

    /// Makes files again after others were let go of.
    pub(crate) fn go_on(&self) {
        self.signal(|signals| signals.news |= std::mem::take(&mut signals.paused));
    }

    /// Tells the indexer to end after what it is at.
    pub(crate) fn stop(&self) {
        self.signal(|signals| signals.stop = true);
    }

    fn view(&self) -> Arc<View> {
        Arc::clone(&self.published.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The life of the thread.
    pub(crate) fn run(&self) {
        let end = self.view().end.0;
        let mut pace = Pace { compacted: None, looked: (Instant::now(), end) };
        while let Some(waiting) = self.attend() {
            let worked = guard("the text index", || self.work(&mut pace, waiting));
            let failure = worked.err().map(|error| error.in_a_line());
            if let Some(failure) = &failure {
                self.shared.warn(format!("text index: {failure}; it will be tried again"));
            }
            let failed = failure.is_some();
            self.signal(|signals| {
                signals.failure = failure;
                // A wish that came while this attempt was under way is not met by it.
                signals.retry &= !std::mem::take(&mut signals.attempting);
            });
            if failed {
                self.rest(Duration::from_millis(TEXT_RETRY_MILLIS));
            }
        }
    }

    /// Waits until there is something to look at. Gives whether somebody waits for it; `None` to
    /// end.
    fn attend(&self) -> Option<bool> {
        let mut signals = self.signals.lock().unwrap_or_else(PoisonError::into_inner);
        if !signals.stop && !signals.news {
            let tick = Duration::from_millis(TEXT_TAIL_MILLIS);
            let idle = |signals: &mut Signals| !signals.stop && !signals.news;
            let waited = self.changed.wait_timeout_while(signals, tick, idle);
            signals = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        (signals.news, signals.attempting) = (false, signals.retry);
        (!signals.stop).then_some(signals.waiting > 0)
    }

    fn rest(&self, time: Duration) {
        let signals = self.signals.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self
            .changed
            .wait_timeout_while(signals, time, |signals| !signals.stop && !signals.retry);
    }

    fn may_work(&self) -> bool {
        let signals = self.signals.lock().unwrap_or_else(PoisonError::into_inner);
        !signals.stop && !signals.paused
    }

    /// Does what there is to do, one task after another.
    fn work(&self, pace: &mut Pace, waiting: bool) -> Result<()> {
        let mut changed = false;
        loop {
            let _at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
            if !self.may_work() {
                return Ok(());
            }
            if self.is_to_discard() {
                self.shared.discard();
                self.signal(|signals| signals.discard = false);
            }
            let view = self.view();
            if changed || self.needs_compaction(&view, pace) {
                self.compact(&view);
                pace.compacted = Some(Arc::clone(&view.segments));
            }
            let next = {
                let text = self.shared.snapshot();
                let next = self.next_segment(&view, &text);
                next.or_else(|| next_tail(&view, &text, pace, waiting))
            };
            match next {
                None => return Ok(()),
                Some(Task::Segment(first)) => self.index_segment(&view, first)?,
                Some(Task::Tail(first, end, absorbed)) => {
                    self.index_tail(&view, first, end, &absorbed)?;
                }
            }
            changed = true;
            self.signal(|_| ());
        }
    }

    fn is_to_discard(&self) -> bool {
        self.signals.lock().unwrap_or_else(PoisonError::into_inner).discard
    }

    /// Whether there may be files that serve nothing: other segments than last time, or damage.
    fn needs_compaction(&self, view: &View, pace: &Pace) -> bool {
        let same = pace.compacted.as_ref().is_some_and(|last| Arc::ptr_eq(last, &view.segments));
        !same || self.shared.snapshot().files().any(|file| file.damage().is_some())
    }

    /// Lets go of files that serve no part of the view any more, and of damaged ones.
    fn compact(&self, view: &View) {
        let text = self.shared.snapshot();
        let kept = text.useful(view);
        let numbers: BTreeSet<u64> = kept.files().map(|file| file.number).collect();
        if text.files().count() == numbers.len() {
            return;
        }
        self.shared.update(|text| {
            text.sealed.retain(|digest, _| kept.sealed.contains_key(digest));
            text.tail.retain(|file| numbers.contains(&file.number));
        });
        for file in text.files().filter(|file| !numbers.contains(&file.number)) {
            match file.damage() {
                Some(_) => self.shared.put_aside(file),
                None => self.shared.retire(file),
            }
        }
    }

    /// The oldest segment without a file of its own.
    fn next_segment(&self, view: &View, text: &TextSnapshot) -> Option<Task> {
        let signals = self.signals.lock().unwrap_or_else(PoisonError::into_inner);
        // A segment whose index holds other labels is about to be rewritten.
        let wanting = view.segments.iter().find(|segment| {
            let digest = &segment.digest;
            segment.labels == view.labels
                && !text.has_all_of(segment)
                && !signals.unreadable.contains(digest)
        });
        wanting.map(|segment| Task::Segment(segment.first))
    }

    fn index_segment(&self, view: &View, first: EventId) -> Result<()> {
        let Some(part) = view.part_of(first) else { return Ok(()) };
        let Some(digest) = part.sealed() else { return Ok(()) };
        let built = match build::by_value(&part, digest, TEXT_BUILD_BYTES_MAX) {
            Ok(Some(file)) => self.shared.store(file).map(|file| vec![file]),
            Ok(None) => self.store_rows(view, first, part.len(), |_, _| Ok(digest)),
            Err(error) => Err(error),
        };
        match built {
            Ok(files) => {
                self.shared.update(|text| text.sealed.insert(digest, files));
                Ok(())
            }
            Err(error @ Error::Text { .. }) => Err(error),
            Err(error) => {
                self.signal(|signals| {
                    signals.unreadable.insert(digest);
                });
                self.shared.warn(format!("text index: segment {first} is left out: {error}"));
                Ok(())
            }
        }
    }

    /// Stores the text files of some rows, all of them or none.
    fn store_rows(
        &self,
        view: &View,
        first: EventId,
        rows: u32,
        made_of: impl Fn(EventId, u32) -> Result<u64>,
    ) -> Result<Vec<Arc<TextFile>>> {
        let mut files = Vec::new();
        let store = |bytes| {
            files.push(self.shared.store(bytes)?);
            Ok(())
        };
        let built = build::by_row(
            first,
            rows,
            (made_of, TEXT_BUILD_BYTES_MAX),
            |id| view.part_of(id),
            store,
        );
        if let Err(error) = built {
            files.iter().for_each(|file| self.shared.retire(file));
            return Err(error);
        }
        Ok(files)
    }

    fn index_tail(
        &self,
        view: &View,
        first: EventId,
        end: EventId,
        absorbed: &[Arc<TextFile>],
    ) -> Result<()> {
        let rows = (end.0 - first.0) as u32;
        let made_of = |first: EventId, rows| view.tail_digest(first.0, rows);
        let files = self.store_rows(view, first, rows, made_of)?;
        let gone: BTreeSet<u64> = absorbed.iter().map(|file| file.number).collect();
        self.shared.update(|text| {
            text.tail.retain(|file| !gone.contains(&file.number));
            text.tail.extend(files);
            text.tail.sort_unstable_by_key(|file| file.contents.first);
        });
        absorbed.iter().for_each(|file| self.shared.retire(file));
        Ok(())
    }

    /// Waits until all events before an id are indexed. `progress` is called with the number of
    /// events done and of all.
    pub(crate) fn finish(
        &self,
        end: EventId,
        store_failed: impl Fn() -> Option<String>,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<()> {
        let _waiting = Waiting::begin(self);
        loop {
            let view = self.view();
            let text = self.shared.snapshot();
            let (unreadable, busy, stop, failure) = {
                let signals = self.signals.lock().unwrap_or_else(PoisonError::into_inner);
                let busy = signals.discard || signals.retry;
                (signals.unreadable.clone(), busy, signals.stop, signals.failure.clone())
            };
            let missing = text.lag_before(&view, end, &unreadable);
            // Whoever is told may do anything with the store, so no lock is held.
            progress(view.len().saturating_sub(missing), view.len());
            if let Some(failure) = store_failed() {
                return Err(Error::Text { doing: "complete", source: failure.into() });
            }
            let is_compact = text.useful(&view).files().count() == text.files().count();
            if (missing == 0 && is_compact && !busy) || stop {
                return Ok(());
            }
            if let Some(failure) = failure.filter(|_| !busy) {
                return Err(Error::Text { doing: "complete", source: failure.into() });
            }
            let signals = self.signals.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = self.changed.wait_timeout(signals, Duration::from_millis(50));
        }
    }
}

/// Somebody waits, until this is dropped.
struct Waiting<'a>(&'a Indexer);

impl<'a> Waiting<'a> {
    fn begin(indexer: &'a Indexer) -> Self {
        indexer.signal(|signals| {
            signals.waiting += 1;
            (signals.news, signals.retry) = (true, true);
        });
        Self(indexer)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.signal(|signals| signals.waiting -= 1);
    }
}

/// Rows of the tail that no file serves, unless it is too early for them.
fn next_tail(view: &View, text: &TextSnapshot, pace: &mut Pace, waiting: bool) -> Option<Task> {
    // While the scope labels are being changed, the tail waits until it is indexed by the new ones.
    if view.indexed != view.labels {
        return None;
    }
    let start = view.tail_start().0;
    let files = text.tail.iter().filter(|file| file.contents.end() > start);
    let mut first = start;
    let mut before: Vec<Arc<TextFile>> = Vec::new();
    let mut after = view.end.0;
    for file in files {
        if file.contents.first > first {
            after = file.contents.first;
            break;
        }
        first = file.contents.end();
        before.push(Arc::clone(file));
    }
    let window_end = (u64::from(EventId(first).window()) + 1) * WINDOW_ROWS as u64;
    let end = after.min(window_end);
    if first >= end || end == window_end {
        return None;
    }
    let (looked, at) = pace.looked;
    if !waiting {
        if looked.elapsed() < Duration::from_millis(TEXT_TAIL_MILLIS) {
            return None;
        }
        pace.looked = (Instant::now(), view.end.0);
        if view.end.0 - at > TEXT_RUSH_ROWS {
            return None;
        }
    }
    // As with chunks of the tail: files become one as long as the one before is less than twice
    // what has gathered behind it, so that there are few, and few rows are indexed often.
    let mut absorbed = Vec::new();
    let mut start = first;
    for file in before.iter().rev() {
        let same_window = EventId(file.contents.first).window() == EventId(first).window();
        // The beginning of a file may have been sealed since it was made.
        if file.contents.first < view.tail_start().0
            || !same_window
            || u64::from(file.contents.rows) >= (end - start) * 2
        {
            break;
        }
        start = file.contents.first;
        absorbed.push(Arc::clone(file));
    }
    Some(Task::Tail(EventId(start), EventId(end), absorbed))
}
