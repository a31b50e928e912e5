//! What can be typed.

mod asking;
mod changing;
mod dumps;
mod examples;

use crate::times::Moment;
pub(crate) use asking::{
    Catalog, Compare, Export, ExportFormat, Labels, Query, Range, Show, Span, TypedFacet,
};
pub(crate) use changing::{Change, Post, Prune, Undo};
use clap::{Args as Group, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
pub(crate) use dumps::{Analyze, Dumps, Import, Label, Waiting};
use eventscope::{EventId, Lookback, NotALookback};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// What stands below the help of the program.
const AFTER_HELP: &str = "\
Exit codes: 0 done; 1 failed, or no event took the change; 2 wrong usage, as a wrong expression.

`eventscope help scope` describes the expressions, `eventscope help COMMAND` a command.";

/// Import event dumps into an embedded store and ask scope expressions over them.
#[derive(Debug, Parser)]
#[command(name = "eventscope", version, disable_help_subcommand = true)]
#[command(subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Print one JSON document
    #[arg(long, global = true, conflicts_with = "ndjson")]
    pub(crate) json: bool,
    /// Print one event per line, as JSON (query, show, export)
    #[arg(long, global = true)]
    pub(crate) ndjson: bool,
    /// When to use colours; without it also NO_COLOR says never
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
    /// Do not page long answers on a terminal; else PAGER does, or less
    #[arg(long, global = true)]
    pub(crate) no_pager: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal
    Auto,
    /// Into files and pipes too
    Always,
    /// Nowhere
    Never,
}

/// What can be typed, with examples below the help of each command.
pub(crate) fn command() -> clap::Command {
    examples::EXAMPLES.iter().fold(Args::command(), |all, (name, lines)| {
        let text = format!("Examples:\n  {}", lines.join("\n  "));
        all.mut_subcommand(name, |command| command.after_help(text))
    })
}

/// What was typed.
pub(crate) fn typed() -> Result<Args, clap::Error> {
    let mut command = command();
    let matches = command.try_get_matches_from_mut(std::env::args_os())?;
    Args::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// Where the store is, and where and when whoever asks.
#[derive(Debug, Group)]
pub(crate) struct Place {
    /// The folder of the store; without it EVENTSCOPE_STORE, else ./events.db
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) store: Option<PathBuf>,
    /// The time zone in which times are typed and shown: local, UTC, or a name as in
    /// Europe/Berlin; without it EVENTSCOPE_TZ, else UTC. JSON is always UTC
    #[arg(long, global = true, value_name = "ZONE")]
    pub(crate) tz: Option<String>,
    /// Take this for the present time, for tests and for looking back
    #[arg(long, global = true, value_name = "TIME")]
    pub(crate) now: Option<Moment>,
    /// No warnings and no progress on standard error
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read dumps into a temporary store and show what is in them
    Analyze(Analyze),
    /// Append dumps or streams to the store; what is there already is not stored twice
    Import(Import),
    /// Ask for events: the exact total and the newest page
    Query(Query),
    /// Count what is new, gone, more or fewer in one span of time than in another
    Compare(Compare),
    /// Show all details of events, and what happened to them
    Show(Show),
    /// Mark events as acknowledged
    Ack(Change),
    /// Take that mark away
    Unack(Change),
    /// Declare alert events to be over
    Resolve(Change),
    /// Remove events; an import does not bring them back
    Delete(Change),
    /// Take the last ack, unack, resolve or delete back
    Undo(Undo),
    /// List label keys, or the values of one label, with counts
    Labels(Labels),
    /// Append one custom event
    Post(Post),
    /// List the known Docker and Kubernetes events
    Catalog(Catalog),
    /// Write matching events as JSON lines or CSV, oldest first
    Export(Export),
    /// Show figures about the store
    Stats,
    /// Check every checksum, and that what is derived equals a rebuild
    Verify,
    /// Make everything that is derived anew
    Rebuild,
    /// Remove events that are too old or too many, and give their space back
    Prune(Prune),
    /// Copy the store into a folder that is a store then; a second time, only what is new
    Backup(Backup),
    /// Measure how fast this store answers expressions
    Bench(Bench),
    /// Print what makes a shell complete commands, options, labels and values
    Completions(Completions),
    /// Write the manual pages into a folder
    Man(Man),
    /// Describe a command, or with `scope` the expressions
    Help(Help),
}

#[derive(Debug, Group)]
pub(crate) struct Backup {
    /// The folder: a new one, or that of an earlier backup of this store
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Group)]
pub(crate) struct Bench {
    /// Expressions, one a line, # before a remark; without it a set made of the store's own labels
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// How often each is answered at most; fewer times if that takes longer than 2 seconds
    #[arg(long, value_name = "N", default_value = "101")]
    pub(crate) rounds: NonZeroUsize,
    /// Write the figures into this file, to compare with later
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    /// Compare with the figures in this file
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
}

#[derive(Debug, Group)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: Shell,
}

/// A shell that completes what is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
}

#[derive(Debug, Group)]
pub(crate) struct Man {
    /// The folder, which is made if it is not there
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Group)]
pub(crate) struct Help {
    /// A command, or `scope`
    pub(crate) topic: Option<String>,
}

/// The id of an event, also as lists show it: `#42`.
fn id(text: &str) -> Result<EventId, &'static str> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    digits.parse().map(EventId).map_err(|_| "an id is a whole number")
}

/// A length of time before now; a minus says the same once more.
fn length(text: &str) -> Result<Lookback, NotALookback> {
    text.strip_prefix('-').unwrap_or(text).parse()
}

#[cfg(test)]
mod tests {
    use super::{command, examples};
    use std::collections::BTreeSet;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        command().debug_assert();
    }

    #[test]
    fn every_command_has_examples_that_can_be_typed() {
        let all = command();
        let names: BTreeSet<_> = all.get_subcommands().map(clap::Command::get_name).collect();
        let shown: BTreeSet<_> = examples::EXAMPLES.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, shown);
        for line in examples::EXAMPLES.iter().flat_map(|(_, lines)| *lines) {
            let (_, typed) = line.split_once("eventscope").unwrap();
            let typed = typed.split(['>', ')']).next().unwrap();
            // Quotes of a shell: every second piece stands inside them.
            let pieces = typed.split('\'').enumerate();
            let words = pieces.flat_map(|(nth, piece)| match nth % 2 {
                0 => piece.split_whitespace().collect(),
                _ => vec![piece],
            });
            let words = ["eventscope"].into_iter().chain(words);
            assert!(command().try_get_matches_from(words).is_ok(), "{line}");
        }
    }
}
