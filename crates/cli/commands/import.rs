//! `import`: dumps into the store.

use super::labels;
use crate::args::{Import, Place};
use crate::failure::{Failure, Result};
use crate::intake::{self, Intake};
use crate::interrupt::Interrupt;
use crate::open;
use crate::print::{Form, Look, Printer, counted, grouped, visible};
use crate::progress::{Progress, Telling};
use crate::table::Table;
use eventscope_formats::Format;
use eventscope_intake::{FileReport, Report};
use std::io::{self, Write};

/// Rejects shown to people; `--json` lists them all.
const REJECTS_SHOWN: usize = 20;

/// Files that are all listed; of more only those that something is odd about.
const FILES_SHOWN: usize = 20;

pub(crate) fn run(place: &Place, typed: &Import, out: &mut Printer) -> Result<()> {
    let intake = Intake::new(place, &typed.dumps, typed.batch.get())?;
    let interrupt =
        Interrupt::listen().map_err(|error| Failure::caused("cannot listen to signals", &error))?;
    let intake = intake.cancel(interrupt.cancel());
    let store = open::or_new(place)?;
    if let Some(scope) = &typed.scope_labels {
        labels::set(place, &store, scope)?;
    }
    let telling = if typed.progress_json { Telling::Lines } else { place.telling() };
    let mut progress = Progress::new(telling, intake.bytes());
    let imported = intake.run(&store, &mut progress)?;
    interrupt.end();
    drop(progress);
    match out.form() {
        Form::Json | Form::Lines => out.json(&imported.document())?,
        Form::People => report(&imported.report, typed.verbose, out.look(), out)?,
    }
    // What is durable is told before anything else can go wrong.
    out.finish()?;
    open::finish_import(place, store, &typed.waiting)?;
    imported.verdict()
}

/// What became of each file, for people.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "counts of rejects, which no import brings near 2^64"
)]
pub(crate) fn report(
    imported: &Report,
    is_verbose: bool,
    look: Look,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut table = Table::new(&[
        ">read",
        ">appended",
        ">duplicates",
        ">updated",
        ">rejected",
        "format",
        "<file",
    ]);
    let lists_all = is_verbose || imported.files.len() <= FILES_SHOWN;
    for file in imported.files.iter().filter(|file| lists_all || matters(file)) {
        let counts = file.counts;
        table.row([
            grouped(file.read),
            grouped(counts.appended),
            grouped(counts.duplicates),
            grouped(counts.updated),
            grouped(counts.rejected),
            file.format.map_or("-", Format::name).to_owned(),
            visible(&file.name),
        ]);
    }
    if imported.files.len() > 1 {
        let sum = imported.counts;
        let read = imported.files.iter().map(|file| file.read).sum();
        let numbers = [read, sum.appended, sum.duplicates, sum.updated, sum.rejected];
        let [read, appended, duplicates, updated, rejected] = numbers.map(grouped);
        let listed = imported.files.iter().filter(|file| lists_all || matters(file)).count();
        let files = match imported.files.len() - listed {
            0 => format!("({} files)", imported.files.len()),
            rest => format!("({} files; --verbose lists {rest} more)", imported.files.len()),
        };
        table.row([read, appended, duplicates, updated, rejected, String::new(), files]);
    }
    table.write(look, out)?;
    left_out(imported, out)?;
    beside(imported, out)?;
    for reject in imported.rejects.iter().take(REJECTS_SHOWN) {
        let (path, reason) = (visible(&reject.name), visible(&intake::reason(&reject.reason)));
        writeln!(out, "rejected: {path}:{}: {reason}", reject.line)?;
    }
    let all = imported.rejects.len() as u64 + imported.rejects_left_out;
    match all.saturating_sub(REJECTS_SHOWN as u64) {
        0 => Ok(()),
        more => writeln!(out, "rejected: {} more; --json lists them", grouped(more)),
    }
}

/// What is to be known of events beside their number, and what were no events.
fn beside(imported: &Report, out: &mut impl Write) -> io::Result<()> {
    for file in imported.files.iter().filter(|file| file.dated_by_file > 0) {
        let (events, path) = (counted(file.dated_by_file, "event"), visible(&file.name));
        match file.name.as_str() {
            "-" => writeln!(out, "the time of {events} is that of the import")?,
            _ => writeln!(out, "the time of {events} of {path} is that of the file")?,
        }
    }
    let sum = |count: fn(&FileReport) -> u64| imported.files.iter().map(count).sum::<u64>();
    let beside: [u64; 2] = [sum(|file| file.skipped_text), sum(|file| file.other_documents)];
    if beside != [0, 0] {
        let [text, others] = beside;
        let (lines, documents) = (counted(text, "line"), counted(others, "document"));
        writeln!(out, "no events: {lines} of text, {documents} of other kinds")?;
    }
    let not_fired = sum(|file| file.not_fired);
    if not_fired > 0 {
        writeln!(out, "no events: {} that have not fired", counted(not_fired, "alert"))?;
    }
    let degraded = sum(|file| file.degraded);
    if degraded > 0 {
        let events = counted(degraded, "event");
        writeln!(out, "{events} not whole: the tag eventscope.cut says what was cut or mended")?;
    }
    let not_set = imported.counts.labels_not_set;
    if not_set > 0 {
        let events = counted(not_set, "event");
        writeln!(out, "--label not set on {events} known before: they keep the labels they have")?;
    }
    Ok(())
}

/// Whether somebody has to look at a file: not all that is in it is events of a known format.
fn matters(file: &FileReport) -> bool {
    file.counts.rejected > 0
        || file.format.is_none()
        || file.skipped_text > 0
        || file.other_documents > 0
        || file.dated_by_file > 0
        || file.degraded > 0
        || file.not_fired > 0
}

/// What was read but not let through, file by file.
fn left_out(imported: &Report, out: &mut impl Write) -> io::Result<()> {
    for file in &imported.files {
        let counts = [("not collected", file.not_collected), ("over the limit", file.over_limit)];
        for (why, events) in counts.into_iter().filter(|(_, events)| *events > 0) {
            writeln!(out, "{why}: {}: {}", visible(&file.name), counted(events, "event"))?;
        }
    }
    Ok(())
}
