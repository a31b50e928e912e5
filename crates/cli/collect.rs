//! The file that says which events are collected.

use crate::failure::{Failure, Result};
use eventscope_formats::{Collect, limits};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Reads a configuration.
pub(crate) fn read(path: &Path) -> Result<Collect> {
    let text = text(path)
        .map_err(|error| Failure::caused(&format!("cannot read {}", path.display()), &error))?;
    Collect::parse(&text).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

/// The text of a file; of one that is too long, enough to see that it is.
fn text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take((limits::COLLECT_BYTES_MAX as u64).saturating_add(1))
        .read_to_string(&mut text)?;
    Ok(text)
}
