//! `rebuild`: makes everything that is derived anew.

use crate::args::Place;
use crate::failure::{Failure, Result};
use crate::open;
use crate::print::{Form, Printer, counted, visible};
use crate::progress::{Progress, Telling};
use serde::Serialize;
use std::io::Write;

pub(crate) fn run(place: &Place, out: &mut Printer) -> Result<()> {
    let store = open::to_keep(place)?;
    let mut progress = Progress::new(Telling::Bar, 0);
    let report = store.rebuild(|done, all| progress.rebuilt(done, all))?;
    store.finish_text(|done, all| progress.indexed(done, all))?;
    drop(progress);
    match out.form() {
        Form::Json | Form::Lines => out.json(&Document {
            ok: report.is_ok(),
            checked: report.events,
            segments: report.segments,
            repaired: report.repaired,
            problems: &report.problems,
        })?,
        Form::People => {
            let events = counted(report.events, "event");
            let segments = counted(report.segments, "sealed segment");
            let changed = counted(report.repaired, "segment");
            writeln!(out, "read {events}, rebuilt {segments}; {changed} changed")?;
            for problem in &report.problems {
                writeln!(out, "problem: {}", visible(problem))?;
            }
        }
    }
    // What is durable is told before anything else can go wrong.
    out.finish()?;
    store.close()?;
    if report.is_ok() {
        return Ok(());
    }
    let problems = counted(report.problems.len() as u64, "problem");
    Err(Failure::new(format!("{problems} found; restore a backup or import the dumps anew")))
}

#[derive(Serialize)]
struct Document<'a> {
    ok: bool,
    /// Events that were read.
    checked: u64,
    /// Segments whose indexes were built again.
    segments: u64,
    /// Segments that were stored otherwise before.
    repaired: u64,
    problems: &'a [String],
}
