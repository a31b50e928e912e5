//! What was typed wrongly, in one line; and help, when it was asked for.

use crate::args;
use crate::failure::{Failure, Result};
use crate::print::{Form, Manner, Printer};
use crate::spelling;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::io::Write;

/// Prints what was asked for instead of a command, or fails with what is wrong.
pub(crate) fn answer(error: &clap::Error) -> Result<()> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let mut out = Printer::new(Form::People, Manner::default());
            write!(out, "{}", error.render())?;
            out.finish()
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            let commands = args::command();
            let names: Vec<_> = commands.get_subcommands().map(clap::Command::get_name).collect();
            let names = names.join(", ");
            Err(Failure::usage(format!("no command; there are {names}; see `eventscope --help`")))
        }
        ErrorKind::InvalidSubcommand => Err(unknown_command(error)),
        ErrorKind::UnknownArgument => Err(unknown_argument(error)),
        ErrorKind::InvalidValue => Err(unknown_value(error)),
        _ => Err(Failure::usage(format!("{}; see `{}`", sentence(error), help()))),
    }
}

/// What clap says about one thing of an error.
fn context(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => texts.first().cloned(),
        _ => None,
    }
}

fn unknown_command(error: &clap::Error) -> Failure {
    Failure::usage(unknown(&context(error, ContextKind::InvalidSubcommand).unwrap_or_default()))
}

/// The sentence about a command that there is not.
pub(crate) fn unknown(name: &str) -> String {
    let commands = args::command();
    let names: Vec<&str> = commands.get_subcommands().map(clap::Command::get_name).collect();
    match spelling::command(name, &names) {
        Some(near) => format!("unknown command '{name}'; did you mean '{near}'?"),
        None => format!("unknown command '{name}'; `eventscope --help` lists all"),
    }
}

/// An option that the command does not have, and the one that was meant.
fn unknown_argument(error: &clap::Error) -> Failure {
    let typed = context(error, ContextKind::InvalidArg).unwrap_or_default();
    let commands = args::command();
    let command = typed_command().and_then(|name| commands.find_subcommand(name));
    let arguments = commands.get_arguments().chain(command.into_iter().flat_map(|command| {
        // Options of the command itself are meant before those of all commands.
        command.get_arguments()
    }));
    let names: Vec<String> = arguments.filter_map(clap::Arg::get_long).map(str::to_owned).collect();
    let word = typed.trim_start_matches('-');
    let word = word.split_once('=').map_or(word, |(name, _)| name);
    let near = if typed.starts_with("--") {
        spelling::nearest(word, names.iter().map(String::as_str))
    } else {
        None
    };
    let hint = near.map(|near| format!("; did you mean '--{near}'?")).unwrap_or_default();
    Failure::usage(format!("unexpected argument '{typed}' found{hint}; see `{}`", help()))
}

/// A value that is none of those that an option takes.
fn unknown_value(error: &clap::Error) -> Failure {
    let typed = context(error, ContextKind::InvalidValue).unwrap_or_default();
    let valid = match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) => values.clone(),
        _ => Vec::new(),
    };
    let near = spelling::nearest(&typed, valid.iter().map(String::as_str));
    let hint = near.map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
    Failure::usage(format!("{}{hint}; see `{}`", sentence(error), help()))
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
    match typed_command() {
        Some(command) => format!("eventscope help {command}"),
        None => "eventscope --help".to_owned(),
    }
}

/// The command that was typed, if there is such a one.
fn typed_command() -> Option<String> {
    let commands = args::command();
    let is_command = |word: &String| commands.get_subcommands().any(|one| one.get_name() == word);
    let words = std::env::args_os().skip(1).filter_map(|word| word.into_string().ok());
    words.into_iter().find(is_command)
}
