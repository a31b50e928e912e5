//! Measures a store from the outside: how long it takes to open, to decode scattered events, to
//! complete labels and to answer some expressions, and how much memory that takes.
//!
//! ```text
//! cargo run --release -p eventscope --example measure_store -- events.db [EXPRESSION ..]
//! ```

use eventscope::{EventId, Request, Store};
use std::error::Error;
use std::io::{self, Write};
use std::time::{Duration, Instant};

const ROUNDS: usize = 51;
const SCATTERED: u64 = 50;

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: measure_store DIR [EXPRESSION ..]")?;
    let expressions: Vec<String> = arguments.collect();

    // A first round closes the store cleanly, whatever happened to it before.
    Store::open(&path)?.close()?;
    let mut opens = Vec::new();
    for _ in 0..11 {
        let start = Instant::now();
        let store = Store::open(&path)?;
        opens.push(start.elapsed());
        store.close()?;
    }
    print(&mut out, "open after a clean close", &mut opens)?;

    let store = Store::open(&path)?;
    let ids = scattered(store.end().0);
    let decode = || ids.iter().filter(|id| store.event(**id).is_ok()).count();
    let start = Instant::now();
    decode();
    writeln!(out, "{:<34} {:>12?}", "50 scattered events, first time", start.elapsed())?;
    print(&mut out, "50 scattered events, again", &mut timed(decode))?;

    type Completion<'a> = (&'a str, &'a dyn Fn() -> usize);
    let completions: [Completion<'_>; 3] = [
        ("labels(\"\")", &|| store.labels("").map_or(0, |keys| keys.len())),
        ("labels(\"kube\")", &|| store.labels("kube").map_or(0, |keys| keys.len())),
        ("values(\"kubernetes.pod.name\", \"ch\")", &|| {
            store.values("kubernetes.pod.name", "ch").map_or(0, |values| values.len())
        }),
    ];
    for (what, complete) in completions {
        let start = Instant::now();
        let found = complete();
        writeln!(out, "\n{what}\n{:<34} {found:>12}", "found")?;
        writeln!(out, "{:<34} {:>12?}", "first time", start.elapsed())?;
        print_tail(&mut out, "again", &mut timed(complete))?;
    }

    for expression in &expressions {
        let request = Request::parse(expression)?.newest(50);
        let start = Instant::now();
        let page = store.query(&request)?;
        let first = start.elapsed();
        writeln!(out, "\n{expression}\n{:<34} {:>12}", "total", page.total)?;
        writeln!(out, "{:<34} {first:>12?}", "total and newest 50, first time")?;
        let mut again = timed(|| store.query(&request).is_ok());
        print(&mut out, "total and newest 50, again", &mut again)?;
    }
    writeln!(out, "\n{}", memory().unwrap_or_default())?;
    store.close()?;
    Ok(())
}

/// Ids all over the store, the same in every run.
fn scattered(end: u64) -> Vec<EventId> {
    let mut state = 1u64;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        EventId(1 + (state >> 20) % end.saturating_sub(1).max(1))
    };
    (0..SCATTERED).map(|_| next()).collect()
}

fn timed<T>(work: impl Fn() -> T) -> Vec<Duration> {
    let once = |_| {
        let start = Instant::now();
        std::hint::black_box(work());
        start.elapsed()
    };
    (0..ROUNDS).map(once).collect()
}

/// Median and extremes of some durations.
fn print(out: &mut impl Write, what: &str, durations: &mut [Duration]) -> io::Result<()> {
    durations.sort_unstable();
    if let [first, .., last] = durations {
        let (first, last) = (*first, *last);
        let median = durations[durations.len() / 2];
        writeln!(out, "{what:<34} {median:>12?}   (min {first:?}, max {last:?})")?;
    }
    Ok(())
}

/// Median and 99th percentile of some durations.
fn print_tail(out: &mut impl Write, what: &str, durations: &mut [Duration]) -> io::Result<()> {
    durations.sort_unstable();
    let at = |share: usize| durations.get((durations.len() * share).div_ceil(100).max(1) - 1);
    if let Some((median, last)) = at(50).zip(at(99)) {
        writeln!(out, "{what:<34} {median:>12?}   (p99 {last:?})")?;
    }
    Ok(())
}

/// What Linux says of this process's own memory.
fn memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let lines =
        status.lines().filter(|line| line.starts_with("RssAnon") || line.starts_with("VmHWM"));
    Some(lines.collect::<Vec<_>>().join("\n"))
}
