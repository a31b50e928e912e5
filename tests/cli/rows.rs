//! Events as rows, from the oldest on, and two spans of time compared.

use super::kit::{Dir, event};
use serde_json::json;

#[test]
fn chosen_columns_are_a_table_csv_or_tsv() {
    let dir = Dir::of_three();
    let columns = ["--columns", "time,name,kube_namespace_name"];
    assert_eq!(
        dir.ok(&[&["query", "--limit", "2"][..], &columns].concat()),
        "3 events, 2 shown\n\
         time                  name      kube_namespace_name\n\
         2026-11-23T09:02:00Z  Deployed  test\n\
         2026-11-23T09:01:00Z  Killed    prod\n\
         older ones: --before 2\n"
    );
    assert_eq!(
        dir.ok(&[&["query", "--csv", "--tz", "+09:00"][..], &columns].concat()),
        "time,name,kube_namespace_name\n\
         2026-11-23T18:02:00+09:00,Deployed,test\n\
         2026-11-23T18:01:00+09:00,Killed,prod\n\
         2026-11-23T18:00:00+09:00,HighCpu,prod\n"
    );
    assert_eq!(
        dir.ok(&["query", "type = docker", "--tsv"]),
        "id\ttime\ttype\tseverity_name\tstate\tsource\tname\tdescription\t\
         kubernetes.namespace.name\n\
         2\t2026-11-23T09:01:00Z\tdocker\terror\ttriggered\ttest\tKilled\t\tprod\n"
    );
    let all = dir.ok(&["export", "--csv", "--to", "2026-11-23 09:02"]);
    assert_eq!(all.lines().count(), 3, "{all}");
    assert!(all.starts_with("id,time,") && all.ends_with("Killed,,prod\n"), "{all}");
    assert_eq!(dir.ok(&["export", "--columns", "name", "--limit", "1"]), "name\nHighCpu\n");
    assert_eq!(dir.run(&["query", "--csv", "--json"]).code, Some(2));
}

#[test]
fn the_oldest_come_first_and_go_on() {
    let dir = Dir::of_three();
    let names = |args: &[&str]| {
        let page = dir.json(&[&["query", "--oldest"], args].concat());
        let events = page["events"].as_array().unwrap().iter();
        let names: Vec<_> = events.map(|event| event["name"].as_str().unwrap()).collect();
        (names.join(" "), page["next"].as_str().map(str::to_owned), page["total"].clone())
    };
    let next = |id: &str| Some(id.to_owned());
    assert_eq!(names(&["--limit", "2"]), ("HighCpu Killed".to_owned(), next("2"), json!(3)));
    assert_eq!(
        names(&["--limit", "1", "--after", "1"]),
        ("Killed".to_owned(), next("2"), json!(3))
    );
    assert_eq!(names(&["--after", "2"]), ("Deployed".to_owned(), None, json!(3)));
    assert_eq!(
        names(&["kube_namespace_name = prod"]),
        ("HighCpu Killed".to_owned(), None, json!(2))
    );
    assert_eq!(dir.run(&["query", "--oldest", "--before", "2"]).code, Some(2));
}

#[test]
fn two_spans_are_compared() {
    let dir = Dir::new();
    let mut lines = String::new();
    let mut add = |minute: u32, kind: &str, times: u32| {
        for nth in 0..times {
            let line = event(minute * 60 + nth, "docker", kind, "prod");
            lines.push_str(&line.replacen(kind, &format!("{kind}-{minute}-{nth}"), 1));
        }
    };
    add(0, "Killed", 3);
    add(0, "Started", 2);
    add(0, "Pulled", 1);
    add(0, "Same", 2);
    add(10, "Killed", 5);
    add(10, "Started", 1);
    add(10, "Oom", 4);
    add(10, "Same", 2);
    dir.file("events.jsonl", lines);
    dir.ok(&["import", "events.jsonl"]);
    let now = ["--now", "2026-11-23T12:00:00Z"];
    let args = ["compare", "--window", "09:10..09:20", "--against", "09:00..09:10"];
    let found = dir.json(&[&args[..], &now].concat());
    let side = |from: &str, to: &str, events: u32| {
        json!({"from": format!("2026-11-23T{from}:00Z"), "to": format!("2026-11-23T{to}:00Z"),
               "events": events})
    };
    assert_eq!(
        found,
        json!({
            "window": side("09:10", "09:20", 12),
            "against": side("09:00", "09:10", 8),
            "rows": [
                {"name": "Oom", "now": 4, "before": 0, "change": "new"},
                {"name": "Killed", "now": 5, "before": 3, "change": "more"},
                {"name": "Started", "now": 1, "before": 2, "change": "fewer"},
                {"name": "Pulled", "now": 0, "before": 1, "change": "gone"},
            ],
        })
    );
    // The span before is as long as the one that is looked at.
    assert_eq!(dir.json(&[&args[..3], &now].concat())["rows"], found["rows"]);
    let args = ["compare", "name = Killed", "--window", "09:10..09:20"];
    let by = ["--by", "name,kubernetes.namespace.name,tag.none"];
    let said = dir.run(&[&args[..], &by, &now].concat());
    insta::assert_snapshot!(said.out, @r"
    now     2026-11-23T09:10:00Z to 2026-11-23T09:20:00Z: 5 events
    before  2026-11-23T09:00:00Z to 2026-11-23T09:10:00Z: 3 events
    change  now  before  name    kubernetes.namespace.name  tag.none
    more      5       3  Killed  prod                       -
    ");
    assert_eq!(dir.run(&["compare", "--window", "2026..2025"]).code, Some(2));
}
