//! The members of an archive, each read as a dump of its own.
//!
//! The archive is a stream: the text of a member is read while it passes, and what is not read of
//! it is passed over when the next one is asked for. A member that cannot be read costs itself.

use super::{Counts, Dump, Record, Text, open_text};
use crate::{
    Format, ReadError, Reject,
    hints::Hints,
    lives::Lives,
    unpack::{
        self, Bounds, Opened,
        archive::{Archive, Entry, Modified},
    },
};
use eventscope_model::Timestamp;
use std::{
    cell::RefCell,
    io::{self, Read},
    rc::Rc,
};

/// An archive that is being read.
pub(super) struct Members<'a> {
    archive: Rc<RefCell<Archive<'a>>>,
    bounds: Bounds,
    /// The current member; `None` for what is said of the archive itself.
    name: Option<String>,
    modified: Option<Timestamp>,
    /// Whether nothing more is read of it, since an error has ended the dump.
    is_over: bool,
    /// What the members before the current one held.
    pub(super) counts: Counts,
    pub(super) format: Option<Format>,
}

/// A dump that is a file of its own, or a member of an archive: what was found in it so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// The path of the member inside the archive. `None` for a dump that is no archive, and for
    /// what an archive says that belongs to no member.
    pub member: Option<String>,
    /// The format of the first event or empty list found.
    pub format: Option<Format>,
    /// What is no record.
    pub counts: Counts,
}

impl<'a> Dump<'a> {
    /// The part that the last record came from: the dump itself, or a member of an archive.
    #[must_use]
    pub fn part(&self) -> Part {
        let member = self.archive.as_ref().and_then(|archive| archive.name.clone());
        Part { member, format: self.format, counts: self.counts }
    }

    /// Whether it turned out to be an archive, which shows with the first record or part.
    #[must_use]
    pub fn is_archive(&self) -> bool {
        self.archive.is_some()
    }

    /// The next record of the current part; `None` at its end, where [`Dump::next_part`] goes on.
    /// The iterator does both.
    ///
    /// # Errors
    /// When the dump cannot be read further.
    pub fn next_in_part(&mut self) -> Result<Option<Record>, ReadError> {
        match self.advance() {
            Err(error) if self.can_go_on(&error) => {
                let reject = Reject::Member { what: chain(&error) };
                Ok(Some(Record { line: error.line(), content: Err(reject) }))
            }
            Err(error) => Err(self.end(error)),
            Ok(record) => Ok(record),
        }
    }

    /// Ends the dump, so that no member is read behind an error.
    fn end(&mut self, error: ReadError) -> ReadError {
        if let Some(members) = &mut self.archive {
            members.is_over = true;
        }
        error
    }

    /// Goes to the next member of an archive; `false` if there is none.
    ///
    /// # Errors
    /// When the archive cannot be read further.
    pub fn next_part(&mut self) -> Result<bool, ReadError> {
        let members = self.archive.as_ref().filter(|members| !members.is_over);
        // Nobody reads from a member while the next one is asked for.
        let archive = members.and_then(|members| members.archive.try_borrow_mut().ok());
        let entry = match archive.map(|mut archive| archive.advance()) {
            Some(Ok(Some(entry))) => entry,
            Some(Ok(None)) | None => return Ok(false),
            Some(Err(error)) => return Err(self.end(ReadError::new(1, error))),
        };
        self.end_table();
        self.lives = Lives::default();
        let Some(members) = &mut self.archive else { return Ok(false) };
        members.counts = members.counts.plus(self.counts);
        members.format = members.format.or(self.format);
        (self.counts, self.format, self.unread) = (Counts::default(), None, None);
        self.events.clear();
        match entry {
            Entry::File { name, modified } => {
                let options = &self.importer.options;
                let hints = Hints::new(&options.severities, options.local.as_ref());
                members.name = Some(name);
                members.modified = match modified {
                    Some(Modified::Unix(seconds)) => Timestamp::from_unix(seconds).ok(),
                    Some(Modified::Local(text)) => hints.time(&text).ok(),
                    None => None,
                };
                let member = Member(Rc::clone(&members.archive));
                self.text = Text::Closed(Box::new(member));
            }
            Entry::Unread { name, why } => {
                members.name = name;
                self.text = Text::Over;
                let content = Err(Reject::Member { what: why.into_owned() });
                self.events.push_back(Record { line: 1, content });
            }
        }
        Ok(true)
    }

    /// Opens a dump or a member. An archive is opened without a record: its members are parts.
    pub(super) fn open(&mut self, text: Text<'a>) -> Result<Text<'a>, ReadError> {
        let Text::Closed(input) = text else { return Ok(text) };
        let bounds = match &self.archive {
            Some(members) => members.bounds.clone(),
            None => Bounds::new(&self.bytes),
        };
        match unpack::unpack(input, bounds).map_err(|error| ReadError::new(1, error))? {
            Opened::Text(text) => open_text(text, &self.importer.options),
            Opened::Archive(archive, bounds) if self.archive.is_none() => {
                let archive = Rc::new(RefCell::new(*archive));
                self.archive = Some(Box::new(Members {
                    archive,
                    bounds,
                    name: None,
                    modified: None,
                    is_over: false,
                    counts: Counts::default(),
                    format: None,
                }));
                Ok(Text::Over)
            }
            Opened::Archive(..) => {
                let what = "an archive inside an archive is not read; take it out".to_owned();
                self.events.push_back(Record { line: 1, content: Err(Reject::Member { what }) });
                Ok(Text::Over)
            }
        }
    }

    /// The time of the file that is being read.
    pub(super) fn modified_then(&self) -> Option<Timestamp> {
        let own = self.archive.as_ref().and_then(|members| members.modified);
        own.or_else(|| self.modified.get())
    }

    /// Whether an error is that of a member, so that the others can still be read.
    fn can_go_on(&self, error: &ReadError) -> bool {
        let Some(members) = &self.archive else { return false };
        let has_failed = members.archive.try_borrow().is_ok_and(|archive| archive.has_failed());
        members.name.is_some() && !has_failed && !matches!(error, ReadError::Expands { .. })
    }
}

impl Counts {
    /// The counts of two parts together.
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            skipped_text: self.skipped_text.saturating_add(other.skipped_text),
            other_documents: self.other_documents.saturating_add(other.other_documents),
            empty_lists: self.empty_lists.saturating_add(other.empty_lists),
            not_collected: self.not_collected.saturating_add(other.not_collected),
            over_limit: self.over_limit.saturating_add(other.over_limit),
            dated_by_file: self.dated_by_file.saturating_add(other.dated_by_file),
            degraded: self.degraded.saturating_add(other.degraded),
            not_fired: self.not_fired.saturating_add(other.not_fired),
        }
    }
}

/// The text of the current member.
struct Member<'a>(Rc<RefCell<Archive<'a>>>);

impl Read for Member<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let archive = self.0.try_borrow_mut();
        archive.map_err(|_| io::Error::from(io::ErrorKind::ResourceBusy))?.read(buffer)
    }
}

/// An error with its cause.
fn chain(error: &ReadError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
