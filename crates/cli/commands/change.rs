//! `ack`, `unack`, `resolve`, `delete`, `undo`: changes of stored events.

use crate::args::{Change, Place, Undo};
use crate::ask;
use crate::failure::{Failure, Result};
use crate::keys;
use crate::open;
use crate::print::{Form, Printer, counted};
use crate::times::Times;
use eventscope::{Action, Changed, Remark, Targets};
use serde::Serialize;
use std::io::{self, Write};

/// Refusals shown to people; `--json` lists them all.
const REFUSALS_SHOWN: usize = 10;

pub(crate) fn acknowledge(place: &Place, typed: &Change, out: &mut Printer) -> Result<()> {
    change(Action::Acknowledge, place, typed, out)
}

pub(crate) fn unacknowledge(place: &Place, typed: &Change, out: &mut Printer) -> Result<()> {
    change(Action::Unacknowledge, place, typed, out)
}

pub(crate) fn resolve(place: &Place, typed: &Change, out: &mut Printer) -> Result<()> {
    change(Action::Resolve, place, typed, out)
}

pub(crate) fn delete(place: &Place, typed: &Change, out: &mut Printer) -> Result<()> {
    change(Action::Delete, place, typed, out)
}

fn change(action: Action, place: &Place, typed: &Change, out: &mut Printer) -> Result<()> {
    let expr = typed.expr.as_ref().map(|text| Times::of(place)?.expr(text)).transpose()?;
    let store = open::existing(place)?;
    let about = |error| Failure::about(error, typed.expr.as_deref());
    let targets = match expr {
        Some(expr) => Targets::Matching(expr),
        None => Targets::Ids(typed.ids.clone()),
    };
    let warnings = match &targets {
        // A label outside the scope labels is an error of its own.
        Targets::Matching(expr) if expr.label_outside(&store.scope_labels()).is_none() => {
            keys::check(&store, [expr], [])?
        }
        Targets::Matching(_) | Targets::Ids(_) => Vec::new(),
    };
    if typed.force || typed.dry_run {
        keys::tell(&warnings, out);
    } else {
        keys::refuse(&warnings)?;
    }
    if typed.dry_run {
        let changed = store.preview(action, &targets).map_err(about)?;
        return told(action, &changed, DryRun::Yes, out);
    }
    if action == Action::Delete && typed.expr.is_some() && !typed.yes {
        ask::confirm(|| {
            let events = store.preview(action, &targets).map_err(about)?.changed;
            Ok((events > 0).then(|| format!("delete {}?", counted(events, "event"))))
        })?;
    }
    let remark = Remark { by: typed.by.clone(), note: typed.note.clone() };
    let changed = store.change(action, &targets, &remark).map_err(about)?;
    let verdict = told(action, &changed, DryRun::No, out);
    store.close()?;
    verdict
}

/// Whether nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DryRun {
    No,
    Yes,
}

/// Says what came of a change. That nothing could be changed is a failure.
fn told(action: Action, changed: &Changed, dry_run: DryRun, out: &mut Printer) -> Result<()> {
    match out.form() {
        Form::Json | Form::Lines => out.json(&Document::of(changed, dry_run))?,
        Form::People => report(action, changed, dry_run, out)?,
    }
    // What is durable is told before anything else can go wrong.
    out.finish()?;
    let refused = changed.refused.len() as u64;
    match refused > 0 && refused == changed.matched {
        true => Err(Failure::new("no event takes this change, so none was changed")),
        false => Ok(()),
    }
}

pub(crate) fn undo(place: &Place, typed: &Undo, out: &mut Printer) -> Result<()> {
    let store = open::existing(place)?;
    let remark = Remark { by: typed.by.clone(), note: typed.note.clone() };
    let changed = store.undo(typed.change, &remark)?;
    match out.form() {
        Form::Json | Form::Lines => out.json(&Document::of(&changed, DryRun::No))?,
        Form::People => {
            let events = counted(changed.changed, "event");
            writeln!(out, "change {} undone: {events} as before it", typed.change)?;
        }
    }
    out.finish()?;
    Ok(store.close()?)
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "what was changed and what was refused are two parts of what matched"
)]
fn report(
    action: Action,
    changed: &Changed,
    dry_run: DryRun,
    out: &mut impl Write,
) -> io::Result<()> {
    let done = match (action, dry_run) {
        (Action::Acknowledge, DryRun::No) => "acknowledged",
        (Action::Acknowledge, DryRun::Yes) => "would be acknowledged",
        (Action::Unacknowledge, DryRun::No) => "no longer acknowledged",
        (Action::Unacknowledge, DryRun::Yes) => "would no longer be acknowledged",
        (Action::Resolve, DryRun::No) => "resolved",
        (Action::Resolve, DryRun::Yes) => "would be resolved",
        (Action::Delete, DryRun::No) => "deleted",
        (Action::Delete, DryRun::Yes) => "would be deleted",
    };
    let so_already = changed.matched - changed.changed - changed.refused.len() as u64;
    write!(out, "{} {done}", counted(changed.changed, "event"))?;
    if so_already > 0 {
        write!(out, ", {so_already} already so")?;
    }
    writeln!(out)?;
    for refused in changed.refused.iter().take(REFUSALS_SHOWN) {
        writeln!(out, "refused: #{}: {}", refused.id, refused.reason)?;
    }
    match changed.refused.len().saturating_sub(REFUSALS_SHOWN) {
        0 => {}
        more => writeln!(out, "refused: {more} more; --json lists them")?,
    }
    match changed.change {
        Some(change) => writeln!(out, "undo with: eventscope undo {change}"),
        None => Ok(()),
    }
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    changed: &'a Changed,
    /// Whether nothing was done.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
}

impl<'a> Document<'a> {
    fn of(changed: &'a Changed, dry_run: DryRun) -> Self {
        Self { changed, dry_run: dry_run == DryRun::Yes }
    }
}
