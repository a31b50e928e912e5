//! One event as it is stored.
//!
//! A row is its time, the 16 random bytes of its uid, and a body: the bincode of everything else.
//! The time of receipt is shared by all rows of a batch and kept beside them. Times stand apart
//! because queries read them without the body; the body is what compression works on.
//!
//! Behind what a body says of its event may stand which of its labels were added by whoever brought
//! it, and, of a notice that an alert is over, when that ended. Only further drafts ask for them.

pub(crate) mod block;
pub(crate) mod compression;
pub(crate) mod stored_uid;

use crate::database::codec;
use crate::error::{Error, Result};
use crate::row::stored_uid::{Context, Digest, Shape};
use bincode::{BorrowDecode, Encode};
use eventscope_model::{
    Acknowledgement, AlertDetails, Details, Draft, Event, EventId, EventType, Labels,
    PolicyDetails, ScanDetails, Severity, State, Timestamp,
};
use xxhash_rust::xxh3::Xxh3;

/// A row in memory: what the log holds and what a segment is built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) time: Timestamp,
    pub(crate) received: Timestamp,
    pub(crate) digest: Option<Digest>,
    pub(crate) body: Vec<u8>,
}

/// The part of a row that is compressed.
#[derive(Debug, Encode, BorrowDecode)]
pub(crate) struct Body<'a> {
    pub(crate) event_type: u8,
    pub(crate) severity: u8,
    pub(crate) resolved: bool,
    pub(crate) end_time: Option<i64>,
    pub(crate) count: u64,
    pub(crate) uid: Shape<'a>,
    pub(crate) source: &'a str,
    pub(crate) name: &'a str,
    pub(crate) labels: Vec<(&'a str, &'a str)>,
    pub(crate) tags: Vec<(&'a str, &'a str)>,
    pub(crate) acknowledgement: Option<(i64, Option<&'a str>, Option<&'a str>)>,
    pub(crate) details: Option<StoredDetails<'a>>,
    pub(crate) description: &'a str,
}

impl<'a> Body<'a> {
    /// Reads a body, and what stands behind it.
    fn read(bytes: &'a [u8]) -> Result<(Self, Aside)> {
        let (body, rest): (Self, _) = codec::decode_first(bytes, &"a row")?;
        if rest.is_empty() {
            return Ok((body, Aside::default()));
        }
        let (added, rest): (Vec<u16>, _) = codec::decode_first(rest, &"the added labels of a row")?;
        let (closes, rest) = match rest {
            [] => (None, rest),
            bytes => read_end(bytes)?,
        };
        let revision = match rest {
            [] => 0,
            bytes => codec::decode(bytes, &"the revision of a row")?,
        };
        let is_in = |place: &u16| usize::from(*place) < body.labels.len();
        let says_nothing = added.is_empty() && closes.is_none() && revision == 0;
        if says_nothing || !added.is_sorted_by(|a, b| a < b) || !added.iter().all(is_in) {
            return Err(Error::corrupt("the added labels of a row", "they are none of its labels"));
        }
        Ok((body, Aside { added, closes, revision }))
    }
}

/// What stands behind the body of a row.
#[derive(Debug, Default)]
struct Aside {
    /// The places of the labels that were added by whoever brought the event.
    added: Vec<u16>,
    /// Of a notice that an alert is over, when it ended.
    closes: Option<Timestamp>,
    /// The version of what the row says; 0 for none.
    revision: u64,
}

fn read_end(bytes: &[u8]) -> Result<(Option<Timestamp>, &[u8])> {
    let (end, rest): (Option<i64>, _) = codec::decode_first(bytes, &"the end that a row closes")?;
    let damaged = || Error::corrupt("the end that a row closes", "it is out of range");
    let end = end.map(|end| timestamp(end).ok_or_else(damaged)).transpose()?;
    Ok((end, rest))
}

/// An event as observed so far, and what stands beside it.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) event: Event,
    /// Keys of the labels that were added by whoever brought it.
    pub(crate) added: Vec<String>,
    /// Of a notice that an alert is over, when it ended.
    pub(crate) closes: Option<Timestamp>,
    /// The version of what it says; 0 for none.
    pub(crate) revision: u64,
}

/// The first byte of the body of a row whose event was deleted: no type of an event has it.
const GONE: u8 = u8::MAX;

/// What is left of a row whose event was deleted: its uid, so that an import finds it.
#[derive(Debug, Encode, BorrowDecode)]
pub(crate) struct Gone<'a> {
    mark: u8,
    pub(crate) count: u64,
    pub(crate) uid: Shape<'a>,
}

/// What a row says.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly every row is whole, and none is kept")]
pub(crate) enum Content<'a> {
    /// An event; of a notice that an alert is over, when it ended.
    Whole(Body<'a>, Option<Timestamp>),
    /// Only which event there was.
    Gone(Gone<'a>),
    /// Nothing: the event was pruned.
    Hole,
}

impl<'a> Content<'a> {
    /// Reads a body.
    pub(crate) fn read(body: &'a [u8]) -> Result<Self> {
        Ok(match body.first() {
            None => Self::Hole,
            Some(&GONE) => Self::Gone(codec::decode(body, &"a row")?),
            Some(_) => {
                let (body, aside) = Body::read(body)?;
                Self::Whole(body, aside.closes)
            }
        })
    }

    /// The event, if there is one.
    pub(crate) fn event(&self) -> Option<&Body<'a>> {
        match self {
            Self::Whole(body, _) => Some(body),
            Self::Gone(_) | Self::Hole => None,
        }
    }

    /// The uid of the event; none if nothing is left of it.
    pub(crate) fn uid(
        &self,
        row: &Encoded,
        id: EventId,
        origin: Origin<'_>,
    ) -> Result<Option<String>> {
        let (count, shape) = match self {
            Self::Whole(body, _) => (body.count, body.uid),
            Self::Gone(gone) => (gone.count, gone.uid),
            Self::Hole => return Ok(None),
        };
        let context = Context { store_id: origin.store_id, id, time: row.time, count };
        let uid = stored_uid::join(row.digest, shape, &context);
        uid.map(Some).ok_or_else(|| Error::corrupt(format!("event {id}"), "its uid is torn"))
    }
}

/// Details as their table's texts in order; the metrics of an alert apart.
#[derive(Debug, Encode, BorrowDecode)]
pub(crate) struct StoredDetails<'a> {
    event_type: u8,
    texts: Vec<Option<&'a str>>,
    metrics: Vec<&'a str>,
}

/// What is the same for all rows of a store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) store_id: &'a str,
}

impl Row {
    /// The row of a checked draft.
    pub(crate) fn from_draft(
        draft: &Draft,
        id: EventId,
        received: Timestamp,
        origin: Origin<'_>,
    ) -> Result<Self> {
        let time = draft.time.unwrap_or(received);
        let context = Context { store_id: origin.store_id, id, time, count: draft.count };
        let (digest, shape) = match &draft.uid {
            Some(uid) => stored_uid::split(&uid.text, &context),
            None => (None, Shape::Made),
        };
        let body = body_of(draft, shape);
        let mut bytes = codec::encode(&body)?;
        let added = added_places(&body.labels, &draft.added);
        let (closes, revision) = (draft.closes.map(Timestamp::nanos), draft.revision);
        let has_more = closes.is_some() || revision > 0;
        if has_more || !added.is_empty() {
            codec::encode_into(&mut bytes, &added)?;
        }
        if has_more {
            codec::encode_into(&mut bytes, &closes)?;
        }
        if revision > 0 {
            codec::encode_into(&mut bytes, &revision)?;
        }
        Ok(Self { time, received, digest, body: bytes })
    }

    /// Adds all of the row but its time of receipt to a hash.
    pub(crate) fn hash_into(&self, hash: &mut Xxh3) {
        hash.update(&self.time.nanos().to_le_bytes());
        hash.update(&self.digest.unwrap_or_default());
        hash.update(&(self.body.len() as u64).to_le_bytes());
        hash.update(&self.body);
    }

    /// Reads the body of an event.
    pub(crate) fn body(&self) -> Result<Body<'_>> {
        Ok(Body::read(&self.body)?.0)
    }

    /// Reads the content of the row: a whole event, or what is left of it.
    pub(crate) fn content(&self) -> Result<Content<'_>> {
        Content::read(&self.body)
    }

    /// Whether it is a whole event.
    pub(crate) fn is_whole(&self) -> bool {
        self.body.first().is_some_and(|first| *first != GONE)
    }

    /// This row without its event: what is kept of a pruned one.
    pub(crate) fn hole(self) -> Self {
        Self { digest: None, body: Vec::new(), ..self }
    }

    /// This row with nothing but the uid of its event: what is kept of a deleted one.
    pub(crate) fn gone(self) -> Result<Self> {
        let body = match self.content()? {
            Content::Whole(body, _) => {
                codec::encode(&Gone { mark: GONE, count: body.count, uid: body.uid })?
            }
            Content::Gone(_) | Content::Hole => return Ok(self),
        };
        Ok(Self { body, ..self })
    }

    /// The event in this row, without the overlay.
    pub(crate) fn event(&self, id: EventId, origin: Origin<'_>) -> Result<Event> {
        self.encoded().event(&self.body, id, origin)
    }

    /// The same, and which of its labels were added.
    pub(crate) fn known(&self, id: EventId, origin: Origin<'_>) -> Result<Known> {
        self.encoded().known(&self.body, id, origin)
    }

    /// The uid of the event in this row, if that much is left of it.
    pub(crate) fn uid(&self, id: EventId, origin: Origin<'_>) -> Result<Option<String>> {
        self.encoded().uid(&self.body, id, origin)
    }

    /// The row without its body.
    pub(crate) fn encoded(&self) -> Encoded {
        Encoded { time: self.time, received: self.received, digest: self.digest }
    }
}

/// A row without its body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Encoded {
    pub(crate) time: Timestamp,
    pub(crate) received: Timestamp,
    pub(crate) digest: Option<Digest>,
}

impl Encoded {
    /// The uid of the event in a row, given the bytes of its body; none if nothing is left of it.
    pub(crate) fn uid(
        &self,
        body: &[u8],
        id: EventId,
        origin: Origin<'_>,
    ) -> Result<Option<String>> {
        Content::read(body)?.uid(self, id, origin)
    }

    /// The event in a row, given the bytes of its body.
    pub(crate) fn event(&self, body: &[u8], id: EventId, origin: Origin<'_>) -> Result<Event> {
        self.event_of(&Body::read(body)?.0, id, origin)
    }

    /// The same, and which of its labels were added.
    pub(crate) fn known(&self, body: &[u8], id: EventId, origin: Origin<'_>) -> Result<Known> {
        let (body, aside) = Body::read(body)?;
        let key =
            |place: u16| body.labels.get(usize::from(place)).map(|(key, _)| (*key).to_owned());
        let added = aside.added.iter().copied().filter_map(key).collect();
        let Aside { closes, revision, .. } = aside;
        Ok(Known { event: self.event_of(&body, id, origin)?, added, closes, revision })
    }

    fn event_of(&self, body: &Body<'_>, id: EventId, origin: Origin<'_>) -> Result<Event> {
        let damaged = |what| Error::corrupt(format!("event {id}"), what);
        let context = Context { store_id: origin.store_id, id, time: self.time, count: body.count };
        let acknowledgement = match body.acknowledgement {
            Some((at, by, note)) => Some(Acknowledgement {
                at: timestamp(at).ok_or_else(|| damaged("a time is out of range"))?,
                by: by.map(str::to_owned),
                note: note.map(str::to_owned),
            }),
            None => None,
        };
        let end_time = match body.end_time {
            Some(nanos) => Some(timestamp(nanos).ok_or_else(|| damaged("a time is out of range"))?),
            None => None,
        };
        let details = match &body.details {
            Some(details) => {
                Some(details.read().ok_or_else(|| damaged("its details are of no type"))?)
            }
            None => None,
        };
        Ok(Event {
            id,
            uid: stored_uid::join(self.digest, body.uid, &context)
                .ok_or_else(|| damaged("its uid is torn"))?,
            time: self.time,
            received: self.received,
            event_type: EventType::from_code(body.event_type)
                .ok_or_else(|| damaged("it has no type"))?,
            severity: Severity::from_level(body.severity)
                .ok_or_else(|| damaged("it has no severity"))?,
            source: body.source.to_owned(),
            name: body.name.to_owned(),
            description: body.description.to_owned(),
            labels: owned(&body.labels),
            tags: owned(&body.tags),
            state: if body.resolved { State::Resolved } else { State::Triggered },
            end_time,
            count: body.count,
            acknowledgement,
            details,
        })
    }
}

fn timestamp(nanos: i64) -> Option<Timestamp> {
    Timestamp::from_nanos(nanos)
}

fn owned(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().copied().collect()
}

/// The places of the labels whose keys are among those that were added.
fn added_places(labels: &[(&str, &str)], added: &[String]) -> Vec<u16> {
    if added.is_empty() {
        return Vec::new();
    }
    let is_added = |(_, (key, _)): &(u16, &(&str, &str))| added.iter().any(|added| added == key);
    (0..).zip(labels).filter(is_added).map(|(place, _)| place).collect()
}

fn body_of<'a>(draft: &'a Draft, uid: Shape<'a>) -> Body<'a> {
    let mark = draft.acknowledgement.as_ref();
    Body {
        event_type: draft.event_type.code(),
        severity: draft.severity,
        resolved: draft.state == State::Resolved,
        end_time: draft.end_time.map(Timestamp::nanos),
        count: draft.count,
        uid,
        source: &draft.source,
        name: &draft.name,
        #[cfg(not(feature = "plants"))]
        labels: draft.labels.iter().collect(),
        #[cfg(feature = "plants")]
        labels: {
            let kept = crate::fault_injection::is(crate::fault_injection::Plant::DropLastLabel);
            draft.labels.iter().take(draft.labels.len() - usize::from(kept)).collect()
        },
        tags: draft.tags.iter().collect(),
        acknowledgement: mark.map(|m| (m.at.nanos(), m.by.as_deref(), m.note.as_deref())),
        details: draft.details.as_ref().map(StoredDetails::of),
        description: &draft.description,
    }
}

impl<'a> StoredDetails<'a> {
    fn of(details: &'a Details) -> Self {
        Self {
            event_type: details.event_type().code(),
            texts: details.fields().into_iter().map(|(_, text)| text).collect(),
            metrics: details.metrics().iter().map(String::as_str).collect(),
        }
    }

    fn read(&self) -> Option<Details> {
        let mut texts = self.texts.iter().map(|text| text.map(str::to_owned));
        let mut next = || texts.next().flatten();
        Some(match EventType::from_code(self.event_type)? {
            EventType::Alert => Details::Alert(AlertDetails {
                trigger: next(),
                entity: next(),
                alert_name: next(),
                alert_type: next(),
                condition: next(),
                scope: next(),
                segment: next(),
                metrics: self.metrics.iter().map(|metric| (*metric).to_owned()).collect(),
            }),
            EventType::Policy => Details::Policy(PolicyDetails {
                host: next(),
                host_mac: next(),
                container_name: next(),
                container_id: next(),
                image: next(),
                rule: next(),
                summary: next(),
            }),
            EventType::Scan => Details::Scan(ScanDetails {
                registry: next(),
                tag: next(),
                image: next(),
                image_id: next(),
                digest: next(),
            }),
            EventType::Docker
            | EventType::Containerd
            | EventType::Kubernetes
            | EventType::Custom => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Origin, Row};
    use eventscope_model::{
        Acknowledgement, AlertDetails, Details, Draft, EventId, EventType, Timestamp, UidTime,
    };

    #[test]
    fn a_full_draft_comes_back_as_its_event() {
        let time: Timestamp = "2026-11-23T09:09:00.123456789Z".parse().unwrap();
        let alert = AlertDetails {
            trigger: Some("cpu at 97 %".to_owned()),
            metrics: vec!["cpu".to_owned()],
            segment: Some(String::new()),
            ..AlertDetails::default()
        };
        let mut draft = Draft::new(EventType::Alert, "alertmanager", "HighCpu")
            .severity(1)
            .description("\u{30b3}\u{30f3}")
            .time(time)
            .label("kube_pod_name", "web-1")
            .tag("team", "")
            .uid("alert:0a@1", UidTime::Fixed)
            .resolved(time.saturating_add(5))
            .details(Details::Alert(alert));
        draft.count = 9;
        draft.acknowledgement =
            Some(Acknowledgement { at: time, by: Some("aya".to_owned()), note: None });
        let origin = Origin { store_id: "5a" };
        let row = Row::from_draft(&draft, EventId(4), Timestamp::MAX, origin).unwrap();
        let event = row.event(EventId(4), origin).unwrap();
        assert_eq!(event.received, Timestamp::MAX);
        assert_eq!(Draft::of(&event), {
            draft.uid.as_mut().unwrap().time = UidTime::Free;
            draft
        });
    }

    #[test]
    fn what_is_left_of_a_row_is_its_uid_or_nothing() {
        let origin = Origin { store_id: "5a" };
        let (id, now) = (EventId(7), Timestamp::EPOCH);
        for uid in ["alert", "k8s:00112233-4455-6677-8899-aabbccddeeff:3@0", "eventscope:5a:7"] {
            let mut draft = Draft::custom("n").uid(uid, UidTime::Free).time(now);
            draft.count = 3;
            let row = Row::from_draft(&draft, id, now, origin).unwrap();
            let gone = row.clone().gone().unwrap();
            assert_eq!(gone.uid(id, origin).unwrap().as_deref(), Some(uid));
            assert_eq!(gone.clone().gone().unwrap(), gone);
            let hole = gone.clone().hole();
            assert_eq!(hole.uid(id, origin).unwrap(), None);
            assert_eq!([&row, &gone, &hole].map(Row::is_whole), [true, false, false]);
            for left in [gone, hole] {
                assert_eq!(left.time, row.time);
                assert!(left.event(id, origin).is_err());
            }
        }
    }

    #[test]
    fn a_draft_without_time_and_uid_gets_both() {
        let origin = Origin { store_id: "5a" };
        let now = Timestamp::from_unix(1_000_000_000).unwrap();
        let row = Row::from_draft(&Draft::custom("deploy"), EventId(12), now, origin).unwrap();
        let event = row.event(EventId(12), origin).unwrap();
        assert_eq!((event.time, event.uid.as_str()), (now, "eventscope:5a:12"));
    }
}
