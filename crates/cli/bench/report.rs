//! What was measured, for people, and compared with what was measured before.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "counts of figures in memory, and places in a plot of a few columns"
)]

use super::measure::Figures;
use crate::failure::{Failure, Result};
use crate::print::{Look, grouped, visible};
use crate::table::Table;
use eventscope_wire::{Benchmark, Measured};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// Columns of a plot.
const PLOT_COLUMNS: usize = 24;
/// From no figure to the most, as letters.
const SHADES: [char; 8] = [' ', '.', ':', '-', '=', '+', '#', '@'];

/// Figures that were saved before, by expression.
#[derive(Debug)]
pub(crate) struct Baseline(BTreeMap<String, Measured>);

impl Baseline {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let what = || format!("cannot read {} as saved figures", path.display());
        let text = fs::read(path).map_err(|error| Failure::caused(&what(), &error))?;
        let saved: Benchmark =
            serde_json::from_slice(&text).map_err(|error| Failure::caused(&what(), &error))?;
        Ok(Self(saved.queries.into_iter().map(|it| (it.expr.clone(), it)).collect()))
    }

    /// How the median compares: below 1 is faster now. Another total is another question.
    fn ratio(&self, now: &Measured) -> String {
        match self.0.get(&now.expr) {
            None => "new".to_owned(),
            Some(before) if before.total != now.total => "other total".to_owned(),
            Some(before) => format!("{:.2}", now.p50_us / before.p50_us.max(f64::MIN_POSITIVE)),
        }
    }
}

/// One line for each expression, and a plot of how its figures are spread.
pub(crate) fn show(
    queries: &[Figures],
    baseline: Option<&Baseline>,
    look: Look,
    out: &mut impl Write,
) -> io::Result<()> {
    let last = if baseline.is_some() { ">to baseline" } else { "" };
    let heads = [
        ">total",
        ">first us",
        ">p50 us",
        ">p95",
        ">p99",
        ">cached p50",
        ">cached p99",
        ">total p50",
        ">bytes",
        last,
        "p50 to p99",
        "expression",
    ];
    let mut table = Table::new(&heads);
    for Figures { measured: it, all_us } in queries {
        let us = |figure: f64| format!("{figure:.0}");
        table.row([
            grouped(it.total),
            us(it.first_us),
            us(it.p50_us),
            us(it.p95_us),
            us(it.p99_us),
            us(it.cached_p50_us),
            us(it.cached_p99_us),
            us(it.total_p50_us),
            grouped(it.bytes),
            baseline.map(|baseline| baseline.ratio(it)).unwrap_or_default(),
            plot(all_us),
            visible(&it.expr),
        ]);
        for test in &it.tests {
            let empty = String::new;
            table.row([
                grouped(test.total),
                empty(),
                empty(),
                empty(),
                empty(),
                empty(),
                empty(),
                us(test.p50_us),
                grouped(test.bytes),
                empty(),
                empty(),
                format!("  {}", visible(&test.test)),
            ]);
        }
    }
    table.write(look, out)?;
    writeln!(
        out,
        "exact total and newest 50 events; first: after opening; cached: the same again; \
         total: without events; bytes: of sets of rows; below, each test by itself"
    )
}

/// Where sorted figures lie between the least and the greatest, each column the same ratio wide.
fn plot(sorted: &[f64]) -> String {
    let [first, .., last] = sorted else { return String::new() };
    let (first, last) = (first.max(f64::MIN_POSITIVE).ln(), last.max(f64::MIN_POSITIVE).ln());
    let width = (last - first).max(f64::EPSILON);
    let mut columns = [0_usize; PLOT_COLUMNS];
    for figure in sorted {
        let place = (figure.max(f64::MIN_POSITIVE).ln() - first) / width;
        let at = (place * PLOT_COLUMNS as f64) as usize;
        if let Some(column) = columns.get_mut(at.min(PLOT_COLUMNS - 1)) {
            *column += 1;
        }
    }
    let most = columns.iter().copied().max().unwrap_or(1).max(1);
    let shade = |count: usize| {
        let at = (count * (SHADES.len() - 1)).div_ceil(most);
        SHADES.get(at).copied().unwrap_or(' ')
    };
    columns.map(shade).iter().collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Baseline, Measured, plot};
    use std::collections::BTreeMap;

    #[test]
    fn a_plot_shows_where_figures_lie() {
        assert_eq!(plot(&[]), "");
        let mut figures = vec![100.0; 70];
        figures.push(200.0);
        let drawn = plot(&figures);
        assert!(drawn.starts_with('@') && drawn.ends_with('.') && drawn.len() == 24, "{drawn:?}");
    }

    #[test]
    fn an_unknown_expression_has_no_ratio() {
        let nothing = Baseline(BTreeMap::new());
        let json = r#"{"expr":"a","total":1,"rounds":1,"first_us":1,"p50_us":2,"p95_us":2,
            "p99_us":2,"cached_p50_us":1,"cached_p95_us":1,"cached_p99_us":1,"plan":""}"#;
        let now: Measured = serde_json::from_str(json).unwrap();
        assert_eq!(nothing.ratio(&now), "new");
        let mut before = now.clone();
        before.p50_us = 4.0;
        let known = |before| Baseline([("a".to_owned(), before)].into());
        assert_eq!(known(before.clone()).ratio(&now), "0.50");
        before.total = 2;
        assert_eq!(known(before).ratio(&now), "other total");
    }
}
