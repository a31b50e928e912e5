//! `bench`: how fast this store answers these expressions, and compared with another time.

use crate::args::{Bench, Place};
use crate::bench::expressions;
use crate::bench::measure::{Figures, measure};
use crate::bench::report::{self, Baseline};
use crate::failure::{Failure, Result};
use crate::keys;
use crate::open;
use crate::print::{Form, Printer};
use eventscope_wire::Benchmark;
use std::fs;

pub(crate) fn run(place: &Place, typed: &Bench, out: &mut Printer) -> Result<()> {
    let baseline = typed.baseline.as_deref().map(Baseline::read).transpose()?;
    let store = open::existing(place)?;
    let expressions = match &typed.file {
        Some(path) => expressions::read(path)?,
        None => expressions::derive(&store)?,
    };
    drop(store);
    let mut queries: Vec<Figures> = Vec::with_capacity(expressions.len());
    for expression in &expressions {
        let store = open::existing(place)?;
        queries.push(measure(&store, expression, typed.rounds.get())?);
        keys::tell(&keys::check(&store, [&eventscope::parse(expression)?], [])?, out);
    }
    let measured = queries.iter().map(|figures| figures.measured.clone()).collect();
    let document = Benchmark { queries: measured };
    if let Some(path) = &typed.save {
        let text = serde_json::to_vec_pretty(&document)?;
        fs::write(path, text).map_err(|error| {
            Failure::caused(&format!("cannot write {}", path.display()), &error)
        })?;
    }
    match out.form() {
        Form::Json | Form::Lines => out.json(&document),
        Form::People => Ok(report::show(&queries, baseline.as_ref(), out.look(), out)?),
    }
}
