//! Hostile dumps: inputs made to break a reader, each with what has to come of it.
//!
//! They are made here and never stored: a few bytes each, but for those of [`huge()`], which are
//! streams of up to gigabytes. Most of them put one hostile thing into one place of an otherwise
//! good record, with a good record before and after it, so that a reader that loses its way is
//! found out. A format joins in by a line in the table of `carrier`; what is hostile in one form
//! only has a module of its own.

mod archives;
mod carrier;
mod ends;
mod envelopes;
mod huge;
mod packed;
mod structure;
#[cfg(test)]
mod tests;
mod text;
mod times;
mod yaml;

pub use huge::{Scale, huge};

use std::io::{self, Read, Write};

/// One hostile dump.
#[derive(Clone, Debug)]
pub struct Case {
    /// What is hostile, where, and in which format: words joined by `-`, good as a file name.
    pub name: String,
    /// The dump.
    pub dump: Dump,
    /// What has to come of it.
    pub expected: Expected,
}

/// What a reader has to make of a dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Records that are events.
    pub events: u64,
    /// Records that are rejected with a reason.
    pub rejects: u64,
    /// How the dump ends.
    pub end: End,
}

/// How a dump ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It is read to its end.
    Whole,
    /// It ends with an error. The records before it may be any number up to those expected.
    Failed,
    /// It is read to its end, and part of it is damaged: there are all events that are expected,
    /// or a reject says that some are missing.
    Damaged,
}

impl Expected {
    /// Read to the end, with so many events and rejects.
    #[must_use]
    pub fn whole(events: u64, rejects: u64) -> Self {
        Self { events, rejects, end: End::Whole }
    }

    /// Ends with an error after so many events at most.
    #[must_use]
    pub fn failed(events: u64) -> Self {
        Self { events, rejects: 0, end: End::Failed }
    }

    /// Read to the end, with so many events, or fewer and a reject.
    #[must_use]
    pub fn damaged(events: u64) -> Self {
        Self { events, rejects: 0, end: End::Damaged }
    }

    /// Whether this is what came of a dump: events, rejects, and whether it ended with an error.
    #[must_use]
    pub fn fits(self, events: u64, rejects: u64, has_failed: bool) -> bool {
        has_failed == (self.end == End::Failed)
            && match self.end {
                End::Whole => (events, rejects) == (self.events, self.rejects),
                End::Failed => events <= self.events,
                End::Damaged => events == self.events || (events < self.events && rejects > 0),
            }
    }
}

/// Bytes that are made as they are read: a head, one unit many times, a tail.
#[derive(Clone, Debug, Default)]
pub struct Dump {
    /// What comes first.
    pub head: Vec<u8>,
    /// What comes over and over.
    pub unit: Vec<u8>,
    /// How often.
    pub times: u64,
    /// What comes last.
    pub tail: Vec<u8>,
}

impl Dump {
    /// A unit over and over, between a head and a tail.
    #[must_use]
    pub fn repeated(head: &[u8], unit: &[u8], times: u64, tail: &[u8]) -> Self {
        Self { head: head.to_vec(), unit: unit.to_vec(), times, tail: tail.to_vec() }
    }

    /// How many bytes it has.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        (self.head.len() + self.tail.len()) as u64 + self.unit.len() as u64 * self.times
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// When writing fails, as it does when a reader gives up.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&self.head)?;
        for _ in 0..self.times {
            out.write_all(&self.unit)?;
        }
        out.write_all(&self.tail)
    }

    /// The same as something to read from.
    #[must_use]
    pub fn reader(&self) -> impl Read + '_ {
        let units = Units { unit: &self.unit, at: 0, left: self.times };
        self.head.as_slice().chain(units).chain(self.tail.as_slice())
    }
}

impl<B: Into<Vec<u8>>> From<B> for Dump {
    fn from(bytes: B) -> Self {
        Self { head: bytes.into(), ..Self::default() }
    }
}

struct Units<'a> {
    unit: &'a [u8],
    at: usize,
    left: u64,
}

impl Read for Units<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 || self.unit.is_empty() {
            return Ok(0);
        }
        let read = self.unit.get(self.at..).unwrap_or_default().read(buffer)?;
        self.at += read;
        if self.at == self.unit.len() {
            (self.at, self.left) = (0, self.left - 1);
        }
        Ok(read)
    }
}

/// All cases that are small enough to be files: each below two megabytes.
#[must_use]
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    text::add_texts(&mut cases);
    times::add_times(&mut cases);
    structure::add_structures(&mut cases);
    ends::add_ends(&mut cases);
    packed::add_packed(&mut cases);
    archives::add_archives(&mut cases);
    yaml::add_yaml(&mut cases);
    envelopes::add_envelopes(&mut cases);
    cases
}

/// Adds a case.
fn add(cases: &mut Vec<Case>, name: impl Into<String>, dump: impl Into<Dump>, expected: Expected) {
    cases.push(Case { name: name.into(), dump: dump.into(), expected });
}
