//! A store that is nothing but a list of events: what the real one must look like from outside.

use eventscope_model::{
    Acknowledgement, Draft, Event, EventId, Severity, State, Timestamp, Uid, UidTime,
};
use eventscope_storage::{
    Action, Change, Changed, HistoryEntry, Options, Outcome, RowSet, Storage, What,
};
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

    /// The draft that says again what is known.
    pub(super) fn draft(&self) -> Draft {
        draft_of(&self.observed, self.uid_time)
    }

    fn note(&mut self, at: Timestamp, what: What, by: Option<&String>, note: Option<&String>) {
        let (by, note) = (by.cloned(), note.cloned());
        self.history.push(HistoryEntry { change: 0, at, what, by, note });
    }

    fn observe(&mut self, draft: &Draft, received: Timestamp, order: &mut Order) -> Outcome {
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
        self.note(received, what, None, None);
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

    fn act(&mut self, change: &Change, at: Timestamp) {
        let (by, note) = (change.by.clone(), change.note.clone());
        match change.action {
            Action::Acknowledge => self.mark = Some(Some(Acknowledgement { at, by, note })),
            Action::Unacknowledge => self.mark = Some(None),
            Action::Resolve => self.resolution = Some(at),
            Action::Delete => self.deleted = true,
        }
        let what = What::Action(change.action);
        self.note(at, what, change.by.as_ref(), change.note.as_ref());
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
        }
    }

    /// Makes what it holds now the start that copies share.
    pub(super) fn into_base(self) -> Self {
        assert!(self.base.is_empty() && self.touched.is_empty());
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
            return self.entry_mut(id).observe(draft, received, order);
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
                    changed.changed += 1;
                    self.entry_mut(id).act(change, at);
                }
            }
        }
        changed
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

    /// The store that is asked.
    pub(super) fn into_storage(self) -> Storage {
        self.storage
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
    let draft = draft.clone();
    Event {
        id,
        uid,
        time: draft.time.unwrap_or(received),
        received,
        event_type: draft.event_type,
        severity: Severity::from_level(draft.severity).unwrap(),
        source: draft.source,
        name: draft.name,
        description: draft.description,
        labels: draft.labels,
        tags: draft.tags,
        state: draft.state,
        end_time: draft.end_time,
        count: draft.count,
        acknowledgement: draft.acknowledgement,
        details: draft.details,
    }
}

fn draft_of(event: &Event, uid_time: UidTime) -> Draft {
    let uid = Some(Uid { text: event.uid.clone(), time: uid_time });
    Draft { uid, ..Draft::of(event) }
}
