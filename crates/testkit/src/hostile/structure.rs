//! JSON that is well-formed and absurd: depth, repetition, size, wrong shapes.

use super::{
    Case, Expected, add,
    carrier::{CARRIERS, Carrier, Place},
    text::Fate::{Event, Reject},
};

/// Containers inside containers; a recursive reader runs out of stack long before.
const DEPTH: usize = 100_000;

/// Ways to nest: what opens, what closes.
const NESTS: [(&str, &str, &str); 3] =
    [("arrays", "[", "]"), ("objects", "{\"a\":", "}"), ("mixed", "[{\"a\":", "}]")];

pub(super) fn add_structures(cases: &mut Vec<Case>) {
    for carrier in CARRIERS {
        add_depth(cases, carrier);
        add_repetition(cases, carrier);
        add_size(cases, carrier);
        add_shapes(cases, carrier);
        add_lists(cases, carrier);
    }
    for (name, open, close) in NESTS {
        let closed = [open.repeat(DEPTH), "1".to_owned(), close.repeat(DEPTH)].concat();
        let open = open.repeat(DEPTH);
        // Only what starts like an object or an array of objects is taken for a document.
        let rejects = u64::from(name != "arrays");
        add(cases, format!("depth-{name}-alone"), closed, Expected::whole(0, rejects));
        add(cases, format!("depth-{name}-never-closed"), open, Expected::whole(0, rejects));
    }
}

fn add_depth(cases: &mut Vec<Case>, carrier: Carrier) {
    for (name, open, close) in NESTS {
        let deep = [open.repeat(DEPTH), "1".to_owned(), close.repeat(DEPTH)].concat();
        for place in [Place::Text, Place::Label, Place::Time, Place::Unknown] {
            let dump = carrier.between(&carrier.with(place, deep.as_bytes()));
            let name = format!("depth-{name}-in-{}-{}", place.name(), carrier.format);
            add(cases, name, dump, Reject.between());
        }
        let record = carrier.with(Place::Text, deep.as_bytes());
        let name = format!("depth-{name}-in-list-{}", carrier.format);
        add(cases, name, carrier.in_list(&record), Reject.between());
    }
    let allowed = ["[".repeat(120), "]".repeat(120)].concat();
    let dump = carrier.between(&carrier.with(Place::Unknown, allowed.as_bytes()));
    add(cases, format!("depth-allowed-{}", carrier.format), dump, Event.between());
}

fn add_repetition(cases: &mut Vec<Case>, carrier: Carrier) {
    let format = carrier.format;
    let labels = |count: usize| {
        let keys: Vec<String> = (0..count).map(|n| format!("\"key{n}\":\"v\"")).collect();
        keys.join(",") + ",\"last\""
    };
    for (name, count) in [("511", 511), ("10000", 10_000), ("50000", 50_000)] {
        let dump = carrier.between(&carrier.with(Place::Key, labels(count).as_bytes()));
        // Of too many the last are left out.
        add(cases, format!("labels-{name}-{format}"), dump, Event.between());
    }
    let twice = b"\"zone\":\"a\",\"zone\"";
    let dump = carrier.between(&carrier.with(Place::Key, twice));
    add(cases, format!("duplicate-label-{format}"), dump, Event.between());
    let many = format!("{}\"zone\"", "\"zone\":\"a\",".repeat(20_000));
    let dump = carrier.between(&carrier.with(Place::Key, many.as_bytes()));
    add(cases, format!("duplicate-label-20000-times-{format}"), dump, Event.between());
    let spelt = b"\"kube_pod_name\":\"a\",\"kubernetes.pod.name\"";
    let dump = carrier.between(&carrier.with(Place::Key, spelt));
    add(cases, format!("duplicate-label-in-two-spellings-{format}"), dump, Event.between());
    let escaped = b"\"zone\":\"a\",\"\\u007aone\"";
    let dump = carrier.between(&carrier.with(Place::Key, escaped));
    add(cases, format!("duplicate-label-by-escape-{format}"), dump, Event.between());
    let again = format!("1,\"{}\":\"again\"", carrier.field);
    let dump = carrier.between(&carrier.with(Place::Unknown, again.as_bytes()));
    // The last one counts, and is no time.
    let fate = if carrier.field == "startsAt" { Reject } else { Event };
    add(cases, format!("duplicate-field-{format}"), dump, fate.between());
    let unknown = "1,\"unknown\":1".repeat(1000);
    let dump = carrier.between(&carrier.with(Place::Unknown, unknown.as_bytes()));
    add(cases, format!("duplicate-unknown-field-1000-times-{format}"), dump, Event.between());
}

fn add_size(cases: &mut Vec<Case>, carrier: Carrier) {
    let format = carrier.format;
    let megabyte = format!("\"{}\"", "m".repeat(1_000_000));
    for place in [Place::Text, Place::Key, Place::Label, Place::Time, Place::Unknown] {
        let fate = if place == Place::Time { Reject } else { Event };
        let dump = carrier.between(&carrier.with(place, megabyte.as_bytes()));
        add(cases, format!("megabyte-in-{}-{format}", place.name()), dump, fate.between());
    }
    let escapes = format!("\"{}\"", "\\u0041".repeat(200_000));
    let dump = carrier.between(&carrier.with(Place::Text, escapes.as_bytes()));
    add(cases, format!("megabyte-of-escapes-{format}"), dump, Event.between());
    let dump = carrier.between(&carrier.with(Place::Key, b"\"\""));
    add(cases, format!("key-empty-{format}"), dump, Event.between());
    let long = format!("\"{}\"", "k".repeat(300));
    let dump = carrier.between(&carrier.with(Place::Key, long.as_bytes()));
    add(cases, format!("key-of-300-bytes-{format}"), dump, Event.between());
    let blanks = [" ".repeat(100_000), "1".to_owned()].concat();
    let dump = carrier.between(&carrier.with(Place::Unknown, blanks.as_bytes()));
    add(cases, format!("blanks-inside-{format}"), dump, Event.between());
    let lines = ["\n".repeat(100_000), "1".to_owned()].concat();
    let dump = carrier.between(&carrier.with(Place::Unknown, lines.as_bytes()));
    add(cases, format!("line-ends-inside-{format}"), dump, Event.between());
}

/// Values that are JSON, but not of the shape that the place has.
fn add_shapes(cases: &mut Vec<Case>, carrier: Carrier) {
    let shapes = [
        ("array", "[]"),
        ("array-of-texts", "[\"a\",\"b\"]"),
        ("object", "{}"),
        ("object-of-objects", "{\"a\":{\"b\":{}}}"),
    ];
    for (name, value) in shapes {
        for place in [Place::Text, Place::Label] {
            let dump = carrier.between(&carrier.with(place, value.as_bytes()));
            let name = format!("shape-{name}-as-{}-{}", place.name(), carrier.format);
            add(cases, name, dump, Reject.between());
        }
    }
    for (number, (field, value)) in carrier.shapes.iter().enumerate() {
        let extra = format!("1,\"{field}\":{value}");
        let dump = carrier.between(&carrier.with(Place::Unknown, extra.as_bytes()));
        let name = format!("shape-of-{field}-{number}-{}", carrier.format);
        // An invalid count is left out.
        let is_left_out =
            *field == "count" && carrier.format != "native" && !value.starts_with(['[', '{']);
        let fate = if is_left_out { Event } else { Reject };
        add(cases, name, dump, fate.between());
    }
}

fn add_lists(cases: &mut Vec<Case>, carrier: Carrier) {
    let format = carrier.format;
    let good = carrier.good();
    let inner = carrier.in_list(&good);
    let outer = carrier.in_list(&inner);
    // The inner list is one object among the items of the outer one, and no event.
    add(cases, format!("list-in-a-list-{format}"), outer, Expected::whole(2, 0));
    let open = [b"{\"items\":[".as_slice(), &good, b",", &good, b","].concat();
    add(cases, format!("list-never-closed-{format}"), open, Expected::whole(2, 1));
    let half = [b"{\"items\":[".as_slice(), &good, b",", &good[..good.len() / 2]].concat();
    add(cases, format!("list-ends-in-half-a-record-{format}"), half, Expected::whole(1, 1));
    for (name, item) in [("number", "1"), ("null", "null"), ("text", "\"x\""), ("array", "[1]")] {
        let list = carrier.in_list(item.as_bytes());
        let name = format!("list-with-a-{name}-{format}");
        add(cases, name, list, Expected::whole(2, 1));
    }
}
