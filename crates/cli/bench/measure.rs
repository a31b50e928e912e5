//! What one expression costs: answered for the first time, answered anew, answered again.

use crate::failure::{Failure, Result};
use eventscope::plan::{Operator, Plan};
use eventscope::{Request, Store};
use eventscope_wire::{Measured, MeasuredTest};
use std::time::{Duration, Instant};

/// Events on the page, as many as a feed shows.
const PAGE: usize = 50;
/// Answers that are not measured, so that all that is measured is warm.
const WARM_UP: usize = 1;
/// An expression that takes long is answered fewer times than was asked for, but not fewer than
/// this.
const ROUNDS_MIN: usize = 3;
/// What the rounds of an expression may take, from then on.
const ROUNDS_TIME: Duration = Duration::from_secs(2);

/// The figures of an expression, and all those of uncached answers, sorted.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    pub(crate) measured: Measured,
    pub(crate) all_us: Vec<f64>,
}

pub(crate) fn measure(store: &Store, expression: &str, rounds: usize) -> Result<Figures> {
    let about = |error| Failure::about(error, Some(expression));
    let request = Request::parse(expression).map_err(about)?.newest(PAGE);
    let asked = Asked { store, expression, rounds };
    let afresh = request.clone().afresh();
    let (total, first_us) = asked.once(&afresh)?;
    let (fresh, cached) = (asked.sorted(&afresh, total)?, asked.sorted(&request, total)?);
    let counted = asked.sorted(&afresh.newest(0), total)?;
    let plan = store.plan(&request).map_err(about)?;
    let measured = Measured {
        expr: expression.to_owned(),
        total,
        rounds: fresh.len(),
        first_us,
        p50_us: percentile(&fresh, 50),
        p95_us: percentile(&fresh, 95),
        p99_us: percentile(&fresh, 99),
        cached_p50_us: percentile(&cached, 50),
        cached_p95_us: percentile(&cached, 95),
        cached_p99_us: percentile(&cached, 99),
        total_p50_us: percentile(&counted, 50),
        bytes: plan.bytes(),
        tests: asked.tests(&plan)?,
        plan: plan.to_string(),
    };
    Ok(Figures { measured, all_us: fresh })
}

/// What is asked, of whom, and how often.
struct Asked<'a> {
    store: &'a Store,
    expression: &'a str,
    rounds: usize,
}

impl Asked<'_> {
    /// The total, and the microseconds it took with its page.
    fn once(&self, request: &Request) -> Result<(u64, f64)> {
        let start = Instant::now();
        let page = self.store.query(request);
        let us = start.elapsed().as_secs_f64() * 1e6;
        Ok((page.map_err(|error| Failure::about(error, Some(self.expression)))?.total, us))
    }

    /// The microseconds of all rounds, ascending.
    fn sorted(&self, request: &Request, total: u64) -> Result<Vec<f64>> {
        for _ in 0..WARM_UP {
            self.once(request)?;
        }
        let (mut all, start) = (Vec::with_capacity(self.rounds), Instant::now());
        for round in 0..self.rounds {
            if round >= ROUNDS_MIN && start.elapsed() > ROUNDS_TIME {
                break;
            }
            let (again, us) = self.once(request)?;
            if again != total {
                return Err(Failure::new(format!(
                    "the total of `{}` was {total}, then {again}; it may depend on the time of day",
                    self.expression
                )));
            }
            all.push(us);
        }
        all.sort_by(f64::total_cmp);
        Ok(all)
    }

    /// The figures of each test by itself. Those that an expression cannot say are left out.
    fn tests(&self, plan: &Plan) -> Result<Vec<MeasuredTest>> {
        let steps = plan.tests();
        let mut tests = Vec::with_capacity(steps.len());
        for step in steps.iter().filter(|_| steps.len() > 1) {
            let Operator::Test { test, bytes, .. } = &step.operator else { continue };
            let Ok(request) = Request::parse(test) else { continue };
            let request = request.newest(0).afresh();
            let (total, _) = self.once(&request)?;
            let p50_us = percentile(&self.sorted(&request, total)?, 50);
            tests.push(MeasuredTest { test: test.clone(), total, bytes: *bytes, p50_us });
        }
        Ok(tests)
    }
}

/// The smallest figure that so many of a hundred do not exceed.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a rank is from 1, and the figures of a run fit into memory"
)]
fn percentile(sorted: &[f64], of_hundred: usize) -> f64 {
    let rank = (sorted.len() * of_hundred).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Figures, measure, percentile};
    use eventscope::{Draft, Options, Store};

    #[test]
    fn percentiles_are_figures_that_were_measured() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        for (of_hundred, expected) in [(50, 50.0), (95, 95.0), (99, 99.0)] {
            assert_eq!(percentile(&hundred, of_hundred), expected);
        }
        assert_eq!(percentile(&[7.0], 99), 7.0);
        assert_eq!(percentile(&[1.0, 2.0, 3.0], 50), 2.0);
    }

    #[test]
    fn an_expression_is_measured_with_its_exact_total() {
        let store = Store::in_memory(Options::default()).unwrap();
        let drafts: Vec<_> = (0..120).map(|n| Draft::custom("n").severity(n % 8)).collect();
        store.append(drafts).unwrap();
        let Figures { measured, all_us } = measure(&store, "severity = error", 5).unwrap();
        assert_eq!((measured.total, all_us.len()), (15, 5));
        assert!(measured.p50_us > 0.0 && measured.p50_us <= measured.p99_us);
        assert!(measured.plan.contains("severity"), "{}", measured.plan);
        assert!(measured.tests.is_empty() && measured.total_p50_us > 0.0);
        // Fifteen rows in a list of two bytes each.
        assert_eq!(measured.bytes, 30);
        assert!(measure(&store, "severity = ", 5).is_err());
        let two = measure(&store, "severity = error and name = n", 3).unwrap().measured;
        let tests: Vec<_> = two.tests.iter().map(|it| (it.test.as_str(), it.total)).collect();
        assert_eq!(tests, [("severity = error", 15), ("name = 'n'", 120)]);
    }
}
