//! Gives UTF-8 whatever the encoding: drops a byte order mark and decodes UTF-16 as a stream.
//!
//! UTF-16 is told by its byte order mark; a shell that redirects output into a file writes one.
//! Bytes that are no UTF-8 are left as they are: the record that holds them is mended later. The
//! colours of a terminal, which `jq -C` and others print into a pipe too, are left out.

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
        None => Box::new(Plain { input: whole, escape: Escape::Outside }),
        Some(order) => Box::new(Utf16 { input: whole, order, raw: Vec::new(), ready: Vec::new() }),
    })
}

/// Leaves out sequences that set colours: ESC, `[`, digits and semicolons, `m`. In JSON, and in
/// what people read, ESC means nothing else; one that begins nothing of this kind is left out
/// alone.
struct Plain<R> {
    input: R,
    escape: Escape,
}

/// How far a sequence has come at the end of what was read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escape {
    Outside,
    /// After ESC.
    Begun,
    /// After the bracket.
    Inside,
}

impl<R: Read> Read for Plain<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.input.read(buffer)?;
            let bytes = buffer.get_mut(..read).unwrap_or_default();
            if self.escape == Escape::Outside && memchr::memchr(ESC, bytes).is_none() {
                return Ok(read);
            }
            let kept = self.keep(bytes);
            if kept > 0 || read == 0 {
                return Ok(kept);
            }
        }
    }
}

/// What begins a sequence.
const ESC: u8 = 0x1b;

impl<R> Plain<R> {
    /// Moves what is kept to the front, and tells how much it is.
    fn keep(&mut self, bytes: &mut [u8]) -> usize {
        let mut kept = 0;
        for at in 0..bytes.len() {
            let byte = bytes.get(at).copied().unwrap_or_default();
            self.escape = match (self.escape, byte) {
                (_, ESC) => Escape::Begun,
                (Escape::Begun, b'[') => Escape::Inside,
                (Escape::Inside, b'0'..=b'9' | b';') => Escape::Inside,
                (Escape::Inside, b'm' | b'K') => Escape::Outside,
                _ => {
                    bytes.swap(kept, at);
                    kept += 1;
                    Escape::Outside
                }
            };
        }
        kept
    }
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

#[cfg(test)]
mod tests {
    use crate::testing::{InPieces, read, read_with};

    #[test]
    fn colours_are_left_out_in_whatever_pieces_they_arrive() {
        let json = br#"{"type":"custom","name":"a","time":"2026-11-23T09:00:00Z"}"#;
        let plain = read(json);
        let coloured: Vec<u8> = json
            .iter()
            .flat_map(|byte| match byte {
                b'{' | b':' => [b"\x1b[1;39m", [*byte].as_slice(), b"\x1b[0m\x1b[K"].concat(),
                byte => vec![*byte],
            })
            .collect();
        assert_eq!(read(&coloured), plain);
        for size in [1, 2, 3, 7] {
            let pieces = InPieces { bytes: &coloured, sizes: vec![size].into_iter().cycle() };
            assert_eq!(read_with(crate::ImportOptions::default(), pieces), plain, "{size}");
        }
    }
}
