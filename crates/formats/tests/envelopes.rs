//! The table of formats and envelopes in docs/formats.md: each cell is tried with every record that
//! this crate has an example of, and the table in the page is the one that comes of it.
//!
//! `INSTA_UPDATE=always cargo test -p eventscope-formats --test envelopes` writes it anew, as it
//! does with snapshots. A new format is in it as soon as `tests/cases` or `tests/examples` has a
//! record of it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what a test of this crate rests on must be there"
)]

use eventscope_formats::{
    Format, ImportOptions, Importer, Map, Record,
    fuzzing::{Around, records_in},
};
use eventscope_model::{Draft, Timestamp};
use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

/// Where the table stands in the page.
const MARKS: [&str; 2] =
    ["<!-- formats and envelopes: begin -->", "<!-- formats and envelopes: end -->"];

/// Examples of a format that are tried at most.
const EXAMPLES_MAX: usize = 12;

/// A row of the table: what is put into envelopes, and the texts of it.
type Rows = BTreeMap<(Format, &'static str), Vec<String>>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All texts of the examples and cases, and some events of our own.
fn texts() -> Vec<String> {
    let mut paths: Vec<_> = ["tests/cases", "tests/examples"]
        .into_iter()
        .flat_map(|folder| eventscope_formats::files([root().join(folder)]))
        .map(|found| found.unwrap().path)
        .collect();
    paths.sort();
    let mut texts: Vec<String> = paths
        .iter()
        .map(|path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned())
        .collect();
    for draft in eventscope_testkit::generate::Generator::new(7).take(4) {
        let mut line = Vec::new();
        eventscope_testkit::native::write_line(&draft, &mut line).unwrap();
        texts.push(String::from_utf8(line).unwrap());
    }
    texts
}

/// The records of each format that are events by themselves.
fn rows() -> Rows {
    let mut rows = Rows::new();
    for text in texts() {
        for (format, record) in records_in(&text) {
            add(&mut rows, (format, "object"), record);
        }
        for line in text.lines().map(str::trim).filter(|line| is_text(line)) {
            let format = format_of(line);
            format.into_iter().for_each(|it| add(&mut rows, (it, "line"), line.to_owned()));
        }
    }
    rows
}

/// Whether a line is text, which may have a record behind it, and no list.
fn is_text(line: &str) -> bool {
    line.starts_with(|first: char| !"{[\"\u{feff}".contains(first))
}

fn add(rows: &mut Rows, row: (Format, &'static str), text: String) {
    let is_event = read(&text, None).is_ok_and(|drafts| !drafts.is_empty());
    if !is_event || format_of(&text) != Some(row.0) {
        return;
    }
    let texts = rows.entry(row).or_default();
    if texts.len() < EXAMPLES_MAX {
        texts.push(text);
    }
}

/// The format that a text is read as.
fn format_of(text: &str) -> Option<Format> {
    let mut importer = Importer::new(ImportOptions::default());
    let mut dump = importer.read(text.as_bytes());
    dump.by_ref().for_each(drop);
    dump.format()
}

/// The events of a text, or the first reason why one is none.
fn read(text: &str, format: Option<Format>) -> Result<Vec<Draft>, String> {
    let mut options = ImportOptions::default();
    options.format = format;
    options.map = format.filter(|it| it.is_mapped()).map(|_| map());
    let mut importer = Importer::new(options);
    let dump =
        importer.read(text.as_bytes()).modified(Timestamp::from_unix(1_795_500_000).unwrap());
    let draft = |record: Record| record.content.map_err(|reject| reject.to_string());
    dump.map(|record| record.map_err(|error| error.to_string()).and_then(draft)).collect()
}

fn map() -> Map {
    Map::new(["time=time", "name=name"].map(|line| line.parse().unwrap())).unwrap()
}

/// What must be the same inside of an envelope and outside.
fn said(drafts: &[Draft]) -> Vec<String> {
    let one = |draft: &Draft| {
        let uid = draft.uid.as_ref().map(|uid| uid.text.as_str());
        format!(
            "{uid:?} {:?} {} {:?} {:?}",
            draft.event_type, draft.severity, draft.state, draft.time
        )
    };
    drafts.iter().map(one).collect()
}

/// An envelope as its writers make it, with what the table does not ask for. A CloudEvent says
/// again what the context of a CDEvent in it says.
fn complete(around: Around, record: &str, envelope: String) -> String {
    if around.name() != "CloudEvents" {
        return envelope;
    }
    let record: serde_json::Value = serde_json::from_str(record).unwrap_or_default();
    let said = |key: &str| record["context"][key].as_str().unwrap_or("x").to_owned();
    let time = record["context"]["timestamp"].as_str().unwrap_or_default();
    let [id, source, kind] = ["id", "source", "type"].map(said);
    let more = format!(r#"{{"id":"{id}","source":"{source}","type":"{kind}","time":"{time}","#);
    envelope.replacen('{', &more, 1)
}

/// Why a record inside an envelope is not what it is by itself.
fn fault(format: Format, bare: &str, inside: &str) -> Option<String> {
    for named in [None, Some(format)] {
        let expected = read(bare, named).map(|drafts| said(&drafts));
        let found = read(inside, named).map(|drafts| said(&drafts));
        if found != expected {
            return Some(format!(
                "{named:?}: {inside}\n  expected {expected:?}\n  found {found:?}"
            ));
        }
    }
    None
}

/// What an envelope may hold of a row: `both` an object and a text, or one of them.
fn cell(
    format: Format,
    form: &str,
    texts: &[String],
    around: Around,
    faults: &mut String,
) -> &'static str {
    let mut holds = |wrap: &dyn Fn(&str) -> String| {
        let found = texts.iter().find_map(|text| fault(format, text, &wrap(text)));
        found
            .iter()
            .for_each(|fault| writeln!(faults, "{} {around:?}: {fault}", format.name()).unwrap());
        found.is_none()
    };
    let as_text = holds(&|text| complete(around, text, around.text(text)));
    match (form == "line" || holds(&|text| complete(around, text, around.object(text))), as_text) {
        (true, true) => "yes",
        (true, false) => "as an object",
        (false, true) => "as a text",
        (false, false) => "no",
    }
}

/// Why a format is in no envelope.
fn reason(format: Format) -> &'static str {
    match format {
        Format::Csv => "a row means nothing without its header",
        Format::Jsonl => "never detected: the envelope itself is the record",
        _ => "",
    }
}

/// The table, and what is wrong about the cells that ought to be `yes`.
fn table() -> (String, String) {
    let (mut table, mut faults) = (String::new(), String::new());
    let rows = rows();
    let names: Vec<String> = rows.keys().map(|(it, form)| format!("{it}, {form}")).collect();
    writeln!(table, "| envelope | {} |", names.join(" | ")).unwrap();
    writeln!(table, "|---|{}", "---|".repeat(rows.len())).unwrap();
    for around in Around::all() {
        let cells = rows
            .iter()
            .map(|((format, form), texts)| cell(*format, form, texts, around, &mut faults));
        let cells: Vec<&str> = cells.collect();
        writeln!(table, "| {} | {} |", around.name(), cells.join(" | ")).unwrap();
    }
    for format in Format::ALL {
        if !rows.keys().any(|(it, _)| *it == format) {
            let reason = reason(format);
            if reason.is_empty() {
                writeln!(faults, "tests/cases and tests/examples have no {format}").unwrap();
            }
            writeln!(table, "\n`{format}` is in no envelope: {reason}.").unwrap();
        }
    }
    (table, faults)
}

#[test]
fn every_format_is_read_in_every_envelope() {
    let (table, faults) = table();
    assert!(faults.is_empty(), "{faults}");
    let path = root().join("../../docs/formats.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(MARKS[0]).expect("the mark before the table");
    let (found, after) = rest.split_once(MARKS[1]).expect("the mark behind the table");
    let expected = format!("\n\n{table}\n");
    if std::env::var_os("INSTA_UPDATE").is_some_and(|it| it == "always") {
        let page = [before, MARKS[0], &expected, MARKS[1], after].concat();
        fs::write(path, page).unwrap();
    } else {
        assert_eq!(found, expected, "run it with INSTA_UPDATE=always");
    }
}
