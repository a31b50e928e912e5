//! Where the dependencies come from, and under which licences: what `deny.toml` says, as far as it
//! can be checked without a tool.

use super::tree::{metadata, root};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";
/// What is written to disk depends on these: their versions are pinned.
const PINNED: [&str; 4] = ["bincode", "redb", "roaring", "tantivy"];
/// Packages of which more than one version is built. Each is one too many: lower this number when
/// one goes, and raise it only for a dependency that is worth it.
const TWICE_MAX: usize = 6;

/// The lock files: of what is shipped, and of what only fuzzes and compares it.
const LOCKS: [&str; 3] = ["Cargo.lock", "fuzz/Cargo.lock", "benches/compare/Cargo.lock"];

/// A package of a lock file.
#[derive(Debug, Default)]
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
}

#[test]
fn everything_comes_from_the_registry_with_a_checksum() {
    for path in LOCKS {
        let packages = locked(&read(path));
        assert!(packages.len() > 30, "{} packages found in {path}", packages.len());
        let strange: Vec<&Locked> = packages.iter().filter(|package| is_strange(package)).collect();
        assert!(strange.is_empty(), "{path}: not from crates.io, or no checksum: {strange:#?}");
    }
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
    for package in locked(&read("Cargo.lock")) {
        *versions.entry(package.name).or_default() += 1;
    }
    versions.retain(|_, count| *count > 1);
    assert!(versions.len() <= TWICE_MAX, "{} of {TWICE_MAX}: {versions:?}", versions.len());
}

#[test]
fn licences_are_allowed() {
    let allowed = allowed(&read("deny.toml"));
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
    let allowed = ["MIT", "Zlib", "0BSD", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
    assert!(is_allowed("GPL-3.0 OR MIT", &allowed));
    assert!(is_allowed("MIT/Apache-2.0", &allowed));
    assert!(is_allowed("(GPL-3.0 OR MIT) AND Zlib", &allowed));
    assert!(is_allowed("((MIT))", &allowed));
    assert!(!is_allowed("MIT AND GPL-3.0", &allowed));
    assert!(!is_allowed("", &allowed));
    // AND binds closer than OR, and WITH closer than both.
    assert!(is_allowed("MIT OR Zlib AND GPL-3.0", &allowed));
    assert!(is_allowed("GPL-3.0 AND Zlib OR MIT", &allowed));
    assert!(!is_allowed("(MIT OR Zlib) AND GPL-3.0", &allowed));
    assert!(!is_allowed("GPL-3.0 OR MIT AND (GPL-3.0 OR LGPL-3.0)", &allowed));
    assert!(is_allowed("Apache-2.0 WITH LLVM-exception OR GPL-3.0", &allowed));
    assert!(!is_allowed("Apache-2.0", &allowed));
    assert!(!is_allowed("MIT WITH LLVM-exception", &allowed));
    // What is no expression is not allowed, whatever stands in it.
    for broken in
        ["MIT OR", "AND MIT", "(MIT", "MIT)", "MIT MIT", "MIT OR OR MIT", "()", "MIT WITH"]
    {
        assert!(!is_allowed(broken, &allowed), "{broken}");
    }
}

#[test]
fn every_ignored_advisory_says_once_why() {
    let ignored = ignored(&read("deny.toml"));
    assert!(ignored.iter().any(|line| line.contains("RUSTSEC-2025-0141")), "{ignored:?}");
    assert_eq!(unexplained(&ignored, &locked(&read("Cargo.lock"))), Vec::<String>::new());
}

#[test]
fn advisories_that_are_ignored_without_a_reason_are_seen() {
    let packages = [Locked { name: "a".to_owned(), ..Locked::default() }];
    let wrong = |ignore: &str| {
        let text = format!("[advisories]\nignore = [\n{ignore}\n]\n[bans]\n\"RUSTSEC-1\"\n");
        unexplained(&ignored(&text), &packages).len()
    };
    assert_eq!(wrong(r#"{ id = "RUSTSEC-1", reason = "a is pinned" },"#), 0);
    assert_eq!(wrong(r#""RUSTSEC-1","#), 1);
    assert_eq!(wrong(r#"{ id = "RUSTSEC-1" },"#), 1);
    assert_eq!(wrong(r#"{ id = "RUSTSEC-1", reason = "" },"#), 1);
    // The reason has to begin with a package that there is.
    assert_eq!(wrong(r#"{ id = "RUSTSEC-1", reason = "b is pinned" },"#), 1);
    let twice = r#"{ id = "RUSTSEC-1", reason = "a is pinned" },"#;
    assert_eq!(wrong(&format!("{twice}\n{twice}")), 1);
}

#[test]
fn what_decides_the_format_is_pinned_and_no_code_of_ours_is_unsafe() {
    let metadata = metadata(&["--no-deps", "--offline"]);
    let packages = metadata["packages"].as_array().unwrap();
    let dependencies = packages.iter().flat_map(|it| it["dependencies"].as_array().unwrap());
    let pinned = dependencies.filter(|it| PINNED.contains(&it["name"].as_str().unwrap_or("")));
    let text = |it: &Value, key: &str| it[key].as_str().unwrap().to_owned();
    let pins: BTreeMap<String, String> =
        pinned.map(|it| (text(it, "name"), text(it, "req"))).collect();
    assert!(pins.keys().eq(&PINNED), "{pins:?}");
    assert!(pins.values().all(|pin| is_exact(pin)), "{pins:?}");
    for path in LOCKS {
        for Locked { name, version, .. } in locked(&read(path)) {
            let pin = pins.get(&name).and_then(|pin| pin.strip_prefix('='));
            assert!(pin.is_none_or(|pin| pin == version), "{path} has {name} {version}");
        }
    }
    for package in packages {
        let path = package["manifest_path"].as_str().unwrap();
        let manifest = fs::read_to_string(path).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{path} has lints of its own");
    }
    let workspace = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(workspace.contains("unsafe_code = \"forbid\""));
}

#[test]
fn a_pin_names_one_version() {
    assert!(is_exact("=1.2.3"));
    for loose in ["1.2.3", "^1.2.3", "=1.2", "=1.2.*", "=1", "=1.2.3, <2"] {
        assert!(!is_exact(loose), "{loose}");
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// Whether a requirement is `=x.y.z`.
fn is_exact(requirement: &str) -> bool {
    let numbers = requirement.strip_prefix('=').map(|version| version.split('.'));
    numbers.is_some_and(|numbers| {
        let numbers: Vec<_> = numbers.map(str::parse::<u64>).collect();
        numbers.len() == 3 && numbers.iter().all(Result::is_ok)
    })
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
            version: find("version").unwrap_or_default(),
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

/// The lines of `deny.toml` that each ignore an advisory.
fn ignored(text: &str) -> Vec<String> {
    let section = text.split_once("[advisories]").map_or("", |(_, rest)| rest);
    let list = section.split_once("ignore = [").map_or("", |(_, rest)| rest);
    let lines = list.lines().take_while(|line| line.trim() != "]");
    lines.filter(|line| line.contains("RUSTSEC")).map(str::to_owned).collect()
}

/// Those that do not say why, in a sentence that begins with the name of the package, and those
/// that were there before.
fn unexplained(ignored: &[String], packages: &[Locked]) -> Vec<String> {
    let after = |line: &str, key: &str| {
        let (_, rest) = line.split_once(&format!("{key} = \""))?;
        rest.split_once('"').map(|(value, _)| value.to_owned())
    };
    let mut seen = BTreeSet::new();
    let is_wrong = |line: &&String| {
        let is_new = after(line, "id").is_some_and(|id| seen.insert(id));
        let reason = after(line, "reason").unwrap_or_default();
        let names = |package: &Locked| reason.split(' ').next() == Some(&package.name);
        !is_new || !packages.iter().any(names)
    };
    ignored.iter().filter(is_wrong).cloned().collect()
}

/// Whether a licence, in the words of SPDX or with the slash of older manifests, leaves a choice
/// that is allowed.
fn is_allowed(licence: &str, allowed: &[String]) -> bool {
    let spaced = licence.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    choice(&mut rest, allowed) == Some(true) && rest.is_empty()
}

/// Reads parts that `OR` stands between, and says whether one of them is allowed; `None` if there
/// is no expression.
fn choice(words: &mut &[&str], allowed: &[String]) -> Option<bool> {
    let mut any = all(words, allowed)?;
    while let Some(rest) = words.strip_prefix(&["OR"]) {
        *words = rest;
        any |= all(words, allowed)?;
    }
    Some(any)
}

/// Reads parts that `AND` stands between, and says whether all of them are allowed.
fn all(words: &mut &[&str], allowed: &[String]) -> Option<bool> {
    let mut every = one(words, allowed)?;
    while let Some(rest) = words.strip_prefix(&["AND"]) {
        *words = rest;
        every &= one(words, allowed)?;
    }
    Some(every)
}

/// Reads a licence, with its exception if it has one, or an expression in brackets.
fn one(words: &mut &[&str], allowed: &[String]) -> Option<bool> {
    let is_name = |word: &str| !["OR", "AND", "WITH", "(", ")"].contains(&word);
    let (name, rest) = match *words {
        ["(", rest @ ..] => {
            *words = rest;
            let inner = choice(words, allowed)?;
            *words = words.strip_prefix(&[")"])?;
            return Some(inner);
        }
        [licence, "WITH", exception, rest @ ..] if is_name(licence) && is_name(exception) => {
            (format!("{licence} WITH {exception}"), rest)
        }
        [licence, rest @ ..] if is_name(licence) => ((*licence).to_owned(), rest),
        _ => return None,
    };
    *words = rest;
    Some(allowed.contains(&name))
}

fn host() -> String {
    let output = Command::new("rustc").arg("-vV").current_dir(root()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}
