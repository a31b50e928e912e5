//! Every trial at its quick tier.

use eventscope_trials::{Orders, TRIALS, Tier, run};
use std::time::Duration;

/// A slow machine under load may take long; a hang may not.
const LIMIT: Duration = Duration::from_secs(300);

fn passes(name: &str) {
    let trial = TRIALS.iter().find(|trial| trial.name == name).expect("there is such a trial");
    let verdict = run(trial, Orders { seed: 1, tier: Tier::Quick }, LIMIT);
    assert!(verdict.passed, "{}", verdict.line);
}

#[test]
fn queries() {
    passes("queries");
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
