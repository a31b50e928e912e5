//! Where the answer goes: standard output, or a program that shows it page by page.

use std::io::{self, Stdout, Write};
use std::process::{Child, Command, Stdio};

/// Names the pager.
const VARIABLE: &str = "PAGER";
/// The pager when nothing names one: it ends at once if all fits, shows colours, and leaves the
/// answer on the terminal.
const USUAL: [&str; 2] = ["less", "-FRX"];

/// What answers are written to.
#[derive(Debug)]
pub(crate) enum Screen {
    Plain(Stdout),
    Pager(Child),
}

impl Screen {
    pub(crate) fn plain() -> Self {
        Self::Plain(io::stdout())
    }

    /// A pager, if there is one and the environment does not ask for none.
    pub(crate) fn paged() -> Self {
        let mut command = match std::env::var(VARIABLE).ok().as_deref().map(str::trim) {
            Some("" | "cat") => return Self::plain(),
            Some(line) => {
                let mut shell = Command::new("sh");
                shell.args(["-c", line]).env("LESS", less_options());
                shell
            }
            None => {
                let [program, options] = USUAL;
                let mut less = Command::new(program);
                less.arg(options);
                less
            }
        };
        command.stdin(Stdio::piped()).spawn().map_or_else(|_| Self::plain(), Self::Pager)
    }

    /// There is no more to show: waits until a pager was left.
    pub(crate) fn end(&mut self) {
        if let Self::Pager(child) = self {
            drop(child.stdin.take());
            // What a pager thinks of its end is nobody's business.
            let _ = child.wait();
        }
    }
}

/// How `less` is to behave where its user did not say so.
fn less_options() -> String {
    std::env::var("LESS").unwrap_or_else(|_| "FRX".to_owned())
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(out) => out.write(bytes),
            Self::Pager(child) => match &mut child.stdin {
                Some(stdin) => stdin.write(bytes),
                None => Err(io::ErrorKind::BrokenPipe.into()),
            },
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.flush(),
            Self::Pager(child) => child.stdin.as_mut().map_or(Ok(()), Write::flush),
        }
    }
}

/// However a command ends, the terminal is the pager's until it was left.
impl Drop for Screen {
    fn drop(&mut self) {
        self.end();
    }
}
