//! Reads the real dumps of the folder that `EVENTSCOPE_DUMPS` names and compares what came out,
//! file by file, with the counts that are on record.
//!
//! The dumps are not part of this repository. Without the variable the test says so and does
//! nothing.

use eventscope_formats::{Dump, ImportOptions, Importer, Origin, ReadError, files};
use eventscope_model::Timestamp;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs::File,
    path::PathBuf,
};

const FOLDERS: [&str; 6] = ["alertmanager", "docker", "falco", "k8s", "misc", "scans"];

/// The folders of which the manifest counts the events. Of scans it counts the longest list.
const COUNTED_FOLDERS: [&str; 4] = ["alertmanager", "docker", "falco", "k8s"];

#[expect(clippy::print_stdout, reason = "a test that does nothing must say so")]
fn dumps() -> Option<PathBuf> {
    let root = std::env::var_os("EVENTSCOPE_DUMPS").map(PathBuf::from);
    if root.is_none() {
        println!("SKIPPED: EVENTSCOPE_DUMPS does not name the folder of real dumps");
    }
    root
}

/// Everything that is counted about one file, in one line.
fn line_of(mut dump: Dump<'_>) -> Result<String, ReadError> {
    let (mut records, mut rejects) = (0, Vec::new());
    let mut uids = BTreeSet::new();
    for record in &mut dump {
        let record = record?;
        match record.content {
            Ok(draft) => {
                records += 1;
                uids.extend(draft.uid.map(|uid| uid.text));
            }
            Err(reject) => rejects.push(format!("\n    line {}: {reject}", record.line)),
        }
    }
    let counts = dump.counts();
    let dated = match counts.dated_by_file {
        0 => String::new(),
        events => format!(", dated by file {events}"),
    };
    let same = match records - uids.len() {
        0 => String::new(),
        events => format!(", same identity {events}"),
    };
    Ok(format!(
        "{}: records {records}, rejects {}, text {}, other documents {}, empty lists {}\
         {dated}{same}{}",
        dump.format().map_or("no format", |format| format.name()),
        rejects.len(),
        counts.skipped_text,
        counts.other_documents,
        counts.empty_lists,
        rejects.concat(),
    ))
}

#[test]
fn every_dump_gives_what_it_gave() {
    let Some(root) = dumps() else { return };
    let mut report = String::new();
    let mut count = 0;
    for found in files(FOLDERS.map(|folder| root.join(folder))) {
        let found = found.unwrap();
        assert_eq!(found.origin, Origin::InFolder);
        let mut importer = Importer::new(ImportOptions::default());
        let dump = importer.read(File::open(&found.path).unwrap());
        let line = line_of(dump.modified(Timestamp::EPOCH)).unwrap();
        let name = found.path.strip_prefix(&root).unwrap().display();
        writeln!(report, "{name}\n  {line}").unwrap();
        count += 1;
    }
    println!("read {count} files of {}", root.display());
    assert!(count > 0, "no dumps in {}", root.display());
    insta::assert_snapshot!(report);
}

#[test]
fn the_manifest_agrees() {
    let Some(root) = dumps() else { return };
    let manifest = std::fs::read_to_string(root.join("MANIFEST.csv")).unwrap();
    let mut checked = 0;
    for (path, events) in manifest_of(&manifest) {
        if !COUNTED_FOLDERS.iter().any(|folder| path.starts_with(&format!("{folder}/"))) {
            continue;
        }
        let mut importer = Importer::new(ImportOptions::default());
        let dump = importer.read(File::open(root.join(&path)).unwrap());
        let records = dump.filter(|record| record.as_ref().unwrap().content.is_ok()).count();
        let expected = match path.as_str() {
            // The manifest counts no event in the compact form, which has two.
            "k8s/insights-operator/openshift-machine-api.json" => 2,
            // A sample that somebody wrote: none of its three alerts says when it started.
            "alertmanager/webhook/snmp_notifier__test_mixed_alerts_json.json" => 0,
            _ => events,
        };
        assert_eq!(records, expected, "{path}");
        checked += 1;
    }
    println!("checked {checked} files against the manifest");
    assert!(checked > 0, "no dumps in the manifest");
}

/// Path and number of events of each row. Rows whose second column is quoted are left out, since
/// their commas do not count columns; none of them is in the folders read here.
fn manifest_of(manifest: &str) -> BTreeMap<String, usize> {
    let rows = manifest.lines().skip(1);
    let plain = rows.filter(|row| !row.split(',').nth(1).is_some_and(|it| it.starts_with('"')));
    let cells = plain.map(|row| row.split(',').collect::<Vec<_>>());
    cells.map(|cells| (cells[0].to_owned(), cells[6].parse().unwrap_or(0))).collect()
}

#[test]
fn a_second_reading_gives_the_same_identities() {
    let Some(root) = dumps() else { return };
    let uids = || -> Vec<String> {
        let mut importer = Importer::new(ImportOptions::default());
        let mut uids = Vec::new();
        for found in files(COUNTED_FOLDERS.map(|folder| root.join(folder))) {
            let records = importer.read(File::open(found.unwrap().path).unwrap());
            let drafts = records.filter_map(|record| record.unwrap().content.ok());
            uids.extend(drafts.map(|draft| draft.uid.unwrap().text));
        }
        uids
    };
    let first = uids();
    let prefixes = ["alert:", "docker:", "falco:", "k8s:"];
    assert!(first.iter().all(|uid| prefixes.iter().any(|prefix| uid.starts_with(prefix))));
    assert_eq!(first, uids());
}
