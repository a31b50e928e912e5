//! Undoes gzip and zstd, told by their magic bytes, as a stream, and tells archives: ZIP and tar.
//!
//! Nothing is held beyond the window of the decoder. A small file that unpacks to a huge one would
//! cost time, so each layer is measured against the bytes of the input: see
//! [`limits::EXPANSION_MAX`].

pub(crate) mod archive;
mod even;
mod tar;
mod zip;

use crate::{
    error::{BrokenCompression, Expansion},
    limits,
};
use archive::Archive;
use even::Even;
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

/// What is inside an input.
pub(crate) enum Opened<'a> {
    /// Text: the input itself if it is not compressed.
    Text(Box<dyn Read + 'a>),
    /// An archive of files. Their bounds are those of this input.
    Archive(Box<Archive<'a>>, Bounds),
}

/// How much may be unpacked of an input.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    /// Bytes that the input has given, below all layers.
    taken: Arc<AtomicU64>,
    /// Bytes that came out of the compressed members of an archive, all together.
    members: Option<Arc<AtomicU64>>,
    /// Compressions that may still be undone.
    layers: usize,
}

impl Bounds {
    /// The bounds of an input whose bytes are counted in `taken`.
    pub(crate) fn new(taken: &Arc<AtomicU64>) -> Self {
        Self { taken: Arc::clone(taken), members: None, layers: limits::COMPRESSIONS_MAX }
    }

    fn decoder<R>(&self, name: &'static str, inner: R) -> Decoder<R> {
        let given = self.members.clone().unwrap_or_default();
        Decoder { name, inner, given, taken: Arc::clone(&self.taken) }
    }

    /// Takes one layer; `false` if there is none left.
    fn take_layer(&mut self) -> bool {
        let left = self.layers.checked_sub(1);
        self.layers = left.unwrap_or_default();
        left.is_some()
    }
}

/// Undoes the compressions of an input, up to the members of an archive.
///
/// # Errors
/// When the input fails, or the zstd decoder cannot be set up.
pub(crate) fn unpack<'a>(input: impl Read + 'a, mut bounds: Bounds) -> io::Result<Opened<'a>> {
    let mut input: Box<dyn Read + 'a> = Box::new(input);
    loop {
        let (head, whole) = peek(input, ZSTD_MAGIC.len())?;
        if head.starts_with(GZIP_MAGIC) && bounds.take_layer() {
            input = Box::new(bounds.decoder("gzip", MultiGzDecoder::new(Even::new(whole))));
        } else if head.starts_with(ZSTD_MAGIC) && bounds.take_layer() {
            let mut inner = zstd::stream::read::Decoder::new(Even::new(whole))?;
            inner.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
            input = Box::new(bounds.decoder("zstd", inner));
        } else if head == zip::MAGIC {
            let whole: Box<dyn Read + 'a> = Box::new(Even::new(whole));
            let members = bounds.decoder("ZIP", zip::Archive::new(whole));
            bounds.members.get_or_insert_default();
            return Ok(Opened::Archive(Box::new(Archive::Zip(members)), bounds));
        } else {
            return tell_tar(Box::new(whole), bounds);
        }
    }
}

fn tell_tar<'a>(mut input: Box<dyn Read + 'a>, mut bounds: Bounds) -> io::Result<Opened<'a>> {
    let mut head = Vec::new();
    let likeness = loop {
        let likeness = tar::likeness(&head);
        let open = tar::BLOCK_BYTES.saturating_sub(head.len());
        // What is there is looked at before more is asked for, which a stream may not have yet.
        let mut more = vec![0; open];
        match likeness {
            tar::Likeness::Open if open > 0 => match input.read(&mut more) {
                Ok(0) => break likeness,
                Ok(read) => head.extend(more.iter().take(read)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // What came before it is given first.
                Err(error) => {
                    let failed = Cursor::new(head).chain(Failing(Some(error)));
                    return Ok(Opened::Text(Box::new(failed)));
                }
            },
            _ => break likeness,
        }
    };
    let whole: Box<dyn Read + 'a> = Box::new(Cursor::new(head).chain(input));
    if likeness != tar::Likeness::Archive {
        return Ok(Opened::Text(whole));
    }
    bounds.members.get_or_insert_default();
    Ok(Opened::Archive(Box::new(Archive::Tar(tar::Archive::new(whole))), bounds))
}

/// An input that has failed.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// The first bytes of an input, fewer if it is shorter, and the input with them put back.
pub(crate) fn peek<R: Read>(mut input: R, bytes: usize) -> io::Result<(Vec<u8>, impl Read)> {
    let mut head = Vec::with_capacity(bytes);
    input.by_ref().take(bytes as u64).read_to_end(&mut head)?;
    Ok((head.clone(), Cursor::new(head).chain(input)))
}

/// A decoder that marks its errors as its own. Errors that are plainly those of the input below
/// (a disk that fails, a missing permission) go through as they are.
pub(crate) struct Decoder<R> {
    name: &'static str,
    inner: R,
    /// Bytes that came out of it, and out of those that share its bounds.
    given: Arc<AtomicU64>,
    /// Bytes that the input has given, below all layers.
    taken: Arc<AtomicU64>,
}

impl<R> Decoder<R> {
    fn expands(&self) -> bool {
        let most = self.taken.load(Ordering::Relaxed).saturating_mul(limits::EXPANSION_MAX);
        self.given.load(Ordering::Relaxed) > limits::UNPACKED_FREE_BYTES.max(most)
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
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer).map_err(|error| self.mark(error))?;
        self.given.fetch_add(read as u64, Ordering::Relaxed);
        if self.expands() {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, Expansion));
        }
        Ok(read)
    }
}
