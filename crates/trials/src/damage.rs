//! Files of a store go bad while it is closed: any bit of their heads, bits in every page, pages
//! that are zeroed, swapped or of an earlier day, files that are cut, exchanged or gone.
//!
//! Whatever is done to them, the store does not open and says why, or what it answers is right or
//! an error; `verify` sees what answers do. It never panics, hangs, or takes much memory.

mod harm;
mod whole;

use crate::parallel::in_parallel;
use crate::workload::{Stage, Workload};
use crate::{Failure, Figures, Orders, PEAK};
use eventscope_storage::Indexing;
use eventscope_testkit::Rng;
use eventscope_testkit::medium::{Loss, Memory, Replay};
use harm::Harm;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use whole::{Judge, Whole};

const STEPS: usize = 40;
/// Changes that leave the log, on the store of which some have.
const FOLDED: usize = 1_400;
/// Far longer than any case takes on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// What all cases at work together may take.
const MEMORY_MAX: usize = 64 * 1024 * 1024;

/// A store that is to be damaged.
struct Base {
    name: &'static str,
    image: Memory,
    /// The same store some time before.
    earlier: Memory,
    whole: Whole,
}

/// What a damaged store did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// It would not open.
    Refused,
    /// It gave errors for some of what it was asked, and right answers for the rest.
    Errors,
    /// It gave right answers only.
    Right,
}

/// Damage to the files of several stores.
pub(crate) fn run(orders: Orders) -> Result<Figures, Failure> {
    quiet();
    let mut figures = Figures::default();
    let bases = [closed(orders.seed)?, crashed(orders.seed)?, folded(orders.seed)?].map(Arc::new);
    let mut cases = Vec::new();
    for base in &bases {
        let mut rng = Rng::new(orders.seed);
        let few = base.name == "folded";
        let all = harm::all(&base.image, &base.earlier, &mut rng, if few { 300 } else { 1_500 });
        let every = |harm: &Harm| {
            let every = if harm.is_to_text() { 23 } else { 97 };
            orders.tier.pick(every, 1) * if few { 5 } else { 1 }
        };
        let chosen = all.into_iter().filter(|harm| !is_earlier(base, harm)).enumerate();
        let chosen = chosen.filter(|(at, it)| it.is_to_whole_file() || at % every(it) == 0);
        cases.extend(chosen.map(|(_, harm)| (Arc::clone(base), harm)));
    }
    let found = in_parallel(cases, |lane| {
        lane.map(|(base, harm)| {
            let told = format!("{} {harm:?}", base.name);
            case(base, &harm).map_err(|failure| Failure::new(format!("{told}: {failure}")))
        })
        .collect()
    })?;
    figures.add("files", found.len() as u64);
    let mut count = |name, kind| {
        figures.add(name, found.iter().filter(|(found, _)| *found == kind).count() as u64);
    };
    count("refused", Found::Refused);
    count("errors", Found::Errors);
    count("right", Found::Right);
    let most = found.iter().map(|(_, bytes)| *bytes).max().unwrap_or(0);
    figures.most("most_memory_kib", most as u64 / 1_024);
    found.iter().for_each(|(found, _)| figures.saw([*found as u8]));
    Ok(figures)
}

/// Whether a harm makes of a store what a power loss might have made of it. One bit of the log says
/// which of the last two commits is in force, and is written after all else: before that, only the
/// earlier one is.
fn is_earlier(base: &Base, harm: &Harm) -> bool {
    base.name == "crashed" && harm.is_to_the_last_commit_of_the_log()
}

/// Panics of the database below are turned into errors; nobody needs to read of each.
fn quiet() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let thread = std::thread::current();
        if !thread.name().is_some_and(|name| name.starts_with("eventscope-")) {
            usual(info);
        }
    }));
}

/// A store after a workload, closed.
fn closed(seed: u64) -> Result<Base, Failure> {
    let (image, earlier) = images(seed, 1)?;
    Base::new("closed", image, earlier)
}

/// A store whose power went off in the middle of a workload, with nothing lost.
fn crashed(seed: u64) -> Result<Base, Failure> {
    let (image, earlier) = images(seed + 1, 2)?;
    Base::new("crashed", image, earlier)
}

/// What a workload has left after one part of several of its operations, and what it had left at
/// two thirds of those.
fn images(seed: u64, parts: usize) -> Result<(Memory, Memory), Failure> {
    let recording = Workload::new(&mut Rng::new(seed), STEPS).record()?;
    let after = |ops: usize| {
        let mut replay = Replay::of(&Memory::default());
        recording.ops.iter().take(ops).for_each(|op| replay.push(op));
        replay.image(&Loss::Nothing)
    };
    let end = recording.ops.len() / parts;
    Ok((after(end), after(end * 2 / 3)))
}

/// A store with so many changes that some have left the log.
fn folded(seed: u64) -> Result<Base, Failure> {
    let memory = Memory::default();
    let mut stage = Stage::open(&memory, Indexing::Background)?;
    let (_, error) = Workload::new(&mut Rng::new(seed + 2), STEPS / 2).run_on(&mut stage);
    error.map_or(Ok(()), Err)?;
    let earlier = memory.copy();
    stage.remark(&mut Rng::new(seed), FOLDED)?;
    stage.close()?;
    Base::new("folded", memory, earlier)
}

impl Base {
    fn new(name: &'static str, image: Memory, earlier: Memory) -> Result<Self, Failure> {
        let stage = Stage::open(&image.copy(), Indexing::Background)?;
        let whole = Whole::of(stage.storage())?;
        stage.close()?;
        Ok(Self { name, image, earlier, whole })
    }
}

/// Tries one; gives what the store did, and the bytes of memory that this took.
fn case(base: Arc<Base>, harm: &Harm) -> Result<(Found, usize), Failure> {
    let image = base.image.copy();
    harm.apply(&image, &base.earlier).map_err(Failure::from)?;
    PEAK.reset_peak_usage();
    let before = PEAK.current_usage();
    let (done, inbox) = mpsc::channel();
    let thread = std::thread::Builder::new().name("eventscope-damaged".to_owned());
    thread.spawn(move || {
        let outcome = catch_unwind(AssertUnwindSafe(|| attempt(&image, &base.whole)));
        let _ = done.send(outcome);
    })?;
    let outcome = inbox.recv_timeout(PATIENCE).map_err(|_| Failure::new("no answer in 60 s"))?;
    let judged = outcome.map_err(|_| Failure::new("it panicked"))?;
    let took = PEAK.peak_usage().saturating_sub(before);
    if took > MEMORY_MAX {
        return Err(Failure::new(format!("it took {took} bytes of memory")));
    }
    Ok((judged?, took))
}

fn attempt(image: &Memory, whole: &Whole) -> Result<Found, Failure> {
    let mut judge = Judge::default();
    let Ok(stage) = Stage::open(image, Indexing::Background) else { return Ok(Found::Refused) };
    let storage = stage.storage();
    whole.compare(storage, &mut judge);
    if let Some(report) = judge.take(storage.verify(|_, _| {}))
        && report.is_ok()
        && judge.errors() > 0
    {
        judge.wrong("verify saw nothing".to_owned());
    }
    let next = whole.write(storage, &mut judge);
    judge.take(stage.close());
    if let Ok(stage) = Stage::open(image, Indexing::Never)
        && let Some(next) = next
        && let Some(event) = judge.take(stage.storage().snapshot().event(next))
        && event.is_none_or(|event| event.id != next)
    {
        judge.wrong("what was written after the damage is not there".to_owned());
    }
    judge.found()
}
