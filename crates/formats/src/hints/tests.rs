//! Severities of words and zones of times, in each format that reads them.

use super::LocalTime;
use crate::{
    Format, ImportOptions, Map, SeverityWords,
    testing::{Outcome, read_with},
};
use eventscope_model::{Draft, Severity, Timestamp};

/// The words of a test and their severities.
fn words() -> SeverityWords {
    let mut words = SeverityWords::default();
    words.map("Banana", Severity::Alert).unwrap();
    words.map("warning", Severity::Debug).unwrap();
    words.map("HIGH", Severity::Critical).unwrap();
    words
}

fn drafts(options: ImportOptions, dump: &str) -> Vec<Draft> {
    let Outcome { records, .. } = read_with(options, dump.as_bytes());
    records.into_iter().map(|record| record.content.unwrap()).collect()
}

#[track_caller]
fn mapped(options: &ImportOptions, dump: &str, level: u8) {
    let plain = drafts(options.clone(), dump);
    let mapped = drafts(options.clone().severities(words()), dump);
    assert_eq!(mapped.len(), plain.len(), "{dump}");
    for (mapped, plain) in mapped.into_iter().zip(plain) {
        assert_eq!(mapped.severity, level, "{dump}");
        assert_ne!(plain.severity, level, "{dump}");
        assert_eq!(mapped.uid, plain.uid, "{dump}");
        assert_eq!(mapped.tags.get("eventscope.unknown"), None, "{dump}");
    }
}

/// Each place where a format reads a word for a severity, with a word that no format knows.
const DUMPS: [&str; 12] = [
    r#"{"rule":"r","priority":"banana","time":"2024-05-02T10:00:00Z","output":"o"}"#,
    r#"{"alerts":[{"status":"firing","labels":{"alertname":"a","severity":"BANANA"},
    "startsAt":"2024-05-02T10:00:00Z"}]}"#,
    r#"{"metadata":{"uid":"u","name":"n"},"involvedObject":{"kind":"Pod",
    "name":"p"},"reason":"r","kind":"Event","type":"Banana",
    "lastTimestamp":"2024-05-02T10:00:00Z"}"#,
    r#"{"SchemaVersion":2,"ArtifactName":"a","CreatedAt":"2024-05-02T10:00:00Z",
    "Results":[{"Target":"t","Vulnerabilities":[{"VulnerabilityID":"CVE-1",
    "PkgName":"p","Severity":"BANANA"}]}]}"#,
    r#"{"matches":[{"vulnerability":{"id":"CVE-1","severity":"Banana"},
    "artifact":{"name":"p","version":"1"}}],"source":{"type":"image","target":{"userInput":"a"}},
    "descriptor":{"name":"grype","timestamp":"2024-05-02T10:00:00Z"}}"#,
    r#"{"specversion":"1.0","id":"1","source":"s","type":"t","time":"2024-05-02T10:00:00Z",
    "severity":"banana"}"#,
    r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1714644000000000000",
    "severityText":"Banana","body":{"stringValue":"b"}}]}]}]}"#,
    r#"{"event":{"event_type":"incident.triggered","resource_type":"incident",
    "occurred_at":"2024-05-02T10:00:00Z","data":{"id":"Q1","type":"incident",
    "status":"triggered","title":"t","created_at":"2024-05-02T10:00:00Z",
    "urgency":"low","priority":{"summary":"Banana"}}}}"#,
    r#"{"action":"Create","integrationName":"i","alert":{"alertId":"1",
    "message":"m","createdAt":1714644000000,"priority":"banana"}}"#,
    r#"{"event":{"id":"1","name":"n","timestamp":1714644000,"severity":"banana","scope":"x"}}"#,
    r#"{"timestamp":1714644000000000,"state":"ACTIVE","alert":{"id":1,"name":"n",
    "severity":"banana","scope":null},"condition":"c","entities":[]}"#,
    r#"{"id":"1","name":"n","ruleName":"r","timestamp":1714644000000000000,
    "severity":"banana","policyId":1,"content":{"fields":{}},"description":"d"}"#,
];

#[test]
fn words_are_mapped_wherever_one_is_read() {
    for dump in DUMPS {
        mapped(&ImportOptions::default(), dump, 1);
    }
    let map = |fields: &str| {
        let fields = fields.split(' ').map(|field| field.parse().unwrap());
        ImportOptions::default().map(Map::new(fields).unwrap())
    };
    let options = map("time=t name=n severity=s");
    let json = r#"{"t":"2024-05-02T10:00:00Z","n":"x","s":"banana"}"#;
    mapped(&options.clone().format(Format::Jsonl), json, 1);
    mapped(&options.format(Format::Csv), "t,n,s\n2024-05-02T10:00:00Z,x,banana\n", 1);
    // Only with a map is there a severity at all.
    let native =
        r#"{"type":"custom","name":"n","time":"2024-05-02T10:00:00Z","severity":"banana"}"#;
    let read = drafts(ImportOptions::default().severities(words()), native);
    assert_eq!(read[0].severity, 1);
}

#[test]
fn a_map_comes_before_the_tables_of_formats() {
    mapped(&ImportOptions::default(), &DUMPS[0].replace("banana", "Warning"), 7);
    mapped(&ImportOptions::default(), &DUMPS[1].replace("BANANA", "high"), 2);
    let native =
        r#"{"type":"custom","name":"n","time":"2024-05-02T10:00:00Z","severity":"warning"}"#;
    mapped(&ImportOptions::default(), native, 7);
    // The first field that is known decides: the second is not asked.
    let event = |said: &str| DUMPS[9].replace("\"severity\":\"banana\"", said);
    let both = event(r#""severity":"error","severityLabel":"high""#);
    let read = drafts(ImportOptions::default().severities(words()), &both);
    assert_eq!(read[0].severity, 3);
    // What is counted in the event of an artifact is what the scanner says.
    let scan =
        drafts(ImportOptions::default().severities(words()), &DUMPS[3].replace("BANANA", "HIGH"));
    assert_eq!((scan[0].severity, scan[1].severity), (2, 2));
    assert_eq!(scan[1].description, "1 finding: 1 high");
}

#[test]
fn a_word_is_mapped_once() {
    let taken = words().map("bAnAnA", Severity::Debug).unwrap_err();
    assert_eq!(taken.to_string(), "the word `bAnAnA` is mapped twice");
}

/// Each format with a time that has no offset.
const TIMES: [&str; 8] = [
    r#"{"rule":"r","priority":"info","time":"2024-05-02 10:00:00","output":"o"}"#,
    r#"{"alerts":[{"status":"firing","labels":{"alertname":"a"},
    "startsAt":"2024-05-02T10:00:00"}]}"#,
    r#"{"kind":"Event","involvedObject":{"kind":"Pod","name":"p"},"reason":"r",
    "lastTimestamp":"2024-05-02T10:00:00"}"#,
    r#"{"SchemaVersion":2,"ArtifactName":"a","CreatedAt":"2024-05-02T10:00:00",
    "Results":[{"Target":"t","Vulnerabilities":[{"VulnerabilityID":"CVE-1",
    "PkgName":"p","Severity":"HIGH"}]}]}"#,
    r#"{"specversion":"1.0","id":"1","source":"s","type":"t","time":"2024-05-02T10:00:00"}"#,
    r#"{"timestamp":"2024-05-02T10:00:00.000000","event_type":"alert","src_ip":"a",
    "alert":{"signature":"s","severity":1}}"#,
    r#"{"type":"custom","name":"n","severity":4,"time":"2024-05-02 10:00:00"}"#,
    "2024-05-02 10:00:00 container die \
     213cf7df11e0a4d3bb1e9d5a4c33ff3f4f1e1a5c9b2f7f0f2c3d4e5f60718293 (image=i, name=web)",
];

#[test]
fn times_without_an_offset_are_utc_or_of_the_zone_that_is_named() {
    let hour = 3_600;
    let east = LocalTime::new("+02:00", move |utc| {
        Timestamp::from_unix(utc.nanos() / 1_000_000_000 - 2 * hour).ok()
    });
    for dump in TIMES {
        for (options, expected, guess) in [
            (ImportOptions::default(), "2024-05-02T10:00:00Z", Some("zone")),
            (ImportOptions::default().local(east.clone()), "2024-05-02T08:00:00Z", None),
        ] {
            let drafts = drafts(options, dump);
            assert!(!drafts.is_empty(), "{dump}");
            for draft in drafts {
                assert_eq!(draft.time.unwrap().to_string(), expected, "{dump}");
                assert_eq!(draft.tags.get("eventscope.guessed"), guess, "{dump}");
            }
        }
    }
    // What says its zone is not touched, and a guess is told of that event only.
    let said = r#"{"rule":"r","time":"2024-05-02T10:00:00Z","output":"o","priority":"info"}"#;
    let both = drafts(ImportOptions::default(), &format!("{}\n{said}\n", TIMES[0]));
    assert_eq!(both[1].tags.get("eventscope.guessed"), None);
    let local = drafts(ImportOptions::default().local(east), said);
    assert_eq!(local[0].time.unwrap().to_string(), "2024-05-02T10:00:00Z");
}
