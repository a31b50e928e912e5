//! `export`: all matching events, oldest first, as they can be imported again.

use crate::args::{Export, ExportFormat, Place};
use crate::columns::{Column, Keys, Separated};
use crate::failure::{Failure, Result};
use crate::keys;
use crate::open;
use crate::print::{Form, Printer};
use crate::range;
use crate::times::Times;
use eventscope::Event;
use eventscope_formats::csv;
use eventscope_formats::native::{self, Fields};

pub(crate) fn run(place: &Place, typed: &Export, out: &mut Printer) -> Result<()> {
    let is_json = typed.rows.separated().is_none() && typed.format == ExportFormat::Ndjson;
    if out.form() != Form::People && !is_json {
        return Err(Failure::usage("CSV and TSV are no JSON; leave --json and --ndjson out"));
    }
    let times = Times::of(place)?;
    let expr = times.expr(typed.expr.as_deref().unwrap_or("everywhere"))?;
    let terms = [expr].into_iter().chain(range::terms(&typed.range, &times)?).collect();
    let expr = range::all(terms);
    let store = open::existing(place)?;
    let export = store.export(&expr);
    let about = |error| Failure::about(error, typed.expr.as_deref());
    let events = || Ok::<_, Failure>(export.events().map_err(about)?.take(limit(typed)));
    let columns: Vec<_> = typed.rows.columns.iter().filter_map(Column::key).collect();
    let first = events()?;
    let mut warnings = keys::check(&store, [&expr], &columns)?;
    warnings.extend(keys::outdated(&store, [&expr]));
    keys::tell(&warnings, out);
    let separated = typed.rows.separated();
    if let Some(separated) =
        separated.or((!typed.rows.columns.is_empty()).then_some(Separated::Comma))
    {
        let columns = match typed.rows.columns.as_slice() {
            [] => all_columns(events()?)?,
            columns => columns.to_vec(),
        };
        separated.heads(&columns, out)?;
        for event in first {
            separated.event(&columns, &event?, &times, out)?;
        }
        return Ok(());
    }
    let fields = if typed.ids { Fields::Full } else { Fields::Portable };
    if typed.format == ExportFormat::Csv {
        csv::write_header(fields, out)?;
    }
    for event in first {
        let event = event?;
        match typed.format {
            ExportFormat::Ndjson => native::write(&event, fields, out)?,
            ExportFormat::Csv => csv::write_row(&event, fields, out)?,
        }
    }
    Ok(())
}

fn limit(typed: &Export) -> usize {
    typed.limit.unwrap_or(usize::MAX)
}

/// The usual columns, and one for each label of these events, which are read for it.
fn all_columns(
    events: impl Iterator<Item = std::result::Result<Event, eventscope::Error>>,
) -> Result<Vec<Column>> {
    let mut keys = Keys::default();
    for event in events {
        keys.add(&event?)?;
    }
    Ok(keys.columns())
}
