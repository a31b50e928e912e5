//! `ack`, `unack`, `resolve`, `delete`, `undo`: changes of stored events.

use crate::args::{Change, Place, Undo};
use crate::failure::{Failure, Result};
use crate::open;
use crate::print::{Form, Printer, counted};
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
    let targets = match &typed.expr {
        Some(text) => Targets::parse(text)?,
        None => Targets::Ids(typed.ids.clone()),
    };
    let store = open::existing(place)?;
    let remark = Remark { by: typed.by.clone(), note: typed.note.clone() };
    let about = |error| Failure::about(error, typed.expr.as_deref());
    let changed = store.change(action, &targets, &remark).map_err(about)?;
    match out.form() {
        Form::Json | Form::Lines => out.json(&Document::of(&changed))?,
        Form::People => report(action, &changed, out)?,
    }
    // What is durable is told before anything else can go wrong.
    out.finish()?;
    Ok(store.close()?)
}

pub(crate) fn undo(place: &Place, typed: &Undo, out: &mut Printer) -> Result<()> {
    let store = open::existing(place)?;
    let remark = Remark { by: typed.by.clone(), note: typed.note.clone() };
    let changed = store.undo(typed.change, &remark)?;
    match out.form() {
        Form::Json | Form::Lines => out.json(&Document::of(&changed))?,
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
fn report(action: Action, changed: &Changed, out: &mut impl Write) -> io::Result<()> {
    let done = match action {
        Action::Acknowledge => "acknowledged",
        Action::Unacknowledge => "no longer acknowledged",
        Action::Resolve => "resolved",
        Action::Delete => "deleted",
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
struct Document {
    matched: u64,
    changed: u64,
    refused: Vec<Refused>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<String>,
}

#[derive(Serialize)]
struct Refused {
    id: String,
    reason: String,
}

impl Document {
    fn of(changed: &Changed) -> Self {
        let refused = changed.refused.iter().map(|refused| Refused {
            id: refused.id.to_string(),
            reason: refused.reason.to_string(),
        });
        Self {
            matched: changed.matched,
            changed: changed.changed,
            refused: refused.collect(),
            change: changed.change.map(|change| change.to_string()),
        }
    }
}
