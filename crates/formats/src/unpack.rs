//! Undoes gzip and zstd, told by their magic bytes, as a stream.
//!
//! A small file that unpacks to a huge one costs time only: nothing is held beyond the window of
//! the decoder.

use crate::{error::BrokenCompression, limits};
use flate2::read::MultiGzDecoder;
use std::io::{self, Cursor, Read};

const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// The largest zstd window that is taken, as a power of two: 128 MiB, what the zstd tool takes
/// without being asked.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// The text inside an input: the input itself if it is not compressed.
///
/// # Errors
/// When the input fails, or the zstd decoder cannot be set up.
pub(crate) fn unpack<'a>(input: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut input: Box<dyn Read + 'a> = Box::new(input);
    for _ in 0..limits::COMPRESSIONS_MAX {
        let (head, whole) = peek(input, ZSTD_MAGIC.len())?;
        if head.starts_with(GZIP_MAGIC) {
            input = Box::new(Decoder { name: "gzip", inner: MultiGzDecoder::new(whole) });
        } else if head.starts_with(ZSTD_MAGIC) {
            let mut inner = zstd::stream::read::Decoder::new(whole)?;
            inner.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
            input = Box::new(Decoder { name: "zstd", inner });
        } else {
            return Ok(Box::new(whole));
        }
    }
    Ok(input)
}

/// The first bytes of an input, fewer if it is shorter, and the input with them put back.
pub(crate) fn peek<R: Read>(mut input: R, bytes: usize) -> io::Result<(Vec<u8>, impl Read)> {
    let mut head = Vec::with_capacity(bytes);
    input.by_ref().take(bytes as u64).read_to_end(&mut head)?;
    Ok((head.clone(), Cursor::new(head).chain(input)))
}

/// A decoder that marks its errors as its own. Errors that are plainly those of the input below
/// (a disk that fails, a missing permission) go through as they are.
struct Decoder<R> {
    name: &'static str,
    inner: R,
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).map_err(|error| {
            let nested = error.get_ref().is_some_and(|inner| inner.is::<BrokenCompression>());
            match error.kind() {
                io::ErrorKind::InvalidInput
                | io::ErrorKind::InvalidData
                | io::ErrorKind::UnexpectedEof
                | io::ErrorKind::Other
                    if !nested =>
                {
                    let kind = error.kind();
                    io::Error::new(kind, BrokenCompression { name: self.name, error })
                }
                _ => error,
            }
        })
    }
}
