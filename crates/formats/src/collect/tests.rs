//! What a configuration lets through, and what is said of one that is wrong.

use super::Collect;
use crate::{ImportOptions, limits, testing::read_with};
use eventscope_model::catalog::{Default as Collected, ENTRIES, System, find};

#[track_caller]
fn parse(text: &str) -> Collect {
    Collect::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The events of a kind that are let through, in the order of the catalogue.
fn of_kind(collect: &Collect, kind: &str) -> Vec<&'static str> {
    let entries = ENTRIES.iter().filter(|entry| entry.kind == kind && collect.has(entry));
    entries.map(|entry| entry.event).collect()
}

#[test]
fn nothing_said_collects_the_defaults() {
    let defaults = |entry| Collect::default().has(entry);
    assert!(ENTRIES.iter().all(|entry| defaults(entry) == (entry.default == Collected::On)));
    for text in ["", "# nothing\n", "tags: x\n", "events:\n", "events: {docker: }\nlog:\n"] {
        assert_eq!(parse(text), Collect::default(), "{text}");
    }
}

#[test]
fn a_section_replaces_that_section_only() {
    let collect = parse("events:\n  kubernetes:\n    POD:\n      - pulling\n      - 'Failed'\n");
    assert_eq!(of_kind(&collect, "pod"), ["Pulling", "Failed"]);
    for kind in ["node", "replicationController", "container", "image"] {
        assert_eq!(of_kind(&collect, kind), of_kind(&Collect::default(), kind), "{kind}");
    }
    let flow = parse("events: {Kubernetes: {pod: [Failed, PULLING]}}");
    assert_eq!(of_kind(&flow, "pod"), of_kind(&collect, "pod"));
}

#[test]
fn all_and_none_of_a_system_and_of_a_kind() {
    let collect = parse("events: {docker: {image: all, container: none}, kubernetes: none}");
    assert_eq!(of_kind(&collect, "image").len(), 6);
    for kind in ["container", "pod", "node", "replicationController"] {
        assert!(of_kind(&collect, kind).is_empty(), "{kind}");
    }
    let collect = parse("events: {docker: ALL, kubernetes: {node: []}}");
    let docker = ENTRIES.iter().filter(|entry| entry.system == System::Docker);
    assert!(docker.into_iter().all(|entry| collect.has(entry)));
    assert!(of_kind(&collect, "node").is_empty());
    assert_eq!(of_kind(&collect, "pod"), of_kind(&Collect::default(), "pod"));
}

#[test]
fn a_priority_is_a_floor() {
    let kill = find(System::Docker, "container", "kill").unwrap();
    let ready = find(System::Kubernetes, "node", "NodeReady").unwrap();
    let check = |priority: &str, expected: [bool; 2]| {
        let collect = parse(&format!("log: {{file_priority: x, event_priority: {priority}}}"));
        assert_eq!([collect.has(kill), collect.has(ready)], expected, "{priority}");
    };
    check("information", [true, true]);
    check("debug", [true, true]);
    check("Warning", [true, false]);
    check("error", [false, false]);
    check("none", [false, false]);
}

#[track_caller]
fn refused(text: &str, expected: &str) {
    assert_eq!(Collect::parse(text).unwrap_err().to_string(), expected, "{text}");
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    refused("\nevents:\n  dokcer: all", "line 3: events has no `dokcer`; did you mean `docker`?");
    refused(
        "events:\n  docker:\n    contaner: all",
        "line 3: events.docker has no `contaner`; did you mean `container`?",
    );
    refused(
        "events:\n  docker:\n    container:\n      - oom\n      - kil\n",
        "line 5: events.docker.container has no `kil`; did you mean `kill`?",
    );
    refused(
        "log:\n  event_priority: info rmation",
        "line 2: log.event_priority has no `info rmation`; did you mean `information`?",
    );
    let shape = "`all`, `none` or a list of events";
    refused("events: {docker: {image: }}", &format!("line 1: events.docker.image must be {shape}"));
    refused("events: [docker]", "line 1: events must be a mapping of systems");
    refused(
        "events:\n  docker: some",
        "line 2: events.docker must be `all`, `none` or a mapping of kinds",
    );
    refused(
        "events: {docker: {image: [[pull]]}}",
        "line 1: an item of events.docker.image must be the name of an event",
    );
    refused("events: all", "line 1: events must be a mapping of systems");
    refused("log:\nevents:\n\nlog:\n", "line 4: the configuration has `log` twice");
    refused("a: b\n---\nc: d\n", "line 3: broken YAML: a second document begins; one is read");
    assert!(Collect::parse("events: {docker").unwrap_err().to_string().contains("broken YAML"));
    refused(&"- ".repeat(500), "line 1: broken YAML: it is nested too deep");
    refused(&"[".repeat(500), "line 1: broken YAML: recursion limit exceeded");
    let long = "#".repeat(limits::COLLECT_BYTES_MAX + 1);
    refused(&long, "line 1: the configuration is longer than 1 MiB");
    // What is not read may be anything that is YAML.
    parse("other: &x [1, {y: *x}]\n? z\n: 1.5\n");
}

#[test]
fn an_import_leaves_out_what_is_not_collected() {
    let dump = concat!(
        r#"{"Type":"container","Action":"kill","id":"a","time":1795424940}"#,
        "\n",
        r#"{"status":"oom","id":"a","time":1795424940}"#,
        "\n",
        r#"{"Type":"image","Action":"prune","id":"a","time":1795424940}"#,
        "\n",
        "2026-11-23T09:09:00Z container die 9f86d081884c (image=web)\n",
        r#"{"involvedObject":{"kind":"ReplicaSet"},"reason":"SuccessfulCreate","#,
        r#""lastTimestamp":"2026-11-23T09:00:00Z"}"#,
        "\n",
        r#"{"type":"custom","name":"a","time":"2026-11-23T09:00:00Z"}"#,
        "\n",
    );
    let check = |text: &str, expected: &[u64]| {
        let outcome = read_with(ImportOptions::default().collect(parse(text)), dump.as_bytes());
        let lines: Vec<u64> = outcome.records.iter().map(|record| record.line).collect();
        assert_eq!(lines, expected, "{text}");
        assert_eq!(outcome.counts.not_collected, 6 - expected.len() as u64, "{text}");
        assert_eq!((outcome.counts.skipped_text, outcome.error), (0, None));
    };
    check("", &[1, 2, 6]);
    check("events: {docker: {container: [die]}}", &[4, 6]);
    check("events: {docker: {image: all}}", &[1, 2, 3, 6]);
    check("events: {docker: none, kubernetes: all}", &[5, 6]);
    check("log: {event_priority: none}", &[6]);
}
