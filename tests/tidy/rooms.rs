//! Which room of the storage crate may use which.
//!
//! The modules at the top of `crates/storage/src` are rooms, listed here from the bottom to the
//! top. A room may use those below it and never those above, so that every room can be read, and
//! changed, knowing only what lies under it. Files of one room may use each other; the largest
//! circle among them is bounded.
//!
//! `cargo test --test tests rooms -- --nocapture` prints the figures of the graph.

use super::tree::{File, files};
use std::collections::{BTreeMap, BTreeSet};

const SOURCES: &str = "crates/storage/src/";

/// The rooms, from the bottom to the top.
const ROOMS: [&str; 24] = [
    "limits",
    "error",
    "options",
    "stats",
    "fault_injection",
    "vfs",
    "database",
    "row",
    "index",
    "change",
    "segment",
    "log",
    "folder",
    "view",
    "text",
    "compaction",
    "snapshot",
    "verify",
    "backup",
    "writer",
    "storage",
    "json",
    "fuzzing",
    "lib",
];

/// Files that use each other in a circle: those of `writer`, which have one `impl Writer`.
const CIRCLE_MAX: usize = 5;

/// What each file of the crate uses: paths from the root of the crate, without `crate::`.
type Graph = BTreeMap<String, BTreeSet<String>>;

#[test]
fn rooms_use_only_what_lies_below_them() {
    let graph = graph(&files());
    assert!(graph.len() > 50, "no files of the storage crate found");
    let refused: Vec<String> = upward(&graph);
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    let between: BTreeSet<(&str, &str)> = imports(&graph).collect();
    let imports = imports(&graph).count();
    let circles = circles(&graph);
    println!("{} rooms, {} files, {imports} imports between rooms", ROOMS.len() - 1, graph.len());
    println!("{} pairs of rooms, none of them upward", between.len());
    println!("circles of files: {circles:?}");
    let largest = circles.iter().map(BTreeSet::len).max().unwrap_or_default();
    assert!(largest <= CIRCLE_MAX, "{largest} files use each other in a circle: {circles:?}");
}

#[test]
fn what_points_upward_or_is_new_is_found() {
    let graph = |path: &str, text: &str| {
        let path = format!("{SOURCES}{path}");
        upward(&self::graph(&[File::new(&path, text)])).len()
    };
    assert_eq!(graph("row/block.rs", "use crate::view::View;"), 1);
    assert_eq!(graph("row/block.rs", "use crate::{limits::A, view::{View, part::Part}};"), 2);
    assert_eq!(graph("row/block.rs", "fn f() { crate::view::g() }"), 1);
    assert_eq!(graph("row/block.rs", "// crate::view\nuse crate::error::Error;"), 0);
    assert_eq!(graph("row/block.rs", "#[cfg(test)]\nmod tests { use crate::view::View; }"), 0);
    assert_eq!(graph("view/part.rs", "use crate::row::Row;\nuse crate::view::View;"), 0);
    assert_eq!(graph("view/part.rs", "use super::{View, sums};"), 0);
    assert_eq!(graph("row.rs", "use super::view::View;"), 1);
    assert_eq!(graph("attic.rs", "use crate::row::Row;"), 1);
    assert_eq!(graph("lib.rs", "pub use view::View;"), 0);
}

#[test]
fn a_circle_of_files_is_found() {
    let file = |name: &str, text: &str| File::new(&format!("{SOURCES}{name}"), text);
    let graph = graph(&[
        file("row.rs", "use crate::row::block::Block;"),
        file("row/block.rs", "use crate::row::uid::Uid;"),
        file("row/uid.rs", "use crate::row::Row;"),
        file("row/free.rs", "use crate::row::Row;"),
    ]);
    let circles = circles(&graph);
    assert_eq!(circles.len(), 1);
    assert_eq!(circles.first().map(BTreeSet::len), Some(3));
}

fn graph(files: &[File]) -> Graph {
    let sources = files.iter().filter(|file| file.is_rust());
    let inside = sources.filter_map(|file| Some((file.path.strip_prefix(SOURCES)?, file)));
    let modules = inside.map(|(path, file)| (module(path), file));
    modules.map(|(module, file)| (module.clone(), uses(&module, &file.text))).collect()
}

/// The path of the module in a file.
fn module(path: &str) -> String {
    path.trim_end_matches(".rs").replace('/', "::")
}

fn room(module: &str) -> &str {
    module.split("::").next().unwrap_or(module)
}

/// Imports from one room into another.
fn imports(graph: &Graph) -> impl Iterator<Item = (&str, &str)> {
    let all = graph.iter().flat_map(|(by, uses)| uses.iter().map(move |of| (room(by), room(of))));
    all.filter(|(by, of)| by != of)
}

fn upward(graph: &Graph) -> Vec<String> {
    let rank = |room: &str| ROOMS.iter().position(|known| *known == room);
    let mut refused = Vec::new();
    for (by, uses) in graph {
        let Some(own) = rank(room(by)) else {
            refused.push(format!("{by} is a new room; give it a place in tests/tidy/rooms.rs"));
            continue;
        };
        let above = uses.iter().filter(|of| rank(room(of)).is_none_or(|rank| rank > own));
        refused.extend(above.map(|of| format!("{by} uses {of}, which lies above it")));
    }
    refused
}

/// The paths from the root of the crate that a module names outside its tests and comments.
fn uses(module: &str, text: &str) -> BTreeSet<String> {
    let code: String = text
        .split("#[cfg(test)]\nmod tests")
        .next()
        .unwrap_or_default()
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .flat_map(|line| [line, "\n"])
        .collect();
    let around =
        module.rsplit_once("::").map_or(String::new(), |(around, _)| format!("{around}::"));
    let named = |root: &str, before: &str| -> Vec<String> {
        code.split(root).skip(1).flat_map(|rest| paths(before, rest)).collect()
    };
    named("crate::", "").into_iter().chain(named("super::", &around)).collect()
}

/// The paths of a tree such as `a::{b, c::{D, E}}`, up to where it ends.
fn paths(before: &str, tree: &str) -> Vec<String> {
    let is_path = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let end = tree.find(|letter| !is_path(letter)).unwrap_or(tree.len());
    let (path, rest) = tree.split_at(end);
    let path = format!("{before}{path}");
    let Some(inside) = rest.strip_prefix('{') else { return vec![path] };
    branches(inside).into_iter().flat_map(|branch| paths(&path, branch.trim())).collect()
}

/// What stands between the commas of a brace, up to its end.
fn branches(inside: &str) -> Vec<&str> {
    let (mut depth, mut start, mut branches) = (0, 0, Vec::new());
    for (at, letter) in inside.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                branches.push(inside[start..at].trim());
                start = at + 1;
                if letter == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    branches.retain(|branch| !branch.is_empty());
    branches
}

/// Files that can all be reached from each other, the largest circle first.
fn circles(graph: &Graph) -> Vec<BTreeSet<&str>> {
    let file = |path: &str| {
        let mut path = path;
        loop {
            if let Some((name, _)) = graph.get_key_value(path) {
                return Some(name.as_str());
            }
            path = path.rsplit_once("::")?.0;
        }
    };
    let next: BTreeMap<&str, BTreeSet<&str>> = graph
        .iter()
        .map(|(by, uses)| (by.as_str(), uses.iter().filter_map(|of| file(of)).collect()))
        .collect();
    let reached = |from: &str| {
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        let mut open: Vec<&str> = next[from].iter().copied().collect();
        while let Some(file) = open.pop() {
            if reached.insert(file) {
                open.extend(&next[file]);
            }
        }
        reached
    };
    let all: BTreeMap<&str, BTreeSet<&str>> =
        next.keys().map(|from| (*from, reached(from))).collect();
    let circle = |from: &&str| -> BTreeSet<&str> {
        all[from].iter().copied().filter(|to| all[to].contains(from)).collect()
    };
    let circles: BTreeSet<BTreeSet<&str>> = all.keys().map(circle).collect();
    let mut circles: Vec<_> = circles.into_iter().filter(|circle| circle.len() > 1).collect();
    circles.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
    circles
}
