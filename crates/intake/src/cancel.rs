//! The flag that ends an import early, and the error of an input that was left because of it.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that ends an import: reading stops, and what was read until then is appended.
///
/// Its clones are one flag. It may be set from any thread, and, as a plain flag, from a handler of
/// signals.
///
/// ```
/// use eventscope::{Options, Store};
/// use eventscope_intake::{Cancel, Import, Input, Problem};
///
/// let store = Store::in_memory(Options::default())?;
/// let cancel = Cancel::default();
/// cancel.cancel();
/// let inputs = vec![Input::reader("events.ndjson", std::io::repeat(b'{'))];
/// let report = Import::default().cancel(&cancel).run(&store, inputs, |_| {})?;
/// assert!(matches!(report.problems[..], [Problem::Cancelled { read: 0, all: 1 }]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    asked: Arc<AtomicBool>,
    /// That of one run, whose reader must not wait for an input once nobody takes drafts.
    run_is_over: Arc<AtomicBool>,
}

impl Cancel {
    /// Ends the import.
    pub fn cancel(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// Whether the import is to end.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed) || self.run_is_over.load(Ordering::Relaxed)
    }

    /// The flag itself, for what can only set a flag.
    #[must_use]
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.asked)
    }

    /// The same flag for one run, which may end by itself, too.
    pub(crate) fn of_run(&self) -> Self {
        Self { asked: Arc::clone(&self.asked), run_is_over: Arc::default() }
    }

    /// Ends one run, and no other of the same flag.
    pub(crate) fn end_run(&self) {
        self.run_is_over.store(true, Ordering::Relaxed);
    }

    /// An error if the import is to end.
    ///
    /// # Errors
    /// [`Cancelled`], inside an [`io::Error`].
    pub fn check(&self) -> io::Result<()> {
        if self.is_asked() { Err(Cancelled::error()) } else { Ok(()) }
    }

    /// An input that ends with [`Cancelled`] at the first read after the flag was set. A read that
    /// waits is not woken; that takes a [`Stream`](crate::Stream).
    pub fn watch<R: Read>(&self, input: R) -> Watched<R> {
        Watched { input, cancel: self.clone() }
    }
}

/// An input that [`Cancel::watch`] gave.
#[derive(Debug)]
pub struct Watched<R> {
    input: R,
    cancel: Cancel,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.cancel.check()?;
        self.input.read(buffer)
    }
}

/// The error of an input that was not read to its end because the import was cancelled. A reader
/// that met the end of the input instead would take a record for cut off.
#[derive(Clone, Copy, Debug)]
pub struct Cancelled;

impl Cancelled {
    /// The error, of a kind that readers neither try again nor take for a fault of their own.
    #[must_use]
    pub fn error() -> io::Error {
        io::Error::new(ErrorKind::ConnectionAborted, Self)
    }

    /// Whether an error is this one.
    #[must_use]
    pub fn is(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|inner| inner.is::<Self>())
    }
}

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cancelled")
    }
}

impl Error for Cancelled {}
