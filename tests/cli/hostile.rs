//! Hostile dumps through the program: no crash, an exit status that says how it went, errors of
//! one line, every record accounted for, and memory within bounds.
//!
//! The huge ones are scaled down; `EVENTSCOPE_HOSTILE=full` gives them their true sizes, and then
//! a release build is of use.

use super::kit::{Dir, Said};
use eventscope_testkit::hostile::{Case, End, Scale, cases, huge};
use serde_json::Value;
use std::fs;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Memory that the program may hold at most while it reads anything.
const RESIDENT_KIB_MAX: u64 = 256 * 1024;

/// How often memory is looked at. The high-water mark only ever grows, so little is missed.
const SAMPLE: Duration = Duration::from_millis(5);

/// The most memory that a process has held so far; `None` when it is over, or where that cannot
/// be told.
fn resident_kib_max(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Runs an import; `input` is what is written to its standard input. Gives what was said, and the
/// most memory held.
fn import(dir: &Dir, paths: &[&str], input: Option<&Case>) -> (Said, u64) {
    let mut command = dir.command(&[&["import", "--json"], paths].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    thread::scope(|scope| {
        // A program that has seen enough closes the pipe, which is no failure of the writer.
        scope.spawn(move || input.map(|case| case.dump.write(&mut pipe)));
        let mut most = 0;
        let output = scope.spawn({
            let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
            move || {
                let err = thread::spawn(move || std::io::read_to_string(err).unwrap());
                (std::io::read_to_string(out).unwrap(), err.join().unwrap())
            }
        });
        let status = loop {
            most = resident_kib_max(&child).map_or(most, |now| now.max(most));
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            thread::sleep(SAMPLE);
        };
        let (out, err) = output.join().unwrap();
        (Said { code: status.code(), out, err }, most)
    })
}

/// Compares the counts of a file, or of the members of an archive, with what is expected; gives the
/// sentence that is wrong about them.
fn complaint(case: &Case, files: &[&Value]) -> Option<String> {
    let names = ["read", "appended", "duplicates", "updated", "rejected"];
    let count = |name: &str| files.iter().map(|file| file[name].as_u64().unwrap()).sum();
    let [read, counted @ ..]: [u64; 5] = names.map(count);
    let rejected = counted[3];
    let expected = case.expected;
    let fits = expected.fits(read - rejected, rejected, expected.end == End::Failed);
    let sums_up = read == counted.iter().sum::<u64>();
    let fits = fits && sums_up && !files.is_empty();
    (!fits).then(|| format!("{}: {files:?} {expected:?}", case.name))
}

/// Whether a file of a report is this one of the dumps, or a member of it.
fn is_of(file: &Value, case: &Case) -> bool {
    let path = file["path"].as_str().unwrap();
    let behind = path.strip_prefix("dumps/").and_then(|path| path.strip_prefix(&case.name));
    behind.is_some_and(|behind| behind.is_empty() || behind.starts_with('!'))
}

#[expect(clippy::print_stdout, reason = "a check that cannot be made must say so")]
fn check_memory(most: u64, what: &str) {
    if most == 0 {
        println!("memory is not measured on this system: {what}");
    }
    assert!(most < RESIDENT_KIB_MAX, "{what}: {most} KiB");
}

/// Imports small cases as the files of one folder: those that fail, or those that do not.
fn import_folder(cases: &[Case], has_failed: bool) {
    let dir = Dir::new();
    let is_asked = |case: &&Case| (case.expected.end == End::Failed) == has_failed;
    let mut cases: Vec<&Case> = cases.iter().filter(is_asked).collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    for case in &cases {
        dir.file(&format!("dumps/{}", case.name), &case.dump.head);
    }
    let (said, most) = import(&dir, &["dumps"], None);
    check_memory(most, "a folder of hostile dumps");
    assert_eq!(said.code, Some(i32::from(has_failed)), "{}", said.err);
    let report: Value = serde_json::from_str(&said.out).unwrap();
    let files = report["files"].as_array().unwrap();
    let files_of = |case| files.iter().filter(|file| is_of(file, case)).collect::<Vec<_>>();
    let all: usize = cases.iter().map(|case| files_of(case).len()).sum();
    assert_eq!(all, files.len());
    let complaints: Vec<String> =
        cases.iter().filter_map(|case| complaint(case, &files_of(case))).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    let errors: Vec<&str> = said.err.lines().collect();
    assert_eq!(errors.len(), if has_failed { cases.len() } else { 0 }, "{errors:?}");
    for (case, error) in cases.iter().zip(errors) {
        let start = format!("eventscope: dumps/{}: ", case.name);
        assert!(error.starts_with(&start) && error.len() < 400, "{error}");
    }
    let again = dir.json(&["query"])["total"].clone();
    assert_eq!(again, report["appended"]);
}

#[test]
fn small_ones_are_read_to_their_ends() {
    import_folder(&cases(), false);
}

#[test]
fn small_ones_that_fail_say_so_in_a_line_each() {
    import_folder(&cases(), true);
}

#[test]
fn huge_ones_take_little_memory() {
    let full = std::env::var_os("EVENTSCOPE_HOSTILE").is_some_and(|scale| scale == "full");
    let scale = if full { Scale::Full } else { Scale::Small };
    for case in huge(scale) {
        let dir = Dir::new();
        let start = Instant::now();
        let (said, most) = import(&dir, &["-"], Some(&case));
        let seconds = start.elapsed().as_secs_f64();
        let mebibytes = most.div_ceil(1024);
        let given = case.dump.bytes().div_ceil(1 << 20);
        println!("| {} | {given} | {seconds:.2} | {mebibytes} |", case.name);
        check_memory(most, &case.name);
        let report: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(
            complaint(&case, &report["files"].as_array().unwrap().iter().collect::<Vec<_>>()),
            None
        );
        let (code, errors) = if case.expected.end == End::Failed { (1, 1) } else { (0, 0) };
        assert_eq!((said.code, said.err.lines().count()), (Some(code), errors), "{}", said.err);
        if errors == 1 {
            assert!(said.err.contains("times as long as its compressed form"), "{}", said.err);
        }
    }
}
