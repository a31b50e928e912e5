//! `bench`: what each expression costs, `{queries:[{expr, total, p50_us, ..}]}`. Saved figures are
//! read again, to be compared with.

use serde::{Deserialize, Serialize};

/// The figures of all expressions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Benchmark {
    /// Expression by expression.
    pub queries: Vec<Measured>,
}

/// The figures of an expression, in microseconds. Each is the exact total with the newest 50
/// events.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The expression.
    pub expr: String,
    /// Events that match.
    pub total: u64,
    /// How often it was answered for each of the figures.
    pub rounds: usize,
    /// The first answer after the store was opened: indexes are read, checked and decoded.
    pub first_us: f64,
    /// Answers that were computed from indexes in memory, nothing kept: the median.
    pub p50_us: f64,
    /// What 95 of 100 of them do not exceed.
    pub p95_us: f64,
    /// What 99 of 100 of them do not exceed.
    pub p99_us: f64,
    /// Answers that rest on what was kept of the same question: the median.
    pub cached_p50_us: f64,
    /// What 95 of 100 of them do not exceed.
    pub cached_p95_us: f64,
    /// What 99 of 100 of them do not exceed.
    pub cached_p99_us: f64,
    /// The total without any event: what finding takes, the rest is reading the page.
    #[serde(default)]
    pub total_p50_us: f64,
    /// Bytes of sets of rows that finding touches.
    #[serde(default)]
    pub bytes: u64,
    /// Each test by itself, if there are several.
    #[serde(default)]
    pub tests: Vec<MeasuredTest>,
    /// How it is answered.
    pub plan: String,
}

/// One test of an expression, as if it were asked alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeasuredTest {
    /// The test.
    pub test: String,
    /// Events that pass it.
    pub total: u64,
    /// Bytes of sets of rows that it touches, in the parts that the whole expression needs.
    pub bytes: u64,
    /// Its total without any event.
    pub p50_us: f64,
}

#[cfg(test)]
mod tests {
    use super::{Benchmark, Measured, MeasuredTest};
    use crate::testing::round_trip;

    #[test]
    fn it_is_read_as_it_was_written() {
        let test = MeasuredTest { test: "b".to_owned(), p50_us: 0.5, ..MeasuredTest::default() };
        let measured = Measured {
            expr: "a".to_owned(),
            total: 1,
            rounds: 2,
            first_us: 3.25,
            p50_us: 0.1,
            tests: vec![test],
            plan: "p".to_owned(),
            ..Measured::default()
        };
        let figures = r#""first_us":3.25,"p50_us":0.1,"p95_us":0.0,"p99_us":0.0"#;
        let cached = r#""cached_p50_us":0.0,"cached_p95_us":0.0,"cached_p99_us":0.0"#;
        let tests = r#""tests":[{"test":"b","total":0,"bytes":0,"p50_us":0.5}]"#;
        let fields = format!(r#""expr":"a","total":1,"rounds":2,{figures},{cached}"#);
        let fields = format!(r#"{fields},"total_p50_us":0.0,"bytes":0,{tests},"plan":"p""#);
        let expected = format!(r#"{{"queries":[{{{fields}}}]}}"#);
        round_trip(&Benchmark { queries: vec![measured] }, &expected);
    }
}
