//! Tests of the example dumps: the files are what the generator writes, and read like a day.

use super::{DumpFile, dumps};
use flate2::read::GzDecoder;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

/// The text of a dump. How gzip packs it may change with the compressor, what it says may not.
fn unpacked(path: &str, bytes: &[u8]) -> Vec<u8> {
    if !path.ends_with(".gz") {
        return bytes.to_vec();
    }
    let mut text = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut text).unwrap();
    text
}

#[test]
fn the_committed_files_are_the_generated_ones() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/dumps");
    let write = "run `cargo run -p eventscope-testkit --example write_example_dumps`";
    for file in dumps().unwrap() {
        let found = std::fs::read(folder.join(file.path));
        let found = found.unwrap_or_else(|error| panic!("{}: {error}; {write}", file.path));
        let same = unpacked(file.path, &found) == unpacked(file.path, &file.bytes);
        assert!(same, "{} differs from what is generated; {write}", file.path);
    }
}

#[test]
fn the_same_day_twice_gives_the_same_bytes() {
    let (one, two) = (dumps().unwrap(), dumps().unwrap());
    assert!(one.iter().zip(&two).all(|(one, two)| one.bytes == two.bytes));
}

#[test]
fn the_day_has_about_two_thousand_records_in_all_forms() {
    let files = dumps().unwrap();
    let records: usize = files.iter().map(|file| file.records).sum();
    let bytes: usize = files.iter().map(|file| file.bytes.len()).sum();
    assert!((1_900..=2_100).contains(&records), "{records}");
    assert!(bytes < 1_500_000, "{bytes}");
    assert!(files.iter().all(|file| file.records > 2));
    for format in ["kubernetes", "docker", "alertmanager", "falco", "trivy"] {
        assert!(files.iter().any(|file| file.path.starts_with(format)), "{format}");
    }
}

#[test]
fn no_event_is_written_twice() {
    let mut seen = BTreeSet::new();
    let files = dumps().unwrap();
    // An alert that goes on is posted again, word for word.
    let alerts = |file: &DumpFile| file.path.starts_with("alertmanager");
    let lines = files.iter().filter(|file| file.path.ends_with(".jsonl") && !alerts(file));
    for line in lines.flat_map(|file| file.bytes.split(|byte| *byte == b'\n')) {
        assert!(line.is_empty() || seen.insert(line), "{}", String::from_utf8_lossy(line));
    }
}

#[test]
fn the_story_is_told() {
    let files = dumps().unwrap();
    let text: String = files.iter().map(|file| String::from_utf8_lossy(&file.bytes)).collect();
    for word in [
        "NodeHasInsufficientMemory",
        "OOMKilling",
        "Evicted",
        "FailedScheduling",
        "ImagePullBackOff",
        "DeploymentRollback",
        "\"exitCode\":\"137\"",
        " container oom ",
        "==== START logs for container",
        "CheckoutErrorBudgetBurn",
        "Terminal shell in container",
        "CVE-2026-99001",
    ] {
        assert!(text.contains(word), "{word}");
    }
}
