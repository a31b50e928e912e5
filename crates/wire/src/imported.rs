//! `import`: what became of the records.
//!
//! ```text
//! {files:[{path, format?, read, appended, duplicates, updated, rejected, labels_not_set?,
//!          skipped_text, other_documents, not_collected, over_limit, dated_by_file?, degraded?,
//!          not_fired?}],
//!  rejects:[{path, line, reason}], rejects_left_out,
//!  appended, duplicates, updated, rejected, labels_not_set?}
//! ```
//!
//! What is marked with `?` is left out when it is 0 or not known. For each file `read` =
//! `appended` + `duplicates` + `updated` + `rejected`. `labels_not_set` are known events on which a
//! label of the import is not what it says. Problems with whole files are not in it.

use crate::absent::is_zero;
use eventscope_intake::{FileReport, Reason, Report};
use serde::{Deserialize, Serialize};

/// What became of the records of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// File by file; the members of an archive are files of their own.
    pub files: Vec<File>,
    /// Records that are no events.
    pub rejects: Vec<Reject>,
    /// Rejects that are counted but not listed.
    pub rejects_left_out: u64,
    /// The sums over all files.
    #[serde(flatten)]
    pub counts: Counts,
}

/// What became of the records of one file, and what it holds besides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Its path; of a member of an archive `ARCHIVE!MEMBER`.
    pub path: String,
    /// The name of its format; none when no record was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Records that were read.
    pub read: u64,
    /// What became of them.
    #[serde(flatten)]
    pub counts: Counts,
    /// Lines of text between the documents.
    pub skipped_text: u64,
    /// Well-formed objects that are no events.
    pub other_documents: u64,
    /// Events that the list of what is collected did not let through, no part of what was read.
    pub not_collected: u64,
    /// Events that the limit per second did not let through, no part of it either.
    pub over_limit: u64,
    /// Events whose record says no time and that have the time of the file.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dated_by_file: u64,
    /// Events of which a field was cut or left out, or whose record was mended.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub degraded: u64,
    /// Alerts that have not fired, no part of what was read.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub not_fired: u64,
}

/// Records by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// New events.
    pub appended: u64,
    /// Known events, with nothing new about them.
    pub duplicates: u64,
    /// Known events, with something new about them.
    pub updated: u64,
    /// Records that are no events.
    pub rejected: u64,
    /// Known events that did not get a label of the import.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub labels_not_set: u64,
}

/// A record that is no event, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// The path of its file.
    pub path: String,
    /// The line where it starts, from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
}

/// While an import goes on: how many events are durable, `{durable}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Durable {
    /// The events.
    pub durable: u64,
}

impl Imported {
    /// The document of a report; `reason` puts into words why a record is no event.
    pub fn new(report: &Report, reason: impl Fn(&Reason) -> String) -> Self {
        let reject = |reject: &eventscope_intake::Reject| Reject {
            path: reject.name.clone(),
            line: reject.line,
            reason: reason(&reject.reason),
        };
        Self {
            files: report.files.iter().map(File::from).collect(),
            rejects: report.rejects.iter().map(reject).collect(),
            rejects_left_out: report.rejects_left_out,
            counts: report.counts.into(),
        }
    }
}

impl From<&FileReport> for File {
    fn from(file: &FileReport) -> Self {
        Self {
            path: file.name.clone(),
            format: file.format.map(|format| format.name().to_owned()),
            read: file.read,
            counts: file.counts.into(),
            skipped_text: file.skipped_text,
            other_documents: file.other_documents,
            not_collected: file.not_collected,
            over_limit: file.over_limit,
            dated_by_file: file.dated_by_file,
            degraded: file.degraded,
            not_fired: file.not_fired,
        }
    }
}

impl From<eventscope_intake::Counts> for Counts {
    fn from(counts: eventscope_intake::Counts) -> Self {
        Self {
            appended: counts.appended,
            duplicates: counts.duplicates,
            updated: counts.updated,
            rejected: counts.rejected,
            labels_not_set: counts.labels_not_set,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Durable, Imported};
    use crate::testing::round_trip;
    use eventscope::{Options, Store};
    use eventscope_intake::{Import, Input};

    #[test]
    fn it_is_read_as_it_was_written() {
        let dump = r#"{"Type":"container","Action":"kill"}"#;
        let store = Store::in_memory(Options::default()).unwrap();
        let report =
            Import::default().run(&store, vec![Input::reader("a", dump.as_bytes())], |_| {});
        let imported = Imported::new(&report.unwrap(), |_| "because".to_owned());
        let counts = r#""appended":0,"duplicates":0,"updated":0,"rejected":1"#;
        let others = r#""skipped_text":0,"other_documents":0,"not_collected":0,"over_limit":0"#;
        let file = format!(r#"{{"path":"a","format":"docker","read":1,{counts},{others}}}"#);
        let rejects = r#"[{"path":"a","line":1,"reason":"because"}],"rejects_left_out":0"#;
        let expected = format!(r#"{{"files":[{file}],"rejects":{rejects},{counts}}}"#);
        round_trip(&imported, &expected);
        round_trip(&Durable { durable: 9 }, r#"{"durable":9}"#);
        let mut all = imported;
        all.files[0].format = None;
        all.files[0].dated_by_file = 2;
        all.files[0].degraded = 3;
        all.files[0].not_fired = 4;
        all.counts.labels_not_set = 5;
        let file = format!(r#"{{"path":"a","read":1,{counts},{others}"#);
        let file = format!(r#"{file},"dated_by_file":2,"degraded":3,"not_fired":4}}"#);
        let sums = format!(r#"{counts},"labels_not_set":5"#);
        round_trip(&all, &format!(r#"{{"files":[{file}],"rejects":{rejects},{sums}}}"#));
    }
}
