//! `completions`: what a shell has to know.

use crate::args::{Completions, Shell};
use crate::failure::{Failure, Result};
use crate::print::Printer;
use clap_complete::env::Shells;

pub(crate) fn run(typed: &Completions, out: &mut Printer) -> Result<()> {
    let name = match typed.shell {
        Shell::Bash => "bash",
        Shell::Zsh => "zsh",
        Shell::Fish => "fish",
    };
    let shells = Shells::builtins();
    let shell = shells.completer(name);
    let shell = shell.ok_or_else(|| Failure::new(format!("{name} completes nothing")))?;
    let program = "eventscope";
    Ok(shell.write_registration("COMPLETE", program, program, program, out)?)
}
