//! `query`: the exact total, the newest page, and what else was asked for.

use crate::args::{Place, Query, TypedFacet};
use crate::bars;
use crate::columns::{self, Column, Separated};
use crate::failure::{Failure, Result};
use crate::feed;
use crate::keys::{self, Warning};
use crate::open;
use crate::print::{Form, Printer};
use crate::range;
use crate::times::Times;
use eventscope::{Comparison, Expr, Facet, Lookback, Operator, Page, Request, Store};
use eventscope_formats::native::{self, Fields};
use serde::ser::{Serialize, SerializeStruct, Serializer};
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
        return explain(&store.explain(&request).map_err(about)?, out);
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
    let answer = Answer { page: &page, facets: &facets, took, warnings: &warnings };
    match out.form() {
        Form::Json => out.json(&answer),
        Form::Lines => {
            page.events.iter().try_for_each(|event| native::write(event, Fields::Full, out))?;
            Ok(())
        }
        Form::People => {
            answer.counts(typed.histogram.map(Lookback::nanos), &times, out)?;
            let (look, events) = (out.look(), &page.events);
            match typed.rows.columns.as_slice() {
                [] => feed::list(events, &times, look, out)?,
                columns => columns::table(columns, events, &times, look, out)?,
            }
            match (page.next, typed.oldest) {
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

fn explain(plan: &str, out: &mut Printer) -> Result<()> {
    #[derive(serde::Serialize)]
    struct Explained<'a> {
        explain: &'a str,
    }
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

/// A page with the names under which its facets were asked for.
pub(crate) struct Answer<'a> {
    pub(crate) page: &'a Page,
    pub(crate) facets: &'a [TypedFacet],
    pub(crate) took: Duration,
    pub(crate) warnings: &'a [Warning],
}

impl Answer<'_> {
    fn facets(&self) -> impl Iterator<Item = (&str, &Facet)> {
        self.facets.iter().map(|facet| facet.name.as_str()).zip(&self.page.facets)
    }

    /// The page for people: its headline, counts as bars, then the events.
    pub(crate) fn show(
        &self,
        bucket_nanos: Option<i64>,
        times: &Times,
        out: &mut Printer,
    ) -> Result<()> {
        self.counts(bucket_nanos, times, out)?;
        Ok(feed::list(&self.page.events, times, out.look(), out)?)
    }

    /// The headline of the page and its counts as bars.
    fn counts(&self, bucket_nanos: Option<i64>, times: &Times, out: &mut Printer) -> Result<()> {
        let look = out.look();
        writeln!(out, "{}", feed::headline(self.page.total, self.page.events.len()))?;
        for (name, facet) in self.facets() {
            bars::facet(name, facet, look, out)?;
        }
        if let Some(width) = bucket_nanos {
            bars::histogram(&self.page.histogram, width, times, look, out)?;
        }
        Ok(())
    }
}

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let names: Vec<&str> = self.facets.iter().map(|facet| facet.name.as_str()).collect();
        let mut out = serializer.serialize_struct("Answer", Page::FIELDS + 2)?;
        self.page.serialize_fields(&names, &mut out)?;
        out.serialize_field("took_us", &self.took.as_micros())?;
        match self.warnings {
            [] => out.skip_field("warnings")?,
            some => out.serialize_field("warnings", some)?,
        }
        out.end()
    }
}
