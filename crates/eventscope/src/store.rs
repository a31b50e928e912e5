//! The handle to a store, through which a backend does everything.

use crate::change::{Changed, Remark, Targets};
use crate::error::{Error, Result};
use crate::export::Export;
use crate::options::Options;
use crate::request::{Request, Results};
use crate::retention::{Pruned, Retention};
use crate::retention_worker::RetentionWorker;
use crate::stats::Stats;
use crate::watch::{Notifier, Watch};
use eventscope_model::{Draft, Event, EventId, ScopeLabels, Timestamp};
use eventscope_query::{self as query, Cache, Page, Plan};
use eventscope_scope::Expr;
use eventscope_storage::{
    self as storage, Action, Backup, Change, Clock, CompactionEffort, HistoryEntry, Outcome,
    Report, Snapshot, Storage,
};
use std::path::Path;
use std::sync::Arc;

/// An open store: a handle that is cheap to clone and to share between threads.
///
/// All clones are one store, which closes when the last is gone. Appends and changes of many
/// threads are gathered into common commits, and each is answered when it is durable; reads wait
/// for nobody. Every read sees one state of the store.
#[derive(Clone, Debug)]
pub struct Store {
    storage: Storage,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    cache: Cache,
    clock: Clock,
    notifier: Notifier,
    retention: RetentionWorker,
}

impl Store {
    /// Opens the store in a folder, making it where there is none. One process at a time can have
    /// it open.
    ///
    /// # Errors
    /// [`Error::Storage`] when the folder holds something else, is in use, was written by a newer
    /// version, or cannot be read or written.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, Options::default())
    }

    /// Opens the store in a folder with custom options.
    ///
    /// # Errors
    /// As [`Store::open`], and when there is no store and none is to be made.
    pub fn open_with(path: impl AsRef<Path>, options: Options) -> Result<Self> {
        Self::new(Storage::open(path, &options.storage())?, options)
    }

    /// A new store in memory, gone when it is closed.
    ///
    /// # Errors
    /// When it cannot be set up.
    pub fn in_memory(options: Options) -> Result<Self> {
        Self::new(Storage::in_memory(&options.storage())?, options)
    }

    fn new(storage: Storage, options: Options) -> Result<Self> {
        let cache = Cache::new(options.result_bytes());
        let Options { clock, retention, .. } = options;
        let retention = RetentionWorker::start(storage.downgrade(), clock.clone(), retention)?;
        let shared = Shared { cache, clock, notifier: Notifier::default(), retention };
        Ok(Self { storage, shared: Arc::new(shared) })
    }

    /// Appends events and gives one outcome for each, in order. When it returns, they are durable.
    /// That one of them is refused is an error, though the others are stored: see
    /// [`Store::append_each`], which takes what it can get.
    ///
    /// Takes a list by value, or an array or slice by reference, which is cloned. Up to 65,536
    /// drafts are one commit, stored as a whole or not at all; longer lists are several commits.
    ///
    /// A draft whose uid is stored already is a further observation of that event, and merged into
    /// it in a way that does not depend on the order in which they arrive. That is right for dumps;
    /// a backend that knows the present state of a thing says so with
    /// [`OnConflict::Replace`](crate::OnConflict::Replace) or [`Draft::revision`]:
    ///
    /// ```
    /// use eventscope::{Draft, OnConflict, Options, Request, Store, UidTime};
    ///
    /// let store = Store::in_memory(Options::default())?;
    /// let job = |text: &str| Draft::custom(text).uid("job:7", UidTime::Free);
    /// store.append(&[job("running")])?;
    /// store.append(&[job("finished").on_conflict(OnConflict::Replace)])?;
    /// let page = store.query(&Request::everything())?;
    /// assert_eq!((page.total, page.events[0].name.as_str()), (1, "finished"));
    /// # Ok::<(), eventscope::Error>(())
    /// ```
    ///
    /// ```
    /// use eventscope::{Draft, EventId, EventType, Options, Outcome, Store, Timestamp, UidTime};
    ///
    /// let store = Store::in_memory(Options::default())?;
    /// let alert = Draft::new(EventType::Alert, "prometheus", "HighCpu")
    ///     .time(Timestamp::parse("2026-11-23T09:00:00Z").unwrap())
    ///     .uid("alert:1", UidTime::Fixed);
    /// assert_eq!(store.append(&[alert.clone()])?, [Outcome::Appended(EventId(1))]);
    /// assert_eq!(store.append(vec![alert])?, [Outcome::Duplicate(EventId(1))]);
    /// # Ok::<(), eventscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Rejected`] when a draft is refused, with all outcomes: it is over a limit, or at
    /// odds with its type, as [`Draft::check`] tells before, or has the uid of an event of another
    /// type. The others are stored all the same, since they may belong to other senders.
    /// [`Error::Storage`] when a commit failed: whether its events are stored is then unknown until
    /// the store is opened again. Appending them again stores no event with a uid twice.
    pub fn append(&self, drafts: impl Into<Vec<Draft>>) -> Result<Vec<Outcome>> {
        let outcomes = self.append_each(drafts)?;
        match outcomes.iter().any(Outcome::is_rejected) {
            true => Err(Error::Rejected { outcomes }),
            false => Ok(outcomes),
        }
    }

    /// Appends events as [`Store::append`] does; a draft that is refused is an outcome like any
    /// other. For dumps and for queues of many senders, where one bad draft must not fail the rest.
    ///
    /// ```
    /// use eventscope::{Draft, Options, Store};
    ///
    /// let store = Store::in_memory(Options::default())?;
    /// let drafts = vec![Draft::custom("Deployed web 1.4"), Draft::custom("")];
    /// let outcomes = store.append_each(drafts)?;
    /// assert!(!outcomes[0].is_rejected() && outcomes[1].is_rejected());
    /// # Ok::<(), eventscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Storage`], as for [`Store::append`].
    pub fn append_each(&self, drafts: impl Into<Vec<Draft>>) -> Result<Vec<Outcome>> {
        let outcomes = self.storage.append(drafts.into());
        // Rung even when a later commit of several failed: the earlier ones are there.
        self.shared.notifier.ring();
        Ok(outcomes?)
    }

    /// Answers a request: the exact total, the newest events, and what else it asks for, all from
    /// one state of the store.
    ///
    /// # Errors
    /// [`Error::Request`] when it asks for too much, [`Error::NotAScopeLabel`] when it is about a
    /// label that is not a scope label, [`Error::NoSuchEvent`] when its page stands beside an event
    /// that never existed, [`Error::Storage`] when the store cannot be read.
    pub fn query(&self, request: &Request) -> Result<Page> {
        let snapshot = self.open_snapshot()?;
        request.check(snapshot.scope_labels())?;
        let cache = Some(&self.shared.cache).filter(|_| request.results == Results::Kept);
        let request = request.lower(self.now());
        Ok(query::execute(&request, &snapshot, cache)?)
    }

    /// How a request would be answered, for people.
    ///
    /// # Errors
    /// [`Error::Storage`] when the store cannot be read.
    pub fn explain(&self, request: &Request) -> Result<String> {
        Ok(self.plan(request)?.to_string())
    }

    /// How a request would be answered, step by step.
    ///
    /// # Errors
    /// [`Error::Storage`] when the store cannot be read.
    pub fn plan(&self, request: &Request) -> Result<Plan> {
        let snapshot = self.open_snapshot()?;
        request.check(snapshot.scope_labels())?;
        let filter = request.lower(self.now()).counted();
        Ok(query::plan(&filter, &snapshot)?)
    }

    /// One event as it stands now.
    ///
    /// # Errors
    /// [`Error::NoSuchEvent`], or [`Error::Storage`] when it cannot be read.
    pub fn event(&self, id: EventId) -> Result<Event> {
        self.open_snapshot()?.event(id)?.ok_or(Error::NoSuchEvent { id })
    }

    /// What happened to an event since it was appended, oldest first; nothing for an event that
    /// never existed.
    ///
    /// # Errors
    /// [`Error::Storage`] when it cannot be read.
    pub fn history(&self, id: EventId) -> Result<Vec<HistoryEntry>> {
        Ok(self.storage.history(id)?)
    }

    /// Marks events as seen. Custom events refuse.
    ///
    /// ```
    /// use eventscope::{Draft, EventType, Options, Remark, Store, Targets};
    ///
    /// let store = Store::in_memory(Options::default())?;
    /// store.append(&[Draft::new(EventType::Docker, "docker", "Container Killed")])?;
    /// let all = Targets::parse("type = docker and acknowledged = false")?;
    /// let changed = store.acknowledge(&all, &Remark::by("aya").note("known"))?;
    /// assert_eq!((changed.matched, changed.changed), (1, 1));
    /// # Ok::<(), eventscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoSuchEvent`] for an id that there is not, and nothing is changed then;
    /// [`Error::Storage`] when the commit failed.
    pub fn acknowledge(&self, targets: &Targets, remark: &Remark) -> Result<Changed> {
        self.change(Action::Acknowledge, targets, remark)
    }

    /// Takes the mark of [`Store::acknowledge`] away.
    ///
    /// # Errors
    /// As [`Store::acknowledge`].
    pub fn unacknowledge(&self, targets: &Targets, remark: &Remark) -> Result<Changed> {
        self.change(Action::Unacknowledge, targets, remark)
    }

    /// Declares alerts to be over, now. Events of other types refuse.
    ///
    /// # Errors
    /// As [`Store::acknowledge`].
    pub fn resolve(&self, targets: &Targets, remark: &Remark) -> Result<Changed> {
        self.change(Action::Resolve, targets, remark)
    }

    /// Removes events. Their uids stay known, so that an import does not bring them back; only
    /// [`Store::undo`] does, while this is the last change.
    ///
    /// # Errors
    /// As [`Store::acknowledge`].
    pub fn delete(&self, targets: &Targets, remark: &Remark) -> Result<Changed> {
        self.change(Action::Delete, targets, remark)
    }

    /// Makes one change, which is durable when this returns: what the four methods above do.
    ///
    /// # Errors
    /// As [`Store::acknowledge`].
    pub fn change(&self, action: Action, targets: &Targets, remark: &Remark) -> Result<Changed> {
        let rows = targets.rows(&self.open_snapshot()?, |expr| expr.lower(self.now()))?;
        let Remark { by, note } = remark.clone();
        let changed = self.storage.change(Change { action, targets: rows, by, note })?;
        Ok(Changed::of(action, changed))
    }

    /// Takes the last change back, by its number: all its events are as if it had never been made,
    /// and deleted ones are there again. What was observed of them meanwhile stays. An undo cannot
    /// be undone.
    ///
    /// ```
    /// use eventscope::{Draft, Options, Remark, Request, Store, Targets};
    ///
    /// let store = Store::in_memory(Options::default())?;
    /// store.append(&[Draft::custom("Deployed web 1.4")])?;
    /// let deleted = store.delete(&Targets::parse("type = custom")?, &Remark::by("aya"))?;
    /// let change = deleted.change.expect("it deleted something");
    /// store.undo(change, &Remark::by("aya").note("by mistake"))?;
    /// assert_eq!(store.query(&Request::parse("type = custom")?)?.total, 1);
    /// # Ok::<(), eventscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Storage`] with [`NotUndone`](eventscope_storage::Error::NotUndone) when it is not
    /// the last change, or was undone already; else as [`Store::acknowledge`].
    pub fn undo(&self, change: u64, remark: &Remark) -> Result<Changed> {
        let Remark { by, note } = remark.clone();
        Ok(Changed::undone(&self.storage.undo(change, by, note)?))
    }

    /// The label keys that begin with a prefix, with how many events have each: the most first,
    /// then by key. Keys are given in their canonical spelling.
    ///
    /// # Errors
    /// [`Error::Storage`] when the store cannot be read.
    pub fn labels(&self, prefix: &str) -> Result<Vec<(String, u64)>> {
        Ok(query::label_counts(&self.open_snapshot()?, prefix)?)
    }

    /// The values of a label that begin with a prefix, with how many events have each: the most
    /// first, then by value.
    ///
    /// # Errors
    /// [`Error::NotAScopeLabel`] when it is none; [`Error::Storage`] when the store cannot be read.
    pub fn values(&self, key: &str, prefix: &str) -> Result<Vec<(String, u64)>> {
        Ok(query::value_counts(&self.open_snapshot()?, key, prefix)?)
    }

    /// Lends what [`Store::labels`] lists, one after another: however many keys there are, that
    /// takes some tens of mebibytes at most.
    ///
    /// # Errors
    /// As [`Store::labels`].
    pub fn each_label(&self, prefix: &str, use_key: impl FnMut(&str, u64)) -> Result<()> {
        Ok(query::each_label(&self.open_snapshot()?, prefix, use_key)?)
    }

    /// Lends what [`Store::values`] lists, one after another: however many values there are, that
    /// takes some tens of mebibytes at most.
    ///
    /// # Errors
    /// As [`Store::values`].
    pub fn each_value(
        &self,
        key: &str,
        prefix: &str,
        use_value: impl FnMut(&str, u64),
    ) -> Result<()> {
        Ok(query::each_value(&self.open_snapshot()?, key, prefix, use_value)?)
    }

    /// All events that an expression means now, to be read one at a time.
    #[must_use]
    pub fn export(&self, expr: &Expr) -> Export {
        let is_open = self.storage.check_open().is_ok();
        Export::new(expr.clone(), self.now(), self.snapshot(), is_open)
    }

    /// The labels that can be asked for, or could be when the store was closed. Events keep their
    /// other labels, but are not found by them, neither by expressions nor by words.
    #[must_use]
    pub fn scope_labels(&self) -> ScopeLabels {
        ScopeLabels::clone(self.snapshot().scope_labels())
    }

    /// Changes which labels can be asked for, for good: the store keeps the list.
    ///
    /// Every read sees the list of before or the new one, also while this is under way and after a
    /// crash. `progress` is called with the number of segments rewritten and of all that are to be:
    /// first for labels that the list takes in, then for those that it leaves out. The text index
    /// follows in the background. What could not be rewritten afterwards is in the report.
    ///
    /// ```
    /// use eventscope::{Draft, Error, Options, Request, Store};
    ///
    /// let store = Store::in_memory(Options::default())?;
    /// let draft = Draft::custom("Deployed web 1.4").label("team", "web").label("build", "89");
    /// store.append(&[draft])?;
    /// store.set_scope_labels(&"team,kubernetes.*".parse().expect("a list"), |_, _| {})?;
    /// assert_eq!(store.labels("")?, [("team".to_owned(), 1)]);
    /// let refused = store.query(&Request::parse("not build = '90'")?);
    /// assert!(matches!(refused, Err(Error::NotAScopeLabel { .. })));
    /// let page = store.query(&Request::parse("team = 'web'")?)?;
    /// assert_eq!(page.events[0].labels.get("build"), Some("89"));
    /// # Ok::<(), eventscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Storage`] when segments that lack labels of the new list cannot be read, or the
    /// commit failed. The list of before is in force then.
    pub fn set_scope_labels(
        &self,
        labels: &ScopeLabels,
        progress: impl FnMut(usize, usize),
    ) -> Result<Report> {
        Ok(self.storage.set_scope_labels(labels, progress)?)
    }

    /// Follows the store from a position on; [`Store::end`] is the one of the next event. The watch
    /// is a handle too, and keeps the store open.
    #[must_use]
    pub fn watch(&self, from: EventId) -> Watch {
        Watch::new(self.clone(), from)
    }

    /// The id that the next event will get, or would have got when the store was closed.
    #[must_use]
    pub fn end(&self) -> EventId {
        self.snapshot().end()
    }

    /// The time by the store's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Figures about the store.
    ///
    /// # Errors
    /// [`Error::Storage`] when the files cannot be looked at.
    pub fn stats(&self) -> Result<Stats> {
        let stats = Stats::of(self.storage.stats()?, self.shared.cache.bytes());
        Ok(Stats { upkeep_failure: self.shared.retention.failure(), ..stats })
    }

    /// Leaves little to index for whoever opens the store next: seals the newest events if there
    /// are enough of them ([`SETTLED_ROWS_MIN`](eventscope_storage::limits::SETTLED_ROWS_MIN)),
    /// and returns when that is done. Opening a store with 17,000 unsealed events takes 40 ms
    /// longer. For the end of an import, not for each append.
    ///
    /// # Errors
    /// [`Error::Storage`] when the store takes no more writes, or the disk is full.
    pub fn settle(&self) -> Result<()> {
        Ok(self.storage.settle()?)
    }

    /// Waits until the words of all events that there are now are indexed. `progress` is called
    /// with the number of events done and of all. Nobody has to wait: a query for words reads the
    /// events that are not indexed yet. Returns at once for [`Indexing::Never`](crate::Indexing).
    ///
    /// # Errors
    /// [`Error::Storage`] when the text index cannot be written.
    pub fn finish_text(&self, progress: impl FnMut(u64, u64)) -> Result<()> {
        Ok(self.storage.finish_text(progress)?)
    }

    /// Reads every record, checks every checksum, builds every index again and compares.
    ///
    /// `progress` is called with the number of segments done and of all.
    ///
    /// # Errors
    /// Only when the store is closed; what is wrong with it is in the report.
    pub fn verify(&self, progress: impl FnMut(usize, usize)) -> Result<Report> {
        Ok(self.storage.verify(progress)?)
    }

    /// Makes everything that is derived anew from the events as they are stored and the changes to
    /// them, while reads and writes go on: what [`Store::verify`] finds wrong with it is right
    /// afterwards.
    ///
    /// `progress` is called with the number of segments done and of all.
    ///
    /// # Errors
    /// [`Error::Storage`] when the store is closed or takes no more writes. What cannot be read is
    /// in the report, and left as it is.
    pub fn rebuild(&self, progress: impl FnMut(usize, usize)) -> Result<Report> {
        Ok(self.storage.rebuild(progress)?)
    }

    /// Removes what retention does not keep, now, and gives its space back. An import may bring the
    /// events back as new ones. Age is that of events as they stand now. Nothing is sealed for it;
    /// what was not removed because of that is told.
    ///
    /// ```
    /// use eventscope::{Clock, Draft, Options, Retention, Rule, Store, Timestamp};
    /// use std::time::Duration;
    ///
    /// let noon: Timestamp = "2026-11-23T12:00:00Z".parse()?;
    /// let store = Store::in_memory(Options { clock: Clock::at(noon), ..Options::default() })?;
    /// let old = Draft::custom("old").time("2026-11-21T12:00:00Z".parse()?);
    /// store.append(vec![old, Draft::custom("new")])?;
    /// let day = Duration::from_secs(86_400);
    /// let pruned = store.prune(&Retention::default().rule(Rule::older_than(day)))?;
    /// assert_eq!(pruned.removed_events, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Storage`] when the commit failed, or the space could not be given back for another
    /// reason than that the disk is full.
    ///
    /// # Cost
    /// Whole segments cost nothing; those that lose a part of their events are written again, and
    /// what is left is copied where much was removed. Reads and appends go on meanwhile.
    pub fn prune(&self, retention: &Retention) -> Result<Pruned> {
        let before = self.stats()?.bytes.total();
        let pruned = retention.apply(&self.storage, self.now())?;
        let no_room = match self.storage.compact(CompactionEffort::Tight) {
            Err(error) if error.is_of_a_full_disk() => true,
            tidied => tidied.map(|()| false)?,
        };
        // The text index can catch up later; the events are gone.
        let _ = self.storage.catch_up_with_text();
        let storage::Pruned { removed_events, removed_segments, .. } = pruned;
        let Stats { bytes, .. } = self.stats()?;
        let snapshot = self.snapshot();
        let unsealed = snapshot.parts().filter(|part| part.sealed().is_none());
        let unsealed_events = unsealed.map(|part| u64::from(snapshot.live_in(&part))).sum();
        let freed_bytes = before.saturating_sub(bytes.total());
        let over_bytes = retention.max_bytes.map_or(0, |max| bytes.total().saturating_sub(max));
        Ok(Pruned {
            removed_events,
            removed_segments,
            freed_bytes,
            over_bytes,
            unsealed_events,
            no_room,
        })
    }

    /// Copies the store into a folder as it is at one moment after this was called, while others go
    /// on appending and asking. The folder is a store then: to restore it, open it, or a copy.
    ///
    /// A folder that holds an earlier backup of this store becomes the new one, and only what is
    /// new is copied. Whatever cuts this off, the folder is the earlier backup or the new one.
    /// `progress` is called with the number of segments copied and to be copied.
    ///
    /// ```
    /// use eventscope::{Draft, Options, Store};
    ///
    /// let folder = tempfile::tempdir().expect("a folder");
    /// let store = Store::in_memory(Options::default())?;
    /// store.append(&[Draft::custom("Deployed web 1.4")])?;
    /// let backup = store.backup(folder.path().join("backup"), |_, _| {})?;
    /// assert_eq!(backup.events, 1);
    /// assert_eq!(Store::open(folder.path().join("backup"))?.stats()?.events, 1);
    /// # Ok::<(), eventscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Storage`] with [`Backup`](eventscope_storage::Error::Backup) when the folder holds
    /// anything else, or is the store's own; else with what reading the store or writing the copy
    /// met.
    pub fn backup(
        &self,
        dir: impl AsRef<Path>,
        progress: impl FnMut(usize, usize),
    ) -> Result<Backup> {
        Ok(self.storage.backup(dir, progress)?)
    }

    /// Closes the store for all its handles, after what was asked before is done and the text index
    /// is complete. Dropping the last handle closes it too, but has nobody to tell of errors; what
    /// was acknowledged is durable
    /// either way.
    ///
    /// # Errors
    /// [`Error::Storage`] with what closing the files met.
    pub fn close(self) -> Result<()> {
        self.shared.retention.stop();
        let closed = self.storage.close();
        self.shared.notifier.close();
        Ok(closed?)
    }

    pub(crate) fn notifier(&self) -> &Notifier {
        &self.shared.notifier
    }

    /// The state of the store, unless it was closed.
    pub(crate) fn open_snapshot(&self) -> Result<Snapshot> {
        self.storage.check_open()?;
        Ok(self.storage.snapshot())
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.storage.snapshot()
    }

    pub(crate) fn storage(&self) -> &Storage {
        &self.storage
    }
}
