//! Times as people type them, and the zone they are shown in.

use super::kit::{Dir, document};
use serde_json::Value;

const NOW: [&str; 2] = ["--now", "2026-11-23T09:02:30Z"];

fn ids(page: &Value) -> String {
    let events = page["events"].as_array().unwrap().iter();
    events.map(|event| event["id"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[test]
fn flags_and_expressions_take_the_same_times() {
    let dir = Dir::of_three();
    let check = |args: &[&str], expected: &str| {
        let page = dir.json(&[&["query"], args, &NOW].concat());
        assert_eq!(ids(&page), expected, "{args:?}");
    };
    for (from, expected) in [
        ("2026-11-23 09:01", "3 2"),
        ("2026-11-23T09:01:30Z", "3"),
        ("09:01", "3 2"),
        ("today", "3 2 1"),
        ("yesterday 10:00", "3 2 1"),
        ("tomorrow", ""),
        ("2026", "3 2 1"),
        ("2027", ""),
        ("2m", "3 2"),
        ("-1m", "3"),
        ("1m30s", "3 2"),
        ("1795424460", "3 2"),
    ] {
        check(&["--from", from], expected);
        check(&[&format!("time >= '{from}'")], expected);
    }
    check(&["--to", "09:01"], "1");
    check(&["--to", "-1m"], "2 1");
    check(&["--last", "1m30s"], "3 2");
    check(&["--last", "-1m"], "3");
    check(&["time last 1m30s"], "3 2");
    let lines = dir.ok(&[&["export", "--from", "09:01", "--limit", "1"][..], &NOW].concat());
    assert!(lines.contains("\"name\":\"Killed\"") && lines.lines().count() == 1, "{lines}");
}

#[test]
fn a_zone_is_for_what_is_typed_and_shown_and_never_in_json() {
    let dir = Dir::of_three();
    let tokyo = ["--tz", "Asia/Tokyo"];
    let page = dir.json(&[&["query", "--from", "18:01"][..], &tokyo, &NOW].concat());
    assert_eq!(ids(&page), "3 2");
    assert_eq!(page["events"][0]["time"], "2026-11-23T09:02:00Z");
    let said = dir.ok(&[&["query", "--limit", "1"][..], &tokyo, &NOW].concat());
    let expected = "2026-11-23 JST (+09:00)\n#3  18:02:00  ";
    assert!(said.contains(expected), "{said}");
    assert!(dir.ok(&[&["show", "3"][..], &tokyo].concat()).contains("2026-11-23T18:02:00+09:00"));
    let mut command = dir.command(&["query", "--limit", "1"]);
    let output = command.env("EVENTSCOPE_TZ", "Asia/Tokyo").output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains(expected));
    let said = dir.run(&["query", "--tz", "Asia/Tokio"]);
    let expected = "error: 'Asia/Tokio' is no time zone; write local, UTC, +09:00, or a name as \
        in Europe/Berlin\n";
    assert_eq!((said.code, said.err.as_str()), (Some(2), expected));
}

#[test]
fn an_event_is_posted_with_its_time() {
    let dir = Dir::new();
    let posted = dir.json(&[&["post", "Deployed", "--time", "yesterday 10:00"][..], &NOW].concat());
    assert_eq!(posted["event"]["time"], "2026-11-22T10:00:00Z");
    let posted = dir.json(&[&["post", "Deployed"][..], &NOW].concat());
    assert_eq!(posted["event"]["time"], "2026-11-23T09:02:30Z");
    assert_eq!(posted["event"]["received"], "2026-11-23T09:02:30Z");
    let said = dir.run(&["post", "x", "--time", "soon", "--json"]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert_eq!(document(&dir.ok(&["query", "--json"]))["total"], 2);
}

#[test]
fn ages_in_a_table_count_back_from_now_or_from_the_file() {
    const TABLE: &str = "\
LAST SEEN             TYPE      REASON    OBJECT      MESSAGE
2m30s (x3 over 20m)   Warning   BackOff   Pod/web-1   Back-off restarting failed container
";
    let dir = Dir::new();
    dir.file("events.txt", TABLE);
    let report = dir.json(&[&["import", "events.txt"][..], &NOW].concat());
    assert_eq!(report["files"][0]["format"], "kubernetes");
    let event = &dir.json(&["query"])["events"][0];
    assert_eq!((&event["time"], &event["count"]), (&"2026-11-23T09:00:00Z".into(), &3.into()));
    assert_eq!(event["tags"]["eventscope.guessed"], "time");
    // The same table a little later.
    dir.file("later.txt", TABLE.replace("2m30s", "3m30s"));
    let later = ["import", "later.txt", "--now", "2026-11-23T09:03:30Z"];
    assert_eq!(dir.json(&later)["duplicates"], 1);
    // What is no file has the time that it is.
    let said = dir.pipe(&[&["import", "-", "--store", "piped.db"][..], &NOW].concat(), TABLE);
    assert_eq!(said.code, Some(0), "{said:?}");
    let piped = dir.json(&["query", "--store", "piped.db"]);
    assert_eq!(piped["events"][0]["time"], "2026-11-23T09:00:00Z");
    // A header alone is an empty dump.
    dir.file("empty.txt", TABLE.lines().next().unwrap());
    assert_eq!(dir.json(&["import", "empty.txt"])["files"][0]["read"], 0);
    // Without a line end the last row may be cut off.
    dir.file("cut.txt", TABLE.trim_end());
    assert_eq!(dir.json(&["import", "cut.txt", "--store", "cut.db"])["files"][0]["degraded"], 1);
}
