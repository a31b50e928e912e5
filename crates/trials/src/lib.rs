//! Attacks on the store: each is one command with a seed, a limit of time and a line of figures.
//!
//! ```text
//! cargo run --release -p eventscope-trials -- snapshots --tier full --seed 7
//! ```
//!
//! A trial does the same work for the same seed and tier, whatever the machine does meanwhile, and
//! shows it by its digest. A trial that takes longer than its limit of time has failed; it is never
//! cut short, since half of the work would have another digest. `docs/reliability.md` says what
//! each of them proves, and the figures of the last full run.

mod create;
mod damage;
mod faults;
mod figures;
mod fuzz;
mod life;
mod pairs;
mod parallel;
#[cfg(feature = "plants")]
mod plants;
mod power;
mod queries;
mod snapshots;
mod states;
pub mod targets;
mod workload;

pub use figures::{Failure, Figures};
pub use life::child;

use peak_alloc::PeakAlloc;
use std::time::{Duration, Instant};
use targets::Target;

/// Counts the memory in use, so that a trial can say how much something took.
#[global_allocator]
static PEAK: PeakAlloc = PeakAlloc;

/// How much of a trial is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Tier {
    /// For every change: all trials together take less than three minutes.
    Quick,
    /// The figures of `docs/reliability.md`.
    Full,
}

impl Tier {
    /// One number for each tier.
    #[must_use]
    pub fn pick<T>(self, quick: T, full: T) -> T {
        match self {
            Self::Quick => quick,
            Self::Full => full,
        }
    }
}

/// What a trial is told.
#[derive(Clone, Copy, Debug)]
pub struct Orders {
    /// Same seed and tier, same work, same digest.
    pub seed: u64,
    /// How much of it.
    pub tier: Tier,
    /// Of the trial `fuzz`: the only target, and how many inputs it is given.
    pub only: Option<(&'static Target, u64)>,
}

/// One attack.
#[derive(Clone, Copy, Debug)]
pub struct Trial {
    /// Its name on the command line.
    pub name: &'static str,
    /// What holds when it passes.
    pub claim: &'static str,
    /// Does it.
    pub run: fn(Orders) -> Result<Figures, Failure>,
}

/// All trials, in the order in which they are run.
pub const TRIALS: &[Trial] = &[
    Trial {
        name: "create",
        claim: "a store is made by one of many, by the next after a kill, and nothing else is lost",
        run: create::run,
    },
    Trial {
        name: "kills",
        claim: "a process that is killed at any moment leaves what was acknowledged to it, whole",
        run: life::kills,
    },
    Trial {
        name: "soak",
        claim: "a long life and many opens leave memory, files, threads and the store as they were",
        run: life::soak,
    },
    Trial {
        name: "sync-order",
        claim: "nothing that a power loss could take away is left when something is acknowledged",
        run: life::sync_order,
    },
    Trial {
        name: "system-calls",
        claim: "death or failure at any call of the system leaves what was acknowledged, whole",
        run: life::system_calls,
    },
    Trial {
        name: "fuzz",
        claim: "whatever bytes it is given, no entrance panics, hangs or breaks its promise",
        run: fuzz::run,
    },
    Trial {
        name: "queries",
        claim: "every answer equals that of a naive matcher, in whatever state the store is",
        run: queries::run,
    },
    Trial {
        name: "states",
        claim: "whatever is done to a store, in whatever order, it is a list of events",
        run: states::run,
    },
    Trial {
        name: "snapshots",
        claim: "every snapshot is a prefix of the commits, and no reader goes back or misses any",
        run: snapshots::run,
    },
    Trial {
        name: "power-loss",
        claim: "what was acknowledged survives a power loss, and what is there is a prefix, whole",
        run: power::loss,
    },
    Trial {
        name: "recovery-loss",
        claim: "a power loss during recovery from one makes no difference",
        run: power::recovery,
    },
    Trial {
        name: "faults",
        claim: "whatever operation fails, errors say so, and nothing acknowledged is lost",
        run: faults::run,
    },
    Trial {
        name: "damage",
        claim: "damaged files give errors or right answers, without panic, hang or much memory",
        run: damage::run,
    },
    Trial {
        name: "pairs",
        claim: "files of different moments are refused, or are the store as it was at one of them",
        run: pairs::run,
    },
    #[cfg(feature = "plants")]
    Trial {
        name: "plants",
        claim: "faults that are put into the store are found, each by the trial that is to find it",
        run: plants::run,
    },
];

/// What came of a trial: a line that says so.
#[derive(Debug)]
pub struct Verdict {
    /// Whether it passed.
    pub passed: bool,
    /// Name, verdict, figures, seed, digest and seconds.
    pub line: String,
}

/// Runs a trial. It fails when something is wrong, when it panics, or when it takes longer than
/// `limit`.
#[must_use]
pub fn run(trial: &Trial, orders: Orders, limit: Duration) -> Verdict {
    let start = Instant::now();
    let outcome = std::panic::catch_unwind(|| (trial.run)(orders));
    let outcome = outcome.unwrap_or_else(|_| Err(Failure::new("it panicked")));
    let took = start.elapsed();
    let seconds = took.as_secs_f64();
    let (name, seed) = (trial.name, orders.seed);
    let (passed, said) = match outcome {
        Ok(figures) if took > limit => {
            (false, format!("FAIL {figures} took longer than {} s", limit.as_secs()))
        }
        Ok(figures) => (true, format!("PASS {figures}")),
        Err(failure) => (false, format!("FAIL {failure}")),
    };
    Verdict { passed, line: format!("{name} {said} seed={seed} seconds={seconds:.1}") }
}
