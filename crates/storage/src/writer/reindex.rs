//! How a list of scope labels takes the place of another, while reads and appends go on.
//!
//! What always holds: the index of every part holds at least the labels of the list in force.
//! Labels that it holds beyond that are hidden by [`Part`](crate::Part), so they cost space and
//! nothing else. A list that every index covers is therefore put in force by one commit of the log.
//! For any other one, segments are rewritten first, with the labels of both lists; a crash leaves
//! the old list in force, and some segments with more labels than it names. What is left over is
//! rewritten afterwards, and after a crash by the next compaction.
//!
//! The tail is sealed before every step, so that its chunks are all indexed by the same list, and
//! no file of the text index over rows of the tail outlives the list that it was made by.

use crate::error::Result;
use crate::writer::Writer;
use crate::writer::room::Short;
use eventscope_model::ScopeLabels;
use std::sync::Arc;

/// What came of an attempt to put a list in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reindexed {
    /// It is in force.
    InForce,
    /// Some segments have to be rewritten first: their indexes lack labels of it.
    Waiting,
}

impl Writer {
    /// Puts a list in force, if the index of every segment holds its labels. If not, these are
    /// added to what segments are rewritten with and new rows are indexed by.
    pub(crate) fn reindex(&mut self, labels: ScopeLabels) -> Result<Reindexed> {
        if *self.view.labels == labels && *self.view.indexed == labels {
            return Ok(Reindexed::InForce);
        }
        self.seal_now()?;
        // It may be made without labels that are wanted now.
        self.finish_rewriting()?;
        if !self.view.segments.iter().all(|segment| segment.labels.cover(&labels)) {
            self.view.indexed = Arc::new(self.view.labels.or(&labels));
            self.publish();
            return Ok(Reindexed::Waiting);
        }
        self.commit_with_room(None, Short::Refuse, |log| log.reindexed(&labels))?;
        self.view.labels = Arc::new(labels);
        self.view.indexed = Arc::clone(&self.view.labels);
        self.publish();
        Ok(Reindexed::InForce)
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
