//! `analyze`: dumps into a temporary store, and at one glance what is in them.

use super::import;
use super::query;
use crate::args::{Analyze, Place, TypedFacet};
use crate::failure::{Failure, Result};
use crate::intake::Intake;
use crate::keys;
use crate::open;
use crate::print::{Form, Printer};
use crate::progress::Progress;
use crate::times::Times;
use crate::when;
use eventscope::{Expr, FacetKey, Indexing, Options, Page, Request, Store};
use eventscope_wire::{Analyzed, Answer};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// Records per commit.
const BATCH: usize = 10_000;
/// Labels whose values are counted: those that most events have.
const LABELS: usize = 5;
/// Values listed for each.
const VALUES: usize = 8;
/// Lines of the histogram at most.
const BUCKETS: u64 = 24;
/// Events listed.
const EVENTS: usize = 10;

pub(crate) fn run(place: &Place, typed: &Analyze, out: &mut Printer) -> Result<()> {
    let times = Times::of(place)?;
    let expr = times.expr(typed.expr.as_deref().unwrap_or("everywhere"))?;
    let intake = Intake::new(place, &typed.dumps, BATCH)?;
    let options = |indexing| Ok::<_, Failure>(Options { indexing, ..open::options(place)? });
    match &typed.keep {
        Some(folder) => {
            // A folder that holds something else is refused when a store is made there.
            if folder.join("log.redb").try_exists().unwrap_or(true) {
                let folder = folder.display();
                let line = format!("there is a store in {folder} already; name a new folder");
                return Err(Failure::new(line));
            }
            let options = options(Indexing::Background)?;
            analyze(folder, options, intake, (&expr, &times, place, typed), out)
        }
        None => {
            let folder = tempfile::tempdir()
                .map_err(|error| Failure::caused("cannot make a temporary folder", &error))?;
            // One query reads fewer words than an index of all of them would take.
            let folder = folder.path().join("events.db");
            analyze(&folder, options(Indexing::Never)?, intake, (&expr, &times, place, typed), out)
        }
    }
}

fn analyze(
    folder: &Path,
    options: Options,
    intake: Intake,
    (expr, times, place, typed): (&Expr, &Times, &Place, &Analyze),
    out: &mut Printer,
) -> Result<()> {
    let store = Store::open_with(folder, options)?;
    let mut progress = Progress::new(place.telling(), intake.bytes());
    let imported = intake.run(&store, &mut progress)?;
    drop(progress);
    let (request, facets, bucket) = request(&store, expr)?;
    let start = Instant::now();
    let page = store.query(&request)?;
    let took = start.elapsed();
    let warnings = keys::check(&store, [expr], [])?;
    keys::tell(&warnings, out);
    let (names, took_us) = (query::names(&facets), query::micros(took));
    let answer = Answer { page, names, took_us, warnings };
    match out.form() {
        Form::Json | Form::Lines => {
            out.json(&Analyzed { imported: imported.document(), query: answer })?;
        }
        Form::People => {
            let look = out.look();
            import::report(&imported.report, typed.verbose, look, out)?;
            writeln!(out)?;
            query::show(&answer, bucket, times, out)?;
        }
    }
    out.finish()?;
    store.close()?;
    imported.verdict()
}

/// What to ask: facets by the fields and by the labels that most events have, and a histogram that
/// fits the time between the oldest and the newest event.
fn request(store: &Store, expr: &Expr) -> Result<(Request, Vec<TypedFacet>, Option<i64>)> {
    let fields =
        [FacetKey::Type, FacetKey::Severity, FacetKey::Status].map(|key| (key.to_string(), key));
    let labels = store.labels("")?.into_iter().take(LABELS);
    let labels = labels.map(|(key, _)| FacetKey::Label(key)).map(|key| (key.to_string(), key));
    let facets: Vec<TypedFacet> =
        fields.into_iter().chain(labels).map(|(name, key)| TypedFacet { name, key }).collect();
    let mut request = Request::new(expr.clone()).newest(EVENTS).top(VALUES);
    for facet in &facets {
        request = request.facet(facet.key.clone());
    }
    let newest: Page = store.query(&Request::new(expr.clone()).newest(1))?;
    let oldest = store.export(expr).events()?.next().transpose()?;
    let (Some(newest), Some(oldest)) = (newest.events.first(), oldest) else {
        return Ok((request, facets, None));
    };
    let seconds = when::bucket_seconds(oldest.time, newest.time, BUCKETS);
    let bucket = Duration::from_secs(seconds);
    let nanos = i64::try_from(bucket.as_nanos()).unwrap_or(i64::MAX);
    Ok((request.histogram(bucket), facets, Some(nanos)))
}
