//! Wrong input: one line that says what to do, exit 1 or 2, and nothing lost.

use super::kit::Dir;
use eventscope::Store;
use std::fs;
use std::process::Stdio;

/// Runs a command that must fail with this code and, on standard error, exactly this.
#[track_caller]
fn fails(dir: &Dir, args: &[&str], code: i32, expected: &str) {
    let said = dir.run(args);
    assert_eq!((said.code, said.err.as_str()), (Some(code), expected), "{args:?}: {said:?}");
}

#[test]
fn what_is_typed_wrongly_is_told_in_a_line() {
    let dir = Dir::of_three();
    let check = |args: &[&str], expected: &str| {
        fails(&dir, args, 2, &format!("error: {expected}\n"));
    };
    check(&["frob"], "unknown command 'frob'; `eventscope --help` lists all");
    check(&["qurey"], "unknown command 'qurey'; did you mean 'query'?");
    check(&["help", "frob"], "unknown command 'frob'; `eventscope --help` lists all");
    check(&["query", "--xyz"], "unexpected argument '--xyz' found; see `eventscope help query`");
    check(
        &["import"],
        "the following required arguments were not provided: <PATH>...; \
         see `eventscope help import`",
    );
    check(
        &["ack", "one"],
        "invalid value 'one' for '[ID]...': an id is a whole number; see `eventscope help ack`",
    );
    check(&["--ndjson", "stats"], "--ndjson goes with query, show and export; use --json");
    check(
        &["query", "--from", "soon"],
        "invalid value 'soon' for '--from <TIME>': not a time; write 2026-11-23 09:00, \
         2026-11-23T09:00:00Z, 2026-11-23, 2026, 10:30, now, today, yesterday, 2h30m (ago), or a \
         Unix number of nine digits or more; see `eventscope help query`",
    );
    check(
        &["post", "x", "-s", "9"],
        "'9' is no severity; write 0 (high) to 7 (low), or emergency, alert, critical, error, \
         warning, notice, informational, debug",
    );
    check(
        &["post", "x", "-c", "severity = 3"],
        "the scope of an event is made of labels, as in host.hostName = \"web\" and \
         container.name = \"foo\"; `severity = error` is no label",
    );
    let said = dir.run(&[]);
    assert_eq!(said.code, Some(2));
    assert!(
        said.err.starts_with("error: no command; there are analyze, import, query,"),
        "{said:?}"
    );
}

#[test]
fn a_wrong_expression_is_drawn_with_a_caret() {
    let dir = Dir::of_three();
    let expected = "error: wrong expression: `hgh` is no severity; there are 0 to 7, \
        emergency, alert, critical, error, warning, notice, informational, debug, high, medium, \
        low and info; did you mean `high`?\n\
        type = docker and severity = hgh\n                             \
        ^^^ `hgh` is no severity; there are 0 to 7, emergency, alert, critical, error, warning, \
        notice, informational, debug, high, medium, low and info\n                                 \
        did you mean `high`?\n";
    let wrong = "type = docker and severity = hgh";
    for args in [
        vec!["query", wrong],
        vec!["export", wrong],
        vec!["analyze", "three.jsonl", "-w", wrong],
        vec!["delete", "--where", wrong],
    ] {
        fails(&dir, &args, 2, expected);
    }
    assert_eq!(dir.json(&["query"])["total"], 3);
}

#[test]
fn a_store_that_is_not_there_is_not_made_by_asking() {
    let dir = Dir::new();
    let expected = "eventscope: no store at ./events.db; import makes one\n";
    for args in [
        &["query"][..],
        &["show", "1"],
        &["ack", "1"],
        &["labels"],
        &["export"],
        &["stats"],
        &["verify"],
        &["rebuild"],
        &["prune", "--older-than", "1d"],
    ] {
        fails(&dir, args, 1, expected);
    }
    assert_eq!(fs::read_dir(dir.path(".")).unwrap().count(), 0);
}

#[test]
fn a_missing_id_changes_nothing() {
    let dir = Dir::of_three();
    let expected = "eventscope: no event with id 9; it never existed, was deleted or was pruned\n";
    for args in [&["show", "1", "9"][..], &["delete", "1", "9"], &["query", "--before", "9"]] {
        fails(&dir, args, 1, expected);
    }
    assert_eq!(dir.json(&["query"])["total"], 3);
}

#[test]
fn what_cannot_be_undone_is_told_with_its_reason() {
    let dir = Dir::of_three();
    let check = |change: &str, why: &str| {
        let expected = format!("eventscope: change {change} cannot be undone: {why}\n");
        fails(&dir, &["undo", change], 1, &expected);
    };
    check("1", "nothing was acknowledged, resolved or deleted yet");
    dir.ok(&["ack", "1"]);
    dir.ok(&["resolve", "1"]);
    check("1", "only the last change can be, which is 2");
    check("7", "only the last change can be, which is 2");
    dir.ok(&["undo", "2"]);
    check("2", "it was undone already, by change 3");
    check("3", "it is itself the undo of change 2; make that change again instead");
    check("1", "only the last change can be, which is 2 and was undone already");
    let expected = "error: invalid value 'last' for '<CHANGE>': a change is a whole number; \
        see `eventscope help undo`\n";
    fails(&dir, &["undo", "last"], 2, expected);
}

#[test]
fn what_is_no_dump_is_named() {
    let dir = Dir::of_three();
    dir.file("notes.txt", "bread\nmilk\n");
    let expected = "eventscope: notes.txt holds no events of a known format; --format names one, \
        `eventscope help import` lists them\n";
    fails(&dir, &["import", "notes.txt", "three.jsonl"], 1, expected);
    fails(&dir, &["analyze", "notes.txt"], 1, expected);
    let expected = "eventscope: cannot read none.json: No such file or directory (os error 2)\n";
    fails(&dir, &["import", "none.json"], 1, expected);
    fails(&dir, &["import", "three.jsonl", "none.json"], 1, expected);
    dir.file("folder/notes.txt", "bread\nmilk\n");
    dir.ok(&["import", "folder"]);
    dir.file("cut.gz", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1]);
    let said = dir.run(&["import", "cut.gz"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.starts_with("eventscope: cut.gz: the gzip compression is broken"), "{said:?}");
    assert_eq!(said.err.lines().count(), 1, "{said:?}");
    let expected = "eventscope: notes.txt holds no docker events; without --format its format \
        is detected\n";
    fails(&dir, &["import", "--format", "docker", "notes.txt"], 1, expected);
    assert_eq!(dir.json(&["query"])["total"], 3);
}

#[test]
fn a_terminal_obeys_no_name_of_a_file() {
    let dir = Dir::of_three();
    let expected = "eventscope: cannot read a [2J b: No such file or directory (os error 2)\n";
    fails(&dir, &["import", "a\u{1b}[2J\nb"], 1, expected);
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let dir = Dir::new();
    dir.file("events.db/precious", "data");
    let expected = "eventscope: ./events.db is not an event store: it has no log.redb; name \
        another folder with --store\n";
    fails(&dir, &["query"], 1, expected);
    let expected = "eventscope: ./events.db is not an event store, and there is precious in it: \
        name a new or empty folder\n";
    fails(&dir, &["post", "x"], 1, expected);
    assert_eq!(fs::read_dir(dir.path("events.db")).unwrap().count(), 1);
}

#[test]
fn a_store_in_use_names_who_holds_it() {
    let dir = Dir::of_three();
    let held = Store::open(dir.path("events.db")).unwrap();
    let said = dir.run(&["query"]);
    assert_eq!(said.code, Some(1));
    let holder = format!("is in use by process {} (", std::process::id());
    assert!(said.err.contains(&holder) && said.err.lines().count() == 1, "{said:?}");
    held.close().unwrap();
    assert_eq!(dir.json(&["query"])["total"], 3);
}

#[test]
fn a_log_that_was_changed_behind_our_back_is_refused() {
    let dir = Dir::of_three();
    let path = dir.path("events.db/log.redb");
    let before = fs::read(&path).unwrap();
    // The facts about the store lie on one page: the keys 0, 1, 2 and 5, then their values, of
    // which the first is the version of the format.
    let mut facts: Vec<u8> = [0u64, 1, 2, 5].iter().flat_map(|key| key.to_le_bytes()).collect();
    facts.extend(5u32.to_le_bytes());
    let places: Vec<usize> =
        (0..before.len() - facts.len()).filter(|at| before[*at..].starts_with(&facts)).collect();
    assert!(!places.is_empty());
    let mut after = before.clone();
    for place in places {
        after[place + 32] = 7;
    }
    fs::write(&path, after).unwrap();
    let expected = "eventscope: log.redb is damaged: its pages do not fit together; run verify, \
        and restore a backup if it reports more\n";
    fails(&dir, &["query"], 1, expected);
    fails(&dir, &["post", "x"], 1, expected);
    fs::write(&path, before).unwrap();
    assert_eq!(dir.json(&["query"])["total"], 3);
}

#[test]
fn nobody_reading_on_is_no_error() {
    let dir = Dir::of_three();
    let many: String =
        (0..5_000).map(|n| super::kit::event(n % 3_000, "docker", &format!("e{n}"), "x")).collect();
    dir.file("many.jsonl", many);
    dir.ok(&["import", "many.jsonl"]);
    for args in [&["export"][..], &["query", "--limit", "5000"], &["help", "scope"]] {
        let mut command = dir.command(args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{args:?}");
    }
}
