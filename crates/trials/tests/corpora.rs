//! Every committed input of every fuzz target keeps its promise, and so does no input at all.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use eventscope_trials::targets::{TARGETS, corpora, corpus};
use std::collections::BTreeSet;
use std::fs;

#[test]
fn every_committed_input_passes() {
    let mut inputs = 0;
    for target in TARGETS {
        (target.run)(&[]);
        for (name, input) in corpus(target).unwrap() {
            let passed = std::panic::catch_unwind(|| (target.run)(&input));
            assert!(passed.is_ok(), "{}/{name}", target.name);
            inputs += 1;
        }
    }
    assert!(inputs > 200, "{inputs} inputs");
}

#[test]
fn every_folder_of_inputs_and_every_binary_is_that_of_a_target() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|it| it.name.to_owned()).collect();
    assert_eq!(names(corpora()), targets);
    assert_eq!(names(corpora().join("../fuzz_targets")), targets);
    let manifest = fs::read_to_string(corpora().join("../Cargo.toml")).unwrap();
    for target in targets {
        assert!(manifest.contains(&format!("name = \"{target}\"\n")), "{target} is not built");
    }
}

fn names(folder: std::path::PathBuf) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|it| it.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}
