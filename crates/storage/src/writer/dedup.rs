//! Turns drafts into rows, one commit's worth at a time: checks limits, finds earlier observations
//! by their uid, gives ids. What notices do that an alert is over is in [`lives`].

mod lives;

use crate::change::merge::{self, Merged};
use crate::change::overlay::{self, Overlays};
use crate::change::{Doing, Effect, Observed, Record, StoredRow};
use crate::error::{Error, Result};
use crate::index::row_set::RowSet;
use crate::index::uids::Uids;
use crate::limits::{COMMIT_BYTES_MAX, COMMIT_DRAFTS_MAX, EVENT_ID_MAX};
use crate::row::{Known, Origin, Row};
use crate::segment::Segment;
use crate::segment::chunk::{Chunk, Cuts};
use crate::view::View;
use eventscope_model::{Draft, EventId, Invalid, State, Timestamp, Uid, UidTime};
use hashbrown::HashMap;
use lives::Family;
use std::cell::OnceCell;
use std::sync::Arc;

/// The note under which the history of an alert tells that it fired again with the same start.
const FIRED_AGAIN: &str = "fired again";

/// What drafts take of the room of one commit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weight {
    drafts: usize,
    bytes: usize,
}

impl Weight {
    #[expect(clippy::arithmetic_side_effects, reason = "drafts in memory")]
    pub(crate) fn of(drafts: &[Draft]) -> Self {
        drafts.iter().fold(Self::default(), |weight, draft| Self {
            drafts: weight.drafts + 1,
            bytes: weight.bytes + draft.memory(),
        })
    }

    #[expect(clippy::arithmetic_side_effects, reason = "drafts in memory")]
    pub(crate) fn and(self, other: Self) -> Self {
        Self { drafts: self.drafts + other.drafts, bytes: self.bytes + other.bytes }
    }

    /// Whether one commit takes them all.
    pub(crate) fn fits(self) -> bool {
        self.drafts <= COMMIT_DRAFTS_MAX && self.bytes <= COMMIT_BYTES_MAX
    }

    /// Adds a draft if the commit takes it too.
    pub(crate) fn takes(&mut self, draft: &Draft) -> bool {
        let more = self.and(Self::of(std::slice::from_ref(draft)));
        if more.fits() {
            *self = more;
        }
        more.fits()
    }
}

/// What became of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a draft may have been rejected"]
pub enum Outcome {
    /// It is a new event.
    Appended(EventId),
    /// It says nothing new about an event that is stored.
    Duplicate(EventId),
    /// It is a later observation of an event that is stored, and changed it.
    Updated(EventId),
    /// It was not taken.
    Rejected(Invalid),
}

impl Outcome {
    /// The event that the draft became, or was an observation of; none if it was rejected.
    #[must_use]
    pub fn id(&self) -> Option<EventId> {
        match self {
            Self::Appended(id) | Self::Duplicate(id) | Self::Updated(id) => Some(*id),
            Self::Rejected(_) => None,
        }
    }

    /// Whether the draft was not taken.
    #[must_use]
    pub fn is_rejected(&self) -> bool {
        matches!(self, Self::Rejected(_))
    }
}

/// Which events of the tail may bear which uid, by its hash.
#[derive(Debug, Default)]
pub(crate) struct RecentUids {
    ids: HashMap<u32, EventId>,
    /// Events whose hash was taken by another one later: a handful among 131,072.
    collisions: Vec<(u32, EventId)>,
}

impl RecentUids {
    /// Adds the rows of a chunk.
    pub(crate) fn add(&mut self, chunk: &Chunk) {
        for (hash, row) in chunk.index.uids.iter() {
            let id = EventId::at(chunk.first.window(), row);
            if let Some(other) = self.ids.insert(hash, id) {
                self.collisions.push((hash, other));
            }
        }
    }

    /// Events whose uid has the hash of this one.
    fn candidates(&self, uid: &str) -> impl Iterator<Item = EventId> {
        let hash = Uids::hash(uid);
        let collisions = self.collisions.iter().filter(move |(other, _)| *other == hash);
        self.ids.get(&hash).copied().into_iter().chain(collisions.map(|(_, id)| *id))
    }

    /// Forgets the rows before an id: they are in a segment now.
    pub(crate) fn forget_before(&mut self, end: EventId) {
        self.ids.retain(|_, id| *id >= end);
        self.collisions.retain(|(_, id)| *id >= end);
    }
}

/// What a uid stands for already.
enum Found {
    /// An event, as observed so far.
    Event(Box<Known>),
    /// One that was deleted, and stays so.
    Deleted(EventId),
}

/// The drafts of one commit on their way to become rows and changes.
#[derive(Debug)]
pub(crate) struct Intake<'a> {
    view: &'a View,
    recent: &'a RecentUids,
    /// The uids of each segment of the view, once they were asked for.
    sealed_uids: Vec<OnceCell<Arc<Uids>>>,
    received: Timestamp,
    /// New rows, the first of which has the id `view.end`.
    pub(crate) rows: Vec<Row>,
    /// Where those are cut, so that no piece has more fields than a tail may.
    pub(crate) cuts: Cuts,
    /// Uids of the new rows.
    uids: HashMap<String, EventId>,
    /// The changes in the log.
    earlier: &'a [Record],
    /// What the new rows have to do with each other as lives of the same alerts.
    family: Family<'a>,
    /// By window the rows whose history tells that they fired again, once that was asked.
    fired_again: HashMap<u32, RowSet>,
    /// What later observations changed, one record each.
    pub(crate) changes: Vec<Record>,
    next_change: u64,
    /// The overlays with those changes applied.
    pub(crate) overlays: Overlays,
}

impl<'a> Intake<'a> {
    pub(crate) fn new(
        view: &'a View,
        recent: &'a RecentUids,
        earlier: &'a [Record],
        received: Timestamp,
        next_change: u64,
    ) -> Self {
        let overlays = view.overlays.clone();
        let sealed_uids = std::iter::repeat_with(OnceCell::new).take(view.segments.len());
        Self {
            view,
            recent,
            sealed_uids: sealed_uids.collect(),
            received,
            rows: Vec::new(),
            cuts: Cuts::default(),
            uids: HashMap::new(),
            earlier,
            family: Family::default(),
            fired_again: HashMap::new(),
            changes: Vec::new(),
            next_change,
            overlays,
        }
    }

    /// Takes one draft.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "ids stay below 2^48, which `free_id` checks"
    )]
    pub(crate) fn take(&mut self, draft: &Draft) -> Result<Outcome> {
        if let Err(invalid) = draft.check() {
            return Ok(Outcome::Rejected(invalid));
        }
        if let Some(uid) = &draft.uid
            && let Some(found) = self.find(uid, draft.time)?
        {
            return match found {
                Found::Event(stored) => {
                    let outcome = self.observe(&stored, draft)?;
                    Ok(self.as_shown(outcome))
                }
                Found::Deleted(id) => Ok(Outcome::Duplicate(id)),
            };
        }
        let id = free_id(self.view.end.0 + self.rows.len() as u64)?;
        self.cuts.note(draft, self.rows.len());
        self.rows.push(Row::from_draft(draft, id, self.received, self.origin())?);
        if let Some(uid) = &draft.uid {
            self.uids.insert(uid.text.clone(), id);
        }
        self.join_lives(draft, id)
    }

    fn origin(&self) -> Origin<'a> {
        self.view.reader.shared.origin()
    }

    /// The event with a uid, as observed so far: among the new rows, in the tail, in segments.
    fn find(&self, uid: &Uid, time: Option<Timestamp>) -> Result<Option<Found>> {
        if let Some(id) = self.uids.get(&uid.text) {
            return self.stored(*id).map(|known| Some(Found::Event(Box::new(known))));
        }
        for id in self.recent.candidates(&uid.text) {
            if let Some(found) = self.with_uid(id, uid)? {
                return Ok(Some(found));
            }
        }
        let hash = Uids::hash(&uid.text);
        for (number, segment) in self.view.segments.iter().enumerate() {
            let outside = |time| time < segment.span.0 || time > segment.span.1;
            if uid.time == UidTime::Fixed && time.is_some_and(outside) {
                continue;
            }
            for row in self.sealed_uids(number, segment)?.find(hash) {
                let id = EventId::at(segment.first.window(), row);
                if let Some(found) = self.with_uid(id, uid)? {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    /// The uids of a segment, fetched once for all drafts of a commit.
    #[expect(clippy::indexing_slicing, reason = "there is one for each segment of the view")]
    fn sealed_uids(&self, number: usize, segment: &Segment) -> Result<&Uids> {
        let fetched = &self.sealed_uids[number];
        match fetched.get() {
            Some(uids) => Ok(uids),
            None => {
                let uids = self.view.reader.uids(segment)?;
                Ok(fetched.get_or_init(|| uids))
            }
        }
    }

    /// What is known of an event if it has this uid. A pruned one has none.
    fn with_uid(&self, id: EventId, uid: &Uid) -> Result<Option<Found>> {
        let row = id.row();
        let overlay = self.overlays.get(&id.window());
        let overlay = overlay.filter(|it| it.is_deleted(row) && it.absorbed(row).is_none());
        let Some(overlay) = overlay else {
            let known = self.stored(id)?;
            return Ok((known.event.uid == uid.text).then(|| Found::Event(Box::new(known))));
        };
        if overlay.is_pruned(row) {
            return Ok(None);
        }
        let part = self.view.part_of(id).ok_or(Error::NoSuchEvent { id: id.0 })?;
        let is_it = part.uid(row)?.is_some_and(|known| known == uid.text);
        Ok(is_it.then_some(Found::Deleted(id)))
    }

    /// An event as observed so far, without what people did to it.
    fn stored(&self, id: EventId) -> Result<Known> {
        let overlay = self.overlays.get(&id.window());
        let mut known = match overlay.and_then(|overlay| overlay.amendment(id.row())) {
            Some(row) => row.known(id, self.origin())?,
            None => self.written(id)?,
        };
        if let Some(overlay) = overlay {
            overlay.apply_observed(id.row(), &mut known.event);
        }
        Ok(known)
    }

    fn written(&self, id: EventId) -> Result<Known> {
        if let Some(new) = id.0.checked_sub(self.view.end.0) {
            let row = usize::try_from(new).ok().and_then(|new| self.rows.get(new));
            return row.ok_or(Error::NoSuchEvent { id: id.0 })?.known(id, self.origin());
        }
        let part = self.view.part_of(id).ok_or(Error::NoSuchEvent { id: id.0 })?;
        part.known(id.row())
    }

    /// Merges a further observation into an event.
    fn observe(&mut self, known: &Known, draft: &Draft) -> Result<Outcome> {
        let stored = &known.event;
        let id = stored.id;
        let doing = match merge::merge(known, draft)? {
            Merged::Same => return self.again(known, draft),
            Merged::Refused(invalid) => return Ok(Outcome::Rejected(invalid)),
            Merged::Observed(state, end_time, count) => Doing::Observed(Observed {
                row: id.row(),
                resolved: state == State::Resolved,
                end_time: end_time.map(Timestamp::nanos),
                count,
            }),
            Merged::Amended(draft) => {
                let row = Row::from_draft(&draft, id, stored.received, self.origin())?;
                let stored = StoredRow {
                    time: row.time.nanos(),
                    received: row.received.nanos(),
                    digest: row.digest,
                    body: row.body,
                };
                Doing::Amended(id.row(), stored)
            }
        };
        self.record(id, doing, None)?;
        self.observe_life(known, draft)?;
        Ok(Outcome::Updated(id))
    }

    /// Records what an observation did to an event.
    fn record(&mut self, id: EventId, doing: Doing, note: Option<String>) -> Result<()> {
        self.record_as(id, doing, (self.received, None, note))
    }

    /// Records what happened to an event, with the time, by whom and the note.
    #[expect(clippy::arithmetic_side_effects, reason = "numbers of changes stay below 2^48")]
    fn record_as(
        &mut self,
        id: EventId,
        doing: Doing,
        (at, by, note): (Timestamp, Option<String>, Option<String>),
    ) -> Result<()> {
        let effects = vec![Effect { window: id.window(), what: doing }];
        let record = Record { id: self.next_change, at: at.nanos(), by, note, effects };
        self.next_change += 1;
        overlay::apply(&mut self.overlays, &record)?;
        self.changes.push(record);
        Ok(())
    }

    /// Takes an observation that changes nothing. If it is of an alert that is over and fires
    /// again, that is told once in its history.
    fn again(&mut self, known: &Known, draft: &Draft) -> Result<Outcome> {
        let stored = &known.event;
        let id = stored.id;
        if draft.fired_again && stored.state == State::Resolved && self.is_first_time(id)? {
            let doing = Doing::Observed(Observed {
                row: id.row(),
                resolved: true,
                end_time: stored.end_time.map(Timestamp::nanos),
                count: stored.count,
            });
            self.record(id, doing, Some(FIRED_AGAIN.to_owned()))?;
        }
        Ok(Outcome::Duplicate(id))
    }

    /// Whether the history of an event does not tell yet that it fired again; from now on it does.
    fn is_first_time(&mut self, id: EventId) -> Result<bool> {
        let window = id.window();
        if !self.fired_again.contains_key(&window) {
            let folded = self.view.reader.folded(window)?;
            let told = folded
                .iter()
                .chain(self.earlier)
                .filter(|change| change.note.as_deref() == Some(FIRED_AGAIN));
            let rows =
                told.flat_map(|change| &change.effects).filter_map(|effect| match &effect.what {
                    Doing::Observed(observed) if effect.window == window => Some(observed.row),
                    _ => None,
                });
            self.fired_again.insert(window, rows.collect());
        }
        let rows = self.fired_again.entry(window).or_insert_with(RowSet::empty);
        let is_first = !rows.contains(id.row());
        rows.insert(id.row());
        Ok(is_first)
    }
}

/// An id for a new event, if the one after it is an id, too: that will be the next event's.
fn free_id(id: u64) -> Result<EventId> {
    if id < EVENT_ID_MAX { Ok(EventId(id)) } else { Err(Error::Full) }
}

#[cfg(test)]
mod tests {
    use super::{EVENT_ID_MAX, RecentUids, free_id};
    use crate::Error;
    use crate::row::{Origin, Row};
    use crate::segment::chunk::Chunk;
    use eventscope_model::{Draft, EventId, ScopeLabels, Timestamp, UidTime};
    use std::sync::Arc;

    fn chunk(first: u64, uid: &str) -> Chunk {
        let origin = Origin { store_id: "5a" };
        let draft = Draft::custom("n").uid(uid, UidTime::Free);
        let row = Row::from_draft(&draft, EventId(first), Timestamp::EPOCH, origin).unwrap();
        let labels = Arc::new(ScopeLabels::all());
        Chunk::build(EventId(first), vec![row], origin, &labels).unwrap()
    }

    #[test]
    fn all_events_with_a_hash_are_candidates_until_they_are_forgotten() {
        let mut recent = RecentUids::default();
        recent.add(&chunk(65_537, "a"));
        recent.add(&chunk(65_538, "a"));
        recent.add(&chunk(65_539, "b"));
        let candidates = |recent: &RecentUids| {
            let mut ids: Vec<u64> = recent.candidates("a").map(|id| id.0).collect();
            ids.sort_unstable();
            ids
        };
        assert_eq!(candidates(&recent), [65_537, 65_538]);
        recent.forget_before(EventId(65_538));
        assert_eq!(candidates(&recent), [65_538]);
    }

    #[test]
    fn after_the_last_event_there_is_still_an_id() {
        assert_eq!(free_id(EVENT_ID_MAX - 1).unwrap(), EventId(EVENT_ID_MAX - 1));
        for id in [EVENT_ID_MAX, EVENT_ID_MAX + 1, u64::MAX] {
            assert!(matches!(free_id(id), Err(Error::Full)), "{id}");
        }
    }
}
