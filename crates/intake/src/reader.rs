//! The reading side of an import: files into drafts.

use crate::cancel::Cancelled;
use crate::handover::Giver;
use crate::import::{Import, Strictness};
use crate::input::{Input, Opened, Written};
use crate::problem::Problem;
use crate::report::{FileReport, Reason, Reject, Report};
use eventscope::Clock;
use eventscope_formats::{Dump, ImportOptions, Importer, ReadError};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// Reads the inputs of an import.
pub(crate) struct Reader<'a> {
    import: &'a Import,
    drafts: Giver<'a>,
    /// Bytes read of all inputs, for the progress.
    bytes: &'a AtomicU64,
    report: Report,
}

/// Whether to go on with the next input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    GoOn,
    Stop,
    /// The reading of this input was cancelled.
    Cancelled,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(import: &'a Import, drafts: Giver<'a>, bytes: &'a AtomicU64) -> Self {
        Self { import, drafts, bytes, report: Report::default() }
    }

    /// Reads all inputs, and gives what was counted while reading.
    pub(crate) fn run(mut self, inputs: Vec<Input<'_>>) -> Report {
        let mut importer = Importer::new(self.import.options.clone());
        let all = inputs.len();
        for (read, mut input) in inputs.into_iter().enumerate() {
            match self.input(&mut input, &mut importer) {
                Next::GoOn => {}
                Next::Stop => break,
                Next::Cancelled => {
                    // A stream has no other end.
                    let is_end =
                        input.is_endless() && self.import.strictness == Strictness::Lenient;
                    let read = read.saturating_add(usize::from(is_end));
                    if read < all {
                        self.report.problems.push(Problem::Cancelled { read, all });
                    }
                    break;
                }
            }
        }
        self.report
    }

    fn input(&mut self, input: &mut Input<'_>, importer: &mut Importer) -> Next {
        let name = input.name().to_owned();
        self.report.files.push(FileReport::new(name.clone()));
        let opened = match self.open(input) {
            Ok(opened) => opened,
            Err(error) if Cancelled::is(&error) => return Next::Cancelled,
            Err(source) => {
                self.report.problems.push(Problem::Unopened { name, source });
                return self.after_fault();
            }
        };
        let opened = match self.import.strictness {
            Strictness::Lenient => opened,
            Strictness::Strict => match self.check(opened, input) {
                Ok(again) => again,
                Err(next) => return next,
            },
        };
        let mut dump = dump(importer, opened, &self.import.options);
        let before = self.bytes.load(Ordering::Relaxed);
        let first = self.report.files.len().saturating_sub(1);
        let read = self.parts(&mut dump, &name, before);
        let mut parts = self.report.files.iter().skip(first);
        let has_no_events = parts.all(|part| part.format.is_none() && part.read == 0);
        let problem = match read {
            Ok(Next::GoOn) if has_no_events && input.is_named() => {
                let is_empty = self.report.files.last().is_none_or(FileReport::is_bare);
                Problem::NoEvents { name, format: self.import.options.format, is_empty }
            }
            Ok(next) => return next,
            Err(ReadError::Io { source, .. }) if Cancelled::is(&source) => return Next::Cancelled,
            Err(source) => Problem::Broken { name, source },
        };
        self.report.problems.push(problem);
        self.after_fault()
    }

    fn open<'b>(&self, input: &mut Input<'b>) -> io::Result<Opened<'b>> {
        input.open(&self.import.cancel)
    }

    /// What a file that is at fault as a whole does to the run.
    fn after_fault(&self) -> Next {
        match self.import.strictness {
            Strictness::Strict => Next::Stop,
            Strictness::Lenient => Next::GoOn,
        }
    }

    /// Takes the records of a dump. The members of an archive are files of their own in the report,
    /// but for those with nothing in them.
    fn parts(
        &mut self,
        dump: &mut Dump<'_>,
        name: &str,
        bytes_before: u64,
    ) -> Result<Next, ReadError> {
        loop {
            let read = self.records(dump, bytes_before);
            let part = dump.part();
            if let Some(report) = self.report.files.last_mut() {
                report.add(&part);
            }
            match read? {
                Next::GoOn if dump.next_part()? => {}
                next => return Ok(next),
            }
            let name = member_name(name, dump.part().member.as_deref());
            match self.report.files.last_mut() {
                Some(report) if report.is_bare() => report.name = name,
                _ => self.report.files.push(FileReport::new(name)),
            }
        }
    }

    /// Takes the records of a file, or of a member of an archive, one by one.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "counts of records and bytes read, which no import brings near 2^64"
    )]
    fn records(&mut self, dump: &mut Dump<'_>, bytes_before: u64) -> Result<Next, ReadError> {
        let file = self.report.files.len().saturating_sub(1);
        while let Some(record) = dump.next_in_part()? {
            if let Some(report) = self.report.files.last_mut() {
                report.read += 1;
                report.counts.rejected += u64::from(record.content.is_err());
            }
            self.bytes.store(bytes_before + dump.bytes_read(), Ordering::Relaxed);
            match record.content {
                Err(reject) => {
                    let name = self.report.files.last().map(|file| file.name.clone());
                    let (name, reason) = (name.unwrap_or_default(), Reason::Unreadable(reject));
                    self.report.reject(Reject { name, line: record.line, reason });
                }
                // Nobody takes drafts when the store has failed.
                Ok(draft) => {
                    if self.drafts.give(draft, (file, record.line)).is_err() {
                        return Ok(Next::Stop);
                    }
                }
            }
        }
        self.bytes.store(bytes_before + dump.bytes_read(), Ordering::Relaxed);
        Ok(Next::GoOn)
    }

    /// Reads an input for its first fault only, before anything of it is stored, and opens it
    /// again. If it has a fault, that is reported and the run is over.
    fn check<'b>(&mut self, opened: Opened<'b>, input: &mut Input<'b>) -> Result<Opened<'b>, Next> {
        // An importer of its own, so that nothing is learnt from records yet to come.
        let mut importer = Importer::new(self.import.options.clone());
        let mut dump = dump(&mut importer, opened, &self.import.options);
        let fault = first_fault(&mut dump, input.name());
        drop(dump);
        let again = match fault {
            Ok(fault) => self.open(input).map(|again| (again, fault)).map_err(Into::into),
            Err(error) => Err(error.into()),
        };
        match again {
            Ok((again, None)) => return Ok(again),
            Err(_) if self.import.cancel.is_asked() => return Err(Next::Cancelled),
            Ok((_, Some(Fault { name, line, reason }))) => {
                if let Some(report) = self.report.files.last_mut() {
                    report.name.clone_from(&name);
                    report.read = 1;
                    report.counts.rejected = 1;
                }
                let reject = Reject { name: name.clone(), line, reason: reason.clone() };
                self.report.reject(reject);
                self.report.problems.push(Problem::Faulty { name, line, reason });
            }
            Err(source) => {
                let name = input.name().to_owned();
                self.report.problems.push(Problem::Unchecked { name, source });
            }
        }
        Err(Next::Stop)
    }
}

/// The dump of an input, with the time of its records that say none.
fn dump<'a>(importer: &'a mut Importer, opened: Opened<'a>, options: &ImportOptions) -> Dump<'a> {
    let dump = importer.read(opened.reader);
    match (opened.written, options.now) {
        (Written::Unknown, _) => dump,
        (Written::At(time), _) | (Written::Arriving, Some(time)) => dump.modified(time),
        (Written::Arriving, None) => dump.arriving(|| Clock::default().now()),
    }
}

/// What is wrong with a dump, and where.
struct Fault {
    name: String,
    line: u64,
    reason: Reason,
}

/// The first record of a dump that is no event, or else the first object that no format knows.
fn first_fault(dump: &mut Dump<'_>, name: &str) -> Result<Option<Fault>, ReadError> {
    let mut unread = None;
    loop {
        while let Some(record) = dump.next_in_part()? {
            if let Err(reject) = record.content {
                let name = member_name(name, dump.part().member.as_deref());
                let reason = Reason::Unreadable(reject);
                return Ok(Some(Fault { name, line: record.line, reason }));
            }
        }
        unread = unread.or_else(|| {
            let name = member_name(name, dump.part().member.as_deref());
            Some(Fault { name, line: dump.first_unread()?, reason: Reason::UnknownFormat })
        });
        if !dump.next_part()? {
            return Ok(unread);
        }
    }
}

/// What a file is called in the report: `logs.tar.gz!pods/web.json` is a member of an archive.
fn member_name(archive: &str, member: Option<&str>) -> String {
    member.map_or_else(|| archive.to_owned(), |member| format!("{archive}!{member}"))
}
