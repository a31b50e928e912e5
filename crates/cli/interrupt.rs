//! Ctrl-C and SIGTERM during an import: the first ends the reading, a second one the program.

use eventscope_intake::Cancel;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Both signals as a flag that ends the reading.
#[derive(Debug, Default)]
pub(crate) struct Interrupt {
    cancel: Cancel,
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
            flag::register(signal, interrupt.cancel.flag())?;
        }
        Ok(interrupt)
    }

    /// What the first signal sets.
    pub(crate) fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// Reading is over: the next signal ends the program.
    pub(crate) fn end(&self) {
        self.is_deaf.store(true, Ordering::Relaxed);
    }
}
