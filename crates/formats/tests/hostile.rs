//! Reads the hostile dumps: no panic, every record accounted for, and good records found again.

use eventscope_formats::{ImportOptions, Importer, ReadError, Record};
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

impl Outcome {
    /// Adds a record behind one of this line; gives the last line there was.
    fn add(&mut self, record: Record, last_line: u64) -> u64 {
        assert!(record.line > 0);
        assert_eq!(self.error, None, "a record behind an error");
        // A list that breaks off is told by the line where it starts, which may be an early one.
        let in_order = record.line >= last_line || record.content.is_err();
        assert!(in_order, "line {} is out of order", record.line);
        let last_line = last_line.max(record.line);
        self.last_line = self.last_line.max(last_line);
        match record.content {
            Ok(draft) => {
                self.events += 1;
                self.uids.extend(draft.uid.map(|uid| uid.text));
            }
            Err(reject) => {
                self.rejects += 1;
                self.reasons.push(reject.to_string());
            }
        }
        self.uids.truncate(KEPT_MAX);
        self.reasons.truncate(KEPT_MAX);
        last_line
    }

    fn fail(&mut self, error: &ReadError) {
        assert_eq!(self.error, None, "a second error");
        self.expands = matches!(error, ReadError::Expands { .. });
        self.error = Some(error.to_string());
    }
}

fn read(input: impl Read) -> Outcome {
    let mut importer = Importer::new(ImportOptions::default());
    let mut outcome = Outcome::default();
    let mut dump = importer.read(input);
    loop {
        // The lines of each member of an archive are its own.
        let mut last_line = 0;
        loop {
            match dump.next_in_part() {
                Ok(Some(record)) => last_line = outcome.add(record, last_line),
                Ok(None) => break,
                Err(error) => outcome.fail(&error),
            }
        }
        match dump.next_part() {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => outcome.fail(&error),
        }
    }
    outcome
}

/// What is wrong with what came of a case.
fn complaint(case: &Case, outcome: &Outcome) -> Option<String> {
    let expected = case.expected;
    let counts = (outcome.events, outcome.rejects);
    let fits = expected.fits(outcome.events, outcome.rejects, outcome.error.is_some());
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
        let packers = ["gzip", "zstd", "tar", "zip"];
        let packed = packers.iter().any(|packer| case.name.starts_with(packer));
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
