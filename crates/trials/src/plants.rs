//! Faults are put into the store, one after another: the trial that is to find each of them must
//! fail, at its quick tier and within a minute, and pass once the fault is gone.

use crate::{Failure, Figures, Orders, TRIALS, Tier, run as run_trial};
use eventscope_storage::fault_injection::{Plant, sow};
use std::time::{Duration, Instant};

/// Each fault, and a trial that is to find it.
const PLANTS: [(Plant, &str); 21] = [
    (Plant::SkipFsync, "power-loss"),
    (Plant::AnswerBeforeCommit, "power-loss"),
    (Plant::NoFolderSync, "power-loss"),
    (Plant::PayloadAhead, "damage"),
    (Plant::ReplayWithoutDelete, "power-loss"),
    (Plant::SealTwice, "power-loss"),
    (Plant::OverlayLostAtSeal, "power-loss"),
    (Plant::OverlayLostAtSeal, "states"),
    (Plant::SkipChecksum, "damage"),
    (Plant::StaleBlock, "damage"),
    (Plant::UnboundedDecode, "damage"),
    (Plant::OffByOneAtTo, "queries"),
    (Plant::DropLastLabel, "queries"),
    (Plant::PageOrderById, "queries"),
    (Plant::PublishLate, "snapshots"),
    (Plant::AnswerBeforeCommit, "kills"),
    (Plant::ReplayWithoutDelete, "system-calls"),
    (Plant::SkipFsync, "sync-order"),
    (Plant::NoFolderSync, "sync-order"),
    (Plant::MakeWithoutLock, "create"),
    (Plant::PairNotCompared, "pairs"),
];
/// What finding one may take.
const LIMIT: Duration = Duration::from_secs(120);
/// Seeds that are tried at most.
const SEEDS: u64 = 5;

/// Plants all of them.
pub(crate) fn run(orders: Orders) -> Result<Figures, Failure> {
    let mut figures = Figures::default();
    let mut escaped = Vec::new();
    let orders = Orders { tier: Tier::Quick, ..orders };
    for (plant, name) in PLANTS {
        let trial = TRIALS.iter().find(|trial| trial.name == name);
        let trial = trial.ok_or_else(|| Failure::new(format!("there is no trial {name}")))?;
        sow(Some(plant));
        let start = Instant::now();
        let mut verdict = run_trial(trial, orders, LIMIT * 10);
        // A quick tier is a sample of what is tried: other seeds take others, as time allows.
        for seed in 1..SEEDS {
            if !verdict.passed || verdict.line.contains("skipped=1") || start.elapsed() > LIMIT {
                break;
            }
            let orders = Orders { seed: orders.seed + seed, ..orders };
            verdict = run_trial(trial, orders, LIMIT * 10);
        }
        let took = start.elapsed();
        sow(None);
        figures.saw(format!("{plant:?} {name}"));
        figures.most("slowest_ms", took.as_millis() as u64);
        // A machine without strace cannot run all of them.
        if verdict.passed && verdict.line.contains("skipped=1") {
            figures.add("skipped", 1);
        } else if verdict.passed || took > LIMIT {
            escaped.push(format!("{plant:?} after {} s: {}", took.as_secs(), verdict.line));
        } else {
            figures.add("caught", 1);
        }
    }
    match escaped.is_empty() {
        true => Ok(figures),
        false => Err(Failure::new(escaped.join("; "))),
    }
}
