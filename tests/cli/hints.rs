//! What dumps do not say: the severities of words, the zone of times.

use super::kit::{Dir, document, event};

const FALCO: &str = r#"{"rule":"r","priority":"Banana","time":"2024-07-02 10:00:00","output":"o"}"#;

#[test]
fn words_have_the_severities_that_are_named() {
    let dir = Dir::new();
    dir.file("falco.json", FALCO);
    let args =
        ["import", "falco.json", "--map-severity", "banana=critical", "--map-severity", "x=0"];
    dir.ok(&args);
    assert_eq!(dir.json(&["query"])["events"][0]["severity"], 2);
    let analyzed = dir.json(&["analyze", "falco.json", "--map-severity", "BANANA=5"]);
    assert_eq!(analyzed["query"]["events"][0]["severity"], 5);
    for (mapped, why) in [
        (&["banana=8"][..], "`8` is no level"),
        (&["banana=loud"], "`loud` is no level"),
        (&["banana"], "WORD=LEVEL"),
        (&["=4"], "WORD=LEVEL"),
        (&["banana=4", "Banana=5"], "the word `Banana` is mapped twice"),
    ] {
        let mapped = mapped.iter().flat_map(|it| ["--map-severity", it]);
        let args: Vec<&str> = ["import", "falco.json"].into_iter().chain(mapped).collect();
        let said = dir.run(&args);
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(said.err.contains(why), "{said:?}");
    }
}

#[test]
fn a_zone_is_that_of_times_without_one() {
    let dir = Dir::new();
    dir.file("falco.json", FALCO);
    dir.file("event.json", event(0, "docker", "Killed", "prod"));
    let time = |store: &str, args: &[&str]| {
        let mut command =
            dir.command(&[&["--store", store, "import", "falco.json"], args].concat());
        assert!(command.env("EVENTSCOPE_TZ", "Asia/Tokyo").output().unwrap().status.success());
        let said = dir.run(&["--store", store, "query", "--json", "--tz", "Asia/Tokyo"]);
        let event = document(&said.out)["events"][0].clone();
        (event["time"].as_str().unwrap().to_owned(), event["tags"]["eventscope.guessed"].clone())
    };
    // The variable says how times are typed and shown, not what a dump means.
    assert_eq!(time("a", &[]), ("2024-07-02T10:00:00Z".to_owned(), "zone".into()));
    let berlin = ("2024-07-02T08:00:00Z".to_owned(), serde_json::Value::Null);
    assert_eq!(time("b", &["--tz", "Europe/Berlin"]), berlin);
    let analyzed = dir.json(&["analyze", "falco.json", "event.json", "--tz", "Europe/Berlin"]);
    let times: Vec<_> =
        (0..2).map(|nth| analyzed["query"]["events"][nth]["time"].clone()).collect();
    assert_eq!(times, ["2026-11-23T09:00:00Z", "2024-07-02T08:00:00Z"]);
}
