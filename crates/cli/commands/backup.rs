//! `backup`: a copy of the store, which is a store too.

use crate::args::{Backup, Place};
use crate::failure::Result;
use crate::open;
use crate::print::{Form, Printer, counted, grouped, visible};
use crate::progress::Progress;
use eventscope_wire::BackedUp;
use std::io::Write;

pub(crate) fn run(place: &Place, typed: &Backup, out: &mut Printer) -> Result<()> {
    let store = open::existing(place)?;
    let mut progress = Progress::new(place.telling(), 0);
    let backup = store.backup(&typed.dir, |done, all| progress.copied(done, all))?;
    drop(progress);
    let path = typed.dir.display().to_string();
    match out.form() {
        Form::Json | Form::Lines => out.json(&BackedUp::new(path, &backup))?,
        Form::People => {
            let events = counted(backup.events, "event");
            let segments = counted(backup.copied_segments, "new segment");
            let bytes = grouped(backup.copied_bytes);
            writeln!(out, "{events} in {}: {segments}, {bytes} bytes copied", visible(&path))?;
        }
    }
    // What is durable is told before anything else can go wrong.
    out.finish()?;
    Ok(store.close()?)
}
