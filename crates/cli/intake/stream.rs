//! Standard input that can be left: a thread reads it, and who waits for it hears of interrupts.

use crate::interrupt::Interrupt;
use std::io::{self, Read};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

/// Bytes asked from standard input at once.
const CHUNK_BYTES: usize = 64 * 1024;
/// Chunks that may wait to be read; then the pipe fills, and whoever writes into it waits.
const CHUNKS_WAITING_MAX: usize = 4;
/// How often a reader that waits looks whether it was interrupted.
const LOOK: Duration = Duration::from_millis(100);

/// Standard input, from a thread of its own.
///
/// That thread may wait in a read for ever, which nothing portable can end; it holds nothing, and
/// the end of the program ends it.
#[derive(Debug)]
pub(super) struct Stream {
    chunks: Receiver<io::Result<Vec<u8>>>,
    chunk: Vec<u8>,
    /// How much of the chunk is read.
    at: usize,
    interrupt: Interrupt,
}

impl Stream {
    /// Begins to read standard input.
    ///
    /// # Errors
    /// When there can be no thread for it.
    pub(super) fn stdin(interrupt: &Interrupt) -> io::Result<Self> {
        let (sender, chunks) = mpsc::sync_channel(CHUNKS_WAITING_MAX);
        let asked = interrupt.clone();
        thread::Builder::new()
            .name("stdin".to_owned())
            .spawn(move || pump(io::stdin(), &sender, &asked))?;
        Ok(Self { chunks, chunk: Vec::new(), at: 0, interrupt: interrupt.clone() })
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

/// An input that fails as soon as an interrupt is asked for.
#[derive(Debug)]
pub(super) struct Interruptible<R> {
    pub(super) input: R,
    pub(super) interrupt: Interrupt,
}

impl<R: Read> Read for Interruptible<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.interrupt.check()?;
        self.input.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::{Interruptible, pump};
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
        let mut input = Interruptible { input: io::repeat(7), interrupt: interrupt.clone() };
        assert_eq!(input.read(&mut [0; 3]).unwrap(), 3);
        interrupt.ask();
        assert!(Interrupted::is(&input.read(&mut [0; 3]).unwrap_err()));
    }
}
