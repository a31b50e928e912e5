//! Measures one question, round after round.

use crate::figures::Figures;
use eventscope::{Request, Store};
use std::time::{Duration, Instant};

/// Rounds that are counted, unless they take too long.
const ROUNDS: usize = 201;
const ROUNDS_MIN: usize = 11;
const ROUNDS_TIME: Duration = Duration::from_secs(2);
/// Rounds before them, so that what is needed is in memory.
const WARM_UP: usize = 3;

/// How long a question takes, warm.
///
/// # Panics
/// When the store cannot answer it.
#[must_use]
pub fn measure(store: &Store, request: &Request) -> Figures {
    for _ in 0..WARM_UP {
        std::hint::black_box(store.query(request).unwrap());
    }
    let mut figures = Figures::default();
    let start = Instant::now();
    for round in 0..ROUNDS {
        if round >= ROUNDS_MIN && start.elapsed() > ROUNDS_TIME {
            break;
        }
        let asked = Instant::now();
        std::hint::black_box(store.query(request).unwrap());
        figures.add(asked.elapsed());
    }
    figures
}

/// Anonymous memory of this process, where the system tells.
#[must_use]
pub fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("RssAnon"));
    line.unwrap_or("RssAnon: unknown").to_owned()
}
