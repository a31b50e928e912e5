//! What was typed about dumps becomes an import, and what went wrong with it a failure.

use crate::args::{Dumps, Label, Place};
use crate::collect;
use crate::failure::{Failure, Result, chain};
use crate::print::grouped;
use crate::progress::Progress;
use crate::times::Times;
use eventscope::{StorageError, Store};
use eventscope_formats::{Format, Found, ImportOptions, Map, SeverityWords};
use eventscope_intake::{Cancel, Error, Import, Input, Opened, Problem, Reason, Report, Stream};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Seek};
use std::path::{Path, PathBuf};

/// What is to be read, and how.
#[derive(Debug)]
pub(crate) struct Intake {
    files: Vec<Found>,
    import: Import,
    strictness: Strictness,
    /// Paths that cannot be read, one sentence each.
    unreadable: Vec<String>,
}

/// What a bad record does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strictness {
    /// It is listed, and the rest goes on.
    Lenient,
    /// It ends the run, and nothing of its file is stored.
    Strict,
}

/// What became of an import: the report, and what to say of what went wrong.
#[derive(Debug)]
pub(crate) struct Imported {
    pub(crate) report: Report,
    problems: Vec<String>,
}

impl Intake {
    /// What was asked for. Folders are walked here, before anything is opened or made.
    pub(crate) fn new(place: &Place, typed: &Dumps, batch: usize) -> Result<Self> {
        let mut options = options(typed)?.severities(severities(typed)?);
        if place.now.is_some() {
            options = options.now(Times::of(place)?.now);
        }
        // Only what was typed: a variable would make other events of a dump on another machine.
        if let Some(name) = &place.tz {
            options = options.local(Times::of(place)?.local(name));
        }
        if let Some(path) = &typed.collect {
            options = options.collect(collect::read(path)?);
        }
        if let Some(limit) = typed.limit_per_second {
            options = options.limit_per_second(limit);
        }
        let (mut files, mut unreadable) = (Vec::new(), Vec::new());
        for found in eventscope_formats::files(&typed.paths) {
            match found {
                Ok(found) => files.push(found),
                Err(error) => unreadable.push(chain(&error)),
            }
        }
        if files.is_empty() && !unreadable.is_empty() {
            return Err(Failure::several(unreadable));
        }
        let import = Import::new(options).batch(batch);
        let (import, strictness) = match typed.strict {
            true => (import.strict(), Strictness::Strict),
            false => (import, Strictness::Lenient),
        };
        Ok(Self { files, import, strictness, unreadable })
    }

    /// Bytes of all files, as they lie there; standard input counts as nothing.
    pub(crate) fn bytes(&self) -> u64 {
        let sizes = self.files.iter().filter_map(|found| std::fs::metadata(&found.path).ok());
        sizes.map(|metadata| metadata.len()).sum()
    }

    /// Names the flag that ends the reading.
    pub(crate) fn cancel(mut self, cancel: &Cancel) -> Self {
        self.import = self.import.cancel(cancel);
        self
    }

    /// Reads all files and appends what they hold.
    ///
    /// When it returns, every record that is counted as appended is durable.
    pub(crate) fn run(self, store: &Store, progress: &mut Progress) -> Result<Imported> {
        let inputs = self.files.iter().map(|found| input(found, self.strictness)).collect();
        let report = self.import.run(store, inputs, |it| progress.imported(it.bytes, it.durable));
        let report = report.map_err(|error| stopped(&error))?;
        let mut problems = self.unreadable;
        problems.extend(report.problems.iter().map(told));
        Ok(Imported { report, problems })
    }
}

impl Imported {
    /// The report as JSON.
    pub(crate) fn document(&self) -> eventscope_wire::Imported {
        eventscope_wire::Imported::new(&self.report, reason)
    }

    /// Ends a command whose answer was printed: a failure if anything went wrong.
    pub(crate) fn verdict(self) -> Result<()> {
        if self.problems.is_empty() { Ok(()) } else { Err(Failure::several(self.problems)) }
    }
}

/// What the import reads for a path.
fn input(found: &Found, strictness: Strictness) -> Input<'static> {
    let path = found.path.clone();
    let is_stdin = is_stdin(&path);
    let is_file = !is_stdin && std::fs::metadata(&path).is_ok_and(|metadata| metadata.is_file());
    let input = match (is_file, strictness) {
        (true, _) => return Input::found(found),
        (false, Strictness::Lenient) if is_stdin => {
            Input::opened("-", |cancel| Ok(Opened::new(Stream::new(cancel, || Ok(io::stdin()))?)))
        }
        (false, Strictness::Lenient) => Input::found(found),
        (false, Strictness::Strict) => copied(path),
    };
    input.origin(found.origin).endless()
}

/// What cannot be wound back and is to be read twice: the first time, it is copied.
fn copied(path: PathBuf) -> Input<'static> {
    let mut copy: Option<File> = None;
    Input::opened(path.display().to_string(), move |cancel| {
        if copy.is_none() {
            let mut stream = match is_stdin(&path) {
                true => Stream::new(cancel, || Ok(io::stdin()))?,
                false => Stream::file(&path, cancel)?,
            };
            let mut file = tempfile::tempfile()?;
            io::copy(&mut stream, &mut file)?;
            copy = Some(file);
        }
        let mut again = match &copy {
            Some(copy) => copy.try_clone()?,
            None => return Err(io::ErrorKind::NotSeekable.into()),
        };
        again.rewind()?;
        Ok(Opened::new(cancel.watch(again)))
    })
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == OsStr::new("-")
}

/// How to read what was typed.
fn options(typed: &Dumps) -> Result<ImportOptions> {
    let mut options = ImportOptions::default();
    if let Some(format) = typed.format {
        options = options.format(format);
    }
    let mut all_labels = false;
    for label in &typed.labels {
        match label {
            Label::One(key, value) => options = options.label(key, value),
            Label::All => all_labels = true,
        }
    }
    if typed.format.is_some_and(Format::is_mapped) {
        let map = Map::new(typed.maps.iter().cloned());
        let map = map.map_err(|error| Failure::usage(error.to_string()))?;
        return Ok(options.map(if all_labels { map.all_labels() } else { map }));
    }
    if all_labels || !typed.maps.is_empty() {
        let formats: Vec<_> = Format::ALL.into_iter().filter(|it| it.is_mapped()).collect();
        let names = formats.iter().map(|format| format.name()).collect::<Vec<_>>().join(" or ");
        let line = format!("--map and --label '*' are for records of any kind: --format {names}");
        return Err(Failure::usage(line));
    }
    Ok(options)
}

/// The severities of words that were typed.
fn severities(typed: &Dumps) -> Result<SeverityWords> {
    let mut words = SeverityWords::default();
    for (word, severity) in &typed.severities {
        let taken = words.map(word, *severity);
        taken.map_err(|taken| Failure::usage(format!("--map-severity: {taken}")))?;
    }
    Ok(words)
}

/// Why an import could not go on, and how far it came.
fn stopped(error: &Error) -> Failure {
    let reason = error.earlier.clone().unwrap_or_else(|| match &error.store {
        eventscope::Error::Storage(StorageError::Unknown { source }) => chain(&**source),
        other => chain(other),
    });
    Failure::new(format!(
        "the import stopped after {} durable events: {reason}; \
         mend that and import the same again, nothing is stored twice",
        grouped(error.durable)
    ))
}

/// What is said of a problem, and what can be done about it.
fn told(problem: &Problem) -> String {
    match problem {
        Problem::Unopened { name, source } => format!("cannot read {name}: {source}"),
        Problem::Broken { name, source } => format!("{name}: {}", chain(source)),
        Problem::NoEvents { name, is_empty: true, .. } if name == "-" => {
            "standard input held nothing".to_owned()
        }
        Problem::NoEvents { name, format: Some(format), .. } => format!(
            "{name} holds no {} events; without --format its format is detected",
            format.name()
        ),
        Problem::NoEvents { name, format: None, .. } => format!(
            "{name} holds no events of a known format; --format names one, \
             `eventscope help import` lists them"
        ),
        Problem::Faulty { name, line, reason } => {
            format!("{name}:{line}: {}; nothing of this file was stored", self::reason(reason))
        }
        Problem::Unchecked { name, source } => {
            format!("{name}: {}; nothing of it was stored", chain(&**source))
        }
        Problem::Cancelled { read, all } => format!(
            "interrupted: {read} of {all} files read; import the same again, \
             nothing is stored twice"
        ),
        other => chain(other),
    }
}

/// Why a record is no event, and what can be done about it.
pub(crate) fn reason(reason: &Reason) -> String {
    match reason {
        Reason::UnknownFormat => format!("{reason}; without --strict it is passed over"),
        _ => reason.to_string(),
    }
}
