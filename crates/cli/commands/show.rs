//! `show`: all details of events, with what happened to them.

use crate::args::{Place, Show};
use crate::failure::Result;
use crate::open;
use crate::panel::Panel;
use crate::print::{Form, Printer};
use crate::times::Times;
use eventscope::{Event, HistoryEntry};
use serde::Serialize;
use std::io::Write;

pub(crate) fn run(place: &Place, typed: &Show, out: &mut Printer) -> Result<()> {
    let store = open::existing(place)?;
    // All are looked up before the first is printed: either all are shown or none.
    let mut found = Vec::with_capacity(typed.ids.len());
    for id in &typed.ids {
        found.push((store.event(*id)?, store.history(*id)?));
    }
    let times = Times::of(place)?;
    match out.form() {
        Form::Json => out.json(&Document {
            events: found.iter().map(Shown::of).collect(),
            panels: found.iter().map(|(event, _)| Panel::of(event, &times)).collect(),
        }),
        Form::Lines => found.iter().try_for_each(|one| out.json(&Shown::of(one))),
        Form::People => {
            let look = out.look();
            for (nth, (event, history)) in found.iter().enumerate() {
                if nth > 0 {
                    writeln!(out)?;
                }
                Panel::of(event, &times).write(event, (history, &times), look, out)?;
            }
            Ok(())
        }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    events: Vec<Shown<'a>>,
    /// For each event the rows of the details panel, under the names that people read.
    panels: Vec<Panel>,
}

/// An event with its history.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    event: &'a Event,
    history: &'a [HistoryEntry],
}

impl<'a> Shown<'a> {
    fn of((event, history): &'a (Event, Vec<HistoryEntry>)) -> Self {
        Self { event, history }
    }
}
