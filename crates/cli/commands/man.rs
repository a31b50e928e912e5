//! `man`: the manual pages.

use crate::args::{self, Man};
use crate::failure::{Failure, Result};
use crate::print::{Printer, visible};
use std::fs;
use std::io::Write;

pub(crate) fn run(typed: &Man, out: &mut Printer) -> Result<()> {
    let path = visible(&typed.dir.display().to_string());
    let written = fs::create_dir_all(&typed.dir)
        .and_then(|()| clap_mangen::generate_to(args::command(), &typed.dir));
    written.map_err(|error| Failure::caused(&format!("cannot write into {path}"), &error))?;
    Ok(writeln!(out, "the manual pages are in {path}; `man eventscope` shows the first")?)
}
