//! Rules about all texts: nothing left to do, no paths of one machine, no dead links.

use super::tree::{Complaint, File, check, finds, root};

/// Marks of unfinished work. They are put together here, so that this file does not hold them.
const MARKS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Starts of paths that exist on one machine only.
const MACHINE_PATHS: [&str; 2] = [concat!("/wo", "rk/"), concat!("/ro", "ot/")];

#[test]
fn nothing_is_left_to_do() {
    check(marks);
    let [first, _, last] = MARKS;
    finds(marks, "a.rs", &format!("// {first}: later\nlet a = 1; // {last}\n"), &[1, 2]);
    finds(marks, "a.rs", &format!("let {first}S = 1; // {last}X\n"), &[]);
}

fn marks(file: &File) -> Vec<Complaint> {
    if file.path.starts_with("examples/dumps/") {
        return Vec::new();
    }
    let marked = file.lines().filter_map(|(number, line)| {
        let mut words = line.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        Some((number, words.find(|word| MARKS.contains(word))?))
    });
    marked.map(|(number, mark)| (number, format!("{mark}: do it, or open an issue"))).collect()
}

#[test]
fn no_file_names_a_place_on_one_machine() {
    check(machine_paths);
    finds(machine_paths, "a.md", &format!("see\n{}a/b\n", MACHINE_PATHS[0]), &[2]);
    finds(machine_paths, "a.md", "see https://example.com/homepage/work\n", &[]);
}

fn machine_paths(file: &File) -> Vec<Complaint> {
    let bad = |line: &&str| {
        let starts = MACHINE_PATHS.iter().flat_map(|path| line.match_indices(path));
        starts.into_iter().any(|(at, _)| !line.get(..at).unwrap_or_default().ends_with(is_name))
    };
    let lines = file.lines().filter(|(_, line)| bad(line));
    lines
        .map(|(number, _)| (number, "a path of one machine; make it relative".to_owned()))
        .collect()
}

/// Whether a letter before a slash means that the path starts further left.
fn is_name(letter: char) -> bool {
    letter.is_alphanumeric() || "._-~}".contains(letter)
}

#[test]
fn links_lead_somewhere() {
    check(dead_links);
    finds(dead_links, "a.md", "[a](Cargo.toml) [b](none.md)\n", &[1]);
    finds(dead_links, "tests/a.md", "see [b](../none.md#part)\n\n[c]: none.md\n", &[1, 3]);
    finds(dead_links, "a.md", "[a](https://example.com) [b](#part)\n[c]: Cargo.toml\n", &[]);
    finds(dead_links, "a.md", "`[a](none.md)`\n```\n[b](none.md)\n```\n[c](none.md)\n", &[5]);
}

fn dead_links(file: &File) -> Vec<Complaint> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (number, line) in file.lines().filter(|_| file.is_markdown()) {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        let dead = targets(line).into_iter().filter(|target| !leads_somewhere(file, target));
        found.extend(dead.map(|target| (number, format!("the link to `{target}` is dead"))));
    }
    found
}

/// The targets of all links in a line of Markdown, outside of code.
fn targets(line: &str) -> Vec<&str> {
    if let Some((_, target)) = line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")) {
        return vec![target.trim()];
    }
    let outside_code = line.split('`').step_by(2);
    let links = outside_code.flat_map(|part| part.split("](").skip(1));
    links.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target).collect()
}

fn leads_somewhere(file: &File, target: &str) -> bool {
    let path = target.split('#').next().unwrap_or_default();
    if path.is_empty() || target.contains("://") || target.starts_with("mailto:") {
        return true;
    }
    let folder = root().join(&file.path);
    folder.parent().is_some_and(|folder| folder.join(path).try_exists().unwrap())
}
