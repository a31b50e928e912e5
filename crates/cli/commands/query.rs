//! `query`: the exact total, the newest page, and what else was asked for.

use crate::args::{Place, Query, TypedFacet};
use crate::bars;
use crate::columns::{self, Column, Separated};
use crate::failure::{Failure, Result};
use crate::feed;
use crate::keys;
use crate::open;
use crate::print::{Form, Printer};
use crate::range;
use crate::times::Times;
use eventscope::{Comparison, Expr, Lookback, Operator, Page, Request, Store};
use eventscope_formats::native::{self, Fields};
use eventscope_wire::{Answer, Explained};
use std::io::Write;
use std::time::{Duration, Instant};

pub(crate) fn run(place: &Place, typed: &Query, out: &mut Printer) -> Result<()> {
    let times = Times::of(place)?;
    let facets = distinct(&typed.facets);
    let expr = expr(typed, &times)?;
    let request =
        facets.iter().fold(request(typed, &expr), |it, facet| it.facet(facet.key.clone()));
    let store = open::existing(place)?;
    let about = |error| Failure::about(error, typed.expr.as_deref());
    if typed.explain {
        return explain(store.explain(&request).map_err(about)?, out);
    }
    let start = Instant::now();
    let mut page = store.query(&request).map_err(about)?;
    if typed.oldest {
        turn(&store, &expr, typed, &mut page).map_err(about)?;
    }
    let took = start.elapsed();
    let columns: Vec<_> = typed.rows.columns.iter().filter_map(Column::key).collect();
    let keys = facets.iter().map(|facet| &facet.key).chain(&columns);
    let mut warnings = keys::check(&store, [&expr], keys)?;
    warnings.extend(keys::outdated(&store, [&expr]));
    keys::tell(&warnings, out);
    if let Some(separated) = typed.rows.separated() {
        return rows(separated, typed, &page, &times, out);
    }
    let answer = Answer { page, names: names(&facets), took_us: micros(took), warnings };
    match out.form() {
        Form::Json => out.json(&answer),
        Form::Lines => {
            let mut events = answer.page.events.iter();
            Ok(events.try_for_each(|event| native::write(event, Fields::Full, out))?)
        }
        Form::People => {
            counts(&answer, typed.histogram.map(Lookback::nanos), &times, out)?;
            let (look, events) = (out.look(), &answer.page.events);
            match typed.rows.columns.as_slice() {
                [] => feed::list(events, &times, look, out)?,
                columns => columns::table(columns, events, &times, look, out)?,
            }
            match (answer.page.next, typed.oldest) {
                (None, _) => Ok(()),
                (Some(next), false) => Ok(writeln!(out, "older ones: --before {next}")?),
                (Some(next), true) => Ok(writeln!(out, "newer ones: --oldest --after {next}")?),
            }
        }
    }
}

/// Puts the oldest events on a page, in the order of time. The next page is the one after the last.
fn turn(
    store: &Store,
    expr: &Expr,
    typed: &Query,
    page: &mut Page,
) -> std::result::Result<(), eventscope::Error> {
    match typed.after {
        // Beside an event the store gives those nearest to it.
        Some(_) => page.events.reverse(),
        None => {
            let events = store.export(expr);
            page.events = events.events()?.take(typed.limit).collect::<eventscope::Result<_>>()?;
        }
    }
    page.next = None;
    if let Some(last) = page.events.last().map(|event| event.id) {
        let newer = Request::new(expr.clone()).newest(1).after(last);
        page.next = (!store.query(&newer)?.events.is_empty()).then_some(last);
    }
    Ok(())
}

/// Writes the events of a page as rows of values.
fn rows(
    separated: Separated,
    typed: &Query,
    page: &Page,
    times: &Times,
    out: &mut Printer,
) -> Result<()> {
    if out.form() != Form::People {
        return Err(Failure::usage("--csv and --tsv are no JSON; leave --json and --ndjson out"));
    }
    let columns = match typed.rows.columns.as_slice() {
        [] => Column::all(&page.events)?,
        columns => columns.to_vec(),
    };
    separated.heads(&columns, out)?;
    let mut events = page.events.iter();
    Ok(events.try_for_each(|event| separated.event(&columns, event, times, out))?)
}

fn explain(plan: String, out: &mut Printer) -> Result<()> {
    match out.form() {
        Form::Json => out.json(&Explained { explain: plan }),
        Form::Lines | Form::People => Ok(writeln!(out, "{}", plan.trim_end())?),
    }
}

/// Each facet once, however often it was typed: they become the keys of an object.
fn distinct(typed: &[TypedFacet]) -> Vec<TypedFacet> {
    let mut facets: Vec<TypedFacet> = Vec::new();
    for facet in typed {
        if facets.iter().all(|other| other.name != facet.name) {
            facets.push(facet.clone());
        }
    }
    facets
}

/// Which events are meant.
fn expr(typed: &Query, times: &Times) -> Result<Expr> {
    let mut terms = Vec::new();
    if let Some(text) = &typed.expr {
        terms.push(times.expr(text)?);
    }
    if !typed.text.is_empty() {
        let words = typed.text.join(" ");
        terms.push(Expr::Comparison(Comparison::new("text", Operator::Equal, &[&words])?));
    }
    terms.extend(range::terms(&typed.range, times)?);
    Ok(range::all(terms))
}

/// What was typed as a request, but for its facets.
fn request(typed: &Query, expr: &Expr) -> Request {
    let mut request = Request::new(expr.clone()).newest(typed.limit).top(typed.top);
    request = typed.before.into_iter().fold(request, Request::before);
    request = typed.after.into_iter().fold(request, Request::after);
    let bucket = typed.histogram.map(|length| Duration::from_nanos(length.nanos().unsigned_abs()));
    bucket.into_iter().fold(request, Request::histogram)
}

/// An answer for people: its headline, counts as bars, then the events.
pub(super) fn show(
    answer: &Answer,
    bucket_nanos: Option<i64>,
    times: &Times,
    out: &mut Printer,
) -> Result<()> {
    counts(answer, bucket_nanos, times, out)?;
    Ok(feed::list(&answer.page.events, times, out.look(), out)?)
}

/// The headline of a page and its counts as bars.
fn counts(
    answer: &Answer,
    bucket_nanos: Option<i64>,
    times: &Times,
    out: &mut Printer,
) -> Result<()> {
    let (page, look) = (&answer.page, out.look());
    writeln!(out, "{}", feed::headline(page.total, page.events.len()))?;
    for (name, facet) in answer.facets() {
        bars::facet(name, facet, look, out)?;
    }
    if let Some(width) = bucket_nanos {
        bars::histogram(&page.histogram, width, times, look, out)?;
    }
    Ok(())
}

/// The names of facets.
pub(super) fn names(facets: &[TypedFacet]) -> Vec<String> {
    facets.iter().map(|facet| facet.name.clone()).collect()
}

/// A length of time in microseconds.
pub(super) fn micros(length: Duration) -> u64 {
    u64::try_from(length.as_micros()).unwrap_or(u64::MAX)
}
