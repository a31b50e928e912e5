//! How the cost of a question grows with the events of a store: the same questions to stores of
//! several sizes, as a table and as a chart.
//!
//! ```text
//! cargo bench -p eventscope-benches --bench growth -- docs/growth.svg
//! EVENTSCOPE_GROWTH=1000000,30000000 cargo bench -p eventscope-benches --bench growth
//! ```

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "the table is what this is for")]

use eventscope::Store;
use eventscope_benches::chart::{Line, svg};
use eventscope_benches::figures::thousands;
use eventscope_benches::measure::measure;
use eventscope_benches::{shapes, stores};
use eventscope_testkit::generate::Generator;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const SIZES: &str = "1000000,3000000,10000000,30000000";
/// Questions of which the range of time or the dictionaries leave few segments, and at last three
/// that every segment answers.
const SHAPES: [&str; 8] = [
    "no filter",
    "rare value",
    "last hour and severity",
    "six hours and a label",
    "no filter, facets of four fields",
    "two labels",
    "three-way: type, severity, label",
    "text, rare word",
];
/// Tells a process of this bench that it is there to be killed while it appends to this store.
const VICTIM: &str = "EVENTSCOPE_GROWTH_VICTIM";
/// Opens of each kind: the quickest after a clean close counts, and the slowest after a crash.
const OPENS: usize = 5;

/// What was measured of one store.
struct Size {
    events: usize,
    segments: u64,
    opened: Duration,
    after_a_crash: Duration,
    medians: Vec<f64>,
}

fn main() {
    // `cargo test --benches` only wants to know whether it starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    if let Some(path) = std::env::var_os(VICTIM) {
        append_until_killed(path.as_ref());
    }
    let sizes = std::env::var("EVENTSCOPE_GROWTH").unwrap_or_else(|_| SIZES.to_owned());
    let number = |size: &str| size.parse().expect("EVENTSCOPE_GROWTH is numbers of events");
    let sizes: Vec<Size> = sizes.split(',').map(|size| of(number(size))).collect();
    table(&sizes);
    if let Some(path) = std::env::args().nth(1).filter(|path| !path.starts_with('-')) {
        // Benches run in the folder of their package.
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
        std::fs::write(path, chart(&sizes)).unwrap();
    }
}

fn of(events: usize) -> Size {
    let path = stores::path(events);
    let opened = (0..OPENS).map(|_| open(&path)).min().unwrap();
    let after_a_crash = after_crashes(events);
    let store = Store::open(path).unwrap();
    let segments = store.stats().unwrap().segments;
    let all = shapes::all(&store);
    let median = |name: &&str| {
        let shape = all.iter().find(|shape| shape.name == *name).expect(name);
        measure(&store, &shape.request).at(0.5)
    };
    let medians = SHAPES.iter().map(median).collect();
    Size { events, segments, opened, after_a_crash, medians }
}

fn open(path: &Path) -> Duration {
    let start = Instant::now();
    let store = Store::open(path).unwrap();
    let opened = start.elapsed();
    store.close().unwrap();
    opened
}

/// How long it takes to open a store after the process that was writing to it was killed.
fn after_crashes(events: usize) -> Duration {
    let (folder, store) = stores::copy(events);
    store.close().unwrap();
    let path = folder.path().join("copy.db");
    let crashes = (1..=OPENS).map(|crash| {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .env(VICTIM, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(victim.stdout.take().unwrap()).read_line(&mut said).unwrap();
        victim.kill().unwrap();
        victim.wait().unwrap();
        let start = Instant::now();
        let store = Store::open(&path).unwrap();
        let opened = start.elapsed();
        assert!(store.stats().unwrap().events >= (events + crash * stores::BATCH) as u64);
        store.close().unwrap();
        opened
    });
    crashes.max().unwrap()
}

fn append_until_killed(path: &Path) -> ! {
    let store = Store::open(path).unwrap();
    // No two victims append the same events.
    let mut generator = Generator::new(u64::from(std::process::id()));
    loop {
        stores::append(&store, &mut generator, stores::BATCH);
        println!("appended");
    }
}

fn table(sizes: &[Size]) {
    let row = |name: &str, figure: &dyn Fn(&Size) -> String| {
        let cells: Vec<String> = sizes.iter().map(figure).collect();
        println!("| {name} | {} |", cells.join(" | "));
    };
    row("events", &|size| thousands(size.events as u64));
    println!("|---|{}", "---|".repeat(sizes.len()));
    row("segments", &|size| size.segments.to_string());
    for (at, name) in SHAPES.iter().enumerate() {
        row(name, &|size| format!("{:.0}", size.medians[at]));
    }
    let ms = |it: Duration| format!("{:.1} ms", it.as_secs_f64() * 1e3);
    row("open after a clean close", &|size| ms(size.opened));
    row("open after a crash", &|size| ms(size.after_a_crash));
    println!("\nmedians in microseconds, computed afresh, warm");
    println!("of {OPENS} opens the quickest after a clean close, the slowest after a crash");
}

fn chart(sizes: &[Size]) -> String {
    let tick = |size: &Size| {
        let name = format!("{} million\n{} segments", size.events / 1_000_000, size.segments);
        (size.events as f64, name)
    };
    let ticks: Vec<_> = sizes.iter().map(tick).collect();
    let lines = SHAPES.iter().enumerate().map(|(at, name)| Line {
        name: (*name).to_owned(),
        points: sizes.iter().map(|size| (size.events as f64, size.medians[at])).collect(),
    });
    let title = "Exact total and the newest 50 events: median by the size of the store";
    svg(title, ("events", "microseconds"), &ticks, &lines.collect::<Vec<_>>())
}
