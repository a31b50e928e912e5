//! `eventscope`: import event dumps into a store and ask scope expressions over them.
//!
//! Each command is one file under `commands`: what was typed becomes what is meant, one call of
//! the library does it, and the printer shows what came of it.

#![cfg_attr(
    not(test),
    deny(clippy::expect_used, clippy::indexing_slicing, clippy::string_slice),
    deny(clippy::arithmetic_side_effects, clippy::panic, clippy::unreachable)
)]

mod amount;
mod args;
mod ask;
mod bars;
mod bench;
mod collect;
mod columns;
mod commands;
mod completion;
mod failure;
mod feed;
mod intake;
mod interrupt;
mod keys;
mod open;
mod pager;
mod panel;
mod print;
mod progress;
mod range;
mod spelling;
mod table;
mod times;
mod usage;
mod when;

use args::{Args, Command};
use failure::{Failure, Result};
use print::{Form, Manner, Printer};
use std::process::ExitCode;

fn main() -> ExitCode {
    completion::answer_shell();
    let result = match args::typed() {
        Ok(args) => run(args),
        Err(error) => usage::answer(&error),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            print::failure(&failure);
            failure.exit_code()
        }
    }
}

fn run(args: Args) -> Result<()> {
    let form = form(&args)?;
    let mut out = Printer::new(form, manner(&args));
    let place = &args.place;
    match args.command {
        Command::Analyze(typed) => commands::analyze::run(place, &typed, &mut out),
        Command::Import(typed) => commands::import::run(place, &typed, &mut out),
        Command::Query(typed) => commands::query::run(place, &typed, &mut out),
        Command::Compare(typed) => commands::compare::run(place, &typed, &mut out),
        Command::Show(typed) => commands::show::run(place, &typed, &mut out),
        Command::Ack(typed) => commands::change::acknowledge(place, &typed, &mut out),
        Command::Unack(typed) => commands::change::unacknowledge(place, &typed, &mut out),
        Command::Resolve(typed) => commands::change::resolve(place, &typed, &mut out),
        Command::Delete(typed) => commands::change::delete(place, &typed, &mut out),
        Command::Undo(typed) => commands::change::undo(place, &typed, &mut out),
        Command::Labels(typed) => commands::labels::run(place, &typed, &mut out),
        Command::Post(typed) => commands::post::run(place, &typed, &mut out),
        Command::Catalog(typed) => commands::catalog::run(&typed, &mut out),
        Command::Export(typed) => commands::export::run(place, &typed, &mut out),
        Command::Stats => commands::stats::run(place, &mut out),
        Command::Verify => commands::verify::run(place, &mut out),
        Command::Rebuild => commands::rebuild::run(place, &mut out),
        Command::Prune(typed) => commands::prune::run(place, &typed, &mut out),
        Command::Backup(typed) => commands::backup::run(place, &typed, &mut out),
        Command::Bench(typed) => commands::bench::run(place, &typed, &mut out),
        Command::Completions(typed) => commands::completions::run(&typed, &mut out),
        Command::Man(typed) => commands::man::run(&typed, &mut out),
        Command::Help(typed) => commands::help::run(&typed, &mut out),
    }?;
    out.finish()
}

/// How the terminal is to be treated. Only what people read from its beginning is paged.
fn manner(args: &Args) -> Manner {
    let is_long = matches!(
        args.command,
        Command::Query(_)
            | Command::Compare(_)
            | Command::Show(_)
            | Command::Labels(_)
            | Command::Catalog(_)
            | Command::Help(_)
    );
    Manner { color: args.color, is_paged: is_long && !args.no_pager, is_quiet: args.place.quiet }
}

/// How the answer is to be printed. Only answers that are events can be printed one per line.
fn form(args: &Args) -> Result<Form> {
    let has_lines =
        matches!(args.command, Command::Query(_) | Command::Show(_) | Command::Export(_));
    match (args.json, args.ndjson) {
        (true, _) => Ok(Form::Json),
        (false, true) if has_lines => Ok(Form::Lines),
        (false, true) => {
            Err(Failure::usage("--ndjson goes with query, show and export; use --json"))
        }
        (false, false) => Ok(Form::People),
    }
}
