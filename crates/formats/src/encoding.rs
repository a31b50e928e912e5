//! Gives UTF-8 whatever the encoding: drops a byte order mark and decodes UTF-16 as a stream.
//!
//! UTF-16 is told by its byte order mark; a shell that redirects output into a file writes one.
//! Bytes that are no UTF-8 are left as they are: the record that holds them is rejected later.

#![expect(clippy::arithmetic_side_effects, reason = "places in buffers")]

use crate::{limits, unpack::peek};
use std::io::{self, Read};

const UTF8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// The text of an input as UTF-8, without byte order mark.
///
/// # Errors
/// When the input fails.
pub(crate) fn utf8<'a>(input: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let (head, mut whole) = peek(input, UTF8_MARK.len())?;
    let (mark_bytes, order) = match head.as_slice() {
        UTF8_MARK => (UTF8_MARK.len(), None),
        [0xff, 0xfe, ..] => (2, Some(ByteOrder::LittleEndian)),
        [0xfe, 0xff, ..] => (2, Some(ByteOrder::BigEndian)),
        _ => (0, None),
    };
    whole.read_exact(&mut vec![0; mark_bytes])?;
    Ok(match order {
        None => Box::new(whole),
        Some(order) => Box::new(Utf16 { input: whole, order, raw: Vec::new(), ready: Vec::new() }),
    })
}

#[derive(Clone, Copy)]
enum ByteOrder {
    LittleEndian,
    BigEndian,
}

/// Decodes UTF-16 to UTF-8. What is not well-formed (half a pair, an odd byte at the end) becomes
/// U+FFFD.
struct Utf16<R> {
    input: R,
    order: ByteOrder,
    /// Bytes read but not decoded: at most one pair after each call.
    raw: Vec<u8>,
    /// Text decoded but not handed out, in reverse, so that taking from its end is cheap.
    ready: Vec<u8>,
}

impl<R: Read> Utf16<R> {
    /// Reads some input and decodes it; `ready` stays empty only at the end.
    #[expect(
        clippy::indexing_slicing,
        reason = "the buffer has just been made longer than `before`"
    )]
    fn refill(&mut self) -> io::Result<()> {
        while self.ready.is_empty() {
            let before = self.raw.len();
            self.raw.resize(before + limits::READ_BYTES, 0);
            let outcome = self.input.read(&mut self.raw[before..]);
            self.raw.truncate(before + *outcome.as_ref().unwrap_or(&0));
            let ended = outcome? == 0;
            self.decode(ended);
            if ended {
                break;
            }
        }
        Ok(())
    }

    /// Decodes all that is sure: a high surrogate or an odd byte at the end waits for what follows.
    fn decode(&mut self, ended: bool) {
        let unit = |pair: &[u8]| match (self.order, pair) {
            (ByteOrder::LittleEndian, &[low, high]) | (ByteOrder::BigEndian, &[high, low]) => {
                u16::from_be_bytes([high, low])
            }
            _ => u16::from(b'?'),
        };
        let mut units: Vec<u16> = self.raw.chunks_exact(2).map(unit).collect();
        let waits = !ended && units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit));
        if waits {
            units.pop();
        }
        let mut text = String::from_utf16_lossy(&units);
        self.raw.drain(..units.len() * 2);
        if ended && !self.raw.is_empty() {
            self.raw.clear();
            text.push(char::REPLACEMENT_CHARACTER);
        }
        self.ready = text.into_bytes();
        self.ready.reverse();
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ready.is_empty() && !buffer.is_empty() {
            self.refill()?;
        }
        let taken = buffer.len().min(self.ready.len());
        let rest = self.ready.len() - taken;
        for (to, from) in buffer.iter_mut().zip(self.ready.drain(rest..).rev()) {
            *to = from;
        }
        Ok(taken)
    }
}
