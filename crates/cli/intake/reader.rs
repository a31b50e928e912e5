//! The reading side of an import: files into drafts.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "counts of records and bytes read, which no import brings near 2^64"
)]

use super::handover::Giver;
use super::stream::Stream;
use super::{FileReport, Imported, Intake, Strictness};
use crate::failure::chain;
use crate::interrupt::{Interrupt, Interrupted};
use eventscope::{Clock, Timestamp};
use eventscope_formats::{Dump, Found, Importer, Origin, Part, ReadError};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Seek};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// What a strict import says of an object that would be passed over.
const UNREAD: &str = "JSON of no known format; without --strict it is passed over";

impl FileReport {
    /// Adds what was found in the dump, or in this member of it, beside its records.
    fn add(&mut self, part: &Part) {
        let counts = part.counts;
        self.format = part.format.map(|format| format.name());
        self.skipped_text = counts.skipped_text;
        self.other_documents = counts.other_documents;
        self.not_collected = counts.not_collected;
        self.over_limit = counts.over_limit;
        self.dated_by_file = counts.dated_by_file;
        self.degraded = counts.degraded;
        self.not_fired = counts.not_fired;
    }
}

/// Reads the files of an intake.
pub(super) struct Reader<'a> {
    intake: &'a Intake,
    drafts: Giver<'a>,
    /// Bytes read of all files, for the progress.
    bytes: &'a AtomicU64,
    imported: Imported,
}

/// Whether to go on with the next file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    GoOn,
    Stop,
    /// A signal ended the reading of this file.
    Interrupted,
}

impl<'a> Reader<'a> {
    pub(super) fn new(intake: &'a Intake, drafts: Giver<'a>, bytes: &'a AtomicU64) -> Self {
        Self { intake, drafts, bytes, imported: Imported::default() }
    }

    /// Reads all files, and gives what was counted while reading.
    pub(super) fn run(mut self) -> Imported {
        let mut importer = Importer::new(self.intake.options.clone());
        let all = self.intake.files.len();
        for (read, found) in self.intake.files.iter().enumerate() {
            match self.file(found, &mut importer) {
                Next::GoOn => {}
                Next::Stop => break,
                Next::Interrupted => {
                    // A stream has no other end.
                    let read = read + usize::from(is_stream(found, self.intake.strictness));
                    if read < all {
                        self.imported.problems.push(interrupted(read, all));
                    }
                    break;
                }
            }
        }
        self.imported
    }

    fn file(&mut self, found: &Found, importer: &mut Importer) -> Next {
        let path = found.path.display().to_string();
        self.imported.files.push(FileReport { path: path.clone(), ..FileReport::default() });
        let input = match open(found, self.intake.strictness, &self.intake.interrupt) {
            Ok(input) => input,
            Err(error) if Interrupted::is(&error) => return Next::Interrupted,
            Err(error) => {
                self.imported.problems.push(format!("cannot read {path}: {error}"));
                return self.after_fault();
            }
        };
        let modified = input.modified(self.intake.options.now);
        let stream = match self.intake.strictness {
            Strictness::Lenient => input.stream,
            Strictness::Strict => match self.refuse(&input, &path) {
                Ok(stream) => stream,
                Err(next) => return next,
            },
        };
        let mut dump = modified.of(importer.read(stream));
        let before = self.bytes.load(Ordering::Relaxed);
        let first = self.imported.files.len().saturating_sub(1);
        let read = self.parts(&mut dump, &path, before);
        let mut parts = self.imported.files.iter().skip(first);
        let is_empty = parts.all(|part| part.format.is_none() && part.read == 0);
        let problem = match read {
            Ok(Next::GoOn) if is_empty && found.origin == Origin::Named => {
                self.nothing_found(&path)
            }
            Ok(next) => return next,
            Err(ReadError::Io { source, .. }) if Interrupted::is(&source) => {
                return Next::Interrupted;
            }
            Err(error) => format!("{path}: {}", chain(&error)),
        };
        self.imported.problems.push(problem);
        self.after_fault()
    }

    /// What is said of a file that was named and holds no record.
    fn nothing_found(&self, path: &str) -> String {
        if path == "-" && self.imported.files.last().is_none_or(|file| file.is_bare()) {
            return "standard input held nothing".to_owned();
        }
        match self.intake.options.format {
            Some(format) => format!(
                "{path} holds no {} events; without --format its format is detected",
                format.name()
            ),
            None => format!(
                "{path} holds no events of a known format; --format names one, \
                 `eventscope help import` lists them"
            ),
        }
    }

    /// What a file that is at fault as a whole does to the run.
    fn after_fault(&self) -> Next {
        match self.intake.strictness {
            Strictness::Strict => Next::Stop,
            Strictness::Lenient => Next::GoOn,
        }
    }

    /// Takes the records of a dump. The members of an archive are files of their own in the report,
    /// but for those with nothing in them.
    fn parts(
        &mut self,
        dump: &mut Dump<'_>,
        path: &str,
        bytes_before: u64,
    ) -> Result<Next, ReadError> {
        loop {
            let read = self.records(dump, bytes_before);
            let part = dump.part();
            if let Some(report) = self.imported.files.last_mut() {
                report.add(&part);
            }
            match read? {
                Next::GoOn if dump.next_part()? => {}
                next => return Ok(next),
            }
            let path = path_of(path, dump.part().member.as_deref());
            match self.imported.files.last_mut() {
                Some(report) if report.is_bare() => report.path = path,
                _ => self.imported.files.push(FileReport { path, ..FileReport::default() }),
            }
        }
    }

    /// Takes the records of a file, or of a member of an archive, one by one.
    fn records(&mut self, dump: &mut Dump<'_>, bytes_before: u64) -> Result<Next, ReadError> {
        let file = self.imported.files.len() - 1;
        while let Some(record) = dump.next_in_part()? {
            if let Some(report) = self.imported.files.last_mut() {
                report.read += 1;
                report.counts.rejected += u64::from(record.content.is_err());
            }
            self.bytes.store(bytes_before + dump.bytes_read(), Ordering::Relaxed);
            match record.content {
                Err(reject) => {
                    let path = self.imported.files.last().map(|file| file.path.clone());
                    let path = path.unwrap_or_default();
                    self.imported.reject(path, record.line, reject.to_string());
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

    /// Reads a file for its first fault only, before anything of it is stored, and gives what to
    /// read then. If it has a fault, that is reported and the run is over.
    fn refuse(&mut self, input: &Input, path: &str) -> Result<Stream, Next> {
        let modified = input.modified(self.intake.options.now);
        let fault = input.again().map_err(|error| error.to_string()).and_then(|stream| {
            // An importer of its own, so that nothing is learnt from records yet to come.
            let mut importer = Importer::new(self.intake.options.clone());
            first_fault(&mut modified.of(importer.read(stream)), path)
        });
        let again = |found| input.again().map(|again| (again, found)).map_err(|e| e.to_string());
        match fault.and_then(again) {
            Ok((again, None)) => return Ok(again),
            Err(_) if self.intake.interrupt.is_asked() => return Err(Next::Interrupted),
            Ok((_, Some(Fault { path, line, reason }))) => {
                let problem = format!("{path}:{line}: {reason}; nothing of this file was stored");
                self.imported.problems.push(problem);
                if let Some(report) = self.imported.files.last_mut() {
                    report.path.clone_from(&path);
                    report.read = 1;
                    report.counts.rejected = 1;
                }
                self.imported.reject(path, line, reason);
            }
            Err(reason) => {
                self.imported.problems.push(format!("{path}: {reason}; nothing of it was stored"));
            }
        }
        Err(Next::Stop)
    }
}

/// What is wrong with a dump, and where.
struct Fault {
    path: String,
    line: u64,
    reason: String,
}

/// The first record of a dump that is no event, or else the first object that no format knows.
fn first_fault(dump: &mut Dump<'_>, path: &str) -> Result<Option<Fault>, String> {
    let mut unread = None;
    let failed = |error: ReadError| chain(&error);
    loop {
        while let Some(record) = dump.next_in_part().map_err(failed)? {
            if let Err(reject) = record.content {
                let path = path_of(path, dump.part().member.as_deref());
                return Ok(Some(Fault { path, line: record.line, reason: reject.to_string() }));
            }
        }
        unread = unread.or_else(|| {
            let path = path_of(path, dump.part().member.as_deref());
            Some(Fault { path, line: dump.first_unread()?, reason: UNREAD.to_owned() })
        });
        if !dump.next_part().map_err(failed)? {
            return Ok(unread);
        }
    }
}

/// What a file is called in the report: `logs.tar.gz!pods/web.json` is a member of an archive.
fn path_of(path: &str, member: Option<&str>) -> String {
    member.map_or_else(|| path.to_owned(), |member| format!("{path}!{member}"))
}

/// What is said of an interrupt that left files unread.
fn interrupted(read: usize, all: usize) -> String {
    format!(
        "interrupted: {read} of {all} files read; import the same again, nothing is stored twice"
    )
}

/// When an input was last modified.
#[derive(Clone, Copy, Debug)]
enum Modified {
    /// The system does not say, or says a time outside 1970 to 2262.
    Unknown,
    At(Timestamp),
    /// It is no file, and arrives while it is read.
    Now,
}

impl Modified {
    /// A dump with that time.
    fn of(self, dump: Dump<'_>) -> Dump<'_> {
        match self {
            Self::Unknown => dump,
            Self::At(time) => dump.modified(time),
            Self::Now => dump.arriving(|| Clock::default().now()),
        }
    }
}

fn is_stdin(found: &Found) -> bool {
    found.path.as_os_str() == OsStr::new("-")
}

/// Whether records are stored as they arrive, from an input that may have no end: standard input,
/// a named pipe, a device.
fn is_stream(found: &Found, strictness: Strictness) -> bool {
    let is_endless = || std::fs::metadata(&found.path).is_ok_and(|metadata| !metadata.is_file());
    strictness == Strictness::Lenient && (is_stdin(found) || is_endless())
}

/// An open dump.
struct Input {
    stream: Stream,
    interrupt: Interrupt,
    /// What is read again where all of it is looked at before anything is stored.
    kept: Option<Kept>,
}

/// What can be read twice.
enum Kept {
    Path(PathBuf),
    /// A copy of what cannot be wound back.
    Copy(File),
}

fn open(found: &Found, strictness: Strictness, interrupt: &Interrupt) -> io::Result<Input> {
    let mut stream = match is_stdin(found) {
        true => Stream::stdin(interrupt)?,
        false => Stream::file(&found.path, interrupt)?,
    };
    let kept = match strictness {
        Strictness::Lenient => None,
        Strictness::Strict if stream.is_file() => Some(Kept::Path(found.path.clone())),
        Strictness::Strict => {
            let mut copy = tempfile::tempfile()?;
            io::copy(&mut stream, &mut copy)?;
            Some(Kept::Copy(copy))
        }
    };
    Ok(Input { stream, interrupt: interrupt.clone(), kept })
}

impl Input {
    /// When it was last modified; what is no file, now, which `--now` may have said.
    fn modified(&self, now: Option<Timestamp>) -> Modified {
        if !self.stream.is_file() {
            return now.map_or(Modified::Now, Modified::At);
        }
        let modified = self.stream.modified();
        let since = modified.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        let nanos = since.and_then(|since| i64::try_from(since.as_nanos()).ok());
        nanos.and_then(Timestamp::from_nanos).map_or(Modified::Unknown, Modified::At)
    }

    /// The same from its beginning, for who has kept it.
    fn again(&self) -> io::Result<Stream> {
        match &self.kept {
            Some(Kept::Path(path)) => Stream::file(path, &self.interrupt),
            Some(Kept::Copy(copy)) => {
                let mut copy = copy.try_clone()?;
                copy.rewind()?;
                self.stream.replaced_by(copy)
            }
            None => Err(io::ErrorKind::NotSeekable.into()),
        }
    }
}
