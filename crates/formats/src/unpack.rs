//! Undoes gzip, zstd and ZIP, told by their magic bytes, as a stream.
//!
//! Nothing is held beyond the window of the decoder. A small file that unpacks to a huge one would
//! cost time, so each layer is measured against the bytes of the input: see
//! [`limits::EXPANSION_MAX`].

mod zip;

use crate::{
    error::{BrokenCompression, Expansion},
    limits,
};
use flate2::read::MultiGzDecoder;
use std::{
    io::{self, Cursor, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// The largest zstd window that is taken, as a power of two: 128 MiB, what the zstd tool takes
/// without being asked.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// The text inside an input: the input itself if it is not compressed. `taken` counts the bytes
/// that the input has given.
///
/// # Errors
/// When the input fails, or the zstd decoder cannot be set up.
pub(crate) fn unpack<'a>(
    input: impl Read + 'a,
    taken: &Arc<AtomicU64>,
) -> io::Result<Box<dyn Read + 'a>> {
    let mut input: Box<dyn Read + 'a> = Box::new(input);
    for _ in 0..limits::COMPRESSIONS_MAX {
        let (head, whole) = peek(input, ZSTD_MAGIC.len())?;
        if head.starts_with(GZIP_MAGIC) {
            let inner = MultiGzDecoder::new(whole);
            input = Box::new(Decoder { name: "gzip", inner, given: 0, taken: Arc::clone(taken) });
        } else if head.starts_with(ZSTD_MAGIC) {
            let mut inner = zstd::stream::read::Decoder::new(whole)?;
            inner.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
            input = Box::new(Decoder { name: "zstd", inner, given: 0, taken: Arc::clone(taken) });
        } else if head == zip::MAGIC {
            // What is packed inside an archive is not unpacked: its members are put in one text.
            let inner = zip::Archive::new(whole);
            return Ok(Box::new(Decoder {
                name: "ZIP",
                inner,
                given: 0,
                taken: Arc::clone(taken),
            }));
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
    /// Bytes that came out of it.
    given: u64,
    /// Bytes that the input has given, below all layers.
    taken: Arc<AtomicU64>,
}

impl<R> Decoder<R> {
    fn expands(&self) -> bool {
        let most = self.taken.load(Ordering::Relaxed).saturating_mul(limits::EXPANSION_MAX);
        self.given > limits::UNPACKED_FREE_BYTES.max(most)
    }

    fn mark(&self, error: io::Error) -> io::Error {
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
    }
}

impl<R: Read> Read for Decoder<R> {
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "bytes that were given, which no input brings near 2^64"
    )]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer).map_err(|error| self.mark(error))?;
        self.given += read as u64;
        if self.expands() {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, Expansion));
        }
        Ok(read)
    }
}
