//! Random lives of a store, step by step against a plain list of events.
//!
//! A sequence starts from an empty store, or from one that ends just before the border of a window,
//! and takes fifty steps. What a step does hangs on the store it meets: it speaks of the third
//! newest event, not of event 712. So a sequence that fails means something without any of its
//! steps, and is shrunk until it cannot do with fewer or simpler ones.
//!
//! The digest is that of all steps and of what the store said to them, but for what comes after a
//! tidying that was cut off: how far it came hangs on the machine.

#![expect(clippy::unwrap_used, reason = "a trial that cannot go on has failed")]

mod ages;
mod checks;
mod reference;
mod start;
mod steps;
mod world;

use crate::parallel::in_parallel;
use crate::{Failure, Figures, Orders};
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use proptest_state_machine::ReferenceStateMachine;
use reference::Order;
use start::Starts;
use std::cell::RefCell;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use steps::{Sketch, Step};
use world::{Seen, World};

/// Steps of each sequence.
const STEPS: usize = 50;
/// What shrinking may take: simpler sequences that are tried, and milliseconds.
const SHRINK_TRIES_MAX: u32 = 5_000;
const SHRINK_MILLIS_MAX: u32 = 40_000;
/// Bytes of a failure's reason that are told: it may hold whole events.
const REASON_BYTES_MAX: usize = 3_000;

/// A sequence as it is drawn; the number is that of the steps that were begun.
type Sequence = (Sketch, Vec<Step>, Option<Arc<AtomicUsize>>);

pub(crate) fn run(orders: Orders) -> Result<Figures, Failure> {
    let starts = Starts::default();
    let (lanes, sequences) = orders.tier.pick((4, 6), (50, 100));
    let all = in_parallel((0..lanes).collect(), |lane| {
        lane.map(|lane| one_lane(orders.seed, lane, sequences, &starts)).collect()
    })?;
    let mut seen = Seen::default();
    all.iter().for_each(|lane| seen.add(lane));
    let mut figures = Figures::default();
    seen.tell(&mut figures);
    Ok(figures)
}

/// So many sequences, one after another.
fn one_lane(seed: u64, lane: u64, sequences: u32, starts: &Starts) -> Result<Seen, Failure> {
    let config = Config {
        cases: sequences,
        failure_persistence: None,
        fork: false,
        timeout: 0,
        verbose: 0,
        max_shrink_iters: SHRINK_TRIES_MAX,
        max_shrink_time: SHRINK_MILLIS_MAX,
        ..Config::default()
    };
    let bytes: Vec<u8> = [seed, lane, 0, 0].into_iter().flat_map(u64::to_le_bytes).collect();
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let (order, seen) = (RefCell::new(Order::new()), RefCell::new(Seen::default()));
    let strategy = Sketch::sequential_strategy(STEPS);
    let failed = TestRunner::new_with_rng(config, rng).run(&strategy, |sequence| {
        seen.borrow_mut().add(&one(&sequence, starts, &order));
        Ok(())
    });
    match failed {
        Ok(()) => Ok(seen.into_inner()),
        Err(TestError::Fail(reason, sequence)) => {
            // Once more, where the panic may say at which line it was.
            let _ = catch_unwind(AssertUnwindSafe(|| one(&sequence, starts, &order)));
            Err(failure(seed, lane, reason.message(), &sequence))
        }
        Err(other) => Err(Failure::new(format!("lane {lane}: {other}"))),
    }
}

/// One sequence.
fn one((sketch, steps, begun): &Sequence, starts: &Starts, order: &RefCell<Order>) -> Seen {
    let mut world = World::new(sketch, starts, order);
    for step in steps {
        if let Some(begun) = begun {
            begun.fetch_add(1, Ordering::SeqCst);
        }
        world.take(step);
    }
    world.end()
}

fn failure(seed: u64, lane: u64, reason: &str, (sketch, steps, _): &Sequence) -> Failure {
    let cut = reason.floor_char_boundary(REASON_BYTES_MAX);
    let mut text = format!("seed {seed}, lane {lane}: {}", &reason[..cut]);
    let _ = write!(text, "\n{} steps from {sketch:?}:", steps.len());
    for step in steps {
        let _ = write!(text, "\n  {step:?}");
    }
    text.push('\n');
    Failure::new(text)
}
