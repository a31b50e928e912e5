//! What a shell and a terminal get: completions, manual pages, colours, pages, silence.

use super::kit::{Dir, three};

/// What is offered for the last of some words.
fn offered(dir: &Dir, words: &[&str]) -> Vec<String> {
    let mut command = dir.command(&[&["--", "eventscope"], words].concat());
    command.env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", words.len().to_string());
    command.env("_CLAP_IFS", "\n").env("_CLAP_COMPLETE_COMP_TYPE", "9");
    let output = command.output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    out.lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn a_shell_completes_commands_labels_and_values() {
    let dir = Dir::of_three();
    let check = |words: &[&str], expected: &str| {
        let found = offered(&dir, words);
        assert!(found.iter().any(|one| one == expected), "{words:?}: {found:?}");
    };
    check(&["qu"], "query");
    check(&["query", "--old"], "--oldest");
    check(&["labels", "kube"], "kubernetes.namespace.name");
    check(&["query", "--facets", "name,kube"], "name,kubernetes.namespace.name");
    check(&["query", "severity = hi"], "severity = high");
    let expr = "type = docker and kubernetes.namespace.name = ";
    check(&["query", &format!("{expr}pr")], &format!("{expr}prod"));
    check(&["delete", "--where", "kube"], "kubernetes.namespace.name");
    assert!(offered(&Dir::new(), &["labels", "kube"]).is_empty());
    for shell in ["bash", "zsh", "fish"] {
        let script = dir.ok(&["completions", shell]);
        assert!(script.contains("COMPLETE") && script.contains("eventscope"), "{script}");
    }
}

#[test]
fn each_command_has_a_manual_page_and_examples() {
    let dir = Dir::new();
    dir.ok(&["man", "pages"]);
    for page in ["eventscope.1", "eventscope-query.1", "eventscope-compare.1"] {
        let text = std::fs::read_to_string(dir.path("pages").join(page)).unwrap();
        assert!(text.contains(".SH"), "{page}: {text}");
    }
    let help = dir.ok(&["query", "--help"]);
    assert!(help.contains("Examples:\n  eventscope query"), "{help}");
    assert_eq!(dir.ok(&["help", "query"]).trim(), help.trim());
    assert!(dir.ok(&["--help"]).contains("Exit codes: 0 done; 1 failed"));
}

#[test]
fn colours_and_warnings_are_as_they_are_asked_for() {
    let dir = Dir::of_three();
    let has_colour = |args: &[&str]| dir.ok(args).contains('\u{1b}');
    assert!(!has_colour(&["query"]));
    assert!(has_colour(&["query", "--color", "always"]));
    assert!(!has_colour(&["query", "--color", "never"]));
    assert_eq!(dir.run(&["query", "severty = high"]).err.lines().count(), 1);
    assert_eq!(dir.ok(&["query", "severty = high", "-q"]), "0 events\n");
    assert!(dir.ok(&["query", "severty = high", "-q", "--json"]).contains("unknown_key"));
}

#[test]
fn an_import_of_many_files_lists_those_that_need_a_look() {
    let dir = Dir::new();
    for nth in 0..24 {
        dir.file(&format!("dumps/{nth}.jsonl"), three());
    }
    dir.file("dumps/odd.jsonl", three() + "bread\n{\"uid\":\"x\"}\n");
    dir.file("dumps/notes.txt", "milk\n");
    let said = dir.ok(&["import", "dumps"]);
    assert!(said.contains("dumps/odd.jsonl") && said.contains("dumps/notes.txt"), "{said}");
    assert!(!said.contains("dumps/7.jsonl"), "{said}");
    assert!(said.contains("(26 files; --verbose lists 24 more)"), "{said}");
    let said = dir.ok(&["import", "dumps", "--verbose"]);
    assert!(said.contains("dumps/7.jsonl") && said.contains("(26 files)"), "{said}");
    assert_eq!(dir.json(&["import", "dumps"])["files"].as_array().unwrap().len(), 26);
}
