//! Runs trials from a command line; ends with 1 when one of them failed.

#![expect(clippy::print_stdout, reason = "a line for each trial is what this program is for")]

use clap::Parser;
use clap::builder::PossibleValue;
use eventscope_trials::targets::{Target, find};
use eventscope_trials::{Orders, TRIALS, Tier, child, run};
use std::process::ExitCode;
use std::time::Duration;

/// Attack the store, and say what came of it.
#[derive(Parser)]
struct Args {
    /// Names of trials; all of them when none is given
    #[arg(value_parser = names())]
    names: Vec<String>,
    /// Same seed and tier, same work, same digest
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How much of each
    #[arg(long, value_enum, default_value_t = Tier::Quick)]
    tier: Tier,
    /// Seconds that one trial may take; more is a failure
    #[arg(long, value_name = "SECONDS", default_value_t = 3_600)]
    budget: u64,
    /// Of fuzz: only this target, with so many inputs
    #[arg(long, value_parser = target)]
    target: Option<&'static Target>,
    /// Inputs that the target is given
    #[arg(long, default_value_t = 1_000_000, requires = "target")]
    inputs: u64,
}

/// The names of all trials, with what they claim as help.
fn names() -> Vec<PossibleValue> {
    TRIALS.iter().map(|trial| PossibleValue::new(trial.name).help(trial.claim)).collect()
}

fn target(name: &str) -> Result<&'static Target, &'static str> {
    find(name).ok_or("no target has this name; they are the folders of fuzz/corpus")
}

fn main() -> ExitCode {
    if let Some(done) = child() {
        return match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                println!("{failure}");
                ExitCode::FAILURE
            }
        };
    }
    let args = Args::parse();
    let only = args.target.map(|target| (target, args.inputs));
    let orders = Orders { seed: args.seed, tier: args.tier, only };
    let mut failed = 0;
    for trial in TRIALS {
        if args.names.is_empty() || args.names.iter().any(|name| name == trial.name) {
            let verdict = run(trial, orders, Duration::from_secs(args.budget));
            println!("{}", verdict.line);
            failed += usize::from(!verdict.passed);
        }
    }
    ExitCode::from(u8::from(failed > 0))
}
