//! What ends a program or thread instead of answering is refused by lints in every crate that
//! ships.
//!
//! Some lints hold everywhere and stand in Cargo.toml. The others hold outside tests and stand at
//! the root of each crate. A place that is safe says so itself, by an `#[expect]` with its reason.

use super::fences::FREE;
use super::tree::metadata;
use std::fs;

/// What Cargo.toml says for all crates.
const EVERYWHERE: [&str; 3] =
    ["unsafe_code = \"forbid\"", "unwrap_used = \"deny\"", "todo = \"deny\""];

/// What the root of each crate denies where it is not built for its tests.
const OUTSIDE_TESTS: [&str; 6] = [
    "clippy::expect_used",
    "clippy::indexing_slicing",
    "clippy::string_slice",
    "clippy::arithmetic_side_effects",
    "clippy::panic",
    "clippy::unreachable",
];

#[test]
fn crates_that_ship_refuse_what_panics() {
    let metadata = metadata(&["--no-deps", "--offline"]);
    let packages = metadata["packages"].as_array().unwrap();
    let mut checked = Vec::new();
    let mut report = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap();
        if FREE.contains(&name) {
            continue;
        }
        let manifest = fs::read_to_string(package["manifest_path"].as_str().unwrap()).unwrap();
        if !manifest.contains("[lints]\nworkspace = true\n") {
            report.push(format!("{name} does not take the lints of the workspace"));
        }
        for target in package["targets"].as_array().unwrap() {
            let kinds = target["kind"].as_array().unwrap();
            if kinds.iter().any(|kind| kind == "lib" || kind == "bin") {
                let root = fs::read_to_string(target["src_path"].as_str().unwrap()).unwrap();
                report.extend(missing(&root).map(|lint| format!("{name} does not deny {lint}")));
                checked.push(name);
            }
        }
    }
    assert_eq!(checked.len(), 9, "{checked:?}");
    assert!(report.is_empty(), "{}", report.join("\n"));
}

#[test]
fn a_root_that_denies_too_little_is_found() {
    let whole = format!("#![cfg_attr(\n    not(test),\n    deny({})\n)]", OUTSIDE_TESTS.join(", "));
    assert_eq!(missing(&whole).count(), 0);
    for lint in OUTSIDE_TESTS {
        assert_eq!(missing(&whole.replace(lint, "")).collect::<Vec<_>>(), [lint]);
        let lifted = format!("{whole}\n#![expect({lint}, reason = \"it is everywhere\")]");
        assert_eq!(missing(&lifted).collect::<Vec<_>>(), [lint]);
    }
    assert_eq!(missing("").count(), OUTSIDE_TESTS.len());
    assert_eq!(missing(&whole.replace("deny", "warn")).count(), OUTSIDE_TESTS.len());
    assert_eq!(missing(&whole.replace("not(test)", "test")).count(), OUTSIDE_TESTS.len());
}

#[test]
fn the_workspace_refuses_it_everywhere() {
    let manifest = fs::read_to_string(super::tree::root().join("Cargo.toml")).unwrap();
    for lint in EVERYWHERE {
        assert!(manifest.lines().any(|line| line == lint), "Cargo.toml does not say {lint}");
    }
}

/// The lints that the root of a crate does not deny, or lifts for all of it.
fn missing(root: &str) -> impl Iterator<Item = &'static str> {
    let denials = attributes(root, "#![cfg_attr(not(test),deny(");
    let lifted = attributes(root, "#![expect(") + &attributes(root, "#![allow(");
    let names = |list: &str, lint: &str| list.split(['(', ')', ',', ']']).any(|name| name == lint);
    OUTSIDE_TESTS.into_iter().filter(move |lint| !names(&denials, lint) || names(&lifted, lint))
}

/// All attributes of a file that begin like this, without white space.
fn attributes(text: &str, start: &str) -> String {
    let text: String = text.split_whitespace().collect();
    text.split("#!")
        .map(|attribute| format!("#!{attribute}"))
        .filter(|attribute| attribute.starts_with(start))
        .filter_map(|attribute| Some(attribute.split_once(")]")?.0.to_owned() + ")]"))
        .collect()
}
