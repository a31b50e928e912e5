//! The virtual environment of the engines that are reached through Python.

use crate::Result;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const REQUIREMENTS: &str = include_str!("../peers/requirements.txt");

/// The packages of an engine, as `requirements.txt` pins them; none if it needs no Python.
fn package(engine: &str) -> Option<&'static str> {
    let package = match engine {
        "duckdb" => "duckdb",
        "clickhouse" => "chdb",
        _ => return None,
    };
    REQUIREMENTS.lines().find(|line| line.split("==").next() == Some(package))
}

/// The interpreter for an engine, with its package installed; `None` if it needs none.
pub(crate) fn interpreter(engine: &str, folder: &Path) -> Result<Option<PathBuf>> {
    let Some(package) = package(engine) else { return Ok(None) };
    let venv = folder.join("venv");
    let python = fs::canonicalize(folder)?.join("venv/bin/python");
    if !python.try_exists()? {
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    }
    let (name, version) = package.split_once("==").ok_or("a package without a version")?;
    let import = format!("import {name}");
    let check =
        format!("import importlib.metadata as m; assert m.version('{name}') == '{version}'");
    if run(Command::new(&python).args(["-c", &check])).is_err() {
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", package]))?;
    }
    run(Command::new(&python).args(["-c", &import]))?;
    Ok(Some(python))
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let error = said.lines().rfind(|line| line.starts_with("ERROR"));
    let last = || said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it failed");
    Err(error.unwrap_or_else(last).to_owned().into())
}
