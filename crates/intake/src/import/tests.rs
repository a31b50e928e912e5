//! What an import reports, what it stores, and how it ends.

use crate::{Cancel, Import, Input, Opened, Problem, Reason, Stream, Written};
use eventscope::{EventId, Options, Store, Timestamp};
use eventscope_formats::{ImportOptions, Origin};
use std::io::{Cursor, Write};

const KILL: &str =
    r#"{"Type":"container","Action":"kill","Actor":{"ID":"9f86d0"},"time":1795424940}"#;
const POSTED: &str = r#"{"type":"custom","name":"Deployed","time":"2026-11-23T09:09:00Z"}"#;

fn store() -> Store {
    Store::in_memory(Options::default()).unwrap()
}

fn events(store: &Store) -> u64 {
    store.stats().unwrap().events
}

fn lines(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn an_input_that_is_not_there_does_not_keep_the_next_from_being_read() {
    let inputs = || vec![Input::file("no/such/file"), Input::reader("b", KILL.as_bytes())];
    let store = store();
    let report = Import::default().run(&store, inputs(), |_| {}).unwrap();
    assert_eq!(lines(&report.problems), ["cannot read no/such/file"]);
    assert_eq!((report.counts.appended, report.files.len()), (1, 2));
    let strict = Import::default().strict().run(&store, inputs(), |_| {}).unwrap();
    assert_eq!((strict.files.len(), strict.problems.len()), (1, 1));
}

#[test]
fn only_what_was_named_has_to_hold_events() {
    let store = store();
    let inputs = vec![
        Input::reader("named", &b"[]x"[..]),
        Input::reader("empty", &b""[..]),
        Input::reader("found", &b"x"[..]).origin(Origin::InFolder),
    ];
    let report = Import::default().run(&store, inputs, |_| {}).unwrap();
    let expected = ["named holds no events of a known format", "empty is empty"];
    assert_eq!(lines(&report.problems), expected);
    assert_eq!(report.files.iter().map(|file| file.read).sum::<u64>(), 0);
}

#[test]
fn a_strict_import_stores_nothing_of_an_input_with_a_fault() {
    let bad = format!("{POSTED}\n{{\"Type\":\"container\",\"Action\":\"kill\"}}\n");
    let unknown = format!("{POSTED}\n{{\"a\":1}}\n");
    for (text, line, is_unknown) in [(bad, 2, false), (unknown, 2, true)] {
        let store = store();
        let inputs = vec![
            Input::seekable("good", Cursor::new(KILL)),
            Input::seekable("bad", Cursor::new(text)),
            Input::seekable("never", Cursor::new(KILL)),
        ];
        let report = Import::default().strict().run(&store, inputs, |_| {}).unwrap();
        let [Problem::Faulty { name, line: found, reason }] = &report.problems[..] else {
            panic!("{:?}", report.problems);
        };
        assert_eq!((name.as_str(), *found), ("bad", line));
        assert_eq!(matches!(reason, Reason::UnknownFormat), is_unknown, "{reason}");
        assert_eq!((events(&store), report.counts.rejected), (1, 1));
        assert_eq!(report.files.len(), 2);
    }
}

#[test]
fn a_strict_import_does_not_take_what_is_read_once() {
    let store = store();
    let inputs = vec![Input::reader("once", KILL.as_bytes())];
    let report = Import::default().strict().run(&store, inputs, |_| {}).unwrap();
    assert_eq!(lines(&report.problems), ["once cannot be checked; nothing of it was stored"]);
    assert_eq!(events(&store), 0);
}

#[test]
fn a_label_that_a_known_event_does_not_get_is_counted() {
    let store = store();
    let labels = ImportOptions::default().label("build", "89");
    for (options, expected) in [(ImportOptions::default(), 0), (labels, 1)] {
        let inputs = vec![Input::reader("a", KILL.as_bytes())];
        let report = Import::new(options).run(&store, inputs, |_| {}).unwrap();
        assert_eq!(report.counts.labels_not_set, expected);
    }
}

#[test]
fn a_stream_is_stored_until_it_is_cancelled() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(format!("{KILL}\n").as_bytes()).unwrap();
    let (store, cancel) = (store(), Cancel::default());
    let mut reader = Some(reader);
    // The writer stays open, so that the input never ends by itself.
    let pipe = Input::opened("pipe", move |cancel| {
        let reader = reader.take().unwrap();
        Ok(Opened::new(Stream::new(cancel, move || Ok(reader))?))
    });
    let inputs = vec![pipe.endless(), Input::reader("left", KILL.as_bytes())];
    let import = Import::default().cancel(&cancel);
    let report = import.run(&store, inputs, |progress| {
        assert_eq!(progress.durable, 1);
        cancel.cancel();
    });
    let report = report.unwrap();
    assert_eq!((events(&store), report.files.len()), (1, 1));
    assert!(matches!(report.problems[..], [Problem::Cancelled { read: 1, all: 2 }]), "{report:?}");
    drop(writer);
}

#[test]
fn a_store_that_takes_no_more_ends_the_import() {
    let store = store();
    let import = Import::default().batch(1);
    let mut later = Some(store.clone());
    let named = |n: u32| POSTED.replace("Deployed", &n.to_string()) + "\n";
    let many: String = (0..50).map(named).collect();
    let inputs = vec![Input::reader("a", many.as_bytes())];
    let error = import.run(&store, inputs, |progress| {
        if progress.durable == 3 {
            later.take().map(Store::close).unwrap().unwrap();
        }
    });
    let error = error.unwrap_err();
    assert_eq!(error.durable, 3);
    assert!(error.to_string().starts_with("the import stopped after 3 durable events"), "{error}");
}

#[test]
fn an_import_that_failed_does_not_wait_for_its_input() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(format!("{KILL}\n").as_bytes()).unwrap();
    let (store, cancel) = (store(), Cancel::default());
    store.clone().close().unwrap();
    let mut reader = Some(reader);
    let pipe = Input::opened("pipe", move |cancel| {
        let reader = reader.take().unwrap();
        Ok(Opened::new(Stream::new(cancel, move || Ok(reader))?))
    });
    let error = Import::default().cancel(&cancel).run(&store, vec![pipe], |_| {}).unwrap_err();
    assert_eq!(error.durable, 0);
    assert!(!cancel.is_asked(), "the flag is the caller's");
    drop(writer);
}

#[test]
fn a_record_without_a_time_has_that_of_its_input() {
    let undated = r#"{"ruleId":1,"ruleName":"High load","state":"alerting"}"#;
    let at = Timestamp::from_unix(1_795_424_940).unwrap();
    let (now, other) = (ImportOptions::default().now(at), Written::At(Timestamp::EPOCH));
    for (options, written, expected) in [
        (ImportOptions::default(), Written::Unknown, None),
        (ImportOptions::default(), Written::At(at), Some(at)),
        (now.clone(), Written::Arriving, Some(at)),
        (now, other, Some(Timestamp::EPOCH)),
    ] {
        let store = store();
        let open = move |_: &Cancel| Ok(Opened::new(undated.as_bytes()).written(written));
        let report = Import::new(options).run(&store, vec![Input::opened("a", open)], |_| {});
        let report = report.unwrap();
        assert_eq!(report.files[0].dated_by_file, u64::from(expected.is_some()), "{report:?}");
        assert_eq!(report.counts.rejected, u64::from(expected.is_none()));
        assert_eq!(store.event(EventId(1)).ok().map(|event| event.time), expected);
    }
}
