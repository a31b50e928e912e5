//! Tests of rows, of headers, and of bounds.

use super::separator;
use crate::{
    Format, ImportOptions, Importer, Map, limits,
    testing::{self, InPieces, Outcome},
};

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
    let bytes = b"when,what\n9,\xff\n9,b\n";
    let expected = ["2 REJECT no csv event: the row is no UTF-8", "3 b"];
    assert_eq!(read(bytes).lines(), expected);
    let nothing = "2 REJECT no csv event: time is missing, there is nothing at `when`";
    check("when,what\n,a\n", &[nothing]);
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
