//! `verify`: proves that the store is whole. `rebuild` tells what it found in the same way.

use crate::args::Place;
use crate::failure::{Failure, Result, chain};
use crate::open;
use crate::print::{self, Form, Printer, counted, visible};
use crate::progress::Progress;
use eventscope::Report;
use eventscope_wire::Verified;
use std::io::Write;

pub(crate) fn run(place: &Place, out: &mut Printer) -> Result<()> {
    let store = open::to_keep(place)?;
    let mut progress = Progress::new(place.telling(), 0);
    // To complete the text index may take room that the disk does not have.
    let report = store.verify(|done, all| progress.checked(done, all))?;
    let indexed = store.finish_text(|done, all| progress.indexed(done, all));
    drop(progress);
    if let Err(error) = indexed {
        print::warning(&chain(&error));
    }
    let events = counted(report.events, "event");
    let segments = counted(report.segments, "sealed segment");
    let sentence = format!("checked {events} and the indexes of {segments}");
    tell(&Verified::from(&report), &sentence, out)?;
    verdict(&report)
}

/// Prints a report: for people, a sentence and the problems.
pub(super) fn tell(document: &Verified, sentence: &str, out: &mut Printer) -> Result<()> {
    match out.form() {
        Form::Json | Form::Lines => out.json(document)?,
        Form::People => {
            writeln!(out, "{sentence}")?;
            for problem in &document.problems {
                writeln!(out, "problem: {}", visible(problem))?;
            }
        }
    }
    out.finish()
}

/// A failure, if a report has problems.
pub(super) fn verdict(report: &Report) -> Result<()> {
    if report.is_ok() {
        return Ok(());
    }
    let problems = counted(report.problems.len() as u64, "problem");
    Err(Failure::new(format!("{problems} found; restore a backup or import the dumps anew")))
}
