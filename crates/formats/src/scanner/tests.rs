//! Tests of how a text is cut into records.

use super::{Piece, Scanner};
use crate::{extent::Lists, limits, testing::read, window::Window};

/// One line of an event that is read whatever else is around it.
fn event(name: &str) -> String {
    format!(r#"{{"type":"custom","name":"{name}","time":"2026-11-23T09:00:00Z"}}"#)
}

/// `@x` stands for the event `x` on one line.
#[track_caller]
fn check(dump: &str, expected: &[&str]) -> crate::Counts {
    let mut text = dump.to_owned();
    for name in ["a", "b", "c"] {
        text = text.replace(&format!("@{name}"), &event(name));
    }
    let outcome = read(&text);
    assert_eq!(outcome.lines(), expected, "{text}");
    outcome.counts
}

#[test]
fn all_ways_of_writing_many_documents() {
    check("@a\n@b\n@c", &["1 a", "2 b", "3 c"]);
    check("@a\r\n\r\n@b\r\n", &["1 a", "3 b"]);
    check("@a@b @c", &["1 a", "1 b", "1 c"]);
    check("[@a,@b]", &["1 a", "1 b"]);
    check("[\n  @a,\n  @b\n]\n@c\n", &["2 a", "3 b", "5 c"]);
    check(r#"{"kind":"List","items":[@a, @b],"metadata":{"x":[1]}} @c"#, &["1 a", "1 b", "1 c"]);
    check("{\n \"Items\" :\n [\n@a\n]\n}\n{\"items\":[@b]}", &["4 a", "7 b"]);
    check(
        "{\n  \"type\":\"custom\",\n  \"name\":\"a\",\n  \"time\":1795424940\n}\n@b",
        &["1 a", "6 b"],
    );
    check("[[1]]\n[@a]", &["2 a"]);
}

#[test]
fn text_between_documents_is_counted() {
    let counts = check(
        "junk\n[INFO] x\n{not json}\n@a\n\n==== END logs ====\n[ {x} ]\n  @b rest\n@c",
        &["4 a", "8 b", "9 c"],
    );
    assert_eq!(counts.skipped_text, 6);
    let counts = check("{\"level\":\"info\"}\n{}\n{\"items\":[1,{\"a\":1}]}\n@a\n", &["4 a"]);
    assert_eq!((counts.skipped_text, counts.other_documents), (0, 3));
    let counts = check("{\"kind\":\"PodList\",\"items\":[{\"spec\":{}},{\"spec\":{}}]}", &[]);
    assert_eq!(counts.other_documents, 2);
}

#[test]
fn an_empty_list_is_counted() {
    for dump in [r#"{"kind":"List","items":[]}"#, "[]", "{\"items\": [ ] }\n"] {
        assert_eq!(check(dump, &[]).empty_lists, 1, "{dump}");
    }
    for dump in ["", "\n\n", "{", "{}", "[", " "] {
        assert_eq!(check(dump, &[]).empty_lists, 0, "{dump}");
    }
}

#[test]
fn a_line_that_is_cut_off_costs_only_itself() {
    let open_string = "2 REJECT broken JSON on line 2: a line ends inside a string";
    check("@a\n{\"type\":\"cust\n@b\n", &["1 a", open_string, "3 b"]);
    let no_comma = "2 REJECT broken JSON on line 3: '{' where `,` or `}` is expected";
    check("@a\n{\"x\":{\"y\":1\n@b\n@c", &["1 a", no_comma, "3 b", "4 c"]);
    let swallowed = "1 REJECT broken JSON on line 3: '{' where `,` or `}` is expected";
    check("{\"x\":\n@a\n@b", &[swallowed, "2 a", "3 b"]);
    let at_the_end = "2 REJECT broken JSON on line 2: the input ends inside it";
    check("@a\n{\"type\":\"custom\",\"na", &["1 a", at_the_end]);
    check("{\"x\":[\n@a", &["1 REJECT broken JSON on line 2: the input ends inside it", "2 a"]);
}

#[test]
fn a_broken_item_costs_only_itself() {
    let broken = "4 REJECT broken JSON on line 5: '}' where `:` is expected";
    let list = "{\n \"items\": [\n  @a,\n  {\"name\"\n  },\n  @b,\n  @c\n ]\n}\n";
    check(list, &["3 a", broken, "6 b", "7 c"]);
    // The parts of a broken item are not taken for items, although they are events by their keys.
    let nested = "{\"items\":[\n  {\"x\":[\n    @a\n  ]]},\n  @b\n]}";
    let closed = "2 REJECT broken JSON on line 4: ']' where `,` or `}` is expected";
    check(nested, &[closed, "5 b"]);
    let scalar = "1 REJECT broken JSON on line 1: '7' where an object or `]` is expected";
    check("[@a,7]\n@b", &["1 a", scalar, "2 b"]);
    check("[@a\n", &["1 a", "1 REJECT broken JSON on line 2: the input ends inside it"]);
    let tail = "1 REJECT broken JSON on line 1: ']' where `,` or `}` is expected";
    check("{\"items\":[@a]]\n@b", &["1 a", tail, "2 b"]);
}

#[test]
fn a_record_that_is_too_large_or_too_deep_is_refused() {
    let long = "x".repeat(limits::RECORD_BYTES_MAX);
    let large = "1 REJECT broken JSON on line 1: the record is longer than 16 MiB";
    check(&format!("{{\"x\":\"{long}\"}}\n@a"), &[large, "2 a"]);
    let cut = "x".repeat(3 * limits::RECORD_BYTES_MAX);
    check(&format!("{{\"x\":\"{cut}\n@a"), &[large, "2 a"]);
    let deep = "{\"x\":".repeat(200);
    let refused = "1 REJECT broken JSON on line 1: it is nested deeper than 127";
    check(&format!("{deep}\n@a"), &[refused, "2 a"]);
    assert_eq!(check(&format!("{cut}\n@a"), &["2 a"]).skipped_text, 1);
    let blanks = " ".repeat(limits::RECORD_BYTES_MAX * 2);
    check(&format!("{blanks}{{\n@a"), &["2 a"]);
}

#[test]
fn a_list_may_be_longer_than_any_buffer() {
    let item = event("a");
    let items = 3 * limits::RECORD_BYTES_MAX / item.len();
    let list = format!("{{\"items\":[{}]}}", vec![item; items].join(","));
    assert_eq!(read(&list).records.len(), items);
}

/// Inputs of 32 MiB that could each make a careless reader hold all of it.
#[test]
fn memory_does_not_grow_with_the_input() {
    let endless = [
        ("a line", "x"),
        ("blanks", " "),
        ("a string", "{\"x\":\"xxxxxxxx"),
        ("an array", "{\"x\":[1,1,1,1,1,1,1"),
        ("a list", "{\"items\":[{},{},{},{},{}"),
        ("between items", "[{},          "),
        ("an item", "[{\"x\":1        "),
        ("after a list", "{\"items\":[],\"x\":[[],[],[],[]"),
    ];
    for (what, text) in endless {
        let (start, rest) = text.split_at(text.len() / 2);
        let repeated = rest.repeat(1024);
        let mut sent = start.as_bytes().to_vec();
        while sent.len() < 8 * limits::RECORD_BYTES_MAX {
            sent.extend(repeated.as_bytes());
        }
        let mut scanner = Scanner::new(Window::new(Box::new(sent.as_slice())), Lists::Open);
        while scanner.advance().unwrap() != Piece::End {}
        let held = scanner.window.capacity();
        assert!(held <= 2 * (limits::RECORD_BYTES_MAX + limits::READ_BYTES), "{what}: {held}");
    }
}

/// Gives so many bytes at a time.
struct Pieces<'a>(&'a [u8], usize);

impl std::io::Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let bytes = buffer.len().min(self.1);
        self.0.read(&mut buffer[..bytes])
    }
}

#[test]
fn a_sibling_of_a_broken_record_is_found_in_whatever_pieces_the_dump_arrives() {
    let dump = format!("[\n  {{\"bytes\": 1 }}\n  }},\n  {}\n]\n", event("a"));
    for bytes in 1..dump.len() {
        let mut importer = crate::Importer::new(crate::ImportOptions::default());
        let records = importer.read(Pieces(dump.as_bytes(), bytes)).map(Result::unwrap);
        let read: Vec<u64> = records.filter(|it| it.content.is_ok()).map(|it| it.line).collect();
        assert_eq!(read, [4], "{bytes} bytes at a time");
    }
}
