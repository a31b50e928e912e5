//! Rules about names of files, folders and crates: no drawers for odds and ends.

use super::tree::{Complaint, File, check, finds};

/// Names that say nothing, so that anything ends up under them.
const DRAWERS: [&str; 13] = [
    "basic", "common", "core", "helper", "helpers", "imp", "impl", "manager", "misc", "types",
    "util", "utils", "various",
];

#[test]
fn every_file_is_named_after_what_it_holds() {
    check(drawers);
    finds(drawers, "crates/a/src/utils.rs", "", &[1]);
    finds(drawers, "crates/core/src/lib.rs", "", &[1]);
    finds(drawers, "tests/misc/a.rs", "", &[1]);
    finds(drawers, "crates/a/src/corpus.rs", "", &[]);
    finds(drawers, "examples/dumps/common/a.json", "", &[]);
}

fn drawers(file: &File) -> Vec<Complaint> {
    if !file.is_rust() {
        return Vec::new();
    }
    let parts = file.path.split('/').map(|part| part.trim_end_matches(".rs"));
    let drawer = parts.into_iter().find(|part| DRAWERS.contains(part));
    drawer
        .map(|name| (1, format!("`{name}` says nothing; name it after what it holds")))
        .into_iter()
        .collect()
}

#[test]
fn every_crate_is_named_after_what_it_holds() {
    check(drawer_crates);
    finds(drawer_crates, "crates/a/Cargo.toml", "[package]\nname = \"eventscope-util\"\n", &[2]);
    finds(drawer_crates, "crates/a/Cargo.toml", "[package]\nname = \"eventscope-query\"\n", &[]);
}

fn drawer_crates(file: &File) -> Vec<Complaint> {
    if !file.path.ends_with("Cargo.toml") {
        return Vec::new();
    }
    let drawer = |line: &str| {
        let name = line.strip_prefix("name = \"")?.strip_suffix('"')?;
        DRAWERS.contains(&name.strip_prefix("eventscope-").unwrap_or(name)).then_some(())
    };
    let bad = file.lines().filter(|(_, line)| drawer(line).is_some());
    bad.map(|(number, _)| (number, "the name says nothing about the crate".to_owned())).collect()
}

#[test]
fn modules_bear_their_own_names() {
    check(nameless_modules);
    finds(nameless_modules, "crates/a/src/b/mod.rs", "", &[1]);
    finds(nameless_modules, "crates/a/src/b.rs", "", &[]);
}

fn nameless_modules(file: &File) -> Vec<Complaint> {
    if file.path.ends_with("/mod.rs") {
        vec![(1, "move it to `NAME.rs` beside the folder NAME".to_owned())]
    } else {
        Vec::new()
    }
}
