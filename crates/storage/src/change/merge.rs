//! Several observations of one event become one.
//!
//! The rule is commutative, so that the order in which observations arrive does not matter: a
//! resolved observation beats a triggered one; among those in the greater state the latest end
//! counts; the count is the greatest of all; and every other field comes from the observation with
//! the greatest (state, end, content hash, time), of scans after (severity, number of findings), so
//! that the worse of two reports counts. An observation whose time is a guess has that of
//! the event as it is known, so that the same report in another file is the same observation.
//!
//! Observations with revisions are not merged: the one with the greatest counts as a whole. A draft
//! may ask to replace what is known, or to leave it as it is; what comes of that depends on the
//! order, as whoever asks for it wants.
//!
//! What whoever brought an observation added to it is no content: labels that one of the two is
//! marked to have been given, and tags that begin with `eventscope.`. An event keeps the labels
//! that were added when it was first stored.

use crate::error::Result;
use crate::row::{Known, Origin, Row};
use eventscope_model::{
    Draft, EventId, EventType, Invalid, Labels, OnConflict, State, Timestamp, UidTime,
};
use std::cmp::Ordering;
use xxhash_rust::xxh3::xxh3_64;

/// What the keys of tags begin with that an importer adds.
const OWN_TAGS: &str = "eventscope.";

/// What a further observation does to an event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Merged {
    /// Nothing: it is a duplicate.
    Same,
    /// Its state, end or count are these now.
    Observed(State, Option<Timestamp>, u64),
    /// It is this now.
    Amended(Box<Draft>),
    /// It cannot be an observation of this event.
    Refused(Invalid),
}

/// Merges an observation into what is stored. `stored` carries all earlier observations, but not
/// what people did to it; its acknowledgement stays.
pub(crate) fn merge(known: &Known, draft: &Draft) -> Result<Merged> {
    let stored = &known.event;
    if draft.event_type != stored.event_type {
        let (stored, event_type) = (stored.event_type, draft.event_type);
        return Ok(Merged::Refused(Invalid::OtherType { stored, event_type }));
    }
    // A notice that an alert is over is what it is, and nothing takes its place.
    let is_notice = known.closes.is_some() || draft.closes.is_some();
    match (draft.on_conflict, draft.revision.cmp(&known.revision)) {
        (OnConflict::Keep, _) => return Ok(Merged::Same),
        (OnConflict::Replace, _) | (OnConflict::Merge, Ordering::Greater) if !is_notice => {
            return Ok(replaced(known, draft));
        }
        (OnConflict::Merge, Ordering::Less) => return Ok(Merged::Same),
        _ => {}
    }
    let old = Draft::of(stored);
    let mut new = draft.clone();
    let is_guess = draft.uid.as_ref().is_some_and(|uid| uid.time == UidTime::Guessed);
    new.time = draft.time.filter(|_| !is_guess).or(old.time);
    let (state, end_time) = (old.state, old.end_time).max((new.state, new.end_time));
    let count = old.count.max(new.count);
    let added = [known.added.as_slice(), draft.added.as_slice()];
    let old_hash = content_hash(&old, added)?;
    let new_hash = content_hash(&new, added)?;
    let says_other = (new_hash, new.time) != (old_hash, old.time);
    let rank =
        |draft: &Draft, hash| (draft.state, draft.end_time, badness(draft), hash, draft.time);
    if says_other && rank(&new, new_hash) > rank(&old, old_hash) {
        let acknowledgement = old.acknowledgement;
        let new = with_labels_added_to(known, new);
        return Ok(Merged::Amended(Box::new(Draft {
            state,
            end_time,
            count,
            acknowledgement,
            closes: known.closes,
            ..new
        })));
    }
    if (state, end_time, count) == (old.state, old.end_time, old.count) {
        return Ok(Merged::Same);
    }
    Ok(Merged::Observed(state, end_time, count))
}

/// An observation that takes the place of all before it. The greatest revision stays known, so that
/// an older one that comes late changes nothing.
fn replaced(known: &Known, draft: &Draft) -> Merged {
    let old = Draft { revision: known.revision, ..Draft::of(&known.event) };
    let is_guess = draft.uid.as_ref().is_some_and(|uid| uid.time == UidTime::Guessed);
    let new = Draft {
        uid: old.uid.clone(),
        time: draft.time.filter(|_| !is_guess).or(old.time),
        acknowledgement: draft.acknowledgement.clone().or_else(|| old.acknowledgement.clone()),
        added: Vec::new(),
        fired_again: false,
        on_conflict: OnConflict::Merge,
        revision: draft.revision.max(known.revision),
        ..draft.clone()
    };
    if new == old {
        return Merged::Same;
    }
    Merged::Amended(Box::new(Draft { added: draft.added.clone(), ..new }))
}

/// How bad the report of a scan is: by its severity, then by the number that its text begins with,
/// which is that of its findings. Undated reports of one artifact are observations of one event.
#[expect(clippy::arithmetic_side_effects, reason = "a level is at most 7 here")]
fn badness(draft: &Draft) -> (u8, u64) {
    if draft.event_type != EventType::Scan {
        return (0, 0);
    }
    let digits = draft.description.split(|letter: char| !letter.is_ascii_digit()).next();
    (7 - draft.severity.min(7), digits.and_then(|digits| digits.parse().ok()).unwrap_or(0))
}

/// An observation in which the labels that were added, to it or to the event when that was first
/// stored, are those of the event: none of them changes. They give way to the limits.
fn with_labels_added_to(known: &Known, draft: Draft) -> Draft {
    let added = [known.added.as_slice(), draft.added.as_slice()];
    let labels = without(&draft.labels, added);
    let keys = added.into_iter().flatten();
    let kept = keys.filter_map(|key| Some((key.as_str(), known.event.labels.get(key)?)));
    let all = labels.iter().chain(kept).collect();
    let whole = Draft { labels: all, added: known.added.clone(), ..draft };
    if whole.check().is_ok() { whole } else { Draft { labels, added: Vec::new(), ..whole } }
}

fn without(labels: &Labels, added: [&[String]; 2]) -> Labels {
    if added.iter().all(|added| added.is_empty()) {
        return labels.clone();
    }
    let is_added = |key: &str| added.iter().any(|added| added.iter().any(|it| it == key));
    labels.iter().filter(|(key, _)| !is_added(key)).collect()
}

/// A hash of every field but time, state, end, count and acknowledgement, without what was added.
fn content_hash(draft: &Draft, added: [&[String]; 2]) -> Result<u64> {
    let tags = draft.tags.iter().filter(|(key, _)| !key.starts_with(OWN_TAGS));
    let content = Draft {
        labels: without(&draft.labels, added),
        tags: tags.collect(),
        added: Vec::new(),
        uid: None,
        state: State::Triggered,
        end_time: None,
        count: 1,
        revision: 0,
        acknowledgement: None,
        closes: None,
        ..draft.clone()
    };
    let origin = Origin { store_id: "" };
    let row = Row::from_draft(&content, EventId(0), Timestamp::EPOCH, origin)?;
    Ok(xxh3_64(&row.body))
}

#[cfg(test)]
mod tests {
    use super::{Merged, merge};
    use crate::row::{Known, Origin, Row};
    use eventscope_model::{
        Draft, Event, EventId, EventType, Invalid, OnConflict, State, Timestamp, UidTime,
    };
    use proptest::prelude::*;

    fn stored(draft: &Draft) -> Known {
        let origin = Origin { store_id: "5a" };
        let row = Row::from_draft(draft, EventId(1), Timestamp::EPOCH, origin).unwrap();
        row.known(EventId(1), origin).unwrap()
    }

    fn observe(known: Known, draft: &Draft) -> Known {
        match merge(&known, draft).unwrap() {
            Merged::Same => known,
            Merged::Observed(state, end_time, count) => {
                Known { event: Event { state, end_time, count, ..known.event }, ..known }
            }
            Merged::Amended(draft) => stored(&draft),
            Merged::Refused(invalid) => panic!("{invalid}"),
        }
    }

    #[test]
    fn a_guessed_time_changes_no_event() {
        let guessed = |nanos, text| {
            Draft::new(EventType::Scan, "test", "CVE-1")
                .time(Timestamp::from_nanos(nanos).unwrap())
                .uid("scan:1", UidTime::Guessed)
                .description(text)
        };
        let first = stored(&guessed(0, "a"));
        let b_wins = merge(&first, &guessed(0, "b")).unwrap() != Merged::Same;
        for nanos in 1..50 {
            let event = stored(&guessed(nanos, "a"));
            assert_eq!(merge(&event, &guessed(50 - nanos, "a")).unwrap(), Merged::Same);
            let outcome = merge(&event, &guessed(50 - nanos, "b")).unwrap();
            match outcome {
                Merged::Same => assert!(!b_wins),
                Merged::Amended(draft) => assert!(b_wins && draft.time == Some(event.event.time)),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn what_was_added_says_nothing_and_stays() {
        let bare = |text: &str| {
            Draft::new(EventType::Alert, "test", "HighCpu")
                .time(Timestamp::EPOCH)
                .label("pod", "web-1")
                .description(text)
                .uid("alert:1", UidTime::Free)
        };
        let stamps: [&[(&str, &str)]; 4] =
            [&[], &[("team", "a")], &[("team", "b"), ("pod", "x")], &[("site", "tokyo")]];
        let stamped = |text: &str, stamps: &[(&str, &str)]| {
            let draft = bare(text).tag("eventscope.guessed", stamps.len().to_string());
            stamps.iter().fold(draft, |draft, (key, value)| draft.added_label(*key, *value))
        };
        for first in stamps {
            let known = stored(&stamped("a", first));
            for second in stamps {
                let again = stamped("a", second);
                assert_eq!(merge(&known, &again).unwrap(), Merged::Same, "{first:?} {second:?}");
                // As an export of the store has it: nothing in it is marked.
                let exported = Draft { added: Vec::new(), ..stamped("a", first) };
                assert_eq!(merge(&known, &exported).unwrap(), Merged::Same);
                // One of these texts wins against the one that is stored.
                let better = |number: u8| {
                    let text = format!("text {number}");
                    let merged = merge(&known, &stamped(&text, second)).unwrap();
                    (merged != Merged::Same).then_some((text, merged))
                };
                let (text, merged) = (0..u8::MAX).find_map(better).unwrap();
                match merged {
                    Merged::Amended(draft) => {
                        assert_eq!(draft.description, text);
                        assert_eq!(draft.labels, known.event.labels, "{first:?} {second:?}");
                        assert_eq!(stored(&draft).added, known.added);
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    #[test]
    fn the_last_the_first_or_the_greatest_counts_if_that_is_asked_for() {
        let alert = |text: &str| {
            Draft::new(EventType::Alert, "test", "HighCpu")
                .time(Timestamp::EPOCH)
                .uid("alert:1", UidTime::Free)
                .description(text)
        };
        let end = Timestamp::from_nanos(7).unwrap();
        let texts = ["running", "finished", "running again", "a", "b", "c"];
        for first in texts {
            let over = stored(&alert(first).resolved(end).label("pod", "x"));
            for text in texts {
                let last = alert(text).on_conflict(OnConflict::Replace);
                let known = observe(stored(&alert("x").resolved(end).label("pod", "x")), &last);
                assert_eq!((known.event.description.as_str(), known.event.end_time), (text, None));
                assert_eq!(known.event.state, State::Triggered);
                assert!(known.event.labels.is_empty());
                assert_eq!(merge(&known, &last).unwrap(), Merged::Same);
                let kept = alert(text).on_conflict(OnConflict::Keep).revision(9);
                assert_eq!(merge(&over, &kept).unwrap(), Merged::Same);
                let newer = observe(stored(&alert(first).revision(1)), &alert(text).revision(2));
                let older = observe(stored(&alert(text).revision(2)), &alert(first).revision(1));
                assert_eq!(newer.event.description, text);
                assert_eq!(older.event, newer.event);
                assert_eq!((newer.revision, older.revision), (2, 2));
            }
        }
        let other = Draft::custom("n").uid("alert:1", UidTime::Free);
        let other = other.on_conflict(OnConflict::Replace);
        let refused = merge(&stored(&alert("a")), &other).unwrap();
        assert!(matches!(refused, Merged::Refused(Invalid::OtherType { .. })), "{refused:?}");
    }

    fn observations() -> impl Strategy<Value = Vec<Draft>> {
        let one = (0..2u8, 0..3i64, 1..3u64, 0..6u8, 0..3u64);
        let one = one.prop_map(|(state, end, count, text, revision)| {
            let mut draft = Draft::new(EventType::Alert, "test", "HighCpu")
                .time(Timestamp::from_nanos(i64::from(text / 3)).unwrap())
                .uid("alert:1", UidTime::Free)
                .description(format!("text {}", text % 3));
            draft.count = count;
            draft.end_time = Timestamp::from_nanos(end).filter(|_| end > 0);
            draft.state = if state == 0 { State::Triggered } else { State::Resolved };
            draft.revision(revision / 2)
        });
        prop::collection::vec(one, 1..6)
    }

    proptest! {
        #[test]
        fn the_order_of_observations_does_not_matter(
            (first, second) in observations().prop_flat_map(|all| {
                (Just(all.clone()), Just(all).prop_shuffle())
            }),
            again in 0..6usize,
        ) {
            let life = |all: &[Draft]| {
                all[1..].iter().fold(stored(&all[0]), observe)
            };
            let event = life(&first);
            prop_assert_eq!(&life(&second).event, &event.event);
            let twice = &first[again % first.len()];
            prop_assert_eq!(merge(&event, twice).unwrap(), Merged::Same);
        }
    }
}
