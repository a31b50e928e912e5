//! An input in pieces of one size, however its bytes arrive.
//!
//! A decoder looks ahead as far as its input goes. So what it has made when it notices damage, and
//! where it notices it, depend on how the input was cut into pieces; with pieces of one size, the
//! same is made of the same bytes.

use std::io::{self, Read};

/// Bytes of a piece. A compressed stream that grows slowly waits for so many.
const PIECE_BYTES: usize = 512;

/// Gives whole pieces, and at the end what is left.
pub(super) struct Even<R> {
    inner: R,
    /// Met behind bytes that are given first.
    failed: Option<io::Error>,
}

impl<R> Even<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, failed: None }
    }
}

impl<R: Read> Read for Even<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let most = buffer.len().min(PIECE_BYTES);
        let mut filled = 0_usize;
        while filled < most {
            match self.inner.read(buffer.get_mut(filled..most).unwrap_or_default()) {
                Ok(0) => break,
                Ok(read) => filled = filled.saturating_add(read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if filled == 0 => return Err(error),
                Err(error) => {
                    self.failed = Some(error);
                    break;
                }
            }
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::{Even, PIECE_BYTES};
    use std::io::{self, Cursor, Read};

    /// Gives a byte at a time, and then fails.
    struct Dripping(Cursor<Vec<u8>>);

    impl Read for Dripping {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(&mut buffer[..1])? {
                0 => Err(io::Error::other("the pipe broke")),
                read => Ok(read),
            }
        }
    }

    #[test]
    fn pieces_are_whole_and_nothing_is_lost_before_a_failure() {
        let bytes: Vec<u8> = (0..PIECE_BYTES + 7).map(|n| n as u8).collect();
        let mut even = Even::new(Dripping(Cursor::new(bytes.clone())));
        let mut buffer = vec![0; 4 * PIECE_BYTES];
        assert_eq!(even.read(&mut buffer).unwrap(), PIECE_BYTES);
        assert_eq!(buffer[..PIECE_BYTES], bytes[..PIECE_BYTES]);
        assert_eq!(even.read(&mut buffer).unwrap(), 7);
        assert_eq!(buffer[..7], bytes[PIECE_BYTES..]);
        assert_eq!(even.read(&mut buffer).unwrap_err().to_string(), "the pipe broke");
    }
}
