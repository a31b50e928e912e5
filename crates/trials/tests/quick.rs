//! Every trial at its quick tier.

use eventscope_trials::{Orders, TRIALS, Tier, run};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A slow machine under load may take long; a hang may not.
const LIMIT: Duration = Duration::from_secs(300);

/// One trial at a time: some measure the memory of the process, or what its panics print.
static ALONE: Mutex<()> = Mutex::new(());

fn passes(name: &str) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let trial = TRIALS.iter().find(|trial| trial.name == name).expect("there is such a trial");
    let verdict = run(trial, Orders { seed: 1, tier: Tier::Quick, only: None }, LIMIT);
    assert!(verdict.passed, "{}", verdict.line);
}

/// What some trials start as a process of its own is this test, told so by the environment.
#[test]
fn child() {
    if let Some(done) = eventscope_trials::child() {
        done.expect("the child does what it is told");
    }
}

#[test]
fn create() {
    passes("create");
}

#[test]
fn kills() {
    passes("kills");
}

#[test]
fn fuzz() {
    passes("fuzz");
}

#[test]
fn queries() {
    passes("queries");
}

#[test]
fn states() {
    passes("states");
}

#[test]
fn snapshots() {
    passes("snapshots");
}

#[test]
fn power_loss() {
    passes("power-loss");
}

#[test]
fn recovery_loss() {
    passes("recovery-loss");
}

#[test]
fn faults() {
    passes("faults");
}

#[test]
fn damage() {
    passes("damage");
}

#[test]
fn pairs() {
    passes("pairs");
}

#[test]
fn soak() {
    passes("soak");
}

#[test]
fn sync_order() {
    passes("sync-order");
}

#[test]
fn system_calls() {
    passes("system-calls");
}
