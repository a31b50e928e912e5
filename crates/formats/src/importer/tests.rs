//! Tests of a run as a whole: wire forms, encodings, compression, and what holds for any bytes.

use super::{ImportOptions, Importer};
use crate::{
    Format,
    testing::{InPieces, Outcome, read, read_with},
};
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use std::io::{self, Read, Write};

const LINES: &str = concat!(
    r#"{"type":"custom","name":"a","time":"2026-11-23T09:00:00Z","source":"t"}"#,
    "\n==== START logs for container web ====\n",
    r#"{"Type":"container","Action":"kill","Actor":{"ID":"9f86d081884c"},"time":1795424940}"#,
    "\n",
    r#"{"items":[{"involvedObject":{"kind":"Pod","name":"web-1"},"reason":"Killing","#,
    r#""lastTimestamp":"2026-11-23T09:00:00Z"}]}"#,
    "\n",
);

const NAMES: [&str; 3] = ["1 a", "3 Container Killed", "4 Killing Container"];

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    ['\u{feff}']
        .into_iter()
        .chain(text.chars())
        .collect::<String>()
        .encode_utf16()
        .flat_map(to_bytes)
        .collect()
}

#[track_caller]
fn gives(bytes: &[u8], expected: &[&str]) -> Outcome {
    let outcome = read(bytes);
    assert_eq!(outcome.lines(), expected);
    outcome
}

#[test]
fn the_same_dump_in_every_wrapping() {
    let plain = gives(LINES.as_bytes(), &NAMES);
    assert_eq!(plain.format, Some(Format::Native));
    assert_eq!(plain.counts.skipped_text, 1);
    let marked = [b"\xef\xbb\xbf", LINES.as_bytes()].concat();
    let little = utf16(LINES, u16::to_le_bytes);
    let big = utf16(LINES, u16::to_be_bytes);
    let two_members = [gzip(&LINES.as_bytes()[..50]), gzip(&LINES.as_bytes()[50..])].concat();
    for (wrapping, bytes) in [
        ("byte order mark", marked),
        ("gzip", gzip(LINES.as_bytes())),
        ("zstd", zstd(LINES.as_bytes())),
        ("gzip in zstd", zstd(&gzip(LINES.as_bytes()))),
        ("two gzip members", two_members),
        ("UTF-16LE in gzip", gzip(&little)),
        ("UTF-16LE", little),
        ("UTF-16BE", big),
    ] {
        assert_eq!(read(&bytes), plain, "{wrapping}");
    }
    assert!(read(zstd(&gzip(&gzip(LINES.as_bytes())))).records.is_empty());
}

#[test]
fn utf16_is_decoded_across_all_seams() {
    let name = "\u{1f600}\u{30b3}\u{30f3}";
    let text = format!(r#"{{"type":"custom","name":"{name}","time":1}}"#);
    let bytes = utf16(&text, u16::to_le_bytes);
    for size in 1..bytes.len() {
        let pieces = InPieces { bytes: &bytes, sizes: vec![size].into_iter().cycle() };
        let outcome = read_with(ImportOptions::default(), pieces);
        assert_eq!(outcome.lines(), [format!("1 {name}")], "pieces of {size}");
    }
    let odd = [bytes.as_slice(), &[0x00, 0xd8, 0x41]].concat();
    assert_eq!(read(&odd).lines(), [format!("1 {name}")]);
}

#[test]
fn broken_compression_ends_the_dump_after_what_was_good() {
    let many = LINES.repeat(2000);
    let good = gzip(many.as_bytes());
    let outcome = read(&good[..good.len() / 2]);
    assert!(outcome.records.len() > 100, "{}", outcome.records.len());
    let error = outcome.error.unwrap();
    assert!(error.starts_with("the gzip compression is broken or cut off at line "), "{error}");
    let good = zstd(many.as_bytes());
    let error = read(&good[..good.len() / 2]).error.unwrap();
    assert!(error.starts_with("the zstd compression is broken or cut off at line "), "{error}");
    let mut bad = zstd(&gzip(LINES.as_bytes()));
    bad.truncate(bad.len() - 4);
    assert!(read(&bad).error.unwrap().starts_with("the zstd compression"));
}

#[test]
fn an_input_that_fails_ends_the_dump() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::PermissionDenied.into())
        }
    }
    let outcome = read_with(ImportOptions::default(), LINES.as_bytes().chain(Failing));
    assert_eq!(outcome.lines(), NAMES);
    assert_eq!(outcome.error.as_deref(), Some("reading failed at line 5"));
    let packed = gzip(LINES.as_bytes());
    let outcome = read_with(ImportOptions::default(), packed[..30].chain(Failing));
    assert_eq!(outcome.error.as_deref(), Some("reading failed at line 1"));
}

#[test]
fn options_stamp_labels_and_name_the_format() {
    let options = ImportOptions::default().label("kubernetes.cluster.name", "east");
    let stamped = read_with(options, LINES.as_bytes());
    for (record, plain) in stamped.records.iter().zip(read(LINES).records) {
        let (stamped, plain) = (record.content.as_ref().unwrap(), plain.content.unwrap());
        assert_eq!(stamped.labels.get("kubernetes.cluster.name"), Some("east"));
        assert_eq!(stamped.uid, plain.uid);
    }
    let docker = read_with(ImportOptions::default().format(Format::Docker), LINES.as_bytes());
    let refused = "1 REJECT no docker event: Action is missing";
    assert_eq!(docker.lines(), [refused, "3 Container Killed"]);
    assert_eq!((docker.counts.other_documents, docker.format), (1, Some(Format::Docker)));
}

#[test]
fn one_reason_for_each_way_of_being_no_event() {
    let check = |dump: &str, reason: &str| {
        let outcome = read(dump);
        assert_eq!(outcome.lines(), [format!("1 REJECT {reason}")], "{dump}");
    };
    check(
        r#"{"type":"custom","name":"a","time":"2026-11-23T109:00:00Z"}"#,
        "time is `2026-11-23T109:00:00Z`: not a time; \
         write 2026-11-23T09:00:00Z, 2026-11-23 or a Unix number",
    );
    check(
        r#"{"type":"custom","name":"a","time":"1969-12-31T23:59:59Z"}"#,
        "time is `1969-12-31T23:59:59Z`: time outside 1970 to 2262",
    );
    check(
        r#"{"type":"custom","name":"a","time":1,"state":"resolved"}"#,
        "a custom event cannot be resolved; only alerts can",
    );
    check(r#"{"type":"custom","name":"a","time":tru}"#, "broken JSON on line 1: expected ident");
    check(
        "{\"type\":\"custom\",\n\"name\":[],\"time\":1}",
        "no native event: invalid type: sequence, expected a text",
    );
    let long = "k".repeat(2000);
    check(
        &format!(r#"{{"type":"custom","name":"a","source":"{long}","time":1}}"#),
        "source has 2000 bytes; the limit is 256",
    );
}

#[test]
fn records_that_are_not_quite_right_are_read_and_say_so() {
    for json in [
        &b"{\"type\":\"custom\",\"name\":\"caf\xe9\",\"time\":1}"[..],
        br#"{"type":"custom","name":"a","name":"caf\ufffd","time":1}"#,
    ] {
        let outcome = read(json);
        let draft = outcome.records[0].content.as_ref().unwrap();
        assert_eq!((draft.name.as_str(), outcome.counts.degraded), ("caf\u{fffd}", 1));
        assert_eq!(draft.tags.get("eventscope.cut"), Some(crate::mend::WHAT));
    }
}

#[test]
fn a_container_is_remembered_across_files() {
    let mut importer = Importer::new(ImportOptions::default());
    let create = r#"{"Type":"container","Action":"create","time":1,"Actor":
        {"ID":"9f86d081884c","Attributes":{"name":"web-1","image":"web:1"}}}"#;
    let die = r#"{"Type":"container","Action":"die","Actor":{"ID":"9f86d081884c"},"time":2}"#;
    assert_eq!(importer.read(create.as_bytes()).count(), 1);
    let later = importer.read(die.as_bytes()).next().unwrap().unwrap().content.unwrap();
    assert_eq!(later.labels.get("container.name"), Some("web-1"));
    assert_eq!(later.description, "Event: die; Image: web:1; ID: 9f86d081884c; name: web-1");
    assert_eq!(later.uid, read(die).records[0].content.as_ref().unwrap().uid);
}

#[test]
fn progress_counts_the_bytes_of_the_input() {
    let packed = gzip(LINES.as_bytes());
    let mut importer = Importer::new(ImportOptions::default());
    let mut dump = importer.read(packed.as_slice());
    assert_eq!(dump.bytes_read(), 0);
    assert_eq!(dump.by_ref().count(), 3);
    assert_eq!(dump.bytes_read(), packed.len() as u64);
}

/// Texts that come close to dumps: pieces of documents in any order.
fn near_dump() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"",
            "\\",
            "\n",
            " ",
            "{\"",
            "\"items\":[",
            "\"Items\":",
            "[{\"",
            "null",
            "1e9",
            "-",
            "---\n",
            "items:\n",
            "- ",
            "apiVersion: v1\n",
            "kind: |\n  x\n",
            "? ",
            "&a ",
            "*a",
            "\u{feff}",
            "2026-11-23T09:00:00Z container kill ",
            "(a=b, c)",
            "reason",
            "Action",
            "status",
        ])
        .prop_map(|token| token.as_bytes().to_vec()),
        Just(LINES.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..20),
    ];
    prop::collection::vec(token, 0..60).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn any_bytes_end_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let wrapped = gzip(&bytes);
        let (plain, unpacked) = (read(&bytes), read(&wrapped));
        prop_assert!(plain.records.len() <= bytes.len());
        prop_assert!(unpacked.records.len() <= bytes.len() + 1);
    }

    #[test]
    fn the_way_it_arrives_changes_nothing(
        bytes in near_dump(),
        sizes in prop::collection::vec(1_usize..9, 1..20),
    ) {
        let whole = read(&bytes);
        let pieces = InPieces { bytes: &bytes, sizes: sizes.into_iter().cycle() };
        prop_assert_eq!(read_with(ImportOptions::default(), pieces), whole);
    }

    #[test]
    fn a_good_line_is_found_after_anything(bytes in near_dump()) {
        let good = r#"{"type":"custom","name":"the good one","time":"2026-11-23T09:00:00Z"}"#;
        let tail = format!("\n]}}]}}\n{good}\n{good}");
        // A first line of plain text, so that nothing is taken for compressed, UTF-16 or YAML.
        let dump = [b"log\n", bytes.as_slice(), tail.as_bytes()].concat();
        let found = read(&dump).lines().iter().any(|line| line.ends_with(" the good one"));
        prop_assert!(found, "{}", String::from_utf8_lossy(&dump));
    }
}
