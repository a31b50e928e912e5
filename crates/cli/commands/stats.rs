//! `stats`: figures about the store.

use super::labels;
use crate::args::Place;
use crate::failure::Result;
use crate::open;
use crate::print::{Form, Printer, grouped, visible};
use crate::table::Table;
use std::io::Write;

pub(crate) fn run(place: &Place, out: &mut Printer) -> Result<()> {
    let stats = open::existing(place)?.stats()?;
    match out.form() {
        Form::Json | Form::Lines => out.json(&stats),
        Form::People => {
            let mut table = Table::new(&["", ">"]);
            for (name, number) in [
                ("events", stats.events),
                ("deleted events", stats.deleted),
                ("pruned events", stats.pruned),
                ("sealed segments", stats.segments),
                ("events not sealed yet", stats.tail_events),
                ("bytes of the log", stats.bytes.log),
                ("bytes of segments", stats.bytes.segments),
                ("bytes of the text index", stats.bytes.text),
                ("events not in the text index yet", stats.text.lag),
                ("bytes in memory", stats.memory_bytes()),
            ] {
                table.row([name.to_owned(), grouped(number)]);
            }
            table.row(["bytes per event".to_owned(), format!("{:.1}", stats.bytes_per_event)]);
            table.write(out.look(), out)?;
            if let Some(scope) = labels::scope(&stats.scope_labels) {
                writeln!(out, "scope labels: {}", visible(&scope.join(", ")))?;
            }
            for warning in &stats.text.warnings {
                writeln!(out, "warning: {}", visible(warning))?;
            }
            Ok(())
        }
    }
}
