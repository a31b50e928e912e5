//! The files of the project, and how a rule is put to them.

use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders that are not part of the project: what is built, and what fuzzers leave behind. Stores,
/// which end in `.db`, are skipped too.
const SKIPPED: [&str; 4] = [".git", "target", "corpus", "artifacts"];

/// A text file: its path from the root of the project, with `/` between the parts.
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
}

impl File {
    pub(super) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    pub(super) fn is_rust(&self) -> bool {
        Path::new(&self.path).extension().is_some_and(|extension| extension == "rs")
    }

    pub(super) fn is_markdown(&self) -> bool {
        Path::new(&self.path).extension().is_some_and(|extension| extension == "md")
    }

    /// The lines with their numbers, from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }
}

/// What a rule has to say about a line.
pub(super) type Complaint = (usize, String);

/// What `cargo metadata` says with these arguments.
pub(super) fn metadata(arguments: &[&str]) -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["metadata", "--format-version", "1"]).args(arguments);
    let output = command.current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The root of the project.
pub(super) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All text files of the project, sorted by path. What is no UTF-8 is not text.
pub(super) fn files() -> Vec<File> {
    let root = root();
    let mut folders = vec![root.clone()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                let name = entry.file_name().to_string_lossy().into_owned();
                if !SKIPPED.contains(&name.as_str()) && !name.ends_with(".db") {
                    folders.push(path);
                }
            } else if let Ok(text) = fs::read_to_string(&path) {
                let path = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                files.push(File { path, text });
            }
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(files.iter().any(|file| file.path == "Cargo.toml"), "no files found");
    files
}

/// Puts a rule to all files, and fails with everything it has to say.
#[track_caller]
pub(super) fn check(rule: impl Fn(&File) -> Vec<Complaint>) {
    let mut report = String::new();
    for file in files() {
        for (line, what) in rule(&file) {
            let _ = write!(report, "\n{}:{line}: {what}", file.path);
        }
    }
    assert!(report.is_empty(), "{report}\n");
}

/// Puts a rule to a sample, which it must find at fault in exactly these lines.
#[track_caller]
pub(super) fn finds(
    rule: impl Fn(&File) -> Vec<Complaint>,
    path: &str,
    text: &str,
    expected: &[usize],
) {
    let lines: Vec<usize> =
        rule(&File::new(path, text)).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, expected, "{path}: {text}");
}
