//! Tests of rows, of headers, and of bounds.

use super::separator;
use crate::{
    Format, ImportOptions, Importer, Map, limits,
    testing::{self, InPieces, Outcome},
};
use eventscope_model::Draft;

fn options(lines: &[&str]) -> ImportOptions {
    let map = Map::new(lines.iter().map(|line| line.parse().unwrap())).unwrap().all_labels();
    ImportOptions::default().format(Format::Csv).map(map)
}

fn read(dump: impl AsRef<[u8]>) -> Outcome {
    testing::read_with(options(&["time=when", "name=what"]), dump.as_ref())
}

#[track_caller]
fn check(dump: &str, expected: &[&str]) {
    let outcome = read(dump);
    assert_eq!((outcome.lines(), &outcome.error), (to_owned(expected), &None), "{dump:?}");
}

fn to_owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

#[test]
fn rows_in_every_way_of_writing() {
    check("when,what\n9,a\n9,b\n", &["2 a", "3 b"]);
    check("when,what\r\n9,a\r\n\r\n9,b", &["2 a", "4 b"]);
    check("\u{feff}when;what\n9;\"a;b\"\n", &["2 a;b"]);
    check("\n\n\"when\"\t what \tx\n9\ta\t\n", &["4 a"]);
    check("what,when\n\"say \"\"a\"\"\n, b\",9\nc,9\n", &["2 say \"a\"\n, b", "4 c"]);
    check("when,what\r9,a\r9,b\r", &["1 a", "1 b"]);
    check("when,what\n", &[]);
    assert_eq!(read("when,what\n").format, Some(Format::Csv));
    let utf16: Vec<u8> =
        "\u{feff}when,what\n9,a\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read(utf16).lines(), ["2 a"]);
    assert_eq!((read("").format, read("").error), (None, None));
}

#[test]
fn the_way_it_arrives_changes_nothing() {
    let dump = "when,what,\"x\ny\"\n9,\"a\r\nb\",\"\"\"\"\n\n9,c\n9,d,e\n9,\"f,";
    let whole = read(dump);
    assert_eq!(whole.records.len(), 4, "{whole:?}");
    for size in 1..9 {
        let bytes = dump.as_bytes();
        let pieces = InPieces { bytes, sizes: vec![size, 1].into_iter().cycle() };
        let in_pieces = testing::read_with(options(&["time=when", "name=what"]), pieces);
        assert_eq!(in_pieces, whole, "pieces of {size}");
    }
}

#[test]
fn rows_of_another_shape_are_rejects() {
    let few = "3 REJECT no csv event: the row has 1 fields, and the header has 2";
    let many = "4 REJECT no csv event: the row has more than the 2 fields of the header";
    let open = "6 REJECT no csv event: the input ends inside quotes";
    let dump = "when,what\n9,a\n9\n9,b,c,d\n9,c\n9,\"x\n9,y\n";
    check(dump, &["2 a", few, many, "5 c", open]);
    check("when,what\n9,5\" disk", &["2 5\" disk"]);
    let outcome = read(b"when,what\n9,\xff\n9,b\n");
    assert_eq!((outcome.lines(), outcome.counts.degraded), (to_owned(&["2 \u{fffd}", "3 b"]), 1));
    let nothing = "2 REJECT no csv event: time is missing, there is nothing at `when`";
    check("when,what\n,a\n", &[nothing]);
}

/// Names and tags of the events, and the number of those that are degraded.
fn said(dump: impl AsRef<[u8]>) -> (Vec<(String, Option<String>)>, u64) {
    let outcome = read(dump);
    let drafts = outcome.records.into_iter().map(|record| record.content.unwrap());
    let tag = |draft: &Draft| draft.tags.get("eventscope.cut").map(str::to_owned);
    (drafts.map(|draft| (draft.name.clone(), tag(&draft))).collect(), outcome.counts.degraded)
}

#[test]
fn the_last_row_without_a_line_end_is_kept_and_says_so() {
    let cut = || Some("the end of the last row".to_owned());
    let whole = ("a".to_owned(), None);
    assert_eq!(said("when,what\n9,a\n"), (vec![whole.clone()], 0));
    assert_eq!(said("when,what\r\n9,a\r\n"), (vec![whole.clone()], 0));
    assert_eq!(said("when,what\n9,a\n9,b"), (vec![whole, ("b".to_owned(), cut())], 1));
    let short = said("when,what,x,y\n9,a");
    assert_eq!(short, (vec![("a".to_owned(), cut())], 1));
    let open = said("when,what,x\n9,\"a \"\"b");
    assert_eq!(open, (vec![("a \"b".to_owned(), cut())], 1));
    let bad = said(b"when,what\n9,\xff");
    assert_eq!(bad.0[0].1.as_deref(), Some(LAST_AND_BAD));
    // The name is missing, and that is what an event cannot do without.
    let nothing = "2 REJECT no csv event: name is missing, there is nothing at `what`";
    check("when,what\n9", &[nothing]);
    // A quote that nobody closed hides rows.
    check("when,what\n9,\"a\n9,b", &["2 REJECT no csv event: the input ends inside quotes"]);
}

const LAST_AND_BAD: &str =
    "the end of the last row, bytes that are no UTF-8, or keys that come twice";

#[test]
fn a_cut_row_is_the_same_event_as_the_whole_one() {
    let uid = |dump: &str| read(dump).records[0].content.as_ref().unwrap().uid.clone();
    assert_eq!(uid("when,what\n9,a"), uid("when,what\n9,a\n"));
}

#[test]
fn a_first_line_names_the_separator() {
    for (line, row) in [
        ("sep=;", "9;a,b"),
        ("\"sep=;\"", "9;a,b"),
        ("SEP=|", "9|a,b"),
        ("sep=\t", "9\ta,b"),
        ("sep=,", "9,\"a,b\""),
    ] {
        for end in ["\n", "\r\n"] {
            let separator = &row[1..2];
            let dump = [line, end, "when", separator, "what", end, row, end].concat();
            check(&dump, &["3 a,b"]);
            check(&["\u{feff}\n", &dump].concat(), &["4 a,b"]);
        }
    }
    // No separator that programs use, so that it names a column.
    refused("sep=x\n9\n", "the header on line 1: no column has the name `what`; there are sep=x");
    let nothing = read("sep=;\n");
    assert_eq!((nothing.records.len(), nothing.error), (0, None));
}

#[test]
fn columns_are_paths_and_labels() {
    let lines = ["time=a.b", "name=n", "severity=s", "label.host=h", "uid=u"];
    let dump = "a.b,n,s,h,u,host,empty,,c.d\n9,x,high,pc1,77,pc2,,y,z\n";
    let outcome = testing::read_with(options(&lines), dump.as_bytes());
    let draft = outcome.records[0].content.as_ref().unwrap();
    assert_eq!((draft.severity, draft.source.as_str()), (0, "csv"));
    assert_eq!(testing::labels(draft), "c.d = 'z' and host = 'pc1'");
    assert_eq!(draft.uid.as_ref().unwrap().text, "77");
}

#[track_caller]
fn refused(dump: &str, expected: &str) {
    let outcome = read(dump);
    assert_eq!(outcome.records.len(), 0, "{dump}");
    assert_eq!(outcome.error.as_deref(), Some(expected));
}

#[test]
fn a_header_that_is_none_is_an_error() {
    refused("\nwhen,what,when\n9,a,b\n", "the header on line 2: two columns have the name `when`");
    refused(
        "time,what\n9,a\n",
        "the header on line 1: no column has the name `when`; there are time, what",
    );
    refused("when,\"what\n9,a\n", "the header on line 1: the input ends inside quotes");
    let many = "a,".repeat(limits::COLUMNS_MAX);
    refused(&format!("{many}b\n"), "the header on line 1: there are more than 4096 columns");
    let most = ",".repeat(limits::COLUMNS_MAX - 2);
    check(&format!("when,what{most}\n9,a{most}\n"), &["2 a"]);
}

#[test]
fn the_separator_is_told_from_the_header() {
    for (line, expected) in [
        ("a,b", b','),
        ("a;b", b';'),
        ("a\tb", b'\t'),
        ("a;\"b,c,d\"", b';'),
        ("a,b;c", b','),
        ("a", b','),
        ("", b','),
    ] {
        assert_eq!(separator(line.as_bytes()), expected, "{line}");
    }
}

#[test]
fn a_quote_that_is_never_closed_costs_one_row_of_bounded_length() {
    let start = "when,what\n9,\"";
    let filler = "9,b\n".repeat(limits::RECORD_BYTES_MAX / 4);
    let dump = [start, &filler, "9,c\n9,d\n"].concat();
    let mut importer = Importer::new(options(&["time=when", "name=what"]));
    let lines: Vec<_> = importer
        .read(dump.as_bytes())
        .map(|record| record.unwrap())
        .map(|record| match record.content {
            Ok(draft) => format!("{} {}", record.line, draft.name),
            Err(reject) => format!("{} REJECT {reject}", record.line),
        })
        .collect();
    let reason = "no csv event: the row is longer than 16 MiB; a quote may be open";
    assert_eq!(lines[0], format!("2 REJECT {reason}"));
    let last = 1 + limits::RECORD_BYTES_MAX as u64 / 4;
    assert_eq!(lines.last(), Some(&format!("{} d", last + 2)));
}

#[test]
fn without_a_map_there_are_no_events() {
    let outcome = testing::read_with(ImportOptions::default().format(Format::Csv), &b"a\nb\n"[..]);
    let expected = "2 REJECT no csv event: no map says where its time and its name are";
    assert_eq!(outcome.lines(), [expected]);
}
