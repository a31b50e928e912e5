//! How a list of scope labels takes the place of another, while reads and appends go on.
//!
//! What always holds: the index of every part holds at least the labels of the list in force.
//! Labels that it holds beyond that are hidden by [`Part`](crate::Part), so they cost space and
//! nothing else. A list that every index covers is therefore put in force by one commit of the log.
//! For any other one, segments are rewritten first, with the labels of both lists; a crash leaves
//! the old list in force, and some segments with more labels than it names. What is left over is
//! rewritten afterwards, and after a crash by the next tidying.
//!
//! The tail is sealed before every step, so that its chunks are all indexed by the same list, and
//! no file of the text index over rows of the tail outlives the list that it was made by.

use crate::error::{Error, Result};
use crate::room::Short;
use crate::segment::Segment;
use crate::storage::{Room, Storage, lock};
use crate::verify::Report;
use crate::writer::{Request, Writer};
use eventscope_model::ScopeLabels;
use std::sync::Arc;

/// What came of an attempt to put a list in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relabelled {
    /// It is in force.
    InForce,
    /// Some segments have to be rewritten first: their indexes lack labels of it.
    Waiting,
}

impl Writer {
    /// Puts a list in force, if the index of every segment holds its labels. If not, these are
    /// added to what segments are rewritten with and new rows are indexed by.
    pub(crate) fn relabel(&mut self, labels: ScopeLabels) -> Result<Relabelled> {
        if *self.view.labels == labels && *self.view.indexed == labels {
            return Ok(Relabelled::InForce);
        }
        self.seal_now()?;
        // It may be made without labels that are wanted now.
        self.finish_rewriting()?;
        if !self.view.segments.iter().all(|segment| segment.labels.cover(&labels)) {
            self.view.indexed = Arc::new(self.view.labels.or(&labels));
            self.publish();
            return Ok(Relabelled::Waiting);
        }
        self.commit_with_room(None, Short::Refuse, |log| log.relabelled(&labels))?;
        self.view.labels = Arc::new(labels);
        self.view.indexed = Arc::clone(&self.view.labels);
        self.publish();
        Ok(Relabelled::InForce)
    }

    /// Goes back to indexing new rows by the list in force.
    pub(crate) fn give_up_labels(&mut self) -> Result<()> {
        if self.view.indexed != self.view.labels {
            self.seal_now()?;
            self.view.indexed = Arc::clone(&self.view.labels);
            self.publish();
        }
        Ok(())
    }
}

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
    /// [`Error::NotRelabelled`] when segments that lack labels of the new list cannot be read; what
    /// [`Storage::change`] may meet. The list of before is in force then.
    pub fn set_scope_labels(
        &self,
        labels: &ScopeLabels,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<Report> {
        let _one = lock(&self.inner.relabelling);
        while self.ask(|answer| Request::Relabel(labels.clone(), answer))? == Relabelled::Waiting {
            let behind = self.segments(|segment| !segment.labels.cover(labels));
            let report = self.rewrite(&behind, &mut progress)?;
            if let Some(problem) = report.problems.into_iter().next() {
                self.ask(Request::GiveUpLabels)?;
                return Err(Error::NotRelabelled { problem });
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
        let tidied = self.tidy(if report.repaired > 0 { Room::Tight } else { Room::Usual });
        report.note("segments.redb", tidied);
        Ok(report)
    }

    fn segments(&self, wanted: impl Fn(&Segment) -> bool) -> Vec<Arc<Segment>> {
        let segments = Arc::clone(&self.snapshot().view().segments);
        segments.iter().filter(|segment| wanted(segment)).cloned().collect()
    }
}
