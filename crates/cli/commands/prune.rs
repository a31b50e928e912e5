//! `prune`: removes what is too old or too much, and gives its space back.

use crate::args::{Place, Prune};
use crate::failure::Result;
use crate::open;
use crate::print::{Form, Printer, counted};
use eventscope::{Pruned, Retention, Rule};
use serde::Serialize;
use std::io::Write;
use std::time::Duration;

pub(crate) fn run(place: &Place, typed: &Prune, out: &mut Printer) -> Result<()> {
    let store = open::to_keep(place)?;
    let pruned = store.prune(&retention(typed))?;
    match out.form() {
        Form::Json | Form::Lines => out.json(&Document::of(&pruned))?,
        Form::People => {
            let events = counted(pruned.removed_events, "event");
            let segments = counted(pruned.removed_segments, "sealed segment");
            let bytes = counted(pruned.freed_bytes, "byte");
            writeln!(out, "removed {events} and {segments} as a whole; {bytes} freed")?;
        }
    }
    // What is durable is told before anything else can go wrong.
    out.finish()?;
    Ok(store.close()?)
}

fn retention(typed: &Prune) -> Retention {
    let rule = typed.older_than.map(|age| Rule {
        older_than: Duration::from_nanos(age.nanos().unsigned_abs()),
        severities: (!typed.severity.is_empty()).then(|| typed.severity.concat()),
        types: (!typed.types.is_empty()).then(|| typed.types.clone()),
    });
    Retention { rules: rule.into_iter().collect(), max_bytes: typed.max_bytes }
}

#[derive(Serialize)]
struct Document {
    removed_events: u64,
    removed_segments: u64,
    freed_bytes: u64,
}

impl Document {
    fn of(pruned: &Pruned) -> Self {
        Self {
            removed_events: pruned.removed_events,
            removed_segments: pruned.removed_segments,
            freed_bytes: pruned.freed_bytes,
        }
    }
}
