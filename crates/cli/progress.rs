//! Progress of work that takes over a second, on a terminal only.

use crate::args::Place;
use crate::print;
use eventscope_wire::Durable;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::{Duration, Instant};

/// Work that is done sooner is done before anybody has read how far it is.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is told while work goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Telling {
    /// A bar on the terminal, if standard error is one.
    Bar,
    /// A line of JSON for each step.
    Lines,
    /// Nothing.
    Silence,
}

impl Place {
    /// A bar, unless nothing but the answer is wanted.
    pub(crate) fn telling(&self) -> Telling {
        if self.quiet { Telling::Silence } else { Telling::Bar }
    }
}

/// How far some work is.
#[derive(Debug)]
pub(crate) struct Progress {
    telling: Telling,
    start: Instant,
    total: u64,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Work of so many units begins.
    pub(crate) fn new(telling: Telling, total: u64) -> Self {
        Self { telling, start: Instant::now(), total, bar: None }
    }

    /// So many bytes are read, and so many events durable.
    pub(crate) fn imported(&mut self, bytes: u64, durable: u64) {
        if self.telling == Telling::Lines {
            // Progress that cannot be told must not stop the work.
            let _ = print::progress_line(&Durable { durable });
        }
        let message = format!("{} events durable", print::grouped(durable));
        self.show("{bar:30} {bytes} of {total_bytes} read, {msg}", bytes, message);
    }

    /// So many of all segments are checked.
    pub(crate) fn checked(&mut self, done: usize, all: usize) {
        self.total = all as u64;
        self.show("{bar:30} {pos} of {len} segments checked", done as u64, String::new());
    }

    /// The words of so many of all events are indexed.
    pub(crate) fn indexed(&mut self, done: u64, all: u64) {
        self.total = all;
        self.show("{bar:30} {pos} of {len} events in the text index", done, String::new());
    }

    /// So many of all segments are built anew.
    pub(crate) fn rebuilt(&mut self, done: usize, all: usize) {
        self.total = all as u64;
        self.show("{bar:30} {pos} of {len} segments rebuilt", done as u64, String::new());
    }

    /// So many of all segments with other labels in their index are rewritten.
    pub(crate) fn relabelled(&mut self, done: usize, all: usize) {
        self.total = all as u64;
        self.show("{bar:30} {pos} of {len} segments rewritten", done as u64, String::new());
    }

    /// So many of all new segments are copied.
    pub(crate) fn copied(&mut self, done: usize, all: usize) {
        self.total = all as u64;
        self.show("{bar:30} {pos} of {len} segments copied", done as u64, String::new());
    }

    fn show(&mut self, template: &str, position: u64, message: String) {
        if self.telling != Telling::Bar || self.start.elapsed() < PATIENCE {
            return;
        }
        let total = self.total.max(position);
        let bar = self.bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template(template);
            let bar = ProgressBar::new(total);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        bar.set_length(total);
        bar.set_position(position);
        bar.set_message(message);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
