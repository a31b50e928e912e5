//! Kill -9 of a process with four writers, at any moment of its life, again and again.
//!
//! Its threads append batches of several sizes, acknowledge, delete and prune, seal, tidy, make
//! backups and close and open the store, with the text index on. After each kill, the store holds
//! what was acknowledged, each step under way as a whole or not at all, and nothing else; a batch
//! that is sent again is recognised; words are found as naive matching finds them; it verifies.
//!
//! The digest is that of the plans and of the moments; what a process got to by then hangs on the
//! machine.

use super::child::{Running, Task};
use super::plan::Lane;
use super::world::World;
use crate::{Failure, Figures, Orders};
use eventscope_testkit::Rng;
use std::time::Duration;

/// Steps of each plan that are part of the digest: no child gets so far.
const STEPS_SEEN: usize = 200;
/// How long a child lives after its start, or after it has opened its store, in milliseconds.
const AFTER_START: usize = 25;
const AFTER_OPENING: usize = 350;

/// When a child is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// So long after it was started, be its store there or not.
    AfterStart(Duration),
    /// So long after it has opened its store.
    AfterOpening(Duration),
}

impl Moment {
    fn draw(rng: &mut Rng) -> Self {
        let millis = |rng: &mut Rng, below| Duration::from_micros(rng.below(below * 1_000) as u64);
        if rng.percent(15) {
            Self::AfterStart(millis(rng, AFTER_START))
        } else {
            Self::AfterOpening(millis(rng, AFTER_OPENING))
        }
    }
}

pub(crate) fn run(orders: Orders) -> Result<Figures, Failure> {
    let mut figures = Figures::default();
    let mut rng = Rng::new(orders.seed);
    // The slow build of the quick tier, on a machine that does other things, may take longer.
    let open_max = Duration::from_secs(orders.tier.pick(10, 1));
    let mut slowest = Duration::ZERO;
    for _ in 0..orders.tier.pick(2, 20) {
        let folder = tempfile::tempdir()?;
        let mut world = World::default();
        let seed = rng.bits();
        for round in 0..orders.tier.pick(6, 15) {
            let moment = Moment::draw(&mut rng);
            let mut plan = world.plan(seed);
            let lines = live(folder.path(), Task::Write(plan), moment)?;
            let place = |failure| Failure::new(format!("round {round}, {moment:?}: {failure}"));
            let found = world.check(folder.path(), &plan, &lines).map_err(place)?;
            if found.open > open_max {
                return Err(place(Failure::new(format!("it took {:?} to open", found.open))));
            }
            slowest = slowest.max(found.open);
            // Where the old events end hangs on how far earlier children got.
            plan.old = plan.old.min(1);
            figures.saw(format!("{plan:?} {moment:?}"));
            for number in 0..plan.lanes {
                let steps: Vec<_> = Lane::new(&plan, number).take(STEPS_SEEN).collect();
                figures.saw(format!("{steps:?}"));
            }
            figures.add("kills", 1);
            figures.add("acknowledged", found.acknowledged);
            figures.add("events_compared", found.events);
            figures.add("under_way_whole", found.whole);
            figures.add("under_way_absent", found.absent);
            figures.add("recognised", found.resent);
        }
    }
    figures.add("slowest_open_ms", slowest.as_millis() as u64);
    Ok(figures)
}

/// Starts a child and kills it; gives what it said.
fn live(folder: &std::path::Path, task: Task, moment: Moment) -> Result<Vec<String>, Failure> {
    let mut child = Running::start(folder, task, &[])?;
    let mut before = Vec::new();
    let delay = match moment {
        Moment::AfterStart(delay) => delay,
        Moment::AfterOpening(delay) => {
            before.push(child.hear()?.ok_or_else(|| Failure::new("the child said nothing"))?);
            delay
        }
    };
    before.extend(child.kill_after(delay)?);
    Ok(before)
}
