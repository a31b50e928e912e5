//! Tests of reading reports of Trivy.

use crate::{
    Format, ImportOptions, Importer, Reject,
    testing::{read, read_with},
};
use eventscope_model::{Draft, Timestamp, UidTime};

/// All events of a dump that was modified at a time of day, in seconds.
fn modified(dump: &str, seconds: i64) -> Vec<Draft> {
    let time = Timestamp::from_nanos((1_795_500_000 + seconds) * 1_000_000_000).unwrap();
    let mut importer = Importer::new(ImportOptions::default());
    let records = importer.read(dump.as_bytes()).modified(time);
    records.map(|record| record.unwrap().content.unwrap()).collect()
}

fn uids(drafts: &[Draft]) -> Vec<&str> {
    drafts.iter().map(|draft| draft.uid.as_ref().unwrap().text.as_str()).collect()
}

fn report(name: &str, findings: &str) -> String {
    format!(
        r#"{{"SchemaVersion":2,"ArtifactName":"{name}","ArtifactType":"container_image","Results":[
            {{"Target":"{name} (debian 12)","Class":"os-pkgs","Vulnerabilities":[{findings}]}}]}}"#
    )
}

fn found(id: &str, version: &str, path: &str) -> String {
    format!(
        r#"{{"VulnerabilityID":"{id}","PkgName":"a","InstalledVersion":"{version}",
            "PkgPath":"{path}","Severity":"HIGH"}}"#
    )
}

#[test]
fn findings_that_differ_have_identities_of_their_own() {
    let findings = [found("C-1", "1", "x"), found("C-1", "2", "x"), found("C-1", "1", "y")];
    let drafts = modified(&report("web:1", &findings.join(",")), 0);
    let mut own = uids(&drafts);
    own.sort_unstable();
    own.dedup();
    assert_eq!(own.len(), 4, "three findings and the artifact");
    let twice = [found("C-1", "1", "x"), found("C-1", "1", "x")].join(",");
    let drafts = modified(&report("web:1", &twice), 0);
    assert_eq!(uids(&drafts)[0], uids(&drafts)[1]);
    assert_ne!(uids(&drafts), uids(&modified(&report("web:2", &twice), 0)));
}

#[test]
fn the_time_of_the_file_is_no_part_of_an_identity() {
    let dump = report("web:1", &found("C-1", "1", "x"));
    let (first, second) = (modified(&dump, 0), modified(&dump, 60));
    assert_eq!(uids(&first), uids(&second));
    assert_ne!(first[0].time, second[0].time);
    assert!(first.iter().all(|draft| draft.uid.as_ref().unwrap().time == UidTime::Guessed));
    let dated = |time| dump.replacen('{', &format!(r#"{{"CreatedAt":"{time}","#), 1);
    let first = modified(&dated("2026-11-23T09:00:00Z"), 0);
    let second = modified(&dated("2026-11-23T09:00:01Z"), 0);
    assert_ne!(uids(&first), uids(&second));
    assert!(first.iter().all(|draft| draft.uid.as_ref().unwrap().time == UidTime::Fixed));
}

#[test]
fn without_any_time_a_report_is_a_reject() {
    let outcome = read(report("web:1", &found("C-1", "1", "x")));
    let expected = Reject::Undated { format: Format::Trivy, field: "CreatedAt" };
    assert_eq!(outcome.records[0].content, Err(expected));
    assert_eq!((outcome.records.len(), outcome.counts.dated_by_file), (1, 0));
}

#[test]
fn severities_are_told_in_any_case_and_the_worst_is_that_of_the_artifact() {
    let check = |word: &str, level: u8| {
        let finding = found("C-1", "1", "x").replace("HIGH", word);
        let drafts = modified(&report("web:1", &finding), 0);
        assert_eq!((drafts[0].severity, drafts[1].severity), (level, level), "{word}");
    };
    for (word, level) in [("Critical", 0), ("high", 1), ("MEDIUM", 3), ("low", 5), ("", 6)] {
        check(word, level);
    }
    check("UNKNOWN", 6);
    check("Negligible", 6);
    let none = modified(&report("web:1", ""), 0);
    assert_eq!((none[0].severity, none[0].description.as_str()), (6, "no findings"));
}

#[test]
fn what_is_no_report_of_trivy() {
    let check = |dump: &str, expected: Option<Format>| {
        let outcome = read_with(ImportOptions::default(), dump.as_bytes());
        assert_eq!(outcome.format, expected, "{dump}");
    };
    check(r#"{"bomFormat":"CycloneDX","vulnerabilities":[],"metadata":{}}"#, None);
    check(r#"{"kind":"ClusterComplianceReport","metadata":{},"status":{}}"#, None);
    check(r#"{"Target":"a","Type":"b"}"#, None);
    check(r#"{"ClusterName":"a","Nodes":[]}"#, None);
    check(r#"{"ClusterName":"a","Resources":[]}"#, Some(Format::Trivy));
    check(r#"[{"Target":"a","Vulnerabilities":null}]"#, Some(Format::Trivy));
    let nothing = read("null\n");
    assert_eq!((nothing.counts.empty_lists, nothing.counts.skipped_text), (1, 0));
    let list = read(r#"{"kind":"SbomReport","metadata":{},"report":{}}"#);
    assert_eq!((list.records.len(), list.counts.other_documents), (0, 1));
}

#[test]
fn a_field_of_the_wrong_shape_is_a_reject() {
    let check = |dump: &str, expected: &str| {
        let lines = read(dump).lines();
        assert_eq!(lines.len(), 1, "{dump}");
        assert!(lines[0].contains(expected), "{}", lines[0]);
    };
    check(r#"{"SchemaVersion":2,"ArtifactName":"a","Results":7}"#, "invalid type: integer `7`");
    check(r#"{"SchemaVersion":2,"ArtifactName":"","Results":[]}"#, "ArtifactName is missing");
    check(r#"{"ArtifactName":"a","Results":[],"CreatedAt":"soon"}"#, "CreatedAt is `soon`");
    check(r#"[{"Target":"","Vulnerabilities":[]}]"#, "Target is missing");
}

#[test]
fn what_all_lists_say_of_a_resource_is_one_scan() {
    let results = |target: &str| {
        format!(r#"[{{"Target":"{target}","Vulnerabilities":[{}]}}]"#, found("C-1", "1", "x"))
    };
    let cluster = |first: &str, second: &str| {
        format!(
            r#"{{"ClusterName":"c",
            "Vulnerabilities":[{{"Namespace":"n","Kind":"Pod","Name":"p","Results":{}}},
                {{"Namespace":"n","Kind":"Pod","Name":"q","Results":[]}}],
            "Misconfigurations":[{{"Namespace":"n","Kind":"Pod","Name":"p","Results":{}}}]}}"#,
            results(first),
            results(second)
        )
    };
    let images = |drafts: &[Draft]| -> Vec<String> {
        let shown = |draft: &Draft| {
            format!("{} {}", draft.name, draft.labels.get("container.image").unwrap_or("-"))
        };
        drafts.iter().map(shown).collect()
    };
    let one = modified(&cluster("a:1 (x 1)", "Pod/p"), 0);
    let expected = ["C-1 a:1", "C-1 a:1", "Image scanned: n/Pod/p a:1", "Image scanned: n/Pod/q -"];
    assert_eq!(images(&one), expected);
    let two = modified(&cluster("a:1 (x 1)", "b:2 (x 1)"), 0);
    let expected = ["C-1 a:1", "C-1 b:2", "Image scanned: n/Pod/p -", "Image scanned: n/Pod/q -"];
    assert_eq!(images(&two), expected);
}
