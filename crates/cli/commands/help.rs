//! `help`: a command, or the expressions.

use crate::args::{self, Help};
use crate::failure::{Failure, Result};
use crate::print::Printer;
use crate::usage;
use std::io::Write;

pub(crate) fn run(typed: &Help, out: &mut Printer) -> Result<()> {
    let mut commands = args::command();
    // Gives each command its full name, `eventscope query`.
    commands.build();
    let text = match typed.topic.as_deref() {
        None => commands.render_long_help().to_string(),
        Some("scope") => eventscope::REFERENCE.to_owned(),
        Some(name) => match commands.find_subcommand_mut(name) {
            Some(command) => command.render_long_help().to_string(),
            None => return Err(Failure::usage(usage::unknown(name))),
        },
    };
    Ok(writeln!(out, "{}", text.trim_end())?)
}
