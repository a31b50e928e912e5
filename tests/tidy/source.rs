//! Rules about Rust source: its purpose first, lines and files of a bounded length, no lost
//! `matches!`, plain ASCII.

use super::tree::{Complaint, File, check, finds};

const COLUMNS_MAX: usize = 100;
const CODE_LINES_MAX: usize = 500;

#[test]
fn every_file_says_first_what_it_is_for() {
    check(opens_with_purpose);
    finds(opens_with_purpose, "a.rs", "//! Good.\n", &[]);
    finds(opens_with_purpose, "a.rs", "use std::fmt;\n//! Late.\n", &[1]);
    finds(opens_with_purpose, "a.rs", "//!\nfn main() {}\n", &[1]);
    finds(opens_with_purpose, "a.rs", "", &[1]);
}

fn opens_with_purpose(file: &File) -> Vec<Complaint> {
    let purpose = file.text.lines().next().and_then(|line| line.strip_prefix("//! "));
    if !file.is_rust() || purpose.is_some_and(|purpose| !purpose.trim().is_empty()) {
        return Vec::new();
    }
    vec![(1, "open the file with a `//!` sentence that says what it is for".to_owned())]
}

#[test]
fn lines_fit_the_page() {
    check(long_lines);
    let at_limit = "x".repeat(COLUMNS_MAX);
    finds(long_lines, "a.rs", &format!("{at_limit}\n{at_limit}x\n"), &[2]);
    finds(long_lines, "a.rs", &format!("//! {at_limit}\n//! | {at_limit} |\n"), &[1]);
    finds(long_lines, "a.md", &format!("{at_limit}x\n"), &[]);
}

fn long_lines(file: &File) -> Vec<Complaint> {
    if !file.is_rust() {
        return Vec::new();
    }
    let lines = file.lines().filter(|(_, line)| !is_table_row(line));
    let long = lines.filter(|(_, line)| line.chars().count() > COLUMNS_MAX);
    long.map(|(number, line)| {
        let columns = line.chars().count();
        (number, format!("{columns} columns; break the line at {COLUMNS_MAX}"))
    })
    .collect()
}

/// A row of a table in a doc comment, which Markdown does not let us break.
fn is_table_row(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("//! |") || line.starts_with("/// |")
}

#[test]
fn files_stay_small() {
    check(long_files);
    let code = "let a = 1;\n".repeat(CODE_LINES_MAX);
    finds(long_files, "a.rs", &format!("//! Doc.\n\n// Why.\n{code}"), &[]);
    finds(long_files, "a.rs", &format!("{code}let b = 2;\n"), &[501]);
}

fn long_files(file: &File) -> Vec<Complaint> {
    let is_code = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
    let code: Vec<usize> =
        file.lines().filter(|(_, line)| is_code(line)).map(|(number, _)| number).collect();
    match code.get(CODE_LINES_MAX) {
        Some(first_over) if file.is_rust() => {
            let what = format!("{} lines of code; split at {CODE_LINES_MAX} or less", code.len());
            vec![(*first_over, what)]
        }
        _ => Vec::new(),
    }
}

#[test]
fn no_result_of_matches_is_dropped() {
    check(dropped_matches);
    finds(dropped_matches, "a.rs", "{\n    matches!(a, Some('('));\n}\n", &[2]);
    finds(dropped_matches, "a.rs", "f();\nmatches!(\n    a,\n    None\n);\n", &[2]);
    finds(dropped_matches, "a.rs", "{\n    matches!(a, None)\n}\n", &[]);
    finds(dropped_matches, "a.rs", "let b =\n    matches!(a, None);\n", &[]);
    finds(dropped_matches, "a.rs", "assert!(\n    matches!(a, \")\"),\n);\n", &[]);
}

/// A statement that is a `matches!` and nothing more: it starts after the end of another
/// statement, and a semicolon follows its closing parenthesis.
fn dropped_matches(file: &File) -> Vec<Complaint> {
    let mut found = Vec::new();
    let mut starts_statement = true;
    let mut start = 0;
    for (number, line) in file.lines() {
        let begins = starts_statement && line.trim_start().starts_with("matches!(");
        let rest = file.text.get(start..).unwrap_or_default();
        if file.is_rust() && begins && after_parentheses(rest).starts_with(';') {
            found.push((number, "the answer of `matches!` is lost; assert it".to_owned()));
        }
        if !line.trim().is_empty() {
            starts_statement = line.trim_end().ends_with([';', '{', '}']);
        }
        start += line.len() + 1;
    }
    found
}

/// What follows the first parenthesis and all that it holds. Strings and characters may hold
/// parentheses of their own.
fn after_parentheses(text: &str) -> &str {
    let mut depth = 0;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '(' => depth += 1,
            ')' if depth == 1 => return text.get(at + 1..).unwrap_or_default(),
            ')' => depth -= 1,
            '"' => while letters.next_if(|(_, inner)| *inner != '"').is_some() {},
            '\'' if text.get(at + 2..).is_some_and(|rest| rest.starts_with('\'')) => {
                letters.next();
                letters.next();
            }
            _ => continue,
        }
        if letter == '"' {
            letters.next();
        }
    }
    ""
}

#[test]
fn source_is_plain_ascii() {
    check(other_letters);
    finds(other_letters, "crates/a/src/b.rs", "// ok\n// na\u{ef}ve\n", &[2]);
    finds(other_letters, "Cargo.toml", "# \u{2014}\n", &[1]);
    finds(other_letters, "crates/a/src/b.rs", "mod tests {\n// \u{6771}\n}\n", &[]);
    for path in ["crates/model/src/words.rs", "crates/a/src/b/tests.rs", "tests/a.rs", "a.md"] {
        finds(other_letters, path, "\u{6771}\n", &[]);
    }
}

/// Letters beyond ASCII look like others and do not print everywhere. Tests, documents and the
/// word splitter need them.
fn other_letters(file: &File) -> Vec<Complaint> {
    let path = file.path.as_str();
    let source = [".rs", ".toml", ".lock", ".sh"].iter().any(|ending| path.ends_with(ending));
    let may = path.starts_with("tests/")
        || path.contains("/tests/")
        || path.ends_with("/tests.rs")
        || path.starts_with("crates/model/src/words");
    if !source || may {
        return Vec::new();
    }
    let before_tests = file.lines().take_while(|(_, line)| line.trim() != "mod tests {");
    let other = before_tests.filter(|(_, line)| !line.is_ascii());
    other.map(|(number, _)| (number, "not ASCII; write \\u{..} instead".to_owned())).collect()
}
