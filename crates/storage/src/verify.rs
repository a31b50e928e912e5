//! Proves that a store is whole: every checksum, every record, and that what is derived equals what
//! a rebuild gives.

use crate::error::{Error, Result};
use crate::index::Index;
use crate::part::Part;
use crate::reader::Reader;
use crate::row::Row;
use crate::segment::{Segment, TIMES, UIDS, index_sections};
use crate::snapshot::Snapshot;

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Events whose rows were read.
    pub events: u64,
    /// Segments whose index was built again and compared.
    pub segments: u64,
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
                let cause = std::error::Error::source(&error);
                let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
                self.problems.push(format!("{place}: {error}{cause}"));
                None
            }
        }
    }
}

/// Checks everything that a snapshot sees.
pub(crate) fn check(snapshot: &Snapshot, mut progress: impl FnMut(usize, usize)) -> Report {
    let mut report = Report::default();
    let view = snapshot.view();
    let all = view.segments.len();
    let mut end = 1;
    for (done, segment) in view.segments.iter().enumerate() {
        progress(done, all);
        let place = format!("segment {}", segment.first);
        if segment.first.0 != end {
            report.problems.push(format!("{place}: events from id {end} on are missing"));
        }
        end = segment.end().0;
        let checked = check_segment(segment, &view.reader);
        if report.note(&place, checked).is_some() {
            report.segments += 1;
            report.events += u64::from(segment.rows);
        }
    }
    for chunk in &view.tail {
        let part = Part::chunk(chunk, &view.reader);
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

/// Reads every row of a segment, builds its index again, and compares byte by byte.
fn check_segment(segment: &Segment, reader: &Reader) -> Result<()> {
    let part = Part::segment(segment, reader);
    let rows: Vec<Row> =
        (part.first_row()..=part.last_row()).map(|row| part.row(row)).collect::<Result<_>>()?;
    let origin = reader.shared.origin();
    for (offset, row) in rows.iter().enumerate() {
        row.event(eventscope_model::EventId(segment.first.0 + offset as u64), origin)?;
    }
    if reader.digest(segment)? != segment.digest {
        return Err(Error::corrupt(format!("segment {}", segment.first), "its digest differs"));
    }
    let index = Index::build(segment.first, &rows, origin)?;
    let rebuilt = index_sections(&index)?;
    let differs = || {
        let place = format!("the index of segment {}", segment.first);
        Error::corrupt(place, "it is not what its rows give")
    };
    // Besides those of the fields there are the times and the uids.
    if segment.fields().count() + 2 != rebuilt.len() {
        return Err(differs());
    }
    for (code, key, record) in rebuilt {
        let section = match code {
            TIMES => &segment.times,
            UIDS => &segment.uids,
            _ => segment.field(code, &key).ok_or_else(differs)?,
        };
        if reader.record(segment, section)? != record {
            return Err(differs());
        }
    }
    Ok(())
}
