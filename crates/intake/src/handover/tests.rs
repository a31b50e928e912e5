//! What is handed over, when, and what each end hears of the other.

use super::{Batch, Handover};
use crate::limits::BATCHES_WAITING_MAX;
use eventscope::Draft;
use std::thread;
use std::time::Duration;

fn lines(batch: &Batch) -> Vec<u64> {
    assert_eq!(batch.drafts.len(), batch.origins.len());
    batch.origins.iter().map(|(_, line)| *line).collect()
}

#[test]
fn full_batches_come_at_once_and_the_rest_at_the_end() {
    let handover = Handover::new(2);
    let (giver, taker) = handover.ends();
    let give = |lines: std::ops::RangeInclusive<u64>| {
        lines.for_each(|line| giver.give(Draft::custom("x"), (0, line)).unwrap());
    };
    give(1..=3);
    let mut batches = vec![taker.take().unwrap()];
    give(4..=5);
    drop(giver);
    batches.extend(std::iter::from_fn(|| taker.take()));
    assert_eq!(batches.iter().map(lines).collect::<Vec<_>>(), [vec![1, 2], vec![3, 4], vec![5]]);
}

#[test]
fn a_batch_that_never_fills_is_taken_all_the_same() {
    let handover = Handover::new(1000);
    let (giver, taker) = handover.ends();
    thread::scope(|scope| {
        let taken = scope.spawn(|| taker.take().map(|batch| lines(&batch)));
        giver.give(Draft::custom("x"), (0, 7)).unwrap();
        assert_eq!(taken.join().unwrap(), Some(vec![7]));
    });
}

#[test]
fn the_reader_waits_for_the_store() {
    let handover = Handover::new(1);
    let (giver, taker) = handover.ends();
    thread::scope(|scope| {
        let given = scope.spawn(move || {
            for line in 0..100 {
                giver.give(Draft::custom("x"), (0, line)).unwrap();
            }
        });
        // However long the store takes, no more wait than were agreed.
        for line in 0..100 {
            if line == 0 {
                thread::sleep(Duration::from_millis(50));
                assert!(handover.lock().full.len() <= BATCHES_WAITING_MAX);
                assert!(!given.is_finished());
            }
            assert_eq!(taker.take().map(|batch| lines(&batch)), Some(vec![line]));
        }
        assert!(taker.take().is_none());
    });
}

#[test]
fn a_reader_whose_store_is_gone_stops() {
    let handover = Handover::new(1);
    let (giver, taker) = handover.ends();
    thread::scope(|scope| {
        let given = scope.spawn(move || {
            (0_u64..).take_while(|line| giver.give(Draft::custom("x"), (0, *line)).is_ok()).count()
        });
        assert!(taker.take().is_some());
        drop(taker);
        assert!(given.join().unwrap() <= 2 + BATCHES_WAITING_MAX);
    });
}
