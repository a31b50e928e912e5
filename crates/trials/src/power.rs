//! The power goes off at every operation of a workload, and again while the store recovers.
//!
//! At each point several images are built of what may be on the disk there. On each of them the
//! store must open and be in the state after one of the commits: no earlier one than was
//! acknowledged, no later one than was begun. On every fourth image `verify` then builds every
//! index and every text file again and compares, and the store must go on where it was.

use crate::parallel::in_parallel;
use crate::workload::{Recording, Stage, State, Workload};
use crate::{Failure, Figures, Orders};
use eventscope_storage::Indexing;
use eventscope_testkit::Rng;
use eventscope_testkit::medium::{Loss, Memory, Op, Replay};
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

const STEPS: usize = 60;
/// Images of which one is looked at closely.
const CLOSELY_EVERY: usize = 4;
/// A slow open counts; a very slow one is a failure.
const SLOW_OPEN: Duration = Duration::from_millis(50);
/// Losses that are tried at each operation of a recovery.
const LOSSES_OF_RECOVERY: usize = 3;
/// How often a recovery is interrupted.
const DEPTH: usize = 4;

/// What came of some images.
#[derive(Default)]
struct Seen {
    images: u64,
    slow: u64,
    slowest: Duration,
    /// Which state each image had.
    states: Vec<u8>,
}

impl Seen {
    fn add(&mut self, state: usize, opened_in: Duration) {
        self.images += 1;
        self.slow += u64::from(opened_in > SLOW_OPEN);
        self.slowest = self.slowest.max(opened_in);
        self.states.extend((state as u32).to_le_bytes());
    }

    fn tell(&self, figures: &mut Figures) {
        figures.add("images", self.images);
        figures.add("slow_opens", self.slow);
        figures.most("slowest_open_us", self.slowest.as_micros() as u64);
        figures.saw(&self.states);
    }
}

/// A point of a recording: how many operations were done, and which states are allowed.
struct Point {
    ops: usize,
    acknowledged: usize,
    begun: usize,
}

/// The points before the first operation and after each.
fn points(recording: &Recording) -> Vec<Point> {
    let (mut acknowledged, mut begun) = (0, 0);
    let mut points = Vec::new();
    for (at, op) in recording.ops.iter().enumerate() {
        match op {
            Op::Mark(word) if word % 2 == 0 => begun = *word as usize / 2,
            Op::Mark(word) => acknowledged = *word as usize / 2,
            _ => {}
        }
        points.push(Point { ops: at + 1, acknowledged, begun });
    }
    points
}

/// Images at points, `every` so many, of which the replay is at the point already.
fn at_points<T: Send>(
    recording: &Recording,
    every: usize,
    try_one: impl Fn(&Point, &Replay) -> Result<T, Failure> + Sync,
) -> Result<Vec<T>, Failure> {
    let points: Vec<Point> = points(recording).into_iter().step_by(every).collect();
    in_parallel(points, |lane| {
        let (mut replay, mut done) = (Replay::of(&Memory::default()), 0);
        lane.map(|point| {
            recording.ops[done..point.ops].iter().for_each(|op| replay.push(op));
            done = point.ops;
            try_one(&point, &replay)
        })
        .collect()
    })
}

/// Power loss at the operations of a workload.
pub(crate) fn loss(orders: Orders) -> Result<Figures, Failure> {
    let mut figures = Figures::default();
    let workload = Workload::new(&mut Rng::new(orders.seed), STEPS);
    let recording = workload.record()?;
    let every = orders.tier.pick(40, 1);
    let all = at_points(&recording, every, |point, replay| {
        let mut rng = Rng::new(orders.seed ^ point.ops as u64);
        let mut seen = Seen::default();
        for (number, loss) in replay.losses(&mut rng).iter().enumerate() {
            let named = |failure: Failure| {
                let Point { ops, acknowledged, begun } = point;
                let states = format!("step {acknowledged} acknowledged, {begun} begun");
                Failure::new(format!("after operation {ops} ({states}), {loss:?}: {failure}"))
            };
            let closely = (point.ops + number) % CLOSELY_EVERY == 0;
            let allowed = point.acknowledged..=point.begun;
            let image = replay.image(loss);
            let (state, opened_in) =
                check(&image, &recording.states, allowed, closely).map_err(named)?;
            seen.add(state, opened_in);
        }
        Ok(seen)
    })?;
    figures.add("steps", workload.len() as u64);
    figures.add("operations", recording.ops.len() as u64);
    figures.add("points", all.len() as u64);
    all.iter().for_each(|seen| seen.tell(&mut figures));
    Ok(figures)
}

/// Opens a store on an image, and makes sure that it is in one of some states; if it is looked at
/// closely, that all that is derived is right, too, and that it goes on from there. Gives the
/// number of the state, and how long opening took.
fn check(
    image: &Memory,
    states: &[State],
    allowed: RangeInclusive<usize>,
    closely: bool,
) -> Result<(usize, Duration), Failure> {
    let start = Instant::now();
    let stage = Stage::open(image, if closely { Indexing::Background } else { Indexing::Never })?;
    let opened_in = start.elapsed();
    let state = stage.state()?;
    let found = allowed.clone().find(|number| states.get(*number) == Some(&state));
    let Some(found) = found else {
        let other = states.iter().position(|other| *other == state);
        return Err(Failure::new(format!("not a state of {allowed:?} but {other:?}")));
    };
    let warnings = stage.storage().stats()?.text_warnings;
    if !warnings.is_empty() {
        return Err(Failure::new(format!("text: {warnings:?}")));
    }
    if closely {
        stage.verify()?;
        stage.go_on()?;
        stage.storage().seal_now()?;
        stage.verify()?;
    }
    stage.close()?;
    Ok((found, opened_in))
}

/// Power loss while a store recovers from a power loss.
pub(crate) fn recovery(orders: Orders) -> Result<Figures, Failure> {
    let mut figures = Figures::default();
    let workload = Workload::new(&mut Rng::new(orders.seed), STEPS);
    let recording = workload.record()?;
    let wanted = orders.tier.pick(2, 150);
    let every = (recording.ops.len() / wanted).max(1);
    let all = at_points(&recording, every, |point, replay| {
        let mut rng = Rng::new(orders.seed ^ point.ops as u64);
        let losses = replay.losses(&mut rng);
        let mut image = replay.image(rng.pick(&losses));
        let mut seen = Seen::default();
        for depth in 1..=DEPTH {
            let named = |failure: Failure| {
                Failure::new(format!("after operation {}, depth {depth}: {failure}", point.ops))
            };
            let next = interrupt(&image, &mut rng, &mut seen).map_err(named)?;
            let Some(next) = next else { break };
            image = next;
            // Deeper ones are rarer.
            if rng.percent(60) {
                break;
            }
        }
        Ok(seen)
    })?;
    figures.add("recoveries", all.len() as u64);
    all.iter().for_each(|seen| seen.tell(&mut figures));
    Ok(figures)
}

/// Recovers on an image, and interrupts that at each operation: every image that this may leave
/// must recover to the same state. Gives one of them.
fn interrupt(image: &Memory, rng: &mut Rng, seen: &mut Seen) -> Result<Option<Memory>, Failure> {
    let recovering = image.copy();
    recovering.record();
    let stage = Stage::open(&recovering, Indexing::Background)?;
    let states = [stage.state()?];
    stage.close()?;
    let ops = recovering.take_ops();
    let mut replay = Replay::of(image);
    let mut left = None;
    for op in &ops {
        replay.push(op);
        let mut losses: Vec<Loss> = replay.losses(rng);
        while losses.len() > LOSSES_OF_RECOVERY {
            losses.swap_remove(rng.below(losses.len()));
        }
        for loss in &losses {
            let image = replay.image(loss);
            let kept = image.copy();
            let named = |failure| Failure::new(format!("{loss:?} of {op:?}: {failure}"));
            let closely = rng.percent(100 / CLOSELY_EVERY);
            let (state, opened_in) = check(&image, &states, 0..=0, closely).map_err(named)?;
            seen.add(state, opened_in);
            if left.is_none() || rng.percent(10) {
                left = Some(kept);
            }
        }
    }
    Ok(left)
}
