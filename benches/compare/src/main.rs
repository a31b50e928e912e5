//! The same events and the same questions, put to eventscope and to other engines.
//!
//! Each engine runs in a process of its own and answers each question in turn with the others, so
//! that all meet the same noise. No table is printed unless all answers agree. See `README.md`.

#![expect(clippy::print_stdout, reason = "the table is what this is for")]
#![expect(clippy::print_stderr, reason = "a run takes minutes: how far it is goes to stderr")]

mod child;
mod coordinator;
mod engines;
mod events;
mod options;
mod protocol;
mod python;
mod question;
mod report;
mod table;

use std::path::Path;
use std::process::ExitCode;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["engine", name, data] => engines::serve(name, Path::new(data)),
        ref arguments => options::Options::parse(arguments).and_then(|options| compare(&options)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compare: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(options: &options::Options) -> Result<()> {
    let report = coordinator::run(options)?;
    println!("{report}");
    if let Some(file) = &options.out {
        std::fs::write(file, report)?;
    }
    Ok(())
}
