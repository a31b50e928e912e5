//! Where a document begins and ends: nothing at all, lone brackets, cut records, odd line ends.

use super::{
    Case, Expected, add,
    carrier::{CARRIERS, Carrier},
    text::Fate::{Event, Reject},
};

/// Dumps without a record, and how many rejects they are.
const WITHOUT_RECORDS: [(&str, &str, u64); 28] = [
    ("empty", "", 0),
    ("blank", " ", 0),
    ("blanks-and-lines", " \t\r\n\n \n", 0),
    ("nul", "\0", 0),
    ("nuls-and-lines", "\0\0\n\0\n", 0),
    ("form-feed", "\u{c}\u{b}", 0),
    ("brace-open", "{", 0),
    ("brace-close", "}", 0),
    ("bracket-open", "[", 0),
    ("bracket-close", "]", 0),
    ("brackets-closing", "]]]}}}]]]", 0),
    ("object-empty", "{}", 0),
    ("array-empty", "[]", 0),
    ("array-of-arrays", "[[[[]]]]", 0),
    ("array-of-numbers", "[1,2,3]", 0),
    ("array-open-object", "[{\"a\":1},", 1),
    ("comma", ",", 0),
    ("colon", ":", 0),
    ("quote", "\"", 0),
    ("text-in-quotes", "\"time\"", 0),
    ("object-open", "{\"", 1),
    ("object-open-key", "{\"time\"", 1),
    ("object-open-colon", "{\"time\":", 1),
    ("object-only-commas", "{,,,}", 0),
    ("object-without-quotes", "{time: 1}", 0),
    ("items-open", "{\"items\":[", 1),
    ("items-twice", "{\"items\":[],\"items\":[]}", 0),
    ("backslash", "\\", 0),
];

pub(super) fn add_ends(cases: &mut Vec<Case>) {
    for (name, text, rejects) in WITHOUT_RECORDS {
        add(cases, format!("alone-{name}"), text, Expected::whole(0, rejects));
    }
    for carrier in CARRIERS {
        add_faults(cases, carrier);
        add_line_ends(cases, carrier);
        add_cuts(cases, carrier);
    }
    add_plain(cases);
}

/// One fault in the outer form of a record.
fn add_faults(cases: &mut Vec<Case>, carrier: Carrier) {
    let good = String::from_utf8_lossy(&carrier.good()).into_owned();
    let body = good.get(1..good.len() - 1).unwrap_or_default();
    let faults = [
        ("trailing-comma", format!("{{{body},}}"), Reject),
        ("leading-comma", format!("{{,{body}}}"), Event),
        ("two-commas", format!("{{{}}}", body.replacen(',', ",,", 1)), Reject),
        ("comment", format!("{{{body} /* why */}}"), Reject),
        ("single-quotes", good.replace('"', "'"), Event),
        ("equals", format!("{{{}}}", body.replacen(':', "=", 1)), Reject),
        ("brace-as-bracket", format!("{{{body}]"), Reject),
        ("second-brace", format!("{good}}}"), Event),
    ];
    for (name, record, fate) in faults {
        // What does not begin like an object is a line of text.
        let is_text = matches!(name, "leading-comma" | "single-quotes");
        let expected = if is_text { Expected::whole(2, 0) } else { fate.between() };
        let name = format!("fault-{name}-{}", carrier.format);
        add(cases, name, carrier.between(record.as_bytes()), expected);
    }
}

fn add_line_ends(cases: &mut Vec<Case>, carrier: Carrier) {
    let good = carrier.good();
    let joined = |between: &[u8]| [&good, between, &good, between, &good].concat();
    for (name, between) in [
        ("nothing", b"".as_slice()),
        ("blank", b" "),
        ("crlf", b"\r\n"),
        ("blank-lines", b"\n\n\r\n \n"),
        ("text-line", b"\nplain\n"),
        ("nul-line", b"\n\0\n"),
        ("cr", b"\r"),
        ("comma", b","),
        ("nul", b"\0"),
        ("record-separator", b"\x1e"),
        ("form-feed", b"\x0c"),
        ("next-line", b"\xc2\x85"),
        ("stamp", b"\n2026-11-23T09:00:00.123456789Z stdout F "),
        ("byte-order-mark", b"\n\xef\xbb\xbf"),
    ] {
        let name = format!("between-{name}-{}", carrier.format);
        add(cases, name, joined(between), Expected::whole(3, 0));
    }
}

/// A record cut off at each tenth of its length: at the end of a line, and of the file.
fn add_cuts(cases: &mut Vec<Case>, carrier: Carrier) {
    let good = carrier.good();
    for tenth in 1..10 {
        let part = good.get(..good.len() * tenth / 10).unwrap_or_default();
        let name = format!("cut-at-{tenth}0-percent-{}", carrier.format);
        add(cases, format!("{name}-line"), carrier.between(part), Reject.between());
        let end = [&good, b"\n".as_slice(), part].concat();
        add(cases, format!("{name}-file"), end, Expected::whole(1, 1));
    }
}

/// Lines that look like the plain text of `docker events`; good ones end in attributes.
fn add_plain(cases: &mut Vec<Case>) {
    const GOOD: &str = "2026-11-23T09:09:00Z container kill 9f86d081884c (name=web)\n";
    let id = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let long = "a".repeat(1_000_000);
    let many: Vec<String> = (0..10_000).map(|n| format!("k{n}=v")).collect();
    let lines = [
        ("no-attributes", "2026-11-23T09:09:00Z container kill".to_owned(), 0, 0),
        ("open-parenthesis", format!("2026-11-23T09:09:00Z container kill {id} (name=web"), 0, 1),
        ("empty-parentheses", format!("2026-11-23T09:09:00Z container kill {id} ()"), 1, 0),
        ("year-9999", format!("9999-11-23T09:09:00Z container kill {id} (name=web)"), 0, 0),
        ("hour-109", format!("2026-11-23T109:09:00Z container kill {id} (name=web)"), 0, 0),
        ("unknown-type", format!("2026-11-23T09:09:00Z balloon kill {id} (name=web)"), 0, 0),
        ("action-only-colon", format!("2026-11-23T09:09:00Z container : {id} (a=b)"), 1, 0),
        ("two-blanks", format!("2026-11-23T09:09:00Z  container kill {id} (a=b)"), 1, 0),
        ("equals-only", format!("2026-11-23T09:09:00Z container kill {id} (=)"), 0, 1),
        ("commas-only", format!("2026-11-23T09:09:00Z container kill {id} (, , ,)"), 0, 1),
        ("megabyte-value", format!("2026-11-23T09:09:00Z container kill {id} (a={long})"), 1, 0),
        ("megabyte-action", format!("2026-11-23T09:09:00Z container {long} {id} (a=b)"), 1, 0),
        (
            "10000-attributes",
            format!("2026-11-23T09:09:00Z container kill {id} ({})", many.join(", ")),
            1,
            0,
        ),
        ("nul-in-action", format!("2026-11-23T09:09:00Z container ki\0ll {id} (a=b)"), 1, 0),
        ("old-open", format!("2026-11-23T09:09:00Z {id}: (from web kill"), 0, 1),
        ("old-no-action", format!("2026-11-23T09:09:00Z {id}: (from web) "), 0, 1),
        ("digits-only", "7".repeat(100_000), 0, 0),
        ("date-only", "2026-11-23T09:09:00Z".to_owned(), 0, 0),
    ];
    for (name, line, events, rejects) in lines {
        let dump = format!("{GOOD}{line}\n{GOOD}");
        add(cases, format!("plain-{name}"), dump, Expected::whole(2 + events, rejects));
    }
    for (name, bytes) in [("overlong", b"\xc0\x80".as_slice()), ("ff", b"\xff"), ("cut", b"\xe2")] {
        let line = format!("2026-11-23T09:09:00Z container kill {id} (a=");
        let dump = [GOOD.as_bytes(), line.as_bytes(), bytes, b")\n", GOOD.as_bytes()].concat();
        add(cases, format!("plain-utf8-{name}"), dump, Expected::whole(3, 0));
    }
}
