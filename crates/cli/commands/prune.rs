//! `prune`: removes what is too old or too much, and gives its space back.

use crate::args::{Place, Prune};
use crate::ask;
use crate::failure::Result;
use crate::open;
use crate::print::{Form, Printer, counted};
use eventscope::{Pruned, Retention, Rule, Store};
use eventscope_wire::PrunePreview;
use std::io::Write;
use std::time::Duration;

/// What is said when the disk is full.
const NO_ROOM: &str = "more comes back once the disk has room: what is left of a segment is \
                       written anew before the old one goes";

pub(crate) fn run(place: &Place, typed: &Prune, out: &mut Printer) -> Result<()> {
    let retention = retention(typed);
    if typed.dry_run {
        return dry_run(&open::existing(place)?, &retention, out);
    }
    let store = open::to_keep(place)?;
    if !typed.yes {
        ask::confirm(|| {
            let events = store.preview_prune(&retention)?;
            Ok((events > 0).then(|| format!("remove {} for good?", counted(events, "event"))))
        })?;
    }
    let pruned = store.prune(&retention)?;
    match out.form() {
        Form::Json | Form::Lines => out.json(&pruned)?,
        Form::People => {
            let events = counted(pruned.removed_events, "event");
            let segments = counted(pruned.removed_segments, "sealed segment");
            let bytes = counted(pruned.freed_bytes, "byte");
            writeln!(out, "removed {events} and {segments} as a whole; {bytes} freed")?;
            if pruned.over_bytes > 0 {
                writeln!(out, "{}", rest(&pruned))?;
            }
            if pruned.no_room {
                writeln!(out, "{NO_ROOM}")?;
            }
        }
    }
    // What is durable is told before anything else can go wrong.
    out.finish()?;
    Ok(store.close()?)
}

/// Says how many events would go.
fn dry_run(store: &Store, retention: &Retention, out: &mut Printer) -> Result<()> {
    let events = store.preview_prune(retention)?;
    match out.form() {
        Form::Json | Form::Lines => out.json(&PrunePreview::new(events)),
        Form::People => Ok(writeln!(out, "{} would be removed", counted(events, "event"))?),
    }
}

/// Why the store takes more than it may.
fn rest(pruned: &Pruned) -> String {
    let bytes = counted(pruned.over_bytes, "byte");
    let why = match pruned.unsealed_events {
        0 => "no event is left but what files take without any".to_owned(),
        events => format!("{} not sealed yet, and stay", counted(events, "event")),
    };
    format!("still {bytes} more than it may take: {why}")
}

fn retention(typed: &Prune) -> Retention {
    let rule = typed.older_than.map(|age| Rule {
        older_than: Duration::from_nanos(age.nanos().unsigned_abs()),
        severities: (!typed.severity.is_empty()).then(|| typed.severity.concat()),
        types: (!typed.types.is_empty()).then(|| typed.types.clone()),
    });
    Retention { rules: rule.into_iter().collect(), max_bytes: typed.max_bytes }
}
