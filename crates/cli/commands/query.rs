//! `query`: the exact total, the newest page, and what else was asked for.

use crate::args::{Place, Query, TypedFacet};
use crate::bars;
use crate::failure::{Failure, Result};
use crate::feed;
use crate::open;
use crate::print::{Form, Printer};
use eventscope::{Comparison, Expr, Facet, Lookback, Operator, Page, Request, Timestamp};
use eventscope_formats::native::{self, EventJson, Fields};
use serde::ser::{Serialize, SerializeSeq, SerializeStruct, Serializer};
use std::io::Write;
use std::time::{Duration, Instant};

pub(crate) fn run(place: &Place, typed: &Query, out: &mut Printer) -> Result<()> {
    let facets = distinct(&typed.facets);
    let request = facets.iter().fold(request(typed)?, |it, facet| it.facet(facet.key.clone()));
    let (store, expr) = (open::existing(place)?, typed.expr.as_deref());
    if typed.explain {
        let plan = store.explain(&request).map_err(|error| Failure::about(error, expr))?;
        return explain(&plan, out);
    }
    let start = Instant::now();
    let page = store.query(&request).map_err(|error| Failure::about(error, expr))?;
    let answer = Answer { page: &page, facets: &facets, took: start.elapsed() };
    match out.form() {
        Form::Json => out.json(&answer),
        Form::Lines => {
            page.events.iter().try_for_each(|event| native::write(event, Fields::Full, out))?;
            Ok(())
        }
        Form::People => {
            answer.show(typed.histogram.map(Lookback::nanos), store.now(), out)?;
            if let Some(next) = page.next {
                writeln!(out, "older ones: --before {next}")?;
            }
            Ok(())
        }
    }
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

/// What was typed as a request, but for its facets.
fn request(typed: &Query) -> Result<Request> {
    let mut terms = Vec::new();
    if let Some(text) = &typed.expr {
        terms.push(eventscope::parse(text)?);
    }
    if !typed.text.is_empty() {
        let words = typed.text.join(" ");
        terms.push(Expr::Comparison(Comparison::new("text", Operator::Equal, &[&words])?));
    }
    if let Some(last) = typed.last {
        let last = last.to_string();
        terms.push(Expr::Comparison(Comparison::new("time", Operator::Last, &[&last])?));
    }
    let mut request = match terms.len() {
        0 => Request::everything(),
        1 => Request::new(terms.remove(0)),
        _ => Request::new(Expr::And(terms)),
    };
    request = request.newest(typed.limit).top(typed.top);
    request = typed.before.into_iter().fold(request, Request::before);
    request = typed.after.into_iter().fold(request, Request::after);
    request = typed.from.into_iter().fold(request, Request::from);
    request = typed.to.into_iter().fold(request, Request::to);
    let bucket = typed.histogram.map(|length| Duration::from_nanos(length.nanos().unsigned_abs()));
    Ok(bucket.into_iter().fold(request, Request::histogram))
}

/// A page with the names under which its facets were asked for.
pub(crate) struct Answer<'a> {
    pub(crate) page: &'a Page,
    pub(crate) facets: &'a [TypedFacet],
    pub(crate) took: Duration,
}

impl Answer<'_> {
    fn facets(&self) -> impl Iterator<Item = (&str, &Facet)> {
        self.facets.iter().map(|facet| facet.name.as_str()).zip(&self.page.facets)
    }

    /// The page for people: its headline, counts as bars, then the events.
    pub(crate) fn show(
        &self,
        bucket_nanos: Option<i64>,
        now: Timestamp,
        out: &mut Printer,
    ) -> Result<()> {
        let look = out.look();
        writeln!(out, "{}", feed::headline(self.page.total, self.page.events.len()))?;
        for (name, facet) in self.facets() {
            bars::facet(name, facet, look, out)?;
        }
        if let Some(width) = bucket_nanos {
            bars::histogram(&self.page.histogram, width, look, out)?;
        }
        Ok(feed::list(&self.page.events, now, look, out)?)
    }
}

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let page = self.page;
        let mut out = serializer.serialize_struct("Answer", 7)?;
        out.serialize_field("total", &page.total)?;
        out.serialize_field("events", &Events(page))?;
        match page.next {
            Some(next) => out.serialize_field("next", &next.to_string())?,
            None => out.skip_field("next")?,
        }
        let listed = self.facets().map(|(name, facet)| (name, Listed(facet)));
        out.serialize_field("facets", &Entries(listed.collect()))?;
        let rest = self.facets().map(|(name, facet)| (name, Rest::of(facet)));
        out.serialize_field("facets_rest", &Entries(rest.collect()))?;
        let bucket =
            |(start, count): &(Timestamp, u64)| Bucket { start: start.to_string(), count: *count };
        let buckets: Vec<Bucket> = page.histogram.iter().map(bucket).collect();
        out.serialize_field("histogram", &buckets)?;
        out.serialize_field("took_us", &self.took.as_micros())?;
        out.end()
    }
}

/// The events of a page as a list.
struct Events<'a>(&'a Page);

impl Serialize for Events<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_seq(Some(self.0.events.len()))?;
        for event in &self.0.events {
            out.serialize_element(&EventJson::new(event, Fields::Full))?;
        }
        out.end()
    }
}

/// Pairs as an object, in their order.
struct Entries<'a, T>(Vec<(&'a str, T)>);

impl<T: Serialize> Serialize for Entries<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// The values of a facet as a list.
struct Listed<'a>(&'a Facet);

#[derive(serde::Serialize)]
struct Value<'a> {
    value: &'a str,
    count: u64,
}

impl Serialize for Listed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let values = self.0.values.iter();
        serializer.collect_seq(values.map(|(value, count)| Value { value, count: *count }))
    }
}

#[derive(serde::Serialize)]
struct Rest {
    other: u64,
    missing: u64,
}

impl Rest {
    fn of(facet: &Facet) -> Self {
        Self { other: facet.other, missing: facet.missing }
    }
}

#[derive(serde::Serialize)]
struct Bucket {
    start: String,
    count: u64,
}
