//! Random events.

use super::{DESCRIPTIONS, LABELS, MINUTE_NANOS, NAMES, SOURCES, TAGS, random_time};
use crate::Rng;
use eventscope_model::{
    Acknowledgement, AlertDetails, Details, Draft, EventType, Labels, PolicyDetails, ScanDetails,
    State, Timestamp, UidTime,
};

/// So many random drafts, all of which a store takes.
///
/// About a fifth of them are further observations of an earlier one: the same again, a higher
/// count, an alert that resolved, other words. A uid always goes with one type, and one that
/// fixes its time always with one time, across calls too.
pub fn random_drafts(rng: &mut Rng, count: usize) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::with_capacity(count);
    while drafts.len() < count {
        let earlier = (rng.percent(30) && !drafts.is_empty()).then(|| rng.pick(&drafts));
        let draft = match earlier.filter(|draft| draft.uid.is_some()) {
            Some(earlier) => observed_again(rng, earlier),
            None => observed_first(rng),
        };
        drafts.push(draft);
    }
    drafts
}

fn observed_first(rng: &mut Rng) -> Draft {
    let event_type = *rng.pick(&EventType::ALL);
    let time = random_time(rng);
    let mut draft = Draft::new(event_type, *rng.pick(&SOURCES), *rng.pick(&NAMES))
        .time(time)
        .severity(rng.below(8) as u8)
        .description(*rng.pick(&DESCRIPTIONS));
    match rng.below(5) {
        0 | 1 => {
            let uid = format!("{event_type}:{}@{}", rng.below(6), time.nanos());
            draft = draft.uid(uid, UidTime::Fixed);
        }
        2 => draft = draft.uid(format!("free:{event_type}:{}", rng.below(6)), UidTime::Free),
        _ if rng.percent(10) => draft.time = None,
        _ => {}
    }
    draft.labels = random_pairs(rng, &LABELS, 5);
    draft.tags = random_pairs(rng, &TAGS, 2);
    if rng.percent(20) {
        draft.count = rng.between(1, 4) as u64;
    }
    if event_type.can_be_acknowledged() && rng.percent(15) {
        draft.acknowledgement = Some(random_mark(rng));
    }
    if event_type.can_be_resolved() && rng.percent(30) {
        resolve(rng, &mut draft);
    }
    if rng.percent(40) {
        draft.details = random_details(rng, event_type);
    }
    draft
}

/// A later report of the same event.
fn observed_again(rng: &mut Rng, earlier: &Draft) -> Draft {
    let mut draft = earlier.clone();
    let free = draft.uid.as_ref().is_some_and(|uid| uid.time == UidTime::Free);
    match rng.below(8) {
        0 => {}
        1 => draft.count += 1,
        2 => draft.description = (*rng.pick(&DESCRIPTIONS)).to_owned(),
        3 => draft.labels = random_pairs(rng, &LABELS, 5),
        4 if draft.event_type.can_be_acknowledged() => {
            draft.acknowledgement = Some(random_mark(rng));
        }
        5 if free => draft.time = Some(random_time(rng)),
        _ if draft.event_type.can_be_resolved() => resolve(rng, &mut draft),
        _ => draft.severity = rng.below(8) as u8,
    }
    draft
}

fn resolve(rng: &mut Rng, draft: &mut Draft) {
    draft.state = State::Resolved;
    let time = draft.time.unwrap_or(Timestamp::EPOCH);
    let minutes = rng.between(0, 3);
    draft.end_time =
        rng.percent(80).then(|| time.saturating_add(minutes * MINUTE_NANOS + minutes * 500_000));
}

fn random_pairs(rng: &mut Rng, from: &[(&str, &[&str])], most: usize) -> Labels {
    let count = rng.below(most + 1);
    (0..count)
        .map(|_| {
            let (key, values) = rng.pick(from);
            (*key, *rng.pick(values))
        })
        .collect()
}

fn random_mark(rng: &mut Rng) -> Acknowledgement {
    Acknowledgement {
        at: random_time(rng),
        by: rng.percent(70).then(|| "aya".to_owned()),
        note: rng.percent(30).then(|| (*rng.pick(&["", "known", "it's fine"])).to_owned()),
    }
}

fn random_details(rng: &mut Rng, event_type: EventType) -> Option<Details> {
    let mut text = || rng.percent(60).then(|| (*rng.pick(&["web-1", "", "a = 'b'"])).to_owned());
    match event_type {
        EventType::Alert => Some(Details::Alert(AlertDetails {
            trigger: text(),
            entity: text(),
            alert_name: text(),
            alert_type: text(),
            metrics: text().into_iter().chain(text()).collect(),
            condition: text(),
            scope: text(),
            segment: text(),
        })),
        EventType::Policy => Some(Details::Policy(PolicyDetails {
            host: text(),
            host_mac: text(),
            container_name: text(),
            container_id: text(),
            image: text(),
            rule: text(),
            summary: text(),
        })),
        EventType::Scan => Some(Details::Scan(ScanDetails {
            registry: text(),
            tag: text(),
            image: text(),
            image_id: text(),
            digest: text(),
        })),
        EventType::Docker | EventType::Containerd | EventType::Kubernetes | EventType::Custom => {
            None
        }
    }
}
