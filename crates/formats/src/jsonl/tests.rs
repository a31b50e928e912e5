//! Tests of JSON objects of any kind, as a dump holds them.

use crate::{Format, ImportOptions, Map, testing};
use eventscope_model::limits;

fn options() -> ImportOptions {
    let map = Map::new(["time=@timestamp".parse().unwrap(), "name=event.id".parse().unwrap()]);
    ImportOptions::default().format(Format::Jsonl).map(map.unwrap().all_labels())
}

fn read(dump: &str) -> testing::Outcome {
    testing::read_with(options(), dump.as_bytes())
}

#[test]
fn lines_documents_and_arrays_are_records() {
    let outcome = read(concat!(
        "{\"@timestamp\":1600714882,\"event\":{\"id\":1}}\n",
        "started\n",
        "{\n \"@timestamp\": 1600714882,\n \"event.id\": 2,\n",
        " \"items\": [{\"kind\": \"Pod\"}]\n}\n",
        "[{\"@timestamp\":1600714882,\"event\":{\"id\":3}},{\"event\":{\"id\":4}}]\n",
        "{\"@timestamp\":\"x\n",
        "{\"@timestamp\":1600714882,\"event\":{\"id\":5},\"type\":\"custom\",\"name\":\"n\"}",
    ));
    assert_eq!(
        outcome.lines(),
        [
            "1 1",
            "3 2",
            "8 3",
            "8 REJECT no jsonl event: time is missing, there is nothing at `@timestamp`",
            "9 REJECT broken JSON on line 9: a line ends inside a string",
            "10 5",
        ]
    );
    assert_eq!((outcome.counts.skipped_text, outcome.counts.other_documents), (1, 0));
    assert_eq!(outcome.format, Some(Format::Jsonl));
    let labels = testing::labels(outcome.records[1].content.as_ref().unwrap());
    assert_eq!(labels, "items.0.kind = 'Pod'");
}

#[test]
fn a_label_that_is_mapped_wins_over_one_that_is_not() {
    let lines = ["time=t", "name=n", "label.host=Hostname"];
    let map = Map::new(lines.map(|line| line.parse().unwrap())).unwrap().all_labels();
    let options = options().map(map).label("stamp", "s");
    let json = br#"{"t":9,"n":"x","host":"collector","Hostname":"pc1","port":1}"#;
    let draft = testing::read_with(options, &json[..]).records.remove(0).content.unwrap();
    assert_eq!(testing::labels(&draft), "host = 'pc1' and port = '1' and stamp = 's'");
}

#[test]
fn of_more_labels_than_an_event_has_the_last_is_left_out() {
    let record = |labels: usize| {
        let labels: String = (0..labels).map(|n| format!(",\"k{n}\":{n}")).collect();
        format!("{{\"@timestamp\":9,\"event.id\":1{labels}}}")
    };
    assert_eq!(read(&record(limits::LABELS_MAX)).lines(), ["1 1"]);
    let outcome = read(&record(limits::LABELS_MAX + 1));
    let draft = outcome.records[0].content.as_ref().unwrap();
    assert_eq!(draft.tags.get("eventscope.cut"), Some("k99"));
    assert_eq!((outcome.lines(), outcome.counts.degraded), (vec!["1 1".to_owned()], 1));
}

#[test]
fn without_a_map_there_are_no_events() {
    let outcome = testing::read_with(ImportOptions::default().format(Format::Jsonl), &b"{}"[..]);
    let expected = "1 REJECT no jsonl event: no map says where its time and its name are";
    assert_eq!(outcome.lines(), [expected]);
}

#[test]
fn the_format_is_never_detected() {
    let outcome = testing::read(r#"{"@timestamp":1600714882,"event":{"id":1}}"#);
    assert_eq!((outcome.format, outcome.counts.other_documents), (None, 1));
}
