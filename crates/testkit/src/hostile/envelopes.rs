//! Records inside others: in every envelope, deeper than is read, and in invalid parts.

use super::{
    Case, Expected, add,
    carrier::{CARRIERS, Carrier},
};

/// What stands around a record, as an object or, in quotes, as a text.
const AROUND: [(&str, &str, &str); 7] = [
    ("index", "{\"_index\":\"i\",\"_source\":", "}"),
    ("search", "{\"took\":1,\"hits\":{\"hits\":[{\"_source\":", "}]}}"),
    ("page", "{\"statistics\":{},\"results\":[", "]}"),
    ("bus", "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"data\":", "}"),
    ("journal", "{\"__CURSOR\":\"c\",\"MESSAGE\":\"", "\"}"),
    ("driver", "{\"stream\":\"stdout\",\"log\":\"", "\"}"),
    ("loki", "{\"labels\":{},\"timestamp\":\"x\",\"line\":\"", "\"}"),
];

pub(super) fn add_envelopes(cases: &mut Vec<Case>) {
    for carrier in CARRIERS {
        let good = String::from_utf8_lossy(&carrier.good()).into_owned();
        for (name, head, tail) in AROUND {
            let inside = if head.ends_with('"') { escaped(&good) } else { good.clone() };
            let record = [head, &inside, tail].concat();
            let dump = carrier.between(record.as_bytes());
            add(cases, format!("in-{name}-{}", carrier.format), dump, Expected::whole(3, 0));
            let half = [head, &inside[..inside.len() / 2]].concat();
            let dump = carrier.between(half.as_bytes());
            let cut = format!("in-{name}-cut-off-{}", carrier.format);
            add(cases, cut, dump, Expected::whole(2, 1));
        }
        let (_, head, tail) = AROUND[0];
        for (depth, events) in [(3, 3), (4, 2), (40, 2)] {
            let record = [&head.repeat(depth), good.as_str(), &tail.repeat(depth)].concat();
            let name = format!("in-envelopes-{depth}-deep-{}", carrier.format);
            let dump = carrier.between(record.as_bytes());
            add(cases, name, dump, Expected::whole(events, 0));
        }
        add_deep(cases, carrier, &good);
    }
    let good = CARRIERS[0].good();
    for (name, inside) in [
        ("events-of-numbers", "{\"events\":[1,2,3]}"),
        ("events-null", "{\"events\":[null,{\"message\":null}]}"),
        ("hits-of-texts", "{\"took\":1,\"hits\":{\"hits\":[\"a\",[]]}}"),
        ("source-null", "{\"_index\":\"i\",\"_source\":null}"),
        ("values-short", "{\"status\":\"success\",\"data\":{\"result\":[{\"values\":[[],[1]]}]}}"),
        ("log-empty", "{\"log\":\"\",\"stream\":\"stdout\"}"),
        ("log-open", "{\"log\":\"{\\\"a\\\":\",\"stream\":\"stdout\"}"),
    ] {
        let dump = [&good, b"\n".as_slice(), inside.as_bytes(), b"\n", &good, b"\n"].concat();
        // What is no envelope may be what a format claims: a list without an event in it.
        let rejects = match name {
            "events-of-numbers" => 3,
            "events-null" => 2,
            _ => 0,
        };
        add(cases, format!("envelope-{name}"), dump, Expected::whole(2, rejects));
    }
}

/// Each envelope within itself, as often as is read and once more; many kinds in turn; and ones
/// that are whole around a record that is cut.
fn add_deep(cases: &mut Vec<Case>, carrier: Carrier, good: &str) {
    // The first kind is within itself above.
    for around in AROUND.into_iter().skip(1) {
        for (depth, events) in [(3, 3), (4, 2)] {
            let record = (0..depth).fold(good.to_owned(), |inside, _| within(around, &inside));
            let name = format!("in-{}-{depth}-times-{}", around.0, carrier.format);
            let events = events_of(around, events);
            add(cases, name, carrier.between(record.as_bytes()), Expected::whole(events, 0));
        }
        if around.1.ends_with('"') {
            let record = within(around, &good[..good.len() / 2]);
            let name = format!("in-{}-cut-inside-{}", around.0, carrier.format);
            add(cases, name, carrier.between(record.as_bytes()), Expected::whole(2, 0));
        }
    }
    // Each level doubles the backslashes of the one within.
    for depth in [4, 8, 16] {
        let turns = AROUND.iter().rev().cycle().take(depth);
        let events = turns.clone().last().map_or(2, |outermost| events_of(*outermost, 2));
        let record = turns.fold(good.to_owned(), |inside, around| within(*around, &inside));
        let name = format!("in-{depth}-envelopes-in-turn-{}", carrier.format);
        add(cases, name, carrier.between(record.as_bytes()), Expected::whole(events, 0));
    }
    // An envelope that has itself inside, beside the record.
    let (_, head, tail) = AROUND[0];
    let record = format!("{head}{good},\"again\":{head}{good}{tail}{tail}");
    let name = format!("in-an-envelope-with-itself-beside-{}", carrier.format);
    add(cases, name, carrier.between(record.as_bytes()), Expected::whole(3, 0));
}

/// How many events there are if an envelope is not looked into: a CloudEvent is one itself.
fn events_of((name, ..): (&str, &str, &str), others: u64) -> u64 {
    if name == "bus" { 3 } else { others }
}

/// A record in an envelope.
fn within((_, head, tail): (&str, &str, &str), inside: &str) -> String {
    let inside = if head.ends_with('"') { escaped(inside) } else { inside.to_owned() };
    [head, &inside, tail].concat()
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
