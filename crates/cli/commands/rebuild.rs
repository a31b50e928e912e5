//! `rebuild`: makes everything that is derived anew, and proves that the store is whole then.

use super::verify;
use crate::args::Place;
use crate::failure::Result;
use crate::open;
use crate::print::{Printer, counted};
use crate::progress::Progress;
use eventscope_wire::Verified;

pub(crate) fn run(place: &Place, out: &mut Printer) -> Result<()> {
    let store = open::to_keep(place)?;
    let mut progress = Progress::new(place.telling(), 0);
    let mut report = store.rebuild(|done, all| progress.rebuilt(done, all))?;
    store.finish_text(|done, all| progress.indexed(done, all))?;
    // What it cannot make right is wrong still, and whoever relies on it has to know.
    let checked = store.verify(|done, all| progress.checked(done, all))?;
    let new = checked.problems.into_iter().filter(|problem| !report.problems.contains(problem));
    let new: Vec<String> = new.collect();
    report.problems.extend(new);
    drop(progress);
    let events = counted(report.events, "event");
    let segments = counted(report.segments, "sealed segment");
    let changed = counted(report.repaired, "segment");
    let sentence = format!("read {events}, rebuilt {segments}; {changed} changed");
    // What is durable is told before anything else can go wrong.
    let repaired = Some(report.repaired);
    verify::tell(&Verified { repaired, ..Verified::from(&report) }, &sentence, out)?;
    store.close()?;
    verify::verdict(&report)
}
