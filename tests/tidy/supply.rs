//! Where the dependencies come from, and under which licences: what `deny.toml` says, as far as it
//! can be checked without a tool.

use super::tree::{metadata, root};
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";
/// What is written to disk depends on these: their versions are pinned.
const PINNED: [&str; 4] = ["bincode", "redb", "roaring", "tantivy"];
/// Packages of which more than one version is built. Each is one too many: lower this number when
/// one goes, and raise it only for a dependency that is worth it.
const TWICE_MAX: usize = 6;

/// A package of `Cargo.lock`.
#[derive(Debug, Default)]
struct Locked {
    name: String,
    source: Option<String>,
    checksum: Option<String>,
}

#[test]
fn everything_comes_from_the_registry_with_a_checksum() {
    let packages = locked(&fs::read_to_string(root().join("Cargo.lock")).unwrap());
    assert!(packages.len() > 50, "{} packages found", packages.len());
    let strange: Vec<&Locked> = packages.iter().filter(|package| is_strange(package)).collect();
    assert!(strange.is_empty(), "not from crates.io, or without a checksum: {strange:#?}");
}

#[test]
fn what_comes_from_elsewhere_is_seen() {
    let git = "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"git+https://b/a\"\n";
    assert!(locked(git).iter().any(is_strange));
    let ours = "[[package]]\nname = \"eventscope-model\"\nversion = \"0.1.0\"\n";
    assert!(!locked(ours).iter().any(is_strange));
}

#[test]
fn few_packages_are_built_in_two_versions() {
    let mut versions: BTreeMap<String, usize> = BTreeMap::new();
    for package in locked(&fs::read_to_string(root().join("Cargo.lock")).unwrap()) {
        *versions.entry(package.name).or_default() += 1;
    }
    versions.retain(|_, count| *count > 1);
    assert!(versions.len() <= TWICE_MAX, "{} of {TWICE_MAX}: {versions:?}", versions.len());
}

#[test]
fn licences_are_allowed() {
    let allowed = allowed(&fs::read_to_string(root().join("deny.toml")).unwrap());
    assert!(allowed.iter().any(|licence| licence == "MIT"), "{allowed:?}");
    // Only what is built on this machine is known to be here.
    let metadata = metadata(&["--locked", "--filter-platform", &host()]);
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 50, "{} packages found", packages.len());
    let refused: Vec<String> = packages
        .iter()
        .filter(|package| !is_allowed(package["license"].as_str().unwrap_or(""), &allowed))
        .map(|package| format!("{}: {}", package["name"], package["license"]))
        .collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn a_licence_is_read_by_its_choices() {
    let allowed = ["MIT".to_owned(), "Zlib".to_owned(), "0BSD".to_owned()];
    assert!(is_allowed("GPL-3.0 OR MIT", &allowed));
    assert!(is_allowed("MIT/Apache-2.0", &allowed));
    assert!(is_allowed("(GPL-3.0 OR MIT) AND Zlib", &allowed));
    assert!(!is_allowed("MIT AND GPL-3.0", &allowed));
    assert!(!is_allowed("", &allowed));
}

#[test]
fn what_decides_the_format_is_pinned_and_no_code_of_ours_is_unsafe() {
    let metadata = metadata(&["--no-deps", "--offline"]);
    let packages = metadata["packages"].as_array().unwrap();
    let dependencies = packages.iter().flat_map(|it| it["dependencies"].as_array().unwrap());
    let pinned = dependencies.filter(|it| PINNED.contains(&it["name"].as_str().unwrap_or("")));
    let requirements: Vec<&str> = pinned.map(|it| it["req"].as_str().unwrap()).collect();
    assert!(requirements.len() >= PINNED.len(), "{requirements:?}");
    assert!(requirements.iter().all(|it| it.starts_with('=')), "{requirements:?}");
    for package in packages {
        let path = package["manifest_path"].as_str().unwrap();
        let manifest = fs::read_to_string(path).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{path} has lints of its own");
    }
    let workspace = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(workspace.contains("unsafe_code = \"forbid\""));
}

fn is_strange(package: &Locked) -> bool {
    match &package.source {
        None => !package.name.starts_with("eventscope"),
        Some(source) => source != REGISTRY || package.checksum.is_none(),
    }
}

fn locked(text: &str) -> Vec<Locked> {
    let quoted = |line: &str, key: &str| {
        let value = line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"')?;
        Some(value.to_owned())
    };
    let package = |block: &str| {
        let find = |key| block.lines().find_map(|line| quoted(line, key));
        Locked {
            name: find("name").unwrap_or_default(),
            source: find("source"),
            checksum: find("checksum"),
        }
    };
    text.split("[[package]]").skip(1).map(package).collect()
}

/// The licences that `deny.toml` allows.
fn allowed(text: &str) -> Vec<String> {
    let licences = text.split_once("[licenses]").map_or("", |(_, rest)| rest);
    let list = licences.split_once("allow = [").map_or("", |(_, rest)| rest);
    let list = list.split_once(']').map_or("", |(list, _)| list);
    list.split(',').map(|it| it.trim().trim_matches('"').to_owned()).collect()
}

/// Whether a licence, in the words of SPDX or of older manifests, leaves a choice that is allowed.
fn is_allowed(licence: &str, allowed: &[String]) -> bool {
    let licence = licence.replace('/', " OR ");
    // The few that have brackets have them around choices: `(A OR B) AND C`.
    let parts = licence.split(" AND ").map(|part| part.trim().trim_matches(['(', ')']));
    let mut choices = parts.map(|part| part.split(" OR ").any(|it| allows(it, allowed)));
    !licence.is_empty() && choices.all(|it| it)
}

fn allows(licence: &str, allowed: &[String]) -> bool {
    allowed.iter().any(|it| it == licence.trim())
}

fn host() -> String {
    let output = Command::new("rustc").arg("-vV").current_dir(root()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}
