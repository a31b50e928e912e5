//! JSON objects of any kind, one event each: lines of a log, documents, elements of an array.
//!
//! The fields are those that the map of the run names, see [`Map`](crate::Map). The format is
//! never detected, since any object may be one. An array `items` in an object is a field like any
//! other here.

use crate::{
    Format, Reject,
    flatten::flatten,
    source::{Input, Run, Source},
};
use eventscope_model::Draft;

pub(crate) const SOURCE: Source =
    Source { format: Format::Jsonl, detect: |_| false, read, carries: false, read_line: None };

fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    run.give(input.line, draft(input, run))
}

fn draft(input: Input<'_>, run: &Run<'_>) -> Result<Draft, Reject> {
    let map = run.map.ok_or(Reject::Unmapped { format: Format::Jsonl })?;
    map.draft(Format::Jsonl, flatten(Format::Jsonl, input, map.wanted())?, &run.hints)
}

#[cfg(test)]
mod tests;
