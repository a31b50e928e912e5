//! Input that a signal can end: a thread opens and reads it, and who waits for it hears of signals.

use crate::interrupt::Interrupt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, SystemTime};

/// Bytes asked from an input at once.
const CHUNK_BYTES: usize = 64 * 1024;
/// Chunks that may wait to be read; then a pipe fills, and whoever writes into it waits.
const CHUNKS_WAITING_MAX: usize = 4;
/// How often a reader that waits looks whether it was interrupted.
const LOOK: Duration = Duration::from_millis(100);

/// Standard input, or what is at a path, read by a thread of its own.
///
/// That thread may wait for ever, for whoever writes into a pipe or for a file system that stalls,
/// which nothing portable can end; it holds nothing, and the end of the program ends it.
#[derive(Debug)]
pub(super) struct Stream {
    chunks: Receiver<io::Result<Vec<u8>>>,
    about: About,
    chunk: Vec<u8>,
    /// How much of the chunk is read.
    at: usize,
    interrupt: Interrupt,
}

/// What is known of an input once it is open.
#[derive(Clone, Copy, Debug, Default)]
struct About {
    is_file: bool,
    modified: Option<SystemTime>,
}

impl Stream {
    /// Begins to read standard input.
    ///
    /// # Errors
    /// When there can be no thread for it.
    pub(super) fn stdin(interrupt: &Interrupt) -> io::Result<Self> {
        Self::start(interrupt, || Ok((io::stdin(), About::default())))
    }

    /// Opens what is at a path, which may take until somebody opens the other end of a pipe.
    ///
    /// # Errors
    /// When it cannot be opened, or a signal came first.
    pub(super) fn file(path: &Path, interrupt: &Interrupt) -> io::Result<Self> {
        let path = path.to_owned();
        Self::start(interrupt, move || {
            let file = File::open(path)?;
            let metadata = file.metadata()?;
            let (is_file, modified) = (metadata.is_file(), metadata.modified().ok());
            Ok((file, About { is_file, modified }))
        })
    }

    /// The same input, read from somewhere else.
    ///
    /// # Errors
    /// When there can be no thread for it.
    pub(super) fn replaced_by(&self, input: File) -> io::Result<Self> {
        let about = self.about;
        Self::start(&self.interrupt, move || Ok((input, about)))
    }

    fn start<R: Read>(
        interrupt: &Interrupt,
        open: impl FnOnce() -> io::Result<(R, About)> + Send + 'static,
    ) -> io::Result<Self> {
        let (sender, chunks) = mpsc::sync_channel(CHUNKS_WAITING_MAX);
        let (teller, told) = mpsc::sync_channel(1);
        let asked = interrupt.clone();
        thread::Builder::new().name("input".to_owned()).spawn(move || match open() {
            Ok((input, about)) => {
                // Whether anybody still waits for it shows with the first chunk.
                let _ = teller.send(Ok(about));
                pump(input, &sender, &asked);
            }
            Err(error) => drop(teller.send(Err(error))),
        })?;
        let about = loop {
            match told.recv_timeout(LOOK) {
                Ok(about) => break about?,
                Err(RecvTimeoutError::Timeout) => interrupt.check()?,
                Err(RecvTimeoutError::Disconnected) => return Err(io::ErrorKind::Other.into()),
            }
        };
        Ok(Self { chunks, about, chunk: Vec::new(), at: 0, interrupt: interrupt.clone() })
    }

    /// Whether it is a file, which has an end and can be read again.
    pub(super) fn is_file(&self) -> bool {
        self.about.is_file
    }

    /// When it was last modified, if that is known.
    pub(super) fn modified(&self) -> Option<SystemTime> {
        self.about.modified
    }

    /// The next chunk; none at the end of the input. What had arrived before an interrupt is given
    /// before its error is.
    fn next(&self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let wait = if self.interrupt.is_asked() { Duration::ZERO } else { LOOK };
            match self.chunks.recv_timeout(wait) {
                Ok(chunk) => return chunk.map(Some),
                Err(RecvTimeoutError::Timeout) if !wait.is_zero() => {}
                // A signal often ends whoever writes into the pipe too, in the middle of a record.
                Err(_) => return self.interrupt.check().map(|()| None),
            }
        }
    }
}

impl Read for Stream {
    #[expect(clippy::arithmetic_side_effects, reason = "a place in a chunk")]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.chunk.len() {
            self.chunk.clear();
            self.at = 0;
            match self.next()? {
                Some(chunk) => self.chunk = chunk,
                None => return Ok(0),
            }
        }
        let read = self.chunk.get(self.at..).unwrap_or_default().read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

/// Reads an input to its end, to its first error, until an interrupt, or until nobody listens.
fn pump(mut input: impl Read, chunks: &SyncSender<io::Result<Vec<u8>>>, interrupt: &Interrupt) {
    while !interrupt.is_asked() {
        let mut chunk = vec![0; CHUNK_BYTES];
        let sent = match input.read(&mut chunk) {
            Ok(0) => return,
            Ok(read) => {
                chunk.truncate(read);
                chunks.send(Ok(chunk))
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                // The last that is said; whether anybody hears it makes no difference.
                let _ = chunks.send(Err(error));
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Stream, pump};
    use crate::interrupt::{Interrupt, Interrupted};
    use std::io::{self, Read};
    use std::sync::mpsc;

    /// Gives a byte and then fails.
    struct Failing(bool);

    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if std::mem::replace(&mut self.0, true) {
                return Err(io::ErrorKind::PermissionDenied.into());
            }
            buffer[0] = b'x';
            Ok(1)
        }
    }

    #[test]
    fn an_error_comes_after_what_was_read_before_it() {
        let (sender, chunks) = mpsc::sync_channel(4);
        pump(Failing(false), &sender, &Interrupt::default());
        drop(sender);
        let told: Vec<_> = chunks.iter().map(|chunk| chunk.map_err(|e| e.kind())).collect();
        assert_eq!(told, [Ok(b"x".to_vec()), Err(io::ErrorKind::PermissionDenied)]);
    }

    #[test]
    fn a_file_is_read_until_an_interrupt() {
        let interrupt = Interrupt::default();
        let path = std::path::Path::new("/dev/zero");
        let mut input = Stream::file(path, &interrupt).unwrap();
        assert!(!input.is_file() && input.read(&mut [0; 3]).unwrap() == 3);
        interrupt.ask();
        let error = io::copy(&mut input, &mut io::sink()).unwrap_err();
        assert!(Interrupted::is(&error));
    }
}
