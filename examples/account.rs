//! Accounts for every record of a folder of dumps, as tables for docs/formats.md.
//!
//! `cargo run --release --example account -- FOLDER..`
//!
//! The folders are imported twice by the program beside this one into a store that is thrown
//! away. The second import has to append and update nothing.

use serde_json::Value;
use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// What is added up for each format, in the order of the columns.
const COUNTS: [&str; 7] =
    ["read", "appended", "duplicates", "updated", "rejected", "skipped_text", "other_documents"];

fn main() -> ExitCode {
    match account() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = io::stderr().write_all(format!("account: {error}\n").as_bytes());
            ExitCode::FAILURE
        }
    }
}

fn account() -> Result<(), Box<dyn Error>> {
    let folders: Vec<String> = std::env::args().skip(1).collect();
    if folders.is_empty() {
        return Err("usage: account FOLDER..".into());
    }
    let store = tempfile::tempdir()?;
    let import = || -> Result<Value, Box<dyn Error>> {
        let mut command = Command::new(program()?);
        command.args(["import", "--json", "--store"]).arg(store.path().join("events.db"));
        let output = command.args(&folders).output()?;
        io::stderr().write_all(&output.stderr)?;
        Ok(serde_json::from_slice(&output.stdout)?)
    };
    let (first, second) = (import()?, import()?);
    let mut out = io::stdout().lock();
    formats(&first, &mut out)?;
    let again = ["appended", "updated"].map(|name| second[name].as_u64().unwrap_or(u64::MAX));
    writeln!(out, "\nThe second import: {} appended, {} updated.\n", again[0], again[1])?;
    reasons(&first, &mut out)?;
    if again == [0, 0] { Ok(()) } else { Err("the second import changed the store".into()) }
}

/// The binary of this build, which lies one folder above its examples.
fn program() -> Result<PathBuf, Box<dyn Error>> {
    let own = std::env::current_exe()?;
    let folder = own.parent().and_then(|examples| examples.parent()).ok_or("no build folder")?;
    let program = folder.join("eventscope").with_extension(std::env::consts::EXE_EXTENSION);
    if !program.try_exists()? {
        return Err(format!("{} is not built; run cargo build", program.display()).into());
    }
    Ok(program)
}

/// One row per format, and their sum.
fn formats(report: &Value, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let mut rows: BTreeMap<&str, (u64, [u64; COUNTS.len()])> = BTreeMap::new();
    let mut sum = (0, [0; COUNTS.len()]);
    for file in report["files"].as_array().into_iter().flatten() {
        let counts = COUNTS.map(|name| file[name].as_u64().unwrap_or(0));
        let [read, appended, duplicates, updated, rejected, ..] = counts;
        if read != appended + duplicates + updated + rejected {
            return Err(format!("not every record is accounted for: {file}").into());
        }
        let row = rows.entry(file["format"].as_str().unwrap_or("none")).or_default();
        for (files, all) in [(&mut row.0, &mut row.1), (&mut sum.0, &mut sum.1)] {
            *files += 1;
            all.iter_mut().zip(counts).for_each(|(all, count)| *all += count);
        }
    }
    let heads: Vec<String> = COUNTS.iter().map(|name| name.replace('_', " ")).collect();
    writeln!(out, "| format | files | {} |", heads.join(" | "))?;
    writeln!(out, "|---|{}", "---|".repeat(COUNTS.len() + 1))?;
    for (format, (files, counts)) in rows.into_iter().chain([("all", sum)]) {
        let cells = counts.map(|count| count.to_string()).join(" | ");
        writeln!(out, "| {format} | {files} | {cells} |")?;
    }
    Ok(())
}

/// How often each reason was given, the line it names aside.
fn reasons(report: &Value, out: &mut impl Write) -> io::Result<()> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for reject in report["rejects"].as_array().into_iter().flatten() {
        let reason = reject["reason"].as_str().unwrap_or_default();
        let words = reason.split(' ').map(|word| match word.trim_end_matches(':').parse::<u64>() {
            Ok(_) => format!("N{}", if word.ends_with(':') { ":" } else { "" }),
            Err(_) => word.to_owned(),
        });
        *counts.entry(words.collect::<Vec<_>>().join(" ")).or_default() += 1;
    }
    writeln!(out, "| rejects | reason |\n|---|---|")?;
    for (reason, count) in counts {
        writeln!(out, "| {count} | {} |", reason.replace('|', "\\|"))?;
    }
    Ok(())
}
