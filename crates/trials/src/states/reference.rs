//! A store that is nothing but a list of events: what the real one must look like from outside.

use eventscope_model::{Acknowledgement, Draft, Event, EventId, State, Timestamp, Uid, UidTime};
use eventscope_storage::{
    Action, Change, Changed, HistoryEntry, NotUndoable, Options, Outcome, RowSet, Storage, What,
};
use eventscope_testkit::corpus;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// One event: as it was written, and everything that happened to it since.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) written: Event,
    /// With all later observations, but without what people did.
    pub(super) observed: Event,
    pub(super) amended: bool,
    /// What it was right after each amendment.
    pub(super) amendments: Vec<Event>,
    /// Deleted or pruned.
    pub(super) deleted: bool,
    pub(super) pruned: bool,
    pub(super) history: Vec<HistoryEntry>,
    resolution: Option<Timestamp>,
    /// The latest mark that people set or took away, if they did either.
    mark: Option<Option<Acknowledgement>>,
    /// What people did, but for what they undid, with the number of the change.
    acts: Vec<(u64, Action, Acknowledgement)>,
    /// Whether its uid fixes its time.
    uid_time: UidTime,
}

impl Entry {
    fn new(written: Event, uid_time: UidTime) -> Self {
        Self {
            observed: written.clone(),
            written,
            amended: false,
            amendments: Vec::new(),
            deleted: false,
            pruned: false,
            history: Vec::new(),
            resolution: None,
            mark: None,
            acts: Vec::new(),
            uid_time,
        }
    }

    /// The event with all changes, deleted or not.
    pub(super) fn current(&self) -> Event {
        let mut event = self.observed.clone();
        if event.state == State::Triggered
            && let Some(at) = self.resolution
        {
            (event.state, event.end_time) = (State::Resolved, Some(at));
        }
        if let Some(mark) = &self.mark {
            event.acknowledgement = mark.clone();
        }
        event
    }

    /// Whether its uid stands for one time only.
    pub(super) fn has_fixed_time(&self) -> bool {
        self.uid_time == UidTime::Fixed
    }

    /// The draft that says again what is known.
    pub(super) fn draft(&self) -> Draft {
        draft_of(&self.observed, self.uid_time)
    }

    fn note(&mut self, change: u64, what: What, remark: Acknowledgement) {
        let Acknowledgement { at, by, note } = remark;
        self.history.push(HistoryEntry { change, at, what, by, note });
    }

    fn observe(
        &mut self,
        draft: &Draft,
        received: Timestamp,
        order: &mut Order,
        change: u64,
    ) -> Outcome {
        let id = self.written.id;
        let old = draft_of(&self.observed, UidTime::Free);
        let time = draft.time.or(old.time);
        let new = Draft { time, ..draft.clone() };
        let latest = (old.state, old.end_time).max((new.state, new.end_time));
        let count = old.count.max(new.count);
        let other_words = content(&old) != content(&new);
        let wins = match (new.state, new.end_time).cmp(&(old.state, old.end_time)) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Equal => other_words && order.second_wins(&old, &new),
        };
        let what = if wins && other_words {
            What::Amended
        } else if (old.state, old.end_time, old.count) != (latest.0, latest.1, count) {
            What::Observed
        } else {
            return Outcome::Duplicate(id);
        };
        if what == What::Amended {
            let kept = self.observed.acknowledgement.clone();
            let uid = self.written.uid.clone();
            self.observed = event_of(&new, id, uid, self.written.received);
            self.observed.acknowledgement = kept;
            self.amended = true;
        }
        (self.observed.state, self.observed.end_time) = latest;
        self.observed.count = count;
        if what == What::Amended {
            self.amendments.push(self.observed.clone());
        }
        self.note(change, what, Acknowledgement { at: received, by: None, note: None });
        Outcome::Updated(id)
    }

    /// Whether the action leaves the event as it is.
    fn is_so(&self, action: Action) -> bool {
        let event = self.current();
        match action {
            Action::Acknowledge => event.acknowledgement.is_some(),
            Action::Unacknowledge => event.acknowledgement.is_none(),
            Action::Resolve => event.state == State::Resolved,
            Action::Delete => false,
        }
    }

    fn act(&mut self, number: u64, action: Action, remark: Acknowledgement) {
        self.acts.push((number, action, remark.clone()));
        self.replay();
        self.note(number, What::Action(action), remark);
    }

    fn undo(&mut self, number: u64, undone: u64, remark: Acknowledgement) {
        self.acts.retain(|(act, _, _)| *act != undone);
        self.replay();
        if self.pruned {
            self.deleted = true;
            return;
        }
        self.note(number, What::Undone(undone), remark);
    }

    /// Does again what people did.
    fn replay(&mut self) {
        (self.mark, self.resolution, self.deleted) = (None, None, false);
        for (_, action, remark) in &self.acts {
            match action {
                Action::Acknowledge => self.mark = Some(Some(remark.clone())),
                Action::Unacknowledge => self.mark = Some(None),
                Action::Resolve => self.resolution = Some(remark.at),
                Action::Delete => self.deleted = true,
            }
        }
    }
}

/// The whole store. The events that it started with are shared by all copies until they change.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    store_id: String,
    base: Arc<Vec<Entry>>,
    base_uids: Arc<HashMap<String, u64>>,
    touched: BTreeMap<u64, Entry>,
    added: Vec<Entry>,
    uids: HashMap<String, u64>,
    next_change: u64,
    last: Option<Last>,
}

/// The last change that people made.
#[derive(Clone, Debug)]
struct Last {
    change: u64,
    ids: Vec<u64>,
    undone_by: Option<u64>,
}

impl Reference {
    pub(super) fn new(store_id: &str) -> Self {
        Self {
            store_id: store_id.to_owned(),
            base: Arc::default(),
            base_uids: Arc::default(),
            touched: BTreeMap::new(),
            added: Vec::new(),
            uids: HashMap::new(),
            next_change: 1,
            last: None,
        }
    }

    /// Makes what it holds now the start that copies share.
    pub(super) fn into_base(self) -> Self {
        assert!(self.base.is_empty() && self.touched.is_empty() && self.next_change == 1);
        let (base, base_uids) = (Arc::new(self.added), Arc::new(self.uids));
        Self { base, base_uids, ..Self::new(&self.store_id) }
    }

    /// The first id that there is no event for.
    pub(super) fn end(&self) -> u64 {
        self.base_end() + self.added.len() as u64
    }

    /// The first id after the shared start.
    pub(super) fn base_end(&self) -> u64 {
        self.base.len() as u64 + 1
    }

    pub(super) fn entry(&self, id: u64) -> &Entry {
        let at = (id - 1) as usize;
        self.touched
            .get(&id)
            .or_else(|| self.base.get(at))
            .unwrap_or_else(|| &self.added[at - self.base.len()])
    }

    fn entry_mut(&mut self, id: u64) -> &mut Entry {
        let at = (id - 1) as usize;
        match self.base.get(at) {
            Some(entry) => self.touched.entry(id).or_insert_with(|| entry.clone()),
            None => &mut self.added[at - self.base.len()],
        }
    }

    /// The ids of all events that are not as they were in the shared start.
    pub(super) fn fresh(&self) -> impl Iterator<Item = u64> {
        self.touched.keys().copied().chain(self.base_end()..self.end())
    }

    /// How many events were deleted, and how many pruned.
    pub(super) fn gone(&self) -> (u64, u64) {
        let pruned = self.fresh().filter(|id| self.entry(*id).pruned).count() as u64;
        let all = self.fresh().filter(|id| self.entry(*id).deleted).count() as u64;
        (all - pruned, pruned)
    }

    /// Prunes as the store must; gives how many events that removed.
    pub(super) fn prune(&mut self, targets: &[(u32, RowSet)]) -> u64 {
        let mut removed = 0;
        for (window, rows) in targets {
            for row in rows.iter() {
                let id = u64::from(*window) << 16 | u64::from(row);
                if id > 0 && id < self.end() && !self.entry(id).deleted {
                    self.forget(id);
                    removed += 1;
                }
            }
        }
        removed
    }

    /// Forgets an event, deleted or not.
    pub(super) fn forget(&mut self, id: u64) {
        let entry = self.entry_mut(id);
        (entry.deleted, entry.pruned) = (true, true);
        entry.history.clear();
    }

    /// Takes a draft as the store must.
    pub(super) fn append(
        &mut self,
        draft: &Draft,
        received: Timestamp,
        order: &mut Order,
    ) -> Outcome {
        if let Err(invalid) = draft.check() {
            return Outcome::Rejected(invalid);
        }
        if let Some(uid) = &draft.uid
            && let Some(id) = self.uids.get(&uid.text).or_else(|| self.base_uids.get(&uid.text))
            && !self.entry(*id).pruned
        {
            let id = *id;
            if self.entry(id).deleted {
                return Outcome::Duplicate(EventId(id));
            }
            let change = self.next_change;
            let outcome = self.entry_mut(id).observe(draft, received, order, change);
            self.next_change += u64::from(matches!(outcome, Outcome::Updated(_)));
            return outcome;
        }
        let id = EventId(self.end());
        let (uid, uid_time) = match &draft.uid {
            Some(uid) => (uid.text.clone(), uid.time),
            None => (format!("eventscope:{}:{id}", self.store_id), UidTime::Free),
        };
        self.uids.insert(uid.clone(), id.0);
        self.added.push(Entry::new(event_of(draft, id, uid, received), uid_time));
        Outcome::Appended(id)
    }

    /// Makes a change as the store must.
    pub(super) fn change(&mut self, change: &Change, at: Timestamp) -> Changed {
        let mut changed = Changed::default();
        let remark = Acknowledgement { at, by: change.by.clone(), note: change.note.clone() };
        let mut ids = Vec::new();
        for (window, rows) in &change.targets {
            for row in rows.iter() {
                let id = u64::from(*window) << 16 | u64::from(row);
                if id == 0 || id >= self.end() || self.entry(id).deleted {
                    continue;
                }
                changed.matched += 1;
                let event_type = self.entry(id).observed.event_type;
                if !change.action.applies_to(event_type) {
                    changed.refused.push((EventId(id), event_type));
                } else if !self.entry(id).is_so(change.action) {
                    ids.push(id);
                    let number = self.next_change;
                    self.entry_mut(id).act(number, change.action, remark.clone());
                }
            }
        }
        changed.changed = ids.len() as u64;
        if !ids.is_empty() {
            changed.change = Some(self.next_change);
            self.last = Some(Last { change: self.next_change, ids, undone_by: None });
            self.next_change += 1;
        }
        changed
    }

    /// Undoes a change as the store must.
    pub(super) fn undo(
        &mut self,
        change: u64,
        remark: &Acknowledgement,
    ) -> Result<Changed, NotUndoable> {
        let last = self.last.clone().ok_or(NotUndoable::NoChange)?;
        match last.undone_by {
            None if last.change == change => {}
            Some(by) if last.change == change => return Err(NotUndoable::Undone { by }),
            Some(by) if by == change => return Err(NotUndoable::IsUndo { of: last.change }),
            by => {
                return Err(NotUndoable::NotLast { last: last.change, undone: by.is_some() });
            }
        }
        let number = self.next_change;
        self.next_change += 1;
        for id in &last.ids {
            self.entry_mut(*id).undo(number, change, remark.clone());
        }
        let changed = last.ids.iter().filter(|id| !self.entry(**id).pruned).count() as u64;
        self.last = Some(Last { undone_by: Some(number), ..last });
        Ok(Changed { matched: changed, changed, refused: Vec::new(), change: Some(number) })
    }

    /// Takes the number into account that a pruning was given, if it was.
    pub(super) fn pruned_as(&mut self, change: Option<u64>) {
        assert!(change.is_none_or(|change| change == self.next_change), "{change:?}");
        self.next_change += u64::from(change.is_some());
    }

    /// Whether all events of the last change that people made were pruned.
    pub(super) fn is_last_pruned(&self) -> bool {
        self.last.as_ref().is_some_and(|last| last.ids.iter().all(|id| self.entry(*id).pruned))
    }

    /// Whether the last change that people made deleted events.
    pub(super) fn is_last_a_delete(&self) -> bool {
        let deleted = |id: &u64| {
            let acts = &self.entry(*id).acts;
            acts.last().is_some_and(|(_, action, _)| *action == Action::Delete)
        };
        self.last.as_ref().is_some_and(|last| last.ids.iter().any(deleted))
    }

    /// The number of the last change that people made, if they made one.
    pub(super) fn last_change(&self) -> Option<u64> {
        self.last.as_ref().map(|last| last.change)
    }

    /// The number that the next change gets.
    pub(super) fn next_change(&self) -> u64 {
        self.next_change
    }
}

/// Which of two contents counts when neither observation is resolved or ends later: the store's
/// own secret, but it must be the same for all stores, so another one is asked.
#[derive(Debug)]
pub(super) struct Order {
    storage: Storage,
    asked: u64,
}

impl Order {
    pub(super) fn new() -> Self {
        Self { storage: Storage::in_memory(&Options::default()).unwrap(), asked: 0 }
    }

    fn second_wins(&mut self, first: &Draft, second: &Draft) -> bool {
        self.asked += 1;
        let uid = Uid { text: format!("pair {}", self.asked), time: UidTime::Free };
        let pair = [first, second].map(|draft| Draft { uid: Some(uid.clone()), ..content(draft) });
        let outcomes = self.storage.append(pair.to_vec()).unwrap();
        matches!(outcomes[1], Outcome::Updated(_))
    }
}

/// What an observation says beside state, end and count.
fn content(draft: &Draft) -> Draft {
    Draft {
        uid: None,
        state: State::Triggered,
        end_time: None,
        count: 1,
        acknowledgement: None,
        ..draft.clone()
    }
}

fn event_of(draft: &Draft, id: EventId, uid: String, received: Timestamp) -> Event {
    let time = draft.time.unwrap_or(received);
    Event { uid, received, ..corpus::event(draft.clone(), id, time).unwrap() }
}

fn draft_of(event: &Event, uid_time: UidTime) -> Draft {
    let uid = Some(Uid { text: event.uid.clone(), time: uid_time });
    Draft { uid, ..Draft::of(event) }
}
