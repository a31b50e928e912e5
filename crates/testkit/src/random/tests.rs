//! Tests of the random events and expressions: valid, varied, and the same for the same seed.

use super::{random_drafts, random_expression};
use crate::Rng;
use eventscope_model::{Draft, EventType, State, UidTime};
use std::collections::BTreeMap;

#[test]
fn every_draft_is_taken() {
    for seed in 0..50 {
        for draft in random_drafts(&mut Rng::new(seed), 100) {
            assert_eq!(draft.check(), Ok(()), "seed {seed}: {draft:?}");
        }
    }
}

#[test]
fn a_seed_can_be_replayed() {
    let (mut one, mut two) = (Rng::new(9), Rng::new(9));
    assert_eq!(random_drafts(&mut one, 200), random_drafts(&mut two, 200));
    assert_eq!(random_expression(&mut one, 5), random_expression(&mut two, 5));
    assert_ne!(random_drafts(&mut one, 200), random_drafts(&mut Rng::new(10), 200));
}

#[test]
fn a_uid_keeps_its_type_and_if_it_says_so_its_time() {
    let mut known: BTreeMap<String, Draft> = BTreeMap::new();
    let mut repeated = 0;
    for seed in 0..20 {
        for draft in random_drafts(&mut Rng::new(seed), 100) {
            let Some(uid) = draft.uid.clone() else { continue };
            let Some(first) = known.get(&uid.text) else {
                known.insert(uid.text, draft);
                continue;
            };
            repeated += 1;
            assert_eq!(first.event_type, draft.event_type, "{}", uid.text);
            assert!(uid.time == UidTime::Free || first.time == draft.time, "{}", uid.text);
        }
    }
    assert!(repeated > 300, "{repeated}");
}

#[test]
fn every_field_of_a_draft_is_used() {
    let drafts = random_drafts(&mut Rng::new(4), 1_000);
    let some = |holds: fn(&Draft) -> bool| drafts.iter().filter(|draft| holds(draft)).count();
    let counts = [
        some(|draft| draft.time.is_none()),
        some(|draft| draft.end_time.is_some()),
        some(|draft| draft.state == State::Resolved && draft.end_time.is_none()),
        some(|draft| draft.acknowledgement.is_some()),
        some(|draft| draft.details.is_some()),
        some(|draft| draft.count > 1),
        some(|draft| draft.description.is_empty()),
        some(|draft| draft.labels.get("kube_pod_name").is_some()),
        some(|draft| draft.labels.iter().any(|(_, value)| value.is_empty())),
        some(|draft| draft.labels.is_empty() && draft.tags.is_empty()),
    ];
    assert!(counts.iter().all(|count| *count > 5), "{counts:?}");
    for event_type in EventType::ALL {
        assert!(drafts.iter().any(|draft| draft.event_type == event_type), "{event_type}");
    }
}

#[test]
fn every_expression_is_valid() {
    for seed in 0..2_000 {
        let text = random_expression(&mut Rng::new(seed), 4);
        if let Err(errors) = eventscope_scope::parse(&text) {
            panic!("seed {seed}: {text}: {errors}");
        }
    }
}

#[test]
fn every_operator_and_field_is_used() {
    let mut rng = Rng::new(5);
    let expressions: Vec<_> = (0..3_000).map(|_| random_expression(&mut rng, 3)).collect();
    let all = expressions.join("\n").to_ascii_lowercase();
    for part in [
        " = ",
        " != ",
        " < ",
        " <= ",
        " > ",
        " >= ",
        " in (",
        " in [",
        " not in (",
        " contains ",
        " does not contain ",
        " starts with ",
        " exists",
        " is ",
        " is not ",
        " is not in (",
        "not (",
        " and ",
        " or ",
        "severity ",
        "type ",
        "category ",
        "source ",
        "status ",
        "state ",
        "acknowledged ",
        "name ",
        "description ",
        "id ",
        "uid ",
        "time ",
        "time last ",
        "count ",
        "tag.team ",
        "label.severity ",
        "label.'@timestamp' ",
        "kube_pod_name ",
        "text = ",
        "text != ",
        " does not start with ",
        " does not exist",
        "id in (",
        "time in (",
        "count != ",
    ] {
        assert!(all.contains(part), "no expression has `{part}`");
    }
}

#[test]
fn depth_bounds_the_nesting() {
    let mut rng = Rng::new(6);
    for _ in 0..500 {
        let text = random_expression(&mut rng, 4).replace("it's (odd)", "");
        let (mut open, mut deepest) = (0_usize, 0);
        for letter in text.chars() {
            match letter {
                '(' | '[' => open += 1,
                ')' | ']' => open = open.saturating_sub(1),
                _ => {}
            }
            deepest = deepest.max(open);
        }
        assert!(deepest <= 4 + 2, "{text}");
    }
}
