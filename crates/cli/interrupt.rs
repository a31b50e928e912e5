//! Ctrl-C and SIGTERM during an import: the first ends the reading, a second one the program.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether somebody asked for the end of the reading.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt {
    asked: Arc<AtomicBool>,
    /// Whether a signal does what it does by default: nothing is left that could end early.
    is_deaf: Arc<AtomicBool>,
}

impl Interrupt {
    /// Listens to both signals from now on.
    ///
    /// # Errors
    /// When the system does not let the program do so.
    pub(crate) fn listen() -> io::Result<Self> {
        let interrupt = Self::default();
        for signal in [SIGINT, SIGTERM] {
            // Actions run in this order, so that the first signal sets what the second one finds.
            flag::register_conditional_default(signal, Arc::clone(&interrupt.is_deaf))?;
            flag::register(signal, Arc::clone(&interrupt.is_deaf))?;
            flag::register(signal, Arc::clone(&interrupt.asked))?;
        }
        Ok(interrupt)
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Does what a signal does.
    #[cfg(test)]
    pub(crate) fn ask(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// Reading is over: the next signal ends the program.
    pub(crate) fn end(&self) {
        self.is_deaf.store(true, Ordering::Relaxed);
    }

    /// An error if the reading is to end.
    pub(crate) fn check(&self) -> io::Result<()> {
        if self.is_asked() { Err(Interrupted::error()) } else { Ok(()) }
    }
}

/// The error of an input that was not read to its end because of a signal. A reader that met the
/// end of the input instead would take a record for cut off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interrupted;

impl Interrupted {
    /// The error, of a kind that readers neither try again nor take for a fault of their own.
    pub(crate) fn error() -> io::Error {
        io::Error::new(ErrorKind::ConnectionAborted, Self)
    }

    /// Whether an error is this one.
    pub(crate) fn is(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|inner| inner.is::<Self>())
    }
}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted")
    }
}

impl Error for Interrupted {}
