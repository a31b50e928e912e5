//! Fuzzing with a seed: every target of [`targets`] is given inputs made of its committed ones by
//! random edits, and keeps its promises. None takes longer than [`INPUT_SECONDS_MAX`], or more
//! memory than [`INPUT_BYTES_MAX`].
//!
//! The digest is that of all inputs. What a target makes of them is its own affair, as long as it
//! neither panics nor hangs; libFuzzer, which follows the code that is reached, has the same
//! targets in `fuzz/`.

mod mutator;

use crate::targets::{self, TARGETS, Target};
use crate::{Failure, Figures, Orders, PEAK, Tier};
use eventscope_testkit::Rng;
use mutator::Mutator;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// Seconds that one input may take.
const INPUT_SECONDS_MAX: u64 = 5;
/// Bytes of memory that one input may take, with what the other target at work takes meanwhile.
const INPUT_BYTES_MAX: usize = 256 * 1024 * 1024;
/// How often it is looked whether one takes longer.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Inputs in so many of a hundred are mended, where they can be.
const MENDED_PERCENT: usize = 80;
/// Targets at work at once.
const THREADS: usize = 2;

/// How many inputs a target is given.
fn executions(target: &Target, tier: Tier) -> u64 {
    let (quick, full) = match target.name {
        "expression" | "frame" | "record" | "set" | "mend" => (10_000, 1_000_000),
        "import_as" | "envelope" | "cut" => (3_000, 1_000_000),
        "open" => (150, 20_000),
        "text_file" => (2_000, 100_000),
        _ => (1_500, 50_000),
    };
    tier.pick(quick, full)
}

/// What came of one target.
struct Done {
    name: &'static str,
    executions: u64,
    digest: u64,
}

/// The input that a target is at, and since when.
type Present = Arc<Mutex<Option<(Instant, Vec<u8>)>>>;

pub(crate) fn run(orders: Orders) -> Result<Figures, Failure> {
    // Targets that read damage panic below a guard, thousands of times.
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let done = run_all(orders);
    std::panic::set_hook(before);
    let mut figures = Figures::default();
    for Done { name, executions, digest } in done? {
        figures.add(group(name), executions);
        figures.saw(name);
        figures.saw(digest.to_le_bytes());
    }
    Ok(figures)
}

/// Importers are counted together.
fn group(name: &'static str) -> &'static str {
    if name.starts_with("import") { "import" } else { name }
}

fn run_all(orders: Orders) -> Result<Vec<Done>, Failure> {
    // The longest first.
    let wanted = |target: &&Target| orders.only.is_none_or(|(only, _)| only.name == target.name);
    let mut waiting: Vec<&'static Target> = TARGETS.iter().filter(wanted).collect();
    let count = waiting.len();
    waiting.sort_by_key(|target| target.name == "open");
    let (results, finished) = sync_channel(count);
    let mut at_work: Vec<(&'static Target, Present)> = Vec::new();
    let mut done = Vec::new();
    while done.len() < count {
        while at_work.len() < THREADS
            && let Some(target) = waiting.pop()
        {
            let present = Present::default();
            start(target, orders, &present, &results)?;
            at_work.push((target, present));
        }
        match finished.recv_timeout(LOOK_EVERY) {
            Ok(result) => {
                let one: Done = result?;
                at_work.retain(|(target, _)| target.name != one.name);
                done.push(one);
            }
            Err(RecvTimeoutError::Timeout) => at_work.iter().try_for_each(not_stuck)?,
            Err(RecvTimeoutError::Disconnected) => return Err(Failure::new("no thread is left")),
        }
    }
    let place = |one: &Done| TARGETS.iter().position(|target| target.name == one.name);
    done.sort_by_key(place);
    Ok(done)
}

/// Whether a target is not at one input for too long.
fn not_stuck((target, present): &(&'static Target, Present)) -> Result<(), Failure> {
    let present = present.lock().unwrap_or_else(PoisonError::into_inner);
    match &*present {
        Some((since, input)) if since.elapsed().as_secs() > INPUT_SECONDS_MAX => {
            Err(failure(target, input, "takes too long"))
        }
        _ => Ok(()),
    }
}

/// Runs a target on a thread of its own. One that hangs stays behind; the trial has failed then.
fn start(
    target: &'static Target,
    orders: Orders,
    present: &Present,
    results: &SyncSender<Result<Done, Failure>>,
) -> Result<(), Failure> {
    let (present, results) = (Arc::clone(present), results.clone());
    std::thread::Builder::new().name(format!("fuzz-{}", target.name)).spawn(move || {
        let done = catch_unwind(AssertUnwindSafe(|| run_one(target, orders, &present)));
        let panicked = |_| Err(Failure::new(format!("{}: no input can be made", target.name)));
        let _ = results.send(done.unwrap_or_else(panicked));
    })?;
    Ok(())
}

fn run_one(target: &Target, orders: Orders, present: &Present) -> Result<Done, Failure> {
    let corpus = targets::corpus(target)?.into_iter().map(|(_, input)| input).collect();
    let mut rng = Rng::new(orders.seed ^ xxh3_64(target.name.as_bytes()));
    let mutator = Mutator::new(corpus);
    let executions = orders.only.map_or_else(|| executions(target, orders.tier), |it| it.1);
    let mut digest = Xxh3::new();
    for _ in 0..executions {
        let mut input = mutator.next(&mut rng);
        if let Some(mend) = target.mend
            && rng.percent(MENDED_PERCENT)
        {
            mend(&mut input);
        }
        digest.update(&(input.len() as u64).to_le_bytes());
        digest.update(&input);
        let mut at = present.lock().unwrap_or_else(PoisonError::into_inner);
        *at = Some((Instant::now(), input.clone()));
        drop(at);
        let before = PEAK.current_usage();
        PEAK.reset_peak_usage();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (target.run)(&input))) {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            return Err(failure(target, &input, text.unwrap_or("panicked")));
        }
        let most = PEAK.peak_usage().saturating_sub(before);
        if most > INPUT_BYTES_MAX {
            return Err(failure(target, &input, &format!("takes {most} bytes of memory")));
        }
    }
    Ok(Done { name: target.name, executions, digest: digest.digest() })
}

fn failure(target: &Target, input: &[u8], what: &str) -> Failure {
    let mut hex = String::with_capacity(input.len() * 2);
    for byte in input {
        // Writing into a string does not fail.
        let _ = write!(hex, "{byte:02x}");
    }
    Failure::new(format!("{}: {what}; input {hex}", target.name))
}
