//! Tests of reading reports of Grype.

use crate::testing::{labels, read};

fn report(artifact: &str, source: &str) -> String {
    format!(
        r#"{{"matches":[{{"vulnerability":{{"id":"C-1","severity":null}},"artifact":{artifact}}}],
            "source":{source},"descriptor":{{"timestamp":"2026-11-23T09:00:00Z"}}}}"#
    )
}

#[test]
fn where_an_artifact_gets_its_name_and_image() {
    let check = |source: &str, name: &str, scope: &str| {
        let outcome = read(report(r#"{"name":"a"}"#, source));
        let draft = outcome.records[1].content.as_ref().unwrap();
        assert_eq!(draft.name, format!("Image scanned: {name}"), "{source}");
        assert_eq!(labels(draft), scope, "{source}");
    };
    let image = |target: &str| format!(r#"{{"type":"image","target":{target}}}"#);
    check(
        &image(r#"{"userInput":"r.io/a:1@sha256:2"}"#),
        "r.io/a:1@sha256:2",
        "container.image = 'r.io/a:1' and image.digest = 'sha256:2' and image.registry = 'r.io' \
         and image.tag = '1'",
    );
    check(
        &image(r#"{"userInput":"","tags":["","a:1"],"manifestDigest":"sha256:3"}"#),
        "a:1",
        "container.image = 'a:1' and image.digest = 'sha256:3' and image.tag = '1'",
    );
    check(r#"{"type":"directory","target":"./x"}"#, "./x", "scan.artifact = './x'");
    check(r#"{"type":"file","target":null}"#, "file", "scan.artifact = 'file'");
    check("null", "unknown artifact", "scan.artifact = 'unknown artifact'");
}

#[test]
fn the_same_package_at_two_paths_is_two_findings() {
    let uid = |version: &str, path: &str| {
        let artifact =
            format!(r#"{{"name":"a","version":"{version}","locations":[{{"path":"{path}"}}]}}"#);
        let outcome = read(report(&artifact, r#"{"type":"directory","target":"."}"#));
        outcome.records[0].content.as_ref().unwrap().uid.as_ref().unwrap().text.clone()
    };
    assert_eq!(uid("1", "x"), uid("1", "x"));
    assert_ne!(uid("1", "x"), uid("1", "y"));
    assert_ne!(uid("1", "x"), uid("2", "x"));
}

#[test]
fn what_cannot_be_read_is_a_reject() {
    let check = |dump: &str, expected: &str| {
        let lines = read(dump).lines();
        assert_eq!(lines.len(), 1, "{dump}");
        assert!(lines[0].contains(expected), "{}", lines[0]);
    };
    check(r#"{"matches":[],"source":{"target":7}}"#, "expected an image or a path");
    check(r#"{"matches":[{}],"source":null}"#, "missing field `vulnerability`");
    check(r#"{"matches":[],"descriptor":{}}"#, "descriptor.timestamp is missing");
}
