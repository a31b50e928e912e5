//! Reads the hostile dumps: no panic, every record accounted for, and good records found again.

use eventscope_formats::{ImportOptions, Importer, ReadError};
use eventscope_testkit::hostile::{Case, End, Scale, cases, huge};
use std::io::Read;

/// What came out of a dump: counts, and the first of what was said.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    events: u64,
    rejects: u64,
    last_line: u64,
    reasons: Vec<String>,
    uids: Vec<String>,
    error: Option<String>,
    expands: bool,
}

/// Reasons and identities that are kept to be compared.
const KEPT_MAX: usize = 1000;

fn read(input: impl Read) -> Outcome {
    let mut importer = Importer::new(ImportOptions::default());
    let mut outcome = Outcome::default();
    for record in importer.read(input) {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                outcome.expands = matches!(error, ReadError::Expands { .. });
                outcome.error = Some(error.to_string());
                continue;
            }
        };
        assert!(record.line > 0);
        // A list that breaks off is told by the line where it starts, which may be an early one.
        let in_order = record.line >= outcome.last_line || record.content.is_err();
        assert!(in_order, "line {} is out of order", record.line);
        outcome.last_line = outcome.last_line.max(record.line);
        match record.content {
            Ok(draft) => {
                outcome.events += 1;
                outcome.uids.extend(draft.uid.map(|uid| uid.text));
            }
            Err(reject) => {
                outcome.rejects += 1;
                outcome.reasons.push(reject.to_string());
            }
        }
        outcome.uids.truncate(KEPT_MAX);
        outcome.reasons.truncate(KEPT_MAX);
    }
    outcome
}

/// What is wrong with what came of a case.
fn complaint(case: &Case, outcome: &Outcome) -> Option<String> {
    let expected = case.expected;
    let counts = (outcome.events, outcome.rejects);
    let fits = match expected.end {
        End::Whole => outcome.error.is_none() && counts == (expected.events, expected.rejects),
        End::Failed => outcome.error.is_some() && outcome.events <= expected.events,
    };
    let reasons = outcome.reasons.iter().chain(&outcome.error);
    let lengthy = reasons.clone().any(|reason| reason.len() > 400 || reason.contains('\n'));
    let reasons: Vec<&String> = reasons.take(3).collect();
    (!fits || lengthy).then(|| format!("{}: {counts:?} {reasons:?} {expected:?}", case.name))
}

#[test]
fn each_hostile_dump_gives_what_it_must() {
    let cases = cases();
    let mut complaints = Vec::new();
    for case in &cases {
        let outcome = read(case.dump.reader());
        let lines = case.dump.head.iter().filter(|byte| **byte == b'\n').count() as u64;
        let packed = case.name.starts_with("gzip") || case.name.starts_with("zstd");
        assert!(packed || outcome.last_line <= lines + 1, "{}", case.name);
        complaints.extend(complaint(case, &outcome));
        assert_eq!(read(case.dump.reader()), outcome, "a second reading: {}", case.name);
    }
    println!("read {} hostile dumps", cases.len());
    assert!(complaints.is_empty(), "{}\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn bombs_are_refused_and_endless_lines_are_passed_over() {
    let mut complaints = Vec::new();
    let cases = huge(Scale::Small);
    for case in cases.iter().filter(|case| case.name.ends_with("nuls")) {
        let outcome = read(case.dump.reader());
        complaints.extend(complaint(case, &outcome));
        assert_eq!(outcome.expands, case.expected.end == End::Failed, "{}", case.name);
    }
    assert!(complaints.is_empty(), "{}\n{}", complaints.len(), complaints.join("\n"));
}
