//! Percentiles of every shape of question, which criterion does not give: the first time after the
//! store was opened, computed afresh, from kept results, and while a writer appends at full speed.
//!
//! ```text
//! EVENTSCOPE_BENCH_EVENTS=10000000 cargo bench -p eventscope-benches --bench latency
//! cargo bench -p eventscope-benches --bench latency -- "two labels"
//! ```
//!
//! A word measures only the shapes that have it in their name.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "the table is what this is for")]

use eventscope::Store;
use eventscope_benches::figures::thousands;
use eventscope_benches::measure::{measure, memory};
use eventscope_benches::shapes::{self, Shape};
use eventscope_benches::stores;
use eventscope_benches::work::While;
use std::time::Instant;

fn main() {
    // `cargo test --benches` only wants to know whether it starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let word = std::env::args().nth(1).filter(|word| !word.starts_with('-')).unwrap_or_default();
    alone(stores::events(), &word);
    beside_a_writer(stores::events(), &word);
}

fn alone(events: usize, word: &str) {
    let path = stores::path(events);
    let start = Instant::now();
    let store = Store::open(path).unwrap();
    let opened = start.elapsed().as_secs_f64() * 1e3;
    println!("{} events, opened in {opened:.1} ms\n", thousands(events as u64));
    println!("| question | total | first | p50 | p99 | kept p50 | kept p99 |");
    println!("|---|---|---|---|---|---|---|");
    for shape in named(&shapes::all(&store), word) {
        let start = Instant::now();
        let total = store.query(&shape.request).unwrap().total;
        let first = start.elapsed().as_secs_f64() * 1e6;
        let fresh = measure(&store, &shape.request);
        let kept = measure(&store, &shape.kept);
        println!(
            "| {} | {} | {first:.0} | {:.0} | {:.0} | {:.0} | {:.0} |",
            shape.name,
            thousands(total),
            fresh.at(0.5),
            fresh.at(0.99),
            kept.at(0.5),
            kept.at(0.99)
        );
    }
    println!("\nin microseconds; exact total and newest {} events, decoded", shapes::PAGE);
    println!("own memory now: {}\n", memory());
}

/// Each question alone and beside a writer, in turn.
fn beside_a_writer(events: usize, word: &str) {
    let (_folder, store) = stores::copy(events);
    println!("| question | alone p50 | p99 | beside a writer p50 | p99 | p99 / p99 | events/s |");
    println!("|---|---|---|---|---|---|---|");
    for shape in named(&shapes::all(&store), word) {
        let alone = measure(&store, &shape.request);
        let start = Instant::now();
        let writer = While::appending(&store);
        let beside = measure(&store, &shape.request);
        let rate = writer.done() as f64 / start.elapsed().as_secs_f64();
        drop(writer);
        println!(
            "| {} | {:.0} | {:.0} | {:.0} | {:.0} | {:.2} | {} |",
            shape.name,
            alone.at(0.5),
            alone.at(0.99),
            beside.at(0.5),
            beside.at(0.99),
            beside.at(0.99) / alone.at(0.99),
            thousands(rate as u64)
        );
    }
    println!("\nin microseconds; the writer appends batches of 1,000, durable, words indexed");
    println!("own memory now: {}", memory());
}

fn named<'a>(shapes: &'a [Shape], word: &'a str) -> impl Iterator<Item = &'a Shape> {
    shapes.iter().filter(move |shape| shape.name.contains(word))
}
