//! `catalog`: the Docker and Kubernetes events that are known by name.

use crate::args::Catalog;
use crate::collect;
use crate::failure::Result;
use crate::print::{Form, Printer, Tone};
use crate::table::Table;
use eventscope::catalog::{Default, ENTRIES, Entry};
use eventscope_formats::Collect;
use eventscope_wire::KnownEvent;

pub(crate) fn run(typed: &Catalog, out: &mut Printer) -> Result<()> {
    let collect = typed.collect.as_deref().map(collect::read).transpose()?;
    let collected = |entry: &Entry| collect.as_ref().map(|collect: &Collect| collect.has(entry));
    match out.form() {
        Form::Json | Form::Lines => {
            let known = |entry| KnownEvent { collected: collected(entry), ..entry.into() };
            out.json(&eventscope_wire::Catalog { events: ENTRIES.iter().map(known).collect() })
        }
        Form::People => {
            let look = out.look();
            let mut table = Table::new(&["system", "kind", "event", "severity", "default", "name"]);
            for entry in ENTRIES.iter().filter(|entry| collected(entry).unwrap_or(true)) {
                let severity =
                    look.paint(Tone::Severity(entry.severity.band()), entry.severity.name());
                let default = if entry.default == Default::On { "on" } else { "" };
                let words = [entry.system.name(), entry.kind, entry.event, &severity, default];
                let [system, kind, event, severity, default] = words.map(str::to_owned);
                table.row([system, kind, event, severity, default, entry.name.to_owned()]);
            }
            Ok(table.write(look, out)?)
        }
    }
}
