//! `show`: all details of events, with what happened to them.

use crate::args::{Place, Show};
use crate::failure::Result;
use crate::open;
use crate::panel;
use crate::print::{Form, Printer};
use crate::times::Times;
use eventscope_wire::{Shown, ShownEvent};
use std::io::Write;

pub(crate) fn run(place: &Place, typed: &Show, out: &mut Printer) -> Result<()> {
    let store = open::existing(place)?;
    // All are looked up before the first is printed: either all are shown or none.
    let mut events = Vec::with_capacity(typed.ids.len());
    for id in &typed.ids {
        events.push(ShownEvent { event: store.event(*id)?, history: store.history(*id)? });
    }
    let times = Times::of(place)?;
    match out.form() {
        Form::Json => {
            let panels = events.iter().map(|shown| panel::of(&shown.event, &times)).collect();
            out.json(&Shown { events, panels })
        }
        Form::Lines => events.iter().try_for_each(|shown| out.json(shown)),
        Form::People => {
            let look = out.look();
            for (nth, ShownEvent { event, history }) in events.iter().enumerate() {
                if nth > 0 {
                    writeln!(out)?;
                }
                let panel = panel::of(event, &times);
                panel::write(&panel, event, (history, &times), look, out)?;
            }
            Ok(())
        }
    }
}
