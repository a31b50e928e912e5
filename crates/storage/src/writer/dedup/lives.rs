//! The lives of one alert, and notices that say of one of them that it is over, but not which.
//!
//! Each time an alert fires is a *life* of it, and an event: their uids are what they have in
//! common ([`life_of`]) and their start. A notice names the alert and an end. The rule does not
//! depend on what comes first, so that dumps may be imported in any order:
//!
//! - A notice is about the life that starts last at or before its end, if there is one.
//! - A life that is over by its own observations has their end. Any other has the earliest end of
//!   the notices about it; without any it goes on.
//! - A notice about a life with just that end is no event of its own. Any other notice is one.
//!
//! Every notice is a row. One that is no event of its own is hidden by the overlay and stays whole:
//! what arrives later may be what it is about, or may have an earlier end.
//!
//! Lives are found by the labels that the alert and its notices share, in the indexes that are
//! there anyway; notices by an index of their own, which costs nothing where there are none. Events
//! that people deleted, or retention has removed, are neither.

use super::{Intake, Outcome};
use crate::change::Doing;
use crate::error::Result;
use crate::index::canonical;
use crate::index::field::Field;
use crate::index::row_set::RowSet;
use crate::limits::LIFE_CANDIDATES_MAX;
use crate::row::Known;
use crate::view::part::Part;
use eventscope_model::{Acknowledgement, Draft, EventId, EventType, State, Timestamp, life_of};
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::ops::Bound::{Excluded, Unbounded};
use xxhash_rust::xxh3::xxh3_64;

/// What the history of an alert says when a notice ends it, or does not any more.
const CLOSED: &str = "a notice says that it is over";
const OPEN_AGAIN: &str = "the notice is about a later start";
const OVER_BY_ITSELF: &str = "it has an end of its own";

/// What a new row is found by: the hash of what the uids of its alert have in common, and its time.
type Place = (u64, Timestamp, EventId);

/// The new rows of a commit by the alert that they are about, and the parts that have notices.
#[derive(Debug, Default)]
pub(super) struct Family<'a> {
    /// Lives since somebody last asked for one.
    unsorted: Vec<Place>,
    lives: BTreeSet<Place>,
    notices: BTreeSet<Place>,
    /// Of the stored parts, once that was asked.
    parts: OnceCell<Vec<Part<'a>>>,
}

/// What the lives of an alert and its notices have in common.
#[derive(Clone, Copy, Debug)]
struct Kin<'d> {
    /// The beginning of their uids.
    life: &'d str,
    hash: u64,
    draft: &'d Draft,
}

impl<'d> Kin<'d> {
    fn of(draft: &'d Draft) -> Option<Self> {
        let life = draft.life()?;
        Some(Self { life, hash: xxh3_64(life.as_bytes()), draft })
    }

    /// Labels, sorted by key, without those that were added on the way.
    fn labels(&self) -> Vec<(&'d str, &'d str)> {
        let is_own = |(key, _): &(&str, &str)| !self.draft.added.iter().any(|it| it == key);
        self.draft.labels.iter().filter(is_own).collect()
    }

    fn place(&self, time: Timestamp, id: EventId) -> Place {
        (self.hash, time, id)
    }
}

/// A notice that an alert is over.
#[derive(Clone, Copy, Debug)]
struct Notice {
    id: EventId,
    end: Timestamp,
}

/// The lives next to a time.
#[derive(Clone, Copy, Debug)]
struct Around {
    at: Timestamp,
    /// The one that starts last at or before it.
    latest: Option<(Timestamp, EventId)>,
    /// The start of the first one after it.
    next: Option<Timestamp>,
}

impl Around {
    /// Whether a life with this start would be nearer.
    fn wants(&self, start: Timestamp) -> bool {
        if start > self.at {
            return self.next.is_none_or(|next| start < next);
        }
        self.latest.is_none_or(|(latest, _)| latest < start)
    }

    fn take(&mut self, start: Timestamp, id: EventId) {
        if !self.wants(start) {
            return;
        }
        if start > self.at {
            self.next = Some(start);
        } else {
            self.latest = Some((start, id));
        }
    }
}

impl<'a> Intake<'a> {
    /// Works out what a new row has to do with other lives of the same alert.
    pub(super) fn join_lives(&mut self, draft: &Draft, id: EventId) -> Result<Outcome> {
        let (Some(kin), Some(start)) = (Kin::of(draft), draft.time) else {
            return Ok(Outcome::Appended(id));
        };
        match draft.closes {
            Some(end) => self.close(&kin, (start, end), id),
            None => self.begin(&kin, start, id),
        }
    }

    /// Takes a notice.
    fn close(
        &mut self,
        kin: &Kin<'_>,
        (time, end): (Timestamp, Timestamp),
        id: EventId,
    ) -> Result<Outcome> {
        self.family.notices.insert(kin.place(time, id));
        let around = self.around(kin, end)?;
        let Some((start, life)) = around.latest else { return Ok(Outcome::Appended(id)) };
        let is_changed = self.settle(kin, (start, life), around.next)?;
        Ok(match self.absorbed(id) {
            Some(life) if is_changed => Outcome::Updated(life),
            Some(life) => Outcome::Duplicate(life),
            None => Outcome::Appended(id),
        })
    }

    /// Takes a life. The one before it may lose a notice to it.
    fn begin(&mut self, kin: &Kin<'_>, start: Timestamp, id: EventId) -> Result<Outcome> {
        let around = match self.notices(kin, start)?.is_empty() {
            true => None,
            false => Some(self.around(kin, start)?),
        };
        self.family.unsorted.push(kin.place(start, id));
        if let Some(around) = around {
            self.settle(kin, (start, id), around.next)?;
            if let Some(before) = around.latest {
                self.settle(kin, before, Some(start))?;
            }
        }
        Ok(Outcome::Appended(id))
    }

    /// Takes a further observation of a life, which is recorded: if that is over by itself now, its
    /// end is not that of a notice.
    pub(super) fn observe_life(&mut self, known: &Known, draft: &Draft) -> Result<()> {
        let was_open = known.event.state == State::Triggered;
        if (was_open && draft.state == State::Triggered) || known.closes.is_some() {
            return Ok(());
        }
        let (start, id) = (known.event.time, known.event.id);
        let Some(kin) = Kin::of(draft) else { return Ok(()) };
        if self.closed(id).is_none() && self.notices(&kin, start)?.is_empty() {
            return Ok(());
        }
        let next = self.around(&kin, start)?.next;
        self.settle(&kin, (start, id), next).map(drop)
    }

    /// What is shown for an event: for a notice that is hidden, the event whose end it is.
    pub(super) fn as_shown(&self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Updated(id) | Outcome::Duplicate(id) => match self.absorbed(id) {
                Some(life) => Outcome::Duplicate(life),
                None => outcome,
            },
            Outcome::Appended(_) | Outcome::Rejected(_) => outcome,
        }
    }

    /// Has a life and the notices about it be as the rule says: those with an end from its start
    /// on, and before the next start. Tells whether the life ends otherwise now.
    fn settle(
        &mut self,
        kin: &Kin<'_>,
        (start, id): (Timestamp, EventId),
        next: Option<Timestamp>,
    ) -> Result<bool> {
        let is_about = |end: Timestamp| end >= start && next.is_none_or(|next| end < next);
        let own = self.stored(id)?.event;
        let mut notices = self.notices(kin, start)?;
        if let Some(end) = own.end_time {
            let more = self.notices(kin, end)?;
            notices.extend(more);
        }
        notices.retain(|notice| is_about(notice.end));
        notices.sort_unstable_by_key(|notice| notice.id);
        notices.dedup_by_key(|notice| notice.id);
        let closed = self.closed(id);
        // Retention may have removed the notice that closed it.
        let ends = notices.iter().map(|notice| notice.end).chain(closed.filter(|it| is_about(*it)));
        let (end, closing) = match own.state {
            State::Resolved => (own.end_time, None),
            State::Triggered => {
                let end = ends.min();
                (end, end)
            }
        };
        if closing != closed {
            let note = match (closing, own.state) {
                (Some(_), _) => CLOSED,
                (None, State::Triggered) => OPEN_AGAIN,
                (None, State::Resolved) => OVER_BY_ITSELF,
            };
            let doing = Doing::Closed(id.row(), closing.map(Timestamp::nanos));
            self.record(id, doing, Some(note.to_owned()))?;
        }
        for notice in notices {
            let (row, into) = (notice.id.row(), self.absorbed(notice.id));
            if Some(notice.end) == end {
                if into != Some(id) {
                    let note = Some(format!("is the end of #{id}"));
                    self.record(notice.id, Doing::Absorbed(row, Some(id.0)), note)?;
                    self.carry_over(notice.id, id)?;
                }
            } else if let Some(into) = into {
                let note = Some(format!("is not the end of #{into}"));
                self.record(notice.id, Doing::Absorbed(row, None), note)?;
            }
        }
        Ok(closing != closed)
    }

    /// Gives the acknowledgement of a notice to the alert that it ends, if that has none.
    fn carry_over(&mut self, notice: EventId, life: EventId) -> Result<()> {
        if let Some(mark) = self.acknowledgement(notice)?
            && self.acknowledgement(life)?.is_none()
        {
            let doing = Doing::Marked(life.row());
            self.record_as(life, doing, (mark.at, mark.by, mark.note))?;
        }
        Ok(())
    }

    fn acknowledgement(&self, id: EventId) -> Result<Option<Acknowledgement>> {
        let mut event = self.stored(id)?.event;
        if let Some(overlay) = self.overlays.get(&id.window()) {
            overlay.apply(id.row(), &mut event);
        }
        Ok(event.acknowledgement)
    }

    /// The event whose end a notice is.
    fn absorbed(&self, id: EventId) -> Option<EventId> {
        self.overlays.get(&id.window())?.absorbed(id.row())
    }

    /// Since when a life is over by a notice.
    fn closed(&self, id: EventId) -> Option<Timestamp> {
        self.overlays.get(&id.window())?.closed(id.row())
    }

    /// The notices of an alert whose ends are not before a time: those of the next rows after it.
    fn notices(&self, kin: &Kin<'_>, from: Timestamp) -> Result<Vec<Notice>> {
        let new = self.family.notices.range(kin.place(from, EventId(0))..);
        let new = new.take_while(|(hash, ..)| *hash == kin.hash).take(LIFE_CANDIDATES_MAX);
        let mut rows: Vec<_> = new.map(|(_, time, id)| (*time, *id)).collect();
        for part in self.parts_with_notices() {
            // A notice is not from before the end that it tells.
            if part.time_span().1 < from {
                continue;
            }
            let mut found = RowSet::empty();
            part.notices_of(kin.life, &mut found)?;
            let times = part.times()?;
            let found = found.iter().map(|row| (times.time(row), part.id(row)));
            rows.extend(found.filter(|(time, _)| *time >= from));
        }
        rows.sort_unstable();
        let mut notices = Vec::new();
        for (_, id) in rows.into_iter().take(LIFE_CANDIDATES_MAX) {
            notices.extend(self.notice(id, kin)?.filter(|notice| notice.end >= from));
        }
        Ok(notices)
    }

    /// The notice in a row, unless it is gone or of another alert with the same hash.
    fn notice(&self, id: EventId, kin: &Kin<'_>) -> Result<Option<Notice>> {
        let overlay = self.overlays.get(&id.window());
        let is_gone = overlay.is_some_and(|overlay| overlay.is_deleted(id.row()));
        if is_gone && self.absorbed(id).is_none() {
            return Ok(None);
        }
        let known = self.stored(id)?;
        let is_of = life_of(&known.event.uid, known.event.time) == Some(kin.life);
        Ok(known.closes.filter(|_| is_of).map(|end| Notice { id, end }))
    }

    /// The stored parts that have notices, whatever they are about.
    fn parts_with_notices(&self) -> &[Part<'a>] {
        let parts = || self.view.parts().filter(Part::has_notices).collect();
        self.family.parts.get_or_init(parts)
    }

    /// The lives of an alert next to a time.
    fn around(&mut self, kin: &Kin<'_>, at: Timestamp) -> Result<Around> {
        let unsorted = std::mem::take(&mut self.family.unsorted);
        self.family.lives.extend(unsorted);
        let mut around = Around { at, latest: None, next: None };
        let first = kin.place(Timestamp::EPOCH, EventId(0));
        let middle = kin.place(at, EventId(u64::MAX));
        let before = self.family.lives.range(first..=middle).rev();
        let after = self.family.lives.range((Excluded(middle), Unbounded));
        let before: &mut dyn Iterator<Item = &Place> = &mut { before };
        for side in [before, &mut after.take_while(|(hash, ..)| *hash == kin.hash)] {
            for (_, start, id) in side.take(LIFE_CANDIDATES_MAX) {
                if self.is_life(*id, kin)? {
                    around.take(*start, *id);
                    break;
                }
            }
        }
        let labels = kin.labels();
        for part in self.view.parts().rev() {
            let (first, last) = part.time_span();
            let is_far = around.latest.is_some_and(|(start, _)| last <= start)
                || around.next.is_some_and(|next| first >= next);
            if !is_far && let Some(rows) = self.candidates(&part, kin, &labels)? {
                self.look_around(&part, kin, rows, &mut around)?;
            }
        }
        Ok(around)
    }

    /// The rows of a part with all labels of an alert that are indexed, but for its notices.
    fn candidates(
        &self,
        part: &Part<'a>,
        kin: &Kin<'_>,
        labels: &[(&str, &str)],
    ) -> Result<Option<RowSet>> {
        let mut rows = part.row_set();
        let mut found = Vec::new();
        let labels = canonical(labels).filter(|(key, _)| self.view.labels.admit(key));
        let labels = labels.map(|(key, value)| (Field::Label(key), value));
        for (field, value) in [(Field::Type, EventType::Alert.name())].into_iter().chain(labels) {
            found.clear();
            let Some(index) = part.find(field, std::iter::once(value), &mut found)? else {
                return Ok(None);
            };
            found.iter().for_each(|value| index.rows(*value).and_into(&mut rows));
        }
        if let Some(deleted) = self.overlays.get(&part.window()).and_then(|it| it.deleted()) {
            rows.and_not(deleted);
        }
        let mut notices = RowSet::empty();
        part.notices_of(kin.life, &mut notices)?;
        rows.and_not(&notices);
        Ok(Some(rows).filter(|rows| !rows.is_empty()))
    }

    /// Looks among some rows of a part for lives that are nearer to a time.
    fn look_around(
        &self,
        part: &Part<'a>,
        kin: &Kin<'_>,
        mut rows: RowSet,
        around: &mut Around,
    ) -> Result<()> {
        let times = part.times()?;
        for is_before in [true, false] {
            for _ in 0..LIFE_CANDIDATES_MAX {
                let starts = rows.iter().map(|row| (times.time(row), row));
                let starts = starts.filter(|(start, _)| (*start <= around.at) == is_before);
                let nearest = if is_before { starts.max() } else { starts.min() };
                let Some((start, row)) = nearest.filter(|(start, _)| around.wants(*start)) else {
                    break;
                };
                let id = part.id(row);
                if self.is_life(id, kin)? {
                    around.take(start, id);
                    break;
                }
                rows.remove(row);
            }
        }
        Ok(())
    }

    /// Whether an event is a life of an alert.
    fn is_life(&self, id: EventId, kin: &Kin<'_>) -> Result<bool> {
        let known = self.stored(id)?;
        let is_of = life_of(&known.event.uid, known.event.time) == Some(kin.life);
        Ok(is_of && known.closes.is_none())
    }
}
