//! `stats`: figures about the store.

use super::labels;
use crate::args::Place;
use crate::failure::Result;
use crate::open;
use crate::print::{Form, Printer, grouped, visible};
use crate::table::Table;
use eventscope::Stats;
use serde::Serialize;
use std::io::Write;

pub(crate) fn run(place: &Place, out: &mut Printer) -> Result<()> {
    let stats = open::existing(place)?.stats()?;
    match out.form() {
        Form::Json | Form::Lines => out.json(&Document::of(&stats)),
        Form::People => {
            let mut table = Table::new(&["", ">"]);
            for (name, number) in [
                ("events", stats.events),
                ("deleted events", stats.deleted),
                ("pruned events", stats.pruned),
                ("sealed segments", stats.segments),
                ("events not sealed yet", stats.tail_events),
                ("bytes of the log", stats.bytes.log),
                ("bytes of segments", stats.bytes.segments),
                ("bytes of the text index", stats.bytes.text),
                ("events not in the text index yet", stats.text.lag),
                ("bytes in memory", memory(&stats)),
            ] {
                table.row([name.to_owned(), grouped(number)]);
            }
            table.row(["bytes per event".to_owned(), format!("{:.1}", stats.bytes_per_event)]);
            table.write(out.look(), out)?;
            if let Some(scope) = labels::scope(&stats.scope_labels) {
                writeln!(out, "scope labels: {}", visible(&scope.join(", ")))?;
            }
            for warning in &stats.text.warnings {
                writeln!(out, "warning: {}", visible(warning))?;
            }
            Ok(())
        }
    }
}

#[expect(clippy::arithmetic_side_effects, reason = "bytes of what is in memory")]
fn memory(stats: &Stats) -> u64 {
    let caches = stats.index_cache_bytes + stats.result_cache_bytes + stats.text.cache_bytes;
    stats.tail_memory_bytes + caches
}

#[derive(Serialize)]
struct Document<'a> {
    events: u64,
    segments: u64,
    bytes: Bytes,
    bytes_per_event: f64,
    deleted: u64,
    pruned: u64,
    tail_events: u64,
    text_lag: u64,
    warnings: &'a [String],
    memory_bytes: u64,
    /// The patterns of the scope labels, unless these are all labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope_labels: Option<Vec<String>>,
}

#[derive(Serialize)]
struct Bytes {
    log: u64,
    segments: u64,
    text: u64,
}

impl<'a> Document<'a> {
    fn of(stats: &'a Stats) -> Self {
        let bytes = stats.bytes;
        Self {
            events: stats.events,
            segments: stats.segments,
            bytes: Bytes { log: bytes.log, segments: bytes.segments, text: bytes.text },
            // A tenth of a byte is as much as anybody can use.
            bytes_per_event: (stats.bytes_per_event * 10.0).round() / 10.0,
            deleted: stats.deleted,
            pruned: stats.pruned,
            tail_events: stats.tail_events,
            text_lag: stats.text.lag,
            warnings: &stats.text.warnings,
            memory_bytes: memory(stats),
            scope_labels: labels::scope(&stats.scope_labels),
        }
    }
}
