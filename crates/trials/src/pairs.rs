//! The two files of a store are of different moments of its life.
//!
//! One store goes through a life with commits of every kind; at many operations of it, most of them
//! in the middle of a commit or between those of the two files, both files are kept. The log of
//! each moment is then put beside the segments of each: the store does not open and says why, or it
//! is in the state of its log, and `verify` finds every index right. Files of one moment always
//! open, and so does a backup, at whatever operation it was cut off.

use crate::parallel::in_parallel;
use crate::workload::{DIR, Stage, State, Workload};
use crate::{Failure, Figures, Orders};
use eventscope_model::ScopeLabels;
use eventscope_storage::{CompactionEffort, Error, Indexing, Mismatch, Rights, Vfs};
use eventscope_testkit::Rng;
use eventscope_testkit::medium::{Loss, Memory, Op, Replay};
use std::path::Path;

/// Where its backup is made.
const BACKUP: &str = "/var/copy";
/// Changes that leave the log.
const FOLDED: usize = 1_400;
/// The steps of each workload.
const STEPS: usize = 30;

/// Both files at one moment.
struct Moment {
    log: Vec<u8>,
    segments: Vec<u8>,
    state: State,
}

/// What a pair of files did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    OlderLog,
    OlderSegments,
    Right,
}

/// All pairs of moments.
pub(crate) fn run(orders: Orders) -> Result<Figures, Failure> {
    let mut figures = Figures::default();
    let ops = life(orders.seed)?;
    let images = images(&ops, orders.tier.pick([1, 1], [12, 24]));
    let moments = in_parallel(images, |lane| lane.map(|image| moment(&image)).collect())?;
    let moments: Vec<Moment> = moments.into_iter().flatten().collect();
    let all = 0..moments.len();
    let pairs = all.clone().flat_map(|log| all.clone().map(move |segments| (log, segments)));
    let found = in_parallel(pairs.collect(), |lane| {
        lane.map(|(log, segments)| {
            let named = |failure: Failure| {
                Failure::new(format!("log {log} beside segments {segments}: {failure}"))
            };
            let found = pair(&moments[log], &moments[segments]).map_err(named)?;
            match found == Found::Right || log != segments {
                true => Ok(found),
                false => Err(named(Failure::new(format!("one moment, and {found:?}")))),
            }
        })
        .collect()
    })?;
    figures.add("moments", moments.len() as u64);
    figures.add("pairs", found.len() as u64);
    let mut count = |name, kind| {
        figures.add(name, found.iter().filter(|found| **found == kind).count() as u64);
    };
    count("older_logs", Found::OlderLog);
    count("older_segments", Found::OlderSegments);
    count("right", Found::Right);
    for moment in &moments {
        figures.saw(format!("{:?}", moment.state));
    }
    figures.saw(format!("{found:?}"));
    Ok(figures)
}

/// A life with commits of every kind; each of its phases ends with a mark.
fn life(seed: u64) -> Result<Vec<Op>, Failure> {
    let memory = Memory::recording();
    let mut rng = Rng::new(seed);
    let mut stage = Stage::open(&memory, Indexing::Never)?;
    let done = |phase| memory.mark(phase);
    let work = |stage: &mut Stage, rng: &mut Rng| {
        let (_, error) = Workload::new(rng, STEPS).run_on(stage);
        error.map_or(Ok(()), Err)
    };
    work(&mut stage, &mut rng)?;
    stage.storage().seal_now()?;
    done(1);
    stage.storage().backup(BACKUP, |_, _| ())?;
    done(2);
    let list: ScopeLabels = "kubernetes.*".parse()?;
    stage.storage().set_scope_labels(&list, |_, _| ())?;
    done(3);
    stage.remark(&mut rng, FOLDED)?;
    stage.storage().compact(CompactionEffort::Tight)?;
    done(4);
    work(&mut stage, &mut rng)?;
    done(5);
    stage.storage().backup(BACKUP, |_, _| ())?;
    done(6);
    stage.storage().set_scope_labels(&ScopeLabels::all(), |_, _| ())?;
    stage.storage().rebuild(|_, _| ())?;
    work(&mut stage, &mut rng)?;
    stage.close()?;
    done(7);
    Ok(memory.take_ops())
}

/// The phase in which changes leave the log, which tells files apart that are alike else.
const FOLDING: u64 = 3;

/// What a crash leaves at so many operations of each phase, and at its end; the second number is
/// that of the phase in which changes leave the log.
fn images(ops: &[Op], [usual, folding]: [usize; 2]) -> Vec<Memory> {
    let mut replay = Replay::of(&Memory::default());
    let mut images = Vec::new();
    let (mut phase, mut last) = (0, 0);
    let is_mark = |op: &Op| matches!(op, Op::Mark(_));
    for (at, op) in ops.iter().enumerate() {
        replay.push(op);
        let each = if last == FOLDING { folding } else { usual };
        let done = at - phase;
        let len = ops[phase..].iter().position(is_mark).unwrap_or(0);
        if is_mark(op) || done % (len / each).max(1) == 0 {
            images.push(replay.image(&Loss::Nothing));
        }
        if let Op::Mark(mark) = op {
            (phase, last) = (at + 1, *mark);
        }
    }
    images
}

/// The files of an image, and the state that they are in; none before there is a store.
fn moment(image: &Memory) -> Result<Option<Moment>, Failure> {
    let file = |name: &str| image.bytes(Path::new(DIR).join(name));
    let (Ok(log), Ok(segments)) = (file("log.redb"), file("segments.redb")) else {
        return Ok(None);
    };
    if image.bytes(Path::new(BACKUP).join("log.redb")).is_ok() {
        let backup = Stage::open_at(&image.copy(), BACKUP, Indexing::Never)?;
        backup.verify()?;
        backup.close()?;
    }
    let stage = Stage::open(&image.copy(), Indexing::Never)?;
    let state = stage.state()?;
    stage.close()?;
    Ok(Some(Moment { log, segments, state }))
}

/// The log of one moment beside the segments of another.
fn pair(log: &Moment, segments: &Moment) -> Result<Found, Failure> {
    let memory = Memory::default();
    let dir = Path::new(DIR);
    for folder in dir.ancestors().collect::<Vec<_>>().into_iter().rev().skip(1) {
        memory.create_dir(folder, Rights::default())?;
    }
    memory.put(dir.join("log.redb"), &log.log)?;
    memory.put(dir.join("segments.redb"), &segments.segments)?;
    let read = Stage::open(&memory, Indexing::Never)
        .and_then(|stage| stage.state().map(|state| (stage, state)));
    let (stage, state) = match read {
        Ok(opened) => opened,
        Err(Error::Mismatched { why: Mismatch::OlderLog }) => return Ok(Found::OlderLog),
        Err(Error::Mismatched { why: Mismatch::OlderSegments }) => return Ok(Found::OlderSegments),
        // Damage that is found where a row is read is not found by whoever only counts rows.
        Err(other) => return Err(other.into()),
    };
    if state != log.state {
        return Err(Failure::new("it is not in the state of its log"));
    }
    stage.verify()?;
    stage.close()?;
    Ok(Found::Right)
}
