//! Tests of the hostile dumps themselves; what readers make of them is tested with the readers.

use super::{Dump, Scale, cases, huge};
use std::{collections::BTreeSet, io::Read};

/// What is promised at least.
const CASES_MIN: usize = 200;

#[test]
fn each_case_is_named_once_and_attacks_with_bytes_of_its_own() {
    let all = cases();
    assert!(all.len() >= CASES_MIN, "{}", all.len());
    let names: BTreeSet<&str> = all.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), all.len());
    let mut seen = BTreeSet::new();
    for case in &all {
        assert!(seen.insert((&case.dump.head, &case.dump.unit)), "{} is another's", case.name);
        assert!(case.dump.bytes() < 2_000_000, "{}: {}", case.name, case.dump.bytes());
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
        assert!(case.name.chars().all(plain), "{}", case.name);
    }
}

#[test]
fn they_are_the_same_each_time() {
    let bytes = || cases().into_iter().map(|case| case.dump.head).collect::<Vec<_>>();
    assert!(bytes() == bytes());
}

#[test]
fn a_stream_gives_what_it_writes() {
    let dump = Dump::repeated(b"head", b"unit", 3, b"tail");
    let (mut written, mut read) = (Vec::new(), Vec::new());
    dump.write(&mut written).unwrap();
    dump.reader().read_to_end(&mut read).unwrap();
    assert_eq!(written, b"headunitunitunittail");
    assert_eq!((read.len() as u64, &read), (dump.bytes(), &written));
    assert!(huge(Scale::Small).iter().all(|case| case.dump.times > 0));
}
