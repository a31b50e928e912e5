//! Tests of the generated events: the figures that the module promises.

use super::{Generator, fill};
use crate::native;
use eventscope_model::{Draft, EventType};
use std::collections::{BTreeMap, BTreeSet};

const EVENTS: usize = 50_000;

fn sample() -> Vec<Draft> {
    Generator::new(11).take(EVENTS).collect()
}

#[test]
fn every_event_is_taken_and_no_uid_occurs_twice() {
    let mut uids = BTreeSet::new();
    for draft in sample() {
        assert_eq!(draft.check(), Ok(()));
        assert!(uids.insert(draft.uid.unwrap().text));
    }
}

#[test]
fn an_event_is_about_500_bytes_of_json() {
    let mut lines = Vec::new();
    for draft in sample() {
        native::write_line(&draft, &mut lines).unwrap();
    }
    let average = lines.len() / EVENTS;
    assert!((480..=520).contains(&average), "{average}");
}

#[test]
fn all_types_have_their_share() {
    let mut counts: BTreeMap<EventType, usize> = BTreeMap::new();
    for draft in sample() {
        *counts.entry(draft.event_type).or_default() += 1;
    }
    let percent = |event_type| (counts[&event_type] * 100 + EVENTS / 2) / EVENTS;
    let shares = EventType::ALL.map(percent);
    assert_eq!(shares, [8, 15, 1, 70, 2, 2, 2]);
}

#[test]
fn a_few_events_come_late() {
    // Kubernetes cuts times to whole seconds, which is no delay: a late event is one that lies
    // more than a second behind.
    let mut latest = i64::MIN;
    let mut late = 0;
    for draft in sample() {
        let nanos = draft.time.unwrap().nanos();
        late += usize::from(nanos < latest.saturating_sub(1_000_000_000));
        latest = latest.max(nanos);
    }
    assert!((EVENTS / 50..EVENTS / 25).contains(&late), "{late}");
}

#[test]
fn label_values_repeat_by_rank_and_pods_churn() {
    let mut namespaces: BTreeMap<String, usize> = BTreeMap::new();
    let mut pods = BTreeSet::new();
    for draft in sample() {
        if let Some(namespace) = draft.labels.get("kubernetes.namespace.name") {
            *namespaces.entry(namespace.to_owned()).or_default() += 1;
        }
        pods.extend(draft.labels.get("kubernetes.pod.name").map(str::to_owned));
    }
    let (most, least) = (namespaces.values().max().unwrap(), namespaces.values().min().unwrap());
    assert!(namespaces.len() > 12 && *most > 20 * least, "{namespaces:?}");
    assert!(pods.len() > 1_500, "{}", pods.len());
}

#[test]
fn templates_are_filled() {
    assert_eq!(fill("a {x}-{y} b", str::to_uppercase), "a X-Y b");
    assert_eq!(fill("{x", |_| String::from("!")), "!");
    assert!(sample().iter().all(|draft| !draft.description.contains(['{', '}'])));
}
