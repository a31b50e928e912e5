//! What the store takes in memory is bounded by bytes, whatever the events are.

use super::options;
use eventscope_model::{Draft, Timestamp, UidTime};
use eventscope_storage::{Memory, Options, Storage};
use eventscope_testkit::Rng;
use eventscope_testkit::random::noise;

/// An event with labels that no other event has.
fn with_own_labels(event: usize, labels: usize) -> Draft {
    let draft = Draft::custom("n").uid(event.to_string(), UidTime::Free).time(Timestamp::EPOCH);
    (0..labels).fold(draft, |draft, label| draft.label(format!("{event}.{label}"), ""))
}

#[test]
fn a_tail_of_very_many_fields_is_sealed_early() {
    let dir = tempfile::tempdir().unwrap();
    let storage = Storage::open(dir.path().join("s"), &options()).unwrap();
    // More fields than a tail may have, in one append.
    storage.append((0..200).map(|event| with_own_labels(event, 480)).collect()).unwrap();
    storage.seal_now().unwrap();
    assert!(storage.stats().unwrap().segments >= 2);
    let mut fields = 0;
    for part in storage.snapshot().parts() {
        let mut of_part = 0;
        part.each_field_name(|field| {
            assert!(part.field(field).unwrap().is_some());
            of_part += 1;
            Ok(())
        })
        .unwrap();
        assert!(of_part < 66_000, "{of_part} fields in one part");
        fields += of_part;
    }
    assert!(fields > 200 * 480);
    let report = storage.verify(|_, _| ()).unwrap();
    assert!(report.is_ok(), "{report:?}");
    storage.close().unwrap();
}

#[test]
fn what_is_left_in_the_log_is_cut_by_its_fields_when_a_store_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let storage = Storage::open(&path, &options()).unwrap();
    for event in 0..140 {
        storage.append(vec![with_own_labels(event, 480)]).unwrap();
    }
    storage.close().unwrap();
    let storage = Storage::open(&path, &options()).unwrap();
    for event in 140..180 {
        storage.append(vec![with_own_labels(event, 480)]).unwrap();
    }
    storage.seal_now().unwrap();
    let report = storage.verify(|_, _| ()).unwrap();
    assert!(report.is_ok() && report.events == 180, "{report:?}");
    assert!(storage.stats().unwrap().segments >= 2);
}

#[test]
fn a_long_append_is_cut_into_commits_by_its_bytes() {
    let mut rng = Rng::new(3);
    let texts: Vec<String> = (0..4).map(|_| noise(&mut rng, 60_000)).collect();
    let draft = |event: usize| {
        let draft = Draft::custom("n").description(texts[event % 4].clone());
        draft.uid(event.to_string(), UidTime::Free)
    };
    let storage = Storage::in_memory(&options()).unwrap();
    let outcomes = storage.append((0..700).map(draft).collect()).unwrap();
    assert_eq!(outcomes.len(), 700);
    assert_eq!(storage.stats().unwrap().commits, 2);
    assert_eq!(storage.stats().unwrap().events, 700);
}

#[test]
fn a_store_without_a_budget_is_indexed_all_the_same() {
    let memory = Memory { bytes: 0 };
    let storage = Storage::in_memory(&Options { memory, ..Options::default() }).unwrap();
    let drafts = (0..40_000).map(|event| {
        let draft = Draft::custom("n").label("id", event.to_string());
        draft.description(format!("event number {event} of this store"))
    });
    storage.append(drafts.collect()).unwrap();
    storage.seal_now().unwrap();
    let begun = std::time::Instant::now();
    storage.finish_text(|_, _| ()).unwrap();
    // A row took half a millisecond where its dictionary was decoded for it.
    assert!(begun.elapsed().as_secs() < 15, "{:?}", begun.elapsed());
}
