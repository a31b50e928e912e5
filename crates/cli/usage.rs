//! What was typed wrongly, in one line; and help, when it was asked for.

use crate::args::Args;
use crate::failure::{Failure, Result};
use crate::print::{Form, Printer};
use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::io::Write;

/// Prints what was asked for instead of a command, or fails with what is wrong.
pub(crate) fn answer(error: &clap::Error) -> Result<()> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let mut out = Printer::stdout(Form::People);
            write!(out, "{}", error.render())?;
            out.finish()
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            let commands = Args::command();
            let names: Vec<_> = commands.get_subcommands().map(clap::Command::get_name).collect();
            let names = names.join(", ");
            Err(Failure::usage(format!("no command; there are {names}; see `eventscope --help`")))
        }
        ErrorKind::InvalidSubcommand => Err(unknown_command(error)),
        _ => Err(Failure::usage(format!("{}; see `{}`", sentence(error), help()))),
    }
}

fn unknown_command(error: &clap::Error) -> Failure {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => texts.first().cloned(),
        _ => None,
    };
    let name = context(ContextKind::InvalidSubcommand).unwrap_or_default();
    Failure::usage(unknown(&name, context(ContextKind::SuggestedSubcommand)))
}

/// The sentence about a command that there is not.
pub(crate) fn unknown(name: &str, suggestion: Option<String>) -> String {
    match suggestion {
        Some(near) => format!("unknown command '{name}'; did you mean '{near}'?"),
        None => format!("unknown command '{name}'; `eventscope --help` lists all"),
    }
}

/// The first paragraph of what clap would print, as one line without its `error: `.
fn sentence(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let paragraph = text.lines().take_while(|line| !line.trim().is_empty()).map(str::trim);
    let line = paragraph.collect::<Vec<_>>().join(" ");
    line.strip_prefix("error: ").unwrap_or(&line).to_owned()
}

/// How to get help with the command that was typed.
fn help() -> String {
    let commands = Args::command();
    let is_command = |word: &String| commands.get_subcommands().any(|one| one.get_name() == word);
    let words = std::env::args_os().skip(1).filter_map(|word| word.into_string().ok());
    let command = words.into_iter().find(is_command);
    match command {
        Some(command) => format!("eventscope help {command}"),
        None => "eventscope --help".to_owned(),
    }
}
