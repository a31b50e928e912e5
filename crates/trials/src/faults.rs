//! Every operation of a workload fails: once or from then on, as a broken device, a full disk, or a
//! file that ends early.
//!
//! The workload stops at the first step that says it failed. What can be read then is right, or
//! says that it cannot be read. When the medium is well again, the store opens in a state that lies
//! between what was acknowledged and what was tried, and goes on from there.

use crate::parallel::in_parallel;
use crate::workload::{Stage, State, Workload};
use crate::{Failure, Figures, Orders};
use eventscope_storage::{Error, Indexing};
use eventscope_testkit::Rng;
use eventscope_testkit::medium::{Fault, Kind, Memory};
use std::ops::RangeInclusive;

const STEPS: usize = 30;
/// What is tried at each operation.
const FAULTS: [(Kind, bool); 6] = [
    (Kind::Io, false),
    (Kind::Io, true),
    (Kind::Full, false),
    (Kind::Full, true),
    (Kind::Short, false),
    (Kind::Short, true),
];

/// What came of one run.
#[derive(Default)]
struct Ran {
    struck: bool,
    /// Whether a step said that it failed.
    failed: bool,
    /// Whether the store could not be opened or made.
    refused: bool,
    /// What became of a step that said it failed: it is there, or it is not.
    there: bool,
}

/// Faults at the operations of a workload.
pub(crate) fn run(orders: Orders) -> Result<Figures, Failure> {
    let mut figures = Figures::default();
    let workload = Workload::new(&mut Rng::new(orders.seed), STEPS);
    let recording = workload.record()?;
    recording.states.iter().for_each(|state| figures.saw(format!("{state:?}")));
    let (operations, every) = (recording.steps, orders.tier.pick(101, 1));
    let faults: Vec<Fault> = (0..operations)
        .step_by(every)
        .flat_map(|at| FAULTS.map(|(kind, for_ever)| Fault { at, kind, for_ever }))
        .collect();
    let all = in_parallel(faults, |lane| {
        let named = |fault, failure| Failure::new(format!("{fault:?}: {failure}"));
        lane.map(|fault| {
            one(&workload, &recording.states, fault).map_err(|failure| named(fault, failure))
        })
        .collect()
    })?;
    figures.add("operations", operations);
    figures.add("runs", all.len() as u64);
    let mut count = |name, which: fn(&Ran) -> bool| {
        figures.add(name, all.iter().filter(|ran| which(ran)).count() as u64);
    };
    count("struck", |ran| ran.struck);
    count("not_opened", |ran| ran.refused);
    count("failed_steps", |ran| ran.failed);
    count("of_them_there", |ran| ran.there);
    Ok(figures)
}

/// One run with one fault.
fn one(workload: &Workload, states: &[State], fault: Fault) -> Result<Ran, Failure> {
    let memory = Memory::default();
    memory.set_fault(Some(fault));
    let mut ran = Ran::default();
    let mut allowed = 0..=0;
    match Stage::open(&memory, Indexing::Background) {
        Ok(mut stage) => {
            let (done, error) = workload.run_on(&mut stage);
            if let Some(error) = error {
                ran.failed = true;
                allowed = done..=done + 1;
                typed(&error)?;
                read(&stage, states, &allowed)?;
            } else {
                allowed = done..=done;
            }
            // It may say that it failed: what was acknowledged is durable without.
            let _ = stage.close();
        }
        Err(error) => {
            ran.refused = true;
            typed(&error)?;
        }
    }
    ran.struck = memory.has_struck();
    memory.set_fault(None);
    let stage = Stage::open(&memory, Indexing::Background)?;
    let state = stage.state()?;
    let Some(at) = allowed.clone().find(|at| states.get(*at) == Some(&state)) else {
        let other = states.iter().position(|other| *other == state);
        return Err(Failure::new(format!("in the end not a state of {allowed:?} but {other:?}")));
    };
    ran.there = ran.failed && at == *allowed.end();
    stage.verify()?;
    stage.go_on()?;
    stage.close()?;
    Ok(ran)
}

/// Reads everything while the medium may still fail: right, or an error.
fn read(stage: &Stage, states: &[State], allowed: &RangeInclusive<usize>) -> Result<(), Failure> {
    let is = |allowed: &RangeInclusive<usize>, events| {
        allowed.clone().any(|at| states.get(at).is_some_and(|state| state.events == events))
    };
    match stage.events() {
        Ok(events) if is(allowed, events) => Ok(()),
        Ok(_) => Err(Failure::new("after the fault other events are shown")),
        Err(error) => typed(&error),
    }
}

/// An error must say that it comes from the medium, or that the store takes no more writes.
fn typed(error: &Error) -> Result<(), Failure> {
    match error {
        Error::Io { .. }
        | Error::Database { .. }
        | Error::Unknown { .. }
        | Error::Stopped { .. }
        | Error::Unsealed { .. }
        | Error::Corrupt { .. }
        | Error::Text { .. } => Ok(()),
        other => Err(Failure::new(format!("the error is {other:?}"))),
    }
}
