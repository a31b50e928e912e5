//! The part of the input that is looked at: a buffer that grows to one record and counts lines.

#![expect(clippy::arithmetic_side_effects, reason = "places in a buffer, and lines counted in it")]

use crate::limits;
use std::io::{self, Read};

/// Buffered input. Bytes before the window are gone, bytes after it are not read yet.
pub(crate) struct Window<'a> {
    input: Box<dyn Read + 'a>,
    buffer: Vec<u8>,
    start: usize,
    line: u64,
    ended: bool,
}

impl<'a> Window<'a> {
    pub(crate) fn new(input: Box<dyn Read + 'a>) -> Self {
        Self { input, buffer: Vec::new(), start: 0, line: 1, ended: false }
    }

    /// What is in the window.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// The number of the line in which the window starts, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// Reads more into the window; `false` when the input has ended. The caller bounds the window.
    #[expect(
        clippy::indexing_slicing,
        reason = "the buffer has just been made longer than `before`"
    )]
    pub(crate) fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        let before = self.buffer.len();
        self.buffer.resize(before + limits::READ_BYTES, 0);
        let read = loop {
            match self.input.read(&mut self.buffer[before..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => break outcome,
            }
        };
        self.buffer.truncate(before + *read.as_ref().unwrap_or(&0));
        self.ended = !matches!(read, Ok(1..));
        read.map(|bytes| bytes > 0)
    }

    /// How much memory the window holds.
    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// Moves the start of the window; no further than its end.
    pub(crate) fn consume(&mut self, bytes: usize) {
        let gone = self.bytes().get(..bytes).unwrap_or(self.bytes());
        let (lines, bytes) = (newlines(gone), gone.len());
        self.line += lines;
        self.start += bytes;
    }
}

/// How many lines end in some bytes.
pub(crate) fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}
