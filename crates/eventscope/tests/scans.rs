//! What is said of a scan in the light of the one before it.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has to fail")]

use eventscope::{Draft, EventId, EventType, Options, Outcome, Store, Timestamp, UidTime};

const IMAGE: &str = "shop/web:1.4";

fn time(minute: u32) -> Timestamp {
    format!("2026-11-23T09:{minute:02}:00Z").parse().unwrap()
}

fn draft(name: &str, minute: u32, image: &str) -> Draft {
    Draft::new(EventType::Scan, "trivy", name)
        .time(time(minute))
        .uid(format!("{name} {minute} {image}"), UidTime::Fixed)
        .label("container.image", image)
}

/// Appends the findings of a scan, then its artifact, and gives what is said of it.
fn scan(store: &Store, minute: u32, image: &str, findings: &[&str]) -> (String, Outcome) {
    let findings: Vec<Draft> = findings
        .iter()
        .map(|name| draft(name, minute, image).label("package.name", "tar"))
        .collect();
    store.append(findings).unwrap();
    let mut artifact = draft(&format!("Image scanned: {image}"), minute, image).description("some");
    store.describe_scan(&mut artifact).unwrap();
    let outcome = store.append(vec![artifact.clone()]).unwrap().remove(0);
    (artifact.description, outcome)
}

#[test]
fn a_scan_is_compared_with_the_one_before() {
    let store = Store::in_memory(Options::default()).unwrap();
    let check = |minute, image, findings: &[&str], expected: &str| {
        let (description, outcome) = scan(&store, minute, image, findings);
        assert_eq!(description, format!("some; {expected}"), "minute {minute} of {image}");
        outcome
    };
    let is_new = |outcome| assert!(matches!(outcome, Outcome::Appended(_)), "{outcome:?}");
    is_new(check(10, IMAGE, &["C-1", "C-2"], "new"));
    is_new(check(20, IMAGE, &["C-2", "C-1"], "unchanged"));
    is_new(check(25, "shop/other", &["C-1"], "new"));
    is_new(check(30, IMAGE, &["C-1", "C-3", "C-4"], "changed (+2 -1)"));
    is_new(check(40, IMAGE, &[], "changed (+0 -3)"));
    // An earlier scan that comes late changes nothing of what was said.
    is_new(check(5, IMAGE, &["C-9"], "new"));
    let again = [
        check(10, IMAGE, &["C-1", "C-2"], "new"),
        check(30, IMAGE, &["C-1", "C-3", "C-4"], "changed (+2 -1)"),
        check(20, IMAGE, &["C-2", "C-1"], "unchanged"),
    ];
    assert!(again.iter().all(|outcome| matches!(outcome, Outcome::Duplicate(_))), "{again:?}");
}

#[test]
fn a_scan_is_compared_where_its_labels_are_no_scope_labels() {
    let labels = Some("kubernetes.*".parse().unwrap());
    let options = Options { scope_labels: labels, ..Options::default() };
    let store = Store::in_memory(options).unwrap();
    let check = |minute, image, findings: &[&str], expected: &str| {
        let (description, _) = scan(&store, minute, image, findings);
        assert_eq!(description, format!("some; {expected}"), "minute {minute} of {image}");
    };
    check(10, IMAGE, &["C-1"], "new");
    // Scans of others at the same times, which the store cannot tell apart by their labels.
    for minute in 10..40 {
        check(
            minute,
            "shop/other",
            &["C-8", "C-9"],
            if minute == 10 { "new" } else { "unchanged" },
        );
    }
    check(39, IMAGE, &["C-1", "C-2"], "changed (+1 -0)");
}

#[test]
fn what_is_no_artifact_is_left_alone() {
    let store = Store::in_memory(Options::default()).unwrap();
    let mut finding = draft("C-1", 1, IMAGE).description("text");
    store.describe_scan(&mut finding).unwrap();
    let mut custom = Draft::custom("Image scanned: by hand").time(time(1));
    store.describe_scan(&mut custom).unwrap();
    assert_eq!((finding.description.as_str(), custom.description.as_str()), ("text", ""));
}

#[test]
fn of_undated_reports_of_one_artifact_the_worse_one_counts() {
    let report = |severity: u8, text: &str| {
        let mut artifact = draft(&format!("Image scanned: {IMAGE}"), 10, IMAGE).description(text);
        artifact.severity = severity;
        artifact.uid("scan:1", UidTime::Guessed)
    };
    let reports = [
        report(1, "2 findings: 1 high, 1 medium"),
        report(0, "1 finding: 1 critical"),
        report(0, "3 findings: 1 critical, 2 low"),
    ];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
        let store = Store::in_memory(Options::default()).unwrap();
        for number in order {
            let mut artifact = reports[number].clone();
            store.describe_scan(&mut artifact).unwrap();
            store.append(vec![artifact]).unwrap();
        }
        let event = store.event(EventId(1)).unwrap();
        assert_eq!(event.severity.level(), 0, "{order:?}");
        assert!(event.description.starts_with("3 findings"), "{order:?}: {}", event.description);
        // The same again is the same.
        let mut again = reports[2].clone();
        store.describe_scan(&mut again).unwrap();
        let outcome = store.append(vec![again]).unwrap().remove(0);
        assert!(matches!(outcome, Outcome::Duplicate(_)), "{outcome:?}");
    }
}
