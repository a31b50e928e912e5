//! Whether the files are there that ARCHITECTURE.md names.

use super::tree::{Complaint, File, check, finds, root};
use std::path::{Path, PathBuf};

#[test]
fn the_guide_names_files_that_are_there() {
    check(files_that_are_gone);
    let found = |line: &str, expected: &[usize]| {
        finds(files_that_are_gone, "ARCHITECTURE.md", line, expected);
    };
    found("| a | `model/src/words.rs`, `alias.rs` |", &[]);
    found("| a | `storage/src/change.rs`, `change/overlay.rs`; `log.rs` |", &[]);
    found("| a | `storage/src/text/hits.rs`, `decoded.rs` |", &[]);
    found("| a | `storage/src/attic.rs` |", &[1]);
    found("| a | `model/src/words.rs`, `overlay.rs` |", &[1]);
    found("a sentence about `eventscope/src/attic.rs`", &[1]);
}

/// A file is named from `crates/`, or from the root of the project; behind another one in the same
/// row of a table also from the sources of its crate, or from its folder.
fn files_that_are_gone(file: &File) -> Vec<Complaint> {
    let mut found = Vec::new();
    for (number, line) in file.lines().filter(|_| file.path == "ARCHITECTURE.md") {
        let mut known: Option<PathBuf> = None;
        for name in line.split('`').skip(1).step_by(2).filter(|name| is_file(name)) {
            match places(name, known.as_deref())
                .into_iter()
                .find(|place| root().join(place).is_file())
            {
                Some(place) => known = Some(place),
                None => found.push((number, format!("there is no file `{name}`"))),
            }
        }
    }
    found
}

fn is_file(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "rs")
}

/// Where a file may be that is named behind another one.
fn places(name: &str, known: Option<&Path>) -> Vec<PathBuf> {
    let folders = known.into_iter().flat_map(Path::ancestors).skip(1);
    let near =
        folders.take_while(|folder| !folder.ends_with("crates")).map(|folder| folder.join(name));
    let from =
        ["crates", "", "crates/cli/src", "crates/cli"].map(|folder| Path::new(folder).join(name));
    near.chain(from).collect()
}
