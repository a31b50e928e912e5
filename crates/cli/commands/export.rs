//! `export`: all matching events, oldest first, as they can be imported again.

use crate::args::{Export, ExportFormat, Place};
use crate::failure::{Failure, Result};
use crate::open;
use crate::print::{Form, Printer};
use eventscope_formats::csv;
use eventscope_formats::native::{self, Fields};

pub(crate) fn run(place: &Place, typed: &Export, out: &mut Printer) -> Result<()> {
    if out.form() != Form::People && typed.format == ExportFormat::Csv {
        return Err(Failure::usage("--format csv is no JSON; leave --json and --ndjson out"));
    }
    let expr = eventscope::parse(typed.expr.as_deref().unwrap_or("everywhere"))?;
    let store = open::existing(place)?;
    let fields = if typed.ids { Fields::Full } else { Fields::Portable };
    let export = store.export(&expr);
    let about = |error| Failure::about(error, typed.expr.as_deref());
    let events = export.events().map_err(about)?;
    if typed.format == ExportFormat::Csv {
        csv::write_header(fields, out)?;
    }
    for event in events {
        let event = event?;
        match typed.format {
            ExportFormat::Ndjson => native::write(&event, fields, out)?,
            ExportFormat::Csv => csv::write_row(&event, fields, out)?,
        }
    }
    Ok(())
}
