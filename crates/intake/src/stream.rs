//! Input that can be cancelled while it waits: a thread opens and reads it.

use crate::cancel::Cancel;
use crate::input::Written;
use crate::limits::{CHUNK_BYTES, CHUNKS_WAITING_MAX};
use eventscope::Timestamp;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

/// How often a reader that waits looks whether it was cancelled.
const LOOK: Duration = Duration::from_millis(100);

/// An input that a thread of its own opens and reads, so that whoever reads it hears of a
/// [`Cancel`] at once.
///
/// That thread may wait for ever, for whoever writes into a pipe or for a file system that stalls,
/// which nothing portable can end; it holds nothing else, and the end of the program ends it.
#[derive(Debug)]
pub struct Stream {
    chunks: Receiver<io::Result<Vec<u8>>>,
    written: Written,
    chunk: Vec<u8>,
    /// How much of the chunk is read.
    at: usize,
    cancel: Cancel,
}

impl Stream {
    /// Begins to read what `open` opens, which arrives while it is read.
    ///
    /// ```
    /// use eventscope_intake::{Cancel, Stream};
    /// use std::io::Read;
    ///
    /// let mut stream = Stream::new(&Cancel::default(), || Ok(&b"a line"[..]))?;
    /// let mut text = String::new();
    /// stream.read_to_string(&mut text)?;
    /// assert_eq!(text, "a line");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// What `open` fails with; when there can be no thread for it; when it is cancelled first.
    pub fn new<R: Read>(
        cancel: &Cancel,
        open: impl FnOnce() -> io::Result<R> + Send + 'static,
    ) -> io::Result<Self> {
        Self::start(cancel, || Ok((open()?, Written::Arriving)))
    }

    /// Opens what is at a path, which may take until somebody opens the other end of a pipe.
    ///
    /// # Errors
    /// When it cannot be opened, when there can be no thread for it, or when it is cancelled first.
    pub fn file(path: &Path, cancel: &Cancel) -> io::Result<Self> {
        let path = path.to_owned();
        Self::start(cancel, move || {
            let file = File::open(path)?;
            let metadata = file.metadata()?;
            let modified = || Timestamp::try_from(metadata.modified().ok()?).ok();
            let written = match metadata.is_file() {
                false => Written::Arriving,
                true => modified().map_or(Written::Unknown, Written::At),
            };
            Ok((file, written))
        })
    }

    fn start<R: Read>(
        cancel: &Cancel,
        open: impl FnOnce() -> io::Result<(R, Written)> + Send + 'static,
    ) -> io::Result<Self> {
        let (sender, chunks) = mpsc::sync_channel(CHUNKS_WAITING_MAX);
        let (teller, told) = mpsc::sync_channel(1);
        let asked = cancel.clone();
        thread::Builder::new().name("input".to_owned()).spawn(move || match open() {
            Ok((input, written)) => {
                // Whether anybody still waits for it shows with the first chunk.
                let _ = teller.send(Ok(written));
                pump(input, &sender, &asked);
            }
            Err(error) => drop(teller.send(Err(error))),
        })?;
        let written = loop {
            match told.recv_timeout(LOOK) {
                Ok(written) => break written?,
                Err(RecvTimeoutError::Timeout) => cancel.check()?,
                Err(RecvTimeoutError::Disconnected) => return Err(io::ErrorKind::Other.into()),
            }
        };
        Ok(Self { chunks, written, chunk: Vec::new(), at: 0, cancel: cancel.clone() })
    }

    /// When it was written: a file, as its file system says; anything else, while it is read.
    #[must_use]
    pub fn written(&self) -> Written {
        self.written
    }

    /// The next chunk; none at the end of the input. What had arrived before it was cancelled
    /// is given before the error is.
    fn next(&self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let wait = if self.cancel.is_asked() { Duration::ZERO } else { LOOK };
            match self.chunks.recv_timeout(wait) {
                Ok(chunk) => return chunk.map(Some),
                Err(RecvTimeoutError::Timeout) if !wait.is_zero() => {}
                // A signal often ends whoever writes into the pipe too, in the middle of a record.
                Err(_) => return self.cancel.check().map(|()| None),
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

/// Reads an input to its end, to its first error, until it is cancelled, or until nobody listens.
fn pump(mut input: impl Read, chunks: &SyncSender<io::Result<Vec<u8>>>, cancel: &Cancel) {
    while !cancel.is_asked() {
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
    use crate::cancel::{Cancel, Cancelled};
    use crate::input::Written;
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
        pump(Failing(false), &sender, &Cancel::default());
        drop(sender);
        let told: Vec<_> = chunks.iter().map(|chunk| chunk.map_err(|e| e.kind())).collect();
        assert_eq!(told, [Ok(b"x".to_vec()), Err(io::ErrorKind::PermissionDenied)]);
    }

    #[test]
    fn a_file_is_read_until_it_is_cancelled() {
        let cancel = Cancel::default();
        let path = std::path::Path::new("/dev/zero");
        let mut input = Stream::file(path, &cancel).unwrap();
        assert_eq!(input.written(), Written::Arriving);
        assert_eq!(input.read(&mut [0; 3]).unwrap(), 3);
        cancel.cancel();
        let error = io::copy(&mut input, &mut io::sink()).unwrap_err();
        assert!(Cancelled::is(&error));
    }
}
