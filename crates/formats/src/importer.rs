//! A run over many dumps: what it is asked to do, what it remembers, what it counts.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "counts of what was read, which no input brings near 2^64"
)]

mod archive;
mod lines;

use crate::{
    Format, ImportOptions, ReadError, Reject, Syntax,
    csv::read::Rows,
    cut, encoding, envelope,
    extent::{Extent, Keys, Lists, Progress},
    hints::Hints,
    kubernetes::table::Table,
    limit::{Limiter, Verdict},
    limits,
    lives::Lives,
    mend,
    scanner::{ListForm, Piece, Role, Scanner},
    source::{Input, Memory, Run, SOURCES, Source},
    twins,
    window::Window,
    yaml,
};
use archive::Members;
use eventscope_model::{Draft, State, Timestamp};
use lines::Line;
use std::{
    collections::VecDeque,
    fmt,
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// One run over any number of dumps. What one record says about a container is remembered for the
/// later ones, across files.
#[derive(Debug)]
pub struct Importer {
    options: ImportOptions,
    memory: Memory,
    limiter: Option<Limiter>,
}

impl Importer {
    /// A run that has seen nothing yet.
    #[must_use]
    pub fn new(options: ImportOptions) -> Self {
        let limiter = options.limit_per_second.map(Limiter::new);
        Self { options, memory: Memory::default(), limiter }
    }

    /// Reads one dump, record by record. Nothing is read before the first record is asked for.
    ///
    /// # Limits
    /// Memory does not grow with the dump, see [`limits`]; YAML is the exception.
    pub fn read<'a>(&'a mut self, input: impl Read + 'a) -> Dump<'a> {
        let bytes = Arc::new(AtomicU64::new(0));
        let counted = Counted { input, bytes: Arc::clone(&bytes) };
        Dump {
            importer: self,
            text: Text::Closed(Box::new(counted)),
            bytes,
            format: None,
            modified: FileTime::Unknown,
            table: None,
            unread: None,
            counts: Counts::default(),
            lives: Lives::default(),
            events: VecDeque::new(),
            archive: None,
        }
    }
}

pub use archive::Part;

/// One event of a dump, or what should have been one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The line where it starts, from 1, in the text as it is after decompression; in an archive
    /// in that of its member, see [`Dump::part`].
    pub line: u64,
    /// The event, or why it is none. A draft has passed [`Draft::check`].
    pub content: Result<Draft, Reject>,
}

/// What a dump held that is no record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Lines of text between the documents. Empty lines are not counted.
    pub skipped_text: u64,
    /// JSON or YAML objects that are well-formed but no events: a pod, a node, a line of a log.
    pub other_documents: u64,
    /// Lists without elements. A dump that holds one is a dump, though it has no record.
    pub empty_lists: u64,
    /// Events that [`ImportOptions::collect`] did not let through.
    pub not_collected: u64,
    /// Events that [`ImportOptions::limit_per_second`] did not let through, without those in whose
    /// place an event says so.
    pub over_limit: u64,
    /// Events whose record says no time and that have the time of the file, see
    /// [`Dump::modified`]. Unlike the others these are events.
    pub dated_by_file: u64,
    /// Events that were kept although a field of theirs was cut or left out, or their record had to
    /// be mended; their tag `eventscope.cut` says what. These are events too.
    pub degraded: u64,
    /// Alerts that have not fired: healthy ones, and pending ones.
    pub not_fired: u64,
}

/// What becomes of an event that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Given,
    LeftOut,
}

/// The records of one dump, one at a time; those of an archive member after member.
///
/// After an error the dump is over: the next call gives `None`.
pub struct Dump<'a> {
    importer: &'a mut Importer,
    text: Text<'a>,
    bytes: Arc<AtomicU64>,
    /// What was found so far: in an archive, in the current member.
    format: Option<Format>,
    modified: FileTime,
    /// The table for people that the lines are rows of.
    table: Option<Table>,
    counts: Counts,
    unread: Option<u64>,
    lives: Lives,
    archive: Option<Box<Members<'a>>>,
    /// What the record that was read last holds, so far as it is not given yet.
    events: VecDeque<Record>,
}

/// What is known of the time of a file.
#[derive(Clone, Copy)]
enum FileTime {
    Unknown,
    At(Timestamp),
    /// It arrives while it is read.
    Now(fn() -> Timestamp),
}

impl FileTime {
    fn get(self) -> Option<Timestamp> {
        match self {
            Self::Unknown => None,
            Self::At(time) => Some(time),
            Self::Now(clock) => Some(clock()),
        }
    }
}

/// How far a dump was opened.
enum Text<'a> {
    Closed(Box<dyn Read + 'a>),
    Json(Scanner<'a>),
    Yaml(yaml::Documents),
    Csv(Box<Rows<'a>>),
    Over,
}

impl Dump<'_> {
    /// Names the time when the dump was last modified. Records of formats that may say no time
    /// have this one; without it they are rejects. It is no part of the identity of an event.
    #[must_use]
    pub fn modified(mut self, time: Timestamp) -> Self {
        self.modified = FileTime::At(time);
        self
    }

    /// Names a clock for a dump that arrives while it is read: the time when a record arrives then
    /// stands for that of the file.
    #[must_use]
    pub fn arriving(mut self, clock: fn() -> Timestamp) -> Self {
        self.modified = FileTime::Now(clock);
        self
    }

    /// The format of the first event or empty list found; `None` so long as there is none.
    #[must_use]
    pub fn format(&self) -> Option<Format> {
        let before = self.archive.as_ref().and_then(|archive| archive.format);
        before.or(self.format)
    }

    /// What was found so far that is no record.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let before = self.archive.as_ref().map_or_else(Counts::default, |archive| archive.counts);
        before.plus(self.counts)
    }

    /// The line of the first JSON object that stands alone and that no format knows, so far; in an
    /// archive of those in the current member.
    #[must_use]
    pub fn first_unread(&self) -> Option<u64> {
        self.unread
    }

    /// Lines of text between the documents, so far.
    #[must_use]
    pub fn skipped_text(&self) -> u64 {
        self.counts().skipped_text
    }

    /// Bytes read from the input so far, as they are there: compressed, if they are.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    fn advance(&mut self) -> Result<Option<Record>, ReadError> {
        if let Some(record) = self.events.pop_front() {
            return Ok(Some(record));
        }
        if matches!(self.text, Text::Closed(_)) {
            let closed = std::mem::replace(&mut self.text, Text::Over);
            self.text = self.open(closed)?;
            if let Some(record) = self.events.pop_front() {
                return Ok(Some(record));
            }
        }
        let mut text = std::mem::replace(&mut self.text, Text::Over);
        let record = match &mut text {
            Text::Json(scanner) => self.json(scanner)?,
            Text::Yaml(documents) => self.yaml(documents),
            Text::Csv(rows) => self.csv(rows)?,
            Text::Closed(_) | Text::Over => None,
        };
        if record.is_some() {
            self.text = text;
        }
        Ok(record)
    }

    fn json(&mut self, scanner: &mut Scanner<'_>) -> Result<Option<Record>, ReadError> {
        loop {
            let piece = scanner.advance();
            let piece = piece.map_err(|error| ReadError::new(scanner.line(), error))?;
            match piece {
                Piece::Object { line, role } => {
                    let input = Input { json: scanner.record(), line };
                    self.object(input, scanner.keys(), role, scanner.has_long_numbers());
                    if let Some(record) = self.events.pop_front() {
                        return Ok(Some(record));
                    }
                }
                Piece::Text { line } => match self.text(scanner, line)? {
                    Line::Record(record) => return Ok(Some(*record)),
                    Line::LeftOut => {}
                    Line::Text => {
                        if !scanner.look_behind_prefix() {
                            self.counts.skipped_text += 1;
                        }
                    }
                },
                // What begins like a record behind other text is one only if it looks like one.
                Piece::Broken { .. }
                    if scanner.is_behind_prefix()
                        && self.source(scanner.keys(), Role::Item).is_none() =>
                {
                    self.counts.skipped_text += 1;
                }
                Piece::EmptyList(form) => self.empty_list(form),
                Piece::Broken { line, reject } => {
                    return Ok(Some(Record { line, content: Err(reject) }));
                }
                Piece::End => {
                    self.end_table();
                    return Ok(None);
                }
            }
        }
    }

    fn yaml(&mut self, documents: &mut yaml::Documents) -> Option<Record> {
        loop {
            match documents.next()? {
                yaml::Piece::Text => self.counts.skipped_text += 1,
                yaml::Piece::Item { line, json, role, end } => {
                    let mut extent = Extent::new(Lists::Closed);
                    let whole = extent.advance(json.as_bytes());
                    let keys = extent.keys(json.as_bytes());
                    if !matches!(whole, Ok(Progress::Complete(_))) {
                        self.counts.other_documents += 1;
                        continue;
                    }
                    let is_whole = match end {
                        yaml::End::Proved => true,
                        // The last key of an event, as tools print them.
                        yaml::End::Line => keys.has("type"),
                        yaml::End::Open => false,
                    };
                    if !is_whole && self.source(keys, role).is_some() {
                        let reject = Reject::Broken { syntax: Syntax::CutOff, line };
                        return Some(Record { line, content: Err(reject) });
                    }
                    self.object(Input { json: json.as_bytes(), line }, keys, role, false);
                    if let Some(record) = self.events.pop_front() {
                        return Some(record);
                    }
                }
                yaml::Piece::EmptyList(form) => self.empty_list(form),
                yaml::Piece::Broken { line, reject } => {
                    return Some(Record { line, content: Err(reject) });
                }
            }
        }
    }

    fn csv(&mut self, rows: &mut Rows<'_>) -> Result<Option<Record>, ReadError> {
        self.format = Some(Format::Csv);
        loop {
            let row = rows.advance().map_err(|error| ReadError::new(rows.line(), error))?;
            let Some(row) = row else { return Ok(None) };
            let options = &self.importer.options;
            let hints = Hints::new(&options.severities, options.local.as_ref());
            let map = options.map.as_ref().ok_or(Reject::Unmapped { format: Format::Csv });
            let mut content = map.and_then(|map| map.draft(Format::Csv, row.content?, &hints));
            if let Ok(draft) = &mut content {
                hints.tag_guess(draft);
                let marks = [(row.is_cut, cut::LAST_ROW), (row.is_mended, mend::WHAT)];
                let said = marks.into_iter().filter(|(is_so, _)| *is_so);
                said.for_each(|(_, what)| cut::mark(draft, what));
            }
            let mut record = Record { line: row.line, content };
            if self.finish(&mut record) == Fate::Given {
                return Ok(Some(record));
            }
        }
    }

    fn empty_list(&mut self, form: ListForm) {
        self.counts.empty_lists += 1;
        if form == ListForm::Items {
            self.format.get_or_insert(Format::Kubernetes);
        }
    }

    /// Which format reads an object, if any.
    fn source(&self, keys: Keys<'_>, role: Role) -> Option<&'static Source> {
        const { &SOURCES }.iter().find(|source| match self.importer.options.format {
            Some(format) if format == source.format => role == Role::Alone || (source.detect)(keys),
            Some(_) => false,
            None => (source.detect)(keys),
        })
    }

    /// Reads an object into the queue of events.
    fn object(&mut self, input: Input<'_>, keys: Keys<'_>, role: Role, has_long_numbers: bool) {
        let (counts, found) = (self.counts, self.format);
        let mut mended = if has_long_numbers { mend::mend(input.json) } else { None };
        let json = mended.as_deref().unwrap_or(input.json);
        self.read_object(Input { json, ..input }, keys, role);
        let may_be_mended =
            |record: &Record| matches!(&record.content, Err(reject) if reject.is_of_json());
        let mut is_mended = false;
        if mended.is_none() && self.events.iter().any(may_be_mended) {
            mended = mend::mend(input.json);
            if let Some(json) = &mended {
                self.events.clear();
                (self.counts, self.format, is_mended) = (counts, found, true);
                self.read_object(Input { json, ..input }, keys, role);
            }
        }
        let mut events = std::mem::take(&mut self.events);
        events.retain_mut(|record| {
            if let (true, Ok(draft)) = (is_mended, &mut record.content) {
                draft.tags.insert(cut::TAG, mend::WHAT);
            }
            self.finish(record) == Fate::Given
        });
        self.events = events;
    }

    fn read_object(&mut self, input: Input<'_>, keys: Keys<'_>, role: Role) {
        let source = self.source(keys, role);
        let options = &self.importer.options;
        let only = options.format;
        let modified = self.modified_then();
        let mut run = Run {
            memory: &mut self.importer.memory,
            events: &mut self.events,
            counts: &mut self.counts,
            map: options.map.as_ref(),
            modified,
            hints: Hints::new(&options.severities, options.local.as_ref()),
            bytes: 0,
            only,
            depth: 0,
            found: None,
        };
        let others = run.counts.other_documents;
        let not_fired = run.counts.not_fired;
        let is_claimed = |source: &Source| (source.detect)(keys) && !source.carries;
        let may_be_envelope = only != Some(Format::Jsonl) && !source.is_some_and(is_claimed);
        let read = if has_too_many_objects(input.json) {
            source.map(|source| {
                run.found = Some(source.format);
                Err(Reject::TooManyObjects)
            })
        } else {
            let opened = may_be_envelope.then(|| envelope::read(input, keys, &mut run));
            opened.flatten().or_else(|| {
                let source = source?;
                run.found = Some(source.format);
                Some((source.read)(input, &mut run))
            })
        };
        let found = run.found;
        // Events of a store, and those whose labels somebody named, have the labels that they have.
        if found.is_some_and(|found| found != Format::Native && !found.is_mapped()) {
            let drafts = self.events.iter_mut().filter_map(|record| record.content.as_mut().ok());
            drafts.for_each(twins::add);
        }
        match read {
            None => {
                self.counts.other_documents += 1;
                if role == Role::Alone {
                    self.unread.get_or_insert(input.line);
                }
            }
            Some(read) => {
                self.format = self.format.or(found);
                // Its format gave it back.
                if found.is_none() && role == Role::Alone {
                    self.unread.get_or_insert(input.line);
                }
                if let Err(reject) = read {
                    self.events.push_back(Record { line: input.line, content: Err(reject) });
                }
                let is_empty =
                    self.counts.other_documents == others && self.counts.not_fired == not_fired;
                if self.events.is_empty() && is_empty {
                    self.counts.empty_lists += 1;
                }
            }
        }
    }

    /// What is done with every draft, whatever its format.
    fn finish(&mut self, record: &mut Record) -> Fate {
        let Ok(draft) = &mut record.content else { return Fate::Given };
        let options = &self.importer.options;
        if options.collect.as_ref().is_some_and(|collect| !collect.admits(draft)) {
            self.counts.not_collected += 1;
            return Fate::LeftOut;
        }
        match self.importer.limiter.as_mut().map(|limiter| limiter.count(draft)) {
            None | Some(Verdict::Within) => {}
            Some(Verdict::First(exceeded)) => *draft = *exceeded,
            Some(Verdict::Over) => {
                self.counts.over_limit += 1;
                return Fate::LeftOut;
            }
        }
        for (key, value) in options.labels.iter() {
            draft.add_label(key, value);
        }
        draft.fired_again = self.lives.fires_again(draft);
        let tagged = draft.tags.get(cut::TAG).filter(|it| !cut::is_said_here(it));
        let tagged = tagged.map(str::to_owned);
        if self.format != Some(Format::Native) {
            drop_end_before_start(draft);
        }
        let was_cut = cut::fit(draft);
        draft.added.retain(|key| draft.labels.get(key).is_some());
        self.counts.degraded += u64::from(was_cut || draft.tags.get(cut::TAG) != tagged.as_deref());
        if let Err(invalid) = draft.check() {
            record.content = Err(Reject::Invalid(invalid));
        }
        Fate::Given
    }
}

impl Iterator for Dump<'_> {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.next_in_part().transpose() {
                return Some(record);
            }
            match self.next_part() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl fmt::Debug for Dump<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dump")
            .field("format", &self.format())
            .field("counts", &self.counts())
            .field("bytes_read", &self.bytes_read())
            .finish_non_exhaustive()
    }
}

/// Drops an end that lies before the start, as clocks that differ make it, and says so: it would
/// make the event last less than no time. Grafana gives alerts that are over a start of its own, at
/// their end or behind it, so that of an alert in Alertmanager's form must lie behind its start:
/// from version 12 on its webhook has the same time for both (its issue 106065). Such a notice
/// closes the event that its alert began with. The export of a store is taken as it is.
fn drop_end_before_start(draft: &mut Draft) {
    let has_length = draft.source == Format::Alertmanager.name();
    let is_no_end = |(end, start)| end < start || (end == start && has_length);
    if draft.end_time.zip(draft.time).is_some_and(is_no_end) {
        let end = draft.end_time.take();
        let is_notice = draft.state == State::Resolved && draft.life().is_some();
        draft.closes = end.filter(|_| is_notice);
        draft.tags.insert(cut::TAG, "end_time");
    }
}

/// Whether a record has more objects than its source may hold at once.
fn has_too_many_objects(json: &[u8]) -> bool {
    // Each takes two bytes at least, so most records are told by their length.
    json.len() > 2 * limits::OBJECTS_PER_RECORD_MAX
        && memchr::memchr_iter(b'{', json).count() > limits::OBJECTS_PER_RECORD_MAX
}

/// Undoes the encoding of a text, and tells YAML from the rest.
fn open_text<'a>(
    input: Box<dyn Read + 'a>,
    options: &ImportOptions,
) -> Result<Text<'a>, ReadError> {
    let failed = |error| ReadError::new(1, error);
    let mut window = Window::new(encoding::utf8(input).map_err(failed)?);
    if options.format == Some(Format::Csv) {
        let rows = Rows::open(window, options.map.as_ref())?;
        return Ok(rows.map_or(Text::Over, |rows| Text::Csv(Box::new(rows))));
    }
    let is_yaml = loop {
        match yaml::detect(window.bytes()) {
            Some(answer) => break answer,
            None if !window.fill().map_err(failed)? => break false,
            None => {}
        }
    };
    if is_yaml {
        yaml::read(window).map(Text::Yaml).map_err(failed)
    } else {
        // A record of any kind may have `items` of its own.
        let lists = if options.format == Some(Format::Jsonl) { Lists::Closed } else { Lists::Open };
        Ok(Text::Json(Scanner::new(window, lists)))
    }
}

/// Counts the bytes that are read.
struct Counted<R> {
    input: R,
    bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
