//! Proves that a store is whole: every checksum, every record, and that what is derived equals what
//! a rebuild gives.

use crate::change::overlay::Overlay;
use crate::change::write_rows;
use crate::error::{Error, Result};
use crate::index::Index;
use crate::row::Row;
use crate::segment::{self, LABELS, Segment, TIMES, UIDS, each_section};
use crate::snapshot::Snapshot;
use crate::view::View;
use crate::view::part::Part;
use eventscope_model::EventId;
use std::sync::Arc;

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Events whose rows were read.
    pub events: u64,
    /// Segments whose index was built again and compared.
    pub segments: u64,
    /// Segments that were not as they should be and are now; 0 when nothing was to be repaired.
    pub repaired: u64,
    /// What is wrong, one sentence each; empty if nothing is.
    pub problems: Vec<String>,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.problems.is_empty()
    }

    /// Notes a failure, if it is one.
    pub(crate) fn note<T>(&mut self, place: &str, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.problems.push(format!("{place}: {}", error.in_a_line()));
                None
            }
        }
    }
}

/// Checks everything that a snapshot sees.
#[expect(clippy::arithmetic_side_effects, reason = "rows of a store are fewer than 2^48")]
pub(crate) fn check(snapshot: &Snapshot, mut progress: impl FnMut(usize, usize)) -> Report {
    let mut report = Report::default();
    let view = snapshot.view();
    let all = view.segments.len();
    check_catalogue(view, &mut report);
    for (done, segment) in view.segments.iter().enumerate() {
        progress(done, all);
        let overlay = view.overlays.get(&segment.first.window());
        let checked = check_segment(segment, view, overlay.map(Arc::as_ref));
        if report.note(&format!("segment {}", segment.first), checked).is_some() {
            report.segments += 1;
            report.events += u64::from(segment.whole_rows());
        }
    }
    for chunk in &view.tail {
        let part = Part::chunk(chunk, view);
        let read =
            (part.first_row()..=part.last_row()).try_for_each(|row| part.written(row).map(drop));
        if report.note(&format!("tail {}", chunk.first), read).is_some() {
            report.events += chunk.rows.len() as u64;
        }
    }
    for (window, overlay) in &view.overlays {
        for row in overlay.amended().into_iter().flat_map(|rows| rows.iter()) {
            let known = overlay.amendment(row).map(|row| row.body().map(drop));
            if known.is_none_or(|read| read.is_err()) {
                report
                    .problems
                    .push(format!("window {window}: the amendment of row {row} is damaged"));
            }
        }
    }
    progress(all, all);
    report
}

/// Checks that every id before the tail is in a segment or was pruned.
fn check_catalogue(view: &View, report: &mut Report) {
    let segments = view.segments.iter().map(|segment| (segment.first, segment.end()));
    let mut known: Vec<_> = segments.chain(view.pruned.iter()).collect();
    known.sort_unstable();
    let mut next = EventId(1);
    let tail = view.tail.first().map_or(view.end, |chunk| chunk.first);
    for (first, end) in known.into_iter().chain([(tail, tail)]) {
        if first != next {
            let problem = format!("events from id {next} on are missing before id {first}");
            report.problems.push(problem);
        }
        next = end;
    }
}

/// Reads every row of a segment, builds its index again, and compares byte by byte.
fn check_segment(segment: &Segment, view: &View, overlay: Option<&Overlay>) -> Result<()> {
    let (part, reader) = (Part::segment(segment, view), &view.reader);
    let rows: Vec<Row> =
        (part.first_row()..=part.last_row()).map(|row| part.row(row)).collect::<Result<_>>()?;
    let origin = reader.shared.origin();
    let damaged = |what| Error::corrupt(format!("segment {}", segment.first), what);
    for (number, row) in (part.first_row()..=u16::MAX).zip(&rows) {
        if row.is_whole() {
            row.event(part.id(number), origin)?;
        } else if !overlay.is_some_and(|overlay| overlay.is_deleted(number)) {
            return Err(damaged("an event is missing that was not deleted"));
        }
    }
    let all: Vec<&Row> = rows.iter().collect();
    let said = segment.removed.as_ref().map(write_rows).unwrap_or_default();
    if segment::removed(segment.first, &all) != said {
        return Err(damaged("its directory does not say which events are gone"));
    }
    if reader.digest(segment)? != segment.digest {
        return Err(damaged("its digest differs"));
    }
    if reader.labels(segment)? != *segment.labels || !segment.labels.cover(&view.labels) {
        return Err(damaged("it is not indexed by the scope labels of the store"));
    }
    let index = Index::build(segment.first, &rows, origin, &segment.labels)?;
    if (index.times.first(), index.times.last()) != segment.span {
        return Err(damaged("its directory does not say when it begins and ends"));
    }
    let differs = || {
        let place = format!("the index of segment {}", segment.first);
        Error::corrupt(place, "it is not what its rows give")
    };
    let (fields, stream) = (reader.fields(segment)?, reader.stream(segment)?);
    if fields.len() != index.fields.len() {
        return Err(differs());
    }
    each_section(&index, |code, key, record| {
        let section = match code {
            TIMES => Some(&segment.times),
            UIDS => Some(&segment.uids),
            LABELS => segment.labels_section.as_ref(),
            _ => fields.find(code, key).and_then(|at| fields.section(at)),
        };
        let stored = section.and_then(|section| stream.get(section.range.clone()));
        if stored == Some(record) { Ok(()) } else { Err(differs()) }
    })
}
