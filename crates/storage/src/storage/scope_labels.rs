//! Changing which labels can be asked for.

use crate::compaction::CompactionEffort;
use crate::error::{Error, Result};
use crate::segment::Segment;
use crate::storage::{Storage, lock};
use crate::verify::Report;
use crate::writer::Request;
use crate::writer::reindex::Reindexed;
use eventscope_model::ScopeLabels;
use std::sync::Arc;

impl Storage {
    /// Changes which labels can be asked for, for good. Labels of stored events that the new list
    /// names are found from then on, and it is as if events did not have the others.
    ///
    /// The list is in force at one moment, and every snapshot sees the one before it or the new
    /// one. Where the new list takes labels in, segments are rewritten before; where it leaves
    /// labels out, they are rewritten afterwards, which gives space back. `progress` is called with
    /// the number of segments rewritten and of all that are to be, for each of both. The text index
    /// follows in the background: [`Storage::finish_text`] waits for it.
    ///
    /// The report is about what was rewritten after the list was in force; segments that cannot be
    /// read are told in it and left as they are.
    ///
    /// # Errors
    /// [`Error::NotReindexed`] when segments that lack labels of the new list cannot be read; what
    /// [`Storage::change`] may meet. The list of before is in force then.
    pub fn set_scope_labels(
        &self,
        labels: &ScopeLabels,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<Report> {
        let _one = lock(&self.inner.reindexing);
        while self.ask(|answer| Request::Reindex(labels.clone(), answer))? == Reindexed::Waiting {
            let behind = self.segments(|segment| !segment.labels.cover(labels));
            let report = self.rewrite(&behind, &mut progress)?;
            if let Some(problem) = report.problems.into_iter().next() {
                self.ask(Request::GiveUpLabels)?;
                return Err(Error::NotReindexed { problem });
            }
        }
        // The list is in force: what cannot be done any more only costs space, and is told.
        let behind = self.segments(|segment| *segment.labels != *labels);
        let mut report = match self.rewrite(&behind, progress) {
            Ok(report) => report,
            Err(error) => {
                let mut report = Report::default();
                report.note("segments.redb", Err::<(), _>(error));
                return Ok(report);
            }
        };
        // Earlier versions of segments have left less than what is worth a copy at other times.
        let compacted = self.compact(if report.repaired > 0 {
            CompactionEffort::Tight
        } else {
            CompactionEffort::Usual
        });
        report.note("segments.redb", compacted);
        Ok(report)
    }

    fn segments(&self, wanted: impl Fn(&Segment) -> bool) -> Vec<Arc<Segment>> {
        let segments = Arc::clone(&self.snapshot().view().segments);
        segments.iter().filter(|segment| wanted(segment)).cloned().collect()
    }
}
