//! `ack`, `unack`, `resolve`, `delete`, `undo`: changes of stored events.

use crate::args::{Change, Place, Undo};
use crate::ask;
use crate::failure::{Failure, Result};
use crate::keys;
use crate::open;
use crate::print::{Form, Printer, counted};
use crate::times::Times;
use eventscope::{Action, Remark, Targets};
use eventscope_wire::Changed;
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
        return told(action, &Changed { changed, dry_run: true }, out);
    }
    if action == Action::Delete && typed.expr.is_some() && !typed.yes {
        ask::confirm(|| {
            let events = store.preview(action, &targets).map_err(about)?.changed;
            Ok((events > 0).then(|| format!("delete {}?", counted(events, "event"))))
        })?;
    }
    let remark = Remark { by: typed.by.clone(), note: typed.note.clone() };
    let changed = store.change(action, &targets, &remark).map_err(about)?;
    let verdict = told(action, &Changed { changed, dry_run: false }, out);
    store.close()?;
    verdict
}

/// Says what came of a change. That nothing could be changed is a failure.
fn told(action: Action, document: &Changed, out: &mut Printer) -> Result<()> {
    match out.form() {
        Form::Json | Form::Lines => out.json(document)?,
        Form::People => report(action, document, out)?,
    }
    // What is durable is told before anything else can go wrong.
    out.finish()?;
    let refused = document.changed.refused.len() as u64;
    match refused > 0 && refused == document.changed.matched {
        true => Err(Failure::new("no event takes this change, so none was changed")),
        false => Ok(()),
    }
}

pub(crate) fn undo(place: &Place, typed: &Undo, out: &mut Printer) -> Result<()> {
    let store = open::existing(place)?;
    let remark = Remark { by: typed.by.clone(), note: typed.note.clone() };
    let changed = store.undo(typed.change, &remark)?;
    let events = counted(changed.changed, "event");
    match out.form() {
        Form::Json | Form::Lines => out.json(&Changed { changed, dry_run: false })?,
        Form::People => {
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
fn report(action: Action, document: &Changed, out: &mut impl Write) -> io::Result<()> {
    let Changed { changed, dry_run } = document;
    let done = match (action, dry_run) {
        (Action::Acknowledge, false) => "acknowledged",
        (Action::Acknowledge, true) => "would be acknowledged",
        (Action::Unacknowledge, false) => "no longer acknowledged",
        (Action::Unacknowledge, true) => "would no longer be acknowledged",
        (Action::Resolve, false) => "resolved",
        (Action::Resolve, true) => "would be resolved",
        (Action::Delete, false) => "deleted",
        (Action::Delete, true) => "would be deleted",
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
