//! What is collected, and the limit on events of one second.

use super::kit::{Dir, event, repository};
use serde_json::{Value, json};

/// Events of Docker: the name of each, and the second after 2026-11-23T09:09:00Z.
fn docker(action: &str, number: u32, second: u32) -> String {
    format!(
        "{{\"Type\":\"container\",\"Action\":\"{action}\",\"Actor\":{{\"ID\":\"{number:012x}\"}},\
         \"time\":{}}}\n",
        1_795_424_940 + second
    )
}

#[track_caller]
fn counts(file: &Value) -> [u64; 5] {
    ["read", "appended", "duplicates", "not_collected", "over_limit"]
        .map(|name| file[name].as_u64().unwrap())
}

#[test]
fn an_import_lets_through_what_is_collected() {
    let dir = Dir::new();
    dir.file("some.jsonl", [docker("kill", 1, 0), docker("die", 2, 0)].concat());
    dir.file("more.jsonl", [event(0, "alert", "HighCpu", "prod"), docker("start", 3, 0)].concat());
    dir.file("dragent.yaml", "app_checks: []\nevents:\n  docker:\n    container: [DIE]\n");
    let collect = ["import", "some.jsonl", "more.jsonl", "--collect", "dragent.yaml"];
    let report = dir.json(&collect);
    assert_eq!(counts(&report["files"][0]), [1, 1, 0, 1, 0]);
    assert_eq!(counts(&report["files"][1]), [1, 1, 0, 1, 0]);
    let names = dir.json(&["query", "--facets", "name"])["facets"]["name"].clone();
    let expected =
        [json!({"value": "Container Died", "count": 1}), json!({"value": "HighCpu", "count": 1})];
    assert_eq!(names, json!(expected));
    let people = dir.ok(&collect);
    assert!(people.contains("\nnot collected: some.jsonl: 1 event\n"), "{people}");
    // The same for a look at the dumps; without the option nothing is left out.
    let seen = dir.json(&["analyze", "some.jsonl", "--collect", "dragent.yaml"]);
    assert_eq!(seen["query"]["total"], 1);
    assert_eq!(dir.json(&["import", "some.jsonl"])["appended"], 1);
}

#[test]
fn a_wrong_configuration_is_told_before_anything_is_made() {
    let dir = Dir::new();
    dir.file("some.jsonl", docker("kill", 1, 0));
    dir.file("dragent.yaml", "events:\n  kubernetes:\n    pod: [Pullled]\n");
    let expected = "eventscope: dragent.yaml: line 3: events.kubernetes.pod has no `Pullled`; \
        did you mean `Pulled`?\n";
    for command in [&["import", "some.jsonl"][..], &["analyze", "some.jsonl"], &["catalog"]] {
        let said = dir.run(&[command, &["--collect", "dragent.yaml"]].concat());
        assert_eq!((said.code, said.err.as_str()), (Some(1), expected), "{command:?}");
    }
    assert!(!dir.path("events.db").try_exists().unwrap());
    let said = dir.run(&["catalog", "--collect", "nowhere.yaml"]);
    assert!(said.code == Some(1) && said.err.contains("cannot read nowhere.yaml"), "{said:?}");
}

#[test]
fn the_catalogue_shows_what_is_collected() {
    let dir = Dir::new();
    let all = dir.ok(&["catalog"]);
    assert_eq!(all.lines().count(), 79);
    assert!(dir.json(&["catalog"])["events"][0]["collected"].is_null());
    let example = repository("examples/dragent.yaml");
    let some = dir.ok(&["catalog", "--collect", &example]);
    assert!(some.contains("Container Died") && !some.contains("Container Started"), "{some}");
    let json = dir.json(&["catalog", "--collect", &example]);
    let events = json["events"].as_array().unwrap();
    let collected = events.iter().filter(|event| event["collected"] == true).count();
    assert_eq!((events.len(), collected + 1), (78, some.lines().count()));
}

#[test]
fn one_event_stands_for_those_over_the_limit() {
    let dir = Dir::new();
    let many: String = (0..5).map(|number| docker("kill", number, number / 4)).collect();
    dir.file("many.jsonl", [many, event(0, "custom", "Deployed", "x")].concat());
    let import = ["import", "many.jsonl", "--limit-per-second=2"];
    let report = dir.json(&import);
    // Of the four of the first second one is left out and one stands for both.
    assert_eq!(counts(&report["files"][0]), [5, 5, 0, 0, 1]);
    let exceeded = "name = 'Docker Event Limit Exceeded'";
    let found = dir.json(&["query", exceeded]);
    let event = &found["events"][0];
    assert_eq!(found["total"], 1);
    let text = "Docker event limit (2 per second) exceeded. Excess events were discarded.";
    assert_eq!((&event["description"], &event["severity"]), (&json!(text), &json!(4)));
    assert_eq!(
        (&event["type"], &event["tags"]),
        (&json!("docker"), &json!({"source": "sysdig-agent"}))
    );
    assert_eq!(event["time"], "2026-11-23T09:09:00Z");
    let again = dir.json(&import);
    assert_eq!(counts(&again["files"][0]), [5, 0, 5, 0, 1]);
    let people = dir.ok(&import);
    assert!(people.contains("\nover the limit: many.jsonl: 1 event\n"), "{people}");
    // Without a number it is 100, and these are fewer.
    let report = dir.json(&["import", "--limit-per-second", "many.jsonl"]);
    assert_eq!(counts(&report["files"][0]), [6, 2, 4, 0, 0]);
    assert_eq!(dir.run(&["import", "many.jsonl", "--limit-per-second=0"]).code, Some(2));
}
