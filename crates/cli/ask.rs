//! Asks whoever sits at a terminal before much is removed.

use crate::failure::{Failure, Result};
use crate::print;
use std::io::{self, BufRead, IsTerminal, Read};

/// Bytes of an answer that are read.
const ANSWER_BYTES_MAX: u64 = 64;

/// Goes on if the answer is yes, or nobody is there to be asked: a script says what it means. The
/// question is made only if it is asked; where there is none, nothing is to be done.
pub(crate) fn confirm(question: impl FnOnce() -> Result<Option<String>>) -> Result<()> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(());
    }
    let Some(question) = question()? else { return Ok(()) };
    print::question(&format!("{question} [y/N] "));
    let mut answer = String::new();
    // What cannot be read is no yes.
    let _ = io::stdin().lock().take(ANSWER_BYTES_MAX).read_line(&mut answer);
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::new("nothing was removed")),
    }
}
