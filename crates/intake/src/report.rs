//! What became of the records of an import: counted per file, the rejected ones listed.

use crate::limits::REJECTS_LISTED_MAX;
use crate::problem::Problem;
use eventscope::Invalid;
use eventscope_formats::{Format, Part};
use std::fmt;

/// What became of the records of all inputs.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// File by file, in the order of the inputs; the members of an archive are files of their own.
    pub files: Vec<FileReport>,
    /// Records that are no events: first those that could not be read, then those that the store
    /// refused. At most [`REJECTS_LISTED_MAX`] are kept.
    pub rejects: Vec<Reject>,
    /// Rejects that are counted but not listed.
    pub rejects_left_out: u64,
    /// The sums over all files.
    pub counts: Counts,
    /// What went wrong beyond single records.
    pub problems: Vec<Problem>,
}

/// What became of the records of one file, and what it holds besides.
///
/// For each file `read` = `appended` + `duplicates` + `updated` + `rejected`, unless the import
/// stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileReport {
    /// The name of the input; of a member of an archive `ARCHIVE!MEMBER`.
    pub name: String,
    /// Its format; none when no record was found.
    pub format: Option<Format>,
    /// Records that were read.
    pub read: u64,
    /// What became of them.
    pub counts: Counts,
    /// Lines of text between the documents.
    pub skipped_text: u64,
    /// Well-formed objects that are no events.
    pub other_documents: u64,
    /// Events that the list of what is collected did not let through; they are no part of what was
    /// read.
    pub not_collected: u64,
    /// Events that the limit per second did not let through, no part of it either.
    pub over_limit: u64,
    /// Events whose record says no time and that have the time of the file.
    pub dated_by_file: u64,
    /// Events of which a field was cut or left out, or whose record was mended.
    pub degraded: u64,
    /// Alerts that have not fired; they are no part of what was read.
    pub not_fired: u64,
}

/// Records by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// New events.
    pub appended: u64,
    /// Events that were known, with nothing new about them.
    pub duplicates: u64,
    /// Events that were known, with something new about them.
    pub updated: u64,
    /// Records that are no events.
    pub rejected: u64,
    /// Events that were known, and on which a label of the options is not what they say: an event
    /// keeps the labels that it was first stored with. They are among the duplicates and updated.
    pub labels_not_set: u64,
}

/// A record that is no event, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// The name of its file.
    pub name: String,
    /// The line where it starts, from 1.
    pub line: u64,
    /// Why.
    pub reason: Reason,
}

/// Why a record is no event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// It cannot be read.
    Unreadable(eventscope_formats::Reject),
    /// The store does not take it.
    Invalid(Invalid),
    /// No format knows it. Only a strict import minds.
    UnknownFormat,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(reject) => reject.fmt(f),
            Self::Invalid(invalid) => invalid.fmt(f),
            Self::UnknownFormat => f.write_str("JSON of no known format"),
        }
    }
}

/// What the store made of the drafts: counts per file, and rejects by file and line.
#[derive(Debug, Default)]
pub(crate) struct Appended {
    pub(crate) counts: Vec<Counts>,
    pub(crate) rejects: Vec<(usize, u64, Invalid)>,
}

impl FileReport {
    pub(crate) fn new(name: String) -> Self {
        Self { name, ..Self::default() }
    }

    /// Adds what was found in the dump, or in this member of it, beside its records.
    pub(crate) fn add(&mut self, part: &Part) {
        let counts = part.counts;
        self.format = part.format;
        self.skipped_text = counts.skipped_text;
        self.other_documents = counts.other_documents;
        self.not_collected = counts.not_collected;
        self.over_limit = counts.over_limit;
        self.dated_by_file = counts.dated_by_file;
        self.degraded = counts.degraded;
        self.not_fired = counts.not_fired;
    }

    /// Whether the file held nothing at all.
    pub(crate) fn is_bare(&self) -> bool {
        let others = [self.skipped_text, self.other_documents, self.not_fired];
        self.read == 0 && self.format.is_none() && others == [0; 3]
    }
}

impl Report {
    /// Lists a reject, or counts it if the list is full.
    pub(crate) fn reject(&mut self, reject: Reject) {
        if self.rejects.len() < REJECTS_LISTED_MAX {
            self.rejects.push(reject);
        } else {
            self.rejects_left_out = self.rejects_left_out.saturating_add(1);
        }
    }

    /// Completes what the reader counted by what the store made of it.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "counts of events, which no import brings near 2^64"
    )]
    pub(crate) fn add(&mut self, appended: Appended) {
        for (file, counts) in self.files.iter_mut().zip(appended.counts) {
            file.counts.appended = counts.appended;
            file.counts.duplicates = counts.duplicates;
            file.counts.updated = counts.updated;
            file.counts.labels_not_set = counts.labels_not_set;
        }
        for (file, line, invalid) in appended.rejects {
            if let Some(report) = self.files.get_mut(file) {
                report.counts.rejected += 1;
                let name = report.name.clone();
                self.reject(Reject { name, line, reason: Reason::Invalid(invalid) });
            }
        }
        for file in &self.files {
            self.counts.appended += file.counts.appended;
            self.counts.duplicates += file.counts.duplicates;
            self.counts.updated += file.counts.updated;
            self.counts.labels_not_set += file.counts.labels_not_set;
            self.counts.rejected += file.counts.rejected;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Reason, Reject, Report};
    use crate::limits::REJECTS_LISTED_MAX;

    #[test]
    fn rejects_beyond_the_limit_are_counted_and_not_kept() {
        let mut report = Report::default();
        for line in 0..REJECTS_LISTED_MAX as u64 + 2 {
            report.reject(Reject { name: String::new(), line, reason: Reason::UnknownFormat });
        }
        assert_eq!((report.rejects.len(), report.rejects_left_out), (REJECTS_LISTED_MAX, 2));
    }
}
