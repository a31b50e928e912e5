//! What is counted in passes is what a map of everything gives.

use super::{Counted, Many};
use crate::facet::FacetKey;
use eventscope_model::{Draft, UidTime};
use eventscope_scope::Filter;
use eventscope_storage::{Options, Outcome, Storage};
use std::collections::BTreeMap;

/// Some thousand values, a few of them frequent, in segments, the tail and amendments.
fn storage() -> (Storage, BTreeMap<String, u64>) {
    let storage = Storage::in_memory(&Options::default()).unwrap();
    let mut expected = BTreeMap::new();
    for part in 0..4u64 {
        let drafts = (0..1_500).map(|nth| {
            let value = match nth % 3 {
                0 => format!("often-{}", nth % 40),
                1 => format!("once-{part}-{nth}"),
                _ => format!("parts-{nth}"),
            };
            *expected.entry(value.clone()).or_default() += 1;
            let uid = format!("{part}-{nth}");
            Draft::custom("n").label("id", value).uid(uid, UidTime::Free)
        });
        storage.append(drafts.collect()).unwrap();
        if part < 3 {
            storage.seal_now().unwrap();
        }
    }
    // Other values for events of the second segment. Which observation of an event counts is a
    // matter of their hashes, so some of these amend theirs and the others do not.
    let again = |nth: u64| {
        let uid = format!("1-{}", nth * 3);
        Draft::custom("n").label("id", format!("other-{nth}")).uid(uid, UidTime::Free)
    };
    let outcomes = storage.append((0..20).map(again).collect()).unwrap();
    let snapshot = storage.snapshot();
    let mut amended = 0;
    for (nth, outcome) in (0..20).zip(outcomes) {
        let Outcome::Updated(id) = outcome else { continue };
        let event = snapshot.event(id).unwrap().unwrap();
        let other = format!("other-{nth}");
        if event.labels.find("id") == Some(other.as_str()) {
            *expected.get_mut(&format!("often-{}", nth * 3 % 40)).unwrap() -= 1;
            *expected.entry(other).or_default() += 1;
            amended += 1;
        }
    }
    assert!(amended > 0);
    (storage, expected)
}

#[test]
fn passes_give_what_one_map_gives() {
    let (storage, expected) = storage();
    let snapshot = storage.snapshot();
    let key = FacetKey::label("id");
    for (runs_bytes, ranked_bytes) in [(usize::MAX, usize::MAX), (9_000, 3_000), (1, 0)] {
        for prefix in ["", "o", "often-1", "x"] {
            let many = Many::new(Counted::Values(&key), prefix, &Filter::All, &snapshot);
            let many = Many { runs_bytes, ranked_bytes, ..many };
            let expected = expected.iter().filter(|(value, _)| value.starts_with(prefix));
            let mut expected: Vec<_> = expected.map(|(v, count)| (v.clone(), *count)).collect();
            let mut found = Vec::new();
            many.each(&mut |value, count| found.push((value.to_owned(), count))).unwrap();
            assert_eq!(found, expected, "{runs_bytes} {prefix}");
            expected.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            found.clear();
            many.each_ranked(&mut |value, count| found.push((value.to_owned(), count))).unwrap();
            assert_eq!(found, expected, "{ranked_bytes} {prefix}");
        }
    }
}
