//! Words searched in a store, beside tantivy alone holding the same documents.
//!
//! ```text
//! cargo bench -p eventscope-benches --bench text
//! ```
//!
//! `EVENTSCOPE_BENCH_EVENTS` events are generated (1,000,000 without it), and every question is put
//! to both in turn, so that both meet the same noise. A question on whose total they disagree ends
//! the run. tantivy holds its index in memory; the store is on the disk.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "the table is what this is for")]

mod alone;
mod figures;
mod store;

use alone::Alone;
use figures::{Figures, thousands};
use std::time::Instant;
use store::Store;

/// What is asked: the question, the expression of the store, and the words, phrase or beginning
/// and the `key=value` for tantivy.
const QUESTIONS: [(&str, &str, &str, &[&str]); 8] = [
    ("frequent word", "text = 'container'", "container", &[]),
    ("rare word", "text = '503'", "503", &[]),
    ("phrase", "text = '\"failed container\"'", "\"failed container\"", &[]),
    ("beginning", "text = 'gateway*'", "gateway*", &[]),
    ("word of a label", "text = 'payments'", "payments", &[]),
    (
        "word and severity",
        "text = 'container' and severity = warning",
        "container",
        &["severity=4"],
    ),
    (
        "word and label",
        "text = 'pulled' and kubernetes.namespace.name = 'payments'",
        "pulled",
        &["kubernetes.namespace.name=payments"],
    ),
    (
        "phrase, severity, label",
        "text = '\"failed container\"' and severity = 4 and kubernetes.namespace.name = 'shop'",
        "\"failed container\"",
        &["severity=4", "kubernetes.namespace.name=shop"],
    ),
];

/// Rounds that are counted, after some that are not.
const ROUNDS: usize = 101;

fn main() {
    // `cargo test --benches` only wants to know whether it starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let events = std::env::var("EVENTSCOPE_BENCH_EVENTS").map_or(1_000_000, |n| n.parse().unwrap());
    let store = Store::filled(events);
    let start = Instant::now();
    let alone = Alone::filled(events);
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "tantivy alone: {} events/s with its merges, {:.1} bytes an event\n",
        thousands((events as f64 / seconds) as u64),
        alone.bytes as f64 / events as f64
    );
    println!("Total and newest 50, in microseconds: p50 / p99\n");
    println!("| question | total | tantivy alone | store | ratio | store, results cached |");
    println!("|---|---|---|---|---|---|");
    for (question, expression, words, pairs) in QUESTIONS {
        let asked = store.question(expression);
        let query = alone.query(words, pairs);
        let totals = [alone.ask(query.as_ref()).0, asked.ask().0, asked.ask_cached().0];
        assert!(totals.iter().all(|total| *total == totals[0]), "{expression}: {totals:?}");
        let (mut theirs, mut ours, mut cached) = Default::default();
        for round in 0..ROUNDS + 10 {
            let timed = |figures: &mut Figures, ask: &dyn Fn() -> (u64, usize)| {
                let start = Instant::now();
                std::hint::black_box(ask());
                if round >= 10 {
                    figures.add(start.elapsed());
                }
            };
            timed(&mut theirs, &|| alone.ask(query.as_ref()));
            timed(&mut ours, &|| asked.ask());
            timed(&mut cached, &|| asked.ask_cached());
        }
        println!(
            "| {question}: `{expression}` | {} | {theirs} | {ours} | {:.2} | {cached} |",
            thousands(totals[0]),
            ours.median() / theirs.median()
        );
    }
    println!("\nratio: store / tantivy alone, of the medians");
}
