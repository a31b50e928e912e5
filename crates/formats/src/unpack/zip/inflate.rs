//! The text of a deflated member.
//!
//! A decoder looks ahead, as far as its input goes, so where it notices damage depends on how that
//! was cut into pieces. It is given pieces whose ends lie at fixed places of the member, and a
//! buffer of a fixed size: however the bytes of an archive arrive, the same is made of them.

use super::input::Input;
use flate2::{Decompress, FlushDecompress, Status};
use std::io::{self, Read};

/// Where pieces end: at multiples of this.
const PIECE_BYTES: usize = 512;
/// Bytes of text that are made at once.
const TEXT_BYTES: usize = 16 * 1024;

/// A decoder, and text that was made and not given yet.
pub(super) struct Inflate {
    decoder: Decompress,
    text: Box<[u8]>,
    /// The part of it that is still to be given.
    open: (usize, usize),
    is_ended: bool,
}

/// What came of reading on.
pub(super) enum Made {
    /// There is text, or so many bytes were taken to no visible end.
    Some,
    /// All text was made.
    End,
    /// The input has no more bytes.
    Nothing,
}

impl Inflate {
    pub(super) fn new() -> Self {
        let text = vec![0; TEXT_BYTES].into_boxed_slice();
        Self { decoder: Decompress::new(false), text, open: (0, 0), is_ended: false }
    }

    /// Text that was made; empty if more is to be made first.
    pub(super) fn text(&self) -> &[u8] {
        self.text.get(self.open.0..self.open.1).unwrap_or_default()
    }

    /// Takes note that so much of it was given.
    pub(super) fn give(&mut self, bytes: usize) {
        self.open.0 = self.open.0.saturating_add(bytes);
    }

    /// Makes more text of a member of which so many bytes are to come, if that is known.
    ///
    /// # Errors
    /// When the input fails; [`io::ErrorKind::InvalidData`] without a word if the member is
    /// damaged.
    pub(super) fn make<R: Read>(
        &mut self,
        input: &mut Input<R>,
        rest: Option<u64>,
    ) -> io::Result<(Made, u64)> {
        if self.is_ended {
            return Ok((Made::End, 0));
        }
        let passed = usize::try_from(self.decoder.total_in()).unwrap_or_default() % PIECE_BYTES;
        let most = usize::try_from(rest.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
        let most = most.min(PIECE_BYTES.saturating_sub(passed));
        let bytes = input.fill_to(most)?;
        let bytes = bytes.get(..bytes.len().min(most)).unwrap_or_default();
        let before = (self.decoder.total_in(), self.decoder.total_out());
        let status = self.decoder.decompress(bytes, &mut self.text, FlushDecompress::None);
        let status = status.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        let taken = self.decoder.total_in().saturating_sub(before.0);
        let made = self.decoder.total_out().saturating_sub(before.1);
        input.consume(usize::try_from(taken).unwrap_or(usize::MAX));
        self.open = (0, usize::try_from(made).unwrap_or(usize::MAX));
        self.is_ended = status == Status::StreamEnd;
        let made = match (made, self.is_ended) {
            (0, true) => Made::End,
            (0, false) if taken == 0 => Made::Nothing,
            _ => Made::Some,
        };
        Ok((made, taken))
    }
}
