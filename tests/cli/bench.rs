//! The harness: expressions of a file or of the store's own making, saved and compared.

use super::kit::{Dir, three};

#[test]
fn expressions_are_measured_saved_and_compared() {
    let dir = Dir::new();
    dir.file("three.jsonl", three());
    dir.ok(&["import", "three.jsonl"]);
    dir.file("mine.txt", "# mine\nseverity = error\ntype = docker\n");
    let report = dir.json(&["bench", "mine.txt", "--rounds", "5", "--save", "before.json"]);
    let queries = report["queries"].as_array().unwrap();
    for (query, (expr, total)) in
        queries.iter().zip([("severity = error", 3), ("type = docker", 1)])
    {
        assert_eq!((query["expr"].as_str(), query["total"].as_u64()), (Some(expr), Some(total)));
        assert_eq!(query["rounds"], 5);
        assert!(query["p50_us"].as_f64() <= query["p99_us"].as_f64(), "{query}");
    }
    let said = dir.ok(&["bench", "mine.txt", "--rounds", "5", "--baseline", "before.json"]);
    assert!(said.contains("to baseline") && said.contains("type = docker"), "{said}");
    // Without a file the store is asked what to ask.
    let derived = dir.json(&["bench", "--rounds", "3"]);
    assert!(derived["queries"].as_array().unwrap().len() > 10, "{derived}");
}

#[test]
fn what_cannot_be_measured_is_told() {
    let dir = Dir::new();
    dir.file("three.jsonl", three());
    dir.ok(&["import", "three.jsonl"]);
    dir.file("wrong.txt", "severity =\n");
    let said = dir.run(&["bench", "wrong.txt"]);
    assert_eq!(said.code, Some(2), "{}", said.err);
    dir.file("nothing.txt", "# nothing\n");
    for file in ["nothing.txt", "absent.txt"] {
        let said = dir.run(&["bench", file]);
        assert_eq!((said.code, said.err.lines().count()), (Some(1), 1), "{}", said.err);
    }
}
