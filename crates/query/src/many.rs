//! Exact counts of however many values, in bounded memory.
//!
//! The dictionaries of parts are sorted. A pass goes over all parts and takes of each a run: the
//! values within a range, with their counts. When the runs take too much, the upper part of the
//! range is left to a later pass. Then the runs are merged by a heap, so that the values come in
//! their order, each once, with the events of all parts.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "positions below the length of a run, whose values end within its text"
)]

use crate::error::Result;
use crate::facet::FacetKey;
use crate::limits::{RANKED_BYTES_MAX, RUNS_BYTES_MAX};
use crate::select::{Hits, Selector};
use eventscope_scope::Filter;
use eventscope_storage::{Field, Part, Snapshot, Uses};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Counted<'q> {
    /// The values of a key; those of a field that parts have an index of.
    Values(&'q FacetKey),
    /// The keys of labels.
    Labels,
}

/// A question for the values that begin with a prefix, among the events of a filter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Many<'q> {
    pub(crate) counted: Counted<'q>,
    pub(crate) prefix: &'q str,
    pub(crate) filter: &'q Filter,
    pub(crate) snapshot: &'q Snapshot,
    /// Bytes that the runs of one pass may take.
    pub(crate) runs_bytes: usize,
    /// Bytes that the values may take which are put into their order together.
    pub(crate) ranked_bytes: usize,
}

/// Some values in their order, each with its events.
#[derive(Debug, Default)]
struct Run {
    text: String,
    ends: Vec<usize>,
    counts: Vec<u32>,
}

impl Run {
    fn push(&mut self, value: &str, count: u32) {
        if count > 0 {
            self.text.push_str(value);
            self.ends.push(self.text.len());
            self.counts.push(count);
        }
    }

    fn value(&self, at: usize) -> Option<&str> {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.ends.get(at).map(|end| &self.text[start..*end])
    }

    /// Lets go of the values from this one on.
    fn cut(&mut self, high: &str) {
        let (mut kept, mut end) = (0, self.ends.len());
        while kept < end {
            let middle = kept.midpoint(end);
            let is_below = self.value(middle).is_some_and(|value| value < high);
            if is_below { kept = middle + 1 } else { end = middle }
        }
        self.text.truncate(kept.checked_sub(1).map_or(0, |last| self.ends[last]));
        self.ends.truncate(kept);
        self.counts.truncate(kept);
        self.shrink();
    }

    fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.counts.shrink_to_fit();
    }

    fn bytes(&self) -> usize {
        let entry = size_of::<usize>() + size_of::<u32>();
        size_of::<Self>() + self.text.capacity() + self.ends.capacity() * entry
    }
}

/// Values from the first on and below the second.
#[derive(Debug, Default)]
struct Range {
    low: String,
    high: Option<String>,
}

impl Range {
    fn holds(&self, value: &str) -> bool {
        value >= self.low.as_str() && self.high.as_ref().is_none_or(|high| value < high.as_str())
    }
}

impl<'q> Many<'q> {
    /// A question with the usual bounds.
    pub(crate) fn new(
        counted: Counted<'q>,
        prefix: &'q str,
        filter: &'q Filter,
        snapshot: &'q Snapshot,
    ) -> Self {
        let (runs_bytes, ranked_bytes) = (RUNS_BYTES_MAX, RANKED_BYTES_MAX);
        Self { counted, prefix, filter, snapshot, runs_bytes, ranked_bytes }
    }

    /// Lends all values with their events, in the order of the values.
    pub(crate) fn each(&self, use_value: &mut dyn FnMut(&str, u64)) -> Result<()> {
        let mut low = self.prefix.to_owned();
        loop {
            let (runs, high) = self.pass(low)?;
            merge(&runs, use_value);
            match high {
                Some(high) => low = high,
                None => return Ok(()),
            }
        }
    }

    /// Lends all values with their events: those with the most first, then by value.
    pub(crate) fn each_ranked(&self, use_value: &mut dyn FnMut(&str, u64)) -> Result<()> {
        let mut top = Top::new(usize::MAX, self.ranked_bytes);
        self.each(&mut |value, count| top.add(value, count))?;
        let (ranked, mut below) = top.finish();
        for (value, count) in &ranked {
            use_value(value, *count);
        }
        drop(ranked);
        // The rest has so few events each that whole stretches have the same number.
        while let Some((floor, count)) = below.take() {
            let mut next = 0;
            self.each(&mut |value, events| {
                if events == count && value >= floor.as_str() {
                    use_value(value, events);
                }
                next = if events < count { events.max(next) } else { next };
            })?;
            below = (next > 0).then(|| (String::new(), next));
        }
        Ok(())
    }

    /// The runs of all parts from a value on, and where they end if that is not the end.
    fn pass(&self, low: String) -> Result<(Vec<Run>, Option<String>)> {
        let mut range = Range { low, high: None };
        let mut runs: Vec<Run> = Vec::new();
        let mut amended = BTreeMap::new();
        let mut bytes = 0;
        let mut selector = Selector::new(self.filter, self.snapshot)?;
        for part in self.snapshot.parts() {
            let hits = selector.select(&part)?;
            self.add_amended(&hits, &range, &mut amended);
            let mut run = self.run(&part, &hits, &range)?;
            run.shrink();
            if run.ends.is_empty() {
                continue;
            }
            bytes += run.bytes();
            runs.push(run);
            while bytes > self.runs_bytes {
                let Some(high) = middle(&runs).filter(|high| *high > range.low) else { break };
                runs.iter_mut().for_each(|run| run.cut(&high));
                bytes = runs.iter().map(Run::bytes).sum();
                amended.split_off(&high);
                range.high = Some(high);
            }
        }
        let mut run = Run::default();
        amended.into_iter().for_each(|(value, count)| run.push(&value, count));
        runs.push(run);
        Ok((runs, range.high))
    }

    fn add_amended(&self, hits: &Hits<'_>, range: &Range, found: &mut BTreeMap<String, u32>) {
        let mut add = |value: &str| {
            if value.starts_with(self.prefix) && range.holds(value) {
                *found.entry(value.to_owned()).or_default() += 1;
            }
        };
        let labels = self.snapshot.scope_labels();
        for event in hits.amended {
            match self.counted {
                Counted::Values(key) => {
                    key.value(event).iter().for_each(|value| add(value.as_str()));
                }
                Counted::Labels => {
                    let keys = event.labels.canonical().map(|(key, _)| key);
                    keys.filter(|key| labels.admit(key)).for_each(&mut add);
                }
            }
        }
    }

    fn run(&self, part: &Part<'_>, hits: &Hits<'_>, range: &Range) -> Result<Run> {
        let mut run = Run::default();
        let is_all = hits.len == part.len();
        if hits.len == 0 {
            return Ok(run);
        }
        match self.counted {
            Counted::Values(key) => {
                let Some(field) = key.field() else { return Ok(run) };
                let Some(index) = part.field(field)? else { return Ok(run) };
                for value in index.lower_bound(&range.low)..index.len() {
                    let text = index.value(value);
                    if !text.starts_with(self.prefix) || !range.holds(text) {
                        break;
                    }
                    run.push(
                        text,
                        match is_all {
                            true => index.cardinality(value),
                            false => index.rows(value).intersection_len(hits.rows),
                        },
                    );
                }
            }
            Counted::Labels => {
                let wants = |field: Field<'_>| match field {
                    Field::Label(key) => key.starts_with(self.prefix) && range.holds(key),
                    _ => false,
                };
                part.each_field(Uses::Many, wants, |field, index| {
                    let Field::Label(key) = field else { return Ok(()) };
                    run.push(
                        key,
                        match is_all {
                            true => index.present_len(),
                            false => index.present().intersection_len(hits.rows),
                        },
                    );
                    Ok(())
                })?;
            }
        }
        Ok(run)
    }
}

/// About the middle of the values of some runs; none of fewer than two.
fn middle(runs: &[Run]) -> Option<String> {
    /// Values between two that are looked at.
    const STEP: usize = 64;
    let seen = runs.iter().flat_map(|run| {
        let middle = (run.ends.len() / 2) % STEP;
        (middle..run.ends.len()).step_by(STEP).filter_map(|at| run.value(at))
    });
    let mut seen: Vec<&str> = seen.collect();
    let at = seen.len() / 2;
    if at == 0 {
        return None;
    }
    Some((*seen.select_nth_unstable(at).1).to_owned())
}

fn merge(runs: &[Run], use_value: &mut dyn FnMut(&str, u64)) {
    let first = |run: usize| Some(Reverse((runs[run].value(0)?, run)));
    let mut heap: BinaryHeap<_> = (0..runs.len()).filter_map(first).collect();
    let mut at = vec![0; runs.len()];
    while let Some(Reverse((value, run))) = heap.pop() {
        let mut count = 0;
        let mut step = |run: usize, heap: &mut BinaryHeap<_>| {
            count += u64::from(runs[run].counts[at[run]]);
            at[run] += 1;
            heap.extend(runs[run].value(at[run]).map(|next| Reverse((next, run))));
        };
        step(run, &mut heap);
        while let Some(Reverse((_, run))) = heap.peek().filter(|next| next.0.0 == value).copied() {
            heap.pop();
            step(run, &mut heap);
        }
        use_value(value, count);
    }
}

/// A value with its events.
type Entry = (String, u64);

/// The values with the most events, as many as there is room for.
#[derive(Debug)]
pub(crate) struct Top {
    /// The last in order is on top.
    heap: BinaryHeap<(Reverse<u64>, String)>,
    most: usize,
    bytes: usize,
    bytes_max: usize,
    /// The first in order that was left out.
    left_out: Option<(Reverse<u64>, String)>,
}

impl Top {
    pub(crate) fn new(most: usize, bytes_max: usize) -> Self {
        Self { heap: BinaryHeap::new(), most, bytes: 0, bytes_max, left_out: None }
    }

    /// Adds a value. Values come in their order.
    pub(crate) fn add(&mut self, value: &str, count: u64) {
        /// A count, a string, and what `malloc` adds.
        const ENTRY_BYTES: usize = 64;
        // A value that comes later is behind all with as many events.
        if self.left_out.as_ref().is_some_and(|(Reverse(other), _)| count <= *other) {
            return;
        }
        self.bytes += value.len() + ENTRY_BYTES;
        self.heap.push((Reverse(count), value.to_owned()));
        while self.heap.len() > self.most || self.bytes > self.bytes_max {
            let Some(last) = self.heap.pop() else { return };
            self.bytes -= last.1.len() + ENTRY_BYTES;
            // What is left out later is before it.
            self.left_out = Some(last);
        }
    }

    /// The values in order, and the first one that was left out.
    pub(crate) fn finish(self) -> (Vec<Entry>, Option<Entry>) {
        let listed = self.heap.into_sorted_vec();
        let listed = listed.into_iter().map(|(Reverse(count), value)| (value, count)).collect();
        (listed, self.left_out.map(|(Reverse(count), value)| (value, count)))
    }
}

#[cfg(test)]
mod tests;
